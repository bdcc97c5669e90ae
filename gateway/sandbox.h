#ifndef GATEWAY_SANDBOX_H
#define GATEWAY_SANDBOX_H

/*
 * What the program itself gives up for the time that it serves, so that a fault
 * in it is worth less:
 *
 *	sandbox_files.c	files: only those below folders that settings name, by
 *			Landlock (Linux 5.13)
 *	sandbox_calls.c	system calls: only those that a gateway needs, by
 *			seccomp, on x86-64 and AArch64
 *
 * Neither needs a privilege.  Both last for the process and all that it
 * executes.
 */

#include <stdbool.h>
#include <stddef.h>

struct err;
struct settings;

/* Whether sanitizers are built in, which do what no sandbox permits. */
bool sandbox_is_open(void);

/* What may be done to the files below a path. */
enum sandbox_access {
	SANDBOX_READ,
	SANDBOX_WRITE, /* and read, make, rename and remove */
};

struct sandbox_path {
	const char *path;
	enum sandbox_access access;
};

/*
 * Limits this thread, and threads that it makes from now on, to files below
 * the n paths; those that do not exist are passed over.  Files that are open
 * stay so.  1, 0 with *e set where the kernel cannot, -1 when it fails.
 */
int sandbox_files(const struct sandbox_path *paths, size_t n, struct err *e);

/*
 * Limits all threads to the system calls of a gateway; with offline none makes
 * a socket any more.  Another call fails with EPERM and is told on standard
 * error.  As above.
 */
int sandbox_calls(bool offline, struct err *e);

/*
 * What --sandbox says, before there are threads: files of these settings; to
 * be followed by sandbox_finish() when all threads run.  0, or -1 with *e set
 * when it must be and cannot.
 */
int sandbox_begin(const struct settings *s, struct err *e);
int sandbox_finish(const struct settings *s, struct err *e);

#endif
