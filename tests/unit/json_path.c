#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/json_path.h"

#include "tests/unit/tap.h"

static struct err e;

static struct json_paths *
paths_of(const char *one, const char *two)
{
	struct json_paths *p = json_paths_new();

	CHECK_INT(json_paths_add(p, str_of(one), 1, &e), 0);
	if (two != NULL)
		CHECK_INT(json_paths_add(p, str_of(two), 2, &e), 0);
	return p;
}

/* The values that the paths lead to, each with its tags in front. */
static const char *
found(const char *one, const char *two, const char *text)
{
	static char out[512];
	struct json_paths *p = paths_of(one, two);
	struct json_places places = { 0 };
	const struct json_place *at;
	struct buf b = { 0 };
	size_t i;

	if (json_paths_find(p, str_of(text), 100, &places, &e) == -1)
		buf_addf(&b, "%s", e.text);
	for (i = 0; i < places.n; i++) {
		at = &places.v[i];
		buf_addf(&b, "%s%d%.*s", i > 0 ? " " : "", (int)at->tags,
		    (int)(at->to - at->from), text + at->from);
	}
	snprintf(out, sizeof(out), "%s", buf_text(&b));
	buf_free(&b);
	json_places_fini(&places);
	json_paths_free(p);
	return out;
}

/* What the first path leads to is cut, what the second does put as X. */
static enum json_edit
edit(void *arg, const struct json_place *p, struct str value, struct buf *out)
{
	(void)arg;
	CHECK_INT(value.n, p->to - p->from);
	buf_add_text(out, "X");
	return (p->tags & 1) != 0 ? JSON_EDIT_CUT : JSON_EDIT_PUT;
}

static const char *
edited(const char *cut, const char *put, const char *text)
{
	static char out[512];
	struct json_paths *p = paths_of(cut, put);
	struct json_places places = { 0 };
	struct buf b = { 0 };

	CHECK_INT(json_paths_find(p, str_of(text), 100, &places, &e), 0);
	json_places_edit(&places, str_of(text), edit, NULL, &b);
	snprintf(out, sizeof(out), "%s", buf_text(&b));
	buf_free(&b);
	json_places_fini(&places);
	json_paths_free(p);
	return out;
}

static void
refused(const char *path, const char *why)
{
	struct json_paths *p = json_paths_new();

	CHECK_INT(json_paths_add(p, str_of(path), 1, &e), -1);
	json_paths_free(p);
	if (strstr(e.text, why) == NULL)
		CHECK_STR(e.text, why);
}

static void
pointers_lead_to_members_and_elements(void)
{
	const char *text = "{ \"a\": {\"0\": \"x\"}, \"b\":[1 , {\"c\":-2e3}],"
			   "\"\":3, \"s/t\":4, \"s~t\":5, \"01\":6 }";

	CHECK_STR(found("/a/0", NULL, text), "1\"x\"");
	CHECK_STR(found("/b/0", "/b/1", text), "11 2{\"c\":-2e3}");
	CHECK_STR(found("/b/1/c", "/", text), "1-2e3 23");
	CHECK_STR(found("/s~1t", "/s~0t", text), "14 25");
	CHECK_STR(found("/01", "/b/01", text), "16");
	CHECK_STR(found("", "/nothing", "[]"), "1[]");
	/* RFC 6901 section 4: behind the last element */
	CHECK_STR(found("/b/-", NULL, text), "");
}

static void
a_star_is_any_member_or_element(void)
{
	const char *text = "{\"a\":[{\"id\":1},{\"id\":2}],\"b\":{\"c\":{"
			   "\"id\":3}}}";

	CHECK_STR(found("/*/*/id", NULL, text), "11 12 13");
	CHECK_STR(found("/a/*", "/*/1", text), "1{\"id\":1} 3{\"id\":2}");
	CHECK_STR(found("$.*[*].id", "$.a.*.id", text), "31 32 13");
}

static void
json_paths_lead_to_members_elements_and_all_below(void)
{
	const char *text = "{\"id\":1,\"x y\":{\"id\":[2,{\"id\":3}]},"
			   "\"it's\":4,\"0\":5}";

	CHECK_STR(found("$", NULL, "true"), "1true");
	CHECK_STR(found("$.id", "$['x y'].id[0]", text), "11 22");
	CHECK_STR(
	    found("$[\"x y\"]['id'][1].id", "$['it\\'s']", text), "13 24");
	CHECK_STR(found("$..id", NULL, text), "11 1[2,{\"id\":3}] 13");
	CHECK_STR(found("$..[0]", "$[0]", text), "12");
	CHECK_STR(found("$.0", "$..id..id", text), "23 15");
	CHECK_STR(
	    found("$..*", NULL, "[[1],{\"a\":2}]"), "1[1] 11 1{\"a\":2} 12");
	CHECK_STR(found("$..['id']", "$[ 'id' ]", "{\"id\":1}"), "31");
}

static void
names_are_compared_decoded(void)
{
	CHECK_STR(found("/k\xc3\xa9", NULL, "{\"k\\u00e9\":1}"), "11");
	CHECK_STR(found("/a", NULL, "{\"\\u0061\":1,\"a\":2}"), "11 12");
}

static void
each_of_several_values_has_a_root(void)
{
	CHECK_STR(found("/a", "$", "{\"a\":1}\n{\"a\":2}\n"),
	    "2{\"a\":1} 11 2{\"a\":2} 12");
	CHECK_STR(found("/0", NULL, "cb([7]);"), "17");
	CHECK_STR(found("/0", NULL, "\xef\xbb\xbf[7]"), "17");
}

static void
what_is_no_json_has_no_places(void)
{
	const char *text = found("/a", NULL, "{\"a\":1,}");

	CHECK(strstr(text, "expected a member's name") != NULL);
	text = found("/a", NULL, "{\"a\":1");
	CHECK(strstr(text, "the text ends") != NULL);
	text = found("/a", NULL, "[1] x");
	CHECK(strstr(text, "line 1") != NULL);
	text = found("/a", NULL, "");
	CHECK(strstr(text, "the text ends") != NULL);
}

static void
more_places_than_wanted_are_an_error(void)
{
	struct json_paths *p = paths_of("$[*]", NULL);
	struct json_places places = { 0 };

	CHECK_INT(json_paths_find(p, STR("[1,2]"), 2, &places, &e), 0);
	CHECK_INT(places.n, 2);
	CHECK_INT(json_paths_find(p, STR("[1,2,3]"), 2, &places, &e), -1);
	CHECK_STR(e.text, "more than 2 places");
	CHECK_INT(places.n, 0);
	json_places_fini(&places);
	json_paths_free(p);
}

static void
forgotten_paths_lead_nowhere(void)
{
	struct json_paths *p = paths_of("/a", "$");
	struct json_places places = { 0 };

	json_paths_clear(p);
	CHECK_INT(json_paths_add(p, STR("/b"), 4, &e), 0);
	CHECK_INT(
	    json_paths_find(p, STR("{\"a\":1,\"b\":2}"), 9, &places, &e), 0);
	CHECK_INT(places.n, 1);
	CHECK_INT(places.v[0].tags, 4);
	json_places_fini(&places);
	json_paths_free(p);
}

static void
cut_members_take_one_comma_along(void)
{
	const char *text = "{ \"a\" : 1 , \"b\":2,\n\"c\":3 }";

	CHECK_STR(edited("/a", NULL, text), "{ \"b\":2,\n\"c\":3 }");
	CHECK_STR(edited("/b", NULL, text), "{ \"a\" : 1,\n\"c\":3 }");
	CHECK_STR(edited("/c", NULL, text), "{ \"a\" : 1 , \"b\":2 }");
	CHECK_STR(edited("/*", NULL, text), "{ }");
	CHECK_STR(edited("$..x", NULL, "{\"x\":1,\"x\":2,\"y\":{\"x\":3}}"),
	    "{\"y\":{}}");
	CHECK_STR(edited("$[0]", "$[1]", "[1,2,3]"), "[X,3]");
	CHECK_STR(edited("$[1]", "$[0]", "[1,2,3]"), "[X,3]");
	CHECK_STR(edited("$..a", "$[2]", "[{\"a\":1},[{\"a\":2,\"b\":3}],4]"),
	    "[{},[{\"b\":3}],X]");
}

static void
what_is_in_a_cut_or_replaced_value_goes_with_it(void)
{
	CHECK_STR(
	    edited("/a", "$..b", "{\"a\":{\"b\":1},\"b\":2}"), "{\"b\":X}");
	CHECK_STR(edited("$..c", "/a", "{\"a\":{\"c\":1},\"b\":2}"),
	    "{\"a\":X,\"b\":2}");
	CHECK_STR(edited("$", NULL, " [1] "), "  ");
	CHECK_STR(edited("/no", "$", " [1] "), " X ");
}

static void
paths_that_are_none_are_refused(void)
{
	refused("a", "expected a JSON Pointer");
	refused("/a~2", "expected ~0 or ~1");
	refused("/a~", "expected ~0 or ~1");
	refused("$a", "expected a dot or [");
	refused("$.", "expected a name or *");
	refused("$...a", "expected a name or *");
	refused("$[-1]", "expected a name in quotes");
	refused("$[1:2]", "expected ]");
	refused("$[01]", "expected a name in quotes");
	refused("$['a','b']", "expected ]");
	refused("$['a", "does not end");
	refused("$[?(@.a)]", "expected a name in quotes");
	refused("$.a b", "expected a dot or [");
	refused("$['\\u0041']", "an escape that is not taken");
	refused("$.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"
		".a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"
		".a.a.a.a.a.a",
	    "at most 64 steps");
}

/* ..a..a..a... over [[[[...]]]] does not multiply. */
static void
deep_paths_over_deep_text_stay_cheap(void)
{
	struct json_paths *p =
	    paths_of("$..*..*..*..*..*..*..*..*..*..*..*..*..*..*..*..*", NULL);
	struct json_places places = { 0 };
	struct buf b = { 0 };
	int i;

	for (i = 0; i < 2000; i++)
		buf_add_text(&b, "[");
	for (i = 0; i < 2000; i++)
		buf_add_text(&b, "]");
	CHECK_INT(json_paths_find(p, buf_str(&b), 4096, &places, &e), 0);
	CHECK_INT(places.n, 2000 - 16);
	json_places_fini(&places);
	json_paths_free(p);
	buf_free(&b);
}

RUN(TEST(pointers_lead_to_members_and_elements),
    TEST(a_star_is_any_member_or_element),
    TEST(json_paths_lead_to_members_elements_and_all_below),
    TEST(names_are_compared_decoded), TEST(each_of_several_values_has_a_root),
    TEST(what_is_no_json_has_no_places),
    TEST(more_places_than_wanted_are_an_error),
    TEST(forgotten_paths_lead_nowhere), TEST(cut_members_take_one_comma_along),
    TEST(what_is_in_a_cut_or_replaced_value_goes_with_it),
    TEST(paths_that_are_none_are_refused),
    TEST(deep_paths_over_deep_text_stay_cheap))
