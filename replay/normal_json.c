/*
 * JSON by its values.  Each value is written as it comes; when an object (or
 * an array that is a set) ends, what it has is sorted and written anew.  What
 * is long becomes a digest then, so that the time stays in proportion to the
 * text however deep it is.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "har/json_path.h"

#include "replay/normal_priv.h"

/* A member, or an item of a set; offsets into names and values. */
struct json_child {
	size_t name, name_n;
	size_t from, to;
};

/* An object or array that is open. */
struct json_level {
	bool object;
	bool set;
	bool optional;   /* of a GraphQL request: empty is as good as absent */
	uint64_t next;   /* index of the next element */
	size_t from;     /* where it begins in the values */
	size_t children; /* where its children begin in the list */
	size_t name;     /* where its own name is; for its parent */
	size_t name_n;
};

struct normal_json {
	struct json *scanner;
	struct json_walk *walk;
	struct buf values, names, sorted, text;
	struct json_child *children;
	size_t n, cap;
	struct json_level *levels;
	size_t depth, levels_cap;
	bool graphql;
};

struct normal_json *
normal_json_new(void)
{
	struct normal_json *j = xcalloc(1, sizeof(*j));

	j->walk = json_walk_new();
	return j;
}

#define NORMAL_JSON_KEPT (64u << 10) /* bytes of scratch between two uses */

void
normal_json_free(struct normal_json *j)
{
	if (j == NULL)
		return;
	json_walk_free(j->walk);
	buf_free(&j->values);
	buf_free(&j->names);
	buf_free(&j->sorted);
	buf_free(&j->text);
	free(j->children);
	free(j->levels);
	free(j);
}

/*
 * Numbers
 */

/* The power of ten behind an e.  False when it has too many digits. */
static bool
number_power(struct str text, int64_t *power)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	uint64_t v = 0;

	if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+'))
		text = (struct str){ text.p + 1, text.n - 1 };
	while (text.n > 0 && text.p[0] == '0')
		text = (struct str){ text.p + 1, text.n - 1 };
	if (text.n > 18 || (text.n > 0 && str_u64(text, &v) == -1))
		return false;
	*power = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

/* Adds the digits of a mantissa without those zeros that say nothing; *power
 * becomes that of the last one.  False when all are zero. */
static bool
number_digits(struct str mantissa, struct buf *out, int64_t *power)
{
	size_t from = out->n, i;
	bool fraction = false;

	for (i = 0; i < mantissa.n; i++) {
		if (mantissa.p[i] == '.') {
			fraction = true;
			continue;
		}
		*power -= fraction;
		if (out->n > from || mantissa.p[i] != '0')
			buf_add(out, mantissa.p + i, 1);
	}
	while (out->n > from && out->p[out->n - 1] == '0') {
		out->n--;
		++*power;
	}
	return out->n > from;
}

void
normal_json_number(struct str number, struct buf *out)
{
	size_t from = out->n, e = 0;
	struct str mantissa = number, power_text = STR("");
	int64_t power = 0;
	bool bounded;

	while (e < number.n && (number.p[e] | 32) != 'e')
		e++;
	mantissa.n = e;
	if (e < number.n)
		power_text = (struct str){ number.p + e + 1, number.n - e - 1 };
	if (mantissa.n > 0 && mantissa.p[0] == '-') {
		buf_add_text(out, "-");
		mantissa = (struct str){ mantissa.p + 1, mantissa.n - 1 };
	}
	bounded = number_power(power_text, &power);
	if (!number_digits(mantissa, out, &power)) {
		out->n = from;
		buf_add_text(out, "0");
	} else if (bounded) {
		buf_addf(out, "e%lld", (long long)power);
	} else {
		out->n = from;
		buf_add_str(out, number);
	}
}

/*
 * Sorting
 */

static int
json_child_compare(const char *a, size_t a_n, const char *b, size_t b_n)
{
	size_t n = a_n < b_n ? a_n : b_n;
	int r = n > 0 ? memcmp(a, b, n) : 0;

	return r != 0 ? r : a_n < b_n ? -1 : a_n > b_n;
}

/* By name, then as they came. */
static int
json_child_by_name(const void *left, const void *right, void *arg)
{
	const struct json_child *a = left, *b = right;
	const struct normal_json *j = arg;
	int r = json_child_compare(
	    j->names.p + a->name, a->name_n, j->names.p + b->name, b->name_n);

	return r != 0 ? r : a->from < b->from ? -1 : a->from > b->from;
}

static int
json_child_by_value(const void *left, const void *right, void *arg)
{
	const struct json_child *a = left, *b = right;
	const struct normal_json *j = arg;

	return json_child_compare(j->values.p + a->from, a->to - a->from,
	    j->values.p + b->from, b->to - b->from);
}

static bool
json_child_same_name(const struct normal_json *j, const struct json_child *a,
    const struct json_child *b)
{
	return json_child_compare(j->names.p + a->name, a->name_n,
		   j->names.p + b->name, b->name_n) == 0;
}

/* Writes the children of the level that ends in their order. */
static void
json_level_sort(struct normal_json *j, const struct json_level *l)
{
	size_t i, n = j->n - l->children;
	struct json_child *v = n > 0 ? j->children + l->children : NULL;

	if (n > 1)
		qsort_r(v, n, sizeof(*v),
		    l->object ? json_child_by_name : json_child_by_value, j);
	buf_clear(&j->sorted, NORMAL_JSON_KEPT);
	buf_add_text(&j->sorted, l->object ? "{" : "(");
	for (i = 0; i < n; i++) {
		if (l->object && i + 1 < n &&
		    json_child_same_name(j, &v[i], &v[i + 1]))
			continue;
		if (l->object)
			normal_text(&j->sorted, NORMAL_TEXT,
			    (struct str){
				j->names.p + v[i].name, v[i].name_n });
		buf_add(
		    &j->sorted, j->values.p + v[i].from, v[i].to - v[i].from);
	}
	j->values.n = l->from;
	buf_add(&j->values, j->sorted.p, j->sorted.n);
}

/*
 * Values
 */

/* Where a value stands: its name, if it is a member's. */
struct json_slot {
	size_t name, name_n;
	uint64_t tags;
};

static void *
json_more_room(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap == 0 ? 64 : 2 * *cap;
	return xrealloc(v, *cap * size);
}

/* A value from the offset from on is written: its parent's, if that sorts. */
static void
json_value_done(struct normal_json *j, size_t name, size_t name_n, size_t from)
{
	const struct json_level *parent;

	if (j->depth == 0)
		return;
	json_walk_up(j->walk);
	parent = &j->levels[j->depth - 1];
	if (!parent->object && !parent->set)
		return;
	j->children =
	    json_more_room(j->children, j->n, &j->cap, sizeof(*j->children));
	j->children[j->n++] =
	    (struct json_child){ name, name_n, from, j->values.n };
}

static bool
json_slot_is(
    const struct normal_json *j, const struct json_slot *s, const char *name)
{
	return str_is((struct str){ j->names.p + s->name, s->name_n }, name);
}

/* Whether the slot is a member of a GraphQL request: of the root, or of an
 * element of it. */
static bool
json_slot_of_graphql(const struct normal_json *j)
{
	if (!j->graphql || j->depth == 0 || j->depth > 2 ||
	    !j->levels[j->depth - 1].object)
		return false;
	return j->depth == 1 || !j->levels[0].object;
}

/* Those of which null, and an empty object, are as good as their absence. */
static bool
json_slot_optional(const struct normal_json *j, const struct json_slot *s)
{
	return json_slot_of_graphql(j) &&
	       (json_slot_is(j, s, "operationName") ||
		   json_slot_is(j, s, "variables") ||
		   json_slot_is(j, s, "extensions"));
}

static void
json_open_level(
    struct normal_json *j, const struct json_slot *s, enum json_token t)
{
	struct json_level level = { .object = t == JSON_OBJECT,
		.set = t == JSON_ARRAY && (s->tags & NORMAL_JSON_SET) != 0,
		.optional = json_slot_optional(j, s),
		.from = j->values.n,
		.children = j->n,
		.name = s->name,
		.name_n = s->name_n };

	j->levels = json_more_room(
	    j->levels, j->depth, &j->levels_cap, sizeof(*j->levels));
	if (!level.object && !level.set)
		buf_add_text(&j->values, "[");
	j->levels[j->depth++] = level;
}

static void
json_close_level(struct normal_json *j)
{
	struct json_level l = j->levels[--j->depth];
	bool empty = l.optional && j->n == l.children;

	if (l.object || l.set)
		json_level_sort(j, &l);
	buf_add_text(&j->values, l.object ? "}" : l.set ? ")" : "]");
	normal_shorten(&j->values, l.from);
	j->n = l.children;
	j->names.n = l.name + l.name_n;
	if (empty && l.object) {
		j->values.n = l.from;
		json_walk_up(j->walk);
		return;
	}
	json_value_done(j, l.name, l.name_n, l.from);
}

/* A string; of the member query of a GraphQL request, its tokens. */
static int
json_string(struct normal_json *j, const struct json_slot *s)
{
	buf_clear(&j->text, NORMAL_JSON_KEPT);
	if (json_decode(j->scanner, &j->text, SIZE_MAX / 2) == -1)
		return -1;
	if (!json_slot_of_graphql(j) || !json_slot_is(j, s, "query") ||
	    !normal_graphql(buf_str(&j->text), &j->values))
		normal_text(&j->values, NORMAL_TEXT, buf_str(&j->text));
	return 0;
}

static int
json_scalar(struct normal_json *j, const struct json_slot *s, enum json_token t)
{
	switch (t) {
	case JSON_STRING:
		return json_string(j, s);
	case JSON_NUMBER:
		buf_clear(&j->text, NORMAL_JSON_KEPT);
		normal_json_number(json_text(j->scanner), &j->text);
		normal_text(&j->values, '#', buf_str(&j->text));
		return 0;
	case JSON_TRUE:
		buf_add_text(&j->values, "t");
		return 0;
	case JSON_FALSE:
		buf_add_text(&j->values, "f");
		return 0;
	case JSON_NULL:
		buf_add_text(&j->values, "n");
		return 0;
	default:
		return -1;
	}
}

/* The value that begins with t.  0 or -1. */
static int
json_value(struct normal_json *j, const struct json_slot *s, enum json_token t)
{
	size_t from = j->values.n;

	if ((s->tags & NORMAL_JSON_IGNORE) != 0 ||
	    (t == JSON_NULL && json_slot_optional(j, s))) {
		if (j->depth > 0)
			json_walk_up(j->walk);
		return json_skip(j->scanner, t);
	}
	if ((s->tags & NORMAL_JSON_REPLACE) != 0) {
		if (json_skip(j->scanner, t) == -1)
			return -1;
		normal_text(&j->values, NORMAL_REPLACED, STR(""));
	} else if (t == JSON_OBJECT || t == JSON_ARRAY) {
		json_open_level(j, s, t);
		return 0;
	} else if (json_scalar(j, s, t) == -1) {
		return -1;
	}
	json_value_done(j, s->name, s->name_n, from);
	return 0;
}

/* One token in the current level and what belongs to it.  0 or -1. */
static int
json_step(struct normal_json *j)
{
	enum json_token t = json_next(j->scanner);
	struct json_slot slot = { .name = j->names.n };

	if (t == JSON_OBJECT_END || t == JSON_ARRAY_END) {
		json_close_level(j);
		return 0;
	}
	if (t == JSON_NAME) {
		buf_add_str(&j->names, json_text(j->scanner));
		slot.name_n = j->names.n - slot.name;
		slot.tags = json_walk_name(j->walk, json_text(j->scanner));
		t = json_next(j->scanner);
	} else {
		slot.tags =
		    json_walk_index(j->walk, j->levels[j->depth - 1].next++);
	}
	return t == JSON_ERROR ? -1 : json_value(j, &slot, t);
}

/* All values of the text.  0 or -1. */
static int
json_all(struct normal_json *j, const struct json_paths *paths)
{
	struct json_slot root = { 0 };
	enum json_token t;

	do {
		root.tags = json_walk_begin(j->walk, paths);
		t = json_next(j->scanner);
		if (t == JSON_ERROR || json_value(j, &root, t) == -1)
			return -1;
		while (j->depth > 0)
			if (json_step(j) == -1)
				return -1;
	} while (json_more(j->scanner));
	return json_next(j->scanner) == JSON_END &&
		       (json_flaws(j->scanner) & JSON_PADDING) == 0
		   ? 0
		   : -1;
}

bool
normal_json_add(struct normal_json *j, const struct json_paths *paths,
    bool graphql, struct str text, struct buf *out)
{
	int r;

	buf_clear(&j->values, NORMAL_JSON_KEPT);
	buf_clear(&j->names, NORMAL_JSON_KEPT);
	buf_reserve(&j->names, 1); /* for views of empty ones, too */
	j->n = j->depth = 0;
	j->graphql = graphql;
	j->scanner = json_open_str(text);
	r = json_all(j, paths);
	json_close(j->scanner);
	if (r == -1)
		return false;
	buf_add_str(out, buf_str(&j->values));
	return true;
}
