#ifndef SOAK_WRITER_H
#define SOAK_WRITER_H

/*
 * Writes a message with a text as its body to a socket that does not block,
 * piece by piece.
 */

#include <stddef.h>
#include <stdint.h>

#include "tests/soak/text.h"

#define WRITER_ROOM 65536

struct writer {
	unsigned char bytes[WRITER_ROOM];
	size_t begin, end;
	struct text body;
	uint64_t offset; /* of what of the body is in bytes or gone */
	int chunked;
	int last; /* the last chunk was said, or there is none */
};

/*
 * Begins a message: start is its start line with CR LF, and maybe fields;
 * how its body is framed is added.  A body of no bytes with bodyless set gets
 * no field.
 */
void writer_begin(struct writer *w, const char *start, const struct text *body,
    int chunked, int bodyless);

/* Writes what fits: 1 when all is gone, 0 when not, -1 when it failed. */
int writer_flush(struct writer *w, int fd);

#endif
