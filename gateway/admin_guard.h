#ifndef GATEWAY_ADMIN_GUARD_H
#define GATEWAY_ADMIN_GUARD_H

/*
 * Who may reach the admin port.  Whoever is on this machine may, by loopback
 * or the unix socket's owner, or who knows the token.  A browser on this
 * machine runs pages of strangers, though: a request must name a host that is
 * ours (so that no other name can be pointed at us, "DNS rebinding"), must not
 * say that a page of another origin made it, and one that changes something
 * must have a body of a type that such a page cannot send.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateway/http1.h"

struct admin_command;
struct err;

struct admin_guard {
	const char *token;  /* NULL: none is asked for */
	char *const *names; /* further hosts of ours */
	size_t nnames;
	bool
	    local; /* a unix socket: browsers cannot come, hosts do not count */
};

/* Says whether a request that came to address own ("127.0.0.1:8081") may go
 * on.  0, or the status to refuse it with and why in *e. */
int admin_guard_host(const struct admin_guard *g, const struct http1_head *h,
    const char *own, struct err *e);

/* The same by where it comes from, once its command is known. */
int admin_guard_origin(const struct admin_guard *g, const struct http1_head *h,
    const struct admin_command *c, struct err *e);

/* The same by the token. */
int admin_guard_token(const struct admin_guard *g, const struct http1_head *h,
    const struct admin_command *c, struct err *e);

/* The same by the type of the body. */
int admin_guard_type(
    const struct http1_head *h, const struct admin_command *c, struct err *e);

/* A new token: 32 hexadecimal digits by chance.  The caller frees. */
char *admin_guard_make_token(void);

#endif
