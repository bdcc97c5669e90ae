/* A client's connection that was taken over: bytes instead of requests. */
#include "config.h"

#include <stddef.h>

#include <event2/event.h>

#include "gateway/client_priv.h"
#include "gateway/worker.h"

static struct client *
client_lane_of(struct lane *l)
{
	return (struct client *)((char *)l - offsetof(struct client, lane));
}

/* ---- what its owner asks --------------------------------------------- */

static size_t
client_lane_write(struct lane *l, struct iovec *v, int n)
{
	struct client *c = client_lane_of(l);

	c->active = c->w->now;
	return client_write(c, v, n);
}

static void
client_lane_read(struct lane *l, bool on)
{
	struct client *c = client_lane_of(l);

	c->held = !on;
	if (!on) {
		event_del(&c->rd);
	} else if (!c->ended) {
		client_listen(c);
		if (c->behind.n > 0 || c->half_closed)
			event_active(&c->rd, EV_READ, 0);
	}
}

/* Also called when what waited is out. */
static void
client_lane_shut_now(struct client *c)
{
	c->shutting = false;
	if (!c->broken)
		stream_shut(&c->s);
}

static void
client_lane_shut(struct lane *l)
{
	struct client *c = client_lane_of(l);

	c->shutting = true;
	if (client_waiting(c) == 0)
		client_lane_shut_now(c);
}

static void
client_lane_close(struct lane *l)
{
	struct client *c = client_lane_of(l);

	c->taken = false;
	c->shutting = false;
	c->half_closed = c->ended;
	client_done(c, false);
}

static void
client_lane_abort(struct lane *l)
{
	struct client *c = client_lane_of(l);

	c->taken = false;
	client_abort(c, true);
}

static const struct lane_kind client_lane_kind = {
	.write = client_lane_write,
	.read = client_lane_read,
	.shut = client_lane_shut,
	.close = client_lane_close,
	.abort = client_lane_abort,
};

/* ---- what happens to it ---------------------------------------------- */

struct lane *
client_take_over(struct client *c)
{
	struct buf early = { 0 };

	c->lane = (struct lane){ .kind = &client_lane_kind };
	c->taken = true;
	c->owner = NULL;
	c->active = c->w->now;
	if (client_waiting(c) == 0)
		c->deadline = 0;
	/* The views of the request that was served stay in c->in. */
	if (c->in.n > c->used) {
		buf_add(&early, c->in.p + c->used, c->in.n - c->used);
		buf_add_str(&early, buf_str(&c->behind));
		buf_free(&c->behind);
		c->behind = early;
		c->in.n = c->used;
	}
	client_lane_read(&c->lane, true);
	return &c->lane;
}

static void
client_lane_end(struct client *c)
{
	event_del(&c->rd);
	c->half_closed = false;
	c->ended = true;
	c->lane.events->on_end(c->lane.arg);
}

void
client_lane_bytes(struct client *c, const char *p, size_t n)
{
	c->active = c->w->now;
	if (n == 0)
		client_lane_end(c);
	else
		c->lane.events->on_bytes(c->lane.arg, (struct str){ p, n });
}

bool
client_lane_early(struct client *c)
{
	struct buf early = c->behind;

	if (c->held)
		return true;
	if (early.n == 0 && !c->half_closed)
		return false;
	c->behind = (struct buf){ 0 };
	if (early.n > 0)
		client_lane_bytes(c, early.p, early.n);
	buf_free(&early);
	if (!c->taken || !c->half_closed)
		return true;
	if (c->held)
		return true; /* its end comes when it is read again */
	client_lane_end(c);
	return true;
}

void
client_lane_drained(struct client *c)
{
	c->deadline = 0;
	c->active = c->w->now;
	if (c->shutting)
		client_lane_shut_now(c);
	c->lane.events->on_drained(c->lane.arg);
}

void
client_lane_gone(struct client *c)
{
	c->taken = false;
	c->lane.events->on_gone(c->lane.arg, "the client left");
}

void
client_lane_check(struct client *c)
{
	int64_t limit = c->w->settings->tunnel_idle_timeout;

	if (c->w->draining && !c->stopped) {
		c->stopped = true;
		c->lane.events->on_stop(c->lane.arg);
		return;
	}
	if (limit > 0 && c->w->now - c->active >= limit) {
		c->active = c->w->now;
		c->lane.events->on_idle(c->lane.arg);
	}
}
