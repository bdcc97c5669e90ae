#include "config.h"

#include <sqlite3.h>

#include "base/buf.h"

#include "recorder/sqlite_priv.h"

int
sqlite_check(struct store *s, struct buf *faults, struct err *e)
{
	sqlite3_stmt *q;
	const char *text;
	int rc;

	if (sqlite3_prepare_v2(sqlite_db(s), "PRAGMA quick_check(10)", -1, &q,
		NULL) != SQLITE_OK)
		return store_failed(s, "quick_check", e);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		text = (const char *)sqlite3_column_text(q, 0);
		if (!str_is(str_of(text), "ok"))
			buf_addf(faults, "%s%s", faults->n > 0 ? "; " : "",
			    text != NULL ? text : "");
	}
	if (rc != SQLITE_DONE)
		store_failed(s, "quick_check", e);
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? 0 : -1;
}
