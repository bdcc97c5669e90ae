#ifndef GATEWAY_NAMED_H
#define GATEWAY_NAMED_H

/*
 * Origins that no setting names but clients do: those of a forward proxy.
 * They stay as long as the gateway, so that connections, addresses and TLS
 * sessions can be used again.  All workers share one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct known_origins;
struct named; /* opaque */
struct route;

#define NAMED_MOST 65536

/* Their indices are none of those in known, which outlives them. */
struct named *named_new(struct known_origins *known);
void named_free(struct named *n); /* safe on NULL */

/*
 * The route to host[:port], whatever the case of letters.  Its scope is the
 * host, with the port unless that is 443 by https, so that what is asked by
 * http and https is not the same.  False when authority is none or there are
 * too many.
 */
bool named_route(
    struct named *n, bool https, struct str authority, struct route *r);

#endif
