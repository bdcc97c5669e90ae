#ifndef TESTS_UNIT_SQL_H
#define TESTS_UNIT_SQL_H

/* What the sqlite3 shell would show of a store's file, and do to it.  It waits
 * for whoever writes. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/mem.h"

#include "tap.h"

static sqlite3 *
sql_open(const char *path, int flags)
{
	sqlite3 *db;

	CHECK_INT(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | flags, NULL),
	    SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	return db;
}

/* The first column of the first row, which the caller frees; "" for NULL.
 * NULL, and the reason is told, when there is no row. */
__attribute__((unused)) static char *
sql_text(const char *path, const char *sql)
{
	sqlite3 *db = sql_open(path, 0);
	sqlite3_stmt *q = NULL;
	const char *text;
	char *copy = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW) {
		text = (const char *)sqlite3_column_text(q, 0);
		copy = xstrdup(text != NULL ? text : "");
	} else {
		printf("# %s\n", sqlite3_errmsg(db));
	}
	sqlite3_finalize(q);
	sqlite3_close(db);
	return copy;
}

/* The same of a whole number; -1 when there is no row. */
__attribute__((unused)) static int64_t
sql_number(const char *path, const char *sql)
{
	char *text = sql_text(path, sql);
	int64_t n = text != NULL ? strtoll(text, NULL, 10) : -1;

	free(text);
	return n;
}

/* Makes the file if there is none. */
__attribute__((unused)) static void
sql_run(const char *path, const char *sql)
{
	sqlite3 *db = sql_open(path, SQLITE_OPEN_CREATE);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		printf("# %s\n", sqlite3_errmsg(db));
	CHECK_INT(rc, SQLITE_OK);
	sqlite3_close(db);
}

#endif
