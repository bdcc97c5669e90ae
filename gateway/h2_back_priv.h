#ifndef GATEWAY_H2_BACK_PRIV_H
#define GATEWAY_H2_BACK_PRIV_H

/*
 * What the two files of HTTP/2 towards upstreams share: h2_back.c has a
 * connection, h2_call.c one call on it.
 *
 * A call has a struct conn of its own, without a socket, so that deadlines,
 * failures and retries are those of HTTP/1.  The request is given as the text
 * of one in HTTP/1.1 and is read back; the response comes as heads and bytes.
 */

#include "gateway/h2_head.h"
#include "gateway/h2_session.h"
#include "gateway/upstream_priv.h"

struct h2_call {
	struct conn c;   /* what its call knows of */
	struct conn *on; /* its connection; NULL: that has ended */
	int32_t id;
	TAILQ_ENTRY(h2_call) link; /* of back->calls */
	struct http1_body body;    /* of the request, being sent */
	struct arena arena;        /* of the request's fields */
	struct h2_head head;       /* or trailer section, as it comes */
	bool closed;               /* the session knows it no more */
	bool ended;                /* the response is whole */
	bool malformed;            /* the session did not like the response */
	size_t owed;               /* of its window, until it is read on */
};

TAILQ_HEAD(h2_call_list, h2_call);

struct h2_back {
	nghttp2_session *session;
	struct h2_call_list calls;
	size_t ncalls;
	struct h2_call *unflushed; /* was given bytes and not yet on_flush */
	struct h2_out out;
	struct h2_patience patience;
	int64_t came;    /* when something did last, monotonic */
	bool in_session; /* reading or sending is on the stack */
	bool listed;     /* others find it */
	bool leaving;    /* it takes no new calls */
	bool used;       /* it has had a call */
};

/* h2_back.c ------------------------------------------------------------- */

/* The session has something to send, or nothing more to do. */
void h2_back_wake(struct conn *c);

/* Whoever was given bytes hears that there are no more for now, unless that
 * is s: all of a worker collect what they write in one place. */
void h2_back_settle(struct h2_back *b, const struct h2_call *s);

/* Takes no new calls from here on. */
void h2_back_leave(struct conn *c);

/* h2_call.c ------------------------------------------------------------- */

/* Begins the call on a connection that has room. */
void h2_call_begin(struct conn *on, struct call *call);

/* What the session's callbacks say of one.  It may be gone afterwards. */
void h2_call_on_head(struct h2_call *s, bool ended);
void h2_call_on_trailers(struct h2_call *s);
void h2_call_on_body(struct h2_call *s, const char *p, size_t n);
void h2_call_on_end(struct h2_call *s, const struct headers *trailers);
void h2_call_on_sent(struct h2_call *s);
void h2_call_on_close(struct h2_call *s, uint32_t code);

/* The connection is no more, or cannot go on. */
void h2_call_lose(struct h2_call *s, enum outcome outcome, const char *how);

#endif
