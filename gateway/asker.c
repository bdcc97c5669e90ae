#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/http1.h"
#include "gateway/mailbox.h"
#include "gateway/origin.h"
#include "gateway/tls.h"
#include "gateway/worker.h"
#include "har/exchange.h"

#include "gateway/asker.h"

struct asker;

/* A place for one request at a time. */
struct ask {
	struct asker *asker;
	struct call *call;
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
	call_timings(a->call, &x->timings);
	a->x = NULL;
	a->call = NULL;
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
	m->minor = h->minor;
	m->version = h->minor == 1 ? STR("HTTP/1.1") : STR("HTTP/1.0");
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
	asker_end(a, OUTCOME_COMPLETE, NULL);
}

static void
asker_on_failure(void *arg, const struct call_failure *f)
{
	asker_end(arg, f->outcome, f->text);
}

static const struct call_handler asker_handler = {
	.on_interim = asker_on_interim,
	.on_head = asker_on_head,
	.on_body = asker_on_body,
	.on_flush = asker_on_flush,
	.on_end = asker_on_end,
	.on_failure = asker_on_failure,
};

static void
asker_next(struct ask *a)
{
	struct asker *r = a->asker;
	struct call_request request;

	if (r->stopped || !r->job->next(r->job->arg, &request, &a->what)) {
		r->stopped = true;
		if (--r->running == 0)
			worker_idle(r->w);
		return;
	}
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
	for (i = 0; i < r->job->most; i++) {
		r->asks[i].asker = r;
		asker_next(&r->asks[i]);
	}
}

int
asker_run(const struct settings *s, const struct origins *o,
    const struct asker_job *job, struct err *e)
{
	struct shared shared = { .settings = s,
		.mode = &modes[MODE_PROXY],
		.origins = o,
		.nworkers = 1 };
	struct asker r = { .job = job };
	int rc = -1;

	shared.tls = tls_new(s, origins_count(o), e);
	if (shared.tls == NULL)
		return -1;
	r.asks = xcalloc(job->most, sizeof(*r.asks));
	r.w = worker_new(&shared, 0, NULL, 0, e);
	if (r.w != NULL) {
		(void)mailbox_post(r.w->mailbox, asker_begin, &r);
		rc = worker_start(r.w, e);
		r.stopped |= rc == -1; /* the letter is read all the same */
		worker_join(r.w);
	}
	worker_free(r.w);
	tls_free(shared.tls);
	free(r.asks);
	return rc;
}
