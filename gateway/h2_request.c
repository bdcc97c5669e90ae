/* One request of a connection by HTTP/2: a client without a socket. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "base/mem.h"
#include "gateway/worker.h"

#include "gateway/h2_front_priv.h"

/* Heads of replies are our own; a limit is for what comes from outside. */
static const struct http1_limits h2_request_limits = {
	.line = SIZE_MAX / 2,
	.head = SIZE_MAX / 2,
	.fields = SIZE_MAX / 2,
};

static void
h2_request_on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct h2_request *r = arg;

	(void)fd;
	(void)what;
	if (r->c.state == CLIENT_BUSY && client_waiting(&r->c) == 0)
		client_drained(&r->c);
}

struct h2_request *
h2_request_new(struct client *on, int32_t id)
{
	struct h2_request *r = xcalloc(1, sizeof(*r));
	struct client *c = &r->c;

	r->on = on;
	r->id = id;
	c->request2 = r;
	c->w = on->w;
	c->s.fd = on->s.fd; /* to ask for its name, not to read or write */
	c->id = on->id;
	c->secure = on->secure;
	c->state = CLIENT_HEAD;
	c->deadline = on->w->now + on->w->settings->header_timeout;
	if (on->tunnel != NULL)
		c->tunnel = xstrdup(on->tunnel);
	memcpy(c->address, on->address, sizeof(c->address));
	event_assign(&c->rd, on->w->base, -1, 0, h2_request_on_turn, r);
	event_assign(&c->wr, on->w->base, -1, 0, h2_request_on_turn, r);
	TAILQ_INSERT_TAIL(&on->w->clients->live, c, link);
	TAILQ_INSERT_TAIL(&on->h2->requests, r, link);
	on->h2->nrequests++;
	return r;
}

/* ---- the request ----------------------------------------------------- */

static void
h2_request_reset(struct h2_request *r, uint32_t code)
{
	if (r->on == NULL || r->closed)
		return;
	nghttp2_submit_rst_stream(
	    r->on->h2->session, NGHTTP2_FLAG_NONE, r->id, code);
	h2_front_wake(r->on);
}

void
h2_request_on_head(struct h2_request *r, bool ended)
{
	struct client *c = &r->c;
	enum h2_head_fault fault;

	r->ended = ended;
	if (c->state != CLIENT_HEAD)
		return; /* it took too long */
	/* A tunnel is one connection, which a stream is not here. */
	if (str_is(buf_str(&r->head.pseudo[H2_METHOD]), "CONNECT")) {
		h2_request_reset(r, NGHTTP2_HTTP_1_1_REQUIRED);
		return;
	}
	r->chunked = !ended && !r->head.has_length;
	fault = h2_head_request(&r->head, ended, &c->in);
	if (fault != H2_HEAD_NONE)
		client_refuse(c, h2_head_status(fault), h2_head_text(fault));
	else
		guard_run(c);
}

/* Whether anybody still reads the request's body. */
static bool
h2_request_reads(const struct h2_request *r)
{
	return r->c.state == CLIENT_BODY ||
	       (r->c.state == CLIENT_BUSY && r->c.streaming);
}

/* So many bytes more may come. */
static void
h2_request_consume(struct h2_request *r, size_t n)
{
	if (r->on == NULL || r->closed || n == 0)
		return;
	nghttp2_session_consume_stream(r->on->h2->session, r->id, n);
	h2_front_wake(r->on);
}

/* With the last byte of a body with a length the request is whole for our
 * codec, but not for HTTP/2. */
static size_t
h2_request_hold(struct h2_request *r, const char *p, size_t n)
{
	r->came += n;
	if (r->chunked || n == 0 || r->came != r->c.request.head.length)
		return n;
	r->holds = true;
	r->byte = p[n - 1];
	return n - 1;
}

void
h2_request_on_body(struct h2_request *r, const char *p, size_t n, bool last)
{
	char size[HTTP1_CHUNK_HEAD];

	r->owed += n;
	if (!last)
		n = h2_request_hold(r, p, n);
	if (h2_request_reads(r) && n > 0) {
		if (r->chunked)
			client_take(&r->c, size, http1_chunk_head(size, n));
		if (h2_request_reads(r))
			client_take(&r->c, p, n);
		if (h2_request_reads(r) && r->chunked)
			client_take(&r->c, "\r\n", 2);
	}
	if (!r->c.streaming || !r->c.resting)
		h2_request_read(&r->c);
}

void
h2_request_read(struct client *c)
{
	struct h2_request *r = c->request2;
	size_t n = r->owed;

	r->owed = 0;
	h2_request_consume(r, n);
}

/* A body with a length has no place for them in HTTP/1.1. */
static bool
h2_request_keep_trailers(struct h2_request *r, struct str lines)
{
	struct client *c = &r->c;
	struct headers *to = &c->request.trailers;

	if (!h2_request_reads(r))
		return true;
	if (headers_parse(to, &c->arena, lines) == 0) {
		*to = headers_copy(to, &c->arena);
		return true;
	}
	r->ended = true;
	if (c->streaming)
		client_body_fail(c, 400, http1_fault_text(HTTP1_TRAILER));
	else
		client_refuse(c, 400, http1_fault_text(HTTP1_TRAILER));
	return false;
}

/* The body is whole; lines are its trailer section. */
static void
h2_request_end_body(struct h2_request *r, struct str lines)
{
	struct buf last = { 0 };

	r->ended = true;
	if (!h2_request_reads(r))
		return;
	if (r->holds)
		client_take(&r->c, &r->byte, 1);
	if (!r->chunked)
		return;
	buf_add_text(&last, "0\r\n");
	buf_add_str(&last, lines);
	buf_add_text(&last, "\r\n");
	client_take(&r->c, last.p, last.n);
	buf_free(&last);
}

void
h2_request_on_body_end(struct h2_request *r)
{
	h2_request_end_body(r, STR(""));
}

void
h2_request_on_trailers(struct h2_request *r)
{
	struct buf lines = { 0 };

	/* What is none for HTTP/2 is none for our own codec either. */
	if (h2_head_trailers(&r->head, &lines) != H2_HEAD_NONE)
		buf_add_text(&lines, " ");
	if (r->chunked || h2_request_keep_trailers(r, buf_str(&lines)))
		h2_request_end_body(r, buf_str(&lines));
	buf_free(&lines);
}

/* ---- the reply ------------------------------------------------------- */

static void
h2_request_trail(struct h2_request *r, uint32_t *flags)
{
	struct h2_list l = { 0 };

	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (r->trailers.n == 0)
		return;
	h2_list_add_headers(&l, &r->c.arena, &r->trailers);
	if (l.n > 0 &&
	    nghttp2_submit_trailer(r->on->h2->session, r->id, l.v, l.n) == 0)
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
}

/* The session wants bytes of a reply's body. */
static ssize_t
h2_request_on_wanted(nghttp2_session *session, int32_t id, uint8_t *p,
    size_t most, uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2_request *r =
	    nghttp2_session_get_stream_user_data(session, id);
	struct client *on = arg;
	int n = 0;

	(void)source;
	if (r == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (client_waiting(&r->c) > 0)
		n = evbuffer_remove(r->c.out, p, most);
	if (n < 0)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (client_waiting(&r->c) > 0)
		return n;
	if (n > 0 && !r->is_dry) {
		r->is_dry = true;
		TAILQ_INSERT_TAIL(&on->h2->dry, r, dry);
	}
	if (r->whole)
		h2_request_trail(r, flags);
	else if (r->cut && n == 0) /* what lacks its end is reset */
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	else if (n == 0)
		return NGHTTP2_ERR_DEFERRED;
	return n;
}

/* With is_end nothing comes behind it: clients of gRPC want to see that at
 * the head. */
static void
h2_request_submit(struct h2_request *r, const struct http1_head *h, bool is_end)
{
	nghttp2_data_provider body = { .read_callback = h2_request_on_wanted };
	nghttp2_session *session = r->on->h2->session;
	struct h2_list l = { 0 };
	char code[8];

	snprintf(code, sizeof(code), "%03d", h->status);
	h2_list_add(&l, &r->c.arena, STR(":status"), str_of(code));
	h2_list_add_headers(&l, &r->c.arena, &h->headers);
	if (h->status < 200) {
		nghttp2_submit_headers(
		    session, NGHTTP2_FLAG_NONE, r->id, NULL, l.v, l.n, NULL);
		return;
	}
	r->answered = true;
	r->told = h->framing == FRAMING_LENGTH && h->length == 0;
	r->whole =
	    is_end || h->framing == FRAMING_NONE || (r->told && !r->trails);
	http1_body_start(&r->reader, h->framing,
	    h->framing == FRAMING_LENGTH ? h->length : 0, SIZE_MAX / 2);
	nghttp2_submit_response(session, r->id, l.v, l.n,
	    r->whole && r->trailers.n == 0 ? NULL : &body);
}

/* What was written is no reply: it was not meant to be one. */
static void
h2_request_spoil(struct h2_request *r)
{
	r->cut = true;
	r->text.n = 0;
}

/* A request that was refused at its head was not read by our codec. */
static struct str
h2_request_method(const struct h2_request *r)
{
	return r->c.request.head.method.n > 0
		   ? r->c.request.head.method
		   : buf_str(&r->head.pseudo[H2_METHOD]);
}

/* Whether all that is left to write is the end of an empty body. */
static bool
h2_request_is_end(const char *p, size_t left, const struct iovec *next, int n)
{
	struct str rest = { p, left };

	if (left == 0 && n == 1)
		rest = (struct str){ next->iov_base, next->iov_len };
	else if (n > 0)
		return false;
	return str_is(rest, "0\r\n\r\n");
}

/* Reads a head from the n bytes at p; gives how many of them it took. */
static size_t
h2_request_write_head(struct h2_request *r, const char *p, size_t n,
    const struct iovec *next, int nnext)
{
	struct http1_head h = { 0 };
	enum http1_fault fault;
	enum http1_step step;
	size_t before = r->text.n, used;

	if (before > 0) {
		buf_add(&r->text, p, n);
		p = r->text.p;
	}
	step = http1_response(&h, &r->c.arena, p, before + n, &r->seen,
	    h2_request_method(r), &h2_request_limits, &fault);
	if (step == HTTP1_MORE && before == 0)
		buf_add(&r->text, p, n);
	if (step == HTTP1_MORE)
		return n;
	if (step == HTTP1_FAULT || h.status == 101) {
		h2_request_spoil(r);
		return n;
	}
	used = h.bytes - before;
	h2_request_submit(
	    r, &h, h2_request_is_end(p + h.bytes, n - used, next, nnext));
	r->seen = 0;
	r->text.n = 0;
	return used;
}

static size_t
h2_request_write_body(struct h2_request *r, const char *p, size_t n)
{
	enum http1_fault fault;
	enum http1_step step;
	struct str data;
	size_t used;

	if (r->whole || r->told)
		return n;
	step = http1_body_read(&r->reader, p, n, &used, &data, &fault);
	if (data.n > 0 && r->c.out == NULL)
		r->c.out = evbuffer_new();
	if (data.n > 0)
		evbuffer_add(r->c.out, data.p, data.n);
	if (step == HTTP1_FAULT) {
		h2_request_spoil(r);
		return n;
	}
	if (step == HTTP1_DONE && r->reader.framing == FRAMING_CHUNKED)
		(void)http1_body_trailers(
		    &r->reader, &r->trailers, &r->c.arena);
	r->told = step == HTTP1_DONE;
	r->whole = r->told && !r->trails;
	return used;
}

void
h2_request_write(struct client *c, const struct iovec *v, int n)
{
	struct h2_request *r = c->request2;
	const char *p;
	size_t left, used;
	int i;

	if (r->on == NULL || r->closed)
		return;
	for (i = 0; i < n; i++) {
		p = v[i].iov_base;
		left = v[i].iov_len;
		while (left > 0 && !r->cut) {
			used = r->answered ? h2_request_write_body(r, p, left)
					   : h2_request_write_head(r, p, left,
						 v + i + 1, n - i - 1);
			p += used;
			left -= used;
		}
	}
	if (r->answered)
		nghttp2_session_resume_data(r->on->h2->session, r->id);
	h2_front_wake(r->on);
}

void
h2_request_may_trail(struct client *c)
{
	c->request2->trails = true;
}

void
h2_request_give_trailers(struct client *c, const struct headers *trailers)
{
	struct h2_request *r = c->request2;
	size_t i;

	r->trails = false;
	for (i = 0; i < trailers->n; i++)
		if (http1_trails(trailers, &trailers->v[i]))
			headers_add(&r->trailers, &c->arena,
			    arena_str(&c->arena, trailers->v[i].name),
			    arena_str(&c->arena, trailers->v[i].value));
}

/* ---- its end --------------------------------------------------------- */

void
h2_request_finish(struct client *c)
{
	struct h2_request *r = c->request2;

	if (r->on == NULL || r->closed) {
		client_doom(c);
		return;
	}
	if (r->answered && !r->cut &&
	    ((r->told && !r->trails) || r->reader.framing == FRAMING_CLOSE))
		r->whole = true;
	if (!r->whole)
		r->cut = true;
	if (!r->answered)
		h2_request_reset(r, NGHTTP2_INTERNAL_ERROR);
	else
		nghttp2_session_resume_data(r->on->h2->session, r->id);
	h2_front_wake(r->on);
}

void
h2_request_on_close(struct h2_request *r, uint32_t code)
{
	struct client *c = &r->c;

	r->closed = true;
	if (c->state == CLIENT_DOOMED)
		return;
	/* All is said; who says it may not have heard yet that it is. */
	if (code == NGHTTP2_NO_ERROR && r->whole && c->state == CLIENT_BUSY)
		return;
	if (c->state == CLIENT_LINGER)
		client_doom(c);
	else
		client_gone(c);
}

void
h2_request_doom(struct client *c)
{
	struct h2_request *r = c->request2;
	struct client *on = r->on;

	if (on == NULL)
		return;
	h2_request_reset(r, c->request.head.method.n == 0
				? NGHTTP2_REFUSED_STREAM
				: NGHTTP2_CANCEL);
	if (!r->closed)
		nghttp2_session_set_stream_user_data(
		    on->h2->session, r->id, NULL);
	if (r->is_dry)
		TAILQ_REMOVE(&on->h2->dry, r, dry);
	r->is_dry = false;
	TAILQ_REMOVE(&on->h2->requests, r, link);
	on->h2->nrequests--;
	r->on = NULL;
	h2_front_wake(on);
}

void
h2_request_free(struct client *c)
{
	struct h2_request *r = c->request2;

	h2_head_fini(&r->head);
	http1_body_fini(&r->reader);
	buf_free(&r->text);
	free(r);
}
