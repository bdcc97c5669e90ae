/* What the older generations of the index of places have, so that those that
 * have nothing near are not asked. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

#include "recorder/sqlite_priv.h"

/* Two bits for each of the paths of a generation's 16,384 entries: one in 20
 * that it has not looks as if it had it. */
#define PLACES_BITS (1u << 17)

/* Usual tapes have a few dozen shapes; all of one that has more look as if
 * they were there. */
#define PLACES_SHAPES 128

struct places {
	int64_t tape, generation;
	bool all; /* shapes are more than have room */
	int nshapes;
	int64_t shapes[PLACES_SHAPES]; /* ascending */
	uint8_t paths[PLACES_BITS / 8];
};

static void
places_drop(struct sqlite *s)
{
	size_t i;

	for (i = 0; i < SQLITE_PLACES; i++) {
		free(s->places[i]);
		s->places[i] = NULL;
	}
}

void
store_places_fini(struct store *s)
{
	places_drop(sqlite_of(s));
}

void
store_places_check(struct store *s)
{
	int64_t version = store_version(s);

	if (version != sqlite_of(s)->places_version)
		places_drop(sqlite_of(s));
	sqlite_of(s)->places_version = version;
}

static struct places **
places_slot(struct store *s, int64_t generation)
{
	return &sqlite_of(s)->places[(uint64_t)generation % SQLITE_PLACES];
}

static const struct places *
places_of(struct store *s, int64_t tape, int64_t generation)
{
	const struct places *p = *places_slot(s, generation);

	return p != NULL && p->tape == tape && p->generation == generation
		   ? p
		   : NULL;
}

/* Two places of a path among the bits. */
static void
places_bits(int64_t shape, int64_t path, uint32_t bits[2])
{
	uint64_t h = ((uint64_t)shape ^ (uint64_t)path << 41) *
		     UINT64_C(0x9e3779b97f4a7c15);

	bits[0] = (uint32_t)(h >> 47) % PLACES_BITS;
	bits[1] = (uint32_t)(h >> 30) % PLACES_BITS;
}

static void
places_add(struct places *p, int64_t shape, int64_t path)
{
	uint32_t bits[2];
	int i;

	places_bits(shape, path, bits);
	for (i = 0; i < 2; i++)
		p->paths[bits[i] / 8] |= (uint8_t)(1u << bits[i] % 8);
	if (p->nshapes > 0 && p->shapes[p->nshapes - 1] == shape)
		return;
	if (p->nshapes == PLACES_SHAPES)
		p->all = true;
	else
		p->shapes[p->nshapes++] = shape;
}

void
store_places_learn(struct store *s, int64_t tape, int64_t generation)
{
	struct err e;
	sqlite3_stmt *q;
	struct places *p;
	int r;

	/* A writer's own changes are no other version to it. */
	if (sqlite_of(s)->writes || places_of(s, tape, generation) != NULL)
		return;
	q = store_statement(s, STORE_NEAR_PLACES,
	    "SELECT shape, path FROM entry WHERE tape = ?1 AND id >> 14 = ?2 "
	    "ORDER BY shape",
	    &e);
	if (q == NULL)
		return;
	p = xcalloc(1, sizeof(*p));
	p->tape = tape;
	p->generation = generation;
	sqlite3_bind_int64(q, 1, tape);
	sqlite3_bind_int64(q, 2, generation);
	while ((r = sqlite3_step(q)) == SQLITE_ROW)
		places_add(
		    p, sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1));
	sqlite3_reset(q);
	free(*places_slot(s, generation));
	*places_slot(s, generation) = r == SQLITE_DONE ? p : NULL;
	if (r != SQLITE_DONE)
		free(p); /* it is only asked in vain */
}

bool
store_places_known(struct store *s, int64_t tape, int64_t generation)
{
	return places_of(s, tape, generation) != NULL;
}

bool
store_places_path(struct store *s, int64_t tape, int64_t generation,
    int64_t shape, int64_t path)
{
	const struct places *p = places_of(s, tape, generation);
	uint32_t bits[2];
	int i;

	if (p == NULL)
		return true;
	places_bits(shape, path, bits);
	for (i = 0; i < 2; i++)
		if ((p->paths[bits[i] / 8] & 1u << bits[i] % 8) == 0)
			return false;
	return true;
}

bool
store_places_shape(struct store *s, int64_t tape, int64_t generation,
    int64_t first, int64_t end)
{
	const struct places *p = places_of(s, tape, generation);
	int i;

	if (p == NULL || p->all)
		return true;
	for (i = 0; i < p->nshapes; i++)
		if (p->shapes[i] >= first && p->shapes[i] < end)
			return true;
	return false;
}
