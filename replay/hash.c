#include "config.h"

#include "replay/hash.h"

#define HASH_PRIME 0x100000001b3u

uint64_t
hash_add(uint64_t h, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * HASH_PRIME;
	return h;
}

uint64_t
hash_add_lower(uint64_t h, struct str s)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c >= 'A' && c <= 'Z')
			c += 32;
		h = (h ^ c) * HASH_PRIME;
	}
	return h;
}

uint64_t
hash_add_u64(uint64_t h, uint64_t v)
{
	int i;

	for (i = 0; i < 8; i++)
		h = (h ^ ((v >> (8 * i)) & 0xff)) * HASH_PRIME;
	return h;
}

/* The end of SplitMix64. */
uint64_t
hash_mix(uint64_t v)
{
	v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9u;
	v = (v ^ (v >> 27)) * 0x94d049bb133111ebu;
	return v ^ (v >> 31);
}
