#ifndef SOAK_READER_H
#define SOAK_READER_H

/*
 * Reads HTTP/1.1 messages that come in pieces and compares their bodies with
 * what they have to be.  It is no part of hark and knows only what the ends of
 * a soak send: heads of up to 16 KiB, and bodies by length or chunked.
 */

#include <stddef.h>
#include <stdint.h>

#include "tests/soak/text.h"

#define READER_HEAD 16384

enum reader_state {
	READER_IN_HEAD,
	READER_HEAD_DONE, /* say what is expected: reader_expect() */
	READER_IN_BODY,
	READER_IN_SIZE, /* of a chunk */
	READER_IN_CHUNK,
	READER_CHUNK_END,
	READER_IN_TRAILERS,
	READER_DONE,
	READER_BROKEN
};

struct reader {
	enum reader_state state;
	char head[READER_HEAD + 1];
	size_t head_size;
	char line[64]; /* size of a chunk, or a trailer */
	size_t line_size;
	int chunked;
	int anything;    /* no body is wrong */
	int wrong;       /* a byte was not what it had to be */
	uint64_t left;   /* of the body or chunk */
	uint64_t offset; /* in the body */
	struct text expected;
};

void reader_begin(struct reader *r);

/*
 * Takes bytes and returns how many.  Those that it leaves are behind the head
 * (READER_HEAD_DONE) or behind the message (READER_DONE).
 */
size_t reader_feed(struct reader *r, const char *p, size_t n);

/*
 * After the head: its body has to be this, or whatever it is for NULL.
 * no_body says that there is none, whatever fields say.
 */
void reader_expect(struct reader *r, const struct text *t, int no_body);

/* The value of a field, up to the CR, or NULL. */
const char *reader_field(const struct reader *r, const char *name);

#endif
