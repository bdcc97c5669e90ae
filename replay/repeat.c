#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "replay/choose.h"
#include "replay/cursor.h"
#include "replay/hash.h"
#include "replay/key.h"
#include "replay/variant.h"

#include "replay/repeat.h"

/* Up to that many variants are chosen from without asking for memory. */
#define REPEAT_FEW 32

bool
repeat_counts(enum repeat policy)
{
	return policy == REPEAT_HOLD || policy == REPEAT_CYCLE ||
	       policy == REPEAT_FAIL;
}

/*
 * To have served all and to have served none is the same place in a cycle,
 * so the marks may go before the first answer of the new round is out.
 * Another worker may have begun that round already: its marks stay.
 */
static int64_t
repeat_round(const struct repeat_turn *t, const struct variant *const *v,
    const uint64_t *ids, struct cursor_at *marks, size_t n, size_t *which)
{
	int64_t next;

	cursors_forget(t->cursors, t->key, t->session, ids, marks, n);
	cursors_marks(t->cursors, t->key, t->session, ids, n, marks);
	next = choose_next(v, marks, n, which);
	return next > 0 ? next : choose_oldest(v, n, which);
}

/* How far each of the variants was served: behind a write, as if all that was
 * recorded before it had been. */
static void
repeat_marks(const struct repeat_turn *t, const uint64_t *ids, size_t n,
    struct cursor_at *marks)
{
	size_t i;

	if (t->waits)
		for (i = 0; i < n; i++)
			marks[i] = (struct cursor_at){ t->since, UINT64_MAX };
	else
		cursors_marks(t->cursors, t->key, t->session, ids, n, marks);
}

static int64_t
repeat_in_order(const struct repeat_turn *t, const struct variant *const *v,
    size_t n, size_t *which)
{
	uint64_t few_ids[REPEAT_FEW] = { 0 }, *ids = few_ids;
	struct cursor_at few_marks[REPEAT_FEW] = { { 0 } }, *marks = few_marks;
	int64_t next;
	size_t i;

	if (n > REPEAT_FEW) {
		ids = xcalloc(n, sizeof(*ids));
		marks = xcalloc(n, sizeof(*marks));
	}
	for (i = 0; i < n; i++)
		ids[i] = v[i]->id;
	repeat_marks(t, ids, n, marks);
	next = choose_next(v, marks, n, which);
	if (next == 0 && t->policy == REPEAT_HOLD)
		next = choose_newest(v, n, which);
	else if (next == 0 && t->policy == REPEAT_CYCLE && t->waits)
		next = choose_oldest(v, n, which);
	else if (next == 0 && t->policy == REPEAT_CYCLE)
		next = repeat_round(t, v, ids, marks, n, which);
	if (n > REPEAT_FEW) {
		free(ids);
		free(marks);
	}
	return next;
}

/* A cursor is of a key, a session and the variants that are served in turn. */
static void
repeat_name(const struct repeat_turn *t, const struct variant *const *v,
    size_t n, uint8_t name[STORE_CURSOR_NAME])
{
	uint64_t parts[3] = { hash_add(HASH_START, t->session),
		hash_add(hash_mix(HASH_START), t->session), 0 };
	size_t i;

	for (i = 0; i < n; i++)
		parts[2] ^= hash_mix(v[i]->id);
	_Static_assert(
	    sizeof(t->key->bytes) + sizeof(parts) == STORE_CURSOR_NAME,
	    "size of a name");
	memcpy(name, t->key->bytes, sizeof(t->key->bytes));
	memcpy(name + sizeof(t->key->bytes), parts, sizeof(parts));
}

/* The entry at a place of all, in recorded order; each has as many as it was
 * recorded in a row. */
static int64_t
repeat_at(
    const struct variant *const *v, size_t n, uint64_t place, size_t *which)
{
	size_t few[REPEAT_FEW] = { 0 }, *at = few, i, best;
	const struct variant_entry *entry = NULL;

	if (n > REPEAT_FEW)
		at = xcalloc(n, sizeof(*at));
	do {
		for (i = best = 0; i < n; i++)
			if (at[best] == v[best]->n ||
			    (at[i] < v[i]->n &&
				v[i]->entries[at[i]].id <
				    v[best]->entries[at[best]].id))
				best = i;
		if (at[best] == v[best]->n)
			break;
		entry = &v[best]->entries[at[best]++];
		*which = best;
		if (place < entry->times)
			break;
		place -= entry->times;
	} while (true);
	if (at != few)
		free(at);
	return entry->id;
}

static int64_t
repeat_shared(const struct repeat_turn *t, const struct variant *const *v,
    size_t n, size_t *which, struct err *e)
{
	uint8_t name[STORE_CURSOR_NAME];
	int64_t total = 0, place;
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = 0; k < v[i]->n; k++)
			total += (int64_t)v[i]->entries[k].times;
	repeat_name(t, v, n, name);
	place = t->take(t->arg, name, &total, t->policy == REPEAT_CYCLE, e);
	if (place < 0)
		return place;
	if (place < total)
		return repeat_at(v, n, (uint64_t)place, which);
	return t->policy == REPEAT_HOLD ? choose_newest(v, n, which) : 0;
}

int64_t
repeat_next(const struct repeat_turn *t, const struct variant *const *v,
    size_t n, size_t *which, struct err *e)
{
	int64_t entry;

	switch (t->policy) {
	case REPEAT_FIRST:
		return choose_oldest(v, n, which);
	case REPEAT_LATEST:
		return choose_newest(v, n, which);
	case REPEAT_BY_TIME:
		entry = choose_begun(v, n, t->now_us, which);
		return entry > 0 ? entry : choose_oldest(v, n, which);
	default:
		return t->take != NULL && !t->waits
			   ? repeat_shared(t, v, n, which, e)
			   : repeat_in_order(t, v, n, which);
	}
}
