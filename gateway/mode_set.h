#ifndef GATEWAY_MODE_SET_H
#define GATEWAY_MODE_SET_H

/*
 * Which mode answers which request: that of the first route that is for it,
 * else that of its upstream, else that of all others.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;
struct err;
struct settings;

#define MODE_SET_MOST 1000 /* rows of one kind */

/* The modes of DESIGN 1, one row each in modes.c. */
enum mode_id {
	MODE_PROXY,
	MODE_RECORD,
	MODE_REPLAY,
	MODE_AUTO,
	MODE_SPY,
	MODE_FALLBACK,
	MODES
};

struct mode {
	const char *name;
	bool reads; /* recordings before upstream */
	bool forwards;
	bool records;          /* what it forwarded */
	bool reads_on_failure; /* recordings when the upstream fails */
};
extern const struct mode modes[MODES];

/* The mode called name, or MODES. */
enum mode_id mode_of(const char *name);

/* The mode of an upstream, by its prefix (struct upstream_setting), or of a
 * route: methods with commas between, "*" for all; a glob over the host that
 * chose the upstream, "" for any; and one over the path without its query, as
 * rules have them (recorder/rules.h). */
struct mode_row {
	char *prefix; /* of an upstream; NULL: it is a route's */
	char *methods, *scope, *path;
	enum mode_id mode;
};

struct mode_rows {
	struct mode_row *v;
	size_t n;
};

struct mode_set {
	enum mode_id mode; /* of all others */
	struct mode_rows upstreams, routes;
};

/* *to, which holds nothing yet, has all that from has.  mode_set_fini() frees
 * what a set holds. */
void mode_set_copy(struct mode_set *to, const struct mode_set *from);
void mode_set_fini(struct mode_set *m);
bool mode_set_equal(const struct mode_set *a, const struct mode_set *b);

/* "record" and so on.  0, or -1 with what was expected. */
int mode_set_mode(struct mode_set *m, const char *mode, struct err *e);

/* Sets the mode of the upstream with that prefix; NULL: that of all others. */
int mode_set_upstream(
    struct mode_set *m, const char *prefix, const char *mode, struct err *e);

/* The row of the upstream with that prefix, or NULL. */
struct mode_row *mode_set_row(const struct mode_set *m, const char *prefix);

/* Adds a route behind the others.  pattern is [HOST]/PATH, globs both. */
int mode_set_route(struct mode_set *m, const char *methods, const char *pattern,
    const char *mode, struct err *e);
void mode_rows_clear(struct mode_rows *r);

/* The pattern of a route as it is written. */
void mode_row_pattern(const struct mode_row *r, struct buf *out);

/* Whom a mode is for. */
struct mode_request {
	struct str method;
	struct str scope;   /* that chose the upstream, or "" */
	struct str target;  /* origin-form; the query does not count */
	const char *prefix; /* of its upstream; NULL: it has none */
};
const struct mode *mode_set_find(
    const struct mode_set *m, const struct mode_request *q);

/* What some part does: reads, forwards, records, ...  Its name is that of the
 * first part that forwards, else of all others. */
struct mode mode_set_sum(const struct mode_set *m);

#endif
