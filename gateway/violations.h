#ifndef GATEWAY_VIOLATIONS_H
#define GATEWAY_VIOLATIONS_H

/*
 * What was not as the OpenAPI descriptions have it, summed up over all workers
 * of a gateway: equal violations of an operation once, with a count.  Where in
 * a message it was is told of the first.  Bounded, whatever clients send.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "mock/contract.h"

struct buf;
struct violations; /* opaque; safe for any thread until it is read */

#define VIOLATIONS_MOST 1000 /* different ones; others are counted */

struct violation_line {
	struct str operation; /* "GET /pets/{id}" */
	struct contract_violation v;
	uint64_t count;
};

/* None yet. */
struct violations *violations_new(void);
void violations_free(struct violations *s); /* safe on NULL */

/* Counts v.  How many there were of its line when that is worth a word in the
 * log (the first, the tenth, the hundredth ...); 0 otherwise. */
uint64_t violations_add(struct violations *s, struct str operation,
    const struct contract_violation *v);

/* A body was not looked into. */
void violations_add_unchecked(struct violations *s);

/* In the order in which they first came.  Only when nothing is added any
 * more. */
const struct violation_line *violations_lines(
    const struct violations *s, size_t *n);

/* All violations, those of them that have no line, and bodies that were not
 * looked into. */
uint64_t violations_total(const struct violations *s);
uint64_t violations_beyond(const struct violations *s);
uint64_t violations_unchecked(const struct violations *s);

/* "request wrong-body, body /name: expected string (a.yaml#/...)", printable.
 */
void violations_add_text(struct buf *out, const struct contract_violation *v);

#endif
