#ifndef GATEWAY_CLIENT_PRIV_H
#define GATEWAY_CLIENT_PRIV_H

/*
 * What the files of the client side share; nobody else includes it.
 *
 *	client.c    a connection: replies, ends, deadlines
 *	client_lane.c  one that was taken over
 *	client_tls.c  how one begins
 *	client_body.c  a request's body that its owner gets in parts
 *	client_h2.c a connection that speaks HTTP/2, whose requests are
 *		    clients of their own without a socket
 *	guard.c     from raw bytes to a checked request
 *	clients.c   a worker's listeners and connections, accepting
 */

#include <stdbool.h>
#include <sys/queue.h>

#include <event2/bufferevent.h>
#include <event2/event_struct.h>

#include "base/arena.h"
#include "base/buf.h"
#include "gateway/stream.h"

#include "gateway/client.h"
#include "gateway/lane.h"

struct evbuffer;
struct evhttp_bound_socket;
struct evhttp_connection;
struct h2_front;
struct h2_request;

#define CLIENT_TICK_MS 100
#define CLIENT_KEEP (16u * 1024) /* memory that a quiet connection keeps */

enum client_state {
	CLIENT_HANDSHAKE, /* TLS, or not known yet */
	CLIENT_IDLE,      /* between requests */
	CLIENT_HEAD,      /* some bytes of a head are there */
	CLIENT_BODY,      /* a body at hand is not whole yet */
	CLIENT_BUSY,      /* a request is out for its reply */
	CLIENT_LINGER,    /* replied, discarding what still comes */
	CLIENT_H2,        /* its requests are other clients */
	CLIENT_DOOMED,    /* waits for the reaper */
};

struct client {
	TAILQ_ENTRY(client) link;
	struct worker *w;
	struct bufferevent *bev; /* evhttp's; we read and write beside it */
	struct evhttp_connection *evcon; /* NULL until adopted */
	struct stream s;
	uint64_t id;
	enum client_state state;
	int64_t deadline; /* monotonic µs, 0 for none */

	bool secure;   /* by TLS */
	bool entering; /* with the reply the tunnel begins */
	char *tunnel;  /* the target of the CONNECT that led here, or NULL */
	char *meant;   /* the host without SNI, during a handshake */

	struct event rd, wr;  /* ours, on the same descriptor */
	struct evbuffer *out; /* waits to be written; NULL: nothing ever did */
	struct arena arena;   /* of one request */
	struct buf in;     /* what came; the views of the request lie in it */
	size_t used;       /* of in, by the request that is served */
	size_t seen;       /* of in, by the parser so far */
	struct buf behind; /* came while a request is served */
	struct client_request request;
	struct http1_body reader; /* of a chunked body */
	struct buf body;
	size_t charged;    /* of shared->body_bytes */
	bool can_stream;   /* its owner takes the body in parts */
	bool streaming;    /* it does, and not all of it is there */
	bool resting;      /* it does not want more for now */
	uint64_t streamed; /* bytes of it */

	void *owner;
	size_t waiting;   /* queued bytes at the janitor's last look */
	bool in_guard;    /* guard_run() is on the stack */
	bool half_closed; /* the client will not send any more */
	bool moved;       /* bytes went out since half_closed was looked at */
	bool broken;      /* writing failed */
	bool replied;     /* client_done() was called */
	bool stalled;     /* client_stall() was called */
	bool keep;

	struct lane lane;            /* once it was taken over */
	struct h2_front *h2;         /* HTTP/2 on it, or NULL */
	struct h2_request *request2; /* it is one, without a socket; or NULL */
	bool taken;
	bool held;      /* its owner does not want to read for now */
	bool ended;     /* its owner knows that no more comes */
	bool shutting;  /* FIN follows what waits */
	bool stopped;   /* its owner knows that the gateway stops */
	int64_t active; /* when something passed, monotonic */
	char address[64];
};

TAILQ_HEAD(client_list, client);

struct client_side {
	const struct client_events *events;
	struct client_list live;
	struct client_list newborn; /* evhttp has them, we do not yet */
	size_t count, most;
	struct evhttp_bound_socket **bound;
	size_t nbound;
	bool paused;          /* not accepting for now */
	struct event *adopt;  /* activated by accepting */
	struct event *reap;   /* activated by dooming */
	struct event *tick;   /* deadlines */
	struct event *resume; /* accepting after a pause */
	struct http1_limits limits;
};

/* client.c -------------------------------------------------------------- */

/* The one way out of a connection: the reaper frees it once the stack is
 * unwound, so that no callback frees what its caller still uses. */
void client_doom(struct client *c);

/* As client_doom(), and the owner hears that its client is gone. */
void client_gone(struct client *c);

/* Refuses what was read: the reply is the owner's, then the connection
 * ends. */
void client_refuse(struct client *c, int status, const char *why);

/* Leaves without a reply being cut: says FIN and reads on for a moment. */
void client_linger(struct client *c);

/* Bytes came. */
void client_take(struct client *c, const char *p, size_t n);

/* What waited is out. */
void client_drained(struct client *c);

/* Sends now or never; -1 when the socket does not take all of it. */
int client_send_now(struct client *c, const char *text);

/* For the janitor's look at c. */
void client_check(struct client *c);

/* libevent's: bytes of c can be read, or written. */
void client_on_readable(evutil_socket_t fd, short what, void *arg);
void client_on_writable(evutil_socket_t fd, short what, void *arg);

/* Reads on. */
void client_listen(struct client *c);

/* Bytes that wait to be sent. */
size_t client_waiting(const struct client *c);

/* Frees what c holds; evhttp frees the connection. */
void client_fini(struct client *c);

/* client_body.c --------------------------------------------------------- */

/* What is known of the body so far goes to its owner, who has the request:
 * the decoded bytes in c->body, then what lies in c->in. */
void client_body_begin(struct client *c);

/* n bytes came, of the body and behind it. */
void client_body_bytes(struct client *c, const char *p, size_t n);

/* How long the client may take with the next ones. */
void client_body_wait(struct client *c);

/* No more of it comes. */
void client_body_fail(struct client *c, int status, const char *why);

/* client_lane.c: what happens to a connection that was taken over ------- */

/* n is 0 at the end. */
void client_lane_bytes(struct client *c, const char *p, size_t n);

/* Before the socket is read: what came before it was taken over.  True when
 * it is not to be read now. */
bool client_lane_early(struct client *c);
void client_lane_drained(struct client *c);
void client_lane_gone(struct client *c);

/* For the janitor's look at c. */
void client_lane_check(struct client *c);

/* client_tls.c ---------------------------------------------------------- */

/* A connection, or a tunnel in it, begins: its first bytes are not read. */
void client_start(struct client *c);

/* A step of what CLIENT_HANDSHAKE stands for. */
void client_handshake(struct client *c);

/* client_h2.c: h2_none.c without nghttp2 --------------------------------- */

/* TLS has agreed on HTTP/2. */
void h2_front_begin(struct client *c);

/* Bytes came on such a connection, or can go out. */
void h2_front_take(struct client *c, const char *p, size_t n);
void h2_front_flush(struct client *c);

/* No new requests; it ends when the others have. */
void h2_front_drain(struct client *c);

/* Its deadline has passed. */
void h2_front_expire(struct client *c);

/* It ends now, and all its requests with it. */
void h2_front_end(struct client *c);
void h2_front_free(struct client *c);

/* What a client without a socket does in the place of one: pieces of a reply
 * in HTTP/1.1; what client_trail() is for; its end; that it is given up; more
 * of its request is wanted. */
void h2_request_write(struct client *c, const struct iovec *v, int n);
void h2_request_may_trail(struct client *c);
void h2_request_give_trailers(struct client *c, const struct headers *trailers);
void h2_request_finish(struct client *c);
void h2_request_doom(struct client *c);
void h2_request_read(struct client *c);
void h2_request_free(struct client *c);

/* guard.c --------------------------------------------------------------- */

/* Goes on with what lies in c->in until it waits for the client or for a
 * reply. */
void guard_run(struct client *c);

/* The request is over: makes c ready for the next one. */
void guard_next(struct client *c);

#endif
