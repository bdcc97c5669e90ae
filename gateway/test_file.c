#include "config.h"

#include <inttypes.h>

#include "gateway/printable.h"

#include "gateway/test_file.h"

#define TEST_FLUSH (64u * 1024)

/* How a format says things; what a format has no word for is NULL. */
struct test_writer {
	void (*begin)(struct buf *b, const struct test_suite *all);
	void (*suite)(struct buf *b, const struct test_suite *s);
	void (*one)(struct buf *b, const struct test_file *f,
	    const struct test_case *c);
	void (*suite_end)(struct buf *b);
	void (*end)(struct buf *b);
};

static uint64_t
test_count(const struct test_suite *s)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < JUNIT_RESULTS; i++)
		n += s->results[i];
	return n;
}

/* ---- JUnit ----------------------------------------------------------- */

static void
xml_begin(struct buf *b, const struct test_suite *all)
{
	junit_begin(b, all->results, 0);
}

static void
xml_suite(struct buf *b, const struct test_suite *s)
{
	junit_begin_suite(b, str_of(s->name), s->results, 0);
}

static void
xml_case(struct buf *b, const struct test_file *f, const struct test_case *c)
{
	struct buf name = { 0 }, why = { 0 };

	printable_add(&name, c->name, false);
	printable_add(&why, c->why, false);
	junit_add_case(b, &(struct junit_case){ .class = str_of(f->suite->name),
			      .name = buf_str(&name),
			      .result = c->result,
			      .message = buf_str(&why),
			      .time_us = -1 });
	buf_free(&name);
	buf_free(&why);
}

/* ---- TAP ------------------------------------------------------------- */

/* A # would begin a directive. */
static void
tap_add(struct buf *b, struct str text)
{
	struct buf clean = { 0 };
	size_t i;

	printable_add(&clean, text, false);
	for (i = 0; i < clean.n; i++) {
		if (clean.p[i] == '#' || clean.p[i] == '\\')
			buf_add_text(b, "\\");
		buf_add(b, clean.p + i, 1);
	}
	buf_free(&clean);
}

/* A YAML string in single quotes, in which only they are special. */
static void
tap_add_quoted(struct buf *b, struct str text)
{
	struct buf clean = { 0 };
	size_t i;

	printable_add(&clean, text, false);
	buf_add_text(b, "'");
	for (i = 0; i < clean.n; i++) {
		if (clean.p[i] == '\'')
			buf_add_text(b, "'");
		buf_add(b, clean.p + i, 1);
	}
	buf_add_text(b, "'");
	buf_free(&clean);
}

static void
tap_begin(struct buf *b, const struct test_suite *all)
{
	buf_addf(b, "TAP version 13\n1..%" PRIu64 "%s\n", test_count(all),
	    test_count(all) == 0 ? " # SKIP there is nothing to report" : "");
}

static void
tap_suite(struct buf *b, const struct test_suite *s)
{
	buf_add_text(b, "# ");
	tap_add(b, str_of(s->name));
	buf_add_text(b, "\n");
}

static bool
tap_failed(const struct test_case *c)
{
	return c->result == JUNIT_FAILED || c->result == JUNIT_ERROR;
}

static void
tap_case(struct buf *b, const struct test_file *f, const struct test_case *c)
{
	buf_addf(
	    b, "%sok %" PRIu64 " - ", tap_failed(c) ? "not " : "", f->cases);
	tap_add(b, c->name);
	if (c->result == JUNIT_SKIPPED) {
		buf_add_text(b, " # SKIP ");
		tap_add(b, c->why);
	}
	buf_add_text(b, "\n");
	if (!tap_failed(c))
		return;
	buf_add_text(b, "  ---\n  message: ");
	tap_add_quoted(b, c->why);
	buf_add_text(b, "\n  severity: fail\n  ...\n");
}

/* ---- both ------------------------------------------------------------ */

static const struct test_writer test_writers[] = {
	[TEST_JUNIT] = {
	    .begin = xml_begin,
	    .suite = xml_suite,
	    .one = xml_case,
	    .suite_end = junit_end_suite,
	    .end = junit_end,
	},
	[TEST_TAP] = {
	    .begin = tap_begin,
	    .suite = tap_suite,
	    .one = tap_case,
	},
};

static void
test_file_flush(struct test_file *f, size_t above)
{
	if (f->out.n <= above)
		return;
	if (!f->failed &&
	    out_file_write(&f->file, f->out.p, f->out.n, &f->error) == -1)
		f->failed = true;
	buf_clear(&f->out, 2 * TEST_FLUSH);
}

int
test_file_open(struct test_file *f, enum test_format format, const char *path,
    const struct test_suite *suites, size_t n, struct err *e)
{
	struct test_suite all = { 0 };
	size_t i, k;

	*f = (struct test_file){ .writer = &test_writers[format] };
	if (out_file_open(&f->file, path, e) == -1)
		return -1;
	for (i = 0; i < n; i++)
		for (k = 0; k < JUNIT_RESULTS; k++)
			all.results[k] += suites[i].results[k];
	f->writer->begin(&f->out, &all);
	return 0;
}

static void
test_file_end_suite(struct test_file *f)
{
	if (f->suite != NULL && f->writer->suite_end != NULL)
		f->writer->suite_end(&f->out);
	f->suite = NULL;
}

void
test_file_suite(struct test_file *f, const struct test_suite *s)
{
	test_file_end_suite(f);
	if (test_count(s) == 0)
		return;
	f->suite = s;
	f->writer->suite(&f->out, s);
}

void
test_file_case(struct test_file *f, const struct test_case *c)
{
	f->cases++;
	f->writer->one(&f->out, f, c);
	test_file_flush(f, TEST_FLUSH);
}

int
test_file_commit(struct test_file *f, struct err *e)
{
	test_file_end_suite(f);
	if (f->writer->end != NULL)
		f->writer->end(&f->out);
	test_file_flush(f, 0);
	if (f->failed) {
		*e = f->error;
		return -1;
	}
	return out_file_commit(&f->file, e);
}

void
test_file_close(struct test_file *f)
{
	out_file_close(&f->file);
	buf_free(&f->out);
}
