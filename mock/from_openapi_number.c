/*
 * Numbers within the limits of a schema.
 */
#include "config.h"

#include <math.h>

#include "base/buf.h"

#include "mock/json_text.h"

#include "mock/from_openapi_making.h"
#include "mock/from_openapi_priv.h"

#define LARGEST 9007199254740991.0 /* that numbers are exact to */

struct limits {
	double least, most;
	bool has_least, has_most;
	bool above, below; /* the limits themselves do not count */
	double step;       /* 0: none */
};

/* exclusiveMinimum is a flag in 3.0 and a limit of its own in 3.1. */
static void
numbers_limit(const json_t *schema, const char *limit, const char *exclusive,
    double *value, bool *has, bool *without)
{
	const json_t *v = json_object_get(schema, limit);
	const json_t *x = json_object_get(schema, exclusive);

	*has = json_is_number(v);
	*value = json_number_value(v);
	*without = *has && json_is_true(x);
	if (json_is_number(x)) {
		*without = true;
		*has = true;
		*value = json_number_value(x);
	}
}

static struct limits
numbers_limits(const json_t *schema)
{
	struct limits l = { 0 };

	numbers_limit(schema, "minimum", "exclusiveMinimum", &l.least,
	    &l.has_least, &l.above);
	numbers_limit(schema, "maximum", "exclusiveMaximum", &l.most,
	    &l.has_most, &l.below);
	l.step = json_number_value(json_object_get(schema, "multipleOf"));
	if (!(l.step > 0))
		l.step = 0;
	return l;
}

/* An argument; Handlebars knows no exponents. */
static void
numbers_add_number(struct buf *out, const char *name, double v)
{
	if (fabs(v) < 1e-6)
		v = 0;
	if (fabs(v) > LARGEST)
		v = v < 0 ? -LARGEST : LARGEST;
	buf_addf(out, " %s=", name);
	json_text_add_number(out, v);
}

static void
numbers_faker_number(
    struct making *m, const char *method, struct limits l, unsigned digits)
{
	buf_addf(m->out, "{{faker '%s'", method);
	numbers_add_number(m->out, "min", l.least);
	numbers_add_number(m->out, "max", l.most);
	if (l.step >= 1e-6)
		numbers_add_number(m->out, "multipleOf", l.step);
	else if (digits > 0)
		numbers_add_number(m->out, "fractionDigits", digits);
	buf_add_text(m->out, "}}");
}

static void
numbers_fill_limits(struct limits *l)
{
	if (!l->has_least)
		l->least = l->has_most && l->most < 0 ? l->most - 99999 : 0;
	if (!l->has_most)
		l->most = l->least < 0 ? 99999 : l->least + 99999;
}

int
making_integer(struct making *m, const json_t *schema, const char *name)
{
	struct limits l = numbers_limits(schema);

	if (!l.has_least && !l.has_most && l.step == 0) {
		if (!openapi_infer(m->out, str_of(name), STR("integer")))
			buf_add_text(
			    m->out, "{{faker 'number.int' max=99999}}");
		return 0;
	}
	l.least = l.above ? floor(l.least) + 1 : ceil(l.least);
	l.most = l.below ? ceil(l.most) - 1 : floor(l.most);
	numbers_fill_limits(&l);
	if (l.step > 0 && l.step != floor(l.step))
		l.step = 0;
	if (l.least > l.most)
		openapi_note(m->o, "an integer between limits that have none "
				   "between them");
	if (l.least >= l.most) {
		buf_addf(m->out, "%.0f", l.least);
		return 0;
	}
	numbers_faker_number(m, "number.int", l, 0);
	return 0;
}

int
making_number(struct making *m, const json_t *schema, const char *name)
{
	struct limits l = numbers_limits(schema);
	struct str format = openapi_text(schema, "format");
	unsigned digits;
	double least;

	if (!l.has_least && !l.has_most && l.step == 0) {
		if (openapi_infer(m->out, str_of(name), STR("number")))
			return 0;
		buf_add_text(
		    m->out, str_is(format, "float") || str_is(format, "double")
				? "{{faker 'number.float'}}"
				: "{{faker 'number.int' max=99999}}");
		return 0;
	}
	numbers_fill_limits(&l);
	if (l.most - l.least <= 0) {
		json_text_add_number(m->out, l.least);
		return 0;
	}
	digits = l.most - l.least >= 1 ? 2 : 6;
	least = pow(10, -(double)digits);
	l.least += l.above ? least : 0;
	l.most -= l.below ? least : 0;
	numbers_faker_number(m, "number.float", l, digits);
	return 0;
}
