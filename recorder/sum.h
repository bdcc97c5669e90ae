#ifndef RECORDER_SUM_H
#define RECORDER_SUM_H

/*
 * A body that is too long to be read at once is held against its digest while
 * it is read, by whoever reads it piece by piece in order; several may do so
 * in turn.  Its last piece is refused when it is not what was stored.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* A body that is read from its start to its end, perhaps: its bytes up to at
 * are in the digest. */
#define SUMS 16
struct sum {
	int64_t body; /* 0: free */
	uint64_t at, size;
	uint8_t sha256[DIGEST_BYTES];
	struct digest *digest; /* kept for the next */
};

struct sums {
	struct sum v[SUMS];
	unsigned oldest;
};

void sums_fini(struct sums *s);

/* The body will be read from its start on.  Takes the place of the one that
 * was begun longest ago if need be. */
void sums_begin(struct sums *s, int64_t body, uint64_t size,
    const uint8_t sha256[DIGEST_BYTES]);

/* The n bytes at offset at of body were read.  When they are the last of one
 * that was read from its start on, in order, its digest must be theirs: false
 * when it is not. */
bool sums_add(
    struct sums *s, int64_t body, uint64_t at, const void *p, size_t n);

#endif
