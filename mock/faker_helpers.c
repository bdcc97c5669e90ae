#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mock/faker_priv.h"
#include "mock/text.h"

void
faker_shuffle(struct faker *f, size_t *order, size_t n)
{
	size_t i, other, moved;

	for (i = n; i-- > 1;) {
		other = (size_t)faker_int(f, 0, (double)i);
		moved = order[i];
		order[i] = order[other];
		order[other] = moved;
	}
}

struct value
faker_items(struct faker *f, struct value list)
{
	struct value items;
	struct str rest, one;

	if (list.kind == VALUE_ARRAY)
		return list;
	if (!faker_is_text(list))
		faker_fail(f, "what to choose from is no array");
	items = value_new_array(&f->values, 0);
	rest = faker_is_text(list) ? list.text : STR("");
	while (rest.n > 0) {
		one.p = rest.p;
		faker_point(&rest);
		one.n = (size_t)(rest.p - one.p);
		value_push(&f->values, items, value_text(one));
	}
	return items;
}

struct value
faker_pick_item(struct faker *f, struct value list)
{
	struct value items;
	size_t i;

	/* Without a length it has a first item at most, which is undefined. */
	if (!value_is_nothing(list) && list.kind != VALUE_ARRAY &&
	    !faker_is_text(list))
		return VALUE_NONE;
	items = faker_items(f, list);
	i = faker_pick(f, items.array->n);
	return faker_ok(f) ? items.array->at[i] : VALUE_NONE;
}

/* An array of the items of list that can be changed. */
static struct value
helpers_copy(struct faker *f, struct value list)
{
	return value_copy_shallow(&f->values, faker_items(f, list));
}

static void
helpers_swap(struct value *items, size_t a, size_t b)
{
	struct value moved = items[a];

	items[a] = items[b];
	items[b] = moved;
}

static void
helpers_shuffle_items(struct faker *f, struct value_array *a)
{
	size_t i;

	for (i = a->n; i-- > 1;)
		helpers_swap(a->at, i, (size_t)faker_int(f, 0, (double)i));
}

static struct value
helpers_shuffle(struct faker *f, const struct faker_call *c)
{
	struct value copy = helpers_copy(f, faker_arg(c, 0));

	faker_options(f, c, 1);
	helpers_shuffle_items(f, copy.array);
	return copy;
}

/* A name that two values share only when a Set takes them for one. */
static struct str
helpers_identity(struct faker *f, struct value v, size_t i)
{
	struct str text;

	if (value_is_object(v))
		return faker_textf(f, "o%zu", i);
	text = value_to_str(&f->values, v);
	return faker_textf(
	    f, "%c%.*s", faker_is_text(v) ? 's' : 'p', STR_ARGS(text));
}

static struct value
helpers_unique_array(struct faker *f, const struct faker_call *c)
{
	struct value list = faker_arg(c, 0), item;
	struct value unique = value_new_array(&f->values, 0);
	struct value seen = value_new_object(&f->values);
	struct str name;
	size_t i, n;

	for (i = 0; list.kind == VALUE_ARRAY && i < list.array->n; i++) {
		item = list.array->at[i];
		name = helpers_identity(f, item, i);
		if (faker_is_given(value_get(seen, name)))
			continue;
		value_set(&f->values, seen, name, value_bool(true));
		value_push(&f->values, unique, item);
	}
	if (list.kind == VALUE_ARRAY)
		helpers_shuffle_items(f, unique.array);
	n = faker_count(f, value_to_number(faker_arg(c, 1)), SIZE_MAX / 2);
	if (n < unique.array->n)
		unique.array->n = n;
	return unique;
}

static struct value
helpers_array_element(struct faker *f, const struct faker_call *c)
{
	return faker_pick_item(f, faker_arg(c, 0));
}

static double
helpers_weight(struct value item)
{
	return value_to_number(faker_member(item, "weight"));
}

/* The sum of all weights, which must be more than 0. */
static double
helpers_sum(struct faker *f, struct value list)
{
	double sum = 0;
	size_t i;

	if (list.kind != VALUE_ARRAY)
		faker_fail(f, "what to choose from is no array");
	else if (list.array->n == 0)
		faker_refuse(f, "weightedArrayElement expects an array with "
				"at least one element");
	for (i = 0; faker_ok(f) && i < list.array->n; i++) {
		if (!(helpers_weight(list.array->at[i]) > 0))
			faker_refuse(f,
			    "weightedArrayElement expects an array of "
			    "{ weight, value } objects where weight is a "
			    "positive number");
		sum += helpers_weight(list.array->at[i]);
	}
	return sum;
}

static struct value
helpers_weighted_array_element(struct faker *f, const struct faker_call *c)
{
	struct value list = faker_arg(c, 0);
	double sum = helpers_sum(f, list), drawn;
	size_t i;

	if (!faker_ok(f))
		return VALUE_NONE;
	drawn = faker_float(f, 0, sum);
	for (i = 0, sum = 0; i < list.array->n - 1; i++) {
		sum += helpers_weight(list.array->at[i]);
		if (drawn < sum)
			break;
	}
	return faker_member(list.array->at[i], "value");
}

/* Takes n, which are fewer than all, at random to the end of a and drops the
 * others. */
static void
helpers_keep(struct faker *f, struct value_array *a, size_t n)
{
	size_t i, low = a->n - n;

	for (i = a->n; i-- > low && faker_ok(f);)
		helpers_swap(a->at, i, (size_t)faker_int(f, 0, (double)i));
	a->at += low;
	a->n = a->room = n;
}

static struct value
helpers_array_elements(struct faker *f, const struct faker_call *c)
{
	struct value count = faker_arg(c, 1);
	struct value copy = helpers_copy(f, faker_arg(c, 0));
	size_t n = copy.array->n;
	double asked;

	if (n == 0)
		return copy;
	asked = value_is_nothing(count) ? faker_int(f, 1, (double)n)
					: faker_range(f, count);
	if (asked >= (double)n)
		helpers_shuffle_items(f, copy.array);
	else
		helpers_keep(f, copy.array, faker_count(f, asked, n));
	return copy;
}

/* The names of an object's members in JavaScript's order, or the indexes of
 * an array. */
static struct value
helpers_keys(struct faker *f, struct value object)
{
	struct value keys = value_new_array(&f->values, 0), copy;
	size_t i, n = 0;

	if (value_is_nothing(object))
		faker_fail(f, "Cannot convert undefined or null to object");
	if (object.kind == VALUE_ARRAY)
		n = object.array->n;
	for (i = 0; i < n; i++)
		value_push(
		    &f->values, keys, value_text(faker_textf(f, "%zu", i)));
	if (object.kind != VALUE_OBJECT)
		return keys;
	copy = value_copy_shallow(&f->values, object);
	value_order(copy);
	for (i = 0; i < copy.object->n; i++)
		value_push(
		    &f->values, keys, value_text(copy.object->at[i].name));
	return keys;
}

/* One of the keys. */
static struct str
helpers_pick_key(struct faker *f, struct value keys)
{
	struct value key = faker_pick_item(f, keys);

	return faker_is_text(key) ? key.text : STR("");
}

static struct value
helpers_object_key(struct faker *f, const struct faker_call *c)
{
	return value_text(
	    helpers_pick_key(f, helpers_keys(f, faker_arg(c, 0))));
}

static struct value
helpers_object_value(struct faker *f, const struct faker_call *c)
{
	struct value object = faker_arg(c, 0);

	return value_get(object, helpers_pick_key(f, helpers_keys(f, object)));
}

static struct value
helpers_object_entry(struct faker *f, const struct faker_call *c)
{
	struct value object = faker_arg(c, 0);
	struct value entry = value_new_array(&f->values, 2);
	struct str key = helpers_pick_key(f, helpers_keys(f, object));

	value_push(&f->values, entry, value_text(key));
	value_push(&f->values, entry, value_get(object, key));
	return entry;
}

/* Of what TypeScript makes of an enum: keys that are numbers lead back. */
static struct value
helpers_enum_value(struct faker *f, const struct faker_call *c)
{
	struct value object = faker_arg(c, 0);
	struct value keys = helpers_keys(f, object), names;
	size_t i;

	names = value_new_array(&f->values, 0);
	for (i = 0; i < keys.array->n; i++)
		if (isnan(value_to_number(keys.array->at[i])))
			value_push(&f->values, names, keys.array->at[i]);
	return value_get(object, helpers_pick_key(f, names));
}

static struct value
helpers_range_to_number(struct faker *f, const struct faker_call *c)
{
	return value_number(faker_range(f, faker_arg(c, 0)));
}

/* A function cannot be passed by name: what is done without one. */
static struct value
helpers_multiple(struct faker *f, const struct faker_call *c)
{
	struct value count = faker_member(faker_options(f, c, 1), "count");
	double asked = value_is_nothing(count) ? 3 : faker_range(f, count);
	size_t n = faker_count(f, asked, FAKER_ITEMS_MAX);
	struct value array = value_new_array(&f->values, n);

	if (n > 0 && faker_is_given(faker_arg(c, 0)))
		faker_fail(f, "what to do several times is no function");
	for (; n > 0; n--)
		value_push(&f->values, array, VALUE_NONE);
	return array;
}

static struct value
helpers_maybe(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 1);

	if (faker_boolean(
		f, options.kind == VALUE_NUMBER
		       ? options.number
		       : faker_opt_number(options, "probability", 0.5)))
		faker_fail(f, "what to do perhaps is no function");
	return VALUE_NONE;
}

/* The first argument, a text; other when there is none, and "" for what has
 * no length when lax.  Fails for anything else. */
static struct str
helpers_text(
    struct faker *f, const struct faker_call *c, const char *other, bool lax)
{
	struct value text = faker_arg(c, 0);

	if (faker_is_text(text))
		return text.text;
	if (!faker_is_given(text) && other != NULL)
		return str_of(other);
	if (!lax || (text.kind != VALUE_NUMBER && text.kind != VALUE_BOOL))
		faker_fail(f, "what should be a text is none");
	return STR("");
}

static struct value
helpers_slugify(struct faker *f, const struct faker_call *c)
{
	return value_text(faker_slugify(f, helpers_text(f, c, "", false)));
}

static struct value
helpers_replace_symbols(struct faker *f, const struct faker_call *c)
{
	return value_text(
	    faker_replace_symbols(f, helpers_text(f, c, "", true)));
}

static struct value
helpers_replace_credit_card_symbols(struct faker *f, const struct faker_call *c)
{
	struct str s = helpers_text(f, c, "6453-####-####-####-###L", true);
	struct value arg = faker_arg(c, 1);
	struct str symbol =
	    !faker_is_given(arg) ? STR("#") : value_to_str(&f->values, arg);
	uint32_t point = symbol.n > 0 ? faker_point(&symbol) : UINT32_MAX;

	if (symbol.n > 0)
		point = UINT32_MAX; /* no character is like more than one */
	return value_text(faker_replace_card(f, s, point));
}

static struct value
helpers_from_regexp(struct faker *f, const struct faker_call *c)
{
	struct value pattern = faker_arg(c, 0);

	/* What looks like no pattern is given back as it came. */
	if (!faker_is_text(pattern) && !value_is_object(pattern))
		return pattern;
	return value_text(
	    faker_from_regexp(f, helpers_text(f, c, NULL, false)));
}

static struct str
helpers_given(struct faker *f, const void *v)
{
	return value_to_str(&f->values, *(const struct value *)v);
}

static struct value
helpers_mustache(struct faker *f, const struct faker_call *c)
{
	struct value values = faker_arg(c, 1), keys, key, v;
	struct str s;
	size_t i;

	if (value_is_nothing(faker_arg(c, 0)))
		return value_text(STR(""));
	s = helpers_text(f, c, NULL, false);
	if (value_is_nothing(values))
		return value_text(s);
	keys = helpers_keys(f, values);
	for (i = 0; i < keys.array->n; i++) {
		key = keys.array->at[i];
		v = value_get(values, key.text);
		s = faker_mustache(f, s, key.text, helpers_given, &v);
	}
	return value_text(s);
}

static struct value
helpers_fake(struct faker *f, const struct faker_call *c)
{
	struct value pattern = faker_arg(c, 0);

	if (!faker_is_text(pattern))
		pattern = faker_pick_item(f, pattern);
	if (!faker_is_text(pattern)) {
		faker_fail(
		    f, "argument 1 is neither a text nor a list of them");
		return VALUE_NONE;
	}
	return value_text(faker_fake(f, pattern.text));
}

const struct faker_method faker_helpers_methods[] = {
	{ "arrayElement", helpers_array_element, NULL },
	{ "arrayElements", helpers_array_elements, NULL },
	{ "enumValue", helpers_enum_value, NULL },
	{ "fake", helpers_fake, NULL },
	{ "fromRegExp", helpers_from_regexp, NULL },
	{ "maybe", helpers_maybe, NULL },
	{ "multiple", helpers_multiple, NULL },
	{ "mustache", helpers_mustache, NULL },
	{ "objectEntry", helpers_object_entry, NULL },
	{ "objectKey", helpers_object_key, NULL },
	{ "objectValue", helpers_object_value, NULL },
	{ "rangeToNumber", helpers_range_to_number, NULL },
	{ "replaceCreditCardSymbols", helpers_replace_credit_card_symbols,
	    NULL },
	{ "replaceSymbols", helpers_replace_symbols, NULL },
	{ "shuffle", helpers_shuffle, NULL },
	{ "slugify", helpers_slugify, NULL },
	{ "uniqueArray", helpers_unique_array, NULL },
	{ "weightedArrayElement", helpers_weighted_array_element, NULL },
	{ NULL, NULL, NULL },
};
