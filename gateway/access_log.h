#ifndef GATEWAY_ACCESS_LOG_H
#define GATEWAY_ACCESS_LOG_H

/*
 * The access log: a line for each exchange, to a file or standard output.
 * Workers only put rows into a bounded queue; a thread makes the lines and
 * writes them.  When it cannot keep up, lines are lost, counted and told; no
 * worker waits for it.
 */

#include <stdint.h>

struct access_log; /* opaque; safe for any thread */
struct buf;
struct err;
struct traffic_row;

enum access_format {
	ACCESS_COMBINED, /* as Apache and nginx have it */
	ACCESS_JSON,     /* an object */
	ACCESS_NDJSON,   /* the same by its other name */
};

/* path: "-" for standard output; a file is made or continued.  NULL with *e
 * set on failure. */
struct access_log *access_log_open(
    const char *path, enum access_format format, struct err *e);

/* Takes over the reference to r. */
void access_log_give(struct access_log *l, struct traffic_row *r);

/* The file is opened anew soon: it was moved away. */
void access_log_reopen(struct access_log *l);

/* Writes what waits, unless nobody takes it; safe on NULL. */
void access_log_close(struct access_log *l);

/* access_line.c: adds the line of r with its line feed. */
void access_line_add(
    struct buf *out, enum access_format format, const struct traffic_row *r);

#endif
