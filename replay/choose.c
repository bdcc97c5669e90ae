#include "config.h"

#include "replay/variant.h"

#include "replay/choose.h"

size_t
choose_allowed(const struct variant **v, size_t n, const struct headers *live)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (v[i]->n > 0 && variant_allows(v[i], live))
			v[kept++] = v[i];
	return kept;
}

size_t
choose_best(const struct variant **v, size_t n, const struct headers *live)
{
	struct variant_live asked;
	size_t i, score, best = 0, kept = 0;

	if (n < 2)
		return n;
	asked.headers = live;
	asked.looked = false;
	for (i = 0; i < n; i++) {
		score = variant_agreement(v[i], &asked);
		if (score > best)
			kept = 0;
		if (score >= best) {
			best = score;
			v[kept++] = v[i];
		}
	}
	return kept;
}

/* The first entry of v behind mark, or 0. */
static int64_t
choose_after(const struct variant *v, int64_t mark)
{
	size_t low = 0, high = v->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (v->entries[middle] > mark)
			high = middle;
		else
			low = middle + 1;
	}
	return low < v->n ? v->entries[low] : 0;
}

int64_t
choose_next(const struct variant *const *v, const int64_t *marks, size_t n,
    size_t *which)
{
	int64_t next = 0, last = 0, entry;
	size_t i, newest = 0;

	for (i = 0; i < n; i++) {
		entry = choose_after(v[i], marks[i]);
		if (entry > 0 && (next == 0 || entry < next)) {
			next = entry;
			*which = i;
		}
		if (v[i]->entries[v[i]->n - 1] > last) {
			last = v[i]->entries[v[i]->n - 1];
			newest = i;
		}
	}
	if (next == 0)
		*which = newest;
	return next > 0 ? next : last;
}
