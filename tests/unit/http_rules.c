#include "config.h"

#include <stdio.h>

#include "base/arena.h"
#include "har/headers.h"
#include "replay/http_rules.h"

#include "tap.h"

static struct arena arena;

/* Written "Name: value", lines ending in |. */
static struct headers
fields(const char *text)
{
	struct headers h = { 0 };
	struct str rest = str_of(text), line, name;

	while (rest.n > 0 && str_cut(&rest, '|', &line))
		if (str_cut(&line, ':', &name))
			headers_add(&h, &arena, name, str_trim(line));
	return h;
}

/* What a request gets from an answer with a body of size bytes, as text. */
static const char *
from(const char *method, const char *request, const char *answer, uint64_t size)
{
	static char text[1024];
	struct headers asked = fields(request), own = fields(answer);
	struct http_rules_cut cut;
	size_t i, n;

	switch (http_rules_apply(str_of(method), &asked, &own, size, &cut)) {
	case HTTP_RULE_AS_IS:
		return "as is";
	case HTTP_RULE_NOT_MODIFIED:
		return "304";
	case HTTP_RULE_FAILED:
		return "412";
	case HTTP_RULE_UNSATISFIABLE:
		return "416";
	case HTTP_RULE_RANGE:
		break;
	}
	n = (size_t)snprintf(text, sizeof(text), "206");
	for (i = 0; i < cut.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %llu-%llu",
		    (unsigned long long)cut.v[i].first,
		    (unsigned long long)cut.v[i].end);
	return text;
}

static const char *
range(const char *value, uint64_t size)
{
	char line[4096];

	snprintf(line, sizeof(line), "Range: %s", value);
	return from("GET", line, "", size);
}

#define DATED "Last-Modified: Sat, 21 Nov 2026 06:00:00 GMT"
#define BEFORE "Sat, 21 Nov 2026 05:59:59 GMT"
#define AFTER "Sat, 21 Nov 2026 06:00:01 GMT"
#define THEN "Sat, 21 Nov 2026 06:00:00 GMT"

static void
a_request_without_conditions_gets_the_whole(void)
{
	CHECK_STR(from("GET", "", "ETag: \"a\"|" DATED, 10), "as is");
	CHECK_STR(
	    from("GET", "Accept: x|If-Not: y", "ETag: \"a\"", 10), "as is");
}

static void
a_matching_tag_is_not_modified(void)
{
	static const struct {
		const char *asked, *etag, *want;
	} rows[] = {
		{ "\"a\"", "\"a\"", "304" },
		{ "\"b\"", "\"a\"", "as is" },
		{ "\"A\"", "\"a\"", "as is" },
		{ "W/\"a\"", "\"a\"", "304" },
		{ "\"a\"", "W/\"a\"", "304" },
		{ "\"x\", W/\"y\" ,\"a\"", "\"a\"", "304" },
		{ "\"x,\"a\"", "\"a\"", "as is" },
		{ "\"x,y\",\"a\"", "\"x,y\"", "304" },
		{ "*", "\"a\"", "304" },
		{ " * ", "\"a\"", "304" },
		{ "\"*\"", "\"a\"", "as is" },
		{ "a", "a", "304" },
		{ "x, a", "a", "304" },
		{ "a", "\"a\"", "as is" },
		{ "", "\"a\"", "as is" },
		{ ",,", "\"a\"", "as is" },
		{ "W/", "W/", "304" },
		{ "\"a", "\"a\"", "as is" },
	};
	char asked[128], answer[128];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(
		    asked, sizeof(asked), "If-None-Match: %s", rows[i].asked);
		snprintf(answer, sizeof(answer), "ETag: %s", rows[i].etag);
		CHECK_STR(from("GET", asked, answer, 10), rows[i].want);
		CHECK_STR(from("HEAD", asked, answer, 10), rows[i].want);
	}
	CHECK_STR(from("GET", "If-None-Match: \"a\"", DATED, 10), "as is");
	CHECK_STR(from("GET", "If-None-Match: *", "", 10), "304");
	CHECK_STR(from("GET", "If-None-Match: \"x\"|if-none-match: \"a\"",
		      "etag: \"a\"", 10),
	    "304");
}

static void
what_is_not_newer_is_not_modified(void)
{
	CHECK_STR(from("GET", "If-Modified-Since: " THEN, DATED, 9), "304");
	CHECK_STR(from("GET", "If-Modified-Since: " AFTER, DATED, 9), "304");
	CHECK_STR(from("GET", "If-Modified-Since: " BEFORE, DATED, 9), "as is");
	CHECK_STR(
	    from("GET", "If-Modified-Since: yesterday", DATED, 9), "as is");
	CHECK_STR(from("GET", "If-Modified-Since: " AFTER, "", 9), "as is");
	CHECK_STR(
	    from("GET", "If-Modified-Since: " AFTER, "Last-Modified: now", 9),
	    "as is");
}

static void
a_tag_counts_more_than_a_date(void)
{
	CHECK_STR(from("GET", "If-None-Match: \"b\"|If-Modified-Since: " AFTER,
		      "ETag: \"a\"|" DATED, 9),
	    "as is");
	CHECK_STR(from("GET", "If-Match: \"a\"|If-Unmodified-Since: " BEFORE,
		      "ETag: \"a\"|" DATED, 9),
	    "as is");
}

static void
a_precondition_that_does_not_hold_fails(void)
{
	CHECK_STR(from("GET", "If-Match: \"a\"", "ETag: \"a\"", 9), "as is");
	CHECK_STR(from("GET", "If-Match: *", "", 9), "as is");
	CHECK_STR(from("GET", "If-Match: \"b\"", "ETag: \"a\"", 9), "412");
	CHECK_STR(from("GET", "If-Match: W/\"a\"", "ETag: W/\"a\"", 9), "412");
	CHECK_STR(from("GET", "If-Match: \"a\"", "", 9), "412");
	CHECK_STR(from("GET", "If-Unmodified-Since: " BEFORE, DATED, 9), "412");
	CHECK_STR(from("GET", "If-Unmodified-Since: " THEN, DATED, 9), "as is");
	CHECK_STR(from("GET", "If-Unmodified-Since: " BEFORE, "", 9), "as is");
}

static void
ranges_are_read_to_the_letter(void)
{
	static const struct {
		const char *value;
		uint64_t size;
		const char *want;
	} rows[] = {
		{ "bytes=0-0", 10, "206 0-1" },
		{ "bytes=0-9", 10, "206 0-10" },
		{ "bytes=2-", 10, "206 2-10" },
		{ "bytes=-3", 10, "206 7-10" },
		{ "bytes=-30", 10, "206 0-10" },
		{ "bytes=9-99", 10, "206 9-10" },
		{ "Bytes = 1-2", 10, "206 1-3" },
		{ "bytes=10-", 10, "416" },
		{ "bytes=10-20", 10, "416" },
		{ "bytes=-0", 10, "416" },
		{ "bytes=0-", 0, "416" },
		{ "bytes=-5", 0, "416" },
		{ "bytes=99999999999999999999-", 10, "416" },
		{ "bytes=1-99999999999999999999", 10, "206 1-10" },
		{ "bytes=-99999999999999999999", 10, "206 0-10" },
		{ "bytes=0-1,4-5", 10, "206 0-2 4-6" },
		{ "bytes=8-, 0-1", 10, "206 8-10 0-2" },
		{ "bytes=0-1,20-,-1", 10, "206 0-2 9-10" },
		{ "bytes=20-,30-", 10, "416" },
		{ "bytes= ,0-1, ,", 10, "206 0-2" },
		{ "bytes=0-4,5-9", 10, "206 0-5 5-10" },
		{ "bytes=0-5,5-9", 10, "as is" },
		{ "bytes=0-,0-", 10, "as is" },
		{ "bytes=2-1", 10, "as is" },
		{ "bytes=0-1,2-1", 10, "as is" },
		{ "bytes=1", 10, "as is" },
		{ "bytes=-", 10, "as is" },
		{ "bytes=a-b", 10, "as is" },
		{ "bytes=0 -1", 10, "as is" },
		{ "bytes=+0-1", 10, "as is" },
		{ "bytes=", 10, "as is" },
		{ "bytes", 10, "as is" },
		{ "", 10, "as is" },
		{ "items=0-1", 10, "as is" },
		{ "0-1", 10, "as is" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(range(rows[i].value, rows[i].size), rows[i].want);
}

static void
too_many_ranges_get_the_whole(void)
{
	char value[1024] = "bytes=0-0";
	size_t i, n = strlen(value);

	for (i = 1; i < HTTP_RULES_RANGES; i++)
		n += (size_t)snprintf(
		    value + n, sizeof(value) - n, ",%zu-%zu", i, i);
	CHECK(strncmp(range(value, 100), "206 0-1 1-2 ", 12) == 0);
	snprintf(value + n, sizeof(value) - n, ",200-");
	CHECK_STR(range(value, 100), "as is");
}

static void
ranges_are_for_GET_alone(void)
{
	CHECK_STR(from("HEAD", "Range: bytes=0-1", "", 9), "as is");
	CHECK_STR(
	    from("GET", "Range: bytes=0-1|Range: bytes=2-3", "", 9), "as is");
	CHECK_STR(
	    from("GET", "Range: bytes=0-1", "Accept-Ranges: none", 9), "as is");
	CHECK_STR(from("GET", "Range: bytes=0-1", "Content-Encoding: gzip", 9),
	    "206 0-2");
	CHECK_STR(
	    from("GET", "Range: bytes=0-1,3-4", "Content-Encoding: gzip", 9),
	    "as is");
}

static void
a_range_is_given_if_the_rest_is_still_good(void)
{
#define IF(value) "Range: bytes=0-1|If-Range: " value
	CHECK_STR(from("GET", IF("\"a\""), "ETag: \"a\"", 9), "206 0-2");
	CHECK_STR(from("GET", IF("\"b\""), "ETag: \"a\"", 9), "as is");
	CHECK_STR(from("GET", IF("W/\"a\""), "ETag: W/\"a\"", 9), "as is");
	CHECK_STR(from("GET", IF("\"a\""), DATED, 9), "as is");
	CHECK_STR(from("GET", IF(THEN), DATED, 9), "206 0-2");
	CHECK_STR(from("GET", IF(AFTER), DATED, 9), "as is");
	CHECK_STR(from("GET", IF(BEFORE), DATED, 9), "as is");
	CHECK_STR(from("GET", IF(THEN), "ETag: \"a\"", 9), "as is");
	CHECK_STR(from("GET", "If-Range: \"a\"", "ETag: \"a\"", 9), "as is");
}

static void
conditions_come_before_ranges(void)
{
	CHECK_STR(from("GET", "Range: bytes=0-1|If-None-Match: \"a\"",
		      "ETag: \"a\"", 9),
	    "304");
	CHECK_STR(
	    from("GET", "Range: bytes=0-1|If-Match: \"b\"", "ETag: \"a\"", 9),
	    "412");
	CHECK_STR(
	    from("GET", "Range: bytes=0-1|If-Match: \"a\"", "ETag: \"a\"", 9),
	    "206 0-2");
}

static uint64_t
asks(const char *method, const char *request)
{
	struct headers h = fields(request);

	return http_rules_asks(str_of(method), &h);
}

static void
only_fields_that_ask_for_something_make_a_digest(void)
{
	CHECK(asks("GET", "Accept: x|If: y|Referer: z|Ranges: r") == 0);
	CHECK(asks("POST", "If-Match: \"a\"|Range: bytes=0-1") == 0);
	CHECK(asks("HEAD", "Range: bytes=0-1|If-Range: \"a\"") == 0);
	CHECK(asks("HEAD", "If-None-Match: \"a\"") != 0);
	CHECK(asks("GET", "RANGE: bytes=0-1") ==
	      asks("GET", "A: b|range: bytes=0-1"));
	CHECK(
	    asks("GET", "Range: bytes=0-1") != asks("GET", "Range: bytes=0-2"));
	CHECK(asks("GET", "Range: x") != asks("GET", "If-Range: x"));
	CHECK(asks("GET", "Range: x|If-Range: y") ==
	      asks("GET", "If-Range: y|Range: x"));
	CHECK(asks("GET", "Range: x|If-Range: y") != asks("GET", "Range: x"));
	CHECK(asks("GET", "If-Match:") != 0);
	arena_fini(&arena);
}

RUN(TEST(a_request_without_conditions_gets_the_whole),
    TEST(a_matching_tag_is_not_modified),
    TEST(what_is_not_newer_is_not_modified),
    TEST(a_tag_counts_more_than_a_date),
    TEST(a_precondition_that_does_not_hold_fails),
    TEST(ranges_are_read_to_the_letter), TEST(too_many_ranges_get_the_whole),
    TEST(ranges_are_for_GET_alone),
    TEST(a_range_is_given_if_the_rest_is_still_good),
    TEST(conditions_come_before_ranges),
    TEST(only_fields_that_ask_for_something_make_a_digest))
