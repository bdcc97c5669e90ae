/* The live answer to a request that has a recording, put beside it. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/body_out.h"
#include "gateway/differences.h"
#include "gateway/http1.h"
#include "gateway/printable.h"
#include "gateway/worker.h"
#include "har/exchange.h"
#include "replay/drift.h"
#include "replay/endpoint.h"

#include "gateway/transaction.h"

#define COMPARE_BODY_MOST (1u << 20) /* longer ones are not looked into */
#define COMPARE_DECODED_MOST (8u << 20)
#define COMPARE_LINES 20 /* in the log about one answer */

struct compare {
	struct answer *recorded;
	struct exchange *live;
};

void
compare_begin(struct transaction *t, struct answer *a)
{
	t->compare = xcalloc(1, sizeof(*t->compare));
	t->compare->recorded = a;
	t->compare->live = exchange_new();
}

void
compare_end(struct transaction *t)
{
	if (t->compare == NULL)
		return;
	answer_unref(t->compare->recorded);
	exchange_free(t->compare->live);
	free(t->compare);
	t->compare = NULL;
}

void
compare_head(struct transaction *t, const struct http1_head *h)
{
	struct exchange *x = t->compare->live;

	x->status = h->status;
	x->response.headers = headers_copy(&h->headers, &x->arena);
}

void
compare_body(struct transaction *t, struct str bytes)
{
	struct body *b = &t->compare->live->response.body;

	if (b->known && b->bytes.n + bytes.n <= COMPARE_BODY_MOST) {
		buf_add_str(&b->bytes, bytes);
	} else {
		b->known = false;
		buf_free(&b->bytes);
	}
}

static void
compare_log(struct transaction *t, const struct drift_findings *f)
{
	struct buf text = { 0 }, line = { 0 };
	char subject[256];
	size_t i;

	transaction_subject(t, subject, sizeof(subject));
	for (i = 0; i < f->n && i < COMPARE_LINES; i++) {
		text.n = line.n = 0;
		drift_text(&f->v[i], &text);
		printable_add(&line, buf_str(&text), false);
		if (f->v[i].breaking)
			log_warn(subject,
			    "breaking drift from entry %" PRId64 ": %s",
			    t->compare->recorded->entry, buf_text(&line));
		else
			log_info(subject, "drift from entry %" PRId64 ": %s",
			    t->compare->recorded->entry, buf_text(&line));
	}
	buf_free(&text);
	buf_free(&line);
}

/* What differs, into *f.  0 or -1. */
static int
compare_findings(
    const struct transaction *t, struct drift_findings *f, struct err *e)
{
	const struct compare *c = t->compare;
	struct exchange was = { .method = t->r->head.method,
		.url = t->r->head.path,
		.status = c->recorded->status,
		.response = { .headers = c->recorded->headers,
		    .body = *c->recorded->body } }; /* views */
	struct drift *d = drift_new();
	struct buf scratch = { 0 };
	int r;

	r = drift_learn(d, &was,
	    body_out_plain(&was.response, COMPARE_DECODED_MOST, &scratch), e);
	if (r == 0)
		r = drift_compare(d, &was, c->live,
		    body_out_plain(
			&c->live->response, COMPARE_DECODED_MOST, &scratch),
		    f, e);
	buf_free(&scratch);
	drift_free(d);
	return r;
}

void
compare_answer(struct transaction *t)
{
	struct drift_findings f = { .v = NULL };
	struct buf endpoint = { 0 };
	char subject[256];
	struct err e;

	if (compare_findings(t, &f, &e) == 0) {
		compare_log(t, &f);
		endpoint_add(
		    &endpoint, t->r->head.method, transaction_told(t), true);
		differences_add(
		    t->w->shared->differences, buf_str(&endpoint), &f);
	} else {
		log_warn(transaction_subject(t, subject, sizeof(subject)),
		    "cannot be compared: %s", e.text);
	}
	buf_free(&endpoint);
	drift_findings_fini(&f);
}

void
compare_socket(struct transaction *t, const struct http1_head *h)
{
	compare_head(t, h);
	compare_answer(t);
	compare_end(t);
}
