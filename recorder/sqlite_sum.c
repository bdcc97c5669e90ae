/* Bodies that are read in pieces, held against their digests. */
#include "config.h"

#include <sqlite3.h>

#include "base/err.h"

#include "recorder/sqlite_priv.h"

/* One that has no digest yet is not. */
static int
store_sum_begin(struct store *s, int64_t body, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_BODY_SUM, "SELECT size, digest FROM body WHERE id = ?", e);
	struct str digest;
	int rc;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, body);
	rc = sqlite3_step(q);
	digest = rc == SQLITE_ROW ? store_column(q, 1) : STR("");
	if (digest.n == DIGEST_BYTES)
		sums_begin(&sqlite_of(s)->sums, body,
		    (uint64_t)sqlite3_column_int64(q, 0),
		    (const uint8_t *)digest.p);
	rc = rc == SQLITE_ROW || rc == SQLITE_DONE
		 ? 0
		 : store_failed(s, "cannot read a body", e);
	sqlite3_reset(q);
	return rc;
}

int
store_sum(struct store *s, int64_t body, uint64_t at, const void *p, size_t n,
    struct err *e)
{
	if (at == 0 && store_sum_begin(s, body, e) != 0)
		return -1;
	if (sums_add(&sqlite_of(s)->sums, body, at, p, n))
		return 0;
	sqlite_of(s)->failure = SQLITE_CORRUPT;
	return store_body_damaged(s, body, e);
}
