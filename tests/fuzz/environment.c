#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/headers.h"
#include "mock/callback.h"
#include "mock/environment.h"
#include "mock/mocks.h"
#include "mock/stream.h"

#include "tests/fuzz/fuzz.h"

/*
 * A file of mocks, rules and templates and all, that is asked something.  What
 * must hold: a file that is none has a reason why; an answer is one that can
 * be sent, whatever its templates made.
 */

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* Lines of fields, each with one end. */
static void
check_fields(struct str s)
{
	struct headers h = { 0 };
	struct arena a = { 0 };
	size_t i;

	must(headers_parse(&h, &a, s) == 0);
	for (i = 0; i < h.n; i++) {
		must(str_is_token(h.v[i].name));
		must(memchr(h.v[i].value.p, '\n', h.v[i].value.n) == NULL);
		must(memchr(h.v[i].value.p, '\r', h.v[i].value.n) == NULL);
		must(memchr(h.v[i].value.p, '\0', h.v[i].value.n) == NULL);
	}
	arena_fini(&a);
}

static void
ask(struct mocks *m, const char *method, const char *target)
{
	static struct header fields[] = {
		{ STR("Host"), STR("a.test") },
		{ STR("Cookie"), STR("a=1") },
		{ STR("Content-Type"), STR("application/json") },
	};
	const struct headers headers = { .v = fields, .n = 3, .cap = 3 };
	const struct mock_request q = {
		.method = str_of(method),
		.target = str_of(target),
		.authority = STR("a.test"),
		.client = STR("127.0.0.1"),
		.port = 8080,
		.body = STR("{\"a\":[1,{\"b\":2}]}"),
		.headers = &headers,
		.now_us = 1700000000000000,
	};
	struct mock_reply r = { .status = 0 };

	if (mocks_answer(m, &q, &r) && r.fault == MOCK_FAULT_NONE) {
		must(r.status >= 100 && r.status <= 999);
		check_fields(r.headers);
	}
	mock_reply_fini(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct mocks_options o = { .seeded = true, .most_sessions = 1 };
	const struct mocks_place at = { STR(""), STR("") };
	struct buf remarks = { 0 };
	struct err e = { "" };
	struct environment *env;
	struct mocks *m;

	env = environment_parse("/dev/null/mocks.json",
	    (struct str){ (const char *)bytes, n }, &remarks, &e);
	must(env != NULL || e.text[0] != '\0');
	if (env != NULL) {
		m = mocks_new(&o);
		if (mocks_add(m, env, &at, 0, &remarks, &e) == 0) {
			ask(m, "GET", "/a?a=1");
			ask(m, "POST", "/a");
			ask(m, "GET", "/a/b");
		}
		mocks_unref(m);
	}
	buf_free(&remarks);
	return 0;
}
