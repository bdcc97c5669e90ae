#include "config.h"

#include "base/err.h"
#include "har/exchange.h"
#include "replay/shape.h"

#include "tap.h"

static struct err e;

static void
add(struct shape *s, int side, const char *method, const char *url, int status,
    const char *body)
{
	struct exchange *x = exchange_new();

	x->method = str_of(method);
	x->url = str_of(url);
	x->status = status;
	headers_add(&x->response.headers, &x->arena, STR("X-One"), STR("1"));
	headers_add(
	    &x->response.headers, &x->arena, STR("Connection"), STR("x-hop"));
	headers_add(&x->response.headers, &x->arena, STR("X-Hop"), STR("1"));
	headers_add(&x->response.headers, &x->arena, STR("content-TYPE"),
	    STR("Application/JSON; charset=utf-8"));
	CHECK_INT(shape_add(s, side, x, str_of(body), &e), 0);
	exchange_free(x);
}

static const struct shape_fact *
fact(struct shape *s, enum shape_kind kind, const char *name)
{
	const struct shape_fact *f;
	size_t n, i;

	f = shape_facts(s, &n);
	for (i = 0; i < n; i++)
		if (f[i].kind == kind && str_is(f[i].name, name))
			return &f[i];
	return NULL;
}

/* All names of a kind in their order, a space between them. */
static const char *
names(struct shape *s, enum shape_kind kind)
{
	static char text[1024];
	const struct shape_fact *f;
	size_t n, i, used = 0;

	f = shape_facts(s, &n);
	text[0] = '\0';
	for (i = 0; i < n; i++)
		if (f[i].kind == kind)
			used += (size_t)snprintf(text + used,
			    sizeof(text) - used, "%s%.*s", used > 0 ? " " : "",
			    STR_ARGS(kind == SHAPE_ENDPOINT ? f[i].endpoint
							    : f[i].name));
	return text;
}

static void
an_endpoint_is_method_path_and_names_of_the_query(void)
{
	static const struct {
		const char *url, *want;
	} rows[] = {
		{ "http://a/x", "GET /x" },
		{ "https://b:1/x", "GET /x" },
		{ "http://a", "GET /" },
		{ "http://a?q=1", "GET /?q" },
		{ "http://a/x?b=1&a=2&b=3", "GET /x?a&b" },
		{ "http://a/x?", "GET /x" },
		{ "http://a/x?&&", "GET /x" },
		{ "http://a/x?=1", "GET /x?" },
		{ "no url?q=1", "GET no url?q" },
	};
	struct shape *s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = shape_new(SHAPE_EXACT);
		add(s, 0, "GET", rows[i].url, 200, "");
		CHECK_STR(names(s, SHAPE_ENDPOINT), rows[i].want);
		shape_free(s);
	}
}

static void
both_sides_meet_in_one_fact(void)
{
	struct shape *s = shape_new(SHAPE_EXACT);

	add(s, 0, "GET", "http://a/x?b&a", 200, "");
	add(s, 1, "GET", "http://b/x?a=1&b=2", 404, "");
	add(s, 1, "POST", "http://b/x?a=1&b=2", 200, "");
	CHECK_STR(names(s, SHAPE_ENDPOINT), "GET /x?a&b POST /x?a&b");
	CHECK_STR(names(s, SHAPE_STATUS), "200 404 200");
	CHECK_INT(fact(s, SHAPE_ENDPOINT, "")->seen[0], 1);
	CHECK_INT(fact(s, SHAPE_ENDPOINT, "")->seen[1], 1);
	CHECK_INT(fact(s, SHAPE_STATUS, "404")->seen[0], 0);
	CHECK_INT(fact(s, SHAPE_STATUS, "404")->seen[1], 1);
	shape_free(s);
}

static void
fields_are_known_by_their_lower_case_and_end_to_end(void)
{
	struct shape *s = shape_new(SHAPE_EXACT);

	add(s, 0, "GET", "http://a/", 200, "");
	CHECK_STR(names(s, SHAPE_HEADER), "content-type x-one");
	CHECK_STR(names(s, SHAPE_MEDIA), "application/json");
	shape_free(s);
}

static void
a_failure_is_a_status_of_its_own(void)
{
	struct shape *s = shape_new(SHAPE_EXACT);
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->url = STR("http://a/");
	x->outcome = OUTCOME_TIMEOUT;
	CHECK_INT(shape_add(s, 0, x, STR(""), &e), 0);
	CHECK_STR(names(s, SHAPE_STATUS), "timeout");
	exchange_free(x);
	shape_free(s);
}

static void
places_in_json_have_the_types_seen_there(void)
{
	struct shape *s = shape_new(SHAPE_EXACT);

	add(s, 0, "GET", "http://a/", 200,
	    "{\"a\":[{\"b\":1},{\"b\":null,\"c\":[[true]]},\"x\"],\"d\":{}}");
	add(s, 0, "GET", "http://a/", 200, "[1]");
	CHECK_STR(names(s, SHAPE_JSON),
	    "$ $.a $.a[] $.a[].b $.a[].c $.a[].c[] $.a[].c[][] $.d $[]");
	CHECK_INT(
	    fact(s, SHAPE_JSON, "$")->seen[0], SHAPE_OBJECT | SHAPE_ARRAY);
	CHECK_INT(
	    fact(s, SHAPE_JSON, "$.a[]")->seen[0], SHAPE_OBJECT | SHAPE_STRING);
	CHECK_INT(
	    fact(s, SHAPE_JSON, "$.a[].b")->seen[0], SHAPE_NUMBER | SHAPE_NULL);
	CHECK_INT(fact(s, SHAPE_JSON, "$.a[].c[][]")->seen[0], SHAPE_BOOLEAN);
	CHECK_INT(fact(s, SHAPE_JSON, "$.d")->seen[1], 0);
	shape_free(s);
}

static void
a_place_stands_right_before_all_below_it(void)
{
	struct shape *s = shape_new(SHAPE_EXACT);

	add(s, 0, "GET", "http://a/", 200,
	    "{\"a b\":1,\"a-\":1,\"a\":{\"x\":1},\"aa\":1,\"a.x\":2,\"\":[3]}");
	CHECK_STR(names(s, SHAPE_JSON),
	    "$ $.a $.a.x $.a- $.aa $[\"\"] $[\"\"][] $[\"a.x\"] $[\"a b\"]");
	shape_free(s);
}

static void
what_is_no_json_has_no_places(void)
{
	static const char *const rows[] = { "", "text", "{\"a\":1", "1", "null",
		"{\"a\":1} x", "{\"a\":1}{\"a\":1}", "<a/>" };
	struct shape *s = shape_new(SHAPE_EXACT);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		add(s, 0, "GET", "http://a/", 200, rows[i]);
	CHECK_STR(names(s, SHAPE_JSON), "");
	shape_free(s);
}

static void
deep_json_is_left_out_from_a_depth_on(void)
{
	static char text[2 * 4000 + 1];
	struct shape *s = shape_new(SHAPE_EXACT);
	size_t i, n;

	for (i = 0; i < 4000; i++) {
		text[i] = '[';
		text[8000 - 1 - i] = ']';
	}
	add(s, 0, "GET", "http://a/", 200, text);
	(void)shape_facts(s, &n);
	CHECK(n > 500 && n < 600);
	shape_free(s);
}

static void
many_facts_are_all_found_again(void)
{
	struct shape *s = shape_new(SHAPE_EXACT);
	char url[64];
	size_t n;
	int i;

	for (i = 0; i < 20000; i++) {
		snprintf(url, sizeof(url), "http://a/%d", i % 10000);
		add(s, i / 10000, "GET", url, 200, "");
	}
	/* The endpoint, its status, two fields and a media type. */
	(void)shape_facts(s, &n);
	CHECK_INT(n, 10000 * 5);
	shape_free(s);
}

static void
too_many_facts_are_an_error(void)
{
	struct shape *s = shape_new(SHAPE_EXACT);
	struct exchange *x = exchange_new();
	struct buf body = { 0 };
	int i;

	x->method = STR("GET");
	x->url = STR("http://a/");
	for (i = 0; i < 1 << 20; i++)
		buf_addf(&body, "%c\"%x\":1", i == 0 ? '{' : ',', i);
	buf_add_text(&body, "}");
	CHECK_INT(shape_add(s, 0, x, buf_str(&body), &e), -1);
	CHECK_STR(e.text, "there are too many different things to compare");
	buf_free(&body);
	exchange_free(x);
	shape_free(s);
}

RUN(TEST(an_endpoint_is_method_path_and_names_of_the_query),
    TEST(both_sides_meet_in_one_fact),
    TEST(fields_are_known_by_their_lower_case_and_end_to_end),
    TEST(a_failure_is_a_status_of_its_own),
    TEST(places_in_json_have_the_types_seen_there),
    TEST(a_place_stands_right_before_all_below_it),
    TEST(what_is_no_json_has_no_places),
    TEST(deep_json_is_left_out_from_a_depth_on),
    TEST(many_facts_are_all_found_again), TEST(too_many_facts_are_an_error))
