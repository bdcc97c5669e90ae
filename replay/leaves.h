#ifndef REPLAY_LEAVES_H
#define REPLAY_LEAVES_H

/*
 * A JSON text taken apart for comparing: its values in the order of the
 * text, each with a hash that is equal for equal values.  The order of
 * members, spacing, escapes and the ways to write a number make no
 * difference; with as_set neither does the order of the items of arrays.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct buf;

#define LEAVES_MOST 50000 /* values in a text */
#define LEAVES_DEPTH 64
#define LEAVES_TEXT 256 /* bytes that are kept of a string */

enum leaf_type {
	LEAF_OBJECT,
	LEAF_ARRAY,
	LEAF_STRING,
	LEAF_NUMBER,
	LEAF_TRUE,
	LEAF_FALSE,
	LEAF_NULL,
};

struct leaf {
	enum leaf_type type;
	uint32_t parent; /* its place in v; of the first one, 0 */
	uint32_t within; /* how many behind this one lie in it */
	uint32_t index;  /* among its siblings */
	uint32_t items;  /* members or items */
	struct str name; /* of a member */
	struct str text; /* the start of a string, a number as written */
	uint64_t value;
	uint64_t as_set;
};

/* All zero to begin; v[0] is the whole. */
struct leaves {
	struct arena arena;
	struct leaf *v;
	size_t n, cap;
};

/* 0, or -1 when json is not JSON, is more than what is above or has an object
 * with two members of one name. */
int leaves_read(struct leaves *l, struct str json);
void leaves_free(struct leaves *l);

/* The value behind v[i] and all that lies in it. */
static inline size_t
leaves_next(const struct leaves *l, size_t i)
{
	return i + 1 + l->v[i].within;
}

/* Adds the JSON Pointer (RFC 6901) of v[i]; with any, a star in the place of
 * each index, which is any item to rules. */
void leaves_pointer(
    const struct leaves *l, size_t i, bool any, struct buf *out);

/* Adds v[i] as JSON, objects and arrays as {...} or [...] unless empty. */
void leaves_text(const struct leaves *l, size_t i, struct buf *out);

#endif
