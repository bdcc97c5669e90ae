#ifndef MOCK_DOCUMENT_H
#define MOCK_DOCUMENT_H

/* Files of JSON, or of YAML, as values. */

#include <jansson.h>

#include "base/str.h"

struct buf;
struct err;

#define DOCUMENT_MOST (64u << 20) /* bytes of a file */

/* Appends what is in the file at path, up to most bytes of it.  0, or -1 with
 * *e set, which names path; so do those of the others. */
int document_read(
    const char *path, size_t most, struct buf *text, struct err *e);

/* text as the value of the file at path: JSON, YAML when it is no JSON. */
json_t *document_parse(const char *path, struct str text, struct err *e);
json_t *document_load(const char *path, struct err *e);

/* The same for JSON alone. */
json_t *document_load_json(const char *path, struct err *e);

/* The text of an object's member; "" when it has none. */
struct str document_text(const json_t *object, const char *member);

#endif
