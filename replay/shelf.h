#ifndef REPLAY_SHELF_H
#define REPLAY_SHELF_H

/*
 * A shelf is what is recorded under one key, as far as choosing needs it:
 * the variants with the ids of their entries.  Answers are loaded when they
 * are chosen; only when there is a single entry is it there from the start.
 *
 * Bounds, so that no key costs more than it should: the SHELF_ENTRIES oldest
 * entries count.  With more than SHELF_COMPARED different sets of request
 * fields these are not compared any more, order alone decides (a poll whose
 * every request has an id of its own).  At SHELF_VARIANTS variants or
 * SHELF_BYTES of memory the rest is left out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/answer.h"
#include "replay/cache.h"
#include "replay/library.h"

struct store;
struct variant;

#define SHELF_ENTRIES 16384
#define SHELF_COMPARED 256
#define SHELF_VARIANTS 1024
#define SHELF_BYTES (4u << 20)

struct shelf {
	struct cache_item item;
	struct variant **variants;
	size_t n;
	struct variant *first;    /* where a single one is */
	bool compared;            /* the variants tell request fields apart */
	struct answer_kept *only; /* the single entry, or NULL */
};

struct shelf_place {
	struct store *store;
	int64_t tape;
	enum tier tier;
	const struct key *key; /* of that tier */
	bool redacted;         /* entries may differ in pseudonyms */
	int64_t entry;         /* the only one that can be under it; 0: ask */
};

/*
 * Reads what the tape has under a key.  On FOUND *shelf is not empty and the
 * caller's reference; FOUND_UNUSABLE when there are only entries that cannot
 * be replayed; FOUND_ERROR with *e set.
 */
enum found shelf_load(const struct shelf_place *p, size_t most_body,
    struct shelf **shelf, struct err *e);

#endif
