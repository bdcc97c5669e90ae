#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "replay/multipart.h"

#include "tap.h"

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

static void
the_boundary_is_found_in_the_content_type(void)
{
	static const struct {
		const char *type, *boundary;
	} rows[] = {
		{ "multipart/form-data; boundary=abc", "abc" },
		{ "Multipart/Mixed;BOUNDARY=abc", "abc" },
		{ "multipart/form-data; boundary=\"a b:c\"", "a b:c" },
		{ "multipart/related; type=\"a/b\"; boundary=x", "x" },
		{ "multipart/related; start=\"; boundary=no\"; boundary=x",
		    "x" },
		{ "multipart/x; a=\"\\\"; boundary=no\"; boundary=x", "x" },
		{ "multipart/form-data; boundary=abc; charset=utf-8", "abc" },
		{ "multipart/form-data;; boundary=abc", "abc" },
		{ "multipart/form-data; boundary = abc", "abc" },
		{ "multipart/form-data;\r\n boundary=abc", "abc" },
		{ "multipart/form-data; boundary====b==", "===b==" },
		{ "multipart/form-data; a; boundary=b", "b" },
	};
	struct str b;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		CHECK(multipart_boundary(str_of(rows[i].type), &b));
		CHECK_VIEW(b, rows[i].boundary);
	}
}

static void
a_type_without_a_usable_boundary_has_none(void)
{
	static const char *const rows[] = {
		"",
		"text/plain; boundary=abc",
		"multipart/form-data",
		"multipart/form-data; boundary=",
		"multipart/form-data; boundary=\"\"",
		"multipart/form-data; boundary=\"abc",
		"multipart/form-data; boundary=\"abc\\\"",
		"multipart/form-data; boundary=\"ab \"",
		"multipart/form-data; boundary=\"a\\b\"",
		"multipart/form-data; boundary=a\001b",
		"multipart/form-data; myboundary=abc",
		"multipart/form-data, boundary=abc",
	};
	char longest[300] = "multipart/a; boundary=";
	struct str b;
	size_t i;

	for (i = 0; i < COUNT(rows); i++)
		CHECK(!multipart_boundary(str_of(rows[i]), &b));
	memset(longest + 22, 'x', MULTIPART_BOUNDARY);
	CHECK(multipart_boundary(str_of(longest), &b));
	longest[22 + MULTIPART_BOUNDARY] = 'x';
	CHECK(!multipart_boundary(str_of(longest), &b));
}

static bool
fits(const char *body)
{
	return multipart_fits(STR("x"), str_of(body));
}

static void
a_body_fits_from_its_first_delimiter_to_its_closing_one(void)
{
	CHECK(fits("--x\r\nA: b\r\n\r\n1\r\n--x--\r\n"));
	CHECK(fits("--x\r\n\r\n1\r\n--x--"));
	CHECK(fits("--x\r\n\r\n\r\n--x--"));
	CHECK(fits("--x \t\r\n\r\n1\r\n--x-- \r\nepilogue"));
	CHECK(fits("preamble\r\n--x\r\n\r\n1\r\n--x--\r\n"));
	CHECK(fits("--x--\r\n"));
	CHECK(fits("\r\n--x--\r\n"));
	CHECK(fits("--xy\r\n--x\r\n\r\n1\r\n--x--"));
}

static void
a_body_that_is_cut_short_or_malformed_does_not_fit(void)
{
	CHECK(!fits(""));
	CHECK(!fits("-"));
	CHECK(!fits("--x"));
	CHECK(!fits("--x\r\n"));
	CHECK(!fits("--x\r\nA: b\r\n\r\n1"));
	CHECK(!fits("--x\r\nA: b\r\n\r\n1\r\n--x-"));
	CHECK(!fits("--x\r\nA: b\r\n\r\n1\r\n--x--y"));
	CHECK(!fits("--x\r\nA: b\r\n\r\n1\r\n--y--\r\n"));
	CHECK(!fits("--x\nA: b\n\n1\n--x--\n"));
	CHECK(!fits("a--x\r\n\r\n1--x--\r\n"));
	CHECK(!multipart_fits(STR(""), STR("--\r\n----\r\n")));
}

/* Body texts are written with | for a line end, to be read at a glance. */
static void
digest_text(const char *boundary, const char *text, uint8_t *out)
{
	struct digest *d = digest_new();
	struct buf b = { 0 };

	for (; *text != '\0'; text++)
		if (*text == '|')
			buf_add(&b, "\r\n", 2);
		else
			buf_add(&b, text, 1);
	if (multipart_fits(str_of(boundary), buf_str(&b)))
		multipart_digest(d, str_of(boundary), buf_str(&b));
	digest_end(d, out);
	digest_free(d);
	buf_free(&b);
}

static bool
alike(const char *b1, const char *t1, const char *b2, const char *t2)
{
	uint8_t none[DIGEST_BYTES], one[DIGEST_BYTES], two[DIGEST_BYTES];

	digest_of("", 0, none);
	digest_text(b1, t1, one);
	digest_text(b2, t2, two);
	return memcmp(one, none, sizeof(one)) != 0 &&
	       memcmp(one, two, sizeof(one)) == 0;
}

static void
the_boundary_the_preamble_and_the_padding_do_not_count(void)
{
	static const char plain[] = "--x|A: b||1|--x|A: c||2|--x--|";

	CHECK(alike("x", plain, "yy", "--yy|A: b||1|--yy|A: c||2|--yy--|"));
	CHECK(alike("x", plain, "x", "hi|--x|A: b||1|--x|A: c||2|--x--|"));
	CHECK(alike("x", plain, "x", "--x|A: b||1|--x|A: c||2|--x--|bye"));
	CHECK(alike("x", plain, "x", "--x \t|A: b||1|--x |A: c||2|--x--"));
}

static void
heads_and_bodies_of_parts_count_in_order(void)
{
	static const char plain[] = "--x|A: b||1|--x|A: c||2|--x--|";
	static const char *const others[] = {
		"--x|A: c||2|--x|A: b||1|--x--|",
		"--x|A: b||1|--x|A: c||3|--x--|",
		"--x|A: b||1|--x|A: d||2|--x--|",
		"--x|a: b||1|--x|A: c||2|--x--|",
		"--x|A: b||1|--x--|",
		"--x|A: b||1|--x|A: c||2|--x||--x--|",
		"--x|A: b||1||--x|A: c||2|--x--|",
		"--x|A: b||1|--x|A: c|2|--x--|",
	};
	size_t i;

	for (i = 0; i < COUNT(others); i++)
		CHECK(!alike("x", plain, "x", others[i]));
}

static void
a_part_without_an_empty_line_is_not_an_empty_body(void)
{
	CHECK(!alike("x", "--x|A: b|--x--", "x", "--x|A: b|||--x--"));
	CHECK(!alike("x", "--x||--x--", "x", "--x|||--x--"));
}

static void
a_boundary_that_begins_like_the_outer_one_is_not_it(void)
{
	CHECK(alike("x", "--x|A: b||--x1|--x--|", "y", "--y|A: b||--x1|--y--"));
}

/* A multipart in a multipart, with the inner boundary given. */
static bool
nested_alike(const char *one, const char *two)
{
	struct buf a = { 0 }, b = { 0 };
	bool is;

	buf_addf(&a,
	    "--x|Content-Type: multipart/mixed; boundary=%s|"
	    "||--%s|C: d||1|--%s--|--x--",
	    one, one, one);
	buf_addf(&b,
	    "--x|Content-Type: multipart/mixed; boundary=%s|"
	    "||--%s|C: d||1|--%s--|--x--",
	    two, two, two);
	is = alike("x", buf_text(&a), "x", buf_text(&b));
	buf_free(&a);
	buf_free(&b);
	return is;
}

static void
the_boundary_of_an_inner_multipart_does_not_count(void)
{
	CHECK(nested_alike("one", "other"));
	CHECK(alike("x",
	    "--x|content-type: multipart/mixed;| boundary=\"i\"; a=b|"
	    "|--i|C: d||1|--i--|--x--",
	    "y",
	    "--y|content-type: multipart/mixed;| boundary=\"j\"; a=b|"
	    "|--j|C: d||1|--j--|--y--"));
	CHECK(!alike("x",
	    "--x|Content-Type: multipart/mixed; boundary=i||--i||1|--i--|"
	    "--x--",
	    "x",
	    "--x|Content-Type: multipart/mixed; boundary=j||--j||2|--j--|"
	    "--x--"));
}

static void
an_inner_multipart_that_does_not_fit_counts_as_bytes(void)
{
	CHECK(!alike("x",
	    "--x|Content-Type: multipart/mixed; boundary=i||--i||1|--x--", "x",
	    "--x|Content-Type: multipart/mixed; boundary=j||--j||1|--x--"));
}

/* depth multiparts in each other; the innermost has the boundary given. */
static void
nest(struct buf *out, int depth, const char *innermost)
{
	char name[16];
	int i;

	for (i = 1; i < depth; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		buf_addf(
		    out, "--%s|Content-Type: multipart/a; boundary=", name);
		if (i + 1 < depth)
			buf_addf(out, "b%d||", i + 1);
		else
			buf_addf(out, "%s||", innermost);
	}
	buf_addf(out, "--%s||1|--%s--", innermost, innermost);
	for (i = depth - 1; i > 0; i--)
		buf_addf(out, "|--b%d--", i);
}

static bool
depth_alike(int depth)
{
	struct buf a = { 0 }, b = { 0 };
	bool is;

	nest(&a, depth, "one");
	nest(&b, depth, "two");
	is = alike("b1", buf_text(&a), "b1", buf_text(&b));
	buf_free(&a);
	buf_free(&b);
	return is;
}

static void
multiparts_are_taken_apart_down_to_the_limit(void)
{
	CHECK(depth_alike(MULTIPART_DEPTH));
	CHECK(!depth_alike(MULTIPART_DEPTH + 1));
	CHECK(!depth_alike(MULTIPART_DEPTH + 40));
}

RUN(TEST(the_boundary_is_found_in_the_content_type),
    TEST(a_type_without_a_usable_boundary_has_none),
    TEST(a_body_fits_from_its_first_delimiter_to_its_closing_one),
    TEST(a_body_that_is_cut_short_or_malformed_does_not_fit),
    TEST(the_boundary_the_preamble_and_the_padding_do_not_count),
    TEST(heads_and_bodies_of_parts_count_in_order),
    TEST(a_part_without_an_empty_line_is_not_an_empty_body),
    TEST(a_boundary_that_begins_like_the_outer_one_is_not_it),
    TEST(the_boundary_of_an_inner_multipart_does_not_count),
    TEST(an_inner_multipart_that_does_not_fit_counts_as_bytes),
    TEST(multiparts_are_taken_apart_down_to_the_limit))
