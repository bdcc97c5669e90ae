#ifndef GATEWAY_EXPORT_OUT_H
#define GATEWAY_EXPORT_OUT_H

/*
 * Where an export goes: a file, with payload files beside it if need be, or a
 * zip with all of them.  Payload files come first and the file last, so that
 * whoever sees it finds what it names.
 */

#include <stdbool.h>

#include "base/str.h"
#include "gateway/out_file.h"

struct err;
struct feed;
struct har_zip;

struct export_out {
	struct out_file file;
	struct har_zip *zip; /* or NULL */
	char *folder;        /* of the file, with a slash behind it, or "" */
	char **made;         /* payload files that were not there before */
	size_t nmade, cap;
	bool wrote; /* a payload file, new or in place of a damaged one */
};

/* path has to live as long; "-" is standard output.  0 or -1; whatever
 * happens, export_out_abandon() cleans up. */
int export_out_open(
    struct export_out *o, const char *path, bool zip, struct err *e);

/* A json_write_fn, and the attach of har_write.h. */
int export_out_write(void *out, const void *p, size_t n, struct err *e);
int export_out_attach(
    void *out, const char *name, struct feed *bytes, struct err *e);

/* Gives everything its name.  0 or -1. */
int export_out_commit(struct export_out *o, struct err *e);

/* Leaves nothing of an export that was not committed. */
void export_out_abandon(struct export_out *o);

#endif
