#include "config.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/mailbox.h"
#include "gateway/plan.h"
#include "gateway/worker.h"
#include "har/headers.h"
#include "replay/explain.h"
#include "replay/library.h"

#include "gateway/explainer.h"

#define EXPLAINER_PATIENCE_US 250000
#define EXPLAINER_INTERVAL_US (1000000 / EXPLAINER_RATE)

/* Copies of requests that wait. */
#define EXPLAINER_BYTES (16u << 20)

/*
 * The explainer's thread owns it until it posts it to the worker, which frees
 * it; what is last in it only the worker looks at.
 */
struct question {
	struct plan *plan; /* whose rules the request has */
	struct mailbox *mailbox;
	struct arena arena; /* of the request */
	struct headers headers;
	struct explain_request request;
	struct explanation explanation;
	bool explained;
	int64_t asked_us; /* monotonic */

	/* The worker's. */
	struct event *timer; /* NULL once it is settled */
	explained_fn on_done;
	void *arg;
};

struct explainer {
	struct reader *reader;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* for all below */
	pthread_cond_t asked;
	struct question *v[EXPLAINER_BURST]; /* a ring */
	size_t first, n;
	size_t bytes;     /* of their bodies */
	int64_t spent_us; /* monotonic: until when the rate is used up */
	bool stop;
};

/* ---- on the worker's thread ------------------------------------------ */

static void
question_free(struct question *q)
{
	mailbox_unref(q->mailbox);
	plan_unref(q->plan);
	explanation_fini(&q->explanation);
	arena_fini(&q->arena);
	free(q);
}

void
question_cancel(struct question *q)
{
	event_free(q->timer);
	q->timer = NULL;
}

static void
question_settle(struct question *q, const struct explanation *x)
{
	question_cancel(q);
	q->on_done(q->arg, x);
}

static void
question_on_late(evutil_socket_t fd, short what, void *arg)
{
	struct question *q = arg;

	(void)fd;
	(void)what;
	question_settle(q, NULL);
}

static void
question_deliver(struct worker *w, void *arg)
{
	struct question *q = arg;

	(void)w;
	if (q->timer != NULL)
		question_settle(q, q->explained ? &q->explanation : NULL);
	question_free(q);
}

static void
question_copy(struct question *q, const struct explain_request *r)
{
	struct explain_request *to = &q->request;
	struct arena *a = &q->arena;
	size_t i;

	*to = *r;
	q->headers = headers_copy(r->headers, a);
	to->headers = &q->headers;
	to->method = arena_str(a, r->method);
	to->target = arena_str(a, r->target);
	for (i = 0; i < r->nscopes; i++)
		to->scopes[i] = arena_str(a, r->scopes[i]);
	if (r->body.p != NULL)
		to->body = arena_str(a, r->body);
}

static struct question *
question_new(
    struct worker *w, struct plan *plan, const struct explain_request *r)
{
	struct timeval patience = { 0, EXPLAINER_PATIENCE_US };
	struct question *q = xcalloc(1, sizeof(*q));

	q->mailbox = mailbox_ref(w->mailbox);
	q->plan = plan_ref(plan);
	q->asked_us = clock_mono_us();
	question_copy(q, r);
	q->timer = event_new(w->base, -1, 0, question_on_late, q);
	if (q->timer == NULL)
		abort(); /* as for any small piece of memory */
	event_add(q->timer, &patience);
	return q;
}

/* Takes a place for a question.  Nothing is copied for those that get none. */
static bool
explainer_admit(struct explainer *x, int64_t now, size_t bytes)
{
	int64_t spent;
	bool room;

	pthread_mutex_lock(&x->lock);
	spent = x->spent_us > now ? x->spent_us : now;
	room = x->n < EXPLAINER_BURST && x->bytes + bytes <= EXPLAINER_BYTES &&
	       spent - now < EXPLAINER_BURST * EXPLAINER_INTERVAL_US;
	if (room) {
		x->spent_us = spent + EXPLAINER_INTERVAL_US;
		x->bytes += bytes;
	}
	pthread_mutex_unlock(&x->lock);
	return room;
}

/* False when others took the last place meanwhile. */
static bool
explainer_put(struct explainer *x, struct question *q)
{
	bool room;

	pthread_mutex_lock(&x->lock);
	room = x->n < EXPLAINER_BURST;
	if (room) {
		x->v[(x->first + x->n) % EXPLAINER_BURST] = q;
		if (x->n++ == 0)
			pthread_cond_signal(&x->asked);
	} else {
		x->bytes -= q->request.body.n;
	}
	pthread_mutex_unlock(&x->lock);
	return room;
}

struct question *
explainer_ask(struct explainer *x, struct worker *w, struct plan *plan,
    const struct explain_request *r, explained_fn on_done, void *arg)
{
	struct question *q;

	if (!explainer_admit(x, clock_mono_us(), r->body.n))
		return NULL;
	q = question_new(w, plan, r);
	q->on_done = on_done;
	q->arg = arg;
	if (explainer_put(x, q))
		return q;
	question_cancel(q);
	question_free(q);
	return NULL;
}

/* ---- on its own thread ----------------------------------------------- */

/* The next question, or NULL at the end. */
static struct question *
explainer_take(struct explainer *x, bool *stop)
{
	struct question *q = NULL;

	pthread_mutex_lock(&x->lock);
	while (x->n == 0 && !x->stop)
		pthread_cond_wait(&x->asked, &x->lock);
	if (x->n > 0) {
		q = x->v[x->first];
		x->first = (x->first + 1) % EXPLAINER_BURST;
		x->n--;
		x->bytes -= q->request.body.n;
	}
	*stop = x->stop;
	pthread_mutex_unlock(&x->lock);
	return q;
}

static void
explainer_answer(struct explainer *x, struct question *q)
{
	struct err e;

	if (clock_mono_us() - q->asked_us > EXPLAINER_PATIENCE_US)
		return; /* nobody waits for it any more */
	q->explained =
	    explain_miss(x->reader, &q->request, &q->explanation, &e) == 0;
	if (!q->explained)
		log_warn(NULL, "cannot explain a miss: %s", e.text);
}

static void *
explainer_thread(void *arg)
{
	struct explainer *x = arg;
	struct question *q;
	bool stop;

	(void)pthread_setname_np(pthread_self(), "explainer");
	while ((q = explainer_take(x, &stop)) != NULL) {
		if (!stop)
			explainer_answer(x, q);
		if (!mailbox_post(q->mailbox, question_deliver, q))
			question_free(q);
	}
	return NULL;
}

struct explainer *
explainer_open(struct library *l, struct err *e)
{
	struct explainer *x = xcalloc(1, sizeof(*x));

	pthread_mutex_init(&x->lock, NULL);
	pthread_cond_init(&x->asked, NULL);
	x->reader = reader_open(l, e);
	if (x->reader == NULL)
		goto fail;
	x->started = thread_start(&x->thread, explainer_thread, x) == 0;
	if (x->started)
		return x;
	err_sys(e, "cannot start a thread for explanations");
fail:
	explainer_close(x);
	return NULL;
}

void
explainer_close(struct explainer *x)
{
	if (x == NULL)
		return;
	pthread_mutex_lock(&x->lock);
	x->stop = true;
	pthread_cond_signal(&x->asked);
	pthread_mutex_unlock(&x->lock);
	if (x->started)
		pthread_join(x->thread, NULL);
	reader_close(x->reader);
	pthread_cond_destroy(&x->asked);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

size_t
explainer_waiting(struct explainer *x)
{
	size_t n;

	pthread_mutex_lock(&x->lock);
	n = x->n;
	pthread_mutex_unlock(&x->lock);
	return n;
}
