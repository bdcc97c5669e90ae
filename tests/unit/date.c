#include "config.h"

#include "har/date.h"

#include "tests/unit/tap.h"

#define NOON 1767323045000000LL /* 2026-01-02T03:04:05Z */

static const struct {
	const char *text;
	int64_t us;
	int how;
} dates[] = {
	{ "2026-01-02T03:04:05Z", NOON, 0 },
	{ "2026-01-02T03:04:05.000Z", NOON, 0 },
	{ "2026-01-02T03:04:05.123Z", NOON + 123000, 0 },
	{ "2026-01-02T03:04:05.123456Z", NOON + 123456, 0 },
	{ "2026-01-02T03:04:05.1234567+00:00", NOON + 123456, 0 },
	{ "2026-01-02T04:34:05.5+01:30", NOON + 500000, 0 },
	{ "2026-01-01T22:04:05-05:00", NOON, 0 },
	{ "2026-01-02T08:34:05+0530", NOON, 1 },
	{ "2026-01-02T05:04:05+02", NOON, 1 },
	{ "20260102T030405Z", NOON, 1 },
	{ "20260102T030405.250Z", NOON + 250000, 1 },
	{ "2026-01-02 03:04:05", NOON, 1 },
	{ "2026-01-02t03:04:05z", NOON, 1 },
	{ "2026-01-02T03:04:05", NOON, 1 },
	{ "2026-01-02 03:04:05 +00:00", NOON, 1 },
	{ "2026-01-02T03:04:05,5Z", NOON + 500000, 0 },
	{ "2026/01/02 03:04:05", NOON, 1 },
	{ " 2026-01-02T03:04:05Z", NOON, 1 },
	{ "2026-01-02T03:04Z", NOON - 5000000, 1 },
	{ "2026-01-02", NOON - (3 * 3600 + 4 * 60 + 5) * 1000000LL, 1 },
	{ "1970-01-01T00:00:00Z", 0, 0 },
	{ "1969-12-31T23:59:59.999Z", -1000, 0 },
	{ "0000-01-01T00:00:00Z", -62167219200000000LL, 0 },
	{ "2000-02-29T00:00:00Z", 951782400000000LL, 0 },
	{ "2016-12-31T23:59:60Z", 1483228800000000LL, 0 },
};

static void
dates_in_all_the_shapes_that_occur_are_read(void)
{
	int64_t us;
	size_t i;

	for (i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
		int how = date_parse(str_of(dates[i].text), &us);

		if (how != dates[i].how || us != dates[i].us)
			CHECK_STR(dates[i].text, "read as expected");
	}
}

static void
what_is_no_date_is_refused(void)
{
	static const char *const texts[] = { "", "now",
		"NaN-NaN-NaNTNaN:NaN:NaN.NaN+NaN:NaN", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z",
		"2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"2026-01-01T25:00:00Z", "2026-01-01T24:00:01Z",
		"2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
		"2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
		"2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+0",
		"26-01-01", "2026-01-01X00:00:00Z", "2026-01-01T0:00:00Z" };
	int64_t us;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (date_parse(str_of(texts[i]), &us) != -1)
			CHECK_STR(texts[i], "an error");
}

static void
dates_by_no_standard_are_read_when_their_meaning_is_plain(void)
{
	static const char *const refused[] = { "", "1", "12345678",
		"123456789012345", "1767323045.", "1767323045x", "-1767323045",
		"1.7e12", "[UTC]", "2026-01-02T03:04:05Z[UTC", "02/01/2026",
		"yesterday" };
	static const struct {
		const char *text;
		int64_t us;
	} read[] = {
		{ "Fri, 02 Jan 2026 03:04:05 GMT", NOON },
		{ "1767323045", NOON },
		{ "1767323045.25", NOON + 250000 },
		{ "1767323045678", NOON + 678000 },
		{ "1767323045678.9", NOON + 678900 },
		{ " 1767323045 ", NOON },
		{ "100000000", 100000000000000 },
		{ "2026-01-02T03:04:05Z[UTC]", NOON },
		{ "2026-01-02T04:04:05+01:00[Europe/Berlin]", NOON },
	};
	int64_t us;
	size_t i;

	for (i = 0; i < sizeof(read) / sizeof(*read); i++)
		if (date_parse_odd(str_of(read[i].text), &us) != 0 ||
		    us != read[i].us)
			CHECK_STR(read[i].text, "read as expected");
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (date_parse_odd(str_of(refused[i]), &us) != -1)
			CHECK_STR(refused[i], "an error");
}

static void
dates_are_written_with_as_many_digits_as_needed(void)
{
	char out[DATE_BYTES];

	date_format(NOON, out);
	CHECK_STR(out, "2026-01-02T03:04:05.000Z");
	date_format(NOON + 120000, out);
	CHECK_STR(out, "2026-01-02T03:04:05.120Z");
	date_format(NOON + 1, out);
	CHECK_STR(out, "2026-01-02T03:04:05.000001Z");
	date_format(-1, out);
	CHECK_STR(out, "1969-12-31T23:59:59.999999Z");
	date_format(INT64_MIN, out);
	CHECK_STR(out, "0000-01-01T00:00:00.000Z");
	date_format(INT64_MAX, out);
	CHECK_STR(out, "9999-12-31T23:59:59.999999Z");
}

static void
every_day_of_800_years_comes_back(void)
{
	const int64_t day = 86400LL * 1000000;
	char out[DATE_BYTES];
	int64_t us, back;

	for (us = -146097 * day; us < 146097 * day; us += day) {
		date_format(us + 7, out);
		CHECK_INT(date_parse(str_of(out), &back), 0);
		CHECK_INT(back, us + 7);
	}
}

static void
dates_of_cookies_are_read(void)
{
	int64_t us;

	CHECK_INT(
	    date_parse_cookie(STR("Fri, 02 Jan 2026 03:04:05 GMT"), &us), 0);
	CHECK_INT(us, NOON);
	CHECK_INT(
	    date_parse_cookie(STR("Fri, 02-Jan-2026 03:04:05 GMT"), &us), 0);
	CHECK_INT(us, NOON);
	CHECK_INT(
	    date_parse_cookie(STR("Friday, 02-Jan-26 03:04:05 GMT"), &us), 0);
	CHECK_INT(us, NOON);
	CHECK_INT(date_parse_cookie(STR("Fri Jan  2 03:04:05 2026"), &us), 0);
	CHECK_INT(us, NOON);
	CHECK_INT(
	    date_parse_cookie(STR("Thu, 01 Jan 1970 00:00:00 GMT"), &us), 0);
	CHECK_INT(us, 0);
}

static void
what_is_no_date_of_a_cookie_is_refused(void)
{
	static const char *const texts[] = { "", "0", "-1", "tomorrow",
		"Sat Sep 14 01:02:27 CET 2024", "Fri, 32 Jan 2026 03:04:05 GMT",
		"Fri, 02 Jan 2026", "Fri, 02 Jan 2026 25:04:05 GMT",
		"Fri, 02 Jan 1500 03:04:05 GMT" };
	int64_t us;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (date_parse_cookie(str_of(texts[i]), &us) != -1)
			CHECK_STR(texts[i], "an error");
}

static void
dates_of_fields_are_written_in_the_fixed_form(void)
{
	char out[DATE_BYTES];
	int64_t us, again;

	date_format_http(784111777123456, out);
	CHECK_STR(out, "Sun, 06 Nov 1994 08:49:37 GMT");
	date_format_http(0, out);
	CHECK_STR(out, "Thu, 01 Jan 1970 00:00:00 GMT");
	date_format_http(-1, out);
	CHECK_STR(out, "Wed, 31 Dec 1969 23:59:59 GMT");
	date_format_http(951782400000000, out);
	CHECK_STR(out, "Tue, 29 Feb 2000 00:00:00 GMT");
	for (us = 0; us < 4000000000000000; us += 86400000000 * 13 + 1000000) {
		date_format_http(us, out);
		CHECK_INT(date_parse_cookie(str_of(out), &again), 0);
		CHECK_INT(again, us);
	}
}

RUN(TEST(dates_of_fields_are_written_in_the_fixed_form),
    TEST(dates_in_all_the_shapes_that_occur_are_read),
    TEST(what_is_no_date_is_refused),
    TEST(dates_by_no_standard_are_read_when_their_meaning_is_plain),
    TEST(dates_are_written_with_as_many_digits_as_needed),
    TEST(every_day_of_800_years_comes_back), TEST(dates_of_cookies_are_read),
    TEST(what_is_no_date_of_a_cookie_is_refused))
