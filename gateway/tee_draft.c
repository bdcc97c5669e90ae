/*
 * What is recorded of an exchange that goes on for long, such as a talk on a
 * WebSocket or a stream of events, is given to the recorder as it comes, so
 * that a program that is killed has most of it.
 *
 * A timer of the worker runs while there are such exchanges.  One that is
 * over before it was looked at costs a place in a list.
 */
#include "config.h"

#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "recorder/recorder.h"

#include "gateway/transaction.h"

/* As long as the recorder gathers a group. */
#define DRAFT_US 100000

/* A body that comes faster goes to the store in parts anyway, and is written
 * twice for no more than this. */
#define DRAFT_QUICK (64u * 1024)
#define DRAFT_QUICK_US 1000000

static void
tee_draft_arm(struct worker *w)
{
	static const struct timeval tick = { 0, DRAFT_US };

	if (!event_pending(w->draft_tick, EV_TIMEOUT, NULL))
		event_add(w->draft_tick, &tick);
}

void
tee_draft_begin(struct transaction *t)
{
	struct worker *w = t->w;
	struct draft *d = &t->draft;

	if (d->at != NULL)
		return;
	d->at_us = w->now;
	d->next = w->drafts;
	if (d->next != NULL)
		d->next->draft.at = &d->next;
	d->at = &w->drafts;
	w->drafts = t;
	tee_draft_arm(w);
}

void
tee_draft_end(struct transaction *t)
{
	struct draft *d = &t->draft;

	if (d->at == NULL)
		return;
	*d->at = d->next;
	if (d->next != NULL)
		d->next->draft.at = d->at;
	d->at = NULL;
}

void
tee_draft_parted(struct transaction *t)
{
	t->draft.bytes = 0;
}

/*
 * Where secrets are to be kept out, a piece of a body cannot be judged by
 * itself, but whole events can: each ends with an empty line.  A stream that
 * is redacted in parts by now no longer has its events in memory.
 */
static bool
tee_draft_redacts(const struct transaction *t)
{
	return t->w->shared->redactor != NULL && t->tap == NULL;
}

static bool
tee_draft_has_events(const struct transaction *t)
{
	const struct headers *h = &t->x->response.headers;
	struct str type = headers_get(h, "Content-Type");

	return t->stream == NULL && type.p != NULL &&
	       str_istarts(type, "text/event-stream") &&
	       headers_get(h, "Content-Encoding").p == NULL;
}

/* Whether the draft gets any of the body. */
static bool
tee_draft_tells(const struct transaction *t)
{
	return !tee_draft_redacts(t) || tee_draft_has_events(t);
}

static bool
tee_draft_due(const struct transaction *t)
{
	const struct draft *d = &t->draft;
	uint64_t news = t->body_size - d->size;
	int64_t age = t->w->now - d->at_us;

	if (d->begun && (news == 0 || !tee_draft_tells(t)))
		return false;
	return age >= (news > DRAFT_QUICK ? DRAFT_QUICK_US : DRAFT_US);
}

/* What is in memory of the body and not in the draft. */
static struct str
tee_draft_rest(const struct transaction *t)
{
	struct str rest = buf_str(&t->x->response.body.bytes);

	rest.p += t->draft.bytes;
	rest.n -= t->draft.bytes;
	return rest;
}

/* Up to the last empty line. */
static struct str
tee_draft_events(struct str rest)
{
	while (rest.n > 0 && !str_ends(rest, "\n\n") &&
	       !str_ends(rest, "\r\n\r\n") && !str_ends(rest, "\r\r"))
		rest.n--;
	return rest;
}

static struct exchange *
tee_draft_exchange(struct transaction *t)
{
	struct exchange *x = recorder_exchange(t->w->shared->recorder);

	tee_settle(t);
	exchange_copy_begun(x, t->x);
	if (t->call != NULL)
		call_timings(t->call, &x->timings);
	if (t->r->more) {
		body_clear(&x->request.body);
		x->request.body.known = false;
	}
	if (t->w->shared->redactor != NULL)
		redact_response(&t->redaction, x);
	x->response.body.known = tee_draft_tells(t);
	return x;
}

/* Whole events that came, without secrets, which may move their marks. */
static void
tee_draft_news_redacted(
    struct transaction *t, struct recording_news *news, struct buf *changed)
{
	if (!tee_draft_has_events(t))
		return;
	news->bytes = tee_draft_events(tee_draft_rest(t));
	t->draft.bytes += news->bytes.n;
	if (redact_body(&t->redaction, &t->x->response.headers, news->bytes,
		changed) == REDACT_CHANGED)
		news->bytes = buf_str(changed);
}

static void
tee_draft_news(struct transaction *t, struct recording_news *news)
{
	struct draft *d = &t->draft;

	news->bytes = tee_draft_rest(t);
	d->bytes += news->bytes.n;
	news->nmarks = t->nmarks - d->marks;
	news->marks = news->nmarks > 0 ? t->marks + d->marks : NULL;
	if (d->marks > 0)
		news->last = t->marks[d->marks - 1];
	d->marks = t->nmarks;
}

static void
tee_draft_give(struct transaction *t)
{
	struct recording_news news = { .bytes = STR("") };
	struct buf changed = { 0 };
	struct draft *d = &t->draft;

	if (t->recording == NULL)
		t->recording = recording_new(t->w->shared->recorder);
	if (tee_draft_redacts(t))
		tee_draft_news_redacted(t, &news, &changed);
	else
		tee_draft_news(t, &news);
	recording_draft(
	    t->recording, d->begun ? NULL : tee_draft_exchange(t), &news);
	d->begun = true;
	d->at_us = t->w->now;
	d->size = t->body_size;
	buf_free(&changed);
}

void
tee_draft_on_tick(int fd, short what, void *arg)
{
	struct worker *w = arg;
	struct transaction *t;

	(void)fd;
	(void)what;
	w->now = clock_mono_us();
	for (t = w->drafts; t != NULL; t = t->draft.next)
		if (tee_draft_due(t) && !recorder_full(w->shared->recorder))
			tee_draft_give(t);
	if (w->drafts != NULL)
		tee_draft_arm(w);
}
