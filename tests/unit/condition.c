#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/headers.h"
#include "mock/asked.h"
#include "mock/condition.h"
#include "mock/environment.h"
#include "mock/graphql.h"
#include "mock/js_regex.h"
#include "mock/value_json.h"

#include "tests/unit/tap.h"

/* What Mockoon decides alike tests/golden/asked.py compares at large; here is
 * what is hark's own, and a row of each kind. */

static struct arena arena;

/* A request, with a body that is JSON. */
static struct headers headers;
static const char *target = "/p?a=1&n=10", *body = "";
static const char *client = "10.0.0.7";

static struct value
stored(void *arg, struct values *of, struct str name)
{
	static const char json[] =
	    "{\"b1\":[{\"name\":\"Ann\"}],\"b2\":{\"type\":\"string\"},"
	    "\"g\":{\"h\":\"1\"}}";
	struct value all;

	(void)arg;
	if (value_read_json(of, STR(json), &all) == -1)
		abort();
	return value_get(all, name);
}

/* What the rules of a response ("[{...}]", "AND" or "OR") say: "holds", "does
 * not", or what is wrong. */
static const char *
decide_by(const char *rules, const char *operator)
{
	static struct err e;
	struct template_store store = { .get = stored };
	struct template_context context = {
		.arena = &arena,
		.buckets = &store,
		.globals = &store,
	};
	struct asked_from from = {
		.method = STR("POST"),
		.target = str_of(target),
		.client_address = str_of(client),
		.body = str_of(body),
		.headers = &headers,
	};
	struct conditions_of of = {
		.asked = asked_new(&arena, &from),
		.context = &context,
		.number = 3,
	};
	struct conditions *c = NULL;
	struct environment *env;
	int holds = -1;
	char *text = arena_printf(&arena,
	    "{\"routes\":[{\"endpoint\":\"p\",\"responses\":[{\"rules\":%s,"
	    "\"rulesOperator\":\"%s\"}]}],\"data\":[{\"id\":\"b1\",\"name\":"
	    "\"people\"},{\"id\":\"b2\",\"name\":\"schema\"}]}",
	    rules, operator);

	headers = (struct headers){ 0 };
	headers_add(
	    &headers, &arena, STR("Content-Type"), STR("application/json"));
	context.request = asked_template(of.asked);
	env = environment_parse("m.json", str_of(text), NULL, &e);
	of.environment = env;
	if (env != NULL)
		c = conditions_new(
		    &env->routes[0].responses[0], "responses[0]", NULL, &e);
	if (c != NULL)
		holds = conditions_hold(c, &of, &e);
	conditions_free(c);
	environment_free(env);
	return holds == -1 ? e.text : holds ? "holds" : "does not";
}

static const char *
decide(const char *rule)
{
	return decide_by(arena_printf(&arena, "[{%s}]", rule), "OR");
}

#define RULE(target, modifier, operator, value) \
	"\"target\":\"" target "\",\"modifier\":\"" modifier \
	"\",\"operator\":\"" \
	operator"\",\"value\":\"" value "\""

static void
targets_are_compared_with_values(void)
{
	static const char *const rows[][2] = {
		{ RULE("query", "a", "equals", "1"), "holds" },
		{ RULE("query", "a", "equals", "2"), "does not" },
		{ RULE("query", "a", "equals", "2") ",\"invert\":true",
		    "holds" },
		{ RULE("method", "", "equals", "post"), "holds" },
		{ RULE("request_number", "", "equals", "3"), "holds" },
		{ RULE("path", "", "equals", "/p?a=1&n=10"), "holds" },
		{ RULE("path", "", "regex_i", "^/P"), "holds" },
		{ RULE("header", "content-type", "regex", "json$"), "holds" },
		{ RULE("data_bucket", "people.0.name", "equals", "Ann"),
		    "holds" },
		{ RULE("data_bucket", "$.people[0].name", "equals", "Ann"),
		    "holds" },
		{ RULE("global_var", "g.h", "equals", "1"), "holds" },
		{ RULE("templating", "{{queryParam 'a'}}x", "equals",
		      "{{queryParam 'a'}}x"),
		    "holds" },
		{ RULE("query", "none", "null", ""), "holds" },
		{ RULE("body", "l", "array_includes", "2"), "holds" },
		{ RULE("body", "t", "valid_json_schema", "schema"), "holds" },
		{ RULE("body", "l", "valid_json_schema", "schema"),
		    "does not" },
	};
	size_t i;

	body = "{\"l\":[1,2],\"t\":\"x\"}";
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(decide(rows[i][0]), rows[i][1]);
}

static void
all_or_one_of_the_rules_must_hold(void)
{
	static const char both[] = "[{" RULE("query", "a", "equals",
	    "1") "},{" RULE("query", "a", "equals", "2") "}]";

	CHECK_STR(decide_by(both, "OR"), "holds");
	CHECK_STR(decide_by(both, "AND"), "does not");
	CHECK_STR(decide_by("[]", "AND"), "does not");
}

static void
less_and_greater_compare_numbers(void)
{
	static const char *const rows[][2] = {
		{ RULE("query", "n", "greater", "9"), "holds" },
		{ RULE("query", "n", "greater", "10"), "does not" },
		{ RULE("query", "n", "less", "1e2"), "holds" },
		{ RULE("query", "none", "less", "1"), "does not" },
		{ RULE("query", "e", "less", "1"), "does not" },
		{ RULE("query", "n", "less", "x"), "does not" },
		{ RULE("query", "n", "less", ""), "does not" },
		{ RULE("request_number", "", "greater", "2"), "holds" },
		{ RULE("body", "l", "greater", "1"), "holds" },
		{ RULE("body", "l", "greater", "2"), "does not" },
	};
	size_t i;

	target = "/p?a=1&n=10&e=";
	body = "{\"l\":[1,2]}";
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(decide(rows[i][0]), rows[i][1]);
	target = "/p?a=1&n=10";
}

static void
the_client_is_its_address(void)
{
	CHECK_STR(decide(RULE("client", "", "equals", "10.0.0.7")), "holds");
	CHECK_STR(decide(RULE("client", "", "regex", "^10\\\\.")), "holds");
	CHECK_STR(decide(RULE("client", "", "equals", "::1")), "does not");
}

static void
graphql_requests_are_told_by_their_operation(void)
{
	body = "{\"query\":\"query A { x } mutation B { y }\","
	       "\"operationName\":\"B\"}";
	CHECK_STR(
	    decide(RULE("graphql_operation", "", "equals", "B")), "holds");
	CHECK_STR(
	    decide(RULE("graphql_operation", "type", "equals", "mutation")),
	    "holds");
	body = "[{\"query\":\"query A { x }\"},{\"query\":\"{ y }\"}]";
	CHECK_STR(
	    decide(RULE("graphql_operation", "", "equals", "A")), "holds");
	body = "{\"query\":1}";
	CHECK_STR(decide(RULE("graphql_operation", "", "null", "")), "holds");
}

static void
operations_are_found_by_their_braces(void)
{
	static const char *const rows[][4] = {
		{ "{ a }", "", "query", "" },
		{ "query Q($a: [Int!]! = {b: 1}) @d(e: \"{\") { a }", "",
		    "query", "Q" },
		{ "# query X\nmutation M { a(b: \"\"\"}\"\"\") }", "",
		    "mutation", "M" },
		{ "fragment query on Query { query } subscription S { a }", "",
		    "subscription", "S" },
		{ "query A { query } query B { a }", "B", "query", "B" },
		{ "query { a }", "", "query", "" },
	};
	struct str type, name;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK(graphql_operation(
		    str_of(rows[i][0]), str_of(rows[i][1]), &type, &name));
		CHECK_VIEW(type, rows[i][2]);
		CHECK_VIEW(name, rows[i][3]);
	}
	CHECK(!graphql_operation(STR("query A { a }"), STR("B"), &type, &name));
	CHECK(!graphql_operation(STR("\"{"), STR(""), &type, &name));
	CHECK(!graphql_operation(STR(""), STR(""), &type, &name));
}

static void
a_bad_regular_expression_is_found_when_rules_are_read(void)
{
	CHECK_STR(decide(RULE("query", "a", "regex", "(")),
	    "responses[0].rules[0].value: no regular expression of "
	    "JavaScript: /(/: (: character 2: missing closing parenthesis");
	CHECK_STR(decide(RULE("query", "a", "regex", "{{#if true}}({{/if}}")),
	    "rules[0]: no regular expression of JavaScript: /(/: (: "
	    "character 2: missing closing parenthesis");
}

static void
a_bad_template_stands_for_its_text(void)
{
	CHECK_STR(
	    decide(RULE("templating", "{{#if", "equals", "{{#if")), "holds");
}

static void
a_search_that_costs_too_much_finds_nothing(void)
{
	struct buf text = { 0 };
	struct regex *r;
	struct err e;
	int i;

	for (i = 0; i < 5000; i++)
		buf_add_text(&text, "a");
	r = js_regex_new(STR("^(a+)+$"), 0, &e);
	CHECK(r != NULL);
	buf_add_text(&text, "b");
	CHECK(regex_find(r, buf_str(&text), 0, NULL) != 1);
	regex_free(r);
	buf_free(&text);
}

RUN(TEST(targets_are_compared_with_values),
    TEST(all_or_one_of_the_rules_must_hold),
    TEST(less_and_greater_compare_numbers), TEST(the_client_is_its_address),
    TEST(graphql_requests_are_told_by_their_operation),
    TEST(operations_are_found_by_their_braces),
    TEST(a_bad_regular_expression_is_found_when_rules_are_read),
    TEST(a_bad_template_stands_for_its_text),
    TEST(a_search_that_costs_too_much_finds_nothing))
