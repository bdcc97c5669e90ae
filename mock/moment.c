#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"

#include "mock/moment_priv.h"

#include "mock/moment.h"

#define MOMENT_FARTHEST 8.64e15 /* milliseconds that a Date can be away */
#define MOMENT_DAY 86400

const char *const moment_days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat" };
const char *const moment_months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static bool
moment_is_valid(double ms)
{
	return !isnan(ms) && fabs(ms) <= MOMENT_FARTHEST;
}

static int64_t
moment_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static void
moment_fill(const struct tm *tm, int64_t ms, struct moment *m)
{
	*m = (struct moment){
		.year = (int64_t)tm->tm_year + 1900,
		.month = tm->tm_mon + 1,
		.day = tm->tm_mday,
		.hour = tm->tm_hour,
		.minute = tm->tm_min,
		.second = tm->tm_sec,
		.ms = ms,
		.weekday = tm->tm_wday,
		.yearday = tm->tm_yday,
		.offset = tm->tm_gmtoff,
	};
	snprintf(m->zone, sizeof(m->zone), "%s",
	    tm->tm_zone == NULL ? "" : tm->tm_zone);
}

bool
moment_local(double ms, struct moment *m)
{
	struct tm tm;
	time_t seconds;

	if (!moment_is_valid(ms))
		return false;
	seconds = (time_t)moment_floor((int64_t)ms, 1000);
	if (localtime_r(&seconds, &tm) == NULL)
		return false;
	moment_fill(&tm, (int64_t)ms - (int64_t)seconds * 1000, m);
	return true;
}

static int64_t
moment_offset(int64_t seconds)
{
	time_t at = (time_t)seconds;
	struct tm tm;

	return localtime_r(&at, &tm) == NULL ? 0 : tm.tm_gmtoff;
}

/* Days since 1970-01-01 of the first of a month, month 0 being January and
 * any other number as far away. */
static int64_t
moment_month_days(int64_t year, int64_t month)
{
	int64_t y = year + moment_floor(month, 12);
	int64_t of_year = month - moment_floor(month, 12) * 12, era;

	/* Years that begin with March, so that leap days come last. */
	y -= of_year < 2;
	of_year = (of_year + 10) % 12;
	era = moment_floor(y, 400);
	y -= era * 400;
	return era * 146097 + y * 365 + y / 4 - y / 100 +
	       (153 * of_year + 2) / 5 - 719468;
}

/* The seconds since 1970-01-01 on a clock that shows m.  False when m is
 * further away than any date. */
static bool
moment_wall(const struct moment *m, int64_t *seconds)
{
	double days = fabs((double)m->year) * 366 +
		      fabs((double)m->month) * 31 + fabs((double)m->day) +
		      fabs((double)m->hour) / 24 +
		      fabs((double)m->minute) / 1440 +
		      fabs((double)m->second) / MOMENT_DAY;

	if (days > 4e8)
		return false;
	*seconds = (moment_month_days(m->year, m->month - 1) + m->day - 1) *
		       MOMENT_DAY +
		   m->hour * 3600 + m->minute * 60 + m->second;
	return true;
}

static double
moment_join(int64_t seconds, int64_t ms)
{
	double joined = (double)seconds * 1000 + (double)ms;

	return moment_is_valid(joined) ? joined : NAN;
}

double
moment_of_zoned(const struct moment *m)
{
	int64_t wall;

	return moment_wall(m, &wall) ? moment_join(wall - m->offset, m->ms)
				     : NAN;
}

/*
 * A time that the clocks skip is told by the offset before, and so is the
 * first of two that are told alike.
 */
double
moment_of_local(const struct moment *m)
{
	int64_t wall, before, after;

	if (!moment_wall(m, &wall))
		return NAN;
	before = moment_offset(wall - MOMENT_DAY);
	after = moment_offset(wall + MOMENT_DAY);
	if (moment_offset(wall - before) != before &&
	    moment_offset(wall - after) == after)
		before = after;
	return moment_join(wall - before, m->ms);
}

void
moment_print(struct buf *out, double ms)
{
	struct moment m;
	long offset;
	bool utc;

	if (!moment_local(ms, &m)) {
		buf_add_text(out, "Invalid Date");
		return;
	}
	offset = m.offset < 0 ? -m.offset : m.offset;
	utc = strcmp(m.zone, "UTC") == 0;
	buf_addf(out, "%s %s %02d %s%0*lld %02d:%02d:%02d GMT%c%02ld%02ld (%s)",
	    moment_days[m.weekday], moment_months[m.month - 1], (int)m.day,
	    m.year < 0 ? "-" : "", m.year < 0 ? 6 : 4,
	    (long long)(m.year < 0 ? -m.year : m.year), (int)m.hour,
	    (int)m.minute, (int)m.second, m.offset < 0 ? '-' : '+',
	    offset / 3600, offset % 3600 / 60,
	    utc ? "Coordinated Universal Time" : m.zone);
}

void
moment_write_json(struct buf *out, double ms)
{
	struct moment m;
	struct tm tm;
	time_t seconds;

	if (!moment_is_valid(ms)) {
		buf_add_text(out, "null");
		return;
	}
	seconds = (time_t)moment_floor((int64_t)ms, 1000);
	gmtime_r(&seconds, &tm);
	moment_fill(&tm, (int64_t)ms - (int64_t)seconds * 1000, &m);
	buf_add(out, "\"", 1);
	if (m.year >= 0 && m.year <= 9999)
		buf_addf(out, "%04d", (int)m.year);
	else
		buf_addf(out, "%+07lld", (long long)m.year);
	buf_addf(out, "-%02d-%02dT%02d:%02d:%02d.%03dZ\"", (int)m.month,
	    (int)m.day, (int)m.hour, (int)m.minute, (int)m.second, (int)m.ms);
}
