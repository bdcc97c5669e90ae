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
    ");\n"
    "CREATE TABLE IF NOT EXISTS came (\n"
    "  -- Entries up to last are in the shared store; those that are here,\n"
    "  -- too, are as they were there in that epoch of the tape.\n"
    "  one INTEGER PRIMARY KEY CHECK (one = 1),\n"
    "  last INTEGER NOT NULL,\n"
    "  tape TEXT NOT NULL,\n"
    "  epoch INTEGER NOT NULL\n"
    ");\n";

#define BACKLOG_ASIDE "id IN (SELECT entry FROM aside)"
#define BACKLOG_LAST \
	"SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE " \
	"name = 'entry'"

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
backlog_text(struct store *s, const char *sql, struct buf *text, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int r = 0;

	if (sqlite3_prepare_v2(sqlite_db(s), sql, -1, &q, NULL) != SQLITE_OK)
		r = store_failed(s, "cannot read whom it waits for", e);
	else if (sqlite3_step(q) == SQLITE_ROW)
		buf_add_str(text, store_column(q, 0));
	sqlite3_finalize(q);
	return r;
}

/* An older hark's file has not all of them. */
static bool
backlog_has(struct store *s, const char *table)
{
	char sql[100];

	sqlite3_snprintf(sizeof(sql), sql,
	    "SELECT count(*) FROM sqlite_schema WHERE name = %Q", table);
	return backlog_number(s, sql, 0) > 0;
}

static int
backlog_came_of(struct store *s, struct backlog_state *state, struct err *e)
{
	state->epoch = -1;
	if (!backlog_has(s, "came"))
		return 0;
	state->came =
	    backlog_number(s, "SELECT coalesce(max(last), 0) FROM came", 0);
	state->epoch =
	    backlog_number(s, "SELECT coalesce(max(epoch), -1) FROM came", 0);
	return backlog_text(s, "SELECT tape FROM came", &state->tape, e);
}

void
backlog_state_free(struct backlog_state *state)
{
	buf_free(&state->url);
	buf_free(&state->tape);
}

int
backlog_state_of(struct store *s, struct backlog_state *state, struct err *e)
{
	bool aside = backlog_has(s, "aside");

	*state = (struct backlog_state){ .is = backlog_has(s, "waits_for") &&
					       backlog_has(s, "run") };
	if (backlog_came_of(s, state, e) == -1)
		return -1;
	if (aside)
		state->refused = backlog_aside(s);
	state->entries = backlog_number(s,
	    aside ? "SELECT count(*) FROM entry WHERE id > ? AND "
		    "NOT " BACKLOG_ASIDE
		  : "SELECT count(*) FROM entry WHERE id > ?",
	    state->came);
	state->first = backlog_number(s,
	    aside ? "SELECT coalesce(min(id), 0) FROM entry WHERE id > ? AND "
		    "NOT " BACKLOG_ASIDE
		  : "SELECT coalesce(min(id), 0) FROM entry WHERE id > ?",
	    state->came);
	state->last = backlog_number(s, BACKLOG_LAST, 0);
	if (state->entries < 0 || state->last < 0)
		return store_failed(s, "cannot count what waits", e);
	return state->is
		   ? backlog_text(s, "SELECT url FROM waits_for WHERE one = 1",
			 &state->url, e)
		   : 0;
}

/* With text as ?1, or numbers as ?1 and ?2. */
static int
backlog_write(struct store *s, const char *sql, const char *text,
    int64_t number, int64_t second, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int r;

	if (sqlite3_prepare_v2(sqlite_db(s), sql, -1, &q, NULL) != SQLITE_OK)
		return store_failed(s, "cannot prepare it", e);
	if (text != NULL)
		store_bind(q, 1, str_of(text));
	else
		sqlite3_bind_int64(q, 1, number);
	sqlite3_bind_int64(q, 2, second);
	r = store_run(s, q, "cannot change what waits", e);
	sqlite3_finalize(q);
	return r;
}

/* The first of what was put aside get numbers behind last, of the run that
 * there is then: those that they had are taken for what came. */
static int
backlog_renumber(struct store *s, int64_t last, int64_t most, struct err *e)
{
	int64_t first =
	    backlog_number(s, "SELECT coalesce(min(entry), 0) FROM aside", 0);
	int64_t until = backlog_number(s,
	    "SELECT coalesce(max(entry), 0) FROM (SELECT entry FROM aside "
	    "ORDER BY entry LIMIT ?)",
	    most);

	if (first == 0)
		return 0;
	if (backlog_write(s,
		"UPDATE entry SET id = id + ?1 WHERE id <= ?2 "
		"AND " BACKLOG_ASIDE,
		NULL, last + 1 - first, until, e) != 0 ||
	    backlog_write(s,
		"UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM entry) "
		"WHERE name = 'entry' AND seq < (SELECT max(id) FROM entry)",
		NULL, 0, 0, e) != 0)
		return -1;
	return backlog_write(
	    s, "DELETE FROM aside WHERE entry <= ?2", NULL, 0, until, e);
}

static int
backlog_begin_run(struct store *s, const char *url, int64_t last, struct err *e)
{
	if (sqlite3_exec(sqlite_db(s), backlog_tables, NULL, NULL, NULL) !=
	    SQLITE_OK)
		return store_failed(s, "cannot make its tables", e);
	if (backlog_write(s,
		"INSERT OR REPLACE INTO waits_for (one, url) VALUES (1, ?)",
		url, 0, 0, e) != 0 ||
	    backlog_write(s,
		"DELETE FROM run WHERE NOT EXISTS (SELECT 1 FROM entry WHERE "
		"id > coalesce((SELECT last FROM came), 0))",
		NULL, 0, 0, e) != 0)
		return -1;
	if (backlog_write(s,
		"INSERT OR REPLACE INTO run (first, id) VALUES (?, "
		"randomblob(16))",
		NULL, last + 1, 0, e) != 0)
		return -1;
	return backlog_renumber(s, last, INT64_MAX, e);
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
backlog_next(struct store *s, int64_t after,
    int (*fn)(void *arg, const struct backlog_next *), void *arg, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BACKLOG_NEXT,
	    "SELECT e.id, e.tape, t.name FROM entry AS e CROSS JOIN tape AS t "
	    "ON t.id = e.tape WHERE e.id > ? ORDER BY e.id",
	    e);
	struct backlog_next n;
	int r = SQLITE_DONE, stop = 0;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, after);
	while (stop == 0 && (r = sqlite3_step(q)) == SQLITE_ROW) {
		n = (struct backlog_next){
			.entry = sqlite3_column_int64(q, 0),
			.tape = sqlite3_column_int64(q, 1),
			.name = store_column(q, 2),
		};
		stop = fn(arg, &n);
	}
	if (stop == 0 && r != SQLITE_DONE)
		stop = store_failed(s, "cannot read what waits", e);
	sqlite3_reset(q);
	return stop;
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

int64_t
backlog_forget_some(struct store *s, int64_t entry, struct err *e)
{
	int64_t upto;

	if (store_begin(s, e) != 0)
		return -1;
	upto = backlog_some(s, entry, e);
	if (upto >= 0 && (upto == 0 || backlog_delete(s, upto, e) == 0) &&
	    store_commit(s, e) == 0)
		return upto;
	store_rollback(s);
	return -1;
}

int
backlog_forget(struct store *s, int64_t entry, struct err *e)
{
	int64_t upto;

	do
		upto = backlog_forget_some(s, entry, e);
	while (upto > 0 && upto < entry);
	return upto == -1 ? -1 : 0;
}

int
backlog_keep(struct store *s, int64_t entry, const char *tape, int64_t epoch,
    struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BACKLOG_KEEP,
	    "INSERT OR REPLACE INTO came (one, last, tape, epoch) "
	    "VALUES (1, ?, ?, ?)",
	    e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	store_bind(q, 2, str_of(tape));
	sqlite3_bind_int64(q, 3, epoch);
	return store_run(s, q, "cannot note what was shipped", e);
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
backlog_aside(struct store *s)
{
	return backlog_number(
	    s, "SELECT count(*) FROM entry WHERE " BACKLOG_ASIDE, 0);
}

int64_t
backlog_retry(struct store *s, int64_t most, int64_t *last, struct err *e)
{
	int64_t before = backlog_aside(s), after;

	*last = backlog_number(s, BACKLOG_LAST, 0);
	if (store_begin(s, e) != 0)
		return -1;
	if (backlog_renumber(s, *last, most, e) == 0 &&
	    store_commit(s, e) == 0) {
		*last = backlog_number(s, BACKLOG_LAST, 0);
		after = backlog_aside(s);
		return before - after;
	}
	store_rollback(s);
	return -1;
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
	int64_t all = size * backlog_number(s, "PRAGMA page_count", 0);
	int64_t used = backlog_bytes(s);

	if (all - used > BACKLOG_SHRINK && used < all / 2)
		sqlite3_exec(sqlite_db(s), "VACUUM", NULL, NULL, NULL);
}
