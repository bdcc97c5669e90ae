#ifndef GATEWAY_UPSTREAM_H
#define GATEWAY_UPSTREAM_H

/*
 * The upstream leg: our strict codec on plain libevent events.  A call is
 * one request to an origin and its response, streamed to a handler as it
 * comes.  Connections are kept per worker and origin; a connection is used
 * again only when its last response ended exactly where its input ended, and
 * nothing has come on it since.
 *
 * Where TLS agrees on HTTP/2 calls share a connection, which nobody who calls
 * notices but by the version of the response's head.
 *
 * A request that dies on a kept connection before a single byte of response
 * came is sent once more on a fresh one if its method is idempotent (RFC
 * 9110 section 9.2.2): the server closed just then.  So is one that an
 * upstream by HTTP/2 says it has not looked at, whatever its method.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/uio.h>

#include "gateway/http1.h"

struct call; /* opaque */
struct lane;
struct origin;
struct pool; /* opaque; the connections of one worker */
struct worker;

/* Where a call failed; the words stand in problem replies and the log. */
#define CALL_PHASES(P) \
	P(RESOLVE, "resolve") \
	P(POLICY, "policy") /* the address is not permitted */ \
	P(CONNECT, "connect") \
	P(TLS, "tls") \
	P(WRITE, "write") \
	P(FIRST_BYTE, "first-byte") \
	P(HEAD, "head") \
	P(BODY, "body")

enum call_phase {
#define P(name, text) CALL_##name,
	CALL_PHASES(P)
#undef P
	    CALL_PHASE_COUNT
};
/* In words, for people. */
const char *call_phase_text(enum call_phase p);

struct call_failure {
	enum call_phase phase;
	enum outcome outcome;
	char text[256];
};

/* All on the worker's thread, never from inside call_start().  Views live
 * until the callback returns, body data until on_flush returned.  After
 * on_end or on_failure, or call_cancel(), the call is gone. */
struct call_handler {
	void (*on_interim)(void *arg, const struct http1_head *h);
	void (*on_head)(void *arg, const struct http1_head *h);
	void (*on_body)(void *arg, struct str bytes);
	/* All that one read brought was handed over; not after on_end. */
	void (*on_flush)(void *arg);
	void (*on_end)(void *arg, const struct headers *trailers);
	void (*on_failure)(void *arg, const struct call_failure *f);
	/* The connection is the caller's as a lane (gateway/lane.h), to listen
	 * to at once, and no other event comes.  The call stays until the lane
	 * is closed or gone; it must not be cancelled.  h is the head of a
	 * 101, or NULL.  NULL where the request is neither. */
	void (*on_lane)(
	    void *arg, const struct http1_head *h, struct lane *lane);
	/* More can be sent after call_send() has given true.  NULL where the
	 * request is not streamed. */
	void (*on_room)(void *arg);
};

/* The request: head with its blank line, and body, as they go out; views
 * that live until the call is gone.  Without a head the call only connects,
 * by TLS if that is the origin's way. */
struct call_request {
	const struct origin *origin;
	struct str method;
	struct str head;
	struct str body;
	bool upgrade;  /* asks to switch protocols: 101 is an answer */
	bool streamed; /* body is empty: it follows by call_send() */
	/* What only HTTP/2 can say; HTTP/1.1 leaves it out. */
	bool takes_trailers;     /* "te: trailers" */
	struct headers trailers; /* behind a body with a length */
};

/* Begins a call: what *r views has to live until its end, which h, not copied,
 * tells with arg.  Never NULL; what fails is told later. */
struct call *call_start(struct worker *w, const struct call_request *r,
    const struct call_handler *h, void *arg);

/*
 * More of a streamed request, as it goes out: the n pieces at v, which are
 * copied.  True when as much waits as may: on_room comes, if the call lives
 * on.  Nothing waits any more when the upstream has stopped reading.  Such a
 * call takes a fresh connection, for it cannot be sent twice.
 */
bool call_send(struct call *c, const struct iovec *v, int n);

/* That was all of it; trailers as those of struct call_request. */
void call_finish(struct call *c, const struct headers *trailers);

/* Stops and starts reading the response. */
void call_pause(struct call *c);
void call_resume(struct call *c);

/* Ends the call; its connection is closed. */
void call_cancel(struct call *c);

/* What is known so far: HAR timings, connect and tls only for a connection
 * made by this call. */
void call_timings(const struct call *c, struct timings *t);

/* Of the connection in use: "192.0.2.1:443" and a number that names it; ""
 * and 0 before there is one. */
const char *call_peer(const struct call *c);
uint64_t call_connection(const struct call *c);

/* Those of a worker; none is open yet. */
struct pool *pool_new(struct worker *w);
void pool_free(struct pool *p); /* safe on NULL; after the last call */

/* Whether connections are kept for later; those that are kept end when not.
 * Safe on NULL. */
void pool_keep(struct pool *p, bool on);

#endif
