#include "config.h"

#include <string.h>

#include <sqlite3.h>

#include "base/err.h"
#include "recorder/integrity.h"

#include "recorder/sqlite_priv.h"

/* Calls on_row for each row; what SQLite cannot read is a fault, too. */
static int
check_rows(struct integrity *c, const char *sql,
    void (*on_row)(struct integrity *c, sqlite3_stmt *q), struct err *e)
{
	sqlite3_stmt *q;
	int rc;

	c->n = 0;
	rc = sqlite3_prepare_v2(sqlite_db(c->store), sql, -1, &q, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(q);
		if (rc == SQLITE_ROW)
			on_row(c, q);
	}
	/* SQLITE_ERROR: the schema is not what it should be. */
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_ERROR) {
		integrity_tell(c, sqlite3_errmsg(sqlite_db(c->store)));
		rc = SQLITE_DONE;
	}
	if (rc != SQLITE_DONE)
		store_failed(c->store, "cannot check it", e);
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? 0 : -1;
}

static void
check_on_pages(struct integrity *c, sqlite3_stmt *q)
{
	const char *text = (const char *)sqlite3_column_text(q, 0);

	if (text != NULL && strcmp(text, "ok") != 0)
		integrity_tell(c, text);
}

static void
check_on_missing(struct integrity *c, sqlite3_stmt *q)
{
	integrity_missing(c, sqlite3_column_int64(q, 0));
}

static void
check_on_size(struct integrity *c, sqlite3_stmt *q)
{
	integrity_size(c, sqlite3_column_int64(q, 0));
}

static void
check_on_body(struct integrity *c, sqlite3_stmt *q)
{
	struct str bytes = store_column(q, 3);

	if (sqlite3_column_type(q, 3) == SQLITE_NULL)
		bytes.p = NULL;
	else if (bytes.p == NULL)
		bytes.p = "";
	integrity_body(c, sqlite3_column_int64(q, 0),
	    (uint64_t)sqlite3_column_int64(q, 1), store_column(q, 2), bytes);
}

static void
check_on_entry(struct integrity *c, sqlite3_stmt *q)
{
	integrity_entry(c, sqlite3_column_int64(q, 0));
}

static const struct {
	const char *sql;
	void (*on_row)(struct integrity *c, sqlite3_stmt *q);
} checks[] = {
	{ "PRAGMA integrity_check(10)", check_on_pages },
	{ "SELECT id FROM entry WHERE "
	  "(request_body IS NOT NULL AND "
	  "request_body NOT IN (SELECT id FROM body)) OR "
	  "(response_body IS NOT NULL AND "
	  "response_body NOT IN (SELECT id FROM body))",
	    check_on_missing },
	{ "SELECT e.id FROM entry e "
	  "LEFT JOIN body q ON q.id = e.request_body "
	  "LEFT JOIN body r ON r.id = e.response_body "
	  "WHERE e.request_size <> q.size OR e.response_size <> r.size",
	    check_on_size },
	{ "SELECT id FROM entry WHERE id > 0", check_on_entry },
	{ "SELECT id, size, digest, bytes FROM body WHERE head IS NOT NULL",
	    check_on_body },
};

int
sqlite_check(struct store *s, struct buf *faults, struct err *e)
{
	struct integrity c = { .store = s, .faults = faults };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(checks) / sizeof(*checks); i++)
		r = check_rows(&c, checks[i].sql, checks[i].on_row, e);
	if (r == 0)
		integrity_ways(&c);
	buf_free(&c.piece);
	return r;
}
