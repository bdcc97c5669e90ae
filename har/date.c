#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "har/date.h"

#define DATE_SECOND 1000000LL
#define DATE_DAY (86400LL * DATE_SECOND)

struct date {
	int64_t year;
	unsigned month, day, hour, minute, second;
	int64_t fraction_us;
	int64_t offset_s; /* east of UTC */
};

/* Days since 1970-01-01 of a day of the Gregorian calendar, which is counted
 * here in years that begin with March so that leap days come last. */
static int64_t
date_days(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

static bool
date_valid(const struct date *d)
{
	static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap =
	    d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);

	if (d->month < 1 || d->month > 12 || d->day < 1 ||
	    d->day > days[d->month - 1] || d->hour > 24 || d->minute > 59 ||
	    d->second > 60)
		return false;
	if (d->month == 2 && d->day == 29 && !leap)
		return false;
	return d->hour < 24 || (d->minute == 0 && d->second == 0);
}

static int64_t
date_us(const struct date *d)
{
	int64_t seconds = date_days(d->year, d->month, d->day) * 86400 +
			  d->hour * 3600 + d->minute * 60 + d->second -
			  d->offset_s;

	return seconds * DATE_SECOND + d->fraction_us;
}

/* Reads exactly n digits. */
static bool
date_digits(struct str *s, unsigned n, unsigned *v)
{
	unsigned i;

	*v = 0;
	if (s->n < n)
		return false;
	for (i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		*v = *v * 10 + (unsigned)(s->p[i] - '0');
	}
	s->p += n;
	s->n -= n;
	return true;
}

static bool
date_take(struct str *s, const char *any)
{
	if (s->n == 0 || s->p[0] == '\0' || strchr(any, s->p[0]) == NULL)
		return false;
	s->p++;
	s->n--;
	return true;
}

/* A fraction of a second: as many digits as there are, cut to microseconds. */
static bool
date_fraction(struct str *s, struct date *d)
{
	int64_t unit = DATE_SECOND / 10;
	size_t n = 0;

	for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; n++) {
		d->fraction_us += (s->p[0] - '0') * unit;
		unit /= 10;
		s->p++;
		s->n--;
	}
	return n > 0;
}

/* The offset at the text's end; *odd when HAR wants it otherwise. */
static bool
date_offset(struct str *s, struct date *d, bool *odd)
{
	unsigned hours, minutes = 0;
	bool west;

	if (date_take(s, " "))
		*odd = true;
	if (s->n == 0) {
		*odd = true;
		return true;
	}
	if (s->p[0] == 'z')
		*odd = true;
	if (date_take(s, "Zz"))
		return s->n == 0;
	west = s->p[0] == '-';
	if (!date_take(s, "+-") || !date_digits(s, 2, &hours))
		return false;
	if (!date_take(s, ":"))
		*odd = true;
	if (s->n > 0 && !date_digits(s, 2, &minutes))
		return false;
	d->offset_s = (int64_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return s->n == 0 && hours < 24 && minutes < 60;
}

static bool
date_day(struct str *s, struct date *d, bool *odd)
{
	unsigned year;
	bool basic;

	if (!date_digits(s, 4, &year))
		return false;
	d->year = year;
	basic = !date_take(s, "-/");
	if (!date_digits(s, 2, &d->month) || (!basic && !date_take(s, "-/")) ||
	    !date_digits(s, 2, &d->day))
		return false;
	*odd |= basic;
	return true;
}

static bool
date_time(struct str *s, struct date *d, bool *odd)
{
	bool basic;

	if (s->n == 0) {
		*odd = true;
		return true;
	}
	*odd |= s->p[0] != 'T';
	if (!date_take(s, "Tt _") || !date_digits(s, 2, &d->hour))
		return false;
	basic = !date_take(s, ":");
	*odd |= basic;
	if (!date_digits(s, 2, &d->minute))
		return false;
	if (basic ? s->n == 0 || s->p[0] < '0' || s->p[0] > '9'
		  : !date_take(s, ":")) {
		*odd = true;
		return true;
	}
	if (!date_digits(s, 2, &d->second))
		return false;
	return !date_take(s, ".,") || date_fraction(s, d);
}

int
date_parse(struct str text, int64_t *us)
{
	struct date d = { .month = 1, .day = 1 };
	struct str s = str_trim(text);
	bool odd = s.n != text.n;

	if (!date_day(&s, &d, &odd) || !date_time(&s, &d, &odd) ||
	    !date_offset(&s, &d, &odd) || !date_valid(&d))
		return -1;
	*us = date_us(&d);
	return odd ? 1 : 0;
}

static struct date
date_of(int64_t us)
{
	const int64_t first = date_days(0, 1, 1) * DATE_DAY;
	const int64_t last = date_days(10000, 1, 1) * DATE_DAY - 1;
	int64_t days, rest, era, of_era, year, of_year, month;

	us = us < first ? first : us > last ? last : us;
	days = us / DATE_DAY - (us % DATE_DAY < 0);
	rest = us - days * DATE_DAY;
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	of_era = days - era * 146097;
	year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	year += era * 400 + (month >= 10);
	return (struct date){
		.year = year,
		.month = (unsigned)(month < 10 ? month + 3 : month - 9) % 100u,
		.day = (unsigned)(of_year - (153 * month + 2) / 5 + 1) % 100u,
		.hour = (unsigned)(rest / (3600 * DATE_SECOND)) % 100u,
		.minute = (unsigned)(rest / (60 * DATE_SECOND) % 60),
		.second = (unsigned)(rest / DATE_SECOND % 60),
		.fraction_us = rest % DATE_SECOND,
	};
}

void
date_format(int64_t us, char out[DATE_BYTES])
{
	struct date d = date_of(us);
	unsigned left = (unsigned)d.fraction_us;
	int n = snprintf(out, DATE_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.",
	    (unsigned)d.year % 10000u, d.month, d.day, d.hour, d.minute,
	    d.second);

	if (left % 1000 == 0)
		snprintf(out + n, DATE_BYTES - (size_t)n, "%03uZ", left / 1000);
	else
		snprintf(out + n, DATE_BYTES - (size_t)n, "%06uZ", left);
}

/*
 * Dates of HTTP fields
 */

void
date_format_http(int64_t us, char out[DATE_BYTES])
{
	static const char names[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	static const char weekdays[][4] = { "Thu", "Fri", "Sat", "Sun", "Mon",
		"Tue", "Wed" };
	struct date d = date_of(us);
	int64_t days = date_days(d.year, d.month, d.day);

	snprintf(out, DATE_BYTES, "%s, %02u %s %04u %02u:%02u:%02u GMT",
	    weekdays[(days % 7 + 7) % 7], d.day, names[d.month - 1],
	    (unsigned)d.year % 10000u, d.hour, d.minute, d.second);
}

static bool
date_delimiter(char c)
{
	return strchr(" \t,-/;", c) != NULL;
}

/* What a word can be: a clock, the month, a number or a zone. */
static bool
date_word(struct str s, struct date *d, unsigned *seen)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	static const char days[] = "sunmontuewedthufrisat";
	enum { CLOCK = 1, DAY = 2, MONTH = 4, YEAR = 8 };
	unsigned a, b, c;
	size_t i;
	int n = 0;
	char text[16];

	if (s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (sscanf(text, "%2u:%2u:%2u%n", &a, &b, &c, &n) == 3 && n > 0) {
		d->hour = a;
		d->minute = b;
		d->second = c;
		*seen |= CLOCK;
		return text[n] == '\0';
	}
	if (s.p[0] >= '0' && s.p[0] <= '9') {
		if (sscanf(text, "%4u%n", &a, &n) != 1 || text[n] != '\0')
			return false;
		if ((*seen & DAY) == 0 && s.n <= 2) {
			d->day = a;
			*seen |= DAY;
			return true;
		}
		d->year = s.n > 2 ? a : a < 70 ? a + 2000 : a + 1900;
		*seen |= YEAR;
		return true;
	}
	for (i = 0; i < sizeof(months) - 1 && s.n >= 3; i += 3)
		if (str_ieq((struct str){ s.p, 3 },
			(struct str){ months + i, 3 })) {
			d->month = (unsigned)(i / 3) + 1;
			*seen |= MONTH;
			return true;
		}
	for (i = 0; i < sizeof(days) - 1 && s.n >= 3; i += 3)
		if (str_ieq(
			(struct str){ s.p, 3 }, (struct str){ days + i, 3 }))
			return true;
	return str_iis(s, "GMT") || str_iis(s, "UTC") || str_iis(s, "Z");
}

int
date_parse_cookie(struct str text, int64_t *us)
{
	struct date d = { .month = 1, .day = 1 };
	unsigned seen = 0;
	size_t i = 0, from;

	while (i < text.n) {
		while (i < text.n && date_delimiter(text.p[i]))
			i++;
		for (from = i; i < text.n && !date_delimiter(text.p[i]);)
			i++;
		if (i > from &&
		    !date_word(
			(struct str){ text.p + from, i - from }, &d, &seen))
			return -1;
	}
	if (seen != 15 || d.year < 1601 || !date_valid(&d))
		return -1;
	*us = date_us(&d);
	return 0;
}

/*
 * Dates that are none by either standard
 */

/* Seconds have 9 to 11 digits, milliseconds 12 to 14, each with a fraction. */
static int
date_parse_count(struct str s, int64_t *us)
{
	struct date d = { 0 };
	int64_t whole = 0;
	size_t n = 0;

	for (; s.n > 0 && n < 15 && s.p[0] >= '0' && s.p[0] <= '9'; n++) {
		whole = whole * 10 + (s.p[0] - '0');
		s.p++;
		s.n--;
	}
	if (n < 9 || n > 14 || (date_take(&s, ".") && !date_fraction(&s, &d)) ||
	    s.n > 0)
		return -1;
	*us = n < 12 ? whole * DATE_SECOND + d.fraction_us
		     : whole * 1000 + d.fraction_us / 1000;
	return 0;
}

int
date_parse_odd(struct str text, int64_t *us)
{
	struct str s = str_trim(text);
	const char *zone = s.n > 0 ? memchr(s.p, '[', s.n) : NULL;

	if (zone != NULL && s.p[s.n - 1] == ']') {
		s.n = (size_t)(zone - s.p);
		return date_parse(s, us) == -1 ? -1 : 0;
	}
	return date_parse_count(s, us) == 0 ? 0 : date_parse_cookie(s, us);
}
