/* A request goes out on a connection and a response comes in. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <event2/event.h>

#include "gateway/upstream_priv.h"
#include "gateway/worker.h"

/* What is still to go out, in at most two pieces. */
static int
call_rest(const struct call *call, struct iovec v[2])
{
	struct str head = call->request.head;
	struct str body =
	    call->request.streamed ? buf_str(&call->queue) : call->request.body;
	size_t at = call->sent;
	int n = 0;

	if (at < head.n)
		v[n++] = (struct iovec){ (char *)head.p + at, head.n - at };
	at = at < head.n ? 0 : at - head.n;
	if (at < body.n)
		v[n++] = (struct iovec){ (char *)body.p + at, body.n - at };
	return n;
}

/* Whose response is not read is not waited for either. */
static void
conn_expect(struct conn *c, int64_t us)
{
	c->deadline = c->call->paused ? 0 : c->pool->w->now + us;
}

/* The socket took n bytes. */
static void
call_count(struct call *call, size_t n)
{
	size_t head = call->request.head.n;

	call->sent += n;
	if (!call->request.streamed || call->sent <= head)
		return;
	buf_drop(&call->queue, call->sent - head);
	call->sent = head;
}

/* The upstream reads no more.  A server that refuses an upload answers and
 * closes, so that this is not yet the end. */
static void
conn_write_failed(struct conn *c)
{
	struct call *call = c->call;

	call->write_failed = true;
	buf_free(&call->queue);
	if (c->deadline == 0)
		conn_expect(c, call->w->settings->first_byte_timeout);
}

/* All that was given is out; the client takes its time with the rest. */
static void
conn_dry(struct conn *c)
{
	struct call *call = c->call;

	c->deadline = 0;
	if (!call->full)
		return;
	call->full = false;
	call->handler->on_room(call->arg);
}

/* Sends what the socket takes. */
void
conn_write(struct conn *c)
{
	struct call *call = c->call;
	const struct settings *s = call->w->settings;
	struct iovec v[2];
	ssize_t sent;
	int n;

	if (c->stream != NULL) {
		h2_call_write(c);
		return;
	}
	if (call->write_failed)
		return;
	while ((n = call_rest(call, v)) > 0) {
		sent = stream_write(&c->s, v, n);
		if (sent == STREAM_BROKEN) {
			conn_write_failed(c);
			return;
		}
		if (sent == STREAM_LATER) {
			if (c->deadline == 0)
				conn_expect(c, s->upstream_idle_timeout);
			event_add(&c->wr, NULL);
			return;
		}
		call_count(call, (size_t)sent);
		conn_expect(c, s->upstream_idle_timeout);
	}
	if (!call->finished) {
		conn_dry(c);
		return;
	}
	call->sent_all = true;
	call->all_sent = call->w->now;
	conn_expect(c, s->first_byte_timeout);
}

void
conn_begin(struct conn *c)
{
	if (c->call->request.head.n == 0) {
		conn_lane_begin(c, NULL, NULL, 0);
		return;
	}
	c->state = CONN_BUSY;
	c->call->sending = c->call->w->now;
	c->deadline =
	    c->call->w->now + c->call->w->settings->upstream_idle_timeout;
	event_add(&c->rd, NULL);
	conn_write(c);
}

static void
conn_read_faulty(struct conn *c, enum http1_fault fault, enum call_phase phase)
{
	conn_fail(c, phase, OUTCOME_BAD_ANSWER, "%s", http1_fault_text(fault));
}

/*
 * Hands n bytes of body on.  Gives false when the call is over and neither
 * it nor the connection may be touched.
 */
static bool
conn_take_body(struct conn *c, const char *p, size_t n)
{
	struct call *call = c->call;
	struct headers trailers = { 0 };
	enum http1_step step;
	enum http1_fault fault;
	struct str data;
	size_t used;

	do {
		step = http1_body_read(&c->reader, p, n, &used, &data, &fault);
		p += used;
		n -= used;
		if (data.n > 0)
			call->handler->on_body(call->arg, data);
	} while (step == HTTP1_MORE && n > 0);
	if (step == HTTP1_MORE)
		return true;
	if (step == HTTP1_DONE &&
	    http1_body_trailers(&c->reader, &trailers, &call->w->batch) == -1) {
		step = HTTP1_FAULT;
		fault = HTTP1_TRAILER;
	}
	if (step == HTTP1_FAULT)
		conn_read_faulty(c, fault, CALL_BODY);
	else
		call_end(call, &trailers, n == 0);
	return false;
}

/*
 * A whole head, with n bytes at p behind it, which are only looked at when
 * no body can be among them: then the call is over and they spoil the
 * connection, or are the first of a lane.  False when the call is over.
 */
static bool
conn_take_head(
    struct conn *c, const struct http1_head *h, const char *p, size_t n)
{
	struct call *call = c->call;

	if (h->status == 101 && call->request.upgrade) {
		call->got_head = true;
		conn_lane_begin(c, h, p, n);
		return false;
	}
	if (h->status == 101) {
		conn_fail(c, CALL_HEAD, OUTCOME_BAD_ANSWER,
		    "101 without having been asked to switch protocols");
		return false;
	}
	if (h->status < 200) {
		if (!call_take_interim(call, h))
			return false;
		if (call->sent_all)
			conn_expect(c, call->w->settings->first_byte_timeout);
		return true;
	}
	call->got_head = true;
	call->keep_alive = h->keep_alive && h->framing != FRAMING_CLOSE;
	http1_body_fini(&c->reader);
	http1_body_start(&c->reader, h->framing,
	    h->framing == FRAMING_LENGTH ? h->length : 0,
	    call->w->settings->max_header_bytes);
	call->handler->on_head(call->arg, h);
	if (h->framing == FRAMING_NONE ||
	    (h->framing == FRAMING_LENGTH && h->length == 0))
		return conn_take_body(c, p, n);
	return true;
}

static enum http1_step
conn_parse(struct conn *c, const char *p, size_t n, struct http1_head *h,
    enum http1_fault *fault)
{
	struct call *call = c->call;

	*h = (struct http1_head){ 0 };
	return http1_response(h, &call->w->batch, p, n, &c->seen,
	    call->request.method, &c->pool->limits, fault);
}

/* Bytes came.  False when the call is over. */
static bool
conn_take(struct conn *c, const char *p, size_t n)
{
	struct call *call = c->call;
	struct http1_head h;
	enum http1_step step;
	enum http1_fault fault;
	bool on = true;

	if (!call->got_head && c->in.n > 0) {
		/* Body bytes among these are only written by on_flush(). */
		buf_add(&c->in, p, n);
		n = c->in.n;
		p = arena_strndup(&call->w->batch, c->in.p, n);
		buf_clear(&c->in, 0);
	}
	while (on && !call->got_head && n > 0) {
		step = conn_parse(c, p, n, &h, &fault);
		if (step == HTTP1_MORE) {
			buf_add(&c->in, p, n);
			n = 0;
			break;
		}
		c->seen = 0;
		p += h.bytes;
		n -= h.bytes;
		if (step == HTTP1_FAULT) {
			conn_read_faulty(c, fault, CALL_HEAD);
			on = false;
		} else {
			on = conn_take_head(c, &h, p, n);
		}
	}
	if (on && call->got_head && n > 0)
		on = conn_take_body(c, p, n);
	return on;
}

/* The other side is done: the end of a body that has no other, or a cut. */
static void
conn_take_eof(struct conn *c, bool clean, const char *how)
{
	struct call *call = c->call;
	struct headers none = { 0 };

	if (call->got_head && c->reader.framing == FRAMING_CLOSE && clean)
		call_end(call, &none, false);
	else if (call->got_head)
		conn_fail(c, CALL_BODY,
		    clean ? OUTCOME_TRUNCATED : OUTCOME_RESET,
		    "%s in the middle of the body", how);
	else if (call->got_any)
		conn_fail(c, CALL_HEAD,
		    clean ? OUTCOME_TRUNCATED : OUTCOME_RESET,
		    "%s in the middle of the response head", how);
	else
		conn_fail(c, call->write_failed ? CALL_WRITE : CALL_FIRST_BYTE,
		    OUTCOME_RESET, "%s before a response", how);
}

ssize_t
conn_receive(struct conn *c, char how[CONN_HOW])
{
	ssize_t n = stream_read(&c->s, c->pool->w->scratch, WORKER_SCRATCH);

	if (n == STREAM_LATER && c->s.read_wants_write)
		event_add(&c->wr, NULL);
	else if (n == STREAM_END)
		snprintf(how, CONN_HOW, "the upstream closed the connection");
	else if (n == STREAM_BROKEN)
		stream_failure(&c->s, how, CONN_HOW);
	return n;
}

/* A head that comes by bits gets no more time by that. */
static void
conn_expect_more(struct conn *c)
{
	struct call *call = c->call;

	if (call->sent_all && !call->got_head)
		return;
	c->deadline = 0;
	if (!call_is_dry(call))
		conn_expect(c, call->w->settings->upstream_idle_timeout);
}

void
conn_read(struct conn *c)
{
	struct call *call = c->call;
	struct worker *w = c->pool->w;
	char how[CONN_HOW];
	ssize_t n = conn_receive(c, how);

	if (n == STREAM_LATER)
		return;
	if (n == STREAM_BROKEN || n == STREAM_END) {
		conn_take_eof(c, n == STREAM_END, how);
		return;
	}
	if (!call->got_any) {
		call->got_any = true;
		call->first_byte = w->now;
	}
	arena_reset(&w->batch);
	if (!conn_take(c, w->scratch, (size_t)n))
		return;
	conn_expect_more(c);
	call->handler->on_flush(call->arg);
	if (!call->paused && stream_pending(&c->s))
		event_active(&c->rd, EV_READ, 0);
}

/* A kept connection that says anything is of no more use, but for TLS
 * records that carry no data (session tickets). */
void
conn_read_kept(struct conn *c)
{
	char byte;

	if (c->s.ssl == NULL || stream_read(&c->s, &byte, 1) != STREAM_LATER)
		conn_free(c);
}
