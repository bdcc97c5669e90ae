#ifndef GATEWAY_TEST_FILE_H
#define GATEWAY_TEST_FILE_H

/*
 * Results as CI servers read them: JUnit's XML or TAP version 13.  The same
 * calls write both, however many cases there are, and nothing is kept in
 * memory; the file takes the place of an old one only when it is whole.
 *
 * Texts may hold any byte: what is no printable UTF-8 is written as \xNN.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "gateway/junit.h"
#include "gateway/out_file.h"

enum test_format {
	TEST_JUNIT,
	TEST_TAP,
};

/* Cases that belong together, counted in advance: JUnit wants that. */
struct test_suite {
	const char *name; /* "hark.entries" */
	uint64_t results[JUNIT_RESULTS];
};

struct test_case {
	struct str name; /* one line, "entry 7: GET https://api.test/" */
	enum junit_result result;
	struct str why; /* it did not pass, one line */
};

struct test_file {
	const struct test_writer *writer;
	struct out_file file;
	struct buf out;
	const struct test_suite *suite; /* being written */
	uint64_t cases;
	bool failed;
	struct err error;
};

/* Begins the file at path ("-" is standard output), which has to live as long.
 * 0 or -1; whatever happens, test_file_close() cleans up. */
int test_file_open(struct test_file *f, enum test_format format,
    const char *path, const struct test_suite *suites, size_t n, struct err *e);

/* Begins a suite, which ends where the next one begins.  Without any case it
 * is left out. */
void test_file_suite(struct test_file *f, const struct test_suite *s);
void test_file_case(struct test_file *f, const struct test_case *c);

/* Puts the file in its place.  0, or -1 with the first error there was. */
int test_file_commit(struct test_file *f, struct err *e);

/* Leaves nothing of a file that was not committed. */
void test_file_close(struct test_file *f);

#endif
