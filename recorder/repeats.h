#ifndef RECORDER_REPEATS_H
#define RECORDER_REPEATS_H

/*
 * A few bodies that came more than once, with their digests: a client that
 * polls gets the same answer again and again, and to compare it with the
 * last one costs a tenth of its SHA-256.  All zero is empty.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"

#define REPEATS 8
#define REPEATS_LEAST 1024 /* bytes; below a digest is as cheap */
#define REPEATS_MOST (256u * 1024)

struct repeats {
	struct {
		struct buf bytes;
		uint8_t sha256[DIGEST_BYTES];
	} kept[REPEATS];
	unsigned next; /* the place of the next one to keep */
};

/* Gives the digest of bytes in sha256 when they are kept. */
bool repeats_find(
    const struct repeats *r, struct str bytes, uint8_t sha256[DIGEST_BYTES]);

/* Copies bytes that came again, unless they are too short or too long; the
 * oldest make room. */
void repeats_add(
    struct repeats *r, struct str bytes, const uint8_t sha256[DIGEST_BYTES]);

void repeats_fini(struct repeats *r);

#endif
