#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#include "mock/faker_priv.h"
#include "mock/moment.h"

#define DAY_MS 86400000.0

/* Days since 1970-01-01 of the proleptic Gregorian calendar; month (0 to 11)
 * and day may lie outside of the year and month. */
double
faker_civil_day(int64_t year, int64_t month, int64_t day)
{
	int64_t era, of_era, of_year;

	year += month / 12;
	month %= 12;
	if (month < 0) {
		month += 12;
		year--;
	}
	/* A year that begins in March ends with its leap day. */
	year -= month < 2;
	era = (year >= 0 ? year : year - 399) / 400;
	of_year = (153 * ((month + 10) % 12) + 2) / 5;
	of_era = (year - era * 400) * 365 + (year - era * 400) / 4 -
		 (year - era * 400) / 100 + of_year;
	return (double)(era * 146097 + of_era - 719468 + day - 1);
}

struct faker_civil
faker_civil(double ms)
{
	double days = floor(ms / DAY_MS);
	double second = floor((ms - days * DAY_MS) / 1000);
	int64_t day = (int64_t)days + 719468, era, of_era, of_year;
	struct faker_civil c;
	int month;

	era = (day >= 0 ? day : day - 146096) / 146097;
	of_era = day - era * 146097;
	c.year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * c.year + c.year / 4 - c.year / 100);
	month = (int)((5 * of_year + 2) / 153);
	c.day = (int)(of_year - (153 * month + 2) / 5 + 1);
	c.month = (month + 2) % 12;
	c.year += era * 400 + (c.month < 2);
	c.hour = (int)second / 3600;
	c.minute = (int)second / 60 % 60;
	c.second = (int)second % 60;
	c.weekday = (int)(((int64_t)days % 7 + 11) % 7);
	return c;
}

/* new Date(value) */
static double
date_of(struct faker *f, struct value value, const char *what)
{
	struct str text = value_to_str(&f->values, value);
	double ms;

	if (faker_is_text(value))
		ms = moment_parse(text);
	else if (value.kind == VALUE_ARRAY || value.kind == VALUE_OBJECT)
		ms = moment_parse(text);
	else
		ms = trunc(value_to_number(value));
	if (isnan(ms) || fabs(ms) > 8.64e15) {
		faker_refuse(f, "Invalid %s date: %.*s", what, STR_ARGS(text));
		return 0;
	}
	return ms;
}

double
faker_date_option(struct faker *f, struct value options, const char *name)
{
	struct value value = faker_member(options, name);

	return !faker_is_given(value) ? f->date : date_of(f, value, name);
}

/* What new Date() can hold. */
static double
date_clip(struct faker *f, double ms, const char *what)
{
	char text[NUMBER_BYTES];

	if (!(fabs(ms) <= 8.64e15)) {
		number_format(ms, text);
		faker_refuse(f, "Invalid %s date: %s", what, text);
	}
	return trunc(ms);
}

static double
date_between(struct faker *f, double from, double to)
{
	from = date_clip(f, from, "from");
	to = date_clip(f, to, "to");
	if (from > to)
		faker_refuse(f, "`from` date must be before `to` date.");
	return faker_int(f, from, to);
}

double
faker_date_anytime(struct faker *f, double ms)
{
	return date_between(f, ms - 365 * DAY_MS, ms + 365 * DAY_MS);
}

double
faker_date_recent(struct faker *f, double ms, double days)
{
	if (days <= 0)
		faker_refuse(f, "Days must be greater than 0.");
	return date_between(f, ms - days * DAY_MS, ms - 1000);
}

double
faker_date_soon(struct faker *f, double ms, double days)
{
	if (days <= 0)
		faker_refuse(f, "Days must be greater than 0.");
	return date_between(f, ms + 1000, ms + days * DAY_MS);
}

static struct value
date_anytime(struct faker *f, const struct faker_call *c)
{
	return value_date(faker_date_anytime(
	    f, faker_date_option(f, faker_options(f, c, 0), "refDate")));
}

static struct value
date_recent(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double days = faker_opt_number(options, "days", 1);

	return value_date(faker_date_recent(
	    f, faker_date_option(f, options, "refDate"), days));
}

static struct value
date_soon(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	double days = faker_opt_number(options, "days", 1);

	return value_date(
	    faker_date_soon(f, faker_date_option(f, options, "refDate"), days));
}

/* The options of past and future. */
static double
date_years(struct faker *f, const struct faker_call *c, double *ms)
{
	struct value options = faker_options(f, c, 0);
	double years = faker_opt_number(options, "years", 1);

	if (years <= 0)
		faker_refuse(f, "Years must be greater than 0.");
	*ms = faker_date_option(f, options, "refDate");
	return years * 365 * 24 * 3600 * 1000;
}

static struct value
date_past(struct faker *f, const struct faker_call *c)
{
	double ms, span = date_years(f, c, &ms);

	return value_date(date_between(f, ms - span, ms - 1000));
}

static struct value
date_future(struct faker *f, const struct faker_call *c)
{
	double ms, span = date_years(f, c, &ms);

	return value_date(date_between(f, ms + 1000, ms + span));
}

/* The options from and to, which must be there. */
static struct value
date_bounds(
    struct faker *f, const struct faker_call *c, double *from, double *to)
{
	struct value options = faker_arg(c, 0);
	struct value first = faker_member(options, "from");
	struct value last = faker_member(options, "to");

	*from = *to = 0;
	if (!faker_is_given(first) || !faker_is_given(last) ||
	    first.kind == VALUE_NULL || last.kind == VALUE_NULL) {
		faker_refuse(f, "Must pass an options object with `from` and "
				"`to` values.");
		return options;
	}
	*from = date_of(f, first, "from");
	*to = date_of(f, last, "to");
	return options;
}

static struct value
date_between_method(struct faker *f, const struct faker_call *c)
{
	double from, to;

	date_bounds(f, c, &from, &to);
	return value_date(date_between(f, from, to));
}

static int
date_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct value
date_betweens(struct faker *f, const struct faker_call *c)
{
	double from, to, *dates;
	struct value options = date_bounds(f, c, &from, &to);
	struct value count = faker_member(options, "count"), list;
	size_t n = 3, i;

	if (!value_is_nothing(count))
		n = faker_count(f, faker_range(f, count), FAKER_ITEMS_MAX);
	dates = arena_alloc(&f->arena, (n + 1) * sizeof(*dates));
	for (i = 0; i < n; i++)
		dates[i] = date_between(f, from, to);
	qsort(dates, n, sizeof(*dates), date_compare);
	list = value_new_array(&f->values, n);
	for (i = 0; i < n; i++)
		value_push(&f->values, list, value_date(dates[i]));
	return list;
}

/* setUTCFullYear(year) of ms. */
static double
date_set_year(double ms, double year)
{
	struct faker_civil c = faker_civil(ms);
	double rest = ms - floor(ms / DAY_MS) * DAY_MS;

	if (isnan(year) || fabs(year) > 400000)
		return NAN;
	return faker_civil_day((int64_t)year, c.month, c.day) * DAY_MS + rest;
}

static bool
date_is_set(struct value options, const char *name)
{
	struct value value = faker_member(options, name);

	return !value_is_nothing(value);
}

static struct value
date_birthdate(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	struct str mode = faker_opt_text(f, options, "mode", STR("age"));
	double min = faker_opt_number(options, "min", 18);
	double max = faker_opt_number(options, "max", 80);
	int set = date_is_set(options, "mode") + date_is_set(options, "min") +
		  date_is_set(options, "max");
	double ms, from, to;
	bool years = str_is(mode, "year");

	if (set % 3 != 0)
		faker_refuse(f, "The 'min', 'max', and 'mode' options must be "
				"set together.");
	ms = faker_date_option(f, options, "refDate");
	if (!years && !str_is(mode, "age"))
		return VALUE_NONE;
	if (years) {
		from = faker_civil_day(1900, 0, 2) * DAY_MS;
		from = date_set_year(from, trunc(min));
		to = faker_civil_day(1900, 11, 30) * DAY_MS;
		to = date_set_year(to, trunc(max));
	} else {
		to = (double)faker_civil(ms).year;
		from = date_set_year(ms, trunc(to - max - 1)) + DAY_MS;
		to = date_set_year(ms, trunc(to - min));
	}
	if (from > to)
		faker_refuse(f,
		    "Max %s %g should be greater than or equal to min %s %g.",
		    years ? "year" : "age", max, years ? "year" : "age", min);
	return value_date(date_between(f, from, to));
}

/* One of the names of months or days in a form. */
static struct value
date_name(struct faker *f, const struct faker_call *c)
{
	struct value options = faker_options(f, c, 0);
	bool abbreviated = faker_opt_bool(options, "abbreviated", false);
	bool context = faker_opt_bool(options, "context", false);
	struct faker_node names = faker_words(f, c->method->words), form;
	const char *plain = abbreviated ? "abbr" : "wide";
	enum faker_node_type type;

	form = faker_node_member(
	    names, faker_textf(f, "%s%s", plain, context ? "_context" : ""));
	type = faker_node_type(form);
	if (type == FAKER_NODE_MISSING || type == FAKER_NODE_NULL)
		form = faker_node_member(names, str_of(plain));
	if (faker_node_type(form) == FAKER_NODE_NULL)
		faker_refuse(f,
		    "The locale data for '%s.%s' aren't applicable to this "
		    "locale.\n  If you think this is a bug, please report it "
		    "at: https://github.com/faker-js/faker",
		    c->method->words, plain);
	return value_text(faker_pick_text(f, form));
}

const struct faker_method faker_date_methods[] = {
	{ "anytime", date_anytime, NULL },
	{ "between", date_between_method, NULL },
	{ "betweens", date_betweens, NULL },
	{ "birthdate", date_birthdate, NULL },
	{ "future", date_future, NULL },
	{ "month", date_name, "date.month" },
	{ "past", date_past, NULL },
	{ "recent", date_recent, NULL },
	{ "soon", date_soon, NULL },
	{ "timeZone", faker_choose, "date.time_zone" },
	{ "weekday", date_name, "date.weekday" },
	{ NULL, NULL, NULL },
};
