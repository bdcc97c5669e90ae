#ifndef REPLAY_ANSWER_H
#define REPLAY_ANSWER_H

/*
 * Making answers from recorded exchanges, and what the library keeps with
 * each.  An answer is one block of memory, but for a body that is longer than
 * ANSWER_NEAR: there are as many answers as the cache has room for.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "replay/cache.h"
#include "replay/library.h"

struct variant;

#define ANSWER_NEAR 4096

/* Names for entries before they have an id: behind all ids. */
#define ANSWER_FRESH (INT64_C(1) << 62)

struct answer_kept {
	struct cache_item item; /* counts the references */
	struct answer answer;
	struct body body;
	struct variant *own;    /* of a fresh answer; NULL otherwise */
	struct answer_kept *of; /* what it was made from by a change, whose
				   place in a sequence it has; or NULL */
	int64_t started_us;     /* of the recorded exchange, wall clock */
	_Atomic int64_t mark;   /* its id, or its name until it has one */
	atomic_bool several;    /* was chosen among others, so cursors count */
};

/* Whether x can be replayed: complete, a final status that HTTP knows or a
 * WebSocket, and a body that is known where there is one. */
bool answer_usable(const struct exchange *x);

/* The answer with a copy of what it needs from x; the bytes of a body that is
 * longer than ANSWER_NEAR move in.  The reference is the caller's. */
struct answer_kept *answer_new(const struct exchange *x, struct buf *body);

/*
 * An answer like a, whose reference moves in, but with another head, its
 * fields and, unless NULL, another body, whose bytes move in.  It is never
 * cached.
 */
struct answer_kept *answer_changed(struct answer_kept *a, struct str head,
    const struct headers *fields, struct buf *body);

struct answer_kept *answer_kept_of(const struct answer *a);

#endif
