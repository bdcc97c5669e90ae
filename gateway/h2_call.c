/* One call on an upstream's connection by HTTP/2. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "gateway/meter.h"
#include "gateway/origin.h"
#include "gateway/worker.h"

#include "gateway/h2_back_priv.h"

/* Whoever renders requests has had its own limits. */
static const struct http1_limits h2_call_limits = {
	.line = SIZE_MAX / 2,
	.head = SIZE_MAX / 2,
	.fields = SIZE_MAX / 2,
};

/* Whose response is not read is not waited for either. */
static void
h2_call_expect(struct h2_call *s, int64_t us)
{
	struct call *call = s->c.call;

	s->c.deadline = call->paused ? 0 : call->w->now + us;
}

static void
h2_call_reset(struct h2_call *s, uint32_t code)
{
	if (s->on == NULL || s->closed)
		return;
	nghttp2_submit_rst_stream(
	    s->on->h2->session, NGHTTP2_FLAG_NONE, s->id, code);
	h2_back_wake(s->on);
}

/* ---- the request ----------------------------------------------------- */

/* All that was given is out; the client takes its time with the rest. */
static void
h2_call_dry(struct h2_call *s)
{
	struct call *call = s->c.call;

	s->c.deadline = 0;
	if (!call->full)
		return;
	call->full = false;
	call->handler->on_room(call->arg);
}

/* What there is of the body in its transfer coding. */
static struct str
h2_call_rest(const struct call *call)
{
	size_t at = call->sent - call->request.head.n;

	if (call->request.streamed)
		return buf_str(&call->queue);
	return (
	    struct str){ call->request.body.p + at, call->request.body.n - at };
}

/* n bytes of that are on their way. */
static void
h2_call_count(struct call *call, size_t n)
{
	if (call->request.streamed)
		buf_drop(&call->queue, n);
	else
		call->sent += n;
}

static void
h2_call_trail(struct h2_call *s, uint32_t *flags)
{
	struct h2_list l = { 0 };
	struct headers trailers = s->c.call->request.trailers;

	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (s->body.framing == FRAMING_CHUNKED &&
	    http1_body_trailers(&s->body, &trailers, &s->arena) == -1)
		return;
	h2_list_add_headers(&l, &s->arena, &trailers);
	if (l.n > 0 &&
	    nghttp2_submit_trailer(s->on->h2->session, s->id, l.v, l.n) == 0)
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
}

/* The session wants at most so many bytes of the request's body. */
static ssize_t
h2_call_on_wanted(nghttp2_session *session, int32_t id, uint8_t *p, size_t most,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2_call *s = nghttp2_session_get_stream_user_data(session, id);
	enum http1_step step = HTTP1_MORE;
	enum http1_fault fault;
	struct str rest, bytes;
	size_t used, n = 0;
	struct call *call;

	(void)source;
	(void)arg;
	if (s == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	call = s->c.call;
	while (step == HTTP1_MORE && n < most) {
		rest = h2_call_rest(call);
		if (rest.n > most - n)
			rest.n = most - n;
		if (rest.n == 0)
			break;
		step = http1_body_read(
		    &s->body, rest.p, rest.n, &used, &bytes, &fault);
		if (bytes.n > 0)
			memcpy(p + n, bytes.p, bytes.n);
		n += bytes.n;
		h2_call_count(call, used);
	}
	if (step == HTTP1_FAULT)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	h2_call_expect(s, call->w->settings->upstream_idle_timeout);
	if (s->body.ended && call->finished)
		h2_call_trail(s, flags);
	else if (n == 0) {
		h2_call_dry(s);
		return NGHTTP2_ERR_DEFERRED;
	}
	return (ssize_t)n;
}

static bool
h2_call_submit(struct h2_call *s, const struct http1_head *h)
{
	nghttp2_data_provider body = { .read_callback = h2_call_on_wanted };
	bool empty = h->framing == FRAMING_NONE ||
		     (h->framing == FRAMING_LENGTH && h->length == 0);
	struct h2_list l = { 0 };

	h2_list_add(&l, &s->arena, STR(":method"), h->method);
	h2_list_add(&l, &s->arena, STR(":scheme"), STR("https"));
	h2_list_add(&l, &s->arena, STR(":authority"), h->authority);
	h2_list_add(&l, &s->arena, STR(":path"), h->target);
	h2_list_add_headers(&l, &s->arena, &h->headers);
	if (s->c.call->request.takes_trailers)
		h2_list_add(&l, &s->arena, STR("te"), STR("trailers"));
	http1_body_start(
	    &s->body, h->framing, h->length, s->c.pool->limits.head);
	s->id = nghttp2_submit_request(
	    s->on->h2->session, NULL, l.v, l.n, empty ? NULL : &body, s);
	return s->id > 0;
}

static struct h2_call *
h2_call_new(struct conn *on, struct call *call)
{
	struct h2_call *s = xcalloc(1, sizeof(*s));
	struct conn *c = &s->c;

	s->on = on;
	c->stream = s;
	c->pool = on->pool;
	c->origin = call->request.origin;
	c->call = call;
	c->s.fd = -1;
	c->state = CONN_BUSY;
	c->id = on->id;
	c->reused = on->h2->used;
	memcpy(c->peer, on->peer, sizeof(c->peer));
	conn_events(c);
	TAILQ_INSERT_TAIL(&on->pool->live, c, link);
	TAILQ_INSERT_TAIL(&on->h2->calls, s, link);
	on->h2->ncalls++;
	on->h2->used = true;
	call->conn = c;
	return s;
}

void
h2_call_begin(struct conn *on, struct call *call)
{
	struct h2_call *s = h2_call_new(on, call);
	struct http1_head h = { 0 };
	struct str head = call->request.head;
	enum http1_fault fault;
	size_t seen = 0;

	call->sending = call->w->now;
	call->sent = head.n;
	h2_call_expect(s, call->w->settings->upstream_idle_timeout);
	if (http1_request(&h, &s->arena, head.p, head.n, &seen, &h2_call_limits,
		&fault) != HTTP1_DONE ||
	    !h2_call_submit(s, &h))
		conn_fail_later(&s->c, CALL_WRITE, s->c.peer,
		    "the request cannot be said by HTTP/2");
	h2_back_wake(on);
}

void
h2_call_write(struct conn *c)
{
	struct h2_call *s = c->stream;

	if (s->on == NULL || s->closed)
		return;
	nghttp2_session_resume_data(s->on->h2->session, s->id);
	h2_back_wake(s->on);
}

void
h2_call_on_sent(struct h2_call *s)
{
	struct call *call = s->c.call;

	call->sent_all = true;
	call->all_sent = call->w->now;
	if (!call->got_head)
		h2_call_expect(s, call->w->settings->first_byte_timeout);
}

/* ---- the response ---------------------------------------------------- */

static void
h2_call_came(struct h2_call *s)
{
	struct call *call = s->c.call;

	if (!call->got_any) {
		call->got_any = true;
		call->first_byte = call->w->now;
	}
	s->c.deadline = 0;
	if (!call_is_dry(call))
		h2_call_expect(s, call->w->settings->upstream_idle_timeout);
}

static void
h2_call_bad(struct h2_call *s, enum call_phase phase, const char *why)
{
	conn_fail(&s->c, phase, OUTCOME_BAD_ANSWER, "%s", why);
}

/* Whether such a response never has a body. */
static bool
h2_call_bodiless(const struct call *call, int status)
{
	return status == 204 || status == 304 ||
	       str_is(call->request.method, "HEAD");
}

/* The head as HTTP/1.1 would have it.  False when it is not one. */
static bool
h2_call_read_head(struct h2_call *s, struct http1_head *h, bool ended)
{
	struct call *call = s->c.call;
	struct str length;

	h->status = h2_head_code(&s->head);
	h->reason = str_of(http1_reason(h->status));
	h->minor = 1;
	h->http2 = true;
	h->keep_alive = true;
	h->bytes = s->head.bytes;
	if (h->status == -1 || s->head.fault != H2_HEAD_NONE ||
	    headers_parse(
		&h->headers, &call->w->batch, buf_str(&s->head.lines)) == -1)
		return false;
	length = headers_get(&h->headers, "Content-Length");
	if (length.p != NULL && str_u64(length, &h->length) == -1)
		return false;
	if (h2_call_bodiless(call, h->status))
		h->framing = FRAMING_NONE;
	else if (length.p != NULL)
		h->framing = FRAMING_LENGTH;
	else
		h->framing = FRAMING_CHUNKED;
	return !ended || h->framing != FRAMING_LENGTH || h->length == 0;
}

void
h2_call_on_head(struct h2_call *s, bool ended)
{
	static const struct headers none = { 0 };
	struct call *call = s->c.call;
	struct http1_head h = { 0 };

	h2_call_came(s);
	if (!h2_call_read_head(s, &h, ended)) {
		h2_call_bad(s, CALL_HEAD,
		    s->head.fault != H2_HEAD_NONE
			? h2_head_text(s->head.fault)
			: "the response head is malformed");
		return;
	}
	if (h.status == 101) {
		h2_call_bad(s, CALL_HEAD, "101, which HTTP/2 does not have");
		return;
	}
	if (h.status < 200) {
		call_take_interim(call, &h);
		return;
	}
	call->got_head = true;
	call->keep_alive = true;
	call->handler->on_head(call->arg, &h);
	if (ended)
		h2_call_on_end(s, &none);
	else
		s->on->h2->unflushed = s;
}

void
h2_call_on_body(struct h2_call *s, const char *p, size_t n)
{
	struct call *call = s->c.call;

	h2_call_came(s);
	call->handler->on_body(call->arg, (struct str){ p, n });
	s->on->h2->unflushed = s;
	s->owed += n;
	if (!call->paused)
		h2_call_read(&s->c);
}

void
h2_call_read(struct conn *c)
{
	struct h2_call *s = c->stream;
	size_t n = s->owed;

	s->owed = 0;
	if (s->on == NULL || s->closed || n == 0)
		return;
	nghttp2_session_consume_stream(s->on->h2->session, s->id, n);
	h2_back_wake(s->on);
}

void
h2_call_on_end(struct h2_call *s, const struct headers *trailers)
{
	s->ended = true;
	call_end(s->c.call, trailers, true);
}

void
h2_call_on_trailers(struct h2_call *s)
{
	struct headers trailers = { 0 };
	struct arena a = { 0 };

	h2_call_came(s);
	if (s->head.fault != H2_HEAD_NONE ||
	    headers_parse(&trailers, &a, buf_str(&s->head.lines)) == -1) {
		h2_call_bad(s, CALL_BODY, http1_fault_text(HTTP1_TRAILER));
	} else {
		/* They lie in what is freed with the call's connection. */
		trailers = headers_copy(&trailers, &a);
		h2_call_on_end(s, &trailers);
	}
	arena_fini(&a);
}

/* ---- its end --------------------------------------------------------- */

void
h2_call_lose(struct h2_call *s, enum outcome outcome, const char *how)
{
	struct call *call = s->c.call;

	if (call->got_head)
		conn_fail(&s->c, CALL_BODY, outcome,
		    "%s in the middle of the body", how);
	else if (call->got_any)
		conn_fail(&s->c, CALL_HEAD, outcome,
		    "%s in the middle of the response head", how);
	else
		conn_fail(&s->c, call->sent_all ? CALL_FIRST_BYTE : CALL_WRITE,
		    outcome == OUTCOME_TRUNCATED ? OUTCOME_RESET : outcome,
		    "%s before a response", how);
}

void
h2_call_on_close(struct h2_call *s, uint32_t code)
{
	struct pool_origin *o = pool_origin(s->c.pool, s->c.origin);
	char how[128];

	s->closed = true;
	if (s->malformed) {
		h2_call_bad(s, s->c.call->got_head ? CALL_BODY : CALL_HEAD,
		    "the response is malformed");
		return;
	}
	/* RFC 9113 sections 8.7 and 6.8: nothing was done. */
	s->c.unprocessed = code == NGHTTP2_REFUSED_STREAM;
	if (code == NGHTTP2_HTTP_1_1_REQUIRED && o != NULL) {
		s->c.unprocessed = true;
		o->only_http1 = true;
	}
	snprintf(how, sizeof(how), "the upstream reset the stream (%s)",
	    nghttp2_http2_strerror(code));
	h2_call_lose(s, OUTCOME_RESET, how);
}

void
h2_call_free(struct conn *c)
{
	struct h2_call *s = c->stream;
	struct conn *on = s->on;

	if (!s->ended || !c->call->sent_all)
		h2_call_reset(s, NGHTTP2_CANCEL);
	if (on != NULL && on->h2->unflushed == s)
		on->h2->unflushed = NULL;
	if (on != NULL) {
		if (!s->closed && s->id > 0)
			nghttp2_session_set_stream_user_data(
			    on->h2->session, s->id, NULL);
		TAILQ_REMOVE(&on->h2->calls, s, link);
		on->h2->ncalls--;
		h2_back_wake(on);
	}
	TAILQ_REMOVE(&c->pool->live, c, link);
	event_del(&c->rd);
	event_del(&c->wr);
	http1_body_fini(&s->body);
	h2_head_fini(&s->head);
	arena_fini(&s->arena);
	free(s);
}

void
h2_call_late(struct conn *c)
{
	struct h2_call *s = c->stream;

	/* Where nothing at all comes, the way may be gone. */
	if (s->on != NULL && s->on->h2->came < c->call->sending)
		h2_back_leave(s->on);
}
