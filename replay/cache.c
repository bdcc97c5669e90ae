#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "replay/hash.h"

#include "replay/cache.h"

#define CACHE_SHARDS 64
#define CACHE_BUCKETS 16 /* of a new shard; a power of two */

struct cache_shard {
	pthread_mutex_t lock;
	struct cache_item **buckets;
	size_t nbuckets;
	size_t n;
	size_t hand; /* the bucket it stands at */
	size_t counts[CACHE_KINDS];
	uint64_t stamp; /* goes up whenever something is forgotten */
};

struct cache {
	size_t most;
	atomic_size_t bytes;
	atomic_size_t next; /* the shard where the hand goes next */
	struct cache_shard shards[CACHE_SHARDS];
};

void
cache_item_init(struct cache_item *i, enum cache_kind kind,
    const struct key *key, void (*free_item)(struct cache_item *))
{
	i->next = NULL;
	i->free = free_item;
	i->key = *key;
	i->cost = 0;
	atomic_init(&i->refs, 1);
	i->kind = kind;
	i->used = false;
}

struct cache_item *
cache_item_ref(struct cache_item *i)
{
	atomic_fetch_add_explicit(&i->refs, 1, memory_order_relaxed);
	return i;
}

void
cache_item_unref(struct cache_item *i)
{
	if (i != NULL &&
	    atomic_fetch_sub_explicit(&i->refs, 1, memory_order_acq_rel) == 1)
		i->free(i);
}

struct key
cache_entry_key(int64_t entry)
{
	uint64_t word[2] = { hash_mix((uint64_t)entry),
		hash_mix(~(uint64_t)entry) };
	struct key key;

	memcpy(key.bytes, word, sizeof(key.bytes));
	return key;
}

/* Keys are spread evenly already: their first byte gives the shard, the last
 * eight the bucket. */
static struct cache_shard *
cache_shard_of(struct cache *c, const struct key *key)
{
	return &c->shards[key->bytes[0] % CACHE_SHARDS];
}

static struct cache_item **
cache_bucket(struct cache_shard *s, const struct key *key)
{
	uint64_t h;

	memcpy(&h, key->bytes + 8, sizeof(h));
	return &s->buckets[h & (s->nbuckets - 1)];
}

static struct cache_item **
cache_place(struct cache_shard *s, enum cache_kind kind, const struct key *key)
{
	struct cache_item **at = cache_bucket(s, key);

	while (*at != NULL &&
	       ((*at)->kind != kind || memcmp((*at)->key.bytes, key->bytes,
					   sizeof(key->bytes)) != 0))
		at = &(*at)->next;
	return at;
}

struct cache *
cache_new(size_t most_bytes)
{
	struct cache *c = xcalloc(1, sizeof(*c));
	struct cache_shard *s;

	c->most = most_bytes;
	for (s = c->shards; s < c->shards + CACHE_SHARDS; s++) {
		pthread_mutex_init(&s->lock, NULL);
		s->nbuckets = CACHE_BUCKETS;
		s->buckets = xcalloc(s->nbuckets, sizeof(*s->buckets));
	}
	return c;
}

void
cache_free(struct cache *c)
{
	struct cache_shard *s;

	if (c == NULL)
		return;
	cache_reset(c);
	for (s = c->shards; s < c->shards + CACHE_SHARDS; s++) {
		pthread_mutex_destroy(&s->lock);
		free(s->buckets);
	}
	free(c);
}

struct cache_item *
cache_find(struct cache *c, enum cache_kind kind, const struct key *key,
    uint64_t *stamp)
{
	struct cache_shard *s = cache_shard_of(c, key);
	struct cache_item *i;

	pthread_mutex_lock(&s->lock);
	i = *cache_place(s, kind, key);
	if (i != NULL) {
		cache_item_ref(i);
		i->used = true;
	} else {
		*stamp = s->stamp;
	}
	pthread_mutex_unlock(&s->lock);
	return i;
}

static void
cache_grow(struct cache_shard *s)
{
	struct cache_item **old = s->buckets, *i;
	size_t n = s->nbuckets, b;

	s->nbuckets = 2 * n;
	s->buckets = xcalloc(s->nbuckets, sizeof(*s->buckets));
	for (b = 0; b < n; b++) {
		while ((i = old[b]) != NULL) {
			struct cache_item **at = cache_bucket(s, &i->key);

			old[b] = i->next;
			i->next = *at;
			*at = i;
		}
	}
	free(old);
}

/* Unlinks the item at *at.  The table's reference goes to the caller, who
 * gives it up after the lock. */
static struct cache_item *
cache_take(struct cache *c, struct cache_shard *s, struct cache_item **at)
{
	struct cache_item *i = *at;

	*at = i->next;
	s->n--;
	s->counts[i->kind]--;
	atomic_fetch_sub(&c->bytes, i->cost);
	return i;
}

/* Moves the hand of s until it finds something that was not used; NULL when
 * s is empty.  Two rounds are enough: the first takes all marks away. */
static struct cache_item *
cache_evict(struct cache *c, struct cache_shard *s)
{
	struct cache_item **at;
	size_t steps = 2 * s->nbuckets + 1;

	if (s->n == 0)
		return NULL;
	while (steps-- > 0) {
		s->hand &= s->nbuckets - 1;
		for (at = &s->buckets[s->hand]; *at != NULL;
		     at = &(*at)->next) {
			if (!(*at)->used)
				return cache_take(c, s, at);
			(*at)->used = false;
		}
		s->hand++;
	}
	return NULL;
}

/* One item of each shard in turn, until what is left fits. */
static void
cache_trim(struct cache *c)
{
	struct cache_shard *s;
	struct cache_item *i;
	int empty = 0;

	while (atomic_load(&c->bytes) > c->most && empty < CACHE_SHARDS) {
		s = &c->shards[atomic_fetch_add(&c->next, 1) % CACHE_SHARDS];
		pthread_mutex_lock(&s->lock);
		i = cache_evict(c, s);
		pthread_mutex_unlock(&s->lock);
		empty = i == NULL ? empty + 1 : 0;
		cache_item_unref(i);
	}
}

void
cache_put(struct cache *c, struct cache_item *i, uint64_t stamp)
{
	struct cache_shard *s = cache_shard_of(c, &i->key);
	struct cache_item **at;

	pthread_mutex_lock(&s->lock);
	at = cache_place(s, i->kind, &i->key);
	if (s->stamp == stamp && *at == NULL) {
		*at = cache_item_ref(i);
		s->counts[i->kind]++;
		atomic_fetch_add(&c->bytes, i->cost);
		if (++s->n > s->nbuckets)
			cache_grow(s);
	}
	pthread_mutex_unlock(&s->lock);
	if (atomic_load(&c->bytes) > c->most)
		cache_trim(c);
}

void
cache_forget(struct cache *c, enum cache_kind kind, const struct key *key)
{
	struct cache_shard *s = cache_shard_of(c, key);
	struct cache_item **at, *i = NULL;

	pthread_mutex_lock(&s->lock);
	s->stamp++;
	at = cache_place(s, kind, key);
	if (*at != NULL)
		i = cache_take(c, s, at);
	pthread_mutex_unlock(&s->lock);
	cache_item_unref(i);
}

static void
cache_reset_shard(struct cache *c, struct cache_shard *s)
{
	struct cache_item *all = NULL, *i;
	size_t b;

	pthread_mutex_lock(&s->lock);
	s->stamp++;
	for (b = 0; b < s->nbuckets; b++) {
		while (s->buckets[b] != NULL) {
			i = cache_take(c, s, &s->buckets[b]);
			i->next = all;
			all = i;
		}
	}
	pthread_mutex_unlock(&s->lock);
	while ((i = all) != NULL) {
		all = i->next;
		cache_item_unref(i);
	}
}

void
cache_reset(struct cache *c)
{
	struct cache_shard *s;

	for (s = c->shards; s < c->shards + CACHE_SHARDS; s++)
		cache_reset_shard(c, s);
}

size_t
cache_bytes(struct cache *c)
{
	return atomic_load(&c->bytes);
}

size_t
cache_count(struct cache *c, enum cache_kind kind)
{
	struct cache_shard *s;
	size_t n = 0;

	for (s = c->shards; s < c->shards + CACHE_SHARDS; s++) {
		pthread_mutex_lock(&s->lock);
		n += s->counts[kind];
		pthread_mutex_unlock(&s->lock);
	}
	return n;
}
