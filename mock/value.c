#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/seeded.h"
#include "mock/moment.h"
#include "mock/text.h"

#include "mock/value.h"

#define VALUE_BIG 65536u /* one piece of more is refused before it is made */
#define VALUE_FEW 12     /* members found without an index */

struct value
value_null(void)
{
	return (struct value){ .kind = VALUE_NULL };
}

struct value
value_bool(bool yes)
{
	return (struct value){ .kind = VALUE_BOOL, .yes = yes };
}

struct value
value_number(double number)
{
	return (struct value){ .kind = VALUE_NUMBER, .number = number };
}

struct value
value_date(double ms)
{
	return (struct value){ .kind = VALUE_DATE, .number = ms };
}

struct value
value_text(struct str text)
{
	if (text.p == NULL)
		text.p = "";
	return (struct value){ .kind = VALUE_TEXT, .text = text };
}

struct value
value_safe(struct str text)
{
	struct value safe = value_text(text);

	safe.kind = VALUE_SAFE;
	return safe;
}

/* NULL, with over set, for a big piece that does not fit. */
static void *
value_alloc(struct values *v, size_t n)
{
	if (v->most > 0 && (n > v->most || v->used > v->most - n)) {
		v->over = true;
		if (n > VALUE_BIG)
			return NULL;
	}
	v->used += n;
	return arena_alloc(v->arena, n);
}

bool
value_work(struct values *v)
{
	if (v->most_work > 0 && ++v->work > v->most_work)
		v->over = true;
	return !v->over;
}

struct value
value_copy_text(struct values *v, struct str text)
{
	char *p = value_alloc(v, text.n);

	if (p == NULL)
		return value_text(STR(""));
	if (text.n > 0)
		memcpy(p, text.p, text.n);
	return value_text((struct str){ p, text.n });
}

struct value
value_new_array(struct values *v, size_t room)
{
	struct value_array *a = value_alloc(v, sizeof(*a));

	*a = (struct value_array){ 0 };
	if (room > 0) {
		a->at = value_alloc(v, room * sizeof(*a->at));
		a->room = a->at == NULL ? 0 : room;
	}
	return (struct value){ .kind = VALUE_ARRAY, .array = a };
}

/* Doubles the room of a list whose items have that size. */
static void *
value_grow(struct values *v, void *list, size_t n, size_t *room, size_t size)
{
	size_t more = n < 4 ? 4 : 2 * n;
	void *bigger = value_alloc(v, more * size);

	if (bigger == NULL)
		return NULL;
	if (n > 0)
		memcpy(bigger, list, n * size);
	*room = more;
	return bigger;
}

void
value_push(struct values *v, struct value array, struct value item)
{
	struct value_array *a = array.array;
	struct value *at = a->at;

	if (a->n == a->room) {
		at = value_grow(v, a->at, a->n, &a->room, sizeof(*at));
		if (at == NULL)
			return;
		a->at = at;
	}
	at[a->n++] = item;
}

struct value
value_new_object(struct values *v)
{
	struct value_object *o = value_alloc(v, sizeof(*o));

	*o = (struct value_object){ 0 };
	return (struct value){ .kind = VALUE_OBJECT, .object = o };
}

/* The slot of a name: that of the member, or the free one it would get. */
static uint32_t *
value_slot(const struct value_object *o, struct str name)
{
	uint32_t at = (uint32_t)seeded_hash(name) & (o->buckets - 1);

	while (o->index[at] != 0 && !str_eq(o->at[o->index[at] - 1].name, name))
		at = (at + 1) & (o->buckets - 1);
	return &o->index[at];
}

static void
value_fill_index(struct value_object *o)
{
	size_t i;

	memset(o->index, 0, o->buckets * sizeof(*o->index));
	for (i = 0; i < o->n; i++)
		*value_slot(o, o->at[i].name) = (uint32_t)i + 1;
}

static struct value_member *
value_find(const struct value_object *o, struct str name)
{
	size_t i;

	if (o->index != NULL) {
		i = *value_slot(o, name);
		return i == 0 ? NULL : &o->at[i - 1];
	}
	for (i = 0; i < o->n; i++)
		if (str_eq(o->at[i].name, name))
			return &o->at[i];
	return NULL;
}

/* An index is at most half full. */
static void
value_keep_index(struct values *v, struct value_object *o)
{
	uint32_t buckets;

	if (o->n <= VALUE_FEW)
		return;
	if (o->index == NULL || o->n * 2 > o->buckets) {
		buckets = o->buckets == 0 ? 64 : o->buckets * 4;
		o->index = value_alloc(v, buckets * sizeof(*o->index));
		o->buckets = o->index == NULL ? 0 : buckets;
		if (o->index != NULL)
			value_fill_index(o);
		return;
	}
	*value_slot(o, o->at[o->n - 1].name) = (uint32_t)o->n;
}

bool
value_is_index(struct str text, size_t *index)
{
	size_t i;

	if (text.n == 0 || text.n > 9 || (text.p[0] == '0' && text.n > 1))
		return false;
	*index = 0;
	for (i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*index = *index * 10 + (size_t)(text.p[i] - '0');
	}
	return true;
}

void
value_set(
    struct values *v, struct value object, struct str name, struct value item)
{
	struct value_object *o = object.object;
	struct value_member *m = value_find(o, name);
	size_t index;

	if (m != NULL) {
		m->value = item;
		return;
	}
	if (o->n == o->room) {
		m = value_grow(v, o->at, o->n, &o->room, sizeof(*m));
		if (m == NULL)
			return;
		o->at = m;
	}
	o->at[o->n++] = (struct value_member){ name, item };
	o->disordered |= value_is_index(name, &index);
	value_keep_index(v, o);
}

void
value_remove(struct value object, struct str name)
{
	struct value_object *o = object.object;
	struct value_member *m = value_find(o, name);

	if (m == NULL)
		return;
	memmove(m, m + 1, (size_t)(o->at + o->n - (m + 1)) * sizeof(*m));
	o->n--;
	if (o->index != NULL)
		value_fill_index(o);
}

static int
value_compare_indices(const void *a, const void *b)
{
	const struct value_member *x = a, *y = b;
	size_t i = 0, j = 0;

	(void)value_is_index(x->name, &i);
	(void)value_is_index(y->name, &j);
	return (i > j) - (i < j);
}

void
value_order(struct value object)
{
	struct value_object *o = object.object;
	struct value_member *sorted;
	size_t i, index, n = 0, others = 0;

	if (!o->disordered)
		return;
	o->disordered = false;
	sorted = xmalloc(o->n * sizeof(*sorted));
	for (i = 0; i < o->n; i++)
		if (value_is_index(o->at[i].name, &index))
			sorted[n++] = o->at[i];
	qsort(sorted, n, sizeof(*sorted), value_compare_indices);
	for (i = 0; i < o->n; i++)
		if (!value_is_index(o->at[i].name, &index))
			sorted[n + others++] = o->at[i];
	memcpy(o->at, sorted, o->n * sizeof(*sorted));
	free(sorted);
	if (o->index != NULL)
		value_fill_index(o);
}

static void
value_settle_at(struct value of, unsigned depth)
{
	size_t i;

	if (depth > VALUE_DEPTH)
		return;
	if (of.kind == VALUE_ARRAY)
		for (i = 0; i < of.array->n; i++)
			value_settle_at(of.array->at[i], depth + 1);
	if (of.kind != VALUE_OBJECT)
		return;
	value_order(of);
	for (i = 0; i < of.object->n; i++)
		value_settle_at(of.object->at[i].value, depth + 1);
}

void
value_settle(struct value of)
{
	value_settle_at(of, 0);
}

bool
value_has(struct value of, struct str name)
{
	if (of.kind == VALUE_OBJECT)
		return value_find(of.object, name) != NULL;
	return value_get(of, name).kind != VALUE_UNDEFINED;
}

static struct value
value_get_of_text(struct str text, struct str name)
{
	size_t index, at, n;
	bool split;

	if (str_is(name, "length"))
		return value_number((double)text_units(text));
	if (!value_is_index(name, &index))
		return VALUE_NONE;
	at = text_offset(text, index, &split);
	if (at >= text.n)
		return VALUE_NONE;
	(void)text_point((struct str){ text.p + at, text.n - at }, &n);
	if (split || n == 4)
		return value_text(STR("\xef\xbf\xbd"));
	return value_text((struct str){ text.p + at, n });
}

struct value
value_get(struct value of, struct str name)
{
	struct value_member *m;
	size_t index;

	switch (of.kind) {
	case VALUE_OBJECT:
		m = value_find(of.object, name);
		return m == NULL ? VALUE_NONE : m->value;
	case VALUE_ARRAY:
		if (value_is_index(name, &index))
			return index < of.array->n ? of.array->at[index]
						   : VALUE_NONE;
		if (str_is(name, "length"))
			return value_number((double)of.array->n);
		return VALUE_NONE;
	case VALUE_TEXT:
		return value_get_of_text(of.text, name);
	case VALUE_SAFE:
		return str_is(name, "string") ? value_text(of.text)
					      : VALUE_NONE;
	case VALUE_CALL:
		if (of.call != NULL && str_is(name, "name"))
			return value_text(of.call->name);
		if (of.call != NULL && str_is(name, "hash"))
			return of.call->hash;
		return VALUE_NONE;
	default:
		return VALUE_NONE;
	}
}

static struct value
value_copy_at(struct values *v, struct value of, unsigned depth)
{
	struct value copy;
	size_t i;

	if (of.kind == VALUE_TEXT || of.kind == VALUE_SAFE) {
		copy = value_copy_text(v, of.text);
		copy.kind = of.kind;
		return copy;
	}
	if (of.kind != VALUE_ARRAY && of.kind != VALUE_OBJECT)
		return of;
	if (depth >= VALUE_DEPTH) {
		v->over = true;
		return value_null();
	}
	copy = value_copy_shallow(v, of);
	if (of.kind == VALUE_ARRAY) {
		for (i = 0; i < copy.array->n && !v->over; i++)
			copy.array->at[i] =
			    value_copy_at(v, copy.array->at[i], depth + 1);
		return copy;
	}
	for (i = 0; i < copy.object->n && !v->over; i++) {
		struct value_member *m = &copy.object->at[i];

		m->name = value_copy_text(v, m->name).text;
		m->value = value_copy_at(v, m->value, depth + 1);
	}
	return copy;
}

struct value
value_copy(struct values *v, struct value of)
{
	return value_copy_at(v, of, 0);
}

struct value
value_copy_shallow(struct values *v, struct value of)
{
	struct value copy = of;
	size_t i;

	if (of.kind == VALUE_ARRAY) {
		copy = value_new_array(v, of.array->n);
		for (i = 0; i < of.array->n; i++)
			value_push(v, copy, of.array->at[i]);
	} else if (of.kind == VALUE_OBJECT) {
		copy = value_new_object(v);
		value_order(of);
		for (i = 0; i < of.object->n; i++)
			value_set(v, copy, of.object->at[i].name,
			    of.object->at[i].value);
	}
	return copy;
}

bool
value_is_nothing(struct value a)
{
	return a.kind == VALUE_UNDEFINED || a.kind == VALUE_NULL;
}

bool
value_is_object(struct value a)
{
	return a.kind >= VALUE_SAFE && a.kind <= VALUE_CALL;
}

bool
value_is_true(struct value a)
{
	switch (a.kind) {
	case VALUE_UNDEFINED:
	case VALUE_NULL:
		return false;
	case VALUE_BOOL:
		return a.yes;
	case VALUE_NUMBER:
		return a.number != 0 && !isnan(a.number);
	case VALUE_TEXT:
		return a.text.n > 0;
	default:
		return true;
	}
}

bool
value_same(struct value a, struct value b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case VALUE_BOOL:
		return a.yes == b.yes;
	case VALUE_NUMBER:
		return a.number == b.number;
	case VALUE_TEXT:
		return str_eq(a.text, b.text);
	case VALUE_SAFE:
		return a.text.p == b.text.p && a.text.n == b.text.n;
	case VALUE_ARRAY:
		return a.array == b.array;
	case VALUE_OBJECT:
		return a.object == b.object;
	case VALUE_CALL:
		return a.call == b.call;
	case VALUE_DATE:
		return false;
	default:
		return true;
	}
}

/* Whether an object, as a text, is like a text or a number. */
static bool
value_alike_printed(struct value object, struct value other)
{
	struct buf text = { 0 };
	bool alike;

	value_print(&text, object, VALUE_BIG);
	alike = value_alike(value_text(buf_str(&text)), other);
	buf_free(&text);
	return alike;
}

bool
value_alike(struct value a, struct value b)
{
	if (value_is_nothing(a) || value_is_nothing(b))
		return value_is_nothing(a) && value_is_nothing(b);
	if (a.kind == b.kind || (value_is_object(a) && value_is_object(b)))
		return value_same(a, b);
	if (a.kind == VALUE_BOOL)
		return value_alike(value_number(a.yes), b);
	if (b.kind == VALUE_BOOL)
		return value_alike(a, value_number(b.yes));
	if (value_is_object(a))
		return value_alike_printed(a, b);
	if (value_is_object(b))
		return value_alike_printed(b, a);
	return value_to_number(a) == value_to_number(b);
}

double
value_to_number(struct value a)
{
	struct buf text = { 0 };
	double number;

	switch (a.kind) {
	case VALUE_NULL:
		return 0;
	case VALUE_BOOL:
		return a.yes;
	case VALUE_NUMBER:
	case VALUE_DATE:
		return a.number;
	case VALUE_TEXT:
	case VALUE_SAFE:
		return number_of(text_trim(a.text));
	case VALUE_ARRAY:
		value_print(&text, a, VALUE_BIG);
		number = number_of(text_trim(buf_str(&text)));
		buf_free(&text);
		return number;
	default:
		return NAN;
	}
}

static void value_print_array(
    struct buf *out, struct value a, size_t most, unsigned depth);

static void
value_print_at(struct buf *out, struct value a, size_t most, unsigned depth)
{
	char number[NUMBER_BYTES];

	switch (a.kind) {
	case VALUE_UNDEFINED:
		buf_add_text(out, "undefined");
		break;
	case VALUE_NULL:
		buf_add_text(out, "null");
		break;
	case VALUE_BOOL:
		buf_add_text(out, a.yes ? "true" : "false");
		break;
	case VALUE_NUMBER:
		buf_add(out, number, number_format(a.number, number));
		break;
	case VALUE_TEXT:
	case VALUE_SAFE:
		buf_add_str(out, a.text);
		break;
	case VALUE_DATE:
		moment_print(out, a.number);
		break;
	case VALUE_ARRAY:
		if (depth < VALUE_DEPTH)
			value_print_array(out, a, most, depth + 1);
		break;
	default:
		buf_add_text(out, "[object Object]");
	}
}

static void
value_print_array(struct buf *out, struct value a, size_t most, unsigned depth)
{
	size_t i;

	for (i = 0; i < a.array->n && out->n < most; i++) {
		if (i > 0)
			buf_add(out, ",", 1);
		if (!value_is_nothing(a.array->at[i]))
			value_print_at(out, a.array->at[i], most, depth);
	}
}

void
value_print(struct buf *out, struct value a, size_t most)
{
	value_print_at(out, a, most, 0);
}

struct str
value_to_str(struct values *v, struct value a)
{
	struct buf text = { 0 };
	struct str copy;

	if (a.kind == VALUE_TEXT || a.kind == VALUE_SAFE)
		return a.text;
	value_print(&text, a, v->most > 0 ? v->most : SIZE_MAX);
	copy = value_copy_text(v, buf_str(&text)).text;
	buf_free(&text);
	return copy;
}
