/* The report as test results: each entry, miss and live call is a case. */
#include "config.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/tally.h"
#include "gateway/test_file.h"
#include "gateway/verify.h"
#include "gateway/violations.h"
#include "recorder/store.h"

#include "gateway/report.h"

enum {
	SUITE_ENTRIES,
	SUITE_MISSES,
	SUITE_LIVE,
	SUITE_CONTRACT,
	SUITE_VERIFY,
	SUITES
};

/* Suites of requests: what they are called, and what one that is no failure
 * counts as. */
static const struct report_requests {
	enum tally_kind kind;
	unsigned fail_on;
	const char *name, *word;
	enum junit_result otherwise;
} report_requests[] = {
	[SUITE_MISSES] = { TALLY_MISS, FAIL_ON_MISS, "hark.misses", "miss",
	    JUNIT_SKIPPED },
	[SUITE_LIVE] = { TALLY_LIVE, FAIL_ON_LIVE, "hark.live-calls", "live",
	    JUNIT_PASSED },
};

/* While the cases are written. */
struct report_cases {
	const struct report *report;
	struct test_file file;
	struct buf name, why;
};

static enum junit_result
report_entry_result(const struct report *r, enum report_entry is)
{
	if (is == REPORT_USED)
		return JUNIT_PASSED;
	return is == REPORT_UNUSED && (r->fail_on & FAIL_ON_UNUSED) != 0
		   ? JUNIT_FAILED
		   : JUNIT_SKIPPED;
}

static enum junit_result
report_request_result(const struct report *r, const struct report_requests *q)
{
	return (r->fail_on & q->fail_on) != 0 ? JUNIT_FAILED : q->otherwise;
}

static enum junit_result
report_contract_result(const struct report *r)
{
	return (r->fail_on & FAIL_ON_CONTRACT) != 0 ? JUNIT_FAILED
						    : JUNIT_SKIPPED;
}

static void
report_contract_suite(const struct report *r, struct test_suite *suite)
{
	size_t n;

	*suite = (struct test_suite){ .name = "hark.contract" };
	if (r->violations == NULL)
		return;
	(void)violations_lines(r->violations, &n);
	suite->results[report_contract_result(r)] =
	    n + (violations_beyond(r->violations) > 0);
}

static enum junit_result
report_verify_result(const struct verify *v, size_t i)
{
	return verify_result(v, i).ok ? JUNIT_PASSED : JUNIT_FAILED;
}

static void
report_verify_suite(const struct report *r, struct test_suite *suite)
{
	size_t i;

	*suite = (struct test_suite){ .name = "hark.verify" };
	for (i = 0; r->verify != NULL && i < verify_count(r->verify); i++)
		suite->results[report_verify_result(r->verify, i)]++;
}

static void
report_suites(const struct report *r, struct test_suite *suites)
{
	const struct report_requests *q;
	size_t i, n;

	suites[SUITE_ENTRIES] = (struct test_suite){ .name = "hark.entries" };
	for (i = 0; i < REPORT_ENTRIES; i++)
		suites[SUITE_ENTRIES]
		    .results[report_entry_result(r, (enum report_entry)i)] +=
		    r->entries[i];
	report_contract_suite(r, &suites[SUITE_CONTRACT]);
	report_verify_suite(r, &suites[SUITE_VERIFY]);
	for (i = SUITE_MISSES; i <= SUITE_LIVE; i++) {
		q = &report_requests[i];
		suites[i] = (struct test_suite){ .name = q->name };
		(void)tally_lines(r->tally, q->kind, &n);
		suites[i].results[report_request_result(r, q)] =
		    n + (tally_beyond(r->tally, q->kind) > 0);
	}
}

static int
report_case_entry(void *arg, const struct store_entry_row *row)
{
	static const char *const why[] = {
		[REPORT_USED] = "",
		[REPORT_UNUSED] = "no request was answered with it",
		[REPORT_NEW] = "it was recorded meanwhile",
	};
	struct report_cases *c = arg;
	enum report_entry is = report_entry(c->report, row->id);

	c->name.n = 0;
	buf_addf(&c->name, "entry %" PRId64 ": ", row->id);
	buf_add_str(&c->name, row->method);
	buf_add_text(&c->name, " ");
	buf_add_str(&c->name, row->url);
	test_file_case(
	    &c->file, &(struct test_case){ .name = buf_str(&c->name),
			  .result = report_entry_result(c->report, is),
			  .why = str_of(why[is]) });
	return 0;
}

static void
report_case_requests(struct report_cases *c, const struct report_requests *q,
    uint64_t count, const char *more)
{
	c->why.n = 0;
	buf_addf(&c->why, "%" PRIu64 " %s", count,
	    count == 1 ? "request" : "requests");
	if (more[0] != '\0')
		buf_addf(&c->why, "; %s", more);
	test_file_case(
	    &c->file, &(struct test_case){ .name = buf_str(&c->name),
			  .result = report_request_result(c->report, q),
			  .why = buf_str(&c->why) });
}

static void
report_cases_requests(struct report_cases *c, const struct report_requests *q)
{
	const struct tally *t = c->report->tally;
	const struct tally_line *line;
	size_t i, n;

	line = tally_lines(t, q->kind, &n);
	for (i = 0; i < n; i++, line++) {
		c->name.n = 0;
		buf_addf(&c->name, "%s: ", q->word);
		buf_add_str(&c->name, line->method);
		buf_add_text(&c->name, " ");
		buf_add_str(&c->name, line->target);
		report_case_requests(c, q, line->count, line->more);
	}
	if (tally_beyond(t, q->kind) == 0)
		return;
	c->name.n = 0;
	buf_addf(&c->name, "%s: others", q->word);
	report_case_requests(c, q, tally_beyond(t, q->kind), "");
}

static void
report_case_contract(struct report_cases *c, uint64_t count)
{
	c->why.n = 0;
	buf_addf(
	    &c->why, "%" PRIu64 " %s", count, count == 1 ? "time" : "times");
	test_file_case(
	    &c->file, &(struct test_case){ .name = buf_str(&c->name),
			  .result = report_contract_result(c->report),
			  .why = buf_str(&c->why) });
}

static void
report_cases_contract(struct report_cases *c)
{
	const struct violations *v = c->report->violations;
	const struct violation_line *line;
	size_t i, n;

	if (v == NULL)
		return;
	line = violations_lines(v, &n);
	for (i = 0; i < n; i++, line++) {
		c->name.n = 0;
		buf_add_text(&c->name, "contract: ");
		buf_add_str(&c->name, line->operation);
		buf_add_text(&c->name, ": ");
		violations_add_text(&c->name, &line->v);
		report_case_contract(c, line->count);
	}
	if (violations_beyond(v) == 0)
		return;
	c->name.n = 0;
	buf_add_text(&c->name, "contract: others");
	report_case_contract(c, violations_beyond(v));
}

static void
report_cases_verify(struct report_cases *c)
{
	const struct verify *v = c->report->verify;
	struct verify_result one;
	size_t i;

	for (i = 0; v != NULL && i < verify_count(v); i++) {
		one = verify_result(v, i);
		c->name.n = 0;
		buf_addf(&c->name, "verify: %s", one.name);
		test_file_case(
		    &c->file, &(struct test_case){ .name = buf_str(&c->name),
				  .result = report_verify_result(v, i),
				  .why = str_of(one.why) });
	}
}

static int
report_cases_write(struct report_cases *c, enum test_format format,
    const char *path, struct err *e)
{
	struct test_suite suites[SUITES];
	size_t i;

	report_suites(c->report, suites);
	if (test_file_open(&c->file, format, path, suites, SUITES, e) == -1)
		return -1;
	test_file_suite(&c->file, &suites[SUITE_ENTRIES]);
	if (report_list(c->report, 0, report_case_entry, c, e) != 0)
		return -1;
	for (i = SUITE_MISSES; i <= SUITE_LIVE; i++) {
		test_file_suite(&c->file, &suites[i]);
		report_cases_requests(c, &report_requests[i]);
	}
	test_file_suite(&c->file, &suites[SUITE_CONTRACT]);
	report_cases_contract(c);
	test_file_suite(&c->file, &suites[SUITE_VERIFY]);
	report_cases_verify(c);
	return test_file_commit(&c->file, e);
}

int
report_tests(const struct report *r, enum test_format format, const char *path,
    struct err *e)
{
	struct report_cases c = { .report = r };
	int rc = report_cases_write(&c, format, path, e);

	test_file_close(&c.file);
	buf_free(&c.name);
	buf_free(&c.why);
	return rc;
}
