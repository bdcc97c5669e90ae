#ifndef MOCK_FILE_H
#define MOCK_FILE_H

/*
 * Files that mocked routes serve.  A path without a template is the author's
 * and may lead anywhere; what a template makes of a request stays below the
 * folder in front of the first expression, or below that of the mocks file.
 */

#include <stdbool.h>

#include "base/str.h"

struct buf;
struct err;

#define FILE_MOST (256u << 20) /* bytes that are read */

/* The absolute path of a file: named as it stands in the mocks file, rendered
 * as it is for a request.  folder is that of the mocks file.  0 or -1. */
int file_resolve(struct str folder, struct str named, struct str rendered,
    struct buf *path, struct err *e);

/* Reads the whole file.  0 or -1. */
int file_read(const char *path, struct buf *out, struct err *e);

#endif
