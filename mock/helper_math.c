/* Numbers and comparisons. */

#include "config.h"

#include <math.h>

#include "base/number.h"

#include "mock/helper.h"

enum operation {
	OPERATION_ADD,
	OPERATION_SUBTRACT,
	OPERATION_MULTIPLY,
	OPERATION_DIVIDE,
};

/*
 * The first number with the others, one after the other; what is no number is
 * passed over, and so is a zero to divide by.
 */
static int
helper_fold(
    struct helper_call *c, enum operation operation, struct value *result)
{
	double sum, number;
	unsigned i;

	*result = value_text(STR(""));
	if (c->n == 0)
		return 0;
	sum = value_to_number(c->args[0]);
	for (i = 1; i < c->n; i++) {
		number = value_to_number(c->args[i]);
		if (isnan(number))
			continue;
		if (operation == OPERATION_ADD)
			sum += number;
		else if (operation == OPERATION_SUBTRACT)
			sum -= number;
		else if (operation == OPERATION_MULTIPLY)
			sum *= number;
		else if (number != 0)
			sum /= number;
	}
	*result = value_number(sum);
	return 0;
}

static int
helper_add(struct helper_call *c, struct value *result)
{
	return helper_fold(c, OPERATION_ADD, result);
}

static int
helper_subtract(struct helper_call *c, struct value *result)
{
	return helper_fold(c, OPERATION_SUBTRACT, result);
}

static int
helper_multiply(struct helper_call *c, struct value *result)
{
	return helper_fold(c, OPERATION_MULTIPLY, result);
}

static int
helper_divide(struct helper_call *c, struct value *result)
{
	return helper_fold(c, OPERATION_DIVIDE, result);
}

static int
helper_modulo(struct helper_call *c, struct value *result)
{
	*result = value_text(STR(""));
	if (c->n > 1 && value_to_number(c->args[1]) != 0)
		*result = value_number(fmod(
		    value_to_number(c->args[0]), value_to_number(c->args[1])));
	return 0;
}

/* Math.round(): a half goes up. */
static double
helper_round_up(double number)
{
	double whole = floor(number);

	return number - whole >= 0.5 ? whole + 1 : whole;
}

static int
helper_to_whole(
    struct helper_call *c, double (*round_fn)(double), struct value *result)
{
	*result = c->n == 0
		      ? value_text(STR(""))
		      : value_number(round_fn(value_to_number(c->args[0])));
	return 0;
}

static int
helper_ceil(struct helper_call *c, struct value *result)
{
	return helper_to_whole(c, ceil, result);
}

static int
helper_floor(struct helper_call *c, struct value *result)
{
	return helper_to_whole(c, floor, result);
}

static int
helper_round(struct helper_call *c, struct value *result)
{
	return helper_to_whole(c, helper_round_up, result);
}

static int
helper_to_fixed(struct helper_call *c, struct value *result)
{
	char text[NUMBER_FIXED_BYTES];
	double number = value_to_number(helper_arg(c, 0));
	double digits = value_to_number(helper_arg(c, 1));
	struct str made = { text, 0 };

	digits = isnan(digits) ? 0 : trunc(digits);
	if (digits < 0 || digits > 100)
		return helper_fail(c, "it gives 0 to 100 digits");
	made.n =
	    number_fixed(isnan(number) ? 0 : number, (unsigned)digits, text);
	*result = value_copy_text(c->v, made);
	return 0;
}

static int
helper_parse_int(struct helper_call *c, struct value *result)
{
	double number = NAN;

	if (c->n > 0)
		number = helper_int_of(c, c->args[0]);
	*result = isnan(number) ? value_text(STR("")) : value_number(number);
	return 0;
}

static int
helper_eq(struct helper_call *c, struct value *result)
{
	*result = value_bool(
	    c->n >= 2 && value_same(helper_plain(c, 0), helper_plain(c, 1)));
	return 0;
}

/* Any comparison with what is no number is false. */
static int
helper_gt(struct helper_call *c, struct value *result)
{
	*result = value_bool(value_to_number(helper_arg(c, 0)) >
			     value_to_number(helper_arg(c, 1)));
	return 0;
}

static int
helper_gte(struct helper_call *c, struct value *result)
{
	*result = value_bool(value_to_number(helper_arg(c, 0)) >=
			     value_to_number(helper_arg(c, 1)));
	return 0;
}

static int
helper_lt(struct helper_call *c, struct value *result)
{
	*result = value_bool(value_to_number(helper_arg(c, 0)) <
			     value_to_number(helper_arg(c, 1)));
	return 0;
}

static int
helper_lte(struct helper_call *c, struct value *result)
{
	*result = value_bool(value_to_number(helper_arg(c, 0)) <=
			     value_to_number(helper_arg(c, 1)));
	return 0;
}

const struct helper helper_math[] = {
	{ "add", helper_add, HELPER_ANY },
	{ "ceil", helper_ceil, HELPER_ANY },
	{ "divide", helper_divide, HELPER_ANY },
	{ "eq", helper_eq, HELPER_ANY },
	{ "floor", helper_floor, HELPER_ANY },
	{ "gt", helper_gt, HELPER_ANY },
	{ "gte", helper_gte, HELPER_ANY },
	{ "lt", helper_lt, HELPER_ANY },
	{ "lte", helper_lte, HELPER_ANY },
	{ "modulo", helper_modulo, HELPER_ANY },
	{ "multiply", helper_multiply, HELPER_ANY },
	{ "parseInt", helper_parse_int, HELPER_ANY },
	{ "round", helper_round, HELPER_ANY },
	{ "subtract", helper_subtract, HELPER_ANY },
	{ "toFixed", helper_to_fixed, HELPER_ANY },
	{ NULL, NULL, HELPER_ANY },
};
