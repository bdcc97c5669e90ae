/* Heads and whole replies: what a mock, a recording or the gateway itself
 * answers. */
#include "config.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "gateway/problem.h"
#include "gateway/traffic_note.h"
#include "gateway/worker.h"
#include "mock/mocks.h"

#include "gateway/transaction.h"

#define REPLY_MOST_QUEUED (256u * 1024) /* before a sender pauses */
#define REPLY_GATHERED (64u << 20)      /* of a body before its answer */
#define REPLY_PIECES 16 /* of a stored body before others have their turn */

static bool
reply_is_head(const struct transaction *t)
{
	return str_is(t->r->head.method, "HEAD");
}

void
reply_choose_framing(struct transaction *t, int status, bool has_length)
{
	if (reply_is_head(t) || status == 204 || status == 304)
		t->framing = REPLY_NO_BODY;
	else if (has_length)
		t->framing = REPLY_LENGTH;
	else if (t->r->head.minor == 1)
		t->framing = REPLY_CHUNKED;
	else
		t->framing = REPLY_CLOSE;
	if (t->framing == REPLY_CLOSE)
		t->keep = false;
}

static void
reply_add_source(struct transaction *t, struct buf *b, const struct buf *note)
{
	static const char *const names[SOURCE_COUNT] = {
#define S(name, text) [SOURCE_##name] = "X-Hark-Source: " text,
		SOURCES(S)
#undef S
	};

	if (!t->settings->source_header)
		return;
	buf_add_text(b, names[t->source]);
	if (note != NULL)
		buf_add_str(b, buf_str(note));
	buf_add(b, "\r\n", 2);
}

static void
reply_end_head(struct transaction *t, const struct buf *note)
{
	struct buf *b = &t->w->head;

	if (t->framing == REPLY_CHUNKED)
		buf_add_text(b, "Transfer-Encoding: chunked\r\n");
	t->keep = t->keep && (!t->w->draining || t->upgrade);
	if (!t->keep && t->r->head.minor == 1)
		buf_add_text(b, "Connection: close\r\n");
	else if (t->keep && t->r->head.minor == 0)
		buf_add_text(b, "Connection: keep-alive\r\n");
	reply_add_source(t, b, note);
	verdict_add_header(t, b);
	buf_add(b, "\r\n", 2);
	t->head_out = true;
	traffic_note_head(t);
}

void
reply_finish_head(struct transaction *t)
{
	reply_end_head(t, NULL);
}

void
reply_finish_answer_head(struct transaction *t)
{
	struct buf *note = &t->w->note;

	note->n = 0;
	if (t->answer->entry != 0) {
		buf_add_text(note, ";entry=");
		buf_add_u64(note, (uint64_t)t->answer->entry);
	}
	if (t->wanted.tier == TIER_NORMALIZED)
		buf_add_text(note, ";tier=normalized");
	if (t->derived != NULL) {
		buf_add_text(note, ";derived=");
		buf_add_text(note, t->derived);
	}
	reply_end_head(t, note);
}

void
reply_whole(struct transaction *t, struct str body)
{
	struct iovec v[2] = {
		{ t->w->head.p, t->w->head.n },
		{ (char *)body.p, body.n },
	};

	if (t->framing == REPLY_NO_BODY)
		body.n = 0;
	traffic_note_body(t, body);
	client_write(t->c, v, body.n == 0 ? 1 : 2);
	client_done(t->c, t->keep);
}

void
reply_mock_head(struct transaction *t, bool chunked)
{
	const struct mock_reply *m = t->mock;
	struct buf *b = &t->w->head;
	struct buf *note = &t->w->note;

	t->source = SOURCE_MOCK;
	t->status = m->status;
	verdict_mock(t, m);
	b->n = 0;
	http1_add_status_line(b, m->status);
	buf_add_str(b, m->headers);
	chunked = chunked && t->r->head.minor == 1;
	reply_choose_framing(t, m->status, !chunked && m->stream == NULL);
	if (t->framing != REPLY_CHUNKED && m->stream == NULL &&
	    m->status != 204 && m->status != 304) {
		buf_add_text(b, "Content-Length: ");
		buf_add_u64(b, m->body.n);
		buf_add(b, "\r\n", 2);
	}
	note->n = 0;
	buf_add_text(note, ";route=");
	buf_add_str(note, m->route);
	reply_end_head(t, note);
}

/* A body of a mock that is framed by chunks, and empty. */
static void
reply_mock_whole(struct transaction *t)
{
	struct headers none = { 0 };

	if (t->framing == REPLY_CHUNKED)
		http1_add_last_chunk(&t->w->head, &none);
	reply_whole(t, buf_str(&t->mock->body));
}

/* Gives what waits at the client now. */
static size_t
reply_mock_piece(struct transaction *t, struct str bytes, bool last)
{
	char size[HTTP1_CHUNK_HEAD];
	static char crlf[] = "\r\n", end[] = "\r\n0\r\n\r\n";
	struct iovec v[3];
	int n = 0;

	traffic_note_body(t, bytes);
	if (t->framing == REPLY_CHUNKED)
		v[n++] =
		    (struct iovec){ size, http1_chunk_head(size, bytes.n) };
	v[n++] = (struct iovec){ (char *)bytes.p, bytes.n };
	if (t->framing == REPLY_CHUNKED)
		v[n++] = last ? (struct iovec){ end, sizeof(end) - 1 }
			      : (struct iovec){ crlf, sizeof(crlf) - 1 };
	return client_write(t->c, v, n);
}

void
reply_mock_pump(struct transaction *t)
{
	struct str body = buf_str(&t->mock->body), piece;
	int i;

	for (i = 0; i < REPLY_PIECES; i++) {
		piece = (struct str){ body.p + t->offset, pace_flow_next(t) };
		if (piece.n == 0)
			return; /* its time has not come */
		t->offset += piece.n;
		if (reply_mock_piece(t, piece, t->offset == body.n) > 0 &&
		    t->offset < body.n)
			return; /* goes on when the client took it */
		if (t->offset == body.n) {
			client_done(t->c, t->keep);
			return;
		}
	}
	client_again(t->c);
}

static void
reply_mock_now(struct transaction *t)
{
	struct mock_reply *m = t->mock;
	struct iovec v;

	if (m->fault != MOCK_FAULT_NONE) {
		fault_begin(t);
		return;
	}
	reply_mock_head(t, m->pieces > 0);
	if (m->stream != NULL && t->framing != REPLY_NO_BODY) {
		v = (struct iovec){ t->w->head.p, t->w->head.n };
		client_write(t->c, &v, 1);
		trickle_begin(t);
		return;
	}
	if (t->framing == REPLY_NO_BODY || m->body.n == 0 || !pace_flow(t)) {
		reply_mock_whole(t);
		return;
	}
	v = (struct iovec){ t->w->head.p, t->w->head.n };
	client_write(t->c, &v, 1);
	reply_mock_pump(t);
}

void
reply_mock(struct transaction *t, struct mock_reply *m)
{
	t->mock = m;
	if (m->latency_ms > 0)
		pace_later(t, (int64_t)m->latency_ms * 1000, reply_mock_now);
	else
		reply_mock_now(t);
}

void
reply_problem(struct transaction *t, const struct problem *p)
{
	struct buf *b = &t->w->head;
	struct buf body = { 0 };

	t->status = p->status;
	problem_render(&body, p);
	b->n = 0;
	http1_add_status_line(b, p->status);
	buf_add_text(b, "Content-Type: " PROBLEM_TYPE "\r\nContent-Length: ");
	buf_add_u64(b, body.n);
	buf_add(b, "\r\n", 2);
	if (p->status == 426) /* RFC 6455 section 4.4 */
		buf_add_text(b, "Upgrade: websocket\r\n"
				"Sec-WebSocket-Version: 13\r\n");
	if (p->status == 407)
		buf_add_text(b, "Proxy-Authenticate: Basic realm=\"hark\"\r\n");
	reply_choose_framing(t, p->status, true);
	reply_end_head(t, NULL);
	reply_whole(t, buf_str(&body));
	buf_free(&body);
}

/* ---- recordings ------------------------------------------------------ */

/*
 * The cursor moves before the last byte goes out: whoever has the whole
 * answer and asks again, on any connection, gets the next one; who left
 * before it was all sent has not used it up.
 */
static void
reply_served(struct transaction *t)
{
	library_served(t->w->reader, &t->wanted, t->answer);
}

static void
reply_answer_whole(struct transaction *t)
{
	const struct answer *a = t->answer;
	struct str body = buf_str(&a->body->bytes);
	struct buf *b = &t->w->head;
	char size[HTTP1_CHUNK_HEAD];
	struct buf last = { 0 };
	struct iovec v[3];
	int n = 0;

	if (t->framing != REPLY_CHUNKED) {
		reply_whole(t, body);
		return;
	}
	if (body.n > 0) {
		buf_add(b, size, http1_chunk_head(size, body.n));
		buf_add(&last, "\r\n", 2);
	}
	traffic_note_body(t, body);
	http1_add_last_chunk(&last, &a->trailers);
	v[n++] = (struct iovec){ b->p, b->n };
	if (body.n > 0)
		v[n++] = (struct iovec){ (char *)body.p, body.n };
	v[n++] = (struct iovec){ last.p, last.n };
	client_write(t->c, v, n);
	buf_free(&last);
	client_done(t->c, t->keep);
}

void
reply_break(struct transaction *t, const char *why)
{
	struct problem p = { .status = 503,
		.title = "The shared store could not be read",
		.detail = STR("The recorded body is not at hand; the log says "
			      "why.") };
	char subject[256];

	log_error(transaction_subject(t, subject, sizeof(subject)),
	    "the recorded body cannot be read: %s", why);
	traffic_note_text(t, "the recorded body cannot be read");
	if (t->head_out)
		transaction_abort(t);
	else
		reply_problem(t, &p);
}

/* All of a body that went out in pieces is out. */
static void
reply_end_pump(struct transaction *t)
{
	struct buf last = { 0 };
	struct iovec v;

	if (t->framing == REPLY_CHUNKED) {
		http1_add_last_chunk(&last, &t->answer->trailers);
		v = (struct iovec){ last.p, last.n };
		client_write(t->c, &v, 1);
		buf_free(&last);
	}
	client_done(t->c, t->keep);
}

/* Whether the store is one for which no worker waits. */
static bool
reply_is_far(const struct transaction *t)
{
	return t->answer->body->stored_id > 0 && reader_sends(t->w->reader);
}

int64_t
reply_read(
    struct transaction *t, uint64_t at, void *out, size_t n, struct err *e)
{
	uint64_t behind = t->piece_at + t->piece.n;

	if (!reply_is_far(t))
		return reader_body(t->w->reader, t->answer, at, out, n, e);
	if (at < t->piece_at || at >= behind)
		return at >= t->answer->body->size
			   ? 0
			   : err_set(e, "it is not at hand");
	if (n > behind - at)
		n = (size_t)(behind - at);
	memcpy(out, t->piece.p + (at - t->piece_at), n);
	return (int64_t)n;
}

/* Whether the piece that is next has to be brought. */
static bool
reply_lacks(const struct transaction *t)
{
	return reply_is_far(t) && t->offset < t->end &&
	       (t->offset < t->piece_at ||
		   t->offset >= t->piece_at + t->piece.n);
}

/* What can be had at once of the body between t->offset and t->end.  0, or
 * -1. */
static int
reply_bytes(struct transaction *t, struct str *bytes, struct err *e)
{
	const struct body *body = t->answer->body;
	uint64_t left = t->end - t->offset;
	int64_t n;

	if (body->stored_id == 0) {
		*bytes =
		    (struct str){ body->bytes.p + t->offset, (size_t)left };
		return 0;
	}
	n = reply_read(t, t->offset, t->w->scratch,
	    left < WORKER_SCRATCH ? (size_t)left : WORKER_SCRATCH, e);
	*bytes = (struct str){ t->w->scratch, n > 0 ? (size_t)n : 0 };
	return n > 0 ? 0 : -1;
}

/* Gives what waits at the client now. */
static size_t
reply_piece(struct transaction *t, struct str bytes)
{
	struct iovec v[3];
	char size[HTTP1_CHUNK_HEAD], crlf[] = "\r\n";
	int n = 0;

	traffic_note_body(t, bytes);
	t->offset += bytes.n;
	if (t->offset == t->answer->body->size && t->derived == NULL)
		reply_served(t);
	if (t->framing == REPLY_CHUNKED)
		v[n++] =
		    (struct iovec){ size, http1_chunk_head(size, bytes.n) };
	v[n++] = (struct iovec){ (char *)bytes.p, bytes.n };
	if (t->framing == REPLY_CHUNKED)
		v[n++] = (struct iovec){ crlf, 2 };
	return client_write(t->c, v, n);
}

/* One piece of a body; false when t is over or waits for its time. */
static bool
reply_pump_piece(struct transaction *t, size_t *queued)
{
	struct err e = { "it ends early" };
	struct str bytes;

	if (t->offset == t->end && t->pace != NULL && !pace_next(t))
		return false;
	if (t->offset == t->end && (t->cut == NULL || !derive_next_part(t))) {
		reply_end_pump(t);
		return false;
	}
	if (reply_lacks(t)) {
		fetch_piece(t, t->offset, false, reply_pump);
		return false;
	}
	if (reply_bytes(t, &bytes, &e) == -1) {
		reply_break(t, e.text);
		return false;
	}
	if (t->pace != NULL)
		bytes.n = pace_cut(t, bytes);
	if (bytes.n > 0)
		*queued = reply_piece(t, bytes);
	return true;
}

void
reply_pump(struct transaction *t)
{
	struct client *c = t->c;
	size_t queued = 0;
	int pieces;

	if (t->fetch != NULL)
		return; /* goes on when the piece is there */
	for (pieces = 0; pieces < REPLY_PIECES; pieces++)
		if (!reply_pump_piece(t, &queued) || queued > REPLY_MOST_QUEUED)
			return;
	if (queued == 0)
		client_again(c);
}

bool
reply_is_events(const struct headers *h)
{
	return str_istarts(headers_get(h, "Content-Type"), "text/event-stream");
}

/* Whether all of the body is to be at hand before the answer begins: a script,
 * or what is held against a description. */
static bool
reply_gathers(const struct transaction *t)
{
	const struct answer *a = t->answer;

	return reply_is_far(t) && t->piece.n < a->body->size &&
	       (a->status == 101 ||
		   (t->verdict != NULL &&
		       a->body->size <= t->settings->max_contract_body));
}

void
reply_answer_now(struct transaction *t)
{
	const struct answer *a = t->answer;
	struct buf *b = &t->w->head;
	struct iovec v;
	bool pieces;

	reader_used(t->w->reader, a->entry);
	if (reply_gathers(t)) {
		if (a->body->size > REPLY_GATHERED)
			reply_break(t, "it is too long to be played");
		else
			fetch_piece(t, t->piece.n, true, reply_answer_now);
		return;
	}
	if (a->status == 101) {
		ws_replay_begin(t);
		return;
	}
	verdict_replay(t);
	if ((t->wanted.asks != 0 || t->derived != NULL) && derive_reply(t))
		return;
	t->status = a->status;
	b->n = 0;
	buf_add_str(b, a->head);
	reply_choose_framing(t, a->status, a->head_has_length);
	reply_finish_answer_head(t);
	if (t->framing == REPLY_LENGTH)
		client_trail(t->c, &a->trailers);
	t->end = a->body->size;
	pieces = t->framing != REPLY_NO_BODY &&
		 (pace_stream(t) || a->body->stored_id > 0);
	if (pieces) {
		v = (struct iovec){ b->p, b->n };
		client_write(t->c, &v, 1);
		if (reply_is_events(&a->headers))
			traffic_note_open(t);
		reply_pump(t);
		return;
	}
	reply_served(t);
	if (t->framing == REPLY_NO_BODY)
		reply_whole(t, STR(""));
	else
		reply_answer_whole(t);
}

void
reply_answer(struct transaction *t, struct answer *a)
{
	t->answer = a;
	t->source = SOURCE_REPLAY;
	basket_fini(&t->basket);
	if (!pace_wait(t))
		reply_answer_now(t);
}
