#ifndef GATEWAY_RENEWED_H
#define GATEWAY_RENEWED_H

/* A recording whose request was sent again, with the answer of today. */

struct exchange;

/* Why live, the answer to x's request, should not take the place of x's, in
 * words; NULL when it may. */
const char *renewed_hindrance(
    const struct exchange *x, const struct exchange *live);

/* Gives x the response and the times of live, whose body moves.  What nobody
 * but the old response knew is gone. */
void renewed_take(struct exchange *x, struct exchange *live);

#endif
