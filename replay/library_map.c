#include "config.h"

#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "base/thread.h"
#include "recorder/store.h"
#include "replay/keymap.h"
#include "replay/library.h"

#include "replay/library_priv.h"

/*
 * The map of the tape's keys: with it what is not recorded costs no look into
 * the store, and what is recorded once is one row by its number.
 *
 * It is made by a thread of its own when the store has been asked a number of
 * times, so that a short run costs none, and holds until somebody commits.
 * Where hark itself records that is all the time, and there is no map.
 */
#define LIBRARY_MAP_AFTER 64

/* Between two maps: so that making them takes little of one CPU's time, by
 * what a key costs. */
#define LIBRARY_MAP_US 1000000
#define LIBRARY_MAP_KEY_US 10
#define LIBRARY_MAP_FAILED_US 60000000

static struct keymap *
library_map_make(struct library *l, int64_t tape)
{
	struct keymap *map = NULL;
	struct err e;
	/* Whatever fails, the store is there to be asked. */
	struct store *s = store_open(l->path, STORE_READ, false, &e);

	if (s != NULL)
		map = keymap_load(s, tape, &l->closing, &e);
	store_close(s);
	return map;
}

static void *
library_map_thread(void *arg)
{
	struct library *l = arg;
	struct keymap *map, *old;
	int64_t tape;

	(void)pthread_setname_np(pthread_self(), "mapper");
	pthread_mutex_lock(&l->lock);
	tape = l->map_tape;
	pthread_mutex_unlock(&l->lock);
	map = library_map_make(l, tape);
	pthread_mutex_lock(&l->lock);
	old = l->map;
	l->map = map;
	l->map_next_us += map != NULL
			      ? (int64_t)keymap_keys(map) * LIBRARY_MAP_KEY_US
			      : LIBRARY_MAP_FAILED_US;
	atomic_fetch_add(&l->maps, 1);
	pthread_mutex_unlock(&l->lock);
	keymap_unref(old);
	atomic_store(&l->unmapped, 0);
	atomic_store(&l->mapping, false);
	return NULL;
}

/* Begins a map unless there is one on its way or was one a moment ago. */
static void
library_map_begin(struct library *l, int64_t tape, int64_t now_us)
{
	bool idle = false;

	if (atomic_fetch_add_explicit(&l->unmapped, 1, memory_order_relaxed) <
		LIBRARY_MAP_AFTER ||
	    !atomic_compare_exchange_strong(&l->mapping, &idle, true))
		return;
	pthread_mutex_lock(&l->lock);
	if (now_us < l->map_next_us) {
		atomic_store(&l->mapping, false);
		pthread_mutex_unlock(&l->lock);
		return;
	}
	if (l->mapped)
		pthread_join(l->mapper, NULL); /* it has said its last */
	l->map_tape = tape;
	l->map_next_us = now_us + LIBRARY_MAP_US;
	l->mapped = thread_start(&l->mapper, library_map_thread, l) == 0;
	if (!l->mapped)
		atomic_store(&l->mapping, false);
	pthread_mutex_unlock(&l->lock);
}

void
library_unmap(struct library *l)
{
	atomic_store(&l->closing, true);
	if (l->mapped)
		pthread_join(l->mapper, NULL);
	keymap_unref(l->map);
}

static void
reader_take_map(struct reader *r)
{
	struct library *l = r->library;

	pthread_mutex_lock(&l->lock);
	keymap_unref(r->map);
	r->map = l->map != NULL ? keymap_ref(l->map) : NULL;
	r->maps = atomic_load(&l->maps);
	pthread_mutex_unlock(&l->lock);
}

enum keymap_has
reader_mapped(
    struct reader *r, const struct key *key, int64_t now_us, int64_t *entry)
{
	struct library *l = r->library;
	enum keymap_has has;

	if (!atomic_load_explicit(&l->watch, memory_order_relaxed)) {
		reader_rest(r);
		return KEYMAP_SEVERAL;
	}
	if (r->maps != atomic_load_explicit(&l->maps, memory_order_acquire))
		reader_take_map(r);
	if (r->map != NULL && keymap_tape(r->map) == r->tape &&
	    keymap_holds(r->map, r->store)) {
		has = keymap_find(r->map, key, entry);
		if (has != KEYMAP_NONE)
			reader_hold(r);
		return has;
	}
	reader_rest(r); /* what it holds may be outdated, too */
	library_map_begin(l, r->tape, now_us);
	return KEYMAP_SEVERAL;
}
