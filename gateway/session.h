#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

/*
 * How a request names its isolation session, which has replay cursors of its
 * own.  What names it is hark's alone: it is taken out of the request before
 * that is looked up, recorded or forwarded.
 *
 *	header:NAME	a field:		X-Hark-Session: alice
 *	cookie:NAME	a cookie:		Cookie: hark_session=alice
 *	path:/PREFIX	the next segment:	/PREFIX/alice/v1/users
 *	host:SUFFIX	in front of a host:	alice.SUFFIX:8080
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

struct client_request;
struct err;

#define SESSION_MOST 200 /* bytes of a name */

enum session_way {
	SESSION_HEADER,
	SESSION_COOKIE,
	SESSION_PATH,
	SESSION_HOST,
	SESSION_WAYS
};

/* One --session WAY:NAME. */
struct session_setting {
	enum session_way way;
	char *name;
};

/* Sets *s from text; s->name is the caller's to free.  0 or -1. */
int session_parse(struct session_setting *s, const char *text, struct err *e);

/* A request without what named its session; views of the one it was made
 * from.  Freed with free(3). */
struct session_request;
const struct client_request *session_request(const struct session_request *s);

/*
 * By the first of the n ways that names a session: sets *name to it and *own
 * to the request to go on with.  1; 0 when none does; -1 when the name is
 * empty, too long or has control characters.
 */
int session_take(const struct session_setting *ways, size_t n,
    const struct client_request *r, struct str *name,
    struct session_request **own);

/* How a request that the gateway sends to itself is one of a session. */
struct session_naming {
	struct buf path;  /* goes in front of its path */
	struct buf host;  /* in front of its host */
	struct buf field; /* among its fields */
};

/* Adds to *to, all empty before, the one of the ways that takes any name. */
void session_name(const struct session_setting *ways, size_t n,
    struct str session, struct session_naming *to);
void session_naming_fini(struct session_naming *s);

#endif
