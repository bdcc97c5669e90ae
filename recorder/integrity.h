#ifndef RECORDER_INTEGRITY_H
#define RECORDER_INTEGRITY_H

/* What store_check() says of every store, by the same words. */

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct store;

#define INTEGRITY_FAULTS 10 /* of a kind are told */

struct integrity {
	struct store *store;
	struct buf *faults;
	struct buf piece;
	unsigned n; /* of a kind, so far */
};

void integrity_tell(struct integrity *c, const char *text);

/* A body that the entry has and the store has not. */
void integrity_missing(struct integrity *c, int64_t entry);

/* One whose size is not what the entry says. */
void integrity_size(struct integrity *c, int64_t entry);

/* All of an entry but its bodies. */
void integrity_entry(struct integrity *c, int64_t entry);

/* Whether a body is what its digest says: in bytes, or when their p is NULL in
 * the store. */
void integrity_body(struct integrity *c, int64_t body, uint64_t size,
    struct str digest, struct str bytes);

/* What is looked for by other ways than ids: whether it can be. */
void integrity_ways(struct integrity *c);

#endif
