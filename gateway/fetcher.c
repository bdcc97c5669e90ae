#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/mailbox.h"
#include "gateway/worker.h"
#include "replay/errand.h"

#include "gateway/fetcher.h"

#define FETCHER_NEWS_US 100000 /* asks nobody while there are none */

/* A statement has that part of the time that a look-up has, so that what waits
 * in the buffer is found in time when the store says nothing. */
#define FETCHER_PART 2

/*
 * A thread of the fetcher owns it until it posts it to the worker, which frees
 * it; what is last in it only the worker looks at.
 */
struct fetch {
	STAILQ_ENTRY(fetch) link;
	struct fetcher *fetcher;
	struct mailbox *mailbox;
	struct errand *errand;
	atomic_bool over; /* nobody waits for it */

	/* The worker's. */
	struct event *timer; /* NULL once it is settled */
	fetched_fn on_done;
	void *arg;
};

STAILQ_HEAD(fetches, fetch);

struct fetcher_thread {
	LIST_ENTRY(fetcher_thread) link; /* while it is idle */
	bool idle;
	pthread_cond_t asked;
	struct fetcher *fetcher;
	struct fetches own; /* errands that only it may run */
	pthread_t thread;
	bool started;
};

struct fetcher {
	struct library *library;
	int64_t patience_us;
	atomic_uint_fast64_t asked_in_all, refused, late;
	struct fetcher_thread threads[FETCHER_THREADS];
	struct reader *news; /* for the thread that looks for them */
	pthread_t news_thread;
	bool news_started;
	pthread_mutex_t lock; /* for all below; idle and own of the threads */
	pthread_cond_t stopped;
	/* The last first, so that there are no more connections than are at
	 * work at once, and these know the statements. */
	LIST_HEAD(, fetcher_thread) idle;
	struct fetches any;
	size_t n; /* in all queues */
	bool stop;
};

/* ---- on the worker's thread ------------------------------------------ */

static void
fetch_free(struct fetch *q)
{
	mailbox_unref(q->mailbox);
	errand_free(q->errand);
	free(q);
}

void
fetch_cancel(struct fetch *q)
{
	event_free(q->timer);
	q->timer = NULL;
	atomic_store(&q->over, true);
}

static void
fetch_settle(struct fetch *q, struct errand *d)
{
	fetch_cancel(q);
	q->on_done(q->arg, d);
}

static void
fetch_on_late(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *q = arg;

	(void)fd;
	(void)what;
	atomic_fetch_add(&q->fetcher->late, 1);
	fetch_settle(q, NULL);
}

static void
fetch_deliver(struct worker *w, void *arg)
{
	struct fetch *q = arg;
	struct errand *d = q->errand;

	(void)w;
	if (q->timer != NULL) {
		q->errand = NULL;
		fetch_settle(q, d);
	}
	fetch_free(q);
}

static struct fetch *
fetch_new(struct fetcher *f, struct worker *w, struct errand *d)
{
	struct timeval patience = { f->patience_us / 1000000,
		f->patience_us % 1000000 };
	struct fetch *q = xcalloc(1, sizeof(*q));

	q->fetcher = f;
	q->mailbox = mailbox_ref(w->mailbox);
	q->errand = d;
	atomic_init(&q->over, false);
	q->timer = event_new(w->base, -1, 0, fetch_on_late, q);
	if (q->timer == NULL)
		abort(); /* as for any small piece of memory */
	event_add(q->timer, &patience);
	return q;
}

/* With the lock held, as in the next. */
static void
fetcher_wake(struct fetcher_thread *t)
{
	if (t == NULL || !t->idle)
		return;
	LIST_REMOVE(t, link);
	t->idle = false;
	pthread_cond_signal(&t->asked);
}

static void
fetcher_rest(struct fetcher_thread *t)
{
	struct fetcher *f = t->fetcher;

	t->idle = true;
	LIST_INSERT_HEAD(&f->idle, t, link);
	while (t->idle)
		pthread_cond_wait(&t->asked, &f->lock);
}

/* The pieces of a body go by one connection, which sums them up. */
static bool
fetcher_put(struct fetcher *f, struct fetch *q)
{
	const struct errand_what *d = &q->errand->what;
	struct fetcher_thread *t =
	    &f->threads[(uint64_t)d->id % FETCHER_THREADS];
	bool room;

	pthread_mutex_lock(&f->lock);
	room = f->n < FETCHER_QUEUE;
	if (room && d->kind == ERRAND_BODY) {
		STAILQ_INSERT_TAIL(&t->own, q, link);
		fetcher_wake(t);
	} else if (room) {
		STAILQ_INSERT_TAIL(&f->any, q, link);
		fetcher_wake(LIST_FIRST(&f->idle));
	}
	f->n += room ? 1 : 0;
	pthread_mutex_unlock(&f->lock);
	return room;
}

struct fetch *
fetcher_ask(struct fetcher *f, struct worker *w, struct errand *d,
    fetched_fn on_done, void *arg)
{
	struct fetch *q = fetch_new(f, w, d);

	q->on_done = on_done;
	q->arg = arg;
	if (fetcher_put(f, q)) {
		atomic_fetch_add(&f->asked_in_all, 1);
		return q;
	}
	atomic_fetch_add(&f->refused, 1);
	fetch_cancel(q);
	q->errand = NULL;
	fetch_free(q);
	return NULL;
}

/* ---- on threads of its own ------------------------------------------- */

/* The next errand, or NULL at the end. */
static struct fetch *
fetcher_take(struct fetcher_thread *t, bool *stop)
{
	struct fetcher *f = t->fetcher;
	struct fetches *from;
	struct fetch *q;

	pthread_mutex_lock(&f->lock);
	while (STAILQ_EMPTY(&t->own) && STAILQ_EMPTY(&f->any) && !f->stop)
		fetcher_rest(t);
	from = STAILQ_EMPTY(&t->own) ? &f->any : &t->own;
	q = STAILQ_FIRST(from);
	if (q != NULL) {
		STAILQ_REMOVE_HEAD(from, link);
		f->n--;
	}
	/* It may have been woken for another than it took. */
	if (!STAILQ_EMPTY(&f->any))
		fetcher_wake(LIST_FIRST(&f->idle));
	*stop = f->stop;
	pthread_mutex_unlock(&f->lock);
	return q;
}

static struct reader *
fetcher_runner(struct fetcher *f, struct err *e)
{
	return errand_reader(f->library, f->patience_us / FETCHER_PART, e);
}

static void
fetcher_run(struct fetcher *f, struct reader **r, struct errand *d)
{
	struct err e;

	if (*r == NULL)
		*r = fetcher_runner(f, &e);
	if (*r == NULL)
		errand_fail(d, e.text);
	else
		errand_run(d, *r);
}

static void *
fetcher_thread(void *arg)
{
	struct fetcher_thread *t = arg;
	struct reader *r = NULL;
	struct fetch *q;
	bool stop;

	(void)pthread_setname_np(pthread_self(), "fetcher");
	while ((q = fetcher_take(t, &stop)) != NULL) {
		if (stop)
			errand_fail(q->errand, "the gateway stops");
		else if (!atomic_load(&q->over))
			fetcher_run(t->fetcher, &r, q->errand);
		if (!mailbox_post(q->mailbox, fetch_deliver, q))
			fetch_free(q);
	}
	reader_close(r);
	return NULL;
}

static void *
fetcher_news(void *arg)
{
	struct fetcher *f = arg;
	int64_t until;

	(void)pthread_setname_np(pthread_self(), "news");
	pthread_mutex_lock(&f->lock);
	while (!f->stop) {
		pthread_mutex_unlock(&f->lock);
		errand_news(f->news);
		until = clock_mono_us() + FETCHER_NEWS_US;
		pthread_mutex_lock(&f->lock);
		while (!f->stop && thread_wait(&f->stopped, &f->lock, until))
			;
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

static int
fetcher_start(struct fetcher *f, struct err *e)
{
	struct fetcher_thread *t;

	for (t = f->threads; t < f->threads + FETCHER_THREADS; t++) {
		t->started = thread_start(&t->thread, fetcher_thread, t) == 0;
		if (!t->started)
			return err_sys(e, "cannot start a thread for look-ups");
	}
	/* What there is now is known to readers from the beginning. */
	f->news = fetcher_runner(f, e);
	if (f->news == NULL)
		return -1;
	errand_news(f->news);
	f->news_started = thread_start(&f->news_thread, fetcher_news, f) == 0;
	return f->news_started
		   ? 0
		   : err_sys(e, "cannot start a thread for news of the store");
}

struct fetcher *
fetcher_open(struct library *l, int64_t patience_us, struct err *e)
{
	struct fetcher *f = xcalloc(1, sizeof(*f));
	size_t i;

	f->library = l;
	f->patience_us = patience_us;
	pthread_mutex_init(&f->lock, NULL);
	thread_cond_init(&f->stopped);
	atomic_init(&f->asked_in_all, 0);
	atomic_init(&f->refused, 0);
	atomic_init(&f->late, 0);
	STAILQ_INIT(&f->any);
	LIST_INIT(&f->idle);
	for (i = 0; i < FETCHER_THREADS; i++) {
		f->threads[i].fetcher = f;
		thread_cond_init(&f->threads[i].asked);
		STAILQ_INIT(&f->threads[i].own);
	}
	if (fetcher_start(f, e) == 0)
		return f;
	fetcher_close(f);
	return NULL;
}

void
fetcher_close(struct fetcher *f)
{
	size_t i;

	if (f == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	while (!LIST_EMPTY(&f->idle))
		fetcher_wake(LIST_FIRST(&f->idle));
	pthread_cond_signal(&f->stopped);
	pthread_mutex_unlock(&f->lock);
	for (i = 0; i < FETCHER_THREADS; i++)
		if (f->threads[i].started)
			pthread_join(f->threads[i].thread, NULL);
	if (f->news_started)
		pthread_join(f->news_thread, NULL);
	reader_close(f->news);
	pthread_cond_destroy(&f->stopped);
	for (i = 0; i < FETCHER_THREADS; i++)
		pthread_cond_destroy(&f->threads[i].asked);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

struct reader *
fetcher_reader(struct fetcher *f, struct library *l, struct err *e)
{
	return f != NULL ? reader_that_sends(l) : reader_open(l, e);
}

void
fetcher_figures(struct fetcher *f, struct fetcher_figures *figures)
{
	figures->asked = atomic_load(&f->asked_in_all);
	figures->late = atomic_load(&f->late);
	figures->refused = atomic_load(&f->refused);
	pthread_mutex_lock(&f->lock);
	figures->waiting = f->n;
	pthread_mutex_unlock(&f->lock);
}
