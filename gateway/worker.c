#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/channel.h"
#include "gateway/client.h"
#include "gateway/fetcher.h"
#include "gateway/mailbox.h"
#include "gateway/meter.h"
#include "gateway/plan.h"
#include "gateway/traffic_note.h"
#include "gateway/transaction.h"
#include "gateway/upstream.h"
#include "har/deflate.h"
#include "mock/mocks.h"
#include "replay/key.h"
#include "replay/library.h"

#include "gateway/worker.h"

static void
worker_on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	clients_close(w);
}

static void
worker_on_drain(struct worker *w, void *arg)
{
	int64_t us = (int64_t)(intptr_t)arg;
	struct timeval tv = { us / 1000000, us % 1000000 };

	if (!w->draining)
		clients_drain(w);
	w->draining = true;
	event_add(w->deadline, &tv);
}

void
worker_drain(struct worker *w, int64_t us)
{
	mailbox_post(w->mailbox, worker_on_drain, (void *)(intptr_t)us);
}

void
worker_idle(struct worker *w)
{
	event_base_loopbreak(w->base);
}

struct event_base *
worker_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	event_config_set_flag(
	    config, EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_NOLOCK);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static void
worker_on_rest(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	reader_rest(w->reader);
}

/* What is active already comes first: the requests of this turn. */
static void
worker_on_asked(void *arg)
{
	struct worker *w = arg;

	event_active(w->rest, EV_TIMEOUT, 0);
}

void
worker_equip(struct worker *w, struct reader *reader)
{
	if (reader != NULL)
		w->reader = reader;
	if (w->rest == NULL && w->reader != NULL) {
		w->rest = event_new(w->base, -1, 0, worker_on_rest, w);
		/* Where it cannot be had, nothing is held. */
		if (w->rest != NULL)
			reader_on_asked(w->reader, worker_on_asked, w);
	}
	if (w->pool == NULL && w->shared->tls != NULL)
		w->pool = pool_new(w);
}

struct worker *
worker_new(
    struct shared *g, size_t index, const int *fds, size_t nfds, struct err *e)
{
	struct worker *w = xcalloc(1, sizeof(*w));

	w->shared = g;
	w->settings = g->settings;
	w->index = index;
	w->meter = g->meters != NULL ? meters_get(g->meters, index) : NULL;
	w->counts = g->counts != NULL ? g->counts + index : NULL;
	atomic_init(&w->ended, false);
	w->scratch = xmalloc(WORKER_SCRATCH);
	w->keyer = keyer_new(w->settings->rules);
	w->base = worker_base();
	if (w->base == NULL) {
		err_set(e, "no event loop");
		goto fail;
	}
	w->mailbox = mailbox_new(w, w->base);
	w->deadline = event_new(w->base, -1, 0, worker_on_deadline, w);
	if (g->recorder != NULL)
		w->draft_tick = event_new(w->base, -1, 0, tee_draft_on_tick, w);
	if (w->mailbox == NULL || w->deadline == NULL ||
	    (g->recorder != NULL && w->draft_tick == NULL)) {
		err_set(e, "no memory or descriptors for a worker");
		goto fail;
	}
	if (g->library != NULL &&
	    (w->reader = fetcher_reader(g->fetcher, g->library, e)) == NULL)
		goto fail;
	worker_equip(w, NULL);
	if (clients_open(w, &transaction_events, fds, nfds, e) == -1)
		goto fail;
	return w;
fail:
	worker_free(w);
	return NULL;
}

static void *
worker_thread(void *arg)
{
	struct worker *w = arg;

	(void)pthread_setname_np(pthread_self(), "worker"); /* only for eyes */
	clients_enter(w);
	event_base_dispatch(w->base);
	atomic_store(&w->ended, true);
	return NULL;
}

void
worker_set_mocks(struct worker *w, struct mocks *mocks)
{
	struct mocks *old = w->mocks;

	w->mocks = mocks != NULL ? mocks_ref(mocks) : NULL;
	mocks_unref(old);
}

void
worker_set_plan(struct worker *w, struct plan *plan)
{
	struct plan_lease *old = w->lease;

	w->lease = plan_lease_new(plan);
	w->settings = plan->settings;
	if (old == NULL ||
	    old->plan->settings->rules != plan->settings->rules) {
		keyer_free(w->keyer);
		w->keyer = keyer_new(w->settings->rules);
		w->keyers++;
	}
	pool_keep(w->pool, !plan->offline);
	plan_lease_unref(old);
}

int
worker_start(struct worker *w, struct err *e)
{
	if (thread_start(&w->thread, worker_thread, w) == -1)
		return err_sys(e, "cannot start a worker");
	w->started = true;
	return 0;
}

void
worker_join(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	w->started = false;
}

void
workers_sum(const struct shared *g, struct worker_counts *sum)
{
	const struct worker_counts *n;

	*sum = (struct worker_counts){ 0 };
	for (n = g->counts; n < g->counts + g->nworkers; n++) {
		sum->requests += atomic_load(&n->requests);
		sum->mocked += atomic_load(&n->mocked);
		sum->replayed += atomic_load(&n->replayed);
		sum->forwarded += atomic_load(&n->forwarded);
		sum->missed += atomic_load(&n->missed);
		sum->refused += atomic_load(&n->refused);
		sum->failed += atomic_load(&n->failed);
		sum->sockets += atomic_load(&n->sockets);
		sum->messages += atomic_load(&n->messages);
	}
}

void
worker_free(struct worker *w)
{
	if (w == NULL)
		return;
	clients_free(w);
	traffic_note_forget(w);
	pool_free(w->pool);
	mailbox_close(w->mailbox);
	if (w->deadline != NULL)
		event_free(w->deadline);
	if (w->draft_tick != NULL)
		event_free(w->draft_tick);
	if (w->rest != NULL)
		event_free(w->rest);
	channels_forget(w->shared->channels, w);
	if (w->base != NULL)
		event_base_free(w->base);
	reader_close(w->reader);
	keyer_free(w->keyer);
	mocks_unref(w->mocks);
	plan_lease_unref(w->lease);
	deflate_free(w->deflate);
	arena_fini(&w->batch);
	buf_free(&w->head);
	buf_free(&w->note);
	free(w->scratch);
	free(w);
}
