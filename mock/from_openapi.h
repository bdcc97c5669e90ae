#ifndef MOCK_FROM_OPENAPI_H
#define MOCK_FROM_OPENAPI_H

/*
 * Routes from an OpenAPI description: 2.0, 3.0, 3.1 and what newer 3.x share
 * with them, JSON or YAML.  Each operation becomes a route as Mockoon's own
 * import names it, each status a response whose body is an example or is made
 * from the schema, as a template where its values are free.
 *
 * References lead within the file and to files in or below its folder; nothing
 * is ever fetched.
 */

#include "base/str.h"

struct draft;
struct err;

/* NULL with *e set when the file at path, or text as if it were that file's,
 * cannot be used at all. */
struct draft *from_openapi(const char *path, struct err *e);
struct draft *from_openapi_text(
    const char *path, struct str text, struct err *e);

#endif
