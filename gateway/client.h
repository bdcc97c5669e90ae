#ifndef GATEWAY_CLIENT_H
#define GATEWAY_CLIENT_H

/*
 * The client side: connections, the guard, and evhttp behind its wall.
 *
 * evhttp listens, accepts and owns the connections; of what passes on them it
 * hears nothing.  The guard reads, parses the raw bytes with our own strict
 * codec, refuses what is ambiguous, and hands over one request at a time.
 * Replies go straight to the socket; what the socket does not take waits in a
 * queue of ours.  evhttp's bufferevent neither reads nor writes.
 *
 * All functions run on the client's worker.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/uio.h>

#include "gateway/http1.h"

struct client;
struct err;
struct lane;
struct worker;

/* A request as its client sent it; lives until the reply is done. */
struct client_request {
	struct http1_head head;
	struct str body; /* after the transfer coding */
	struct headers trailers;
	bool more;       /* body is empty: it comes by on_body */
	int64_t started; /* monotonic, when the head was whole */
	size_t head_bytes;
};

/* What happens to a request; rows of one table in transaction.c. */
struct client_events {
	/* A whole request is there, or its head if r->more.  Reply now or
	 * later. */
	void (*on_request)(struct client *c, const struct client_request *r);
	/* Whether the body of a request may come in parts once it is longer
	 * than --stream-request-body.  Asked at the head, before on_request. */
	bool (*can_stream)(struct client *c, const struct client_request *r);
	/* A part of such a body, which lives until the return; its end, after
	 * which the trailers live as long as the request. */
	void (*on_body)(struct client *c, void *owner, struct str bytes);
	void (*on_body_end)(
	    struct client *c, void *owner, const struct headers *trailers);
	/* The rest will not come: reply with status and close, if that is
	 * still possible. */
	void (*on_body_failed)(
	    struct client *c, void *owner, int status, const char *why);
	/* The bytes were refused before they became a request: reply with
	 * status and close. */
	void (*on_refused)(struct client *c, int status, const char *why);
	/* What waited to be written is out; for a paused sender. */
	void (*on_drained)(struct client *c, void *owner);
	/* The client left before its reply was done; say nothing more. */
	void (*on_gone)(struct client *c, void *owner);
	/* The last byte was handed to the socket. */
	void (*on_replied)(struct client *c, void *owner);
};

/* Sets up the client side of a worker on listening sockets, which are taken
 * over. */
int clients_open(struct worker *w, const struct client_events *events,
    const int *fds, size_t nfds, struct err *e);

/* Call first on the worker's thread. */
void clients_enter(struct worker *w);

/* Stops accepting, closes idle connections; busy ones end with their reply.
 * worker_idle() is called when the last is gone. */
void clients_drain(struct worker *w);

/* Closes all connections at once. */
void clients_close(struct worker *w);
void clients_free(struct worker *w); /* safe before clients_open() */

/* The worker that has it; its address, for people; and a number that no other
 * client of the gateway has: "c12" in the log. */
struct worker *client_worker(const struct client *c);
const char *client_address(const struct client *c); /* "127.0.0.1:4711" */
uint64_t client_id(const struct client *c);

/* Whether host, an address as in a URL, is the one the client reached us on. */
bool client_is_local(const struct client *c, struct str host);

/* The port that the client reached us on. */
uint16_t client_local_port(const struct client *c);

/* Whether it asks by TLS. */
bool client_is_secure(const struct client *c);

/* Whether it asks by HTTP/2. */
bool client_is_http2(const struct client *c);

/* The authority of the CONNECT that it came by, or NULL. */
const char *client_tunnel(const struct client *c);

/* Whoever answers; handed to the later events of this request. */
void client_own(struct client *c, void *owner);

/* Whether the connection may serve another request after this reply: the
 * client wants it, has sent all of its request, and the worker is not
 * draining. */
bool client_keeps_alive(const struct client *c);

/* Stops and starts on_body, for back-pressure. */
void client_read_body(struct client *c, bool on);

/*
 * A trailer section behind a body with a length, as only HTTP/2 has it; by
 * HTTP/1.1 nothing comes of it.  Before the head of the reply is written it is
 * said that there may be one, if it is not known yet; it is given before
 * client_done(), and is empty when there is none after all.
 */
void client_may_trail(struct client *c);
void client_trail(struct client *c, const struct headers *trailers);

/* Writes, or queues what the socket does not take (it is copied).  Gives the
 * bytes that wait now. */
size_t client_write(struct client *c, struct iovec *v, int n);

/* Asks for on_drained soon though nothing waits: a sender that has much to
 * say lets others have their turn. */
void client_again(struct client *c);

/*
 * The connection stops being HTTP: all that comes behind the request is the
 * lane's (gateway/lane.h), and its owner hears nothing more by client_events.
 * What client_write() was given before goes out first.
 */
struct lane *client_take_over(struct client *c);

/* The reply to a CONNECT is complete: what follows are requests to authority,
 * by TLS or not as the first byte says. */
void client_intercept(struct client *c, struct str authority);

/* The reply is complete; with keep the connection goes on. */
void client_done(struct client *c, bool keep);

/* Nothing more will be written: the connection ends when the client leaves,
 * when the idle timeout has passed, or when the worker drains; on_gone comes
 * then. */
void client_stall(struct client *c);

/* Ends the connection in the middle of a reply so that the client notices:
 * with reset by RST, for a reply that its end delimits. */
void client_abort(struct client *c, bool reset);

#endif
