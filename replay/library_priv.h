#ifndef REPLAY_LIBRARY_PRIV_H
#define REPLAY_LIBRARY_PRIV_H

/* What library.c, which keeps what is shared, and library_find.c have in
 * common. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "recorder/id_set.h"
#include "recorder/redact_key.h"
#include "recorder/store.h"
#include "replay/keymap.h"

struct answer_kept;
struct backlog;
struct basket;
struct cache;
struct cursors;
struct err;
struct fresh;
struct shelf;
struct shelf_place;
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
	bool share_cursors;
	int64_t poll_us;
	atomic_bool watch;
	struct redact_key redact_key;
	struct cache *cache;
	struct cursors *cursors;
	struct fresh *fresh;
	_Atomic int64_t began_us; /* first look-up, monotonic; 0: none yet */
	atomic_int unknown;       /* are there entries with an unknown body? */
	atomic_int scoped;        /* are there some with a scope? */

	atomic_uint unmapped; /* look-ups in the store without a map */
	atomic_bool mapping;  /* the mapper is at work */
	atomic_bool closing;
	atomic_uint maps; /* how many maps there were */

	atomic_uint told; /* how often the next two were set */

	pthread_mutex_t lock; /* of what follows */
	int64_t known_tape;   /* for readers without a store; 0: none yet */
	struct buf known_marks;
	struct keymap *map; /* the last one; NULL: none */
	pthread_t mapper;   /* its thread, if it was ever begun */
	bool mapped;
	int64_t map_tape;    /* of the one that is being made */
	int64_t map_next_us; /* not before is another one made */
	struct reader *readers;
	uint64_t hits, misses; /* of readers that are closed */
};

struct reader {
	struct library *library;
	struct reader *next;
	struct store *store;   /* NULL: it sends errands */
	struct basket *basket; /* of the look-up then; NULL: there is none */
	unsigned told;         /* of the library's, when it knew the tape */
	int64_t tape;          /* 0 until the tape is there */
	struct ways *ways;     /* of the tape; NULL: none known */
	struct keymap *map;    /* NULL: none */
	unsigned maps;         /* of the library's, when it was taken */
	int64_t first_us;      /* when its first entry began; -1: not known */
	int64_t seen; /* news of the tape, when the cache was last true */
	int64_t watched_us;
	void (*on_asked)(void *arg); /* NULL: nothing is held */
	void *arg;
	bool asked; /* the store, since it rested */
	bool held;  /* what is in the store, since then */
	atomic_uint_fast64_t hits, misses;
	struct id_set used; /* the thread's own, as long as it runs */
};

/* Sets r->tape, which may come later than the reader: a recorder makes it.
 * 0, with r->tape 0 while there is none, or -1; 1 when an errand has to say
 * it. */
int reader_tape(struct reader *r, struct err *e);

/* Has the store say it, for readers that have none, too; again says that these
 * are to forget what they know.  0 or -1. */
int reader_tell(struct reader *r, bool again, struct err *e);

/* What is stored under place's key, which goes to the cache; the rest of place
 * but entry is filled in.  stamp is of the look into the cache before. */
enum found reader_load_shelf(struct reader *r, struct shelf_place *place,
    uint64_t stamp, struct shelf **shelf, struct err *e);

/* The answer of a stored entry, from the cache or else, which *stored says,
 * from the store: 1, 0 when it is gone, -1; 2 when an errand has to bring it.
 */
int reader_answer(struct reader *r, int64_t entry, bool *stored,
    struct answer_kept **a, struct err *e);

/* When the tape's first entry began; *first_us stays when there is none. */
int reader_first(struct reader *r, int64_t *first_us, struct err *e);

/*
 * What the keys in memory say of one, as of now; *entry is set for KEYMAP_ONE.
 * KEYMAP_SEVERAL, which sends to the store, while there is no map.  now_us is
 * monotonic.
 */
enum keymap_has reader_mapped(
    struct reader *r, const struct key *key, int64_t now_us, int64_t *entry);

/* The store is about to be asked, while nobody writes there.  Looks that come
 * in a row share one transaction. */
void reader_hold(struct reader *r);

/* The shelf under a key, from which some are gone or to which some came. */
void library_forget(struct library *l, const uint8_t bytes[EXCHANGE_KEY_BYTES]);

/* Ends what makes maps; behind the last reader. */
void library_unmap(struct library *l);

#endif
