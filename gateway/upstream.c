#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/err.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/origin.h"
#include "gateway/resolve.h"
#include "gateway/tls.h"
#include "gateway/worker.h"

#include "gateway/upstream.h"

#define POOL_TICK_MS 100
#define POOL_KEEP_US 4000000  /* below the 5 s of the shortest common server */
#define POOL_MOST_KEPT 1024   /* idle connections of one origin */
#define POOL_NAME_US 30000000 /* how long an address is believed */

enum conn_state {
	CONN_NEW, /* waiting for an address */
	CONN_CONNECTING,
	CONN_HANDSHAKE,
	CONN_BUSY, /* has a call */
	CONN_KEPT, /* idle in the pool */
};

struct conn {
	TAILQ_ENTRY(conn) link; /* of pool->live */
	TAILQ_ENTRY(conn) kept; /* of pool->origins[i].kept */
	struct pool *pool;
	const struct origin *origin;
	struct call *call; /* NULL when kept */
	enum conn_state state;
	int fd;
	SSL *ssl;
	struct event rd, wr;
	int64_t deadline; /* monotonic µs, 0 for none */
	struct addresses addresses;
	size_t address; /* the one in use */
	struct buf in;  /* part of a head */
	size_t seen;
	struct http1_body reader;
	uint64_t id;
	char peer[72];
	bool read_wants_write, write_wants_read; /* TLS renegotiates */
	bool reused;
	bool broken; /* failed inside call_start(); told by the write event */
	struct call_failure why;
};

struct call {
	struct worker *w;
	struct call_request request;
	const struct call_handler *handler;
	void *arg;
	struct conn *conn;
	struct lookup *lookup;
	size_t sent;
	bool sent_all;
	bool write_failed; /* but a response may still be there to read */
	bool got_any;      /* bytes of a response */
	bool got_head;
	bool paused;
	bool retried;
	bool keep_alive; /* the response allows it */
	int64_t started, resolved, connecting, connected, secured, sending,
	    all_sent, first_byte, done;
};

TAILQ_HEAD(conn_list, conn);

struct pool_origin {
	struct conn_list kept; /* newest first */
	size_t nkept;
	struct addresses addresses;
	int64_t resolved_at;
};

struct pool {
	struct worker *w;
	struct conn_list live; /* all, kept or busy */
	struct pool_origin *origins;
	struct event *tick;
	uint64_t ids;
	struct http1_limits limits;
};

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

static void conn_try(struct conn *c);
static void conn_start(struct call *call, bool fresh);

/* ---- connections: ends ----------------------------------------------- */

static void
conn_free(struct conn *c)
{
	struct pool_origin *o = &c->pool->origins[c->origin->index];

	if (c->state == CONN_KEPT) {
		TAILQ_REMOVE(&o->kept, c, kept);
		o->nkept--;
	}
	TAILQ_REMOVE(&c->pool->live, c, link);
	event_del(&c->rd);
	event_del(&c->wr);
	if (c->ssl != NULL) {
		SSL_set_shutdown(c->ssl, SSL_RECEIVED_SHUTDOWN);
		SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	if (c->fd != -1)
		close(c->fd);
	http1_body_fini(&c->reader);
	buf_free(&c->in);
	free(c);
}

/* A connection whose response ended cleanly goes back to the pool. */
static void
conn_keep(struct conn *c)
{
	struct pool_origin *o = &c->pool->origins[c->origin->index];

	if (o->nkept >= POOL_MOST_KEPT) {
		conn_free(c);
		return;
	}
	c->call = NULL;
	c->state = CONN_KEPT;
	c->reused = true;
	c->deadline = c->pool->w->now + POOL_KEEP_US;
	TAILQ_INSERT_HEAD(&o->kept, c, kept);
	o->nkept++;
	event_add(&c->rd, NULL);
}

static bool
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

static void
call_fail(struct call *call, const struct call_failure *f)
{
	struct conn *c = call->conn;
	struct call_failure why = *f;

	if (c->reused && !call->got_any && !call->retried &&
	    why.outcome != OUTCOME_TIMEOUT && call_idempotent(call)) {
		call->retried = true;
		conn_free(c);
		conn_start(call, true);
		return;
	}
	call->done = call->w->now;
	call->handler->on_failure(call->arg, &why);
	conn_free(c);
	free(call);
}

static void __attribute__((format(printf, 4, 5))) conn_fail(struct conn *c,
    enum call_phase phase, enum outcome outcome, const char *fmt, ...)
{
	struct call_failure why = { .phase = phase, .outcome = outcome };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why.text, sizeof(why.text), fmt, ap);
	va_end(ap);
	call_fail(c->call, &why);
}

static void
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
	free(call);
}

/* ---- writing --------------------------------------------------------- */

/* What is still to go out, in at most two pieces. */
static int
call_rest(const struct call *call, struct iovec v[2])
{
	struct str head = call->request.head, body = call->request.body;
	size_t at = call->sent;
	int n = 0;

	if (at < head.n)
		v[n++] = (struct iovec){ (char *)head.p + at, head.n - at };
	at = at < head.n ? 0 : at - head.n;
	if (at < body.n)
		v[n++] = (struct iovec){ (char *)body.p + at, body.n - at };
	return n;
}

static ssize_t
conn_send_plain(struct conn *c, struct iovec *v, int n)
{
	struct msghdr m = { .msg_iov = v, .msg_iovlen = (size_t)n };
	ssize_t sent;

	do
		sent = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent == -1 && errno == EINTR);
	if (sent == -1 && errno == EAGAIN)
		return 0;
	return sent;
}

/* One record of head and body together: two small ones would wait for each
 * other's acknowledgement. */
static ssize_t
conn_send_tls(struct conn *c, struct iovec *v, int n)
{
	char *p = v[0].iov_base;
	size_t size = v[0].iov_len;
	int sent, why;

	if (n > 1 && size < WORKER_SCRATCH) {
		size_t more = WORKER_SCRATCH - size;

		if (more > v[1].iov_len)
			more = v[1].iov_len;
		p = memcpy(c->pool->w->scratch, p, size);
		memcpy(p + size, v[1].iov_base, more);
		size += more;
	}
	ERR_clear_error();
	sent = SSL_write(c->ssl, p, size > (1 << 20) ? 1 << 20 : (int)size);
	if (sent > 0)
		return sent;
	why = SSL_get_error(c->ssl, sent);
	c->write_wants_read = why == SSL_ERROR_WANT_READ;
	if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ)
		return 0;
	errno = why == SSL_ERROR_SYSCALL && errno != 0 ? errno : ECONNRESET;
	return -1;
}

/* Sends what the socket takes.  A write error is not yet the end: a server
 * that refuses an upload answers and closes. */
static void
conn_write(struct conn *c)
{
	struct call *call = c->call;
	struct iovec v[2];
	ssize_t sent;
	int n;

	while ((n = call_rest(call, v)) > 0) {
		sent = c->ssl != NULL ? conn_send_tls(c, v, n)
				      : conn_send_plain(c, v, n);
		if (sent == -1) {
			call->write_failed = true;
			return;
		}
		if (sent == 0) {
			event_add(&c->wr, NULL);
			return;
		}
		call->sent += (size_t)sent;
		c->deadline = call->w->now +
			      call->w->shared->settings->upstream_idle_timeout;
	}
	call->sent_all = true;
	call->all_sent = call->w->now;
	c->deadline =
	    call->w->now + call->w->shared->settings->first_byte_timeout;
}

static void
conn_begin(struct conn *c)
{
	c->state = CONN_BUSY;
	c->call->sending = c->call->w->now;
	c->deadline = c->call->w->now +
		      c->call->w->shared->settings->upstream_idle_timeout;
	event_add(&c->rd, NULL);
	conn_write(c);
}

/* ---- reading --------------------------------------------------------- */

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
 * connection.  False when the call is over.
 */
static bool
conn_take_head(
    struct conn *c, const struct http1_head *h, const char *p, size_t n)
{
	struct call *call = c->call;

	if (h->status == 101) {
		conn_fail(c, CALL_HEAD, OUTCOME_BAD_ANSWER,
		    "101 without having been asked to switch protocols");
		return false;
	}
	if (h->status < 200) {
		call->handler->on_interim(call->arg, h);
		return true;
	}
	call->got_head = true;
	call->keep_alive = h->keep_alive && h->framing != FRAMING_CLOSE;
	http1_body_fini(&c->reader);
	http1_body_start(&c->reader, h->framing,
	    h->framing == FRAMING_LENGTH ? h->length : 0,
	    call->w->shared->settings->max_header_bytes);
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

/* Bytes into the worker's scratch: their count; 0 at a clean end, -1 on an
 * error with *how set, -2 when there is nothing for now. */
static ssize_t
conn_receive(struct conn *c, char *how, size_t size)
{
	char *p = c->pool->w->scratch;
	ssize_t n;
	int why;

	if (c->ssl == NULL) {
		do
			n = recv(c->fd, p, WORKER_SCRATCH, MSG_DONTWAIT);
		while (n == -1 && errno == EINTR);
		if (n == -1 && errno == EAGAIN)
			return -2;
		if (n == -1)
			snprintf(how, size, "%s", strerror(errno));
		return n;
	}
	ERR_clear_error();
	n = SSL_read(c->ssl, p, WORKER_SCRATCH);
	if (n > 0)
		return n;
	why = SSL_get_error(c->ssl, (int)n);
	c->read_wants_write = why == SSL_ERROR_WANT_WRITE;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return -2;
	if (why == SSL_ERROR_ZERO_RETURN)
		return 0;
	tls_failure(c->ssl, how, size);
	return -1;
}

static void
conn_read(struct conn *c)
{
	struct call *call = c->call;
	struct worker *w = c->pool->w;
	char how[128];
	ssize_t n = conn_receive(c, how, sizeof(how));

	if (n == -2) {
		if (c->read_wants_write)
			event_add(&c->wr, NULL);
		return;
	}
	if (n == -1 || n == 0) {
		conn_take_eof(c, n == 0,
		    n == 0 ? "the upstream closed the connection" : how);
		return;
	}
	if (!call->got_any) {
		call->got_any = true;
		call->first_byte = w->now;
	}
	c->deadline = w->now + w->shared->settings->upstream_idle_timeout;
	arena_reset(&w->batch);
	if (!conn_take(c, w->scratch, (size_t)n))
		return;
	call->handler->on_flush(call->arg);
	if (!call->paused && c->ssl != NULL && SSL_pending(c->ssl) > 0)
		event_active(&c->rd, EV_READ, 0);
}

/* A kept connection that says anything is of no more use, but for TLS
 * records that carry no data (session tickets). */
static void
conn_read_kept(struct conn *c)
{
	char how[128];

	if (c->ssl == NULL || conn_receive(c, how, sizeof(how)) != -2)
		conn_free(c);
}

/* ---- connecting ------------------------------------------------------ */

static void
conn_handshake(struct conn *c)
{
	int done, why;
	char how[128];

	ERR_clear_error();
	done = SSL_do_handshake(c->ssl);
	if (done == 1) {
		c->call->secured = c->pool->w->now;
		conn_begin(c);
		return;
	}
	why = SSL_get_error(c->ssl, done);
	if (why == SSL_ERROR_WANT_READ) {
		event_add(&c->rd, NULL);
	} else if (why == SSL_ERROR_WANT_WRITE) {
		event_add(&c->wr, NULL);
	} else {
		tls_failure(c->ssl, how, sizeof(how));
		conn_fail(c, CALL_TLS, OUTCOME_REFUSED, "%s: %s", c->peer, how);
	}
}

static void
conn_connected(struct conn *c)
{
	int one = 1;

	c->call->connected = c->pool->w->now;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!c->origin->url.https) {
		conn_begin(c);
		return;
	}
	c->ssl = tls_connect(c->pool->w->shared->tls, c->origin, c->fd);
	c->state = CONN_HANDSHAKE;
	if (c->ssl == NULL)
		conn_fail(c, CALL_TLS, OUTCOME_REFUSED,
		    "no TLS connection can be set up");
	else
		conn_handshake(c);
}

static void
conn_finish_connect(struct conn *c)
{
	int error = 0;
	socklen_t n = sizeof(error);

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error == 0) {
		conn_connected(c);
		return;
	}
	event_del(&c->rd);
	event_del(&c->wr);
	close(c->fd);
	c->fd = -1;
	if (++c->address < c->addresses.n)
		conn_try(c);
	else
		conn_fail(c, CALL_CONNECT, OUTCOME_REFUSED, "%s: %s", c->peer,
		    strerror(error));
}

static void
conn_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	c->pool->w->now = clock_mono_us();
	if (c->state == CONN_KEPT)
		conn_read_kept(c);
	else if (c->state == CONN_HANDSHAKE)
		conn_handshake(c);
	else if (c->state == CONN_BUSY) {
		if (c->write_wants_read)
			conn_write(c);
		if (!c->call->paused)
			conn_read(c);
	}
}

static void
conn_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	c->pool->w->now = clock_mono_us();
	if (c->broken)
		call_fail(c->call, &c->why);
	else if (c->state == CONN_CONNECTING)
		conn_finish_connect(c);
	else if (c->state == CONN_HANDSHAKE)
		conn_handshake(c);
	else if (c->state == CONN_BUSY && c->read_wants_write)
		conn_read(c);
	else if (c->state == CONN_BUSY)
		conn_write(c);
}

/* Fails from the loop, not from inside call_start(). */
static void
conn_fail_later(
    struct conn *c, enum call_phase phase, const char *what, const char *why)
{
	c->broken = true;
	c->why =
	    (struct call_failure){ .phase = phase, .outcome = OUTCOME_REFUSED };
	snprintf(c->why.text, sizeof(c->why.text), "%s: %s", what, why);
	event_active(&c->wr, EV_WRITE, 0);
}

static void
conn_name_peer(struct conn *c)
{
	struct sockaddr *a = (struct sockaddr *)&c->addresses.v[c->address];
	char host[NI_MAXHOST], port[NI_MAXSERV];

	c->peer[0] = '\0';
	if (getnameinfo(a, c->addresses.len[c->address], host, sizeof(host),
		port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(c->peer, sizeof(c->peer),
		    a->sa_family == AF_INET6 ? "[%.46s]:%.6s" : "%.46s:%.6s",
		    host, port);
}

static void
conn_events(struct conn *c)
{
	struct event_base *base = c->pool->w->base;

	event_assign(
	    &c->rd, base, c->fd, EV_READ | EV_PERSIST, conn_on_readable, c);
	event_assign(&c->wr, base, c->fd, EV_WRITE, conn_on_writable, c);
}

/* Connects to the next address that a socket can be made for. */
static void
conn_try(struct conn *c)
{
	const struct sockaddr_storage *a = &c->addresses.v[c->address];

	conn_name_peer(c);
	c->state = CONN_CONNECTING;
	c->call->connecting = c->pool->w->now;
	c->fd =
	    socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	conn_events(c);
	if (c->fd == -1 || (connect(c->fd, (const struct sockaddr *)a,
				c->addresses.len[c->address]) == -1 &&
			       errno != EINPROGRESS)) {
		conn_fail_later(c, CALL_CONNECT, c->peer, strerror(errno));
		return;
	}
	event_add(&c->wr, NULL);
}

static void
conn_on_addresses(void *arg, const struct addresses *found)
{
	struct conn *c = arg;
	struct pool_origin *o = &c->pool->origins[c->origin->index];

	c->call->lookup = NULL;
	c->call->resolved = c->pool->w->now;
	if (found->n == 0) {
		conn_fail(c, CALL_RESOLVE, OUTCOME_REFUSED, "%s: %s",
		    c->origin->host, found->failure);
		return;
	}
	o->addresses = *found;
	o->resolved_at = c->pool->w->now;
	c->addresses = *found;
	conn_try(c);
}

static void
conn_resolve(struct conn *c)
{
	struct worker *w = c->pool->w;
	struct pool_origin *o = &c->pool->origins[c->origin->index];

	if (o->addresses.n == 0 && c->origin->literal &&
	    lookup_literal(
		c->origin->host, c->origin->url.port, &o->addresses) == -1) {
		conn_fail_later(
		    c, CALL_RESOLVE, c->origin->host, "not an address");
		return;
	}
	if (o->addresses.n > 0 &&
	    (c->origin->literal || w->now - o->resolved_at < POOL_NAME_US)) {
		c->addresses = o->addresses;
		conn_try(c);
		return;
	}
	c->call->lookup = lookup_start(
	    w, c->origin->host, c->origin->url.port, conn_on_addresses, c);
}

static struct conn *
conn_new(struct pool *p, struct call *call)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->pool = p;
	c->origin = call->request.origin;
	c->call = call;
	c->fd = -1;
	c->id = ++p->ids * p->w->shared->nworkers + p->w->index;
	c->deadline = p->w->now + p->w->shared->settings->connect_timeout;
	conn_events(c);
	TAILQ_INSERT_TAIL(&p->live, c, link);
	return c;
}

/* A kept connection that is still silent.  For a request that could not be
 * sent twice it is looked at once more. */
static struct conn *
pool_take(struct pool *p, struct call *call)
{
	struct pool_origin *o = &p->origins[call->request.origin->index];
	struct conn *c;
	char byte;

	while ((c = TAILQ_FIRST(&o->kept)) != NULL) {
		if (c->ssl == NULL && !call_idempotent(call) &&
		    (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != -1 ||
			errno != EAGAIN)) {
			conn_free(c);
			continue;
		}
		TAILQ_REMOVE(&o->kept, c, kept);
		o->nkept--;
		c->call = call;
		c->seen = 0;
		buf_clear(&c->in, 0);
		return c;
	}
	return NULL;
}

static void
conn_start(struct call *call, bool fresh)
{
	struct pool *p = call->w->pool;
	struct conn *c = fresh ? NULL : pool_take(p, call);
	static const struct timeval soon = { 0, POOL_TICK_MS * 1000 };

	call->sent = 0;
	call->sent_all = call->write_failed = false;
	if (!event_pending(p->tick, EV_TIMEOUT, NULL))
		event_add(p->tick, &soon);
	if (c != NULL) {
		call->conn = c;
		conn_begin(c);
		return;
	}
	call->conn = c = conn_new(p, call);
	conn_resolve(c);
}

/* ---- calls ----------------------------------------------------------- */

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
	conn_start(call, false);
	return call;
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
	c->deadline =
	    call->w->now + call->w->shared->settings->upstream_idle_timeout;
	event_add(&c->rd, NULL);
	if (c->ssl != NULL && SSL_pending(c->ssl) > 0)
		event_active(&c->rd, EV_READ, 0);
}

void
call_cancel(struct call *call)
{
	if (call->lookup != NULL)
		lookup_cancel(call->lookup);
	if (call->conn != NULL)
		conn_free(call->conn);
	free(call);
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

/* ---- deadlines ------------------------------------------------------- */

static void
conn_expire(struct conn *c)
{
	struct call *call = c->call;

	switch (c->state) {
	case CONN_KEPT:
		conn_free(c);
		break;
	case CONN_NEW:
		if (call->lookup != NULL)
			lookup_cancel(call->lookup);
		call->lookup = NULL;
		conn_fail(c, CALL_RESOLVE, OUTCOME_TIMEOUT,
		    "%s: no answer in time", c->origin->host);
		break;
	case CONN_CONNECTING:
		conn_fail(c, CALL_CONNECT, OUTCOME_TIMEOUT,
		    "%s: no connection in time", c->peer);
		break;
	case CONN_HANDSHAKE:
		conn_fail(c, CALL_TLS, OUTCOME_TIMEOUT,
		    "%s: no handshake in time", c->peer);
		break;
	case CONN_BUSY:
		if (!call->sent_all && !call->got_any)
			conn_fail(c, CALL_WRITE, OUTCOME_TIMEOUT,
			    "the upstream does not take the request");
		else if (!call->got_head)
			conn_fail(c,
			    call->got_any ? CALL_HEAD : CALL_FIRST_BYTE,
			    OUTCOME_TIMEOUT, "no response in time");
		else
			conn_fail(c, CALL_BODY, OUTCOME_TIMEOUT,
			    "the response stalled");
		break;
	}
}

static void
pool_on_tick(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval next = { 0, POOL_TICK_MS * 1000 };
	struct pool *p = arg;
	struct conn *c, *after;

	(void)fd;
	(void)what;
	p->w->now = clock_mono_us();
	for (c = TAILQ_FIRST(&p->live); c != NULL; c = after) {
		after = TAILQ_NEXT(c, link);
		if (c->deadline == 0 || c->deadline > p->w->now)
			continue;
		/* A handler may start or end other calls. */
		conn_expire(c);
		after = TAILQ_FIRST(&p->live);
	}
	if (!TAILQ_EMPTY(&p->live))
		event_add(p->tick, &next);
}

struct pool *
pool_new(struct worker *w)
{
	const struct settings *s = w->shared->settings;
	struct pool *p = xcalloc(1, sizeof(*p));
	size_t i, n = origins_count(w->shared->origins);

	p->w = w;
	TAILQ_INIT(&p->live);
	p->origins = xcalloc(n, sizeof(*p->origins));
	for (i = 0; i < n; i++)
		TAILQ_INIT(&p->origins[i].kept);
	p->limits.line = p->limits.head = s->max_header_bytes;
	p->limits.fields = s->max_headers;
	p->tick = event_new(w->base, -1, 0, pool_on_tick, p);
	return p;
}

void
pool_free(struct pool *p)
{
	struct conn *c;

	if (p == NULL)
		return;
	while ((c = TAILQ_FIRST(&p->live)) != NULL)
		conn_free(c);
	event_free(p->tick);
	free(p->origins);
	free(p);
}
