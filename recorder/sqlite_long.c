/* Entries with long request bodies, and how their keys are made. */
#include "config.h"

#include <sqlite3.h>

#include "base/err.h"

#include "recorder/sqlite_priv.h"

/* Bodies that long are in parts, which are few next to entries: by the index
 * of parts, and from there by entry_by_request_body. */
#define STORE_LONG_REQUESTS_SQL \
	"SELECT e.tape, e.id FROM body_part AS p CROSS JOIN entry AS e " \
	"ON e.request_body = p.body WHERE p.at = 0 AND e.id > 0 " \
	"AND e.key IS NOT NULL AND e.request_size > 1048576 " \
	"AND (e.tape = ?1 OR ?1 = 0) ORDER BY e.tape, e.id"

_Static_assert(BODY_PART == 1048576, "as in STORE_LONG_REQUESTS_SQL");

static const char store_marking[] =
    "CREATE TABLE IF NOT EXISTS mark (\n"
    "  -- What holds for all of the store.  'long keys': those of request\n"
    "  -- bodies above 1 MiB are made of digests of the bodies.\n"
    "  name TEXT PRIMARY KEY\n"
    ") WITHOUT ROWID;\n"
    "INSERT OR IGNORE INTO mark (name) VALUES ('long keys')";

int
sqlite_long_requests(struct store *s, int64_t tape,
    int (*on_entry)(void *arg, int64_t tape, int64_t entry), void *arg,
    struct err *e)
{
	sqlite3_stmt *q =
	    store_statement(s, STORE_LONG_REQUESTS, STORE_LONG_REQUESTS_SQL, e);
	int r = SQLITE_DONE, stop = 0;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	while (stop == 0 && (r = sqlite3_step(q)) == SQLITE_ROW)
		stop = on_entry(arg, sqlite3_column_int64(q, 0),
		    sqlite3_column_int64(q, 1));
	if (stop == 0 && r != SQLITE_DONE)
		stop = store_failed(s, "cannot look for long bodies", e);
	sqlite3_reset(q);
	return stop;
}

int
sqlite_long_keyed(struct store *s, struct err *e)
{
	sqlite3_stmt *q;
	int r;

	/* Stores were without marks once. */
	if (sqlite3_table_column_metadata(sqlite_db(s), NULL, "mark", "name",
		NULL, NULL, NULL, NULL, NULL) != SQLITE_OK)
		return 0;
	q = store_statement(
	    s, STORE_MARKED, "SELECT 1 FROM mark WHERE name = 'long keys'", e);
	if (q == NULL)
		return -1;
	r = sqlite3_step(q);
	r = r == SQLITE_ROW    ? 1
	    : r == SQLITE_DONE ? 0
			       : store_failed(s, "cannot read the marks", e);
	sqlite3_reset(q);
	return r;
}

int
sqlite_set_long_keyed(struct store *s, struct err *e)
{
	if (sqlite3_exec(sqlite_db(s), store_marking, NULL, NULL, NULL) !=
	    SQLITE_OK)
		return store_failed(s, "cannot mark the store", e);
	return 0;
}

static int
store_long_stop(void *arg, int64_t tape, int64_t entry)
{
	(void)arg;
	(void)tape;
	(void)entry;
	return 1;
}

int
store_long_begin(struct store *s, struct err *e)
{
	int r = store_long_keyed(s, e);

	if (r == 0)
		r = store_long_requests(s, 0, store_long_stop, NULL, e);
	else if (r == 1)
		return 0;
	if (r == 0)
		return store_set_long_keyed(s, e);
	return r == -1 ? -1 : 0;
}
