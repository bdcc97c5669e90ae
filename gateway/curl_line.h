#ifndef GATEWAY_CURL_LINE_H
#define GATEWAY_CURL_LINE_H

/*
 * A recorded request as a command line for a POSIX shell: curl sends the
 * same method, URL, end-to-end fields and body again, and adds none of the
 * fields it has of its own.
 */

struct buf;
struct exchange;

/* Appends it, with a newline behind.  The request body must be known and in
 * memory. */
void curl_line_add(struct buf *out, const struct exchange *x);

#endif
