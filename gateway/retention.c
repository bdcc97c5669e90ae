#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/settings.h"
#include "gateway/worker.h"
#include "recorder/recorder.h"
#include "recorder/retain.h"
#include "recorder/store.h"
#include "replay/library.h"

#include "gateway/retention.h"

#define RETENTION_LOG_US INT64_C(60000000)     /* between lines */
#define RETENTION_AGAIN_US INT64_C(3600000000) /* all is looked at again */
#define RETENTION_REST 4   /* times as long as the recorder was held */
#define RETENTION_PAUSE 20 /* times as long as a round took */
#define RETENTION_LONGEST_US INT64_C(60000000)

struct retention {
	const struct settings *settings;
	struct shared *shared;
	struct recorder *recorder;
	struct store *store;
	struct retain *retain;
	pthread_t thread;
	bool started;

	/* The thread's own. */
	bool failing;
	int64_t again_us, logged_us; /* monotonic; when they are due */
	uint64_t told, told_bytes;   /* in the log */

	pthread_mutex_t lock; /* over all below */
	pthread_cond_t wake;  /* on the monotonic clock */
	bool stop;
	struct retention_figures figures;
};

bool
retention_wanted(const struct settings *s)
{
	return s->retain_age > 0 || s->retain_entries > 0 ||
	       s->retain_bytes > 0;
}

/* False when it is to end. */
static bool
retention_rest(struct retention *r, int64_t us)
{
	int64_t until = clock_mono_us() + us;
	bool on;

	pthread_mutex_lock(&r->lock);
	while (!r->stop && thread_wait(&r->wake, &r->lock, until))
		;
	on = !r->stop;
	pthread_mutex_unlock(&r->lock);
	return on;
}

static void
retention_note(struct retention *r, int64_t busy_us, bool failed)
{
	struct retain_figures f;

	retain_figures(r->retain, &f);
	pthread_mutex_lock(&r->lock);
	r->figures.removed = f.removed;
	r->figures.removed_bytes = f.removed_bytes;
	if (f.counted) {
		r->figures.entries = f.entries;
		r->figures.bytes = f.bytes;
	}
	r->figures.busy_us += (uint64_t)busy_us;
	r->figures.failures += failed;
	pthread_mutex_unlock(&r->lock);
}

/* One line in a minute, however much goes. */
static void
retention_log(struct retention *r, int64_t now_us)
{
	struct retain_figures f;

	if (r->retain == NULL)
		return;
	retain_figures(r->retain, &f);
	if (f.removed == r->told || now_us < r->logged_us)
		return;
	log_info(r->settings->store,
	    "retention removed %" PRIu64 " entries (%" PRIu64
	    " bytes) from the tape %s, which has %" PRIu64 " (%" PRIu64
	    " bytes) now",
	    f.removed - r->told, f.removed_bytes - r->told_bytes,
	    r->settings->tape, f.entries, f.bytes);
	r->told = f.removed;
	r->told_bytes = f.removed_bytes;
	r->logged_us = now_us + RETENTION_LOG_US;
}

static void
retention_trouble(struct retention *r, const struct err *e)
{
	if ((e != NULL) == r->failing)
		return;
	r->failing = e != NULL;
	if (e != NULL)
		log_warn(r->settings->store,
		    "retention cannot remove old entries, and will go on "
		    "trying: %s",
		    e->text);
	else
		log_info(r->settings->store, "retention works again");
}

/* What went is not to be replayed from memory. */
static void
retention_forget(struct retention *r)
{
	struct library *l = r->shared->library;
	const struct store_weight *w;
	size_t n;

	w = retain_gone(r->retain, &n);
	if (l != NULL)
		library_removed(l, w, n);
}

/* Has the recorder remove some.  How long to rest then, or -1. */
static int64_t
retention_write(struct retention *r, struct err *e)
{
	int64_t began = clock_mono_us(), took;
	int rc = store_is_shared(r->settings->store)
		     ? retain_write(r->store, r->retain, e)
		     : recorder_call(r->recorder, retain_write, r->retain, e);

	took = clock_mono_us() - began;
	if (rc == 0)
		retention_forget(r);
	retention_note(r, took, false);
	return rc == 0 ? RETENTION_REST * took : -1;
}

/* A shared store may be away when the gateway starts.  There a connection of
 * its own writes, too: the recorder's may be a buffer's. */
static int
retention_ready(struct retention *r, struct err *e)
{
	const struct settings *s = r->settings;
	struct retain_limits most = { .age_us = s->retain_age,
		.entries = s->retain_entries,
		.bytes = s->retain_bytes };

	if (r->retain != NULL)
		return 0;
	r->store = store_open(s->store,
	    store_is_shared(s->store) ? STORE_WRITE : STORE_READ, false, e);
	if (r->store == NULL)
		return -1;
	r->retain = retain_new(r->store, s->tape, &most);
	return 0;
}

/* Until nothing is left to do.  False when it is to end. */
static bool
retention_round(struct retention *r, struct err *e)
{
	enum retain_step step;
	int64_t rest, began;

	if (retention_ready(r, e) != 0) {
		retention_trouble(r, e);
		return true;
	}
	for (;;) {
		began = clock_mono_us();
		step = retain_look(r->retain, clock_wall_us(), e);
		rest = clock_mono_us() - began;
		if (step == RETAIN_WRITE)
			rest = retention_write(r, e);
		if (step == RETAIN_FAILED || rest == -1) {
			retention_note(r, 0, true);
			retention_trouble(r, e);
			return retention_rest(r, 0);
		}
		if (step == RETAIN_IDLE || step == RETAIN_STALE)
			break;
		if (!retention_rest(r, rest))
			return false;
	}
	retention_note(r, 0, false);
	retention_trouble(r, NULL);
	return true;
}

/* A round that takes long is followed by a longer pause. */
static int64_t
retention_pause(const struct retention *r, int64_t took)
{
	int64_t pause = RETENTION_PAUSE * took;

	if (pause > RETENTION_LONGEST_US)
		pause = RETENTION_LONGEST_US;
	return pause > (int64_t)r->settings->retain_every
		   ? pause
		   : (int64_t)r->settings->retain_every;
}

static void *
retention_run(void *arg)
{
	struct retention *r = arg;
	int64_t began, now;
	struct err e;

	(void)pthread_setname_np(pthread_self(), "retention"); /* for eyes */
	r->again_us = clock_mono_us() + RETENTION_AGAIN_US;
	do {
		began = clock_mono_us();
		if (began >= r->again_us && r->settings->retain_age > 0) {
			/* What is old behind what is younger. */
			if (r->retain != NULL)
				retain_again(r->retain);
			r->again_us = began + RETENTION_AGAIN_US;
		}
		if (!retention_round(r, &e))
			break;
		now = clock_mono_us();
		retention_log(r, now);
	} while (retention_rest(r, retention_pause(r, now - began)));
	r->logged_us = 0;
	retention_log(r, 0);
	return NULL;
}

static int
retention_start(struct retention *r, struct err *e)
{
	r->started = thread_start(&r->thread, retention_run, r) == 0;
	return r->started ? 0 : err_sys(e, "cannot start retention");
}

struct retention *
retention_open(const struct settings *s, struct shared *g,
    struct recorder *recorder, struct err *e)
{
	struct retention *r = xcalloc(1, sizeof(*r));

	r->settings = s;
	r->shared = g;
	r->recorder = recorder;
	pthread_mutex_init(&r->lock, NULL);
	thread_cond_init(&r->wake);
	if (retention_start(r, e) == 0)
		return r;
	retention_close(r);
	return NULL;
}

void
retention_close(struct retention *r)
{
	if (r == NULL)
		return;
	if (r->started) {
		pthread_mutex_lock(&r->lock);
		r->stop = true;
		pthread_cond_signal(&r->wake);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	retain_free(r->retain);
	store_close(r->store);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void
retention_figures(struct retention *r, struct retention_figures *f)
{
	pthread_mutex_lock(&r->lock);
	*f = r->figures;
	pthread_mutex_unlock(&r->lock);
}
