#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/redacted.h"
#include "gateway/transaction.h"
#include "gateway/worker.h"
#include "replay/playwright.h"

#include "gateway/match.h"

/* One way to put the question.  False when it is the last one needed. */
static bool
match_ask_so(struct transaction *t, const struct playwright_request *q,
    enum found *found, struct answer **a)
{
	char subject[256];
	struct err e;

	*found =
	    playwright_answer(t->w->shared->playwright, t->w->reader, q, a, &e);
	if (*found == FOUND_ERROR)
		log_error(transaction_subject(t, subject, sizeof(subject)),
		    "cannot look for a recording: %s", e.text);
	if (*found != FOUND_NOTHING)
		return false;
	if (e.text[0] == '\0')
		return true;
	log_warn(
	    transaction_subject(t, subject, sizeof(subject)), "%s", e.text);
	return false;
}

/* The question as one way to redact has it recorded. */
static bool
match_ask_redacted(struct transaction *t, const struct redactor *by,
    const struct playwright_request *q, enum found *found, struct answer **a)
{
	const struct rules_request whom = { q->method, q->scope, q->target };
	struct playwright_request without = *q;
	struct buf url = { 0 };
	struct redaction d;
	struct redacted r;
	bool more;

	redacted_make(&r, by, &whom, q->headers, q->body);
	without.target = r.target;
	without.headers = r.headers;
	without.body = r.body;
	redaction_begin(&d, by, &whom);
	if (redact_url(&d, q->url, &url))
		without.url = buf_str(&url);
	more = match_ask_so(t, &without, found, a);
	redaction_end(&d);
	redacted_fini(&r);
	buf_free(&url);
	return more;
}

/* In the ways in which secrets are kept out of the tape, and as it is. */
static bool
match_ask(struct transaction *t, const struct playwright_request *q,
    enum found *found, struct answer **a)
{
	const struct redactor *by;
	size_t i;

	for (i = 0; (by = reader_redactor(t->w->reader, i)) != NULL; i++)
		if (!match_ask_redacted(t, by, q, found, a))
			return false;
	return match_ask_so(t, q, found, a);
}

/* By the absolute URL that a Host field and the target make. */
static bool
match_ask_host(struct transaction *t, struct playwright_request *q,
    enum found *found, struct answer **a)
{
	static const char *const schemes[] = { "http://", "https://" };
	struct buf url = { 0 };
	bool more = true;
	size_t i;

	for (i = 0; i < 2 && more; i++) {
		url.n = 0;
		buf_add_text(&url, schemes[i]);
		buf_add_str(&url, t->r->head.authority);
		buf_add_str(&url, t->r->head.path);
		q->url = buf_str(&url);
		more = match_ask(t, q, found, a);
	}
	q->url = STR("");
	buf_free(&url);
	return more;
}

/* By the URL that the request itself names, in a tunnel or not. */
static enum found
match_ask_named(
    struct transaction *t, struct playwright_request *q, struct answer **a)
{
	struct buf url = { 0 };
	enum found found;

	if (t->r->head.form != TARGET_ABSOLUTE) {
		buf_add_text(&url, t->route.origin->base);
		buf_add_str(&url, t->r->head.path);
		q->url = buf_str(&url);
	}
	(void)match_ask(t, q, &found, a);
	buf_free(&url);
	return found;
}

enum found
match_playwright(struct transaction *t, struct answer **a)
{
	const struct http1_head *h = &t->r->head;
	struct playwright_request q = {
		.method = h->method,
		.url = h->form == TARGET_ABSOLUTE ? h->target : STR(""),
		.scope = t->routed ? t->route.scope : STR(""),
		.target = h->path,
		.headers = &h->headers,
		.body = t->r->body,
		/* RFC 9112 section 6.3: a length, if only of 0, is a body. */
		.has_body = h->framing != FRAMING_NONE,
		.navigation = str_is(
		    headers_get(&h->headers, "Sec-Fetch-Mode"), "navigate"),
	};
	enum found found;

	if (t->named && t->routed)
		return match_ask_named(t, &q, a);
	if (!match_ask(t, &q, &found, a))
		return found;
	if (h->form == TARGET_ABSOLUTE) {
		if (q.scope.n == 0)
			return found;
		q.url = STR("");
	} else {
		if (q.scope.n > 0 || h->authority.n == 0 ||
		    !match_ask_host(t, &q, &found, a))
			return found;
		q.scope = h->authority;
	}
	(void)match_ask(t, &q, &found, a);
	return found;
}
