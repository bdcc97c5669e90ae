#ifndef HAR_DEFLATE_H
#define HAR_DEFLATE_H

/*
 * Messages compressed as RFC 7692 section 7.2.1 has it, each for itself
 * ("no_context_takeover"), so that one compressor serves any number of
 * connections.
 */

#include "base/str.h"

struct buf;
struct deflate; /* opaque */

struct deflate *deflate_new(void);
void deflate_free(struct deflate *d); /* safe on NULL */

/* Appends the compressed message to out. */
void deflate_message(struct deflate *d, struct str message, struct buf *out);

#endif
