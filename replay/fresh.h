#ifndef REPLAY_FRESH_H
#define REPLAY_FRESH_H

/*
 * Fresh answers: recorded a moment ago and not in the store yet.  They are
 * few and short-lived (the recorder commits several times a second) and
 * bounded by the recorder's queue.
 *
 * The order of things keeps them from being missed: a recording is in the
 * store before it is taken from here, and who looks for something looks here
 * first and into cache and store afterwards.
 */

#include <stddef.h>

#include "replay/answer.h"

struct fresh; /* opaque; safe for any thread */

struct fresh *fresh_new(void);
void fresh_free(struct fresh *f); /* safe on NULL */

/*
 * Adds what was recorded under key: a (the reference moves in), or NULL for
 * a recording that cannot be replayed from memory but will be told as
 * written like the others.  A name is given to a and its variant, unless it
 * has one from being added under another key.
 */
void fresh_add(struct fresh *f, const struct key *key, struct answer_kept *a);

/* The oldest under key, at most n: references for the caller. */
size_t fresh_find(
    struct fresh *f, const struct key *key, struct answer_kept **out, size_t n);

/* Takes the oldest under key: *a is the caller's reference or NULL.  False
 * when there is none. */
bool fresh_take(struct fresh *f, const struct key *key, struct answer_kept **a);

/* Takes the oldest under key that is a, which was added under another key,
 * too. */
void fresh_drop(
    struct fresh *f, const struct key *key, const struct answer_kept *a);

#endif
