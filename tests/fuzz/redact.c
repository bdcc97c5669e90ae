#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "recorder/pseudonym.h"
#include "recorder/redact.h"
#include "recorder/rules.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte says what the rest is.  What must hold: what was redacted
 * changes no more, a stream is redacted as its text is, and that it has the
 * same pseudonyms for a reader without the key.
 */

static const char *const types[] = { "application/json",
	"application/x-www-form-urlencoded", "multipart/form-data; boundary=b",
	"text/plain" };

static void
check_body(struct redaction *d, const char *type, struct str body)
{
	struct buf once = { 0 }, twice = { 0 };
	struct headers h = { 0 };
	struct arena a = { 0 };

	headers_add(&h, &a, STR("Content-Type"), str_of(type));
	if (redact_body(d, &h, body, &once) == REDACT_CHANGED) {
		if (pseudonym_hash(0, buf_str(&once)) == 0)
			abort();
		if (d->rules == NULL &&
		    redact_body(d, &h, buf_str(&once), &twice) != REDACT_SAME)
			abort();
	}
	arena_fini(&a);
	buf_free(&once);
	buf_free(&twice);
}

static void
check_url(struct redaction *d, struct str url)
{
	struct buf once = { 0 };

	if (redact_url(d, url, &once) && pseudonym_hash(0, buf_str(&once)) == 0)
		abort();
	buf_free(&once);
}

static void
check_field(struct redaction *d, const char *name, struct str value)
{
	const struct headers *made;
	struct headers h = { 0 };
	struct arena a = { 0 };

	headers_add(&h, &a, str_of(name), value);
	made = redact_fields(d, &h, &a);
	if (redact_fields(d, made, &a) != made)
		abort();
	arena_fini(&a);
}

/* In pieces, which are all shorter than what a stream holds back. */
static void
check_stream(struct redaction *d, struct str text)
{
	struct exchange *x = exchange_new();
	struct redact_stream *s = redact_stream_new(d, &x->response.headers);
	struct buf whole = { 0 }, b = { 0 }, out = { 0 };
	size_t half = text.n / 2;

	if (!redact_text(d, text, &whole))
		buf_add_str(&whole, text);
	buf_add(&b, text.p, half);
	redact_stream_take(s, &b, &out);
	buf_add(&b, text.p + half, text.n - half);
	redact_stream_take(s, &b, &out);
	(void)redact_stream_end(s, &b);
	buf_add_str(&out, buf_str(&b));
	if (memchr(text.p, '\0', text.n) == NULL &&
	    !str_eq(buf_str(&out), buf_str(&whole)))
		abort();
	redact_stream_free(s);
	exchange_free(x);
	buf_free(&whole);
	buf_free(&b);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct rules_request q = { { "GET", 3 }, { "", 0 },
		{ "/", 1 } };
	struct str text = { (const char *)bytes + 1, n - 1 };
	struct rules *rules;
	struct redactor *redactor;
	struct redaction d;
	struct err e;

	if (n < 2)
		return 0;
	rules = rules_new();
	if (bytes[0] & 64)
		(void)rules_add_text(rules,
		    STR("* * redact json /a $..b\n* * keep json /c\n"
			"* * redact pattern x([a-z]+)\n* * keep pattern ^k\n"),
		    &e);
	redactor = redactor_new(STR("k"), rules);
	redaction_begin(&d, redactor, &q);
	check_body(&d, types[bytes[0] & 3], text);
	check_url(&d, text);
	if ((bytes[0] & 64) == 0) {
		check_field(&d, "Authorization", text);
		check_field(&d, "Cookie", text);
		check_field(&d, "Set-Cookie", text);
		check_field(&d, "X-Api-Key", text);
		check_stream(&d, text);
	}
	redaction_end(&d);
	redactor_free(redactor);
	rules_free(rules);
	return 0;
}
