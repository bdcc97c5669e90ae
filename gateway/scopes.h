#ifndef GATEWAY_SCOPES_H
#define GATEWAY_SCOPES_H

/*
 * The scopes (replay/key.h) under which a request may be recorded: that of
 * its route, without port 80 as well; without one also the origin that the
 * client named, lower-cased, with its port and, where the port may be the
 * gateway's, without.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct url;

#define SCOPES_MOST 3
#define SCOPES_BYTES 256 /* no name is longer (RFC 1035 section 2.3.4) */

struct scopes {
	struct str v[SCOPES_MOST]; /* in the order to look in */
	size_t n;
	char text[SCOPES_BYTES];
};

/* The views are of route and of s itself. */
void scopes_of(struct scopes *s, struct str route, struct str authority);

/*
 * The scopes under which the same may have been recorded in the other way to
 * reach the origin: none by clients of a base URL, if the route has one, else
 * those of clients that name the origin (gateway/named.h) and of imports.
 * Entries under them need not be of this origin.  The views are of s.
 */
void scopes_elsewhere(
    struct scopes *s, struct str route, const struct url *origin);

/* Whether host is an address rather than a name. */
bool scopes_is_address(struct str host);

#endif
