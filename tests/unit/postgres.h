#ifndef TESTS_UNIT_POSTGRES_H
#define TESTS_UNIT_POSTGRES_H

/* A PostgreSQL server of the test program's own, with its socket in the folder
 * pg of dir (folder.h). */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

/* Has tests/postgres/server.sh do something.  Its status, as of system(3). */
static int
postgres_tell(const char *what)
{
	char command[600];

	if (getenv("top_srcdir") == NULL)
		setenv("top_srcdir", ".", 1);
	snprintf(command, sizeof(command),
	    "sh %s/tests/postgres/server.sh %s %s/pg %d", getenv("top_srcdir"),
	    what, dir, (int)getpid());
	return system(command);
}

static void
postgres_stop(void)
{
	if (postgres_tell("stop") != 0)
		printf("# the server would not stop\n");
}

/* Starts it; it goes with the program.  False when there is none to be had. */
static bool
postgres_start(void)
{
	if (chmod(dir, 0755) != 0 || postgres_tell("start") != 0)
		return false;
	atexit(postgres_stop);
	return true;
}

#endif
