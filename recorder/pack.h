#ifndef RECORDER_PACK_H
#define RECORDER_PACK_H

/*
 * The forms in which a store keeps what is not a text or a number; schema.c
 * describes them.  What is read back comes from a file, so nothing in it is
 * taken on trust.
 */

#include "har/exchange.h"

/* "none", "length", "chunked", "close". */
const char *pack_framing(enum framing f);

/* The framing called text, FRAMING_NONE when there is no such. */
enum framing unpack_framing(struct str text);

/* Chunk marks behind the one that is last, which is all zero for none. */
void pack_marks(struct chunk_mark last, const struct chunk_mark *marks,
    size_t n, struct buf *out);
void pack_chunks(const struct exchange *x, struct buf *out);
void pack_interims(const struct exchange *x, struct buf *out);

/* Fill x from bytes.  0, or -1 when they are damaged. */
int unpack_chunks(struct exchange *x, struct str bytes);
int unpack_interims(struct exchange *x, struct str bytes);

#endif
