#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "gateway/traffic.h"
#include "gateway/verify.h"

#include "tests/unit/tap.h"

static void
add(struct traffic *t, const char *method, const char *path, const char *fields,
    const char *body)
{
	struct traffic_row of = {
		.state = TRAFFIC_DONE,
		.source = "mock",
		.mode = "proxy",
		.started_us = 1000000,
		.request_bytes = strlen(body),
		.text = {
		    [TRAFFIC_METHOD] = str_of(method),
		    [TRAFFIC_PATH] = str_of(path),
		    [TRAFFIC_HOST] = STR("api.test"),
		    [TRAFFIC_REQUEST_FIELDS] = str_of(fields),
		    [TRAFFIC_REQUEST_BODY] = str_of(body),
		},
	};

	traffic_add(t, traffic_row_new(&of), NULL);
}

/* Six exchanges of a shop. */
static struct traffic *
shop(size_t rows)
{
	struct traffic_limits l = { rows, 1 << 20 };
	struct traffic *t = traffic_new(&l);

	add(t, "POST", "/v1/login", "Accept: */*\r\n", "user=a");
	add(t, "GET", "/v1/items?page=1&tag=a&tag=b%20c", "X-A: 1\r\n", "");
	add(t, "GET", "/v1/items?page=2", "X-A: 2\r\nx-a: 3\r\n", "");
	add(t, "POST", "/v1/pay", "",
	    "{\"card\":{\"no\":4711,\"name\":\"A\"},\"sum\":1.0,"
	    "\"items\":[{\"id\":1,\"n\":2},{\"id\":2}]}");
	add(t, "POST", "/v1/pay", "", "{\"sum\":2}");
	add(t, "DELETE", "/v1/items/7", "", "");
	return t;
}

/* Whether a verification with this one expectation holds. */
static bool
holds(struct traffic *t, const char *expected)
{
	struct buf text = { 0 }, out = { 0 };
	struct verify *v;
	struct err e;
	bool ok;

	buf_addf(&text, "{\"expect\":[%s]}", expected);
	v = verify_new_text(buf_str(&text), &e);
	if (v == NULL)
		printf("# %s: %s\n", expected, e.text);
	ok = v != NULL && verify_check(v, t, &out, NULL);
	verify_free(v);
	buf_free(&text);
	buf_free(&out);
	return ok;
}

static void
requests_are_counted_by_what_they_are(void)
{
	static const char *const yes[] = {
		"{\"method\":\"POST\",\"path\":\"/v1/pay\",\"count\":2}",
		"{\"path\":\"/v1/*\",\"count\":6}",
		"{\"path\":{\"matches\":\"^/v1/items(/|$)\"},\"count\":3}",
		"{\"path\":{\"contains\":\"item\"},\"count\":{\"at_least\":3}}",
		"{\"path\":{\"equals\":\"/v1/*\"},\"count\":\"never\"}",
		"{\"host\":\"api.test\",\"count\":{\"exactly\":6}}",
		"{\"query\":{\"page\":\"1\"},\"count\":1}",
		"{\"query\":{\"tag\":\"b c\"},\"count\":1}",
		"{\"query\":{\"page\":true},\"count\":2}",
		"{\"query\":{\"page\":null},\"count\":4}",
		"{\"headers\":{\"x-a\":\"3\"},\"count\":1}",
		"{\"headers\":{\"X-A\":null},\"count\":4}",
		"{\"headers\":{\"X-A\":{\"matches\":\"^[12]$\"}},\"count\":2}",
		"{\"body\":{\"sum\":1},\"count\":1}",
		"{\"body\":{\"card\":{\"no\":4711}},\"count\":1}",
		"{\"body\":{\"items\":[{\"id\":1},{\"id\":2}]},\"count\":1}",
		"{\"body\":{\"items\":[{\"id\":1}]},\"count\":\"never\"}",
		"{\"body_json\":{\"/items/1/id\":2},\"count\":1}",
		"{\"body_json\":{\"/card/name\":{\"matches\":\"^A$\"}}}",
		"{\"body_json\":{\"/card\":{\"no\":4711}}}",
		"{\"body_text\":\"user=*\",\"count\":1}",
		"{\"q\":\"method:GET OR method:DELETE\",\"count\":3}",
		"{\"method\":\"PUT\",\"count\":{\"at_most\":1}}",
		"{\"method\":\"GET\",\"count\":{\"at_least\":1,\"at_most\":2}}",
		NULL
	};
	static const char *const no[] = { "{\"method\":\"PUT\"}",
		"{\"method\":\"POST\",\"count\":2}",
		"{\"method\":\"POST\",\"count\":\"never\"}",
		"{\"path\":\"/v1\"}", "{\"body\":{\"sum\":\"1\"}}",
		"{\"body\":{\"card\":{}},\"count\":2}",
		"{\"body_json\":{\"/items/5\":1}}",
		"{\"query\":{\"page\":\"3\"}}", "{\"count\":{\"at_most\":5}}",
		NULL };
	struct traffic *t = shop(100);
	size_t i;

	for (i = 0; yes[i] != NULL; i++) {
		if (!holds(t, yes[i]))
			printf("# %s\n", yes[i]);
		CHECK(holds(t, yes[i]));
	}
	for (i = 0; no[i] != NULL; i++) {
		if (holds(t, no[i]))
			printf("# %s\n", no[i]);
		CHECK(!holds(t, no[i]));
	}
	traffic_free(t);
}

static bool
says(struct traffic *t, const char *json, struct buf *text)
{
	struct verify *v;
	struct err e;
	bool ok;

	text->n = 0;
	v = verify_new_text(str_of(json), &e);
	if (v == NULL)
		printf("# %s\n", e.text);
	ok = v != NULL && verify_check(v, t, NULL, text);
	verify_free(v);
	return ok;
}

static void
the_closest_request_is_told_with_its_differences(void)
{
	struct traffic *t = shop(100);
	struct buf text = { 0 };

	CHECK(!says(t,
	    "{\"expect\":[{\"method\":\"POST\",\"path\":\"/v1/pay\","
	    "\"headers\":{\"X-Key\":\"k\"},\"body\":{\"sum\":2}}]}",
	    &text));
	CHECK_STR(buf_text(&text),
	    "POST /v1/pay: expected at least 1, came 0\n"
	    "  closest: exchange 5, POST /v1/pay\n"
	    "    header X-Key: expected \"k\", came nothing\n");
	buf_free(&text);
	traffic_free(t);
}

static void
order_is_that_of_the_exchanges(void)
{
	static const char right[] =
	    "{\"order\":true,\"expect\":[{\"path\":\"/v1/login\"},"
	    "{\"path\":\"/v1/items\",\"count\":2},"
	    "{\"path\":\"/v1/none\",\"count\":\"never\"},"
	    "{\"path\":\"/v1/pay\"}]}";
	static const char wrong[] =
	    "{\"order\":true,\"expect\":[{\"path\":\"/v1/pay\"},"
	    "{\"path\":\"/v1/login\"}]}";
	struct traffic *t = shop(100);
	struct buf text = { 0 };

	CHECK(says(t, right, &text));
	CHECK(!says(t, wrong, &text));
	CHECK_STR(buf_text(&text),
	    "any /v1/login: not in order: expected behind any /v1/pay "
	    "(exchange 4)\n");
	buf_free(&text);
	traffic_free(t);
}

static void
what_was_dropped_is_not_taken_for_nothing(void)
{
	struct traffic *t = shop(2); /* the last pay and the DELETE */
	struct buf text = { 0 };

	CHECK(holds(t, "{\"path\":\"/v1/pay\"}"));
	CHECK(!holds(t, "{\"path\":\"/v1/pay\",\"count\":\"never\"}"));
	CHECK(!says(
	    t, "{\"expect\":[{\"path\":\"/v1/pay\",\"count\":1}]}", &text));
	CHECK_STR(buf_text(&text),
	    "any /v1/pay: expected exactly 1, came 1, but not all is known: 4 "
	    "exchanges were dropped from the log (--traffic, "
	    "--traffic-bytes)\n");
	CHECK(!holds(t, "{\"path\":\"/v1/none\",\"count\":\"never\"}"));
	CHECK(says(t,
	    "{\"since\":4,\"expect\":[{\"path\":\"/v1/pay\",\"count\":1}]}",
	    &text));
	traffic_clear(t);
	CHECK(holds(t, "{\"path\":\"/v1/pay\",\"count\":\"never\"}"));
	buf_free(&text);
	traffic_free(t);
}

static void
a_body_that_was_cut_is_not_guessed(void)
{
	struct traffic_limits l = { 10, 1 << 20 };
	struct traffic *t = traffic_new(&l);
	struct traffic_row of = { .state = TRAFFIC_DONE,
		.source = "mock",
		.mode = "proxy",
		.request_bytes = 100,
		.text = { [TRAFFIC_METHOD] = { "POST", 4 },
		    [TRAFFIC_PATH] = { "/a", 2 },
		    [TRAFFIC_REQUEST_BODY] = { "{\"sum\":", 7 } } };

	traffic_add(t, traffic_row_new(&of), NULL);
	CHECK(!holds(t, "{\"body\":{\"sum\":1}}"));
	CHECK(!holds(t, "{\"body\":{\"sum\":1},\"count\":\"never\"}"));
	CHECK(holds(t, "{\"path\":\"/b\",\"body\":1,\"count\":\"never\"}"));
	traffic_free(t);
}

static void
what_is_wrong_is_told_with_its_place(void)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "{\"expect\":[\n{]}",
		    "line 2, column 2: string or '}' expected near ']'" },
		{ "{}", "expect: expected a list of 1 to 200 objects" },
		{ "{\"expect\":[1]}", "expect[0]: expected an object" },
		{ "{\"expect\":[{},{\"methd\":\"GET\"}]}",
		    "expect[1]: methd: expected one of name, method, host, "
		    "path, query, headers, body, body_text, body_json, q, "
		    "count" },
		{ "{\"expect\":[{\"count\":-1}]}",
		    "expect[0]: count: expected a number from 0 on" },
		{ "{\"expect\":[{\"count\":{\"at_least\":3,\"at_most\":2}}]}",
		    "expect[0]: count: no number is as expected" },
		{ "{\"expect\":[{\"q\":\"status:x\"}]}",
		    "expect[0]: q: query, column 8: expected a status such as "
		    "404, 4xx or >=400" },
		{ "{\"expect\":[{\"query\":{\"a\":7}}]}",
		    "expect[0]: query: a: expected a text, or an object with "
		    "one of equals, glob, contains, matches" },
		{ "{\"expect\":[{\"body_json\":{\"a\":7}}]}",
		    "expect[0]: body_json: a: expected a JSON Pointer such as "
		    "/user/id" },
		{ "{\"expect\":[{}],\"orders\":true}",
		    "orders: expected one of expect, order (true or false), "
		    "session (a text), since" },
	};
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK(verify_new_text(str_of(rows[i].text), &e) == NULL);
		CHECK_STR(e.text, rows[i].says);
	}
	CHECK(verify_new_text(
		  STR("{\"expect\":[{\"path\":{\"matches\":\"(\"}}]}"), &e) ==
	      NULL);
	CHECK(str_starts(str_of(e.text), "expect[0]: path: "));
}

RUN(TEST(requests_are_counted_by_what_they_are),
    TEST(the_closest_request_is_told_with_its_differences),
    TEST(order_is_that_of_the_exchanges),
    TEST(what_was_dropped_is_not_taken_for_nothing),
    TEST(a_body_that_was_cut_is_not_guessed),
    TEST(what_is_wrong_is_told_with_its_place))
