#ifndef GATEWAY_TUNNEL_H
#define GATEWAY_TUNNEL_H

/*
 * A tunnel joins two lanes: what comes on one goes out on the other, as it
 * is.  A side that reads slowly stops the reading of the other above 256 KiB
 * waiting; a side's end is passed on as an end, and the tunnel is over when
 * both have ended, one broke, nothing passed for long or the gateway stops.
 */

#include <stdbool.h>

#include "base/str.h"
#include "gateway/lane.h"

struct tunnel; /* opaque */

enum tunnel_side {
	TUNNEL_CLIENT,
	TUNNEL_UPSTREAM,
};

enum tunnel_end {
	TUNNEL_ENDED,       /* by both sides */
	TUNNEL_CLIENT_GONE, /* it broke off */
	TUNNEL_BROKE,       /* the upstream did */
	TUNNEL_IDLE,
	TUNNEL_STOPPED, /* by the gateway */
};

struct tunnel_events {
	/* Bytes pass that came from that side; may be NULL. */
	void (*on_bytes)(void *arg, enum tunnel_side from, struct str bytes);
	/* It is over and gone, and so are its lanes.  why in words. */
	void (*on_over)(void *arg, enum tunnel_end end, const char *why);
};

/* Takes both lanes over. */
struct tunnel *tunnel_new(struct lane *client, struct lane *upstream,
    const struct tunnel_events *events, void *arg);

/* Stops and starts the reading of both sides. */
void tunnel_hold(struct tunnel *t, bool on);

#endif
