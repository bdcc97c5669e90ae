#ifndef MOCK_NUMBERS_H
#define MOCK_NUMBERS_H

/*
 * A number under each of many keys.  Keys are digests, so that their bits
 * need no mixing; 0 is none.  All zero is an empty one.
 */

#include <stddef.h>
#include <stdint.h>

struct numbers {
	struct number {
		uint64_t key, n;
	} * v; /* by key; 0 where there is none */
	size_t count, room;
};

/* What is under key; NULL when it has nothing yet.  Good until the next
 * numbers_set(). */
uint64_t *numbers_find(const struct numbers *all, uint64_t key);
void numbers_set(struct numbers *all, uint64_t key, uint64_t n);
void numbers_fini(struct numbers *all);

#endif
