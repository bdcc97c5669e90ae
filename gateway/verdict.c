/*
 * A request and its answer against the OpenAPI descriptions (--openapi).
 *
 * The request is judged before anybody answers it, mocks and recordings before
 * their first byte goes out.  Of an upstream's answer the head is judged when
 * it comes and the body when it has gone on its way: nothing waits for it.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/plan.h"
#include "gateway/violations.h"
#include "gateway/worker.h"
#include "mock/contract.h"
#include "mock/mocks.h"
#include "replay/endpoint.h"

#include "gateway/transaction.h"

struct verdict {
	enum contract_match match;
	const struct contract_operation *operation; /* when documented */
	struct contract_findings request, answer;

	/* An answer while it comes. */
	struct arena arena;
	struct headers headers;
	struct buf body;
	bool waits;    /* for its body */
	bool too_long; /* and keeps none of it */
};

/* ---- what is told -------------------------------------------------------- */

static void
verdict_log(struct transaction *t, struct str operation,
    const struct contract_violation *v, uint64_t count)
{
	struct buf text = { 0 };
	char subject[256];

	violations_add_text(&text, v);
	if (count > 1)
		buf_addf(&text, ", %" PRIu64 " times so far", count);
	log_warn(transaction_subject(t, subject, sizeof(subject)),
	    "contract of %.*s: %s",
	    (int)(operation.n < 200 ? operation.n : 200), operation.p,
	    buf_text(&text));
	buf_free(&text);
}

/* Counts findings from the i-th on. */
static void
verdict_tell(struct transaction *t, const struct contract_findings *f, size_t i)
{
	struct violations *all = t->w->shared->violations;
	const struct verdict *d = t->verdict;
	struct buf endpoint = { 0 };
	struct str operation;
	uint64_t count;

	if (d->operation != NULL) {
		operation = contract_operation_text(d->operation);
	} else {
		endpoint_add(
		    &endpoint, t->r->head.method, transaction_told(t), true);
		operation = buf_str(&endpoint);
	}
	for (; i < f->n; i++) {
		count = violations_add(all, operation, &f->v[i]);
		if (count > 0)
			verdict_log(t, operation, &f->v[i], count);
	}
	buf_free(&endpoint);
}

static void
verdict_tell_unchecked(
    struct transaction *t, const char *of, const struct contract_findings *f)
{
	char subject[256];

	if (f->unchecked == NULL)
		return;
	violations_add_unchecked(t->w->shared->violations);
	log_debug(transaction_subject(t, subject, sizeof(subject)),
	    "contract: the body of the %s was not looked into: %s", of,
	    f->unchecked);
}

/* Adds ";request=" and kinds, each once. */
static void
verdict_add_kinds(
    struct buf *b, const char *side, const struct contract_findings *f)
{
	const char *between = "=";
	unsigned seen = 0;
	size_t i;

	if (f->n == 0)
		return;
	buf_addf(b, ";%s", side);
	for (i = 0; i < f->n; i++) {
		if ((seen & CONTRACT_BIT(f->v[i].kind)) != 0)
			continue;
		seen |= CONTRACT_BIT(f->v[i].kind);
		buf_addf(b, "%s%s", between, contract_kind_name(f->v[i].kind));
		between = ",";
	}
}

void
verdict_add_header(struct transaction *t, struct buf *b)
{
	const struct verdict *d = t->verdict;

	if (d == NULL || d->match == CONTRACT_ELSEWHERE ||
	    !t->settings->contract_header)
		return;
	buf_add_text(b, d->request.n + d->answer.n > 0
			    ? "X-Hark-Contract: violated"
			    : "X-Hark-Contract: kept");
	verdict_add_kinds(b, "request", &d->request);
	verdict_add_kinds(b, "answer", &d->answer);
	if (d->request.unchecked != NULL || d->answer.unchecked != NULL)
		buf_addf(b, ";unchecked=%s%s%s",
		    d->request.unchecked != NULL ? "request" : "",
		    d->request.unchecked != NULL && d->answer.unchecked != NULL
			? ","
			: "",
		    d->answer.unchecked != NULL ? "answer" : "");
	if (d->waits)
		buf_add_text(b, ";later=answer");
	buf_add(b, "\r\n", 2);
}

/* ---- the request --------------------------------------------------------- */

void
verdict_request(struct transaction *t)
{
	const struct http1_head *h = &t->r->head;
	struct contract_message m = { .method = h->method,
		.target = h->path,
		.headers = &h->headers,
		.body = t->r->body,
		.passes = t->r->more };
	struct buf upstream = { 0 };
	struct route route;
	struct verdict *d;

	if (t->plan->contract == NULL || h->form == TARGET_AUTHORITY)
		return;
	d = t->verdict = xcalloc(1, sizeof(*d));
	if (origins_route(t->plan->origins, h->authority, h->path, &route)) {
		route_target(&route, h->path, &upstream);
		m.upstream = buf_str(&upstream);
	}
	d->match =
	    contract_request(t->plan->contract, &m, &d->operation, &d->request);
	verdict_tell(t, &d->request, 0);
	verdict_tell_unchecked(t, "request", &d->request);
	buf_free(&upstream);
}

/* ---- answers that are known ---------------------------------------------- */

static struct contract_message
verdict_message(const struct transaction *t, int status,
    const struct headers *headers, struct str body)
{
	return (struct contract_message){ .method = t->r->head.method,
		.status = status,
		.headers = headers,
		.body = body };
}

/* unknown: why the body is not known, if it is not. */
static void
verdict_whole(struct transaction *t, const struct contract_message *m,
    const char *unknown)
{
	const struct contract *c = t->plan->contract;
	struct verdict *d = t->verdict;

	contract_head(c, d->operation, m, &d->answer);
	if (m->body.p != NULL)
		contract_body(c, d->operation, m, &d->answer);
	else
		d->answer.unchecked = unknown;
	verdict_tell(t, &d->answer, 0);
	verdict_tell_unchecked(t, "answer", &d->answer);
}

void
verdict_mock(struct transaction *t, const struct mock_reply *m)
{
	struct contract_message answer;
	struct headers headers = { 0 };
	struct arena a = { 0 };

	if (t->verdict == NULL || t->verdict->operation == NULL)
		return;
	(void)headers_parse(&headers, &a, m->headers);
	answer = verdict_message(t, m->status, &headers,
	    m->stream != NULL ? (struct str){ NULL, 0 }
	    : m->body.n > 0   ? buf_str(&m->body)
			      : STR(""));
	verdict_whole(t, &answer, "it is made while it is sent");
	arena_fini(&a);
}

/* A recorded body; p is NULL when it is too long. */
static struct str
verdict_recorded(struct transaction *t, struct buf *room)
{
	const struct body *body = t->answer->body;
	uint64_t most = t->settings->max_contract_body;
	struct err e;
	int64_t n = 1;

	if (body->stored_id == 0 && body->bytes.n > 0)
		return buf_str(&body->bytes);
	buf_add_text(room, "");
	while (body->size <= most && room->n < body->size && n > 0) {
		n = reply_read(t, room->n, buf_reserve(room, WORKER_SCRATCH),
		    WORKER_SCRATCH, &e);
		room->n += n > 0 ? (size_t)n : 0;
	}
	return room->n == body->size ? (struct str){ buf_text(room), room->n }
				     : (struct str){ NULL, 0 };
}

void
verdict_replay(struct transaction *t)
{
	const struct answer *a = t->answer;
	struct contract_message answer;
	struct buf room = { 0 };

	if (t->verdict == NULL || t->verdict->operation == NULL)
		return;
	answer = verdict_message(
	    t, a->status, &a->headers, verdict_recorded(t, &room));
	verdict_whole(t, &answer, "it is too long");
	buf_free(&room);
}

/* ---- answers that come --------------------------------------------------- */

void
verdict_head(struct transaction *t, const struct http1_head *h)
{
	struct verdict *d = t->verdict;
	struct contract_message m;

	if (d == NULL || d->operation == NULL)
		return;
	d->headers = headers_copy(&h->headers, &d->arena);
	m = verdict_message(t, h->status, &d->headers, STR(""));
	contract_head(t->plan->contract, d->operation, &m, &d->answer);
	verdict_tell(t, &d->answer, 0);
	d->waits = contract_wants_body(d->operation, &m);
}

void
verdict_body(struct transaction *t, struct str bytes)
{
	struct verdict *d = t->verdict;

	if (d == NULL || !d->waits || d->too_long)
		return;
	d->too_long = d->body.n + bytes.n > t->settings->max_contract_body;
	if (d->too_long)
		buf_free(&d->body);
	else
		buf_add_str(&d->body, bytes);
}

void
verdict_end(struct transaction *t)
{
	struct verdict *d = t->verdict;
	struct contract_message m;
	size_t told;

	if (d == NULL || !d->waits)
		return;
	told = d->answer.n;
	m = verdict_message(t, t->status, &d->headers, buf_str(&d->body));
	if (d->too_long)
		d->answer.unchecked = "it is too long";
	else
		contract_body(t->plan->contract, d->operation, &m, &d->answer);
	verdict_tell(t, &d->answer, told);
	verdict_tell_unchecked(t, "answer", &d->answer);
}

void
verdict_free(struct transaction *t)
{
	struct verdict *d = t->verdict;

	if (d == NULL)
		return;
	contract_findings_fini(&d->request);
	contract_findings_fini(&d->answer);
	arena_fini(&d->arena);
	buf_free(&d->body);
	free(d);
}
