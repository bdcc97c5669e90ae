#include "config.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#include "mock/faker_priv.h"

static struct value
datatype_boolean(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double probability =
	    options.kind == VALUE_NUMBER
		? options.number
		: faker_opt_number(options, "probability", 0.5);

	return value_bool(faker_boolean(f, probability));
}

const struct faker_method faker_datatype_methods[] = {
	{ "boolean", datatype_boolean, NULL },
	{ NULL, NULL, NULL },
};

static struct value
number_int(struct faker *f, const struct faker_call *c)
{
	return value_number(faker_int_options(f, faker_options(f, c, 0)));
}

static bool
number_is_less(struct str a, struct str b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c < 0 || (c == 0 && a.n < b.n);
}

/* The options min and max may be texts, which + puts together and < compares
 * as texts. */
static struct value
number_plain(struct faker *f, struct value options, double min, double max)
{
	struct value least = faker_member(options, "min");
	struct value most = faker_member(options, "max");
	struct str drawn;

	if (!faker_is_text(least))
		return value_number(faker_float(f, min, max));
	if (faker_is_text(most) && number_is_less(most.text, least.text))
		faker_refuse(f, "Max %.*s should be greater than min %.*s.",
		    STR_ARGS(most.text), STR_ARGS(least.text));
	drawn = value_to_str(
	    &f->values, value_number(faker_float(f, 0, max - min)));
	return value_text(
	    faker_textf(f, "%.*s%.*s", STR_ARGS(drawn), STR_ARGS(least.text)));
}

static struct value
number_float(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0), digits, multiple;
	double min = faker_opt_number(options, "min", 0), max;

	if (options.kind == VALUE_NUMBER)
		return value_number(faker_float(f, 0, options.number));
	max = faker_opt_number(options, "max", 1);
	digits = faker_member(options, "fractionDigits");
	multiple = faker_member(options, "multipleOf");
	if (digits.kind == VALUE_NULL)
		digits = VALUE_NONE;
	if (multiple.kind == VALUE_NULL ||
	    (!faker_is_given(digits) && !faker_is_given(multiple)))
		return number_plain(f, options, min, max);
	if (faker_is_given(digits) && faker_is_given(multiple) && max >= min)
		faker_refuse(f, "multipleOf and fractionDigits cannot be set "
				"at the same time.");
	if (faker_is_given(digits))
		return value_number(
		    faker_float_digits(f, min, max, value_to_number(digits)));
	return value_number(
	    faker_float_of(f, min, max, value_to_number(multiple)));
}

static struct value
number_radix(struct faker *f, const struct faker_call *c, unsigned radix)
{
	struct value options = faker_options(f, c, 0);
	double min = 0, max;

	if (options.kind == VALUE_NUMBER) {
		max = options.number;
	} else {
		min = faker_opt_number(options, "min", 0);
		max = faker_opt_number(options, "max", radix - 1);
	}
	return value_text(faker_number_radix(f, faker_int(f, min, max), radix));
}

static struct value
number_binary(struct faker *f, const struct faker_call *c)
{
	return number_radix(f, c, 2);
}

static struct value
number_octal(struct faker *f, const struct faker_call *c)
{
	return number_radix(f, c, 8);
}

static struct value
number_hex(struct faker *f, const struct faker_call *c)
{
	return number_radix(f, c, 16);
}

/* Of an __int128, big enough for whatever is counted; faker's have no end. */
enum { BIG_DIGITS = 37 };

static struct str
big_text(struct faker *f, __int128 v)
{
	char digits[BIG_DIGITS + 8];
	size_t at = sizeof(digits);
	bool negative = v < 0;

	do {
		digits[--at] = (char)('0' + (int)(v < 0 ? -(v % 10) : v % 10));
		v /= 10;
	} while (v != 0);
	if (negative)
		digits[--at] = '-';
	return faker_textf(f, "%.*s", (int)(sizeof(digits) - at), digits + at);
}

/* StringToBigInt() of decimal digits. */
static __int128
big_parse(struct faker *f, struct str text)
{
	struct str s = str_trim(text);
	bool negative = s.n > 1 && s.p[0] == '-';
	__int128 v = 0;
	size_t i = negative || (s.n > 1 && s.p[0] == '+');

	if (s.n - i > BIG_DIGITS)
		faker_fail(f, "more than %d digits", BIG_DIGITS);
	for (; i < s.n && faker_ok(f); i++) {
		if (!isdigit((unsigned char)s.p[i]))
			faker_fail(f, "Cannot convert %.*s to a BigInt",
			    STR_ARGS(text));
		v = v * 10 + (s.p[i] - '0');
	}
	return negative ? -v : v;
}

/* BigInt(value), which is not undefined. */
static __int128
big_of(struct faker *f, struct value v)
{
	if (v.kind == VALUE_BOOL)
		return v.yes;
	if (v.kind != VALUE_NUMBER)
		return big_parse(f, value_to_str(&f->values, v));
	if (v.number == floor(v.number) && fabs(v.number) < 1e36)
		return (__int128)v.number;
	faker_fail(
	    f, "The number %g cannot be converted to a BigInt", v.number);
	return 0;
}

static __int128
big_option(
    struct faker *f, struct value options, const char *name, __int128 other)
{
	struct value value = faker_member(options, name);

	return value_is_nothing(value) ? other : big_of(f, value);
}

static __int128
number_draw_big(struct faker *f, __int128 min, __int128 max, __int128 multiple)
{
	__int128 low, high, count;
	struct str digits, least, most;

	least = big_text(f, min);
	most = big_text(f, max);
	if (max < min)
		faker_refuse(f, "Max %.*s should be larger than min %.*s.",
		    STR_ARGS(most), STR_ARGS(least));
	else if (multiple <= 0)
		faker_refuse(f, "multipleOf should be greater than 0.");
	if (!faker_ok(f))
		return 0;
	low = min / multiple + (min % multiple > 0);
	high = max / multiple - (max % multiple < 0);
	if (low == high)
		return low * multiple;
	if (high < low) {
		faker_refuse(f,
		    "No suitable bigint value between %.*s and %.*s found.",
		    STR_ARGS(least), STR_ARGS(most));
		return 0;
	}
	count = high - low + 1;
	digits = faker_string_numeric(f, (double)big_text(f, count).n, true);
	return (low + big_parse(f, digits) % count) * multiple;
}

static struct value
number_big_int(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	__int128 min = 0, max = 999999999999999, multiple = 1;

	if (options.kind == VALUE_NUMBER || options.kind == VALUE_BOOL ||
	    faker_is_text(options)) {
		max = big_of(f, options);
	} else {
		min = big_option(f, options, "min", 0);
		max = big_option(f, options, "max", min + max);
		multiple = big_option(f, options, "multipleOf", 1);
	}
	return value_text(big_text(f, number_draw_big(f, min, max, multiple)));
}

static struct value
number_roman_numeral(struct faker *f, const struct faker_call *c)
{
	static const struct {
		const char *sign;
		int value;
	} signs[] = { { "M", 1000 }, { "CM", 900 }, { "D", 500 }, { "CD", 400 },
		{ "C", 100 }, { "XC", 90 }, { "L", 50 }, { "XL", 40 },
		{ "X", 10 }, { "IX", 9 }, { "V", 5 }, { "IV", 4 }, { "I", 1 } };
	struct value options = faker_options(f, c, 0);
	double min = faker_opt_number(options, "min", 1);
	double max = options.kind == VALUE_NUMBER
			 ? options.number
			 : faker_opt_number(options, "max", 3999);
	char least[NUMBER_BYTES];
	struct buf b = { 0 };
	size_t i;
	int v = 0;

	if (min < 1) {
		number_format(min, least);
		faker_refuse(f, "Min value %s should be 1 or greater.", least);
	} else if (max > 3999) {
		number_format(max, least);
		faker_refuse(f, "Max value %s should be 3999 or less.", least);
	}
	min = faker_int(f, min, max);
	if (min >= 1)
		v = (int)min;
	for (i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		for (; v >= signs[i].value; v -= signs[i].value)
			buf_add_text(&b, signs[i].sign);
	return value_text(faker_text(f, &b));
}

const struct faker_method faker_number_methods[] = {
	{ "bigInt", number_big_int, NULL },
	{ "binary", number_binary, NULL },
	{ "float", number_float, NULL },
	{ "hex", number_hex, NULL },
	{ "int", number_int, NULL },
	{ "octal", number_octal, NULL },
	{ "romanNumeral", number_roman_numeral, NULL },
	{ NULL, NULL, NULL },
};
