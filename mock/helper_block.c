/* Helpers that run their block: those of Handlebars, repeat and switch. */

#include "config.h"

#include <math.h>

#include "base/buf.h"
#include "mock/text.h"

#include "mock/helper.h"

static bool
helper_is_empty(struct value a)
{
	if (a.kind == VALUE_ARRAY)
		return a.array->n == 0;
	return !value_is_true(a) && !(a.kind == VALUE_NUMBER && a.number == 0);
}

static int
helper_choose(struct helper_call *c, bool yes, struct value *result)
{
	struct helper_run run = { .context = helper_this(c) };

	result->kind = VALUE_OUT;
	return helper_run(c, yes ? c->fn : c->inverse, &run);
}

/* Whether {{#if}} takes its first branch. */
static int
helper_condition(struct helper_call *c, bool *yes)
{
	struct value zero = value_get(c->hash, STR("includeZero"));

	if (c->n != 1)
		return helper_fail(c, "#if requires exactly one argument");
	*yes = (value_is_true(zero) || value_is_true(c->args[0])) &&
	       !helper_is_empty(c->args[0]);
	return 0;
}

static int
helper_if(struct helper_call *c, struct value *result)
{
	bool yes;

	if (helper_condition(c, &yes) == -1)
		return -1;
	return helper_choose(c, yes, result);
}

static int
helper_unless(struct helper_call *c, struct value *result)
{
	bool yes;

	if (helper_condition(c, &yes) == -1)
		return -1;
	return helper_choose(c, !yes, result);
}

static int
helper_with(struct helper_call *c, struct value *result)
{
	struct helper_run run = { .params = c->args, .n = 1 };

	if (c->n != 1)
		return helper_fail(c, "#with requires exactly one argument");
	if (helper_is_empty(c->args[0]))
		return helper_choose(c, false, result);
	run.context = c->args[0];
	result->kind = VALUE_OUT;
	return helper_run(c, c->fn, &run);
}

/* One turn of {{#each}}. */
static int
helper_turn(struct helper_call *c, struct frame *data, struct value item,
    struct value key, size_t index, size_t n)
{
	struct value params[] = { item, key };
	struct helper_run run = {
		.context = item,
		.data = data,
		.params = params,
		.n = 2,
	};

	helper_frame_set(c, data, STR("key"), key);
	helper_frame_set(c, data, STR("index"), value_number((double)index));
	helper_frame_set(c, data, STR("first"), value_bool(index == 0));
	helper_frame_set(c, data, STR("last"), value_bool(index + 1 == n));
	return helper_run(c, c->fn, &run);
}

/* A safe text is an object that holds a text. */
static struct value
helper_iterated(struct helper_call *c)
{
	struct value object, of = c->args[0];

	if (of.kind != VALUE_SAFE)
		return of;
	object = value_new_object(c->v);
	value_set(c->v, object, STR("string"), value_text(of.text));
	return object;
}

static int
helper_each(struct helper_call *c, struct value *result)
{
	struct value of;
	struct frame *data;
	size_t i, n = 0;

	if (c->n != 1)
		return helper_fail(c, "Must pass iterator to #each");
	of = helper_iterated(c);
	if (of.kind == VALUE_ARRAY)
		n = of.array->n;
	else if (of.kind == VALUE_OBJECT)
		n = of.object->n;
	if (n == 0)
		return helper_choose(c, false, result);
	data = helper_new_frame(c, true);
	if (of.kind == VALUE_OBJECT)
		value_order(of);
	result->kind = VALUE_OUT;
	for (i = 0; i < n; i++) {
		bool list = of.kind == VALUE_ARRAY;
		struct value item =
		    list ? of.array->at[i] : of.object->at[i].value;
		struct value key = list ? value_number((double)i)
					: value_text(of.object->at[i].name);

		if (helper_turn(c, data, item, key, i, n) == -1)
			return -1;
	}
	return 0;
}

static int
helper_lookup(struct helper_call *c, struct value *result)
{
	if (c->n != 2)
		return helper_fail(c, "it takes an object and a name");
	if (!value_is_true(c->args[0])) {
		*result = c->args[0];
		return 0;
	}
	*result = value_get(c->args[0], value_to_str(c->v, c->args[1]));
	return 0;
}

/* There is no console to write to. */
static int
helper_log(struct helper_call *c, struct value *result)
{
	(void)c;
	(void)result;
	return 0;
}

/* Trims what the turns of {{#repeat}} wrote, and sees to the comma. */
static void
helper_comma(struct buf *out, size_t mark, bool more, bool last)
{
	struct str text = { out->p + mark, out->n - mark };
	bool comma;

	out->n = mark + (out->n > mark ? text_trim_end(text).n : 0);
	comma = out->n > mark && out->p[out->n - 1] == ',';
	if (more && !comma)
		buf_add(out, ",", 1);
	else if (last && comma)
		out->n--;
	buf_add(out, "\n", 1);
}

static int
helper_repeat(struct helper_call *c, struct value *result)
{
	struct value comma = value_get(c->hash, STR("comma"));
	bool plain = comma.kind == VALUE_BOOL && !comma.yes;
	struct helper_run run = { .context = helper_this(c) };
	size_t mark = helper_out(c)->n;
	struct value total;
	double count, i;

	if (c->n != 1 && c->n != 2)
		return helper_fail(
		    c, "The repeat helper requires a numeric param");
	total = c->args[0];
	if (c->n == 2)
		total = value_number(helper_random_between(c,
		    value_to_number(c->args[0]), value_to_number(c->args[1])));
	count = value_to_number(total);
	run.data = helper_new_frame(c, false);
	result->kind = VALUE_OUT;
	for (i = 0; i < count; i++) {
		helper_frame_set(c, run.data, STR("index"), value_number(i));
		helper_frame_set(c, run.data, STR("total"), total);
		helper_frame_set(c, run.data, STR("first"), value_bool(i == 0));
		helper_frame_set(
		    c, run.data, STR("last"), value_bool(i == count - 1));
		if (!helper_step(c) || helper_run(c, c->fn, &run) == -1)
			return -1;
		if (!plain)
			helper_comma(
			    helper_out(c), mark, i < count - 1, i == count - 1);
	}
	return 0;
}

static int
helper_switch(struct helper_call *c, struct value *result)
{
	struct helper_run run = { .context = helper_self(c) };

	if (c->n != 1)
		return helper_fail(c, "it takes one argument");
	helper_data_set(c, STR("found"), value_bool(false));
	helper_data_set(c, STR("switchValue"), helper_plain(c, 0));
	result->kind = VALUE_OUT;
	return helper_run(c, c->fn, &run);
}

static int
helper_case(struct helper_call *c, struct value *result)
{
	struct helper_run run = { .context = helper_self(c) };

	if (c->n == 0)
		return helper_fail(c, "it takes a value");
	if (!value_same(c->args[0], helper_data_get(c, STR("switchValue"))) ||
	    value_is_true(helper_data_get(c, STR("found"))))
		return 0;
	helper_data_set(c, STR("found"), value_bool(true));
	result->kind = VALUE_OUT;
	return helper_run(c, c->fn, &run);
}

static int
helper_default(struct helper_call *c, struct value *result)
{
	struct helper_run run = { .context = helper_self(c) };

	if (c->n != 0)
		return helper_fail(c, "it takes no argument");
	if (value_is_true(helper_data_get(c, STR("found"))))
		return 0;
	helper_data_set(c, STR("switchValue"), VALUE_NONE);
	result->kind = VALUE_OUT;
	return helper_run(c, c->fn, &run);
}

/* What Handlebars keeps for itself. */
static int
helper_hook(struct helper_call *c, struct value *result)
{
	(void)result;
	return helper_fail(c, "it cannot be called");
}

const struct helper helper_block[] = {
	{ "blockHelperMissing", helper_hook, HELPER_ANY },
	{ "helperMissing", helper_hook, HELPER_ANY },
	{ "each", helper_each, HELPER_ANY },
	{ "if", helper_if, HELPER_ANY },
	{ "log", helper_log, HELPER_ANY },
	{ "lookup", helper_lookup, HELPER_ANY },
	{ "unless", helper_unless, HELPER_ANY },
	{ "with", helper_with, HELPER_ANY },
	{ "case", helper_case, HELPER_ANY },
	{ "default", helper_default, HELPER_ANY },
	{ "repeat", helper_repeat, HELPER_ANY },
	{ "switch", helper_switch, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
