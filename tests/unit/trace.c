/* W3C Trace Context: what is valid, and what is made. */
#include "config.h"

#include "base/random.h"
#include "gateway/trace.h"

#include "tests/unit/tap.h"

#define ID "0af7651916cd43dd8448eb211c80319c"

static void
a_valid_one_names_its_trace(void)
{
	CHECK_VIEW(trace_id(STR("00-" ID "-b7ad6b7169203331-01")), ID);
	CHECK_VIEW(trace_id(STR("00-" ID "-b7ad6b7169203331-00")), ID);
	CHECK_VIEW(trace_id(STR("cc-" ID "-b7ad6b7169203331-01")), ID);
	CHECK_VIEW(trace_id(STR("cc-" ID "-b7ad6b7169203331-01-more")), ID);
}

static void
others_name_none(void)
{
	static const char *const bad[] = {
		"",
		"00",
		"00-" ID "-b7ad6b7169203331-0",
		"00-" ID "-b7ad6b7169203331-01-more",
		"cc-" ID "-b7ad6b7169203331-01.more",
		"ff-" ID "-b7ad6b7169203331-01",
		"0g-" ID "-b7ad6b7169203331-01",
		"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
		"00-00000000000000000000000000000000-b7ad6b7169203331-01",
		"00-" ID "-0000000000000000-01",
		"00-" ID "-b7ad6b716920333-001",
		"00_" ID "-b7ad6b7169203331-01",
		"00-" ID "_b7ad6b7169203331-01",
		"00-" ID "-b7ad6b7169203331_01",
		"00-" ID "-b7ad6b7169203331-0x",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_VIEW(trace_id(str_of(bad[i])), "");
	CHECK_VIEW(trace_id((struct str){ NULL, 0 }), "");
}

static void
those_that_are_made_are_valid_and_differ(void)
{
	struct random *r = random_new(true, 7);
	char a[TRACE_PARENT_BYTES + 1], b[TRACE_PARENT_BYTES + 1];

	trace_make(r, a);
	trace_make(r, b);
	random_free(r);
	CHECK_INT(strlen(a), TRACE_PARENT_BYTES);
	CHECK_INT(trace_id(str_of(a)).n, TRACE_ID_BYTES);
	CHECK_INT(trace_id(str_of(b)).n, TRACE_ID_BYTES);
	CHECK(!str_eq(trace_id(str_of(a)), trace_id(str_of(b))));
}

RUN(TEST(a_valid_one_names_its_trace), TEST(others_name_none),
    TEST(those_that_are_made_are_valid_and_differ))
