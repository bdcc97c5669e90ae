#ifndef GATEWAY_ADMIN_OUT_H
#define GATEWAY_ADMIN_OUT_H

/* An answer that may become long: in memory first, then in a file without a
 * name.  All zero is an empty one. */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct admin_request;
struct err;
struct exchange;
struct har_write_options;

#define ADMIN_OUT_MEMORY (256u << 10)

struct admin_out {
	struct buf memory;
	int fd; /* once size is more than that */
	uint64_t size;
};

/* A json_write_fn, with the struct admin_out as its arg.  0 or -1. */
int admin_out_write(void *out, const void *p, size_t n, struct err *e);

/* Gives all of it as the answer, status 200. */
void admin_out_reply(
    struct admin_out *o, struct admin_request *r, const char *type);

/* An exchange as the answer: HAR 1.2, as o says. */
void admin_out_har(struct admin_request *r, const struct exchange *x,
    const struct har_write_options *o);

/* Drops it. */
void admin_out_drop(struct admin_out *o);

/* A file without a name to read and write, or -1 with *e set. */
int admin_out_file(struct err *e);

#endif
