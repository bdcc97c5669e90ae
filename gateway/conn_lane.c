/* An upstream connection that has become a lane: bytes instead of responses. */
#include "config.h"

#include <stddef.h>
#include <stdlib.h>

#include <event2/event.h>

#include "gateway/upstream_priv.h"
#include "gateway/worker.h"

static struct conn *
conn_lane_of(struct lane *l)
{
	return (struct conn *)((char *)l - offsetof(struct conn, lane));
}

void
conn_lane_free(struct conn *c)
{
	call_free(c->call);
	conn_free(c);
}

/* Frees it from the loop: its own callback may be running. */
static void
conn_lane_doom(struct conn *c)
{
	c->state = CONN_DOOMED;
	c->deadline = 0;
	event_del(&c->rd);
	event_active(&c->wr, EV_WRITE, 0);
}

/* Its owner hears of it before it is freed. */
static void
conn_lane_gone(struct conn *c, const char *why)
{
	bool closing = c->closing;

	conn_lane_doom(c);
	if (!closing)
		c->lane.events->on_gone(c->lane.arg, why);
}

/* ---- writing --------------------------------------------------------- */

static size_t
conn_lane_waiting(const struct conn *c)
{
	return c->out.n - c->out_at;
}

static void
conn_lane_shut_now(struct conn *c)
{
	c->shutting = false;
	stream_shut(&c->s);
}

/* Sends of the n pieces at v what the socket takes, and drops that from them.
 * 0, or -1 when the connection is broken. */
static int
conn_lane_send(struct conn *c, struct iovec *v, int *n)
{
	ssize_t sent;

	while (*n > 0) {
		sent = stream_write(&c->s, v, *n);
		if (sent == STREAM_BROKEN)
			return -1;
		if (sent == STREAM_LATER)
			break;
		stream_advance(v, n, (size_t)sent);
		c->deadline = c->pool->w->now +
			      c->pool->w->settings->upstream_idle_timeout;
	}
	return 0;
}

/* Sends what waits; the same. */
static int
conn_lane_flush(struct conn *c)
{
	struct iovec v = { c->out.p + c->out_at, conn_lane_waiting(c) };
	int n = v.iov_len > 0;

	if (conn_lane_send(c, &v, &n) == -1)
		return -1;
	if (n > 0) {
		c->out_at = c->out.n - v.iov_len;
		if (!c->s.write_wants_read)
			event_add(&c->wr, NULL);
		return 0;
	}
	buf_clear(&c->out, CONN_LANE_KEEP);
	c->out_at = 0;
	c->deadline = 0;
	return 0;
}

/* What the socket does not take is kept.  A broken connection tells its owner
 * from the loop. */
static size_t
conn_lane_write(struct lane *l, struct iovec *v, int n)
{
	struct conn *c = conn_lane_of(l);
	bool waited = conn_lane_waiting(c) > 0;
	int i;

	if (c->state != CONN_LANE || c->broken)
		return 0;
	if (!waited && conn_lane_send(c, v, &n) == -1) {
		c->broken = true;
		event_active(&c->wr, EV_WRITE, 0);
		return 0;
	}
	for (i = 0; i < n; i++)
		buf_add(&c->out, v[i].iov_base, v[i].iov_len);
	if (!waited)
		c->deadline = 0;
	if (!waited && n > 0) {
		c->deadline = c->pool->w->now +
			      c->pool->w->settings->upstream_idle_timeout;
		event_add(&c->wr, NULL);
	}
	return conn_lane_waiting(c);
}

void
conn_lane_on_writable(struct conn *c)
{
	bool waited = conn_lane_waiting(c) > 0;

	if (c->s.read_wants_write)
		event_active(&c->rd, EV_READ, 0);
	if (c->broken || conn_lane_flush(c) == -1) {
		conn_lane_gone(c, "the upstream takes no more bytes");
		return;
	}
	if (conn_lane_waiting(c) > 0 || !waited)
		return;
	if (c->shutting)
		conn_lane_shut_now(c);
	if (c->closing)
		conn_lane_doom(c);
	else
		c->lane.events->on_drained(c->lane.arg);
}

/* ---- reading --------------------------------------------------------- */

static void
conn_lane_take(struct conn *c, const char *p, size_t n)
{
	if (!c->closing)
		c->lane.events->on_bytes(c->lane.arg, (struct str){ p, n });
}

/* Bytes that TLS has taken off the socket already make no event. */
static void
conn_lane_listen(struct conn *c)
{
	event_add(&c->rd, NULL);
	if (stream_pending(&c->s))
		event_active(&c->rd, EV_READ, 0);
}

void
conn_lane_on_readable(struct conn *c)
{
	char how[128];
	ssize_t n;

	if (c->s.write_wants_read)
		event_active(&c->wr, EV_WRITE, 0);
	if (c->held)
		return;
	n = stream_read(&c->s, c->pool->w->scratch, WORKER_SCRATCH);
	if (n > 0) {
		conn_lane_take(c, c->pool->w->scratch, (size_t)n);
		if (c->state == CONN_LANE && !c->held)
			conn_lane_listen(c);
	} else if (n == STREAM_END) {
		event_del(&c->rd);
		c->held = true;
		if (!c->closing)
			c->lane.events->on_end(c->lane.arg);
	} else if (n == STREAM_BROKEN) {
		stream_failure(&c->s, how, sizeof(how));
		conn_lane_gone(c, how);
	} else if (c->s.read_wants_write) {
		event_add(&c->wr, NULL);
	}
}

void
conn_lane_expire(struct conn *c)
{
	conn_lane_gone(c, "the upstream took nothing for too long");
}

/* ---- what its owner asks --------------------------------------------- */

static void
conn_lane_read(struct lane *l, bool on)
{
	struct conn *c = conn_lane_of(l);

	if (c->state != CONN_LANE || c->held == !on)
		return;
	c->held = !on;
	if (!on) {
		event_del(&c->rd);
		return;
	}
	conn_lane_listen(c);
}

static void
conn_lane_shut(struct lane *l)
{
	struct conn *c = conn_lane_of(l);

	c->shutting = true;
	if (conn_lane_waiting(c) == 0)
		conn_lane_shut_now(c);
}

static void
conn_lane_close(struct lane *l)
{
	struct conn *c = conn_lane_of(l);

	c->closing = true;
	if (conn_lane_waiting(c) == 0 || c->broken)
		conn_lane_doom(c);
}

static void
conn_lane_abort(struct lane *l)
{
	conn_lane_doom(conn_lane_of(l));
}

void
conn_lane_begin(
    struct conn *c, const struct http1_head *h, const char *p, size_t n)
{
	static const struct lane_kind kind = {
		.write = conn_lane_write,
		.read = conn_lane_read,
		.shut = conn_lane_shut,
		.close = conn_lane_close,
		.abort = conn_lane_abort,
	};
	struct call *call = c->call;

	c->state = CONN_LANE;
	c->deadline = 0;
	c->lane.kind = &kind;
	event_add(&c->rd, NULL);
	call->handler->on_lane(call->arg, h, &c->lane);
	if (n > 0 && c->state == CONN_LANE)
		conn_lane_take(c, p, n);
}
