#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/out_file.h"
#include "mock/document.h"
#include "mock/mocks.h"

#include "gateway/keeper.h"

#define KEEPER_DELAY 100000 /* µs from a change to the writing, at least */
#define KEEPER_SHARE 20     /* of the time goes to writing: one in so many */

struct keeper {
	char *path;
	bool there;           /* the file is, as it was last read or written: */
	struct stat last;     /* that */
	bool failing;         /* and that was told */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct mocks *mocks; /* or NULL */
	bool changed, stop;
	pthread_t thread;
	bool started;
};

struct keeper *
keeper_new(const char *path)
{
	struct keeper *k = xcalloc(1, sizeof(*k));

	/* Where a link leads stays where the file is. */
	k->path = realpath(path, NULL);
	if (k->path == NULL)
		k->path = xstrdup(path);
	pthread_mutex_init(&k->lock, NULL);
	thread_cond_init(&k->wake);
	return k;
}

void
keeper_on_change(void *arg)
{
	struct keeper *k = arg;

	pthread_mutex_lock(&k->lock);
	k->changed = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

void
keeper_set_mocks(struct keeper *k, struct mocks *mocks)
{
	struct mocks *old;

	pthread_mutex_lock(&k->lock);
	old = k->mocks;
	k->mocks = mocks_ref(mocks);
	pthread_mutex_unlock(&k->lock);
	mocks_unref(old);
}

/* ---- the file ----------------------------------------------------------- */

static int
keeper_read(struct keeper *k, struct err *e)
{
	struct buf text = { 0 }, remarks = { 0 };
	struct str rest, line;
	int rc;

	k->there = stat(k->path, &k->last) == 0;
	if (!k->there && errno == ENOENT)
		return 0;
	rc = document_read(k->path, MOCKS_STATE_MOST, &text, e);
	if (rc == 0) {
		rc = mocks_read_state(k->mocks, buf_str(&text), &remarks, e);
		if (rc == -1)
			err_wrap(
			    e, "%.300s (move it away to begin anew)", k->path);
	}
	rest = buf_str(&remarks);
	while (rc == 0 && str_cut(&rest, '\n', &line) && line.n > 0)
		log_warn(k->path, "%.*s", STR_ARGS(line));
	buf_free(&text);
	buf_free(&remarks);
	return rc == -1 ? -1 : 0;
}

/* Another program's writing is not written over. */
static int
keeper_check_own(const struct keeper *k, struct err *e)
{
	struct stat st;

	if (stat(k->path, &st) == -1 && errno == ENOENT)
		return 0;
	if (k->there && st.st_ino == k->last.st_ino &&
	    st.st_dev == k->last.st_dev && st.st_size == k->last.st_size &&
	    st.st_mtim.tv_sec == k->last.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == k->last.st_mtim.tv_nsec)
		return 0;
	return err_set(e,
	    "%.300s: somebody else has written it; it is left alone until it "
	    "is moved away or hark is started anew",
	    k->path);
}

static int
keeper_write(struct keeper *k, struct mocks *mocks, struct err *e)
{
	struct buf text = { 0 };
	int rc = -1;

	mocks_write_state(mocks, &text);
	if (text.n > MOCKS_STATE_MOST)
		err_set(e, "%.300s: it would be longer than %u MiB", k->path,
		    MOCKS_STATE_MOST >> 20);
	else if (keeper_check_own(k, e) == 0)
		rc = out_file_save(
		    out_file_open_again, k->path, buf_str(&text), e);
	if (rc == 0)
		k->there = stat(k->path, &k->last) == 0;
	buf_free(&text);
	return rc;
}

/* ---- the thread --------------------------------------------------------- */

/* With the lock, which it gives up meanwhile. */
static void
keeper_wait(struct keeper *k, int64_t until)
{
	while (!k->stop && clock_mono_us() < until)
		(void)thread_wait(&k->wake, &k->lock, until);
}

static void
keeper_attempt(struct keeper *k, struct mocks *mocks, bool last)
{
	struct err e;
	bool failed = keeper_write(k, mocks, &e) == -1;

	if (failed && (last || !k->failing))
		log_error(NULL, "what mocks remember is not kept: %s", e.text);
	else if (!failed && k->failing)
		log_info(k->path, "what mocks remember is kept again");
	k->failing = failed;
}

static void *
keeper_thread(void *arg)
{
	struct keeper *k = arg;
	int64_t began, spent = 0;
	struct mocks *mocks;
	bool last;

	(void)pthread_setname_np(pthread_self(), "keeper");
	pthread_mutex_lock(&k->lock);
	for (;;) {
		while (!k->changed && !k->stop)
			pthread_cond_wait(&k->wake, &k->lock);
		if (!k->changed)
			break;
		keeper_wait(
		    k, clock_mono_us() + (KEEPER_SHARE * spent > KEEPER_DELAY
						 ? KEEPER_SHARE * spent
						 : KEEPER_DELAY));
		k->changed = false;
		mocks = mocks_ref(k->mocks);
		last = k->stop;
		pthread_mutex_unlock(&k->lock);
		began = clock_mono_us();
		keeper_attempt(k, mocks, last);
		spent = clock_mono_us() - began;
		mocks_unref(mocks);
		pthread_mutex_lock(&k->lock);
		/* What could not be written is tried again. */
		k->changed = k->changed || (k->failing && !k->stop);
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

int
keeper_start(struct keeper *k, struct err *e)
{
	if (keeper_read(k, e) == -1)
		return -1;
	k->changed = false; /* nobody asks yet: what there is comes now */
	if (keeper_write(k, k->mocks, e) == -1)
		return -1;
	if (thread_start(&k->thread, keeper_thread, k) == -1)
		return err_sys(
		    e, "cannot start a thread for what mocks remember");
	k->started = true;
	return 0;
}

void
keeper_free(struct keeper *k)
{
	if (k == NULL)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	if (k->started)
		pthread_join(k->thread, NULL);
	mocks_unref(k->mocks);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k->path);
	free(k);
}
