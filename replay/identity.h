#ifndef REPLAY_IDENTITY_H
#define REPLAY_IDENTITY_H

/*
 * What a key takes of a body that is too long to lie in memory: a digest,
 * which is made while the body comes, in whatever pieces.  Two bodies have the
 * same one when they are equal but for pseudonyms (replay/level.h); a
 * multipart compares without its boundary, preamble and epilogue, part by
 * part.  Multiparts inside of its parts count as bytes, and so does a delimiter
 * line with more than IDENTITY_PADDING blanks behind it.
 */

#include <stdint.h>

#include "base/digest.h"
#include "base/str.h"

struct headers;
struct identifier; /* opaque; of one body */

/* Bodies that are longer are in keys by their identity. */
#define IDENTITY_LEAST (1u << 20)

#define IDENTITY_PADDING 1024

enum identity_form {
	IDENTITY_BYTES = 'b',
	IDENTITY_MULTIPART = 'm',
};

struct identity {
	enum identity_form form;
	uint8_t sum[DIGEST_BYTES];
};

/* Fields that say what the body is; NULL: none.  They are copied. */
struct identifier *identifier_new(const struct headers *h);
void identifier_free(struct identifier *i); /* safe on NULL */

void identifier_add(struct identifier *i, struct str bytes);

/* That was all of it. */
struct identity identifier_end(struct identifier *i);

/* That of a body in sight. */
struct identity identity_of(const struct headers *h, struct str body);

#endif
