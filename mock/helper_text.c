/* Texts. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "mock/text.h"

#include "mock/helper.h"

static int
helper_cased(struct helper_call *c, bool upper, struct value *result)
{
	struct value text = helper_plain(c, 0);

	*result = value_text(STR(""));
	if (c->n == 0)
		return 0;
	if (text.kind != VALUE_TEXT)
		return helper_fail(c, "it takes a text");
	if (upper)
		text_add_upper(helper_scratch(c), text.text);
	else
		text_add_lower(helper_scratch(c), text.text);
	*result = helper_built(c);
	return 0;
}

static int
helper_lowercase(struct helper_call *c, struct value *result)
{
	return helper_cased(c, false, result);
}

static int
helper_uppercase(struct helper_call *c, struct value *result)
{
	return helper_cased(c, true, result);
}

/* Appends padding of so many units, the last one being cut. */
static void
helper_add_padding(struct buf *out, struct str with, size_t units)
{
	size_t each = text_units(with);

	for (; units >= each; units -= each)
		buf_add_str(out, with);
	if (units > 0)
		text_add_slice(out, with, 0, units);
}

static int
helper_pad(struct helper_call *c, bool start, struct value *result)
{
	struct str text, with = STR(" ");
	double length;
	size_t units;
	struct buf *out;

	*result = value_text(STR(""));
	if (c->n == 0)
		return 0;
	text = value_to_str(c->v, c->args[0]);
	length = c->n > 1 ? value_to_number(c->args[1]) : 0;
	if (c->n == 3)
		with = value_to_str(c->v, c->args[2]);
	units = text_units(text);
	*result = value_text(text);
	if (!(length >= (double)units + 1) || with.n == 0)
		return 0;
	if (c->v->most > 0 && length > (double)c->v->most)
		return helper_fail(c, "the text becomes too long");
	out = helper_scratch(c);
	if (!start)
		buf_add_str(out, text);
	helper_add_padding(out, with, (size_t)length - units);
	if (start)
		buf_add_str(out, text);
	*result = helper_built(c);
	return 0;
}

static int
helper_pad_start(struct helper_call *c, struct value *result)
{
	return helper_pad(c, true, result);
}

static int
helper_pad_end(struct helper_call *c, struct value *result)
{
	return helper_pad(c, false, result);
}

static int
helper_newline(struct helper_call *c, struct value *result)
{
	(void)c;
	*result = value_text(STR("\n"));
	return 0;
}

/* A text of an argument; objects have none. */
static struct str
helper_loose_text(struct helper_call *c, unsigned i)
{
	struct value a = helper_arg(c, i);

	if (value_is_nothing(a) || (value_is_object(a) && a.kind != VALUE_SAFE))
		return STR("");
	return value_to_str(c->v, a);
}

static int
helper_includes(struct helper_call *c, struct value *result)
{
	struct str text = helper_loose_text(c, 0);

	*result =
	    value_bool(text_find(text, helper_loose_text(c, 1), 0) != SIZE_MAX);
	return 0;
}

/* The number an argument is, NaN for none; false for an object. */
static bool
helper_loose_number(struct helper_call *c, unsigned i, double *number)
{
	struct value a = helper_arg(c, i);

	if (value_is_nothing(a) || (value_is_object(a) && a.kind != VALUE_SAFE))
		return false;
	*number = value_to_number(a);
	*number = isnan(*number) ? 0 : trunc(*number);
	return true;
}

static int
helper_index_of(struct helper_call *c, struct value *result)
{
	struct str text = helper_loose_text(c, 0);
	double from = 0;
	size_t at = 0;
	bool split;

	if (helper_arg(c, 0).kind == VALUE_UNDEFINED)
		return helper_fail(c, "it takes a text");
	if (helper_loose_number(c, 2, &from) && from > 0)
		at = from >= (double)text.n
			 ? text.n
			 : text_offset(text, (size_t)from, &split);
	at = text_find(text, helper_loose_text(c, 1), at);
	*result = value_number(
	    at == SIZE_MAX ? -1
			   : (double)text_units((struct str){ text.p, at }));
	return 0;
}

static int
helper_substr(struct helper_call *c, struct value *result)
{
	struct str text = helper_loose_text(c, 0);
	double units = (double)text_units(text), from = 0, n = units;

	if (helper_arg(c, 0).kind == VALUE_UNDEFINED)
		return helper_fail(c, "it takes a text");
	(void)helper_loose_number(c, 1, &from);
	(void)helper_loose_number(c, 2, &n);
	from = from < 0 ? fmax(0, units + from) : fmin(from, units);
	n = fmin(n, units - from);
	*result = value_text(STR(""));
	if (n <= 0)
		return 0;
	text_add_slice(
	    helper_scratch(c), text, (size_t)from, (size_t)(from + n));
	*result = helper_built(c);
	return 0;
}

/* What JavaScript puts in the place of text.p[at .. at + n): $$, $&, $` and $'
 * in with have a meaning. */
static void
helper_add_replacement(
    struct buf *out, struct str with, struct str text, size_t at, size_t n)
{
	size_t i;

	for (i = 0; i < with.n; i++) {
		char next = i + 1 < with.n ? with.p[i + 1] : '\0';

		if (with.p[i] != '$' || next == '\0' ||
		    strchr("$&`'", next) == NULL) {
			buf_add(out, with.p + i, 1);
			continue;
		}
		i++;
		if (next == '$')
			buf_add(out, "$", 1);
		else if (next == '&')
			buf_add(out, text.p + at, n);
		else if (next == '`')
			buf_add(out, text.p, at);
		else
			buf_add(out, text.p + at + n, text.n - at - n);
	}
}

static int
helper_replaced(struct helper_call *c, bool all, struct value *result)
{
	struct value text = helper_given(c, 0), what = helper_given(c, 1);
	struct value with = helper_given(c, 2);
	struct buf *out = helper_scratch(c);
	size_t from = 0, at;

	*result = value_text(STR(""));
	if (text.kind != VALUE_TEXT || what.kind != VALUE_TEXT ||
	    with.kind != VALUE_TEXT)
		return 0;
	*result = text;
	if (what.text.n == 0)
		return 0;
	do {
		at = text_find(text.text, what.text, from);
		if (at == SIZE_MAX)
			break;
		buf_add(out, text.text.p + from, at - from);
		helper_add_replacement(
		    out, with.text, text.text, at, what.text.n);
		from = at + what.text.n;
		if (c->v->most > 0 && out->n > c->v->most)
			return helper_fail(c, "the text becomes too long");
	} while (all);
	buf_add(out, text.text.p + from, text.text.n - from);
	*result = helper_built(c);
	return 0;
}

static int
helper_replace(struct helper_call *c, struct value *result)
{
	return helper_replaced(c, false, result);
}

static int
helper_replace_all(struct helper_call *c, struct value *result)
{
	return helper_replaced(c, true, result);
}

static int
helper_split(struct helper_call *c, struct value *result)
{
	struct value text = helper_given(c, 0), by;
	struct str separator = STR(" ");
	size_t from = 0, at;

	by = c->n > 1 ? c->args[1] : VALUE_NONE;
	if (by.kind == VALUE_TEXT && by.text.n > 0)
		separator = by.text;
	*result = value_text(STR(""));
	if (text.kind != VALUE_TEXT || text.text.n == 0)
		return 0;
	*result = value_new_array(c->v, 0);
	do {
		at = text_find(text.text, separator, from);
		value_push(c->v, *result,
		    value_text((struct str){ text.text.p + from,
			(at == SIZE_MAX ? text.text.n : at) - from }));
		from = at + separator.n;
	} while (at != SIZE_MAX && !c->v->over);
	return 0;
}

static int
helper_concat_arrays(struct helper_call *c, struct value *result)
{
	unsigned i;
	size_t j;

	*result = value_new_array(c->v, 0);
	for (i = 0; i < c->n; i++) {
		if (c->args[i].kind != VALUE_ARRAY) {
			value_push(c->v, *result, c->args[i]);
			continue;
		}
		for (j = 0; j < c->args[i].array->n; j++)
			value_push(c->v, *result, c->args[i].array->at[j]);
	}
	return 0;
}

/* Arrays one after the other if the first is one, texts otherwise. */
static int
helper_concat(struct helper_call *c, struct value *result)
{
	size_t most = c->v->most > 0 ? c->v->most : SIZE_MAX;
	struct buf *out;
	unsigned i;

	if (c->n > 0 && c->args[0].kind == VALUE_ARRAY)
		return helper_concat_arrays(c, result);
	out = helper_scratch(c);
	for (i = 0; i < c->n && out->n < most; i++)
		value_print(out, c->args[i], most);
	*result = helper_built(c);
	return 0;
}

static int
helper_join(struct helper_call *c, struct value *result)
{
	size_t most = c->v->most > 0 ? c->v->most : SIZE_MAX, i;
	struct value list = helper_arg(c, 0), by = helper_arg(c, 1);
	struct buf *out = helper_scratch(c);

	*result = list;
	if (list.kind != VALUE_ARRAY)
		return 0;
	for (i = 0; i < list.array->n && out->n < most; i++) {
		if (i > 0)
			buf_add_str(
			    out, by.kind == VALUE_TEXT ? by.text : STR(", "));
		if (!value_is_nothing(list.array->at[i]))
			value_print(out, list.array->at[i], most);
	}
	*result = helper_built(c);
	return 0;
}

static int
helper_len(struct helper_call *c, struct value *result)
{
	struct value of = helper_arg(c, 0);

	*result = value_number(0);
	if (of.kind == VALUE_TEXT || of.kind == VALUE_ARRAY)
		*result = value_get(of, STR("length"));
	return 0;
}

const struct helper helper_text[] = {
	{ "concat", helper_concat, HELPER_ANY },
	{ "includes", helper_includes, HELPER_ANY },
	{ "indexOf", helper_index_of, HELPER_ANY },
	{ "join", helper_join, HELPER_ANY },
	{ "len", helper_len, HELPER_ANY },
	{ "lowercase", helper_lowercase, HELPER_ANY },
	{ "newline", helper_newline, HELPER_ANY },
	{ "padEnd", helper_pad_end, HELPER_ANY },
	{ "padStart", helper_pad_start, HELPER_ANY },
	{ "replace", helper_replace, HELPER_ANY },
	{ "replaceAll", helper_replace_all, HELPER_ANY },
	{ "split", helper_split, HELPER_ANY },
	{ "substr", helper_substr, HELPER_ANY },
	{ "uppercase", helper_uppercase, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
