#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/yaml.h"

#include "tap.h"

static struct err e;

/* What text is as JSON. */
static void
is(const char *text, const char *json)
{
	json_t *v = yaml_parse(str_of(text), &e);
	char *got =
	    v == NULL ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	static char copy[4096];

	snprintf(copy, sizeof(copy), "%s", got != NULL ? got : e.text);
	json_decref(v);
	free(got);
	CHECK_STR(copy, json);
}

static void
refused_text(struct str text, const char *why)
{
	json_t *v = yaml_parse(text, &e);

	json_decref(v);
	CHECK(v == NULL);
	if (strstr(e.text, why) == NULL)
		CHECK_STR(e.text, why);
}

static void
refused(const char *text, const char *why)
{
	refused_text(str_of(text), why);
}

static void
plain_scalars_are_of_the_core_schema(void)
{
	is("[~, null, Null, NULL, {a: }, nUll]",
	    "[null,null,null,null,{\"a\":null},\"nUll\"]");
	is("[true, True, TRUE, false, False, FALSE]",
	    "[true,true,true,false,false,false]");
	is("[0, -7, +12, 007, 0o17, 0x1F, 0x1f]", "[0,-7,12,7,15,31,31]");
	is("[1.5, .5, 2., 1e2, -1.5E1]", "[1.5,0.5,2.0,100.0,-15.0]");
	is("[0o8, 0xg, 1e, '.', +, -, 1.2.3, 1_000]",
	    "[\"0o8\",\"0xg\",\"1e\",\".\",\"+\",\"-\",\"1.2.3\",\"1_000\"]");
}

static void
words_of_yaml_1_1_and_dates_are_texts(void)
{
	is("[yes, no, on, off, y, 2020-01-02, 12:30:00, 0b1, .inf, .NaN]",
	    "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"2020-01-02\",\"12:30:00\","
	    "\"0b1\",\".inf\",\".NaN\"]");
}

static void
quotes_and_tags_make_texts(void)
{
	is("['1', \"true\", !!str 1, !!int '7', ! 5]",
	    "[\"1\",\"true\",\"1\",7,\"5\"]");
	is("|\n  a\n  b\n", "\"a\\nb\\n\"");
	is(">-\n  a\n  b\n", "\"a b\"");
}

static void
long_numbers_are_not_lost(void)
{
	is("1000000000000000000", "1000000000000000000");
	is("100000000000000000000", "1e20");
	is("1e999", "\"1e999\"");
}

static void
names_of_members_are_texts_as_written(void)
{
	is("{200: a, 1.0: b, true: c, null: d, 'x y': e}",
	    "{\"200\":\"a\",\"1.0\":\"b\",\"true\":\"c\",\"null\":\"d\","
	    "\"x y\":\"e\"}");
	refused("? [a]\n: 1", "line 1, column 3: the name of a member");
	refused("a: 1\na: 2", "line 2, column 1: a member of that name");
}

static void
aliases_stand_for_what_they_name(void)
{
	is("a: &x {b: 1}\nc: *x", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}");
	is("[&x 1, &x 2, *x]", "[1,2,2]");
	refused("a: *x", "line 1, column 4: an alias for what has not been");
	refused("&x [*x]", "line 1, column 5: an alias within");
}

static void
aliases_cannot_grow_without_end(void)
{
	struct buf text = { 0 };
	int i, k;

	buf_add_text(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (i = 1; i < 10; i++) {
		buf_addf(&text, "a%d: &a%d [", i, i);
		for (k = 0; k < 10; k++)
			buf_addf(&text, "*a%d, ", i - 1);
		buf_add_text(&text, "]\n");
	}
	refused_text(buf_str(&text), "more than 1,000,000 values");
	buf_clear(&text, 1 << 20);
	buf_add_text(&text, "a: &a '");
	for (i = 0; i < 1 << 20; i++)
		buf_add(&text, "x", 1);
	buf_add_text(&text, "'\nb: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n");
	refused_text(buf_str(&text), "more than 10 MiB");
	buf_free(&text);
}

static void
depth_is_limited(void)
{
	struct buf text = { 0 };
	int i;

	for (i = 0; i < YAML_DEPTH; i++)
		buf_add(&text, "[", 1);
	for (i = 0; i < YAML_DEPTH; i++)
		buf_add(&text, "]", 1);
	json_decref(yaml_parse(buf_str(&text), &e));
	buf_clear(&text, 4096);
	for (i = 0; i < 100000; i++)
		buf_add(&text, "[", 1);
	refused_text(buf_str(&text), "nested deeper than 128");
	buf_free(&text);
}

static void
errors_have_a_position(void)
{
	refused("a: b\nc: [1, 2\nd: 3", "line 3, column 2: did not find");
	refused("a:\n\t- b", "line 2, column 1:");
	refused("", "expected a document");
	refused("a\n---\nb", "line 2, column 1: expected one document");
	refused("a: \xff", "UTF-8");
}

RUN(TEST(plain_scalars_are_of_the_core_schema),
    TEST(words_of_yaml_1_1_and_dates_are_texts),
    TEST(quotes_and_tags_make_texts), TEST(long_numbers_are_not_lost),
    TEST(names_of_members_are_texts_as_written),
    TEST(aliases_stand_for_what_they_name),
    TEST(aliases_cannot_grow_without_end), TEST(depth_is_limited),
    TEST(errors_have_a_position))
