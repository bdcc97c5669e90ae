#include "config.h"

#include <stdlib.h>

#include "base/mem.h"

#include "mock/numbers.h"

/* Where key is or would be; there is room. */
static struct number *
numbers_place(const struct numbers *all, uint64_t key)
{
	size_t i = key & (all->room - 1);

	while (all->v[i].key != 0 && all->v[i].key != key)
		i = (i + 1) & (all->room - 1);
	return &all->v[i];
}

uint64_t *
numbers_find(const struct numbers *all, uint64_t key)
{
	struct number *at;

	if (all->room == 0)
		return NULL;
	at = numbers_place(all, key);
	return at->key != 0 ? &at->n : NULL;
}

/* At most half of the places are taken. */
static void
numbers_grow(struct numbers *all)
{
	struct numbers old = *all;
	size_t i;

	all->room = old.room == 0 ? 16 : 2 * old.room;
	all->v = xcalloc(all->room, sizeof(*all->v));
	for (i = 0; i < old.room; i++)
		if (old.v[i].key != 0)
			*numbers_place(all, old.v[i].key) = old.v[i];
	free(old.v);
}

void
numbers_set(struct numbers *all, uint64_t key, uint64_t n)
{
	struct number *at;

	if (2 * all->count >= all->room)
		numbers_grow(all);
	at = numbers_place(all, key);
	all->count += at->key == 0 ? 1 : 0;
	*at = (struct number){ key, n };
}

void
numbers_fini(struct numbers *all)
{
	free(all->v);
	*all = (struct numbers){ 0 };
}
