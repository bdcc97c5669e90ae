#include "config.h"

#include "base/buf.h"
#include "har/har_log.h"

#include "tests/unit/tap.h"

static void
merged(const char *first, const char *second, const char *both)
{
	struct buf out = { 0 };

	har_log_merge(str_of(first), str_of(second), &out);
	CHECK_STR(buf_text(&out), both);
	buf_free(&out);
}

static void
nothing_and_something_is_something(void)
{
	merged("", "", "{}");
	merged("", "{\"a\":[1.50,{}]}", "{\"a\":[1.50,{}]}");
	merged("{\"a\":1}", "", "{\"a\":1}");
	merged("{}", "{}", "{}");
}

static void
members_keep_their_order_and_the_first_of_a_name_stays(void)
{
	merged("{\"b\":1,\"a\":2}", "{\"c\":3,\"a\":4,\"d\":\"{\",\"e\":5}",
	    "{\"b\":1,\"a\":2,\"c\":3,\"d\":\"{\",\"e\":5}");
	merged("{\"a\\\"\":1}", "{\"a\":2,\"ab\":3}",
	    "{\"a\\\"\":1,\"a\":2,\"ab\":3}");
}

static void
pages_are_joined_and_equal_ones_are_there_once(void)
{
	merged("{\"pages\":[{\"id\":\"1\"},{\"id\":\"2\"}]}",
	    "{\"pages\":[{\"id\":\"2\"},{\"id\":\"3\"},{\"id\":\"1\","
	    "\"x\":1}]}",
	    "{\"pages\":[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"},"
	    "{\"id\":\"1\",\"x\":1}]}");
	merged("{\"pages\":[]}", "{\"pages\":[]}", "{\"pages\":[]}");
	merged("{\"pages\":[]}", "{\"pages\":[{}]}", "{\"pages\":[{}]}");
}

static void
what_is_no_object_counts_as_nothing(void)
{
	merged("7", "{\"a\":1}", "{\"a\":1}");
	merged("{\"a\":", "{\"b\":1}", "{\"b\":1}");
}

RUN(TEST(nothing_and_something_is_something),
    TEST(members_keep_their_order_and_the_first_of_a_name_stays),
    TEST(pages_are_joined_and_equal_ones_are_there_once),
    TEST(what_is_no_object_counts_as_nothing))
