#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "replay/hash.h"

#include "gateway/tally.h"

#define TALLY_PLACES 2048 /* more than lines: a place is found soon */
#define TALLY_METHOD 100u
#define TALLY_MORE 1000u

struct tally_list {
	struct tally_line lines[TALLY_MOST];
	size_t n;
	uint16_t places[TALLY_PLACES]; /* number of a line from 1 on, by hash */
	uint64_t total, beyond;
};

struct tally {
	pthread_mutex_t lock;
	struct arena arena; /* the texts of the lines */
	struct tally_list lists[TALLY_KINDS];
};

_Static_assert(TALLY_MOST < TALLY_PLACES, "a place is always free");

struct tally *
tally_new(void)
{
	struct tally *t = xcalloc(1, sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void
tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	arena_fini(&t->arena);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static struct str
tally_short(struct str s, size_t most)
{
	return (struct str){ s.p, s.n < most ? s.n : most };
}

/* Where the number of the line is, or will be. */
static uint16_t *
tally_place(struct tally_list *l, struct str method, struct str target)
{
	uint64_t at = hash_mix(hash_add(hash_add(HASH_START, method), target));
	const struct tally_line *line;

	for (;; at++) {
		at %= TALLY_PLACES;
		if (l->places[at] == 0)
			return &l->places[at];
		line = &l->lines[l->places[at] - 1];
		if (str_eq(line->method, method) &&
		    str_eq(line->target, target))
			return &l->places[at];
	}
}

static void
tally_begin_line(struct tally *t, struct tally_list *l, uint16_t *place,
    struct str method, struct str target, const char *more)
{
	struct tally_line *line = &l->lines[l->n++];
	struct str rest = tally_short(str_of(more), TALLY_MORE);

	*place = (uint16_t)l->n;
	line->method = arena_str(&t->arena, method);
	line->target = arena_str(&t->arena, target);
	line->more = arena_strndup(&t->arena, rest.p, rest.n);
	line->count = 0;
}

void
tally_add(struct tally *t, enum tally_kind kind, struct str method,
    struct str target, const char *more)
{
	struct tally_list *l;
	uint16_t *place;

	if (t == NULL)
		return;
	method = tally_short(method, TALLY_METHOD);
	target = tally_short(target, TALLY_TARGET);
	l = &t->lists[kind];
	pthread_mutex_lock(&t->lock);
	l->total++;
	place = tally_place(l, method, target);
	if (*place == 0 && l->n < TALLY_MOST)
		tally_begin_line(t, l, place, method, target, more);
	if (*place != 0)
		l->lines[*place - 1].count++;
	else
		l->beyond++;
	pthread_mutex_unlock(&t->lock);
}

const struct tally_line *
tally_lines(const struct tally *t, enum tally_kind kind, size_t *n)
{
	*n = t->lists[kind].n;
	return t->lists[kind].lines;
}

uint64_t
tally_total(const struct tally *t, enum tally_kind kind)
{
	return t->lists[kind].total;
}

uint64_t
tally_beyond(const struct tally *t, enum tally_kind kind)
{
	return t->lists[kind].beyond;
}
