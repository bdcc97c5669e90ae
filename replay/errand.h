#ifndef REPLAY_ERRAND_H
#define REPLAY_ERRAND_H

/*
 * A worker must not wait for a store that is on another machine.  There a
 * look-up that needs what is not in memory gives FOUND_LATER and leaves an
 * errand in its basket; somebody else runs that, on a thread with a
 * connection of its own, and the look-up is made again from its beginning
 * with what the basket has by then.  It asks for nothing twice, so that it
 * comes to an end however often the store changes meanwhile.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "recorder/store.h"
#include "replay/key.h"
#include "replay/library.h"

struct answer_kept;
struct library;
struct playwright_question;
struct shelf;

enum errand_kind {
	ERRAND_TAPE,   /* whether it is there, for all readers */
	ERRAND_TIME,   /* when its first entry began */
	ERRAND_SHELF,  /* what is recorded under a key */
	ERRAND_ANSWER, /* the answer of an entry */
	ERRAND_TURN,   /* the next place of a shared cursor */
	ERRAND_BODY,   /* a piece of a body that stays in the store */
	ERRAND_MATCH,  /* what is found in the way of Playwright */
};

/* What is to be brought; what the kind has no use for is zero. */
struct errand_what {
	enum errand_kind kind;
	enum tier tier;  /* of the shelf, which is under that key */
	struct key key;  /* or what tells a question of Playwright's apart */
	int64_t id;      /* of the entry or body */
	uint64_t offset; /* in the body */
	uint8_t name[STORE_CURSOR_NAME]; /* of the cursor */
	int64_t total;                   /* of its places; the same name is the
					    same cursor whatever this is */
	bool cycle;
};

struct errand {
	struct errand_what what;
	struct playwright_question *question; /* NULL: it is none */

	/* What it brought, unless it failed and e says why. */
	bool failed;
	struct err e;
	enum found found; /* the shelf, or the match, is there for FOUND */
	struct shelf *shelf;
	struct answer_kept *answer; /* NULL: its entry is gone */
	int64_t number;             /* the time, or the place */
	struct buf bytes;           /* of the body */
};

struct errand *errand_new(const struct errand_what *what);
void errand_free(struct errand *d); /* safe on NULL */

/* Says in its place that it failed. */
void errand_fail(struct errand *d, const char *why);

/* Who runs errands has a reader for them, with a store that gives a statement
 * up after patience_us (0: its own).  NULL with *e set. */
struct reader *errand_reader(
    struct library *l, int64_t patience_us, struct err *e);

/* On any thread; r is that thread's. */
void errand_run(struct errand *d, struct reader *r);

/*
 * By such a reader, from time to time: what others did to the tape is dropped
 * from memory, and what all readers have to know of it is read.  To be called
 * before there are readers that send errands.
 */
void errand_news(struct reader *r);

/* What one look-up has of errands; all zero to begin. */
struct basket {
	struct errand **v;
	size_t n;
	struct errand *wanted;    /* to be run next */
	struct errand_what given; /* the one that was taken last */
};

/*
 * What was brought, 0 with *d set, which stays b's; 1 when it is wanted now,
 * as the one to be run; -1 with *e set when it failed, or there is no basket.
 */
int basket_ask(struct basket *b, const struct errand_what *what,
    const struct errand **d, struct err *e);

/* Whether something that was recorded was brought. */
bool basket_has_read(const struct basket *b);

/* The errand that the look-up waits for becomes the caller's. */
struct errand *basket_take(struct basket *b);

/* It was run; or it never will be, in time. */
void basket_put(struct basket *b, struct errand *d);
void basket_fail(struct basket *b, const char *why);

/* What was brought of a key is outdated. */
void basket_drop(struct basket *b, enum tier tier, const struct key *key);
void basket_fini(struct basket *b);

#endif
