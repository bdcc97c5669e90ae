#ifndef GATEWAY_FLOW_H
#define GATEWAY_FLOW_H

/*
 * How much of a body may be out at a time, when it comes in pieces over a
 * while, slowly, or both.  No I/O and no clock: times are given, in
 * microseconds.
 */

#include <stddef.h>
#include <stdint.h>

struct flow {
	uint64_t size, sent; /* bytes */
	uint64_t pieces;     /* evenly in time, the last one at over; 0: one */
	int64_t over;
	uint64_t rate; /* bytes in a second; 0: no limit */
	int64_t began, ready;
};

/* Begins now a flow whose size, pieces, over and rate are set. */
void flow_begin(struct flow *f, int64_t now);

/* How many bytes may go out now; 0 with *wait set when none may yet, or when
 * all are out. */
size_t flow_next(const struct flow *f, int64_t now, int64_t *wait);

/* So many bytes went out. */
void flow_sent(struct flow *f, size_t n, int64_t now);

#endif
