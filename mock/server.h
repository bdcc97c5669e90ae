#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

/* One environment, made ready to answer: its patterns in a router, its
 * templates and rules compiled. */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "mock/mocks.h"

struct environment;
struct err;
struct numbers;
struct server; /* opaque, counted; read-only */
struct state;
struct template_context;

/* env moves in also on failure.  What does not work, but only where it is
 * asked for, is added to remarks, one a line. */
struct server *server_new(struct environment *env, struct str prefix,
    const struct mocks_options *o, struct buf *remarks, struct err *e);
struct server *server_ref(struct server *s);
void server_unref(struct server *s); /* safe on NULL */

/* Whether anything in it has to be rendered. */
bool server_has_templates(const struct server *s);

/* Whether a response of it has callbacks. */
bool server_has_callbacks(const struct server *s);

/* Whether it has WebSocket routes. */
bool server_has_sockets(const struct server *s);

/* What it serves, and how many routes of that are enabled. */
const struct environment *server_environment(const struct server *s);
size_t server_routes(const struct server *s);

/* Whether a route of it is for the method and the path of target. */
bool server_may_answer(
    const struct server *s, struct str method, struct str target);

/* Generates the buckets that state has not yet. */
void server_generate(
    struct server *s, struct state *state, struct template_context *c);

/* Adds the keys of all routes and buckets. */
void server_known(const struct server *s, struct numbers *known);

/* Whether one of the routes answers.  c is the context of its templates,
 * without the request, buckets and variables. */
struct server_request {
	const struct mock_request *from;
	struct mocks *mocks;
	struct state *state;
	struct template_context *c;
};
bool server_answer(
    struct server *s, const struct server_request *q, struct mock_reply *r);

#endif
