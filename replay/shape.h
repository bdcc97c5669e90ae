#ifndef REPLAY_SHAPE_H
#define REPLAY_SHAPE_H

/*
 * The shapes of two sets of exchanges, side by side: for each endpoint
 * (method, path and the names in the query) what its responses have, but for
 * the values.  Everything is a fact, which either side may have seen.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct err;
struct exchange;
struct shape; /* opaque */

enum shape_kind {
	SHAPE_ENDPOINT, /* that it was asked; the name is "" */
	SHAPE_STATUS,   /* a status, or how the exchange failed */
	SHAPE_HEADER,   /* an end-to-end response field, in lower case */
	SHAPE_MEDIA,    /* the media type of the response, in lower case */
	SHAPE_JSON,     /* a place in its JSON body: "$.users[].name" */
	SHAPE_KINDS
};

/* What a SHAPE_JSON fact has seen at its place; other facts have seen 1. */
enum shape_type {
	SHAPE_OBJECT = 1,
	SHAPE_ARRAY = 2,
	SHAPE_STRING = 4,
	SHAPE_NUMBER = 8,
	SHAPE_BOOLEAN = 16,
	SHAPE_NULL = 32,
};

/* The different strings at a place, by both sides, while they are few. */
#define SHAPE_WORDS 8
#define SHAPE_WORD_BYTES 40
struct shape_words {
	struct str v[SHAPE_WORDS];
	unsigned n;
	bool many; /* there were others, or longer ones */
	uint32_t times;
};

struct shape_fact {
	struct str endpoint; /* "GET /users?page&size" */
	enum shape_kind kind;
	struct str name;
	unsigned seen[2];  /* by each side; 0: never */
	uint32_t times[2]; /* how often by each; a field once per exchange */
	/* How many of them can hold what is below: objects at a place in JSON,
	 * bodies at hand at an endpoint. */
	uint32_t holders[2];
	struct shape_words *words; /* SHAPE_GENERAL; NULL: no string */
	uint32_t answer; /* of a field, for shape.c: the last that had it */
};

enum shape_grain {
	SHAPE_EXACT,
	/* All ids (recorder/path.h) in a path are one "*", those that name
	 * members one ".*"; statuses are endpoints of their own, as in
	 * "GET /users?page 200"; and strings are kept. */
	SHAPE_GENERAL,
};

struct shape *shape_new(enum shape_grain grain);
void shape_free(struct shape *s); /* safe on NULL */

/* Adds what x shows to a side, 0 or 1.  body is its response body without
 * content coding; p is NULL when that is not at hand.  0, or -1 when there
 * are more facts than memory is for. */
int shape_add(struct shape *s, int side, const struct exchange *x,
    struct str body, struct err *e);

/* All facts, those of an endpoint together with SHAPE_ENDPOINT first, then by
 * kind and name; a place in JSON stands right before all below it.  Nothing
 * can be added any more. */
const struct shape_fact *shape_facts(struct shape *s, size_t *n);

/* The facts of one endpoint alone. */
const struct shape_fact *shape_facts_of(
    struct shape *s, struct str endpoint, size_t *n);

/* That order: below, at or above 0. */
int shape_order(const struct shape_fact *a, const struct shape_fact *b);

#endif
