#ifndef GATEWAY_TRAFFIC_VIEW_H
#define GATEWAY_TRAFFIC_VIEW_H

/* A row of the traffic log in the forms in which others want it. */

#include <stdbool.h>

#include "base/buf.h"

struct exchange;
struct query_of;
struct traffic_flow_seen;
struct traffic_row;

/* What a body is of. */
enum traffic_side { TRAFFIC_OF_REQUEST, TRAFFIC_OF_RESPONSE };

/* What is kept of a body: false when that is not all of it. */
bool traffic_view_body(
    const struct traffic_row *r, enum traffic_side side, struct buf *out);

/* The same without its content codings; false also when those cannot be
 * undone: out is the body as it came then. */
bool traffic_view_decoded(
    const struct traffic_row *r, enum traffic_side side, struct buf *out);

/* The row as an exchange, which is the caller's.  A body of which not all is
 * kept is unknown. */
struct exchange *traffic_view_exchange(const struct traffic_row *r);

/* What a query (gateway/query.h) is asked of; views of r. */
void traffic_view_query(const struct traffic_row *r, struct query_of *q);

/*
 * An event of a stream (WHATWG HTML, section 9.2), its data lines joined by
 * line feeds, and when its last byte came; at_us is -1 where that is not
 * known.
 */
struct traffic_event {
	struct buf type, id, data;
	int64_t at_us;
};

/* The event behind *at, which moves along; false when there is no whole one.
 * Begin with all zero; free the texts. */
bool traffic_view_event(
    const struct traffic_flow_seen *s, size_t *at, struct traffic_event *e);
void traffic_view_event_fini(struct traffic_event *e);

#endif
