#ifndef MOCK_SERVER_PRIV_H
#define MOCK_SERVER_PRIV_H

/*
 * What the files that answer for an environment share; nobody else includes
 * it.
 *
 *	server.c	making it ready, HTTP routes
 *	server_choose.c	which of a route's responses answers
 *	visit.c		a request that is answered more than once
 *	socket.c	WebSocket routes
 *	stream.c	bodies in pieces
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "mock/respond.h"
#include "mock/server.h"
#include "mock/state.h"

struct arena;
struct asked;
struct conditions;
struct pattern;
struct router;
struct router_hit;
struct socket;

struct plan_event {
	struct respond_text data, event, id, comment;
};

struct plan {
	struct respond_plan respond;
	struct conditions *conditions;
	struct plan_event *events; /* of its stream, if any */
	struct respond_text close; /* the reason */
};

struct route {
	const struct mock_route *of;
	struct pattern *pattern;
	struct pattern *items; /* of a CRUD route: with /:id behind it */
	struct plan *plans;
	struct respond_text greeting;
};

struct server {
	atomic_uint refs;
	const struct mocks_options *options;
	struct environment *env;
	struct str prefix;   /* of all routes, with that of the file */
	struct buf *remarks; /* while it is made */
	struct router *router, *sockets; /* of HTTP and WebSocket routes */
	struct route *routes;
	struct respond_headers headers;
	struct callback_plan *callbacks; /* of the environment, in its order */
	struct template **buckets;
	bool templates;   /* there are some */
	bool called_back; /* some response has a callback */
	bool has_sockets;
};

/* One request in one environment. */
struct serving {
	struct server *s;
	const struct server_request *q;
	struct asked *asked;
	struct state_use use;
	size_t route;
	const struct router_hit *hit; /* of its pattern */
	struct err e;                 /* why a rule cannot be asked */
};

/* What is asked in q, of an HTTP or a WebSocket route; what is made on the way
 * goes to a.  server_end() in the end. */
void server_begin(struct serving *v, struct server *s,
    const struct server_request *q, struct arena *a);
void server_end(struct serving *v);

/* The WebSocket route that has the path of q, if any; see socket.h. */
struct socket *socket_find(
    struct server *s, const struct server_request *q, struct arena *a);

#define SERVER_FAILED SIZE_MAX
#define SERVER_ERROR (SIZE_MAX - 1)

/*
 * The response of v->route for its request of that number (from 1), the number
 * of them when it declines, SERVER_FAILED with v->e set, or SERVER_ERROR when
 * chance asks for one of server_errors() instead.  What the response says of
 * times and scenarios is done.
 */
size_t server_choose(struct serving *v, uint64_t number);

/* The errors that v->route has, or NULL. */
const struct mock_errors *server_errors(const struct serving *v);

/* What the route is called in a field of the answer, in one line. */
struct str server_name(const struct mock_route *of, struct arena *a);

#endif
