#ifndef REPLAY_INTAKE_H
#define REPLAY_INTAKE_H

/*
 * A request body on its way into keys while it comes, in little memory: what
 * is long is digested (replay/identity.h); what is short, or may have to be
 * taken by its meaning, is kept as well, from IDENTITY_LEAST bytes on in a
 * file without a name.
 */

#include <stddef.h>

#include "base/str.h"

struct err;
struct headers;
struct intake; /* opaque; of one body */
struct key_parts;
struct keyer;

/* For the keys that k makes of a request with the fields h, which are not
 * needed any more. */
struct intake *intake_new(const struct keyer *k, const struct headers *h);
void intake_free(struct intake *i); /* safe on NULL */

/* 0, or -1 with *e set when the file cannot be written: keys by rules will not
 * be what they should, and that is all. */
int intake_add(struct intake *i, struct str bytes, struct err *e);

/* That was all of it.  0, or -1 in the same case. */
int intake_end(struct intake *i, struct err *e);

/* Sets the body in p, as views of i, which has ended. */
void intake_parts(const struct intake *i, struct key_parts *p);

#endif
