#ifndef MOCK_STATE_H
#define MOCK_STATE_H

/*
 * What a mocked environment remembers between requests: how often each route
 * served, its data buckets, its global variables and the states of its
 * scenarios.  Each isolation session has a state of its own.
 *
 * A state outlives the environment that it began with.  What it has for a
 * route or bucket is found by the key of its definition, so that another
 * version of the file finds what it says the same and begins the rest anew.
 *
 * Values are snapshots that never change: who reads one holds it until the
 * request is over, who changes one puts another in its place.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "mock/template.h"
#include "mock/value.h"

struct buf;
struct environment;
struct err;
struct numbers;
struct state; /* opaque, counted; safe for any thread */

#define STATE_MOST_VALUE (64u << 20) /* bytes of one bucket or variable */
#define STATE_GLOBALS 1000           /* variables */

/* like: whose buckets it begins with, as they were generated first; NULL for
 * none. */
struct state *state_new(struct state *like);
struct state *state_ref(struct state *s);
void state_unref(struct state *s); /* safe on NULL */

/* The number of the next request to the route with that key, from 1 on;
 * counts it when it was served. */
uint64_t state_number(struct state *s, uint64_t route);
void state_served(struct state *s, uint64_t route);

/*
 * What serving a response depends on and changes.  A scenario is in a state
 * that has a name; it begins in the first one (MOCK_SCENARIO_FIRST).
 */
struct state_step {
	uint64_t key;        /* of the response; with times only */
	uint64_t times;      /* that it may be served; 0: no limit */
	struct str scenario; /* "": none */
	struct str from;     /* the state it has to be in; "": any */
	struct str to;       /* and then is in; "": the same */
};

/* Whether the response may be served now. */
bool state_open(struct state *s, const struct state_step *step);

/* Counts the response as served and moves its scenario, unless another
 * request was faster and it may not be served any more; false then. */
bool state_take(struct state *s, const struct state_step *step);

/* Forgets all routes and buckets whose keys are not known. */
void state_forget(struct state *s, const struct numbers *known);

/* Begins anew with what counts, which scenarios follow, with buckets, and with
 * variables, as they say. */
void state_reset(struct state *s, bool counters, bool buckets, bool variables);

/* Called, with the state held up for so long, when it changes first and when
 * it changes first after state_write().  Before other threads have it. */
void state_on_change(struct state *s, void (*on_change)(void *arg), void *arg);

/*
 * A state as text: a JSON object a line.  state_write() appends what it has
 * for env.  state_read() takes such a line back into a state with nothing but
 * generated buckets: 0, or 1 when it is of something that env does not have,
 * or has otherwise, now, which *e then tells, or -1 when it is no such line.
 */
void state_write(
    struct state *s, const struct environment *env, struct buf *out);
int state_read(struct state *s, const struct environment *env,
    const struct numbers *known, struct value line, struct err *e);

/*
 * The state as one request to env sees it.  templates are the values of env's
 * buckets, compiled, in its order.  c is the context that buckets are
 * generated in when they are asked for first; c->buckets and c->globals are
 * set by state_use_begin() and good until state_use_end().
 */
struct state_use {
	struct state *state;
	const struct environment *env;
	struct template *const *templates;
	struct template_context *c;
	struct template_store buckets, globals;
	struct snapshot **held;
	size_t nheld;
	size_t *generating; /* buckets, one in the other */
	size_t ngenerating;
};
void state_use_begin(struct state_use *u, struct state *s,
    const struct environment *env, struct template *const *templates,
    struct template_context *c);
void state_use_end(struct state_use *u);

/* The bucket in that place of the environment: its value now. */
struct value state_bucket(struct state_use *u, size_t bucket);

/* The place of the bucket with that id; the number of them for none. */
size_t state_bucket_of(const struct environment *env, struct str id);

/* Changes a bucket as struct template_store's change does. */
int state_change(
    struct state_use *u, size_t bucket, template_edit_fn edit, void *cookie);

/* Generates all buckets that are not there yet and do not tell of a request;
 * what went wrong is the bucket's text. */
void state_generate(struct state_use *u);

#endif
