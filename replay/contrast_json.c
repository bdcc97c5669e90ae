/* JSON bodies, value by value. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/json_path.h"
#include "replay/contrast_priv.h"
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

struct contrast_json {
	struct contrast_run *r;
	struct leaves a, b; /* recorded, live */
	struct json_paths *paths;
	struct json_walk *walk; /* where the comparison is */
};

/* The paths of the rules that are for the request. */
static void
contrast_json_rules(struct contrast_json *j)
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
contrast_enter(struct contrast_json *j, const struct leaves *l, size_t i)
{
	const struct leaf *leaf = &l->v[i];

	return l->v[leaf->parent].type == LEAF_OBJECT
		   ? json_walk_name(j->walk, leaf->name)
		   : json_walk_index(j->walk, leaf->index);
}

static struct str
contrast_pointer(const struct leaves *l, size_t i, bool any, struct buf *out)
{
	out->n = 0;
	leaves_pointer(l, i, any, out);
	return out->n > 0 ? buf_str(out) : any ? STR("$") : STR("");
}

/* Either place may be NULL. */
static void
contrast_add_json(struct contrast_json *j, enum difference_way way,
    const size_t *a, const size_t *b)
{
	const struct leaves *l = b != NULL ? &j->b : &j->a;
	size_t i = b != NULL ? *b : *a;
	struct difference x = { .place = DIFFERENCE_IN_JSON, .way = way };
	struct buf name = { 0 }, place = { 0 }, texts[2] = { { 0 } };
	struct str none = { NULL, 0 };

	x.name = contrast_pointer(l, i, false, &name);
	if (a != NULL) {
		leaves_text(&j->a, *a, &texts[0]);
		x.recorded = buf_str(&texts[0]);
	}
	if (b != NULL) {
		leaves_text(&j->b, *b, &texts[1]);
		x.live = buf_str(&texts[1]);
	}
	if (way == DIFFERENCE_ORDER)
		contrast_add_ruled(j->r, x, FAR_WRITTEN, "compare json-as-set",
		    contrast_pointer(l, i, true, &place));
	else if (i == 0)
		contrast_add_ruled(j->r, x, FAR_ALL, "ignore body", none);
	else
		contrast_add_ruled(j->r, x, FAR_VALUE, "ignore json",
		    contrast_pointer(l, i, true, &place));
	buf_free(&texts[0]);
	buf_free(&texts[1]);
	buf_free(&place);
	buf_free(&name);
}

static void contrast_value(
    struct contrast_json *j, size_t a, size_t b, uint64_t tags);

/* A member or item that both have, or one of them (the other place is
 * NULL). */
static void
contrast_child(struct contrast_json *j, const size_t *a, const size_t *b)
{
	uint64_t tags = b != NULL ? contrast_enter(j, &j->b, *b)
				  : contrast_enter(j, &j->a, *a);

	if ((tags & PLACE_IGNORED) != 0)
		;
	else if (a == NULL)
		contrast_add_json(j, DIFFERENCE_EXTRA, NULL, b);
	else if (b == NULL)
		contrast_add_json(j, DIFFERENCE_MISSING, a, NULL);
	else if ((tags & PLACE_REPLACED) == 0)
		contrast_value(j, *a, *b, tags);
	json_walk_up(j->walk);
}

struct contrast_member {
	struct str name;
	size_t at;
};

static int
contrast_by_name(const void *a, const void *b)
{
	const struct contrast_member *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int r = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;

	if (r == 0 && x->name.n != y->name.n)
		r = x->name.n < y->name.n ? -1 : 1;
	return r != 0 ? r : x->at < y->at ? -1 : x->at > y->at;
}

/* What is in v[i], in the order of the text. */
static struct contrast_member *
contrast_members(const struct leaves *l, size_t i)
{
	struct contrast_member *m = xcalloc(l->v[i].items + 1, sizeof(*m));
	size_t at, n = 0;

	for (at = i + 1; n < l->v[i].items; at = leaves_next(l, at))
		m[n++] = (struct contrast_member){ l->v[at].name, at };
	return m;
}

static int
contrast_order(const struct contrast_member *a, size_t na,
    const struct contrast_member *b, size_t nb)
{
	struct contrast_member x, y;

	if (na == 0 || nb == 0)
		return na == 0 ? 1 : -1;
	x = (struct contrast_member){ a->name, 0 };
	y = (struct contrast_member){ b->name, 0 };
	return contrast_by_name(&x, &y);
}

static void
contrast_objects(struct contrast_json *j, size_t a, size_t b)
{
	struct contrast_member *ma = contrast_members(&j->a, a);
	struct contrast_member *mb = contrast_members(&j->b, b);
	size_t na = j->a.v[a].items, nb = j->b.v[b].items, i = 0, k = 0;
	int order;

	qsort(ma, na, sizeof(*ma), contrast_by_name);
	qsort(mb, nb, sizeof(*mb), contrast_by_name);
	while (i < na || k < nb) {
		order = contrast_order(ma + i, na - i, mb + k, nb - k);
		contrast_child(j, order <= 0 ? &ma[i].at : NULL,
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
contrast_reordered(struct contrast_json *j, size_t a, size_t b,
    const struct contrast_member *ma, const struct contrast_member *mb)
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
contrast_items(struct contrast_json *j, const struct contrast_member *ma,
    size_t na, const struct contrast_member *mb, size_t nb)
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
		contrast_child(
		    j, i < na ? &ma[i].at : NULL, i < nb ? &mb[i].at : NULL);
}

static void
contrast_arrays(struct contrast_json *j, size_t a, size_t b, uint64_t tags)
{
	struct contrast_member *ma = contrast_members(&j->a, a);
	struct contrast_member *mb = contrast_members(&j->b, b);
	size_t na = j->a.v[a].items, nb = j->b.v[b].items;

	if (na != nb || !contrast_reordered(j, a, b, ma, mb))
		contrast_items(j, ma, na, mb, nb);
	else if ((tags & PLACE_SET) == 0)
		contrast_add_json(j, DIFFERENCE_ORDER, &a, &b);
	free(ma);
	free(mb);
}

/* As deep as LEAVES_DEPTH. */
static void
contrast_value(struct contrast_json *j, size_t a, size_t b, uint64_t tags)
{
	const struct leaf *x = &j->a.v[a], *y = &j->b.v[b];

	if (x->value == y->value)
		return;
	if (x->type == LEAF_OBJECT && y->type == LEAF_OBJECT)
		contrast_objects(j, a, b);
	else if (x->type == LEAF_ARRAY && y->type == LEAF_ARRAY)
		contrast_arrays(j, a, b, tags);
	else
		contrast_add_json(j, DIFFERENCE_CHANGED, &a, &b);
}

static void
contrast_trees(struct contrast_json *j, struct str a, struct str b)
{
	struct difference x = { .place = DIFFERENCE_IN_JSON,
		.way = DIFFERENCE_WRITTEN,
		.recorded = a,
		.live = b };
	struct str none = { NULL, 0 };
	uint64_t tags;

	if (j->a.v[0].value != j->b.v[0].value) {
		contrast_json_rules(j);
		tags = json_walk_begin(j->walk, j->paths);
		if ((tags & (PLACE_IGNORED | PLACE_REPLACED)) == 0)
			contrast_value(j, 0, 0, tags);
		json_walk_free(j->walk);
		json_paths_free(j->paths);
	} else if (!j->r->by_meaning) {
		contrast_add_ruled(j->r, x, FAR_WRITTEN, "compare json", none);
	}
}

bool
contrast_in_json(struct contrast_run *r, struct str a, struct str b)
{
	struct contrast_json j = { .r = r };
	bool both = leaves_read(&j.a, a) == 0 && leaves_read(&j.b, b) == 0;

	if (both)
		contrast_trees(&j, a, b);
	leaves_free(&j.a);
	leaves_free(&j.b);
	return both;
}
