#ifndef GATEWAY_HTTP1_LINE_H
#define GATEWAY_HTTP1_LINE_H

/*
 * The first line of a message (RFC 9112 sections 3 and 4), and the state of
 * reading a head.  For http1.c only.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateway/http1.h"

struct http1_reader {
	struct http1_head *h;
	struct arena *a;
	const struct http1_limits *limits;
	const char *start; /* of the message */
	const char *at;
	const char *end; /* of what may belong to the head */
	enum http1_step (*start_line)(struct http1_reader *);
	enum http1_fault fault;
	/* from the fields */
	struct str host, length, coding; /* the first of each */
	unsigned hosts, lengths, codings;
	bool close, keep_alive, upgrade, upgrade_named;
};

/* Sets r->fault; gives HTTP1_FAULT. */
enum http1_step http1_line_fail(struct http1_reader *r, enum http1_fault f);

/*
 * Read the line at r->at, at least one byte of it, into r->h and move r->at
 * behind it.  What shows that this is no HTTP (a method that is no token, a
 * response that does not begin with HTTP/) and a line that is too long are
 * noticed at once, all else when the line is whole.
 */
enum http1_step http1_line_request(struct http1_reader *r);
enum http1_step http1_line_status(struct http1_reader *r);

#endif
