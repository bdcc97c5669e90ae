#ifndef MOCK_MOMENT_H
#define MOCK_MOMENT_H

/*
 * Moments as JavaScript's Date has them: milliseconds since 1970-01-01 UTC,
 * NaN for none, told and counted in the time zone of the process (TZ).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct err;

#define MOMENT_DEFAULT "yyyy-MM-dd'T'HH:mm:ss.SSSxxx"

/* A moment on calendar and clock.  Months and days begin with 1, weeks with
 * Sunday, which is 0; days of the year begin with 0. */
struct moment {
	int64_t year, month, day, hour, minute, second, ms;
	int weekday, yearday;
	long offset; /* seconds east of UTC */
	char zone[16];
};

/* False for NaN and what is more than 100,000,000 days away. */
bool moment_local(double ms, struct moment *m);

/* The moment of year to ms in local time; each may be beyond its range, and
 * the others follow. */
double moment_of_local(const struct moment *m);

/* What new Date(text) gives: ISO 8601, and what people write besides it
 * ("Nov 20, 2026", "Fri, 20 Nov 2026 10:00:00 GMT", "2026/11/20 10:00"). */
double moment_parse(struct str text);

/* Appends "Fri Nov 20 2026 10:00:00 GMT+0000 (Coordinated Universal Time)". */
void moment_print(struct buf *out, double ms);

/* Appends "2026-11-20T10:00:00.000Z" in quotes, or null. */
void moment_write_json(struct buf *out, double ms);

/* Appends ms in a pattern of date-fns 4 in English.  0, or -1 with *e set when
 * either is not valid. */
int moment_format(
    struct buf *out, double ms, struct str pattern, struct err *e);

#endif
