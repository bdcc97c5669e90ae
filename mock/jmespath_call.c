/* The functions of JMESPath but for those of texts. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "mock/text.h"
#include "mock/value_json.h"

#include "mock/jmespath_call.h"

static unsigned
jmes_type_of(struct value a)
{
	switch (a.kind) {
	case VALUE_NULL:
		return JMES_NULL;
	case VALUE_TEXT:
		return JMES_TEXT;
	case VALUE_NUMBER:
		return JMES_NUMBER;
	case VALUE_BOOL:
		return JMES_BOOL;
	case VALUE_ARRAY:
		return JMES_ARRAY;
	case VALUE_UNDEFINED:
		return 0;
	default:
		return JMES_MAP;
	}
}

static bool
jmes_all_are(struct value a, unsigned type)
{
	size_t i;

	for (i = 0; a.kind == VALUE_ARRAY && i < a.array->n; i++)
		if (jmes_type_of(a.array->at[i]) != type &&
		    a.array->at[i].kind != VALUE_UNDEFINED)
			return false;
	return a.kind == VALUE_ARRAY;
}

static bool
jmes_fits(const struct jmes_arg *a, unsigned types)
{
	unsigned type = a->reference ? JMES_EXPR : jmes_type_of(a->value);

	return types & JMES_ANY || type == 0 || types & type ||
	       (types & JMES_NUMBERS && jmes_all_are(a->value, JMES_NUMBER)) ||
	       (types & JMES_TEXTS && jmes_all_are(a->value, JMES_TEXT)) ||
	       (types & JMES_ARRAYS && jmes_all_are(a->value, JMES_ARRAY));
}

struct str
jmes_text(const struct jmes_call *c, unsigned i)
{
	return i < c->n && c->args[i].value.kind == VALUE_TEXT
		   ? c->args[i].value.text
		   : STR("");
}

double
jmes_number_at(const struct jmes_call *c, unsigned i)
{
	return c->args[i].value.number;
}

const struct value_array *
jmes_array(const struct jmes_call *c, unsigned i)
{
	return c->args[i].value.array;
}

int
jmes_made(const struct jmes_call *c, struct buf *out, struct value *to)
{
	*to = value_copy_text(c->s->v, buf_str(out));
	buf_free(out);
	return 0;
}

static int
jmes_abs(struct jmes_call *c, struct value *to)
{
	*to = value_number(fabs(jmes_number_at(c, 0)));
	return 0;
}

static int
jmes_ceil(struct jmes_call *c, struct value *to)
{
	*to = value_number(ceil(jmes_number_at(c, 0)));
	return 0;
}

static int
jmes_floor(struct jmes_call *c, struct value *to)
{
	*to = value_number(floor(jmes_number_at(c, 0)));
	return 0;
}

/* The members of an object: names, values, or pairs of both. */
static struct value
jmes_members(struct jmes_call *c, bool names, bool values)
{
	struct value of = c->args[0].value, all, pair;
	const struct value_member *m;
	size_t i;

	all = value_new_array(c->s->v, 0);
	if (of.kind != VALUE_OBJECT)
		return all;
	value_order(of);
	for (i = 0; i < of.object->n; i++) {
		m = &of.object->at[i];
		pair = names ? value_text(m->name) : m->value;
		if (names && values) {
			pair = value_new_array(c->s->v, 2);
			value_push(c->s->v, pair, value_text(m->name));
			value_push(c->s->v, pair, m->value);
		}
		value_push(c->s->v, all, pair);
	}
	return all;
}

static int
jmes_keys(struct jmes_call *c, struct value *to)
{
	*to = jmes_members(c, true, false);
	return 0;
}

static int
jmes_values(struct jmes_call *c, struct value *to)
{
	*to = jmes_members(c, false, true);
	return 0;
}

static int
jmes_items(struct jmes_call *c, struct value *to)
{
	*to = jmes_members(c, true, true);
	return 0;
}

static int
jmes_sum(struct jmes_call *c, struct value *to)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < jmes_array(c, 0)->n; i++)
		sum += value_to_number(jmes_array(c, 0)->at[i]);
	*to = value_number(sum);
	return 0;
}

static int
jmes_avg(struct jmes_call *c, struct value *to)
{
	size_t n = jmes_array(c, 0)->n;

	(void)jmes_sum(c, to);
	*to = n == 0 ? value_null() : value_number(to->number / (double)n);
	return 0;
}

static int
jmes_from_items(struct jmes_call *c, struct value *to)
{
	const struct value_array *pairs = jmes_array(c, 0), *pair;
	size_t i;

	*to = value_new_object(c->s->v);
	for (i = 0; i < pairs->n; i++) {
		if (pairs->at[i].kind != VALUE_ARRAY)
			return -1;
		pair = pairs->at[i].array;
		if (pair->n != 2 || pair->at[0].kind != VALUE_TEXT)
			return -1;
		value_set(c->s->v, *to, pair->at[0].text, pair->at[1]);
	}
	return 0;
}

/* What the expression at i makes of an item; -1 unless of one of types. */
static int
jmes_key(struct jmes_call *c, unsigned i, struct value item, unsigned types,
    struct value *key)
{
	if (c->args[i].reference == NULL ||
	    jmes_visit(c->s, c->args[i].reference, item, key) == -1)
		return -1;
	return jmes_type_of(*key) & types ? 0 : -1;
}

static int
jmes_group_by(struct jmes_call *c, struct value *to)
{
	const struct value_array *items = jmes_array(c, 0);
	struct value key, group, item;
	size_t i;

	*to = value_new_object(c->s->v);
	for (i = 0; i < items->n; i++) {
		item = value_is_nothing(items->at[i])
			   ? value_new_object(c->s->v)
			   : items->at[i];
		if (jmes_key(c, 1, item, JMES_TEXT, &key) == -1)
			return -1;
		group = value_get(*to, key.text);
		if (group.kind != VALUE_ARRAY) {
			group = value_new_array(c->s->v, 0);
			value_set(c->s->v, *to, key.text, group);
		}
		value_push(c->s->v, group, items->at[i]);
	}
	return 0;
}

static int
jmes_length(struct jmes_call *c, struct value *to)
{
	struct value of = c->args[0].value;
	size_t n, count = 0;

	if (of.kind == VALUE_TEXT) {
		for (; of.text.n > 0; of.text.p += n, of.text.n -= n) {
			(void)text_point(of.text, &n);
			count++;
		}
	} else if (of.kind == VALUE_ARRAY) {
		count = of.array->n;
	} else if (of.kind == VALUE_OBJECT) {
		count = of.object->n;
	}
	*to = value_number((double)count);
	return 0;
}

static int
jmes_map(struct jmes_call *c, struct value *to)
{
	const struct value_array *items = jmes_array(c, 1);
	struct value made;
	size_t i;

	*to = value_new_array(c->s->v, 0);
	for (i = 0; i < items->n; i++) {
		if (jmes_visit(
			c->s, c->args[0].reference, items->at[i], &made) == -1)
			return -1;
		value_push(c->s->v, *to, made);
	}
	return 0;
}

static int
jmes_extreme(struct jmes_call *c, int sign, struct value *to)
{
	const struct value_array *items = jmes_array(c, 0);
	struct value item;
	size_t i;
	double order;

	*to = value_null();
	for (i = 0; i < items->n; i++) {
		item = items->at[i];
		if (i == 0)
			*to = item;
		order = item.kind == VALUE_TEXT && to->kind == VALUE_TEXT
			    ? text_compare(item.text, to->text)
			    : value_to_number(item) - value_to_number(*to);
		if (order * sign > 0)
			*to = item;
	}
	return 0;
}

static int
jmes_max(struct jmes_call *c, struct value *to)
{
	return jmes_extreme(c, 1, to);
}

static int
jmes_min(struct jmes_call *c, struct value *to)
{
	return jmes_extreme(c, -1, to);
}

static int
jmes_order(struct value a, struct value b)
{
	size_t n;
	int order;

	if (a.kind != VALUE_TEXT || b.kind != VALUE_TEXT)
		return (value_to_number(a) > value_to_number(b)) -
		       (value_to_number(a) < value_to_number(b));
	n = a.text.n < b.text.n ? a.text.n : b.text.n;
	order = n == 0 ? 0 : memcmp(a.text.p, b.text.p, n);
	return order != 0 ? order
			  : (a.text.n > b.text.n) - (a.text.n < b.text.n);
}

/* The item with the greatest or smallest number; it begins with an infinite
 * one, which no text but one of a number is beyond. */
static int
jmes_extreme_by(struct jmes_call *c, int sign, struct value *to)
{
	const struct value_array *items = jmes_array(c, 0);
	struct value best = value_number(-sign * INFINITY), key;
	size_t i;

	*to = value_null();
	for (i = 0; i < items->n; i++) {
		if (jmes_key(c, 1, items->at[i], JMES_NUMBER | JMES_TEXT,
			&key) == -1)
			return -1;
		if (jmes_order(key, best) * sign <= 0)
			continue;
		best = key;
		*to = items->at[i];
	}
	if (!value_is_true(*to))
		*to = value_null();
	return 0;
}

static int
jmes_max_by(struct jmes_call *c, struct value *to)
{
	return jmes_extreme_by(c, 1, to);
}

static int
jmes_min_by(struct jmes_call *c, struct value *to)
{
	return jmes_extreme_by(c, -1, to);
}

static int
jmes_merge(struct jmes_call *c, struct value *to)
{
	unsigned i;
	size_t j;

	*to = value_new_object(c->s->v);
	for (i = 0; i < c->n; i++) {
		struct value of = c->args[i].value;

		if (of.kind != VALUE_OBJECT)
			continue;
		for (j = 0; j < of.object->n; j++)
			value_set(c->s->v, *to, of.object->at[j].name,
			    of.object->at[j].value);
	}
	return 0;
}

static int
jmes_not_null(struct jmes_call *c, struct value *to)
{
	unsigned i;

	*to = value_null();
	for (i = 0; i < c->n && to->kind == VALUE_NULL; i++)
		*to = c->args[i].value;
	return 0;
}

static int
jmes_reverse(struct jmes_call *c, struct value *to)
{
	struct value of = c->args[0].value;
	struct buf out = { 0 };
	size_t i, n;

	if (of.kind == VALUE_ARRAY) {
		*to = value_new_array(c->s->v, of.array->n);
		for (i = of.array->n; i > 0; i--)
			value_push(c->s->v, *to, of.array->at[i - 1]);
		return 0;
	}
	for (i = of.text.n; i > 0; i -= n) {
		for (n = 1;
		     n < 4 && n < i && (of.text.p[i - n] & 0xc0) == 0x80;)
			n++;
		buf_add(&out, of.text.p + i - n, n);
	}
	return jmes_made(c, &out, to);
}

/* An item with what it is sorted by. */
struct jmes_sorted {
	struct value item, key;
};

/* Merge sort.  Of equal ones the later stands first when late is set, since
 * the comparison of texts there never says equal. */
static void
jmes_sort_keys(struct values *v, struct jmes_sorted *at, size_t n,
    struct jmes_sorted *room, bool late)
{
	size_t half = n / 2, i = 0, j = half, k = 0;
	int order;

	if (n < 2 || !value_work(v))
		return;
	jmes_sort_keys(v, at, half, room, late);
	jmes_sort_keys(v, at + half, n - half, room, late);
	while (i < half && j < n) {
		order = jmes_order(at[j].key, at[i].key);
		(void)value_work(v);
		room[k++] =
		    order < 0 || (late && order == 0) ? at[j++] : at[i++];
	}
	memcpy(room + k, at + i, (half - i) * sizeof(*at));
	k += half - i;
	memcpy(room + k, at + j, (n - j) * sizeof(*at));
	memcpy(at, room, n * sizeof(*at));
}

static int
jmes_sort_by_keys(
    struct jmes_call *c, struct value keys, bool late, struct value *to)
{
	const struct value_array *items = jmes_array(c, 0);
	struct jmes_sorted *at;
	struct buf memory = { 0 };
	size_t i, n = items->n;

	at = (void *)buf_reserve(&memory, 2 * (n + 1) * sizeof(*at));
	for (i = 0; i < n; i++)
		at[i] = (struct jmes_sorted){ items->at[i], keys.array->at[i] };
	jmes_sort_keys(c->s->v, at, n, at + n, late);
	*to = value_new_array(c->s->v, n);
	for (i = 0; i < n; i++)
		value_push(c->s->v, *to, at[i].item);
	buf_free(&memory);
	return c->s->v->over ? -1 : 0;
}

/* Numbers are sorted as texts, as sort() does it. */
static int
jmes_sort(struct jmes_call *c, struct value *to)
{
	const struct value_array *items = jmes_array(c, 0);
	struct value keys = value_new_array(c->s->v, items->n);
	size_t i;

	for (i = 0; i < items->n; i++)
		value_push(c->s->v, keys,
		    value_text(value_to_str(c->s->v, items->at[i])));
	return c->s->v->over ? -1 : jmes_sort_by_keys(c, keys, false, to);
}

static int
jmes_sort_by(struct jmes_call *c, struct value *to)
{
	const struct value_array *items = jmes_array(c, 0);
	struct value keys = value_new_array(c->s->v, items->n), key;
	unsigned type = JMES_NUMBER | JMES_TEXT;
	size_t i;

	for (i = 0; i < items->n; i++) {
		if (jmes_key(c, 1, items->at[i], type, &key) == -1)
			return -1;
		type = jmes_type_of(key);
		value_push(c->s->v, keys, key);
	}
	return c->s->v->over
		   ? -1
		   : jmes_sort_by_keys(c, keys, type == JMES_TEXT, to);
}

static int
jmes_to_array(struct jmes_call *c, struct value *to)
{
	*to = c->args[0].value;
	if (to->kind == VALUE_ARRAY)
		return 0;
	*to = value_new_array(c->s->v, 1);
	value_push(c->s->v, *to, c->args[0].value);
	return 0;
}

static int
jmes_to_number(struct jmes_call *c, struct value *to)
{
	struct value of = c->args[0].value;

	*to = value_null();
	if (of.kind == VALUE_NUMBER ||
	    (of.kind == VALUE_TEXT && !isnan(value_to_number(of))))
		*to = value_number(value_to_number(of));
	return 0;
}

static int
jmes_to_string(struct jmes_call *c, struct value *to)
{
	struct buf out = { 0 };

	*to = c->args[0].value;
	if (to->kind == VALUE_TEXT)
		return 0;
	(void)value_write_json(c->s->v, &out, c->args[0].value, 0, false);
	return jmes_made(c, &out, to);
}

static int
jmes_type(struct jmes_call *c, struct value *to)
{
	static const struct {
		unsigned type;
		const char *name;
	} types[] = {
		{ JMES_NUMBER, "number" },
		{ JMES_TEXT, "string" },
		{ JMES_ARRAY, "array" },
		{ JMES_MAP, "object" },
		{ JMES_BOOL, "boolean" },
		{ JMES_NULL, "null" },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (jmes_type_of(c->args[0].value) == types[i].type &&
		    c->args[0].reference == NULL) {
			*to = value_text(str_of(types[i].name));
			return 0;
		}
	return -1;
}

static int
jmes_zip(struct jmes_call *c, struct value *to)
{
	size_t n = SIZE_MAX, i;
	struct value row;
	unsigned j;

	for (j = 0; j < c->n; j++) {
		if (c->args[j].value.kind != VALUE_ARRAY)
			return -1;
		if (jmes_array(c, j)->n < n)
			n = jmes_array(c, j)->n;
	}
	*to = value_new_array(c->s->v, 0);
	for (i = 0; i < n; i++) {
		row = value_new_array(c->s->v, c->n);
		for (j = 0; j < c->n; j++)
			value_push(c->s->v, row, jmes_array(c, j)->at[i]);
		value_push(c->s->v, *to, row);
	}
	return 0;
}

static const struct jmes_function jmes_functions[] = {
	{ "abs", jmes_abs, 1, 1, { JMES_NUMBER } },
	{ "avg", jmes_avg, 1, 1, { JMES_NUMBERS } },
	{ "ceil", jmes_ceil, 1, 1, { JMES_NUMBER } },
	{ "floor", jmes_floor, 1, 1, { JMES_NUMBER } },
	{ "from_items", jmes_from_items, 1, 1, { JMES_ARRAYS } },
	{ "group_by", jmes_group_by, 2, 2, { JMES_ARRAY, JMES_EXPR } },
	{ "items", jmes_items, 1, 1, { JMES_MAP } },
	{ "keys", jmes_keys, 1, 1, { JMES_MAP } },
	{ "length", jmes_length, 1, 1, { JMES_TEXT | JMES_ARRAY | JMES_MAP } },
	{ "map", jmes_map, 2, 2, { JMES_EXPR, JMES_ARRAY } },
	{ "max", jmes_max, 1, 1, { JMES_NUMBERS | JMES_TEXTS } },
	{ "max_by", jmes_max_by, 2, 2, { JMES_ARRAY, JMES_EXPR } },
	{ "merge", jmes_merge, 1, JMES_MANY, { JMES_MAP } },
	{ "min", jmes_min, 1, 1, { JMES_NUMBERS | JMES_TEXTS } },
	{ "min_by", jmes_min_by, 2, 2, { JMES_ARRAY, JMES_EXPR } },
	{ "not_null", jmes_not_null, 1, JMES_MANY, { JMES_ANY } },
	{ "reverse", jmes_reverse, 1, 1, { JMES_TEXT | JMES_ARRAY } },
	{ "sort", jmes_sort, 1, 1, { JMES_TEXTS | JMES_NUMBERS } },
	{ "sort_by", jmes_sort_by, 2, 2, { JMES_ARRAY, JMES_EXPR } },
	{ "sum", jmes_sum, 1, 1, { JMES_NUMBERS } },
	{ "to_array", jmes_to_array, 1, 1, { JMES_ANY } },
	{ "to_number", jmes_to_number, 1, 1, { JMES_ANY } },
	{ "to_string", jmes_to_string, 1, 1, { JMES_ANY } },
	{ "type", jmes_type, 1, 1, { JMES_ANY } },
	{ "values", jmes_values, 1, 1, { JMES_MAP } },
	{ "zip", jmes_zip, 1, JMES_MANY, { JMES_ARRAY } },
	{ NULL, NULL, 0, 0, { 0 } },
};

static const struct jmes_function *
jmes_find_in(const struct jmes_function *f, struct str name)
{
	while (f->name != NULL && !str_is(name, f->name))
		f++;
	return f->name == NULL ? NULL : f;
}

int
jmes_call(struct jmes_search *s, struct str name, const struct jmes_arg *args,
    unsigned n, struct value *to)
{
	struct jmes_call c = { .s = s, .args = args, .n = n };
	const struct jmes_function *f = jmes_find_in(jmes_functions, name);
	unsigned i;

	if (f == NULL)
		f = jmes_find_in(jmes_text_functions, name);
	if (f == NULL || n < f->least || n > f->most)
		return -1;
	for (i = 0; i < n && i < 4 && f->types[i] != 0; i++)
		if (!jmes_fits(&args[i], f->types[i]))
			return -1;
	return f->call(&c, to);
}
