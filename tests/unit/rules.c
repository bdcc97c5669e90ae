#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/regex.h"
#include "recorder/rules.h"

#include "folder.h"
#include "tap.h"

static struct err e;
static struct rules *rules;

/* A new set with the rules of a text. */
static void
given(const char *text)
{
	rules_free(rules);
	rules = rules_new();
	CHECK_INT(rules_add_text(rules, str_of(text), &e), 0);
}

static void
refused(const char *line, const char *why)
{
	rules_free(rules);
	rules = rules_new();
	CHECK_INT(rules_add(rules, str_of(line), &e), -1);
	if (strstr(e.text, why) == NULL)
		CHECK_STR(e.text, why);
	CHECK(rules_verbs(rules) == 0);
}

static const struct rule *
asked(const char *method, const char *scope, const char *target)
{
	struct rules_request q = { str_of(method), str_of(scope),
		str_of(target) };

	return rules_next(rules, NULL, RULES_OF_MATCHING, &q);
}

static void
a_rule_is_for_its_methods_and_paths(void)
{
	given("GET,POST /api/* ignore query ts\n");
	CHECK(asked("GET", "", "/api/x?y=/z") != NULL);
	CHECK(asked("POST", "h", "/api/") != NULL);
	CHECK(asked("PUT", "", "/api/x") == NULL);
	CHECK(asked("get", "", "/api/x") == NULL);
	CHECK(asked("GET", "", "/ap?i=/api/x") == NULL);
	given("* * ignore query ts");
	CHECK(asked("PATCH", "any", "/") != NULL);
	given("* API.example.com/v?/* ignore query ts");
	CHECK(asked("GET", "api.example.com", "/v1/x") != NULL);
	CHECK(asked("GET", "", "/v1/x") == NULL);
	CHECK(asked("GET", "api.example.com", "/v10/x") == NULL);
}

static void
rules_come_in_order_and_by_verb(void)
{
	struct rules_request q = { STR("GET"), STR(""), STR("/a") };
	const struct rule *rule;

	given("* /a ignore query a\r\n# a comment\n\n"
	      "* /b ignore query b\n* /a repeat cycle\n* /a path ^/a /b\n");
	CHECK(rules_verbs(rules) ==
	      (RULE_BIT(RULE_IGNORE_QUERY) | RULE_BIT(RULE_REPEAT) |
		  RULE_BIT(RULE_PATH)));
	rule = rules_next(rules, NULL, RULES_OF_MATCHING, &q);
	CHECK_INT(rule->verb, RULE_IGNORE_QUERY);
	rule = rules_next(rules, rule, RULES_OF_MATCHING, &q);
	CHECK_INT(rule->verb, RULE_PATH);
	CHECK(str_is(rule->arguments[1], "/b"));
	CHECK_INT(regex_find(rule->regex, STR("/abc"), 0, NULL), 1);
	CHECK(rules_next(rules, rule, RULES_OF_MATCHING, &q) == NULL);
	rule = rules_next(rules, NULL, RULE_BIT(RULE_REPEAT), &q);
	CHECK_INT(rule->word, 1);
	CHECK(rules_next(NULL, NULL, RULES_OF_MATCHING, &q) == NULL);
}

static void
words_in_quotes_are_taken_as_they_are(void)
{
	const struct rule *rule;

	given("* /a ignore query 'a b' '' 'it''s' c");
	rule = asked("GET", "", "/a");
	CHECK_INT(rule->narguments, 4);
	CHECK(str_is(rule->arguments[0], "a b"));
	CHECK(str_is(rule->arguments[1], ""));
	CHECK(str_is(rule->arguments[2], "it's"));
	CHECK(str_is(rule->arguments[3], "c"));
	refused("* /a ignore query 'a''", "a quoted word does not end");
	refused("* /a ignore query '", "a quoted word does not end");
	refused("* /a ignore query 'a'b", "expected a blank behind");
}

static void
names_are_globs(void)
{
	const struct rule *rule;

	given("* * ignore query utm_* X");
	rule = asked("GET", "", "/");
	CHECK(rule_names(rule, STR("utm_source"), false));
	CHECK(rule_names(rule, STR("X"), false));
	CHECK(!rule_names(rule, STR("x"), false));
	CHECK(rule_names(rule, STR("x"), true));
	CHECK(!rule_names(rule, STR("xy"), true));
}

static void
what_is_no_rule_is_refused_with_what_was_expected(void)
{
	refused("GET /a", "expected METHODS PATTERN VERB");
	refused("GET, /a ignore query x", "GET,: expected methods");
	refused("GET api ignore query x", "api: expected a path");
	refused("* /a forget query x", "forget: expected ignore, replace");
	refused("* /a ignore cookie x", "ignore cookie: expected one of "
					"ignore query, ignore header");
	refused("* /a ignore query", "expected names behind ignore query");
	refused("* /a ignore json id", "id: expected a JSON Pointer");
	refused("* /a ignore body x", "expected nothing behind ignore body");
	refused("* /a repeat often", "often: expected one of hold, cycle");
	refused("* /a path ( x", "(: character 2:");
	refused("* /a path a", "expected a pattern and what replaces");
	refused("* /a\nb ignore query x", "without line feed");
	CHECK_INT(rules_add_text(rules, STR("# x\n\n* /a b c"), &e), -1);
	CHECK(strncmp(e.text, "line 3: rule \"* /a b c\": ", 24) == 0);
}

static void
a_set_has_bounds(void)
{
	char *line = malloc(RULES_LINE_MOST + 2);
	int i;

	memset(line, 'a', RULES_LINE_MOST + 1);
	line[RULES_LINE_MOST + 1] = '\0';
	refused(line, "at most 8192 bytes");
	free(line);
	given("");
	for (i = 0; i < RULES_MOST; i++)
		CHECK_INT(rules_add(rules, STR("* * ignore query x"), &e), 0);
	CHECK_INT(rules_add(rules, STR("* * ignore query x"), &e), -1);
	CHECK(strstr(e.text, "at most 1000 rules") != NULL);
}

static void
a_file_of_rules_is_read_and_named_in_errors(void)
{
	FILE *f = fopen(at("rules"), "w");
	struct buf text = { 0 };

	CHECK(f != NULL);
	fputs("  * /a ignore query x  \n* /a repeat cycle\n", f);
	fclose(f);
	given("");
	CHECK_INT(rules_load(rules, at("rules"), &e), 0);
	rules_text(rules, RULES_OF_MATCHING, &text);
	CHECK_STR(buf_text(&text), "* /a ignore query x\n");
	buf_free(&text);
	f = fopen(at("rules"), "a");
	fputs("nonsense\n", f);
	fclose(f);
	CHECK_INT(rules_load(rules, at("rules"), &e), -1);
	CHECK(strstr(e.text, "rules: line 3: rule \"nonsense\"") != NULL);
	CHECK_INT(rules_load(rules, at("nothing"), &e), -1);
	CHECK(strstr(e.text, "nothing: cannot open") != NULL);
	rules_free(rules);
	rules = NULL;
}

RUN(TEST(a_rule_is_for_its_methods_and_paths),
    TEST(rules_come_in_order_and_by_verb),
    TEST(words_in_quotes_are_taken_as_they_are), TEST(names_are_globs),
    TEST(what_is_no_rule_is_refused_with_what_was_expected),
    TEST(a_set_has_bounds), TEST(a_file_of_rules_is_read_and_named_in_errors))
