#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#include "mock/faker_priv.h"
#include "mock/text.h"

bool
faker_is_given(struct value v)
{
	return v.kind != VALUE_UNDEFINED;
}

bool
faker_is_text(struct value v)
{
	return v.kind == VALUE_TEXT || v.kind == VALUE_SAFE;
}

struct value
faker_arg(const struct faker_call *c, size_t i)
{
	return i < c->n ? c->args[i] : VALUE_NONE;
}

struct value
faker_options(struct faker *f, const struct faker_call *c, size_t i)
{
	struct value options = faker_arg(c, i);

	if (options.kind == VALUE_NULL)
		faker_fail(f, "null where options should be");
	return options;
}

struct value
faker_member(struct value options, const char *name)
{
	return value_get(options, str_of(name));
}

double
faker_opt_number(struct value options, const char *name, double other)
{
	struct value v = faker_member(options, name);

	return faker_is_given(v) ? value_to_number(v) : other;
}

bool
faker_opt_bool(struct value options, const char *name, bool other)
{
	struct value v = faker_member(options, name);

	return faker_is_given(v) ? value_is_true(v) : other;
}

struct str
faker_opt_text(
    struct faker *f, struct value options, const char *name, struct str other)
{
	struct value v = faker_member(options, name);

	return faker_is_given(v) ? value_to_str(&f->values, v) : other;
}

struct str
faker_number_radix(struct faker *f, double v, unsigned radix)
{
	char digits[1100];
	size_t at = sizeof(digits);
	double rest = fabs(v), digit;

	if (isnan(v) || isinf(v))
		return value_to_str(&f->values, value_number(v));
	do {
		digit = fmod(rest, radix);
		digits[--at] = "0123456789abcdef"[(int)digit];
		rest = (rest - digit) / radix;
	} while (rest >= 1 && at > 1);
	if (v < 0)
		digits[--at] = '-';
	return faker_textf(f, "%.*s", (int)(sizeof(digits) - at), digits + at);
}

struct str
faker_number_fixed(struct faker *f, double v, double digits)
{
	char text[NUMBER_FIXED_BYTES];

	digits = isnan(digits) ? 0 : trunc(digits);
	if (digits >= 0 && digits <= 100)
		number_fixed(v, (unsigned)digits, text);
	else
		faker_fail(
		    f, "toFixed() digits argument must be between 0 and 100");
	return faker_textf(f, "%s", faker_ok(f) ? text : "");
}

struct value
faker_row_value(struct faker *f, struct faker_node table, size_t row)
{
	struct value object = value_new_object(&f->values), v;
	struct faker_node column;
	size_t i;

	for (i = 0; faker_ok(f); i++) {
		column = faker_node_at(table, i);
		if (faker_node_type(column) == FAKER_NODE_MISSING)
			break;
		v = value_text(faker_node_text(column, row));
		if (faker_node_type(column) == FAKER_NODE_NUMBERS)
			v = value_number(value_to_number(v));
		value_set(&f->values, object, faker_node_name(column), v);
	}
	return object;
}

struct str
faker_textf(struct faker *f, const char *fmt, ...)
{
	struct buf b = { 0 };
	char *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = buf_reserve(&b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b.n = (size_t)n;
	return faker_text(f, &b);
}

struct str
faker_text(struct faker *f, struct buf *b)
{
	struct str s = STR("");

	f->values.used += b->n;
	if (f->values.used > FAKER_BYTES_MAX)
		faker_fail(f, "takes more than %d bytes", FAKER_BYTES_MAX);
	else
		s = arena_str(&f->arena, buf_str(b));
	buf_free(b);
	return s;
}

void
faker_add(struct faker *f, struct buf *b, struct str s)
{
	if (b->n + s.n > FAKER_TEXT_MAX)
		faker_fail(f, "gives more than %d bytes", FAKER_TEXT_MAX);
	else
		buf_add_str(b, s);
}

size_t
faker_count(struct faker *f, double v, size_t most)
{
	if (isnan(v) || v <= 0 || !faker_ok(f))
		return 0;
	if (v >= (double)most + 1) {
		faker_fail(f, "more than %zu is too much", most);
		return 0;
	}
	return (size_t)v;
}

uint32_t
faker_point(struct str *s)
{
	size_t n;
	uint32_t point = text_point(*s, &n);

	s->p += n;
	s->n -= n;
	return point;
}

struct str
faker_without(struct faker *f, struct str s, const char *set)
{
	char *p = arena_alloc(&f->arena, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL)
			p[n++] = s.p[i];
	return (struct str){ p, n };
}
