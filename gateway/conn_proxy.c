/* A connection by way of a proxy: CONNECT in front of TLS and of lanes (RFC
 * 9110 section 9.3.6), absolute targets for the rest. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "gateway/origin.h"
#include "gateway/proxies.h"
#include "gateway/upstream_priv.h"
#include "gateway/worker.h"

/* The origin with its port, which CONNECT does not leave out. */
static void
conn_proxy_add_target(const struct conn *c, struct buf *b)
{
	buf_addf(b, c->origin->url.ipv6 ? "[%s]:%u" : "%s:%u", c->origin->host,
	    c->origin->url.port);
}

void
conn_proxy_ask(struct conn *c)
{
	struct buf b = { 0 };
	struct iovec v;
	bool sent;

	buf_add_text(&b, "CONNECT ");
	conn_proxy_add_target(c, &b);
	buf_add_text(&b, " HTTP/1.1\r\nHost: ");
	conn_proxy_add_target(c, &b);
	if (c->proxy->credentials != NULL)
		buf_addf(
		    &b, "\r\nProxy-Authorization: %s", c->proxy->credentials);
	buf_add_text(&b, "\r\n\r\n");
	v = (struct iovec){ b.p, b.n };
	/* A fresh socket takes a line or two. */
	sent = stream_write(&c->s, &v, 1) == (ssize_t)b.n;
	buf_free(&b);
	c->state = CONN_PROXY;
	c->seen = 0;
	if (sent)
		event_add(&c->rd, NULL);
	else
		conn_fail(c, CALL_CONNECT, OUTCOME_RESET,
		    "%s: the proxy does not take a request", c->peer);
}

/* A whole head; what lies behind it is the origin's. */
static void
conn_proxy_answered(struct conn *c, const struct http1_head *h)
{
	char *p;
	size_t n;

	if (h->status < 200) {
		buf_drop(&c->in, h->bytes);
		c->seen = 0;
		return;
	}
	if (h->status >= 300) {
		conn_fail(c, CALL_CONNECT, OUTCOME_REFUSED,
		    "%s: the proxy answered %d %.*s", c->peer, h->status,
		    (int)(h->reason.n < 80 ? h->reason.n : 80), h->reason.p);
		return;
	}
	buf_drop(&c->in, h->bytes);
	c->seen = 0;
	if (c->origin->url.https && c->in.n > 0) {
		conn_fail(c, CALL_CONNECT, OUTCOME_BAD_ANSWER,
		    "%s: the proxy sent more than an answer", c->peer);
		return;
	}
	if (c->origin->url.https) {
		conn_secure(c);
		return;
	}
	p = buf_take(&c->in, &n);
	conn_lane_begin(c, NULL, p, n);
	free(p);
}

void
conn_proxy_read(struct conn *c)
{
	struct worker *w = c->pool->w;
	ssize_t n = stream_read(&c->s, w->scratch, WORKER_SCRATCH);
	struct http1_head h = { 0 };
	enum http1_fault fault;
	enum http1_step step;

	if (n == STREAM_LATER)
		return;
	if (n == STREAM_END || n == STREAM_BROKEN) {
		conn_fail(c, CALL_CONNECT, OUTCOME_RESET,
		    "%s: the proxy closed the connection", c->peer);
		return;
	}
	buf_add(&c->in, w->scratch, (size_t)n);
	arena_reset(&w->batch);
	step = http1_response(&h, &w->batch, c->in.p, c->in.n, &c->seen,
	    STR("CONNECT"), &c->pool->limits, &fault);
	if (step == HTTP1_FAULT)
		conn_fail(c, CALL_CONNECT, OUTCOME_BAD_ANSWER,
		    "%s: the proxy: %s", c->peer, http1_fault_text(fault));
	else if (step == HTTP1_DONE)
		conn_proxy_answered(c, &h);
}

void
call_by_proxy(struct call *call, const struct proxy *proxy)
{
	struct str head = call->request.head, line, target;
	struct buf *b = &call->proxied;

	if (call->request.origin->url.https || head.n == 0 || b->n > 0)
		return;
	line = head;
	target = head;
	(void)str_cut(&target, ' ', &line);
	buf_add_str(b, line);
	buf_addf(b, " %s", call->request.origin->base);
	/* An OPTIONS of the whole server has no path (RFC 9112 section
	 * 3.2.4). */
	if (str_starts(target, "* "))
		target = (struct str){ target.p + 1, target.n - 1 };
	(void)str_cut(&target, '\n', &line);
	buf_add_str(b, line);
	buf_add(b, "\n", 1);
	if (proxy->credentials != NULL)
		buf_addf(b, "Proxy-Authorization: %s\r\n", proxy->credentials);
	buf_add_str(b, target);
	call->request.head = buf_str(b);
}
