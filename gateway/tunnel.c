#include "config.h"

#include <stdlib.h>

#include "base/mem.h"

#include "gateway/tunnel.h"

#define TUNNEL_MOST_QUEUED (256u * 1024) /* before the other side waits */

/* What comes from one side. */
struct tunnel_flow {
	struct tunnel *t;
	enum tunnel_side from;
	struct lane *lane; /* of that side; NULL when it is gone */
	bool waits;        /* the other side has not taken what came */
	bool ended;
};

struct tunnel {
	struct tunnel_flow flows[2];
	const struct tunnel_events *events;
	void *arg;
	bool held;
};

static struct tunnel_flow *
tunnel_other(struct tunnel_flow *f)
{
	return &f->t->flows[f->from == TUNNEL_CLIENT];
}

static void
tunnel_over(struct tunnel *t, enum tunnel_end end, const char *why)
{
	const struct tunnel_events *events = t->events;
	void *arg = t->arg;
	int i;

	for (i = 0; i < 2; i++) {
		if (t->flows[i].lane == NULL)
			continue;
		if (end == TUNNEL_CLIENT_GONE)
			lane_abort(t->flows[i].lane);
		else
			lane_close(t->flows[i].lane);
	}
	free(t);
	events->on_over(arg, end, why);
}

static void
tunnel_set_reading(struct tunnel_flow *f)
{
	lane_read(f->lane, !f->waits && !f->t->held);
}

static void
tunnel_on_bytes(void *arg, struct str bytes)
{
	struct tunnel_flow *f = arg;
	struct tunnel *t = f->t;

	if (t->events->on_bytes != NULL)
		t->events->on_bytes(t->arg, f->from, bytes);
	if (lane_write(tunnel_other(f)->lane, bytes) > TUNNEL_MOST_QUEUED) {
		f->waits = true;
		tunnel_set_reading(f);
	}
}

static void
tunnel_on_drained(void *arg)
{
	struct tunnel_flow *f = tunnel_other(arg);

	if (f->waits) {
		f->waits = false;
		tunnel_set_reading(f);
	}
}

static void
tunnel_on_end(void *arg)
{
	struct tunnel_flow *f = arg;

	f->ended = true;
	if (tunnel_other(f)->ended)
		tunnel_over(f->t, TUNNEL_ENDED, "");
	else
		lane_shut(tunnel_other(f)->lane);
}

static void
tunnel_on_gone(void *arg, const char *why)
{
	struct tunnel_flow *f = arg;

	f->lane = NULL;
	tunnel_over(f->t,
	    f->from == TUNNEL_CLIENT ? TUNNEL_CLIENT_GONE : TUNNEL_BROKE, why);
}

static void
tunnel_on_idle(void *arg)
{
	struct tunnel_flow *f = arg;

	tunnel_over(f->t, TUNNEL_IDLE, "nothing passed for too long");
}

static void
tunnel_on_stop(void *arg)
{
	struct tunnel_flow *f = arg;

	tunnel_over(f->t, TUNNEL_STOPPED, "the gateway stopped");
}

struct tunnel *
tunnel_new(struct lane *client, struct lane *upstream,
    const struct tunnel_events *events, void *arg)
{
	static const struct lane_events lane_events = {
		.on_bytes = tunnel_on_bytes,
		.on_end = tunnel_on_end,
		.on_drained = tunnel_on_drained,
		.on_gone = tunnel_on_gone,
		.on_idle = tunnel_on_idle,
		.on_stop = tunnel_on_stop,
	};
	struct tunnel *t = xcalloc(1, sizeof(*t));

	t->flows[0] = (struct tunnel_flow){
		.t = t, .from = TUNNEL_CLIENT, .lane = client
	};
	t->flows[1] = (struct tunnel_flow){
		.t = t, .from = TUNNEL_UPSTREAM, .lane = upstream
	};
	t->events = events;
	t->arg = arg;
	lane_listen(client, &lane_events, &t->flows[0]);
	lane_listen(upstream, &lane_events, &t->flows[1]);
	return t;
}

void
tunnel_hold(struct tunnel *t, bool on)
{
	int i;

	t->held = on;
	for (i = 0; i < 2; i++)
		if (!t->flows[i].ended)
			tunnel_set_reading(&t->flows[i]);
}
