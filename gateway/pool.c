/* The upstream connections of a worker: kept, taken again, expired. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/meter.h"
#include "gateway/origin.h"
#include "gateway/proxies.h"
#include "gateway/upstream_priv.h"
#include "gateway/worker.h"

#define POOL_TICK_MS 100
#define POOL_KEEP_US 4000000 /* below the 5 s of the shortest common server */
#define POOL_WAIT_US 1000000 /* for another call's handshake */
#define POOL_MOST_KEPT 1024  /* idle connections of one origin */

struct pool_origin *
pool_origin(struct pool *p, const struct origin *o)
{
	size_t i = o->index, n = p->norigins;

	if (i == ORIGIN_ALONE)
		return NULL;
	if (i >= n) {
		p->norigins = i + i / 2 + 1;
		p->origins =
		    xrealloc(p->origins, p->norigins * sizeof(*p->origins));
		memset(
		    p->origins + n, 0, (p->norigins - n) * sizeof(*p->origins));
	}
	if (p->origins[i] == NULL) {
		p->origins[i] = xcalloc(1, sizeof(**p->origins));
		TAILQ_INIT(&p->origins[i]->kept);
		TAILQ_INIT(&p->origins[i]->shared);
		TAILQ_INIT(&p->origins[i]->waiting);
	}
	return p->origins[i];
}

/* ---- calls that wait for another's handshake --------------------------- */

/* Whether it can go with others on one connection. */
static bool
pool_shares(const struct call *call)
{
	const struct call_request *r = &call->request;

	return r->origin->url.https && !r->upgrade && r->head.n > 0;
}

/* They go on from the loop: whoever settles it is at work on its own. */
static void
pool_release(struct conn *c, bool http2)
{
	struct pool_origin *o = pool_origin(c->pool, c->origin);
	struct call *call;

	c->awaited = 0;
	o->awaited = NULL;
	while ((call = TAILQ_FIRST(&o->waiting)) != NULL) {
		TAILQ_REMOVE(&o->waiting, call, wait);
		TAILQ_INSERT_TAIL(&c->pool->admitted, call, wait);
		call->admitted = true;
		call->waited = !http2;
		event_active(c->pool->admit, EV_TIMEOUT, 0);
	}
}

void
pool_settle(struct conn *c, bool http2)
{
	struct pool_origin *o = pool_origin(c->pool, c->origin);

	if (o != NULL && pool_shares(c->call))
		o->chose_http1 = !http2;
	if (c->awaited != 0)
		pool_release(c, http2);
}

void
pool_forget(struct call *call)
{
	struct pool *p = call->w->pool;

	if (call->admitted)
		TAILQ_REMOVE(&p->admitted, call, wait);
	else if (call->waits)
		TAILQ_REMOVE(
		    &pool_origin(p, call->request.origin)->waiting, call, wait);
	call->waits = call->admitted = false;
}

static void
pool_on_admit(evutil_socket_t fd, short what, void *arg)
{
	struct pool *p = arg;
	struct call *call;

	(void)fd;
	(void)what;
	p->w->now = clock_mono_us();
	while ((call = TAILQ_FIRST(&p->admitted)) != NULL) {
		pool_forget(call);
		conn_start(call, false);
	}
}

void
conn_free(struct conn *c)
{
	struct pool_origin *o;

	if (c->stream != NULL) {
		h2_call_free(c);
		return;
	}
	if (c->awaited != 0)
		pool_release(c, false);
	if (c->h2 != NULL)
		h2_back_free(c);
	/* Who asked an origin alone may have freed it by now. */
	if (c->state == CONN_KEPT) {
		o = pool_origin(c->pool, c->origin);
		TAILQ_REMOVE(&o->kept, c, kept);
		o->nkept--;
		meter_add(c->pool->w->meter, METER_AT(dropped), 1);
	}
	meter_add(c->pool->w->meter, METER_AT(ended), 1);
	TAILQ_REMOVE(&c->pool->live, c, link);
	event_del(&c->rd);
	event_del(&c->wr);
	stream_finish(&c->s);
	if (c->s.fd != -1)
		close(c->s.fd);
	http1_body_fini(&c->reader);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

/* A connection whose response ended cleanly goes back to the pool. */
void
conn_keep(struct conn *c)
{
	struct pool_origin *o = pool_origin(c->pool, c->origin);

	if (c->stream != NULL || o == NULL || o->nkept >= POOL_MOST_KEPT ||
	    !c->pool->keeps) {
		conn_free(c);
		return;
	}
	c->call = NULL;
	c->state = CONN_KEPT;
	c->reused = true;
	c->deadline = c->pool->w->now + POOL_KEEP_US;
	TAILQ_INSERT_HEAD(&o->kept, c, kept);
	o->nkept++;
	meter_add(c->pool->w->meter, METER_AT(kept), 1);
	event_add(&c->rd, NULL);
}

/* Nothing came since its last response: neither its end, on which a request
 * that cannot be sent twice would be lost, nor bytes behind that response,
 * which would be taken for the answer to the next request. */
static bool
pool_is_silent(struct conn *c)
{
	char byte;

	if (c->s.ssl != NULL)
		return stream_read(&c->s, &byte, 1) == STREAM_LATER;
	return recv(c->s.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	       errno == EAGAIN;
}

/* A kept connection that is still silent: its event may be one of those that
 * this turn of the loop has not come to yet. */
static struct conn *
pool_take(struct pool *p, struct call *call)
{
	struct pool_origin *o = pool_origin(p, call->request.origin);
	struct conn *c;

	if (o == NULL)
		return NULL;
	while ((c = TAILQ_FIRST(&o->kept)) != NULL) {
		if (!pool_is_silent(c)) {
			conn_free(c);
			continue;
		}
		TAILQ_REMOVE(&o->kept, c, kept);
		o->nkept--;
		meter_add(p->w->meter, METER_AT(taken), 1);
		c->call = call;
		if (c->proxy != NULL)
			call_by_proxy(call, c->proxy);
		c->seen = 0;
		buf_clear(&c->in, 0);
		return c;
	}
	return NULL;
}

/* Where a connection is coming up that may take more than its own call, the
 * call waits for it. */
static bool
pool_wait(struct pool *p, struct call *call)
{
	struct pool_origin *o = pool_origin(p, call->request.origin);

	if (o == NULL || o->awaited == NULL || call->waited)
		return false;
	TAILQ_INSERT_TAIL(&o->waiting, call, wait);
	call->waits = true;
	return true;
}

/* Others wait for what a new connection turns out to speak, unless the last
 * one was by HTTP/1.1. */
static void
pool_await(struct conn *c)
{
	struct pool *p = c->pool;
	struct pool_origin *o = pool_origin(p, c->origin);

	if (o == NULL || o->awaited != NULL || o->only_http1 ||
	    o->chose_http1 || !p->keeps || !p->w->settings->http2)
		return;
	o->awaited = c;
	c->awaited = p->w->now + POOL_WAIT_US;
}

void
conn_start(struct call *call, bool fresh)
{
	struct pool *p = call->w->pool;
	static const struct timeval soon = { 0, POOL_TICK_MS * 1000 };
	struct conn *c;

	call->sent = 0;
	call->sent_all = call->write_failed = false;
	if (!event_pending(p->tick, EV_TIMEOUT, NULL))
		event_add(p->tick, &soon);
	if (!fresh && pool_shares(call) && h2_back_take(p, call))
		return;
	c = fresh ? NULL : pool_take(p, call);
	if (c != NULL) {
		call->conn = c;
		conn_begin(c);
		return;
	}
	if (!fresh && pool_shares(call) && pool_wait(p, call))
		return;
	call->conn = c = conn_new(p, call);
	if (pool_shares(call))
		pool_await(c);
	conn_resolve(c);
}

static void
conn_expire(struct conn *c)
{
	struct call *call = c->call;

	switch (c->state) {
	case CONN_KEPT:
	case CONN_SHARED:
		conn_free(c);
		break;
	case CONN_NEW:
		if (call->lookup != NULL)
			lookup_cancel(call->lookup);
		call->lookup = NULL;
		conn_fail(c, CALL_RESOLVE, OUTCOME_TIMEOUT,
		    "%s: no answer in time", c->origin->host);
		break;
	case CONN_LANE:
		conn_lane_expire(c);
		break;
	case CONN_DOOMED:
		break;
	case CONN_CONNECTING:
		conn_connect_late(c);
		break;
	case CONN_PROXY:
		conn_fail(c, CALL_CONNECT, OUTCOME_TIMEOUT,
		    "%s: no answer of the proxy in time", c->peer);
		break;
	case CONN_HANDSHAKE:
		conn_fail(c, CALL_TLS, OUTCOME_TIMEOUT,
		    "%s: no handshake in time", c->peer);
		break;
	case CONN_BUSY:
		if (c->stream != NULL)
			h2_call_late(c);
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
		if (c->awaited != 0 && c->awaited <= p->w->now)
			pool_release(c, false);
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
	const struct settings *s = w->settings;
	struct pool *p = xcalloc(1, sizeof(*p));

	p->w = w;
	p->keeps = true;
	p->proxies = proxies_new(s->upstream_proxy);
	p->resolver = resolver_new(w->mailbox);
	TAILQ_INIT(&p->live);
	p->limits.line = p->limits.head = s->max_header_bytes;
	p->limits.fields = s->max_headers;
	TAILQ_INIT(&p->admitted);
	p->admit = event_new(w->base, -1, 0, pool_on_admit, p);
	p->tick = event_new(w->base, -1, 0, pool_on_tick, p);
	return p;
}

void
pool_keep(struct pool *p, bool on)
{
	struct conn *c, *next;

	if (p == NULL)
		return;
	p->keeps = on;
	for (c = TAILQ_FIRST(&p->live); !on && c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->state == CONN_KEPT)
			conn_free(c);
	}
}

void
pool_free(struct pool *p)
{
	struct conn *c;
	size_t i;

	if (p == NULL)
		return;
	while ((c = TAILQ_FIRST(&p->live)) != NULL)
		if (c->state == CONN_LANE || c->state == CONN_DOOMED)
			conn_lane_free(c);
		else
			conn_free(c);
	event_free(p->tick);
	event_free(p->admit);
	proxies_free(p->proxies);
	resolver_free(p->resolver);
	for (i = 0; i < p->norigins; i++)
		free(p->origins[i]);
	free(p->origins);
	free(p);
}
