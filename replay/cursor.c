#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "replay/hash.h"

#include "replay/cursor.h"

#define CURSOR_SHARDS 64
#define CURSOR_BUCKETS 256 /* per shard */

struct cursor_mark {
	uint64_t variant;
	struct cursor_at at;
};

/* The text of a session may be long and comes from outside; two independent
 * hashes of it are kept instead. */
struct cursor_name {
	struct key key;
	uint64_t session[2];
};

struct cursor {
	struct cursor *next;          /* in its bucket */
	struct cursor *newer, *older; /* by when it moved last */
	struct cursor_name name;
	struct cursor_mark *marks; /* those moved last at the end */
	size_t n;
	size_t cap;
};

struct cursor_shard {
	pthread_mutex_t lock;
	struct cursor *buckets[CURSOR_BUCKETS];
	struct cursor *newest, *oldest;
	size_t n;
};

/* All cursors of a key are in one shard. */
struct cursors {
	struct cursor_shard shards[CURSOR_SHARDS];
};

static struct cursor_shard *
cursor_shard_of(struct cursors *c, const struct key *key)
{
	return &c->shards[key->bytes[1] % CURSOR_SHARDS];
}

static struct cursor_name
cursor_name_of(const struct key *key, struct str session)
{
	return (struct cursor_name){
		.key = *key,
		.session = {
		    hash_add(HASH_START, session),
		    hash_add(hash_mix(HASH_START), session),
		},
	};
}

static struct cursor **
cursor_place(struct cursor_shard *s, const struct cursor_name *name)
{
	struct cursor **at;
	uint64_t h;

	memcpy(&h, name->key.bytes + 8, sizeof(h));
	h = hash_mix(h ^ name->session[0]);
	at = &s->buckets[h % CURSOR_BUCKETS];
	while (*at != NULL && memcmp(&(*at)->name, name, sizeof(*name)) != 0)
		at = &(*at)->next;
	return at;
}

static void
cursor_unlink(struct cursor_shard *s, struct cursor *k)
{
	*(k->newer != NULL ? &k->newer->older : &s->newest) = k->older;
	*(k->older != NULL ? &k->older->newer : &s->oldest) = k->newer;
}

static void
cursor_link(struct cursor_shard *s, struct cursor *k)
{
	k->newer = NULL;
	k->older = s->newest;
	*(s->newest != NULL ? &s->newest->newer : &s->oldest) = k;
	s->newest = k;
}

static void
cursor_drop(struct cursor_shard *s, struct cursor *k)
{
	*cursor_place(s, &k->name) = k->next;
	cursor_unlink(s, k);
	s->n--;
	free(k->marks);
	free(k);
}

static struct cursor *
cursor_make(struct cursor_shard *s, const struct cursor_name *name)
{
	struct cursor *k, **at;

	if (s->n == CURSOR_MOST / CURSOR_SHARDS)
		cursor_drop(s, s->oldest);
	k = xcalloc(1, sizeof(*k));
	k->name = *name;
	at = cursor_place(s, name);
	*at = k;
	cursor_link(s, k);
	s->n++;
	return k;
}

static struct cursor_at
cursor_mark(const struct cursor *k, uint64_t variant)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (k->marks[i].variant == variant)
			return k->marks[i].at;
	return (struct cursor_at){ 0, 0 };
}

static void
cursor_set(struct cursor *k, uint64_t variant, int64_t entry)
{
	struct cursor_mark mark = { variant, { entry, 1 } };
	size_t i;

	for (i = 0; i < k->n && k->marks[i].variant != variant; i++)
		;
	if (i == k->n && k->n == CURSOR_MARKS)
		i = 0;
	if (i < k->n) {
		if (k->marks[i].variant == variant &&
		    k->marks[i].at.entry >= entry) {
			mark = k->marks[i];
			mark.at.times += mark.at.entry == entry;
		}
		k->n--;
		memmove(
		    &k->marks[i], &k->marks[i + 1], (k->n - i) * sizeof(mark));
	} else if (k->n == k->cap) {
		k->cap = k->cap == 0 ? 2 : 2 * k->cap;
		k->marks = xrealloc(k->marks, k->cap * sizeof(mark));
	}
	k->marks[k->n++] = mark;
}

struct cursors *
cursors_new(void)
{
	struct cursors *c = xcalloc(1, sizeof(*c));
	size_t i;

	for (i = 0; i < CURSOR_SHARDS; i++)
		pthread_mutex_init(&c->shards[i].lock, NULL);
	return c;
}

void
cursors_free(struct cursors *c)
{
	size_t i;

	if (c == NULL)
		return;
	cursors_reset(c);
	for (i = 0; i < CURSOR_SHARDS; i++)
		pthread_mutex_destroy(&c->shards[i].lock);
	free(c);
}

void
cursors_marks(struct cursors *c, const struct key *key, struct str session,
    const uint64_t *variants, size_t n, struct cursor_at *out)
{
	struct cursor_shard *s = cursor_shard_of(c, key);
	struct cursor_name name = cursor_name_of(key, session);
	struct cursor *k;
	size_t i;

	pthread_mutex_lock(&s->lock);
	k = *cursor_place(s, &name);
	for (i = 0; i < n; i++)
		out[i] = k != NULL ? cursor_mark(k, variants[i])
				   : (struct cursor_at){ 0, 0 };
	pthread_mutex_unlock(&s->lock);
}

void
cursors_move(struct cursors *c, const struct key *key, struct str session,
    uint64_t variant, _Atomic int64_t *entry)
{
	struct cursor_shard *s = cursor_shard_of(c, key);
	struct cursor_name name = cursor_name_of(key, session);
	struct cursor *k;
	int64_t to;

	pthread_mutex_lock(&s->lock);
	to = atomic_load(entry);
	k = *cursor_place(s, &name);
	if (to > 0) {
		if (k == NULL) {
			k = cursor_make(s, &name);
		} else {
			cursor_unlink(s, k);
			cursor_link(s, k);
		}
		cursor_set(k, variant, to);
	}
	pthread_mutex_unlock(&s->lock);
}

static void
cursor_forget(struct cursor *k, uint64_t variant, struct cursor_at at)
{
	size_t i;

	for (i = 0; i < k->n && k->marks[i].variant != variant; i++)
		;
	if (i == k->n || k->marks[i].at.entry != at.entry ||
	    k->marks[i].at.times != at.times)
		return;
	k->n--;
	memmove(&k->marks[i], &k->marks[i + 1], (k->n - i) * sizeof(*k->marks));
}

void
cursors_forget(struct cursors *c, const struct key *key, struct str session,
    const uint64_t *variants, const struct cursor_at *marks, size_t n)
{
	struct cursor_shard *s = cursor_shard_of(c, key);
	struct cursor_name name = cursor_name_of(key, session);
	struct cursor *k;
	size_t i;

	pthread_mutex_lock(&s->lock);
	k = *cursor_place(s, &name);
	for (i = 0; k != NULL && i < n; i++)
		cursor_forget(k, variants[i], marks[i]);
	pthread_mutex_unlock(&s->lock);
}

void
cursors_rename(
    struct cursors *c, const struct key *key, int64_t from, int64_t to)
{
	struct cursor_shard *s = cursor_shard_of(c, key);
	struct cursor *k;
	size_t i;

	pthread_mutex_lock(&s->lock);
	for (k = s->newest; k != NULL; k = k->older) {
		if (memcmp(&k->name.key, key, sizeof(*key)) != 0)
			continue;
		for (i = 0; i < k->n; i++)
			if (k->marks[i].at.entry == from)
				k->marks[i].at.entry = to;
	}
	pthread_mutex_unlock(&s->lock);
}

void
cursors_reset(struct cursors *c)
{
	struct cursor_shard *s;

	for (s = c->shards; s < c->shards + CURSOR_SHARDS; s++) {
		pthread_mutex_lock(&s->lock);
		while (s->oldest != NULL)
			cursor_drop(s, s->oldest);
		pthread_mutex_unlock(&s->lock);
	}
}
