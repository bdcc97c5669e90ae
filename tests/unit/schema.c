#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mock/schema.h"
#include "mock/value_json.h"

#include "tests/unit/tap.h"

/* Keywords and formats at large are compared with ajv by
 * tests/golden/asked.py. */

static struct arena arena;
static struct values v = { .arena = &arena };

static struct value
json(const char *text)
{
	struct value value = VALUE_NONE;

	if (value_read_json(&v, str_of(text), &value) == -1)
		abort();
	return value;
}

/* "valid", "not", or what is wrong with the schema. */
static const char *
check(const char *schema, const char *value)
{
	static struct err e;
	struct schema *s = schema_new(json(schema), &e);
	const char *result = e.text;

	if (s != NULL)
		result = schema_valid(s, json(value)) ? "valid" : "not";
	schema_free(s);
	return result;
}

static void
values_are_valid_or_not(void)
{
	static const char *const rows[][3] = {
		{ "{\"type\":\"integer\"}", "1.0", "valid" },
		{ "{\"type\":[\"string\",\"null\"]}", "1", "not" },
		{ "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":"
		  "[\"b\"]}",
		    "{\"b\":1,\"a\":{\"b\":1}}", "valid" },
		{ "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":"
		  "[\"b\"]}",
		    "{\"b\":1,\"a\":{}}", "not" },
		{ "{\"$ref\":\"#/definitions/a~1b%25\",\"definitions\":"
		  "{\"a/b%\":{\"const\":[1]}}}",
		    "[1]", "valid" },
		{ "{\"$id\":\"http://x/y/z\",\"items\":{\"$ref\":\"../w#q\"},"
		  "\"definitions\":{\"w\":{\"$id\":\"/w\",\"definitions\":"
		  "{\"q\":{\"$id\":\"#q\",\"type\":\"null\"}}}}}",
		    "[null]", "valid" },
		{ "{\"format\":\"date\"}", "\"2021-02-29\"", "not" },
		{ "{\"format\":\"time\"}", "\"23:59:60Z\"", "valid" },
		{ "{\"format\":\"ipv6\"}", "\"::1\"", "valid" },
		{ "{\"format\":\"int32\"}", "2147483648", "not" },
		{ "{\"minLength\":2}", "\"\xf0\x9f\x98\x80\"", "not" },
		{ "false", "1", "not" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(check(rows[i][0], rows[i][1]), rows[i][2]);
}

static void
what_is_no_schema_says_where(void)
{
	static const char *const rows[][2] = {
		{ "{\"properties\":{\"a\":{\"typ\":1}}}",
		    "/properties/a/typ: an unknown keyword" },
		{ "{\"type\":\"text\"}",
		    "/type: expected a type or several, each once" },
		{ "{\"$ref\":\"http://other/\"}", "/$ref: leads to no schema" },
		{ "{\"items\":1}",
		    "/items: expected a schema: an object, true or false" },
		{ "{\"format\":\"x\"}", "/format: a format nobody knows" },
		{ "{\"pattern\":\"(\"}",
		    "/pattern: expected a regular expression" },
		{ "1", ": expected a schema: an object, true or false" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(check(rows[i][0], "1"), rows[i][1]);
}

static void
a_schema_that_never_ends_is_not_valid(void)
{
	CHECK_STR(check("{\"$ref\":\"#\"}", "1"), "not");
	CHECK_STR(check("{\"not\":{\"$ref\":\"#\"}}", "1"), "not");
	CHECK_STR(check("{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "1"),
	    "not");
}

static void
work_is_limited(void)
{
	struct buf many = { 0 };
	int i;

	buf_add_text(&many, "[");
	for (i = 0; i < 7000; i++)
		buf_addf(&many, "%s%d", i > 0 ? "," : "", i);
	buf_add_text(&many, "]");
	CHECK_STR(check("{\"uniqueItems\":true}", buf_text(&many)), "not");
	buf_free(&many);
	CHECK_STR(check("{\"uniqueItems\":true}", "[1,2,[1],[2]]"), "valid");
}

static void
schemas_nest_a_hundred_deep(void)
{
	struct buf deep = { 0 };
	int i;

	for (i = 0; i < 101; i++)
		buf_add_text(&deep, "{\"not\":");
	buf_add_text(&deep, "{}");
	for (i = 0; i < 101; i++)
		buf_add_text(&deep, "}");
	CHECK(strstr(check(buf_text(&deep), "1"), "nests too deep") != NULL);
	buf_free(&deep);
}

static void
a_cache_follows_the_schema(void)
{
	struct schema_cache *c = schema_cache_new();
	int i;

	for (i = 0; i < 2; i++) {
		CHECK(schema_cache_valid(
		    c, &v, json("{\"type\":\"null\"}"), json("null")));
		CHECK(!schema_cache_valid(
		    c, &v, json("{\"type\":\"null\"}"), json("1")));
		CHECK(schema_cache_valid(
		    c, &v, json("{\"type\":\"number\"}"), json("1")));
		CHECK(!schema_cache_valid(c, &v, json("{\"x\":1}"), json("1")));
	}
	schema_cache_free(c);
	schema_cache_free(NULL);
}

static void
add_fault(void *arg, const struct schema_fault *f)
{
	struct buf *out = arg;

	buf_addf(out, "%s%.*s: %.*s/%s", out->n > 0 ? "; " : "",
	    STR_ARGS(f->at), STR_ARGS(f->where), f->keyword);
	if (f->name.n > 0)
		buf_addf(out, " %.*s", STR_ARGS(f->name));
	if (f->expected.n > 0)
		buf_addf(out, " (%.*s)", STR_ARGS(f->expected));
}

/* What of a value does not fit the first of a list; "" when nothing. */
static const char *
judge(const char *list, const char *value, uint64_t work, unsigned most)
{
	static struct buf out;
	struct err e;
	struct schema *s = schema_new_list(json(list), &e);

	out.n = 0;
	if (s == NULL)
		return buf_addf(&out, "%s", e.text), buf_text(&out);
	if (schema_judge(s, 0, json(value), &work, most, add_fault, &out) ==
	    (out.n > 0))
		buf_addf(&out, "%sundecided", out.n > 0 ? "; " : "");
	schema_free(s);
	return buf_text(&out);
}

#define PAIR \
	"[{\"$comment\":\"#/a\",\"required\":[\"x\",\"y\"],\"properties\":{" \
	"\"x\":{\"$ref\":1},\"y\":true,\"l\":{\"items\":{\"$ref\":0}},\"~/" \
	"\":{" \
	"\"$comment\":\"#/r\",\"readOnly\":true}}," \
	"\"additionalProperties\":false}," \
	"{\"$comment\":\"#/b\",\"type\":[\"integer\",\"null\"]," \
	"\"minimum\":3}]"

static void
a_list_says_what_does_not_fit_and_where(void)
{
	static const char *const rows[][2] = {
		{ "{\"x\":3,\"y\":0}", "" },
		{ "{\"x\":null,\"y\":0,\"l\":[{\"x\":4,\"y\":1}]}", "" },
		{ "{\"x\":2,\"y\":0}", "/x: #/b/minimum" },
		{ "{\"x\":\"\"}",
		    ": #/a/required y; /x: #/b/type (null or integer)" },
		{ "{\"x\":3,\"y\":0,\"z\":1}",
		    "/z: #/a/additionalProperties z" },
		{ "{\"x\":3,\"y\":0,\"l\":[{\"y\":1},{}]}",
		    "/l/0: #/a/required x; /l/1: #/a/required x; "
		    "/l/1: #/a/required y" },
		{ "{\"x\":3,\"y\":0,\"~/\":1}", "/~0~1: #/r/readOnly" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(judge(PAIR, rows[i][0], 1000, 3), rows[i][1]);
	CHECK_STR(judge(PAIR, "{\"z\":1}", 1000, 1), ": #/a/required x");
	CHECK_STR(judge(PAIR, "{}", 1, 1), "undecided");
}

static void
a_list_takes_what_is_not_strict_but_no_nonsense(void)
{
	CHECK_STR(judge("[{\"properties\":{\"a\":{}},\"patternProperties\":"
			"{\"a\":{\"type\":\"null\"}},\"enum\":[1,1,{}]}]",
		      "{}", 100, 1),
	    "");
	CHECK_STR(judge("[{\"$comment\":\"#/c\",\"items\":{\"$comment\":"
			"\"#/c/items\",\"type\":3}}]",
		      "{}", 100, 1),
	    "#/c/items/type: expected a type or several, each once");
	CHECK_STR(judge("[{\"$comment\":\"#/c\",\"$ref\":1}]", "{}", 100, 1),
	    "#/c/$ref: leads to no schema");
}

/* value as the first schema of the list wants it. */
static const char *
coerce(const char *list, const char *value)
{
	static struct buf out;
	struct err e;
	struct schema *s = schema_new_list(json(list), &e);

	out.n = 0;
	(void)value_write_json(
	    &v, &out, schema_coerce(s, 0, &v, json(value)), 0, true);
	schema_free(s);
	return buf_text(&out);
}

static void
texts_become_what_a_schema_wants(void)
{
	static const char *const rows[][3] = {
		{ "[{\"type\":\"integer\"}]", "\"-12\"", "-12" },
		{ "[{\"type\":\"number\"}]", "\"1.5e1\"", "15" },
		{ "[{\"type\":\"integer\"}]", "\"12a\"", "\"12a\"" },
		{ "[{\"type\":\"number\"}]", "\"1.\"", "\"1.\"" },
		{ "[{\"type\":\"number\"}]", "\"\"", "\"\"" },
		{ "[{\"type\":\"string\"}]", "\"12\"", "\"12\"" },
		{ "[{\"type\":\"boolean\"}]", "\"true\"", "true" },
		{ "[{\"enum\":[1,2]}]", "\"2\"", "2" },
		{ "[{\"anyOf\":[{\"type\":\"integer\"},{\"enum\":[\"all\"]}]}]",
		    "\"7\"", "7" },
		{ "[{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}"
		  "]",
		    "\"7\"", "\"7\"" },
		{ "[{\"$ref\":1},{\"type\":\"array\",\"items\":{\"type\":"
		  "\"integer\"}}]",
		    "[\"1\",\"b\"]", "[1,\"b\"]" },
		{ "[{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}]",
		    "\"1\"", "[1]" },
		{ "[{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"integer\"}}"
		  "}],\"additionalProperties\":{\"type\":\"boolean\"}}]",
		    "{\"a\":\"1\",\"b\":\"false\"}", "{\"a\":1,\"b\":false}" },
		{ "[{\"$ref\":1},{\"$ref\":0}]", "\"1\"", "\"1\"" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(coerce(rows[i][0], rows[i][1]), rows[i][2]);
}

RUN(TEST(values_are_valid_or_not), TEST(what_is_no_schema_says_where),
    TEST(a_schema_that_never_ends_is_not_valid), TEST(work_is_limited),
    TEST(schemas_nest_a_hundred_deep), TEST(a_cache_follows_the_schema),
    TEST(a_list_says_what_does_not_fit_and_where),
    TEST(a_list_takes_what_is_not_strict_but_no_nonsense),
    TEST(texts_become_what_a_schema_wants))
