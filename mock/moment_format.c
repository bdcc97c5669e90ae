/*
 * The patterns of date-fns 4 (format()) in its English locale: letters of
 * Unicode TR35, ordinals by an o behind, P and p for whole formats, quotes
 * around what is meant as it stands.
 */

#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/text.h"

#include "mock/moment_priv.h"

#include "mock/moment.h"

struct format {
	struct buf *out;
	struct moment m;
	double ms;
	size_t n; /* how often the letter stands there */
	char letter;
};

static const char *const format_months[] = { "January", "February", "March",
	"April", "May", "June", "July", "August", "September", "October",
	"November", "December" };
static const char *const format_days[] = { "Sunday", "Monday", "Tuesday",
	"Wednesday", "Thursday", "Friday", "Saturday" };

static void
format_number(struct format *p, int64_t number, size_t width)
{
	size_t zeros, n;
	char digits[24];

	n = (size_t)snprintf(digits, sizeof(digits), "%lld",
	    (long long)(number < 0 ? -number : number));
	if (number < 0)
		buf_add(p->out, "-", 1);
	zeros = n < width ? width - n : 0;
	for (; zeros > 0; zeros--)
		buf_add(p->out, "0", 1);
	buf_add(p->out, digits, n);
}

static void
format_ordinal(struct format *p, int64_t number)
{
	static const char *const ends[] = { "th", "st", "nd", "rd" };
	int64_t last = number % 10, teens = number % 100;
	bool regular = (teens > 20 || teens < 10) && last >= 1 && last <= 3;

	format_number(p, number, 0);
	buf_add_text(p->out, ends[regular ? last : 0]);
}

/* How many weeks after the one that the day of a year with that offset from
 * its beginning is in: weeks begin with the weekday first. */
static int64_t
format_week_start(const struct moment *m, int first)
{
	return m->yearday - (m->weekday - first + 7) % 7;
}

static int
format_year_days(int64_t year)
{
	return 365 + (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/*
 * The year that a week is counted in, and its number there.  Weeks begin with
 * first (0: Sunday), and the first week is the one that has the day of
 * January with that number.  All is counted in days from January 1st.
 */
static int64_t
format_week(const struct moment *m, int first, int january, int64_t *year)
{
	int64_t start = format_week_start(m, first), begins, day;
	int weekday_of_first = (m->weekday - m->yearday % 7 + 7) % 7, length;

	*year = m->year;
	day = january - 1;
	begins = day - (weekday_of_first + day - first + 7) % 7;
	length = format_year_days(m->year);
	day = length + january - 1;
	if (start >= day - (weekday_of_first + day - first + 7) % 7) {
		begins = day - (weekday_of_first + day - first + 7) % 7;
		++*year;
	} else if (start < begins) {
		--*year;
		day = january - 1 - format_year_days(*year);
		begins = day - (weekday_of_first + day - first + 7 * 60) % 7;
	}
	return (start - begins) / 7 + 1;
}

/* Names of weekdays and months: three letters, all, one, two. */
static void
format_name(struct format *p, const char *name, bool has_short)
{
	size_t n = strlen(name);

	if (p->n <= 3)
		n = 3;
	else if (p->n == 5)
		n = 1;
	else if (p->n == 6 && has_short)
		n = 2;
	buf_add(p->out, name, n);
}

static void
format_era(struct format *p)
{
	bool ours = p->m.year > 0;

	if (p->n == 5)
		buf_add(p->out, ours ? "A" : "B", 1);
	else if (p->n <= 3)
		buf_add(p->out, ours ? "AD" : "BC", 2);
	else
		buf_add_text(p->out, ours ? "Anno Domini" : "Before Christ");
}

static void
format_quarter(struct format *p)
{
	static const char *const names[] = { "1st", "2nd", "3rd", "4th" };
	int64_t quarter = (p->m.month + 2) / 3;

	if (p->n <= 2)
		format_number(p, quarter, p->n);
	else if (p->n == 3)
		buf_addf(p->out, "Q%d", (int)quarter);
	else if (p->n == 5)
		format_number(p, quarter, 1);
	else
		buf_addf(p->out, "%s quarter", names[quarter - 1]);
}

static void
format_month(struct format *p)
{
	if (p->n <= 2)
		format_number(p, p->m.month, p->n);
	else
		format_name(p, format_months[p->m.month - 1], false);
}

/* e, c, i: the number of a weekday or its name. */
static void
format_weekday(struct format *p)
{
	int local = p->m.weekday + 1, iso = (p->m.weekday + 6) % 7 + 1;

	if (p->n <= 2)
		format_number(p, p->letter == 'i' ? iso : local, p->n);
	else
		format_name(p, format_days[p->m.weekday], true);
}

/* AM and PM; b has noon and midnight as well. */
static void
format_half_day(struct format *p)
{
	bool pm = p->m.hour >= 12;
	bool noon = p->letter == 'b' && p->m.hour == 12;
	bool midnight = p->letter == 'b' && p->m.hour == 0;
	const char *text;

	if (noon || midnight)
		text = p->n == 5 ? (noon ? "n" : "mi")
				 : (noon ? "noon" : "midnight");
	else if (p->n <= 2)
		text = pm ? "PM" : "AM";
	else if (p->n == 3)
		text = pm ? "pm" : "am";
	else if (p->n == 5)
		text = pm ? "p" : "a";
	else
		text = pm ? "p.m." : "a.m.";
	buf_add_text(p->out, text);
}

static void
format_part_of_day(struct format *p)
{
	buf_add_text(p->out, p->m.hour >= 17   ? "in the evening"
			     : p->m.hour >= 12 ? "in the afternoon"
			     : p->m.hour >= 4  ? "in the morning"
					       : "at night");
}

/* Milliseconds in so many digits, those behind the third being 0. */
static void
format_fraction(struct format *p)
{
	int64_t fraction = p->m.ms;
	size_t i;

	for (i = p->n; i < 3; i++)
		fraction /= 10;
	format_number(p, fraction, p->n < 3 ? p->n : 3);
	for (i = 3; i < p->n; i++)
		buf_add(p->out, "0", 1);
}

static void
format_zone(struct format *p)
{
	bool gmt = p->letter == 'O' || p->letter == 'z';
	long minutes = p->m.offset / 60;
	long size = minutes < 0 ? -minutes : minutes;
	bool brief = gmt ? p->n <= 3 : p->n == 1;
	const char *colon =
	    gmt || p->n == 3 || p->n == 5 || p->n > 5 ? ":" : "";

	if (p->letter == 'X' && minutes == 0) {
		buf_add(p->out, "Z", 1);
		return;
	}
	if (gmt)
		buf_add_text(p->out, "GMT");
	buf_add(p->out, minutes < 0 ? "-" : "+", 1);
	format_number(p, size / 60, gmt && brief ? 1 : 2);
	if (brief && size % 60 == 0)
		return;
	buf_addf(p->out, "%s%02ld", colon, size % 60);
}

static int64_t
format_hour_12(const struct moment *m)
{
	return m->hour % 12 == 0 ? 12 : m->hour % 12;
}

/* The number that a letter stands for, if it is one. */
static bool
format_value(const struct format *p, int64_t *to)
{
	const struct moment *m = &p->m;
	int64_t year = m->year > 0 ? m->year : 1 - m->year;

	switch (p->letter) {
	case 'y':
		*to = year;
		return true;
	case 'Y':
		(void)format_week(m, 0, 1, to);
		*to = *to > 0 ? *to : 1 - *to;
		return true;
	case 'R':
		(void)format_week(m, 1, 4, to);
		return true;
	case 'u':
		*to = m->year;
		return true;
	case 'Q':
	case 'q':
		*to = (m->month + 2) / 3;
		return true;
	case 'M':
	case 'L':
		*to = m->month;
		return true;
	case 'w':
		*to = format_week(m, 0, 1, &year);
		return true;
	case 'I':
		*to = format_week(m, 1, 4, &year);
		return true;
	case 'd':
		*to = m->day;
		return true;
	case 'D':
		*to = m->yearday + 1;
		return true;
	case 'e':
	case 'c':
		*to = m->weekday + 1;
		return true;
	case 'i':
		*to = (m->weekday + 6) % 7 + 1;
		return true;
	case 'h':
		*to = format_hour_12(m);
		return true;
	case 'H':
		*to = m->hour;
		return true;
	case 'K':
		*to = m->hour % 12;
		return true;
	case 'k':
		*to = m->hour == 0 ? 24 : m->hour;
		return true;
	case 'm':
		*to = m->minute;
		return true;
	case 's':
		*to = m->second;
		return true;
	case 't':
		*to = (int64_t)trunc(p->ms / 1000);
		return true;
	case 'T':
		*to = (int64_t)p->ms;
		return true;
	default:
		return false;
	}
}

/* Writes what p's letter stands for.  False when it stands for nothing. */
static bool
format_token(struct format *p)
{
	int64_t number;

	switch (p->letter) {
	case 'G':
		format_era(p);
		return true;
	case 'Q':
	case 'q':
		format_quarter(p);
		return true;
	case 'M':
	case 'L':
		format_month(p);
		return true;
	case 'E':
		format_name(p, format_days[p->m.weekday], true);
		return true;
	case 'e':
	case 'c':
	case 'i':
		format_weekday(p);
		return true;
	case 'a':
	case 'b':
		format_half_day(p);
		return true;
	case 'B':
		format_part_of_day(p);
		return true;
	case 'S':
		format_fraction(p);
		return true;
	case 'X':
	case 'x':
	case 'O':
	case 'z':
		format_zone(p);
		return true;
	}
	if (!format_value(p, &number))
		return false;
	if (p->n == 2 && (p->letter == 'y' || p->letter == 'Y'))
		number %= 100;
	format_number(p, number, p->n);
	return true;
}

/* Puts whole formats in the place of P and p. */
static void
format_expand(struct buf *out, struct str pattern)
{
	static const char *const dates[] = { "MM/dd/yyyy", "MMM d, y",
		"MMMM do, y", "EEEE, MMMM do, y" };
	static const char *const times[] = { "h:mm a", "h:mm:ss a",
		"h:mm:ss a z", "h:mm:ss a zzzz" };
	size_t i, date, time;
	bool quoted = false;

	for (i = 0; i < pattern.n; i++) {
		quoted ^= pattern.p[i] == '\'';
		if (quoted || (pattern.p[i] != 'P' && pattern.p[i] != 'p')) {
			buf_add(out, pattern.p + i, 1);
			continue;
		}
		date = time = 0;
		for (; i < pattern.n && pattern.p[i] == 'P'; i++)
			date++;
		for (; i < pattern.n && pattern.p[i] == 'p'; i++)
			time++;
		i--;
		if (date > 0)
			buf_add_text(out, dates[date > 4 ? 3 : date - 1]);
		if (date > 0 && time > 0)
			buf_add_text(out, date > 2 ? " 'at' " : ", ");
		if (time > 0)
			buf_add_text(out, times[time > 4 ? 3 : time - 1]);
	}
}

/* The length of a quoted text with its quotes; two quotes are one. */
static size_t
format_quoted(struct format *p, struct str rest)
{
	size_t i, end;

	if (rest.n > 1 && rest.p[1] == '\'') {
		buf_add(p->out, "'", 1);
		return 2;
	}
	for (end = 1; end < rest.n; end++) {
		if (rest.p[end] != '\'')
			continue;
		if (end + 1 >= rest.n || rest.p[end + 1] != '\'')
			break;
		end++;
	}
	for (i = 1; i < end && i < rest.n; i++) {
		buf_add(p->out, rest.p + i, 1);
		if (rest.p[i] == '\'')
			i++;
	}
	return end < rest.n ? end + 1 : rest.n;
}

static bool
format_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Writes one letter with its repetitions, or with an o behind it.  Their
 * length, 0 when the letter means nothing. */
static size_t
format_letters(struct format *p, struct str rest)
{
	int64_t number;

	p->letter = rest.p[0];
	for (p->n = 1; p->n < rest.n && rest.p[p->n] == p->letter;)
		p->n++;
	if (rest.n > 1 && rest.p[1] == 'o' &&
	    strchr("yYQqMLwIdDecihHKkms", p->letter) != NULL) {
		(void)format_value(p, &number);
		format_ordinal(p, number);
		return 2;
	}
	return format_token(p) ? p->n : 0;
}

static int
format_write(struct format *p, struct str rest, struct err *e)
{
	size_t n;

	while (rest.n > 0) {
		if (rest.p[0] == '\'') {
			n = format_quoted(p, rest);
		} else if (format_is_letter(rest.p[0])) {
			n = format_letters(p, rest);
			if (n == 0)
				return err_set(e,
				    "the date format has a letter without "
				    "meaning: %c",
				    rest.p[0]);
		} else {
			n = 1;
			if (rest.p[0] != '\n' && rest.p[0] != '\r')
				buf_add(p->out, rest.p, 1);
		}
		rest.p += n;
		rest.n -= n;
	}
	return 0;
}

int
moment_format(struct buf *out, double ms, struct str pattern, struct err *e)
{
	struct format p = { .out = out, .ms = trunc(ms) };
	struct buf whole = { 0 };
	int result;

	if (pattern.n == 0)
		return err_set(e, "the date format is empty");
	if (pattern.n > 10000)
		return err_set(e, "the date format is too long");
	if (!moment_local(ms, &p.m))
		return err_set(e, "Invalid time value");
	format_expand(&whole, pattern);
	result = format_write(&p, buf_str(&whole), e);
	buf_free(&whole);
	return result;
}
