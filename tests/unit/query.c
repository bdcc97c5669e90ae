#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "gateway/query.h"

#include "tests/unit/tap.h"

static const struct query_of seen = {
	.text = {
	    [QUERY_METHOD] = { "POST", 4 },
	    [QUERY_SCHEME] = { "http", 4 },
	    [QUERY_HOST] = { "api.test:8080", 13 },
	    [QUERY_TARGET] = { "/v1/Users/7?page=2", 18 },
	    [QUERY_SOURCE] = { "miss", 4 },
	    [QUERY_MODE] = { "replay", 6 },
	    [QUERY_STATE] = { "done", 4 },
	    [QUERY_CLIENT] = { "127.0.0.1:4711", 14 },
	    [QUERY_TYPE] = { "application/json; charset=utf-8", 31 },
	    [QUERY_NOTE] = { "the nearest is entry 7", 22 },
	    [QUERY_REQUEST_FIELDS] = { "Accept: Text/HTML\r\nX-A: 1\r\n", 27 },
	    [QUERY_RESPONSE_FIELDS] = { "ETag: \"x\"\r\n", 11 },
	    [QUERY_REQUEST_BODY] = { "{\"card\":4711}", 13 },
	},
	.number = {
	    [QUERY_ID] = 12,
	    [QUERY_STATUS] = 501,
	    [QUERY_DURATION] = 150000,
	    [QUERY_WAIT] = -1,
	    [QUERY_SIZE] = 2048,
	},
};

static bool
holds(const char *text)
{
	struct err e;
	struct query *q = query_new(str_of(text), &e);
	bool yes;

	if (q == NULL) {
		printf("# %s: %s\n", text, e.text);
		return false;
	}
	yes = query_holds(q, &seen);
	query_free(q);
	return yes;
}

static void
terms_hold_for_what_they_say(void)
{
	static const char *const yes[] = { "", "  ", "method:POST",
		"method:post", "METHOD:P*", "status:501", "status:5xx",
		"status:>=500", "status:<502", "status:>500", "status:500..599",
		"status:=501", "source:miss", "path:/v1/Users/7", "path:/v1/*",
		"query:page=?", "query:*", "url:users", "url:http://api.test*",
		"host:api.test", "host:api.test:8080", "host:*.TEST",
		"client:127.0.0.1", "type:json", "type:application/*",
		"duration:>100ms", "duration:100ms..1s", "size:>1k", "size:2k",
		"sent:0", "header:accept", "header:Accept=*html",
		"header:x-a=1", "header:etag=*", "body:4711", "body:*card*",
		"id:12", "note:nearest", "nearest", "\"entry 7\"",
		"\"the nearest\"", "state:done", "users", "x-a",
		"note:\"nearest is\"", NULL };
	static const char *const no[] = { "method:GET", "status:4xx",
		"status:>501", "status:<=500", "path:/v1/users/7", "path:/v1",
		"path:/v1/Users/7?page=2", "host:test", "source:m",
		"duration:<100ms", "wait:<1s", "wait:*", "entry:0", "entry:*",
		"entry:<9", "size:>2k", "header:b", "header:accept=html",
		"route:*", "tier:*", "session:*", "body:visa", "absent",
		"query:page=22", NULL };
	size_t i;

	for (i = 0; yes[i] != NULL; i++) {
		if (!holds(yes[i]))
			printf("# %s\n", yes[i]);
		CHECK(holds(yes[i]));
	}
	for (i = 0; no[i] != NULL; i++) {
		if (holds(no[i]))
			printf("# %s\n", no[i]);
		CHECK(!holds(no[i]));
	}
}

static void
terms_are_joined(void)
{
	CHECK(holds("method:POST status:501"));
	CHECK(!holds("method:POST status:200"));
	CHECK(holds("-method:GET"));
	CHECK(!holds("-method:POST"));
	CHECK(holds("status:200 OR method:POST"));
	CHECK(holds("method:POST OR status:200 path:/none"));
	CHECK(!holds("status:200 method:POST OR path:/none"));
	CHECK(holds("(status:200 OR status:501) method:POST"));
	CHECK(!holds("(status:200 OR status:501) method:GET"));
	CHECK(!holds("-(status:200 OR status:501)"));
	CHECK(holds("-(status:200 (path:/x OR path:/y)) -method:GET"));
	CHECK(holds("\"card\" OR ORDER OR POST"));
	CHECK(holds("((method:POST))"));
}

static void
what_is_wrong_is_told_with_its_column(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "colour:red",
		    "query, column 1: no such field; text with a colon stands "
		    "in quotes" },
		{ "method:POST status:many",
		    "query, column 20: expected a status such as 404, 4xx or "
		    ">=400" },
		{ "duration:5",
		    "query, column 10: expected a time such as >100ms or "
		    "1s..2s" },
		{ "size:1x",
		    "query, column 6: expected a size such as 500, >1k or "
		    "1k..2m" },
		{ "entry:>",
		    "query, column 7: expected a number such as 7, >7 or "
		    "1..7" },
		{ "method:", "query, column 8: expected a value" },
		{ "a \"b c", "query, column 3: the quote has no end" },
		{ "(a OR b", "query, column 1: the parenthesis has no end" },
		{ "a )", "query, column 3: no parenthesis is open; "
			 "text with one stands in quotes" },
		{ "st)(b c", "query, column 3: no parenthesis is open; "
			     "text with one stands in quotes" },
		{ "a OR", "query, column 5: expected a term" },
		{ "OR a", "query, column 1: expected a term" },
		{ "()", "query, column 2: expected a term" },
		{ "\"a\"b", "query, column 4: expected a space behind the "
			    "quote" },
		{ "((((((((((((((((((a))))))))))))))))))",
		    "query, column 17: too many parentheses" },
	};
	struct query *q;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		q = query_new(str_of(rows[i].text), &e);
		CHECK(q == NULL);
		CHECK_STR(e.text, rows[i].says);
	}
}

static void
a_query_is_bounded(void)
{
	struct buf many = { 0 }, longer = { 0 };
	struct err e;
	int i;

	for (i = 0; i < 300; i++)
		buf_add_text(&many, "a ");
	CHECK(query_new(buf_str(&many), &e) == NULL);
	CHECK(str_ends(str_of(e.text), "too many terms"));
	for (i = 0; i <= QUERY_MOST; i++)
		buf_add_text(&longer, "a");
	CHECK(query_new(buf_str(&longer), &e) == NULL);
	CHECK_STR(e.text, "query: longer than 4096 bytes");
	buf_free(&many);
	buf_free(&longer);
}

static void
quotes_hold_spaces_parentheses_and_escapes(void)
{
	static const struct query_of of = {
		.text = { [QUERY_TARGET] = { "/a (b) \"c\" \\", 12 } }
	};
	struct query *q;
	struct err e;

	q = query_new(STR("(path:\"/a (b) \\\"c\\\" \\\\\")"), &e);
	CHECK(q != NULL);
	CHECK(query_holds(q, &of));
	query_free(q);
}

RUN(TEST(terms_hold_for_what_they_say), TEST(terms_are_joined),
    TEST(what_is_wrong_is_told_with_its_column), TEST(a_query_is_bounded),
    TEST(quotes_hold_spaces_parentheses_and_escapes))
