#include "config.h"

#include "replay/looks.h"

#include "tap.h"

static void
all_look(enum looks want, const char *const *texts)
{
	for (; *texts != NULL; texts++) {
		if (looks_of(str_of(*texts)) != want)
			printf("# %s: %d\n", *texts, looks_of(str_of(*texts)));
		CHECK_INT(looks_of(str_of(*texts)), want);
	}
}

static void
times_look_like_times(void)
{
	static const char *const texts[] = { "1700000000", "1700000000123",
		"1700000000123456", "1700000000123456789", "1700000000.25",
		"2026-01-31", "2026-01-31T10:00:00Z", "2026-01-31 10:00",
		"20260131T100000Z", "Sat, 31 Jan 2026 10:00:00 GMT", NULL };

	all_look(LOOKS_TIME, texts);
	CHECK_STR(looks_text(LOOKS_TIME), "a time");
}

static void
numbers_look_like_numbers(void)
{
	static const char *const texts[] = { "0", "17", "20260131",
		"0900000000", "9999999999", "17000000001", NULL };

	all_look(LOOKS_NUMBER, texts);
}

static void
ids_look_like_ids(void)
{
	static const char *const uuids[] = {
		"6fa459ea-ee8a-3ca4-894e-db77e160355e",
		"6FA459EA-EE8A-3CA4-894E-DB77E160355E", NULL
	};
	static const char *const jwts[] = { "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.",
		"Bearer eyJh.eyJi.c", NULL };
	static const char *const random[] = { "n4bQ9YhMf2WaL-7gxVrQ",
		"9f86d081884c7d659a2f", "01ARZ3NDEKTSV4RRFFQ69G5FAV", NULL };

	all_look(LOOKS_UUID, uuids);
	all_look(LOOKS_JWT, jwts);
	all_look(LOOKS_RANDOM, random);
}

static void
words_look_plain(void)
{
	static const char *const texts[] = { "", "a", "users", "oauth2",
		"version-2-of-this", "2026-01-31x", "Sat, 31", "eyJh.eyJi",
		"internationalization", "a b c d e f 1 2 3", "1.2.3",
		"AAAAAAAAAAAA1", NULL };

	all_look(LOOKS_PLAIN, texts);
	CHECK(looks_text(LOOKS_PLAIN) == NULL);
}

static void
names_tell_what_is_new_each_time(void)
{
	CHECK(looks_fleeting(STR("nonce")));
	CHECK(looks_fleeting(STR("X-Request-Id")));
	CHECK(looks_fleeting(STR("oauth_timestamp")));
	CHECK(looks_fleeting(STR("_")));
	CHECK(!looks_fleeting(STR("id")));
	CHECK(!looks_fleeting(STR("cats")));
	CHECK(!looks_fleeting(STR("")));
}

RUN(TEST(times_look_like_times), TEST(numbers_look_like_numbers),
    TEST(ids_look_like_ids), TEST(words_look_plain),
    TEST(names_tell_what_is_new_each_time))
