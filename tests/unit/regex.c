#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/regex.h"

#include "tap.h"

static struct err e;

static const char *
replaced(const char *pattern, const char *text, const char *with)
{
	static struct buf out;
	struct regex *r = regex_new(str_of(pattern), &e);

	CHECK(r != NULL);
	buf_free(&out);
	CHECK(regex_replace(r, str_of(text), str_of(with), &out) >= 0);
	regex_free(r);
	return buf_text(&out);
}

static void
a_match_and_its_groups_are_views_of_the_text(void)
{
	struct regex *r = regex_new(STR("u(s)(x)?er/([0-9]+)"), &e);
	struct regex_match m;

	CHECK(r != NULL);
	CHECK_INT(regex_find(r, STR("/user/12/user/3"), 0, &m), 1);
	CHECK(str_is(m.group[0], "user/12"));
	CHECK(str_is(m.group[1], "s"));
	CHECK(m.group[2].p == NULL);
	CHECK(str_is(m.group[3], "12"));
	CHECK(m.group[4].p == NULL);
	CHECK_INT(regex_find(r, STR("/user/12/user/3"), 8, &m), 1);
	CHECK(str_is(m.group[3], "3"));
	CHECK_INT(regex_find(r, STR("/user/12/user/3"), 15, &m), 0);
	CHECK_INT(regex_find(r, (struct str){ NULL, 0 }, 0, NULL), 0);
	regex_free(r);
}

static void
all_matches_are_replaced_and_groups_put_in(void)
{
	CHECK_STR(replaced("[0-9]+", "a1b22c", "N"), "aNbNc");
	CHECK_STR(
	    replaced("(a)(b)?", "ab a", "<$2$1$0$$$x>"), "<baab$$x> <aa$$x>");
	CHECK_STR(replaced("x*", "ab", "-"), "-a-b-");
	CHECK_STR(replaced("b$", "ab", "$"), "a$");
	CHECK_STR(replaced("z", "ab", "-"), "ab");
}

static void
a_bad_pattern_is_an_error_with_its_position(void)
{
	char *big = malloc(REGEX_MOST + 1);

	CHECK(regex_new(STR("a(b"), &e) == NULL);
	CHECK(strstr(e.text, "a(b: character 4:") != NULL);
	memset(big, 'a', REGEX_MOST + 1);
	CHECK(regex_new((struct str){ big, REGEX_MOST + 1 }, &e) == NULL);
	CHECK(strstr(e.text, "at most 4096 bytes") != NULL);
	free(big);
}

static void
a_search_that_costs_too_much_is_given_up(void)
{
	struct regex *r = regex_new(STR("(a+)+$"), &e);
	struct buf text = { 0 }, out = { 0 };
	int i;

	CHECK(r != NULL);
	for (i = 0; i < 64; i++)
		buf_add_text(&text, "a");
	buf_add_text(&text, "b");
	CHECK_INT(regex_find(r, buf_str(&text), 0, NULL), -1);
	CHECK_INT(regex_replace(r, buf_str(&text), STR("x"), &out), -1);
	CHECK(str_eq(buf_str(&out), buf_str(&text)));
	buf_free(&text);
	buf_free(&out);
	regex_free(r);
}

RUN(TEST(a_match_and_its_groups_are_views_of_the_text),
    TEST(all_matches_are_replaced_and_groups_put_in),
    TEST(a_bad_pattern_is_an_error_with_its_position),
    TEST(a_search_that_costs_too_much_is_given_up))
