#ifndef MOCK_FAKER_RANDOM_H
#define MOCK_FAKER_RANDOM_H

/*
 * The Mersenne Twister MT19937 of Matsumoto and Nishimura, which faker draws
 * its numbers from: 53 bits each, of two outputs.
 */

#include <stddef.h>
#include <stdint.h>

#define FAKER_RANDOM_WORDS 624

struct faker_random {
	uint32_t state[FAKER_RANDOM_WORDS];
	size_t at;
};

/* init_genrand() and init_by_array() of the reference; n is not 0. */
void faker_random_seed(struct faker_random *r, uint32_t seed);
void faker_random_seed_list(
    struct faker_random *r, const uint32_t *seeds, size_t n);

/* At least 0 and below 1. */
double faker_random_next(struct faker_random *r);

#endif
