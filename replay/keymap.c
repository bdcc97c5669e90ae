#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#include "replay/keymap.h"

/*
 * A slot is 24 bits of the key above 40 of its entry's id; 0 is an empty one.
 * KEYMAP_MANY in the place of an id: more than one entry, or keys that differ
 * in nothing that is kept.  Keys come in the order of the index they are read
 * from, and their places are in that order, too, so that memory is filled
 * from its start to its end.
 */
#define KEYMAP_ID_BITS 40
#define KEYMAP_MANY ((UINT64_C(1) << KEYMAP_ID_BITS) - 1)

struct keymap {
	atomic_uint refs;
	int64_t tape;
	struct store_moment moment;
	uint64_t n;     /* keys that were counted */
	uint64_t nfull; /* slots that are taken */
	uint64_t nslots;
	uint64_t *slots;
	const atomic_bool *stop; /* while it is being made */
};

/* Where the key belongs. */
static uint64_t
keymap_place(const struct keymap *m, const struct key *key)
{
	uint64_t high = 0;
	size_t i;

	for (i = 0; i < 4; i++)
		high = high << 8 | key->bytes[i];
	return high * m->nslots >> 32;
}

/* What a slot has of it, in its place; never 0 with an id. */
static uint64_t
keymap_mark(const struct key *key)
{
	uint64_t mark = 0;
	size_t i;

	for (i = 0; i < 3; i++)
		mark = mark << 8 | key->bytes[EXCHANGE_KEY_BYTES - 1 - i];
	return mark << KEYMAP_ID_BITS;
}

/* The slot of the key, or the empty one where it would be. */
static uint64_t *
keymap_slot(const struct keymap *m, const struct key *key)
{
	uint64_t mark = keymap_mark(key), at = keymap_place(m, key);

	while (m->slots[at] != 0 && (m->slots[at] & ~KEYMAP_MANY) != mark)
		at = at + 1 == m->nslots ? 0 : at + 1;
	return &m->slots[at];
}

static int
keymap_count(void *arg, const uint8_t *key, int64_t entry)
{
	struct keymap *m = arg;

	(void)key;
	(void)entry;
	m->n++;
	return atomic_load_explicit(m->stop, memory_order_relaxed);
}

static int
keymap_add(void *arg, const uint8_t *bytes, int64_t entry)
{
	struct keymap *m = arg;
	struct key key;
	uint64_t *slot;

	memcpy(key.bytes, bytes, sizeof(key.bytes));
	slot = keymap_slot(m, &key);
	if (*slot != 0)
		*slot |= KEYMAP_MANY;
	else if (++m->nfull < m->nslots) /* the search ends at an empty one */
		*slot =
		    keymap_mark(&key) |
		    (entry > 0 && entry < (int64_t)KEYMAP_MANY ? (uint64_t)entry
							       : KEYMAP_MANY);
	return atomic_load_explicit(m->stop, memory_order_relaxed);
}

/* In a transaction that sees one moment.  0, -1, or 1 when it was stopped. */
static int
keymap_fill(struct keymap *m, struct store *s, struct err *e)
{
	int r = store_keys(s, m->tape, keymap_count, m, e);

	if (r != 0)
		return r;
	m->nslots = m->n + m->n / 3 + 8;
	if (keymap_bytes(m) > KEYMAP_BYTES)
		return err_set(e, "%llu keys are too many to be kept in memory",
		    (unsigned long long)m->n);
	/* Where there is no memory for it, there is the store. */
	m->slots = calloc(m->nslots, sizeof(*m->slots));
	if (m->slots == NULL)
		return err_set(e, "there is no memory for the keys");
	r = store_keys(s, m->tape, keymap_add, m, e);
	if (r != 0)
		return r;
	return m->nfull < m->nslots
		   ? 0
		   : err_set(e, "the keys are more than were counted");
}

struct keymap *
keymap_load(
    struct store *s, int64_t tape, const atomic_bool *stop, struct err *e)
{
	struct keymap *m = xcalloc(1, sizeof(*m));
	int r;

	atomic_init(&m->refs, 1);
	m->tape = tape;
	m->stop = stop;
	/* Asked before: what is committed in between makes it outdated. */
	if (!store_moment(s, &m->moment))
		r = err_set(e, "it cannot be seen when the store changes");
	else
		r = store_hold(s, e);
	if (r == 0) {
		r = keymap_fill(m, s, e);
		store_rollback(s);
	}
	m->stop = NULL;
	if (r == 0)
		return m;
	keymap_unref(m);
	return NULL;
}

struct keymap *
keymap_ref(struct keymap *m)
{
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	return m;
}

void
keymap_unref(struct keymap *m)
{
	if (m == NULL ||
	    atomic_fetch_sub_explicit(&m->refs, 1, memory_order_acq_rel) != 1)
		return;
	free(m->slots);
	free(m);
}

int64_t
keymap_tape(const struct keymap *m)
{
	return m->tape;
}

bool
keymap_holds(const struct keymap *m, struct store *s)
{
	struct store_moment now;

	return store_moment(s, &now) &&
	       memcmp(&now, &m->moment, sizeof(now)) == 0;
}

enum keymap_has
keymap_find(const struct keymap *m, const struct key *key, int64_t *entry)
{
	uint64_t slot = *keymap_slot(m, key);

	if (slot == 0)
		return KEYMAP_NONE;
	if ((slot & KEYMAP_MANY) == KEYMAP_MANY)
		return KEYMAP_SEVERAL;
	*entry = (int64_t)(slot & KEYMAP_MANY);
	return KEYMAP_ONE;
}

size_t
keymap_bytes(const struct keymap *m)
{
	return sizeof(*m) + m->nslots * sizeof(*m->slots);
}

size_t
keymap_keys(const struct keymap *m)
{
	return m->n;
}
