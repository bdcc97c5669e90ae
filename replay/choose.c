#include "config.h"

#include "replay/cursor.h"
#include "replay/variant.h"

#include "replay/choose.h"

size_t
choose_home(const struct variant **v, size_t n, uint64_t home)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (home == 0 || v[i]->home == home)
			v[kept++] = v[i];
	return kept;
}

size_t
choose_allowed(
    const struct variant **v, size_t n, const struct variant_live *live)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (v[i]->n > 0 && variant_allows(v[i], live))
			v[kept++] = v[i];
	return kept;
}

/* How well v fits what is asked; 0: not at all. */
static int
choose_fit(const struct variant *v, uint64_t asks)
{
	if (v->asks == asks)
		return 3;
	switch (v->kind) {
	case VARIANT_ANY:
		return 2;
	case VARIANT_CONDITIONAL:
		return 1;
	case VARIANT_RANGE:
		break;
	}
	return 0;
}

size_t
choose_asked(const struct variant **v, size_t n, uint64_t asks)
{
	size_t i, kept = 0;
	int fit, best = 1;

	for (i = 0; i < n; i++) {
		fit = choose_fit(v[i], asks);
		if (fit > best)
			kept = 0;
		if (fit >= best) {
			best = fit;
			v[kept++] = v[i];
		}
	}
	return kept;
}

size_t
choose_secrets(const struct variant **v, size_t n, uint64_t secrets)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (v[i]->secrets == secrets)
			v[kept++] = v[i];
	return kept > 0 ? kept : n;
}

size_t
choose_best(const struct variant **v, size_t n, struct variant_live *live)
{
	size_t i, score, best = 0, kept = 0;

	if (n < 2)
		return n;
	for (i = 0; i < n; i++) {
		score = variant_agreement(v[i], live);
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
choose_after(const struct variant *v, struct cursor_at mark)
{
	size_t low = 0, high = v->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (v->entries[middle].id >= mark.entry)
			high = middle;
		else
			low = middle + 1;
	}
	if (low < v->n && v->entries[low].id == mark.entry &&
	    v->entries[low].times <= mark.times)
		low++;
	return low < v->n ? v->entries[low].id : 0;
}

int64_t
choose_next(const struct variant *const *v, const struct cursor_at *marks,
    size_t n, size_t *which)
{
	int64_t next = 0, entry;
	size_t i;

	for (i = 0; i < n; i++) {
		entry = choose_after(v[i], marks[i]);
		if (entry > 0 && (next == 0 || entry < next)) {
			next = entry;
			*which = i;
		}
	}
	return next;
}

int64_t
choose_oldest(const struct variant *const *v, size_t n, size_t *which)
{
	size_t i;

	*which = 0;
	for (i = 1; i < n; i++)
		if (v[i]->entries[0].id < v[*which]->entries[0].id)
			*which = i;
	return v[*which]->entries[0].id;
}

static int64_t
choose_last(const struct variant *v)
{
	return v->entries[v->n - 1].id;
}

int64_t
choose_newest(const struct variant *const *v, size_t n, size_t *which)
{
	size_t i;

	*which = 0;
	for (i = 1; i < n; i++)
		if (choose_last(v[i]) > choose_last(v[*which]))
			*which = i;
	return choose_last(v[*which]);
}

/* Imported entries need not have begun in the order of their ids. */
int64_t
choose_begun(
    const struct variant *const *v, size_t n, int64_t us, size_t *which)
{
	const struct variant_entry *best = NULL, *x;
	size_t i;

	for (i = 0; i < n; i++) {
		for (x = v[i]->entries; x < v[i]->entries + v[i]->n; x++) {
			if (x->started_us > us ||
			    (best != NULL &&
				(x->started_us < best->started_us ||
				    (x->started_us == best->started_us &&
					x->id < best->id))))
				continue;
			best = x;
			*which = i;
		}
	}
	return best != NULL ? best->id : 0;
}
