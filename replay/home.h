#ifndef REPLAY_HOME_H
#define REPLAY_HOME_H

/*
 * The origin (RFC 6454) that gave a recorded answer, as a number.  The scope
 * (replay/key.h) says how a request was brought to the gateway, not to whom it
 * went, so that what was recorded in one way and is asked for in another is
 * told apart by this.
 */

#include <stdint.h>

struct exchange;
struct url;

/* Of scheme, host in any case of letters, and port.  Never 0. */
uint64_t home_of(const struct url *u);

/* The same of x's URL.  0 when it has another target than the client sent, as
 * below the path of an upstream, or is none. */
uint64_t home_recorded(const struct exchange *x);

#endif
