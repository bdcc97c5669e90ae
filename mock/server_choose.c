/* Which of a route's responses answers: by the client's own choice, by rules,
 * in turn or by chance, of those that may be served now. */
#include "config.h"

#include "har/headers.h"
#include "mock/condition.h"
#include "mock/template.h"

#include "mock/server_priv.h"

static const struct mock_route *
server_route_of(const struct serving *v)
{
	return v->s->routes[v->route].of;
}

static double
server_chance(const struct serving *v)
{
	return v->q->c->random(v->q->c->random_arg);
}

/* ---- the client's choice ------------------------------------------------- */

static struct str
server_asked_for(const struct serving *v, const char *name)
{
	if (!v->s->options->choose_by_header)
		return STR("");
	return headers_get(v->q->from->headers, name);
}

/* What the client asks for by Postman's fields; the number of responses for
 * none. */
static size_t
server_by_header(const struct serving *v)
{
	const struct mock_route *of = server_route_of(v);
	struct str code = server_asked_for(v, "x-mock-response-code");
	struct str name = server_asked_for(v, "x-mock-response-name");
	struct str id = server_asked_for(v, "x-mock-response-id");
	uint64_t status;
	size_t i;

	for (i = 0; i < of->nresponses; i++) {
		if (id.n > 0 && str_eq(id, of->responses[i].uuid))
			return i;
		if (name.n > 0 && str_eq(name, of->responses[i].label))
			return i;
		if (code.n > 0 && str_u64(code, &status) == 0 &&
		    status == of->responses[i].status)
			return i;
	}
	return of->nresponses;
}

/* ---- times and scenarios ------------------------------------------------- */

static struct state_step
server_step(const struct mock_response *r)
{
	return (struct state_step){
		.key = r->key,
		.times = r->times,
		.scenario = r->scenario,
		.from = r->state,
		.to = r->new_state,
	};
}

static bool
server_open(const struct serving *v, size_t response)
{
	const struct mock_response *r =
	    &server_route_of(v)->responses[response];
	struct state_step step = server_step(r);

	return (r->times == 0 && r->state.n == 0) ||
	       state_open(v->q->state, &step);
}

/* False when another request was faster.  Who asks for a response by its name
 * gets it whatever the state. */
static bool
server_take(const struct serving *v, size_t response, bool asked_for)
{
	const struct mock_response *r =
	    &server_route_of(v)->responses[response];
	struct state_step step = server_step(r);

	if (r->times == 0 && r->scenario.n == 0)
		return true;
	if (asked_for) {
		step.times = 0;
		step.from = STR("");
	}
	return state_take(v->q->state, &step);
}

/* The first one that may be served, from one on and round; the number of them
 * for none. */
static size_t
server_next_open(const struct serving *v, size_t from)
{
	size_t n = server_route_of(v)->nresponses, i;

	for (i = 0; i < n; i++)
		if (server_open(v, (from + i) % n))
			return (from + i) % n;
	return n;
}

/* ---- ways to choose ------------------------------------------------------ */

/* 1, 0, or -1 with v->e set. */
static int
server_holds(struct serving *v, size_t response, uint64_t number)
{
	struct conditions_of of = { .asked = v->asked,
		.context = v->q->c,
		.environment = v->s->env,
		.number = number };

	return conditions_hold(
	    v->s->routes[v->route].plans[response].conditions, &of, &v->e);
}

/* A response is chosen by its rules, its scenario's state, or both. */
static bool
server_is_conditional(const struct mock_response *r)
{
	return r->nrules > 0 || r->state.n > 0;
}

/* What a response counts when chance decides; plain: only if it has no
 * conditions. */
static uint64_t
server_weight(const struct serving *v, size_t response, bool plain)
{
	const struct mock_response *r =
	    &server_route_of(v)->responses[response];

	if ((plain && server_is_conditional(r)) || !server_open(v, response))
		return 0;
	return r->weight != MOCK_WEIGHT_NONE ? r->weight : 1;
}

/* By weight; the number of responses when all together weigh nothing. */
static size_t
server_by_chance(const struct serving *v, bool plain)
{
	size_t n = server_route_of(v)->nresponses, i, last = n;
	uint64_t whole = 0, weight;
	double at;

	for (i = 0; i < n; i++)
		whole += server_weight(v, i, plain);
	at = server_chance(v) * (double)whole;
	for (i = 0; i < n; i++) {
		weight = server_weight(v, i, plain);
		if (weight > 0)
			last = i;
		if (weight > 0 && at < (double)weight)
			break;
		at -= (double)weight;
	}
	return last;
}

/* The default one, or when it may not be served the first other without
 * conditions that may. */
static size_t
server_default(const struct serving *v)
{
	const struct mock_route *of = server_route_of(v);
	size_t i, n = of->nresponses;

	for (i = 0; i < n; i++)
		if (of->responses[i].is_default)
			break;
	if (i == n)
		i = 0;
	if (server_open(v, i))
		return i;
	for (i = 0; i < n; i++)
		if (!server_is_conditional(&of->responses[i]) &&
		    server_open(v, i))
			break;
	return i;
}

static size_t
server_by_rules(struct serving *v, uint64_t number)
{
	const struct mock_route *of = server_route_of(v);
	size_t i, n = of->nresponses;
	int holds;

	for (i = 0; i < n; i++) {
		if (!server_is_conditional(&of->responses[i]) ||
		    !server_open(v, i))
			continue;
		holds = of->responses[i].nrules > 0 ? server_holds(v, i, number)
						    : 1;
		if (holds != 0)
			return holds == 1 ? i : SERVER_FAILED;
	}
	if (of->response_mode == MOCK_MODE_FALLBACK)
		return n;
	i = of->weighted ? server_by_chance(v, true) : n;
	return i < n ? i : server_default(v);
}

static size_t
server_by_mode(struct serving *v, uint64_t number)
{
	const struct mock_route *of = server_route_of(v);

	switch (of->response_mode) {
	case MOCK_MODE_RANDOM:
		return server_by_chance(v, false);
	case MOCK_MODE_SEQUENTIAL:
		return server_next_open(
		    v, (size_t)((number - 1) % of->nresponses));
	case MOCK_MODE_DISABLE_RULES:
		return server_default(v);
	case MOCK_MODE_RULES:
	case MOCK_MODE_FALLBACK:
		break;
	}
	return server_by_rules(v, number);
}

/* ---- all of it ----------------------------------------------------------- */

const struct mock_errors *
server_errors(const struct serving *v)
{
	const struct mock_route *of = server_route_of(v);

	if (of->type == MOCK_ROUTE_WS)
		return NULL;
	return of->errors != NULL ? of->errors : v->s->env->errors;
}

size_t
server_choose(struct serving *v, uint64_t number)
{
	const struct mock_errors *errors = server_errors(v);
	size_t n = server_route_of(v)->nresponses, i = server_by_header(v);
	bool wrong;

	if (i < n) {
		(void)server_take(v, i, true); /* it is taken */
		return i;
	}
	wrong = errors != NULL && server_chance(v) < errors->rate;
	do
		i = server_by_mode(v, number);
	while (i < n && !wrong && !server_take(v, i, false));
	return i < n && wrong ? SERVER_ERROR : i;
}
