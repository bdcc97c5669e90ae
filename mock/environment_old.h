#ifndef MOCK_ENVIRONMENT_OLD_H
#define MOCK_ENVIRONMENT_OLD_H

/*
 * Files of older Mockoons as environments of today, and files of other
 * programs, which are told what they are.
 */

#include <jansson.h>

#include "base/str.h"

struct buf;
struct err;

/*
 * The environment in what a file holds: that itself, or the one of an export
 * (until Mockoon 1.16).  Routes are changed in root to have responses, where
 * they are older (until 1.4).  A new reference; NULL with *e ("PATH: ...")
 * set.
 */
json_t *environment_of(const char *path, json_t *root, struct err *e);

/* Appends a template with the methods of faker as they are called since
 * faker 8. */
void environment_rename_fakers(struct str text, struct buf *out);

#endif
