#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/worker.h"

#include "gateway/client.h"

#define CLIENT_TICK_MS 100
#define CLIENT_ACCEPT_PAUSE_MS 200 /* after running out of descriptors */
#define CLIENT_LINGER_US 1000000   /* to let a refusal reach its reader */
#define CLIENT_HALF_CLOSED_US 1000000
#define CLIENT_READ_AHEAD (64u * 1024) /* pipelined while one is served */
#define CLIENT_KEEP (16u * 1024)       /* memory a quiet connection keeps */

enum client_state {
	CLIENT_IDLE,     /* between requests */
	CLIENT_HEAD,     /* some bytes of a head are there */
	CLIENT_BODY,     /* for evhttp: waiting until the body is whole */
	CLIENT_OWN_BODY, /* reading the body ourselves */
	CLIENT_BUSY,     /* a request is out for its reply */
	CLIENT_LINGER,   /* replied, discarding what still comes */
	CLIENT_DOOMED,   /* waits for the reaper */
};

struct client {
	TAILQ_ENTRY(client) link;
	struct worker *w;
	struct bufferevent *bev;
	struct evhttp_connection *evcon; /* NULL until adopted */
	struct evhttp_request *req; /* evhttp's, while it waits for a reply */
	int fd;
	uint64_t id;
	enum client_state state;
	int64_t deadline; /* monotonic µs, 0 for none */

	struct arena arena; /* of one request */
	struct buf raw;     /* copy of what lies in the input, while in HEAD */
	size_t seen;
	struct client_request request;
	struct http1_body reader;
	struct buf body;
	struct evbuffer *behind; /* bytes of later requests */
	size_t charged;          /* of shared->body_bytes */

	void *owner;
	size_t waiting;   /* queued bytes at the last look of the janitor */
	bool in_callback; /* client_run() is on the stack */
	bool half_closed; /* the client will not send any more */
	bool moved;       /* bytes went out since half_closed was looked at */
	bool broken;      /* writing failed */
	bool replied;     /* client_done() was called */
	bool keep;
	char address[64];
};

TAILQ_HEAD(client_list, client);

struct client_side {
	const struct client_events *events;
	struct client_list live;
	struct client_list newborn; /* evhttp has them, we do not yet */
	size_t count, most;
	struct evhttp_bound_socket **bound;
	size_t nbound;
	bool paused;          /* not accepting for now */
	struct event *adopt;  /* activated by accepting */
	struct event *reap;   /* activated by dooming */
	struct event *tick;   /* deadlines */
	struct event *resume; /* accepting after a pause */
	struct http1_limits limits;
	/* evhttp's own read callback, the same for each connection. */
	bufferevent_data_cb evhttp_read;
};

static void client_run(struct client *c);

/* ---- ends ------------------------------------------------------------ */

/* The one way out of a connection: the reaper frees it once the stack is
 * unwound, so that no callback frees what its caller still uses. */
static void
client_doom(struct client *c)
{
	if (c->state == CLIENT_DOOMED)
		return;
	c->state = CLIENT_DOOMED;
	c->deadline = 0;
	bufferevent_disable(c->bev, EV_READ | EV_WRITE);
	event_active(c->w->clients->reap, EV_TIMEOUT, 0);
}

static void
client_uncharge(struct client *c)
{
	if (c->charged > 0)
		atomic_fetch_sub(&c->w->shared->body_bytes, c->charged);
	c->charged = 0;
}

/* The owner hears once that its client is gone. */
static void
client_gone(struct client *c)
{
	void *owner = c->owner;

	c->owner = NULL;
	client_doom(c);
	if (owner != NULL)
		c->w->clients->events->on_gone(c, owner);
}

static void
client_accepting(struct client_side *s, bool on)
{
	size_t i;

	if (s->paused == !on)
		return;
	s->paused = !on;
	for (i = 0; i < s->nbound; i++) {
		struct evconnlistener *l =
		    evhttp_bound_socket_get_listener(s->bound[i]);

		if (on)
			evconnlistener_enable(l);
		else
			evconnlistener_disable(l);
	}
}

/* evhttp calls this when it frees the connection, for whatever reason. */
static void
client_on_close(struct evhttp_connection *evcon, void *arg)
{
	struct client *c = arg;
	struct client_side *s = c->w->clients;
	struct worker *w = c->w;

	(void)evcon;
	if (c->owner != NULL) {
		void *owner = c->owner;

		c->owner = NULL;
		s->events->on_gone(c, owner);
	}
	client_uncharge(c);
	TAILQ_REMOVE(&s->live, c, link);
	s->count--;
	http1_body_fini(&c->reader);
	buf_free(&c->raw);
	buf_free(&c->body);
	if (c->behind != NULL)
		evbuffer_free(c->behind);
	arena_fini(&c->arena);
	free(c);
	if (!w->draining && s->count < s->most)
		client_accepting(s, true);
}

static void
client_on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct client *c, *next;

	(void)fd;
	(void)what;
	for (c = TAILQ_FIRST(&w->clients->live); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->state == CLIENT_DOOMED)
			evhttp_connection_free(c->evcon);
	}
	if (w->draining && w->clients->count == 0)
		worker_idle(w);
}

/* Leaves without a reply being cut: says FIN and reads on for a moment, since
 * closing with unread input would reset the connection and could take the
 * reply with it (RFC 9112 section 9.6). */
static void
client_linger(struct client *c)
{
	if (c->broken || c->half_closed) {
		client_doom(c);
		return;
	}
	c->state = CLIENT_LINGER;
	c->deadline = c->w->now + CLIENT_LINGER_US;
	shutdown(c->fd, SHUT_WR);
	bufferevent_enable(c->bev, EV_READ);
}

/* ---- replies --------------------------------------------------------- */

static size_t
client_queued(struct client *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* What of v the socket took is dropped from it.  0, or -1 when broken. */
static int
client_send(struct client *c, struct iovec *v, int *n)
{
	struct msghdr m = { .msg_iov = v, .msg_iovlen = (size_t)*n };
	ssize_t sent;
	int i;

	do
		sent = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent == -1 && errno == EINTR);
	if (sent == -1)
		return errno == EAGAIN ? 0 : -1;
	c->moved = true;
	for (i = 0; i < *n && (size_t)sent >= v[i].iov_len; i++)
		sent -= (ssize_t)v[i].iov_len;
	if (i < *n) {
		v[i].iov_base = (char *)v[i].iov_base + sent;
		v[i].iov_len -= (size_t)sent;
	}
	memmove(v, v + i, (size_t)(*n - i) * sizeof(*v));
	*n -= i;
	return 0;
}

/* A broken client is told to its owner by the janitor's event, not from
 * inside the owner's own call. */
static void
client_break(struct client *c)
{
	c->broken = true;
	event_active(c->w->clients->tick, EV_TIMEOUT, 0);
}

size_t
client_write(struct client *c, struct iovec *v, int n)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t queued = evbuffer_get_length(out);
	int i;

	if (c->broken || c->state != CLIENT_BUSY)
		return 0;
	if (queued == 0 && client_send(c, v, &n) == -1) {
		client_break(c);
		return 0;
	}
	if (n == 0)
		return queued;
	for (i = 0; i < n; i++)
		evbuffer_add(out, v[i].iov_base, v[i].iov_len);
	if (queued == 0) {
		c->deadline = c->w->now + c->w->shared->settings->send_timeout;
		c->waiting = SIZE_MAX;
		bufferevent_enable(c->bev, EV_WRITE);
	}
	return evbuffer_get_length(out);
}

void
client_again(struct client *c)
{
	bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
}

static void client_on_event(struct bufferevent *bev, short what, void *arg);
static void client_on_readable(struct bufferevent *bev, void *arg);
static void client_on_writable(struct bufferevent *bev, void *arg);

static void
client_wall(struct client *c)
{
	bufferevent_setcb(
	    c->bev, client_on_readable, client_on_writable, client_on_event, c);
}

/*
 * evhttp forgets the request it waits with and makes itself ready for the
 * next one.  Its input is empty here (what is pipelined lies in behind), so
 * that it does not schedule a read of its own.  The connection may be freed
 * inside when evhttp wants to close where we do not: we never let it see a
 * request of that kind.
 */
static void
client_release_evhttp(struct client *c)
{
	struct evhttp_request *req = c->req;

	c->req = NULL;
	if (req == NULL)
		return;
	evhttp_send_reply_end(req);
	client_wall(c);
}

static void
client_forget_request(struct client *c)
{
	client_uncharge(c);
	c->seen = 0;
	c->replied = false;
	c->owner = NULL;
	buf_clear(&c->raw, CLIENT_KEEP);
	buf_clear(&c->body, CLIENT_KEEP);
	arena_reset(&c->arena);
}

/* Brings back what the client sent behind the request that is done. */
static void
client_bring_back(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	if (c->behind == NULL || evbuffer_get_length(c->behind) == 0)
		return;
	evbuffer_unfreeze(in, 0);
	evbuffer_add_buffer(c->behind, in);
	evbuffer_add_buffer(in, c->behind);
	evbuffer_freeze(in, 0);
}

static void
client_finish(struct client *c)
{
	void *owner = c->owner;

	c->owner = NULL;
	if (owner != NULL)
		c->w->clients->events->on_replied(c, owner);
	if (c->broken) {
		client_doom(c);
		return;
	}
	if (!c->keep || c->half_closed) {
		client_linger(c);
		return;
	}
	client_release_evhttp(c);
	client_forget_request(c);
	c->state = CLIENT_IDLE;
	c->deadline = c->w->now + c->w->shared->settings->idle_timeout;
	bufferevent_enable(c->bev, EV_READ);
	client_bring_back(c);
	if (!c->in_callback)
		client_run(c);
}

void
client_done(struct client *c, bool keep)
{
	if (c->state != CLIENT_BUSY)
		return;
	c->replied = true;
	c->keep = keep;
	if (c->broken || client_queued(c) == 0)
		client_finish(c);
}

void
client_abort(struct client *c, bool reset)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (c->state == CLIENT_DOOMED)
		return;
	c->owner = NULL;
	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	client_doom(c);
}

/* ---- requests -------------------------------------------------------- */

static void
client_refuse(struct client *c, int status, const char *why)
{
	c->state = CLIENT_BUSY;
	c->deadline = 0;
	c->keep = false;
	bufferevent_disable(c->bev, EV_READ);
	c->w->clients->events->on_refused(c, status, why);
}

/* Counts n more bytes of request body; -1 and refused when it is too much. */
static int
client_charge(struct client *c, uint64_t n)
{
	const struct settings *s = c->w->shared->settings;
	size_t before;

	if (n > s->max_request_body || c->charged + n > s->max_request_body) {
		client_refuse(c, 413, "the request body is over the limit");
		return -1;
	}
	before = atomic_fetch_add(&c->w->shared->body_bytes, (size_t)n);
	c->charged += (size_t)n;
	if (before + n > s->request_body_budget) {
		client_refuse(c, 503,
		    "too many request bodies are held at once; try again");
		return -1;
	}
	return 0;
}

/* The request is out to its owner.  When it is not answered at once, reading
 * goes on, so that a client that leaves is noticed. */
static void
client_dispatch(struct client *c)
{
	c->state = CLIENT_BUSY;
	c->deadline = 0;
	c->request.started = c->w->now;
	atomic_fetch_add_explicit(
	    &c->w->shared->requests, 1, memory_order_relaxed);
	c->w->clients->events->on_request(c, &c->request);
	if (c->state == CLIENT_BUSY && !c->replied)
		bufferevent_enable(c->bev, EV_READ);
}

/* evhttp has read a request: the very one the guard has checked. */
static void
client_on_evhttp(struct evhttp_request *req, void *arg)
{
	struct evhttp_connection *evcon = evhttp_request_get_connection(req);
	struct worker *w = arg;
	struct evbuffer *body = evhttp_request_get_input_buffer(req);
	struct client *c = NULL;
	bufferevent_data_cb read_cb;

	bufferevent_getcb(evhttp_connection_get_bufferevent(evcon), &read_cb,
	    NULL, NULL, (void **)&c);
	if (read_cb != client_on_readable || c->state != CLIENT_BODY ||
	    c->w != w) {
		evhttp_send_error(req, HTTP_BADREQUEST, NULL);
		return;
	}
	c->req = req;
	c->request.body.n = evbuffer_get_length(body);
	c->request.body.p = c->request.body.n == 0
				? ""
				: (const char *)evbuffer_pullup(body, -1);
	client_dispatch(c);
}

static bool
client_one_of(struct str s, const char *const *list)
{
	for (; *list != NULL; list++)
		if (str_is(s, *list))
			return true;
	return false;
}

/* Whether the target has only bytes that evhttp's URI parser passes. */
static bool
client_plain_target(struct str t)
{
	size_t i;

	for (i = 0; i < t.n; i++)
		if ((unsigned char)t.p[i] >= 0x7f ||
		    memchr("\"<>\\^`{|}[]", t.p[i], 11) != NULL)
			return false;
	return t.n < 4096 && !str_starts(t, "//");
}

/* What evhttp reads exactly as we do; everything else we read ourselves. */
static bool
client_for_evhttp(const struct http1_head *h)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE",
		"PATCH", "OPTIONS", NULL };
	struct str connection;

	if (h->minor != 1 || h->form != TARGET_ORIGIN || h->expect_continue ||
	    h->upgrade || headers_get(&h->headers, "Expect").p != NULL)
		return false;
	if (h->framing != FRAMING_NONE && h->framing != FRAMING_LENGTH)
		return false;
	if (str_is(h->method, "HEAD")) {
		if (h->framing != FRAMING_NONE)
			return false;
	} else if (!client_one_of(h->method, methods)) {
		return false;
	}
	connection = headers_get(&h->headers, "Connection");
	if (connection.p != NULL && !str_iis(connection, "keep-alive") &&
	    !str_iis(connection, "close"))
		return false;
	return client_plain_target(h->target);
}

/* Leaves just the n bytes of one request in the input. */
static void
client_set_aside(struct client *c, size_t n)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer *one;

	if (evbuffer_get_length(in) == n)
		return;
	one = evbuffer_new();
	if (c->behind == NULL)
		c->behind = evbuffer_new();
	evbuffer_remove_buffer(in, one, n);
	evbuffer_add_buffer(c->behind, in);
	evbuffer_unfreeze(in, 0);
	evbuffer_add_buffer(in, one);
	evbuffer_freeze(in, 0);
	evbuffer_free(one);
}

static void
client_await_body(struct client *c)
{
	c->deadline = c->w->now + c->w->shared->settings->body_timeout;
}

/* In BODY: gives the request to evhttp once it is whole. */
static bool
client_feed_evhttp(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t whole = c->request.head.bytes;

	if (c->request.head.framing == FRAMING_LENGTH)
		whole += (size_t)c->request.head.length;
	if (evbuffer_get_length(in) < whole) {
		client_await_body(c);
		return false;
	}
	client_set_aside(c, whole);
	c->w->clients->evhttp_read(c->bev, c->evcon);
	if (c->state == CLIENT_BODY) {
		log_error(c->address, "evhttp did not take a checked request");
		client_doom(c);
	}
	return true;
}

static bool
client_own_done(struct client *c)
{
	c->request.body = buf_str(&c->body);
	if (http1_body_trailers(&c->reader, &c->request.trailers, &c->arena) ==
	    -1) {
		client_refuse(c, 400, http1_fault_text(HTTP1_TRAILER));
		return true;
	}
	client_dispatch(c);
	return true;
}

/* In OWN_BODY: reads on.  True when there is nothing to wait for. */
static bool
client_read_body(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	enum http1_step step = HTTP1_MORE;
	enum http1_fault fault;
	struct evbuffer_iovec v;
	struct str data;
	size_t used, at;

	if (c->request.head.framing == FRAMING_NONE)
		return client_own_done(c);
	while (step == HTTP1_MORE && evbuffer_peek(in, -1, NULL, &v, 1) > 0) {
		for (at = 0; step == HTTP1_MORE && at < v.iov_len;) {
			step =
			    http1_body_read(&c->reader, (char *)v.iov_base + at,
				v.iov_len - at, &used, &data, &fault);
			at += used;
			if (c->request.head.framing == FRAMING_CHUNKED &&
			    client_charge(c, data.n) == -1)
				return true;
			buf_add_str(&c->body, data);
			if (used == 0)
				break;
		}
		evbuffer_drain(in, at);
		if (at == 0)
			break;
	}
	if (step == HTTP1_FAULT) {
		client_refuse(
		    c, http1_fault_status(fault), http1_fault_text(fault));
		return true;
	}
	if (step == HTTP1_DONE)
		return client_own_done(c);
	client_await_body(c);
	return false;
}

static void
client_continue(struct client *c)
{
	static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec v = { text, sizeof(text) - 1 };
	int n = 1;

	/* 25 bytes into an idle socket; a client that does not take them is
	 * not going to read the reply. */
	if (client_send(c, &v, &n) == -1 || n > 0)
		client_doom(c);
}

/* A head is whole and sound: decides who reads the body. */
static bool
client_on_head(struct client *c)
{
	struct http1_head *h = &c->request.head;
	struct evbuffer *in = bufferevent_get_input(c->bev);
	const struct settings *s = c->w->shared->settings;

	c->request.trailers = (struct headers){ 0 };
	c->request.head_bytes = h->bytes;
	if (h->framing == FRAMING_LENGTH && client_charge(c, h->length) == -1)
		return true;
	if (client_for_evhttp(h)) {
		c->state = CLIENT_BODY;
		return client_feed_evhttp(c);
	}
	evbuffer_drain(in, h->bytes);
	if (h->expect_continue && h->framing != FRAMING_NONE &&
	    evbuffer_get_length(in) == 0)
		client_continue(c);
	if (c->state == CLIENT_DOOMED)
		return true;
	http1_body_fini(&c->reader);
	http1_body_start(
	    &c->reader, h->framing, h->length, s->max_header_bytes);
	c->state = CLIENT_OWN_BODY;
	return client_read_body(c);
}

/* In IDLE or HEAD: parses what is there.  The bytes are copied first since
 * evhttp drains them from under the views of the parsed head. */
static bool
client_read_head(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct client_side *s = c->w->clients;
	size_t have = evbuffer_get_length(in), more;
	struct evbuffer_ptr at;
	enum http1_step step;
	enum http1_fault fault;

	if (have > s->limits.head + 4)
		have = s->limits.head + 4;
	more = have > c->raw.n ? have - c->raw.n : 0;
	if (more > 0) {
		evbuffer_ptr_set(in, &at, c->raw.n, EVBUFFER_PTR_SET);
		evbuffer_copyout_from(
		    in, &at, buf_reserve(&c->raw, more), more);
		c->raw.n += more;
	}
	if (c->state == CLIENT_IDLE) {
		c->state = CLIENT_HEAD;
		c->deadline =
		    c->w->now + c->w->shared->settings->header_timeout;
	}
	step = http1_request(&c->request.head, &c->arena, c->raw.p, c->raw.n,
	    &c->seen, &s->limits, &fault);
	if (step == HTTP1_FAULT) {
		client_refuse(
		    c, http1_fault_status(fault), http1_fault_text(fault));
		return true;
	}
	return step == HTTP1_DONE && client_on_head(c);
}

/* Goes on with the input until it waits for the client or for a reply. */
static void
client_run(struct client *c)
{
	bool again = true;

	c->in_callback = true;
	while (again) {
		switch (c->state) {
		case CLIENT_IDLE:
			if (c->w->draining) {
				client_doom(c);
				break;
			}
			/* FALLTHROUGH */
		case CLIENT_HEAD:
			again = evbuffer_get_length(
				    bufferevent_get_input(c->bev)) > 0 &&
				client_read_head(c);
			continue;
		case CLIENT_BODY:
			again = client_feed_evhttp(c);
			continue;
		case CLIENT_OWN_BODY:
			again = client_read_body(c);
			continue;
		case CLIENT_BUSY:
		case CLIENT_LINGER:
		case CLIENT_DOOMED:
			break;
		}
		again = false;
	}
	c->in_callback = false;
}

/* ---- libevent's callbacks -------------------------------------------- */

static void
client_on_readable(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	struct client *c = arg;

	c->w->now = clock_mono_us();
	switch (c->state) {
	case CLIENT_BUSY:
		if (c->behind == NULL)
			c->behind = evbuffer_new();
		evbuffer_add_buffer(c->behind, in);
		if (evbuffer_get_length(c->behind) > CLIENT_READ_AHEAD)
			bufferevent_disable(bev, EV_READ);
		break;
	case CLIENT_LINGER:
	case CLIENT_DOOMED:
		evbuffer_drain(in, evbuffer_get_length(in));
		break;
	default:
		client_run(c);
	}
}

static void
client_on_writable(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;

	c->w->now = clock_mono_us();
	if (c->state != CLIENT_BUSY)
		return;
	bufferevent_disable(bev, EV_WRITE);
	c->moved = true;
	c->deadline = c->half_closed ? c->w->now + CLIENT_HALF_CLOSED_US : 0;
	if (c->replied)
		client_finish(c);
	else if (c->owner != NULL)
		c->w->clients->events->on_drained(c, c->owner);
}

/*
 * A client that ends its side while it waits may only have half-closed
 * (printf | nc): it gets a grace, extended as long as bytes still go out to
 * it without an error; without any it counts as gone.
 */
static void
client_on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	c->w->now = clock_mono_us();
	if (c->state != CLIENT_BUSY) {
		client_doom(c);
		return;
	}
	if (what & BEV_EVENT_EOF && what & BEV_EVENT_READING) {
		bufferevent_disable(bev, EV_READ);
		c->half_closed = true;
		c->moved = false;
		if (c->deadline == 0)
			c->deadline = c->w->now + CLIENT_HALF_CLOSED_US;
		return;
	}
	c->broken = true;
	client_gone(c);
}

/* A deadline has passed. */
static void
client_expire(struct client *c)
{
	switch (c->state) {
	case CLIENT_HEAD:
		client_refuse(c, 408, "the request head took too long");
		break;
	case CLIENT_BODY:
	case CLIENT_OWN_BODY:
		client_refuse(c, 408, "the request body took too long");
		break;
	case CLIENT_BUSY:
		if (c->half_closed && c->moved) {
			c->moved = false;
			c->deadline = c->w->now + CLIENT_HALF_CLOSED_US;
			break;
		}
		client_gone(c);
		break;
	default:
		client_doom(c);
	}
}

/* A client that takes its reply slowly but steadily is not expired. */
static void
client_note_progress(struct client *c)
{
	size_t queued = client_queued(c);

	if (queued > 0 && queued != c->waiting) {
		c->waiting = queued;
		c->moved = true;
		c->deadline = c->w->now + c->w->shared->settings->send_timeout;
	}
}

static void
client_on_tick(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval next = { 0, CLIENT_TICK_MS * 1000 };
	struct worker *w = arg;
	struct client *c, *after;

	(void)fd;
	(void)what;
	w->now = clock_mono_us();
	for (c = TAILQ_FIRST(&w->clients->live); c != NULL; c = after) {
		after = TAILQ_NEXT(c, link);
		if (c->state == CLIENT_DOOMED)
			continue;
		if (c->state == CLIENT_BUSY)
			client_note_progress(c);
		if (c->broken)
			client_gone(c);
		else if (c->deadline != 0 && c->deadline <= w->now)
			client_expire(c);
	}
	if (w->clients->count > 0)
		event_add(w->clients->tick, &next);
}

/* ---- accepting ------------------------------------------------------- */

static struct bufferevent *
client_on_accept(struct event_base *base, void *arg)
{
	struct worker *w = arg;
	struct client_side *s = w->clients;
	struct client *c = xcalloc(1, sizeof(*c));

	c->w = w;
	c->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		free(c);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&s->newborn, c, link);
	event_active(s->adopt, EV_TIMEOUT, 0);
	return c->bev;
}

static void
client_name(struct client *c)
{
	ev_uint16_t port;
	char *host;

	evhttp_connection_get_peer(c->evcon, &host, &port);
	snprintf(c->address, sizeof(c->address),
	    strchr(host, ':') != NULL ? "[%.46s]:%u" : "%.46s:%u", host, port);
}

/*
 * Runs after the listener's callback and before the next poll: evhttp has
 * set itself up on the new connections and no byte was read yet.  From here
 * on the callbacks are ours.
 */
static void
client_on_adopt(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	struct client_side *s = w->clients;
	struct timeval soon = { 0, CLIENT_TICK_MS * 1000 };
	struct client *c;
	void *evcon;

	(void)fd;
	(void)what;
	w->now = clock_mono_us();
	while ((c = TAILQ_FIRST(&s->newborn)) != NULL) {
		TAILQ_REMOVE(&s->newborn, c, link);
		bufferevent_getcb(c->bev, &s->evhttp_read, NULL, NULL, &evcon);
		if (bufferevent_getfd(c->bev) == -1 || evcon == NULL) {
			free(c); /* evhttp gave the connection up itself */
			continue;
		}
		c->evcon = evcon;
		c->fd = bufferevent_getfd(c->bev);
		c->id = atomic_fetch_add(&w->shared->clients, 1) + 1;
		c->state = CLIENT_IDLE;
		c->deadline = w->now + w->shared->settings->idle_timeout;
		client_name(c);
		evhttp_connection_set_closecb(c->evcon, client_on_close, c);
		bufferevent_set_max_single_write(c->bev, 256 * 1024);
		client_wall(c);
		TAILQ_INSERT_TAIL(&s->live, c, link);
		s->count++;
	}
	if (s->count >= s->most)
		client_accepting(s, false);
	if (!event_pending(s->tick, EV_TIMEOUT, NULL))
		event_add(s->tick, &soon);
}

/* Without descriptors accept(2) fails at once, again and again: pause. */
static void
client_on_accept_error(struct evconnlistener *l, void *arg)
{
	struct timeval pause = { 0, CLIENT_ACCEPT_PAUSE_MS * 1000 };
	struct worker *w = arg;
	int error = EVUTIL_SOCKET_ERROR();

	(void)l;
	if (!w->clients->paused)
		log_warn(NULL, "cannot accept connections: %s; waiting",
		    evutil_socket_error_to_string(error));
	client_accepting(w->clients, false);
	event_add(w->clients->resume, &pause);
}

static void
client_on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	if (!w->draining && w->clients->count < w->clients->most)
		client_accepting(w->clients, true);
}

static int
clients_listen(struct worker *w, const int *fds, size_t nfds, struct err *e)
{
	struct client_side *s = w->clients;
	struct evhttp_bound_socket *b;
	size_t i;

	s->bound = xcalloc(nfds, sizeof(struct evhttp_bound_socket *));
	for (i = 0; i < nfds; i++) {
		b = evhttp_accept_socket_with_handle(w->http, fds[i]);
		if (b == NULL)
			return err_set(e, "evhttp cannot accept on a socket");
		s->bound[s->nbound++] = b;
		evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(b),
		    client_on_accept_error);
	}
	return 0;
}

int
clients_open(struct worker *w, const struct client_events *events,
    const int *fds, size_t nfds, struct err *e)
{
	const struct settings *set = w->shared->settings;
	struct client_side *s = w->clients = xcalloc(1, sizeof(*s));

	s->events = events;
	TAILQ_INIT(&s->live);
	TAILQ_INIT(&s->newborn);
	s->most = set->max_connections / w->shared->nworkers;
	if (s->most == 0)
		s->most = 1;
	s->limits.line = set->max_header_bytes;
	s->limits.head = set->max_header_bytes;
	s->limits.fields = set->max_headers;
	s->adopt = event_new(w->base, -1, 0, client_on_adopt, w);
	s->reap = event_new(w->base, -1, 0, client_on_reap, w);
	s->tick = event_new(w->base, -1, 0, client_on_tick, w);
	s->resume = event_new(w->base, -1, 0, client_on_resume, w);
	w->http = evhttp_new(w->base);
	if (s->adopt == NULL || s->reap == NULL || s->tick == NULL ||
	    s->resume == NULL || w->http == NULL)
		return err_set(e, "no memory for the client side");
	evhttp_set_bevcb(w->http, client_on_accept, w);
	evhttp_set_gencb(w->http, client_on_evhttp, w);
	evhttp_set_allowed_methods(
	    w->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
			 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
			 EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
	evhttp_set_max_headers_size(
	    w->http, (ev_ssize_t)set->max_header_bytes + 4);
	return clients_listen(w, fds, nfds, e);
}

void
clients_drain(struct worker *w)
{
	struct client_side *s = w->clients;
	struct client *c;
	size_t i;

	for (i = 0; i < s->nbound; i++)
		evhttp_del_accept_socket(w->http, s->bound[i]);
	s->nbound = 0;
	TAILQ_FOREACH(c, &s->live, link)
	if (c->state == CLIENT_IDLE)
		client_doom(c);
	event_active(s->reap, EV_TIMEOUT, 0);
}

void
clients_close(struct worker *w)
{
	struct client *c;

	TAILQ_FOREACH(c, &w->clients->live, link)
	if (c->state != CLIENT_DOOMED)
		client_gone(c);
}

void
clients_free(struct worker *w)
{
	struct client_side *s = w->clients;
	struct event **events[] = { &s->adopt, &s->reap, &s->tick, &s->resume };
	size_t i;

	struct client *c;

	if (s == NULL)
		return;
	w->draining = true;
	if (w->http != NULL)
		evhttp_free(w->http);
	while ((c = TAILQ_FIRST(&s->newborn)) != NULL) {
		TAILQ_REMOVE(&s->newborn, c, link);
		free(c);
	}
	/* bufferevents are freed by the loop, a turn later */
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	for (i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (*events[i] != NULL)
			event_free(*events[i]);
	free(s->bound);
	free(s);
	w->clients = NULL;
}

struct worker *
client_worker(const struct client *c)
{
	return c->w;
}

const char *
client_address(const struct client *c)
{
	return c->address;
}

uint64_t
client_id(const struct client *c)
{
	return c->id;
}

void
client_own(struct client *c, void *owner)
{
	c->owner = owner;
}

bool
client_keeps_alive(const struct client *c)
{
	return c->request.head.keep_alive && !c->half_closed && !c->w->draining;
}
