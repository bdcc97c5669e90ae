#ifndef HAR_INFLATE_H
#define HAR_INFLATE_H

/*
 * The compressed bytes of messages (RFC 7692 section 7.2.2: raw deflate, each
 * message without its last four bytes), expanded as they come.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct inflate; /* opaque; one direction */

/* own: no message needs what came in those before it. */
struct inflate *inflate_new(bool own);
void inflate_free(struct inflate *i); /* safe on NULL */

/*
 * Expands the next bytes of a message and appends what comes of it to out
 * until that has most bytes; the rest is counted only.  *size grows by all
 * that came, and inflating ends when it is over limit.  end says that the
 * message ends with these bytes.  0; -1 when they are not deflated bytes, or
 * give more than limit: nothing can be expanded any more.
 */
int inflate_message(struct inflate *i, struct str bytes, bool end, size_t most,
    uint64_t limit, struct buf *out, uint64_t *size);

#endif
