#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"

#include "recorder/pg_priv.h"

#define WATCH_US 250000
#define WATCH_PATIENCE_US 5000000 /* so that its end does not last */
#define WATCH_ALIVE_US 10000000
#define WATCH_TAPES 16 /* of one program; a gateway reads one */

/* Hints that come one behind the other are followed, and given, no more often,
 * so that they never cost more than polling does. */
#define WATCH_HEAR_US WATCH_US
#define WATCH_TELL_US 100000

struct pg_watch {
	struct pg_watch *next;
	int users;
	char *url;
	pthread_t thread;
	int wake; /* eventfd: it was told something, or is to stop */
	atomic_bool stop;
	atomic_bool changed; /* what the engine has not been told to tell */
	int64_t writer;      /* 0 for readers */
	int64_t poll_us;

	/* The thread's own. */
	bool behind;      /* news could not be read */
	bool unhinted;    /* the engine takes no part in hints */
	int64_t alive_us; /* when it last said so; monotonic */
	int64_t early_us; /* when it last went on before its time; the same */

	atomic_int_fast64_t version;
	struct pg_news *news[WATCH_TAPES];
	size_t nnews;
	bool fresh; /* there is one that was not looked at */
};

/* Over the list, and the news of each. */
static pthread_mutex_t watch_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct pg_watch *watches;

/* Whether some tape was not looked at yet; and how many there are. */
static bool
watch_tapes(struct pg_watch *w, size_t *n)
{
	bool fresh;

	pthread_mutex_lock(&watch_mutex);
	fresh = w->fresh;
	w->fresh = false;
	*n = w->nnews;
	pthread_mutex_unlock(&watch_mutex);
	return fresh;
}

static void
watch_look(struct pg_watch *w, struct pg_link *l)
{
	struct err e;
	int64_t version = pg_link_number(l, "cannot watch the store",
	    "SELECT version FROM hark_state WHERE one = 1", NULL, 0, NULL, &e);
	bool fresh;
	size_t i, n;

	/* Away: what is cached stays good until it says otherwise. */
	if (version == -1)
		return;
	fresh = watch_tapes(w, &n);
	if (!fresh && !w->behind && version == atomic_load(&w->version))
		return;
	w->behind = false;
	for (i = 0; i < n; i++)
		w->behind = pg_news_look(w->news[i], l, &e) != 0 || w->behind;
	atomic_store(&w->version, version);
}

static void
watch_alive(struct pg_watch *w, struct pg_link *l)
{
	struct err e;

	w->alive_us = clock_mono_us();
	/* It was forgotten if the engine was away for long. */
	(void)pg_link_run(l, "cannot say that it is alive",
	    "INSERT INTO hark_writer (id, seen_us, done) VALUES ($1, " PG_NOW_US
	    ", 0) "
	    "ON CONFLICT (id) DO UPDATE SET seen_us = EXCLUDED.seen_us",
	    PG_VALUES(VALUE_OF_NUMBER(w->writer)), &e);
}

/* Readers have the engine tell them, writers have it tell others. */
static void
watch_hint(struct pg_watch *w, struct pg_link *l)
{
	struct err e;

	if (w->unhinted || l->conn == NULL)
		return;
	if (w->writer != 0) {
		if (atomic_exchange(&w->changed, false))
			w->unhinted =
			    pg_link_run(l, "cannot tell of a change",
				"NOTIFY hark_change", NULL, 0, &e) == -1 &&
			    !l->away;
	} else if (!l->listens) {
		w->unhinted = pg_link_listen(l, "LISTEN hark_change", &e) == 0;
		/* What changed before it did was not told. */
		if (l->listens)
			watch_look(w, l);
	}
}

static void
watch_wake(struct pg_watch *w)
{
	(void)eventfd_write(w->wake, 1); /* it never has too many */
}

/* How long the next round may be away: what is missing is not waited for. */
static int64_t
watch_rest(const struct pg_watch *w, const struct pg_link *l)
{
	bool lacks = l->conn == NULL || w->behind;

	return lacks && w->poll_us > WATCH_US ? WATCH_US : w->poll_us;
}

/* Until the next round; false when there is none. */
static bool
watch_wait(struct pg_watch *w, struct pg_link *l)
{
	int64_t began = clock_mono_us(), now = began, until;
	int64_t early =
	    w->early_us + (w->writer != 0 ? WATCH_TELL_US : WATCH_HEAR_US);
	bool heard = false;
	eventfd_t n;

	while (!atomic_load(&w->stop) && now < began + watch_rest(w, l)) {
		if (heard && now >= early) {
			w->early_us = now;
			break;
		}
		until = began + watch_rest(w, l);
		if (heard && early < until)
			until = early;
		heard = pg_link_hear(l, w->wake, until) || heard;
		heard = eventfd_read(w->wake, &n) == 0 || heard;
		now = clock_mono_us();
	}
	return !atomic_load(&w->stop);
}

static void *
watch_run(void *arg)
{
	struct pg_watch *w = arg;
	struct pg_link l = { .url = xstrdup(w->url),
		.patience_us = WATCH_PATIENCE_US };

	(void)pthread_setname_np(pthread_self(), "store watch"); /* for eyes */
	do {
		watch_look(w, &l);
		if (w->writer != 0 &&
		    clock_mono_us() - w->alive_us >= WATCH_ALIVE_US)
			watch_alive(w, &l);
		watch_hint(w, &l);
	} while (watch_wait(w, &l));
	watch_hint(w, &l);
	pg_link_fini(&l);
	return NULL;
}

static void
watch_free(struct pg_watch *w)
{
	while (w->nnews > 0)
		pg_news_free(w->news[--w->nnews]);
	if (w->wake != -1)
		close(w->wake);
	free(w->url);
	free(w);
}

static int
watch_start(struct pg_watch *w)
{
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->alive_us = clock_mono_us() - WATCH_ALIVE_US;
	return w->wake == -1 ? -1 : thread_start(&w->thread, watch_run, w);
}

static struct pg_watch *
watch_find(const char *url, int64_t writer)
{
	struct pg_watch *w;

	for (w = watches; w != NULL; w = w->next)
		if (w->writer == writer && strcmp(w->url, url) == 0)
			return w;
	return NULL;
}

struct pg_watch *
pg_watch_take(const char *url, int64_t writer, int64_t poll_us)
{
	struct pg_watch *w;

	pthread_mutex_lock(&watch_mutex);
	w = watch_find(url, writer);
	if (w == NULL) {
		w = xcalloc(1, sizeof(*w));
		w->url = xstrdup(url);
		atomic_init(&w->version, 0);
		atomic_init(&w->stop, false);
		atomic_init(&w->changed, false);
		w->writer = writer;
		w->poll_us = poll_us > 0 ? poll_us : WATCH_US;
		if (watch_start(w) != 0) {
			watch_free(w);
			w = NULL;
		} else {
			w->next = watches;
			watches = w;
		}
	}
	if (w != NULL)
		w->users++;
	pthread_mutex_unlock(&watch_mutex);
	return w;
}

void
pg_watch_drop(struct pg_watch *w)
{
	struct pg_watch **at;
	bool last;

	if (w == NULL)
		return;
	pthread_mutex_lock(&watch_mutex);
	last = --w->users == 0;
	for (at = &watches; last && *at != NULL; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			break;
		}
	pthread_mutex_unlock(&watch_mutex);
	if (!last)
		return;
	atomic_store(&w->stop, true);
	watch_wake(w);
	pthread_join(w->thread, NULL);
	watch_free(w);
}

void
pg_watch_tell(struct pg_watch *w)
{
	if (w == NULL)
		return;
	atomic_store(&w->changed, true);
	watch_wake(w);
}

int64_t
pg_watch_version(struct pg_watch *w)
{
	return w != NULL
		   ? atomic_load_explicit(&w->version, memory_order_relaxed)
		   : 0;
}

/* With the mutex held. */
static struct pg_news *
watch_news(const struct pg_watch *w, int64_t tape)
{
	size_t i;

	for (i = 0; i < w->nnews; i++)
		if (pg_news_tape(w->news[i]) == tape)
			return w->news[i];
	return NULL;
}

struct pg_news *
pg_watch_tape(struct pg_watch *w, int64_t tape, struct pg_link *l)
{
	struct pg_news *n, *fresh = NULL;
	struct err e;

	pthread_mutex_lock(&watch_mutex);
	n = watch_news(w, tape);
	pthread_mutex_unlock(&watch_mutex);
	if (n != NULL)
		return n;
	fresh = pg_news_new(tape);
	(void)pg_news_look(fresh, l, &e); /* else the watch does */
	pthread_mutex_lock(&watch_mutex);
	n = watch_news(w, tape);
	if (n == NULL && w->nnews < WATCH_TAPES) {
		n = w->news[w->nnews++] = fresh;
		w->fresh = true;
		watch_wake(w);
		fresh = NULL;
	}
	pthread_mutex_unlock(&watch_mutex);
	pg_news_free(fresh);
	return n;
}
