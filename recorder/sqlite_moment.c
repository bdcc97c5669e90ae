/* What tells that a commit became visible, without asking SQLite. */
#include "config.h"

#include <string.h>

#include <sqlite3.h>

#include "recorder/sqlite_priv.h"

/* How much of the WAL's index SQLite maps at a time; its own number. */
#define MOMENT_MAPPED (32 << 10)

/* Other journals keep nothing of the kind in memory. */
static bool
moment_is_wal(sqlite3 *db)
{
	sqlite3_stmt *q = NULL;
	bool wal = false;

	if (sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &q, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		wal = sqlite3_stricmp(
			  (const char *)sqlite3_column_text(q, 0), "wal") == 0;
	sqlite3_finalize(q);
	return wal;
}

/*
 * The header of the WAL's index (sqlite.org/walformat.html, 2.1), which all
 * processes have mapped: every commit changes it, and a transaction that
 * begins compares it to see whether there was one.  It stays where it is as
 * long as the connection is open.
 */
static const volatile uint8_t *
moment_mapped(sqlite3 *db)
{
	sqlite3_file *file = NULL;
	void volatile *p = NULL;

	if (!moment_is_wal(db) ||
	    sqlite3_file_control(
		db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
	    file == NULL || file->pMethods == NULL ||
	    file->pMethods->iVersion < 2 ||
	    file->pMethods->xShmMap(file, 0, MOMENT_MAPPED, 0, &p) != SQLITE_OK)
		return NULL;
	return p;
}

bool
sqlite_moment(struct store *s, struct store_moment *m)
{
	struct sqlite *sqlite = sqlite_of(s);
	size_t i;

	memset(m, 0, sizeof(*m));
	if (sqlite->fixed)
		return true;
	if (sqlite->moment == NULL)
		sqlite->moment = moment_mapped(sqlite->db);
	if (sqlite->moment == NULL)
		return false;
	for (i = 0; i < sizeof(m->bytes); i++)
		m->bytes[i] = sqlite->moment[i];
	return true;
}
