#ifndef REPLAY_CACHE_H
#define REPLAY_CACHE_H

/*
 * A table of immutable, counted things, shared by threads and bounded in
 * bytes.  It is split into shards, each with a mutex of its own, so that
 * workers rarely meet.  When it is full, a hand goes round over the shards
 * and throws out what was not used since it last came by (CLOCK).
 *
 * What is looked up can become outdated while somebody is still reading it
 * from the store.  A stamp tells: cache_find() gives it on a miss, and
 * cache_put() keeps nothing that was forgotten since.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/key.h"

/* The key spaces; a key stands for something else in each. */
enum cache_kind {
	CACHE_SHELF,  /* key of a request: what is recorded under it */
	CACHE_ANSWER, /* id of an entry: its answer */
	CACHE_KINDS,
};

/* To be embedded.  A new one has one reference, the maker's. */
struct cache_item {
	struct cache_item *next; /* in its bucket */
	void (*free)(struct cache_item *);
	struct key key;
	size_t cost; /* bytes, all told */
	atomic_uint refs;
	enum cache_kind kind;
	bool used; /* since the hand came by */
};

void cache_item_init(struct cache_item *i, enum cache_kind kind,
    const struct key *key, void (*free_item)(struct cache_item *));
struct cache_item *cache_item_ref(struct cache_item *i);
void cache_item_unref(struct cache_item *i); /* safe on NULL */

/* The key of an entry in CACHE_ANSWER. */
struct key cache_entry_key(int64_t entry);

struct cache; /* opaque */
struct cache *cache_new(size_t most_bytes);
void cache_free(struct cache *c); /* safe on NULL */

/* A reference for the caller, or NULL with *stamp set. */
struct cache_item *cache_find(struct cache *c, enum cache_kind kind,
    const struct key *key, uint64_t *stamp);

/* Keeps i, whose cost is set, with a reference of its own, unless there is
 * one with that key already or i may be outdated. */
void cache_put(struct cache *c, struct cache_item *i, uint64_t stamp);

/* What is under key is outdated, and so is what others are about to put. */
void cache_forget(struct cache *c, enum cache_kind kind, const struct key *key);

/* The same for all keys. */
void cache_reset(struct cache *c);

size_t cache_bytes(struct cache *c);
size_t cache_count(struct cache *c, enum cache_kind kind);

#endif
