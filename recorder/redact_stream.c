#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/feed.h"
#include "har/spool.h"
#include "recorder/redact_priv.h"
#include "recorder/secrets.h"
#include "recorder/store.h"

#include "recorder/redact.h"

/* A secret of which no end is seen in that many bytes ends there. */
#define STREAM_MOST (4u * BODY_PART)

enum stream_way {
	STREAM_NEW,
	STREAM_AS_IS,   /* no secrets are possible in it */
	STREAM_TEXT,    /* piece by piece */
	STREAM_WHOLE,   /* held back */
	STREAM_DROPPED, /* too much was */
};

struct redact_stream {
	struct redaction *d;
	const struct headers *headers;
	enum stream_way way;
	size_t before; /* bytes of the buffer that were given out already */
	uint64_t at;   /* of the buffer's first byte, in the body */
	struct redact_shifts shifts;
	bool forgets;                    /* the shifts */
	bool shifted;                    /* there were some */
	uint64_t scaled_from, scaled_to; /* a body in a coding that changed */
};

struct redact_stream *
redact_stream_new(struct redaction *d, const struct headers *h)
{
	struct redact_stream *s = xcalloc(1, sizeof(*s));

	s->d = d;
	s->headers = h;
	return s;
}

void
redact_stream_free(struct redact_stream *s)
{
	if (s == NULL)
		return;
	free(s->shifts.v);
	free(s);
}

void
redact_stream_forget(struct redact_stream *s)
{
	s->forgets = true;
}

bool
redact_stream_passes(const struct redact_stream *s)
{
	return s->way == STREAM_AS_IS;
}

static enum stream_way
stream_choose(const struct redact_stream *s, struct str start)
{
	struct str type = headers_get(s->headers, "Content-Type");
	bool coded = redact_is_coded(s->headers);

	if (type.p == NULL)
		type = STR("");
	if (!secrets_are_possible(type, coded ? STR("?") : start))
		return STREAM_AS_IS;
	return coded || secret_rules_need_whole(s->d->rules) ? STREAM_WHOLE
							     : STREAM_TEXT;
}

/* Up to where all is decided: REDACT_HELD bytes stay back, and no secret is
 * cut. */
static size_t
stream_cut(const struct redact_stream *s, const struct buf *b)
{
	const struct secrets *found = &s->d->found;
	size_t cut = s->before, i, end;

	if (b->n > cut + REDACT_HELD)
		cut = b->n - REDACT_HELD;
	for (i = 0; i < found->n; i++) {
		end = found->v[i].at + found->v[i].n;
		if (found->v[i].at < s->before || found->v[i].at >= cut ||
		    end <= cut)
			continue;
		return end < b->n || b->n > STREAM_MOST ? end : found->v[i].at;
	}
	return cut;
}

/* Replaces what was found in b from one offset to another. */
static void
stream_apply(struct redact_stream *s, const struct buf *b, size_t from,
    size_t to, struct buf *out)
{
	redaction_apply(s->d, buf_str(b), from, to, out, &s->shifts, s->at);
	s->shifted |= s->shifts.n > 0;
	if (s->forgets)
		s->shifts.n = 0;
}

static void
stream_take_text(struct redact_stream *s, struct buf *b, struct buf *out)
{
	struct secrets_in in = redaction_in(s->d);
	size_t cut, keep;

	secrets_in_text(&in, buf_str(b), 0);
	cut = stream_cut(s, b);
	stream_apply(s, b, s->before, cut, out);
	keep = cut < SECRETS_BEFORE ? cut : SECRETS_BEFORE;
	s->at += cut - keep;
	buf_drop(b, cut - keep);
	s->before = keep;
}

void
redact_stream_take(struct redact_stream *s, struct buf *b, struct buf *out)
{
	struct buf swap;

	if (s->way == STREAM_NEW)
		s->way = stream_choose(s, buf_str(b));
	if (s->way == STREAM_WHOLE && b->n > REDACT_WHOLE) {
		s->way = STREAM_DROPPED;
		s->d->dropped = true;
	}
	switch (s->way) {
	case STREAM_NEW:
	case STREAM_WHOLE:
		break;
	case STREAM_AS_IS:
		if (out->n > 0) {
			buf_add_str(out, buf_str(b));
		} else {
			swap = *out;
			*out = *b;
			*b = swap;
		}
		b->n = 0;
		break;
	case STREAM_TEXT:
		stream_take_text(s, b, out);
		break;
	case STREAM_DROPPED:
		b->n = 0;
		break;
	}
}

static void
stream_end_text(struct redact_stream *s, struct buf *b)
{
	struct secrets_in in = redaction_in(s->d);
	struct buf out = { 0 };

	secrets_in_text(&in, buf_str(b), 0);
	stream_apply(s, b, s->before, b->n, &out);
	buf_free(b);
	*b = out;
}

static void
stream_end_whole(struct redact_stream *s, struct buf *b)
{
	struct buf out = { 0 };

	switch (redact_body(s->d, s->headers, buf_str(b), &out)) {
	case REDACT_SAME:
		return;
	case REDACT_CHANGED:
		s->scaled_from = b->n;
		s->scaled_to = out.n;
		buf_free(b);
		*b = out;
		return;
	case REDACT_DROPPED:
		s->way = STREAM_DROPPED;
	}
}

bool
redact_stream_end(struct redact_stream *s, struct buf *b)
{
	if (s->way == STREAM_NEW)
		s->way = STREAM_WHOLE; /* b is all of it */
	if (s->way == STREAM_TEXT)
		stream_end_text(s, b);
	else if (s->way == STREAM_WHOLE)
		stream_end_whole(s, b);
	if (s->way == STREAM_DROPPED)
		b->n = 0;
	return s->way != STREAM_DROPPED;
}

static bool
stream_changed(const struct redact_stream *s)
{
	return s->scaled_from > 0 || s->shifted;
}

void
redact_stream_follow(const struct redact_stream *s, struct message *m,
    struct arena *a, uint64_t size)
{
	if (stream_changed(s))
		redact_follow(m, a, size);
}

void
redact_stream_settle(
    const struct redact_stream *s, struct exchange *x, uint64_t size)
{
	if (s->scaled_from > 0)
		redact_scale_marks(
		    x->chunks, x->nchunks, s->scaled_from, s->scaled_to);
	else
		redact_shift_marks(&s->shifts, x->chunks, x->nchunks);
	redact_stream_follow(s, &x->response, &x->arena, size);
}

/* ---- bodies in files -------------------------------------------------- */

static int
spooled_add(struct spool *to, struct buf *out, struct err *e)
{
	int r = out->n == 0 ? 0 : spool_add(to, out->p, out->n, e);

	out->n = 0;
	return r;
}

/* Runs the body through s into a file. */
static int
spooled_copy(struct redact_stream *s, const struct body *b, struct spool *to,
    struct err *e)
{
	struct feed *from = body_feed(b);
	struct buf held = { 0 }, out = { 0 };
	struct str piece;
	int r;

	while ((r = feed_next(from, &piece, e)) == 1) {
		buf_add_str(&held, piece);
		if (held.n < BODY_PART)
			continue;
		redact_stream_take(s, &held, &out);
		if (spooled_add(to, &out, e) == -1)
			break;
	}
	if (r == 0) {
		(void)redact_stream_end(s, &held);
		r = spooled_add(to, &held, e);
	}
	feed_free(from);
	buf_free(&held);
	buf_free(&out);
	return r == 0 ? 0 : -1;
}

bool
redact_spooled(struct redaction *d, struct message *m, struct arena *a)
{
	struct redact_stream *s = redact_stream_new(d, &m->headers);
	struct body *b = &m->body;
	struct err e;
	struct spool *to = spool_new(NULL, &e);
	bool kept = to != NULL && spooled_copy(s, b, to, &e) == 0 &&
		    s->way != STREAM_DROPPED;
	bool changed = kept && stream_changed(s);

	if (changed) {
		spool_free(b->spool);
		b->spool = to;
		b->size = spool_size(to);
		b->hashed = false;
		redact_follow(m, a, b->size);
	} else {
		spool_free(to);
	}
	redact_stream_free(s);
	return kept;
}
