#ifndef GATEWAY_VERIFY_H
#define GATEWAY_VERIFY_H

/*
 * Whether requests were made: expectations (JSON, as in hark(1), section
 * VERIFICATION) are held against the traffic log.
 *
 * What the log cannot know is not guessed: rows that made room, and bodies of
 * which only the start is kept, make the number of requests uncertain, and an
 * expectation that could be met or not is not met.
 *
 *	verify_read.c	from JSON to expectations
 *	verify_match.c	whether a request is as expected, and how it differs
 *	verify.c	the counts, the order and what is said of them
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;
struct err;
struct json_t; /* of jansson, whose header and ours have words in common */
struct traffic;
struct verify; /* opaque */

/* NULL with *e set ("expect[2].count: ..."); from stays the caller's. */
struct verify *verify_new(const struct json_t *from, struct err *e);

/* From the text of a file; errors name line and column. */
struct verify *verify_new_text(struct str text, struct err *e);
void verify_free(struct verify *v); /* safe on NULL */

/* Holds it against the log: whether all expectations are met.  Adds a JSON
 * object that says so of each to out, and with text a line of each for people
 * to text; both may be NULL. */
bool verify_check(
    struct verify *v, struct traffic *t, struct buf *out, struct buf *text);

/* The result of each expectation, after verify_check(). */
struct verify_result {
	const char *name; /* "POST /v1/pay exactly 1" */
	bool ok;
	const char *why; /* "" when ok */
};
size_t verify_count(const struct verify *v);
struct verify_result verify_result(const struct verify *v, size_t i);

#endif
