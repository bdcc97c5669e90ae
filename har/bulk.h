#ifndef HAR_BULK_H
#define HAR_BULK_H

/*
 * Bytes of which nobody knows yet how many they will be: in memory as long as
 * they are few, then in a file.  All zero but for its limits is an empty
 * bulk.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct err;
struct feed;
struct spool;

struct bulk {
	size_t in_memory;   /* more go to a file */
	const char *folder; /* for that file; see spool.h */
	uint64_t limit;     /* more are an error */
	struct buf bytes;   /* without a file: all there is */
	struct spool *spool;
	bool failed; /* the file did, so that it is nobody's fault */
};

/* An empty one with the limits of b. */
struct bulk bulk_like(const struct bulk *b);
void bulk_free(struct bulk *b);

/* Adds n bytes.  0, or -1 with *e set. */
int bulk_add(struct bulk *b, const void *p, size_t n, struct err *e);

/* Whoever adds to bytes himself calls this after every piece.  0 or -1. */
int bulk_settle(struct bulk *b, struct err *e);

/* Nothing more comes: without a file everything is in bytes, otherwise they
 * are empty.  0 or -1. */
int bulk_end(struct bulk *b, struct err *e);

uint64_t bulk_size(const struct bulk *b);

/* Its bytes, once it has ended; the caller frees. */
struct feed *bulk_feed(const struct bulk *b);

#endif
