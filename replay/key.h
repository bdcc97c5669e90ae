#ifndef REPLAY_KEY_H
#define REPLAY_KEY_H

/*
 * The key that a recorded answer is found by (DESIGN 5): a digest of what
 * the client asked, computed by the same code when an exchange is recorded,
 * imported and looked up.
 *
 *   method, scope, target   byte for byte (method is case-sensitive, RFC
 *                           9110 section 9.1; "/a?" is not "/a")
 *   body                    byte for byte, for every method; none and empty
 *                           are the same.  Any multipart compares without its
 *                           boundary: part heads and part bodies in order.
 *
 * The target is the one the client sent to the gateway, in origin-form, so
 * a tape replays wherever the upstream is.  The scope is the host that chose
 * the upstream, lower-cased, or "" for the default one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "har/exchange.h"

struct key {
	uint8_t bytes[EXCHANGE_KEY_BYTES];
};

/* What a key is made of.  body.p is NULL for an unknown body, which gives
 * the key that matches any body. */
struct key_parts {
	struct str method;
	struct str scope;
	struct str target;
	struct str content_type; /* of the request; "" when there is none */
	struct str body;
};

struct keyer; /* opaque; reusable state, one per thread */
struct keyer *keyer_new(void);
void keyer_free(struct keyer *k);

struct key key_of(struct keyer *k, const struct key_parts *p);

/* Sets x->key from x's own request.  A request body that is only in the
 * store counts as unknown. */
void key_exchange(struct keyer *k, struct exchange *x);

#endif
