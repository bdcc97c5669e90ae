#ifndef GATEWAY_TRANSACTION_H
#define GATEWAY_TRANSACTION_H

/*
 * A transaction is what happens to one request: the decision of DESIGN 1 in
 * its one order, and then one of four ways to reply.
 *
 *	transaction.c   who answers: mock, recording, upstream, or nobody
 *	transaction_told.c    what logs and figures are told of it
 *	transaction_replay.c  the recording that may answer
 *	miss.c          what is said when nobody does
 *	fetch.c         what a look-up waits for
 *	reply.c         heads and whole replies: mock, recording, problem
 *	pace.c          when a recording or a mock is sent
 *	fault.c         what goes wrong with a mock's answer
 *	trickle.c       when the pieces of a mock's stream are sent
 *	derive.c        replies that a recording does not have but implies
 *	forward.c       asking the upstream and streaming its answer
 *	upload.c        a request's body that comes in parts
 *	relay.c         requests that name their origin, tunnels to it
 *	upgrade.c       a WebSocket that the upstream agreed to
 *	ws_agree.c      the 101 of a WebSocket that is not the upstream's
 *	ws_replay.c     a WebSocket that is played
 *	tee.c           the exchange that is recorded on the way
 *	tee_socket.c    the messages of a WebSocket that is
 *	tee_draft.c     what the recorder gets of both while they go on
 *	tee_upload.c    the request's body when it comes in parts
 *	compare.c       what differs from the recording (--diff)
 *	traffic_note.c  what the traffic log gets to know
 *	verdict.c       what is not as described (--openapi)
 *
 * It lives from on_request to on_replied or on_gone, or to the end of the
 * lane that its client's connection has become, on one worker.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gateway/client.h"
#include "gateway/origin.h"
#include "gateway/settings.h"
#include "gateway/trace.h"
#include "recorder/redact.h"
#include "replay/errand.h"
#include "replay/library.h"

struct answer;
struct call;
struct call_failure;
struct compare;
struct exchange;
struct fetch;
struct mock_reply;
struct plan;
struct plan_lease;
struct question;
struct search;
struct verdict;
struct recording;
struct session_request;
struct traffic_note;
struct tunnel;
struct upload;
struct upload_tee;
struct worker;
struct ws_tap;

/* How the reply's body is delimited towards the client. */
enum reply_framing {
	REPLY_NO_BODY,
	REPLY_LENGTH, /* the head has a Content-Length */
	REPLY_CHUNKED,
	REPLY_CLOSE, /* for HTTP/1.0 */
};

/* Who answers, as X-Hark-Source and the log say. */
#define SOURCES(S) \
	S(HARK, "hark") \
	S(MOCK, "mock") \
	S(REPLAY, "replay") \
	S(UPSTREAM, "upstream") \
	S(MISS, "miss")

enum source {
#define S(name, text) SOURCE_##name,
	SOURCES(S)
#undef S
	    SOURCE_COUNT
};

/* What the recorder has of an exchange that goes on; see tee_draft.c. */
struct draft {
	struct transaction *next, **at; /* among the worker's; at NULL: none */
	bool begun;                     /* it has the head */
	int64_t at_us; /* when it got the last; when it was listed */
	uint64_t size; /* body_size at that time */
	size_t bytes;  /* of x's response body in memory it has */
	size_t marks;
};

struct transaction {
	struct worker *w;
	struct client *c;
	uint64_t number; /* no other one of this run has it */
	const struct client_request *r;
	struct plan_lease *lease;
	struct plan *plan;               /* its */
	const struct settings *settings; /* of the plan */
	const struct mode *mode;         /* once it is clear where it may go */
	struct route route;
	bool routed;
	bool named; /* by the request itself, not by a setting */

	struct session_request *own; /* what r is of, in a session */
	struct str session;          /* its name; "" for none */
	uint64_t session_number;

	enum source source;
	int status; /* of the reply, for the log */
	enum reply_framing framing;
	bool keep;     /* the connection goes on afterwards */
	bool head_out; /* its head is rendered */
	bool begun;    /* and bytes of it went to the client */

	struct mock_reply *mock; /* being sent */

	struct wanted wanted;                   /* what was looked up */
	struct basket basket;                   /* what was brought for that */
	struct fetch *fetch;                    /* something is; or NULL */
	void (*fetched)(struct transaction *t); /* goes on with it */
	struct call_failure *failure; /* of the upstream, before that */
	struct answer *answer;        /* being replayed */
	struct buf piece;             /* of its body in a store far away */
	uint64_t piece_at;            /* where that begins */
	uint64_t offset, end;         /* of its body: what is to be sent next */
	const char *derived;        /* from it; NULL: it is sent as recorded */
	struct http_rules_cut *cut; /* several ranges of it */
	size_t part;                /* of them is next */

	enum found why;            /* of a miss */
	struct question *question; /* why it is one, being found out */

	struct trickle *trickle; /* of a mock's body in pieces */
	struct pace *pace;       /* slows it down; NULL: nothing does */

	struct upload *upload; /* the body comes in parts; or NULL */
	struct call *call;     /* running */
	bool upgrade;          /* the request is for a WebSocket */
	struct tunnel *tunnel; /* which it has become; the call is over */
	uint64_t messages; /* of a WebSocket, as far as they are looked at */
	struct str told;   /* see transaction_told(); p is NULL before */
	struct buf told_made;
	struct buf target;                        /* at the upstream */
	struct buf request;                       /* rendered head */
	char traceparent[TRACE_PARENT_BYTES + 1]; /* that was made, or "" */
	struct buf encoded; /* the body in its transfer coding */
	bool paused;

	struct verdict *verdict; /* by descriptions; NULL without */
	struct compare *compare; /* the answer with its recording; or NULL */
	struct exchange *x;      /* being recorded */
	struct ws_tap *tap;      /* by its messages */
	int64_t tap_began;       /* monotonic */
	bool tap_full;           /* as many as are to be recorded */
	struct recording *recording;   /* its body so far */
	struct upload_tee *upload_tee; /* the request's; or NULL */
	bool settled;   /* x's request is redacted and has its keys */
	unsigned keyer; /* of the worker's, by which it has them */
	struct redaction redaction; /* of x; only with the gateway's redactor */
	struct redact_stream *stream; /* of its body; NULL: in memory */
	uint64_t kept_size;           /* what went to recording */
	uint64_t body_size;           /* of the response so far */
	struct chunk_mark *marks;
	size_t nmarks, marks_cap;
	uint64_t marked; /* body_size at the last mark */

	struct draft draft; /* of x */

	struct buf held; /* strict: written once x is committed */
	bool committing; /* the recorder will call back */
	bool gone;       /* the client left meanwhile */
	int64_t ended;   /* monotonic, when the reply was out; 0: not yet */

	struct traffic_note *note; /* for its row in the traffic log */
	bool noted;                /* it has one */

	struct transaction *next_starved;
	bool starved;
	bool unasked; /* the upstream is asked when there is room */
};

extern const struct client_events transaction_events;

/* Frees t and what it still holds; the client is done with or left. */
void transaction_free(struct transaction *t);

/* All that was asked for is done: t is counted, told of in the log, freed. */
void transaction_over(struct transaction *t);

/* Frees t and ends its client's connection so that the client notices, also
 * where the connection's end would pass for the reply's. */
void transaction_abort(struct transaction *t);

/* When forwarding failed before the reply began: a recording in a mode that
 * falls back, else the problem. */
void transaction_failed(struct transaction *t, const struct call_failure *f);

/* The way of a request to an upstream; *named: by what it says itself.  False
 * when there is none. */
bool transaction_find_route(const struct plan *p, struct client *c,
    const struct client_request *r, struct route *route, bool *named);

/* What the gateway replies to whatever the mode.  True when it did. */
bool transaction_own_business(struct transaction *t);

/* The decision who replies; the body, if there is one, is known or flows. */
void transaction_decide(struct transaction *t);

/* How many bytes of a body came. */
uint64_t transaction_body_size(const struct transaction *t);

/* transaction_told.c ---------------------------------------------------- */

/* "c12 GET /path" for the log. */
const char *transaction_subject(struct transaction *t, char *text, size_t n);

/* The path of the request for logs and reports: without secrets. */
struct str transaction_told(struct transaction *t);

/* Who answers it, as X-Hark-Source says. */
const char *transaction_source(const struct transaction *t);

/* One line at level debug: what it came to. */
void transaction_log(struct transaction *t);

/* Notes it in the worker's meter; how long a tunnel was open is left out, as
 * it says nothing of the gateway. */
void transaction_measure(const struct transaction *t);

/* transaction_replay.c -------------------------------------------------- */

/* How t's recording is looked for. */
struct search transaction_search(struct transaction *t);

/* Replies with the recording that answers, if one does; else *why none. */
bool transaction_replay(struct transaction *t, enum found *why);

/* Whether the upstream answers although a recording may (--diff), with *why as
 * in transaction_replay(): it is only compared then.  As when it answers, it
 * counts as served unless the request is for a part of it. */
bool transaction_compares(struct transaction *t, enum found *why);

/* fetch.c --------------------------------------------------------------- */

/* A look-up gave FOUND_LATER: then(t) makes it again when what it needs is
 * there, or is known not to come. */
void fetch_begin(struct transaction *t, void (*then)(struct transaction *t));

/* The piece of t->answer's stored body at an offset comes to t->piece, behind
 * what is there if that is gathered, and then(t) goes on; or t is broken off.
 */
void fetch_piece(struct transaction *t, uint64_t at, bool gather,
    void (*then)(struct transaction *t));

/* Nobody waits any more; safe without a beginning. */
void fetch_end(struct transaction *t);

/* miss.c ---------------------------------------------------------------- */

/* Replies that nothing answers, when it is known why. */
void miss_begin(struct transaction *t, enum found why);

/* reply.c --------------------------------------------------------------- */

/* Ends a head that is in w->head: what delimits the body, the connection's
 * fate, the source and the blank line. */
void reply_finish_head(struct transaction *t);

/* Chooses t->framing for a response with that status; has_length says that
 * its head has a Content-Length. */
void reply_choose_framing(struct transaction *t, int status, bool has_length);

/* The same for a recording; the reply is derived from it if t->derived. */
void reply_finish_answer_head(struct transaction *t);

/* The head and the body that is at hand, all in one write. */
void reply_whole(struct transaction *t, struct str body);

/* Takes over m, which is on the heap. */
void reply_mock(struct transaction *t, struct mock_reply *m);

/* Renders the head of t->mock to w->head; its body may come in chunks. */
void reply_mock_head(struct transaction *t, bool chunked);

/* More of a mock's body that goes out in pieces. */
void reply_mock_pump(struct transaction *t);

/* Takes over the reference to a. */
void reply_answer(struct transaction *t, struct answer *a);

/* Whether a response with these fields is a stream of events. */
bool reply_is_events(const struct headers *h);

/* The same once its time has come. */
void reply_answer_now(struct transaction *t);

/* More of an answer whose body goes out in pieces. */
void reply_pump(struct transaction *t);

/* The store failed under a reply. */
void reply_break(struct transaction *t, const char *why);

/* Up to n bytes of t->answer's stored body, as far as they are at hand.  The
 * count, 0 at its end, or -1. */
int64_t reply_read(
    struct transaction *t, uint64_t at, void *out, size_t n, struct err *e);

struct problem;
void reply_problem(struct transaction *t, const struct problem *p);

/* trickle.c ---------------------------------------------------------------- */

/* Sends the stream of t->mock behind its head, which is out. */
void trickle_begin(struct transaction *t);

/* The client has taken what it was sent. */
void trickle_resume(struct transaction *t);
void trickle_end(struct transaction *t); /* safe without a beginning */

/* pace.c ---------------------------------------------------------------- */

/* Calls then in us microseconds, on the worker. */
void pace_later(
    struct transaction *t, int64_t us, void (*then)(struct transaction *t));

/* Whether the answer has to wait; reply_answer_now() is called later then. */
bool pace_wait(struct transaction *t);

/* Whether the body is to come in the rhythm of its pieces. */
bool pace_stream(struct transaction *t);

/* Moves t->end behind the pieces whose time has come; false when there are
 * none, and reply_pump() is called later. */
bool pace_next(struct transaction *t);

/* How many of the bytes at t->offset may go out: an event that a mark splits
 * waits for its rest.  Moves t->end then. */
size_t pace_cut(struct transaction *t, struct str bytes);

/* Whether the body of t->mock is to come in pieces. */
bool pace_flow(struct transaction *t);

/* How many bytes of it may go out now, which they do; 0 when none may, and
 * reply_mock_pump() is called later. */
size_t pace_flow_next(struct transaction *t);

void pace_end(struct transaction *t);

/* fault.c --------------------------------------------------------------- */

/* Answers as the fault of t->mock has it. */
void fault_begin(struct transaction *t);

/* derive.c -------------------------------------------------------------- */

/* Replies with what t->answer implies by HTTP's own rules; false, and nothing
 * is done, when it is to be sent as it is. */
bool derive_reply(struct transaction *t);

/* A part of a stored body is out: begins the next one, or ends the body and
 * gives false. */
bool derive_next_part(struct transaction *t);

/* forward.c ------------------------------------------------------------- */

void forward_start(struct transaction *t);

/* The recorder is full: t waits for forward_feed_starved(). */
void forward_starve(struct transaction *t);

/* The client took what waited. */
void forward_resume(struct transaction *t);

/* The recorder has room again; on the worker's thread. */
void forward_feed_starved(struct worker *w, void *arg);

/* upload.c ------------------------------------------------------------- */

/* Whether the body of such a request need not be in memory as a whole. */
bool upload_can(struct client *c, const struct client_request *r);

/* t's request is there, its body comes: replies, or lets it flow. */
void upload_begin(struct transaction *t);
void upload_free(struct transaction *t); /* safe without a beginning */
void upload_body(struct client *c, void *owner, struct str bytes);
void upload_end(struct client *c, void *owner, const struct headers *trailers);
void upload_fail(struct client *c, void *owner, int status, const char *why);

/* The upstream took what waited; the transaction is arg. */
void upload_room(void *arg);

/* A call has started to which the body is to go. */
void upload_send(struct transaction *t);

/* There may be room for more of it, in the call and the recorder. */
void upload_go_on(struct transaction *t);

/* There is no upstream any more that takes the body: the rest is dropped. */
void upload_drop(struct transaction *t);

/* The same after a failure, when a recording may answer once all of the body
 * is known: false, and nothing is done, if it is or will never be. */
bool upload_waits(struct transaction *t, const struct call_failure *f);

/* What of it is known for look-ups, or NULL. */
struct long_body *upload_long_body(const struct transaction *t);

/* relay.c --------------------------------------------------------------- */

/* What a forward proxy does not serve.  True when it was replied to. */
bool relay_refuses(struct transaction *t);

/* Whether the request names its origin itself, and the route to it; false
 * when there is none. */
bool relay_names(struct client *c, const struct client_request *r);
bool relay_route(const struct plan *p, struct client *c,
    const struct client_request *r, struct route *route, bool *named);

/* A CONNECT: answered in the host's place, passed on, or refused. */
void relay_connect(struct transaction *t);

/* upgrade.c ------------------------------------------------------------- */

struct lane;

/* The 101 is on its way to the client; what comes now is passed on. */
void upgrade_begin(struct transaction *t, struct lane *upstream);

/* Stops and starts its reading. */
void upgrade_hold(struct transaction *t, bool on);

/* ws_agree.c ------------------------------------------------------------ */

/* Begins, in w->head, the head of a 101 that answers t's key, with such of the
 * fields as can be in it; reply_finish_head() or its like ends it. */
void ws_agree(struct transaction *t, const struct headers *fields);

/* ws_replay.c ----------------------------------------------------------- */

/* t->answer is a WebSocket: it is played. */
void ws_replay_begin(struct transaction *t);

/* compare.c ------------------------------------------------------------- */

struct http1_head;

/* The answer that comes will be compared with a, a reference taken over. */
void compare_begin(struct transaction *t, struct answer *a);
void compare_head(struct transaction *t, const struct http1_head *h);
void compare_body(struct transaction *t, struct str bytes);

/* It is whole: what differs is logged and counted. */
void compare_answer(struct transaction *t);

/* It is a WebSocket, which may never be: its handshake alone is compared. */
void compare_socket(struct transaction *t, const struct http1_head *h);

/* Safe when nothing was begun. */
void compare_end(struct transaction *t);

/* verdict.c ------------------------------------------------------------- */

/* Holds the request against its operation; all others do nothing unless that
 * was done. */
void verdict_request(struct transaction *t);

/* The same of an answer that is known: a mock's, or t->answer. */
void verdict_mock(struct transaction *t, const struct mock_reply *m);
void verdict_replay(struct transaction *t);

/* And of one that comes. */
void verdict_head(struct transaction *t, const struct http1_head *h);
void verdict_body(struct transaction *t, struct str bytes);
void verdict_end(struct transaction *t);

/* Appends X-Hark-Contract to a head: what is known by then. */
void verdict_add_header(struct transaction *t, struct buf *b);
void verdict_free(struct transaction *t);

/* tee.c ----------------------------------------------------------------- */

/* Begins the exchange of a request that is forwarded. */
void tee_request(struct transaction *t);

/* Redacts the request and makes its keys, unless that was done.  Without it the
 * recorder's thread does it if it can, and else tee_end(). */
void tee_settle(struct transaction *t);

void tee_interim(struct transaction *t, const struct http1_head *h);
void tee_head(struct transaction *t, const struct http1_head *h);
void tee_body(struct transaction *t, struct str bytes);

/* The exchange is not recorded after all; safe when it was given away. */
void tee_drop(struct transaction *t);

/* A batch of body bytes ends: a chunk boundary for streamed answers. */
void tee_mark(struct transaction *t);

/*
 * The exchange is over: it goes to the recorder, or is dropped when failures
 * are not recorded.  trailers may be NULL.  With strict durability true is
 * given and on_written(t, stored) comes on the worker's thread later.
 */
bool tee_end(struct transaction *t, enum outcome outcome, const char *failure,
    const struct headers *trailers,
    void (*on_written)(struct transaction *t, bool stored));

/* tee_upload.c ---------------------------------------------------------- */

/* The body of t's exchange comes in parts. */
void tee_upload_begin(struct transaction *t);
void tee_upload_take(struct transaction *t, struct str bytes);
void tee_upload_end(struct transaction *t, const struct headers *trailers);

/* The exchange is over: sets its request's body, which is unknown if not all
 * of it came, and its keys.  Gives what it left in the recorder, or NULL. */
struct recording *tee_upload_settle(struct transaction *t);
void tee_upload_free(struct transaction *t); /* safe without a beginning */

/* tee_socket.c ---------------------------------------------------------- */

/* t's exchange is a WebSocket from here on: it was answered with h. */
void tee_socket(struct transaction *t, const struct http1_head *h);
void tee_socket_take(struct transaction *t, bool from_client, struct str bytes);

/* Nothing more comes. */
void tee_socket_end(struct transaction *t);

/* tee_draft.c ----------------------------------------------------------- */

/* The answer goes on, maybe for long: from now on what comes is looked after.
 * Does nothing the next times. */
void tee_draft_begin(struct transaction *t);

/* What is in memory of the body went to the recorder as a part. */
void tee_draft_parted(struct transaction *t);

/* It is over. */
void tee_draft_end(struct transaction *t);

/* The time has come to look after all of a worker's. */
void tee_draft_on_tick(int fd, short what, void *arg);

#endif
