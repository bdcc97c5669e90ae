#include "config.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/mem.h"
#include "gateway/meter.h"
#include "gateway/upstream_priv.h"
#include "gateway/worker.h"

#include "gateway/upstream.h"

#define CALL_MOST_INTERIMS 100         /* they are all recorded */
#define CALL_MOST_QUEUED (256u * 1024) /* of a streamed body */

static const char *const phase_texts[CALL_PHASE_COUNT] = {
#define P(name, text) [CALL_##name] = text,
	CALL_PHASES(P)
#undef P
};

const char *
call_phase_text(enum call_phase p)
{
	return phase_texts[p];
}

bool
call_idempotent(const struct call *call)
{
	static const char *const methods[] = { "GET", "HEAD", "OPTIONS",
		"TRACE", "PUT", "DELETE", "PROPFIND", "QUERY", NULL };
	const char *const *m;

	for (m = methods; *m != NULL; m++)
		if (str_is(call->request.method, *m))
			return true;
	return false;
}

void
call_free(struct call *call)
{
	buf_free(&call->proxied);
	buf_free(&call->queue);
	free(call);
}

static bool
call_may_retry(const struct call *call, const struct call_failure *f)
{
	const struct conn *c = call->conn;

	if (call->got_any || call->retried || f->outcome == OUTCOME_TIMEOUT)
		return false;
	return (c->reused && call_idempotent(call)) ||
	       (c->unprocessed && !call->request.streamed);
}

void
call_fail(struct call *call, const struct call_failure *f)
{
	struct conn *c = call->conn;
	struct call_failure why = *f;

	if (call_may_retry(call, f)) {
		call->retried = true;
		meter_add(call->w->meter, METER_AT(retried), 1);
		conn_free(c);
		conn_start(call, true);
		return;
	}
	call->done = call->w->now;
	meter_add(call->w->meter, METER_AT(failures[why.phase]), 1);
	call->handler->on_failure(call->arg, &why);
	conn_free(c);
	call_free(call);
}

bool
call_take_interim(struct call *call, const struct http1_head *h)
{
	if (++call->interims > CALL_MOST_INTERIMS) {
		conn_fail(call->conn, CALL_HEAD, OUTCOME_BAD_ANSWER,
		    "more than %d interim responses", CALL_MOST_INTERIMS);
		return false;
	}
	call->handler->on_interim(call->arg, h);
	return true;
}

void
call_end(struct call *call, const struct headers *trailers, bool clean)
{
	struct conn *c = call->conn;

	call->done = call->w->now;
	/* The handler may start the next call at once, so the connection is
	 * given back first; peer and times were read at the head. */
	if (clean && call->keep_alive && call->sent_all)
		conn_keep(c);
	else
		conn_free(c);
	call->conn = NULL;
	call->handler->on_end(call->arg, trailers);
	call_free(call);
}

struct call *
call_start(struct worker *w, const struct call_request *r,
    const struct call_handler *h, void *arg)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->w = w;
	call->request = *r;
	call->handler = h;
	call->arg = arg;
	call->started = w->now;
	call->finished = !r->streamed;
	conn_start(call, r->streamed);
	return call;
}

bool
call_is_dry(const struct call *call)
{
	return !call->finished && call->queue.n == 0 &&
	       call->sent >= call->request.head.n;
}

/* What waits goes out, if the connection is up. */
static void
call_push(struct call *call)
{
	struct conn *c = call->conn;

	if (c != NULL && c->state == CONN_BUSY)
		conn_write(c);
}

bool
call_send(struct call *call, const struct iovec *v, int n)
{
	int i;

	if (call->write_failed)
		return false;
	for (i = 0; i < n; i++)
		buf_add(&call->queue, v[i].iov_base, v[i].iov_len);
	call->full = false; /* who sends is not waiting */
	call_push(call);
	call->full = call->queue.n > CALL_MOST_QUEUED;
	return call->full;
}

void
call_finish(struct call *call, const struct headers *trailers)
{
	call->request.trailers = *trailers;
	call->finished = true;
	call->full = false;
	call_push(call);
}

void
call_pause(struct call *call)
{
	if (call->paused || call->conn == NULL)
		return;
	call->paused = true;
	call->conn->deadline = 0;
	event_del(&call->conn->rd);
}

void
call_resume(struct call *call)
{
	struct conn *c = call->conn;

	if (!call->paused || c == NULL)
		return;
	call->paused = false;
	if (!call_is_dry(call))
		c->deadline =
		    call->w->now + call->w->settings->upstream_idle_timeout;
	event_add(&c->rd, NULL);
	if (c->stream != NULL)
		h2_call_read(c);
	if (stream_pending(&c->s))
		event_active(&c->rd, EV_READ, 0);
}

void
call_cancel(struct call *call)
{
	if (call->lookup != NULL)
		lookup_cancel(call->lookup);
	if (call->conn != NULL)
		conn_free(call->conn);
	pool_forget(call);
	call_free(call);
}

static int64_t
call_span(int64_t from, int64_t to)
{
	return from == 0 || to == 0 || to < from ? -1 : to - from;
}

void
call_timings(const struct call *call, struct timings *t)
{
	int64_t tcp = call_span(call->connecting, call->connected);
	int64_t tls = call_span(call->connected, call->secured);

	*t = TIMINGS_UNKNOWN;
	t->dns = call_span(call->started, call->resolved);
	t->tls = tls;
	t->connect = tcp == -1 ? -1 : tcp + (tls == -1 ? 0 : tls);
	t->send = call_span(call->sending, call->all_sent);
	t->wait = call_span(call->all_sent, call->first_byte);
	t->receive = call_span(
	    call->first_byte, call->done != 0 ? call->done : call->w->now);
}

const char *
call_peer(const struct call *call)
{
	return call->conn != NULL ? call->conn->peer : "";
}

uint64_t
call_connection(const struct call *call)
{
	return call->conn != NULL ? call->conn->id : 0;
}
