/*
 * A request's body that comes in parts.
 *
 * Where nobody but the upstream needs it, it flows: what came is sent on, and
 * recorded on the way.  Where it has to be known before it is decided who
 * answers, it goes to a file first (gateway/long_body.h) and from there to the
 * upstream, if that is asked.  Mode fallback does both at once: it flows, and
 * is known should the upstream fail.
 */
#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/long_body.h"
#include "gateway/meter.h"
#include "gateway/plan.h"
#include "gateway/problem.h"
#include "gateway/session.h"
#include "gateway/traffic_note.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_handshake.h"
#include "mock/mocks.h"
#include "recorder/recorder.h"

#include "gateway/transaction.h"

#define UPLOAD_PIECE WORKER_SCRATCH      /* of a file, at a time */
#define UPLOAD_TURN (16u * UPLOAD_PIECE) /* before others have theirs */

enum upload_way {
	UPLOAD_HELD, /* it is no upload: all of it is in memory */
	UPLOAD_FLOWS,
	UPLOAD_SPOOLED,
};

struct upload {
	enum upload_way way;
	bool whole; /* all of it came */
	bool over;  /* what comes is dropped */
	bool full;  /* the upstream takes no more for now */
	struct headers trailers;

	struct long_body *body; /* so far; NULL: nobody will look for it */
	bool sending;           /* from there */
	uint64_t sent;

	bool failed; /* the upstream did, and body is not whole */
	struct call_failure failure;
};

/* ---- which way --------------------------------------------------------- */

/* Descriptions are held against bodies that are not too long for it. */
static bool
upload_is_checked(const struct plan *p, const struct client_request *r)
{
	const struct settings *s = p->settings;
	uint64_t least = r->head.framing == FRAMING_LENGTH
			     ? r->head.length
			     : s->stream_request_body + 1;

	return p->contract != NULL && least <= s->max_contract_body;
}

static bool
upload_is_mocked(struct client *c, const struct client_request *r)
{
	const struct mocks *m = client_worker(c)->mocks;
	const struct mock_request q = { .method = r->head.method,
		.target = r->head.path,
		.authority = r->head.authority };

	return m != NULL && mocks_may_answer(m, &q);
}

/* For a request of which no more than the head is known. */
static enum upload_way
upload_choose(const struct plan *p, struct client *c,
    const struct client_request *r, const struct mode **mode)
{
	const struct shared *g = client_worker(c)->shared;
	struct route route;
	bool named = false,
	     routed = transaction_find_route(p, c, r, &route, &named);
	const struct mode *m = *mode =
	    plan_mode(p, r->head.method, r->head.path, routed ? &route : NULL);

	if (r->head.form == TARGET_AUTHORITY || ws_handshake_asks(&r->head) ||
	    g->playwright != NULL || upload_is_mocked(c, r) ||
	    upload_is_checked(p, r))
		return UPLOAD_HELD;
	if (m->reads || g->differences != NULL)
		return UPLOAD_SPOOLED;
	return m->forwards && routed ? UPLOAD_FLOWS : UPLOAD_HELD;
}

bool
upload_can(struct client *c, const struct client_request *r)
{
	const struct plan *p = client_worker(c)->lease->plan;
	const struct settings *s = p->settings;
	struct session_request *own = NULL;
	const struct mode *mode;
	struct str session;
	enum upload_way way;

	/* A session may be a part of the path. */
	if (session_take(s->sessions, s->nsessions, r, &session, &own) == 1)
		r = session_request(own);
	way = upload_choose(p, c, r, &mode);
	free(own);
	return way != UPLOAD_HELD;
}

/* ---- beginning and end ------------------------------------------------- */

struct long_body *
upload_long_body(const struct transaction *t)
{
	return t->upload != NULL ? t->upload->body : NULL;
}

static void
upload_forget(struct upload *u)
{
	long_body_free(u->body);
	u->body = NULL;
}

void
upload_free(struct transaction *t)
{
	if (t->upload == NULL)
		return;
	upload_forget(t->upload);
	free(t->upload);
	t->upload = NULL;
}

/* What is not all of a request is not answered, if that is still possible. */
static void
upload_refuse(struct transaction *t, int status, const char *why)
{
	struct problem p = { .status = status, .detail = str_of(why) };
	char subject[256];

	log_debug(transaction_subject(t, subject, sizeof(subject)),
	    "refused with %d: %s", status, why);
	meter_more(&t->w->counts->refused, 1);
	t->upload->over = true;
	traffic_note_call(t);
	traffic_note_text(t, why);
	if (t->x != NULL && t->call != NULL)
		tee_end(t, OUTCOME_CLIENT_GONE, why, NULL, NULL);
	if (t->call != NULL)
		call_cancel(t->call);
	t->call = NULL;
	if (t->head_out) {
		transaction_abort(t);
		return;
	}
	t->source = SOURCE_HARK;
	reply_problem(t, &p);
}

static bool
upload_is_too_long(const struct transaction *t)
{
	return t->r->head.framing == FRAMING_LENGTH &&
	       t->r->head.length > t->settings->request_spool_budget;
}

static void
upload_spool(struct transaction *t)
{
	struct upload *u = t->upload;
	struct err e;

	if (u->way == UPLOAD_SPOOLED && upload_is_too_long(t)) {
		upload_refuse(t, 413, "the request body is over the budget");
		return;
	}
	u->body = long_body_new(
	    t->w, &t->r->head.headers, t->settings->request_spool_budget, &e);
	if (u->body != NULL)
		return;
	log_error("request body", "%s", e.text);
	if (u->way == UPLOAD_SPOOLED)
		upload_refuse(t, 507, "the request body cannot be kept");
}

/* Whoever asks what the gateway itself refuses need not send a body first.
 * What would be held by now is not any more. */
void
upload_begin(struct transaction *t)
{
	struct upload *u = t->upload = xcalloc(1, sizeof(*u));
	const struct mode *mode;

	u->way = upload_choose(t->plan, t->c, t->r, &mode);
	if (u->way == UPLOAD_HELD)
		u->way = mode->reads ? UPLOAD_SPOOLED : UPLOAD_FLOWS;
	u->over = true;
	if (transaction_own_business(t))
		return;
	u->over = false;
	if (u->way == UPLOAD_SPOOLED) {
		upload_spool(t);
		return;
	}
	if (mode->reads_on_failure)
		upload_spool(t);
	transaction_decide(t);
}

/* ---- towards the upstream ---------------------------------------------- */

static void
upload_give(struct transaction *t, struct str bytes)
{
	struct upload *u = t->upload;
	char size[HTTP1_CHUNK_HEAD], crlf[] = "\r\n";
	struct iovec v[3];
	int n = 0;

	if (t->r->head.framing == FRAMING_CHUNKED) {
		v[n++] =
		    (struct iovec){ size, http1_chunk_head(size, bytes.n) };
		v[n++] = (struct iovec){ (char *)bytes.p, bytes.n };
		v[n++] = (struct iovec){ crlf, 2 };
	} else {
		v[n++] = (struct iovec){ (char *)bytes.p, bytes.n };
	}
	if (t->upload_tee != NULL) {
		tee_upload_take(t, bytes);
		if (recorder_full(t->w->shared->recorder))
			forward_starve(t);
	}
	u->full = call_send(t->call, v, n);
}

static void
upload_finish(struct transaction *t)
{
	const struct headers *trailers = &t->upload->trailers;
	struct buf last = { 0 };
	struct iovec v;

	if (t->upload_tee != NULL)
		tee_upload_end(t, trailers);
	if (t->r->head.framing == FRAMING_CHUNKED) {
		http1_add_last_chunk(&last, trailers);
		v = (struct iovec){ last.p, last.n };
		(void)call_send(t->call, &v, 1);
		buf_free(&last);
	}
	call_finish(t->call, trailers);
}

/* Sends on from the file. */
static void
upload_pump(struct transaction *t)
{
	struct upload *u = t->upload;
	char *piece = xmalloc(UPLOAD_PIECE);
	size_t turn = 0;
	int64_t n = 1;
	struct err e;

	while (turn < UPLOAD_TURN && !u->full && !t->starved) {
		n = long_body_read(u->body, u->sent, piece, UPLOAD_PIECE, &e);
		if (n <= 0)
			break;
		upload_give(t, (struct str){ piece, (size_t)n });
		u->sent += (uint64_t)n;
		turn += (size_t)n;
	}
	free(piece);
	if (n > 0) {
		if (turn >= UPLOAD_TURN)
			client_again(t->c);
		return;
	}
	u->sending = false;
	if (n == 0) {
		upload_finish(t);
		return;
	}
	log_error("request body", "%s", e.text);
	upload_refuse(t, 500, "the request body cannot be read again");
}

void
upload_send(struct transaction *t)
{
	if (t->upload->way != UPLOAD_SPOOLED)
		return;
	t->upload->sending = true;
	upload_pump(t);
}

void
upload_go_on(struct transaction *t)
{
	struct upload *u = t->upload;

	if (t->call == NULL || u->full || t->starved)
		return;
	if (u->sending)
		upload_pump(t);
	else
		client_read_body(t->c, true);
}

/* The call is at work: it may not be cancelled from here. */
void
upload_room(void *arg)
{
	struct transaction *t = arg;

	t->upload->full = false;
	if (t->upload->sending)
		client_again(t->c);
	else
		upload_go_on(t);
}

void
upload_drop(struct transaction *t)
{
	if (t->upload == NULL)
		return;
	t->upload->over = true;
	upload_forget(t->upload);
	client_read_body(t->c, true);
}

bool
upload_waits(struct transaction *t, const struct call_failure *f)
{
	struct upload *u = t->upload;

	if (u == NULL || u->whole || u->body == NULL)
		return false;
	u->failed = true;
	u->failure = *f;
	client_read_body(t->c, true);
	return true;
}

/* ---- from the client --------------------------------------------------- */

/* Keeps bytes.  False when the request was refused for it. */
static bool
upload_keep(struct transaction *t, struct str bytes)
{
	struct upload *u = t->upload;
	struct err e = { "too many bytes lie in files" };
	enum long_body_added added = long_body_add(u->body, bytes, &e);
	char subject[256];

	if (added == LONG_BODY_ADDED)
		return true;
	log_warn(transaction_subject(t, subject, sizeof(subject)),
	    "cannot keep the request body: %s", e.text);
	upload_forget(u);
	if (u->way == UPLOAD_FLOWS && !u->failed)
		return true;
	if (added == LONG_BODY_FAILED)
		upload_refuse(t, 507, "the request body cannot be kept");
	else
		upload_refuse(t, 503,
		    "too many request bodies are kept at once; try again");
	return false;
}

void
upload_body(struct client *c, void *owner, struct str bytes)
{
	struct transaction *t = owner;
	struct upload *u = t->upload;

	traffic_note_sent(t, bytes);
	if (u->over || (u->body != NULL && !upload_keep(t, bytes)))
		return;
	if (u->way == UPLOAD_SPOOLED || t->call == NULL)
		return;
	upload_give(t, bytes);
	/* Room may be there again that an earlier part of this read had not. */
	client_read_body(c, !u->full && !t->starved);
}

void
upload_end(struct client *c, void *owner, const struct headers *trailers)
{
	struct transaction *t = owner;
	struct upload *u = t->upload;

	u->whole = true;
	if (u->over)
		return;
	u->trailers = *trailers;
	if (!t->head_out)
		t->keep = client_keeps_alive(c);
	if (u->body != NULL)
		long_body_end(u->body);
	if (u->way == UPLOAD_SPOOLED)
		transaction_decide(t);
	else if (t->call != NULL)
		upload_finish(t);
	else if (u->failed)
		transaction_failed(t, &u->failure);
}

void
upload_fail(struct client *c, void *owner, int status, const char *why)
{
	struct transaction *t = owner;
	const struct upload *u = t->upload;

	(void)c;
	/* Else an answer is on its way. */
	if (!u->over &&
	    (t->call != NULL || u->way == UPLOAD_SPOOLED || u->failed))
		upload_refuse(t, status, why);
}
