/* JSON bodies, value by value. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/json_path.h"
#include "replay/differences_priv.h"
#include "replay/leaves.h"

enum {
	FAR_ALL = 10, /* not even both objects or both arrays */
	FAR_VALUE = 2,
	FAR_WRITTEN = 1,
};

enum {
	PLACE_IGNORED = 1,
	PLACE_REPLACED = 2,
	PLACE_SET = 4,
};

struct differences_json {
	struct differences_run *r;
	struct leaves a, b; /* recorded, live */
	struct json_paths *paths;
	struct json_walk *walk; /* where the comparison is */
};

/* The paths of the rules that are for the request. */
static void
differences_json_rules(struct differences_json *j)
{
	static const struct {
		enum rule_verb verb;
		uint64_t tag;
	} verbs[] = {
		{ RULE_IGNORE_JSON, PLACE_IGNORED },
		{ RULE_REPLACE_JSON, PLACE_REPLACED },
		{ RULE_COMPARE_JSON_SET, PLACE_SET },
	};
	const struct rule *rule;
	struct err e;
	size_t i, k;

	j->paths = json_paths_new();
	for (i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		rule = NULL;
		while ((rule = rules_next(j->r->by->rules, rule,
			    RULE_BIT(verbs[i].verb), &j->r->q)) != NULL)
			for (k = 0; k < rule->narguments; k++)
				(void)json_paths_add(j->paths,
				    rule->arguments[k], verbs[i].tag, &e);
	}
	j->walk = json_walk_new();
}

/* Goes into v[i] of l; what the rules say of that place. */
static uint64_t
differences_enter(struct differences_json *j, const struct leaves *l, size_t i)
{
	const struct leaf *leaf = &l->v[i];

	return l->v[leaf->parent].type == LEAF_OBJECT
		   ? json_walk_name(j->walk, leaf->name)
		   : json_walk_index(j->walk, leaf->index);
}

static struct str
differences_pointer(const struct leaves *l, size_t i, bool any, struct buf *out)
{
	out->n = 0;
	leaves_pointer(l, i, any, out);
	return out->n > 0 ? buf_str(out) : any ? STR("$") : STR("");
}

/* Either place may be NULL. */
static void
differences_add_json(struct differences_json *j, enum difference_way way,
    const size_t *a, const size_t *b)
{
	const struct leaves *l = b != NULL ? &j->b : &j->a;
	size_t i = b != NULL ? *b : *a;
	struct difference x = { .place = DIFFERENCE_IN_JSON, .way = way };
	struct buf name = { 0 }, place = { 0 }, texts[2] = { { 0 } };
	struct str none = { NULL, 0 };

	x.name = differences_pointer(l, i, false, &name);
	if (a != NULL) {
		leaves_text(&j->a, *a, &texts[0]);
		x.recorded = buf_str(&texts[0]);
	}
	if (b != NULL) {
		leaves_text(&j->b, *b, &texts[1]);
		x.live = buf_str(&texts[1]);
	}
	if (way == DIFFERENCE_ORDER)
		differences_add_ruled(j->r, x, FAR_WRITTEN,
		    "compare json-as-set",
		    differences_pointer(l, i, true, &place));
	else if (i == 0)
		differences_add_ruled(j->r, x, FAR_ALL, "ignore body", none);
	else
		differences_add_ruled(j->r, x, FAR_VALUE, "ignore json",
		    differences_pointer(l, i, true, &place));
	buf_free(&texts[0]);
	buf_free(&texts[1]);
	buf_free(&place);
	buf_free(&name);
}

static void differences_value(
    struct differences_json *j, size_t a, size_t b, uint64_t tags);

/* A member or item that both have, or one of them (the other place is
 * NULL). */
static void
differences_child(struct differences_json *j, const size_t *a, const size_t *b)
{
	uint64_t tags = b != NULL ? differences_enter(j, &j->b, *b)
				  : differences_enter(j, &j->a, *a);

	if ((tags & PLACE_IGNORED) != 0)
		;
	else if (a == NULL)
		differences_add_json(j, DIFFERENCE_EXTRA, NULL, b);
	else if (b == NULL)
		differences_add_json(j, DIFFERENCE_MISSING, a, NULL);
	else if ((tags & PLACE_REPLACED) == 0)
		differences_value(j, *a, *b, tags);
	json_walk_up(j->walk);
}

struct differences_member {
	struct str name;
	size_t at;
};

static int
differences_by_name(const void *a, const void *b)
{
	const struct differences_member *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int r = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;

	if (r == 0 && x->name.n != y->name.n)
		r = x->name.n < y->name.n ? -1 : 1;
	return r != 0 ? r : x->at < y->at ? -1 : x->at > y->at;
}

/* What is in v[i], in the order of the text. */
static struct differences_member *
differences_members(const struct leaves *l, size_t i)
{
	struct differences_member *m = xcalloc(l->v[i].items + 1, sizeof(*m));
	size_t at, n = 0;

	for (at = i + 1; n < l->v[i].items; at = leaves_next(l, at))
		m[n++] = (struct differences_member){ l->v[at].name, at };
	return m;
}

static int
differences_order(const struct differences_member *a, size_t na,
    const struct differences_member *b, size_t nb)
{
	struct differences_member x, y;

	if (na == 0 || nb == 0)
		return na == 0 ? 1 : -1;
	x = (struct differences_member){ a->name, 0 };
	y = (struct differences_member){ b->name, 0 };
	return differences_by_name(&x, &y);
}

static void
differences_objects(struct differences_json *j, size_t a, size_t b)
{
	struct differences_member *ma = differences_members(&j->a, a);
	struct differences_member *mb = differences_members(&j->b, b);
	size_t na = j->a.v[a].items, nb = j->b.v[b].items, i = 0, k = 0;
	int order;

	qsort(ma, na, sizeof(*ma), differences_by_name);
	qsort(mb, nb, sizeof(*mb), differences_by_name);
	while (i < na || k < nb) {
		order = differences_order(ma + i, na - i, mb + k, nb - k);
		differences_child(j, order <= 0 ? &ma[i].at : NULL,
		    order >= 0 ? &mb[k].at : NULL);
		i += order <= 0;
		k += order >= 0;
	}
	free(ma);
	free(mb);
}

/* Whether two arrays with as many items have the same ones, some of them in
 * another place. */
static bool
differences_reordered(struct differences_json *j, size_t a, size_t b,
    const struct differences_member *ma, const struct differences_member *mb)
{
	size_t i;

	if (j->a.v[a].as_set != j->b.v[b].as_set)
		return false;
	for (i = 0; i < j->a.v[a].items; i++)
		if (j->a.v[ma[i].at].as_set != j->b.v[mb[i].at].as_set)
			return true;
	return false; /* it is in an item that the order differs */
}

/* Items that are equal at both ends tell which ones came or went. */
static void
differences_items(struct differences_json *j,
    const struct differences_member *ma, size_t na,
    const struct differences_member *mb, size_t nb)
{
	size_t i;

	for (; na > 0 && nb > 0 && j->a.v[ma->at].value == j->b.v[mb->at].value;
	     na--, nb--) {
		ma++;
		mb++;
	}
	for (; na > 0 && nb > 0 && na != nb &&
	       j->a.v[ma[na - 1].at].value == j->b.v[mb[nb - 1].at].value;
	     na--, nb--)
		;
	for (i = 0; i < na || i < nb; i++)
		differences_child(
		    j, i < na ? &ma[i].at : NULL, i < nb ? &mb[i].at : NULL);
}

static void
differences_arrays(
    struct differences_json *j, size_t a, size_t b, uint64_t tags)
{
	struct differences_member *ma = differences_members(&j->a, a);
	struct differences_member *mb = differences_members(&j->b, b);
	size_t na = j->a.v[a].items, nb = j->b.v[b].items;

	if (na != nb || !differences_reordered(j, a, b, ma, mb))
		differences_items(j, ma, na, mb, nb);
	else if ((tags & PLACE_SET) == 0)
		differences_add_json(j, DIFFERENCE_ORDER, &a, &b);
	free(ma);
	free(mb);
}

/* As deep as LEAVES_DEPTH. */
static void
differences_value(struct differences_json *j, size_t a, size_t b, uint64_t tags)
{
	const struct leaf *x = &j->a.v[a], *y = &j->b.v[b];

	if (x->value == y->value)
		return;
	if (x->type == LEAF_OBJECT && y->type == LEAF_OBJECT)
		differences_objects(j, a, b);
	else if (x->type == LEAF_ARRAY && y->type == LEAF_ARRAY)
		differences_arrays(j, a, b, tags);
	else
		differences_add_json(j, DIFFERENCE_CHANGED, &a, &b);
}

static void
differences_trees(struct differences_json *j, struct str a, struct str b)
{
	struct difference x = { .place = DIFFERENCE_IN_JSON,
		.way = DIFFERENCE_WRITTEN,
		.recorded = a,
		.live = b };
	struct str none = { NULL, 0 };
	uint64_t tags;

	if (j->a.v[0].value != j->b.v[0].value) {
		differences_json_rules(j);
		tags = json_walk_begin(j->walk, j->paths);
		if ((tags & (PLACE_IGNORED | PLACE_REPLACED)) == 0)
			differences_value(j, 0, 0, tags);
		json_walk_free(j->walk);
		json_paths_free(j->paths);
	} else if (!j->r->by_meaning) {
		differences_add_ruled(
		    j->r, x, FAR_WRITTEN, "compare json", none);
	}
}

bool
differences_in_json(struct differences_run *r, struct str a, struct str b)
{
	struct differences_json j = { .r = r };
	bool both = leaves_read(&j.a, a) == 0 && leaves_read(&j.b, b) == 0;

	if (both)
		differences_trees(&j, a, b);
	leaves_free(&j.a);
	leaves_free(&j.b);
	return both;
}
