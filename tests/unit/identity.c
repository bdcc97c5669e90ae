#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/headers.h"
#include "recorder/pseudonym.h"
#include "recorder/rules.h"
#include "replay/identity.h"
#include "replay/intake.h"
#include "replay/key.h"

#include "tap.h"

static struct arena arena;

static struct headers
fields(const char *name, const char *value)
{
	struct headers h = { 0 };

	if (value != NULL)
		headers_add(&h, &arena, str_of(name), str_of(value));
	return h;
}

static bool
same(struct identity a, struct identity b)
{
	return a.form == b.form && memcmp(a.sum, b.sum, sizeof(a.sum)) == 0;
}

/* Bytes that look random and are the same each time, but letters. */
static void
add_letters(struct buf *b, size_t n, uint32_t seed)
{
	char *p = buf_reserve(b, n);
	size_t i;

	for (i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		p[i] = (char)('A' + (seed >> 24) % 26);
	}
	b->n += n;
}

static struct identity
in_pieces(const struct headers *h, struct str body, size_t most)
{
	struct identifier *i = identifier_new(h);
	struct identity made;
	uint32_t seed = 1;
	size_t n;

	while (body.n > 0) {
		seed = seed * 1664525u + 1013904223u;
		n = 1 + (seed >> 8) % most;
		if (n > body.n)
			n = body.n;
		identifier_add(i, (struct str){ body.p, n });
		body.p += n;
		body.n -= n;
	}
	made = identifier_end(i);
	identifier_free(i);
	return made;
}

static void
a_body_is_the_digest_of_its_bytes(void)
{
	struct buf b = { 0 };
	uint8_t sum[DIGEST_BYTES];
	struct identity made;

	add_letters(&b, 3 << 20, 7);
	digest_of(b.p, b.n, sum);
	made = identity_of(NULL, buf_str(&b));
	CHECK(made.form == IDENTITY_BYTES);
	CHECK(memcmp(made.sum, sum, sizeof(sum)) == 0);
	digest_of("", 0, sum);
	made = identity_of(NULL, STR(""));
	CHECK(memcmp(made.sum, sum, sizeof(sum)) == 0);
	buf_free(&b);
}

/* A pseudonym every so often, some of them numbers, by the key. */
static void
add_secrets(struct buf *b, const char *key, size_t every, size_t n)
{
	struct pseudonyms *p = pseudonyms_new(str_of(key));
	uint32_t seed = 5;

	while (n-- > 0) {
		add_letters(b, every, seed++);
		if (n % 3 == 0)
			pseudonym_add_number(p, STR("123456"), b);
		else
			pseudonym_add(p, STR("secret"), b);
	}
	add_letters(b, 100, 1);
	pseudonyms_free(p);
}

static void
pseudonyms_count_for_nothing_wherever_they_stand(void)
{
	static const size_t distances[] = { 65521, 327679, 262143, 9973 };
	struct buf a = { 0 }, b = { 0 };
	size_t i;

	for (i = 0; i < 4; i++) {
		a.n = b.n = 0;
		add_secrets(&a, "one", distances[i], 40);
		add_secrets(&b, "two", distances[i], 40);
		CHECK(!str_eq(buf_str(&a), buf_str(&b)));
		CHECK(same(identity_of(NULL, buf_str(&a)),
		    identity_of(NULL, buf_str(&b))));
		CHECK(same(identity_of(NULL, buf_str(&a)),
		    in_pieces(NULL, buf_str(&b), 5000)));
		b.p[b.n - 1] = '!';
		CHECK(!same(identity_of(NULL, buf_str(&a)),
		    identity_of(NULL, buf_str(&b))));
	}
	buf_free(&a);
	buf_free(&b);
}

static struct identity
multipart(const char *boundary, struct str body)
{
	struct buf type = { 0 }, all = { 0 };
	struct headers h;
	struct identity made;
	size_t i;

	buf_addf(&type, "multipart/form-data; boundary=\"%s\"", boundary);
	h = fields("Content-Type", buf_text(&type));
	/* @ is the boundary. */
	for (i = 0; i < body.n; i++)
		if (body.p[i] == '@')
			buf_add_text(&all, boundary);
		else
			buf_add(&all, body.p + i, 1);
	made = identity_of(&h, buf_str(&all));
	for (i = 1; i < 4; i++)
		CHECK(same(made, in_pieces(&h, buf_str(&all), i)));
	buf_free(&type);
	buf_free(&all);
	return made;
}

static void
a_multipart_is_its_parts(void)
{
	static const struct {
		const char *name, *a, *b;
		bool same, multipart;
	} cases[] = {
		{ "with another boundary", "--@\r\nA: b\r\n\r\nx\r\n--@--\r\n",
		    "--@\r\nA: b\r\n\r\nx\r\n--@--\r\n", true, true },
		{ "without preamble and epilogue", "--@\r\n\r\nx\r\n--@--",
		    "hello\r\n--@  \r\n\r\nx\r\n--@-- \t\r\nbye", true, true },
		{ "whose bytes differ", "--@\r\n\r\nx\r\n--@--",
		    "--@\r\n\r\ny\r\n--@--", false, true },
		{ "whose number differs", "--@\r\n\r\nx\r\n--@--",
		    "--@\r\n\r\nx\r\n--@\r\n\r\nx\r\n--@--", false, true },
		{ "that are cut otherwise", "--@\r\nab\r\n--@\r\nc\r\n--@--",
		    "--@\r\na\r\n--@\r\nbc\r\n--@--", false, true },
		{ "with what is no boundary", "--@\r\n--@x\r\n\r\n--@--",
		    "--@\r\n--@x\r\n\r\n--@--", false, true },
		{ "that do not end", "--@\r\nA: b\r\n\r\nx\r\n--@\r\n",
		    "--@\r\nA: b\r\n\r\nx\r\n--@\r\n", false, false },
		{ "that do not begin", "x--@--", "x--@--", false, false },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct identity a = multipart("one", str_of(cases[i].a)),
				b = multipart("another", str_of(cases[i].b));

		if (same(a, b) != cases[i].same)
			CHECK_STR(cases[i].name, "");
		CHECK((a.form == IDENTITY_MULTIPART) == cases[i].multipart);
	}
}

static void
parts_of_any_size_are_found(void)
{
	struct headers one = fields("Content-Type", "multipart/x; boundary=a"),
		       two = fields("Content-Type", "multipart/x; boundary=bc");
	struct buf a = { 0 }, b = { 0 };
	size_t n;

	for (n = 65520; n < 65560; n++) {
		a.n = b.n = 0;
		buf_add_text(&a, "--a\r\n");
		buf_add_text(&b, "--bc\r\n");
		add_letters(&a, n, 1);
		add_letters(&b, n, 1);
		buf_add_text(&a, "\r\n--a\r\n\r\n--a--");
		buf_add_text(&b, "\r\n--bc\r\n\r\n--bc--");
		CHECK(same(identity_of(&one, buf_str(&a)),
		    identity_of(&two, buf_str(&b))));
		CHECK(same(identity_of(&one, buf_str(&a)),
		    in_pieces(&one, buf_str(&a), 70000)));
		CHECK(
		    identity_of(&two, buf_str(&b)).form == IDENTITY_MULTIPART);
	}
	buf_free(&a);
	buf_free(&b);
}

/* The keys of a request whose body is in sight and of the same that came in
 * parts. */
static void
check_keys(const char *rule, const struct headers *h, struct str body)
{
	struct rules *rules = rules_new();
	struct key_parts p = { .method = STR("PUT"),
		.scope = STR(""),
		.target = STR("/a"),
		.headers = h,
		.body = body };
	struct key exact, taken, normal = { { 0 } }, normal_taken = { { 0 } };
	struct keyer *k;
	struct intake *i;
	struct err e = { "" };
	size_t at;

	if (rule != NULL)
		CHECK_INT(rules_add_text(rules, str_of(rule), &e), 0);
	CHECK_STR(e.text, "");
	k = keyer_new(rules);
	i = intake_new(k, h);
	for (at = 0; at < body.n; at += 100000)
		CHECK_INT(intake_add(i,
			      (struct str){ body.p + at,
				  body.n - at < 100000 ? body.n - at : 100000 },
			      &e),
		    0);
	CHECK_INT(intake_end(i, &e), 0);
	exact = key_of(k, &p);
	CHECK(key_normal(k, &p, &normal) == (rule != NULL));
	intake_parts(i, &p);
	taken = key_of(k, &p);
	CHECK(key_normal(k, &p, &normal_taken) == (rule != NULL));
	CHECK(memcmp(&exact, &taken, sizeof(exact)) == 0);
	CHECK(memcmp(&normal, &normal_taken, sizeof(normal)) == 0);
	intake_free(i);
	keyer_free(k);
	rules_free(rules);
}

static void
keys_are_the_same_however_the_body_came(void)
{
	static const size_t sizes[] = { 0, 1, IDENTITY_LEAST,
		IDENTITY_LEAST + 1, 3 << 20, 16 << 20, (16 << 20) + 1 };
	static const char *const rules[] = { NULL, "PUT /** ignore json $.id" };
	struct headers plain = fields("", NULL),
		       json = fields("Content-Type", "application/json"),
		       coded = fields("Content-Encoding", "gzip");
	const struct headers *const all[] = { &plain, &json, &coded };
	struct buf b = { 0 };
	size_t i, k;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		b.n = 0;
		add_letters(&b, sizes[i], 3);
		for (k = 0; k < 6; k++)
			check_keys(rules[k % 2], all[k / 2], buf_str(&b));
	}
	buf_free(&b);
}

RUN(TEST(a_body_is_the_digest_of_its_bytes),
    TEST(pseudonyms_count_for_nothing_wherever_they_stand),
    TEST(a_multipart_is_its_parts), TEST(parts_of_any_size_are_found),
    TEST(keys_are_the_same_however_the_body_came))
