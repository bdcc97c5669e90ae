#ifndef GATEWAY_H2_FRONT_PRIV_H
#define GATEWAY_H2_FRONT_PRIV_H

/*
 * What the two files of HTTP/2 towards clients share: h2_front.c has a
 * connection, h2_request.c one of its requests.
 *
 * A request is a struct client without a socket.  It is fed with the text of
 * a request in HTTP/1.1, which the guard reads as any other, and what the
 * reply's writers give it in HTTP/1.1 becomes frames: they know of one way to
 * reply only.
 */

#include "gateway/client_priv.h"
#include "gateway/h2_head.h"
#include "gateway/h2_session.h"

struct h2_request {
	struct client c;   /* what transactions know of */
	struct client *on; /* its connection; NULL: that has ended */
	int32_t id;
	TAILQ_ENTRY(h2_request) link; /* of front->requests */
	TAILQ_ENTRY(h2_request) dry;  /* of front->dry, if is_dry */
	bool is_dry;                  /* what waited is with the session */
	bool closed;                  /* the session knows it no more */

	struct h2_head head; /* or trailer section, as it comes */
	bool chunked;        /* its body has no length */
	bool ended;          /* it is whole */
	bool holds;          /* the last byte of a body with a length, until */
	char byte;           /* it is known whether trailers come behind it */
	uint64_t came;       /* of such a body */
	size_t owed;         /* of its window, until it is read on */

	struct buf text; /* part of a head of the reply */
	size_t seen;
	bool answered; /* the final head is submitted */
	struct http1_body reader;
	struct headers trailers;
	bool trails; /* some may come behind a body with a length */
	bool told;   /* all of such a body was written */
	bool whole;  /* nothing comes behind what waits */
	bool cut;    /* and the reply lacks its end */
};

TAILQ_HEAD(h2_request_list, h2_request);

struct h2_front {
	nghttp2_session *session;
	struct h2_request_list requests, dry;
	size_t nrequests;
	struct h2_out out;
	struct h2_patience patience;
	bool in_session; /* reading or sending is on the stack */
	bool leaving;    /* GOAWAY was said */
	bool blocked;    /* the socket is full */
	int64_t idle;    /* since when it has no requests; 0: it has some */
};

/* h2_front.c: the session has something to send. */
void h2_front_wake(struct client *c);

/* h2_request.c: what the session's callbacks say of one ----------------- */

struct h2_request *h2_request_new(struct client *on, int32_t id);

/* Its head, or its trailer section, is whole. */
void h2_request_on_head(struct h2_request *r, bool ended);
void h2_request_on_trailers(struct h2_request *r);
/* last: nothing comes behind the frame that this is of. */
void h2_request_on_body(
    struct h2_request *r, const char *p, size_t n, bool last);
void h2_request_on_body_end(struct h2_request *r);
void h2_request_on_close(struct h2_request *r, uint32_t code);

#endif
