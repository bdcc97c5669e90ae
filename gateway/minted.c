#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/authority.h"

#include "gateway/minted.h"

#define MINTED_ROWS 2048
#define MINTED_FRESH_S (30 * 86400) /* replaced when it is good for less */

struct minted_one {
	TAILQ_ENTRY(minted_one) link; /* newest use first */
	struct minted_one *next;      /* of its row */
	size_t row;
	X509 *certificate;
	size_t n;
	char name[];
};

TAILQ_HEAD(minted_list, minted_one);

struct minted {
	const struct authority *authority;
	pthread_mutex_t lock;
	struct minted_list list;
	struct minted_one *rows[MINTED_ROWS];
	size_t n;
};

struct minted *
minted_new(const struct authority *a)
{
	struct minted *m = xcalloc(1, sizeof(*m));

	m->authority = a;
	pthread_mutex_init(&m->lock, NULL);
	TAILQ_INIT(&m->list);
	return m;
}

static void
minted_drop(struct minted *m, struct minted_one *one)
{
	struct minted_one **p;

	for (p = &m->rows[one->row]; *p != one;)
		p = &(*p)->next;
	*p = one->next;
	TAILQ_REMOVE(&m->list, one, link);
	m->n--;
	X509_free(one->certificate);
	free(one);
}

void
minted_free(struct minted *m)
{
	struct minted_one *one;

	if (m == NULL)
		return;
	while ((one = TAILQ_FIRST(&m->list)) != NULL)
		minted_drop(m, one);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* FNV-1a; who chooses bad names is slow to itself, in a bounded table. */
static size_t
minted_row(struct str name)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return h % MINTED_ROWS;
}

static struct minted_one *
minted_find(struct minted *m, struct str name)
{
	struct minted_one *one = m->rows[minted_row(name)];

	while (one != NULL && !str_eq((struct str){ one->name, one->n }, name))
		one = one->next;
	return one;
}

static bool
minted_is_fresh(const X509 *x, int64_t now_us)
{
	time_t until = (time_t)(now_us / 1000000) + MINTED_FRESH_S;

	return X509_cmp_time(X509_get0_notAfter(x), &until) > 0;
}

/* Takes certificate over, in the place of one for the same name. */
static void
minted_add(struct minted *m, struct str name, X509 *certificate)
{
	struct minted_one *one = minted_find(m, name);

	if (one != NULL)
		minted_drop(m, one);
	if (m->n == MINTED_MOST)
		minted_drop(m, TAILQ_LAST(&m->list, minted_list));
	one = xcalloc(1, sizeof(*one) + name.n);
	one->certificate = certificate;
	one->row = minted_row(name);
	one->n = name.n;
	memcpy(one->name, name.p, name.n);
	one->next = m->rows[one->row];
	m->rows[one->row] = one;
	TAILQ_INSERT_HEAD(&m->list, one, link);
	m->n++;
}

static X509 *
minted_take(struct minted *m, struct str name, int64_t now_us)
{
	struct minted_one *one;
	X509 *x = NULL;

	pthread_mutex_lock(&m->lock);
	one = minted_find(m, name);
	if (one != NULL && minted_is_fresh(one->certificate, now_us)) {
		TAILQ_REMOVE(&m->list, one, link);
		TAILQ_INSERT_HEAD(&m->list, one, link);
		x = one->certificate;
		X509_up_ref(x);
	}
	pthread_mutex_unlock(&m->lock);
	return x;
}

X509 *
minted_get(struct minted *m, struct str name, struct err *e)
{
	char text[AUTHORITY_NAME_MOST];
	int64_t now_us = clock_wall_us();
	X509 *x;
	size_t i;

	for (i = 0; i < name.n && i < sizeof(text); i++)
		text[i] = str_lower(name.p[i]);
	if (name.n <= sizeof(text))
		name.p = text;
	x = minted_take(m, name, now_us);
	if (x != NULL)
		return x;
	/* Outside the lock: others need not wait for a signature. */
	x = authority_mint(m->authority, name, now_us, e);
	if (x == NULL)
		return NULL;
	X509_up_ref(x);
	pthread_mutex_lock(&m->lock);
	minted_add(m, name, x);
	pthread_mutex_unlock(&m->lock);
	return x;
}

EVP_PKEY *
minted_key(const struct minted *m)
{
	return authority_leaf_key(m->authority);
}
