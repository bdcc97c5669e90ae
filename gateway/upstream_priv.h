#ifndef GATEWAY_UPSTREAM_PRIV_H
#define GATEWAY_UPSTREAM_PRIV_H

/*
 * What the files of the upstream leg share; nobody else includes it.
 *
 *	upstream.c   a call: from its start to its end or failure
 *	conn.c       a connection comes up: address, connect, TLS
 *	conn_proxy.c by way of a proxy
 *	conn_io.c    a request goes out and a response comes in on it
 *	conn_lane.c  a connection that has become bytes in both directions
 *	h2_back.c    a connection by HTTP/2, which many calls share
 *	h2_call.c    one of these: a conn of its own without a socket
 *	pool.c       connections of a worker: kept, taken again, expired
 */

#include <stdbool.h>
#include <sys/queue.h>

#include <event2/event_struct.h>

#include "base/buf.h"
#include "gateway/lane.h"
#include "gateway/resolve.h"
#include "gateway/stream.h"
#include "gateway/tls.h"

#include "gateway/upstream.h"

struct h2_back;
struct h2_call;
struct proxies;
struct proxy;

enum conn_state {
	CONN_NEW, /* waiting for an address */
	CONN_CONNECTING,
	CONN_PROXY, /* asked for a tunnel */
	CONN_HANDSHAKE,
	CONN_BUSY,   /* has a call */
	CONN_KEPT,   /* idle in the pool */
	CONN_SHARED, /* by HTTP/2: its calls are other conns */
	CONN_LANE,
	CONN_DOOMED, /* was a lane; freed by the loop */
};

struct conn {
	TAILQ_ENTRY(conn) link; /* of pool->live */
	TAILQ_ENTRY(conn) kept; /* of pool->origins[i].kept or .shared */
	struct pool *pool;
	const struct origin *origin;
	const struct proxy *proxy; /* in between; NULL: none */
	struct call *call;         /* NULL when kept */
	enum conn_state state;
	struct stream s;
	struct event rd, wr;
	int64_t deadline; /* monotonic µs, 0 for none */
	struct addresses addresses;
	size_t address;   /* the one in use */
	bool remembered;  /* they were not looked up for it */
	int64_t patience; /* monotonic µs: to be connected by */
	struct buf in;    /* part of a head */
	size_t seen;
	struct http1_body reader;
	uint64_t id;
	char peer[72];
	struct h2_back *h2;     /* HTTP/2 on it, or NULL */
	struct h2_call *stream; /* it is one, without a socket; or NULL */
	int64_t awaited; /* others wait until then for what it speaks, or 0 */
	bool reused;
	bool unprocessed; /* the upstream says that it did nothing */
	bool broken; /* failed inside call_start(); told by the write event */
	struct call_failure why;

	struct lane lane;
	struct buf out; /* what a lane's socket did not take */
	size_t out_at;  /* of it is sent */
	bool held;      /* a lane's owner does not want to read */
	bool shutting;  /* a lane's end is said behind what waits */
	bool closing;   /* a lane's owner only waits for that */
};

#define CONN_LANE_KEEP (16u * 1024) /* memory that a quiet lane keeps */

struct call {
	TAILQ_ENTRY(call) wait; /* of an origin's waiting or pool->admitted */
	struct worker *w;
	struct call_request request;
	const struct call_handler *handler;
	void *arg;
	struct buf proxied; /* the head for a proxy */
	struct conn *conn;
	struct lookup *lookup;
	struct buf queue; /* of a streamed body, behind the head */
	bool full;        /* its sender waits for room */
	bool finished;    /* all of it was given */
	size_t sent;
	bool sent_all;
	bool write_failed; /* but a response may still be there to read */
	bool got_any;      /* bytes of a response */
	bool got_head;
	bool paused;
	bool retried;
	unsigned interims; /* responses before the one */
	bool waits;        /* for another's handshake, without a connection */
	bool admitted;     /* it has waited and goes on from the loop */
	bool waited;       /* in vain: it takes a connection of its own */
	bool keep_alive;   /* the response allows it */
	int64_t started, resolved, connecting, connected, secured, sending,
	    all_sent, first_byte, done;
};

TAILQ_HEAD(call_list, call);
TAILQ_HEAD(conn_list, conn);

struct pool_origin {
	struct conn_list kept; /* newest first */
	size_t nkept;
	struct conn_list shared; /* by HTTP/2, with room or not */
	bool only_http1;         /* it wants nothing else */
	bool chose_http1;        /* when it was last asked */
	struct conn *awaited;    /* its handshake decides for waiting */
	struct call_list waiting;
	struct addresses addresses;
	int64_t resolved_at;
};

struct pool {
	struct worker *w;
	struct conn_list live;        /* all, kept or busy */
	struct pool_origin **origins; /* by index; NULL: nothing remembered */
	size_t norigins;
	struct proxies *proxies;
	struct resolver *resolver;
	struct event *tick;
	struct event *admit; /* those who waited and need not any more */
	struct call_list admitted;
	bool keeps; /* connections for later */
	uint64_t ids;
	struct http1_limits limits;
};

/* upstream.c ------------------------------------------------------------ */

/* Whether the request may be sent twice (RFC 9110 section 9.2.2). */
bool call_idempotent(const struct call *call);

/* The one way a call fails: tried again on a fresh connection where that is
 * safe, else told to its handler.  The call and its connection are gone. */
void call_fail(struct call *call, const struct call_failure *f);

/* An interim response came.  False when it was one too many and the call is
 * over. */
bool call_take_interim(struct call *call, const struct http1_head *h);

/* The response is whole; clean when nothing came behind it. */
void call_end(struct call *call, const struct headers *trailers, bool clean);

/* Whether all that there is was sent, but more of the request is to come. */
bool call_is_dry(const struct call *call);

/* Frees it and nothing else. */
void call_free(struct call *call);

/* conn_proxy.c ---------------------------------------------------------- */

/* Asks the proxy that was reached for a tunnel to the origin. */
void conn_proxy_ask(struct conn *c);
void conn_proxy_read(struct conn *c);

/* Makes the request one for a proxy, if it is not to go through a tunnel. */
void call_by_proxy(struct call *call, const struct proxy *proxy);

/* conn.c ---------------------------------------------------------------- */

/* A connection for call, on its pool's list and without a socket yet. */
struct conn *conn_new(struct pool *p, struct call *call);

/* There is a way to the origin: begins TLS on it. */
void conn_secure(struct conn *c);

/* Sets up the events of a descriptor, or of none. */
void conn_events(struct conn *c);

/* Fails from the loop, not from inside call_start(). */
void conn_fail_later(
    struct conn *c, enum call_phase phase, const char *what, const char *why);

/* Gets an address for a new connection and connects. */
void conn_resolve(struct conn *c);
/* The time for the address in use is over. */
void conn_connect_late(struct conn *c);

/* Ends its call with that failure; the text is for people. */
void conn_fail(struct conn *c, enum call_phase phase, enum outcome outcome,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* conn_io.c ------------------------------------------------------------- */

/* The connection is up: the request of its call goes out. */
void conn_begin(struct conn *c);
void conn_write(struct conn *c);
void conn_read(struct conn *c);

/* Reads into the worker's scratch, as stream_read() does.  When there is
 * nothing now it is called again by itself; how says how the connection ended
 * if it did. */
#define CONN_HOW 128
ssize_t conn_receive(struct conn *c, char how[CONN_HOW]);

/* Something came on a connection that waits in the pool. */
void conn_read_kept(struct conn *c);

/* conn_lane.c ----------------------------------------------------------- */

/* The call gets its lane, h was its response's head or is NULL, and then the
 * n bytes at p. */
void conn_lane_begin(
    struct conn *c, const struct http1_head *h, const char *p, size_t n);
void conn_lane_on_readable(struct conn *c);
void conn_lane_on_writable(struct conn *c);
void conn_lane_expire(struct conn *c);

/* Frees it and its call. */
void conn_lane_free(struct conn *c);

/* h2_back.c and h2_call.c: h2_none.c without nghttp2 --------------------- */

/* TLS has agreed on HTTP/2: c's call is the first of many. */
void h2_back_begin(struct conn *c);

/* Begins the call on a connection to its origin that has room; false when
 * there is none. */
bool h2_back_take(struct pool *p, struct call *call);
void h2_back_read(struct conn *c);
void h2_back_flush(struct conn *c);

/* Frees what it has more than others. */
void h2_back_free(struct conn *c);

/* What a conn without a socket does in the place of one: more of the request
 * is there; the response is read on; nothing came in time; it is freed. */
void h2_call_write(struct conn *c);
void h2_call_read(struct conn *c);
void h2_call_late(struct conn *c);
void h2_call_free(struct conn *c);

/* pool.c ---------------------------------------------------------------- */

/* What the pool remembers of an origin; NULL for ORIGIN_ALONE. */
struct pool_origin *pool_origin(struct pool *p, const struct origin *o);

/* A kept connection for the call, or a new one; only a new one if fresh. */
void conn_start(struct call *call, bool fresh);

/* The handshake of c has shown what its origin speaks. */
void pool_settle(struct conn *c, bool http2);

/* The call waits no longer, if it did. */
void pool_forget(struct call *call);

/* Back to the pool, or closed when there are enough. */
void conn_keep(struct conn *c);
void conn_free(struct conn *c);

#endif
