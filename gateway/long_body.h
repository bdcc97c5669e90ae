#ifndef GATEWAY_LONG_BODY_H
#define GATEWAY_LONG_BODY_H

/*
 * A request body that is too long for memory and has to be known before it is
 * decided who answers: in a file without a name, and digested for keys while
 * it comes.  As a tape without secrets has it, it is digested when that is
 * asked for; a body in which no secrets are possible is so already.
 *
 * How many bytes lie in such files is counted for all of the gateway.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct err;
struct headers;
struct key_parts;
struct long_body; /* opaque */
struct redactor;
struct rules_request;
struct worker;

/* Of a request with the fields h, which outlive it; budget is how many bytes
 * may lie in all such files.  NULL with *e set when there can be no file. */
struct long_body *long_body_new(
    struct worker *w, const struct headers *h, uint64_t budget, struct err *e);
void long_body_free(struct long_body *b); /* safe on NULL */

enum long_body_added {
	LONG_BODY_ADDED,
	LONG_BODY_FAILED,      /* the file cannot be written; *e is set */
	LONG_BODY_OVER_BUDGET, /* too many bytes lie in such files */
};

/* Puts bytes behind what is there; they count towards the budget. */
enum long_body_added long_body_add(
    struct long_body *b, struct str bytes, struct err *e);

/* That was all of it. */
void long_body_end(struct long_body *b);

/* In bytes, as far as it has come. */
uint64_t long_body_size(const struct long_body *b);

/* Up to n bytes from offset at on: the count, 0 at the end, -1. */
int64_t long_body_read(
    struct long_body *b, uint64_t at, void *p, size_t n, struct err *e);

/* Sets the body in p, once it has ended: as it is for by NULL, or as by keeps
 * secrets out of it for the request q.  Views that live until the next call or
 * long_body_free().  1 when both are the same, else 0, or -1. */
int long_body_parts(struct long_body *b, const struct redactor *by,
    const struct rules_request *q, struct key_parts *p, struct err *e);

#endif
