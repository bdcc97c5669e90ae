#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/contracts.h"
#include "gateway/origin.h"
#include "gateway/settings.h"
#include "mock/contract.h"
#include "recorder/rules.h"
#include "replay/key.h"

#include "gateway/plan.h"

/* What a mode promises of its sockets holds for callbacks, too, unless they
 * are asked for. */
static void
plan_settle(struct plan *p)
{
	const struct settings *s = p->settings;

	p->sum = mode_set_sum(&p->modes);
	p->offline = !p->sum.forwards && s->on_miss != ON_MISS_FORWARD;
	p->calls_back = s->callbacks == CALLBACKS_AUTO
			    ? p->sum.forwards
			    : s->callbacks == CALLBACKS_ON;
}

struct plan *
plan_new(const struct settings *s, bool owns, struct known_origins *known,
    struct err *e)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	atomic_init(&p->refs, 1);
	p->settings = (struct settings *)s;
	p->owns_settings = owns;
	p->keyer = keyer_new(s->rules);
	settings_modes(s, &p->modes);
	plan_settle(p);
	if ((p->origins = origins_new(s, known, e)) == NULL ||
	    contracts_open(s, &p->contract, e) == -1) {
		plan_unref(p);
		return NULL;
	}
	return p;
}

struct plan *
plan_with_modes(struct plan *p, const struct mode_set *set, struct err *e)
{
	struct plan *own = p->of != NULL && !p->owns_rules ? p->of : p, *next;

	if (settings_check_modes(p->settings, set, e) == -1)
		return NULL;
	next = xcalloc(1, sizeof(*next));
	atomic_init(&next->refs, 1);
	next->of = plan_ref(own);
	next->settings = p->settings;
	next->origins = p->origins;
	next->contract = p->contract;
	next->keyer = p->keyer;
	mode_set_copy(&next->modes, set);
	plan_settle(next);
	return next;
}

struct plan *
plan_with_rules(struct plan *p, struct rules *rules)
{
	struct plan *own = p, *next = xcalloc(1, sizeof(*next));

	while (own->of != NULL)
		own = own->of;
	atomic_init(&next->refs, 1);
	next->of = plan_ref(own);
	next->settings = xmalloc(sizeof(*next->settings));
	*next->settings = *p->settings;
	next->settings->rules = rules;
	next->owns_rules = true;
	next->origins = p->origins;
	next->contract = p->contract;
	next->keyer = keyer_new(rules);
	mode_set_copy(&next->modes, &p->modes);
	plan_settle(next);
	return next;
}

struct plan *
plan_ref(struct plan *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

void
plan_unref(struct plan *p)
{
	if (p == NULL || atomic_fetch_sub(&p->refs, 1) > 1)
		return;
	mode_set_fini(&p->modes);
	if (p->of == NULL || p->owns_rules)
		keyer_free(p->keyer);
	if (p->owns_rules) {
		rules_free(p->settings->rules);
		free(p->settings);
	}
	if (p->of != NULL) {
		plan_unref(p->of);
	} else {
		contract_free(p->contract);
		origins_free(p->origins);
		if (p->owns_settings)
			settings_free(p->settings);
	}
	free(p);
}

struct plan_lease *
plan_lease_new(struct plan *p)
{
	struct plan_lease *l = xmalloc(sizeof(*l));

	*l = (struct plan_lease){ .plan = plan_ref(p), .users = 1 };
	return l;
}

struct plan_lease *
plan_lease_ref(struct plan_lease *l)
{
	l->users++;
	return l;
}

void
plan_lease_unref(struct plan_lease *l)
{
	if (l == NULL || --l->users > 0)
		return;
	plan_unref(l->plan);
	free(l);
}

const struct mode *
plan_mode(const struct plan *p, struct str method, struct str target,
    const struct route *route)
{
	const struct mode_request q = {
		.method = method,
		.scope = route != NULL ? route->scope : STR(""),
		.target = target,
		.prefix = route != NULL ? route->prefix : NULL,
	};

	return mode_set_find(&p->modes, &q);
}
