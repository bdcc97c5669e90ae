/* The functions of JMESPath. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "mock/text.h"
#include "mock/value_json.h"

#include "mock/jmespath_priv.h"

/* Types an argument may have, as a set. */
enum jmes_type {
	JMES_NUMBER = 1,
	JMES_TEXT = 2,
	JMES_ARRAY = 4,
	JMES_MAP = 8,
	JMES_BOOL = 16,
	JMES_EXPR = 32,
	JMES_NULL = 64,
	JMES_NUMBERS = 128,
	JMES_TEXTS = 256,
	JMES_ARRAYS = 512,
	JMES_ANY = 1024,
};

struct jmes_call {
	struct jmes_search *s;
	const struct jmes_arg *args;
	unsigned n;
};

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

static struct str
jmes_text(const struct jmes_call *c, unsigned i)
{
	return i < c->n && c->args[i].value.kind == VALUE_TEXT
		   ? c->args[i].value.text
		   : STR("");
}

static double
jmes_number_at(const struct jmes_call *c, unsigned i)
{
	return c->args[i].value.number;
}

static const struct value_array *
jmes_array(const struct jmes_call *c, unsigned i)
{
	return c->args[i].value.array;
}

/* Makes a text of what is in out and empties that. */
static int
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

static int
jmes_lower(struct jmes_call *c, struct value *to)
{
	struct buf out = { 0 };

	text_add_lower(&out, jmes_text(c, 0));
	return jmes_made(c, &out, to);
}

static int
jmes_upper(struct jmes_call *c, struct value *to)
{
	struct buf out = { 0 };

	text_add_upper(&out, jmes_text(c, 0));
	return jmes_made(c, &out, to);
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
jmes_contains(struct jmes_call *c, struct value *to)
{
	struct value in = c->args[0].value, what = c->args[1].value;
	size_t i;

	*to = value_null();
	if (in.kind == VALUE_TEXT && what.kind == VALUE_TEXT)
		*to = value_bool(text_find(in.text, what.text, 0) != SIZE_MAX);
	if (in.kind != VALUE_ARRAY)
		return 0;
	*to = value_bool(false);
	for (i = 0; i < in.array->n && !to->yes; i++)
		to->yes = value_same(in.array->at[i], what);
	return 0;
}

static int
jmes_ends_with(struct jmes_call *c, struct value *to)
{
	struct str text = jmes_text(c, 0), end = jmes_text(c, 1);

	*to = value_bool(
	    end.n <= text.n &&
	    str_eq((struct str){ text.p + text.n - end.n, end.n }, end));
	return 0;
}

static int
jmes_starts_with(struct jmes_call *c, struct value *to)
{
	struct str text = jmes_text(c, 0), begin = jmes_text(c, 1);

	*to = value_bool(begin.n <= text.n &&
			 str_eq((struct str){ text.p, begin.n }, begin));
	return 0;
}

/* An optional number, which has to be an integer. */
static bool
jmes_integer(const struct jmes_call *c, unsigned i, double *to)
{
	if (i >= c->n || c->args[i].value.kind != VALUE_NUMBER ||
	    c->args[i].value.number == 0)
		return true;
	*to = c->args[i].value.number;
	return floor(*to) == *to;
}

/* Where a text stands in another, between two places. */
static int
jmes_find(struct jmes_call *c, bool last, struct value *to)
{
	struct str text = jmes_text(c, 0), what = jmes_text(c, 1), part;
	double units = (double)text_units(text), from = 0, end = units;
	size_t at, begin, found = SIZE_MAX;
	bool split;

	*to = value_null();
	if (text.n == 0 || what.n == 0)
		return 0;
	if (!jmes_integer(c, 2, &from) || !jmes_integer(c, 3, &end))
		return -1;
	from = fmax(from, 0);
	end = fmin(end, units);
	if (end < 0)
		end = fmax(end + units, 0); /* slice() counts from the end */
	if (from >= end)
		return 0;
	begin = text_offset(text, (size_t)from, &split);
	part.p = text.p + begin;
	part.n = text_offset(text, (size_t)end, &split) - begin;
	for (at = text_find(part, what, 0); at != SIZE_MAX;
	     at = text_find(part, what, at + 1)) {
		found = at;
		if (!last)
			break;
	}
	if (found != SIZE_MAX)
		*to = value_number(
		    (double)text_units((struct str){ part.p, found }) + from);
	return 0;
}

static int
jmes_find_first(struct jmes_call *c, struct value *to)
{
	return jmes_find(c, false, to);
}

static int
jmes_find_last(struct jmes_call *c, struct value *to)
{
	return jmes_find(c, true, to);
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
jmes_join(struct jmes_call *c, struct value *to)
{
	const struct value_array *texts = jmes_array(c, 1);
	size_t most = c->s->v->most > 0 ? c->s->v->most : SIZE_MAX, i;
	struct buf out = { 0 };

	for (i = 0; i < texts->n && out.n < most; i++) {
		if (i > 0)
			buf_add_str(&out, jmes_text(c, 0));
		if (texts->at[i].kind == VALUE_TEXT)
			buf_add_str(&out, texts->at[i].text);
	}
	return jmes_made(c, &out, to);
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
jmes_pad(struct jmes_call *c, bool left, struct value *to)
{
	struct str text = jmes_text(c, 0), with = jmes_text(c, 2);
	double width = jmes_number_at(c, 1), units = (double)text_units(text);
	struct buf out = { 0 };

	if (with.n == 0)
		with = STR(" ");
	if (text_units(with) > 1 || width < 0 || floor(width) != width ||
	    (c->s->v->most > 0 && width > (double)c->s->v->most))
		return -1;
	if (!left)
		buf_add_str(&out, text);
	for (; units < width && text.n > 0; units++)
		buf_add_str(&out, with);
	if (left)
		buf_add_str(&out, text);
	return jmes_made(c, &out, to);
}

static int
jmes_pad_left(struct jmes_call *c, struct value *to)
{
	return jmes_pad(c, true, to);
}

static int
jmes_pad_right(struct jmes_call *c, struct value *to)
{
	return jmes_pad(c, false, to);
}

/* A count that may be missing (-1).  False when it is no whole number. */
static bool
jmes_count(const struct jmes_call *c, unsigned i, double *count)
{
	*count = -1;
	if (i >= c->n || c->args[i].value.kind != VALUE_NUMBER)
		return true;
	*count = c->args[i].value.number;
	return *count >= 0 && floor(*count) == *count;
}

static int
jmes_replace(struct jmes_call *c, struct value *to)
{
	struct str text = jmes_text(c, 0), what = jmes_text(c, 1);
	size_t most = c->s->v->most > 0 ? c->s->v->most : SIZE_MAX;
	size_t from = 0, at;
	struct buf out = { 0 };
	double count;

	if (!jmes_count(c, 3, &count))
		return -1;
	*to = c->args[0].value;
	if (what.n == 0 || count == 0)
		return 0;
	while (count-- != 0 && out.n < most) {
		at = text_find(text, what, from);
		if (at == SIZE_MAX)
			break;
		buf_add(&out, text.p + from, at - from);
		buf_add_str(&out, jmes_text(c, 2));
		from = at + what.n;
	}
	buf_add(&out, text.p + from, text.n - from);
	return jmes_made(c, &out, to);
}

static int
jmes_split(struct jmes_call *c, struct value *to)
{
	struct str rest = jmes_text(c, 0), by = jmes_text(c, 1);
	double count;
	size_t at, n;

	*to = value_new_array(c->s->v, 0);
	if (!jmes_count(c, 2, &count))
		return -1;
	if (rest.n == 0 && by.n == 0)
		return 0;
	while (count-- != 0 && !c->s->v->over) {
		if (by.n == 0) {
			(void)text_point(rest, &n);
			at = n < rest.n ? n : SIZE_MAX;
		} else {
			at = text_find(rest, by, 0);
		}
		if (at == SIZE_MAX)
			break;
		value_push(
		    c->s->v, *to, value_text((struct str){ rest.p, at }));
		rest.p += at + by.n;
		rest.n -= at + by.n;
	}
	value_push(c->s->v, *to, value_text(rest));
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

/* Whether a character is one of set, or white space when that is empty. */
static bool
jmes_is_trimmed(struct str at, struct str set)
{
	size_t n, m;
	uint32_t point = text_point(at, &n);

	if (set.n == 0)
		return text_is_space(point) || point == 0x85;
	for (; set.n > 0; set.p += m, set.n -= m)
		if (text_point(set, &m) == point)
			return true;
	return false;
}

static int
jmes_trimmed(struct jmes_call *c, bool left, bool right, struct value *to)
{
	struct str text = jmes_text(c, 0), set = jmes_text(c, 1);
	size_t n;

	while (left && text.n > 0 && jmes_is_trimmed(text, set)) {
		(void)text_point(text, &n);
		text.p += n;
		text.n -= n;
	}
	while (right && text.n > 0) {
		for (n = 1; n < 4 && n < text.n &&
			    (text.p[text.n - n] & 0xc0) == 0x80;)
			n++;
		if (!jmes_is_trimmed(
			(struct str){ text.p + text.n - n, n }, set))
			break;
		text.n -= n;
	}
	*to = value_text(text);
	return 0;
}

static int
jmes_trim(struct jmes_call *c, struct value *to)
{
	return jmes_trimmed(c, true, true, to);
}

static int
jmes_trim_left(struct jmes_call *c, struct value *to)
{
	return jmes_trimmed(c, true, false, to);
}

static int
jmes_trim_right(struct jmes_call *c, struct value *to)
{
	return jmes_trimmed(c, false, true, to);
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

#define JMES_MANY 99 /* any number of arguments */

static const struct jmes_function {
	const char *name;
	int (*call)(struct jmes_call *c, struct value *to);
	unsigned least, most;
	unsigned types[4];
} jmes_functions[] = {
	{ "abs", jmes_abs, 1, 1, { JMES_NUMBER } },
	{ "avg", jmes_avg, 1, 1, { JMES_NUMBERS } },
	{ "ceil", jmes_ceil, 1, 1, { JMES_NUMBER } },
	{ "contains", jmes_contains, 2, 2,
	    { JMES_TEXT | JMES_ARRAY, JMES_ANY } },
	{ "ends_with", jmes_ends_with, 2, 2, { JMES_TEXT, JMES_TEXT } },
	{ "find_first", jmes_find_first, 2, 4,
	    { JMES_TEXT, JMES_TEXT, JMES_NUMBER, JMES_NUMBER } },
	{ "find_last", jmes_find_last, 2, 4,
	    { JMES_TEXT, JMES_TEXT, JMES_NUMBER, JMES_NUMBER } },
	{ "floor", jmes_floor, 1, 1, { JMES_NUMBER } },
	{ "from_items", jmes_from_items, 1, 1, { JMES_ARRAYS } },
	{ "group_by", jmes_group_by, 2, 2, { JMES_ARRAY, JMES_EXPR } },
	{ "items", jmes_items, 1, 1, { JMES_MAP } },
	{ "join", jmes_join, 2, 2, { JMES_TEXT, JMES_TEXTS } },
	{ "keys", jmes_keys, 1, 1, { JMES_MAP } },
	{ "length", jmes_length, 1, 1, { JMES_TEXT | JMES_ARRAY | JMES_MAP } },
	{ "lower", jmes_lower, 1, 1, { JMES_TEXT } },
	{ "map", jmes_map, 2, 2, { JMES_EXPR, JMES_ARRAY } },
	{ "max", jmes_max, 1, 1, { JMES_NUMBERS | JMES_TEXTS } },
	{ "max_by", jmes_max_by, 2, 2, { JMES_ARRAY, JMES_EXPR } },
	{ "merge", jmes_merge, 1, JMES_MANY, { JMES_MAP } },
	{ "min", jmes_min, 1, 1, { JMES_NUMBERS | JMES_TEXTS } },
	{ "min_by", jmes_min_by, 2, 2, { JMES_ARRAY, JMES_EXPR } },
	{ "not_null", jmes_not_null, 1, JMES_MANY, { JMES_ANY } },
	{ "pad_left", jmes_pad_left, 2, 3,
	    { JMES_TEXT, JMES_NUMBER, JMES_TEXT } },
	{ "pad_right", jmes_pad_right, 2, 3,
	    { JMES_TEXT, JMES_NUMBER, JMES_TEXT } },
	{ "replace", jmes_replace, 3, 4,
	    { JMES_TEXT, JMES_TEXT, JMES_TEXT, JMES_NUMBER } },
	{ "reverse", jmes_reverse, 1, 1, { JMES_TEXT | JMES_ARRAY } },
	{ "sort", jmes_sort, 1, 1, { JMES_TEXTS | JMES_NUMBERS } },
	{ "sort_by", jmes_sort_by, 2, 2, { JMES_ARRAY, JMES_EXPR } },
	{ "split", jmes_split, 2, 3, { JMES_TEXT, JMES_TEXT, JMES_NUMBER } },
	{ "starts_with", jmes_starts_with, 2, 2, { JMES_TEXT, JMES_TEXT } },
	{ "sum", jmes_sum, 1, 1, { JMES_NUMBERS } },
	{ "to_array", jmes_to_array, 1, 1, { JMES_ANY } },
	{ "to_number", jmes_to_number, 1, 1, { JMES_ANY } },
	{ "to_string", jmes_to_string, 1, 1, { JMES_ANY } },
	{ "trim", jmes_trim, 1, 2, { JMES_TEXT, JMES_TEXT } },
	{ "trim_left", jmes_trim_left, 1, 2, { JMES_TEXT, JMES_TEXT } },
	{ "trim_right", jmes_trim_right, 1, 2, { JMES_TEXT, JMES_TEXT } },
	{ "type", jmes_type, 1, 1, { JMES_ANY } },
	{ "upper", jmes_upper, 1, 1, { JMES_TEXT } },
	{ "values", jmes_values, 1, 1, { JMES_MAP } },
	{ "zip", jmes_zip, 1, JMES_MANY, { JMES_ARRAY } },
};

#define JMES_FUNCTIONS (sizeof(jmes_functions) / sizeof(*jmes_functions))

int
jmes_call(struct jmes_search *s, struct str name, const struct jmes_arg *args,
    unsigned n, struct value *to)
{
	struct jmes_call c = { .s = s, .args = args, .n = n };
	const struct jmes_function *f;
	unsigned i;

	for (f = jmes_functions; f < jmes_functions + JMES_FUNCTIONS; f++) {
		if (!str_is(name, f->name))
			continue;
		if (n < f->least || n > f->most)
			return -1;
		for (i = 0; i < n && i < 4 && f->types[i] != 0; i++)
			if (!jmes_fits(&args[i], f->types[i]))
				return -1;
		return f->call(&c, to);
	}
	return -1;
}
