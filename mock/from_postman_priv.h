#ifndef MOCK_FROM_POSTMAN_PRIV_H
#define MOCK_FROM_POSTMAN_PRIV_H

#include <jansson.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct draft;

/* An import that goes on, as from_postman*.c share it. */
struct postman {
	struct draft *draft;
	json_t *variables; /* of the collection, by name: texts */
	struct buf where;  /* "item[2].item[0]" */
};

/* The value of a variable; p is NULL when the collection has none. */
struct str postman_variable(const struct postman *p, struct str name);

/* s with the collection's variables in their places; those it does not have
 * stay. */
void postman_fill(const struct postman *p, struct str s, struct buf *out);

/* The endpoint of a url, which is a text or an object. */
void postman_endpoint(
    const struct postman *p, const json_t *url, struct buf *out);

/* Its query, "a=1&b=2". */
void postman_query(const struct postman *p, const json_t *url, struct buf *out);

#endif
