#ifndef HAR_DATE_H
#define HAR_DATE_H

/*
 * Dates as text, in microseconds since 1970-01-01 UTC: the ISO 8601 of HAR
 * in all the shapes that producers write, and the dates of HTTP fields.
 */

#include <stdint.h>

#include "base/str.h"

#define DATE_BYTES 32 /* room for date_format()'s text and its NUL */

/*
 * Reads an ISO 8601 date and time.  0; 1 when it is none by HAR's letter but
 * its meaning is plain (basic form, a space for the T, lower case, an offset
 * without colon or none at all, which is taken for UTC); -1 when it is none.
 */
int date_parse(struct str text, int64_t *us);

/*
 * Reads what date_parse() refuses but can mean one moment only, as programs
 * write it that take any date for a string: a date of HTTP fields, a count of
 * seconds or milliseconds since 1970 (from 1973 to 5138, so that it is plain
 * which), or an ISO 8601 date with the name of its zone in brackets behind the
 * offset.  0, or -1.
 */
int date_parse_odd(struct str text, int64_t *us);

/* "2026-11-21T06:18:18.123Z", with six digits when us is not whole
 * milliseconds.  Years outside 0 to 9999 give their first or last moment. */
void date_format(int64_t us, char out[DATE_BYTES]);

/* "Sat, 21 Nov 2026 06:18:18 GMT" (IMF-fixdate, RFC 9110 section 5.6.7), cut
 * to whole seconds. */
void date_format_http(int64_t us, char out[DATE_BYTES]);

/* Reads the Expires of a cookie (RFC 6265 section 5.1.1), which also fits
 * the three forms of RFC 9110 section 5.6.7.  0, or -1: a zone other than
 * GMT is refused. */
int date_parse_cookie(struct str text, int64_t *us);

#endif
