/*
 * The guard: raw bytes are parsed with our strict codec, what is ambiguous is
 * refused, and the owner gets one whole, checked request at a time.
 */
#include "config.h"

#include <string.h>

#include "gateway/client_priv.h"
#include "gateway/meter.h"
#include "gateway/worker.h"

/* Counts n more bytes of request body; -1 and refused when it is too much. */
static int
guard_charge(struct client *c, uint64_t n)
{
	const struct settings *s = c->w->settings;
	size_t before;

	if (n > s->max_request_body || c->charged + n > s->max_request_body) {
		client_refuse(c, 413, "the request body is over the limit");
		return -1;
	}
	if (n == 0)
		return 0;
	before = atomic_fetch_add(&c->w->shared->body_bytes, (size_t)n);
	c->charged += (size_t)n;
	if (before + n > s->request_body_budget ||
	    before + n > c->w->shared->body_room) {
		client_refuse(c, 503,
		    "too many request bodies are held at once; try again");
		return -1;
	}
	return 0;
}

static void
guard_discharge(struct client *c)
{
	if (c->charged > 0)
		atomic_fetch_sub(&c->w->shared->body_bytes, c->charged);
	c->charged = 0;
}

/* The request is out to its owner.  When it is not answered at once, reading
 * goes on, so that a client that leaves is noticed. */
static void
guard_dispatch(struct client *c)
{
	c->state = CLIENT_BUSY;
	c->deadline = 0;
	c->request.started = c->w->now;
	meter_more(&c->w->counts->requests, 1);
	c->w->clients->events->on_request(c, &c->request);
}

void
guard_next(struct client *c)
{
	guard_discharge(c);
	c->streaming = false;
	c->seen = 0;
	buf_drop(&c->in, c->used);
	c->used = 0;
	buf_add_str(&c->in, buf_str(&c->behind));
	buf_clear(&c->behind, 0);
	if (c->in.n == 0)
		buf_clear(&c->in, CLIENT_KEEP);
	buf_clear(&c->body, CLIENT_KEEP);
	arena_reset(&c->arena);
}

/* The owner gets what there is of the body, and the rest as it comes. */
static void
guard_stream(struct client *c)
{
	guard_discharge(c);
	c->streaming = true;
	c->request.more = true;
	c->request.body = STR("");
	guard_dispatch(c);
	client_body_begin(c);
}

/* ---- bodies ---------------------------------------------------------- */

static void
guard_await_body(struct client *c)
{
	c->deadline = c->w->now + c->w->settings->body_timeout;
}

/* A body with Content-Length, or none: its bytes stay where they came. */
static bool
guard_read_plain(struct client *c)
{
	const struct http1_head *h = &c->request.head;
	size_t length = h->framing == FRAMING_LENGTH ? (size_t)h->length : 0;
	size_t whole = h->bytes + length;

	if (c->in.n < whole) {
		guard_await_body(c);
		return false;
	}
	c->used = whole;
	c->request.body =
	    length > 0 ? (struct str){ c->in.p + h->bytes, length } : STR("");
	guard_dispatch(c);
	return true;
}

static bool
guard_end_chunked(struct client *c)
{
	c->request.body = buf_str(&c->body);
	if (http1_body_trailers(&c->reader, &c->request.trailers, &c->arena) ==
	    -1)
		client_refuse(c, 400, http1_fault_text(HTTP1_TRAILER));
	else
		guard_dispatch(c);
	return true;
}

/* used moves along; the head's bytes stay in front of it. */
static bool
guard_read_chunked(struct client *c)
{
	enum http1_step step;
	enum http1_fault fault;
	struct str data;
	size_t used;

	do {
		step = http1_body_read(&c->reader, c->in.p + c->used,
		    c->in.n - c->used, &used, &data, &fault);
		if (guard_charge(c, data.n) == -1)
			return true;
		buf_add_str(&c->body, data);
		c->used += used;
		if (step == HTTP1_MORE && c->can_stream &&
		    c->body.n > c->w->settings->stream_request_body) {
			guard_stream(c);
			return true;
		}
	} while (step == HTTP1_MORE && c->used < c->in.n);
	if (step == HTTP1_FAULT) {
		client_refuse(
		    c, http1_fault_status(fault), http1_fault_text(fault));
		return true;
	}
	if (step == HTTP1_DONE)
		return guard_end_chunked(c);
	/* Decoded bytes are not needed twice. */
	c->in.n = c->used = c->request.head.bytes;
	guard_await_body(c);
	return false;
}

static bool
guard_read_body(struct client *c)
{
	return c->request.head.framing == FRAMING_CHUNKED
		   ? guard_read_chunked(c)
		   : guard_read_plain(c);
}

/* ---- heads ----------------------------------------------------------- */

/* The bytes of in may move while a body comes in: the head moves to the
 * arena with all that points into it. */
static void
guard_settle_head(struct client *c, bool stream)
{
	struct http1_head *h = &c->request.head;
	size_t seen = 0, whole = h->bytes;
	enum http1_fault fault;
	char *p;

	if (h->framing == FRAMING_NONE ||
	    (!stream && h->framing == FRAMING_LENGTH &&
		c->in.n >= whole + h->length))
		return;
	p = arena_strndup(&c->arena, c->in.p, whole);
	*h = (struct http1_head){ 0 };
	http1_request(
	    h, &c->arena, p, whole, &seen, &c->w->clients->limits, &fault);
}

/* Whether the body is too long to be held, and there is one who takes it in
 * parts; of a chunked one that shows later. */
static bool
guard_streams(struct client *c)
{
	const struct http1_head *h = &c->request.head;
	const struct settings *s = c->w->settings;
	bool is_long =
	    h->framing == FRAMING_LENGTH && h->length > s->stream_request_body;

	c->can_stream = false;
	if ((!is_long && h->framing != FRAMING_CHUNKED) ||
	    (is_long && s->body_limit_given && h->length > s->max_request_body))
		return false;
	c->can_stream = c->w->clients->events->can_stream(c, &c->request);
	return is_long && c->can_stream;
}

/* A head is whole and sound: decides who reads the body. */
static bool
guard_on_head(struct client *c)
{
	struct http1_head *h = &c->request.head;
	bool silent, stream = guard_streams(c);

	c->request.more = false;
	c->request.trailers = (struct headers){ 0 };
	c->request.head_bytes = h->bytes;
	if (!stream && h->framing == FRAMING_LENGTH &&
	    guard_charge(c, h->length) == -1)
		return true;
	silent = c->in.n == h->bytes;
	guard_settle_head(c, stream);
	c->state = CLIENT_BODY;
	if (h->expect_continue && h->framing != FRAMING_NONE && silent &&
	    client_send_now(c, "HTTP/1.1 100 Continue\r\n\r\n") == -1) {
		client_doom(c);
		return true;
	}
	http1_body_fini(&c->reader);
	http1_body_start(&c->reader, h->framing, h->length,
	    c->w->settings->max_header_bytes);
	c->used = h->bytes;
	if (stream) {
		guard_stream(c);
		return true;
	}
	return guard_read_body(c);
}

static bool
guard_read_head(struct client *c)
{
	enum http1_step step;
	enum http1_fault fault;

	if (c->state == CLIENT_IDLE) {
		c->state = CLIENT_HEAD;
		c->deadline = c->w->now + c->w->settings->header_timeout;
	}
	c->request.head = (struct http1_head){ 0 };
	step = http1_request(&c->request.head, &c->arena, c->in.p, c->in.n,
	    &c->seen, &c->w->clients->limits, &fault);
	if (step == HTTP1_FAULT) {
		client_refuse(
		    c, http1_fault_status(fault), http1_fault_text(fault));
		return true;
	}
	return step == HTTP1_DONE && guard_on_head(c);
}

/* ---- the loop -------------------------------------------------------- */

/* One step; false when there is nothing to do but wait. */
static bool
guard_step(struct client *c)
{
	switch (c->state) {
	case CLIENT_IDLE:
		if (c->w->draining) {
			client_doom(c);
			return false;
		}
		return c->in.n > 0 && guard_read_head(c);
	case CLIENT_HEAD:
		return guard_read_head(c);
	case CLIENT_BODY:
		return guard_read_body(c);
	case CLIENT_HANDSHAKE:
	case CLIENT_BUSY:
	case CLIENT_LINGER:
	case CLIENT_H2:
	case CLIENT_DOOMED:
		return false;
	}
	return false;
}

void
guard_run(struct client *c)
{
	c->in_guard = true;
	while (guard_step(c))
		continue;
	c->in_guard = false;
}
