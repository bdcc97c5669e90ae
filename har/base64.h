#ifndef HAR_BASE64_H
#define HAR_BASE64_H

/*
 * Base64 (RFC 4648): written in the standard alphabet with padding, read in
 * every variant that is found: standard or URL-safe alphabet, with or
 * without padding, with white space in it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

#define BASE64_PIECE 49152u /* a multiple of three: pieces join seamlessly */

/* Appends bytes in base64 to out. */
void base64_encode(struct str bytes, struct buf *out);

/* What a decoded text had that the standard form has not. */
enum base64_oddity {
	BASE64_URL_SAFE = 1,
	BASE64_UNPADDED = 2,
	BASE64_SPACED = 4,
};

/*
 * Appends what text decodes to; *oddities gets a set of enum base64_oddity.
 * 0, or -1 (out as it was) when text is not base64.  out may be the buffer
 * that text is in only through base64_decode_in_place().
 */
int base64_decode(struct str text, struct buf *out, unsigned *oddities);

/* Replaces the text in b by what it decodes to.  0, or -1 and b as it was. */
int base64_decode_in_place(struct buf *b, unsigned *oddities);

/* Text that comes in pieces.  All zero is the start. */
struct base64_in {
	uint64_t digits, pads;
	uint32_t bits;
	unsigned oddities;
};

/* Appends what the next piece gives to out, and what the end gives.  0, or -1
 * when it is not base64; out has the start of something then. */
int base64_piece(struct base64_in *b, struct str text, struct buf *out);
int base64_end(struct base64_in *b, struct buf *out);

#endif
