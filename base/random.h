#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

/* Numbers by chance (xoshiro256**, Blackman and Vigna 2018), from a seed of
 * the caller's or the system's; for any thread.  Not for secrets. */

#include <stdbool.h>
#include <stdint.h>

struct random; /* opaque */

struct random *random_new(bool seeded, uint64_t seed);
void random_free(struct random *r); /* safe on NULL */

uint64_t random_next(struct random *r);

/* At least 0, below 1. */
double random_unit(struct random *r);

#endif
