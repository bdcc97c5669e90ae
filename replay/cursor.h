#ifndef REPLAY_CURSOR_H
#define REPLAY_CURSOR_H

/*
 * Cursors remember, for each session and key, how far its answers were
 * served.  The entries of one variant (replay/variant.h) are served in the
 * order of their ids, so a mark per variant, the id served last, is the
 * whole set.
 *
 * Their number is bounded: at most CURSOR_MOST, with CURSOR_MARKS marks
 * each.  Above that those that have not moved for the longest are forgotten,
 * and their sessions begin from the first answer again.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "replay/key.h"

#define CURSOR_MOST 65536
#define CURSOR_MARKS 1024

struct cursors; /* opaque; safe for any thread */

struct cursors *cursors_new(void);
void cursors_free(struct cursors *c); /* safe on NULL */

/* How far a variant was served. */
struct cursor_at {
	int64_t entry;  /* the last one; 0: none yet */
	uint64_t times; /* it was, one after the other */
};

/* The marks of n variants in out. */
void cursors_marks(struct cursors *c, const struct key *key, struct str session,
    const uint64_t *variants, size_t n, struct cursor_at *out);

/*
 * Moves the mark of the variant to *entry, never back; where it is already,
 * it is counted.  *entry is read under
 * the lock that cursors_rename() takes, so that an id that changes is not
 * lost between the two; 0 moves nothing.
 */
void cursors_move(struct cursors *c, const struct key *key, struct str session,
    uint64_t variant, _Atomic int64_t *entry);

/* Forgets those of the n marks that are still what marks says. */
void cursors_forget(struct cursors *c, const struct key *key,
    struct str session, const uint64_t *variants, const struct cursor_at *marks,
    size_t n);

/* Entry from, served under key before it had its id, is called to by now. */
void cursors_rename(
    struct cursors *c, const struct key *key, int64_t from, int64_t to);

void cursors_reset(struct cursors *c);

#endif
