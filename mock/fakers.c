#include "config.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "mock/faker.h"

#include "mock/fakers.h"

#define FAKERS_KEPT 64 /* that nobody uses */

struct fakers {
	pthread_mutex_t lock; /* of what follows */
	struct faker *free[FAKERS_KEPT];
	size_t n;
	char *locale;
	bool seeded;
	pthread_mutex_t turn; /* with a seed: held while one is taken */
};

struct fakers *
fakers_new(const char *locale, bool seeded, uint64_t seed, struct err *e)
{
	struct fakers *f;
	struct faker *first =
	    faker_new(str_of(locale != NULL ? locale : "en"), e);

	if (first == NULL)
		return NULL;
	if (seeded)
		faker_seed(first, (double)seed);
	f = xcalloc(1, sizeof(*f));
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->turn, NULL);
	f->locale = xstrdup(locale != NULL ? locale : "en");
	f->seeded = seeded;
	f->free[f->n++] = first;
	return f;
}

void
fakers_free(struct fakers *f)
{
	if (f == NULL)
		return;
	while (f->n > 0)
		faker_free(f->free[--f->n]);
	pthread_mutex_destroy(&f->lock);
	pthread_mutex_destroy(&f->turn);
	free(f->locale);
	free(f);
}

static struct faker *
fakers_take(struct fakers *f, int64_t now_us)
{
	struct faker *one = NULL;
	struct err e;

	pthread_mutex_lock(&f->lock);
	if (f->n > 0)
		one = f->free[--f->n];
	pthread_mutex_unlock(&f->lock);
	if (one == NULL) /* the locale is known, so that it cannot fail */
		one = faker_new(str_of(f->locale), &e);
	if (one == NULL)
		abort();
	faker_set_date(one, (double)(now_us / 1000));
	return one;
}

static void
fakers_give(struct fakers *f, struct faker *one)
{
	pthread_mutex_lock(&f->lock);
	if (f->n < FAKERS_KEPT) {
		f->free[f->n++] = one;
		one = NULL;
	}
	pthread_mutex_unlock(&f->lock);
	faker_free(one);
}

void
fakers_begin(struct fakers_turn *t, struct fakers *f, int64_t now_us)
{
	*t = (struct fakers_turn){ .of = f, .now_us = now_us };
	if (!f->seeded)
		return;
	pthread_mutex_lock(&f->turn);
	t->one = fakers_take(f, now_us);
}

struct faker *
fakers_get(struct fakers_turn *t)
{
	if (t->one == NULL)
		t->one = fakers_take(t->of, t->now_us);
	return t->one;
}

void
fakers_end(struct fakers_turn *t)
{
	if (t->one != NULL)
		fakers_give(t->of, t->one);
	if (t->of->seeded)
		pthread_mutex_unlock(&t->of->turn);
}
