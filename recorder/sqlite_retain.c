/* What retention (retain.h) asks of a file.  It has one writer, so that what
 * is removed is known to it. */
#include "config.h"

#include <sqlite3.h>

#include "base/err.h"

#include "recorder/sqlite_priv.h"

int64_t
sqlite_remove_many(struct store *s, int64_t tape, const int64_t *entries,
    size_t n, struct err *e)
{
	int64_t removed = 0;
	size_t i;
	int r;

	(void)tape;
	for (i = 0; i < n; i++) {
		r = sqlite_remove(s, entries[i], e);
		if (r < 0)
			return -1;
		removed += r;
	}
	return removed;
}

int64_t
sqlite_removed(struct store *s, int64_t tape, struct err *e)
{
	(void)tape;
	(void)e;
	return sqlite_of(s)->removed;
}

static void
weigh_row(sqlite3_stmt *q, struct store_weight *w)
{
	*w = (struct store_weight){
		.id = sqlite3_column_int64(q, 0),
		.started_us = sqlite3_column_int64(q, 1),
		.bytes = (uint64_t)sqlite3_column_int64(q, 2),
	};
	w->keyed = store_column_key(q, 3, w->key);
	w->normal_keyed = store_column_key(q, 4, w->normal_key);
}

/* In the order of the table: an index by tape has them by key, and would have
 * to be sorted for each page. */
int64_t
sqlite_weigh(struct store *s, int64_t tape, int64_t after,
    struct store_weight *out, size_t most, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_WEIGH,
	    "SELECT id, started_us, request_size + response_size + "
	    "coalesce(request_head_bytes, 0) + "
	    "coalesce(response_head_bytes, 0), key, normal_key "
	    "FROM entry NOT INDEXED WHERE tape = ?1 AND id > ?2 "
	    "ORDER BY id LIMIT ?3",
	    e);
	int64_t n = 0;
	int r = SQLITE_DONE;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	sqlite3_bind_int64(q, 2, after);
	sqlite3_bind_int64(q, 3, (int64_t)most);
	while ((uint64_t)n < most && (r = sqlite3_step(q)) == SQLITE_ROW)
		weigh_row(q, &out[n++]);
	if (r != SQLITE_ROW && r != SQLITE_DONE)
		n = store_failed(s, "cannot weigh the tape", e);
	sqlite3_reset(q);
	return n;
}
