#include "config.h"

#include <string.h>

#include "recorder/repeats.h"

bool
repeats_find(
    const struct repeats *r, struct str bytes, uint8_t sha256[DIGEST_BYTES])
{
	size_t i;

	if (bytes.n < REPEATS_LEAST || bytes.n > REPEATS_MOST)
		return false;
	for (i = 0; i < REPEATS; i++) {
		if (!str_eq(buf_str(&r->kept[i].bytes), bytes))
			continue;
		memcpy(sha256, r->kept[i].sha256, DIGEST_BYTES);
		return true;
	}
	return false;
}

void
repeats_add(
    struct repeats *r, struct str bytes, const uint8_t sha256[DIGEST_BYTES])
{
	struct buf *b = &r->kept[r->next].bytes;

	if (bytes.n < REPEATS_LEAST || bytes.n > REPEATS_MOST)
		return;
	b->n = 0;
	buf_add_str(b, bytes);
	memcpy(r->kept[r->next].sha256, sha256, DIGEST_BYTES);
	r->next = (r->next + 1) % REPEATS;
}

void
repeats_fini(struct repeats *r)
{
	size_t i;

	for (i = 0; i < REPEATS; i++)
		buf_free(&r->kept[i].bytes);
}
