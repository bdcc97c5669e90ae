#ifndef GATEWAY_PROBLEM_H
#define GATEWAY_PROBLEM_H

/*
 * The body of the gateway's own errors: application/problem+json (RFC 9457).
 * Text may hold any bytes: what is not UTF-8 becomes U+FFFD.
 */

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define PROBLEM_TYPE "application/problem+json"

struct explanation;
struct json_write;

/* The request that nothing answered. */
struct problem_miss {
	struct str method, url;
	uint64_t body_bytes;
	const struct explanation *explanation; /* may be NULL */
};

struct problem {
	int status;
	const char *title; /* NULL: the usual reason phrase of status */
	struct str detail; /* a sentence; left out when p is NULL */
	const char *phase; /* of a 502 or 504; NULL: left out */
	const struct problem_miss *miss; /* NULL: left out */
};

/* Appends the JSON object to out. */
void problem_render(struct buf *out, const struct problem *p);

/* Writes the members that tell of an explanation: reason, matched, nearest,
 * others and rules. */
void problem_write_explanation(
    struct json_write *w, const struct explanation *x);

#endif
