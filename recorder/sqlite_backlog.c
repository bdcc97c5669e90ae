#include "config.h"

#include <string.h>

#include <sqlite3.h>

#include "base/err.h"

#include "recorder/sqlite_backlog.h"
#include "recorder/sqlite_priv.h"

#define BACKLOG_SHRINK (16 << 20) /* bytes that are worth it */
#define BACKLOG_AT_ONCE 1000      /* entries that a transaction deletes */

static const char backlog_tables[] =
    "CREATE TABLE IF NOT EXISTS waits_for (\n"
    "  -- The shared store that the entries of this file are for.\n"
    "  one INTEGER PRIMARY KEY CHECK (one = 1),\n"
    "  url TEXT NOT NULL\n"
    ");\n"
    "CREATE TABLE IF NOT EXISTS run (\n"
    "  -- Who recorded the entries from first on: 16 random bytes.\n"
    "  first INTEGER PRIMARY KEY, -- entry.id\n"
    "  id BLOB NOT NULL\n"
    ");\n"
    "CREATE TABLE IF NOT EXISTS aside (\n"
    "  -- Entries that the shared store refused; the next start tries again.\n"
    "  entry INTEGER PRIMARY KEY,\n"
    "  why TEXT NOT NULL\n"
    ");\n";

#define BACKLOG_ASIDE "id IN (SELECT entry FROM aside)"

static int64_t
backlog_number(struct store *s, const char *sql, int64_t parameter)
{
	sqlite3_stmt *q = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(sqlite_db(s), sql, -1, &q, NULL) == SQLITE_OK) {
		sqlite3_bind_int64(q, 1, parameter);
		if (sqlite3_step(q) == SQLITE_ROW)
			n = sqlite3_column_int64(q, 0);
	}
	sqlite3_finalize(q);
	return n;
}

static int
backlog_url_of(struct store *s, struct buf *url, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int r = 0;

	if (sqlite3_prepare_v2(sqlite_db(s),
		"SELECT url FROM waits_for WHERE one = 1", -1, &q,
		NULL) != SQLITE_OK)
		r = store_failed(s, "cannot read whom it waits for", e);
	else if (sqlite3_step(q) == SQLITE_ROW)
		buf_add_str(url, store_column(q, 0));
	sqlite3_finalize(q);
	return r;
}

/* How many entries are put aside; an older hark's file has no table of them. */
static int64_t
backlog_aside(struct store *s)
{
	if (backlog_number(s,
		"SELECT count(*) FROM sqlite_schema WHERE name = 'aside'",
		0) <= 0)
		return 0;
	return backlog_number(
	    s, "SELECT count(*) FROM entry WHERE " BACKLOG_ASIDE, 0);
}

int
backlog_state_of(struct store *s, struct backlog_state *state, struct err *e)
{
	*state = (struct backlog_state){ .is = false };
	state->is = backlog_number(s,
			"SELECT count(*) FROM sqlite_schema WHERE name IN "
			"('waits_for', 'run')",
			0) == 2;
	state->refused = backlog_aside(s);
	state->entries =
	    backlog_number(s, "SELECT count(*) FROM entry WHERE id > 0", 0) -
	    state->refused;
	state->first = state->refused == 0
			   ? backlog_number(s,
				 "SELECT coalesce(min(id), 0) FROM entry "
				 "WHERE id > 0",
				 0)
			   : backlog_number(s,
				 "SELECT coalesce(min(id), 0) FROM entry "
				 "WHERE id > 0 AND NOT " BACKLOG_ASIDE,
				 0);
	state->last = backlog_number(s,
	    "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE "
	    "name = 'entry'",
	    0);
	if (state->entries < 0 || state->last < 0)
		return store_failed(s, "cannot count what waits", e);
	return state->is ? backlog_url_of(s, &state->url, e) : 0;
}

static int
backlog_write(struct store *s, const char *sql, const char *text,
    int64_t number, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int r;

	if (sqlite3_prepare_v2(sqlite_db(s), sql, -1, &q, NULL) != SQLITE_OK)
		return store_failed(s, "cannot prepare it", e);
	if (text != NULL)
		store_bind(q, 1, str_of(text));
	else if (sqlite3_bind_parameter_count(q) > 0)
		sqlite3_bind_int64(q, 1, number);
	r = store_run(s, q, "cannot begin a run", e);
	sqlite3_finalize(q);
	return r;
}

/* What was put aside gets numbers of the new run: those that it had are taken
 * for what came. */
static int
backlog_retry(struct store *s, int64_t last, struct err *e)
{
	int64_t first =
	    backlog_number(s, "SELECT coalesce(min(entry), 0) FROM aside", 0);

	if (first == 0)
		return 0;
	if (backlog_write(s,
		"UPDATE entry SET id = id + ? WHERE " BACKLOG_ASIDE, NULL,
		last + 1 - first, e) != 0 ||
	    backlog_write(s,
		"UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM entry) "
		"WHERE name = 'entry' AND seq < (SELECT max(id) FROM entry)",
		NULL, 0, e) != 0)
		return -1;
	return backlog_write(s, "DELETE FROM aside", NULL, 0, e);
}

static int
backlog_begin_run(struct store *s, const char *url, int64_t last, struct err *e)
{
	if (sqlite3_exec(sqlite_db(s), backlog_tables, NULL, NULL, NULL) !=
	    SQLITE_OK)
		return store_failed(s, "cannot make its tables", e);
	if (backlog_write(s,
		"INSERT OR REPLACE INTO waits_for (one, url) VALUES (1, ?)",
		url, 0, e) != 0 ||
	    backlog_write(s,
		"DELETE FROM run WHERE NOT EXISTS (SELECT 1 FROM entry)", NULL,
		0, e) != 0)
		return -1;
	if (backlog_write(s,
		"INSERT OR REPLACE INTO run (first, id) VALUES (?, "
		"randomblob(16))",
		NULL, last + 1, e) != 0)
		return -1;
	return backlog_retry(s, last, e);
}

int
backlog_begin(struct store *s, const char *url, int64_t last, struct err *e)
{
	if (store_begin(s, e) != 0)
		return -1;
	if (backlog_begin_run(s, url, last, e) == 0 && store_commit(s, e) == 0)
		return 0;
	store_rollback(s);
	return -1;
}

int
backlog_run_of(struct store *s, int64_t entry, uint8_t run[BACKLOG_RUN_BYTES],
    int64_t *until, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BACKLOG_RUN,
	    "SELECT id, (SELECT min(first) FROM run WHERE first > ?1) "
	    "FROM run WHERE first <= ?1 ORDER BY first DESC LIMIT 1",
	    e);
	int r = 0;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	if (sqlite3_step(q) == SQLITE_ROW &&
	    sqlite3_column_bytes(q, 0) == BACKLOG_RUN_BYTES) {
		memcpy(run, sqlite3_column_blob(q, 0), BACKLOG_RUN_BYTES);
		*until = sqlite3_column_type(q, 1) == SQLITE_NULL
			     ? INT64_MAX
			     : sqlite3_column_int64(q, 1) - 1;
	} else {
		r = err_set(e, "store %s: entry %lld is of no run", s->path,
		    (long long)entry);
	}
	sqlite3_reset(q);
	return r;
}

/* Of the entries up to ?1 the last of the first BACKLOG_AT_ONCE; 0 for none, or
 * -1. */
static int64_t
backlog_some(struct store *s, int64_t entry, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BACKLOG_SOME,
	    "SELECT coalesce(max(id), 0) FROM (SELECT id FROM entry "
	    "WHERE id BETWEEN 1 AND ?1 AND NOT " BACKLOG_ASIDE
	    " ORDER BY id LIMIT ?2)",
	    e);
	int64_t id;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	sqlite3_bind_int64(q, 2, BACKLOG_AT_ONCE);
	id = sqlite3_step(q) == SQLITE_ROW
		 ? sqlite3_column_int64(q, 0)
		 : store_failed(s, "cannot look for what was shipped", e);
	sqlite3_reset(q);
	return id;
}

/* The entries that go, and the bodies that no others have. */
#define BACKLOG_GOES "id BETWEEN 1 AND ?1 AND NOT " BACKLOG_ASIDE
#define BACKLOG_STAYS(column) \
	"(SELECT 1 FROM entry WHERE " column " = body AND NOT " \
	"(" BACKLOG_GOES "))"
#define BACKLOG_BODIES \
	" IN (SELECT body FROM (SELECT request_body AS body FROM entry " \
	"WHERE " BACKLOG_GOES " UNION SELECT response_body FROM entry " \
	"WHERE " BACKLOG_GOES ") WHERE body IS NOT NULL AND " \
	"NOT EXISTS " BACKLOG_STAYS("request_body") " AND NOT " \
						    "EXISTS " BACKLOG_STAYS( \
							"response_body") ")"

static const struct {
	enum store_statement which;
	const char *sql;
} backlog_deletes[] = {
	{ STORE_BACKLOG_PARTS,
	    "DELETE FROM body_part WHERE body" BACKLOG_BODIES },
	{ STORE_BACKLOG_BODIES, "DELETE FROM body WHERE id" BACKLOG_BODIES },
	{ STORE_BACKLOG_ENTRIES, "DELETE FROM entry WHERE " BACKLOG_GOES },
};

static int
backlog_delete(struct store *s, int64_t upto, struct err *e)
{
	sqlite3_stmt *q;
	size_t i;

	/* Few have long bodies. */
	i = backlog_number(s, "SELECT EXISTS (SELECT 1 FROM body_part)", 0) ==
	    0;
	for (; i < sizeof(backlog_deletes) / sizeof(*backlog_deletes); i++) {
		q = store_statement(
		    s, backlog_deletes[i].which, backlog_deletes[i].sql, e);
		if (q == NULL)
			return -1;
		sqlite3_bind_int64(q, 1, upto);
		if (store_run(s, q, "cannot delete what was shipped", e) != 0)
			return -1;
	}
	return 0;
}

/* 1 when there may be more, 0 or -1. */
static int
backlog_forget_some(struct store *s, int64_t entry, struct err *e)
{
	int64_t upto;

	if (store_begin(s, e) != 0)
		return -1;
	upto = backlog_some(s, entry, e);
	if (upto >= 0 && (upto == 0 || backlog_delete(s, upto, e) == 0) &&
	    store_commit(s, e) == 0)
		return upto > 0 && upto < entry;
	store_rollback(s);
	return -1;
}

int
backlog_forget(struct store *s, int64_t entry, struct err *e)
{
	int r;

	do
		r = backlog_forget_some(s, entry, e);
	while (r == 1);
	return r;
}

int
backlog_put_aside(
    struct store *s, int64_t entry, const char *why, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BACKLOG_ASIDE,
	    "INSERT OR REPLACE INTO aside (entry, why) VALUES (?, ?)", e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	store_bind(q, 2, str_of(why));
	return store_run(s, q, "cannot put an entry aside", e);
}

int64_t
backlog_next_aside(struct store *s, int64_t after, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BACKLOG_NEXT_ASIDE,
	    "SELECT coalesce(min(entry), 0x7fffffffffffffff) FROM aside "
	    "WHERE entry > ?",
	    e);
	int64_t id;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, after);
	id = sqlite3_step(q) == SQLITE_ROW
		 ? sqlite3_column_int64(q, 0)
		 : store_failed(s, "cannot read what was put aside", e);
	sqlite3_reset(q);
	return id;
}

int64_t
backlog_bytes(struct store *s)
{
	int64_t size = backlog_number(s, "PRAGMA page_size", 0);
	int64_t all = backlog_number(s, "PRAGMA page_count", 0);
	int64_t unused = backlog_number(s, "PRAGMA freelist_count", 0);

	return size * (all - unused);
}

void
backlog_limit(struct store *s, uint64_t most)
{
	int64_t size = backlog_number(s, "PRAGMA page_size", 0);
	char sql[100];

	sqlite3_snprintf(sizeof(sql), sql, "PRAGMA max_page_count = %lld",
	    (long long)(most / (uint64_t)(size > 0 ? size : 4096)));
	sqlite3_exec(sqlite_db(s), sql, NULL, NULL, NULL);
	sqlite_of(s)->most = most;
}

void
backlog_shrink(struct store *s)
{
	int64_t size = backlog_number(s, "PRAGMA page_size", 0);

	if (backlog_number(s, "SELECT count(*) FROM entry WHERE id > 0", 0) ==
		0 &&
	    size * backlog_number(s, "PRAGMA page_count", 0) > BACKLOG_SHRINK)
		sqlite3_exec(sqlite_db(s), "VACUUM", NULL, NULL, NULL);
}
