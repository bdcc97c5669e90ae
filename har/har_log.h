#ifndef HAR_HAR_LOG_H
#define HAR_HAR_LOG_H

/*
 * What the log of a HAR has beside its entries: pages, browser, a comment and
 * whatever else a producer adds.  It is kept as the text of one JSON object
 * with its members in their order, pages and browser made as HAR 1.2 wants
 * them, so that an export is valid.
 */

#include "har/har_in.h"

#define HAR_LOG_MOST (16u << 20) /* bytes of all that is kept of one file */

/* Adds the member called name, whose value begins with t, to members: JSON
 * text without the braces around it. */
int har_log_keep(
    struct har_in *in, enum json_token t, struct str name, struct buf *members);

/*
 * Appends the object with the members of both to out, which are objects or
 * "".  Pages are those of both, equal ones once; of other members that both
 * have, that of first stays.
 */
void har_log_merge(struct str first, struct str second, struct buf *out);

#endif
