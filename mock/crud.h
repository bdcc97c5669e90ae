#ifndef MOCK_CRUD_H
#define MOCK_CRUD_H

/*
 * CRUD routes: nine operations on a data bucket, by the method and whether
 * the path has an id behind it.  Lists are searched, filtered, sorted and
 * paged by the query; see Mockoon's documentation.
 */

#include <stdbool.h>

#include "base/str.h"

struct mock_reply;
struct responding;

/* Whether a CRUD route answers the method: at its endpoint, or with an id. */
bool crud_has_method(struct str method, bool item);

/* Does what the request asks, and makes the reply.  key is the path of the id
 * in an item. */
void crud_answer(const struct responding *d, bool item, struct str key,
    struct mock_reply *r);

#endif
