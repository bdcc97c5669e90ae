#ifndef REPLAY_KEY_H
#define REPLAY_KEY_H

/*
 * The keys that a recorded answer is found by (DESIGN 5): digests of what
 * the client asked, computed by the same code when an exchange is recorded,
 * imported, indexed anew and looked up.  The exact key is of
 *
 *   method, scope, target   byte for byte (method is case-sensitive, RFC
 *                           9110 section 9.1; "/a?" is not "/a")
 *   body                    byte for byte, for every method; none and empty
 *                           are the same.  Any multipart compares without its
 *                           boundary: part heads and part bodies in order.
 *                           One of more than IDENTITY_LEAST bytes is in it by
 *                           its identity (replay/identity.h).
 *
 *   WebSocket              whether it asks for one
 *   header fields          those only that a compare or replace rule names,
 *                          see replay/normal.h
 *
 * Pseudonyms of secrets count for nothing but their place (replay/level.h).
 *
 * and the normal key, for requests that one of the user's rules is for, of
 * their normal form (replay/normal.h).
 *
 * The target is the one the client sent to the gateway, in origin-form, so
 * a tape replays wherever the upstream is.  The scope is the host that chose
 * the upstream, lower-cased, or "" for the default one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "har/exchange.h"

struct buf;
struct err;
struct feed;
struct identity;
struct intake;
struct rules;

struct key {
	uint8_t bytes[EXCHANGE_KEY_BYTES];
};

/* How loosely an entry was found. */
enum tier {
	TIER_EXACT,
	TIER_NORMALIZED,
};
const char *tier_text(enum tier t); /* "exact", "normalized" */

/* What a key is made of.  body.p is NULL for an unknown body, which gives
 * the key that matches any body. */
struct key_parts {
	struct str method;
	struct str scope;
	struct str target;
	const struct headers *headers; /* NULL: none */
	struct str body;
	/* Of a body that is not in sight, which is empty then; or NULL. */
	const struct identity *identity;
	bool socket; /* asks for a WebSocket: it never equals one that does
			not */
};

#define KEY_SOCKET "GET websocket" /* instead of the method */

struct keyer; /* opaque; reusable state, one per thread */

/* The rules, NULL for none, must outlive it. */
struct keyer *keyer_new(const struct rules *r);
void keyer_free(struct keyer *k);

/* The exact key. */
struct key key_of(struct keyer *k, const struct key_parts *p);

/* The normal key.  False when no rule for it is for the request. */
bool key_normal(struct keyer *k, const struct key_parts *p, struct key *key);

/*
 * Adds what decides the keys that these rules make: a version and the rules,
 * a line each.  Nothing for keys that go by no rule.  What a tape's keys were
 * made by is kept with it (store_tape_rules()), so that it shows when they
 * have to be made anew.
 */
void key_made_by(const struct rules *r, struct buf *out);

/* Sets x's keys from x's own request.  A request body that is only in the
 * store counts as unknown; one in a file is for key_exchange_spooled(). */
void key_exchange(struct keyer *k, struct exchange *x);

/* The same with a body that came in parts (replay/intake.h). */
void key_exchange_taken(
    struct keyer *k, struct exchange *x, const struct intake *body);

/* Whether keys may need all of a body that is not too long for rules. */
bool keyer_has_rules(const struct keyer *k);

/* The same with a body of which the feed gives the bytes.  0, or -1 with *e
 * set when it cannot. */
int key_exchange_fed(
    struct keyer *k, struct exchange *x, struct feed *body, struct err *e);

/* The same for any x that the reader of a HAR gave. */
int key_exchange_spooled(struct keyer *k, struct exchange *x, struct err *e);

#endif
