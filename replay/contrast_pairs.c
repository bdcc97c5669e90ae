/* Queries and forms, key by key. */
#include "config.h"

#include "recorder/rules.h"
#include "replay/contrast_priv.h"
#include "replay/pairs.h"

enum {
	FAR_KEY = 6, /* missing or extra */
	FAR_VALUE = 4,
	FAR_ORDER = 1,
};

static struct pair *
contrast_pair(struct pair *v, size_t n, const struct pair *like, bool value)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!v[i].matched && str_eq(v[i].name, like->name) &&
		    (!value || str_eq(v[i].value, like->value)))
			return &v[i];
	return NULL;
}

/* The verbs for queries and for forms. */
struct contrast_verbs {
	const char *ignore, *as_set;
	uint64_t ignored, replaced, sets;
};

static const struct contrast_verbs contrast_verbs[2] = {
	{ "ignore query", "compare query-as-set", RULE_BIT(RULE_IGNORE_QUERY),
	    RULE_BIT(RULE_REPLACE_QUERY), RULE_BIT(RULE_COMPARE_QUERY) },
	{ "ignore form", "compare form-as-set", RULE_BIT(RULE_IGNORE_FORM),
	    RULE_BIT(RULE_REPLACE_FORM), RULE_BIT(RULE_COMPARE_FORM) },
};

static const struct contrast_verbs *
contrast_verbs_of(enum difference_place place)
{
	return &contrast_verbs[place != DIFFERENCE_IN_QUERY];
}

static void
contrast_add_pair(struct contrast_run *r, enum difference_place place,
    const struct pair *recorded, const struct pair *live)
{
	const struct contrast_verbs *verbs = contrast_verbs_of(place);
	struct difference x = { .place = place };
	uint64_t left_out = verbs->ignored;

	if (recorded != NULL) {
		x.name = recorded->name;
		x.recorded = recorded->value;
	}
	if (live != NULL) {
		x.name = live->name;
		x.live = live->value;
	}
	x.way = live == NULL       ? DIFFERENCE_MISSING
		: recorded == NULL ? DIFFERENCE_EXTRA
				   : DIFFERENCE_CHANGED;
	if (x.way == DIFFERENCE_CHANGED)
		left_out |= verbs->replaced;
	if (!contrast_named(r, left_out, x.name, false))
		contrast_add(r, x,
		    x.way == DIFFERENCE_CHANGED ? FAR_VALUE : FAR_KEY,
		    verbs->ignore);
}

/* Each recorded pair with the live one of its name; those that are equal
 * find each other first.  Whether all of them did. */
static bool
contrast_match_pairs(struct contrast_run *r, enum difference_place place,
    struct pair *a, size_t na, struct pair *b, size_t nb)
{
	struct pair *other;
	bool all = true;
	size_t i;

	for (i = 0; i < na; i++) {
		other = contrast_pair(b, nb, &a[i], true);
		if (other != NULL)
			a[i].matched = a[i].same = other->matched =
			    other->same = true;
	}
	for (i = 0; i < na; i++) {
		if (a[i].matched)
			continue;
		other = contrast_pair(b, nb, &a[i], false);
		if (other != NULL)
			other->matched = true;
		contrast_add_pair(r, place, &a[i], other);
		all = false;
	}
	for (i = 0; i < nb; i++) {
		if (b[i].matched)
			continue;
		contrast_add_pair(r, place, NULL, &b[i]);
		all = false;
	}
	return all;
}

/* Whether the name has a pair that has no equal one: to leave that out, all
 * of the name are. */
static bool
contrast_goes(const struct pair *v, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!v[i].same && str_eq(v[i].name, name))
			return true;
	return false;
}

/* Whether the pairs that stay come in the same order. */
static bool
contrast_in_order(
    const struct pair *a, size_t na, const struct pair *b, size_t nb)
{
	size_t i, k = 0;

	for (i = 0; i < na; i++) {
		if (contrast_goes(a, na, a[i].name) ||
		    contrast_goes(b, nb, a[i].name))
			continue;
		/* Each of these has its equal one in b. */
		while (contrast_goes(a, na, b[k].name) ||
		       contrast_goes(b, nb, b[k].name))
			k++;
		if (!str_eq(a[i].name, b[k].name) ||
		    !str_eq(a[i].value, b[k].value))
			return false;
		k++;
	}
	return true;
}

void
contrast_pairs(struct contrast_run *r, enum difference_place place,
    struct str recorded, struct str live)
{
	const struct contrast_verbs *verbs = contrast_verbs_of(place);
	struct pair a[CONTRAST_PAIRS], b[CONTRAST_PAIRS];
	size_t na = pairs_split(&r->d->arena, recorded, a, CONTRAST_PAIRS);
	size_t nb = pairs_split(&r->d->arena, live, b, CONTRAST_PAIRS);
	struct difference x = {
		.place = place, .recorded = recorded, .live = live
	};
	bool all;

	if (na > CONTRAST_PAIRS || nb > CONTRAST_PAIRS) {
		contrast_add(r, x, FAR_KEY, NULL);
		return;
	}
	all = contrast_match_pairs(r, place, a, na, b, nb);
	if (!contrast_in_order(a, na, b, nb))
		x.way = DIFFERENCE_ORDER;
	else if (all)
		x.way = DIFFERENCE_WRITTEN;
	else
		return;
	if (x.way == DIFFERENCE_WRITTEN
		? !r->by_meaning
		: !contrast_named(r, verbs->sets, STR(""), false))
		contrast_add_ruled(
		    r, x, FAR_ORDER, verbs->as_set, (struct str){ NULL, 0 });
}
