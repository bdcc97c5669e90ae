#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/json.h"
#include "har/json_write.h"

#include "tests/unit/tap.h"

/* A text that comes in pieces of step bytes. */
struct slow {
	struct str text;
	size_t step;
};

static int64_t
read_slowly(void *arg, void *p, size_t n, struct err *e)
{
	struct slow *s = arg;

	(void)e;
	if (n > s->step)
		n = s->step;
	if (n > s->text.n)
		n = s->text.n;
	memcpy(p, s->text.p, n);
	s->text.p += n;
	s->text.n -= n;
	return (int64_t)n;
}

static int64_t
read_never(void *arg, void *p, size_t n, struct err *e)
{
	(void)arg;
	(void)p;
	(void)n;
	return err_set(e, "the disk is gone");
}

/* The tokens of text as letters: "{n1}" for {"a":1}. */
static const char *
shape(struct json *j)
{
	static const char letters[] = "!.{}[]ns1tf0";
	static char out[64];
	enum json_token t;
	size_t n = 0;

	do {
		t = json_next(j);
		out[n++] = letters[t];
	} while (t != JSON_ERROR && t != JSON_END && n < sizeof(out) - 1);
	out[n] = '\0';
	return out;
}

static const char *
shape_of(const char *text)
{
	struct json *j = json_open_str(str_of(text));
	const char *s = shape(j);

	json_close(j);
	return s;
}

static const char *
error_of(const char *text)
{
	static struct err e;
	struct json *j = json_open_str(str_of(text));

	CHECK(strchr(shape(j), '!') != NULL);
	json_error(j, &e);
	json_close(j);
	return e.text;
}

/* The string that text is, decoded into b. */
static unsigned
decode(struct str text, struct buf *b, size_t step)
{
	struct slow s = { text, step };
	struct json *j = json_open(read_slowly, &s);
	unsigned flaws;

	CHECK_INT(json_next(j), JSON_STRING);
	CHECK_INT(json_decode(j, b, 1000), 0);
	CHECK_INT(json_next(j), JSON_END);
	flaws = json_flaws(j);
	json_close(j);
	return flaws;
}

static void
values_of_all_kinds_are_seen_in_order(void)
{
	CHECK_STR(shape_of("{\"a\":[1,\"x\",true,false,null,{}],\"b\":[]}"),
	    "{n[1stf0{}]n[]}.");
	CHECK_STR(shape_of(" 1 "), "1.");
	CHECK_STR(shape_of("\"\""), "s.");
}

static void
what_the_grammar_forbids_is_an_error(void)
{
	static const char *const texts[] = { "", "  ", "[1,]", "[,1]", "{,}",
		"{\"a\":1,}", "{\"a\"}", "{\"a\":}", "{a:1}", "[1 2]",
		"{\"a\":1 \"b\":2}", "[1}", "{]", "01", "1.", ".5", "+1", "-",
		"1e", "1e+", "0x10", "NaN", "tru", "nulll", "'a'", "[1]]",
		"1 2", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\t\"",
		"// c\n1", "[1] x" };
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strchr(shape_of(texts[i]), '!') == NULL)
			CHECK_STR(texts[i], "an error");
}

static void
an_error_names_line_column_and_byte(void)
{
	CHECK_STR(error_of("{\n  \"a\": ?\n}"),
	    "line 2, column 8 (byte 9): '?', expected a value");
	CHECK_STR(error_of("[1"),
	    "line 1, column 3 (byte 2): the text ends, expected ',' or ']'");
	CHECK_STR(error_of("{\"a\":1} {"),
	    "line 1, column 9 (byte 8): '{', expected the end of the text");
}

static void
a_number_keeps_its_text(void)
{
	struct json *j =
	    json_open_str(STR("[-0.10e+5,123456789012345678901234567890]"));

	CHECK_INT(json_next(j), JSON_ARRAY);
	CHECK_INT(json_next(j), JSON_NUMBER);
	CHECK_VIEW(json_text(j), "-0.10e+5");
	CHECK_INT(json_next(j), JSON_NUMBER);
	CHECK_VIEW(json_text(j), "123456789012345678901234567890");
	json_close(j);
}

static void
a_number_without_end_is_refused(void)
{
	char text[JSON_MOST_NUMBER + 10];

	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CHECK_STR(shape_of(text), "!");
}

static void
escapes_are_decoded(void)
{
	struct buf b = { 0 };

	CHECK_INT(decode(STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9"
			     "\\u20AC\\uD83D\\uDE00\""),
		      &b, 100),
	    0);
	CHECK_VIEW(buf_str(&b), "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac"
				"\xf0\x9f\x98\x80");
	buf_free(&b);
}

static void
a_nul_is_a_byte_like_others(void)
{
	struct buf b = { 0 };

	decode(STR("\"a\\u0000b\""), &b, 100);
	CHECK_INT(b.n, 3);
	CHECK(memcmp(b.p, "a\0b", 3) == 0);
	buf_free(&b);
}

static void
a_lone_surrogate_is_kept_and_told(void)
{
	struct buf b = { 0 };

	CHECK_INT(decode(STR("\"\\ud800x\""), &b, 100), JSON_LONE_SURROGATE);
	CHECK_VIEW(buf_str(&b), "\xed\xa0\x80x");
	b.n = 0;
	CHECK_INT(
	    decode(STR("\"\\ud800\\u0041\""), &b, 100), JSON_LONE_SURROGATE);
	CHECK_VIEW(buf_str(&b), "\xed\xa0\x80"
				"A");
	buf_free(&b);
}

static void
bytes_that_are_not_utf8_are_kept_and_told(void)
{
	struct buf b = { 0 };

	CHECK_INT(decode(STR("\"caf\xe9\""), &b, 100), JSON_BAD_UTF8);
	CHECK_VIEW(buf_str(&b), "caf\xe9");
	buf_free(&b);
}

static void
pieces_of_one_byte_make_no_difference(void)
{
	struct str text = STR("\"long enough for words \\ud83d\\ude00 "
			      "\xf0\x9f\x98\x80 \\\\ \\u0000 end\"");
	struct buf whole = { 0 }, pieces = { 0 };
	size_t step;

	decode(text, &whole, 1000);
	for (step = 1; step < 12; step++) {
		pieces.n = 0;
		decode(text, &pieces, step);
		CHECK(str_eq(buf_str(&whole), buf_str(&pieces)));
	}
	buf_free(&whole);
	buf_free(&pieces);
}

static void
a_string_over_the_limit_is_cut_and_passed_over(void)
{
	struct json *j = json_open_str(STR("[\"0123456789\",7]"));
	struct buf b = { 0 };

	json_next(j);
	CHECK_INT(json_next(j), JSON_STRING);
	CHECK_INT(json_decode(j, &b, 4), 1);
	CHECK_INT(json_next(j), JSON_NUMBER);
	CHECK_VIEW(json_text(j), "7");
	buf_free(&b);
	json_close(j);
}

static void
a_string_nobody_wants_is_passed_over(void)
{
	CHECK_STR(shape_of("[\"a\\\"]\",\"\\u00e9\"]"), "[ss].");
	CHECK_STR(shape_of("[\"bad \\q\",1]"), "[s!");
}

static void
a_value_can_be_skipped(void)
{
	struct json *j = json_open_str(STR("[{\"a\":[1,{}]},2]"));

	json_next(j);
	CHECK_INT(json_skip(j, json_next(j)), 0);
	CHECK_INT(json_next(j), JSON_NUMBER);
	CHECK_INT(json_skip(j, JSON_NUMBER), 0);
	CHECK_INT(json_next(j), JSON_ARRAY_END);
	json_close(j);
}

static void
depth_has_a_limit_and_no_stack(void)
{
	struct str deep = { xmalloc(200000), 200000 };
	struct json *j;
	struct err e;

	memset((char *)deep.p, '[', deep.n);
	j = json_open_str(deep);
	CHECK_INT(json_skip(j, json_next(j)), -1);
	json_error(j, &e);
	CHECK(strstr(e.text, "nested too deeply") != NULL);
	json_close(j);
	free((char *)deep.p);
}

static void
the_path_names_members_and_items(void)
{
	struct json *j =
	    json_open_str(STR("{\"log\":{\"entries\":[1,[2,3]]}}"));
	struct buf b = { 0 };

	for (;;) {
		enum json_token t = json_next(j);

		if (t == JSON_NUMBER && str_is(json_text(j), "3"))
			break;
		CHECK(t != JSON_ERROR && t != JSON_END);
	}
	json_path(j, &b);
	CHECK_VIEW(buf_str(&b), "/log/entries/1/1");
	buf_free(&b);
	json_close(j);
}

static void
a_byte_order_mark_is_passed_over(void)
{
	struct json *j = json_open_str(STR("\xef\xbb\xbf{}"));

	CHECK_STR(shape(j), "{}.");
	CHECK_INT(json_flaws(j), JSON_BOM);
	json_close(j);
}

static void
a_jsonp_call_is_taken_off(void)
{
	struct json *j = json_open_str(STR("onInput.x( {\"a\":1} ) ;\n"));

	CHECK_STR(shape(j), "{n1}.");
	CHECK_INT(json_flaws(j), JSON_PADDING);
	json_close(j);
	CHECK_STR(shape_of("f({}"), "{}!");
	CHECK_STR(shape_of("f({});x"), "{}!");
	CHECK_STR(shape_of("true"), "t.");
}

static void
an_error_of_the_reader_is_told(void)
{
	struct json *j = json_open(read_never, NULL);
	struct err e;

	CHECK_INT(json_next(j), JSON_ERROR);
	json_error(j, &e);
	CHECK_STR(e.text, "the disk is gone");
	CHECK_INT(json_next(j), JSON_ERROR);
	json_close(j);
}

static void
a_long_text_passes_through_a_small_window(void)
{
	struct buf text = { 0 }, out = { 0 };
	struct json *j;
	int i;

	buf_add(&text, "[\"", 2);
	for (i = 0; i < 50000; i++)
		buf_add_text(&text, "\xc3\xa9\\n7");
	buf_add(&text, "\",1]", 4);
	j = json_open_str(buf_str(&text));
	json_next(j);
	CHECK_INT(json_next(j), JSON_STRING);
	CHECK_INT(json_decode(j, &out, SIZE_MAX / 2), 0);
	CHECK_INT(out.n, 200000);
	CHECK_INT(json_next(j), JSON_NUMBER);
	json_close(j);
	buf_free(&text);
	buf_free(&out);
}

/*
 * Writing
 */

static struct json_write
written(bool pretty)
{
	struct json_write w;

	json_write_init(&w, pretty, NULL, NULL);
	return w;
}

static void
text_is_escaped_as_far_as_needed(void)
{
	struct json_write w = written(false);

	json_write_str(&w, STR("\"\\\b\f\n\r\t\x01\x7f/\xc3\xa9"));
	CHECK_VIEW(buf_str(&w.out),
	    "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u007f/\xc3\xa9\"");
	json_write_fini(&w);
}

/* Eight plain bytes are passed at once. */
static void
a_byte_is_escaped_wherever_it_stands(void)
{
	char text[16] = "", wanted[64], alone[16];
	struct json_write w;
	int c, at, wrong = 0;

	for (c = 0; c < 256; c++) {
		w = written(false);
		text[0] = (char)c;
		json_write_str(&w, (struct str){ text, 1 });
		snprintf(alone, sizeof(alone), "%.*s", (int)w.out.n - 2,
		    w.out.p + 1);
		json_write_fini(&w);
		for (at = 0; at < 9; at++) {
			memset(text, '~', 9);
			text[at] = (char)c;
			w = written(false);
			json_write_str(&w, (struct str){ text, 9 });
			snprintf(wanted, sizeof(wanted), "\"%.*s%s%.*s\"", at,
			    "~~~~~~~~", alone, 8 - at, "~~~~~~~~");
			wrong += !str_is(buf_str(&w.out), wanted);
			json_write_fini(&w);
		}
	}
	CHECK_INT(wrong, 0);
}

static void
integers_are_written_as_they_are(void)
{
	struct json_write w = written(false);

	json_write_array(&w);
	json_write_int(&w, INT64_MIN);
	json_write_int(&w, -1);
	json_write_int(&w, 0);
	json_write_int(&w, INT64_MAX);
	json_write_array_end(&w);
	CHECK_VIEW(
	    buf_str(&w.out), "[-9223372036854775808,-1,0,9223372036854775807]");
	json_write_fini(&w);
}

static void
a_lone_surrogate_is_written_as_it_was_read(void)
{
	struct json_write w = written(false);

	CHECK_INT(json_write_copy(&w, STR("\"\\uD800 \\udfff\"")), 0);
	CHECK_VIEW(buf_str(&w.out), "\"\\ud800 \\udfff\"");
	json_write_fini(&w);
}

static void
other_bytes_become_the_replacement_character(void)
{
	struct json_write w = written(false);

	json_write_str(&w, STR("a\xff\xc3"));
	CHECK_VIEW(buf_str(&w.out), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
	json_write_fini(&w);
}

static void
pretty_text_has_one_member_per_line(void)
{
	struct json_write w = written(true);
	struct err e;

	CHECK_INT(
	    json_write_copy(&w, STR("{\"a\":[1,{\"b\":{}}],\"c\":[]}")), 0);
	CHECK_INT(json_write_end(&w, &e), 0);
	CHECK_VIEW(buf_str(&w.out), "{\n"
				    "  \"a\": [\n"
				    "    1,\n"
				    "    {\n"
				    "      \"b\": {}\n"
				    "    }\n"
				    "  ],\n"
				    "  \"c\": []\n"
				    "}\n");
	json_write_fini(&w);
}

static void
members_can_be_added_to_others(void)
{
	struct json_write w = written(false);

	json_write_object(&w);
	json_write_member_int(&w, "a", -1);
	CHECK_INT(json_write_members(&w, STR("{\"b\":1.50,\"c\":null}")), 0);
	json_write_object_end(&w);
	CHECK_VIEW(buf_str(&w.out), "{\"a\":-1,\"b\":1.50,\"c\":null}");
	CHECK_INT(json_write_copy(&w, STR("{\"a\"")), -1);
	json_write_fini(&w);
}

static int
write_to(void *arg, const void *p, size_t n, struct err *e)
{
	struct buf *b = arg;

	if (b == NULL)
		return err_set(e, "the disk is full");
	buf_add(b, p, n);
	return 0;
}

static void
long_base64_goes_out_in_pieces(void)
{
	struct buf out = { 0 }, bytes = { 0 };
	struct json_write w;
	struct err e;

	memset(buf_reserve(&bytes, 400000), 0, 400000);
	bytes.n = 400000;
	json_write_init(&w, false, write_to, &out);
	json_write_base64(&w, buf_str(&bytes));
	CHECK(w.out.cap < 300000);
	CHECK_INT(json_write_end(&w, &e), 0);
	CHECK_INT(out.n, 533336 + 2);
	json_write_fini(&w);
	buf_free(&out);
	buf_free(&bytes);
}

static void
a_failed_write_is_told_at_the_end(void)
{
	struct json_write w;
	struct err e;

	json_write_init(&w, false, write_to, NULL);
	json_write_int(&w, 1);
	CHECK_INT(json_write_end(&w, &e), -1);
	CHECK_STR(e.text, "the disk is full");
	json_write_fini(&w);
}

static void
values_may_follow_each_other(void)
{
	struct json *j = json_open_str(STR("{\"a\":1}\n[\"x\"]\r\n7 \"s\"\n"));

	CHECK_INT(json_next(j), JSON_OBJECT);
	CHECK(!json_more(j));
	CHECK_INT(json_next(j), JSON_NAME);
	CHECK_INT(json_next(j), JSON_NUMBER);
	CHECK(!json_more(j));
	CHECK_INT(json_next(j), JSON_OBJECT_END);
	CHECK(json_more(j));
	CHECK_INT(json_next(j), JSON_ARRAY);
	CHECK_INT(json_skip(j, JSON_ARRAY), 0);
	CHECK(json_more(j));
	CHECK_INT(json_next(j), JSON_NUMBER);
	CHECK(json_more(j));
	CHECK_INT(json_next(j), JSON_STRING);
	CHECK(!json_more(j));
	CHECK_INT(json_next(j), JSON_END);
	json_close(j);
	j = json_open_str(STR("{}}"));
	CHECK_INT(json_next(j), JSON_OBJECT);
	CHECK_INT(json_next(j), JSON_OBJECT_END);
	CHECK(json_more(j));
	CHECK_INT(json_next(j), JSON_ERROR);
	CHECK(!json_more(j));
	json_close(j);
}

static void
lines_are_values_of_their_own(void)
{
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	json_write_object(&w);
	json_write_object_end(&w);
	json_write_newline(&w);
	json_write_int(&w, 7);
	json_write_newline(&w);
	CHECK_STR(buf_text(&w.out), "{}\n7\n");
	json_write_fini(&w);
}

static void
a_text_without_a_value_is_empty(void)
{
	static const struct {
		const char *text;
		bool empty;
	} rows[] = { { "", true }, { " \n\t", true },
		{ "\xef\xbb\xbf \n", true }, { " {}", false }, { "x(", false },
		{ ",", false } };
	struct slow never = { STR(""), 1 };
	struct json *j;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		j = json_open_str(str_of(rows[i].text));
		CHECK_INT(json_empty(j), rows[i].empty);
		CHECK_INT(json_next(j), strchr(rows[i].text, '{') != NULL
					    ? JSON_OBJECT
					    : JSON_ERROR);
		json_close(j);
	}
	j = json_open(read_never, &never);
	CHECK(!json_empty(j));
	json_close(j);
}

RUN(TEST(values_of_all_kinds_are_seen_in_order),
    TEST(what_the_grammar_forbids_is_an_error),
    TEST(an_error_names_line_column_and_byte), TEST(a_number_keeps_its_text),
    TEST(a_number_without_end_is_refused), TEST(escapes_are_decoded),
    TEST(a_nul_is_a_byte_like_others), TEST(a_lone_surrogate_is_kept_and_told),
    TEST(bytes_that_are_not_utf8_are_kept_and_told),
    TEST(pieces_of_one_byte_make_no_difference),
    TEST(a_string_over_the_limit_is_cut_and_passed_over),
    TEST(a_string_nobody_wants_is_passed_over), TEST(a_value_can_be_skipped),
    TEST(depth_has_a_limit_and_no_stack),
    TEST(the_path_names_members_and_items),
    TEST(a_byte_order_mark_is_passed_over), TEST(a_jsonp_call_is_taken_off),
    TEST(an_error_of_the_reader_is_told),
    TEST(a_long_text_passes_through_a_small_window),
    TEST(text_is_escaped_as_far_as_needed),
    TEST(a_byte_is_escaped_wherever_it_stands),
    TEST(integers_are_written_as_they_are),
    TEST(a_lone_surrogate_is_written_as_it_was_read),
    TEST(other_bytes_become_the_replacement_character),
    TEST(pretty_text_has_one_member_per_line),
    TEST(members_can_be_added_to_others), TEST(long_base64_goes_out_in_pieces),
    TEST(a_failed_write_is_told_at_the_end), TEST(values_may_follow_each_other),
    TEST(lines_are_values_of_their_own), TEST(a_text_without_a_value_is_empty))
