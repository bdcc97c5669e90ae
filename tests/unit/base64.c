#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "har/base64.h"

#include "tests/unit/tap.h"

static const char *
decoded(const char *text, unsigned *odd)
{
	static struct buf b;

	b.n = 0;
	if (base64_decode(str_of(text), &b, odd) == -1)
		return NULL;
	return buf_text(&b);
}

static const char *
encoded(const char *text)
{
	static struct buf b;

	b.n = 0;
	base64_encode(str_of(text), &b);
	return buf_text(&b);
}

/* RFC 4648 section 10. */
static const char *const vectors[][2] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
};

static void
the_vectors_of_rfc_4648_hold_both_ways(void)
{
	unsigned odd;
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		CHECK_STR(encoded(vectors[i][0]), vectors[i][1]);
		CHECK_STR(decoded(vectors[i][1], &odd), vectors[i][0]);
		CHECK_INT(odd, 0);
	}
}

static void
the_url_safe_alphabet_is_understood(void)
{
	unsigned odd;

	CHECK_STR(decoded("_-8=", &odd), "\xff\xef");
	CHECK_INT(odd, BASE64_URL_SAFE);
	CHECK_STR(decoded("/+8=", &odd), "\xff\xef");
	CHECK_INT(odd, 0);
}

static void
padding_may_be_absent(void)
{
	unsigned odd;

	CHECK_STR(decoded("Zg", &odd), "f");
	CHECK_INT(odd, BASE64_UNPADDED);
	CHECK_STR(decoded("Zm8", &odd), "fo");
}

static void
white_space_is_passed_over(void)
{
	unsigned odd;

	CHECK_STR(decoded("Zm9v\r\nYm\tFy \n", &odd), "foobar");
	CHECK_INT(odd, BASE64_SPACED);
}

static void
what_is_not_base64_is_refused(void)
{
	static const char *const texts[] = { "Z", "Zm9vY",
		"Zg=", "Z===", "Zg===", "Zg==Zg==", "=", "Zm9v!", "Zm\x80v",
		"Zm9v=" };
	unsigned odd;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (decoded(texts[i], &odd) != NULL)
			CHECK_STR(texts[i], "an error");
}

static void
decoding_in_place_gives_the_same(void)
{
	struct buf b = { 0 };
	unsigned odd;

	buf_add_text(&b, "Zm9v\nYmFy_w==");
	CHECK_INT(base64_decode_in_place(&b, &odd), 0);
	CHECK_VIEW(buf_str(&b), "foobar\xff");
	CHECK_INT(odd, BASE64_SPACED | BASE64_URL_SAFE);
	buf_free(&b);
}

static void
a_failure_in_place_leaves_the_text(void)
{
	struct buf b = { 0 };
	unsigned odd;

	buf_add_text(&b, "Zm9vYmFyZm9v*");
	CHECK_INT(base64_decode_in_place(&b, &odd), -1);
	CHECK_VIEW(buf_str(&b), "Zm9vYmFyZm9v*");
	buf_free(&b);
}

static void
all_bytes_survive_at_all_lengths(void)
{
	unsigned char bytes[300];
	struct buf text = { 0 }, back = { 0 };
	unsigned odd;
	size_t n;

	for (n = 0; n < sizeof(bytes); n++)
		bytes[n] = (unsigned char)(n * 7);
	for (n = 0; n <= sizeof(bytes); n++) {
		struct str s = { (const char *)bytes, n };

		text.n = back.n = 0;
		base64_encode(s, &text);
		CHECK_INT(base64_decode(buf_str(&text), &back, &odd), 0);
		CHECK(str_eq(buf_str(&back), s));
	}
	buf_free(&text);
	buf_free(&back);
}

RUN(TEST(the_vectors_of_rfc_4648_hold_both_ways),
    TEST(the_url_safe_alphabet_is_understood), TEST(padding_may_be_absent),
    TEST(white_space_is_passed_over), TEST(what_is_not_base64_is_refused),
    TEST(decoding_in_place_gives_the_same),
    TEST(a_failure_in_place_leaves_the_text),
    TEST(all_bytes_survive_at_all_lengths))
