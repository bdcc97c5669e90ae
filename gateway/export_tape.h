#ifndef GATEWAY_EXPORT_TAPE_H
#define GATEWAY_EXPORT_TAPE_H

/* A tape, or the part of it that filters leave, as a HAR. */

#include <stdbool.h>

#include "har/har_write.h"

struct err;
struct store;
struct store_filter;

/* What the export looks like. */
struct export_form {
	bool zip;
	struct har_write_options har;
};

/* Writes what f leaves to path ("-" is standard output), which appears whole
 * or not at all.  0, or -1 with *e set. */
int export_tape(struct store *s, const struct store_filter *f,
    const struct export_form *form, const char *path, struct err *e);

#endif
