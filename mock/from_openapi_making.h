#ifndef MOCK_FROM_OPENAPI_MAKING_H
#define MOCK_FROM_OPENAPI_MAKING_H

/*
 * A body that is being made from a schema, as mock/from_openapi_*.c share it:
 *
 *	from_openapi_schema.c	any value, objects and arrays
 *	from_openapi_given.c	examples and defaults, if they fit
 *	from_openapi_join.c	one schema out of allOf, oneOf, anyOf and $ref
 *	from_openapi_number.c	numbers within limits
 *	from_openapi_string.c	texts, and choices among values
 *
 * What makes a value appends it and returns 0, or returns 1 when there is
 * none.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;
struct openapi;

#define MAKING_DEPTH 40     /* of values in values */
#define MAKING_OPEN 128     /* references within references */
#define MAKING_VALUES 20000 /* in one body */

/* Nothing stands for a value within itself. */
struct making {
	struct openapi *o;
	struct buf *out;
	bool plain; /* a scalar without quotes, for a header field */
	unsigned level;
	json_t *open[MAKING_OPEN]; /* what references led to */
	size_t nopen;
	bool looped; /* the last one led to one of these */
	size_t values;
	/* An item of an array all of which differ: which, of how many; of is 0
	 * elsewhere.  What has no more values begins with the first again. */
	size_t nth, of;
};

/* A text, or any value, that stands in the document. */
void making_put_text(struct making *m, struct str s);
int making_put(struct making *m, const json_t *v);

/* What a call of a helper gives, as a text. */
int making_call(struct making *m, const char *call);

/* Follows references.  NULL where they lead nowhere or, with m->looped set,
 * back to what is being made. */
json_t *making_open(struct making *m, json_t *schema);

/* The schema without allOf, oneOf and anyOf; NULL where it is of what is being
 * made. */
json_t *making_join(struct making *m, json_t *schema);

/* The schema with what its example says of its properties, where that is not
 * used as a whole. */
json_t *making_spread(struct making *m, json_t *schema);

/* Whether v is what a schema asks for, but for allOf, oneOf and anyOf; at
 * depth 0.  And whether a text is of a format, as any is of an unknown one. */
bool making_fits(
    struct making *m, json_t *schema, const json_t *v, unsigned depth);
bool making_is_of_format(struct str text, struct str format);

/* An example, const or default that stands in the schema and fits it; NULL
 * when there is none. */
const json_t *making_given(struct making *m, json_t *schema);

/* The type, or what the other members are for. */
struct str making_type(const json_t *schema);

struct making_limits {
	double least, most;
	bool has_least, has_most;
	bool above, below; /* the limits themselves do not count */
	double step;       /* 0: none */
};

/* Those of a schema of numbers. */
struct making_limits making_limits(const json_t *schema);

/* A member that is a length; otherwise where there is none, or a negative
 * one. */
size_t making_length(const json_t *schema, const char *name, size_t otherwise);

/* name is of the member it is for, or NULL. */
int making_integer(struct making *m, const json_t *schema, const char *name);
int making_number(struct making *m, const json_t *schema, const char *name);
int making_string(struct making *m, const json_t *schema, const char *name);

/* One of the values of an enum. */
int making_enum(struct making *m, const json_t *choices);

#endif
