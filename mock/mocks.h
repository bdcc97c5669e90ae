#ifndef MOCK_MOCKS_H
#define MOCK_MOCKS_H

/*
 * Mocked routes: they answer before any recording and before the upstream.
 * An immutable table once the gateway runs.
 */

#include <stdint.h>

#include "base/str.h"
#include "har/headers.h"

struct mocks; /* opaque */

struct mock_reply {
	struct str id; /* of the route, for X-Hark-Source */
	int status;
	struct str headers; /* "Name: value\r\n"... */
	struct str body;
};

struct mocks *mocks_new(void);
void mocks_free(struct mocks *m); /* safe on NULL */

/* Adds a route; all strings are copied.  method is "*" for any; path is
 * literal, without query. */
void mocks_add(struct mocks *m, const char *id, const char *method,
    const char *path, int status, const char *headers, const char *body);

/* The reply of the first route that fits (path is the request target without
 * its query); it lives as long as m.  NULL when none does. */
const struct mock_reply *mocks_find(
    const struct mocks *m, struct str method, struct str path);

#endif
