/*
 * A recorded WebSocket is played: the server's messages come after those of
 * the client that they followed, at once or in the recording's rhythm.  What
 * the client says otherwise is a miss, and told by a Close.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/lane.h"
#include "gateway/meter.h"
#include "gateway/printable.h"
#include "gateway/problem.h"
#include "gateway/redacted.h"
#include "gateway/tally.h"
#include "gateway/traffic_note.h"
#include "gateway/worker.h"
#include "gateway/ws_handshake.h"
#include "har/deflate.h"
#include "replay/level.h"
#include "replay/script.h"

#include "gateway/transaction.h"

#define WS_REPLAY_HELD 1000 /* messages of the client that wait their turn */
#define WS_REPLAY_HELD_BYTES (4u << 20)
#define WS_REPLAY_QUEUED (256u * 1024) /* before the script waits */
#define WS_REPLAY_GOODBYE_US 5000000   /* for the answer to a Close */
#define WS_REPLAY_MOST_US (INT64_C(24) * 3600 * 1000 * 1000) /* of a gap */
#define WS_CODE_MISS 1011
#define WS_CODE_AWAY 1001

/* A message of the client that came before the script waits for it. */
struct ws_heard {
	STAILQ_ENTRY(ws_heard) link;
	enum ws_opcode opcode;
	size_t n;
	char bytes[];
};

struct ws_replay {
	struct transaction *t;
	struct lane *lane;
	struct script *script;
	struct ws_message_reader in;
	STAILQ_HEAD(, ws_heard) heard;
	size_t nheard, heard_bytes;
	struct buf out;
	struct event *timer;
	int64_t last;    /* when the message before was said or heard */
	int64_t last_at; /* the same in the recording; -1: not known */
	int64_t due;     /* of the message that is next; 0: not asked yet */
	bool full;       /* the client has to read first */
	bool closing;    /* Close was said */
	bool packs;      /* its messages are compressed */
};

/* ---- ends ------------------------------------------------------------ */

static void
ws_replay_over(struct ws_replay *p)
{
	struct transaction *t = p->t;
	struct ws_heard *m;

	meter_add(t->w->meter, METER_AT(sockets_over), 1);
	while ((m = STAILQ_FIRST(&p->heard)) != NULL) {
		STAILQ_REMOVE_HEAD(&p->heard, link);
		free(m);
	}
	event_free(p->timer);
	script_free(p->script);
	ws_message_fini(&p->in);
	buf_free(&p->out);
	free(p);
	transaction_over(t);
}

static void
ws_replay_end(struct ws_replay *p)
{
	lane_close(p->lane);
	ws_replay_over(p);
}

static void
ws_replay_arm(struct ws_replay *p, int64_t us)
{
	struct timeval tv;

	if (us < 1000)
		us = 1000;
	tv = (struct timeval){ us / 1000000, us % 1000000 };
	event_add(p->timer, &tv);
}

/* Writes what is in p->out. */
static void
ws_replay_write(struct ws_replay *p)
{
	traffic_note_frames(p->t, false, buf_str(&p->out));
	p->full = lane_write(p->lane, buf_str(&p->out)) > WS_REPLAY_QUEUED;
	buf_clear(&p->out, 64u << 10);
}

/* The client has a moment to answer it. */
static void
ws_replay_close(struct ws_replay *p, unsigned code, struct str reason)
{
	ws_message_close(&p->out, code, reason, NULL);
	ws_replay_write(p);
	p->closing = true;
	ws_replay_arm(p, WS_REPLAY_GOODBYE_US);
}

/* ---- misses ---------------------------------------------------------- */

static void
ws_replay_quote(struct buf *out, int64_t opcode, struct str data)
{
	struct buf text = { 0 };

	if (opcode == FRAME_CLOSE) {
		buf_add_text(out, "a Close");
	} else if (opcode == FRAME_BINARY) {
		buf_addf(out, "%zu binary bytes", data.n);
	} else {
		printable_add(&text, data, false);
		buf_addf(out, "\"%.*s\"%s", text.n < 60 ? (int)text.n : 60,
		    text.n > 0 ? text.p : "", text.n < 60 ? "" : "...");
	}
	buf_free(&text);
}

/* f is what the script waits for, NULL for nothing. */
static void
ws_replay_miss(
    struct ws_replay *p, const struct frame *f, const struct ws_heard *m)
{
	struct transaction *t = p->t;
	struct buf wanted = { 0 }, said = { 0 };
	char subject[256];

	buf_addf(&wanted, "message %" PRIu64 ": expected ",
	    script_heard(p->script) + 1);
	if (f != NULL)
		ws_replay_quote(&wanted, f->opcode, f->data);
	else
		buf_add_text(&wanted, "none");
	ws_replay_quote(&said, m->opcode, (struct str){ m->bytes, m->n });
	log_warn(transaction_subject(t, subject, sizeof(subject)),
	    "miss: WebSocket %s, came %s", buf_text(&wanted), buf_text(&said));
	tally_add(t->w->shared->tally, TALLY_MISS, t->r->head.method,
	    transaction_told(t), buf_text(&wanted));
	t->source = SOURCE_MISS;
	ws_replay_close(p, WS_CODE_MISS, buf_str(&wanted));
	buf_free(&wanted);
	buf_free(&said);
}

/* Whether a live text is the recorded one but for its secrets, in one of the
 * ways in which they were kept out of the tape. */
static bool
ws_replay_same_text(struct ws_replay *p, struct str recorded, struct str live)
{
	static const struct headers none;
	const struct transaction *t = p->t;
	const struct rules_request q = { t->r->head.method,
		t->routed ? t->route.scope : STR(""), t->r->head.path };
	const struct redactor *by;
	struct redacted r;
	bool same = level_same(recorded, live);
	size_t i;

	for (i = 0; !same && (by = reader_redactor(t->w->reader, i)) != NULL;
	     i++) {
		redacted_make(&r, by, &q, &none, live);
		same = r.body.p != NULL && level_same(recorded, r.body);
		redacted_fini(&r);
	}
	return same;
}

static bool
ws_replay_fits(
    struct ws_replay *p, const struct frame *f, const struct ws_heard *m)
{
	struct str live = { m->bytes, m->n };

	if (f->opcode == FRAME_CLOSE)
		return false;
	if (p->t->settings->ws_match == WS_MATCH_TOLERANT)
		return true;
	if (f->opcode != (int64_t)m->opcode)
		return false;
	return str_eq(f->data, live) ||
	       (m->opcode == WS_TEXT && ws_replay_same_text(p, f->data, live));
}

/* ---- the script ------------------------------------------------------ */

/* It happened now; what follows is timed by it. */
static void
ws_replay_next(struct ws_replay *p, const struct frame *f)
{
	p->last = p->t->w->now;
	p->last_at = f->at_us;
	p->due = 0;
	script_next(p->script);
}

/* How long the message has to wait; 0 or less when it is its time. */
static int64_t
ws_replay_left(struct ws_replay *p, const struct frame *f)
{
	int64_t permille = (int64_t)p->t->settings->stream.permille;
	int64_t gap = f->at_us - p->last_at;

	if (permille == 0 || f->at_us < 0 || p->last_at < 0 || gap <= 0)
		return 0;
	if (gap > WS_REPLAY_MOST_US)
		gap = WS_REPLAY_MOST_US;
	if (p->due == 0)
		p->due = p->last + gap * permille / 1000;
	return p->due - p->t->w->now;
}

/* Compression was agreed on. */
static void
ws_replay_pack(struct ws_replay *p, const struct frame *f)
{
	struct worker *w = p->t->w;
	struct buf packed = { 0 };

	if (w->deflate == NULL)
		w->deflate = deflate_new();
	deflate_message(w->deflate, f->data, &packed);
	ws_message_write_packed(
	    &p->out, (enum ws_opcode)f->opcode, buf_str(&packed));
	buf_free(&packed);
}

/* False when it is not its time. */
static bool
ws_replay_say(struct ws_replay *p, const struct frame *f)
{
	int64_t left = ws_replay_left(p, f);
	struct str data = f->data;
	unsigned code = WS_CODE_NONE;

	if (left > 0) {
		ws_replay_arm(p, left);
		return false;
	}
	if (f->opcode == FRAME_CLOSE) {
		if (data.n >= 2) {
			code = (unsigned)(uint8_t)data.p[0] << 8 |
			       (uint8_t)data.p[1];
			data = (struct str){ data.p + 2, data.n - 2 };
		}
		ws_replay_close(p, code, data);
	} else if (p->packs) {
		ws_replay_pack(p, f);
		ws_replay_write(p);
	} else {
		ws_message_write(
		    &p->out, (enum ws_opcode)f->opcode, data, NULL);
		ws_replay_write(p);
	}
	meter_add(p->t->w->meter, METER_AT(said), 1);
	p->t->messages++;
	ws_replay_next(p, f);
	return true;
}

/* False when the client has said nothing yet. */
static bool
ws_replay_hear(struct ws_replay *p, const struct frame *f)
{
	struct ws_heard *m = STAILQ_FIRST(&p->heard);

	if (m == NULL)
		return false;
	if (f == NULL || !ws_replay_fits(p, f, m)) {
		ws_replay_miss(p, f, m);
		return true;
	}
	STAILQ_REMOVE_HEAD(&p->heard, link);
	meter_add(p->t->w->meter, METER_AT(heard), 1);
	p->t->messages++;
	p->nheard--;
	p->heard_bytes -= m->n;
	free(m);
	ws_replay_next(p, f);
	lane_read(p->lane, true);
	return true;
}

static void
ws_replay_broken(struct ws_replay *p, const char *why)
{
	char subject[256];

	log_error(transaction_subject(p->t, subject, sizeof(subject)),
	    "the recorded WebSocket cannot be read: %s", why);
	ws_replay_close(p, WS_CODE_MISS, STR("the recording cannot be read"));
}

/* As far as it goes for now. */
static void
ws_replay_run(struct ws_replay *p)
{
	const struct frame *f;
	struct err e = { "" };
	bool on = true;

	while (on && !p->closing && !p->full) {
		switch (script_turn(p->script, &f, &e)) {
		case SCRIPT_SAY:
			on = ws_replay_say(p, f);
			break;
		case SCRIPT_HEAR:
			on = ws_replay_hear(p, f);
			break;
		case SCRIPT_OVER:
			on = ws_replay_hear(p, NULL);
			break;
		case SCRIPT_BROKEN:
			ws_replay_broken(p, e.text);
			break;
		}
	}
}

static void
ws_replay_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ws_replay *p = arg;

	(void)fd;
	(void)what;
	p->t->w->now = clock_mono_us();
	if (p->closing)
		ws_replay_end(p);
	else
		ws_replay_run(p);
}

/* ---- the client ------------------------------------------------------ */

static void
ws_replay_keep(struct ws_replay *p, const struct ws_message *m)
{
	struct ws_heard *h = xmalloc(sizeof(*h) + m->payload.n);

	h->opcode = m->opcode;
	h->n = m->payload.n;
	if (h->n > 0)
		memcpy(h->bytes, m->payload.p, h->n);
	STAILQ_INSERT_TAIL(&p->heard, h, link);
	p->nheard++;
	p->heard_bytes += h->n;
	if (p->nheard >= WS_REPLAY_HELD ||
	    p->heard_bytes >= WS_REPLAY_HELD_BYTES)
		lane_read(p->lane, false);
}

/* False when the connection is over, and p with it. */
static bool
ws_replay_on_message(struct ws_replay *p, const struct ws_message *m)
{
	switch (m->opcode) {
	case WS_PING:
		ws_message_write(&p->out, WS_PONG, m->payload, NULL);
		ws_replay_write(p);
		break;
	case WS_CLOSE:
		if (!p->closing) {
			ws_message_close(&p->out, m->code, STR(""), NULL);
			ws_replay_write(p);
		}
		ws_replay_end(p);
		return false;
	case WS_TEXT:
	case WS_BINARY:
		if (!p->closing)
			ws_replay_keep(p, m);
		break;
	case WS_PONG:
	case WS_CONTINUATION:
		break;
	}
	return true;
}

static void
ws_replay_on_bytes(void *arg, struct str bytes)
{
	struct ws_replay *p = arg;
	enum ws_step step = WS_MORE;
	enum ws_fault fault;
	struct ws_message m;
	size_t used;

	traffic_note_frames(p->t, true, bytes);
	while (bytes.n > 0) {
		step = ws_message_read(
		    &p->in, bytes.p, bytes.n, &used, &m, &fault);
		bytes.p += used;
		bytes.n -= used;
		if (step == WS_DONE && !ws_replay_on_message(p, &m))
			return;
		if (step == WS_FAULTY)
			break;
	}
	if (step != WS_FAULTY) {
		ws_replay_run(p);
		return;
	}
	if (!p->closing)
		ws_message_close(&p->out, ws_fault_code(fault),
		    str_of(ws_fault_text(fault)), NULL);
	ws_replay_write(p);
	ws_replay_end(p);
}

static void
ws_replay_on_drained(void *arg)
{
	struct ws_replay *p = arg;

	p->full = false;
	ws_replay_run(p);
}

static void
ws_replay_on_end(void *arg)
{
	ws_replay_end(arg);
}

static void
ws_replay_on_gone(void *arg, const char *why)
{
	(void)why;
	ws_replay_over(arg);
}

static void
ws_replay_on_stop(void *arg)
{
	struct ws_replay *p = arg;

	if (p->closing)
		ws_replay_end(p);
	else
		ws_replay_close(p, WS_CODE_AWAY, STR("the gateway stops"));
}

/* ---- the beginning --------------------------------------------------- */

static int64_t
ws_replay_read(void *arg, uint64_t at, void *out, size_t n, struct err *e)
{
	struct transaction *t = arg;
	const struct body *b = t->answer->body;

	if (b->stored_id > 0)
		return reply_read(t, at, out, n, e);
	if (at >= b->bytes.n)
		return 0;
	if (n > b->bytes.n - at)
		n = b->bytes.n - (size_t)at;
	memcpy(out, b->bytes.p + at, n);
	return (int64_t)n;
}

/* How messages will be compressed, as the recorded upstream did; NULL: not at
 * all. */
static const char *
ws_replay_deflate(const struct transaction *t)
{
	struct ws_deflate recorded;

	if (!ws_handshake_extensions(&t->answer->headers, &recorded) ||
	    !recorded.on)
		return NULL;
	return ws_handshake_deflate(&t->r->head.headers);
}

static void
ws_replay_head(struct transaction *t, const char *deflate)
{
	struct buf *b = &t->w->head;
	struct iovec v;

	ws_agree(t, &t->answer->headers);
	if (deflate != NULL)
		buf_addf(b, "Sec-WebSocket-Extensions: %s\r\n", deflate);
	t->framing = REPLY_NO_BODY;
	t->keep = true;
	reply_finish_answer_head(t);
	traffic_note_socket(t);
	v = (struct iovec){ b->p, b->n };
	client_write(t->c, &v, 1);
}

static void
ws_replay_start(struct transaction *t, bool packs)
{
	const struct ws_deflate own = { packs, packs, packs };
	static const struct lane_events events = {
		.on_bytes = ws_replay_on_bytes,
		.on_end = ws_replay_on_end,
		.on_drained = ws_replay_on_drained,
		.on_gone = ws_replay_on_gone,
		.on_idle = ws_replay_on_end,
		.on_stop = ws_replay_on_stop,
	};
	struct ws_replay *p = xcalloc(1, sizeof(*p));

	p->t = t;
	p->packs = packs;
	meter_add(t->w->meter, METER_AT(sockets), 1);
	STAILQ_INIT(&p->heard);
	p->last_at = -1;
	p->script = script_new(ws_replay_read, t);
	ws_message_start(
	    &p->in, true, (size_t)t->settings->max_request_body, &own);
	p->timer = event_new(t->w->base, -1, 0, ws_replay_on_timer, p);
	if (p->timer == NULL)
		abort(); /* as for any small piece of memory */
	p->lane = client_take_over(t->c);
	lane_listen(p->lane, &events, p);
	ws_replay_run(p);
}

void
ws_replay_begin(struct transaction *t)
{
	struct problem problem = { .status = 400,
		.title = "Not a request for a WebSocket" };
	const char *wrong = "What is recorded is one.", *deflate;

	if (t->upgrade)
		wrong =
		    ws_handshake_wrong(&t->r->head.headers, &problem.status);
	if (wrong != NULL) {
		problem.detail = str_of(wrong);
		t->source = SOURCE_HARK;
		reply_problem(t, &problem);
		return;
	}
	library_served(t->w->reader, &t->wanted, t->answer);
	deflate = ws_replay_deflate(t);
	ws_replay_head(t, deflate);
	ws_replay_start(t, deflate != NULL);
}
