/*
 * A request's body that goes to its owner in parts, as it comes.  The request
 * is out for its reply meanwhile.
 */
#include "config.h"

#include <event2/event.h>

#include "gateway/client_priv.h"
#include "gateway/worker.h"

/* Bytes are only dropped once there is nobody to have them. */
static bool
client_body_flows(const struct client *c)
{
	return c->streaming && c->state == CLIENT_BUSY && c->owner != NULL;
}

void
client_body_wait(struct client *c)
{
	if (client_waiting(c) == 0)
		c->deadline =
		    c->resting ? 0 : c->w->now + c->w->settings->body_timeout;
}

void
client_body_fail(struct client *c, int status, const char *why)
{
	c->streaming = false;
	if (client_waiting(c) == 0)
		c->deadline = 0;
	c->w->clients->events->on_body_failed(c, c->owner, status, why);
}

static void
client_body_end(struct client *c)
{
	struct headers *trailers = &c->request.trailers;

	/* By HTTP/2 there are some behind a length, too. */
	if (c->reader.framing == FRAMING_CHUNKED &&
	    http1_body_trailers(&c->reader, trailers, &c->arena) == -1) {
		client_body_fail(c, 400, http1_fault_text(HTTP1_TRAILER));
		return;
	}
	c->streaming = false;
	if (client_waiting(c) == 0)
		c->deadline = 0;
	/* Who leaves is noticed. */
	if (c->resting)
		client_listen(c);
	c->resting = false;
	c->w->clients->events->on_body_end(c, c->owner, trailers);
}

/* Decoded bytes.  False when they are too many. */
static bool
client_body_give(struct client *c, struct str bytes)
{
	const struct settings *s = c->w->settings;

	c->streamed += bytes.n;
	if (s->body_limit_given && c->streamed > s->max_request_body) {
		client_body_fail(c, 413, "the request body is over the limit");
		return false;
	}
	if (bytes.n > 0)
		c->w->clients->events->on_body(c, c->owner, bytes);
	return true;
}

void
client_body_bytes(struct client *c, const char *p, size_t n)
{
	enum http1_step step = HTTP1_MORE;
	enum http1_fault fault;
	struct str data;
	size_t used;

	while (step == HTTP1_MORE && n > 0 && client_body_flows(c)) {
		step = http1_body_read(&c->reader, p, n, &used, &data, &fault);
		p += used;
		n -= used;
		if (!client_body_give(c, data))
			return;
	}
	if (step == HTTP1_FAULT) {
		client_body_fail(
		    c, http1_fault_status(fault), http1_fault_text(fault));
	} else if (step == HTTP1_DONE) {
		buf_add(&c->behind, p, n);
		client_body_end(c);
	} else if (client_body_flows(c)) {
		client_body_wait(c);
	}
}

void
client_body_begin(struct client *c)
{
	size_t used = c->used, n = c->in.n - c->used;

	c->resting = false;
	c->streamed = 0;
	if (client_body_flows(c) && client_body_give(c, buf_str(&c->body)))
		client_body_bytes(c, c->in.p + used, n);
	buf_clear(&c->body, CLIENT_KEEP);
	/* What came behind the body is in c->behind. */
	c->in.n = c->used = 0;
}

void
client_read_body(struct client *c, bool on)
{
	if (!c->streaming || c->resting == !on)
		return;
	c->resting = !on;
	if (on)
		client_listen(c);
	else
		event_del(&c->rd);
	if (on && c->request2 != NULL)
		h2_request_read(c);
	client_body_wait(c);
}
