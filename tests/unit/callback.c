#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/headers.h"
#include "mock/callback.h"
#include "mock/environment.h"
#include "mock/mocks.h"

#include "folder.h"
#include "tap.h"

static struct mocks *mocks;
static struct mock_reply reply;
static struct headers fields;
static struct arena arena;

/* Serves the file whose callbacks these are, at /a under the prefix /p. */
static void
given(const char *callbacks)
{
	const struct mocks_options o = {
		.locale = "en", .most_sessions = 1, .most_callback_depth = 3
	};
	struct buf text = { 0 };
	const struct mocks_place place = { STR(""), STR("/p") };
	struct environment *env;
	struct err e;

	mocks_unref(mocks);
	mocks = mocks_new(&o);
	buf_addf(&text,
	    "{\"routes\":[{\"endpoint\":\"a\",\"responses\":[{\"body\":\"x\","
	    "\"callbacks\":[{\"uuid\":\"u\",\"latency\":7},{\"uuid\":\"?\"},"
	    "{\"uuid\":\"u\"}]}]}],\"data\":[{\"id\":\"d\",\"name\":\"d\","
	    "\"value\":{\"n\":1}}],\"callbacks\":[{\"uuid\":\"u\",%s}]}",
	    callbacks);
	env = environment_parse(at("m.json"), buf_str(&text), NULL, &e);
	if (env == NULL)
		printf("# %s\n", e.text);
	CHECK(env != NULL);
	CHECK_INT(mocks_add(mocks, env, &place, 0, NULL, &e), 0);
	CHECK(mocks_have_callbacks(mocks));
	buf_free(&text);
}

/* The first callback of a request for the target, or NULL. */
static struct callback *
ask(const char *target)
{
	struct mock_request q = { .method = STR("GET"),
		.target = str_of(target),
		.authority = STR("h"),
		.client = STR("127.0.0.1"),
		.port = 80,
		.headers = &fields };

	mock_reply_fini(&reply);
	reply = (struct mock_reply){ .status = 0 };
	CHECK(mocks_answer(mocks, &q, &reply));
	return reply.callbacks;
}

/* The value of a field of a callback, "" for none. */
static const char *
field(const struct callback *c, const char *name)
{
	static char value[256];
	struct headers h = { 0 };
	struct str is;

	CHECK_INT(headers_parse(&h, &arena, c->headers), 0);
	is = headers_get(&h, name);
	snprintf(value, sizeof(value), "%.*s", STR_ARGS(is));
	return value;
}

static const char *
url_of(const char *uri)
{
	static struct buf url;
	struct callback *c;
	struct buf text = { 0 };

	buf_addf(&text, "\"uri\":\"%s\"", uri);
	given(buf_text(&text));
	buf_free(&text);
	c = ask("/p/a?q=v%20w");
	url.n = 0;
	buf_add_str(&url, c->wrong.p != NULL ? STR("wrong") : c->url);
	return buf_text(&url);
}

static void
each_use_is_rendered_in_its_order(void)
{
	struct callback *c;

	given("\"uri\":\"http://h/{{queryParam 'q'}}\",\"name\":\"a\\nb\"");
	c = ask("/p/a?q=1");
	CHECK(str_is(c->name, "a?b"));
	CHECK(str_is(c->method, "POST"));
	CHECK(str_is(c->url, "http://h/1"));
	CHECK_INT(c->latency_ms, 7);
	CHECK(c->has_body);
	CHECK_INT(c->retry.times, 0);
	/* The second one is of a callback that is not there. */
	CHECK_INT(c->next->latency_ms, 0);
	CHECK(c->next->next == NULL);
}

static void
urls_are_written_as_fetch_sends_them(void)
{
	CHECK_STR(url_of("http://h"), "http://h");
	CHECK_STR(url_of("  HTTP://h/a b?c='d e'#f "),
	    "HTTP://h/a%20b?c=%27d%20e%27");
	CHECK_STR(
	    url_of("http://h/\\u00e9\\\\x?\\\\y"), "http://h/%C3%A9/x?\\y");
	CHECK_STR(url_of("http://h/a\\nb\\tc"), "http://h/abc");
	CHECK_STR(url_of("http://h/{{{queryParam 'q'}}}"), "http://h/v%20w");
	CHECK_STR(url_of("/own?x"), "/p/own?x");
	CHECK_STR(url_of(""), "wrong");
	CHECK_STR(url_of("h/x"), "wrong");
	CHECK_STR(url_of("http://"), "wrong");
	CHECK_STR(url_of("http://h:0/"), "wrong");
	CHECK_STR(url_of("http://u:p@h/"), "wrong");
	CHECK_STR(url_of("file:///etc/passwd"), "wrong");
}

static void
fields_are_the_callbacks_own_and_have_defaults(void)
{
	struct callback *c;

	given("\"uri\":\"/\",\"headers\":["
	      "{\"key\":\"x-a\",\"value\":\"{{queryParam 'q'}}\"},"
	      "{\"key\":\"Host\",\"value\":\"other\"},"
	      "{\"key\":\"content-type\",\"value\":\"a/b\"},"
	      "{\"key\":\"Connection\",\"value\":\"keep-alive\"},"
	      "{\"key\":\"x-mockoon-callback-depth\",\"value\":\"9\"}]");
	c = ask("/p/a?q=1%0D%0AX-B:%202");
	CHECK_STR(field(c, "X-A"), "");
	CHECK_STR(field(c, "X-B"), "");
	CHECK_STR(field(c, "Host"), "other");
	CHECK(c->has_host);
	CHECK_STR(field(c, "Content-Type"), "a/b");
	CHECK_STR(field(c, "Connection"), "");
	CHECK_STR(field(c, "Accept"), "*/*");
	CHECK_STR(field(c, "X-Mockoon-Callback-Depth"), "1");
	CHECK_STR(field(ask("/p/a?q=1"), "X-A"), "1");
	/* As the request was for the same. */
	given("\"uri\":\"/\"");
	CHECK(str_is(ask("/p/a")->host, "h"));
	given("\"uri\":\"http://other/\"");
	CHECK_INT(ask("/p/a")->host.n, 0);
	CHECK(!ask("/p/a")->has_host);
}

static void
only_three_methods_have_bodies(void)
{
	struct callback *c;

	given("\"uri\":\"/\",\"method\":\"PATCH\",\"body\":{\"a\":1}");
	c = ask("/p/a");
	CHECK(str_is(c->method, "PATCH"));
	CHECK(c->has_body);
	CHECK_STR(buf_text(&c->body), "{\n  \"a\": 1\n}");
	CHECK_STR(field(c, "Content-Type"), "text/plain;charset=UTF-8");
	given("\"uri\":\"/\",\"method\":\"DELETE\",\"body\":\"x\"");
	c = ask("/p/a");
	CHECK(!c->has_body);
	CHECK_INT(c->body.n, 0);
	CHECK_STR(field(c, "Content-Type"), "");
	given("\"uri\":\"/\",\"databucketID\":\"d\"");
	CHECK_STR(buf_text(&ask("/p/a")->body), "{\"n\":1}");
	given("\"uri\":\"/\",\"method\":\"connect\"");
	CHECK(ask("/p/a")->wrong.p != NULL);
}

static void
a_chain_of_callbacks_has_an_end(void)
{
	static const struct {
		const char *says, *depth;
	} rows[] = {
		{ "0", "1" },
		{ "2", "3" },
		{ " 1x", "2" },
		{ "-5", "1" },
		{ "x", "1" },
		{ "3", NULL },
		{ "99999999999999999999999", NULL },
	};
	struct header f = { STR("x-mockoon-callback-depth"), STR("") };
	struct callback *c;
	size_t i;

	given("\"uri\":\"/\"");
	fields = (struct headers){ .v = &f, .n = 1 };
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		f.value = str_of(rows[i].says);
		c = ask("/p/a");
		CHECK((c == NULL) == (rows[i].depth == NULL));
		if (c != NULL)
			CHECK_STR(field(c, "X-Mockoon-Callback-Depth"),
			    rows[i].depth);
		else
			CHECK(
			    strstr(buf_text(&reply.remarks), "chain") != NULL);
	}
	fields = (struct headers){ .n = 0 };
}

/* The example of GitHub's documentation of webhooks, and the same by hand
 * for the way that Stripe documents. */
static void
signatures_are_as_documented(void)
{
	struct buf out = { 0 };
	struct callback *c;

	given("\"uri\":\"/\",\"body\":\"Hello, World!\",\"hark\":{\"sign\":{"
	      "\"key\":\"It's a Secret to Everybody\","
	      "\"header\":\"X-Hub-Signature-256\"}}");
	c = ask("/p/a");
	callback_sign(c, 0, &out);
	CHECK_STR(buf_text(&out),
	    "X-Hub-Signature-256: "
	    "sha256="
	    "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	    "\r\n");
	/* Test case 2 of RFC 4231. */
	out.n = 0;
	given("\"uri\":\"/\",\"body\":\"what do ya want for nothing?\","
	      "\"hark\":{\"sign\":{\"key\":\"Jefe\"}}");
	callback_sign(ask("/p/a"), 0, &out);
	CHECK_STR(buf_text(&out),
	    "X-Hark-Signature: "
	    "sha256="
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	    "\r\n");
	out.n = 0;
	given("\"uri\":\"/\",\"body\":\"{}\",\"hark\":{\"sign\":{"
	      "\"key\":\"whsec\",\"header\":\"Stripe-Signature\","
	      "\"format\":\"stripe\"}}");
	callback_sign(ask("/p/a"), 1492774577999999, &out);
	CHECK_STR(buf_text(&out),
	    "Stripe-Signature: t=1492774577,v1="
	    "9e4711d7c8a6df6f6635a71dd3df8fbb6138d4f2807a487e8fed2e4a67af1fa8"
	    "\r\n");
	out.n = 0;
	given("\"uri\":\"/\"");
	callback_sign(ask("/p/a"), 0, &out);
	CHECK_INT(out.n, 0);
	buf_free(&out);
}

static void
without_its_key_nothing_is_sent(void)
{
	static const char *const rows[] = {
		"{}",
		"{\"key\":\"a\",\"keyEnv\":\"HOME\"}",
		"{\"keyEnv\":\"HARK_NOT_THERE\"}",
		"{\"keyFile\":\"none\"}",
		"{\"key\":\"a\",\"header\":\"a b\"}",
	};
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		text.n = 0;
		buf_addf(
		    &text, "\"uri\":\"/\",\"hark\":{\"sign\":%s}", rows[i]);
		given(buf_text(&text));
		CHECK(ask("/p/a")->wrong.p != NULL);
	}
	buf_free(&text);
	mocks_unref(mocks);
	mock_reply_fini(&reply);
	arena_fini(&arena);
}

RUN(TEST(each_use_is_rendered_in_its_order),
    TEST(urls_are_written_as_fetch_sends_them),
    TEST(fields_are_the_callbacks_own_and_have_defaults),
    TEST(only_three_methods_have_bodies), TEST(a_chain_of_callbacks_has_an_end),
    TEST(signatures_are_as_documented), TEST(without_its_key_nothing_is_sent))
