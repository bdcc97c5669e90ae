#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "replay/variant.h"

#include "replay/fresh.h"

#define FRESH_SLOTS 256

struct fresh_pin {
	struct fresh_pin *next;
	struct key key;
	struct answer_kept *answer;
};

/* Oldest first. */
struct fresh_slot {
	pthread_mutex_t lock;
	struct fresh_pin *first;
	struct fresh_pin **end;
};

struct fresh {
	atomic_size_t n; /* so that looking costs next to nothing mostly */
	_Atomic int64_t serial;
	struct fresh_slot slots[FRESH_SLOTS];
};

static struct fresh_slot *
fresh_slot_of(struct fresh *f, const struct key *key)
{
	return &f->slots[key->bytes[2] % FRESH_SLOTS];
}

static bool
fresh_is(const struct fresh_pin *p, const struct key *key)
{
	return memcmp(&p->key, key, sizeof(*key)) == 0;
}

struct fresh *
fresh_new(void)
{
	struct fresh *f = xcalloc(1, sizeof(*f));
	struct fresh_slot *s;

	for (s = f->slots; s < f->slots + FRESH_SLOTS; s++) {
		pthread_mutex_init(&s->lock, NULL);
		s->end = &s->first;
	}
	return f;
}

static void
fresh_pin_free(struct fresh_pin *p)
{
	if (p->answer != NULL)
		cache_item_unref(&p->answer->item);
	free(p);
}

void
fresh_free(struct fresh *f)
{
	struct fresh_slot *s;
	struct fresh_pin *p;

	if (f == NULL)
		return;
	for (s = f->slots; s < f->slots + FRESH_SLOTS; s++) {
		while ((p = s->first) != NULL) {
			s->first = p->next;
			fresh_pin_free(p);
		}
		pthread_mutex_destroy(&s->lock);
	}
	free(f);
}

void
fresh_add(struct fresh *f, const struct key *key, struct answer_kept *a)
{
	struct fresh_slot *s = fresh_slot_of(f, key);
	struct fresh_pin *p = xcalloc(1, sizeof(*p));
	int64_t name;

	p->key = *key;
	p->answer = a;
	pthread_mutex_lock(&s->lock);
	if (a != NULL && a->own->n == 0) {
		name = ANSWER_FRESH + atomic_fetch_add(&f->serial, 1);
		atomic_store(&a->mark, name);
		variant_add(
		    a->own, &(struct variant_entry){ name, a->started_us, 1 });
	}
	*s->end = p;
	s->end = &p->next;
	atomic_fetch_add(&f->n, 1);
	pthread_mutex_unlock(&s->lock);
}

size_t
fresh_find(
    struct fresh *f, const struct key *key, struct answer_kept **out, size_t n)
{
	struct fresh_slot *s = fresh_slot_of(f, key);
	struct fresh_pin *p;
	size_t found = 0;

	if (atomic_load(&f->n) == 0)
		return 0;
	pthread_mutex_lock(&s->lock);
	for (p = s->first; p != NULL && found < n; p = p->next) {
		if (p->answer == NULL || !fresh_is(p, key))
			continue;
		cache_item_ref(&p->answer->item);
		out[found++] = p->answer;
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

/* The oldest under key, if a is not NULL of those that are *a; out of its
 * slot. */
static struct fresh_pin *
fresh_unpin(
    struct fresh *f, const struct key *key, const struct answer_kept *const *a)
{
	struct fresh_slot *s = fresh_slot_of(f, key);
	struct fresh_pin *p, **at;

	pthread_mutex_lock(&s->lock);
	for (at = &s->first; (p = *at) != NULL; at = &p->next)
		if (fresh_is(p, key) && (a == NULL || p->answer == *a))
			break;
	if (p != NULL) {
		*at = p->next;
		if (s->end == &p->next)
			s->end = at;
		atomic_fetch_sub(&f->n, 1);
	}
	pthread_mutex_unlock(&s->lock);
	return p;
}

bool
fresh_take(struct fresh *f, const struct key *key, struct answer_kept **a)
{
	struct fresh_pin *p = fresh_unpin(f, key, NULL);

	if (p == NULL)
		return false;
	*a = p->answer;
	free(p);
	return true;
}

void
fresh_drop(struct fresh *f, const struct key *key, const struct answer_kept *a)
{
	struct fresh_pin *p = fresh_unpin(f, key, &a);

	if (p != NULL)
		fresh_pin_free(p);
}
