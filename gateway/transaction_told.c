/* What logs, figures and people are told of a transaction. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/meter.h"
#include "gateway/plan.h"
#include "gateway/worker.h"
#include "mock/mocks.h"
#include "recorder/rules.h"

#include "gateway/transaction.h"

static const char *const source_texts[SOURCE_COUNT] = {
#define S(name, text) [SOURCE_##name] = text,
	SOURCES(S)
#undef S
};

struct str
transaction_told(struct transaction *t)
{
	const struct redactor *by = t->w->shared->redactor;
	struct str path = t->r->head.path;
	struct redaction d;

	if (by == NULL)
		return path;
	if (t->told.p == NULL) {
		const struct rules_request q = { t->r->head.method,
			t->routed ? t->route.scope : STR(""), path };

		redaction_begin(&d, by, &q);
		t->told = redact_url(&d, path, &t->told_made)
			      ? buf_str(&t->told_made)
			      : path;
		redaction_end(&d);
	}
	return t->told;
}

static int64_t
transaction_took(const struct transaction *t)
{
	int64_t now = t->ended != 0 ? t->ended : clock_mono_us();

	return t->r->started != 0 ? now - t->r->started : 0;
}

/* The id of its trace; p is NULL when it is of none. */
static struct str
transaction_trace(const struct transaction *t)
{
	struct str id =
	    trace_id(t->traceparent[0] != '\0'
			 ? str_of(t->traceparent)
			 : headers_get(&t->r->head.headers, "traceparent"));

	return id.n > 0 ? id : (struct str){ NULL, 0 };
}

/* v in decimal, in place. */
static struct str
transaction_decimal(char text[24], int64_t v)
{
	return (struct str){ text, (size_t)snprintf(text, 24, "%" PRId64, v) };
}

/* What a line of JSON about t has beside its text; what is not known yet is
 * null. */
static void
transaction_about(struct transaction *t, const char *subject)
{
	const struct headers *h = &t->r->head.headers;
	bool answered = t->status != 0;
	struct str none = STR("null");
	char number[24], status[24], took[24];
	const struct log_member members[] = {
		{ "request", transaction_decimal(number, (int64_t)t->number),
		    true },
		{ "client", str_of(client_address(t->c)), false },
		{ "method", t->r->head.method, false },
		{ "path", transaction_told(t), false },
		{ "status",
		    answered ? transaction_decimal(status, t->status) : none,
		    true },
		{ "source", answered ? str_of(source_texts[t->source]) : none,
		    !answered },
		{ "duration_us", transaction_decimal(took, transaction_took(t)),
		    true },
		{ "trace_id", transaction_trace(t), false },
		{ "x_request_id", headers_get(h, "X-Request-Id"), false },
	};

	log_about(subject, members, sizeof(members) / sizeof(members[0]));
}

const char *
transaction_source(const struct transaction *t)
{
	return source_texts[t->source];
}

const char *
transaction_subject(struct transaction *t, char *text, size_t n)
{
	struct str told = transaction_told(t);

	snprintf(text, n, "c%" PRIu64 " %.*s %.*s", client_id(t->c),
	    STR_ARGS(t->r->head.method), (int)(told.n < 200 ? told.n : 200),
	    told.p);
	if (log_is_json())
		transaction_about(t, text);
	return text;
}

void
transaction_log(struct transaction *t)
{
	char subject[256];

	log_debug(transaction_subject(t, subject, sizeof(subject)),
	    "%d from %s%s in %" PRId64 " us", t->status,
	    source_texts[t->source],
	    t->source == SOURCE_REPLAY && t->wanted.tier == TIER_NORMALIZED
		? " (normalized)"
		: "",
	    transaction_took(t));
}

void
transaction_measure(const struct transaction *t)
{
	bool tunnel = t->status == 101 || str_is(t->r->head.method, "CONNECT");
	const struct meter_request r = {
		.source = t->source,
		.mode = (enum mode_id)(t->mode - modes),
		.method = t->r->head.method,
		.status = t->status,
		.us = tunnel || t->r->started == 0 ? -1 : transaction_took(t),
		.route = t->mock != NULL ? t->mock->route : STR(""),
	};

	meter_request(t->w->meter, &r);
}
