#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/worker.h"
#include "har/feed.h"
#include "har/spool.h"
#include "recorder/redact.h"
#include "recorder/rules.h"
#include "recorder/store.h"
#include "replay/intake.h"
#include "replay/key.h"

#include "gateway/long_body.h"

struct long_body {
	struct worker *w;
	const struct headers *headers;
	uint64_t budget;
	struct spool *spool;
	struct intake *plain;

	/* As it was asked for last. */
	struct intake *redacted;
	const struct redactor *by;
	struct buf asked; /* for whom */
	bool same;        /* it is the plain one */
	bool dropped;     /* it could not be looked into */
};

struct long_body *
long_body_new(
    struct worker *w, const struct headers *h, uint64_t budget, struct err *e)
{
	struct spool *spool = spool_new(NULL, e);
	struct long_body *b;

	if (spool == NULL)
		return NULL;
	b = xcalloc(1, sizeof(*b));
	b->w = w;
	b->headers = h;
	b->budget = budget;
	b->spool = spool;
	b->plain = intake_new(w->keyer, h);
	return b;
}

void
long_body_free(struct long_body *b)
{
	if (b == NULL)
		return;
	atomic_fetch_sub(&b->w->shared->spooled_bytes, spool_size(b->spool));
	spool_free(b->spool);
	intake_free(b->plain);
	intake_free(b->redacted);
	buf_free(&b->asked);
	free(b);
}

/* Keys by rules suffer, and nothing else does. */
static void
long_body_warn(const struct err *e)
{
	log_warn(
	    "request body", "not all of it is taken by rules: %s", e->text);
}

enum long_body_added
long_body_add(struct long_body *b, struct str bytes, struct err *e)
{
	struct shared *g = b->w->shared;
	uint64_t before = atomic_fetch_add(&g->spooled_bytes, bytes.n);
	uint64_t was = spool_size(b->spool);
	struct err ignored;

	if (before + bytes.n <= b->budget &&
	    spool_add(b->spool, bytes.p, bytes.n, e) == 0) {
		if (intake_add(b->plain, bytes, &ignored) == -1)
			long_body_warn(&ignored);
		return LONG_BODY_ADDED;
	}
	atomic_fetch_sub(
	    &g->spooled_bytes, bytes.n - (spool_size(b->spool) - was));
	return before + bytes.n > b->budget ? LONG_BODY_OVER_BUDGET
					    : LONG_BODY_FAILED;
}

void
long_body_end(struct long_body *b)
{
	struct err e;

	if (intake_end(b->plain, &e) == -1)
		long_body_warn(&e);
}

uint64_t
long_body_size(const struct long_body *b)
{
	return spool_size(b->spool);
}

int64_t
long_body_read(
    struct long_body *b, uint64_t at, void *p, size_t n, struct err *e)
{
	return spool_read(b->spool, at, p, n, e);
}

/* ---- without secrets -------------------------------------------------- */

/* Takes what s has decided.  held is what it has not. */
static int
long_body_take(struct long_body *b, struct redact_stream *s, struct buf *held,
    struct buf *out, struct err *e)
{
	redact_stream_take(s, held, out);
	b->same = redact_stream_passes(s);
	if (!b->same && intake_add(b->redacted, buf_str(out), e) == -1)
		return -1;
	out->n = 0;
	return 0;
}

static int
long_body_run(struct long_body *b, struct redact_stream *s, struct feed *from,
    struct err *e)
{
	struct buf held = { 0 }, out = { 0 };
	struct str piece;
	int r = 1;

	while (!b->same && r == 1 && (r = feed_next(from, &piece, e)) == 1) {
		buf_add_str(&held, piece);
		if (held.n >= BODY_PART &&
		    long_body_take(b, s, &held, &out, e) == -1)
			r = -1;
	}
	if (r == 0) {
		b->dropped = !redact_stream_end(s, &held);
		r = intake_add(b->redacted, buf_str(&held), e);
	}
	if (r >= 0 && !b->same)
		r = intake_end(b->redacted, e);
	buf_free(&held);
	buf_free(&out);
	return r < 0 ? -1 : 0;
}

/* Rules may be for some requests only. */
static void
long_body_name(const struct rules_request *q, struct buf *name)
{
	buf_add_str(name, q->method);
	buf_add(name, " ", 1);
	buf_add_str(name, q->scope);
}

static int
long_body_redact(struct long_body *b, const struct redactor *by,
    const struct rules_request *q, struct err *e)
{
	struct feed *from = feed_of_spool(b->spool);
	struct redact_stream *s;
	struct redaction d;
	int r;

	intake_free(b->redacted);
	b->redacted = intake_new(b->w->keyer, b->headers);
	b->same = b->dropped = false;
	b->by = NULL;
	redaction_begin(&d, by, q);
	s = redact_stream_new(&d, b->headers);
	redact_stream_forget(s);
	r = long_body_run(b, s, from, e);
	redact_stream_free(s);
	redaction_end(&d);
	feed_free(from);
	if (r == 0)
		b->by = by;
	return r;
}

int
long_body_parts(struct long_body *b, const struct redactor *by,
    const struct rules_request *q, struct key_parts *p, struct err *e)
{
	struct buf name = { 0 };

	if (by == NULL) {
		intake_parts(b->plain, p);
		return 1;
	}
	long_body_name(q, &name);
	if (b->by == by && str_eq(buf_str(&b->asked), buf_str(&name))) {
		buf_free(&name);
	} else {
		buf_free(&b->asked);
		b->asked = name;
		if (long_body_redact(b, by, q, e) == -1)
			return -1;
	}
	if (b->dropped) {
		p->body = (struct str){ NULL, 0 };
		p->identity = NULL;
	} else {
		intake_parts(b->same ? b->plain : b->redacted, p);
	}
	return b->same;
}
