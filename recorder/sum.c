#include "config.h"

#include <string.h>

#include "recorder/sum.h"

static struct sum *
sums_find(struct sums *s, int64_t body, uint64_t at)
{
	size_t i;

	for (i = 0; i < SUMS; i++)
		if (s->v[i].body == body && s->v[i].at == at)
			return &s->v[i];
	return NULL;
}

void
sums_begin(struct sums *s, int64_t body, uint64_t size,
    const uint8_t sha256[DIGEST_BYTES])
{
	struct sum *sum = sums_find(s, 0, 0);
	uint8_t nobody[DIGEST_BYTES];

	if (sum == NULL)
		sum = &s->v[s->oldest++ % SUMS];
	if (sum->digest == NULL)
		sum->digest = digest_new();
	digest_end(sum->digest, nobody);
	sum->body = body;
	sum->at = 0;
	sum->size = size;
	memcpy(sum->sha256, sha256, DIGEST_BYTES);
}

bool
sums_add(struct sums *s, int64_t body, uint64_t at, const void *p, size_t n)
{
	struct sum *sum = sums_find(s, body, at);
	uint8_t got[DIGEST_BYTES];
	bool same;

	if (sum == NULL)
		return true;
	digest_add(sum->digest, p, n);
	sum->at += n;
	if (sum->at < sum->size)
		return true;
	digest_end(sum->digest, got);
	same =
	    sum->at == sum->size && memcmp(got, sum->sha256, sizeof(got)) == 0;
	sum->body = 0;
	sum->at = 0;
	return same;
}

void
sums_fini(struct sums *s)
{
	size_t i;

	for (i = 0; i < SUMS; i++)
		digest_free(s->v[i].digest);
}
