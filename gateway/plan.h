#ifndef GATEWAY_PLAN_H
#define GATEWAY_PLAN_H

/*
 * What may change while a gateway runs, as it is at one time: settings, the
 * upstreams and descriptions that they name, and which mode answers which
 * request.  Immutable and counted: a worker has the newest, a transaction
 * keeps the one that it began with.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "gateway/mode_set.h"

struct contract;
struct keyer;
struct known_origins;
struct origins;
struct route;
struct rules;
struct settings;
struct err;

struct plan {
	atomic_int refs;
	struct plan *of; /* whose the next four are; NULL: its own */
	struct settings *settings;
	struct origins *origins;
	struct contract *contract; /* NULL when nothing is watched */
	struct keyer *keyer;       /* by its rules, for the recorder's thread */
	struct mode_set modes;
	struct mode sum;    /* of the modes */
	bool offline;       /* no part of it opens a connection upstream */
	bool calls_back;    /* callbacks of mocks are sent */
	bool owns_settings; /* and frees them */
	bool owns_rules;    /* settings and keyer are its of's but for these */
};

/*
 * The plan of settings, all of it checked and read: origins that were known
 * before stay the same ones.  The settings become the plan's when owns is
 * set, also on failure.  NULL with *e set.
 */
struct plan *plan_new(const struct settings *s, bool owns,
    struct known_origins *known, struct err *e);

/* The same but for its modes.  NULL with *e set when the settings do not
 * allow them. */
struct plan *plan_with_modes(
    struct plan *p, const struct mode_set *set, struct err *e);

/* The same but for its rules, which become the plan's. */
struct plan *plan_with_rules(struct plan *p, struct rules *rules);

struct plan *plan_ref(struct plan *p);
void plan_unref(struct plan *p); /* safe on NULL */

/* The mode of a request; route is NULL when it has none. */
const struct mode *plan_mode(const struct plan *p, struct str method,
    struct str target, const struct route *route);

/*
 * A worker's reference, which its requests share and count among themselves:
 * what all workers count at one place costs each of them more than the rest of
 * what a request asks of its plan.  Only for the worker's thread.
 */
struct plan_lease {
	struct plan *plan;
	size_t users;
};
struct plan_lease *plan_lease_new(struct plan *p); /* with one user */
struct plan_lease *plan_lease_ref(struct plan_lease *l);
void plan_lease_unref(struct plan_lease *l); /* safe on NULL */

#endif
