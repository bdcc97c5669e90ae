/* Arrays and objects. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mock/text.h"
#include "mock/value_json.h"

#include "mock/helper.h"

static int
helper_array(struct helper_call *c, struct value *result)
{
	unsigned i;

	*result = value_new_array(c->v, c->n);
	for (i = 0; i < c->n; i++)
		value_push(c->v, *result, c->args[i]);
	return 0;
}

static int
helper_object(struct helper_call *c, struct value *result)
{
	if (c->n == 0)
		*result = c->hash;
	else if (value_is_nothing(c->args[0]))
		return helper_fail(c, "it takes key=value only");
	else
		*result = value_get(c->args[0], STR("hash"));
	return 0;
}

static int
helper_object_merge(struct helper_call *c, struct value *result)
{
	unsigned i;
	size_t j;

	*result = value_text(STR(""));
	if (c->n == 0)
		return 0;
	*result = value_new_object(c->v);
	for (i = 0; i < c->n; i++) {
		if (c->args[i].kind != VALUE_OBJECT)
			continue;
		value_order(c->args[i]);
		for (j = 0; j < c->args[i].object->n; j++)
			value_set(c->v, *result, c->args[i].object->at[j].name,
			    c->args[i].object->at[j].value);
	}
	return 0;
}

/* A value as JSON, "undefined" for what has none. */
static struct value
helper_json(struct helper_call *c, struct value of)
{
	struct buf *out = helper_scratch(c);

	if (value_write_json(c->v, out, of, 0, false) == 1)
		buf_add_text(out, "undefined");
	return helper_built(c);
}

static int
helper_one_of(struct helper_call *c, struct value *result)
{
	struct value list;
	double at;

	*result = value_text(STR(""));
	if (c->n == 0)
		return 0;
	if (c->args[0].kind == VALUE_ARRAY)
		list = c->args[0];
	else if (helper_array(c, &list) == -1)
		return -1;
	at = helper_random_between(c, 0, (double)list.array->n - 1);
	*result = at >= 0 && at < (double)list.array->n
		      ? list.array->at[(size_t)at]
		      : VALUE_NONE;
	if (c->args[0].kind == VALUE_ARRAY && c->n > 1 &&
	    value_is_true(c->args[1])) {
		*result = helper_json(c, *result);
		result->kind = VALUE_SAFE;
	}
	return 0;
}

/* Some of a list, in an order of chance. */
static int
helper_some_of(struct helper_call *c, struct value *result)
{
	struct value list = helper_arg(c, 0), swap;
	struct value json = helper_arg(c, 3);
	double n = helper_random_between(c, value_to_number(helper_arg(c, 1)),
	    value_to_number(helper_arg(c, 2)));
	size_t i, j;

	if (list.kind != VALUE_ARRAY)
		return helper_fail(c, "it takes an array");
	list = value_copy_shallow(c->v, list);
	for (i = list.array->n; i > 1; i--) {
		j = (size_t)(helper_random(c) * (double)i);
		swap = list.array->at[i - 1];
		list.array->at[i - 1] = list.array->at[j];
		list.array->at[j] = swap;
	}
	if (isnan(n))
		n = 0;
	if (n < 0) /* as many less, as slice() counts from the end */
		n = fmax(0, (double)list.array->n + n);
	if (n < (double)list.array->n)
		list.array->n = (size_t)n;
	*result = list;
	if (json.kind == VALUE_BOOL && json.yes)
		*result = helper_json(c, list);
	return 0;
}

/* Whether an item is what a condition says: equal, or an object with equal
 * members.  -1 after helper_fail(). */
static int
helper_meets(struct helper_call *c, struct value item, struct value condition,
    unsigned depth)
{
	const struct value_object *o = condition.object;
	size_t i;
	int met = 1;

	if (condition.kind != VALUE_OBJECT)
		return !value_is_object(condition) ||
			       condition.kind == VALUE_ARRAY
			   ? value_same(item, condition)
			   : 0;
	if (item.kind == VALUE_NULL)
		return helper_fail(c, "an item is null");
	if (!value_is_object(item))
		return 0;
	if (depth >= VALUE_DEPTH)
		return helper_fail(c, "the condition is nested too deep");
	for (i = 0; i < o->n && met == 1; i++) {
		if (!value_work(c->v))
			return helper_fail(c, "it takes too long");
		met = helper_meets(c, value_get(item, o->at[i].name),
		    helper_unsafe(o->at[i].value), depth + 1);
	}
	return met;
}

/* Whether an item meets any (or all) of n conditions, of which those that are
 * arrays are all of theirs (or any), and so on. */
static int
helper_meets_list(struct helper_call *c, struct value item,
    const struct value *conditions, size_t n, bool all, unsigned depth)
{
	size_t i;
	int met;

	if (depth >= VALUE_DEPTH)
		return helper_fail(c, "the condition is nested too deep");
	for (i = 0; i < n; i++) {
		if (!value_work(c->v))
			return helper_fail(c, "it takes too long");
		if (conditions[i].kind == VALUE_ARRAY)
			met =
			    helper_meets_list(c, item, conditions[i].array->at,
				conditions[i].array->n, !all, depth + 1);
		else
			met = helper_meets(c, item, conditions[i], 0);
		if (met == -1 || met != all)
			return met;
	}
	return all;
}

static int
helper_filter(struct helper_call *c, struct value *result)
{
	const struct value_array *list;
	size_t i;
	int met;

	*result = value_text(STR(""));
	if (c->n == 0 || c->args[0].kind != VALUE_ARRAY)
		return 0;
	*result = c->args[0];
	list = c->args[0].array;
	if (list->n == 0 || c->n == 1)
		return 0;
	*result = value_new_array(c->v, 0);
	for (i = 0; i < list->n; i++) {
		met = helper_meets_list(
		    c, list->at[i], c->args + 1, c->n - 1, false, 0);
		if (met == -1)
			return -1;
		if (met)
			value_push(c->v, *result, list->at[i]);
	}
	return 0;
}

static int
helper_find_item(struct helper_call *c, struct value *result)
{
	const struct value_array *list;
	size_t i;
	int met;

	*result = value_text(STR(""));
	if (c->n == 0 || c->args[0].kind != VALUE_ARRAY)
		return 0;
	*result = VALUE_NONE;
	list = c->args[0].array;
	for (i = 0; i < list->n && c->n > 1; i++) {
		met = helper_meets_list(
		    c, list->at[i], c->args + 1, c->n - 1, false, 0);
		if (met == -1)
			return -1;
		if (!met)
			continue;
		*result = list->at[i];
		break;
	}
	return 0;
}

/* How a list is sorted. */
struct sorting {
	struct helper_call *c;
	struct str key;
	bool by_key, texts, failed;
};

static struct value
helper_sort_key(const struct sorting *s, struct value item)
{
	return s->by_key ? value_get(item, s->key) : item;
}

/* Whether b belongs in front of a. */
static bool
helper_sorts_before(struct sorting *s, struct value b, struct value a)
{
	struct value x, y;

	if (!value_work(s->c->v))
		s->failed = true;
	if (a.kind == VALUE_UNDEFINED || b.kind == VALUE_UNDEFINED)
		return a.kind == VALUE_UNDEFINED && b.kind != VALUE_UNDEFINED;
	x = helper_sort_key(s, a);
	y = helper_sort_key(s, b);
	if (s->by_key && (a.kind == VALUE_NULL || b.kind == VALUE_NULL))
		s->failed = true;
	if (!s->texts)
		return value_to_number(x) - value_to_number(y) > 0;
	if (x.kind != VALUE_TEXT || y.kind != VALUE_TEXT)
		s->failed = true;
	return !s->failed && text_compare(x.text, y.text) > 0;
}

/* Merges sorted halves of n items; equal ones keep their order. */
static void
helper_merge(struct sorting *s, struct value *at, size_t half, size_t n,
    struct value *to)
{
	size_t i = 0, j = half, k = 0;

	while (i < half && j < n)
		to[k++] =
		    helper_sorts_before(s, at[j], at[i]) ? at[j++] : at[i++];
	memcpy(to + k, at + i, (half - i) * sizeof(*at));
	k += half - i;
	memcpy(to + k, at + j, (n - j) * sizeof(*at));
	memcpy(at, to, n * sizeof(*at));
}

static void
helper_merge_sort(
    struct sorting *s, struct value *at, size_t n, struct value *room)
{
	if (n < 2 || s->failed)
		return;
	helper_merge_sort(s, at, n / 2, room);
	helper_merge_sort(s, at + n / 2, n - n / 2, room);
	helper_merge(s, at, n / 2, n, room);
}

static void
helper_turn_round(struct value_array *list)
{
	struct value swap;
	size_t i;

	for (i = 0; i < list->n / 2; i++) {
		swap = list->at[i];
		list->at[i] = list->at[list->n - 1 - i];
		list->at[list->n - 1 - i] = swap;
	}
}

/* The order that the argument in that place asks for. */
static int
helper_wants_descent(struct helper_call *c, unsigned i, bool *descent)
{
	struct value order = helper_given(c, i);

	*descent = false;
	if (c->n <= i)
		return 0;
	if (order.kind != VALUE_TEXT)
		return helper_fail(c, "the order is asc or desc");
	*descent = str_iis(order.text, "desc");
	return 0;
}

static int
helper_sorted(struct helper_call *c, struct sorting *s, unsigned order,
    struct value *result)
{
	struct value list = c->args[0], room;
	bool descent;

	if (helper_wants_descent(c, order, &descent) == -1)
		return -1;
	list = value_copy_shallow(c->v, list);
	room = value_copy_shallow(c->v, list);
	if (c->v->over)
		return helper_fail(c, "the list is too long");
	helper_merge_sort(s, list.array->at, list.array->n, room.array->at);
	if (s->failed)
		return helper_fail(c, "the items cannot be compared");
	if (descent)
		helper_turn_round(list.array);
	*result = list;
	return 0;
}

static int
helper_sort(struct helper_call *c, struct value *result)
{
	struct sorting s = { .c = c };
	struct value first;

	*result = value_text(STR(""));
	if (c->n == 0 || c->args[0].kind != VALUE_ARRAY)
		return 0;
	*result = c->args[0];
	if (c->args[0].array->n == 0)
		return 0;
	first = c->args[0].array->at[0];
	if (first.kind == VALUE_NULL || value_is_object(first))
		return 0;
	s.texts = first.kind == VALUE_TEXT;
	return helper_sorted(c, &s, 1, result);
}

static int
helper_sort_by(struct helper_call *c, struct value *result)
{
	struct sorting s = { .c = c, .by_key = true };
	struct value first, key;

	*result = value_text(STR(""));
	if (c->n == 0 || c->args[0].kind != VALUE_ARRAY)
		return 0;
	*result = c->args[0];
	if (c->args[0].array->n == 0)
		return 0;
	first = c->args[0].array->at[0];
	key = helper_given(c, 1);
	if ((first.kind != VALUE_NULL && !value_is_object(first)) ||
	    !value_is_true(key))
		return 0;
	if (first.kind == VALUE_NULL)
		return helper_fail(c, "the first item is null");
	s.key = value_to_str(c->v, key);
	first = value_get(first, s.key);
	if (!value_is_true(first))
		return 0;
	s.texts = first.kind == VALUE_TEXT;
	return helper_sorted(c, &s, 2, result);
}

static int
helper_reverse(struct helper_call *c, struct value *result)
{
	struct value list = helper_arg(c, 0);

	*result = value_text(STR(""));
	if (list.kind != VALUE_ARRAY)
		return 0;
	*result = value_copy_shallow(c->v, list);
	helper_turn_round(result->array);
	return 0;
}

/* A place in a list of n as slice() takes it. */
static size_t
helper_place(struct value of, size_t n)
{
	double at = value_to_number(of);

	if (isnan(at))
		return 0;
	at = trunc(at);
	if (at < 0)
		at += (double)n;
	return at < 0 ? 0 : at > (double)n ? n : (size_t)at;
}

static int
helper_slice(struct helper_call *c, struct value *result)
{
	struct value list = helper_arg(c, 0), last = helper_arg(c, 2);
	size_t from, to;

	*result = value_text(STR(""));
	if (list.kind != VALUE_ARRAY)
		return 0;
	from = helper_place(helper_arg(c, 1), list.array->n);
	to = last.kind == VALUE_NUMBER ? helper_place(last, list.array->n)
				       : list.array->n;
	*result = value_new_array(c->v, 0);
	for (; from < to; from++)
		value_push(c->v, *result, list.array->at[from]);
	return 0;
}

const struct helper helper_list[] = {
	{ "array", helper_array, HELPER_ANY },
	{ "filter", helper_filter, HELPER_ANY },
	{ "find", helper_find_item, HELPER_ANY },
	{ "object", helper_object, HELPER_ANY },
	{ "objectMerge", helper_object_merge, HELPER_ANY },
	{ "oneOf", helper_one_of, HELPER_ANY },
	{ "reverse", helper_reverse, HELPER_ANY },
	{ "slice", helper_slice, HELPER_ANY },
	{ "someOf", helper_some_of, HELPER_ANY },
	{ "sort", helper_sort, HELPER_ANY },
	{ "sortBy", helper_sort_by, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
