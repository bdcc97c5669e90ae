#include "config.h"

#include "gateway/edited.h"
#include "har/exchange.h"

#include "tap.h"

static struct exchange *
exchange(const char *url, const char *target, const char *body)
{
	struct exchange *x = exchange_new();
	struct message *m = &x->response;

	x->id = 7;
	x->method = STR("GET");
	x->url = str_of(url);
	x->target = str_of(target);
	x->scope = STR("api.test");
	x->mode = STR("record");
	x->status = 200;
	buf_add_text(&m->body.bytes, body);
	m->body.size = m->body.bytes.n;
	m->framing = FRAMING_LENGTH;
	m->head_bytes = 100;
	return x;
}

static struct exchange *
plain(const char *body)
{
	return exchange("http://api.test/a", "/a", body);
}

static void
field(
    struct message *m, struct exchange *x, const char *name, const char *value)
{
	headers_add(&m->headers, &x->arena, str_of(name), str_of(value));
}

static void
a_body_that_is_the_same_leaves_all_as_it_is(void)
{
	static struct chunk_mark marks[1];
	struct exchange *was = plain("body"), *x = plain("body");

	/* As of a HEAD or of what was cut: it need not be the body's. */
	field(&was->response, was, "Content-Length", "9");
	field(&x->response, x, "Content-Length", "9");
	x->chunks = marks;
	x->nchunks = 1;
	edited_settle(x, was, true);
	CHECK_VIEW(headers_get(&x->response.headers, "Content-Length"), "9");
	CHECK_INT(x->response.head_bytes, 100);
	CHECK_INT(x->nchunks, 1);
	CHECK_INT(x->id, 7);
	exchange_free(was);
	exchange_free(x);
}

static void
a_new_body_has_one_right_length(void)
{
	static struct chunk_mark marks[1];
	struct exchange *was = plain("body"), *x = plain("longer body");

	field(&x->response, x, "content-length", "4");
	field(&x->response, x, "X-Other", "1");
	field(&x->response, x, "Content-Length", "4");
	x->chunks = marks;
	x->nchunks = 1;
	edited_settle(x, was, true);
	CHECK_INT(x->response.headers.n, 2);
	CHECK_VIEW(x->response.headers.v[0].name, "content-length");
	CHECK_VIEW(x->response.headers.v[0].value, "11");
	CHECK_VIEW(x->response.headers.v[1].name, "X-Other");
	CHECK_INT(x->response.head_bytes, -1);
	CHECK_INT(x->nchunks, 0);
	exchange_free(was);
	exchange_free(x);
}

static void
a_body_where_there_was_none_gets_a_length(void)
{
	struct exchange *was = plain(""), *x = plain("");

	x->request.framing = FRAMING_NONE;
	buf_add_text(&x->request.body.bytes, "new");
	edited_settle(x, was, true);
	CHECK_VIEW(headers_get(&x->request.headers, "Content-Length"), "3");
	CHECK_INT(x->request.framing, FRAMING_LENGTH);
	CHECK(headers_get(&x->response.headers, "Content-Length").p == NULL);
	exchange_free(was);
	exchange_free(x);
}

static void
what_ends_by_itself_needs_no_length(void)
{
	static const enum framing framings[] = { FRAMING_CHUNKED,
		FRAMING_CLOSE };
	struct exchange *was, *x;
	size_t i;

	for (i = 0; i < 2; i++) {
		was = plain("body");
		x = plain("other body");
		x->response.framing = framings[i];
		edited_settle(x, was, true);
		CHECK_INT(x->response.headers.n, 0);
		CHECK_INT(x->response.framing, framings[i]);
		exchange_free(was);
		exchange_free(x);
	}
}

static void
a_new_url_has_a_new_target_below_the_same_base(void)
{
	static const struct {
		const char *old_url, *old_target, *url, *target, *want;
	} rows[] = {
		{ "http://a/x", "/x", "http://a/y", "/x", "/y" },
		{ "http://a/x", "/x", "http://a/x", "/x", "/x" },
		{ "http://a/x", "/x", "http://a/y", "/mine", "/mine" },
		{ "http://a/v1/x", "/x", "http://a/v1/y?z", "/x", "/y?z" },
		{ "http://a/v1/x", "/x", "http://a/v2/y", "/x", "/v2/y" },
		{ "http://a/v1/x", "/x", "http://a/v1", "/x", "/v1" },
		{ "http://a/v1/x", "/x", "http://a/v11", "/x", "/v11" },
		{ "http://a/v1/x", "/other/x", "http://a/v1/y", "/other/x",
		    "/v1/y" },
		{ "http://a/x", "/x", "http://a", "/x", "/" },
		{ "http://a/x", "/x", "http://a?q", "/x", "/?q" },
	};
	struct exchange *was, *x;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		was = exchange(rows[i].old_url, rows[i].old_target, "");
		x = exchange(rows[i].url, rows[i].target, "");
		edited_settle(x, was, true);
		CHECK_VIEW(x->target, rows[i].want);
		exchange_free(was);
		exchange_free(x);
	}
}

static void
what_is_harks_own_stays_without_its_member(void)
{
	struct exchange *was = exchange("http://a/v1/x", "/x", "");
	struct exchange *x = exchange("http://a/v1/x", "/v1/x", "");

	x->scope = x->mode = STR("");
	edited_settle(x, was, false);
	CHECK_VIEW(x->target, "/x");
	CHECK_VIEW(x->scope, "api.test");
	CHECK_VIEW(x->mode, "record");
	exchange_free(was);
	exchange_free(x);
}

RUN(TEST(a_body_that_is_the_same_leaves_all_as_it_is),
    TEST(a_new_body_has_one_right_length),
    TEST(a_body_where_there_was_none_gets_a_length),
    TEST(what_ends_by_itself_needs_no_length),
    TEST(a_new_url_has_a_new_target_below_the_same_base),
    TEST(what_is_harks_own_stays_without_its_member))
