#include "config.h"

#include "base/arena.h"
#include "base/err.h"
#include "mock/endpoint.h"
#include "mock/pattern.h"

#include "mock/check_priv.h"

static bool
check_pattern(struct checking *c, const struct mock_route *route)
{
	struct arena a = { 0 };
	struct pattern *p;
	struct err e;
	size_t had;

	p = pattern_new(&a, c->env->prefix, route->endpoint, &e);
	if (p == NULL) {
		had = check_enter(c, "endpoint");
		check_found(c, true, "%s", e.text);
		c->where.n = had;
	}
	pattern_free(p);
	arena_fini(&a);
	return p != NULL;
}

static void
check_streaming(struct checking *c, const struct mock_route *route)
{
	bool socket = route->type == MOCK_ROUTE_WS;
	size_t had = c->where.n;

	check_enter(c, "hark");
	check_template(c, "open", route->greeting);
	check_enter(c, "open");
	if (!socket && route->greeting.n > 0)
		check_found(c, false, "only WebSockets begin with a greeting");
	c->where.n = had;
	check_enter(c, "streamingMode");
	if (!socket && route->streaming_mode != MOCK_STREAMING_NONE)
		check_found(c, false,
		    "only WebSockets have one; see hark.stream of responses");
	c->where.n = had;
}

static bool
check_method_hides(const struct mock_route *a, const struct mock_route *b)
{
	return str_is(a->method, "all") || str_eq(a->method, b->method);
}

/* A CRUD route answers five methods at its endpoint and with an id. */
static bool
check_crud_hides(const struct mock_route *a, const struct mock_route *b)
{
	static const char *const methods[] = { "get", "put", "patch", "delete",
		"post", NULL };
	struct buf one = { 0 };
	bool covers;
	size_t i;

	for (i = 0; methods[i] != NULL; i++)
		if (str_is(b->method, methods[i]))
			break;
	if (methods[i] == NULL)
		return false;
	buf_addf(&one, "%.*s/:id", STR_ARGS(a->endpoint));
	covers = endpoint_covers(a->endpoint, b->endpoint) ||
		 (i < 4 && endpoint_covers(buf_str(&one), b->endpoint));
	buf_free(&one);
	return covers;
}

static bool
check_hides(const struct checking *c, size_t one, size_t other)
{
	const struct mock_route *a = &c->env->routes[one];
	const struct mock_route *b = &c->env->routes[other];

	/* A CRUD route has more paths than its endpoint. */
	if (a->type != MOCK_ROUTE_CRUD &&
	    !endpoint_may_cover(&c->starts[one], &c->starts[other]))
		return false;
	if (a->response_mode == MOCK_MODE_FALLBACK ||
	    (a->type == MOCK_ROUTE_WS) != (b->type == MOCK_ROUTE_WS))
		return false;
	if (a->type == MOCK_ROUTE_CRUD && b->type == MOCK_ROUTE_HTTP)
		return check_crud_hides(a, b);
	if (a->type != b->type ||
	    (a->type == MOCK_ROUTE_HTTP && !check_method_hides(a, b)))
		return false;
	return endpoint_covers(a->endpoint, b->endpoint);
}

/* Whether an earlier route answers all that this one is for. */
static void
check_reach(struct checking *c, size_t at)
{
	const struct mock_route *b = &c->env->routes[at], *a;
	size_t i, had;

	for (i = 0; i < at; i++) {
		a = &c->env->routes[i];
		if (!check_hides(c, i, at))
			continue;
		had = check_enter(c, "endpoint");
		check_found(c, false,
		    "%.*s: never reached: routes[%zu] (%.*s) comes first",
		    STR_ARGS(b->endpoint), a->index, STR_ARGS(a->endpoint));
		c->where.n = had;
		return;
	}
}

static void
check_twin(struct checking *c, size_t at)
{
	const struct mock_route *b = &c->env->routes[at];
	size_t i, had;

	for (i = 0; i < at && b->uuid.n > 0; i++) {
		if (!str_eq(c->env->routes[i].uuid, b->uuid))
			continue;
		had = check_enter(c, "uuid");
		check_found(c, false, "%.*s: routes[%zu] has the same",
		    STR_ARGS(b->uuid), c->env->routes[i].index);
		c->where.n = had;
		return;
	}
}

void
check_route(struct checking *c, size_t at)
{
	const struct mock_route *route = &c->env->routes[at];
	size_t i, had, defaults = 0;

	(void)check_pattern(c, route);
	check_streaming(c, route);
	for (i = 0; i < route->nresponses; i++) {
		had = check_enter_item(c, "responses", i);
		check_response(c, route, &route->responses[i]);
		c->where.n = had;
		defaults += route->responses[i].is_default;
	}
	if (defaults > 1) {
		had = check_enter(c, "responses");
		check_found(c, false,
		    "%zu responses are the default; the first of them is",
		    defaults);
		c->where.n = had;
	}
	check_route_hark(c, route);
	check_reach(c, at);
	check_twin(c, at);
}
