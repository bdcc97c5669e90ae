#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "har/exchange.h"
#include "recorder/backlog.h"
#include "recorder/shipment.h"
#include "recorder/store_ops.h"

#include "recorder/shipper.h"

#define SHIPPER_REST_US 1000000 /* behind a failure */

/* What was put aside: how long until it is tried again, and how much of it. */
#define SHIPPER_RETRY_US INT64_C(60000000)
#define SHIPPER_RETRY_LONGEST 60 /* times that */
#define SHIPPER_RETRY_ENTRIES 200

struct shipper {
	struct shipper_options o;
	struct backlog *backlog;

	/* Of the thread. */
	struct store *file;   /* a reader */
	struct store *engine; /* the shared store; NULL: away */
	struct shipment shipment;
	bool troubled;
	bool fresh;        /* nothing was loaded by this connection */
	int64_t version;   /* of the shared store, when it was looked at */
	int64_t retry_us;  /* how long until what was put aside is tried */
	int64_t retry_at;  /* when; monotonic */
	uint64_t tried;    /* then, the last time */
	uint64_t refusals; /* that there had been before */
	int64_t began_us;  /* the step; monotonic */

	pthread_t thread;
	bool running;          /* it is */
	pthread_mutex_t mutex; /* over what follows */
	pthread_cond_t wake;   /* for the thread; on the monotonic clock */
	pthread_cond_t rested; /* the thread is between two steps */
	int held;
	bool busy, stop;
	bool retry;         /* now, and all */
	int64_t not_before; /* of the next step; monotonic */
	struct shipper_figures figures;
};

/* ---- how it goes ------------------------------------------------------- */

static void
shipper_trouble(struct shipper *s, const struct err *e)
{
	pthread_mutex_lock(&s->mutex);
	s->figures.failures++;
	(void)snprintf(
	    s->figures.error, sizeof(s->figures.error), "%s", e->text);
	s->not_before = clock_mono_us() + SHIPPER_REST_US;
	pthread_mutex_unlock(&s->mutex);
	if (!s->troubled && s->o.on_trouble != NULL)
		s->o.on_trouble(s->o.owner, e->text);
	s->troubled = true;
}

static void
shipper_fine(struct shipper *s)
{
	if (!s->troubled)
		return;
	s->troubled = false;
	pthread_mutex_lock(&s->mutex);
	s->figures.error[0] = '\0';
	pthread_mutex_unlock(&s->mutex);
	if (s->o.on_trouble != NULL)
		s->o.on_trouble(s->o.owner, NULL);
}

/* What is not known any more of a connection is made anew. */
static void
shipper_lose(struct shipper *s)
{
	backlog_lost(
	    s->backlog, clock_mono_us() - s->began_us >= BACKLOG_SILENT_US);
	store_close(s->engine);
	s->engine = NULL;
}

static int
shipper_connect(struct shipper *s, struct err *e)
{
	if (s->engine != NULL)
		return 0;
	s->version = INT64_MIN;
	s->fresh = true;
	s->engine = store_open(backlog_url(s->backlog), STORE_WRITE, false, e);
	if (s->engine == NULL)
		return -1;
	if ((s->o.prepare == NULL ||
		s->o.prepare(s->o.owner, s->engine, e) == 0) &&
	    pg_source_sweep(s->engine, e) == 0) {
		backlog_set_away(s->backlog, false);
		return 0;
	}
	shipper_lose(s);
	return -1;
}

/* ---- one step ---------------------------------------------------------- */

static bool
shipper_waits(const struct shipper *s)
{
	return backlog_last(s->backlog) > backlog_shipped(s->backlog);
}

static int
shipper_forget(struct store *file, void *arg, struct err *e)
{
	return backlog_tidy(((struct shipper *)arg)->backlog, file, true, e);
}

/* What is in the shared store goes from the file. */
static int
shipper_tidy(struct shipper *s, struct err *e)
{
	int r;

	do
		r = s->o.write(s->o.arg, shipper_forget, s, e);
	while (r == 0 && backlog_untidy(s->backlog));
	return r;
}

/* Whether the shared store is not as it was when it was looked at. */
static bool
shipper_is_other(const struct shipper *s)
{
	return s->engine != NULL && backlog_keeps(s->backlog) &&
	       store_version(s->engine) != s->version;
}

/* Whether what is kept is still what the shared store has. */
static int
shipper_compare(struct shipper *s, struct err *e)
{
	int64_t version = store_version(s->engine), epoch;

	if (!shipper_is_other(s))
		return 0;
	if (pg_source_epoch(
		s->engine, str_of(backlog_tape(s->backlog)), &epoch, e) == -1)
		return -1;
	s->version = version;
	return backlog_set_epoch(s->backlog, epoch) ? shipper_tidy(s, e) : 0;
}

/* They are in the shared store: readers are told before the file is.  As long
 * as there is more, its writer tidies up itself. */
static int
shipper_came(struct shipper *s, struct err *e)
{
	const struct shipment *m = &s->shipment;
	size_t i, n = 0;

	for (i = 0; i < m->n; i++) {
		backlog_move(s->backlog, m->v[i].x, m->v[i].from, m->v[i].to);
		n += !m->v[i].aside;
	}
	backlog_came(s->backlog, m->upto, m->bytes);
	pthread_mutex_lock(&s->mutex);
	s->figures.shipped += n;
	pthread_mutex_unlock(&s->mutex);
	return shipper_waits(s) ? 0 : shipper_tidy(s, e);
}

struct shipper_refusal {
	int64_t entry;
	const char *why;
};

static int
shipper_keep_aside(struct store *file, void *arg, struct err *e)
{
	const struct shipper_refusal *r = arg;

	return backlog_put_aside(file, r->entry, r->why, e);
}

/* When what is put aside is tried: later, where all that were tried the last
 * time were refused again.  With the mutex held. */
static void
shipper_plan_retry(struct shipper *s, int64_t n)
{
	int64_t first = s->o.retry_us > 0 ? s->o.retry_us : SHIPPER_RETRY_US;

	s->retry_us *= 2;
	if (s->figures.refused - s->refusals < s->tried || s->retry_us == 0)
		s->retry_us = first;
	if (s->retry_us > first * SHIPPER_RETRY_LONGEST)
		s->retry_us = first * SHIPPER_RETRY_LONGEST;
	s->retry_at = clock_mono_us() + s->retry_us;
	s->refusals = s->figures.refused;
	s->tried = (uint64_t)n;
}

/* An entry that is refused for what it is does not hold up those behind it.
 * It is in the file as such before one of them is in the shared store, which
 * from then on takes it for one that came. */
static int
shipper_put_aside(struct shipper *s, int64_t entry, struct err *e)
{
	struct shipper_refusal r = { .entry = entry, .why = e->text };
	struct err failed, told;

	if (s->o.write(s->o.arg, shipper_keep_aside, &r, &failed) == -1) {
		*e = failed;
		return -1;
	}
	pthread_mutex_lock(&s->mutex);
	s->figures.refused++;
	if (s->figures.aside++ == 0 && s->retry_at == 0)
		shipper_plan_retry(s, 0);
	pthread_mutex_unlock(&s->mutex);
	err_set(&told, "entry %lld is put aside in %.300s: %s",
	    (long long)entry, backlog_path(s->backlog), e->text);
	if (s->o.on_refused != NULL)
		s->o.on_refused(s->o.owner, told.text);
	return 0;
}

/* Those that are refused as a group go in halves, until the one is alone for
 * which they are. */
static int
shipper_send(struct shipper *s, size_t first, size_t n, struct err *e)
{
	struct shipment *m = &s->shipment;
	int attempt = 0;

	while (shipment_send(m, first, n, s->engine, s->o.on_record, e) == -1) {
		if (store_stuck(s->engine))
			return -1;
		if (store_again(s->engine, attempt++))
			continue;
		if (!store_refused(s->engine))
			return -1;
		if (n == 1) {
			m->v[first].aside = true;
			return shipper_put_aside(s, m->v[first].from, e);
		}
		if (shipper_send(s, first, n / 2, e) == -1)
			return -1;
		return shipper_send(s, first + n / 2, n - n / 2, e);
	}
	return 0;
}

static int
shipper_on_oldest(void *arg, const struct store_entry_row *row)
{
	*(int64_t *)arg = row->started_us;
	return 1;
}

/* The start of the oldest that waits, and how much room all take. */
static void
shipper_look(struct shipper *s)
{
	struct store_filter behind = { .first_id =
					   backlog_shipped(s->backlog) + 1 };
	int64_t bytes = backlog_bytes(s->file), since = 0;
	struct err e;

	(void)store_list(s->file, &behind, shipper_on_oldest, &since, &e);
	pthread_mutex_lock(&s->mutex);
	s->figures.bytes = bytes > 0 ? (uint64_t)bytes : 0;
	s->figures.since_us = since;
	pthread_mutex_unlock(&s->mutex);
}

static int
shipper_ship(struct shipper *s, struct err *e)
{
	struct shipment *m = &s->shipment;
	int64_t last = backlog_last(s->backlog);
	int64_t after = backlog_shipped(s->backlog);
	int r;

	if (shipment_load(m, s->file, s->engine, after, e) == -1) {
		if (m->failed == 0 || !store_refused(m->by))
			return -1;
		return shipper_put_aside(s, m->failed, e);
	}
	/* That may have made the tape, which is a change of it. */
	if (s->fresh)
		s->version = INT64_MIN;
	s->fresh = false;
	if (shipper_compare(s, e) == -1) {
		shipment_clear(m);
		return -1;
	}
	if (m->n == 0) {
		backlog_set_shipped(
		    s->backlog, m->upto > after ? m->upto : last);
		return shipper_waits(s) ? 0 : shipper_tidy(s, e);
	}
	r = shipper_send(s, 0, m->n, e);
	if (r == 0)
		r = shipper_came(s, e);
	shipment_clear(m);
	return r;
}

/* For who was told that the shared store is away, though nothing waits. */
static int
shipper_probe(struct shipper *s, struct err *e)
{
	if (!backlog_away(s->backlog))
		return 0;
	if (store_tape(s->engine, STR(""), false, e) == -1)
		return -1;
	backlog_set_away(s->backlog, false);
	return 0;
}

/* ---- what was put aside ------------------------------------------------ */

struct shipper_retrial {
	struct shipper *s;
	int64_t most, n, aside;
};

static int
shipper_take_back(struct store *file, void *arg, struct err *e)
{
	struct shipper_retrial *t = arg;
	struct backlog *b = t->s->backlog;
	int64_t last;

	t->n = backlog_retry(file, t->most, &last, e);
	if (t->n == -1)
		return -1;
	t->aside = backlog_aside(file);
	if (t->n > 0)
		backlog_set_last(b, last);
	return 0;
}

/* Whether it is time to; with the mutex held. */
static bool
shipper_retries(const struct shipper *s)
{
	return !shipper_waits(s) && s->figures.aside > 0 &&
	       (s->retry || clock_mono_us() >= s->retry_at);
}

static int
shipper_try_again(struct shipper *s, struct err *e)
{
	struct shipper_retrial t = { .s = s, .most = SHIPPER_RETRY_ENTRIES };
	bool is;

	pthread_mutex_lock(&s->mutex);
	is = shipper_retries(s);
	if (s->retry)
		t.most = INT64_MAX;
	s->retry = false;
	pthread_mutex_unlock(&s->mutex);
	if (!is)
		return 0;
	if (s->o.write(s->o.arg, shipper_take_back, &t, e) == -1)
		return -1;
	pthread_mutex_lock(&s->mutex);
	s->figures.aside = (uint64_t)t.aside;
	shipper_plan_retry(s, t.n);
	pthread_mutex_unlock(&s->mutex);
	return 0;
}

static void
shipper_step(struct shipper *s)
{
	struct err e = { "" };
	int r;

	shipper_look(s);
	s->began_us = clock_mono_us();
	r = shipper_connect(s, &e);
	if (r == 0)
		r = shipper_compare(s, &e);
	if (r == 0)
		r = shipper_waits(s) ? shipper_ship(s, &e)
				     : shipper_probe(s, &e);
	if (r == 0)
		r = shipper_try_again(s, &e);
	if (r == 0) {
		shipper_fine(s);
		return;
	}
	shipper_lose(s);
	shipper_trouble(s, &e);
}

/* ---- the thread -------------------------------------------------------- */

static bool
shipper_due(const struct shipper *s)
{
	return s->held == 0 &&
	       (shipper_waits(s) || backlog_away(s->backlog) ||
		   shipper_retries(s) || shipper_is_other(s)) &&
	       clock_mono_us() >= s->not_before;
}

/* With the mutex held: until there is something to do, or time for another
 * attempt.  Who finds that the shared store is away does not wake anybody. */
static void
shipper_sleep(struct shipper *s)
{
	int64_t now = clock_mono_us();

	(void)thread_wait(&s->wake, &s->mutex,
	    s->not_before > now ? s->not_before : now + SHIPPER_REST_US);
}

/* Until a step is due; false when there is none any more: who stops tries
 * once more, and goes on as long as that does. */
static bool
shipper_wait(struct shipper *s, bool *stopping, uint64_t *failures)
{
	bool go;

	pthread_mutex_lock(&s->mutex);
	s->busy = false;
	pthread_cond_broadcast(&s->rested);
	while (!s->stop && !shipper_due(s))
		shipper_sleep(s);
	go = !s->stop;
	if (s->stop && !*stopping) {
		*stopping = true;
		*failures = s->figures.failures;
	}
	if (s->stop)
		go = shipper_waits(s) && s->figures.failures == *failures;
	s->busy = true;
	pthread_mutex_unlock(&s->mutex);
	return go;
}

static void *
shipper_run(void *arg)
{
	struct shipper *s = arg;
	bool stopping = false;
	uint64_t failures = 0;
	struct err e;

	(void)pthread_setname_np(pthread_self(), "shipper"); /* for eyes */
	while (shipper_wait(s, &stopping, &failures))
		shipper_step(s);
	(void)shipper_tidy(s, &e); /* it is what came, once more then */
	return NULL;
}

void
shipper_free(struct shipper *s)
{
	if (s == NULL)
		return;
	store_close(s->engine);
	store_close(s->file);
	backlog_unref(s->backlog);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->rested);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

static void
shipper_init(struct shipper *s, const struct shipper_options *o)
{
	s->o = *o;
	s->backlog = backlog_ref(o->backlog);
	pthread_mutex_init(&s->mutex, NULL);
	pthread_cond_init(&s->rested, NULL);
	thread_cond_init(&s->wake);
}

static int
shipper_begin(struct shipper *s, struct err *e)
{
	if (thread_start(&s->thread, shipper_run, s) == -1)
		return err_sys(e, "cannot start the shipper");
	s->running = true;
	return 0;
}

/* Whether what failed is that nobody is there: everything else is for who
 * starts the program. */
static int
shipper_first(struct shipper *s, struct err *e)
{
	if (shipper_connect(s, e) == 0)
		return 0;
	if (store_answers(backlog_url(s->backlog)))
		return -1;
	shipper_lose(s);
	shipper_trouble(s, e);
	return 0;
}

struct shipper *
shipper_start(const struct shipper_options *o, struct err *e)
{
	struct shipper *s = xcalloc(1, sizeof(*s));

	shipper_init(s, o);
	s->file = store_open(backlog_path(o->backlog), STORE_READ, false, e);
	s->began_us = clock_mono_us();
	if (s->file != NULL && shipper_first(s, e) == 0 &&
	    shipper_begin(s, e) == 0)
		return s;
	shipper_free(s);
	return NULL;
}

void
shipper_wake(struct shipper *s)
{
	pthread_mutex_lock(&s->mutex);
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->mutex);
}

void
shipper_retry(struct shipper *s)
{
	pthread_mutex_lock(&s->mutex);
	s->retry = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->mutex);
}

void
shipper_hold(struct shipper *s)
{
	pthread_mutex_lock(&s->mutex);
	s->held++;
	while (s->busy)
		pthread_cond_wait(&s->rested, &s->mutex);
	pthread_mutex_unlock(&s->mutex);
}

void
shipper_release(struct shipper *s)
{
	pthread_mutex_lock(&s->mutex);
	s->held--;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->mutex);
}

void
shipper_stop(struct shipper *s)
{
	if (!s->running)
		return;
	pthread_mutex_lock(&s->mutex);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	s->running = false;
}

void
shipper_figures(struct shipper *s, struct shipper_figures *f)
{
	int64_t waits = backlog_last(s->backlog) - backlog_shipped(s->backlog);

	pthread_mutex_lock(&s->mutex);
	*f = s->figures;
	pthread_mutex_unlock(&s->mutex);
	f->entries = waits > 0 ? (uint64_t)waits : 0;
	f->away = backlog_away(s->backlog);
	if (waits <= 0)
		f->since_us = 0;
}
