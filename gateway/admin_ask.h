#ifndef GATEWAY_ADMIN_ASK_H
#define GATEWAY_ADMIN_ASK_H

/*
 * A request to the admin port of a gateway that runs, for commands: one
 * connection, one answer, and waiting for it.
 */

#include "base/buf.h"
#include "base/str.h"

struct err;

#define ADMIN_ASK_MOST (64u * 1024 * 1024) /* bytes of an answer */

struct admin_ask {
	const char *admin;  /* "http://127.0.0.1:8081", "127.0.0.1:8081" or
			       "unix:PATH"; NULL: where it is by default */
	const char *token;  /* NULL: that of HARK_ADMIN_TOKEN, if any */
	const char *method; /* "GET" */
	const char *target; /* "/v1/state" */
	struct str json;    /* the body of a POST or PUT; "" for none */
};

/* Gives the answer's status and body.  0, or -1 with *e set when there is none
 * within 30 seconds. */
int admin_ask(
    const struct admin_ask *q, int *status, struct buf *body, struct err *e);

#endif
