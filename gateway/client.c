#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/event.h>

#include "base/clock.h"
#include "gateway/client_priv.h"
#include "gateway/worker.h"

#include "gateway/client.h"

#define CLIENT_LINGER_US 1000000 /* to let a refusal reach its reader */
#define CLIENT_HALF_CLOSED_US 1000000
#define CLIENT_READ_AHEAD (64u * 1024) /* pipelined while one is served */
#define CLIENT_FLUSH (256 * 1024)      /* at a time, of what waits */

/* ---- ends ------------------------------------------------------------ */

void
client_doom(struct client *c)
{
	if (c->state == CLIENT_DOOMED)
		return;
	/* Nothing is cut. */
	if (c->state == CLIENT_IDLE)
		stream_finish(&c->s);
	c->state = CLIENT_DOOMED;
	c->deadline = 0;
	event_del(&c->rd);
	event_del(&c->wr);
	event_active(c->w->clients->reap, EV_TIMEOUT, 0);
	if (c->h2 != NULL)
		h2_front_end(c);
	if (c->request2 != NULL)
		h2_request_doom(c);
}

void
client_gone(struct client *c)
{
	void *owner = c->owner;

	c->owner = NULL;
	client_doom(c);
	if (c->taken)
		client_lane_gone(c);
	else if (owner != NULL)
		c->w->clients->events->on_gone(c, owner);
}

void
client_fini(struct client *c)
{
	if (c->h2 != NULL)
		h2_front_free(c);
	event_del(&c->rd);
	event_del(&c->wr);
	stream_drop(&c->s);
	free(c->meant);
	free(c->tunnel);
	if (c->out != NULL)
		evbuffer_free(c->out);
	http1_body_fini(&c->reader);
	buf_free(&c->in);
	buf_free(&c->body);
	buf_free(&c->behind);
	arena_fini(&c->arena);
}

/* Bytes that TLS has taken off the socket already make no event. */
void
client_listen(struct client *c)
{
	event_add(&c->rd, NULL);
	if (stream_pending(&c->s))
		event_active(&c->rd, EV_READ, 0);
}

/* Closing with unread input would reset the connection and could take the
 * reply with it (RFC 9112 section 9.6). */
void
client_linger(struct client *c)
{
	if (c->broken || c->half_closed) {
		client_doom(c);
		return;
	}
	c->state = CLIENT_LINGER;
	c->deadline = c->w->now + CLIENT_LINGER_US;
	stream_finish(&c->s);
	shutdown(c->s.fd, SHUT_WR);
	event_add(&c->rd, NULL);
}

/* ---- replies --------------------------------------------------------- */

size_t
client_waiting(const struct client *c)
{
	return c->out != NULL ? evbuffer_get_length(c->out) : 0;
}

/* What of v the socket took is dropped from it.  0, or -1 when broken. */
static int
client_send(struct client *c, struct iovec *v, int *n)
{
	ssize_t sent;

	/* A plain socket that takes less than all is full. */
	do {
		sent = stream_write(&c->s, v, *n);
		if (sent == STREAM_BROKEN)
			return -1;
		if (sent == STREAM_LATER)
			return 0;
		c->moved = true;
		stream_advance(v, n, (size_t)sent);
	} while (*n > 0 && c->s.ssl != NULL);
	return 0;
}

int
client_send_now(struct client *c, const char *text)
{
	struct iovec v = { (char *)text, strlen(text) };
	int n = 1;

	if (c->request2 != NULL) {
		h2_request_write(c, &v, 1);
		return 0;
	}
	return client_send(c, &v, &n) == -1 || n > 0 ? -1 : 0;
}

/* A broken client is told to its owner by the janitor, not from inside the
 * owner's own call. */
static void
client_break(struct client *c)
{
	c->broken = true;
	event_active(c->w->clients->tick, EV_TIMEOUT, 0);
}

/* Something waits that did not before. */
static void
client_await(struct client *c)
{
	c->deadline = c->w->now + c->w->settings->send_timeout;
	c->waiting = SIZE_MAX;
}

size_t
client_write(struct client *c, struct iovec *v, int n)
{
	size_t queued = client_waiting(c);
	int i;

	if (c->broken || c->state != CLIENT_BUSY)
		return 0;
	if (c->request2 != NULL) {
		h2_request_write(c, v, n);
		if (queued == 0 && client_waiting(c) > 0)
			client_await(c);
		return client_waiting(c);
	}
	if (queued == 0 && client_send(c, v, &n) == -1) {
		client_break(c);
		return 0;
	}
	if (n == 0)
		return queued;
	if (c->out == NULL && (c->out = evbuffer_new()) == NULL) {
		client_break(c);
		return 0;
	}
	for (i = 0; i < n; i++)
		evbuffer_add(c->out, v[i].iov_base, v[i].iov_len);
	if (queued == 0) {
		client_await(c);
		event_add(&c->wr, NULL);
	}
	return client_waiting(c);
}

void
client_may_trail(struct client *c)
{
	if (c->request2 != NULL)
		h2_request_may_trail(c);
}

void
client_trail(struct client *c, const struct headers *trailers)
{
	if (c->request2 != NULL)
		h2_request_give_trailers(c, trailers);
}

void
client_again(struct client *c)
{
	event_active(&c->wr, EV_WRITE, 0);
}

static void
client_finish(struct client *c)
{
	void *owner = c->owner;

	c->owner = NULL;
	c->streaming = false; /* what still comes of it is nobody's */
	if (owner != NULL)
		c->w->clients->events->on_replied(c, owner);
	if (c->request2 != NULL) {
		c->state = CLIENT_LINGER;
		c->deadline = c->w->now + c->w->settings->send_timeout;
		h2_request_finish(c);
		return;
	}
	if (!c->keep || c->half_closed || c->broken) {
		client_linger(c);
		return;
	}
	guard_next(c);
	c->replied = false;
	if (c->entering) {
		c->entering = false;
		client_start(c);
	} else {
		c->state = CLIENT_IDLE;
		c->deadline = c->w->now + c->w->settings->idle_timeout;
	}
	client_listen(c);
	if (!c->in_guard)
		guard_run(c);
}

void
client_done(struct client *c, bool keep)
{
	if (c->state != CLIENT_BUSY)
		return;
	c->replied = true;
	c->keep = keep;
	if (c->broken || client_waiting(c) == 0)
		client_finish(c);
}

void
client_stall(struct client *c)
{
	if (c->state != CLIENT_BUSY)
		return;
	c->stalled = true;
	if (c->w->draining)
		c->deadline = c->w->now;
	else if (client_waiting(c) == 0 && !c->half_closed)
		c->deadline = c->w->now + c->w->settings->idle_timeout;
}

/* Closing with a linger time of 0 resets, but evhttp says FIN in front of it,
 * and the client would read that first: dissolving the connection resets at
 * once, where the system can (Linux). */
static void
client_reset(struct client *c)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	setsockopt(c->s.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)connect(c->s.fd, &nobody, sizeof(nobody)); /* else it is FIN */
}

/* What waits of a reply by HTTP/2 goes out before the stream is reset, as it
 * did by HTTP/1 before the connection was. */
static void
client_cut(struct client *c)
{
	c->state = CLIENT_LINGER;
	c->deadline = c->w->now + CLIENT_LINGER_US;
	h2_request_finish(c);
}

void
client_abort(struct client *c, bool reset)
{
	if (c->state == CLIENT_DOOMED)
		return;
	c->owner = NULL;
	if (c->request2 != NULL) {
		client_cut(c);
		return;
	}
	client_doom(c);
	if (reset)
		client_reset(c);
}

void
client_refuse(struct client *c, int status, const char *why)
{
	c->state = CLIENT_BUSY;
	c->deadline = 0;
	c->keep = false;
	event_del(&c->rd);
	c->w->clients->events->on_refused(c, status, why);
}

/* ---- events ---------------------------------------------------------- */

/*
 * A client that ends its side while it waits may only have half-closed
 * (printf | nc): it gets a grace, extended as long as bytes still go out to
 * it without an error; without any it counts as gone.
 */
static void
client_on_eof(struct client *c)
{
	if (c->state != CLIENT_BUSY) {
		client_doom(c);
		return;
	}
	if (c->taken) {
		client_lane_bytes(c, NULL, 0);
		return;
	}
	if (c->streaming && !c->replied) {
		client_gone(c); /* its request is not whole */
		return;
	}
	event_del(&c->rd);
	c->half_closed = true;
	c->moved = false;
	if (c->deadline == 0 || c->stalled)
		c->deadline = c->w->now + CLIENT_HALF_CLOSED_US;
}

void
client_take(struct client *c, const char *p, size_t n)
{
	switch (c->state) {
	case CLIENT_LINGER:
	case CLIENT_DOOMED:
		break;
	case CLIENT_H2:
		h2_front_take(c, p, n);
		break;
	case CLIENT_BUSY:
		if (c->taken) {
			client_lane_bytes(c, p, n);
			break;
		}
		if (c->streaming) {
			client_body_bytes(c, p, n);
			break;
		}
		buf_add(&c->behind, p, n);
		if (c->behind.n > CLIENT_READ_AHEAD)
			event_del(&c->rd);
		break;
	default:
		buf_add(&c->in, p, n);
		guard_run(c);
	}
}

static void
client_read(struct client *c)
{
	ssize_t n = stream_read(&c->s, c->w->scratch, WORKER_SCRATCH);

	if (n > 0) {
		client_take(c, c->w->scratch, (size_t)n);
		if (stream_pending(&c->s) &&
		    event_pending(&c->rd, EV_READ, NULL))
			event_active(&c->rd, EV_READ, 0);
	} else if (n == STREAM_END) {
		client_on_eof(c);
	} else if (n == STREAM_BROKEN) {
		c->broken = true;
		client_gone(c);
	} else if (c->s.read_wants_write) {
		event_add(&c->wr, NULL);
	}
}

/* What waits goes out as far as the socket takes it.  False when it broke. */
static bool
client_flush(struct client *c)
{
	struct iovec v[WORKER_PIECES];
	ssize_t sent;
	int n;

	while (client_waiting(c) > 0) {
		n = evbuffer_peek(c->out, CLIENT_FLUSH, NULL, v, WORKER_PIECES);
		if (n > WORKER_PIECES)
			n = WORKER_PIECES;
		sent = stream_write(&c->s, v, n);
		if (sent == STREAM_BROKEN)
			return false;
		if (sent == STREAM_LATER)
			break;
		c->moved = true;
		evbuffer_drain(c->out, (size_t)sent);
		if (c->s.ssl == NULL)
			break;
	}
	return true;
}

static void
client_write_on(struct client *c)
{
	if (!client_flush(c)) {
		c->broken = true;
		client_gone(c);
		return;
	}
	if (client_waiting(c) > 0) {
		if (!c->s.write_wants_read)
			event_add(&c->wr, NULL);
		return;
	}
	client_drained(c);
}

void
client_drained(struct client *c)
{
	if (c->taken) {
		client_lane_drained(c);
		return;
	}
	c->deadline = c->half_closed ? c->w->now + CLIENT_HALF_CLOSED_US : 0;
	if (c->streaming)
		client_body_wait(c);
	if (c->replied)
		client_finish(c);
	else if (c->stalled)
		client_stall(c);
	else if (c->owner != NULL)
		c->w->clients->events->on_drained(c, c->owner);
}

void
client_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;

	(void)fd;
	(void)what;
	c->w->now = clock_mono_us();
	if (c->state == CLIENT_HANDSHAKE) {
		client_handshake(c);
		return;
	}
	if (c->s.write_wants_read)
		event_add(&c->wr, NULL);
	if (!c->taken || !client_lane_early(c))
		client_read(c);
}

void
client_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;

	(void)fd;
	(void)what;
	c->w->now = clock_mono_us();
	if (c->s.read_wants_write)
		event_active(&c->rd, EV_READ, 0);
	if (c->state == CLIENT_HANDSHAKE)
		client_handshake(c);
	else if (c->state == CLIENT_H2)
		h2_front_flush(c);
	else if (c->state == CLIENT_BUSY)
		client_write_on(c);
}

/* ---- deadlines ------------------------------------------------------- */

static void
client_expire(struct client *c)
{
	switch (c->state) {
	case CLIENT_HEAD:
		client_refuse(c, 408, "the request head took too long");
		break;
	case CLIENT_BODY:
		client_refuse(c, 408, "the request body took too long");
		break;
	case CLIENT_BUSY:
		if (c->half_closed && c->moved) {
			c->moved = false;
			c->deadline = c->w->now + CLIENT_HALF_CLOSED_US;
			break;
		}
		if (c->streaming && client_waiting(c) == 0) {
			client_body_fail(
			    c, 408, "the request body took too long");
			break;
		}
		client_gone(c);
		break;
	case CLIENT_H2:
		h2_front_expire(c);
		break;
	default:
		client_doom(c);
	}
}

/* A client that takes its reply slowly but steadily is not expired. */
static void
client_note_progress(struct client *c)
{
	size_t queued = client_waiting(c);

	if (queued > 0 && queued != c->waiting) {
		c->waiting = queued;
		c->moved = true;
		c->deadline = c->w->now + c->w->settings->send_timeout;
	}
}

void
client_check(struct client *c)
{
	if (c->state == CLIENT_DOOMED)
		return;
	if (c->state == CLIENT_BUSY)
		client_note_progress(c);
	if (c->broken)
		client_gone(c);
	else if (c->deadline != 0 && c->deadline <= c->w->now)
		client_expire(c);
	else if (c->taken)
		client_lane_check(c);
}

/* ---- what owners ask ------------------------------------------------- */

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

bool
client_is_local(const struct client *c, struct str host)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);
	char text[NI_MAXHOST];

	if (host.n > 2 && host.p[0] == '[')
		host = (struct str){ host.p + 1, host.n - 2 };
	return getsockname(c->s.fd, (struct sockaddr *)&a, &n) == 0 &&
	       getnameinfo((struct sockaddr *)&a, n, text, sizeof(text), NULL,
		   0, NI_NUMERICHOST) == 0 &&
	       str_iis(host, text);
}

uint16_t
client_local_port(const struct client *c)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (getsockname(c->s.fd, (struct sockaddr *)&a, &n) == -1)
		return 0;
	return ntohs(a.ss_family == AF_INET6
			 ? ((struct sockaddr_in6 *)&a)->sin6_port
			 : ((struct sockaddr_in *)&a)->sin_port);
}

void
client_own(struct client *c, void *owner)
{
	c->owner = owner;
}

bool
client_keeps_alive(const struct client *c)
{
	return c->request.head.keep_alive && !c->streaming && !c->half_closed &&
	       !c->w->draining;
}
