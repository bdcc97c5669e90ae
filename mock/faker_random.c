#include "config.h"

#include "mock/faker_random.h"

enum { WORDS = FAKER_RANDOM_WORDS, MIDDLE = 397 };

static uint32_t
random_twisted(uint32_t high, uint32_t low, uint32_t middle)
{
	uint32_t y = (high & 0x80000000u) | (low & 0x7fffffffu);

	return middle ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
}

static void
random_twist(struct faker_random *r)
{
	uint32_t *s = r->state;
	size_t i;

	for (i = 0; i < WORDS; i++)
		s[i] = random_twisted(
		    s[i], s[(i + 1) % WORDS], s[(i + MIDDLE) % WORDS]);
	r->at = 0;
}

static void
random_fill(uint32_t *s, uint32_t seed)
{
	uint32_t i;

	s[0] = seed;
	for (i = 1; i < WORDS; i++)
		s[i] = 1812433253u * (s[i - 1] ^ (s[i - 1] >> 30)) + i;
}

void
faker_random_seed(struct faker_random *r, uint32_t seed)
{
	random_fill(r->state, seed);
	random_twist(r);
}

/* Moves to the next word; the first is a copy of the last. */
static size_t
random_step(uint32_t *s, size_t i)
{
	if (++i < WORDS)
		return i;
	s[0] = s[WORDS - 1];
	return 1;
}

void
faker_random_seed_list(struct faker_random *r, const uint32_t *seeds, size_t n)
{
	uint32_t *s = r->state, before;
	size_t i = 1, j = 0, left;

	random_fill(s, 19650218u);
	for (left = n > WORDS ? n : WORDS; left > 0; left--) {
		before = s[i - 1] ^ (s[i - 1] >> 30);
		s[i] = (s[i] ^ (before * 1664525u)) + seeds[j] + (uint32_t)j;
		i = random_step(s, i);
		j = (j + 1) % n;
	}
	for (left = WORDS - 1; left > 0; left--) {
		before = s[i - 1] ^ (s[i - 1] >> 30);
		s[i] = (s[i] ^ (before * 1566083941u)) - (uint32_t)i;
		i = random_step(s, i);
	}
	s[0] = 0x80000000u;
	random_twist(r);
}

static uint32_t
random_u32(struct faker_random *r)
{
	uint32_t y = r->state[r->at];

	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680u;
	y ^= (y << 15) & 0xefc60000u;
	y ^= y >> 18;
	if (++r->at == WORDS)
		random_twist(r);
	return y;
}

double
faker_random_next(struct faker_random *r)
{
	uint32_t high = random_u32(r) >> 5;
	uint32_t low = random_u32(r) >> 6;

	return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
}
