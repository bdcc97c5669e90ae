#ifndef SOAK_TEXT_H
#define SOAK_TEXT_H

/*
 * What is sent in a soak: texts that can be made, and compared, from any byte
 * on without being held.  Exchange number N has the same request and the same
 * response for all who know its number: client, API and who reads the store.
 */

#include <stddef.h>
#include <stdint.h>

struct text {
	const char *words; /* the text itself, borrowed, or NULL: */
	uint64_t seed;     /* lower-case letters made of this */
	uint64_t size;     /* in bytes */
};

struct item {
	const char *method;
	struct text request;
	struct text response;
	int request_chunked, response_chunked;
};

/* n bytes from offset on, which the text has, to out. */
void text_fill(
    const struct text *t, uint64_t offset, unsigned char *out, size_t n);

/* Whether these n bytes stand at offset of the text. */
int text_is(const struct text *t, uint64_t offset, const void *p, size_t n);

/* What exchange number n says. */
struct item item_of(uint64_t n);

/* Some number made of n, each of its bits of all of n's. */
uint64_t text_mix(uint64_t n);

#endif
