/* Data buckets and variables: of the template, of the environment, of all. */

#include "config.h"

#include <math.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mock/value_json.h"
#include "mock/value_path.h"

#include "mock/helper.h"

static int
helper_set_var(struct helper_call *c, struct value *result)
{
	(void)result;
	if (c->n >= 2)
		helper_data_set(c, value_to_str(c->v, helper_plain(c, 0)),
		    helper_plain(c, 1));
	return 0;
}

static int
helper_get_var(struct helper_call *c, struct value *result)
{
	if (c->n >= 1)
		*result =
		    helper_data_get(c, value_to_str(c->v, helper_plain(c, 0)));
	return 0;
}

static bool
helper_replace_value(void *cookie, struct values *store, struct value *now)
{
	const struct value *with = cookie;

	*now = value_copy(store, *with);
	return true;
}

/* An argument that is to outlive the rendering.  What holds a value many times
 * would take that many times its place there, so it has to fit here first. */
static int
helper_measured(struct helper_call *c, unsigned i, struct value *to)
{
	*to = value_copy(c->v, helper_given(c, i));
	return c->v->over ? helper_fail(c, "the value is too big") : 0;
}

static int
helper_set_global_var(struct helper_call *c, struct value *result)
{
	const struct template_store *s = c->c->globals;
	struct value value = helper_given(c, 1);

	(void)result;
	if (c->n >= 2)
		(void)s->change(s->arg, value_to_str(c->v, helper_given(c, 0)),
		    helper_replace_value, &value);
	return 0;
}

/* What a path, the second argument, leads to in a value. */
static int
helper_value_at(struct helper_call *c, struct value of, struct value *found)
{
	struct value path = helper_given(c, 1);

	*found = of;
	if (path.kind == VALUE_TEXT &&
	    value_path_find(c->v, of, path.text, found) == -1)
		return helper_fail(c, "the path cannot be followed");
	return 0;
}

static int
helper_get_global_var(struct helper_call *c, struct value *result)
{
	const struct template_store *s = c->c->globals;

	if (c->n == 0)
		return 0;
	*result = s->get(s->arg, c->v, value_to_str(c->v, helper_given(c, 0)));
	if (result->kind != VALUE_UNDEFINED &&
	    helper_value_at(c, *result, result) == -1)
		return -1;
	if (result->kind != VALUE_UNDEFINED)
		return 0;
	*result = helper_given(c, 2);
	if (value_is_nothing(*result))
		*result = value_text(STR(""));
	return 0;
}

static int
helper_get_env_var(struct helper_call *c, struct value *result)
{
	const char *found = NULL;

	if (c->n == 0)
		return 0;
	if (c->c->env != NULL)
		found = c->c->env(
		    c->c->env_arg, value_to_str(c->v, helper_given(c, 0)));
	*result = helper_given(c, 1);
	if (found != NULL)
		*result = value_copy_text(c->v, str_of(found));
	else if (value_is_nothing(*result))
		*result = value_text(STR(""));
	return 0;
}

/* The bucket that the argument in that place names.  1 if there is one, 0 if
 * not, -1 after helper_fail(). */
static int
helper_bucket(struct helper_call *c, unsigned i, struct str *name)
{
	const struct template_store *s = c->c->buckets;
	struct value given = helper_given(c, i);

	if (c->n <= i)
		return 0;
	if (given.kind != VALUE_TEXT)
		return helper_fail(c, "the name of a bucket is a text");
	*name = given.text;
	return s->has(s->arg, *name);
}

static int
helper_bucket_value(struct helper_call *c, struct value *found)
{
	const struct template_store *s = c->c->buckets;
	struct str name;
	int there = helper_bucket(c, 0, &name);

	if (there != 1)
		return there;
	if (helper_value_at(c, s->get(s->arg, c->v, name), found) == -1)
		return -1;
	if (found->kind == VALUE_UNDEFINED && c->n > 1)
		*found = value_text(STR(""));
	return 1;
}

static int
helper_data_raw(struct helper_call *c, struct value *result)
{
	return helper_bucket_value(c, result) == -1 ? -1 : 0;
}

static int
helper_data(struct helper_call *c, struct value *result)
{
	struct value found;
	struct buf *out;
	int there = helper_bucket_value(c, &found);

	if (there != 1)
		return there;
	out = helper_scratch(c);
	if (found.kind == VALUE_NULL || value_is_object(found))
		(void)value_write_json(c->v, out, found, 0, false);
	else
		value_print(out, found, SIZE_MAX);
	*result = helper_built(c);
	result->kind = VALUE_SAFE;
	return 0;
}

/* One {{setData}}. */
struct change {
	struct helper_call *c;
	struct str path;
	struct value value;
	int failed;
};

static struct value
helper_change_at(const struct change *ch, struct values *store, struct value of)
{
	return ch->path.n == 0 ? of : value_path_names(store, of, ch->path);
}

static bool
helper_change_put(struct change *ch, struct values *store, struct value *now,
    struct value with)
{
	if (ch->path.n == 0)
		*now = with;
	else
		ch->failed = value_path_set(store, *now, ch->path, with);
	return ch->failed == 0;
}

static bool
helper_change_set(void *cookie, struct values *store, struct value *now)
{
	struct change *ch = cookie;

	return helper_change_put(ch, store, now, value_copy(store, ch->value));
}

static bool
helper_change_merge(void *cookie, struct values *store, struct value *now)
{
	struct change *ch = cookie;
	struct value at = helper_change_at(ch, store, *now);
	struct value with = value_copy(store, ch->value);
	size_t i;

	if (at.kind != VALUE_OBJECT || with.kind != VALUE_OBJECT)
		return helper_change_put(ch, store, now, with);
	value_order(with);
	for (i = 0; i < with.object->n; i++)
		value_set(store, at, with.object->at[i].name,
		    with.object->at[i].value);
	return true;
}

static bool
helper_change_push(void *cookie, struct values *store, struct value *now)
{
	struct change *ch = cookie;
	struct value at = helper_change_at(ch, store, *now);

	if (at.kind != VALUE_ARRAY)
		return false;
	value_push(store, at, value_copy(store, ch->value));
	return true;
}

static bool
helper_change_delete(void *cookie, struct values *store, struct value *now)
{
	struct change *ch = cookie;

	if (ch->path.n == 0)
		*now = VALUE_NONE;
	else
		value_path_delete(store, *now, ch->path);
	return true;
}

/* Adds the value, or 1 where there is none. */
static bool
helper_change_count(
    struct change *ch, struct values *store, struct value *now, int sign)
{
	double at = value_to_number(helper_change_at(ch, store, *now));
	double by = value_to_number(ch->value);

	if ((value_is_true(ch->value) && isnan(by)) || isnan(at))
		return false;
	if (isnan(by) || by == 0)
		by = 1;
	return helper_change_put(ch, store, now, value_number(at + sign * by));
}

static bool
helper_change_increment(void *cookie, struct values *store, struct value *now)
{
	return helper_change_count(cookie, store, now, 1);
}

static bool
helper_change_decrement(void *cookie, struct values *store, struct value *now)
{
	return helper_change_count(cookie, store, now, -1);
}

static bool
helper_change_invert(void *cookie, struct values *store, struct value *now)
{
	struct change *ch = cookie;
	struct value at = helper_change_at(ch, store, *now);

	if (at.kind != VALUE_BOOL)
		return false;
	return helper_change_put(ch, store, now, value_bool(!at.yes));
}

static template_edit_fn
helper_operator(struct helper_call *c)
{
	static const struct {
		const char *name;
		template_edit_fn edit;
	} operators[] = {
		{ "push", helper_change_push },
		{ "del", helper_change_delete },
		{ "inc", helper_change_increment },
		{ "dec", helper_change_decrement },
		{ "invert", helper_change_invert },
		{ "merge", helper_change_merge },
	};
	struct str name = value_to_str(c->v, helper_given(c, 0));
	size_t i;

	for (i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (str_is(name, operators[i].name))
			return operators[i].edit;
	return helper_change_set;
}

static int
helper_set_data(struct helper_call *c, struct value *result)
{
	const struct template_store *s = c->c->buckets;
	struct value path = helper_given(c, 2);
	struct change change = { .c = c };
	struct str name;
	int there;

	(void)result;
	if (c->n < 2)
		return 0;
	there = helper_bucket(c, 1, &name);
	if (there != 1)
		return there;
	if (helper_measured(c, 3, &change.value) == -1)
		return -1;
	if (!value_is_nothing(path))
		change.path = value_to_str(c->v, path);
	(void)s->change(s->arg, name, helper_operator(c), &change);
	if (change.failed)
		return helper_fail(c, "the path cannot be followed");
	return 0;
}

const struct helper helper_store[] = {
	{ "data", helper_data, HELPER_BUCKETS },
	{ "dataRaw", helper_data_raw, HELPER_BUCKETS },
	{ "getEnvVar", helper_get_env_var, HELPER_ANY },
	{ "getGlobalVar", helper_get_global_var, HELPER_GLOBALS },
	{ "getVar", helper_get_var, HELPER_ANY },
	{ "setData", helper_set_data, HELPER_BUCKETS },
	{ "setGlobalVar", helper_set_global_var, HELPER_GLOBALS },
	{ "setVar", helper_set_var, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
