#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "mock/jsonpath_filter.h"
#include "mock/jsonpath_step.h"
#include "mock/text.h"

#include "mock/jsonpath.h"

#define JSONPATH_DEPTH 2000 /* steps and levels of values together */

struct hit {
	struct value value;
	bool several;          /* one of what may be several */
	const struct step *up; /* not a hit: goes on with the parent */
	bool is_up;
};

struct hits {
	struct hit *at;
	size_t n, room;
};

struct search {
	struct values *v;
	struct value root;
	unsigned depth;
	bool wrong;
};

/* Where a search is. */
struct place {
	struct value value;
	struct value parent;
	struct value property; /* its name or index in parent */
	struct value parent_property;
	bool several, literal;
};

static void search_trace(struct search *s, const struct step *step,
    const struct place *at, struct hits *hits);

static void
search_add(struct search *s, struct hits *hits, struct hit hit)
{
	if (hits->n == hits->room) {
		hits->room = hits->room == 0 ? 8 : hits->room * 2;
		hits->at = xrealloc(hits->at, hits->room * sizeof(*hits->at));
	}
	hits->at[hits->n++] = hit;
	if (!value_work(s->v))
		s->wrong = true;
}

/* Follows a property, whose parent is at. */
static void
search_enter(struct search *s, const struct step *next, const struct place *at,
    struct value property, struct value value, bool several, bool literal,
    struct hits *hits)
{
	struct place inner = {
		.value = value,
		.parent = at->value,
		.property = property,
		.parent_property = at->property,
		.several = several,
		.literal = literal,
	};

	search_trace(s, next, &inner, hits);
}

/* The child number i of an array or object.  False behind the last. */
static bool
search_child(
    struct value of, size_t i, struct value *property, struct value *child)
{
	if (of.kind == VALUE_ARRAY && i < of.array->n) {
		*property = value_number((double)i);
		*child = of.array->at[i];
		return true;
	}
	if (of.kind == VALUE_OBJECT && i < of.object->n) {
		value_order(of);
		*property = value_text(of.object->at[i].name);
		*child = of.object->at[i].value;
		return true;
	}
	return false;
}

static void
search_all(struct search *s, const struct step *step, const struct place *at,
    struct hits *hits)
{
	struct value property, child;
	size_t i;

	for (i = 0; search_child(at->value, i, &property, &child); i++)
		search_enter(
		    s, step->next, at, property, child, true, true, hits);
}

static void
search_descend(struct search *s, const struct step *step,
    const struct place *at, struct hits *hits)
{
	struct place here = *at;
	struct value property, child;
	size_t i;

	here.literal = false;
	search_trace(s, step->next, &here, hits);
	for (i = 0; search_child(at->value, i, &property, &child); i++)
		if (child.kind == VALUE_NULL || value_is_object(child))
			search_enter(
			    s, step, at, property, child, true, false, hits);
}

/* A part of start:end:step; false when it is none. */
static bool
search_slice_part(struct str part, bool sign, int64_t *n)
{
	size_t i = 0;

	*n = 0;
	if (sign && part.n > 0 && part.p[0] == '-')
		i = 1;
	for (; i < part.n; i++) {
		if (part.p[i] < '0' || part.p[i] > '9')
			return false;
		if (*n < 1000000000)
			*n = *n * 10 + (part.p[i] - '0');
	}
	if (part.n > 0 && part.p[0] == '-')
		*n = -*n;
	return true;
}

static bool
search_is_slice(struct str text, int64_t n[3])
{
	struct str rest = text, part;
	int i = 0;

	n[0] = n[1] = n[2] = 0;
	while (str_cut(&rest, ':', &part)) {
		if (i == 3 || !search_slice_part(part, i < 2, &n[i]))
			return false;
		i++;
	}
	return i > 1;
}

static int64_t
search_bound(int64_t n, int64_t length)
{
	if (n < 0)
		return n + length < 0 ? 0 : n + length;
	return n < length ? n : length;
}

static void
search_slice(struct search *s, const struct step *step, const struct place *at,
    const int64_t n[3], struct hits *hits)
{
	int64_t length, i, end, by = n[2] == 0 ? 1 : n[2];

	if (at->value.kind != VALUE_ARRAY) {
		s->wrong = true; /* its result is no array there */
		return;
	}
	length = (int64_t)at->value.array->n;
	end = search_bound(n[1] == 0 ? length : n[1], length);
	for (i = search_bound(n[0], length); i < end; i += by)
		search_enter(s, step->next, at, value_number((double)i),
		    at->value.array->at[i], true, false, hits);
}

static int
search_evaluate(struct search *s, struct str expression, const struct place *at,
    struct value value, struct value property, struct value *result)
{
	struct jsonpath_scope scope = {
		.value = value,
		.property = property,
		.parent = at->parent,
		.parent_property = at->property,
		.root = s->root,
	};

	if (jsonpath_evaluate(s->v, expression, &scope, result) == 0)
		return 0;
	s->wrong = true;
	return -1;
}

static void
search_filter(struct search *s, const struct step *step, const struct place *at,
    struct hits *hits)
{
	struct str expression = { step->text.p + 1, step->text.n - 1 };
	struct value property, child, holds;
	size_t i;

	if (expression.n > 1 && expression.p[expression.n - 1] == ')')
		expression = (struct str){ expression.p + 1, expression.n - 2 };
	for (i = 0; !s->wrong && search_child(at->value, i, &property, &child);
	     i++)
		if (search_evaluate(
			s, expression, at, child, property, &holds) == 0 &&
		    value_is_true(holds))
			search_enter(s, step->next, at, property, child, true,
			    false, hits);
}

/* [(expression)]: the property that it gives. */
static void
search_computed(struct search *s, const struct step *step,
    const struct place *at, struct hits *hits)
{
	struct step computed = { .next = step->next };
	struct value name;

	if (search_evaluate(
		s, step->text, at, at->value, at->property, &name) == -1)
		return;
	computed.text = value_to_str(s->v, name);
	computed.exact = name.kind != VALUE_TEXT;
	search_trace(s, &computed, at, hits);
}

/* Whether a value is of the type that @type() asks for; *known: there is such
 * a type. */
static bool
search_is_of_type(struct value a, struct str type, bool *known)
{
	bool number = a.kind == VALUE_NUMBER;
	const struct {
		const char *name;
		bool yes;
	} types[] = {
		{ "scalar", a.kind < VALUE_SAFE },
		{ "boolean", a.kind == VALUE_BOOL },
		{ "string", a.kind == VALUE_TEXT },
		{ "undefined", a.kind == VALUE_UNDEFINED },
		{ "function", false },
		{ "integer",
		    number && isfinite(a.number) && fmod(a.number, 1) == 0 },
		{ "number", number && isfinite(a.number) },
		{ "nonFinite", number && !isfinite(a.number) },
		{ "object", value_is_object(a) },
		{ "array", a.kind == VALUE_ARRAY },
		{ "null", a.kind == VALUE_NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_is(type, types[i].name))
			return types[i].yes;
	*known = false;
	return false;
}

static void
search_type(struct search *s, const struct step *step, const struct place *at,
    struct hits *hits)
{
	struct str type = { step->text.p + 1, step->text.n - 1 };
	bool known = true;

	type.n -= type.n < 2 ? type.n : 2;
	if (search_is_of_type(at->value, type, &known))
		search_add(s, hits, (struct hit){ .value = at->value });
	s->wrong |= !known;
}

static void
search_union(struct search *s, const struct step *step, const struct place *at,
    struct hits *hits)
{
	struct str rest = step->text, part;
	struct place here = *at;

	here.several = true;
	here.literal = false;
	while (str_cut(&rest, ',', &part)) {
		struct step one = { .text = part, .next = step->next };

		search_trace(s, &one, &here, hits);
	}
}

/* Carries out a step. */
static void
search_step(struct search *s, const struct step *step, const struct place *at,
    struct hits *hits)
{
	struct str text = step->text;
	struct value child = value_get(at->value, text);
	struct str escaped = { text.p + 1, text.n - 1 };
	bool has = value_is_true(at->value) && value_has(at->value, text);
	struct value name = value_text(text);
	int64_t slice[3];

	if ((step->exact || at->literal) && has) {
		search_enter(
		    s, step->next, at, name, child, at->several, false, hits);
	} else if (str_is(text, "*")) {
		search_all(s, step, at, hits);
	} else if (str_is(text, "..")) {
		search_descend(s, step, at, hits);
	} else if (str_is(text, "^")) {
		search_add(
		    s, hits, (struct hit){ .is_up = true, .up = step->next });
	} else if (str_is(text, "~")) {
		search_add(s, hits, (struct hit){ .value = at->property });
	} else if (str_is(text, "$")) {
		search_trace(s, step->next, at, hits);
	} else if (search_is_slice(text, slice)) {
		search_slice(s, step, at, slice, hits);
	} else if (str_starts(text, "?(")) {
		search_filter(s, step, at, hits);
	} else if (str_starts(text, "(")) {
		search_computed(s, step, at, hits);
	} else if (str_starts(text, "@")) {
		search_type(s, step, at, hits);
	} else if (str_starts(text, "`") && value_has(at->value, escaped)) {
		search_enter(s, step->next, at, value_text(escaped),
		    value_get(at->value, escaped), at->several, true, hits);
	} else if (text.n > 0 && memchr(text.p, ',', text.n) != NULL) {
		search_union(s, step, at, hits);
	} else if (!at->literal && has) {
		search_enter(
		    s, step->next, at, name, child, at->several, true, hits);
	}
}

/* Goes on from at with what steps below said about its parent, which is at. */
static void
search_settle_ups(
    struct search *s, const struct place *at, size_t from, struct hits *hits)
{
	struct hits all = { 0 };
	size_t i;

	for (i = from; i < hits->n && !hits->at[i].is_up; i++)
		continue;
	if (i == hits->n)
		return;
	for (i = from; i < hits->n; i++) {
		if (hits->at[i].is_up)
			search_trace(s, hits->at[i].up, at, &all);
		else
			search_add(s, &all, hits->at[i]);
	}
	hits->n = from;
	for (i = 0; i < all.n; i++)
		search_add(s, hits, all.at[i]);
	free(all.at);
}

static void
search_trace(struct search *s, const struct step *step, const struct place *at,
    struct hits *hits)
{
	size_t from = hits->n;

	if (s->wrong || !value_work(s->v) || s->depth > JSONPATH_DEPTH) {
		s->wrong = true;
		return;
	}
	if (step == NULL) {
		search_add(s, hits,
		    (struct hit){ .value = at->value, .several = at->several });
		return;
	}
	s->depth++;
	search_step(s, step, at, hits);
	if (!str_is(step->text, "^"))
		search_settle_ups(s, at, from, hits);
	s->depth--;
}

static struct value
search_result(struct search *s, const struct hits *hits)
{
	struct value all = value_new_array(s->v, hits->n);
	size_t i;

	for (i = 0; i < hits->n; i++)
		if (!hits->at[i].is_up)
			value_push(s->v, all, hits->at[i].value);
	if (all.array->n == 0)
		return VALUE_NONE;
	if (all.array->n == 1 && !hits->at[0].several)
		return all.array->at[0];
	return all;
}

int
jsonpath_find(
    struct values *v, struct value data, struct str path, struct value *found)
{
	struct search s = { .v = v, .root = data };
	struct place at = { .value = data };
	struct hits hits = { 0 };
	const struct step *step;

	*found = VALUE_NONE;
	if (!value_is_true(data) || text_units(path) > JSONPATH_MOST ||
	    !jsonpath_is_safe(path))
		return 0;
	at.parent = at.property = at.parent_property = value_null();
	step = step_all(v, path);
	search_trace(&s, step, &at, &hits);
	/* These give no list, and there is nothing above the root. */
	if (str_is(step->text, "~") || str_is(step->text, "^") ||
	    (str_starts(step->text, "@") && hits.n > 0))
		s.wrong = true;
	if (!s.wrong)
		*found = search_result(&s, &hits);
	free(hits.at);
	return s.wrong ? -1 : 0;
}
