#ifndef GATEWAY_FRAMES_OUT_H
#define GATEWAY_FRAMES_OUT_H

/* What passed on a WebSocket on its way to a person. */

#include <stdint.h>

#include "base/buf.h"

/* Appends a line for each of the first messages in lines (har/frame.h): when
 * it came since began_us, "<" from the server or ">" to it, and what it
 * says, cut where it is long. */
void frames_out_add(struct buf *out, struct str lines, int64_t began_us);

#endif
