#ifndef GATEWAY_UNUSED_H
#define GATEWAY_UNUSED_H

/*
 * Which entries of a store no replay has served, as far as was noted
 * (recorder/used.h).  Those of a tape that was never replayed are not unused.
 */

#include <stdbool.h>
#include <stdint.h>

struct err;
struct store;
struct store_entry_row;
struct unused; /* opaque */

/* For one tape, or all when tape is 0.  path is the store's.  NULL with *e set
 * when none of them was ever replayed, or nobody knows. */
struct unused *unused_load(
    struct store *s, const char *path, int64_t tape, struct err *e);
void unused_free(struct unused *u); /* safe on NULL */

/* Whether no replay has served the entry of that row. */
bool unused_is(const struct unused *u, const struct store_entry_row *row);

#endif
