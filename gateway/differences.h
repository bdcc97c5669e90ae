#ifndef GATEWAY_DIFFERENCES_H
#define GATEWAY_DIFFERENCES_H

/* What live answers had that their recordings had not, summed up over all
 * workers of a gateway. */

#include <stdint.h>

#include "base/str.h"

struct buf;
struct differences; /* opaque */
struct drift_findings;

/* Different lines that are kept; the first ones. */
#define DIFFERENCES_MOST 200

/* None yet. */
struct differences *differences_new(void);
void differences_free(struct differences *d); /* safe on NULL */

/* Adds an answer that was compared.  Safe on any thread. */
void differences_add(
    struct differences *d, struct str endpoint, const struct drift_findings *f);

/* How many answers had breaking drift. */
uint64_t differences_breaking(struct differences *d);

/* Appends how many answers were compared and, a line each and breaking ones
 * first, how they differed and how often; all printable. */
void differences_report(struct differences *d, struct buf *out);

#endif
