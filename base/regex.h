#ifndef BASE_REGEX_H
#define BASE_REGEX_H

/*
 * Regular expressions in PCRE2's syntax over bytes (a dot is any of them),
 * compiled once, with its JIT where there is one, and safe to share among
 * threads.  What one search
 * may cost is bounded: a pattern that would backtrack for ever on some text
 * gives up on it instead.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;
struct err;
struct regex; /* opaque */

#define REGEX_GROUPS 33 /* the whole and 32 groups */
#define REGEX_MOST 4096 /* bytes of a pattern */

/* Where a match and its groups are; p is NULL for a group that took no part
 * in it. */
struct regex_match {
	struct str group[REGEX_GROUPS];
};

/* NULL with *e set, naming the position, when pattern is not one. */
struct regex *regex_new(struct str pattern, struct err *e);
void regex_free(struct regex *r); /* safe on NULL */

/* The same over UTF-8, with what ECMAScript means where PCRE2 has a switch for
 * it ([] and [^], groups that took no part, $ as the very end).  Searching a
 * text that is not UTF-8 gives -1.  It may have four times REGEX_MOST bytes. */
struct regex *regex_new_ecma(
    struct str pattern, bool ignore_case, struct err *e);

/*
 * The first match in text at or behind the offset from.  1 if there is one, 0
 * if not, and -1 when the search was given up because it cost too much; m is
 * set for 1 only and may be NULL.
 */
int regex_find(
    const struct regex *r, struct str text, size_t from, struct regex_match *m);

/*
 * Adds text to out with each match replaced: $0 to $9 in with are the match's
 * groups, $$ is a dollar.  How many there were, or -1 when the search was
 * given up; what is not replaced then is added as it is.
 */
int regex_replace(
    const struct regex *r, struct str text, struct str with, struct buf *out);

#endif
