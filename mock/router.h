#ifndef MOCK_ROUTER_H
#define MOCK_ROUTER_H

/*
 * Which routes a path may be of, in their order, without trying them all: a
 * tree by the segments of their patterns.  What a look-up costs grows with the
 * length of the path and with the routes that fit it.
 */

#include <stddef.h>

#include "base/str.h"

struct arena;
struct pattern;
struct router; /* opaque; read-only once it is filled */

/* Without patterns yet. */
struct router *router_new(void);
void router_free(struct router *r); /* safe on NULL */

/* Adds the pattern of route number order; routes with lower numbers are found
 * first.  The pattern stays the caller's. */
void router_add(struct router *r, const struct pattern *p, size_t order);

/* A form of a route's pattern that may fit; pattern_fits() says. */
struct router_hit {
	size_t order;
	const struct pattern *pattern;
	size_t form;
};

/* Sets *hits, in a, to those that may fit the path, by order and form; how
 * many. */
size_t router_find(const struct router *r, struct str path, struct arena *a,
    struct router_hit **hits);

#endif
