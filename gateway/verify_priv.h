#ifndef GATEWAY_VERIFY_PRIV_H
#define GATEWAY_VERIFY_PRIV_H

/* What the files of verify.h share. */

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "gateway/verify.h"

struct query;
struct regex;
struct traffic_row;

#define VERIFY_EXPECTED 200 /* expectations at a time */
#define VERIFY_PAIRS 50     /* of a query, headers, pointers */
#define VERIFY_DEPTH 100    /* of a JSON body */
#define VERIFY_CLOSEST 3

/* What a text has to be. */
enum verify_way {
	VERIFY_IS,
	VERIFY_GLOB,
	VERIFY_CONTAINS,
	VERIFY_REGEX,
	VERIFY_THERE,  /* anything */
	VERIFY_ABSENT, /* nothing of that name */
	VERIFY_JSON,   /* of a place in a body: a value with these parts */
};

struct verify_text {
	enum verify_way way;
	bool wanted;      /* false: nothing is expected of it */
	const char *name; /* of a key, field or place */
	struct str text;
	struct regex *regex;
	const struct json_t *json;
};

struct verify_pairs {
	struct verify_text *v;
	size_t n;
};

struct verify_expected {
	const char *name;
	const char *counted; /* "exactly 1" */
	struct query *q;     /* NULL: none */
	struct verify_text method, host, path, raw;
	struct verify_pairs query, headers, places;
	const struct json_t *body; /* NULL: any */
	uint64_t least, most;

	/* found */
	uint64_t count;
	uint64_t unsure;   /* of which too little is kept */
	uint64_t *numbers; /* of those that count, the oldest first */
	size_t nnumbers, room;
	struct verify_close {
		unsigned distance;
		struct traffic_row *row;
		struct buf differences; /* lines */
	} closest[VERIFY_CLOSEST];
	bool ok;
	struct buf why;
};

struct verify {
	struct arena arena;
	struct json_t *json; /* what it was read from */
	struct verify_expected *v;
	size_t n;
	bool order;
	const char *session; /* or NULL */
	uint64_t since;      /* number of an exchange */
	int64_t since_us;    /* wall clock; 0: any */
};

enum verify_fit {
	VERIFY_FITS,
	VERIFY_DIFFERS,
	VERIFY_UNSURE, /* it would fit if the body does, which was not kept */
};

/* How far r is from x; a line of each difference is added to lines. */
enum verify_fit verify_match(const struct verify_expected *x,
    const struct traffic_row *r, unsigned *distance, struct buf *lines);

#endif
