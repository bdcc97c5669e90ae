#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/http1.h"
#include "gateway/lane.h"
#include "gateway/mailbox.h"
#include "gateway/origin.h"
#include "gateway/tls.h"
#include "gateway/worker.h"
#include "gateway/ws_handshake.h"
#include "har/exchange.h"

#include "gateway/asker.h"

struct asker;

/* A place for one request at a time. */
struct ask {
	struct asker *asker;
	struct call *call;
	struct event *deadline;
	void *what;
	struct exchange *x;
};

struct asker {
	const struct asker_job *job;
	struct worker *w;
	struct ask *asks; /* job->most of them */
	size_t running;
	bool stopped; /* nothing is asked any more */
};

static void asker_next(struct ask *a);

/* What only the call knows, before it is gone. */
static void
asker_leave(struct ask *a)
{
	call_timings(a->call, &a->x->timings);
	event_del(a->deadline);
	a->call = NULL;
}

/* The answer is over; the next request may go out. */
static void
asker_end(struct ask *a, enum outcome outcome, const char *failure)
{
	struct exchange *x = a->x;
	struct asker *r = a->asker;

	x->outcome = outcome;
	if (failure != NULL)
		x->failure = arena_str(&x->arena, str_of(failure));
	if (x->response.body.known)
		x->response.body.size = x->response.body.bytes.n;
	a->x = NULL;
	if (!r->job->on_answer(r->job->arg, a->what, x))
		r->stopped = true;
	asker_next(a);
}

static void
asker_on_interim(void *arg, const struct http1_head *h)
{
	(void)arg;
	(void)h;
}

static void
asker_on_head(void *arg, const struct http1_head *h)
{
	struct ask *a = arg;
	struct exchange *x = a->x;
	struct message *m = &x->response;

	x->status = h->status;
	x->reason = arena_str(&x->arena, h->reason);
	x->server_addr = arena_str(&x->arena, str_of(call_peer(a->call)));
	x->connection = str_of(
	    arena_printf(&x->arena, "%" PRIu64, call_connection(a->call)));
	m->minor = http1_minor(h);
	m->version = http1_version_text(h);
	m->headers = headers_copy(&h->headers, &x->arena);
	m->framing = h->framing;
	m->head_bytes = (int64_t)h->bytes;
}

static void
asker_on_body(void *arg, struct str bytes)
{
	struct ask *a = arg;
	struct body *b = &a->x->response.body;

	b->size += bytes.n;
	if (b->size > ASKER_BODY_MOST) {
		b->known = false;
		buf_free(&b->bytes);
	} else {
		buf_add_str(&b->bytes, bytes);
	}
}

static void
asker_on_flush(void *arg)
{
	(void)arg;
}

static void
asker_on_end(void *arg, const struct headers *trailers)
{
	struct ask *a = arg;

	if (trailers != NULL)
		a->x->response.trailers = headers_copy(trailers, &a->x->arena);
	asker_leave(a);
	asker_end(a, OUTCOME_COMPLETE, NULL);
}

static void
asker_on_failure(void *arg, const struct call_failure *f)
{
	asker_leave(arg);
	asker_end(arg, f->outcome, f->text);
}

/* A WebSocket is open: all that was asked for is known. */
static void
asker_on_lane(void *arg, const struct http1_head *h, struct lane *lane)
{
	/* Close with 1000 under a mask of zeros (RFC 6455 sections 5.2, 7.4),
	 * as far as the socket takes it. */
	static const char bye[] = { (char)0x88, (char)0x82, 0, 0, 0, 0,
		1000 >> 8, (char)(1000 & 255) };
	struct ask *a = arg;
	bool agrees = ws_handshake_agrees(&h->headers);

	asker_on_head(a, h);
	asker_leave(a);
	lane_write(lane, (struct str){ bye, sizeof(bye) });
	lane_abort(lane);
	if (agrees)
		asker_end(a, OUTCOME_COMPLETE, NULL);
	else
		asker_end(a, OUTCOME_BAD_ANSWER,
		    "101 for something else than a WebSocket");
}

static void
asker_on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct ask *a = arg;
	struct call *call = a->call;

	(void)fd;
	(void)what;
	a->asker->w->now = clock_mono_us();
	asker_leave(a);
	call_cancel(call);
	asker_end(a, OUTCOME_TIMEOUT, "the answer is not over in time");
}

static const struct call_handler asker_handler = {
	.on_interim = asker_on_interim,
	.on_head = asker_on_head,
	.on_body = asker_on_body,
	.on_flush = asker_on_flush,
	.on_end = asker_on_end,
	.on_failure = asker_on_failure,
	.on_lane = asker_on_lane,
};

static void
asker_next(struct ask *a)
{
	struct asker *r = a->asker;
	struct timeval longest = { r->job->most_us / 1000000,
		r->job->most_us % 1000000 };
	struct call_request request = { 0 };

	if (r->stopped || !r->job->next(r->job->arg, &request, &a->what)) {
		r->stopped = true;
		if (--r->running == 0)
			worker_idle(r->w);
		return;
	}
	event_add(a->deadline, &longest);
	a->x = exchange_new();
	a->x->started_us = clock_wall_us();
	a->call = call_start(r->w, &request, &asker_handler, a);
}

static void
asker_begin(struct worker *w, void *arg)
{
	struct asker *r = arg;
	size_t i;

	(void)w;
	r->running = r->job->most;
	for (i = 0; i < r->job->most; i++)
		asker_next(&r->asks[i]);
}

static int
asker_open(struct asker *r, struct shared *shared, struct err *e)
{
	struct ask *a;

	r->w = worker_new(shared, 0, NULL, 0, e);
	if (r->w == NULL)
		return -1;
	for (a = r->asks; a < r->asks + r->job->most; a++) {
		a->asker = r;
		a->deadline =
		    event_new(r->w->base, -1, 0, asker_on_deadline, a);
		if (a->deadline == NULL)
			return err_set(e, "no memory for a request");
	}
	return 0;
}

static void
asker_close(struct asker *r)
{
	size_t i;

	for (i = 0; i < r->job->most; i++)
		if (r->asks[i].deadline != NULL)
			event_free(r->asks[i].deadline);
	free(r->asks);
	worker_free(r->w);
}

int
asker_run(const struct settings *s, const struct origins *o,
    const struct asker_job *job, struct err *e)
{
	struct shared shared = { .settings = s, .nworkers = 1 };
	struct asker r = { .job = job };
	int rc = -1;

	shared.tls = tls_new(s, origins_count(o), e);
	if (shared.tls == NULL)
		return -1;
	r.asks = xcalloc(job->most, sizeof(*r.asks));
	if (asker_open(&r, &shared, e) == 0) {
		rc = worker_start(r.w, e);
		if (rc == 0)
			(void)mailbox_post(r.w->mailbox, asker_begin, &r);
		worker_join(r.w);
	}
	asker_close(&r);
	tls_free(shared.tls);
	return rc;
}
