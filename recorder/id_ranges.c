#include "config.h"

#include <stdlib.h>

#include "base/mem.h"

#include "recorder/id_ranges.h"

/* Whether b, which does not begin before a, overlaps it or follows at once. */
static bool
id_ranges_touch(const struct id_range *a, const struct id_range *b)
{
	return b->first <= a->last || b->first - 1 == a->last;
}

void
id_ranges_add(struct id_ranges *r, int64_t first, int64_t last)
{
	struct id_range added = { first, last };
	struct id_range *end = r->n > 0 ? &r->v[r->n - 1] : NULL;

	if (end != NULL && first >= end->first &&
	    id_ranges_touch(end, &added)) {
		if (last > end->last)
			end->last = last;
		return;
	}
	if (r->n == r->cap) {
		r->cap = r->cap > 0 ? 2 * r->cap : 16;
		r->v = xrealloc(r->v, r->cap * sizeof(*r->v));
	}
	r->v[r->n++] = added;
}

static int
id_ranges_order(const void *a, const void *b)
{
	const struct id_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

void
id_ranges_settle(struct id_ranges *r)
{
	size_t i, n = r->n;

	if (n < 2)
		return;
	qsort(r->v, n, sizeof(*r->v), id_ranges_order);
	/* What is added does not get ahead of what is read. */
	r->n = 0;
	for (i = 0; i < n; i++)
		id_ranges_add(r, r->v[i].first, r->v[i].last);
}

bool
id_ranges_has(const struct id_ranges *r, int64_t id)
{
	size_t low = 0, high = r->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (id < r->v[middle].first)
			high = middle;
		else if (id > r->v[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}

void
id_ranges_fini(struct id_ranges *r)
{
	free(r->v);
	*r = (struct id_ranges){ 0 };
}
