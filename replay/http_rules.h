#ifndef REPLAY_HTTP_RULES_H
#define REPLAY_HTTP_RULES_H

/*
 * HTTP's own rules (RFC 9110 sections 13 and 14): by them a recorded full
 * answer also tells whether a client's copy is still good, and gives parts of
 * itself.  Pure; gateway/derive.c makes replies of it.
 *
 * They are for GET and HEAD.  An entry that was recorded for exactly such a
 * request is better than any derivation; a digest of the fields that ask for
 * one tells.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct headers;

/* A request for more ranges than this gets the whole. */
#define HTTP_RULES_RANGES 32

enum http_rule {
	HTTP_RULE_AS_IS,         /* the recorded answer */
	HTTP_RULE_NOT_MODIFIED,  /* 304 */
	HTTP_RULE_FAILED,        /* 412 */
	HTTP_RULE_RANGE,         /* 206 with the ranges */
	HTTP_RULE_UNSATISFIABLE, /* 416 */
};

/* From first on, up to and without end; never empty. */
struct http_rules_range {
	uint64_t first, end;
};

struct http_rules_cut {
	struct http_rules_range v[HTTP_RULES_RANGES];
	size_t n;
};

/* A digest of the fields that make a request conditional or ask for ranges;
 * 0 when there are none or method does not care. */
uint64_t http_rules_asks(struct str method, const struct headers *request);

/*
 * What a request with that method gets from an answer with status 200, these
 * fields and a body of size bytes.  *cut is set for HTTP_RULE_RANGE.
 */
enum http_rule http_rules_apply(struct str method,
    const struct headers *request, const struct headers *answer, uint64_t size,
    struct http_rules_cut *cut);

#endif
