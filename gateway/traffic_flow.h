#ifndef GATEWAY_TRAFFIC_FLOW_H
#define GATEWAY_TRAFFIC_FLOW_H

/*
 * What passes while an exchange of the traffic log lasts, bounded: the latest
 * messages of a WebSocket, or the start of a body that comes in pieces.  The
 * worker puts it in, others look at it meanwhile; counted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct chunk_mark;
struct frame;
struct traffic_flow; /* opaque; safe for any thread */

#define TRAFFIC_FLOW_MARKS 1000 /* pieces of a body that are told apart */

/* messages: of a WebSocket.  most bytes are kept. */
struct traffic_flow *traffic_flow_new(bool messages, size_t most);
struct traffic_flow *traffic_flow_ref(struct traffic_flow *f);
void traffic_flow_unref(struct traffic_flow *f); /* safe on NULL */

/* A message.  One that is longer than its share of what is kept is cut. */
void traffic_flow_message(struct traffic_flow *f, const struct frame *m);

/* A piece of the body, which came at_us after the exchange began. */
void traffic_flow_piece(
    struct traffic_flow *f, struct str bytes, int64_t at_us);

/* How it stands, a copy. */
struct traffic_flow_seen {
	bool messages;
	struct buf bytes;         /* lines of har/frame.h, or of the body */
	uint64_t count;           /* messages or pieces, all told */
	uint64_t dropped;         /* messages that are not there any more */
	uint64_t size;            /* of the body, all told */
	struct chunk_mark *marks; /* of the pieces */
	size_t nmarks;
};
void traffic_flow_look(struct traffic_flow *f, struct traffic_flow_seen *s);
void traffic_flow_seen_fini(struct traffic_flow_seen *s);

#endif
