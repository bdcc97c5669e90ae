#ifndef RECORDER_LOCK_H
#define RECORDER_LOCK_H

/*
 * One writer per store.  The lock is on a file of its own beside it, since
 * closing any descriptor of the database itself would drop SQLite's locks.
 */

#include <stdbool.h>

struct err;

struct lock {
	char *path;
	int fd;
};

/* Takes the lock of the store at path.  0, or -1 when somebody has it. */
int lock_take(struct lock *l, const char *path, struct err *e);

/* Gives it back and removes its file.  Does nothing on one not taken, all
 * zero or failed. */
void lock_drop(struct lock *l);

/* Whether somebody writes to the store at path. */
bool lock_held(const char *path);

#endif
