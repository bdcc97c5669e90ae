/* A WebSocket that is recorded while it passes: each message becomes a line
 * of the response's body (har/frame.h). */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "gateway/meter.h"
#include "gateway/upstream.h"
#include "gateway/worker.h"
#include "gateway/ws_tap.h"
#include "recorder/redact.h"

#include "gateway/transaction.h"

/* A text is searched for secrets as a body would be. */
static void
tee_socket_line(struct transaction *t, struct frame *f, struct buf *out)
{
	static const struct headers none;
	struct buf changed = { 0 };

	if (t->w->shared->redactor != NULL && f->opcode == FRAME_TEXT &&
	    redact_body(&t->redaction, &none, f->data, &changed) ==
		REDACT_CHANGED) {
		f->size = f->size - f->data.n + changed.n;
		f->data = buf_str(&changed);
	}
	frame_write(out, f);
	buf_free(&changed);
}

static void
tee_socket_on_frame(void *arg, struct frame *f)
{
	uint64_t limit;
	struct transaction *t = arg;
	struct buf line = { 0 };

	meter_add(t->w->meter, f->sent ? METER_AT(heard) : METER_AT(said), 1);
	t->messages++;
	limit = t->settings->ws_record_limit;
	if (t->tap_full)
		return;
	f->at_us = t->x->started_us + (t->w->now - t->r->started);
	tee_socket_line(t, f, &line);
	if (t->body_size + line.n > limit)
		t->tap_full = true;
	else
		tee_body(t, buf_str(&line));
	if (!t->tap_full)
		t->body_size += line.n;
	buf_free(&line);
}

void
tee_socket(struct transaction *t, const struct http1_head *h)
{
	struct exchange *x = t->x;

	tee_settle(t);
	/* "http" or "https" in front of it becomes "ws" or "wss". */
	x->url = str_of(
	    arena_printf(&x->arena, "ws%.*s", (int)x->url.n - 4, x->url.p + 4));
	call_timings(t->call, &x->timings);
	t->tap_began = t->w->now;
	t->tap = ws_tap_new(&h->headers, tee_socket_on_frame, t);
	tee_draft_begin(t);
}

void
tee_socket_take(struct transaction *t, bool from_client, struct str bytes)
{
	ws_tap_take(t->tap, from_client, bytes);
}

void
tee_socket_end(struct transaction *t)
{
	struct exchange *x = t->x;
	const char *trouble = ws_tap_trouble(t->tap);

	x->timings.receive = t->w->now - t->tap_began;
	if (t->tap_full)
		x->comment = STR("recorded up to --ws-record-limit");
	else if (trouble[0] != '\0')
		x->comment = arena_str(&x->arena, str_of(trouble));
}
