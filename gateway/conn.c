/* A connection comes up: address, connect, TLS. */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/meter.h"
#include "gateway/origin.h"
#include "gateway/proxies.h"
#include "gateway/ranges.h"
#include "gateway/upstream_priv.h"
#include "gateway/worker.h"

#define CONN_NAME_US 30000000 /* how long an address is believed */

static void conn_try(struct conn *c);
static void conn_on_addresses(void *arg, const struct addresses *found);

void
conn_fail(struct conn *c, enum call_phase phase, enum outcome outcome,
    const char *fmt, ...)
{
	struct call_failure why = { .phase = phase, .outcome = outcome };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why.text, sizeof(why.text), fmt, ap);
	va_end(ap);
	call_fail(c->call, &why);
}

static void
conn_handshake(struct conn *c)
{
	char how[128];

	switch (stream_handshake(&c->s)) {
	case STREAM_DONE:
		c->call->secured = c->pool->w->now;
		pool_settle(c, stream_speaks_h2(&c->s));
		if (stream_speaks_h2(&c->s))
			h2_back_begin(c);
		else
			conn_begin(c);
		break;
	case STREAM_WANTS_READ:
		event_add(&c->rd, NULL);
		break;
	case STREAM_WANTS_WRITE:
		event_add(&c->wr, NULL);
		break;
	case STREAM_FAILED:
		stream_failure(&c->s, how, sizeof(how));
		conn_fail(c, CALL_TLS, OUTCOME_REFUSED, "%s: %s", c->peer, how);
	}
}

/* A WebSocket and a tunnel need a connection of their own. */
static bool
conn_offers_h2(const struct conn *c)
{
	const struct call_request *r = &c->call->request;
	struct pool_origin *o = pool_origin(c->pool, c->origin);

	return c->pool->w->settings->http2 && !r->upgrade && r->head.n > 0 &&
	       (o == NULL || !o->only_http1);
}

void
conn_secure(struct conn *c)
{
	c->s.ssl = tls_connect(
	    c->pool->w->shared->tls, c->origin, c->s.fd, conn_offers_h2(c));
	c->state = CONN_HANDSHAKE;
	if (c->s.ssl == NULL)
		conn_fail(c, CALL_TLS, OUTCOME_REFUSED,
		    "no TLS connection can be set up");
	else
		conn_handshake(c);
}

static uint16_t
conn_port(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6
			 ? ((const struct sockaddr_in6 *)a)->sin6_port
			 : ((const struct sockaddr_in *)a)->sin_port);
}

static bool
conn_same_host(
    const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;

	if (a->ss_family == AF_INET6)
		return memcmp(&a6->sin6_addr,
			   &((const struct sockaddr_in6 *)b)->sin6_addr,
			   sizeof(a6->sin6_addr)) == 0;
	return a4->sin_addr.s_addr ==
		   ((const struct sockaddr_in *)b)->sin_addr.s_addr ||
	       ntohl(a4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* Whether the other end is this gateway: it would ask itself for ever. */
static bool
conn_is_loop(const struct conn *c)
{
	const struct sockaddr_storage *peer = &c->addresses.v[c->address];
	const struct shared *g = c->pool->w->shared;
	struct sockaddr_storage own;
	socklen_t n = sizeof(own);
	size_t i;

	for (i = 0; i < g->nports; i++)
		if (g->ports[i] == conn_port(peer))
			break;
	return i < g->nports &&
	       getsockname(c->s.fd, (struct sockaddr *)&own, &n) == 0 &&
	       own.ss_family == peer->ss_family && conn_same_host(peer, &own);
}

static void
conn_connected(struct conn *c)
{
	int one = 1;

	if (conn_is_loop(c)) {
		conn_fail(c, CALL_CONNECT, OUTCOME_REFUSED,
		    "%s: that is this gateway itself", c->peer);
		return;
	}

	c->call->connected = c->pool->w->now;
	setsockopt(c->s.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (c->proxy != NULL &&
	    (c->origin->url.https || c->call->request.head.n == 0))
		conn_proxy_ask(c);
	else if (c->origin->url.https)
		conn_secure(c);
	else
		conn_begin(c);
}

static void
conn_look_up(struct conn *c, const char *host, uint16_t port)
{
	c->state = CONN_NEW;
	c->deadline = c->patience;
	c->call->lookup =
	    lookup_start(c->pool->resolver, host, port, conn_on_addresses, c);
}

/* Nothing is at the addresses that are remembered: the host may have moved. */
static bool
conn_forget_addresses(struct conn *c)
{
	struct pool_origin *o = pool_origin(c->pool, c->origin);

	if (!c->remembered)
		return false;
	c->remembered = false;
	o->addresses.n = 0;
	return true;
}

/* The address in use does not do. */
static bool
conn_try_next(struct conn *c)
{
	event_del(&c->rd);
	event_del(&c->wr);
	close(c->s.fd);
	c->s.fd = -1;
	if (c->address + 1 >= c->addresses.n)
		return false;
	c->address++;
	conn_try(c);
	return true;
}

static void
conn_finish_connect(struct conn *c)
{
	int error = 0;
	socklen_t n = sizeof(error);

	getsockopt(c->s.fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error == 0) {
		c->deadline = c->patience;
		conn_connected(c);
	} else if (!conn_try_next(c)) {
		if (conn_forget_addresses(c))
			conn_look_up(c, c->origin->host, c->origin->url.port);
		else
			conn_fail(c, CALL_CONNECT, OUTCOME_REFUSED, "%s: %s",
			    c->peer, strerror(error));
	}
}

void
conn_connect_late(struct conn *c)
{
	if (conn_try_next(c))
		return;
	conn_forget_addresses(c);
	conn_fail(c, CALL_CONNECT, OUTCOME_TIMEOUT, "%s: no connection in time",
	    c->peer);
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
	else if (c->state == CONN_SHARED)
		h2_back_read(c);
	else if (c->state == CONN_PROXY)
		conn_proxy_read(c);
	else if (c->state == CONN_HANDSHAKE)
		conn_handshake(c);
	else if (c->state == CONN_BUSY) {
		if (c->s.write_wants_read)
			conn_write(c);
		if (!c->call->paused)
			conn_read(c);
	} else if (c->state == CONN_LANE) {
		conn_lane_on_readable(c);
	}
}

static void
conn_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	c->pool->w->now = clock_mono_us();
	if (c->state == CONN_DOOMED)
		conn_lane_free(c);
	else if (c->state == CONN_LANE)
		conn_lane_on_writable(c);
	else if (c->state == CONN_SHARED)
		h2_back_flush(c);
	else if (c->broken)
		call_fail(c->call, &c->why);
	else if (c->state == CONN_CONNECTING)
		conn_finish_connect(c);
	else if (c->state == CONN_HANDSHAKE)
		conn_handshake(c);
	else if (c->state == CONN_BUSY && c->s.read_wants_write)
		conn_read(c);
	else if (c->state == CONN_BUSY)
		conn_write(c);
}

void
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

void
conn_events(struct conn *c)
{
	struct event_base *base = c->pool->w->base;

	event_assign(
	    &c->rd, base, c->s.fd, EV_READ | EV_PERSIST, conn_on_readable, c);
	event_assign(&c->wr, base, c->s.fd, EV_WRITE, conn_on_writable, c);
}

/* A socket on its way to the address in use; -1 with errno when there is no
 * way to it (no IPv6 here, say). */
static int
conn_connect(struct conn *c)
{
	const struct sockaddr_storage *a = &c->addresses.v[c->address];
	int saved;

	c->s.fd =
	    socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	conn_events(c);
	if (c->s.fd == -1)
		return -1;
	if (connect(c->s.fd, (const struct sockaddr *)a,
		c->addresses.len[c->address]) == 0 ||
	    errno == EINPROGRESS)
		return 0;
	saved = errno;
	close(c->s.fd);
	c->s.fd = -1;
	conn_events(c);
	errno = saved;
	return -1;
}

/* Connects to the next address that a socket can be made for.  None of them
 * may use up the time of those behind it. */
static void
conn_try(struct conn *c)
{
	int64_t now = c->pool->w->now;

	c->state = CONN_CONNECTING;
	c->call->connecting = now;
	c->deadline =
	    now + (c->patience - now) / (int64_t)(c->addresses.n - c->address);
	for (;;) {
		conn_name_peer(c);
		if (conn_connect(c) == 0) {
			event_add(&c->wr, NULL);
			return;
		}
		if (c->address + 1 == c->addresses.n)
			break;
		c->address++;
	}
	conn_fail_later(c, CALL_CONNECT, c->peer, strerror(errno));
}

/* Strangers who come to a forward proxy choose its upstreams. */
static const char *
conn_refuses(const struct conn *c, const struct addresses *a, size_t i)
{
	const struct settings *s = c->pool->w->settings;

	return ranges_refuse(&s->ranges, (const struct sockaddr *)&a->v[i],
	    settings_relays(s) && (s->allow_remote || s->proxy_auth != NULL));
}

/* Goes on with those of its addresses that are permitted. */
static void
conn_go(struct conn *c)
{
	struct addresses *a = &c->addresses;
	const char *why = NULL, *refused;
	size_t i, n = 0;

	for (i = 0; i < a->n; i++) {
		refused = conn_refuses(c, a, i);
		if (refused != NULL) {
			why = refused;
			continue;
		}
		a->v[n] = a->v[i];
		a->len[n++] = a->len[i];
	}
	if (n > 0) {
		a->n = n;
		conn_try(c);
		return;
	}
	conn_name_peer(c);
	conn_fail_later(c, CALL_POLICY, c->peer, why);
}

static void
conn_on_addresses(void *arg, const struct addresses *found)
{
	struct conn *c = arg;
	struct pool_origin *o = pool_origin(c->pool, c->origin);

	c->call->lookup = NULL;
	c->call->resolved = c->pool->w->now;
	if (found->n == 0) {
		conn_fail(c, CALL_RESOLVE, OUTCOME_REFUSED, "%s: %s",
		    c->proxy != NULL ? c->proxy->host : c->origin->host,
		    found->failure);
		return;
	}
	if (o != NULL && c->proxy == NULL) {
		o->addresses = *found;
		o->resolved_at = c->pool->w->now;
	}
	c->addresses = *found;
	c->address = 0;
	if (c->proxy != NULL)
		conn_try(c);
	else
		conn_go(c);
}

/* The proxy is trusted, and resolves names itself: only a host that is an
 * address, or means one, can be judged here. */
static const char *
conn_refuses_behind_proxy(const struct conn *c)
{
	const struct origin *o = c->origin;
	const char *host =
	    strcasecmp(o->host, "localhost") == 0 ? "127.0.0.1" : o->host;
	struct addresses one;

	return lookup_literal(host, o->url.port, &one) == 0
		   ? conn_refuses(c, &one, 0)
		   : NULL;
}

/* A proxy has no place in the pool: its address is looked up each time. */
static void
conn_resolve_proxy(struct conn *c)
{
	struct worker *w = c->pool->w;
	const struct proxy *p = c->proxy;
	const char *why = conn_refuses_behind_proxy(c);

	if (why != NULL) {
		conn_fail_later(c, CALL_POLICY, c->origin->authority, why);
		return;
	}
	call_by_proxy(c->call, p);
	if (lookup_pinned(w->settings, p->host, p->port, &c->addresses) == 0 ||
	    lookup_literal(p->host, p->port, &c->addresses) == 0)
		conn_try(c);
	else
		conn_look_up(c, p->host, p->port);
}

void
conn_resolve(struct conn *c)
{
	struct worker *w = c->pool->w;
	struct pool_origin nothing = { 0 };
	struct pool_origin *o = pool_origin(c->pool, c->origin);

	if (c->proxy != NULL) {
		conn_resolve_proxy(c);
		return;
	}
	if (o == NULL)
		o = &nothing;
	if (o->addresses.n == 0 && c->origin->literal &&
	    lookup_literal(
		c->origin->host, c->origin->url.port, &o->addresses) == -1) {
		conn_fail_later(
		    c, CALL_RESOLVE, c->origin->host, "not an address");
		return;
	}
	if (o->addresses.n > 0 &&
	    (c->origin->literal || w->now - o->resolved_at < CONN_NAME_US)) {
		c->addresses = o->addresses;
		c->remembered = !c->origin->literal;
		conn_go(c);
		return;
	}
	if (lookup_pinned(w->settings, c->origin->host, c->origin->url.port,
		&c->addresses) == 0) {
		conn_go(c);
		return;
	}
	conn_look_up(c, c->origin->host, c->origin->url.port);
}

static void
conn_meter(struct conn *c)
{
	struct meter *m = c->pool->w->meter;

	meter_add(m, METER_AT(opened), 1);
	c->s.came = meter_of(m, METER_AT(upstream_in));
	c->s.went = meter_of(m, METER_AT(upstream_out));
}

struct conn *
conn_new(struct pool *p, struct call *call)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->pool = p;
	c->origin = call->request.origin;
	c->proxy = proxies_for(p->proxies, c->origin);
	c->call = call;
	c->s.fd = -1;
	c->id = ++p->ids * p->w->shared->nworkers + p->w->index;
	c->deadline = c->patience = p->w->now + p->w->settings->connect_timeout;
	conn_events(c);
	conn_meter(c);
	TAILQ_INSERT_TAIL(&p->live, c, link);
	return c;
}
