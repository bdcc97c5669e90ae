#include "config.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

#include "gateway/watch.h"

#define WATCH_LINKS 40 /* on one path, as the kernel has it */

/* What makes a file another one, or the same with another content. */
struct look {
	bool there;
	dev_t device;
	ino_t number;
	off_t size;
	struct timespec modified, changed;
};

struct watched {
	struct look told, seen;
	int64_t seen_us; /* monotonic: since when it is as seen */
};

struct watch {
	struct watch_options o;
	struct watched *files;
	int notices, wake; /* inotify, eventfd; -1: none */
	int *heard;        /* what notices is about, 0 where it ended */
	size_t nheard;
	bool deaf; /* that was told */
	atomic_bool asked, stop;
	pthread_t thread;
	bool started;
};

/* ---- looking ------------------------------------------------------------ */

static struct look
watch_look(const char *path)
{
	struct look l;
	struct stat st;

	memset(&l, 0, sizeof(l)); /* it is compared with its padding */
	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return l;
	l.there = true;
	l.device = st.st_dev;
	l.number = st.st_ino;
	l.size = st.st_size;
	l.modified = st.st_mtim;
	l.changed = st.st_ctim;
	return l;
}

static bool
look_same(const struct look *a, const struct look *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* Whether any file is not as it was seen last. */
static bool
watch_look_at_all(struct watch *w)
{
	bool changed = false;
	struct look now;
	size_t i;

	for (i = 0; i < w->o.n; i++) {
		now = watch_look(w->o.paths[i]);
		if (look_same(&now, &w->files[i].seen))
			continue;
		w->files[i].seen = now;
		w->files[i].seen_us = clock_mono_us();
		changed = true;
	}
	return changed;
}

/* ---- hearing ------------------------------------------------------------ */

#define WATCH_FOLDER \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | \
	    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define WATCH_FILE (IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)

static void
watch_hear(struct watch *w, const char *path, uint32_t mask)
{
	int id = inotify_add_watch(w->notices, path, mask);

	if (id != -1) {
		w->heard =
		    xrealloc(w->heard, (w->nheard + 1) * sizeof(*w->heard));
		w->heard[w->nheard++] = id;
	} else if (errno == ENOSPC && !w->deaf) {
		w->deaf = true;
		log_warn(path,
		    "the system watches no more files; it is looked at every "
		    "%lld s",
		    (long long)(w->o.look_us / 1000000));
	}
}

/* The folder that the first n bytes of path are in. */
static void
watch_hear_folder(struct watch *w, const char *path, size_t n)
{
	const char *slash = memrchr(path, '/', n);
	char *folder = slash == NULL   ? xstrdup(".")
		       : slash == path ? xstrdup("/")
				       : xmemdup0(path, (size_t)(slash - path));

	watch_hear(w, folder, WATCH_FOLDER);
	free(folder);
}

/* Where a link of the first n bytes of path leads, with the rest behind it.
 * The caller frees; NULL when it is no link. */
static char *
watch_follow(const char *path, size_t n)
{
	char *link = xmemdup0(path, n), target[PATH_MAX];
	const char *slash = memrchr(path, '/', n);
	ssize_t length = readlink(link, target, sizeof(target));
	int folder = 0;

	free(link);
	if (length <= 0 || length == sizeof(target))
		return NULL;
	if (target[0] != '/' && slash != NULL)
		folder = (int)(slash - path) + 1;
	return xasprintf(
	    "%.*s%.*s%s", folder, path, (int)length, target, path + n);
}

/* All that path leads through, as far as it may lead elsewhere tomorrow. */
static void
watch_hear_way(struct watch *w, const char *path, unsigned links)
{
	size_t n = 0;
	char *next;

	do {
		n++;
		if (path[n] != '/' && path[n] != '\0')
			continue;
		next = watch_follow(path, n);
		if (next == NULL)
			continue;
		watch_hear_folder(w, path, n);
		if (links > 0)
			watch_hear_way(w, next, links - 1);
		free(next);
		return;
	} while (path[n] != '\0');
	watch_hear_folder(w, path, n);
	watch_hear(w, path, WATCH_FILE);
}

static bool
watch_hears(const struct watch *w, int id)
{
	size_t i;

	for (i = 0; i < w->nheard; i++)
		if (w->heard[i] == id)
			return true;
	return false;
}

/* After a change other folders and files may be those to hear of. */
static void
watch_listen(struct watch *w)
{
	int *old = w->heard;
	size_t i, n = w->nheard;

	if (w->notices == -1)
		return;
	w->heard = NULL;
	w->nheard = 0;
	for (i = 0; i < w->o.n; i++)
		watch_hear_way(w, w->o.paths[i], WATCH_LINKS);
	for (i = 0; i < n; i++)
		if (!watch_hears(w, old[i]))
			(void)inotify_rm_watch(w->notices, old[i]);
	free(old);
}

/* ---- the thread --------------------------------------------------------- */

/* Milliseconds until there is something to do unless it is heard of. */
static int
watch_patience(const struct watch *w, int64_t look_at)
{
	int64_t now = clock_mono_us(), until = look_at;
	const struct watched *f;
	size_t i;

	if (w->o.look_us == 0)
		return -1;
	for (i = 0; i < w->o.n; i++) {
		f = &w->files[i];
		if (!look_same(&f->seen, &f->told) &&
		    f->seen_us + w->o.settle_us < until)
			until = f->seen_us + w->o.settle_us;
	}
	return until > now ? (int)((until - now) / 1000) + 1 : 0;
}

/* What is heard says only that it is time to look. */
static void
watch_wait(struct watch *w, int patience)
{
	struct pollfd fds[2] = { { .fd = w->wake, .events = POLLIN },
		{ .fd = w->notices, .events = POLLIN } };
	char notices[4096];
	uint64_t count;

	(void)poll(fds, 2, patience);
	(void)!read(w->wake, &count, sizeof(count));
	while (
	    w->notices != -1 && read(w->notices, notices, sizeof(notices)) > 0)
		;
}

static void
watch_tell(struct watch *w, bool all)
{
	int64_t now = clock_mono_us();
	struct watched *f;
	size_t i;

	for (i = 0; i < w->o.n; i++) {
		f = &w->files[i];
		if (!all && (look_same(&f->seen, &f->told) ||
				now - f->seen_us < w->o.settle_us))
			continue;
		f->told = f->seen;
		w->o.on_change(w->o.arg, i);
	}
}

static void *
watch_thread(void *arg)
{
	struct watch *w = arg;
	int64_t look_at = 0; /* at once: much may have happened */
	bool asked;

	(void)pthread_setname_np(pthread_self(), "watch");
	while (!atomic_load(&w->stop)) {
		if (watch_look_at_all(w) || clock_mono_us() >= look_at) {
			watch_listen(w);
			(void)watch_look_at_all(w);
			look_at = clock_mono_us() + w->o.look_us;
		}
		asked = atomic_exchange(&w->asked, false);
		if (asked || w->o.look_us > 0)
			watch_tell(w, asked);
		watch_wait(w, watch_patience(w, look_at));
	}
	return NULL;
}

/* ---- life --------------------------------------------------------------- */

struct watch *
watch_new(const struct watch_options *o)
{
	struct watch *w = xcalloc(1, sizeof(*w));
	size_t i;

	w->o = *o;
	w->notices = -1;
	w->wake = -1;
	w->files = xcalloc(o->n, sizeof(*w->files));
	for (i = 0; i < o->n; i++)
		w->files[i].seen = w->files[i].told = watch_look(o->paths[i]);
	return w;
}

int
watch_start(struct watch *w, struct err *e)
{
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake == -1)
		return err_sys(e, "cannot watch files");
	if (w->o.look_us > 0) {
		w->notices = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (w->notices == -1)
			log_warn(NULL,
			    "files are looked at every %lld s: inotify: %s",
			    (long long)(w->o.look_us / 1000000),
			    strerror(errno));
	}
	if (thread_start(&w->thread, watch_thread, w) == -1)
		return err_sys(e, "cannot start a thread to watch files");
	w->started = true;
	return 0;
}

static void
watch_wake(struct watch *w)
{
	uint64_t one = 1;

	/* It takes a 1 unless one is there that was not read yet. */
	(void)!write(w->wake, &one, sizeof(one));
}

void
watch_ask(struct watch *w)
{
	atomic_store(&w->asked, true);
	watch_wake(w);
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	atomic_store(&w->stop, true);
	if (w->started) {
		watch_wake(w);
		pthread_join(w->thread, NULL);
	}
	if (w->wake != -1)
		close(w->wake);
	if (w->notices != -1)
		close(w->notices);
	free(w->heard);
	free(w->files);
	free(w);
}
