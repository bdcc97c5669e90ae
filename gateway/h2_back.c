/* An upstream's connection by HTTP/2, which many calls share. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/mem.h"
#include "gateway/meter.h"
#include "gateway/worker.h"

#include "gateway/h2_back_priv.h"

#define H2_BACK_CALLS 256       /* at once, where the upstream takes so many */
#define H2_BACK_KEEP_US 4000000 /* idle, as connections by HTTP/1 */
#define H2_BACK_STREAM (256u * 1024) /* windows that upstreams get */
#define H2_BACK_WINDOW (4 << 20)

static struct h2_call *
h2_back_find(const struct h2_back *b, int32_t id)
{
	return nghttp2_session_get_stream_user_data(b->session, id);
}

void
h2_back_settle(struct h2_back *b, const struct h2_call *s)
{
	struct call *call;

	if (b->unflushed == NULL || b->unflushed == s)
		return;
	call = b->unflushed->c.call;
	b->unflushed = NULL;
	call->handler->on_flush(call->arg);
}

/* ---- what the session says ------------------------------------------- */

static int
h2_back_on_begin_frame(
    nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
	struct conn *c = arg;

	if (!h2_patience_bears(&c->h2->patience, hd, c->pool->w->now))
		nghttp2_session_terminate_session(
		    session, NGHTTP2_ENHANCE_YOUR_CALM);
	return 0;
}

static int
h2_back_on_begin_headers(
    nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct conn *c = arg;
	struct h2_call *s = h2_back_find(c->h2, frame->hd.stream_id);

	(void)session;
	if (s != NULL)
		h2_head_begin(&s->head, &c->pool->limits,
		    s->c.call->got_head ? H2_TRAILERS : H2_RESPONSE);
	return 0;
}

static int
h2_back_on_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t namelen, const uint8_t *value, size_t valuelen,
    uint8_t flags, void *arg)
{
	struct conn *c = arg;
	struct h2_call *s = h2_back_find(c->h2, frame->hd.stream_id);

	(void)session;
	(void)flags;
	if (s != NULL)
		h2_head_add(&s->head,
		    (struct str){ (const char *)name, namelen },
		    (struct str){ (const char *)value, valuelen });
	return 0;
}

/* One that the session would only leave out. */
static int
h2_back_on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t namelen, const uint8_t *value, size_t valuelen,
    uint8_t flags, void *arg)
{
	struct conn *c = arg;
	struct h2_call *s = h2_back_find(c->h2, frame->hd.stream_id);

	(void)session;
	(void)name;
	(void)namelen;
	(void)value;
	(void)valuelen;
	(void)flags;
	if (s != NULL)
		h2_head_spoil(&s->head, H2_HEAD_VALUE);
	return 0;
}

static int
h2_back_on_invalid_frame(
    nghttp2_session *session, const nghttp2_frame *frame, int code, void *arg)
{
	struct conn *c = arg;
	struct h2_call *s = h2_back_find(c->h2, frame->hd.stream_id);

	(void)session;
	(void)code;
	if (s != NULL)
		s->malformed = true;
	return 0;
}

static int
h2_back_on_frame(
    nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	static const struct headers none = { 0 };
	struct conn *c = arg;
	bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
	struct h2_call *s;

	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		h2_back_leave(c);
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	s = h2_back_find(c->h2, frame->hd.stream_id);
	if (s == NULL)
		return 0;
	h2_back_settle(c->h2, s);
	if (frame->hd.type == NGHTTP2_DATA) {
		if (ended)
			h2_call_on_end(s, &none);
	} else if (!s->c.call->got_head) {
		h2_call_on_head(s, ended);
	} else {
		h2_call_on_trailers(s);
	}
	return 0;
}

static int
h2_back_on_data(nghttp2_session *session, uint8_t flags, int32_t id,
    const uint8_t *p, size_t n, void *arg)
{
	struct conn *c = arg;
	struct h2_call *s = h2_back_find(c->h2, id);

	(void)flags;
	/* A call that is not read must not stop the others. */
	nghttp2_session_consume_connection(session, n);
	h2_back_settle(c->h2, s);
	if (s != NULL)
		h2_call_on_body(s, (const char *)p, n);
	return 0;
}

static int
h2_back_on_stream_close(
    nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct conn *c = arg;
	struct h2_call *s = h2_back_find(c->h2, id);

	(void)session;
	h2_back_settle(c->h2, s);
	if (s != NULL)
		h2_call_on_close(s, code);
	return 0;
}

static int
h2_back_on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct conn *c = arg;
	struct h2_call *s;

	(void)session;
	if ((frame->hd.type != NGHTTP2_HEADERS &&
		frame->hd.type != NGHTTP2_DATA) ||
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
		return 0;
	s = h2_back_find(c->h2, frame->hd.stream_id);
	if (s != NULL)
		h2_call_on_sent(s);
	return 0;
}

static nghttp2_session *
h2_back_session(struct conn *c)
{
	nghttp2_session_callbacks *cb;
	nghttp2_session *session;

	if (nghttp2_session_callbacks_new(&cb) != 0)
		return NULL;
	nghttp2_session_callbacks_set_on_begin_frame_callback(
	    cb, h2_back_on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(
	    cb, h2_back_on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(cb, h2_back_on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(
	    cb, h2_back_on_invalid_header);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
	    cb, h2_back_on_invalid_frame);
	nghttp2_session_callbacks_set_on_frame_recv_callback(
	    cb, h2_back_on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
	    cb, h2_back_on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(
	    cb, h2_back_on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(
	    cb, h2_back_on_sent);
	session = h2_session_client(cb, c);
	nghttp2_session_callbacks_del(cb);
	return session;
}

/* ---- life ------------------------------------------------------------ */

void
h2_back_leave(struct conn *c)
{
	struct h2_back *b = c->h2;

	b->leaving = true;
	if (b->listed)
		TAILQ_REMOVE(&pool_origin(c->pool, c->origin)->shared, c, kept);
	b->listed = false;
}

/* Others find it, where connections are kept. */
static void
h2_back_list(struct conn *c)
{
	struct pool_origin *o = pool_origin(c->pool, c->origin);

	if (o == NULL || !c->pool->keeps)
		return;
	TAILQ_INSERT_HEAD(&o->shared, c, kept);
	c->h2->listed = true;
}

void
h2_back_begin(struct conn *c)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_BACK_STREAM },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
		    (uint32_t)c->pool->limits.head },
	};
	struct call *call = c->call;
	struct h2_back *b = xcalloc(1, sizeof(*b));

	c->h2 = b;
	TAILQ_INIT(&b->calls);
	b->session = h2_back_session(c);
	if (b->session == NULL ||
	    nghttp2_submit_settings(b->session, NGHTTP2_FLAG_NONE, settings,
		sizeof(settings) / sizeof(*settings)) != 0) {
		conn_fail(c, CALL_TLS, OUTCOME_REFUSED, "no memory for HTTP/2");
		return;
	}
	nghttp2_session_set_local_window_size(
	    b->session, NGHTTP2_FLAG_NONE, 0, H2_BACK_WINDOW);
	c->call = NULL;
	c->state = CONN_SHARED;
	c->deadline = 0;
	event_add(&c->rd, NULL);
	h2_back_list(c);
	h2_call_begin(c, call);
}

static bool
h2_back_has_room(const struct conn *c)
{
	const struct h2_back *b = c->h2;
	uint32_t most = nghttp2_session_get_remote_settings(
	    b->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);

	return b->ncalls < H2_BACK_CALLS && b->ncalls < most &&
	       nghttp2_session_check_request_allowed(b->session);
}

bool
h2_back_take(struct pool *p, struct call *call)
{
	struct pool_origin *o = pool_origin(p, call->request.origin);
	struct conn *c;

	if (o == NULL)
		return false;
	TAILQ_FOREACH(c, &o->shared, kept)
	if (h2_back_has_room(c)) {
		meter_add(p->w->meter, METER_AT(taken), 1);
		h2_call_begin(c, call);
		return true;
	}
	return false;
}

void
h2_back_free(struct conn *c)
{
	struct h2_call *s;

	h2_back_leave(c);
	while ((s = TAILQ_FIRST(&c->h2->calls)) != NULL) {
		TAILQ_REMOVE(&c->h2->calls, s, link);
		s->on = NULL;
	}
	if (c->h2->session != NULL)
		nghttp2_session_del(c->h2->session);
	buf_free(&c->h2->out.b);
	free(c->h2);
	c->h2 = NULL;
}

/* All its calls fail, and it is freed. */
static void
h2_back_lose(struct conn *c, enum outcome outcome, const char *how)
{
	struct h2_call *s;

	h2_back_leave(c);
	c->h2->in_session = true; /* nothing is sent any more */
	while ((s = TAILQ_FIRST(&c->h2->calls)) != NULL)
		h2_call_lose(s, outcome, how);
	conn_free(c);
}

void
h2_back_wake(struct conn *c)
{
	if (!c->h2->in_session)
		event_active(&c->wr, EV_WRITE, 0);
}

/* Its last words are out, and it has no calls. */
static bool
h2_back_is_over(const struct conn *c)
{
	const struct h2_back *b = c->h2;

	return b->ncalls == 0 && !b->listed && h2_out_waiting(&b->out) == 0 &&
	       !nghttp2_session_want_write(b->session);
}

void
h2_back_flush(struct conn *c)
{
	struct h2_back *b = c->h2;
	enum h2_sent sent;
	bool moved = false;

	b->in_session = true;
	sent = h2_out_send(&b->out, b->session, &c->s, &moved);
	b->in_session = false;
	if (sent == H2_SENT_BROKEN) {
		h2_back_lose(
		    c, OUTCOME_RESET, "the upstream closed the connection");
		return;
	}
	if (sent == H2_SENT_TURN)
		event_active(&c->wr, EV_WRITE, 0);
	else if (sent == H2_SENT_LATER && !c->s.write_wants_read)
		event_add(&c->wr, NULL);
	if (!nghttp2_session_want_read(b->session))
		h2_back_leave(c);
	if (b->ncalls > 0)
		c->deadline = 0;
	else if (c->deadline == 0)
		c->deadline = c->pool->w->now + H2_BACK_KEEP_US;
	if (h2_back_is_over(c))
		conn_free(c);
}

static void
h2_back_take_bytes(struct conn *c, const char *p, size_t n)
{
	struct h2_back *b = c->h2;
	ssize_t took;
	char how[128];

	b->came = c->pool->w->now;
	b->in_session = true;
	took = nghttp2_session_mem_recv(b->session, (const uint8_t *)p, n);
	h2_back_settle(b, NULL);
	b->in_session = false;
	if (took < 0) {
		snprintf(how, sizeof(how), "no HTTP/2: %s",
		    nghttp2_strerror((int)took));
		h2_back_lose(c, OUTCOME_BAD_ANSWER, how);
		return;
	}
	if (stream_pending(&c->s))
		event_active(&c->rd, EV_READ, 0);
	h2_back_flush(c);
}

void
h2_back_read(struct conn *c)
{
	struct worker *w = c->pool->w;
	char how[CONN_HOW];
	ssize_t n = conn_receive(c, how);

	if (n == STREAM_LATER)
		return;
	if (n == STREAM_BROKEN || n == STREAM_END) {
		h2_back_lose(c,
		    n == STREAM_END ? OUTCOME_TRUNCATED : OUTCOME_RESET, how);
		return;
	}
	arena_reset(&w->batch);
	h2_back_take_bytes(c, w->scratch, (size_t)n);
}
