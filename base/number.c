#include "config.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "base/number.h"

#define NUMBER_DIGITS 17               /* no double needs more */
#define NUMBER_SAFE 9007199254740992.0 /* 2^53: integers below are exact */

static size_t
number_word(const char *word, char *out)
{
	strcpy(out, word);
	return strlen(word);
}

/*
 * The fewest digits that read back as v (> 0), without zeros at the end, and
 * how many of them stand before the point.  A text of at most 15 digits
 * survives the way through a double, so the digits of a shorter one are found
 * among those of 15, too; but not near 0, where doubles have fewer digits.
 */
static int
number_digits(double v, char digits[NUMBER_DIGITS + 1], int *point)
{
	char text[NUMBER_DIGITS + 16];
	int n;

	for (n = v < DBL_MIN ? 1 : 15; n < NUMBER_DIGITS; n++) {
		snprintf(text, sizeof(text), "%.*e", n - 1, v);
		if (strtod(text, NULL) == v)
			break;
	}
	if (n == NUMBER_DIGITS)
		snprintf(text, sizeof(text), "%.*e", n - 1, v);
	*point = atoi(strchr(text, 'e') + 1) + 1;
	digits[0] = text[0];
	memcpy(digits + 1, text + 2, (size_t)n - 1);
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	return n;
}

/* Digits with a point or an exponent where JavaScript has them. */
static size_t
number_layout(const char *digits, int n, int point, char *out, size_t room)
{
	int length;

	if (point > 21 || point < -5)
		length = snprintf(out, room, "%c%s%se%+d", digits[0],
		    n > 1 ? "." : "", digits + 1, point - 1);
	else if (point <= 0)
		length =
		    snprintf(out, room, "0.%.*s%s", -point, "00000", digits);
	else if (n <= point)
		length = snprintf(out, room, "%s%.*s", digits, point - n,
		    "00000000000000000000");
	else
		length = snprintf(
		    out, room, "%.*s.%s", point, digits, digits + point);
	return (size_t)length;
}

size_t
number_format(double v, char out[NUMBER_BYTES])
{
	char digits[NUMBER_DIGITS + 1];
	int n, point;
	bool minus = v < 0;

	if (isnan(v))
		return number_word("NaN", out);
	if (isinf(v))
		return number_word(minus ? "-Infinity" : "Infinity", out);
	if (fabs(v) < NUMBER_SAFE && v == (double)(int64_t)v)
		return (size_t)snprintf(
		    out, NUMBER_BYTES, "%lld", (long long)v);
	if (minus)
		*out = '-';
	n = number_digits(fabs(v), digits, &point);
	return minus + number_layout(digits, n, point, out + minus,
			   NUMBER_BYTES - (size_t)minus);
}

/* Adds one to the last digit of a text of digits and a point; a carry out of
 * the first digit goes into the place in front of it. */
static char *
number_round_up(char *first, char *last)
{
	char *at;

	for (at = last; at >= first; at--) {
		if (*at == '.')
			continue;
		if (*at != '9') {
			++*at;
			return first;
		}
		*at = '0';
	}
	*--first = '1';
	return first;
}

/*
 * printf() rounds a half to the even digit.  A half is one exactly, so its
 * further digits are all zero and 25 of them tell it from its neighbours.
 */
size_t
number_fixed(double v, unsigned digits, char out[NUMBER_FIXED_BYTES])
{
	char text[NUMBER_FIXED_BYTES + 32], *first = text + 1, *cut;
	bool minus = v < 0;
	size_t n;

	if (isnan(v) || fabs(v) >= 1e21)
		return number_format(v, out);
	snprintf(first, sizeof(text) - 1, "%.*f", (int)digits + 25, fabs(v));
	cut = strchr(first, '.') + digits + 1;
	if (*cut >= '5')
		first = number_round_up(first, cut - 1);
	n = (size_t)(cut - first) - (digits == 0);
	out[0] = '-';
	memcpy(out + minus, first, n);
	out[minus + n] = '\0';
	return minus + n;
}

static int
number_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'z')
		return (c | 32) - 'a' + 10;
	return 99;
}

/* The digits behind 0x, 0o or 0b.  Above 2^53 the sum is rounded at every
 * digit, which is as near as anybody looks. */
static double
number_radix(struct str text, int radix)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (number_digit(text.p[i]) >= radix)
			return NAN;
		sum = sum * radix + number_digit(text.p[i]);
	}
	return text.n > 0 ? sum : NAN;
}

static size_t
number_skip_digits(struct str text, size_t at)
{
	while (at < text.n && text.p[at] >= '0' && text.p[at] <= '9')
		at++;
	return at;
}

/* Whether all of text is a decimal literal with an optional sign. */
static bool
number_is_decimal(struct str text)
{
	size_t at, from, digits;

	at = from = text.n > 0 && (text.p[0] == '+' || text.p[0] == '-');
	at = number_skip_digits(text, at);
	digits = at - from;
	if (at < text.n && text.p[at] == '.') {
		from = ++at;
		at = number_skip_digits(text, at);
		digits += at - from;
	}
	if (digits == 0)
		return false;
	if (at < text.n && (text.p[at] | 32) == 'e') {
		at++;
		if (at < text.n && (text.p[at] == '+' || text.p[at] == '-'))
			at++;
		from = at;
		at = number_skip_digits(text, at);
		if (at == from)
			return false;
	}
	return at == text.n;
}

static double
number_decimal(struct str text)
{
	char few[64], *copy = few;
	double v;

	if (text.n < sizeof(few)) {
		memcpy(few, text.p, text.n);
		few[text.n] = '\0';
	} else {
		copy = xmemdup0(text.p, text.n);
	}
	v = strtod(copy, NULL);
	if (copy != few)
		free(copy);
	return v;
}

double
number_of(struct str text)
{
	struct str rest = text;
	int radix = 10;

	if (text.n == 0)
		return 0;
	if (text.n > 1 && text.p[0] == '0') {
		switch (text.p[1] | 32) {
		case 'x':
			radix = 16;
			break;
		case 'o':
			radix = 8;
			break;
		case 'b':
			radix = 2;
			break;
		}
	}
	if (radix != 10)
		return number_radix(
		    (struct str){ text.p + 2, text.n - 2 }, radix);
	if (text.p[0] == '+' || text.p[0] == '-')
		rest = (struct str){ text.p + 1, text.n - 1 };
	if (str_is(rest, "Infinity"))
		return text.p[0] == '-' ? -INFINITY : INFINITY;
	return number_is_decimal(text) ? number_decimal(text) : NAN;
}

double
number_int_of(struct str text)
{
	size_t sign = text.n > 0 && (text.p[0] == '+' || text.p[0] == '-');
	size_t end = number_skip_digits(text, sign);

	if (end == sign)
		return NAN;
	return number_decimal((struct str){ text.p, end });
}
