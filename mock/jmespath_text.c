/* The functions of JMESPath for texts. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "mock/text.h"

#include "mock/jmespath_call.h"

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

const struct jmes_function jmes_text_functions[] = {
	{ "contains", jmes_contains, 2, 2,
	    { JMES_TEXT | JMES_ARRAY, JMES_ANY } },
	{ "ends_with", jmes_ends_with, 2, 2, { JMES_TEXT, JMES_TEXT } },
	{ "find_first", jmes_find_first, 2, 4,
	    { JMES_TEXT, JMES_TEXT, JMES_NUMBER, JMES_NUMBER } },
	{ "find_last", jmes_find_last, 2, 4,
	    { JMES_TEXT, JMES_TEXT, JMES_NUMBER, JMES_NUMBER } },
	{ "join", jmes_join, 2, 2, { JMES_TEXT, JMES_TEXTS } },
	{ "lower", jmes_lower, 1, 1, { JMES_TEXT } },
	{ "pad_left", jmes_pad_left, 2, 3,
	    { JMES_TEXT, JMES_NUMBER, JMES_TEXT } },
	{ "pad_right", jmes_pad_right, 2, 3,
	    { JMES_TEXT, JMES_NUMBER, JMES_TEXT } },
	{ "replace", jmes_replace, 3, 4,
	    { JMES_TEXT, JMES_TEXT, JMES_TEXT, JMES_NUMBER } },
	{ "split", jmes_split, 2, 3, { JMES_TEXT, JMES_TEXT, JMES_NUMBER } },
	{ "starts_with", jmes_starts_with, 2, 2, { JMES_TEXT, JMES_TEXT } },
	{ "trim", jmes_trim, 1, 2, { JMES_TEXT, JMES_TEXT } },
	{ "trim_left", jmes_trim_left, 1, 2, { JMES_TEXT, JMES_TEXT } },
	{ "trim_right", jmes_trim_right, 1, 2, { JMES_TEXT, JMES_TEXT } },
	{ "upper", jmes_upper, 1, 1, { JMES_TEXT } },
	{ NULL, NULL, 0, 0, { 0 } },
};
