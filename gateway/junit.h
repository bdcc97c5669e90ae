#ifndef GATEWAY_JUNIT_H
#define GATEWAY_JUNIT_H

/*
 * A report in the XML that JUnit made common and CI servers read: suites of
 * cases.  Whatever bytes the texts have, the file is XML 1.0 in UTF-8.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct err;

enum junit_result {
	JUNIT_PASSED,
	JUNIT_FAILED,
	JUNIT_ERROR, /* it could not be found out */
	JUNIT_SKIPPED,
	JUNIT_RESULTS
};

struct junit_case {
	struct str class, name;
	enum junit_result result;
	struct str message; /* one line about the result; "" for none */
	struct str details; /* lines about it; "" for none */
	struct str output;  /* what there is to be said anyway; "" for none */
	int64_t time_us;    /* -1 unknown */
};

/* The parts of a document, in this order, for one that is written bit by bit:
 * suites say in advance how many cases of each result they have, and how long
 * all took. */
void junit_begin(
    struct buf *out, const uint64_t results[JUNIT_RESULTS], int64_t time_us);
void junit_begin_suite(struct buf *out, struct str name,
    const uint64_t results[JUNIT_RESULTS], int64_t time_us);
void junit_add_case(struct buf *out, const struct junit_case *c);
void junit_end_suite(struct buf *out);
void junit_end(struct buf *out);

/* A document of one suite, which counts its cases.  All zero has none. */
struct junit {
	struct buf cases;
	uint64_t results[JUNIT_RESULTS];
	int64_t time_us;
};

/* Adds a case, which is copied, and counts its result. */
void junit_add(struct junit *j, const struct junit_case *c);

/* The whole document. */
void junit_render(const struct junit *j, struct str suite, struct buf *out);

/* Writes it to the file at path, "-" for standard output.  0 or -1. */
int junit_write(
    const struct junit *j, struct str suite, const char *path, struct err *e);

void junit_fini(struct junit *j);

#endif
