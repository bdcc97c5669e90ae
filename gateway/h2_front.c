/* A client's connection by HTTP/2: frames in and out, its limits, its end. */
#include "config.h"

#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/worker.h"

#include "gateway/h2_front_priv.h"

#define H2_FRONT_REQUESTS 128 /* of a connection at once */
#define H2_FRONT_ROUNDS 8     /* of sending before others have their turn */

static struct h2_request *
h2_front_find(const struct h2_front *f, int32_t id)
{
	return nghttp2_session_get_stream_user_data(f->session, id);
}

/* ---- what the session says ------------------------------------------- */

static int
h2_front_on_begin_frame(
    nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg)
{
	struct client *c = arg;

	if (h2_patience_bears(&c->h2->patience, hd, c->w->now))
		return 0;
	if (!c->h2->leaving)
		log_debug(c->address,
		    "too many frames that only cost: the connection is ended");
	c->h2->leaving = true;
	nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
	return 0;
}

static int
h2_front_on_begin_headers(
    nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct client *c = arg;
	struct h2_request *r;

	if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
		r = h2_front_find(c->h2, frame->hd.stream_id);
		if (r != NULL)
			h2_head_begin(
			    &r->head, &c->w->clients->limits, H2_TRAILERS);
		return 0;
	}
	r = h2_request_new(c, frame->hd.stream_id);
	h2_head_begin(&r->head, &c->w->clients->limits, H2_REQUEST);
	nghttp2_session_set_stream_user_data(session, r->id, r);
	return 0;
}

static int
h2_front_on_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t namelen, const uint8_t *value, size_t valuelen,
    uint8_t flags, void *arg)
{
	struct client *c = arg;
	struct h2_request *r = h2_front_find(c->h2, frame->hd.stream_id);

	(void)session;
	(void)flags;
	if (r != NULL)
		h2_head_add(&r->head,
		    (struct str){ (const char *)name, namelen },
		    (struct str){ (const char *)value, valuelen });
	return 0;
}

/* One that the session would only leave out. */
static int
h2_front_on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
    const uint8_t *name, size_t namelen, const uint8_t *value, size_t valuelen,
    uint8_t flags, void *arg)
{
	struct client *c = arg;
	struct h2_request *r = h2_front_find(c->h2, frame->hd.stream_id);

	h2_front_on_header(
	    session, frame, name, namelen, value, valuelen, flags, arg);
	if (r != NULL)
		h2_head_spoil(&r->head, H2_HEAD_VALUE);
	return 0;
}

static int
h2_front_on_frame(
    nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct client *c = arg;
	bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
	struct h2_request *r;

	(void)session;
	if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
		return 0;
	r = h2_front_find(c->h2, frame->hd.stream_id);
	if (r == NULL)
		return 0;
	if (frame->hd.type == NGHTTP2_DATA) {
		if (ended)
			h2_request_on_body_end(r);
	} else if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
		h2_request_on_head(r, ended);
	} else {
		h2_request_on_trailers(r);
	}
	return 0;
}

static int
h2_front_on_data(nghttp2_session *session, uint8_t flags, int32_t id,
    const uint8_t *p, size_t n, void *arg)
{
	struct client *c = arg;
	struct h2_request *r = h2_front_find(c->h2, id);

	/* One that is not read must not stop the others. */
	nghttp2_session_consume_connection(session, n);
	if (r != NULL)
		h2_request_on_body(r, (const char *)p, n,
		    (flags & NGHTTP2_FLAG_END_STREAM) != 0);
	return 0;
}

static int
h2_front_on_stream_close(
    nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct client *c = arg;
	struct h2_request *r = h2_front_find(c->h2, id);

	(void)session;
	if (r != NULL)
		h2_request_on_close(r, code);
	return 0;
}

/* A reply that is out before its request was: the rest is not wanted (RFC
 * 9113 section 8.1). */
static int
h2_front_on_sent(
    nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct client *c = arg;
	struct h2_request *r;

	if ((frame->hd.type != NGHTTP2_HEADERS &&
		frame->hd.type != NGHTTP2_DATA) ||
	    (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
		return 0;
	r = h2_front_find(c->h2, frame->hd.stream_id);
	if (r != NULL && !r->ended)
		nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE,
		    frame->hd.stream_id, NGHTTP2_NO_ERROR);
	return 0;
}

static nghttp2_session *
h2_front_session(struct client *c)
{
	nghttp2_session_callbacks *cb;
	nghttp2_session *session;

	if (nghttp2_session_callbacks_new(&cb) != 0)
		return NULL;
	nghttp2_session_callbacks_set_on_begin_frame_callback(
	    cb, h2_front_on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(
	    cb, h2_front_on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(
	    cb, h2_front_on_header);
	nghttp2_session_callbacks_set_on_invalid_header_callback(
	    cb, h2_front_on_invalid_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(
	    cb, h2_front_on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
	    cb, h2_front_on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(
	    cb, h2_front_on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(
	    cb, h2_front_on_sent);
	session = h2_session_server(cb, c);
	nghttp2_session_callbacks_del(cb);
	return session;
}

/* ---- the socket ------------------------------------------------------ */

void
h2_front_begin(struct client *c)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, H2_FRONT_REQUESTS },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
		    (uint32_t)c->w->settings->max_header_bytes },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};

	c->h2 = xcalloc(1, sizeof(*c->h2));
	TAILQ_INIT(&c->h2->requests);
	TAILQ_INIT(&c->h2->dry);
	c->h2->idle = c->w->now;
	c->state = CLIENT_H2;
	c->h2->session = h2_front_session(c);
	if (c->h2->session == NULL ||
	    nghttp2_submit_settings(c->h2->session, NGHTTP2_FLAG_NONE, settings,
		sizeof(settings) / sizeof(*settings)) != 0)
		client_doom(c);
	else
		h2_front_wake(c);
}

void
h2_front_wake(struct client *c)
{
	if (!c->h2->in_session && c->state == CLIENT_H2)
		event_active(&c->wr, EV_WRITE, 0);
}

/* Whose bytes are all with the session goes on. */
static bool
h2_front_feed(struct client *c)
{
	struct h2_request *r;
	bool any = false;

	while ((r = TAILQ_FIRST(&c->h2->dry)) != NULL) {
		TAILQ_REMOVE(&c->h2->dry, r, dry);
		r->is_dry = false;
		any = true;
		if (r->c.state == CLIENT_BUSY && client_waiting(&r->c) == 0)
			client_drained(&r->c);
	}
	return any;
}

/* How long the client may take until something happens. */
static void
h2_front_wait(struct client *c, bool moved)
{
	struct h2_front *f = c->h2;
	const struct settings *s = c->w->settings;

	if (f->blocked) {
		if (moved || c->deadline == 0)
			c->deadline = c->w->now + s->send_timeout;
	} else if (f->nrequests > 0) {
		f->idle = c->deadline = 0;
	} else {
		if (f->idle == 0)
			f->idle = c->w->now;
		c->deadline = f->idle + s->idle_timeout;
	}
}

/* True when the last was said. */
static bool
h2_front_is_over(const struct client *c)
{
	const struct h2_front *f = c->h2;

	if (h2_out_waiting(&f->out) > 0 ||
	    nghttp2_session_want_write(f->session))
		return false;
	return !nghttp2_session_want_read(f->session) ||
	       (f->leaving && f->nrequests == 0);
}

void
h2_front_flush(struct client *c)
{
	struct h2_front *f = c->h2;
	enum h2_sent sent;
	bool moved = false, more = true;
	int round;

	f->in_session = true;
	for (round = 0; more && round < H2_FRONT_ROUNDS; round++) {
		sent = h2_out_send(&f->out, f->session, &c->s, &moved);
		more = sent == H2_SENT_ALL && h2_front_feed(c) &&
		       c->state == CLIENT_H2;
	}
	f->in_session = false;
	if (c->state != CLIENT_H2)
		return;
	if (sent == H2_SENT_BROKEN) {
		c->broken = true;
		client_gone(c);
		return;
	}
	f->blocked = sent == H2_SENT_LATER;
	if (sent == H2_SENT_TURN || more)
		event_active(&c->wr, EV_WRITE, 0);
	else if (f->blocked && !c->s.write_wants_read)
		event_add(&c->wr, NULL);
	if (sent == H2_SENT_ALL && f->nrequests == 0)
		buf_clear(&f->out.b, CLIENT_KEEP);
	h2_front_wait(c, moved);
	if (h2_front_is_over(c))
		client_linger(c);
}

void
h2_front_take(struct client *c, const char *p, size_t n)
{
	struct h2_front *f = c->h2;
	ssize_t took;

	f->in_session = true;
	took = nghttp2_session_mem_recv(f->session, (const uint8_t *)p, n);
	f->in_session = false;
	if (c->state != CLIENT_H2)
		return;
	if (took < 0) {
		log_debug(
		    c->address, "HTTP/2: %s", nghttp2_strerror((int)took));
		f->leaving = true;
		nghttp2_session_terminate_session(
		    f->session, NGHTTP2_PROTOCOL_ERROR);
	}
	h2_front_flush(c);
}

/* ---- ends ------------------------------------------------------------ */

void
h2_front_drain(struct client *c)
{
	struct h2_front *f = c->h2;

	if (f->leaving)
		return;
	f->leaving = true;
	/* What comes behind the last that was seen can be asked elsewhere. */
	nghttp2_submit_goaway(f->session, NGHTTP2_FLAG_NONE,
	    nghttp2_session_get_last_proc_stream_id(f->session),
	    NGHTTP2_NO_ERROR, NULL, 0);
	h2_front_wake(c);
}

void
h2_front_expire(struct client *c)
{
	if (c->h2->blocked || c->h2->leaving) {
		client_doom(c);
		return;
	}
	c->deadline = c->w->now + c->w->settings->send_timeout;
	h2_front_drain(c);
}

void
h2_front_end(struct client *c)
{
	struct h2_front *f = c->h2;
	struct h2_request *r;

	while ((r = TAILQ_FIRST(&f->requests)) != NULL) {
		TAILQ_REMOVE(&f->requests, r, link);
		f->nrequests--;
		r->on = NULL;
		if (!r->closed)
			nghttp2_session_set_stream_user_data(
			    f->session, r->id, NULL);
		client_gone(&r->c);
	}
	TAILQ_INIT(&f->dry);
}

void
h2_front_free(struct client *c)
{
	h2_front_end(c);
	nghttp2_session_del(c->h2->session);
	buf_free(&c->h2->out.b);
	free(c->h2);
	c->h2 = NULL;
}
