#ifndef HAR_FEED_H
#define HAR_FEED_H

/*
 * A feed: bytes that come piece by piece and as often as wanted, wherever they
 * are: in memory, in a file, in a store that only the caller knows, behind a
 * content coding (see coding.h).
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct err;
struct feed;
struct spool;

/* Bytes in a piece, at most, of what is not in memory.  A multiple of three,
 * so that base64 of one piece joins that of the next. */
#define FEED_WINDOW (192u << 10)

/* What a kind of feed can do: its struct begins with a struct feed. */
struct feed_kind {
	int (*next)(struct feed *s, struct str *piece, struct err *e);
	void (*rewind)(struct feed *s);
	void (*free)(struct feed *s);
};

struct feed {
	const struct feed_kind *kind;
};

/* Gives up to n bytes of body id from offset at on: the count, 0 at its end,
 * -1 with *e set. */
typedef int64_t (*feed_read_fn)(
    void *arg, int64_t id, uint64_t at, void *p, size_t n, struct err *e);

/* The bytes and the spool have to live as long. */
struct feed *feed_of_str(struct str bytes);
struct feed *feed_of_spool(struct spool *s);
struct feed *feed_of_reader(
    feed_read_fn read, void *arg, int64_t id, uint64_t size);
void feed_free(struct feed *s); /* safe on NULL */

/* 1 with the next piece, which is not empty and lives until the next call; 0
 * at the end; -1 with *e set. */
int feed_next(struct feed *s, struct str *piece, struct err *e);

/* Starts over. */
void feed_rewind(struct feed *s);

/* Whether both, from their starts, have the same bytes: 1, 0, or -1 with *e
 * set.  Neither has to be rewound before. */
int feed_same(struct feed *a, struct feed *b, struct err *e);

#endif
