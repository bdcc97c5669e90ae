#ifndef REPLAY_LIBRARY_PRIV_H
#define REPLAY_LIBRARY_PRIV_H

/* What library.c, which keeps what is shared, and library_find.c have in
 * common. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/id_set.h"
#include "recorder/redact_key.h"
#include "recorder/store.h"

struct backlog;
struct cache;
struct cursors;
struct err;
struct fresh;
struct ways;

/* Whether there are entries of a rare kind on the tape. */
enum library_rare {
	RARE_UNASKED,
	RARE_NONE,
	RARE_SOME,
};

struct library {
	char *path;
	char *tape;
	struct backlog *backlog;    /* NULL: the store is all there is */
	struct store_extent extent; /* in the beginning */
	size_t most_body;
	atomic_bool watch;
	struct redact_key redact_key;
	struct cache *cache;
	struct cursors *cursors;
	struct fresh *fresh;
	_Atomic int64_t began_us; /* first look-up, monotonic; 0: none yet */
	atomic_int unknown;       /* are there entries with an unknown body? */
	atomic_int scoped;        /* are there some with a scope? */

	pthread_mutex_t lock; /* of what follows */
	struct reader *readers;
	uint64_t hits, misses; /* of readers that are closed */
};

struct reader {
	struct library *library;
	struct reader *next;
	struct store *store;
	int64_t tape;      /* 0 until the tape is there */
	struct ways *ways; /* of the tape; NULL: none known */
	int64_t first_us;  /* when its first entry began; -1: not known */
	int64_t version;   /* of the store, when the cache was last true */
	int64_t watched_us;
	atomic_uint_fast64_t hits, misses;
	struct id_set used; /* the thread's own, as long as it runs */
};

/* Sets r->tape, which may come later than the reader: a recorder makes it.
 * 0, with r->tape 0 while there is none, or -1. */
int reader_tape(struct reader *r, struct err *e);

#endif
