#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "recorder/id_ranges.h"

#include "recorder/id_set.h"

#define ID_WORD 64
#define ID_WORDS_FIRST 64

/* The ids from number * 64 on; one without bits is a free place. */
struct id_word {
	int64_t number;
	uint64_t bits;
};

/* Where the word is, or the free place where it would be. */
static struct id_word *
id_set_place(const struct id_set *s, int64_t number)
{
	/* Fibonacci hashing: words in a row go to places far apart. */
	size_t at = (size_t)(((uint64_t)number * 0x9e3779b97f4a7c15u) >> 32);

	for (;; at++) {
		at &= s->cap - 1;
		if (s->words[at].bits == 0 || s->words[at].number == number)
			return &s->words[at];
	}
}

static void
id_set_grow(struct id_set *s)
{
	struct id_set old = *s;
	size_t i;

	s->cap = old.cap > 0 ? 2 * old.cap : ID_WORDS_FIRST;
	s->words = xcalloc(s->cap, sizeof(*s->words));
	for (i = 0; i < old.cap; i++)
		if (old.words[i].bits != 0)
			*id_set_place(s, old.words[i].number) = old.words[i];
	free(old.words);
}

void
id_set_add(struct id_set *s, int64_t id)
{
	int64_t number = id / ID_WORD;
	struct id_word *w;

	if (4 * s->n >= 3 * s->cap)
		id_set_grow(s);
	w = id_set_place(s, number);
	if (w->bits == 0) {
		w->number = number;
		s->n++;
	}
	w->bits |= UINT64_C(1) << (id % ID_WORD);
}

void
id_set_ranges(const struct id_set *s, struct id_ranges *r)
{
	const struct id_word *w;
	size_t i;
	int bit;

	for (i = 0; i < s->cap; i++) {
		w = &s->words[i];
		for (bit = 0; bit < ID_WORD && w->bits >> bit != 0; bit++)
			if (w->bits >> bit & 1)
				id_ranges_add(r, w->number * ID_WORD + bit,
				    w->number * ID_WORD + bit);
	}
	id_ranges_settle(r);
}

void
id_set_fini(struct id_set *s)
{
	free(s->words);
	*s = (struct id_set){ 0 };
}
