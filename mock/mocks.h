#ifndef MOCK_MOCKS_H
#define MOCK_MOCKS_H

/*
 * Mocked routes: they answer before any recording and before the upstream.
 * What they are is in Mockoon's environments (mock/environment.h); what they
 * remember is kept for each isolation session (mock/memory.h).
 *
 * A file that changes makes another version of all, which shares with the one
 * before what did not change and what is remembered; whoever is at work with
 * a version holds it.
 *
 *	mocks.c		all environments
 *	mocks_text.c	what is remembered of them as text
 *	memory.c	what sessions remember of them
 *	server.c	one environment, made ready to answer
 *	respond.c	the reply of one response
 *	crud.c		the nine operations on a data bucket
 *	callback.c	requests that follow an answer
 *	stream.c	bodies that come in pieces
 *	socket.c	WebSocket routes
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "mock/environment.h"

struct callback;
struct err;
struct headers;
struct stream;
struct mocks; /* opaque, counted; safe for any thread once it is filled */

struct mocks_options {
	const char *locale; /* of fake data; NULL: en */
	bool seeded;        /* fake data and chance follow from seed */
	uint64_t seed;
	bool mockoon_errors;   /* a template's error as Mockoon answers it */
	bool choose_by_header; /* x-mock-response-code, -name and -id */
	size_t most_sessions;
	/* When what mocks_write_state() writes changes first, and when it
	 * changes first after that; a request waits for it.  Or NULL. */
	void (*on_change)(void *arg);
	void *arg;
	uint64_t most_callback_depth; /* of requests that callbacks follow */
};

/* Whether there is no route at all. */
bool mocks_empty(const struct mocks *m);

struct mocks *mocks_new(const struct mocks_options *o);
struct mocks *mocks_ref(struct mocks *m);
void mocks_unref(struct mocks *m); /* safe on NULL */

/* Where an environment stands.  Those for the host of a request are asked
 * first, then those for any, each in the order of adding. */
struct mocks_place {
	struct str host;   /* with or without port; "" for any */
	struct str prefix; /* "/path" in front of all of its routes; or "" */
};

/* Adds an environment, which moves in also on failure.  Data buckets are
 * generated as at now_us (wall clock).  What does not work, but only where it
 * is asked for, is added to remarks, one a line.  0 or -1. */
int mocks_add(struct mocks *m, struct environment *env,
    const struct mocks_place *at, int64_t now_us, struct buf *remarks,
    struct err *e);

/* The environment that was added last is asked before all others, for any
 * host. */
void mocks_put_ahead(struct mocks *m);

/* A version in which env is in the place of the environment that was added as
 * the i-th (from 0).  One thread at a time makes versions.  NULL and *e set
 * when that does not work. */
struct mocks *mocks_with(const struct mocks *m, size_t i,
    struct environment *env, int64_t now_us, struct buf *remarks,
    struct err *e);

/* How many routes the i-th environment has. */
size_t mocks_routes(const struct mocks *m, size_t i);

/* Forgets what was remembered for what the i-th environment does not have any
 * more, once versions that had it are out of use. */
void mocks_forget(struct mocks *m, size_t i);

/* What is remembered, one or the other. */
enum mocks_part {
	MOCKS_COUNTERS = 1, /* how often routes served, and scenarios */
	MOCKS_BUCKETS = 2,
	MOCKS_VARIABLES = 4,
};

/* Forgets these parts of what the session with that number has done, which
 * goes on as one that begins. */
void mocks_reset(struct mocks *m, uint64_t session, unsigned parts);

#define MOCKS_STATE_MOST (256u << 20) /* bytes of it */

/*
 * What is remembered for those that name no session, as text, to go on with
 * it in another process.  It is read once, when all environments are there
 * and before any request.  What is of a route or bucket that the files have
 * otherwise now is left out and told in remarks, one a line; what is of files
 * that are not there is kept for the next writing.  0, or -1 and *e set when
 * it is no such text.
 */
void mocks_write_state(struct mocks *m, struct buf *out);
int mocks_read_state(
    struct mocks *m, struct str text, struct buf *remarks, struct err *e);

struct mock_request {
	struct str method;
	struct str target; /* origin-form */
	struct str authority;
	struct str client; /* address without port */
	uint16_t port;     /* that it reached */
	struct str body;
	const struct headers *headers;
	struct str session;      /* "" for the one that all others share */
	uint64_t session_number; /* another one when it begins anew */
	int64_t now_us;          /* wall clock */
	bool socket;             /* it asks for a WebSocket */
};

/* What a route answers; all of it lives in arena. */
struct mock_reply {
	struct arena arena;
	int status;
	struct str headers; /* "Name: value\r\n"..., no framing fields */
	struct buf body;
	uint64_t latency_ms; /* in front of it */
	enum mock_fault fault;
	uint64_t pieces, over_ms;   /* of the body, one by one; 0: whole */
	uint64_t bandwidth;         /* bytes in a second; 0: no limit */
	struct str route;           /* its uuid, or its endpoint */
	struct str response;        /* its label or uuid; "" */
	struct buf remarks;         /* for the log, one a line */
	struct mocks *of;           /* the version that it came from, held */
	struct callback *callbacks; /* that follow; a list, or NULL */
	struct stream *stream;      /* NULL: body is all there is to come */
};

/* Whether a response of any environment has callbacks. */
bool mocks_have_callbacks(const struct mocks *m);

/* Whether there is a WebSocket route at all. */
bool mocks_have_sockets(const struct mocks *m);

/* Whether a route may answer a request that is no WebSocket's with the method,
 * target and authority of q: false is certain.  Bodies of such requests are
 * not needed. */
bool mocks_may_answer(const struct mocks *m, const struct mock_request *q);

/* Whether a route answers; *r, all zero before, is to be ended with
 * mock_reply_fini() either way. */
bool mocks_answer(
    struct mocks *m, const struct mock_request *q, struct mock_reply *r);
void mock_reply_fini(struct mock_reply *r);

#endif
