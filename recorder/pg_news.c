/*
 * The news of a tape.  Entries at its end are told by their keys: ids are in
 * the order of commits, so that those above the highest that was seen are all
 * that came.  Other changes, and more than are kept, outdate everything.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#include "recorder/pg_priv.h"

#define NEWS_KEPT 2048   /* keys; a power of two */
#define NEWS_UNSEEN (-2) /* by who asked before the tape was looked at */
#define NEWS_PAGE 500    /* entries that are read at once */
#define NEWS_PAGE_TEXT "501"

#define N(number) VALUE_OF_NUMBER(number)

struct news_key {
	int64_t version; /* at which it was told */
	uint8_t key[EXCHANGE_KEY_BYTES];
};

struct pg_news {
	int64_t tape;
	int64_t last; /* the highest id that was seen; the watch's own */

	atomic_int_fast64_t version; /* -1: not known yet */
	pthread_mutex_t lock;        /* over all below */
	int64_t floor;               /* who has seen less has to forget all */
	struct news_key keys[NEWS_KEPT];
	size_t nkeys; /* that were told; the newest are kept */
};

struct pg_news *
pg_news_new(int64_t tape)
{
	struct pg_news *n = xcalloc(1, sizeof(*n));

	n->tape = tape;
	atomic_init(&n->version, -1);
	pthread_mutex_init(&n->lock, NULL);
	return n;
}

void
pg_news_free(struct pg_news *n)
{
	if (n == NULL)
		return;
	pthread_mutex_destroy(&n->lock);
	free(n);
}

int64_t
pg_news_tape(const struct pg_news *n)
{
	return n->tape;
}

/* ---- the watch's thread ------------------------------------------------ */

/* Anything may have changed by version. */
static void
news_all(struct pg_news *n, int64_t version, int64_t last)
{
	n->last = last;
	pthread_mutex_lock(&n->lock);
	n->floor = version;
	atomic_store(&n->version, version);
	pthread_mutex_unlock(&n->lock);
}

/* With the lock held. */
static void
news_add(
    struct pg_news *n, const PGresult *q, int row, int column, int64_t version)
{
	struct news_key *k = &n->keys[n->nkeys % NEWS_KEPT];
	uint8_t key[EXCHANGE_KEY_BYTES];

	if (!pg_key(q, row, column, key))
		return;
	/* Who has not heard of what it takes the place of. */
	if (n->nkeys++ >= NEWS_KEPT && n->floor < k->version)
		n->floor = k->version;
	k->version = version;
	memcpy(k->key, key, sizeof(key));
}

static void
news_more(struct pg_news *n, const PGresult *q, int64_t version)
{
	int i;

	pthread_mutex_lock(&n->lock);
	for (i = 0; i < pq.ntuples(q); i++) {
		n->last = pg_number(q, i, 0);
		news_add(n, q, i, 1, version);
		news_add(n, q, i, 2, version);
	}
	atomic_store(&n->version, version);
	pthread_mutex_unlock(&n->lock);
}

static int
news_look_behind(
    struct pg_news *n, struct pg_link *l, int64_t version, struct err *e)
{
	PGresult *q = pg_link_query(l, "cannot watch the tape",
	    "SELECT id, key, normal_key FROM hark_entry WHERE tape = $1 AND "
	    "id > $2 ORDER BY id LIMIT " NEWS_PAGE_TEXT,
	    PG_VALUES(N(n->tape), N(n->last)), e);
	int rows = q != NULL ? pq.ntuples(q) : 0;

	if (q != NULL && rows <= NEWS_PAGE)
		news_more(n, q, version);
	pq.clear(q);
	return q == NULL ? -1 : rows > NEWS_PAGE ? 1 : 0;
}

/* What is there at one moment. */
static int
news_look_anew(struct pg_news *n, struct pg_link *l, struct err *e)
{
	PGresult *q = pg_link_query(l, "cannot watch the tape",
	    "SELECT coalesce((SELECT version FROM hark_change WHERE tape = $1)"
	    ", 0), coalesce((SELECT max(id) FROM hark_entry WHERE tape = $1), "
	    "0)",
	    PG_VALUES(N(n->tape)), e);

	if (q != NULL)
		news_all(n, pg_number(q, 0, 0), pg_number(q, 0, 1));
	pq.clear(q);
	return q != NULL ? 0 : -1;
}

int
pg_news_look(struct pg_news *n, struct pg_link *l, struct err *e)
{
	int64_t seen = atomic_load(&n->version), version, epoch;
	PGresult *q;
	int r;

	if (seen == -1)
		return news_look_anew(n, l, e);
	q = pg_link_ask(l, "cannot watch the tape",
	    "SELECT version, epoch FROM hark_change WHERE tape = $1",
	    PG_VALUES(N(n->tape)), e);
	if (q == NULL)
		return -1;
	version = pq.ntuples(q) > 0 ? pg_number(q, 0, 0) : 0;
	epoch = pq.ntuples(q) > 0 ? pg_number(q, 0, 1) : 0;
	pq.clear(q);
	if (version == seen)
		return 0;
	/* Below: the tables were made anew. */
	r = epoch > seen || version < seen ? 1
					   : news_look_behind(n, l, version, e);
	return r == 1 ? news_look_anew(n, l, e) : r;
}

/* ---- any thread -------------------------------------------------------- */

static enum store_news
news_tell(struct pg_news *n, int64_t seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]), void *arg)
{
	size_t i, kept = n->nkeys < NEWS_KEPT ? n->nkeys : NEWS_KEPT;
	const struct news_key *k;

	if (seen < n->floor)
		return STORE_OTHER;
	for (i = 1; i <= kept; i++) {
		k = &n->keys[(n->nkeys - i) % NEWS_KEPT];
		if (k->version <= seen)
			break;
		on_key(arg, k->key);
	}
	return STORE_MORE;
}

enum store_news
pg_news_get(struct pg_news *n, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]), void *arg)
{
	enum store_news r;
	int64_t before = *seen;

	*seen = atomic_load(&n->version);
	if (*seen == -1)
		*seen = NEWS_UNSEEN;
	if (*seen == before || *seen == NEWS_UNSEEN || before == -1)
		return STORE_SAME;
	pthread_mutex_lock(&n->lock);
	*seen = atomic_load(&n->version);
	r = news_tell(n, before, on_key, arg);
	pthread_mutex_unlock(&n->lock);
	return r;
}
