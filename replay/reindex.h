#ifndef REPLAY_REINDEX_H
#define REPLAY_REINDEX_H

/*
 * A tape says by which rules the keys of its entries were made (key_made_by()
 * in replay/key.h).  When they are to go by others, all are made anew from
 * what is recorded, in transactions of bounded size.  Meanwhile the tape says
 * that its keys go by nothing known, so that what was interrupted is begun
 * again.
 */

#include <stdint.h>

#include "replay/key.h"

struct err;
struct rules;
struct store;

/* Whether the tape's keys are good for looking up by these rules in tiers up
 * to most: 1, 0 or -1. */
int reindex_fits(struct store *s, int64_t tape, const struct rules *r,
    enum tier most, struct err *e);

/* Whether the tape's keys are those that these rules make: 1, 0 or -1. */
int reindex_is_by(
    struct store *s, int64_t tape, const struct rules *r, struct err *e);

struct reindex_figures {
	uint64_t entries;
	uint64_t normal; /* of them have a normal key */
};

/* Makes the keys of the tape's entries by these rules, and says so on the
 * tape.  Not within a transaction.  0 or -1. */
int reindex_tape(struct store *s, int64_t tape, const struct rules *r,
    struct reindex_figures *f, struct err *e);

/*
 * The same a transaction at a time, by whoever has the store's write
 * connection then.  Entries that are added meanwhile have to have keys by
 * these rules, which outlive it.
 */
struct reindex; /* opaque */
struct reindex *reindex_new(int64_t tape, const struct rules *r);
void reindex_free(struct reindex *i); /* safe on NULL */

/* 1, 0 when that was the last, or -1, after which it is not to be gone on
 * with. */
int reindex_step(struct reindex *i, struct store *s, struct err *e);

/*
 * Keys of request bodies over IDENTITY_LEAST bytes were made of all of them
 * once.  Whether those of the tape, of any for 0, have to be made anew for
 * that: 1, 0 or -1.
 */
int reindex_long_due(struct store *s, int64_t tape, struct err *e);

/* Makes those of all tapes anew, by the rules of each, and says so in the
 * store.  What is interrupted is due again.  Not within a transaction.  0 or
 * -1. */
int reindex_long(struct store *s, struct reindex_figures *f, struct err *e);

/* Says in the caller's transaction that the tape's keys go by these rules;
 * NULL: by none that is known, since they have to be made anew. */
int reindex_say(
    struct store *s, int64_t tape, const struct rules *r, struct err *e);

/* The rules that the tape's keys go by; none where that is not known.  The
 * caller frees them.  NULL on error. */
struct rules *reindex_rules_of(struct store *s, int64_t tape, struct err *e);

#endif
