#ifndef MOCK_ENDPOINT_H
#define MOCK_ENDPOINT_H

/*
 * The text of a route's endpoint: how it is made from paths that others write
 * in other ways, and what can be told about two of them.  See pattern.h for
 * what it means.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;

/* Appends text so that it stands for nothing but itself. */
void endpoint_add_literal(struct buf *out, struct str text);

/*
 * Appends a name that stands for a part of a segment.  What is not a letter, a
 * digit or _ is left out of it.  next is what follows in the path: the name is
 * quoted when that would run into it.
 */
void endpoint_add_name(struct buf *out, struct str name, struct str next);

/* Appends a path with names in braces ("/pets/{id}") as an endpoint. */
void endpoint_add_braces(struct buf *out, struct str path);

/* Whether each path that b stands for is one of a's, too; false also when
 * that cannot be told.  Without the prefix, which both have. */
bool endpoint_covers(struct str a, struct str b);

/* How an endpoint begins, as numbers by which it is told fast that one does
 * not cover another: for many that are compared with each other. */
struct endpoint_start {
	uint32_t at[4];
};
struct endpoint_start endpoint_start(struct str endpoint);
bool endpoint_may_cover(
    const struct endpoint_start *a, const struct endpoint_start *b);

#endif
