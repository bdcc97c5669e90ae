#ifndef GATEWAY_TRAFFIC_SHOW_H
#define GATEWAY_TRAFFIC_SHOW_H

/*
 * Rows without their secrets.  A row has what came, so that a worker has
 * nothing to search; who looks at it searches.
 */

struct traffic_row;

/* What may be seen of r, whose reference moves in: r itself when nothing is to
 * be kept out, else another one.  The reference is the caller's. */
struct traffic_row *traffic_show(struct traffic_row *r);

#endif
