/*
 * A body that is too long to be read at once is held against its digest while
 * it is read, by whoever reads it piece by piece in order; several may do so
 * in turn.  Its last piece is refused when it is not what was stored.
 */
#include "config.h"

#include <string.h>

#include <sqlite3.h>

#include "base/err.h"

#include "recorder/sqlite_priv.h"

static struct sqlite_sum *
store_sum_find(struct store *s, int64_t body, uint64_t at)
{
	size_t i;

	for (i = 0; i < SQLITE_SUMS; i++)
		if (sqlite_of(s)->sums[i].body == body &&
		    sqlite_of(s)->sums[i].at == at)
			return &sqlite_of(s)->sums[i];
	return NULL;
}

/* Takes the place of the one begun longest ago. */
static struct sqlite_sum *
store_sum_place(struct store *s)
{
	struct sqlite_sum *sum = store_sum_find(s, 0, 0);
	uint8_t nobody[DIGEST_BYTES];

	if (sum == NULL)
		sum = &sqlite_of(s)
			   ->sums[sqlite_of(s)->oldest_sum++ % SQLITE_SUMS];
	if (sum->digest == NULL)
		sum->digest = digest_new();
	digest_end(sum->digest, nobody);
	sum->body = 0;
	sum->at = 0;
	return sum;
}

/* NULL with *r 0 for a body that has no digest yet, with -1 on error. */
static struct sqlite_sum *
store_sum_begin(struct store *s, int64_t body, int *r, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_BODY_SUM, "SELECT size, digest FROM body WHERE id = ?", e);
	struct sqlite_sum *sum = NULL;
	struct str digest;

	*r = -1;
	if (q == NULL)
		return NULL;
	sqlite3_bind_int64(q, 1, body);
	*r = sqlite3_step(q);
	digest = *r == SQLITE_ROW ? store_column(q, 1) : STR("");
	if (digest.n == DIGEST_BYTES) {
		sum = store_sum_place(s);
		sum->body = body;
		sum->size = (uint64_t)sqlite3_column_int64(q, 0);
		memcpy(sum->sha256, digest.p, DIGEST_BYTES);
	}
	*r = *r == SQLITE_ROW || *r == SQLITE_DONE
		 ? 0
		 : store_failed(s, "cannot read a body", e);
	sqlite3_reset(q);
	return sum;
}

int
store_sum(struct store *s, int64_t body, uint64_t at, const void *p, size_t n,
    struct err *e)
{
	struct sqlite_sum *sum;
	uint8_t got[DIGEST_BYTES];
	int r = 0;

	sum = at == 0 ? store_sum_begin(s, body, &r, e)
		      : store_sum_find(s, body, at);
	if (sum == NULL)
		return r;
	digest_add(sum->digest, p, n);
	sum->at += n;
	if (sum->at < sum->size)
		return 0;
	digest_end(sum->digest, got);
	sum->body = 0;
	r = sum->at == sum->size && memcmp(got, sum->sha256, sizeof(got)) == 0;
	sum->at = 0;
	if (r)
		return 0;
	sqlite_of(s)->failure = SQLITE_CORRUPT;
	return store_body_damaged(s, body, e);
}

void
store_sum_fini(struct store *s)
{
	size_t i;

	for (i = 0; i < SQLITE_SUMS; i++)
		digest_free(sqlite_of(s)->sums[i].digest);
}
