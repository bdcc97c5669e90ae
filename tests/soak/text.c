#include "config.h"

#include <string.h>

#include "tests/soak/text.h"

/* That of SplitMix64. */
uint64_t
text_mix(uint64_t n)
{
	n += 0x9e3779b97f4a7c15u;
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
	return n ^ (n >> 31);
}

/* Eight letters from a to p. */
static uint64_t
text_letters(uint64_t seed, uint64_t word)
{
	return (text_mix(seed + word) & 0x0f0f0f0f0f0f0f0fu) +
	       0x6161616161616161u;
}

void
text_fill(const struct text *t, uint64_t offset, unsigned char *out, size_t n)
{
	uint64_t letters;
	size_t skip, some;

	if (t->words != NULL) {
		memcpy(out, t->words + offset, n);
		return;
	}
	while (n > 0) {
		letters = text_letters(t->seed, offset / sizeof(letters));
		skip = (size_t)(offset % sizeof(letters));
		some = sizeof(letters) - skip;
		if (some > n)
			some = n;
		memcpy(out, (unsigned char *)&letters + skip, some);
		out += some;
		offset += some;
		n -= some;
	}
}

int
text_is(const struct text *t, uint64_t offset, const void *p, size_t n)
{
	unsigned char wanted[4096];
	const unsigned char *got = p;
	size_t some;

	if (offset > t->size || n > t->size - offset)
		return 0;
	while (n > 0) {
		some = n < sizeof(wanted) ? n : sizeof(wanted);
		text_fill(t, offset, wanted, some);
		if (memcmp(got, wanted, some) != 0)
			return 0;
		got += some;
		offset += some;
		n -= some;
	}
	return 1;
}

/* Most are short, some are long. */
static uint64_t
text_size(uint64_t chance)
{
	uint64_t kind = chance % 100, more = chance / 100;

	if (kind < 85)
		return 20 + more % 1500;
	if (kind < 99)
		return 1500 + more % 10000;
	return 20000 + more % 180000;
}

struct item
item_of(uint64_t n)
{
	uint64_t chance = text_mix(n);
	struct item i = {
		.method = "GET",
		.response = {
			.seed = chance,
			.size = text_size(text_mix(chance)),
		},
		.response_chunked = (chance & 4) != 0,
	};

	if (chance % 8 != 0)
		return i;
	i.method = "POST";
	i.request.seed = ~chance;
	i.request.size = 10 + text_mix(~chance) % 4000;
	i.request_chunked = (chance & 8) != 0;
	/* One in 128 is longer than what the gateway holds. */
	if (chance % 128 == 0)
		i.request.size = 100000 + text_mix(~chance) % 200000;
	return i;
}
