#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "replay/drift.h"

#include "tap.h"

#define RECORDINGS 6

static struct err e;

/* An answer: its status, "Name: value\r\n" for each field, and its body. */
struct answer {
	int status;
	const char *fields, *body; /* a body of NULL is not at hand */
};

static struct str
body_of(const struct answer *a)
{
	return a->body == NULL ? (struct str){ NULL, 0 } : str_of(a->body);
}

static struct exchange *
exchange(const struct answer *a, const char *url)
{
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->url = str_of(url);
	x->status = a->status;
	CHECK_INT(headers_parse(&x->response.headers, &x->arena,
		      str_of(a->fields != NULL ? a->fields : "")),
	    0);
	return x;
}

/* What drift says of now, the answer to the first request, as lines with "! "
 * in front of breaking ones; recorded ends with an answer without status. */
static const char *
differs(const struct answer *recorded, const char *url, struct answer now)
{
	static char text[4096];
	struct drift *d = drift_new();
	struct drift_findings f = { .v = NULL };
	struct exchange *x, *was = NULL, *live = exchange(&now, "http://b/x");
	struct buf out = { 0 };
	size_t i;

	for (i = 0; recorded[i].status != 0; i++) {
		x = exchange(&recorded[i], url);
		CHECK_INT(drift_learn(d, x, body_of(&recorded[i]), &e), 0);
		if (was == NULL)
			was = x;
		else
			exchange_free(x);
	}
	CHECK_INT(drift_compare(d, was, live, body_of(&now), &f, &e), 0);
	CHECK_INT(f.breaking + f.informational, f.n);
	for (i = 0; i < f.n; i++) {
		buf_add_text(&out, f.v[i].breaking ? "! " : "- ");
		drift_text(&f.v[i], &out);
		buf_add_text(&out, "\n");
	}
	snprintf(text, sizeof(text), "%s", buf_text(&out));
	buf_free(&out);
	exchange_free(was);
	exchange_free(live);
	drift_findings_fini(&f);
	drift_free(d);
	return text;
}

/* Of bodies alone, all of the same endpoint. */
struct row {
	const char *recorded[RECORDINGS];
	const char *now;
	const char *want;
};

static void
bodies(const struct row *rows, size_t n)
{
	struct answer recorded[RECORDINGS + 1];
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; rows[i].recorded[k] != NULL; k++)
			recorded[k] =
			    (struct answer){ 200, NULL, rows[i].recorded[k] };
		recorded[k].status = 0;
		CHECK_STR(differs(recorded, "http://a/x",
			      (struct answer){ 200, NULL, rows[i].now }),
		    rows[i].want);
	}
}

static void
values_are_no_drift(void)
{
	static const struct row rows[] = {
		{ { "{\"a\":1,\"b\":\"x\",\"c\":true}" },
		    "{\"c\":false,\"b\":\"a longer one\",\"a\":-2.5e9}", "" },
		{ { "[1,2,3]" }, "[4]", "" },
		{ { "[1]" }, "[]", "" },
		{ { "text" }, "other text", "" },
		{ { "" }, "", "" },
		{ { "{\"at\":\"2026-11-21T06:00:00Z\"}" },
		    "{\"at\":\"2027-01-01T00:00:00Z\"}", "" },
	};

	bodies(rows, sizeof(rows) / sizeof(*rows));
}

static void
members_come_and_go(void)
{
	static const struct row rows[] = {
		{ { "{\"a\":1,\"b\":\"x\"}" }, "{\"a\":1}",
		    "! body $.b: string is gone\n" },
		{ { "{\"a\":1}" }, "{\"a\":1,\"b\":[]}",
		    "- body $.b: array is new\n" },
		/* What is below goes without saying. */
		{ { "{\"a\":{\"b\":{\"c\":1}}}" }, "{}",
		    "! body $.a: object is gone\n" },
		{ { "{}" }, "{\"a\":[{\"b\":1}]}",
		    "- body $.a: array is new\n" },
		{ { "[{\"a\":1},{\"a\":2}]" }, "[{\"a\":1},{\"b\":1}]",
		    "! body $[].a: number is not always there any more\n"
		    "- body $[].b: number is new\n" },
		/* Whatever they are called. */
		{ { "{\"a.b\":1,\"\":2}" }, "{}",
		    "! body $[\"\"]: number is gone\n"
		    "! body $[\"a.b\"]: number is gone\n" },
		{ { "{\"a\":1}" }, "no JSON", "! body $: object is gone\n" },
		{ { "" }, "{\"a\":1}", "- body $: object is new\n" },
	};

	bodies(rows, sizeof(rows) / sizeof(*rows));
}

static void
what_only_some_recordings_have_may_be_missing(void)
{
	static const struct row rows[] = {
		{ { "{\"a\":1}", "{\"a\":1,\"b\":1}" }, "{\"a\":1}", "" },
		{ { "[{\"a\":1,\"b\":1},{\"a\":2}]" }, "[{\"a\":1}]", "" },
		{ { "{\"a\":null}", "{\"a\":\"x\"}" }, "{\"a\":null}", "" },
		{ { "{\"a\":1}", "" }, "", "" },
	};

	bodies(rows, sizeof(rows) / sizeof(*rows));
}

static void
of_what_was_never_seen_nothing_is_expected(void)
{
	static const struct row rows[] = {
		{ { "{\"a\":[]}" }, "{\"a\":[{\"b\":1}]}", "" },
		{ { "{\"a\":[{\"b\":1}]}" }, "{\"a\":[]}", "" },
	};

	bodies(rows, sizeof(rows) / sizeof(*rows));
	CHECK_STR(differs((struct answer[]){ { 200, NULL, NULL }, { 0 } },
		      "http://a/x", (struct answer){ 200, NULL, "{}" }),
	    "");
	CHECK_STR(differs((struct answer[]){ { 200, NULL, "{}" }, { 0 } },
		      "http://a/x", (struct answer){ 200, NULL, NULL }),
	    "");
}

static void
types_change(void)
{
	static const struct row rows[] = {
		{ { "{\"a\":1}" }, "{\"a\":\"1\"}",
		    "! body $.a: number is now string\n" },
		{ { "{\"a\":{\"b\":1}}" }, "{\"a\":[{\"b\":1}]}",
		    "! body $.a: object is now array\n" },
		{ { "{\"a\":1}" }, "{\"a\":null}",
		    "! body $.a: number is now null\n" },
		{ { "[1,2]" }, "[1,null]",
		    "! body $[]: number is now number|null\n" },
		{ { "[1,\"a\"]" }, "[true]",
		    "! body $[]: string|number is now boolean\n" },
		{ { "{\"a\":null}" }, "{\"a\":{\"b\":1}}",
		    "- body $.a: null is now object\n" },
	};

	bodies(rows, sizeof(rows) / sizeof(*rows));
}

static void
members_named_by_ids_are_one(void)
{
	static const struct row rows[] = {
		{ { "{\"17\":{\"a\":1},\"18\":{\"a\":2}}" },
		    "{\"19\":{\"a\":3}}", "" },
		{ { "{\"17\":{\"a\":1}}" }, "{}", "" },
		{ { "{\"6fa459ea-ee8a-3ca4-894e-db77e160355e\":1}" },
		    "{\"cus_9s6XKzkNRiz8i3\":1}", "" },
		{ { "{\"17\":{\"a\":1}}" }, "{\"19\":{\"b\":3}}",
		    "! body $.*.a: number is gone\n"
		    "- body $.*.b: number is new\n" },
	};

	bodies(rows, sizeof(rows) / sizeof(*rows));
}

#define STATE(text) "{\"s\":\"" text "\"}"

static void
a_word_that_is_none_of_a_few_is_told(void)
{
	static const struct row rows[] = {
		{ { STATE("on"), STATE("off"), STATE("on"), STATE("off") },
		    STATE("broken"),
		    "- body $.s: \"broken\" is new there, not one of \"on\", "
		    "\"off\"\n" },
		{ { STATE("on"), STATE("off"), STATE("on"), STATE("off") },
		    STATE("off"), "" },
		/* Seen too rarely, or as other texts too often. */
		{ { STATE("on"), STATE("off"), STATE("on") }, STATE("broken"),
		    "" },
		{ { STATE("a"), STATE("b"), STATE("c"), STATE("a") },
		    STATE("d"), "" },
		/* Of a single answer. */
		{ { "[\"a\",\"b\",\"a\",\"b\"]" }, "[\"c\"]", "" },
		/* What a program would not compare with. */
		{ { STATE("1"), STATE("1"), STATE("1"), STATE("1") },
		    STATE("2"), "" },
		{ { STATE("on"), STATE("on"), STATE("on"), STATE("") },
		    STATE("off"), "" },
		{ { STATE("on"), STATE("on"), STATE("on"),
		      STATE("a text that is longer than a word ever is") },
		    STATE("off"), "" },
	};

	bodies(rows, sizeof(rows) / sizeof(*rows));
}

static void
a_status_is_all_that_is_told(void)
{
	static const struct answer recorded[] = {
		{ 200, "X-A: 1\r\n", "{\"a\":1}" }, { 0 }
	};

	CHECK_STR(differs(recorded, "http://a/x",
		      (struct answer){ 404, NULL, "{\"b\":1}" }),
	    "! status 200 is now 404\n");
	CHECK_STR(
	    differs(recorded, "http://a/x", (struct answer){ 304, NULL, NULL }),
	    "");
	CHECK_STR(
	    differs(recorded, "http://a/x", (struct answer){ 206, NULL, "{" }),
	    "");
}

static void
each_status_of_an_endpoint_has_a_shape_of_its_own(void)
{
	static const struct answer recorded[] = { { 200, NULL, "{\"a\":1}" },
		{ 404, NULL, "{\"error\":\"x\"}" }, { 0 } };

	CHECK_STR(differs(recorded, "http://a/x",
		      (struct answer){ 200, NULL, "{\"a\":1}" }),
	    "");
	CHECK_STR(differs(recorded, "http://a/x",
		      (struct answer){ 200, NULL, "{\"error\":\"x\"}" }),
	    "! body $.a: number is gone\n- body $.error: string is new\n");
}

static void
fields_come_and_go(void)
{
	static const struct answer recorded[] = {
		{ 200,
		    "Date: x\r\nServer: x\r\nX-Total: 1\r\nETag: \"1\"\r\n"
		    "x-request-id: 1\r\nX-Amz-Id-2: 1\r\nConnection: x-hop\r\n"
		    "X-Hop: 1\r\nLink: <a>\r\nLink: <b>\r\n",
		    NULL },
		{ 0 }
	};
	static const struct answer some[] = {
		{ 200, "X-Total: 1\r\nX-Total: 1\r\n", NULL },
		{ 200, NULL, NULL }, { 0 }
	};

	CHECK_STR(differs(recorded, "http://a/x",
		      (struct answer){ 200,
			  "x-total: 2\r\nLink: <c>\r\nX-New: 1\r\n"
			  "Vary: x\r\nVia: 1.1 x\r\nAge: 1\r\n",
			  NULL }),
	    "- header etag is gone\n- header vary is new\n"
	    "- header x-new is new\n");
	CHECK_STR(differs(recorded, "http://a/x",
		      (struct answer){ 200, "ETag: 1\r\n", NULL }),
	    "! header link is gone\n! header x-total is gone\n");
	CHECK_STR(
	    differs(some, "http://a/x", (struct answer){ 200, NULL, NULL }),
	    "");
}

static void
media_types_are_compared_without_parameters(void)
{
	static const struct answer recorded[] = {
		{ 200, "Content-Type: application/json\r\n", NULL },
		{ 200, "Content-Type: text/csv; charset=utf-8\r\n", NULL },
		{ 0 }
	};

	CHECK_STR(
	    differs(recorded, "http://a/x",
		(struct answer){ 200, "Content-Type: Text/CSV\r\n", NULL }),
	    "");
	CHECK_STR(
	    differs(recorded, "http://a/x",
		(struct answer){ 200, "Content-Type: text/html\r\n", NULL }),
	    "! media type application/json, text/csv is now text/html\n");
}

static void
requests_for_one_thing_each_are_one_endpoint(void)
{
	struct drift *d = drift_new();
	struct drift_findings f = { .v = NULL };
	struct answer one = { 200, NULL, "{\"a\":1,\"b\":1}" },
		      two = { 200, NULL, "{\"a\":1}" };
	struct exchange *x = exchange(&one, "http://a/users/17/posts?page=1"),
			*y = exchange(&two, "http://a/users/18/posts?page=2"),
			*z = exchange(&two, "http://a/users/me/posts?page=3");

	CHECK_INT(drift_learn(d, x, body_of(&one), &e), 0);
	CHECK_INT(drift_learn(d, y, body_of(&two), &e), 0);
	CHECK_INT(drift_learn(d, z, body_of(&one), &e), 0);
	CHECK_INT(drift_compare(d, x, y, body_of(&two), &f, &e), 0);
	CHECK_INT(f.n, 0);
	CHECK_INT(drift_compare(d, z, y, body_of(&two), &f, &e), 0);
	CHECK_INT(f.n, 1);
	CHECK_INT(f.v[0].kind, DRIFT_REMOVED);
	CHECK_VIEW(f.v[0].place, "$.b");
	/* Findings are those of the last answer alone. */
	CHECK_INT(drift_compare(d, y, y, body_of(&two), &f, &e), 0);
	CHECK_INT(f.n + f.breaking + f.informational, 0);
	exchange_free(x);
	exchange_free(y);
	exchange_free(z);
	drift_findings_fini(&f);
	drift_free(d);
}

static void
no_more_findings_are_kept_than_anybody_reads(void)
{
	struct drift *d = drift_new();
	struct drift_findings f = { .v = NULL };
	struct answer one = { 200, NULL, "{}" };
	struct exchange *x = exchange(&one, "http://a/x");
	struct buf body = { 0 };
	int i;

	for (i = 0; i < 3 * DRIFT_FINDINGS; i++)
		buf_addf(&body, "%c\"m%x\":1", i == 0 ? '{' : ',', i);
	buf_add_text(&body, "}");
	CHECK_INT(drift_learn(d, x, body_of(&one), &e), 0);
	CHECK_INT(drift_compare(d, x, x, buf_str(&body), &f, &e), 0);
	CHECK_INT(f.n, DRIFT_FINDINGS);
	CHECK_INT(f.informational, 3 * DRIFT_FINDINGS);
	CHECK_INT(f.breaking, 0);
	buf_free(&body);
	exchange_free(x);
	drift_findings_fini(&f);
	drift_free(d);
}

RUN(TEST(values_are_no_drift), TEST(members_come_and_go),
    TEST(what_only_some_recordings_have_may_be_missing),
    TEST(of_what_was_never_seen_nothing_is_expected), TEST(types_change),
    TEST(members_named_by_ids_are_one),
    TEST(a_word_that_is_none_of_a_few_is_told),
    TEST(a_status_is_all_that_is_told),
    TEST(each_status_of_an_endpoint_has_a_shape_of_its_own),
    TEST(fields_come_and_go), TEST(media_types_are_compared_without_parameters),
    TEST(requests_for_one_thing_each_are_one_endpoint),
    TEST(no_more_findings_are_kept_than_anybody_reads))
