/*
 * Whether the files that a writer has open are still those that others find
 * by their names.  Somebody may have removed or replaced them; what is
 * written to them then is written to nowhere, and SQLite does not notice.
 */
#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

#include "recorder/sqlite_priv.h"

void
store_files_begin(struct store *s)
{
	/* With all symbolic links followed, as SQLite did. */
	const char *path = sqlite3_db_filename(sqlite_db(s), "main");
	static const char *const ends[SQLITE_FILES] = { "", "-wal", "-shm" };
	struct sqlite_file *f = sqlite_of(s)->files;
	struct stat st;
	size_t i;

	for (i = 0; i < SQLITE_FILES; i++, f++) {
		f->path = xasprintf("%s%s", path, ends[i]);
		if (stat(f->path, &st) == 0) {
			f->device = st.st_dev;
			f->number = st.st_ino;
			continue;
		}
		free(f->path);
		f->path = NULL;
	}
}

int
store_files_check(struct store *s, struct err *e)
{
	const struct sqlite_file *f;
	struct stat st;

	for (f = sqlite_of(s)->files; f < sqlite_of(s)->files + SQLITE_FILES;
	     f++) {
		if (f->path == NULL)
			continue;
		if (stat(f->path, &st) == 0 && st.st_dev == f->device &&
		    st.st_ino == f->number)
			continue;
		sqlite_of(s)->failure = SQLITE_READONLY_DBMOVED;
		return err_set(e,
		    "store %s: somebody removed or replaced %s while it was "
		    "in use; put it back or start anew",
		    s->path, f->path);
	}
	return 0;
}

void
store_files_fini(struct store *s)
{
	size_t i;

	for (i = 0; i < SQLITE_FILES; i++)
		free(sqlite_of(s)->files[i].path);
}
