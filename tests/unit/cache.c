#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "replay/cache.h"

#include "tap.h"

static size_t freed;

static void
item_free(struct cache_item *i)
{
	freed++;
	free(i);
}

static struct key
key(int64_t n)
{
	return cache_entry_key(n);
}

static struct cache_item *
item(int64_t n, size_t cost)
{
	struct cache_item *i = xcalloc(1, sizeof(*i));

	cache_item_init(i, CACHE_SHELF, &(struct key){ { 0 } }, item_free);
	i->key = key(n);
	i->cost = cost;
	return i;
}

/* Looks n up as a reader does that has to load it. */
static bool
load(struct cache *c, int64_t n, size_t cost)
{
	struct key k = key(n);
	uint64_t stamp;
	struct cache_item *i = cache_find(c, CACHE_SHELF, &k, &stamp);
	bool hit = i != NULL;

	if (!hit) {
		i = item(n, cost);
		cache_put(c, i, stamp);
	}
	cache_item_unref(i);
	return hit;
}

static void
what_was_put_is_found_again(void)
{
	struct cache *c = cache_new(1000);
	bool before = load(c, 1, 10), after = load(c, 1, 10);
	size_t bytes = cache_bytes(c), n = cache_count(c, CACHE_SHELF);

	cache_free(c);
	CHECK(!before);
	CHECK(after);
	CHECK_INT(bytes, 10);
	CHECK_INT(n, 1);
}

static void
the_kinds_are_apart(void)
{
	struct cache *c = cache_new(1000);
	struct key k = key(1);
	struct cache_item *i;
	uint64_t stamp;

	load(c, 1, 10);
	i = cache_find(c, CACHE_ANSWER, &k, &stamp);
	cache_free(c);
	CHECK(i == NULL);
}

static void
many_things_are_all_found(void)
{
	struct cache *c = cache_new(1u << 30);
	int64_t n, hits = 0;

	for (n = 0; n < 20000; n++)
		load(c, n, 10);
	for (n = 0; n < 20000; n++)
		hits += load(c, n, 10);
	n = (int64_t)cache_count(c, CACHE_SHELF);
	cache_free(c);
	CHECK_INT(hits, 20000);
	CHECK_INT(n, 20000);
}

static void
the_cache_stays_within_its_bytes(void)
{
	struct cache *c = cache_new(1000);
	size_t most = 0;
	int64_t n;

	freed = 0;
	for (n = 0; n < 5000; n++) {
		load(c, n, 10);
		if (cache_bytes(c) > most)
			most = cache_bytes(c);
	}
	n = (int64_t)cache_count(c, CACHE_SHELF);
	cache_free(c);
	CHECK_INT(most, 1000);
	CHECK_INT(n, 100);
	CHECK_INT(freed, 5000);
}

static void
what_is_used_stays_longer_than_what_is_not(void)
{
	struct cache *c = cache_new(10000);
	int64_t n, lost = 0;

	for (n = 0; n < 5000; n++) {
		load(c, 1000000 + n, 10);
		lost += !load(c, n % 10, 10);
	}
	cache_free(c);
	CHECK(lost < 100);
}

static void
a_thing_bigger_than_the_cache_is_not_kept(void)
{
	struct cache *c = cache_new(100);
	size_t bytes;

	load(c, 1, 101);
	bytes = cache_bytes(c);
	cache_free(c);
	CHECK_INT(bytes, 0);
}

static void
a_thing_in_use_outlives_its_eviction(void)
{
	struct cache *c = cache_new(1000);
	struct cache_item *i = item(1, 10);
	struct key k = key(1);
	uint64_t stamp;
	bool gone;

	freed = 0;
	gone = cache_find(c, CACHE_SHELF, &k, &stamp) == NULL;
	cache_put(c, i, stamp);
	cache_reset(c);
	gone = gone && freed == 0;
	cache_item_unref(i);
	cache_free(c);
	CHECK(gone);
	CHECK_INT(freed, 1);
}

static void
what_was_forgotten_is_not_found(void)
{
	struct cache *c = cache_new(1000);
	struct key k = key(1);
	bool one, two;

	load(c, 1, 10);
	load(c, 2, 10);
	cache_forget(c, CACHE_SHELF, &k);
	one = load(c, 1, 10);
	two = load(c, 2, 10);
	cache_free(c);
	CHECK(!one);
	CHECK(two);
}

/* A reader that began to load before something was forgotten. */
static size_t
kept_when(void (*meanwhile)(struct cache *c, const struct key *k))
{
	struct cache *c = cache_new(1000);
	struct cache_item *i = item(1, 10);
	struct key k = key(1);
	uint64_t stamp;
	size_t n;

	(void)cache_find(c, CACHE_SHELF, &k, &stamp);
	meanwhile(c, &k);
	cache_put(c, i, stamp);
	cache_item_unref(i);
	n = cache_count(c, CACHE_SHELF);
	cache_free(c);
	return n;
}

static void
forgets(struct cache *c, const struct key *k)
{
	cache_forget(c, CACHE_SHELF, k);
}

static void
resets(struct cache *c, const struct key *k)
{
	(void)k;
	cache_reset(c);
}

static void
nothing(struct cache *c, const struct key *k)
{
	(void)c;
	(void)k;
}

static void
what_was_forgotten_while_it_was_loaded_is_not_kept(void)
{
	CHECK_INT(kept_when(forgets), 0);
	CHECK_INT(kept_when(resets), 0);
	CHECK_INT(kept_when(nothing), 1);
}

static void
of_two_that_load_the_same_the_first_is_kept(void)
{
	struct cache *c = cache_new(1000);
	struct cache_item *first = item(1, 10), *second = item(1, 10), *found;
	struct key k = key(1);
	uint64_t stamp;

	(void)cache_find(c, CACHE_SHELF, &k, &stamp);
	cache_put(c, first, stamp);
	cache_put(c, second, stamp);
	found = cache_find(c, CACHE_SHELF, &k, &stamp);
	cache_item_unref(found);
	cache_item_unref(second);
	cache_item_unref(first);
	cache_free(c);
	CHECK(found == first);
}

RUN(TEST(what_was_put_is_found_again), TEST(the_kinds_are_apart),
    TEST(many_things_are_all_found), TEST(the_cache_stays_within_its_bytes),
    TEST(what_is_used_stays_longer_than_what_is_not),
    TEST(a_thing_bigger_than_the_cache_is_not_kept),
    TEST(a_thing_in_use_outlives_its_eviction),
    TEST(what_was_forgotten_is_not_found),
    TEST(what_was_forgotten_while_it_was_loaded_is_not_kept),
    TEST(of_two_that_load_the_same_the_first_is_kept))
