#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/trace.h"
#include "gateway/ws_handshake.h"
#include "har/cookie.h"
#include "har/date.h"
#include "har/headers.h"
#include "mock/cookies.h"
#include "replay/http_rules.h"
#include "replay/variant.h"

#include "tests/fuzz/fuzz.h"

/*
 * Values of fields that mean something to us.  The first byte says which: c
 * Cookie, s Set-Cookie, m Cookie as a mock reads it, d and x dates, t
 * traceparent, w the handshake of a WebSocket, v what an entry varies by, else
 * conditions and ranges.  The last three are field lines: of a request and,
 * behind an empty line, of an answer.
 *
 * What must hold: parts lie in the value, dates that are written are read
 * again, ranges lie in the body, and an entry answers the request that it was
 * recorded for.
 */

#define SIZE 1000

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
check_inside(struct str part, struct str whole)
{
	must(part.n == 0 ||
	     (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void
check_cookie(const struct cookie *c, struct str value)
{
	check_inside(c->name, value);
	check_inside(c->value, value);
	check_inside(c->path, value);
	check_inside(c->domain, value);
	check_inside(c->same_site, value);
}

static void
fuzz_cookie(struct str value)
{
	struct str rest = value;
	struct cookie c;

	while (cookie_next(&rest, &c)) {
		check_inside(c.name, value);
		check_inside(c.value, value);
	}
}

static void
fuzz_set_cookie(struct str value)
{
	struct cookie c;

	if (cookie_parse(value, 1700000000000000, &c))
		check_cookie(&c, value);
}

static void
fuzz_mock_cookies(struct str value)
{
	struct arena a = { 0 };
	struct values v = { .arena = &a };

	if (!str_is_utf8(value))
		return;
	(void)cookies_read(&v, value);
	arena_fini(&a);
}

static void
fuzz_date(struct str value)
{
	char text[DATE_BYTES];
	int64_t us, again;

	if (date_parse(value, &us) == -1)
		return;
	date_format(us, text);
	must(date_parse(str_of(text), &again) == 0);
	date_format(again, text);
	must(date_parse(str_of(text), &us) == 0 && us == again);
}

static void
fuzz_http_date(struct str value)
{
	char text[DATE_BYTES];
	int64_t us, again;

	if (date_parse_cookie(value, &us) == -1)
		return;
	date_format_http(us, text);
	must(date_parse_cookie(str_of(text), &again) == 0 && us == again);
}

static void
fuzz_trace(struct str value)
{
	struct str id = trace_id(value);

	must(id.n == 0 || id.n == TRACE_ID_BYTES);
	check_inside(id, value);
}

/* ---- field lines ------------------------------------------------------ */

struct lines {
	struct arena a;
	struct headers request, answer;
};

static bool
take_lines(struct lines *l, struct str text)
{
	const char *gap = memmem(text.p, text.n, "\r\n\r\n", 4);
	struct str first = text, second = { text.p, 0 };

	if (gap != NULL) {
		first.n = (size_t)(gap - text.p) + 2;
		second = (struct str){ gap + 4, text.n - first.n - 2 };
	}
	return headers_parse(&l->request, &l->a, first) == 0 &&
	       headers_parse(&l->answer, &l->a, second) == 0;
}

static void
fuzz_rules(const struct lines *l)
{
	struct http_rules_cut cut = { .n = 0 };
	enum http_rule rule;
	size_t i;

	(void)http_rules_asks(STR("GET"), &l->request);
	rule =
	    http_rules_apply(STR("GET"), &l->request, &l->answer, SIZE, &cut);
	must(rule != HTTP_RULE_RANGE ||
	     (cut.n > 0 && cut.n <= HTTP_RULES_RANGES));
	if (rule != HTTP_RULE_RANGE)
		return;
	for (i = 0; i < cut.n; i++)
		must(cut.v[i].first < cut.v[i].end && cut.v[i].end <= SIZE);
}

static void
fuzz_handshake(const struct lines *l)
{
	char accept[WS_ACCEPT_BYTES];
	struct ws_deflate deflate;
	int status = 0;

	must(ws_handshake_wrong(&l->request, &status) == NULL ||
	     status == 400 || status == 426);
	ws_handshake_accept(
	    headers_get(&l->request, "Sec-WebSocket-Key"), accept);
	must(strlen(accept) == WS_ACCEPT_BYTES - 1);
	(void)ws_handshake_deflate(&l->request);
	(void)ws_handshake_agrees(&l->answer);
	(void)ws_handshake_extensions(&l->answer, &deflate);
}

static void
fuzz_variant(const struct lines *l)
{
	struct exchange *x = exchange_new();
	struct variant_live live = { .headers = &l->request };
	struct variant *v;

	x->method = STR("GET");
	x->request.headers = l->request;
	x->response.headers = l->answer;
	x->status = 200;
	v = variant_new(x);
	must(variant_allows(v, &live));
	(void)variant_agreement(v, &live);
	variant_free(v);
	exchange_free(x);
}

static void
fuzz_lines(char kind, struct str text)
{
	struct lines l = { .a = { 0 } };

	if (take_lines(&l, text)) {
		if (kind == 'w')
			fuzz_handshake(&l);
		else if (kind == 'v')
			fuzz_variant(&l);
		else
			fuzz_rules(&l);
	}
	arena_fini(&l.a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct {
		char kind;
		void (*fuzz)(struct str value);
	} kinds[] = {
		{ 'c', fuzz_cookie },
		{ 's', fuzz_set_cookie },
		{ 'm', fuzz_mock_cookies },
		{ 'd', fuzz_date },
		{ 'x', fuzz_http_date },
		{ 't', fuzz_trace },
	};
	struct str text;
	size_t i;

	if (n == 0)
		return 0;
	text = (struct str){ (const char *)bytes + 1, n - 1 };
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].kind == (char)bytes[0]) {
			kinds[i].fuzz(text);
			return 0;
		}
	fuzz_lines((char)bytes[0], text);
	return 0;
}
