#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "gateway/access_log.h"
#include "gateway/traffic_flow.h"
#include "gateway/traffic_show.h"
#include "gateway/traffic_sink.h"
#include "gateway/transaction.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_tap.h"
#include "har/frame.h"
#include "mock/mocks.h"
#include "recorder/redact.h"
#include "recorder/rules.h"
#include "replay/explain.h"

#include "gateway/traffic_note.h"

#define TRAFFIC_NOTE_KEPT 64         /* notes of a worker */
#define TRAFFIC_NOTE_KEEP (4u << 10) /* bytes that each of its texts keeps */

struct traffic_note {
	struct traffic_note *next; /* of those that a worker keeps */
	struct buf head;           /* of the reply, as rendered */
	struct buf body, sent;     /* the starts of both bodies */
	struct str lasting; /* in the place of body: t has it to the end */
	uint64_t body_size, sent_size;
	struct buf fields; /* of the request, rendered at the end */
	struct buf route, note, miss, rules;
	const char *reason;
	int64_t nearest;
	int64_t head_us; /* monotonic; 0: no head */
	struct timings timings;
	bool timed;      /* they are those of a call */
	uint64_t number; /* that it is shown under; 0: not yet */
	struct traffic_flow *flow;
	struct ws_tap *tap; /* reads the messages of a WebSocket for it */
	struct traffic_link *link;
};

static struct traffic_sink *
traffic_note_sink(const struct transaction *t)
{
	return t->w->shared->traffic;
}

static struct traffic_memory *
traffic_note_memory(const struct transaction *t)
{
	t->w->rows.size = traffic_note_sink(t)->slab;
	return &t->w->rows;
}

/* Whether anybody is told of t, and was not yet. */
static bool
traffic_note_wanted(const struct transaction *t)
{
	struct traffic_sink *sink = traffic_note_sink(t);

	return (sink->log != NULL || sink->access != NULL) && !t->noted;
}

static struct traffic_note *
traffic_note_of(struct transaction *t)
{
	struct traffic_note *d = t->note;

	if (d != NULL)
		return d;
	d = t->w->notes;
	if (d != NULL) {
		t->w->notes = d->next;
		t->w->nnotes--;
	} else {
		d = xcalloc(1, sizeof(*d));
	}
	return t->note = d;
}

static void
traffic_note_each(
    struct traffic_note *d, void (*act)(struct buf *b, size_t keep))
{
	act(&d->head, TRAFFIC_NOTE_KEEP);
	act(&d->body, TRAFFIC_NOTE_KEEP);
	act(&d->sent, TRAFFIC_NOTE_KEEP);
	act(&d->fields, TRAFFIC_NOTE_KEEP);
	act(&d->route, 0);
	act(&d->note, 0);
	act(&d->miss, 0);
	act(&d->rules, 0);
}

static void
traffic_note_free_text(struct buf *b, size_t keep)
{
	(void)keep;
	buf_free(b);
}

static void
traffic_note_free(struct traffic_note *d)
{
	traffic_note_each(d, traffic_note_free_text);
	free(d);
}

/* What is kept of it is its memory. */
static void
traffic_note_give_back(struct worker *w, struct traffic_note *d)
{
	struct traffic_note empty = { 0 };

	traffic_flow_unref(d->flow);
	ws_tap_free(d->tap);
	traffic_link_unref(d->link);
	if (w->nnotes == TRAFFIC_NOTE_KEPT) {
		traffic_note_free(d);
		return;
	}
	traffic_note_each(d, buf_clear);
	empty.head = d->head;
	empty.body = d->body;
	empty.sent = d->sent;
	empty.fields = d->fields;
	empty.next = w->notes;
	*d = empty;
	w->notes = d;
	w->nnotes++;
}

void
traffic_note_forget(struct worker *w)
{
	struct traffic_note *d;

	while ((d = w->notes) != NULL) {
		w->notes = d->next;
		traffic_note_free(d);
	}
	traffic_memory_fini(&w->rows);
}

/* ---- while it goes on -------------------------------------------------- */

/* The start of s that there still is room for. */
static void
traffic_note_some(const struct transaction *t, struct buf *b, struct str s)
{
	struct traffic_sink *sink = traffic_note_sink(t);
	size_t room = sink->log != NULL ? sink->body - b->n : 0;

	buf_add(b, s.p, s.n < room ? s.n : room);
}

void
traffic_note_head(struct transaction *t)
{
	struct traffic_note *d;

	if (!traffic_note_wanted(t))
		return;
	d = traffic_note_of(t);
	d->head.n = 0;
	buf_add_str(&d->head, buf_str(&t->w->head));
	d->head_us = clock_mono_us();
}

/* Whether bytes stay where they are as long as t. */
static bool
traffic_note_lasts(const struct transaction *t, struct str bytes)
{
	return (t->answer != NULL && bytes.p == t->answer->body->bytes.p) ||
	       (t->mock != NULL && bytes.p == t->mock->body.p);
}

/* A body that goes out at once is copied when the row is made, if at all. */
static void
traffic_note_more(
    struct transaction *t, struct traffic_note *d, struct str bytes)
{
	if (d->body_size == 0 && traffic_note_lasts(t, bytes)) {
		d->lasting = bytes;
		return;
	}
	traffic_note_some(t, &d->body, d->lasting);
	d->lasting.n = 0;
	traffic_note_some(t, &d->body, bytes);
}

void
traffic_note_body(struct transaction *t, struct str bytes)
{
	struct traffic_note *d;

	if (!traffic_note_wanted(t) || bytes.n == 0)
		return;
	d = traffic_note_of(t);
	if (d->flow != NULL)
		traffic_flow_piece(
		    d->flow, bytes, clock_mono_us() - t->r->started);
	else
		traffic_note_more(t, d, bytes);
	d->body_size += bytes.n;
}

void
traffic_note_sent(struct transaction *t, struct str bytes)
{
	struct traffic_note *d;

	if (!traffic_note_wanted(t))
		return;
	d = traffic_note_of(t);
	d->sent_size += bytes.n;
	traffic_note_some(t, &d->sent, bytes);
}

void
traffic_note_call(struct transaction *t)
{
	struct traffic_note *d;

	if (!traffic_note_wanted(t) || t->call == NULL)
		return;
	d = traffic_note_of(t);
	d->timings = TIMINGS_UNKNOWN;
	call_timings(t->call, &d->timings);
	d->timed = true;
}

void
traffic_note_text(struct transaction *t, const char *text)
{
	struct traffic_note *d;

	if (!traffic_note_wanted(t))
		return;
	d = traffic_note_of(t);
	d->note.n = 0;
	buf_add_text(&d->note, text);
}

void
traffic_note_miss(
    struct transaction *t, const char *detail, const struct explanation *x)
{
	struct traffic_note *d;

	if (!traffic_note_wanted(t))
		return;
	d = traffic_note_of(t);
	d->reason = t->why == FOUND_EXHAUSTED ? "exhausted" : "no-recording";
	buf_add_text(&d->miss, detail);
	if (x == NULL)
		return;
	d->reason = explain_reason_text(x->reason);
	if (x->nearest.n > 0)
		d->nearest = x->nearest.v[0].id;
	buf_add_text(&d->miss, " ");
	explanation_text(x, &d->miss);
	(void)explanation_rules(x, &d->rules);
}

void
traffic_note_route(struct transaction *t, struct str route)
{
	if (traffic_note_wanted(t))
		buf_add_str(&traffic_note_of(t)->route, route);
}

struct traffic_link *
traffic_note_link(struct transaction *t)
{
	struct traffic_sink *sink = traffic_note_sink(t);
	struct traffic_note *d;

	if (sink->log == NULL || t->noted)
		return NULL;
	d = traffic_note_of(t);
	if (d->link != NULL)
		return traffic_link_ref(d->link);
	return d->link = traffic_link_new(traffic_note_memory(t));
}

/* ---- the row ----------------------------------------------------------- */

/* Splits a head into the reason of its status and its fields. */
static void
traffic_note_split(struct str head, struct str *reason, struct str *fields)
{
	struct str line;
	size_t skip = strlen("HTTP/1.1 200 ");

	*reason = *fields = STR("");
	if (!str_cut(&head, '\n', &line) || head.p == NULL)
		return;
	if (line.n > skip + 1)
		*reason = (struct str){ line.p + skip, line.n - skip - 1 };
	if (head.n >= 2)
		*fields = (struct str){ head.p, head.n - 2 };
}

static struct timings
traffic_note_timings(
    const struct transaction *t, const struct traffic_note *d, int64_t end)
{
	struct timings own = TIMINGS_UNKNOWN;

	if (d->timed)
		return d->timings;
	own.send = 0;
	if (d->head_us != 0) {
		own.wait = d->head_us - t->r->started;
		own.receive = end - d->head_us;
	}
	return own;
}

/* When the request began; one that was refused never did. */
static int64_t
traffic_note_started(const struct transaction *t, int64_t now)
{
	return t->r->started != 0 ? t->r->started : now;
}

/* The start of what went out; an answer that has all of it is held. */
static struct str
traffic_note_answered(const struct transaction *t, const struct traffic_note *d,
    struct answer **held)
{
	struct traffic_sink *sink = traffic_note_sink(t);
	struct str s = d->lasting;

	*held = NULL;
	if (sink->log == NULL)
		return STR("");
	if (s.n == 0)
		return buf_str(&d->body);
	if (s.n > sink->body)
		s.n = sink->body;
	else if (t->answer != NULL && s.p == t->answer->body->bytes.p)
		*held = t->answer;
	return s;
}

static void
traffic_note_texts(
    struct transaction *t, struct traffic_note *d, struct traffic_row *r)
{
	const struct http1_head *h = &t->r->head;
	struct str *x = r->text;

	d->fields.n = 0;
	headers_render(&h->headers, &d->fields);
	x[TRAFFIC_CLIENT] = str_of(client_address(t->c));
	x[TRAFFIC_SESSION] = t->session;
	x[TRAFFIC_METHOD] = h->method;
	x[TRAFFIC_HOST] = h->authority;
	x[TRAFFIC_PATH] = h->path;
	x[TRAFFIC_SCOPE] = t->routed ? t->route.scope : STR("");
	x[TRAFFIC_REQUEST_FIELDS] = buf_str(&d->fields);
	x[TRAFFIC_RESPONSE_BODY] = traffic_note_answered(t, d, &r->held);
	x[TRAFFIC_NOTE] = buf_str(&d->note);
	x[TRAFFIC_MISS] = buf_str(&d->miss);
	x[TRAFFIC_RULES] = buf_str(&d->rules);
	traffic_note_split(
	    buf_str(&d->head), &x[TRAFFIC_REASON], &x[TRAFFIC_RESPONSE_FIELDS]);
	if (t->source == SOURCE_UPSTREAM && t->routed)
		x[TRAFFIC_UPSTREAM] = str_of(t->route.origin->text);
	x[TRAFFIC_ROUTE] =
	    t->mock != NULL ? t->mock->route : buf_str(&d->route);
	if (d->sent_size > 0) {
		x[TRAFFIC_REQUEST_BODY] = buf_str(&d->sent);
	} else if (traffic_note_sink(t)->log != NULL) {
		x[TRAFFIC_REQUEST_BODY] = t->r->body;
		if (t->r->body.n > traffic_note_sink(t)->body)
			x[TRAFFIC_REQUEST_BODY].n = traffic_note_sink(t)->body;
	}
}

static void
traffic_note_row(struct transaction *t, struct traffic_note *d,
    enum traffic_state state, struct traffic_row *r)
{
	int64_t now = t->ended != 0 ? t->ended : clock_mono_us();
	int64_t began = traffic_note_started(t, now);

	*r = (struct traffic_row){
		.state = state,
		.started_us = clock_wall_us() - (now - began),
		.duration_us = now - began,
		.wait_us = d->head_us != 0 ? d->head_us - began : -1,
		.timings = traffic_note_timings(t, d, now),
		.secure = client_is_secure(t->c),
		.minor = t->r->head.minor,
		.status = d->head_us != 0 ? t->status : 0,
		.source = transaction_source(t),
		.mode = t->mode->name,
		.derived = t->derived,
		.reason = d->reason,
		.refused = t->r->started == 0,
		.nearest = d->nearest,
		.request_bytes = d->sent_size > 0 ? d->sent_size : t->r->body.n,
		.response_bytes = d->body_size,
		.flow = d->flow,
		.redactor = t->w->shared->redactor,
	};
	if (d->flow != NULL)
		r->cost = traffic_note_sink(t)->body;
	if (t->source == SOURCE_REPLAY && t->answer != NULL) {
		r->entry = t->answer->entry;
		r->tier =
		    t->wanted.tier == TIER_NORMALIZED ? "normalized" : "exact";
	}
	traffic_note_texts(t, d, r);
}

/* The note's link moves in: one that is open has none yet.  Lines of the access
 * log have to keep up, so that theirs is searched here. */
static struct traffic_row *
traffic_note_make(
    struct transaction *t, struct traffic_note *d, enum traffic_state state)
{
	struct traffic_row of, *r;

	traffic_note_row(t, d, state, &of);
	r = traffic_row_in(&of, traffic_note_memory(t));
	r->link = d->link;
	d->link = NULL;
	return traffic_note_sink(t)->access != NULL ? traffic_show(r) : r;
}

/* ---- beginnings and ends ----------------------------------------------- */

static void
traffic_note_show(struct transaction *t, bool messages)
{
	struct traffic_sink *sink = traffic_note_sink(t);
	struct traffic_note *d = traffic_note_of(t);

	if (messages || t->w->shared->redactor == NULL)
		d->flow = traffic_flow_new(messages, sink->body);
	d->number = traffic_add(
	    sink->log, traffic_note_make(t, d, TRAFFIC_OPEN), &t->w->rows);
}

static bool
traffic_note_shows(const struct transaction *t)
{
	struct traffic_sink *sink = traffic_note_sink(t);

	return sink->log != NULL && !t->noted;
}

void
traffic_note_open(struct transaction *t)
{
	if (traffic_note_shows(t))
		traffic_note_show(t, false);
}

/* A text is searched for secrets as a body would be. */
static void
traffic_note_on_frame(void *arg, struct frame *f)
{
	static const struct headers none;
	struct transaction *t = arg;
	const struct rules_request q = { t->r->head.method,
		t->routed ? t->route.scope : STR(""), t->r->head.path };
	struct buf changed = { 0 };
	struct redaction d;

	f->at_us = clock_wall_us();
	if (t->w->shared->redactor != NULL && f->opcode == FRAME_TEXT) {
		redaction_begin(&d, t->w->shared->redactor, &q);
		if (redact_body(&d, &none, f->data, &changed) ==
		    REDACT_CHANGED) {
			f->size = f->size - f->data.n + changed.n;
			f->data = buf_str(&changed);
		}
		redaction_end(&d);
	}
	traffic_flow_message(t->note->flow, f);
	buf_free(&changed);
}

void
traffic_note_socket(struct transaction *t)
{
	struct headers agreed = { 0 };
	struct arena arena = { 0 };
	struct str reason, fields;

	if (!traffic_note_shows(t))
		return;
	traffic_note_show(t, true);
	traffic_note_split(buf_str(&t->note->head), &reason, &fields);
	(void)headers_parse(&agreed, &arena, fields);
	t->note->tap = ws_tap_new(&agreed, traffic_note_on_frame, t);
	arena_fini(&arena);
}

void
traffic_note_frames(struct transaction *t, bool from_client, struct str bytes)
{
	if (t->note != NULL && t->note->tap != NULL)
		ws_tap_take(t->note->tap, from_client, bytes);
}

/* To whom it may concern; r has its number then. */
static void
traffic_note_give(
    struct transaction *t, const struct traffic_note *d, struct traffic_row *r)
{
	struct traffic_sink *sink = traffic_note_sink(t);
	struct traffic_row *mine =
	    sink->access != NULL ? traffic_row_ref(r) : NULL;

	if (sink->log == NULL) {
		r->number = atomic_fetch_add(&sink->numbers, 1) + 1;
		traffic_row_unref(r);
	} else if (d->number == 0) {
		traffic_add(sink->log, r, &t->w->rows);
	} else {
		traffic_replace(sink->log, d->number, r);
	}
	if (mine != NULL)
		access_log_give(sink->access, mine);
}

void
traffic_note_end(struct transaction *t, enum traffic_state state)
{
	struct traffic_note *d;

	if (!traffic_note_wanted(t))
		return;
	traffic_note_call(t);
	d = traffic_note_of(t);
	traffic_note_give(t, d, traffic_note_make(t, d, state));
	t->noted = true;
	t->note = NULL;
	traffic_note_give_back(t->w, d);
}
