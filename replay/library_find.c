#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/store.h"
#include "replay/answer.h"
#include "replay/cache.h"
#include "replay/choose.h"
#include "replay/cursor.h"
#include "replay/errand.h"
#include "replay/fresh.h"
#include "replay/library_priv.h"
#include "replay/shelf.h"
#include "replay/variant.h"
#include "replay/ways.h"
#include "replay/written.h"

#include "replay/library.h"

/*
 * Finding: what there is under a key comes from the fresh answers and from
 * the cache, else from the store, which is not asked for what it does not have
 * (library_map.c); one of it is chosen; its answer comes from
 * the cache, else from the store.  A single entry is one step: its answer
 * lies with its shelf.
 */

#define LIBRARY_WATCH_US 250000

/* Of the fresh answers under one key, at most that many are looked at. */
#define LIBRARY_FRESH 64

/* Up to that many variants are chosen from without asking for memory. */
#define LIBRARY_FEW 32

/* What is chosen from: the variants of a shelf and fresh answers. */
struct hand {
	struct shelf *shelf; /* may be NULL */
	struct answer_kept *fresh[LIBRARY_FRESH];
	size_t nfresh;
	bool stored; /* the store was asked */
};

/* The choice. */
struct pick {
	int64_t entry;
	uint64_t variant;
	bool several;
};

/* Only r's own thread counts, others read: no locked instruction needed. */
static void
reader_count(atomic_uint_fast64_t *figure)
{
	atomic_store_explicit(figure,
	    atomic_load_explicit(figure, memory_order_relaxed) + 1,
	    memory_order_relaxed);
}

static void
reader_on_key(void *arg, const uint8_t bytes[EXCHANGE_KEY_BYTES])
{
	library_forget(arg, bytes);
}

/* Drops what is cached of what others have changed on the tape. */
static void
reader_watch(struct reader *r, int64_t now_us)
{
	struct library *l = r->library;
	enum store_news news;
	struct err e;

	if (r->store == NULL ||
	    !atomic_load_explicit(&l->watch, memory_order_relaxed) ||
	    now_us - r->watched_us < LIBRARY_WATCH_US)
		return;
	r->watched_us = now_us;
	reader_rest(r); /* what is held has no news */
	if (r->tape == 0) {
		/* Others cached of it what was told before this one asks. */
		if (reader_tape(r, &e) == 0 && r->tape > 0)
			cache_reset(l->cache);
		return;
	}
	news = store_news(r->store, r->tape, &r->seen, reader_on_key, l);
	if (news == STORE_SAME)
		return;
	atomic_store(&l->unknown, RARE_UNASKED);
	atomic_store(&l->scoped, RARE_UNASKED);
	if (news == STORE_MORE)
		return;
	r->tape = 0;
	r->first_us = -1;
	cache_reset(l->cache);
}

static bool
reader_has_rare(struct reader *r, atomic_int *rare,
    bool (*stored)(struct store *s, int64_t tape))
{
	int is = atomic_load(rare), unasked = RARE_UNASKED;

	if (r->store == NULL)
		return is != RARE_NONE; /* errand_news() asks */
	if (is == RARE_UNASKED && r->tape > 0) {
		is = stored(r->store, r->tape) ? RARE_SOME : RARE_NONE;
		/* library_add() may know better meanwhile. */
		atomic_compare_exchange_strong(rare, &unasked, is);
	}
	return is == RARE_SOME;
}

static bool
reader_has_unknown(struct reader *r)
{
	return reader_has_rare(
	    r, &r->library->unknown, store_has_unknown_bodies);
}

bool
reader_has_scopes(struct reader *r)
{
	return reader_has_rare(r, &r->library->scoped, store_has_scopes);
}

/* Those that came do not make what is there disappear. */
static void
reader_news_of_rare(struct reader *r, enum store_news news, atomic_int *rare,
    bool (*stored)(struct store *s, int64_t tape))
{
	int unasked = RARE_UNASKED, is;

	if (news == STORE_OTHER)
		atomic_store(rare, RARE_UNASKED);
	is = atomic_load(rare);
	if (r->tape == 0 || is == RARE_SOME ||
	    (is == RARE_NONE && news == STORE_SAME))
		return;
	if (stored(r->store, r->tape))
		atomic_store(rare, RARE_SOME);
	else
		atomic_compare_exchange_strong(rare, &unasked, RARE_NONE);
}

void
errand_news(struct reader *r)
{
	struct library *l = r->library;
	enum store_news news = STORE_OTHER;
	bool was = r->tape > 0;
	struct err e;

	if (was)
		news =
		    store_news(r->store, r->tape, &r->seen, reader_on_key, l);
	/* Before the rest is outdated, so that nothing is read anew the way it
	 * was; where it fails, the next round does it. */
	if (news == STORE_OTHER) {
		r->tape = 0;
		(void)reader_tell(r, was, &e);
		if (was || r->tape > 0)
			cache_reset(l->cache);
	}
	reader_news_of_rare(r, news, &l->unknown, store_has_unknown_bodies);
	reader_news_of_rare(r, news, &l->scoped, store_has_scopes);
}

/* What an errand brought of a key; FOUND_LATER when it is to be run. */
static enum found
hand_fetch(struct hand *h, struct reader *r, enum tier tier,
    const struct key *key, struct err *e)
{
	struct errand_what what = {
		.kind = ERRAND_SHELF, .tier = tier, .key = *key
	};
	const struct errand *d;
	int rc = basket_ask(r->basket, &what, &d, e);

	if (rc != 0)
		return rc == 1 ? FOUND_LATER : FOUND_ERROR;
	if (d->found == FOUND) {
		cache_item_ref(&d->shelf->item);
		h->shelf = d->shelf;
	}
	return d->found;
}

enum found
reader_load_shelf(struct reader *r, struct shelf_place *place, uint64_t stamp,
    struct shelf **shelf, struct err *e)
{
	enum found found;

	place->store = r->store;
	place->tape = r->tape;
	place->redacted = ways_get(r->ways, 0) != NULL;
	found = shelf_load(place, r->library->most_body, shelf, e);
	if (found == FOUND)
		cache_put(r->library->cache, &(*shelf)->item, stamp);
	return found;
}

/* Fetches what there is under key.  FOUND when there is something to choose
 * from; the hand is to be released in any case. */
static enum found
hand_take(struct hand *h, struct reader *r, const struct wanted *w,
    const struct key *key, struct err *e)
{
	struct library *l = r->library;
	struct shelf_place place = { .tier = w->tier, .key = key };
	enum found found = FOUND_NOTHING;
	uint64_t stamp;
	int known;

	h->stored = false;
	h->nfresh = fresh_find(l->fresh, key, h->fresh, LIBRARY_FRESH);
	h->shelf =
	    (struct shelf *)cache_find(l->cache, CACHE_SHELF, key, &stamp);
	if (h->shelf != NULL)
		return FOUND;
	h->stored = true;
	known = reader_tape(r, e);
	if (known != 0)
		return known == 1 ? FOUND_LATER : FOUND_ERROR;
	if (r->tape != 0 && r->store == NULL)
		found = hand_fetch(h, r, w->tier, key, e);
	else if (r->tape != 0 &&
		 reader_mapped(r, key, w->now_us, &place.entry) != KEYMAP_NONE)
		found = reader_load_shelf(r, &place, stamp, &h->shelf, e);
	if (found != FOUND && found != FOUND_LATER && h->nfresh > 0)
		found = FOUND; /* even where the store is away */
	return found;
}

static void
hand_release(struct hand *h)
{
	if (h->shelf != NULL)
		cache_item_unref(&h->shelf->item);
	while (h->nfresh > 0)
		cache_item_unref(&h->fresh[--h->nfresh]->item);
}

/* All variants in v, which has room for them; how many. */
static size_t
hand_variants(const struct hand *h, const struct variant **v)
{
	size_t i, n = 0;

	for (i = 0; h->shelf != NULL && i < h->shelf->n; i++)
		v[n++] = h->shelf->variants[i];
	for (i = 0; i < h->nfresh; i++)
		v[n++] = h->fresh[i]->own;
	return n;
}

/* The clock of policy by time starts with the first request. */
static void
reader_begin(struct library *l, int64_t now_us)
{
	int64_t never = 0;

	if (atomic_load_explicit(&l->began_us, memory_order_relaxed) == 0)
		atomic_compare_exchange_strong(&l->began_us, &never, now_us);
}

static int
reader_on_first(void *arg, const struct store_entry_row *row)
{
	*(int64_t *)arg = row->started_us;
	return 1;
}

int
reader_first(struct reader *r, int64_t *first_us, struct err *e)
{
	struct store_filter of_tape = { 0 };

	if (reader_tape(r, e) == -1)
		return -1;
	of_tape.tape = r->tape;
	return r->tape > 0 && store_list(r->store, &of_tape, reader_on_first,
				  first_us, e) == -1
		   ? -1
		   : 0;
}

/* By an errand: 1 when it is to be run. */
static int
reader_fetch_first(struct reader *r)
{
	static const struct errand_what what = { .kind = ERRAND_TIME };
	const struct errand *d;
	struct err e;
	int rc = basket_ask(r->basket, &what, &d, &e);

	if (rc == 0)
		r->first_us = d->number;
	return rc;
}

/*
 * What time it is on the tape (policy by time): the first request that is
 * looked for comes when its first entry began.  0, before all entries, when
 * there is none or it cannot be read; REPEAT_LATER when it is to be fetched.
 */
static int64_t
reader_tape_time(struct reader *r, int64_t now_us)
{
	struct err e;

	if (r->first_us == -1 && r->store != NULL)
		(void)reader_first(r, &r->first_us, &e);
	else if (r->first_us == -1 && reader_fetch_first(r) == 1)
		return REPEAT_LATER;
	if (r->first_us == -1)
		return 0;
	return r->first_us + now_us - atomic_load(&r->library->began_us);
}

/* A turn that was taken for this look-up stays taken, whatever comes of it. */
static int64_t
reader_take_turn(void *arg, const uint8_t name[STORE_CURSOR_NAME],
    int64_t *total, bool cycle, struct err *e)
{
	struct errand_what what = {
		.kind = ERRAND_TURN, .total = *total, .cycle = cycle
	};
	struct reader *r = arg;
	const struct errand *d;
	int rc;

	if (r->store != NULL)
		return store_turn(r->store, r->tape, name, *total, cycle, e);
	memcpy(what.name, name, sizeof(what.name));
	rc = basket_ask(r->basket, &what, &d, e);
	if (rc != 0)
		return rc == 1 ? REPEAT_LATER : -1;
	*total = d->what.total;
	return d->number;
}

/* Among the n variants, which are equally good, the one whose turn it is. */
static enum found
reader_next(struct reader *r, const struct wanted *w, const struct key *key,
    const struct variant **v, size_t n, struct pick *pick, struct err *e)
{
	struct library *l = r->library;
	struct repeat_turn turn = { .policy = w->repeat,
		.cursors = l->cursors,
		.key = key,
		.session = w->session,
		.waits = w->waits };
	struct written_place place = { w->session, w->scope, w->target };
	size_t which = 0;

	if (w->waits)
		turn.since = written_since(l->cursors, &place);
	if (w->repeat == REPEAT_BY_TIME)
		turn.now_us = reader_tape_time(r, w->now_us);
	if (turn.now_us == REPEAT_LATER)
		return FOUND_LATER;
	if (l->share_cursors) {
		turn.take = reader_take_turn;
		turn.arg = r;
	}
	pick->entry = repeat_next(&turn, v, n, &which, e);
	pick->variant = v[which]->id;
	return pick->entry > 0               ? FOUND
	       : pick->entry == 0            ? FOUND_EXHAUSTED
	       : pick->entry == REPEAT_LATER ? FOUND_LATER
					     : FOUND_ERROR;
}

static bool
variants_several(const struct variant **v, size_t n)
{
	return n > 1 || (n == 1 && v[0]->n > 1);
}

static enum found
reader_choose(struct reader *r, const struct wanted *w, const struct key *key,
    const struct hand *h, struct pick *pick, struct err *e)
{
	static const struct headers none;
	struct variant_live live; /* too large to be cleared for nothing */
	const struct variant *few[LIBRARY_FEW], **v = few;
	bool used_up = w->repeat == REPEAT_FAIL;
	enum found found = FOUND;
	size_t n = h->nfresh + (h->shelf != NULL ? h->shelf->n : 0), all;

	live.headers = w->headers != NULL ? w->headers : &none;
	live.ignoring = w->ignoring;
	live.asked = &w->asked;
	live.looked = false;
	if (n > LIBRARY_FEW)
		v = xcalloc(n, sizeof(*v));
	all = choose_home(v, hand_variants(h, v), w->home);
	n = choose_allowed(v, all, &live);
	if (w->asks != 0)
		n = choose_asked(v, n, w->asks);
	n = choose_secrets(v, n, w->secrets);
	/* A single one can be used up, too. */
	pick->several = n > 0 && !w->waits && repeat_counts(w->repeat) &&
			(used_up || variants_several(v, n));
	if (h->shelf == NULL || h->shelf->compared)
		n = choose_best(v, n, &live);
	if (n == 0) {
		found = all == 0 ? FOUND_NOTHING : FOUND_UNUSABLE;
	} else if (used_up || variants_several(v, n)) {
		found = reader_next(r, w, key, v, n, pick, e);
	} else {
		pick->entry = v[0]->entries[0].id;
		pick->variant = v[0]->id;
	}
	if (v != few)
		free(v);
	return found;
}

/* Reads an entry's answer from the store: 1, 0 when it is gone, -1. */
static int
reader_load(
    struct reader *r, int64_t entry, struct answer_kept **a, struct err *e)
{
	struct exchange *x;
	int got =
	    store_get_answer(r->store, entry, r->library->most_body, &x, e);

	if (got == -1)
		return err_wrap(e, "entry %lld", (long long)entry);
	if (got == 0)
		return 0;
	*a = answer_new(x, &x->response.body.bytes);
	(*a)->item.key = cache_entry_key(entry);
	exchange_free(x);
	return 1;
}

/* What an errand brought of an entry: as reader_load(), or 2 when it is to be
 * run. */
static int
reader_fetch(
    struct reader *r, int64_t entry, struct answer_kept **a, struct err *e)
{
	struct errand_what what = { .kind = ERRAND_ANSWER, .id = entry };
	const struct errand *d;
	int rc = basket_ask(r->basket, &what, &d, e);

	if (rc != 0)
		return rc == 1 ? 2 : -1;
	if (d->answer == NULL)
		return 0;
	cache_item_ref(&d->answer->item);
	*a = d->answer;
	return 1;
}

int
reader_answer(struct reader *r, int64_t entry, bool *stored,
    struct answer_kept **a, struct err *e)
{
	struct cache *cache = r->library->cache;
	struct key key = cache_entry_key(entry);
	uint64_t stamp;
	int got;

	*a =
	    (struct answer_kept *)cache_find(cache, CACHE_ANSWER, &key, &stamp);
	if (*a != NULL)
		return 1;
	*stored = true;
	if (r->store == NULL)
		return reader_fetch(r, entry, a, e);
	got = reader_load(r, entry, a, e);
	if (got == 1)
		cache_put(cache, &(*a)->item, stamp);
	return got;
}

static struct answer_kept *
hand_fresh(const struct hand *h, int64_t name)
{
	size_t i;

	for (i = 0; i < h->nfresh; i++)
		if (h->fresh[i]->own->entries[0].id == name)
			return h->fresh[i];
	return NULL;
}

/* Makes the choice an answer: 1, 0 when its entry is gone, -1; 2 when an
 * errand has to bring it. */
static int
reader_pick(struct reader *r, const struct pick *pick, struct hand *h,
    struct answer_kept **a, struct err *e)
{
	if (pick->entry >= ANSWER_FRESH)
		*a = hand_fresh(h, pick->entry);
	else if (h->shelf->only != NULL)
		*a = h->shelf->only;
	else
		return reader_answer(r, pick->entry, &h->stored, a, e);
	cache_item_ref(&(*a)->item);
	return 1;
}

/* One try: -1 when an entry is gone that the cache still had. */
static int
reader_try(struct reader *r, struct wanted *w, const struct key *key,
    struct answer_kept **a, bool *stored, struct err *e)
{
	struct hand h;
	struct pick pick = { 0 };
	int found = hand_take(&h, r, w, key, e), got;

	if (found == FOUND)
		found = (int)reader_choose(r, w, key, &h, &pick, e);
	else if (found == FOUND_UNUSABLE && w->home != 0)
		found = FOUND_NOTHING; /* they may be another's */
	if (found == FOUND) {
		got = reader_pick(r, &pick, &h, a, e);
		w->under = *key;
		w->variant = pick.variant;
		if (got == -1)
			found = FOUND_ERROR;
		else if (got == 2)
			found = FOUND_LATER;
		else if (got == 0)
			found = -1;
		else if (pick.several && !atomic_load(&(*a)->several))
			atomic_store(&(*a)->several, true);
	}
	*stored |= h.stored;
	hand_release(&h);
	return found;
}

static enum found
reader_find(struct reader *r, struct wanted *w, const struct key *key,
    struct answer_kept **a, bool *stored, struct err *e)
{
	int found = reader_try(r, w, key, a, stored, e);

	if (found == -1) {
		cache_forget(r->library->cache, CACHE_SHELF, key);
		if (r->basket != NULL)
			basket_drop(r->basket, w->tier, key);
		found = reader_try(r, w, key, a, stored, e);
	}
	return found == -1 ? FOUND_NOTHING : (enum found)found;
}

enum found
library_find(
    struct reader *r, struct wanted *w, struct answer **a, struct err *e)
{
	struct answer_kept *kept = NULL;
	bool stored = false;
	enum found found;

	reader_begin(r->library, w->now_us);
	reader_watch(r, w->now_us);
	/* What it is has to be known before it is looked for. */
	if (r->store == NULL && reader_tape(r, e) == 1)
		return FOUND_LATER;
	found = reader_find(r, w, &w->key, &kept, &stored, e);
	if (found == FOUND_NOTHING && w->has_body && reader_has_unknown(r))
		found = reader_find(r, w, &w->any_body, &kept, &stored, e);
	if (found == FOUND_LATER)
		return found;
	stored |= r->basket != NULL && basket_has_read(r->basket);
	reader_count(stored ? &r->misses : &r->hits);
	if (found == FOUND)
		*a = &kept->answer;
	return found;
}

void
library_served(struct reader *r, const struct wanted *w, const struct answer *a)
{
	struct written_place place = { w->session, w->scope, w->target };
	struct answer_kept *k = answer_kept_of(a);

	if (k->of != NULL)
		k = k->of;
	if (w->writes && a->entry > 0)
		written_mark(r->library->cursors, &place, a->entry);
	if (atomic_load(&k->several))
		cursors_move(r->library->cursors, &w->under, w->session,
		    w->variant, &k->mark);
}
