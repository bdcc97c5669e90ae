#ifndef GATEWAY_TALLY_H
#define GATEWAY_TALLY_H

/*
 * The requests that a report names: misses, and those that went out to an
 * upstream; equal ones once, with a count.  Bounded, whatever clients ask for:
 * so many different ones, and so many bytes of each.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define TALLY_MOST 1000 /* different requests of a kind; others are counted */
#define TALLY_TARGET 2000u /* bytes of a target; what is behind is not kept */

enum tally_kind { TALLY_MISS, TALLY_LIVE, TALLY_KINDS };

struct tally; /* opaque; safe for any thread until it is read */

/* Nothing is counted yet. */
struct tally *tally_new(void);
void tally_free(struct tally *t); /* safe on NULL */

/* Counts a request.  more is what else there is to say of it, which is kept of
 * the first of equal ones.  Does nothing when t is NULL. */
void tally_add(struct tally *t, enum tally_kind kind, struct str method,
    struct str target, const char *more);

struct tally_line {
	struct str method, target;
	const char *more; /* may be "" */
	uint64_t count;
};

/* The different ones in the order in which they first came.  Only when nothing
 * is added any more; the lines live as long as t. */
const struct tally_line *tally_lines(
    const struct tally *t, enum tally_kind kind, size_t *n);

/* All requests of the kind, and those of them that have no line. */
uint64_t tally_total(const struct tally *t, enum tally_kind kind);
uint64_t tally_beyond(const struct tally *t, enum tally_kind kind);

#endif
