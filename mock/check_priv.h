#ifndef MOCK_CHECK_PRIV_H
#define MOCK_CHECK_PRIV_H

/* The look at a mocks file, as mock/check*.c share it. */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"
#include "mock/check.h"
#include "mock/environment.h"

struct endpoint_start;

struct checking {
	const struct environment *env;
	struct str text; /* of the file */
	check_fn on_finding;
	void *arg;
	struct buf where;
	size_t found;
	struct endpoint_start *starts; /* of each route's endpoint */
};

/* ---- check.c -------------------------------------------------------------
 */

/* About the place where. */
void check_tell(
    struct checking *c, bool wrong, struct str where, struct str text);

/* About what is at hand. */
void check_found(struct checking *c, bool wrong, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Goes to a member; back by c->where.n = the length before. */
size_t check_enter(struct checking *c, const char *name);
size_t check_enter_item(struct checking *c, const char *name, size_t i);

/* ---- check_text.c --------------------------------------------------------
 */

bool check_is_template(struct str s);

/* Of the member name of what is at hand. */
void check_template(struct checking *c, const char *name, struct str text);
void check_headers(
    struct checking *c, const char *name, const struct mock_headers *h);
void check_path(struct checking *c, struct str path, bool needed);

/* A bucket by its identifier or, when names do, too, its name. */
bool check_has_bucket(const struct checking *c, struct str id, bool names);
void check_bucket(
    struct checking *c, const char *name, struct str id, bool wrong);

/* ---- what a file consists of ---------------------------------------------
 */

/* check_route.c: the at-th route, c->starts being those of all. */
void check_route(struct checking *c, size_t at);

/* check_response.c */
void check_response(struct checking *c, const struct mock_route *route,
    const struct mock_response *r);

/* check_hark.c: what hark adds. */
void check_response_hark(struct checking *c, const struct mock_route *route,
    const struct mock_response *r);
void check_route_hark(struct checking *c, const struct mock_route *route);

/* check_callback.c: the at-th callback. */
void check_callback(struct checking *c, size_t at);

#endif
