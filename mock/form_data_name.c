/* Where a field's name puts its value. */

#include "config.h"

#include <string.h>

#include "base/number.h"

#include "mock/form_data.h"

/* "a[0][b][]" is a, 0 and b, which is added to. */
struct form_data_step {
	struct str name;
	size_t index; /* when its place is that of an array */
	bool is_index, appends;
};

struct form_data_steps {
	struct form_data_step at[FORM_DATA_STEPS];
	size_t n;
};

/* Whether one of the names between brackets and dots is that of a prototype. */
static bool
form_data_is_dangerous(struct str name)
{
	static const char *const words[] = { "__proto__", "constructor",
		"prototype" };
	size_t i, n;
	const char *at, *end = name.p + name.n;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		n = strlen(words[i]);
		at = name.p;
		while ((at = memmem(at, (size_t)(end - at), words[i], n)) !=
		       NULL) {
			if ((at == name.p || at[-1] == '[' || at[-1] == '.') &&
			    (at + n == end || at[n] == ']' || at[n] == '.'))
				return true;
			at++;
		}
	}
	return false;
}

/* The digits of "[12]". */
static bool
form_data_digits(struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n > 0;
}

/* Takes one "[name]" off rest. */
static bool
form_data_bracket(struct form_data_steps *steps, struct str *rest)
{
	const char *end = memchr(rest->p, ']', rest->n);
	struct form_data_step *step = &steps->at[steps->n];
	struct str name = { rest->p + 1, 0 };
	double index;

	if (*rest->p != '[' || end == NULL)
		return false;
	name.n = (size_t)(end - name.p);
	rest->n -= name.n + 2;
	rest->p = end + 1;
	if (name.n == 0) {
		steps->at[steps->n - 1].appends = true;
		return rest->n == 0;
	}
	if (steps->n == FORM_DATA_STEPS)
		return false;
	*step = (struct form_data_step){ .name = name };
	if (form_data_digits(name)) {
		index = number_int_of(name);
		if (index > FORM_DATA_INDEX)
			return false;
		step->is_index = true;
		step->index = (size_t)index;
	}
	steps->n++;
	return true;
}

/* A name that is not of that form stands for itself. */
static void
form_data_cut(struct form_data_steps *steps, struct str name)
{
	const char *open = memchr(name.p, '[', name.n);
	struct str rest = name;

	steps->n = 1;
	steps->at[0] = (struct form_data_step){ .name = name };
	if (open == NULL || open == name.p)
		return;
	steps->at[0].name.n = (size_t)(open - name.p);
	rest.n -= steps->at[0].name.n;
	rest.p = open;
	while (rest.n > 0) {
		if (!form_data_bracket(steps, &rest)) {
			steps->n = 1;
			steps->at[0] = (struct form_data_step){ .name = name };
			return;
		}
	}
}

/* The name of an index that is no array's. */
static struct str
form_data_step_name(struct values *v, const struct form_data_step *step)
{
	char text[NUMBER_BYTES];

	if (!step->is_index)
		return step->name;
	return value_copy_text(
	    v, (struct str){ text, number_format((double)step->index, text) })
	    .text;
}

static struct value
form_data_get(struct value in, const struct form_data_step *step)
{
	char text[NUMBER_BYTES];

	if (!step->is_index)
		return value_get(in, step->name);
	return value_get(
	    in, (struct str){ text, number_format((double)step->index, text) });
}

static void
form_data_set(struct values *v, struct value in,
    const struct form_data_step *step, struct value item)
{
	if (in.kind == VALUE_OBJECT) {
		value_set(v, in, form_data_step_name(v, step), item);
		return;
	}
	while (in.array->n <= step->index && !v->over)
		value_push(v, in, VALUE_NONE);
	if (step->index < in.array->n)
		in.array->at[step->index] = item;
}

static struct value
form_data_pair(struct values *v, struct value a, struct value b)
{
	struct value pair = value_new_array(v, 2);

	value_push(v, pair, a);
	value_push(v, pair, b);
	return pair;
}

static void
form_data_set_last(struct values *v, struct value in,
    struct form_data_step step, struct value item)
{
	struct value now = form_data_get(in, &step), inner;

	while (now.kind == VALUE_OBJECT) {
		inner = value_get(now, STR(""));
		if (inner.kind == VALUE_UNDEFINED)
			break;
		in = now;
		now = inner;
		step = (struct form_data_step){ .name = STR("") };
	}
	if (now.kind == VALUE_ARRAY) {
		value_push(v, now, item);
		return;
	}
	if (now.kind != VALUE_UNDEFINED) {
		item = form_data_pair(v, now, item);
	} else if (step.appends) {
		now = value_new_array(v, 1);
		value_push(v, now, item);
		item = now;
	}
	form_data_set(v, in, &step, item);
}

/* The array as an object, without what it does not have. */
static struct value
form_data_unlist(struct values *v, const struct value_array *array)
{
	struct value object = value_new_object(v);
	struct form_data_step step = { .is_index = true };

	for (; step.index < array->n; step.index++)
		if (array->at[step.index].kind != VALUE_UNDEFINED)
			value_set(v, object, form_data_step_name(v, &step),
			    array->at[step.index]);
	return object;
}

/* What the next step goes into. */
static struct value
form_data_enter(struct values *v, struct value in,
    const struct form_data_step *step, const struct form_data_step *next)
{
	struct value now = form_data_get(in, step), inner;

	if (now.kind == VALUE_OBJECT ||
	    (now.kind == VALUE_ARRAY && next->is_index))
		return now;
	if (now.kind == VALUE_UNDEFINED) {
		inner = next->is_index ? value_new_array(v, 0)
				       : value_new_object(v);
	} else if (now.kind == VALUE_ARRAY) {
		inner = form_data_unlist(v, now.array);
	} else {
		inner = value_new_object(v);
		value_set(v, inner, STR(""), now);
	}
	form_data_set(v, in, step, inner);
	return inner;
}

void
form_data_append(
    struct values *v, struct value object, struct str name, struct value item)
{
	struct form_data_steps steps;
	struct value in = object;
	size_t i;

	if (name.n == 0 || form_data_is_dangerous(name))
		return;
	form_data_cut(&steps, name);
	for (i = 0; i + 1 < steps.n; i++)
		in = form_data_enter(v, in, &steps.at[i], &steps.at[i + 1]);
	form_data_set_last(v, in, steps.at[i], item);
}
