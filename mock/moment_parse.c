/*
 * Dates in texts.  ISO 8601 is read by the letter of ECMA-262 (section
 * 21.1.1.32): a date alone is in UTC, a date with a time in local time unless
 * it has an offset.  Everything else is read as V8 reads it: words and numbers
 * in almost any order.
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "mock/text.h"

#include "mock/moment_priv.h"

#include "mock/moment.h"

struct reader {
	const char *p, *end;
	struct moment m;
	bool zoned; /* offset holds */
};

static bool
reader_digits(struct reader *r, unsigned n, int64_t *to)
{
	unsigned i;

	*to = 0;
	if (r->end - r->p < n)
		return false;
	for (i = 0; i < n; i++) {
		if (r->p[i] < '0' || r->p[i] > '9')
			return false;
		*to = *to * 10 + (r->p[i] - '0');
	}
	r->p += n;
	return true;
}

static bool
reader_takes(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* Four digits, or a sign and six. */
static bool
reader_iso_year(struct reader *r)
{
	char sign = r->p < r->end ? *r->p : '\0';

	if (sign != '+' && sign != '-')
		return reader_digits(r, 4, &r->m.year);
	r->p++;
	if (!reader_digits(r, 6, &r->m.year))
		return false;
	if (sign == '-' && r->m.year == 0)
		return false;
	if (sign == '-')
		r->m.year = -r->m.year;
	return true;
}

static bool
reader_iso_offset(struct reader *r)
{
	int64_t hours, minutes;
	char sign = r->p < r->end ? *r->p : '\0';

	r->zoned = true;
	if (reader_takes(r, 'Z'))
		return true;
	if (sign != '+' && sign != '-')
		return !(r->zoned = false);
	r->p++;
	if (!reader_digits(r, 2, &hours) || !reader_takes(r, ':') ||
	    !reader_digits(r, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	r->m.offset = (long)(hours * 3600 + minutes * 60);
	if (sign == '-')
		r->m.offset = -r->m.offset;
	return true;
}

/* Digits behind the seconds; those behind the third do not count. */
static bool
reader_fraction(struct reader *r)
{
	int64_t digit;
	int n = 0;

	r->m.ms = 0;
	while (reader_digits(r, 1, &digit))
		if (++n <= 3)
			r->m.ms = r->m.ms * 10 + digit;
	if (n == 0)
		return false;
	for (; n < 3; n++)
		r->m.ms *= 10;
	return true;
}

static bool
reader_iso_time(struct reader *r)
{
	if (!reader_digits(r, 2, &r->m.hour) || !reader_takes(r, ':') ||
	    !reader_digits(r, 2, &r->m.minute))
		return false;
	if (reader_takes(r, ':')) {
		if (!reader_digits(r, 2, &r->m.second))
			return false;
		if (reader_takes(r, '.') && !reader_fraction(r))
			return false;
	}
	if (r->m.hour > 24 || r->m.minute > 59 || r->m.second > 59 ||
	    (r->m.hour == 24 &&
		(r->m.minute > 0 || r->m.second > 0 || r->m.ms > 0)))
		return false;
	return reader_iso_offset(r);
}

static bool
reader_iso(struct reader *r)
{
	if (!reader_iso_year(r))
		return false;
	r->m.month = r->m.day = 1;
	r->zoned = true; /* a date alone is in UTC */
	if (reader_takes(r, '-')) {
		if (!reader_digits(r, 2, &r->m.month))
			return false;
		if (reader_takes(r, '-') && !reader_digits(r, 2, &r->m.day))
			return false;
	}
	if (r->m.month < 1 || r->m.month > 12 || r->m.day < 1 || r->m.day > 31)
		return false;
	if (r->p == r->end)
		return true;
	if (!reader_takes(r, 'T') || !reader_iso_time(r))
		return false;
	return r->p == r->end;
}

/* A word's number in a list of names, by its first three letters; -1. */
static int
reader_name(struct str word, const char *const *names, int n)
{
	int i;

	for (i = 0; word.n >= 3 && i < n; i++)
		if (str_ieq((struct str){ word.p, 3 }, str_of(names[i])))
			return i;
	return -1;
}

/* What a text in no fixed form has given so far. */
struct loose {
	int64_t numbers[3];
	int n, month; /* -1: no name of one */
	bool timed, pm, am, signed_year;
};

static bool
reader_zone_word(struct reader *r, struct str word)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {
		{ "Z", 0 },
		{ "UT", 0 },
		{ "UTC", 0 },
		{ "GMT", 0 },
		{ "EST", -5 },
		{ "EDT", -4 },
		{ "CST", -6 },
		{ "CDT", -5 },
		{ "MST", -7 },
		{ "MDT", -6 },
		{ "PST", -8 },
		{ "PDT", -7 },
	};
	size_t i;

	for (i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		if (!str_iis(word, zones[i].name))
			continue;
		r->zoned = true;
		r->m.offset = zones[i].hours * 3600L;
		return true;
	}
	return false;
}

static bool
reader_word(struct reader *r, struct loose *l)
{
	struct str word = { r->p, 0 };
	int month;

	while (r->p < r->end && ((*r->p | 32) >= 'a' && (*r->p | 32) <= 'z')) {
		r->p++;
		word.n++;
	}
	month = reader_name(word, moment_months, 12);
	if (month >= 0)
		l->month = month;
	else if (str_iis(word, "am"))
		l->am = true;
	else if (str_iis(word, "pm"))
		l->pm = true;
	else if (str_iis(word, "t") && l->n > 0)
		return true;
	else if (!reader_zone_word(r, word))
		/* Unknown words may stand in front of the first number. */
		return l->n == 0 || reader_name(word, moment_days, 7) >= 0;
	return true;
}

static int64_t
reader_number(struct reader *r)
{
	int64_t number = 0;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9') {
		if (number < 100000000)
			number = number * 10 + (*r->p - '0');
		r->p++;
	}
	return number;
}

/* An offset behind a time: +01:00, -0730, +1. */
static bool
reader_offset(struct reader *r)
{
	bool minus = *r->p++ == '-';
	const char *from = r->p;
	int64_t number = reader_number(r), minutes = 0;
	long digits = r->p - from;

	if (digits == 0)
		return false;
	if (reader_takes(r, ':')) {
		minutes = reader_number(r);
	} else if (digits > 2) {
		minutes = number % 100;
		number /= 100;
	}
	r->zoned = true;
	r->m.offset = (long)(number * 3600 + minutes * 60);
	if (minus)
		r->m.offset = -r->m.offset;
	return number < 24 && minutes < 60;
}

/* hh:mm[:ss[.fff]], the number in front of the first colon being known. */
static bool
reader_time(struct reader *r, struct loose *l, int64_t hour)
{
	l->timed = true;
	r->m.hour = hour;
	r->p++;
	r->m.minute = reader_number(r);
	if (reader_takes(r, ':')) {
		r->m.second = reader_number(r);
		if (reader_takes(r, '.') && !reader_fraction(r))
			return false;
	}
	return r->m.hour <= 24 && r->m.minute < 60 && r->m.second < 60;
}

static bool
reader_loose_number(struct reader *r, struct loose *l)
{
	int64_t number = reader_number(r);

	if (r->p < r->end && *r->p == ':' && !l->timed)
		return reader_time(r, l, number);
	if (l->n == 3)
		return false;
	l->numbers[l->n++] = number;
	if (r->p < r->end && strchr("/-.,", *r->p) != NULL)
		r->p++;
	return true;
}

static bool
reader_skip_parentheses(struct reader *r)
{
	int depth = 0;

	do {
		depth += *r->p == '(';
		depth -= *r->p == ')';
		r->p++;
	} while (depth > 0 && r->p < r->end);
	return true;
}

static bool
reader_loose_token(struct reader *r, struct loose *l)
{
	char c = *r->p;

	if (c == '(')
		return reader_skip_parentheses(r);
	if (c >= '0' && c <= '9')
		return reader_loose_number(r, l);
	if ((c | 32) >= 'a' && (c | 32) <= 'z')
		return reader_word(r, l);
	if ((c == '+' || c == '-') && (l->timed || r->zoned))
		return reader_offset(r);
	r->p++;
	return c == ' ' || c == ',' || c == '\t' || c == '.' || c == '/' ||
	       c == '-';
}

/* Two digits are of the years from 1950 to 2049. */
static int64_t
reader_full_year(int64_t year)
{
	return year < 50 ? year + 2000 : year < 100 ? year + 1900 : year;
}

/* Which of the numbers is what. */
static bool
reader_settle_date(struct reader *r, const struct loose *l)
{
	const int64_t *n = l->numbers;

	r->m.year = 2001; /* what V8 takes for none */
	r->m.day = 1;
	if (l->month >= 0) {
		r->m.month = l->month + 1;
		if (l->n == 0 || l->n > 2)
			return false;
		r->m.day = n[0];
		if (l->n == 1 && n[0] > 31) {
			r->m.year = reader_full_year(n[0]);
			r->m.day = 1;
		} else if (l->n == 2 && n[0] > 31) {
			r->m.year = n[0];
			r->m.day = n[1];
		} else if (l->n == 2) {
			r->m.year = reader_full_year(n[1]);
		}
	} else if (l->n == 3 && n[0] > 31) {
		r->m.year = n[0];
		r->m.month = n[1];
		r->m.day = n[2];
	} else if (l->n >= 2) {
		r->m.month = n[0];
		r->m.day = n[1];
		if (l->n == 3)
			r->m.year = reader_full_year(n[2]);
		else if (n[0] > 12)
			return false;
	} else if (l->n == 1) {
		r->m.year = n[0] > 12 ? reader_full_year(n[0]) : 2001;
		r->m.month = n[0] > 12 ? 1 : n[0];
	} else {
		return false;
	}
	return r->m.month >= 1 && r->m.month <= 12 && r->m.day >= 1 &&
	       r->m.day <= 31;
}

static bool
reader_loose(struct reader *r)
{
	struct loose l = { .month = -1 };

	while (r->p < r->end)
		if (!reader_loose_token(r, &l))
			return false;
	if (!reader_settle_date(r, &l))
		return false;
	if ((l.am || l.pm) && (r->m.hour < 1 || r->m.hour > 12))
		return false;
	if (l.am || l.pm)
		r->m.hour = r->m.hour % 12 + (l.pm ? 12 : 0);
	return true;
}

static double
reader_settle(const struct reader *r)
{
	return r->zoned ? moment_of_zoned(&r->m) : moment_of_local(&r->m);
}

double
moment_parse(struct str text)
{
	struct str trimmed = text_trim(text);
	struct reader r = { .p = text.p, .end = text.p + text.n };

	if (text.n > 1000)
		return NAN;
	if (reader_iso(&r))
		return reader_settle(&r);
	r = (struct reader){ .p = trimmed.p, .end = trimmed.p + trimmed.n };
	return reader_loose(&r) ? reader_settle(&r) : NAN;
}
