#include "config.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "recorder/pseudonym.h"
#include "recorder/store.h"
#include "replay/hash.h"

#include "replay/requested.h"

#define ASKED_MOST (1u << 26) /* entries; a few GiB of memory */
#define ASKED_FIRST 1024      /* rows and buckets to begin with */

enum requested_by {
	ASKED_BY_URL,
	ASKED_BY_PLACE,
	ASKED_WAYS,
};

struct requested_row {
	int64_t id;
	uint64_t same;
	uint64_t hash[ASKED_WAYS];
	uint32_t next[ASKED_WAYS]; /* row + 1 of an older one, or 0 */
};

struct requested {
	pthread_mutex_t lock;
	int64_t tape;
	int64_t last; /* id of the newest entry that was looked at */
	struct requested_row *rows;
	uint32_t n, cap; /* cap is as many buckets, too: a power of 2 */
	uint32_t *newest[ASKED_WAYS]; /* row + 1 for each bucket */
	bool full;
};

struct requested *
requested_new(void)
{
	struct requested *a = xcalloc(1, sizeof(*a));

	pthread_mutex_init(&a->lock, NULL);
	return a;
}

static void
requested_clear(struct requested *a)
{
	free(a->rows);
	free(a->newest[ASKED_BY_URL]);
	free(a->newest[ASKED_BY_PLACE]);
	a->rows = NULL;
	a->newest[ASKED_BY_URL] = a->newest[ASKED_BY_PLACE] = NULL;
	a->n = a->cap = 0;
	a->last = 0;
	a->full = false;
}

void
requested_free(struct requested *a)
{
	if (a == NULL)
		return;
	requested_clear(a);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

/* place is a URL or a target, with whatever secrets in it. */
static uint64_t
requested_hash(struct str method, struct str scope, struct str place)
{
	uint64_t h = hash_add(HASH_START, method);
	struct buf level = { 0 };

	if (pseudonym_level(place, &level))
		place = buf_str(&level);
	h = hash_add(hash_add_u64(h, method.n), scope);
	h = hash_mix(hash_add(hash_add_u64(h, scope.n), place));
	buf_free(&level);
	return h;
}

static void
requested_link(struct requested *a, uint32_t row)
{
	struct requested_row *r = &a->rows[row];
	uint32_t *bucket;
	int by;

	for (by = 0; by < ASKED_WAYS; by++) {
		bucket = &a->newest[by][r->hash[by] & (a->cap - 1)];
		r->next[by] = *bucket;
		*bucket = row + 1;
	}
}

static void
requested_grow(struct requested *a)
{
	uint32_t row;
	int by;

	a->cap = a->cap == 0 ? ASKED_FIRST : 2 * a->cap;
	a->rows = xrealloc(a->rows, a->cap * sizeof(*a->rows));
	for (by = 0; by < ASKED_WAYS; by++) {
		free(a->newest[by]);
		a->newest[by] = xcalloc(a->cap, sizeof(*a->newest[by]));
	}
	for (row = 0; row < a->n; row++)
		requested_link(a, row);
}

/* One look for entries. */
struct requested_look {
	struct requested *all;
	enum requested_by by;
	uint64_t hash;
	struct requested_list *list;
	struct requested_list waiting; /* for the store: they come each time */
};

/* Word of an empty body stands in extra. */
static uint64_t
requested_same(const struct store_request *r)
{
	uint64_t h = hash_add(hash_add(HASH_START, r->head), r->url);

	h = hash_add_u64(hash_add_u64(h, (uint64_t)r->body), r->size);
	return r->body != 0 ? h : hash_add(h, r->extra);
}

static void
requested_add(struct requested_list *list, int64_t id, uint64_t same)
{
	if (list->n == list->cap) {
		list->cap = list->cap == 0 ? 8 : 2 * list->cap;
		list->v = xrealloc(list->v, list->cap * sizeof(*list->v));
	}
	list->v[list->n++] = (struct requested_entry){ id, same };
}

static uint64_t
requested_hash_of(const struct store_request *r, enum requested_by by)
{
	return by == ASKED_BY_URL
		   ? requested_hash(r->method, STR(""), r->url)
		   : requested_hash(r->method, r->scope, r->target);
}

static void
requested_on_request(void *arg, const struct store_request *r)
{
	struct requested_look *look = arg;
	struct requested *a = look->all;
	struct requested_row *row;

	if (r->id >= STORE_WAITING) {
		if (r->tape == a->tape &&
		    requested_hash_of(r, look->by) == look->hash)
			requested_add(&look->waiting, r->id, requested_same(r));
		return;
	}
	a->last = r->id;
	if (r->tape != a->tape || a->full)
		return;
	if (a->n == ASKED_MOST) {
		a->full = true;
		return;
	}
	if (a->n == a->cap)
		requested_grow(a);
	row = &a->rows[a->n];
	row->id = r->id;
	row->same = requested_same(r);
	row->hash[ASKED_BY_URL] = requested_hash_of(r, ASKED_BY_URL);
	row->hash[ASKED_BY_PLACE] = requested_hash_of(r, ASKED_BY_PLACE);
	requested_link(a, a->n++);
}

static void
requested_collect(const struct requested_look *look)
{
	const struct requested *a = look->all;
	struct requested_list *list = look->list;
	const struct requested_row *row;
	struct requested_entry e;
	uint32_t at = 0;
	size_t i;

	if (a->cap > 0)
		at = a->newest[look->by][look->hash & (a->cap - 1)];
	for (; at != 0; at = row->next[look->by]) {
		row = &a->rows[at - 1];
		if (row->hash[look->by] == look->hash)
			requested_add(list, row->id, row->same);
	}
	for (i = 0; i < list->n / 2; i++) {
		e = list->v[i];
		list->v[i] = list->v[list->n - 1 - i];
		list->v[list->n - 1 - i] = e;
	}
}

static void
requested_add_waiting(const struct requested_look *look)
{
	const struct requested_list *from = &look->waiting;
	size_t i;

	for (i = 0; i < from->n; i++)
		requested_add(look->list, from->v[i].id, from->v[i].same);
}

int
requested_find(struct requested *a, struct store *s, int64_t tape,
    const struct requested_for *what, struct requested_list *list,
    struct err *e)
{
	struct requested_look look = {
		.all = a,
		.by = what->url.n > 0 ? ASKED_BY_URL : ASKED_BY_PLACE,
		.list = list,
	};
	struct store_request like = { .method = what->method,
		.scope = what->scope,
		.target = what->target,
		.url = what->url };
	int r;

	look.hash = requested_hash_of(&like, look.by);
	pthread_mutex_lock(&a->lock);
	if (a->tape != tape)
		requested_clear(a);
	a->tape = tape;
	r = store_requests(s, a->last, requested_on_request, &look, e);
	if (r == 0 && a->full)
		r = err_set(e,
		    "more than %u entries are too many for this "
		    "way of matching",
		    ASKED_MOST);
	list->n = 0;
	if (r == 0)
		requested_collect(&look);
	else if (look.waiting.n > 0)
		r = 0; /* as much as there is while the store is away */
	requested_add_waiting(&look);
	pthread_mutex_unlock(&a->lock);
	free(look.waiting.v);
	return r;
}
