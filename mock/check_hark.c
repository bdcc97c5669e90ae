/* What hark adds to a mocks file. */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"
#include "mock/manner.h"

#include "mock/check_priv.h"

/* About a member of hark, at a route, a response or the file. */
static void check_hark(struct checking *c, const char *name, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

static void
check_hark(struct checking *c, const char *name, const char *fmt, ...)
{
	size_t had = check_enter(c, "hark");
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	check_enter(c, name);
	check_tell(c, false, buf_str(&c->where), str_of(text));
	c->where.n = had;
	free(text);
}

static void
check_weight(struct checking *c, const struct mock_route *route,
    const struct mock_response *r)
{
	if (r->weight == MOCK_WEIGHT_NONE ||
	    route->response_mode == MOCK_MODE_RANDOM)
		return;
	if (route->response_mode != MOCK_MODE_RULES)
		check_hark(c, "weight",
		    "not looked at, as the route's responseMode asks for");
	else if (r->nrules > 0)
		check_hark(c, "weight", "not looked at: its rules decide");
	else if (r->state.n > 0)
		check_hark(c, "weight", "not looked at: its state decides");
}

/* Whether some response brings the scenario to the state. */
static bool
check_is_reached(
    const struct environment *env, struct str scenario, struct str state)
{
	const struct mock_route *route;
	size_t i, k;

	for (i = 0; i < env->nroutes; i++) {
		route = &env->routes[i];
		for (k = 0; k < route->nresponses; k++)
			if (str_eq(route->responses[k].scenario, scenario) &&
			    str_eq(route->responses[k].new_state, state))
				return true;
	}
	return str_is(state, MOCK_SCENARIO_FIRST);
}

static void
check_scenario(struct checking *c, const struct mock_response *r)
{
	if (r->scenario.n > 0 && r->state.n == 0 && r->new_state.n == 0)
		check_hark(c, "scenario",
		    "%.*s: expected a state or newState beside it",
		    STR_ARGS(r->scenario));
	if (r->state.n > 0 && !check_is_reached(c->env, r->scenario, r->state))
		check_hark(c, "state",
		    "%.*s: never true: no response has it as newState",
		    STR_ARGS(r->state));
}

/* A WebSocket has no answer that could be given in a manner. */
static void
check_manner(struct checking *c, const struct mock_manner *m)
{
	static const char none[] = "of no effect on a WebSocket";

	if (m->delay.kind != MOCK_DELAY_NONE)
		check_hark(c, "delay", none);
	if (m->dribble != NULL)
		check_hark(c, "dribble", none);
	if (m->bandwidth != 0)
		check_hark(c, "bandwidth", none);
}

static void
check_fault(struct checking *c, const struct mock_response *r)
{
	const char *first = manner_fault_words[r->fault];

	if (r->fault == MOCK_FAULT_NONE)
		return;
	if (r->manner.dribble != NULL)
		check_hark(
		    c, "dribble", "not looked at: the fault is %s", first);
	if (r->manner.bandwidth != 0)
		check_hark(
		    c, "bandwidth", "not looked at: the fault is %s", first);
	if (r->stream != NULL)
		check_hark(
		    c, "stream", "not looked at: the fault is %s", first);
}

void
check_response_hark(struct checking *c, const struct mock_route *route,
    const struct mock_response *r)
{
	check_weight(c, route, r);
	check_scenario(c, r);
	if (route->type != MOCK_ROUTE_WS) {
		check_fault(c, r);
		return;
	}
	check_manner(c, &r->manner);
	if (r->fault != MOCK_FAULT_NONE)
		check_hark(c, "fault", "of no effect on a WebSocket");
}

void
check_route_hark(struct checking *c, const struct mock_route *route)
{
	uint64_t whole = 0;
	size_t i, had;

	for (i = 0; i < route->nresponses; i++)
		whole += route->responses[i].weight == MOCK_WEIGHT_NONE
			     ? 1
			     : route->responses[i].weight;
	if (whole == 0) {
		had = check_enter(c, "responses");
		check_found(c, false,
		    "no response weighs anything: chance chooses none");
		c->where.n = had;
	}
	if (route->type != MOCK_ROUTE_WS)
		return;
	check_manner(c, &route->manner);
	if (route->errors != NULL)
		check_hark(c, "errors", "of no effect on a WebSocket");
}
