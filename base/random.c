#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/mem.h"

#include "base/random.h"

struct random {
	pthread_mutex_t lock;
	uint64_t state[4];
};

/* SplitMix64, which makes a whole state of one number. */
static uint64_t
random_spread(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

struct random *
random_new(bool seeded, uint64_t seed)
{
	struct random *r = xcalloc(1, sizeof(*r));
	int i;

	pthread_mutex_init(&r->lock, NULL);
	if (!seeded && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		abort(); /* for so few bytes only an old kernel fails */
	for (i = 0; i < 4; i++)
		r->state[i] = random_spread(&seed);
	return r;
}

void
random_free(struct random *r)
{
	if (r == NULL)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static uint64_t
random_rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t
random_next(struct random *r)
{
	uint64_t *s = r->state, result, t;

	pthread_mutex_lock(&r->lock);
	result = random_rotate(s[1] * 5, 7) * 9;
	t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = random_rotate(s[3], 45);
	pthread_mutex_unlock(&r->lock);
	return result;
}

double
random_unit(struct random *r)
{
	return (double)(random_next(r) >> 11) * 0x1p-53;
}
