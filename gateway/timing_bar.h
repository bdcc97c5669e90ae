#ifndef GATEWAY_TIMING_BAR_H
#define GATEWAY_TIMING_BAR_H

/* When the phases of an exchange were, one below the other. */

#include <stddef.h>

struct buf;
struct timings;

/* Appends a line for each phase that is known: name, milliseconds, and a bar
 * of at most width places where the whole exchange is as long. */
void timing_bar_add(struct buf *out, const struct timings *t, size_t width);

#endif
