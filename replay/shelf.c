#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/exchange.h"
#include "recorder/store.h"
#include "replay/level.h"
#include "replay/variant.h"

#include "replay/shelf.h"

/* Most keys have no more entries than this. */
#define SHELF_FEW 16

/* What malloc adds to the pieces of a small shelf, roughly. */
#define SHELF_OVERHEAD 128

static void
shelf_free(struct cache_item *i)
{
	struct shelf *s = (struct shelf *)i;

	while (s->n > 0)
		variant_free(s->variants[--s->n]);
	if (s->variants != &s->first)
		free(s->variants);
	if (s->only != NULL)
		cache_item_unref(&s->only->item);
	free(s);
}

static struct shelf *
shelf_new(const struct key *key)
{
	struct shelf *s = xcalloc(1, sizeof(*s));

	cache_item_init(&s->item, CACHE_SHELF, key, shelf_free);
	s->item.cost = sizeof(*s) + SHELF_OVERHEAD;
	s->variants = &s->first;
	s->compared = true;
	return s;
}

static struct variant *
shelf_variant(const struct shelf *s, uint64_t id)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->variants[i]->id == id)
			return s->variants[i];
	return NULL;
}

static void
shelf_grow(struct shelf *s)
{
	struct variant **more = xcalloc(2 * s->n, sizeof(*more));

	memcpy(more, s->variants, s->n * sizeof(*more));
	if (s->variants != &s->first)
		free(s->variants);
	s->variants = more;
}

static void
shelf_add_variant(struct shelf *s, struct variant *v)
{
	if (s->n > 0 && (s->n & (s->n - 1)) == 0)
		shelf_grow(s);
	s->variants[s->n++] = v;
	s->item.cost += v->bytes;
}

/* Merges two ascending lists. */
static void
shelf_merge(struct variant *into, const struct variant *from)
{
	struct variant_entry *all = xcalloc(into->n + from->n, sizeof(*all));
	size_t i = 0, k = 0, n = 0;

	while (i < into->n || k < from->n)
		if (k == from->n ||
		    (i < into->n && into->entries[i].id < from->entries[k].id))
			all[n++] = into->entries[i++];
		else
			all[n++] = from->entries[k++];
	variant_set(into, all, n);
}

/* Stops comparing request fields: variants that are alike then become one. */
static void
shelf_blur(struct shelf *s)
{
	struct variant *same;
	size_t i, n = s->n;

	s->compared = false;
	s->n = 0;
	for (i = 0; i < n; i++) {
		variant_blur(s->variants[i]);
		same = shelf_variant(s, s->variants[i]->id);
		if (same == NULL) {
			s->variants[s->n++] = s->variants[i];
			continue;
		}
		shelf_merge(same, s->variants[i]);
		s->item.cost -= s->variants[i]->bytes;
		variant_free(s->variants[i]);
	}
}

/* Adds an entry by what its exchange looks like; false when it is full. */
static bool
shelf_add(struct shelf *s, const struct exchange *x, int64_t entry)
{
	struct variant *v = variant_new(x), *same;

	if (!s->compared)
		variant_blur(v);
	same = shelf_variant(s, v->id);
	if (same == NULL && s->compared && s->n == SHELF_COMPARED) {
		shelf_blur(s);
		variant_blur(v);
		same = shelf_variant(s, v->id);
	}
	if (same != NULL) {
		variant_free(v);
		v = same;
	} else if (s->n == SHELF_VARIANTS || s->item.cost > SHELF_BYTES) {
		variant_free(v);
		return false;
	} else {
		shelf_add_variant(s, v);
	}
	variant_add(
	    v, &(struct variant_entry){ entry, x->started_us, x->times });
	s->item.cost += sizeof(*v->entries);
	return true;
}

static bool
shelf_candidate(const struct store_candidate *c)
{
	return c->outcome == OUTCOME_COMPLETE &&
	       ((c->status >= 200 && c->status <= 599) || c->status == 101);
}

/* The request's body, which tells entries apart that differ in secrets. */
static int
shelf_request_body(struct store *store, struct exchange *x, struct err *e)
{
	struct body *b = &x->request.body;
	int64_t n;

	if (b->stored_id == 0 || b->size > LEVEL_BODY)
		return 0;
	n = store_body_read(store, b->stored_id, 0,
	    buf_reserve(&b->bytes, (size_t)b->size), (size_t)b->size, e);
	b->bytes.n = n > 0 ? (size_t)n : 0;
	return n == -1 ? -1 : 0;
}

/* The entry, as far as it is looked at here. */
static int
shelf_get(const struct shelf_place *p, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e)
{
	int got = store_get_answer(p->store, entry, most_body, x, e);

	if (got == 1 && p->redacted &&
	    shelf_request_body(p->store, *x, e) == -1) {
		exchange_free(*x);
		got = -1;
	}
	return got;
}

static void
shelf_add_only(struct shelf *s, struct exchange *x)
{
	s->only = answer_new(x, &x->response.body.bytes);
	s->item.cost += s->only->item.cost;
}

/* Adds the candidate; with its answer when it is the only one. */
static int
shelf_take(struct shelf *s, const struct shelf_place *p, int64_t entry,
    size_t most_body, bool only, struct err *e)
{
	struct exchange *x = NULL;
	int got = shelf_get(p, entry, only ? most_body : 0, &x, e);
	bool room = true;

	if (got == -1)
		return err_wrap(e, "entry %lld", (long long)entry);
	if (got == 1 && answer_usable(x)) {
		room = shelf_add(s, x, entry);
		if (only)
			shelf_add_only(s, x);
	}
	if (got == 1)
		exchange_free(x);
	return room;
}

static bool
shelf_is_under(const struct exchange *x, const struct shelf_place *p)
{
	bool normal = p->tier == TIER_NORMALIZED;

	return (normal ? x->normal_keyed : x->keyed) &&
	       memcmp(normal ? x->normal_key : x->key, p->key->bytes,
		   EXCHANGE_KEY_BYTES) == 0;
}

/* By its id, without a look for others.  FOUND_ERROR when it cannot be read
 * so. */
static enum found
shelf_load_entry(
    const struct shelf_place *p, size_t most_body, struct shelf **shelf)
{
	struct exchange *x;
	enum found found;
	struct err e;

	if (shelf_get(p, p->entry, most_body, &x, &e) != 1)
		return FOUND_ERROR;
	found = !shelf_is_under(x, p) ? FOUND_NOTHING
		: answer_usable(x)    ? FOUND
				      : FOUND_UNUSABLE;
	if (found == FOUND) {
		*shelf = shelf_new(p->key);
		(void)shelf_add(*shelf, x, p->entry);
		shelf_add_only(*shelf, x);
	}
	exchange_free(x);
	return found;
}

/* Keeps those of the n candidates that may be usable, in order. */
static size_t
shelf_usable(struct store_candidate *c, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (shelf_candidate(&c[i]))
			c[kept++] = c[i];
	return kept;
}

static enum found
shelf_fill(struct shelf *s, const struct shelf_place *p,
    struct store_candidate *c, size_t n, size_t most_body, struct err *e)
{
	size_t i;
	int got = 1;

	n = shelf_usable(c, n);
	for (i = 0; i < n && got == 1; i++)
		got = shelf_take(s, p, c[i].id, most_body, n == 1, e);
	if (got == -1)
		return FOUND_ERROR;
	return s->n > 0 ? FOUND : FOUND_UNUSABLE;
}

/* The candidates under key, at most SHELF_ENTRIES: in few if they fit there,
 * else in *many, which the caller frees.  How many, or -1. */
static int64_t
shelf_candidates(const struct shelf_place *p, struct store_candidate *few,
    struct store_candidate **many, struct err *e)
{
	bool normal = p->tier == TIER_NORMALIZED;
	int64_t room, n = store_find(p->store, p->tape, p->key->bytes, normal,
			  few, SHELF_FEW, e);

	if (n <= SHELF_FEW)
		return n;
	room = n < SHELF_ENTRIES ? n : SHELF_ENTRIES;
	*many = xcalloc((size_t)room, sizeof(**many));
	n = store_find(
	    p->store, p->tape, p->key->bytes, normal, *many, (size_t)room, e);
	return n < room ? n : room;
}

/* By a look for all that are under the key. */
static enum found
shelf_load_all(const struct shelf_place *p, size_t most_body,
    struct shelf **shelf, struct err *e)
{
	struct store_candidate few[SHELF_FEW], *many = NULL;
	int64_t n = shelf_candidates(p, few, &many, e);
	enum found found;
	struct shelf *s;

	if (n <= 0) {
		free(many);
		return n == 0 ? FOUND_NOTHING : FOUND_ERROR;
	}
	s = shelf_new(p->key);
	found = shelf_fill(
	    s, p, many != NULL ? many : few, (size_t)n, most_body, e);
	free(many);
	if (found == FOUND)
		*shelf = s;
	else
		cache_item_unref(&s->item);
	return found;
}

enum found
shelf_load(const struct shelf_place *p, size_t most_body, struct shelf **shelf,
    struct err *e)
{
	enum found found = FOUND_ERROR;

	if (p->entry > 0)
		found = shelf_load_entry(p, most_body, shelf);
	/* It may have gone, or be damaged and of no use. */
	return found != FOUND_ERROR ? found
				    : shelf_load_all(p, most_body, shelf, e);
}
