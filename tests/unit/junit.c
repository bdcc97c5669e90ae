#include "config.h"

#include "gateway/junit.h"

#include "tap.h"

static const char *
rendered(const struct junit_case *cases, size_t n)
{
	static char text[4096];
	struct junit j = { .time_us = 0 };
	struct buf out = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		junit_add(&j, &cases[i]);
	junit_render(&j, STR("a \"suite\""), &out);
	snprintf(text, sizeof(text), "%s", buf_text(&out));
	buf_free(&out);
	junit_fini(&j);
	return text;
}

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void
a_suite_counts_its_cases(void)
{
	static const struct junit_case cases[] = {
		{ .class = { "c", 1 },
		    .name = { "one", 3 },
		    .time_us = 1500000 },
		{ .class = { "c", 1 },
		    .name = { "two", 3 },
		    .result = JUNIT_FAILED,
		    .message = { "m", 1 },
		    .details = { "a\nb", 3 },
		    .output = { "o", 1 },
		    .time_us = 7 },
		{ .class = { "c", 1 },
		    .name = { "three", 5 },
		    .result = JUNIT_SKIPPED,
		    .time_us = -1 },
		{ .class = { "c", 1 },
		    .name = { "four", 4 },
		    .result = JUNIT_ERROR,
		    .time_us = -1 },
	};

	CHECK_STR(rendered(cases, 4), HEAD
	    "<testsuites tests=\"4\" failures=\"1\" errors=\"1\" "
	    "skipped=\"1\" time=\"1.500007\">\n"
	    "  <testsuite name=\"a &quot;suite&quot;\" tests=\"4\" "
	    "failures=\"1\" errors=\"1\" skipped=\"1\" time=\"1.500007\">\n"
	    "    <testcase classname=\"c\" name=\"one\" "
	    "time=\"1.500000\"></testcase>\n"
	    "    <testcase classname=\"c\" name=\"two\" time=\"0.000007\">"
	    "<failure message=\"m\">a&#10;b</failure>"
	    "<system-out>o</system-out></testcase>\n"
	    "    <testcase classname=\"c\" name=\"three\">"
	    "<skipped message=\"\"></skipped></testcase>\n"
	    "    <testcase classname=\"c\" name=\"four\">"
	    "<error message=\"\"></error></testcase>\n"
	    "  </testsuite>\n</testsuites>\n");
}

static void
any_bytes_are_xml(void)
{
	static const char bytes[] = "<&>\"'\t\r\x01\x7f\xff\xc3\xa9"
				    "\xef\xbf\xbf\xed\xa0\x80";
	struct junit_case c = { .name = { bytes, sizeof(bytes) },
		.time_us = -1 };
	const char *text = rendered(&c, 1);

	CHECK(strstr(text, "name=\"&lt;&amp;&gt;&quot;'&#9;??\x7f?\xc3\xa9"
			   "?") != NULL);
	CHECK(strstr(text, "\xed") == NULL);
}

RUN(TEST(a_suite_counts_its_cases), TEST(any_bytes_are_xml))
