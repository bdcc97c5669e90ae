#ifndef GATEWAY_EDITED_H
#define GATEWAY_EDITED_H

/*
 * What a person changed in the HAR of an entry has consequences that they
 * should not have to think of.
 */

#include <stdbool.h>

struct exchange;

/*
 * Makes x, read from an edited HAR of was, consistent: a body that differs
 * has its length told in the fields, and the times of its pieces are gone; a
 * new URL has a new target, below the same base; and what is hark's own stays
 * although the member _hark may be gone (own is false then).
 */
void edited_settle(struct exchange *x, const struct exchange *was, bool own);

#endif
