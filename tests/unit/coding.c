#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "har/coding.h"
#include "har/headers.h"

#include "tests/unit/tap.h"

#define BUDGET 1000000

/* "hello hello hello hello\n" by the tools of each coding. */
static const char brotli_hello[] =
    "\xa1\xb8\x00\xc0\x6f\xa4\x74\xf3\x26\xaa\x32\xb4\x56\x00\x61\x7b"
    "\x53\x8a\xc8\x13\x07\x74\xb5\x00";
static const char zstd_hello[] =
    "\x28\xb5\x2f\xfd\x24\x18\x6d\x00\x00\x38\x68\x65\x6c\x6c\x6f\x20"
    "\x0a\x01\x00\x99\x4b\x11\xa8\x7c\x2e\xa8";
static const char hello[] = "hello hello hello hello\n";

static struct buf
packed(const char *list, struct str bytes)
{
	struct buf b = { 0 };

	CHECK_INT(coding_encode(str_of(list), bytes, &b), 0);
	return b;
}

static enum coding_result
unpack(const char *list, struct str bytes, size_t budget, struct buf *out)
{
	out->n = 0;
	return coding_decode(str_of(list), bytes, budget, out);
}

static void
what_is_encoded_decodes_to_the_same(void)
{
	static const char *const lists[] = { "gzip", "x-gzip", "deflate",
		"GZip", "identity", "", "deflate, gzip", "gzip,,identity", "br",
		"zstd", "br, zstd" };
	struct buf b, out = { 0 };
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		b = packed(lists[i], str_of(hello));
		CHECK_INT(
		    unpack(lists[i], buf_str(&b), BUDGET, &out), CODING_DONE);
		CHECK_VIEW(buf_str(&out), hello);
		buf_free(&b);
	}
	buf_free(&out);
}

static void
encoding_is_always_the_same(void)
{
	struct buf a = packed("gzip", str_of(hello));
	struct buf b = packed("gzip", str_of(hello));

	CHECK(str_eq(buf_str(&a), buf_str(&b)));
	buf_free(&a);
	buf_free(&b);
}

static void
brotli_and_zstd_are_decoded(void)
{
	struct buf out = { 0 };

	CHECK_INT(
	    unpack("br", (struct str){ brotli_hello, sizeof(brotli_hello) - 1 },
		BUDGET, &out),
	    CODING_DONE);
	CHECK_VIEW(buf_str(&out), hello);
	CHECK_INT(
	    unpack("zstd", (struct str){ zstd_hello, sizeof(zstd_hello) - 1 },
		BUDGET, &out),
	    CODING_DONE);
	CHECK_VIEW(buf_str(&out), hello);
	buf_free(&out);
}

static void
all_members_of_a_gzip_are_decoded(void)
{
	struct buf b = packed("gzip", STR("one ")), out = { 0 };
	struct buf more = packed("gzip", STR("two"));

	buf_add_str(&b, buf_str(&more));
	CHECK_INT(unpack("gzip", buf_str(&b), BUDGET, &out), CODING_DONE);
	CHECK_VIEW(buf_str(&out), "one two");
	buf_free(&b);
	buf_free(&more);
	buf_free(&out);
}

static void
what_follows_a_gzip_is_ignored(void)
{
	struct buf b = packed("gzip", STR("one")), out = { 0 };

	buf_add(&b, "\0\0\0\0", 4);
	CHECK_INT(unpack("gzip", buf_str(&b), BUDGET, &out), CODING_DONE);
	CHECK_VIEW(buf_str(&out), "one");
	buf_free(&b);
	buf_free(&out);
}

static void
deflate_may_come_without_its_wrapper(void)
{
	struct buf b = packed("deflate", str_of(hello)), out = { 0 };
	struct str raw = { b.p + 2, b.n - 6 };

	CHECK_INT(unpack("deflate", raw, BUDGET, &out), CODING_DONE);
	CHECK_VIEW(buf_str(&out), hello);
	buf_free(&b);
	buf_free(&out);
}

static void
a_cut_stream_is_broken_and_leaves_nothing(void)
{
	struct buf out = { 0 }, b = packed("gzip", str_of(hello));
	struct str s = buf_str(&b);

	for (s.n = 0; s.n < b.n; s.n++) {
		CHECK_INT(unpack("gzip", s, BUDGET, &out), CODING_BROKEN);
		CHECK_INT(out.n, 0);
	}
	s = (struct str){ brotli_hello, 8 };
	CHECK_INT(unpack("br", s, BUDGET, &out), CODING_BROKEN);
	s = (struct str){ zstd_hello, 12 };
	CHECK_INT(unpack("zstd", s, BUDGET, &out), CODING_BROKEN);
	CHECK_INT(out.n, 0);
	buf_free(&b);
	buf_free(&out);
}

static void
text_is_not_taken_for_a_stream(void)
{
	static const char *const lists[] = { "gzip", "deflate", "br", "zstd" };
	struct buf out = { 0 };
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		CHECK_INT(unpack(lists[i], STR("{\"plain\": \"text\"}"), BUDGET,
			      &out),
		    CODING_BROKEN);
	buf_free(&out);
}

static void
a_coding_nobody_knows_is_told(void)
{
	struct buf out = { 0 };

	CHECK_INT(unpack("utf8", STR("x"), BUDGET, &out), CODING_UNKNOWN);
	CHECK_INT(unpack("gzip, foo", STR("x"), BUDGET, &out), CODING_UNKNOWN);
	CHECK_INT(unpack("gzip,gzip,gzip,gzip,gzip", STR("x"), BUDGET, &out),
	    CODING_UNKNOWN);
	CHECK_INT(coding_encode(STR("gzip, foo"), STR("x"), &out), -1);
	CHECK_INT(out.n, 0);
	buf_free(&out);
}

/* A bomb must not cost more than the budget. */
static void
the_budget_holds_to_the_byte(void)
{
	struct buf zeros = { 0 }, b, out = { 0 };

	memset(buf_reserve(&zeros, 300000), 0, 300000);
	zeros.n = 300000;
	b = packed("gzip", buf_str(&zeros));
	CHECK_INT(unpack("gzip", buf_str(&b), 300000, &out), CODING_DONE);
	CHECK_INT(out.n, 300000);
	CHECK_INT(unpack("gzip", buf_str(&b), 299999, &out), CODING_TOO_BIG);
	CHECK_INT(unpack("gzip", buf_str(&b), 10, &out), CODING_TOO_BIG);
	CHECK_INT(
	    unpack("br", (struct str){ brotli_hello, sizeof(brotli_hello) - 1 },
		24, &out),
	    CODING_DONE);
	CHECK_INT(
	    unpack("br", (struct str){ brotli_hello, sizeof(brotli_hello) - 1 },
		23, &out),
	    CODING_TOO_BIG);
	CHECK_INT(
	    unpack("zstd", (struct str){ zstd_hello, sizeof(zstd_hello) - 1 },
		23, &out),
	    CODING_TOO_BIG);
	buf_free(&zeros);
	buf_free(&b);
	buf_free(&out);
}

static void
several_fields_are_one_list(void)
{
	struct headers h = { 0 };
	struct arena a = { 0 };

	CHECK_VIEW(coding_list(&h, &a), "");
	headers_add(&h, &a, STR("content-encoding"), STR("identity"));
	CHECK_VIEW(coding_list(&h, &a), "");
	headers_add(&h, &a, STR("Content-Encoding"), STR(" deflate ,"));
	headers_add(&h, &a, STR("Content-Encoding"), STR("gzip"));
	CHECK_VIEW(coding_list(&h, &a), "deflate, gzip");
	arena_fini(&a);
}

RUN(TEST(what_is_encoded_decodes_to_the_same),
    TEST(encoding_is_always_the_same), TEST(brotli_and_zstd_are_decoded),
    TEST(all_members_of_a_gzip_are_decoded),
    TEST(what_follows_a_gzip_is_ignored),
    TEST(deflate_may_come_without_its_wrapper),
    TEST(a_cut_stream_is_broken_and_leaves_nothing),
    TEST(text_is_not_taken_for_a_stream), TEST(a_coding_nobody_knows_is_told),
    TEST(the_budget_holds_to_the_byte), TEST(several_fields_are_one_list))
