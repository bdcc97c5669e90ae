#ifndef GATEWAY_OUT_FILE_H
#define GATEWAY_OUT_FILE_H

/*
 * A file that a command writes, which takes the place of an old one only when
 * it is whole, also behind a symbolic link; or standard output.  A device, a
 * pipe and what else is there but is no regular file is written to as it is.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct err;

struct out_file {
	const char *path;
	char *target;    /* where a link at path leads, or path */
	char *temporary; /* NULL for what is written as it is, and in the end */
	int fd;
	bool opened; /* fd is, for out_file_close() to close */
};

/* Begins the file at path, which has to live as long.  0 or -1; whatever
 * happens, out_file_close() ends it. */
typedef int out_file_open_fn(
    struct out_file *f, const char *path, struct err *e);

/* One that a command was asked for; "-" is standard output. */
out_file_open_fn out_file_open;

/* One that is written again and again: with the permissions that it has, and by
 * way of PATH-new, so that a program that is killed leaves no more than
 * that. */
out_file_open_fn out_file_open_again;

/* One that its owner alone may read.  A link at path is replaced. */
out_file_open_fn out_file_open_private;

/* A json_write_fn whose arg is the struct out_file. */
int out_file_write(void *f, const void *p, size_t n, struct err *e);

/* Gives the file its name, on disk once this returns 0; -1 on error. */
int out_file_commit(struct out_file *f, struct err *e);

/* Gives the file its name, but does not wait for the disk.  It is closed. */
int out_file_place(struct out_file *f, struct err *e);

/* Leaves nothing of a file that got no name. */
void out_file_close(struct out_file *f);

/* The whole of one in one go, on disk once this returns 0; -1 on error. */
int out_file_save(
    out_file_open_fn *begin, const char *path, struct str text, struct err *e);

/* Removes what was written there, but no device. */
void out_file_remove(const char *path);

#endif
