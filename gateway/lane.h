#ifndef GATEWAY_LANE_H
#define GATEWAY_LANE_H

/*
 * A lane: a connection that has stopped being HTTP and is bytes in both
 * directions.  A client's becomes one by client_take_over(), an upstream's by
 * a call that was answered with 101 or only wanted a connection (upstream.h).
 * Bytes that came behind the handshake are the first ones.  tunnel.h joins two
 * lanes; a WebSocket that the gateway answers itself is one.
 *
 * Whoever has a lane ends it by lane_close() or lane_abort(), if on_gone does
 * not tell that it has ended.  All on its worker's thread; callbacks may call
 * anything here.
 */

#include <stdbool.h>
#include <stddef.h>

#include <sys/uio.h>

#include "base/str.h"

struct lane;

struct lane_events {
	/* Bytes came, which live until the return. */
	void (*on_bytes)(void *arg, struct str bytes);
	/* The other side sends no more; it may still read. */
	void (*on_end)(void *arg);
	/* What waited to be written is out. */
	void (*on_drained)(void *arg);
	/* It broke: the lane is gone, say nothing more. */
	void (*on_gone)(void *arg, const char *why);
	/* Clients only: nothing passed for --tunnel-idle-timeout. */
	void (*on_idle)(void *arg);
	/* Clients only: the gateway stops; say what is to be said and close. */
	void (*on_stop)(void *arg);
};

/* What a kind of connection can do. */
struct lane_kind {
	size_t (*write)(struct lane *l, struct iovec *v, int n);
	void (*read)(struct lane *l, bool on);
	void (*shut)(struct lane *l);
	void (*close)(struct lane *l);
	void (*abort)(struct lane *l);
};

/* Part of the connection. */
struct lane {
	const struct lane_kind *kind;
	const struct lane_events *events;
	void *arg;
};

/* Who hears of it; before anything else, and before the loop goes on. */
void lane_listen(struct lane *l, const struct lane_events *events, void *arg);

/* Writes, or queues what the socket does not take (it is copied); nothing is
 * lost silently.  Gives the bytes that wait now. */
size_t lane_write(struct lane *l, struct str bytes);

/* Stops and starts reading, for back-pressure. */
void lane_read(struct lane *l, bool on);

/* Nothing more will be written: says so behind what waits. */
void lane_shut(struct lane *l);

/* Ends it once what waits is out; no event comes any more. */
void lane_close(struct lane *l);

/* Ends it now, so that the other side notices; the same. */
void lane_abort(struct lane *l);

#endif
