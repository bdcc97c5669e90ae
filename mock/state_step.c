/* How often responses may be served, and the states of scenarios. */
#include "config.h"

#include "base/mem.h"
#include "mock/environment.h"

#include "mock/state_priv.h"

struct scenario *
state_scenario(struct state *s, struct str name)
{
	size_t i;

	for (i = 0; i < s->nscenarios; i++)
		if (str_eq(buf_str(&s->scenarios[i].name), name))
			return &s->scenarios[i];
	return NULL;
}

void
state_move(struct state *s, struct str name, struct str to)
{
	struct scenario *at = state_scenario(s, name);

	if (at == NULL) {
		s->scenarios = xrealloc(
		    s->scenarios, (s->nscenarios + 1) * sizeof(*s->scenarios));
		at = &s->scenarios[s->nscenarios++];
		*at = (struct scenario){ 0 };
		buf_add_str(&at->name, name);
	}
	at->state.n = 0;
	buf_add_str(&at->state, to);
}

/* With the lock. */
static bool
state_allows(struct state *s, const struct state_step *step)
{
	const struct scenario *at;
	const uint64_t *served;

	if (step->times > 0) {
		served = numbers_find(&s->served, step->key);
		if (served != NULL && *served >= step->times)
			return false;
	}
	if (step->from.n == 0)
		return true;
	at = state_scenario(s, step->scenario);
	return at != NULL ? str_eq(step->from, buf_str(&at->state))
			  : str_is(step->from, MOCK_SCENARIO_FIRST);
}

bool
state_open(struct state *s, const struct state_step *step)
{
	bool open;

	pthread_mutex_lock(&s->lock);
	open = state_allows(s, step);
	pthread_mutex_unlock(&s->lock);
	return open;
}

bool
state_take(struct state *s, const struct state_step *step)
{
	bool open;

	pthread_mutex_lock(&s->lock);
	open = state_allows(s, step);
	if (open && step->times > 0)
		state_count(s, step->key);
	if (open && step->to.n > 0)
		state_move(s, step->scenario, step->to);
	if (open)
		state_change_told(s);
	pthread_mutex_unlock(&s->lock);
	return open;
}
