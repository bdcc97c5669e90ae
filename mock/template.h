#ifndef MOCK_TEMPLATE_H
#define MOCK_TEMPLATE_H

/*
 * Templates: Handlebars 4.7 with the helpers of Mockoon 9.9, compiled once and
 * rendered many times, by several threads at once if need be.  A template
 * reaches nothing but the context it is given, and what it may cost is
 * limited: statements, depth, memory, output and time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "mock/value.h"

struct arena;
struct buf;
struct err;
struct faker;
struct fakers_turn;
struct template; /* opaque */

/* A 0 takes the default. */
struct template_limits {
	size_t text;     /* bytes of a template; 4 MiB */
	size_t nodes;    /* statements and expressions in it; 200,000 */
	unsigned depth;  /* nesting, written and while rendering; 250 */
	uint64_t steps;  /* statements and expressions rendered; 10,000,000 */
	size_t memory;   /* bytes of values made on the way; 64 MiB */
	size_t output;   /* bytes of one result; 64 MiB */
	int64_t time_us; /* needs context's clock; 2,000,000 */
};

/* NULL with *e ("line 2, column 7: ...") set. */
struct template *template_compile(
    struct str text, const struct template_limits *limits, struct err *e);
void template_free(struct template *t); /* safe on NULL */

/* Whether it is a text through and through, which rendering only copies. */
bool template_is_plain(const struct template *t);

/* Whether a helper of that name is called somewhere in it. */
bool template_uses(const struct template *t, const char *helper);

/* The parts of a request that are values. */
enum template_part {
	TEMPLATE_PARAMS,   /* object of texts, or arrays of them */
	TEMPLATE_QUERY,    /* object */
	TEMPLATE_HEADERS,  /* object of texts, names in lower case */
	TEMPLATE_COOKIES,  /* object of texts */
	TEMPLATE_BODY,     /* as its type says, VALUE_UNDEFINED when of none */
	TEMPLATE_BASE_URL, /* text without a slash at its end */
	TEMPLATE_PARTS
};

/* The owner makes the parts when they are first asked for; all stays as it is
 * while a template is rendered. */
struct template_request {
	struct str method; /* "GET" */
	struct str hostname;
	struct str ip;
	struct str body; /* its text */
	struct value (*part)(void *arg, enum template_part part);
	void *arg;
};

/*
 * What outlives a request: data buckets and global variables.  get gives
 * VALUE_UNDEFINED for what there is not; the value holds while the template is
 * rendered (it may be made in v).  change calls edit on a copy of the value,
 * made in the store's own memory, and keeps the copy, settled, when edit gives
 * true, while nobody else changes it.  It returns 0, or -1 when there is no
 * such bucket; a variable that is not there begins as VALUE_UNDEFINED.
 */
typedef bool (*template_edit_fn)(
    void *cookie, struct values *store, struct value *now);

struct template_store {
	struct value (*get)(void *arg, struct values *v, struct str name);
	int (*change)(
	    void *arg, struct str name, template_edit_fn edit, void *cookie);
	void *arg;
	/* Buckets only: whether there is one, since its value may be none. */
	bool (*has)(void *arg, struct str name);
};

/* All but the arena may be left out; a helper whose part is missing is as
 * unknown as in Mockoon. */
struct template_context {
	struct arena *arena; /* what is made on the way stays in it */
	const struct template_limits *limits;
	const struct template_request *request;
	const struct template_store *buckets;
	const struct template_store *globals;
	struct value root;           /* VALUE_UNDEFINED: an empty object */
	int *status;                 /* set by {{status}} */
	int64_t now_us;              /* since 1970-01-01 UTC */
	int64_t (*clock)(void);      /* microseconds that never jump */
	double (*random)(void *arg); /* at least 0, below 1 */
	void *random_arg;
	struct faker *faker;        /* of this thread; NULL: by its turn */
	struct fakers_turn *fakers; /* NULL: there is no fake data */
	/* An environment variable, NULL: not set or not for templates. */
	const char *(*env)(void *arg, struct str name);
	void *env_arg;
};

/* Appends the result to out.  0, or -1 with *e ("line ...") set and out as it
 * was. */
int template_render(const struct template *t, const struct template_context *c,
    struct buf *out, struct err *e);

#endif
