#include "config.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

#include "base/seeded.h"

static uint64_t seeded_key[2];
static pthread_once_t seeded_once = PTHREAD_ONCE_INIT;

static uint64_t
seeded_turn(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static void
seeded_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = seeded_turn(v[1], 13) ^ v[0];
	v[3] = seeded_turn(v[3], 16) ^ v[2];
	v[0] = seeded_turn(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = seeded_turn(v[1], 17) ^ v[2];
	v[3] = seeded_turn(v[3], 21) ^ v[0];
	v[2] = seeded_turn(v[2], 32);
}

/* Up to eight bytes, the first one lowest. */
static uint64_t
seeded_word(const char *p, size_t n)
{
	uint64_t word = 0;

	while (n > 0)
		word = word << 8 | (unsigned char)p[--n];
	return word;
}

uint64_t
seeded_hash_with(const uint64_t key[2], struct str s)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u,
		key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
		key[1] ^ 0x7465646279746573u };
	uint64_t length = (uint64_t)s.n << 56, word;

	for (; s.n >= 8; s.p += 8, s.n -= 8) {
		word = seeded_word(s.p, 8);
		v[3] ^= word;
		seeded_round(v);
		v[0] ^= word;
	}
	word = length | seeded_word(s.p, s.n);
	v[3] ^= word;
	seeded_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	seeded_round(v);
	seeded_round(v);
	seeded_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The time is better than nothing where the kernel has no chance to give. */
static void
seeded_begin(void)
{
	if (getrandom(seeded_key, sizeof(seeded_key), 0) !=
	    (ssize_t)sizeof(seeded_key))
		seeded_key[0] ^= (uint64_t)clock_mono_us();
}

uint64_t
seeded_hash(struct str s)
{
	pthread_once(&seeded_once, seeded_begin);
	return seeded_hash_with(seeded_key, s);
}
