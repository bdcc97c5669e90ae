#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

/*
 * A folder for the files of a test program, there before main() (RUN() has
 * no place for it) and removed with all in it at the end.  What a test
 * registers with atexit(3) runs before that.
 */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static char dir[] = "/tmp/hark-unit-XXXXXX";

static int
dir_remove(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static void
dir_end(void)
{
	nftw(dir, dir_remove, 8, FTW_DEPTH | FTW_PHYS);
}

__attribute__((constructor)) static void
dir_begin(void)
{
	if (mkdtemp(dir) == NULL)
		abort();
	atexit(dir_end);
}

/* A path in the folder.  The same buffer each time. */
__attribute__((unused)) static const char *
at(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

#endif
