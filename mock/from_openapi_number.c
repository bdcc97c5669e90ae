/*
 * Numbers within the limits of a schema.
 */
#include "config.h"

#include <math.h>
#include <stdint.h>

#include "base/buf.h"

#include "mock/document.h"
#include "mock/json_text.h"

#include "mock/from_openapi_making.h"
#include "mock/from_openapi_priv.h"

#define LARGEST 9007199254740991.0 /* that numbers are exact to */
#define SPAN 99999.0               /* from a limit to where there is none */
#define CHOICES 20                 /* of numbers with a step */
#define TRIES 400                  /* to find these */

/* ---- limits ------------------------------------------------------------- */

/* exclusiveMinimum is a flag in 3.0 and a limit of its own in 3.1. */
static void
numbers_limit(const json_t *schema, const char *limit, const char *exclusive,
    double sign, double *value, bool *has, bool *without)
{
	const json_t *v = json_object_get(schema, limit);
	const json_t *x = json_object_get(schema, exclusive);

	*has = json_is_number(v);
	*value = json_number_value(v);
	*without = *has && json_is_true(x);
	if (json_is_number(x) &&
	    (!*has || (json_number_value(x) - *value) * sign >= 0)) {
		*without = true;
		*has = true;
		*value = json_number_value(x);
	}
}

struct making_limits
making_limits(const json_t *schema)
{
	struct making_limits l = { 0 };

	numbers_limit(schema, "minimum", "exclusiveMinimum", 1, &l.least,
	    &l.has_least, &l.above);
	numbers_limit(schema, "maximum", "exclusiveMaximum", -1, &l.most,
	    &l.has_most, &l.below);
	l.step = json_number_value(json_object_get(schema, "multipleOf"));
	if (!(l.step > 0))
		l.step = 0;
	return l;
}

static void
numbers_fill(struct making_limits *l)
{
	if (!l->has_least)
		l->least = l->has_most && l->most <= 0 ? l->most - SPAN : 0;
	if (!l->has_most)
		l->most = l->least < 0 ? SPAN : l->least + SPAN;
}

static void
numbers_impossible(struct making *m)
{
	openapi_note(m->o, "no number is within the limits of its schema");
}

static int
numbers_put(struct making *m, double v)
{
	json_text_add_number(m->out, v == 0 ? 0 : v);
	return 0;
}

/* An argument; Handlebars knows no exponents. */
static void
numbers_add(struct buf *out, const char *name, double v)
{
	buf_addf(out, " %s=", name);
	json_text_add_number(out, v == 0 ? 0 : v);
}

/* ---- integers ----------------------------------------------------------- */

/* The first of the step's multiples that is an integer; 1 for none. */
static double
numbers_whole_step(struct making *m, double step)
{
	int k;

	if (step == 0)
		return 1;
	for (k = 1; k <= 1000; k++)
		if (step * k == floor(step * k))
			return step * k;
	openapi_note(m->o, "an integer that may be no multiple of %g", step);
	return 1;
}

static void
numbers_narrow(struct making_limits *l, const json_t *schema)
{
	double most = str_is(document_text(schema, "format"), "int32")
			  ? INT32_MAX
			  : LARGEST;

	l->least = l->above ? floor(l->least) + 1 : ceil(l->least);
	l->most = l->below ? ceil(l->most) - 1 : floor(l->most);
	numbers_fill(l);
	if (!l->has_most && l->most > most)
		l->most = fmax(most, l->least);
	if (!l->has_least && l->least < -most)
		l->least = fmin(-most, l->most);
}

/* The part of first to last, steps apart, that is for m->nth. */
static void
numbers_share(struct making *m, double *first, double *last, double step)
{
	double span = (*last - *first) / step + 1, nth, of = (double)m->of;

	if (m->of == 0)
		return;
	if (of > span)
		of = span;
	nth = fmod((double)m->nth, of);
	*last = *first + (floor(span * (nth + 1) / of) - 1) * step;
	*first += floor(span * nth / of) * step;
}

static int
numbers_whole(struct making *m, struct making_limits l)
{
	double step = numbers_whole_step(m, l.step);
	double first = ceil(l.least / step) * step;
	double last = floor(l.most / step) * step;

	if (first > last) {
		numbers_impossible(m);
		last = first;
	}
	numbers_share(m, &first, &last, step);
	if (first == last || fabs(first) > LARGEST || fabs(last) > LARGEST)
		return numbers_put(m, first);
	buf_addf(m->out, "{{faker 'number.int'");
	numbers_add(m->out, "min", first);
	numbers_add(m->out, "max", last);
	if (step > 1)
		numbers_add(m->out, "multipleOf", step);
	buf_add_text(m->out, "}}");
	return 0;
}

static bool
numbers_are_free(const struct making *m, const struct making_limits *l)
{
	return !l->has_least && !l->has_most && l->step == 0 && m->of == 0;
}

int
making_integer(struct making *m, const json_t *schema, const char *name)
{
	struct making_limits l = making_limits(schema);

	if (numbers_are_free(m, &l)) {
		if (!openapi_infer(m->out, str_of(name), STR("integer")))
			buf_add_text(
			    m->out, "{{faker 'number.int' max=99999}}");
		return 0;
	}
	numbers_narrow(&l, schema);
	return numbers_whole(m, l);
}

/* ---- other numbers ------------------------------------------------------ */

/* The k-th multiple of a step, as near as it can be; NAN when it is none by
 * division, in which it is not exact. */
static double
numbers_multiple(double k, double step)
{
	double in_one = round(1 / step);
	double v = fabs(in_one * step - 1) < 1e-9 ? k / in_one : k * step;

	return v / step == floor(v / step) && (v == 0 || fabs(v) >= 1e-6) ? v
									  : NAN;
}

/* The first and the last multiple within limits, in steps. */
static void
numbers_steps(const struct making_limits *l, double *first, double *last)
{
	*first = ceil(l->least / l->step);
	*first += l->above && *first * l->step == l->least;
	*last = floor(l->most / l->step);
	*last -= l->below && *last * l->step == l->most;
}

/* Up to n multiples, spread from first to last.  How many. */
static size_t
numbers_multiples(const struct making_limits *l, double first, double last,
    double *to, size_t n)
{
	double apart = floor(fmax(1, (last - first) / (double)n)), k, v;
	size_t found = 0, tries = 0;

	for (k = first; k <= last && found < n && tries < TRIES; tries++) {
		v = numbers_multiple(k, l->step);
		k += isnan(v) ? 1 : apart;
		if (!isnan(v))
			to[found++] = v;
	}
	return found;
}

/* Steps of 0.5, 0.25 and so on, with which faker's arithmetic is exact. */
static int
numbers_halves(struct making *m, double first, double last, double step)
{
	buf_add_text(m->out, "{{faker 'number.float'");
	numbers_add(m->out, "min", first * step);
	numbers_add(m->out, "max", last * step);
	numbers_add(m->out, "multipleOf", step);
	buf_add_text(m->out, "}}");
	return 0;
}

static int
numbers_stepped(struct making *m, const struct making_limits *l)
{
	double choices[CHOICES], first, last;
	size_t n, i;
	int power;

	numbers_steps(l, &first, &last);
	if (m->of == 0 && last - first >= CHOICES && fabs(last) < 1e9 &&
	    frexp(l->step, &power) == 0.5 && l->step >= 1e-6)
		return numbers_halves(m, first, last, l->step);
	n = numbers_multiples(l, first, last, choices, CHOICES);
	if (n == 0) {
		numbers_impossible(m);
		return numbers_put(m, l->least);
	}
	/* An exponent is JSON, but nothing that a template could read. */
	if (n == 1 || m->of > 0 ||
	    fmax(fabs(choices[0]), fabs(choices[n - 1])) > LARGEST)
		return numbers_put(m, choices[m->nth % n]);
	buf_add_text(m->out, "{{oneOf");
	for (i = 0; i < n; i++) {
		buf_add(m->out, " ", 1);
		(void)numbers_put(m, choices[i]);
	}
	buf_add_text(m->out, "}}");
	return 0;
}

/* Somewhere between the limits, where faker's digits do not suffice. */
static int
numbers_between(struct making *m, const struct making_limits *l)
{
	double at =
	    m->of > 0 ? ((double)(m->nth % m->of) + 0.5) / (double)m->of : 0.5;

	if (l->least > l->most ||
	    (l->least == l->most && (l->above || l->below)))
		numbers_impossible(m);
	return numbers_put(m, l->least + (l->most - l->least) * at);
}

static int
numbers_free(struct making *m, const json_t *schema, const char *name)
{
	struct str format = document_text(schema, "format");

	if (openapi_infer(m->out, str_of(name), STR("number")))
		return 0;
	buf_add_text(m->out, str_is(format, "float") || str_is(format, "double")
				 ? "{{faker 'number.float'}}"
				 : "{{faker 'number.int' max=99999}}");
	return 0;
}

int
making_number(struct making *m, const json_t *schema, const char *name)
{
	struct making_limits l = making_limits(schema);
	double width, least;
	unsigned digits;

	if (numbers_are_free(m, &l))
		return numbers_free(m, schema, name);
	if (l.step > 0 && l.step == floor(l.step)) {
		numbers_narrow(&l, schema);
		return numbers_whole(m, l);
	}
	numbers_fill(&l);
	if (l.step > 0)
		return numbers_stepped(m, &l);
	width = l.most - l.least;
	digits = width >= 1 ? 2 : 6;
	least = pow(10, -(double)digits);
	if (m->of > 0 || width < 100 * least ||
	    fmax(fabs(l.least), fabs(l.most)) / least > LARGEST)
		return numbers_between(m, &l);
	buf_add_text(m->out, "{{faker 'number.float'");
	l.least += l.above ? least : 0;
	l.most -= l.below ? least : 0;
	/* No exponents, which begin below a millionth. */
	numbers_add(m->out, "min",
	    fabs(l.least) < 1e-6 ? ceil(l.least * 1e6) / 1e6 : l.least);
	numbers_add(m->out, "max",
	    fabs(l.most) < 1e-6 ? floor(l.most * 1e6) / 1e6 : l.most);
	buf_addf(m->out, " fractionDigits=%u}}", digits);
	return 0;
}
