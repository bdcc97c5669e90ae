/*
 * The body of a mocked route that comes in pieces (mock/stream.h): each goes
 * out when its time has come, in one chunk.  A client that does not take them
 * has to before the next one is made; when the gateway stops, the body ends.
 */
#include "config.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/traffic_note.h"
#include "gateway/worker.h"
#include "mock/mocks.h"
#include "mock/stream.h"

#include "gateway/transaction.h"

struct trickle {
	struct event *timer;
	bool waits; /* for the client */
};

static void
trickle_finish(struct transaction *t)
{
	static const struct headers none = { 0 };
	struct buf last = { 0 };
	struct iovec v;

	trickle_end(t);
	if (t->framing == REPLY_CHUNKED) {
		http1_add_last_chunk(&last, &none);
		v = (struct iovec){ last.p, last.n };
		client_write(t->c, &v, 1);
		buf_free(&last);
	}
	client_done(t->c, t->keep);
}

static void
trickle_next(struct transaction *t)
{
	uint64_t ms;
	struct timeval tv;

	if (t->w->draining || !stream_more(t->mock->stream, &ms)) {
		trickle_finish(t);
		return;
	}
	tv = (struct timeval){ (time_t)(ms / 1000),
		(suseconds_t)(ms % 1000 * 1000) };
	event_add(t->trickle->timer, &tv);
}

/* Gives what waits at the client now. */
static size_t
trickle_write(struct transaction *t, struct str piece)
{
	struct iovec v[3];
	char size[HTTP1_CHUNK_HEAD], crlf[] = "\r\n";
	int n = 0;

	if (piece.n == 0)
		return 0;
	traffic_note_body(t, piece);
	if (t->framing == REPLY_CHUNKED)
		v[n++] =
		    (struct iovec){ size, http1_chunk_head(size, piece.n) };
	v[n++] = (struct iovec){ (char *)piece.p, piece.n };
	if (t->framing == REPLY_CHUNKED)
		v[n++] = (struct iovec){ crlf, 2 };
	return client_write(t->c, v, n);
}

static void
trickle_tell(struct transaction *t, struct str remarks)
{
	struct str line;
	char subject[256];

	while (remarks.n > 0 && str_cut(&remarks, '\n', &line) && line.n > 0)
		log_warn(transaction_subject(t, subject, sizeof(subject)),
		    "%.*s", STR_ARGS(line));
}

static void
trickle_on_time(evutil_socket_t fd, short what, void *arg)
{
	struct transaction *t = arg;
	struct buf piece = { 0 }, remarks = { 0 };
	struct err e;
	int r;

	(void)fd;
	(void)what;
	t->w->now = clock_mono_us();
	r = stream_take(t->mock->stream, clock_wall_us(), &piece, &remarks, &e);
	if (r == -1)
		buf_addf(&remarks, "an event cannot be made: %s\n", e.text);
	trickle_tell(t, buf_str(&remarks));
	if (r == 0)
		t->trickle->waits = trickle_write(t, buf_str(&piece)) > 0;
	buf_free(&piece);
	buf_free(&remarks);
	if (r == -1)
		transaction_abort(t);
	else if (!t->trickle->waits)
		trickle_next(t);
}

void
trickle_begin(struct transaction *t)
{
	t->trickle = xcalloc(1, sizeof(*t->trickle));
	t->trickle->timer = event_new(t->w->base, -1, 0, trickle_on_time, t);
	if (t->trickle->timer == NULL)
		abort(); /* as for any small piece of memory */
	traffic_note_open(t);
	trickle_next(t);
}

void
trickle_resume(struct transaction *t)
{
	if (!t->trickle->waits)
		return;
	t->trickle->waits = false;
	trickle_next(t);
}

void
trickle_end(struct transaction *t)
{
	if (t->trickle == NULL)
		return;
	event_free(t->trickle->timer);
	free(t->trickle);
	t->trickle = NULL;
}
