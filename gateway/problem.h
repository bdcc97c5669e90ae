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

/* The request that nothing answered, and the nearest recorded one. */
struct problem_miss {
	struct str method, url;
	uint64_t body_bytes;
	int64_t nearest_entry; /* 0: there is none */
	struct str nearest_method, nearest_url;
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

#endif
