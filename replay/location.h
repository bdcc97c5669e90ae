#ifndef REPLAY_LOCATION_H
#define REPLAY_LOCATION_H

/*
 * Where a Location field leads, as browsers read it: the URL Standard's
 * parser (https://url.spec.whatwg.org/#url-parsing) for http and https, with
 * two things left out: host names outside of ASCII stay as they are, and so do
 * unusual ways to write an IP address.
 */

#include "base/str.h"

struct buf;

/*
 * Sets out to location as seen from base, an absolute http or https URL, in
 * the normal form that a browser would ask for.  A location with another
 * scheme is given as it is.  0, or -1 when there is no such URL.
 */
int location_resolve(struct str base, struct str location, struct buf *out);

#endif
