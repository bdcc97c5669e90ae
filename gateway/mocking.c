#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/keeper.h"
#include "gateway/meter.h"
#include "gateway/round.h"
#include "gateway/settings.h"
#include "gateway/watch.h"
#include "gateway/worker.h"
#include "mock/check.h"
#include "mock/environment.h"
#include "mock/mocks.h"

#include "gateway/mocking_priv.h"

#define MOCKING_SETTLE 100000 /* µs that a file has to be left alone */
#define MOCKING_LOOK 5000000  /* µs between looks that nothing calls for */

/* What an environment is that has nothing yet. */
#define MOCKING_EMPTY "{\"name\":\"promoted\",\"cors\":false,\"routes\":[]}"

static void
mocking_log_remarks(const struct buf *remarks)
{
	struct str rest = buf_str(remarks), line;

	while (rest.n > 0 && str_cut(&rest, '\n', &line) && line.n > 0)
		log_warn(NULL, "%.*s", STR_ARGS(line));
}

static int
mocking_load(struct mocking *m, size_t i, struct err *e)
{
	const struct mocks_setting *s = &m->settings->mocks[i];
	struct mocks_place at = { str_of(s->host), str_of(s->path) };
	struct buf remarks = { 0 };
	struct environment *env = environment_load(s->file, &remarks, e);
	int rc = -1;

	if (env != NULL)
		rc =
		    mocks_add(m->mocks, env, &at, clock_wall_us(), &remarks, e);
	if (rc == 0)
		mocking_log_remarks(&remarks);
	else
		check_place(s->file, e);
	buf_free(&remarks);
	return rc;
}

/* ---- new versions ------------------------------------------------------- */

static void
mocking_on_letter(struct worker *w, void *arg)
{
	const struct mocking *m = arg;

	worker_set_mocks(w, mocking_mocks(m));
}

/* Takes next over and gives back the one before, with which no request begins
 * any more. */
static struct mocks *
mocking_swap(struct mocking *m, struct mocks *next)
{
	struct mocks *old = m->mocks;

	pthread_mutex_lock(&m->lock);
	m->mocks = next;
	pthread_mutex_unlock(&m->lock);
	if (m->keeper != NULL)
		keeper_set_mocks(m->keeper, next);
	round_all(m->workers, m->nworkers, mocking_on_letter, m);
	return old;
}

struct mocks *
mocking_make(
    struct mocking *m, size_t i, struct environment *env, struct err *e)
{
	struct buf remarks = { 0 };
	struct mocks *next =
	    mocks_with(m->mocks, i, env, clock_wall_us(), &remarks, e);

	if (next != NULL)
		mocking_log_remarks(&remarks);
	buf_free(&remarks);
	return next;
}

void
mocking_use(struct mocking *m, size_t i, struct mocks *next)
{
	int64_t began = clock_mono_us();
	struct mocks *old = mocking_swap(m, next);

	log_info(m->paths[i],
	    "taken anew: %zu routes, with all workers in %.1f ms",
	    mocks_routes(next, i), (double)(clock_mono_us() - began) / 1000);
	mocks_forget(next, i);
	mocks_unref(old);
}

/* The version of m with file i read again; NULL with *e set. */
static struct mocks *
mocking_again(
    const struct mocking *m, const struct mocks *of, size_t i, struct err *e)
{
	const char *path = m->paths[i];
	struct buf remarks = { 0 };
	struct environment *env = environment_load(path, &remarks, e);
	struct mocks *next = NULL;

	if (env != NULL)
		next = mocks_with(of, i, env, clock_wall_us(), &remarks, e);
	if (next != NULL)
		mocking_log_remarks(&remarks);
	else
		check_place(path, e);
	buf_free(&remarks);
	return next;
}

/* On the watch's thread. */
static void
mocking_on_change(void *arg, size_t i)
{
	struct mocking *m = arg;
	int64_t began = clock_mono_us(), read;
	struct mocks *next, *old;
	struct err e;

	pthread_mutex_lock(&m->changing);
	next = mocking_again(m, m->mocks, i, &e);
	read = clock_mono_us();
	if (next != NULL) {
		old = mocking_swap(m, next);
		log_info(m->paths[i],
		    "taken anew: %zu routes, read in %.1f ms, with all "
		    "workers %.1f ms later",
		    mocks_routes(next, i), (double)(read - began) / 1000,
		    (double)(clock_mono_us() - read) / 1000);
		mocks_forget(next, i);
		mocks_unref(old);
	} else {
		log_error(NULL, "%s; its routes stay as they were", e.text);
	}
	pthread_mutex_unlock(&m->changing);
	meters_reloaded(
	    m->workers[0]->shared->meters, next != NULL, clock_wall_us());
}

int
mocking_read(struct mocking *m, struct err *e)
{
	struct mocks *next, *last;
	size_t i;

	pthread_mutex_lock(&m->changing);
	if (m->paths == NULL)
		return 0;
	last = mocks_ref(m->mocks);
	for (i = 0; i < m->settings->nmocks; i++) {
		next = mocking_again(m, last, i, e);
		mocks_unref(last);
		if (next == NULL) {
			pthread_mutex_unlock(&m->changing);
			return -1;
		}
		last = next;
	}
	m->next = last;
	return 0;
}

void
mocking_take(struct mocking *m)
{
	struct mocks *old;
	size_t i;

	if (m->next != NULL) {
		old = mocking_swap(m, m->next);
		for (i = 0; i < m->settings->nmocks; i++) {
			log_info(m->paths[i], "taken anew: %zu routes",
			    mocks_routes(m->next, i));
			mocks_forget(m->next, i);
		}
		mocks_unref(old);
	}
	m->next = NULL;
	pthread_mutex_unlock(&m->changing);
}

void
mocking_drop(struct mocking *m)
{
	mocks_unref(m->next);
	m->next = NULL;
	pthread_mutex_unlock(&m->changing);
}

static void
mocking_watch(struct mocking *m)
{
	const struct settings *s = m->settings;
	struct watch_options o = { .paths = m->paths,
		.n = m->npaths,
		.settle_us = MOCKING_SETTLE,
		.look_us = MOCKING_LOOK,
		.on_change = mocking_on_change,
		.arg = m };

	if (s->watch && m->npaths > 0)
		m->watch = watch_new(&o);
}

static void
mocking_set_paths(struct mocking *m)
{
	const struct settings *s = m->settings;
	size_t i;

	m->paths = xcalloc(s->nmocks + 1, sizeof(*m->paths));
	for (i = 0; i < s->nmocks; i++)
		m->paths[i] = s->mocks[i].file;
	if (s->mocks_write != NULL)
		m->promoted = xstrdup(s->mocks_write);
	m->paths[i] = m->promoted;
	m->npaths = s->nmocks + (m->promoted != NULL);
	m->edits = settings_has_admin(s) || m->promoted != NULL;
}

/* What is promoted while the gateway runs is an environment of its own. */
static int
mocking_load_promoted(struct mocking *m, struct err *e)
{
	struct mocks_place at = { STR(""), STR("") };
	struct buf remarks = { 0 };
	struct environment *env;
	int rc = -1;

	if (!m->edits)
		return 0;
	env = m->promoted != NULL && access(m->promoted, F_OK) == 0
		  ? environment_load(m->promoted, &remarks, e)
		  : environment_parse(
			"promoted", STR(MOCKING_EMPTY), &remarks, e);
	if (env != NULL)
		rc =
		    mocks_add(m->mocks, env, &at, clock_wall_us(), &remarks, e);
	if (rc == 0) {
		mocks_put_ahead(m->mocks);
		mocking_log_remarks(&remarks);
	}
	buf_free(&remarks);
	return rc;
}

/* ---- life --------------------------------------------------------------- */

static int
mocking_load_all(struct mocking *m, struct err *e)
{
	const struct settings *s = m->settings;
	struct mocks_options o = { .locale = s->faker_locale,
		.seeded = s->faker_seed != 0,
		.seed = s->faker_seed,
		.mockoon_errors = s->mockoon_errors,
		.choose_by_header = s->mock_response_headers,
		.most_sessions = s->max_sessions,
		.most_callback_depth = s->max_callback_depth };
	size_t i;

	mocking_set_paths(m);
	mocking_watch(m); /* first, so that a change meanwhile counts */
	if (s->mock_state != NULL) {
		m->keeper = keeper_new(s->mock_state);
		o.on_change = keeper_on_change;
		o.arg = m->keeper;
	}
	m->mocks = mocks_new(&o);
	for (i = 0; i < s->nmocks; i++)
		if (mocking_load(m, i, e) == -1)
			return -1;
	if (mocking_load_promoted(m, e) == -1)
		return -1;
	if (m->keeper == NULL)
		return 0;
	keeper_set_mocks(m->keeper, m->mocks);
	return keeper_start(m->keeper, e);
}

struct mocking *
mocking_open(const struct settings *s, struct mocks *own, struct err *e)
{
	struct mocking *m = xcalloc(1, sizeof(*m));

	m->settings = s;
	pthread_mutex_init(&m->lock, NULL);
	pthread_mutex_init(&m->changing, NULL);
	if (own != NULL) {
		m->mocks = mocks_ref(own);
	} else if ((s->nmocks > 0 || s->mocks_write != NULL ||
		       settings_has_admin(s)) &&
		   mocking_load_all(m, e) == -1) {
		mocking_free(m);
		return NULL;
	}
	return m;
}

void
mocking_free(struct mocking *m)
{
	if (m == NULL)
		return;
	mocking_stop(m);
	mocking_finish(m);
	mocks_unref(m->mocks);
	pthread_mutex_destroy(&m->lock);
	pthread_mutex_destroy(&m->changing);
	mocking_edit_end(m);
	free(m->promoted);
	free(m->paths);
	free(m);
}

int
mocking_start(
    struct mocking *m, struct worker *const *workers, size_t n, struct err *e)
{
	m->workers = workers;
	m->nworkers = n;
	return m->watch != NULL ? watch_start(m->watch, e) : 0;
}

void
mocking_stop(struct mocking *m)
{
	if (m == NULL)
		return;
	pthread_mutex_lock(&m->changing);
	m->ending = true;
	pthread_mutex_unlock(&m->changing);
	watch_free(m->watch);
	m->watch = NULL;
}

void
mocking_finish(struct mocking *m)
{
	if (m == NULL)
		return;
	keeper_free(m->keeper);
	m->keeper = NULL;
}

struct mocks *
mocking_mocks(const struct mocking *m)
{
	return m->mocks != NULL && !mocks_empty(m->mocks) ? m->mocks : NULL;
}

struct mocks *
mocking_get(struct mocking *m)
{
	struct mocks *mocks;

	pthread_mutex_lock(&m->lock);
	mocks = m->mocks != NULL ? mocks_ref(m->mocks) : NULL;
	pthread_mutex_unlock(&m->lock);
	return mocks;
}
