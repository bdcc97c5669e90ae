#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/test_file.h"

#include "tests/unit/folder.h"
#include "tests/unit/tap.h"

static const struct test_suite suites[] = {
	{ .name = "one", .results = { 1, 1, 0, 1 } },
	{ .name = "none" },
	{ .name = "two", .results = { 1 } },
};

static const char *
content(const char *name)
{
	static char text[4096];
	FILE *f = fopen(at(name), "r");

	if (f == NULL)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static int
write_file(enum test_format format, const char *name, struct err *e)
{
	static const struct test_case cases[] = {
		{ .name = STR("a passed"), .result = JUNIT_PASSED },
		{ .name = STR("a failed"),
		    .result = JUNIT_FAILED,
		    .why = STR("it's <\"&\"> 'it'") },
		{ .name = STR("a skipped # TODO \\"),
		    .result = JUNIT_SKIPPED,
		    .why = STR("not # now") },
		{ .name = STR("b"), .result = JUNIT_PASSED },
	};
	char path[300];
	struct test_file f;
	int rc = -1;
	size_t i;

	snprintf(path, sizeof(path), "%s", at(name));
	if (test_file_open(&f, format, path, suites, 3, e) == 0) {
		test_file_suite(&f, &suites[0]);
		for (i = 0; i < 3; i++)
			test_file_case(&f, &cases[i]);
		test_file_suite(&f, &suites[1]);
		test_file_suite(&f, &suites[2]);
		test_file_case(&f, &cases[3]);
		rc = test_file_commit(&f, e);
	}
	test_file_close(&f);
	return rc;
}

static void
junit_has_suites_with_counts(void)
{
	struct err e;

	CHECK_INT(write_file(TEST_JUNIT, "a.xml", &e), 0);
	CHECK_STR(content("a.xml"),
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuites tests=\"4\" failures=\"1\" errors=\"0\" "
	    "skipped=\"1\" time=\"0.000000\">\n"
	    "  <testsuite name=\"one\" tests=\"3\" failures=\"1\" "
	    "errors=\"0\" skipped=\"1\" time=\"0.000000\">\n"
	    "    <testcase classname=\"one\" name=\"a passed\"></testcase>\n"
	    "    <testcase classname=\"one\" name=\"a failed\">"
	    "<failure message=\"it's &lt;&quot;&amp;&quot;&gt; 'it'\">"
	    "</failure></testcase>\n"
	    "    <testcase classname=\"one\" name=\"a skipped # TODO \\\">"
	    "<skipped message=\"not # now\"></skipped></testcase>\n"
	    "  </testsuite>\n"
	    "  <testsuite name=\"two\" tests=\"1\" failures=\"0\" "
	    "errors=\"0\" skipped=\"0\" time=\"0.000000\">\n"
	    "    <testcase classname=\"two\" name=\"b\"></testcase>\n"
	    "  </testsuite>\n"
	    "</testsuites>\n");
}

static void
tap_has_a_plan_and_numbers(void)
{
	struct err e;

	CHECK_INT(write_file(TEST_TAP, "a.tap", &e), 0);
	CHECK_STR(content("a.tap"), "TAP version 13\n"
				    "1..4\n"
				    "# one\n"
				    "ok 1 - a passed\n"
				    "not ok 2 - a failed\n"
				    "  ---\n"
				    "  message: 'it''s <\"&\"> ''it'''\n"
				    "  severity: fail\n"
				    "  ...\n"
				    "ok 3 - a skipped \\# TODO \\\\ # SKIP not "
				    "\\# now\n"
				    "# two\n"
				    "ok 4 - b\n");
}

/* Each byte alone, and what UTF-8 has that XML has not. */
static void
no_byte_breaks_a_line_or_an_element(void)
{
	static const struct test_suite all = { .name = "all",
		.results = { 259 } };
	static const char *const odd[] = { "\xef\xbf\xbe", "\xef\xbf\xbf",
		"\xed\xa0\x80" };
	char path[300], byte[1];
	struct test_case c = { .result = JUNIT_PASSED };
	struct test_file f;
	const unsigned char *p;
	struct err e;
	int i, format;

	for (format = TEST_JUNIT; format <= TEST_TAP; format++) {
		snprintf(path, sizeof(path), "%s", at("bytes"));
		CHECK_INT(test_file_open(
			      &f, (enum test_format)format, path, &all, 1, &e),
		    0);
		test_file_suite(&f, &all);
		for (i = 0; i < (format == TEST_JUNIT ? 259 : 256); i++) {
			byte[0] = (char)i;
			c.name = i < 256 ? (struct str){ byte, 1 }
					 : str_of(odd[i - 256]);
			f.out.n = 0;
			test_file_case(&f, &c);
			CHECK(f.out.n > 5 && memchr(f.out.p, '\n', f.out.n) ==
						 f.out.p + f.out.n - 1);
			for (p = (unsigned char *)f.out.p; p[1] != '\n'; p++)
				CHECK(*p >= ' ' && *p < 0x7f);
		}
		test_file_close(&f);
		CHECK(content("bytes") == NULL);
	}
}

static void
with_nothing_to_tell_they_are_whole_all_the_same(void)
{
	char path[300];
	struct test_file f;
	struct err e;

	snprintf(path, sizeof(path), "%s", at("empty"));
	CHECK_INT(test_file_open(&f, TEST_TAP, path, &suites[1], 1, &e), 0);
	test_file_suite(&f, &suites[1]);
	CHECK_INT(test_file_commit(&f, &e), 0);
	test_file_close(&f);
	CHECK_STR(content("empty"),
	    "TAP version 13\n1..0 # SKIP there is nothing to report\n");
	CHECK_INT(test_file_open(&f, TEST_JUNIT, path, NULL, 0, &e), 0);
	CHECK_INT(test_file_commit(&f, &e), 0);
	test_file_close(&f);
	CHECK(strstr(content("empty"), "tests=\"0\"") != NULL);
	CHECK(strstr(content("empty"), "</testsuites>\n") != NULL);
}

static void
a_file_that_cannot_be_is_an_error(void)
{
	struct err e;

	CHECK_INT(write_file(TEST_JUNIT, "no/such/folder", &e), -1);
	CHECK(strstr(e.text, "no/such/folder: No such file") != NULL);
}

RUN(TEST(junit_has_suites_with_counts), TEST(tap_has_a_plan_and_numbers),
    TEST(no_byte_breaks_a_line_or_an_element),
    TEST(with_nothing_to_tell_they_are_whole_all_the_same),
    TEST(a_file_that_cannot_be_is_an_error))
