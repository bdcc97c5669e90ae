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

/* Takes one, which knows what time it is, and gives it back. */
struct faker *fakers_take(struct fakers *f, int64_t now_us);
void fakers_give(struct fakers *f, struct faker *one);

#endif
