/* Where a field's name puts its value. */

#include "config.h"

#include <string.h>

#include "base/number.h"

#include "mock/multipart.h"

/* "a[0][b][]" is a, 0 and b, which is added to. */
struct multipart_step {
	struct str name;
	size_t index; /* when its place is that of an array */
	bool is_index, appends;
};

struct multipart_steps {
	struct multipart_step at[MULTIPART_STEPS];
	size_t n;
};

/* Whether one of the names between brackets and dots is that of a prototype. */
static bool
multipart_is_dangerous(struct str name)
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
multipart_digits(struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return text.n > 0;
}

/* Takes one "[name]" off rest. */
static bool
multipart_bracket(struct multipart_steps *steps, struct str *rest)
{
	const char *end = memchr(rest->p, ']', rest->n);
	struct multipart_step *step = &steps->at[steps->n];
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
	if (steps->n == MULTIPART_STEPS)
		return false;
	*step = (struct multipart_step){ .name = name };
	if (multipart_digits(name)) {
		index = number_int_of(name);
		if (index > MULTIPART_INDEX)
			return false;
		step->is_index = true;
		step->index = (size_t)index;
	}
	steps->n++;
	return true;
}

/* A name that is not of that form stands for itself. */
static void
multipart_cut(struct multipart_steps *steps, struct str name)
{
	const char *open = memchr(name.p, '[', name.n);
	struct str rest = name;

	steps->n = 1;
	steps->at[0] = (struct multipart_step){ .name = name };
	if (open == NULL || open == name.p)
		return;
	steps->at[0].name.n = (size_t)(open - name.p);
	rest.n -= steps->at[0].name.n;
	rest.p = open;
	while (rest.n > 0) {
		if (!multipart_bracket(steps, &rest)) {
			steps->n = 1;
			steps->at[0] = (struct multipart_step){ .name = name };
			return;
		}
	}
}

/* The name of an index that is no array's. */
static struct str
multipart_step_name(struct values *v, const struct multipart_step *step)
{
	char text[NUMBER_BYTES];

	if (!step->is_index)
		return step->name;
	return value_copy_text(
	    v, (struct str){ text, number_format((double)step->index, text) })
	    .text;
}

static struct value
multipart_get(struct value in, const struct multipart_step *step)
{
	char text[NUMBER_BYTES];

	if (!step->is_index)
		return value_get(in, step->name);
	return value_get(
	    in, (struct str){ text, number_format((double)step->index, text) });
}

static void
multipart_set(struct values *v, struct value in,
    const struct multipart_step *step, struct value item)
{
	if (in.kind == VALUE_OBJECT) {
		value_set(v, in, multipart_step_name(v, step), item);
		return;
	}
	while (in.array->n <= step->index && !v->over)
		value_push(v, in, VALUE_NONE);
	if (step->index < in.array->n)
		in.array->at[step->index] = item;
}

static struct value
multipart_pair(struct values *v, struct value a, struct value b)
{
	struct value pair = value_new_array(v, 2);

	value_push(v, pair, a);
	value_push(v, pair, b);
	return pair;
}

static void
multipart_set_last(struct values *v, struct value in,
    struct multipart_step step, struct value item)
{
	struct value now = multipart_get(in, &step), inner;

	while (now.kind == VALUE_OBJECT) {
		inner = value_get(now, STR(""));
		if (inner.kind == VALUE_UNDEFINED)
			break;
		in = now;
		now = inner;
		step = (struct multipart_step){ .name = STR("") };
	}
	if (now.kind == VALUE_ARRAY) {
		value_push(v, now, item);
		return;
	}
	if (now.kind != VALUE_UNDEFINED) {
		item = multipart_pair(v, now, item);
	} else if (step.appends) {
		now = value_new_array(v, 1);
		value_push(v, now, item);
		item = now;
	}
	multipart_set(v, in, &step, item);
}

/* The array as an object, without what it does not have. */
static struct value
multipart_unlist(struct values *v, const struct value_array *array)
{
	struct value object = value_new_object(v);
	struct multipart_step step = { .is_index = true };

	for (; step.index < array->n; step.index++)
		if (array->at[step.index].kind != VALUE_UNDEFINED)
			value_set(v, object, multipart_step_name(v, &step),
			    array->at[step.index]);
	return object;
}

/* What the next step goes into. */
static struct value
multipart_enter(struct values *v, struct value in,
    const struct multipart_step *step, const struct multipart_step *next)
{
	struct value now = multipart_get(in, step), inner;

	if (now.kind == VALUE_OBJECT ||
	    (now.kind == VALUE_ARRAY && next->is_index))
		return now;
	if (now.kind == VALUE_UNDEFINED) {
		inner = next->is_index ? value_new_array(v, 0)
				       : value_new_object(v);
	} else if (now.kind == VALUE_ARRAY) {
		inner = multipart_unlist(v, now.array);
	} else {
		inner = value_new_object(v);
		value_set(v, inner, STR(""), now);
	}
	multipart_set(v, in, step, inner);
	return inner;
}

void
multipart_append(
    struct values *v, struct value object, struct str name, struct value item)
{
	struct multipart_steps steps;
	struct value in = object;
	size_t i;

	if (name.n == 0 || multipart_is_dangerous(name))
		return;
	multipart_cut(&steps, name);
	for (i = 0; i + 1 < steps.n; i++)
		in = multipart_enter(v, in, &steps.at[i], &steps.at[i + 1]);
	multipart_set_last(v, in, steps.at[i], item);
}
