#ifndef MOCK_FAKERS_H
#define MOCK_FAKERS_H

/*
 * The generators of fake data (mock/faker.h) that threads share.  Without a
 * seed each request takes one that nobody uses.  With a seed there is one, for
 * one request after the other, so that one sequence of requests gives one
 * sequence of data.
 */

#include <stdbool.h>
#include <stdint.h>

struct err;
struct faker;
struct fakers; /* opaque; safe for any thread */

/* NULL with *e set when there is no such locale (NULL: en). */
struct fakers *fakers_new(
    const char *locale, bool seeded, uint64_t seed, struct err *e);
void fakers_free(struct fakers *f); /* safe on NULL */

/*
 * The one that a request has, from fakers_begin() to fakers_end().  It is
 * taken when it is asked for first: most answers need none.  With a seed that
 * is at once, for who waits for its turn must not hold anything else.
 */
struct fakers_turn {
	struct fakers *of;
	struct faker *one; /* or NULL */
	int64_t now_us;    /* what time it is for it */
};
void fakers_begin(struct fakers_turn *t, struct fakers *f, int64_t now_us);
struct faker *fakers_get(struct fakers_turn *t);
void fakers_end(struct fakers_turn *t);

#endif
