#ifndef REPLAY_CONTRAST_H
#define REPLAY_CONTRAST_H

/*
 * What differs between a recorded request and a live one, value by value,
 * for the person who wants the one to answer the other: method, host, each
 * segment of the path, each key of the query, the fields that a response
 * varies by, and the body: a JSON value, form field or part at a time, else
 * the first byte.  Each with the rule (recorder/rules.h) by which it would
 * not count, where there is one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct buf;
struct headers;
struct rules;

#define CONTRAST_MOST 32         /* are kept */
#define CONTRAST_BODY (4u << 20) /* decoded; larger ones by their bytes */
#define CONTRAST_PAIRS 256       /* of a query or form, parts of a body */

/* Where; the texts are for people and for JSON. */
#define DIFFERENCE_PLACES(P) \
	P(METHOD, "method") \
	P(HOST, "host") \
	P(PATH, "path") \
	P(QUERY, "query") \
	P(HEADER, "header") \
	P(JSON, "json") \
	P(FORM, "form") \
	P(PART, "part") \
	P(BODY, "body")

/* How. */
#define DIFFERENCE_WAYS(W) \
	W(CHANGED, "changed") /* it has another value */ \
	W(MISSING, "missing") /* recorded, but not asked */ \
	W(EXTRA, "extra")     /* asked, but not recorded */ \
	W(ORDER, "order")     /* the same in another order */ \
	W(WRITTEN, "written") /* the same, written otherwise */

enum difference_place {
#define P(name, text) DIFFERENCE_IN_##name,
	DIFFERENCE_PLACES(P)
#undef P
	    DIFFERENCE_PLACE_COUNT
};

enum difference_way {
#define W(name, text) DIFFERENCE_##name,
	DIFFERENCE_WAYS(W)
#undef W
	    DIFFERENCE_WAY_COUNT
};

const char *difference_place_text(enum difference_place p);
const char *difference_way_text(enum difference_way w);

struct difference {
	enum difference_place place;
	enum difference_way way;
	struct str name; /* of the key or field, JSON Pointer, number of the
			    segment; "" for the whole */
	struct str recorded, live; /* p is NULL for what is not there */
	struct str rule;           /* p is NULL when none makes it match */
};

struct compared {
	struct str method, scope, target;
	const struct headers *headers;
	struct str body; /* p is NULL when it is not at hand */
	uint64_t size;   /* of the body, also then */
	bool known;      /* false: whether there is a body is not known */
};

/* All zero to begin; all strings live in the arena. */
struct contrast {
	struct arena arena;
	struct difference v[CONTRAST_MOST];
	size_t n;
	bool more;         /* there were more */
	unsigned distance; /* the more, the less like each other */
};

/* How they are compared. */
struct contrast_by {
	const struct headers *answer; /* the recorded response's, for Vary */
	const struct rules *rules;    /* what they say does not count does not
					 differ; may be NULL */
	bool lines;                   /* rules are proposed */
	bool distance_only;
};

void contrast_find(struct contrast *d, const struct compared *recorded,
    const struct compared *live, const struct contrast_by *by);
void contrast_fini(struct contrast *d);

/* Adds "query page: recorded 1, asked 2": one line without its end. */
void difference_text(const struct difference *x, struct buf *out);

#endif
