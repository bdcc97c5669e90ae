#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/number.h"

#include "tests/unit/tap.h"

static const char *
formatted(double v)
{
	static char text[NUMBER_BYTES];

	CHECK_INT(number_format(v, text), strlen(text));
	return text;
}

static const char *
fixed(double v, unsigned digits)
{
	static char text[NUMBER_FIXED_BYTES];

	CHECK_INT(number_fixed(v, digits, text), strlen(text));
	return text;
}

static void
numbers_are_written_as_in_javascript(void)
{
	CHECK_STR(formatted(0), "0");
	CHECK_STR(formatted(-0.0), "0");
	CHECK_STR(formatted(42), "42");
	CHECK_STR(formatted(-1.5), "-1.5");
	CHECK_STR(formatted(0.1), "0.1");
	CHECK_STR(formatted(0.1 + 0.2), "0.30000000000000004");
	CHECK_STR(formatted(100), "100");
	CHECK_STR(formatted(1e20), "100000000000000000000");
	CHECK_STR(formatted(123456789012345680000.0), "123456789012345680000");
	CHECK_STR(formatted(1e21), "1e+21");
	CHECK_STR(formatted(1.5e300), "1.5e+300");
	CHECK_STR(formatted(-1e-6), "-0.000001");
	CHECK_STR(formatted(1e-7), "1e-7");
	CHECK_STR(formatted(5e-324), "5e-324");
	CHECK_STR(formatted(1.7976931348623157e308), "1.7976931348623157e+308");
	CHECK_STR(formatted(9007199254740993.0), "9007199254740992");
	CHECK_STR(formatted(NAN), "NaN");
	CHECK_STR(formatted(-INFINITY), "-Infinity");
}

static void
what_is_written_reads_back_as_the_same(void)
{
	uint64_t bits = 88172645463325252u, made;
	double v;
	int i;

	for (i = 0; i < 20000; i++) {
		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		made = bits;
		memcpy(&v, &made, sizeof(v));
		if (isfinite(v))
			CHECK(strtod(formatted(v), NULL) == v);
	}
}

static void
a_half_is_rounded_away_from_zero(void)
{
	CHECK_STR(fixed(2.5, 0), "3");
	CHECK_STR(fixed(-2.5, 0), "-3");
	CHECK_STR(fixed(0.5, 0), "1");
	CHECK_STR(fixed(1.005, 2), "1.00");
	CHECK_STR(fixed(1.45, 1), "1.4");
	CHECK_STR(fixed(9.995, 1), "10.0");
	CHECK_STR(fixed(99.5, 0), "100");
	CHECK_STR(fixed(1.25, 1), "1.3");
	CHECK_STR(fixed(0, 2), "0.00");
	CHECK_STR(fixed(-0.1, 0), "-0");
	CHECK_STR(fixed(123.456, 2), "123.46");
	CHECK_STR(fixed(1e21, 2), "1e+21");
	CHECK_INT(strlen(fixed(1e20, 100)), 122);
}

static void
texts_are_read_as_numbers(void)
{
	CHECK(number_of(STR("")) == 0);
	CHECK(number_of(STR("12")) == 12);
	CHECK(number_of(STR("-1.5e3")) == -1500);
	CHECK(number_of(STR(".5")) == 0.5);
	CHECK(number_of(STR("5.")) == 5);
	CHECK(number_of(STR("0x1F")) == 31);
	CHECK(number_of(STR("0b101")) == 5);
	CHECK(number_of(STR("0o17")) == 15);
	CHECK(number_of(STR("010")) == 10);
	CHECK(isinf(number_of(STR("-Infinity"))));
	CHECK(isnan(number_of(STR("infinity"))));
	CHECK(isnan(number_of(STR("1a"))));
	CHECK(isnan(number_of(STR("."))));
	CHECK(isnan(number_of(STR("1e"))));
	CHECK(isnan(number_of(STR("-0x1"))));
	CHECK(isnan(number_of(STR("0x"))));
	CHECK(isnan(number_of(STR("nan"))));
}

static void
a_text_may_begin_with_an_integer(void)
{
	CHECK(number_int_of(STR("12px")) == 12);
	CHECK(number_int_of(STR("-7.9")) == -7);
	CHECK(number_int_of(STR("0x10")) == 0);
	CHECK(isnan(number_int_of(STR("px"))));
	CHECK(isnan(number_int_of(STR("-"))));
	CHECK(isnan(number_int_of(STR(""))));
}

RUN(TEST(numbers_are_written_as_in_javascript),
    TEST(what_is_written_reads_back_as_the_same),
    TEST(a_half_is_rounded_away_from_zero), TEST(texts_are_read_as_numbers),
    TEST(a_text_may_begin_with_an_integer))
