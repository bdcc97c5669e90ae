#ifndef GATEWAY_TRACE_H
#define GATEWAY_TRACE_H

/*
 * Trace Context (W3C, Level 1): which trace a request belongs to.  hark is no
 * part of a trace itself, since it exports none: what a client sends goes on
 * as it is, and the log names the trace.
 */

#include <stdbool.h>

#include "base/str.h"

struct random;

#define TRACE_PARENT_BYTES 55 /* "00-TRACEID-PARENTID-FLAGS" */
#define TRACE_ID_BYTES 32

/* The trace-id in the value of a traceparent field; "" when that is not valid
 * (section 3.2.2). */
struct str trace_id(struct str traceparent);

/* A new traceparent, sampled, with a NUL behind it. */
void trace_make(struct random *r, char out[TRACE_PARENT_BYTES + 1]);

#endif
