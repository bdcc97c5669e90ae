#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/backlog.h"
#include "recorder/id_ranges.h"
#include "recorder/redact_mark.h"
#include "recorder/store.h"
#include "replay/answer.h"
#include "replay/cache.h"
#include "replay/cursor.h"
#include "replay/errand.h"
#include "replay/fresh.h"
#include "replay/library_priv.h"
#include "replay/variant.h"
#include "replay/ways.h"

#include "replay/library.h"

#define LIBRARY_CACHE (64u << 20)
#define LIBRARY_BODY (1u << 20)

static struct store *
library_store(const char *path, struct backlog *b, struct err *e)
{
	return b != NULL ? store_both(b, e)
			 : store_open(path, STORE_READ, false, e);
}

/* An entry that waited has come to the store, under another number. */
static void
library_on_moved(void *arg, const struct exchange *x, int64_t from, int64_t to)
{
	struct library_keys keys = library_keys(x);
	struct library *l = arg;

	if (!keys.keyed)
		return;
	if (to > 0)
		cursors_rename(
		    l->cursors, &keys.exact, STORE_WAITING + from, to);
	cache_forget(l->cache, CACHE_SHELF, &keys.exact);
	if (!keys.normal_keyed)
		return;
	if (to > 0)
		cursors_rename(
		    l->cursors, &keys.normal, STORE_WAITING + from, to);
	cache_forget(l->cache, CACHE_SHELF, &keys.normal);
}

struct library *
library_open(const struct library_options *o, struct err *e)
{
	struct store *probe = library_store(o->path, o->backlog, e);
	struct store_extent extent;
	struct library *l;
	int rc;

	if (probe == NULL)
		return NULL;
	rc = store_extent(probe, str_of(o->tape), &extent, e);
	store_close(probe);
	if (rc == -1)
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->extent = extent;
	l->path = xstrdup(o->path);
	l->poll_us = o->poll_us;
	l->tape = xstrdup(o->tape);
	l->share_cursors = o->share_cursors;
	l->most_body = o->most_body > 0 ? o->most_body : LIBRARY_BODY;
	atomic_init(&l->watch, o->watch);
	if (o->redact_key != NULL)
		l->redact_key = *o->redact_key;
	l->cache =
	    cache_new(o->cache_bytes > 0 ? o->cache_bytes : LIBRARY_CACHE);
	l->cursors = cursors_new();
	l->fresh = fresh_new();
	atomic_init(&l->began_us, 0);
	atomic_init(&l->unknown, RARE_UNASKED);
	atomic_init(&l->scoped, RARE_UNASKED);
	atomic_init(&l->unmapped, 0);
	atomic_init(&l->mapping, false);
	atomic_init(&l->closing, false);
	atomic_init(&l->maps, 0);
	atomic_init(&l->told, 0);
	pthread_mutex_init(&l->lock, NULL);
	if (o->backlog != NULL) {
		l->backlog = backlog_ref(o->backlog);
		backlog_listen(l->backlog, library_on_moved, l);
	}
	return l;
}

void
library_close(struct library *l)
{
	if (l == NULL)
		return;
	if (l->backlog != NULL)
		backlog_listen(l->backlog, NULL, NULL);
	backlog_unref(l->backlog);
	library_unmap(l);
	fresh_free(l->fresh);
	cursors_free(l->cursors);
	cache_free(l->cache);
	pthread_mutex_destroy(&l->lock);
	buf_free(&l->known_marks);
	free(l->tape);
	free(l->path);
	free(l);
}

static void
reader_set_ways(struct reader *r, struct str marks)
{
	if (ways_are(r->ways, marks))
		return;
	ways_free(r->ways);
	r->ways = ways_new(marks, &r->library->redact_key);
}

/* Asks for the tape, and how secrets are kept out of it. */
static int
reader_ask_tape(struct reader *r, struct buf *marks, struct err *e)
{
	r->tape = store_tape(r->store, str_of(r->library->tape), false, e);
	if (r->tape > 0 && r->seen == -1)
		(void)store_news(r->store, r->tape, &r->seen, NULL, NULL);
	if (r->tape == 0)
		return 0;
	if (r->tape > 0 &&
	    store_tape_redaction(r->store, r->tape, marks, e) == 0) {
		reader_set_ways(r, buf_str(marks));
		return 0;
	}
	r->tape = 0;
	return -1;
}

int
reader_tell(struct reader *r, bool again, struct err *e)
{
	struct library *l = r->library;
	struct buf marks = { 0 };
	int rc;

	r->told = atomic_load(&l->told);
	rc = reader_ask_tape(r, &marks, e);
	pthread_mutex_lock(&l->lock);
	if (again || (rc == 0 && (r->tape != l->known_tape ||
				     !str_eq(buf_str(&marks),
					 buf_str(&l->known_marks))))) {
		if (rc == 0) {
			l->known_tape = r->tape;
			buf_clear(&l->known_marks, 0);
			buf_add_str(&l->known_marks, buf_str(&marks));
		}
		r->told = atomic_fetch_add(&l->told, 1) + 1;
	}
	pthread_mutex_unlock(&l->lock);
	buf_free(&marks);
	return rc;
}

/* What another reader was told. */
static void
reader_take_told(struct reader *r)
{
	struct library *l = r->library;

	pthread_mutex_lock(&l->lock);
	r->told = atomic_load(&l->told);
	r->tape = l->known_tape;
	r->first_us = -1;
	if (r->tape > 0)
		reader_set_ways(r, buf_str(&l->known_marks));
	pthread_mutex_unlock(&l->lock);
}

/* An errand is not run for what is new: errand_news() brings it. */
static int
reader_tape_told(struct reader *r, struct err *e)
{
	static const struct errand_what what = { .kind = ERRAND_TAPE };
	const struct errand *d;

	if (r->told != atomic_load(&r->library->told))
		reader_take_told(r);
	return r->tape > 0 ? 0 : basket_ask(r->basket, &what, &d, e);
}

int
reader_tape(struct reader *r, struct err *e)
{
	unsigned told = atomic_load(&r->library->told);
	struct buf marks = { 0 };
	int rc;

	if (r->store == NULL)
		return reader_tape_told(r, e);
	if (r->tape > 0 && r->told == told)
		return 0;
	r->told = told;
	rc = reader_ask_tape(r, &marks, e);
	buf_free(&marks);
	return rc;
}

const struct redactor *
reader_redactor(struct reader *r, size_t i)
{
	struct err e;

	/* Who looks for something then meets the same error and tells it; a
	 * reader without a store has what was told last. */
	return reader_tape(r, &e) == 0 || r->store == NULL
		   ? ways_get(r->ways, i)
		   : NULL;
}

static struct reader *
reader_new(struct library *l, struct store *s)
{
	struct reader *r = xcalloc(1, sizeof(*r));

	if (s != NULL && l->poll_us > 0)
		store_poll(s, l->poll_us);
	r->library = l;
	r->store = s;
	r->first_us = -1;
	r->seen = -1;
	atomic_init(&r->hits, 0);
	atomic_init(&r->misses, 0);
	pthread_mutex_lock(&l->lock);
	r->next = l->readers;
	l->readers = r;
	pthread_mutex_unlock(&l->lock);
	return r;
}

struct reader *
reader_open(struct library *l, struct err *e)
{
	struct store *s = library_store(l->path, l->backlog, e);
	struct reader *r;
	struct err none;

	if (s == NULL)
		return NULL;
	r = reader_new(l, s);
	/* What changes from now on is news; where it fails, a look-up says. */
	(void)reader_tape(r, &none);
	return r;
}

struct reader *
reader_that_sends(struct library *l)
{
	return reader_new(l, NULL);
}

struct reader *
errand_reader(struct library *l, int64_t patience_us, struct err *e)
{
	struct store *s = library_store(l->path, l->backlog, e);

	if (s == NULL)
		return NULL;
	if (patience_us > 0)
		store_patience(s, patience_us);
	return reader_new(l, s);
}

bool
reader_sends(const struct reader *r)
{
	return r->store == NULL;
}

void
reader_look(struct reader *r, struct basket *b)
{
	r->basket = b;
}

void
reader_close(struct reader *r)
{
	struct library *l;
	struct reader **at;

	if (r == NULL)
		return;
	l = r->library;
	pthread_mutex_lock(&l->lock);
	for (at = &l->readers; *at != r; at = &(*at)->next)
		;
	*at = r->next;
	l->hits += atomic_load(&r->hits);
	l->misses += atomic_load(&r->misses);
	pthread_mutex_unlock(&l->lock);
	ways_free(r->ways);
	keymap_unref(r->map);
	store_close(r->store);
	id_set_fini(&r->used);
	free(r);
}

void
reader_on_asked(struct reader *r, void (*on_asked)(void *arg), void *arg)
{
	r->on_asked = on_asked;
	r->arg = arg;
}

/*
 * A transaction costs a lock and an unlock in the file, and its own beginning
 * and end; that is worth while from the second look on.  Only where nobody
 * writes: who did would wait for all to rest before the WAL begins anew.
 */
void
reader_hold(struct reader *r)
{
	struct err e;

	if (r->on_asked == NULL || r->held)
		return;
	if (r->asked)
		/* Without it the look is on its own. */
		r->held = store_hold_next(r->store, &e) == 0;
	else
		r->on_asked(r->arg);
	r->asked = true;
}

void
reader_rest(struct reader *r)
{
	if (r->held)
		store_rollback(r->store);
	r->held = r->asked = false;
}

void
reader_used(struct reader *r, int64_t entry)
{
	/* A fresh answer has no number, one that waits has not the store's;
	 * nobody can say yet that its entry was not used. */
	if (entry > 0 && entry < STORE_WAITING)
		id_set_add(&r->used, entry);
}

void
library_used(struct library *l, struct id_ranges *out)
{
	struct reader *r;

	pthread_mutex_lock(&l->lock);
	for (r = l->readers; r != NULL; r = r->next)
		id_set_ranges(&r->used, out);
	pthread_mutex_unlock(&l->lock);
}

const struct store_extent *
library_extent(const struct library *l)
{
	return &l->extent;
}

/* An answer for x that owns its variant, or NULL when x cannot be replayed
 * from memory: of a body that went in parts there is only the end. */
static struct answer_kept *
library_fresh(const struct exchange *x)
{
	const struct body *from = &x->response.body;
	struct buf body = { 0 };
	struct answer_kept *a;

	if (!answer_usable(x) || from->stored_id > 0 ||
	    from->bytes.n != from->size)
		return NULL;
	buf_add_str(&body, buf_str(&from->bytes));
	a = answer_new(x, &body);
	buf_free(&body);
	a->answer.entry = 0;
	a->own = variant_new(x);
	return a;
}

struct library_keys
library_keys(const struct exchange *x)
{
	struct library_keys keys = { .keyed = x->keyed,
		.normal_keyed = x->normal_keyed };

	memcpy(keys.exact.bytes, x->key, sizeof(keys.exact.bytes));
	memcpy(keys.normal.bytes, x->normal_key, sizeof(keys.normal.bytes));
	return keys;
}

void
library_add(struct library *l, const struct exchange *x)
{
	struct library_keys keys = library_keys(x);
	struct answer_kept *a;

	if (!x->keyed)
		return;
	if (!x->request.body.known || x->request.body.stored_id > 0)
		atomic_store(&l->unknown, RARE_SOME);
	if (x->scope.n > 0)
		atomic_store(&l->scoped, RARE_SOME);
	a = library_fresh(x);
	if (a != NULL && x->normal_keyed)
		cache_item_ref(&a->item);
	fresh_add(l->fresh, &keys.exact, a);
	if (x->normal_keyed)
		fresh_add(l->fresh, &keys.normal, a);
}

/* The shelves are forgotten before the fresh answer is: see fresh.h. */
void
library_written(
    struct library *l, const struct library_keys *keys, int64_t entry)
{
	struct answer_kept *a;
	int64_t name;

	if (!keys->keyed)
		return;
	cache_forget(l->cache, CACHE_SHELF, &keys->exact);
	if (keys->normal_keyed)
		cache_forget(l->cache, CACHE_SHELF, &keys->normal);
	if (!fresh_take(l->fresh, &keys->exact, &a))
		return;
	if (keys->normal_keyed)
		fresh_drop(l->fresh, &keys->normal, a);
	if (a == NULL)
		return;
	if (entry < 0)
		entry = 0;
	name = atomic_exchange(&a->mark, entry);
	if (atomic_load(&a->several)) {
		cursors_rename(l->cursors, &keys->exact, name, entry);
		if (keys->normal_keyed)
			cursors_rename(l->cursors, &keys->normal, name, entry);
	}
	cache_item_unref(&a->item);
}

int64_t
reader_body(struct reader *r, const struct answer *a, uint64_t offset,
    void *out, size_t n, struct err *e)
{
	return store_body_read(r->store, a->body->stored_id, offset, out, n, e);
}

void
library_figures(struct library *l, struct library_figures *f)
{
	struct reader *r;

	pthread_mutex_lock(&l->lock);
	f->hits = l->hits;
	f->misses = l->misses;
	for (r = l->readers; r != NULL; r = r->next) {
		f->hits += atomic_load(&r->hits);
		f->misses += atomic_load(&r->misses);
	}
	f->mapped_keys = l->map != NULL ? keymap_keys(l->map) : 0;
	pthread_mutex_unlock(&l->lock);
	f->cached_bytes = cache_bytes(l->cache);
	f->cached_keys = cache_count(l->cache, CACHE_SHELF);
}

void
library_watch(struct library *l, bool on)
{
	atomic_store_explicit(&l->watch, on, memory_order_relaxed);
}

void
library_changed(struct library *l)
{
	atomic_store(&l->unknown, RARE_UNASKED);
	atomic_store(&l->scoped, RARE_UNASKED);
	cache_reset(l->cache);
}

void
library_redacted(struct library *l, struct str mark)
{
	pthread_mutex_lock(&l->lock);
	/* The store has room for it, or would not have it. */
	if (l->known_tape > 0)
		(void)redact_mark_merge(&l->known_marks, mark);
	atomic_fetch_add(&l->told, 1);
	pthread_mutex_unlock(&l->lock);
}

void
library_forget(struct library *l, const uint8_t bytes[EXCHANGE_KEY_BYTES])
{
	struct key key;

	memcpy(key.bytes, bytes, sizeof(key.bytes));
	cache_forget(l->cache, CACHE_SHELF, &key);
}

void
library_removed(struct library *l, const struct store_weight *gone, size_t n)
{
	const struct store_weight *w;
	struct key key;

	for (w = gone; w < gone + n; w++) {
		key = cache_entry_key(w->id);
		if (w->keyed)
			library_forget(l, w->key);
		if (w->normal_keyed)
			library_forget(l, w->normal_key);
		cache_forget(l->cache, CACHE_ANSWER, &key);
	}
}

static int
library_rewind_shared(struct library *l, struct err *e)
{
	struct store *s = store_open(l->path, STORE_READ, false, e);
	int64_t tape = -1;
	int r = -1;

	if (s != NULL)
		tape = store_tape(s, str_of(l->tape), false, e);
	if (tape >= 0)
		r = store_rewind(s, tape, e);
	store_close(s);
	return r;
}

static void
library_rewind_own(struct library *l)
{
	atomic_store(&l->began_us, 0);
	cursors_reset(l->cursors);
}

int
library_rewind(struct library *l, struct err *e)
{
	library_rewind_own(l);
	return l->share_cursors ? library_rewind_shared(l, e) : 0;
}

void
library_reset(struct library *l)
{
	library_changed(l);
	library_rewind_own(l);
}
