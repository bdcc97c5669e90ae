/*
 * When an answer is sent: a wait in front of its first byte (--latency), the
 * rhythm in which the pieces of a recording came (--stream), and that in which
 * a mock's are to come.  Only
 * transactions that are slowed down have a timer.
 */
#include "config.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/flow.h"
#include "gateway/worker.h"
#include "mock/mocks.h"

#include "gateway/transaction.h"

#define PACE_LEAST_US 1000
#define PACE_MOST_US (INT64_C(24) * 3600 * 1000 * 1000) /* of one wait */

struct pace {
	struct event *timer;
	int64_t began; /* monotonic, when the head went out */
	int64_t head;  /* the same in the recording, since its start */
	size_t next;   /* mark whose time has not come */
	uint64_t due;  /* where it begins */
	int64_t until; /* monotonic, to wait for the first byte */
	void (*then)(struct transaction *t); /* behind the wait */
	bool events;                         /* the body is an event stream */
	struct flow flow;                    /* of a mock's body */
};

/* The loop's clock is coarse: its timers may fire some milliseconds early, so
 * that who waits looks at the time again. */
static void
pace_arm(struct transaction *t, int64_t us)
{
	struct timeval tv;

	if (us < PACE_LEAST_US)
		us = PACE_LEAST_US;
	tv = (struct timeval){ us / 1000000, us % 1000000 };
	event_add(t->pace->timer, &tv);
}

static void
pace_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct transaction *t = arg;
	void (*then)(struct transaction * t) = t->pace->then;

	(void)fd;
	(void)what;
	t->w->now = clock_mono_us();
	if (t->head_out) {
		if (t->mock != NULL)
			reply_mock_pump(t);
		else
			reply_pump(t);
		return;
	}
	if (t->w->now < t->pace->until) {
		pace_arm(t, t->pace->until - t->w->now);
		return;
	}
	pace_end(t);
	then(t);
}

static void
pace_begin(struct transaction *t)
{
	t->pace = xcalloc(1, sizeof(*t->pace));
	t->pace->timer = event_new(t->w->base, -1, 0, pace_on_timer, t);
	if (t->pace->timer == NULL)
		abort(); /* as for any small piece of memory */
}

void
pace_end(struct transaction *t)
{
	if (t->pace == NULL)
		return;
	event_free(t->pace->timer);
	free(t->pace);
	t->pace = NULL;
}

/* A recorded time as it is to be now; imported ones can be anything. */
static int64_t
pace_scaled(int64_t us, uint64_t permille)
{
	if (us <= 0)
		return 0;
	if (us > PACE_MOST_US)
		us = PACE_MOST_US;
	us = us * (int64_t)permille / 1000;
	return us < PACE_MOST_US ? us : PACE_MOST_US;
}

void
pace_later(
    struct transaction *t, int64_t us, void (*then)(struct transaction *t))
{
	pace_begin(t);
	t->pace->then = then;
	t->pace->until = clock_mono_us() + us;
	pace_arm(t, us);
}

bool
pace_wait(struct transaction *t)
{
	const struct pace_setting *s = &t->settings->latency;
	int64_t us = s->fixed_us;

	if (s->permille > 0)
		us = pace_scaled(t->answer->wait_us, s->permille);
	if (us <= 0)
		return false;
	pace_later(t, us, reply_answer_now);
	return true;
}

/* ---- the rhythm of a body -------------------------------------------- */

static bool
pace_is_events(const struct answer *a)
{
	return str_istarts(headers_get(&a->headers, "Content-Type"),
		   "text/event-stream") &&
	       headers_get(&a->headers, "Content-Encoding").p == NULL;
}

bool
pace_stream(struct transaction *t)
{
	const struct answer *a = t->answer;
	struct pace *p;

	if (t->settings->stream.permille == 0 || a->nchunks < 2 ||
	    a->body->size == 0)
		return false;
	pace_begin(t);
	p = t->pace;
	p->began = clock_mono_us();
	p->head = a->chunks[0].at_us;
	if (a->head_us >= 0 && a->head_us < p->head)
		p->head = a->head_us;
	p->events = pace_is_events(a);
	t->end = 0;
	return true;
}

/* How long until the next mark's time; 0 or less when it has come. */
static int64_t
pace_left(const struct transaction *t)
{
	const struct pace *p = t->pace;
	int64_t at = t->answer->chunks[p->next].at_us - p->head;

	return pace_scaled(at, t->settings->stream.permille) -
	       (t->w->now - p->began);
}

bool
pace_next(struct transaction *t)
{
	struct pace *p = t->pace;
	const struct answer *a = t->answer;
	uint64_t due = a->body->size;

	while (p->next < a->nchunks && pace_left(t) <= 0)
		p->next++;
	if (p->next < a->nchunks && a->chunks[p->next].offset < due)
		due = a->chunks[p->next].offset;
	if (due > p->due || p->next == a->nchunks) {
		p->due = t->end = due;
		return true;
	}
	pace_arm(t, pace_left(t));
	return false;
}

/* Whether an event ends before p[n]: with an empty line, however its lines
 * end. */
static bool
pace_is_event_end(const char *p, size_t n)
{
	if (n < 2)
		return false;
	if (p[n - 1] == '\n' && p[n - 2] == '\r')
		return n > 3 && (p[n - 3] == '\n' || p[n - 3] == '\r');
	return (p[n - 1] == '\n' && p[n - 2] == '\n') ||
	       (p[n - 1] == '\r' && p[n - 2] == '\r');
}

size_t
pace_cut(struct transaction *t, struct str bytes)
{
	uint64_t end = t->offset + bytes.n;
	size_t n = bytes.n;

	if (!t->pace->events || end != t->end || end == t->answer->body->size)
		return bytes.n;
	while (n > 0 && !pace_is_event_end(bytes.p, n))
		n--;
	t->end = t->offset + n;
	return n;
}

/* ---- mocks ------------------------------------------------------------ */

bool
pace_flow(struct transaction *t)
{
	const struct mock_reply *m = t->mock;

	if (m->pieces == 0 && m->bandwidth == 0)
		return false;
	pace_begin(t);
	t->pace->flow = (struct flow){
		.size = m->body.n,
		.pieces = m->pieces,
		.over = (int64_t)m->over_ms * 1000,
		.rate = m->bandwidth,
	};
	flow_begin(&t->pace->flow, clock_mono_us());
	return true;
}

size_t
pace_flow_next(struct transaction *t)
{
	int64_t now = clock_mono_us(), wait;
	size_t n = flow_next(&t->pace->flow, now, &wait);

	if (n > 0)
		flow_sent(&t->pace->flow, n, now);
	else
		pace_arm(t, wait);
	return n;
}
