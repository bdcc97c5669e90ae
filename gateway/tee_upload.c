/*
 * The body of a request that is recorded while it flows.  Of one of which not
 * all came, because the answer was early or an end was, nothing is kept, and
 * its exchange is that of any body.
 */
#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/worker.h"
#include "recorder/recorder.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/intake.h"
#include "replay/key.h"

#include "gateway/transaction.h"

struct upload_tee {
	struct redaction redaction;   /* of the body; its fields are t's */
	struct redact_stream *stream; /* NULL: secrets stay */
	struct intake *intake;        /* of what is kept */
	struct recording *recording;
	struct buf held; /* not decided, or not enough for a part */
	uint64_t size;   /* of what was decided */
	bool whole;
	bool known; /* all of it could be looked into */
};

void
tee_upload_begin(struct transaction *t)
{
	struct upload_tee *u = t->upload_tee = xcalloc(1, sizeof(*u));
	struct exchange *x = t->x;
	const struct rules_request q = { t->r->head.method, t->route.scope,
		t->r->head.path };

	u->intake = intake_new(t->w->keyer, &x->request.headers);
	if (t->w->shared->redactor == NULL)
		return;
	redaction_begin(&u->redaction, t->w->shared->redactor, &q);
	u->stream = redact_stream_new(&u->redaction, &x->request.headers);
	redact_stream_forget(u->stream);
}

/* Of what is decided. */
static void
tee_upload_digest(struct transaction *t, struct str bytes)
{
	struct upload_tee *u = t->upload_tee;
	char subject[256];
	struct err e;

	u->size += bytes.n;
	if (intake_add(u->intake, bytes, &e) == -1)
		log_warn(transaction_subject(t, subject, sizeof(subject)),
		    "recorded without keys by rules: %s", e.text);
}

static void
tee_upload_part(struct transaction *t, struct buf *b)
{
	struct upload_tee *u = t->upload_tee;

	if (b->n == 0)
		return;
	tee_upload_digest(t, buf_str(b));
	if (u->recording == NULL)
		u->recording = recording_new(t->w->shared->recorder);
	recording_part(u->recording, b->p, b->n);
	b->n = 0;
}

void
tee_upload_take(struct transaction *t, struct str bytes)
{
	struct upload_tee *u = t->upload_tee;
	struct buf out = { 0 };

	buf_add_str(&u->held, bytes);
	if (u->held.n < BODY_PART)
		return;
	if (u->stream == NULL) {
		tee_upload_part(t, &u->held);
		return;
	}
	redact_stream_take(u->stream, &u->held, &out);
	tee_upload_part(t, &out);
	buf_free(&out);
}

void
tee_upload_end(struct transaction *t, const struct headers *trailers)
{
	struct upload_tee *u = t->upload_tee;
	struct message *m = &t->x->request;
	struct arena *a = &t->x->arena;

	u->whole = true;
	u->known = u->stream == NULL || redact_stream_end(u->stream, &u->held);
	m->trailers = headers_copy(trailers, a);
	if (u->stream != NULL) {
		m->trailers = *redact_fields(&u->redaction, &m->trailers, a);
		redaction_join(&t->redaction, &u->redaction);
	}
	tee_upload_digest(t, buf_str(&u->held));
	if (u->known && u->stream != NULL)
		redact_stream_follow(u->stream, m, a, u->size);
}

/* What was left behind the last part goes with the exchange. */
static void
tee_upload_keep(struct transaction *t)
{
	struct upload_tee *u = t->upload_tee;
	struct body *b = &t->x->request.body;
	char subject[256];
	struct err e;

	buf_free(&b->bytes);
	b->bytes = u->held;
	b->size = u->size;
	u->held = (struct buf){ 0 };
	if (intake_end(u->intake, &e) == -1)
		log_warn(transaction_subject(t, subject, sizeof(subject)),
		    "recorded without keys by rules: %s", e.text);
	key_exchange_taken(t->w->keyer, t->x, u->intake);
}

struct recording *
tee_upload_settle(struct transaction *t)
{
	struct upload_tee *u = t->upload_tee;
	struct recording *recording = u->recording;

	if (u->whole && u->known) {
		tee_upload_keep(t);
		u->recording = NULL;
		return recording;
	}
	t->x->request.body.known = false;
	key_exchange(t->w->keyer, t->x);
	return NULL; /* tee_upload_free() drops it */
}

void
tee_upload_free(struct transaction *t)
{
	struct upload_tee *u = t->upload_tee;

	if (u == NULL)
		return;
	if (u->recording != NULL)
		recording_drop(u->recording);
	if (u->stream != NULL)
		redaction_end(&u->redaction);
	redact_stream_free(u->stream);
	intake_free(u->intake);
	buf_free(&u->held);
	free(u);
	t->upload_tee = NULL;
}
