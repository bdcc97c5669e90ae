#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/traffic.h"

#include "gateway/access_log.h"

#define ACCESS_LOG_ROWS 65536          /* that wait */
#define ACCESS_LOG_BYTES (32u << 20)   /* that they hold */
#define ACCESS_LOG_BATCH (256u * 1024) /* in one write */
#define ACCESS_LOG_NAP_US 50000        /* between two looks at a busy queue */
#define ACCESS_LOG_PATIENCE_MS 1000    /* at the end, with who does not read */

struct access_log {
	char *path; /* NULL: standard output */
	enum access_format format;
	int fd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;

	/* under the lock */
	struct traffic_row **rows; /* ACCESS_LOG_ROWS */
	size_t n, bytes;
	uint64_t lost;
	bool idle; /* the thread waits for a row */
	bool reopen;
	bool stop;

	/* the thread's */
	struct traffic_row **taken; /* the other array of that size */
	struct buf out;
	bool torn;     /* the file ends inside a line */
	bool failing;  /* the last write failed, which was told */
	bool hopeless; /* at the end nobody took the bytes */
};

/* ---- the file ---------------------------------------------------------- */

static int
access_log_open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static void
access_log_renew(struct access_log *l)
{
	int fd;

	if (l->path == NULL)
		return;
	fd = access_log_open_file(l->path);
	if (fd == -1) {
		log_error(l->path, "the access log stays in the old file: %s",
		    strerror(errno));
		return;
	}
	close(l->fd);
	l->fd = fd;
	l->torn = false;
	log_info(l->path, "the access log is opened anew");
}

/* Whether there is one who takes bytes: a file always, a pipe until the end
 * has to come. */
static bool
access_log_writable(struct access_log *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLOUT };
	int n, ms = l->hopeless ? 0 : ACCESS_LOG_PATIENCE_MS;

	while ((n = poll(&p, 1, ms)) <= 0 && !l->hopeless) {
		if (n == -1 && errno != EINTR)
			return false;
		pthread_mutex_lock(&l->lock);
		l->hopeless = l->stop;
		pthread_mutex_unlock(&l->lock);
	}
	errno = ETIMEDOUT;
	return n > 0;
}

/* 0, or -1 with errno set when not all of l->out could be written. */
static int
access_log_write(struct access_log *l)
{
	size_t done = 0;
	ssize_t n;

	while (done < l->out.n) {
		if (!access_log_writable(l))
			break;
		n = write(l->fd, l->out.p + done, l->out.n - done);
		if (n == -1 && errno != EINTR && errno != EAGAIN)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	if (done > 0)
		l->torn = l->out.p[done - 1] != '\n';
	return done == l->out.n ? 0 : -1;
}

/* What is made of lines goes out.  Those that cannot are lost. */
static void
access_log_flush(struct access_log *l, uint64_t lines)
{
	const char *name = l->path != NULL ? l->path : "standard output";
	int error = access_log_write(l) == -1 ? errno : 0;

	l->out.n = 0;
	if (error != 0) {
		pthread_mutex_lock(&l->lock);
		l->lost += lines;
		pthread_mutex_unlock(&l->lock);
		if (!l->failing)
			log_error(name, "the access log cannot be written: %s",
			    strerror(error));
	}
	l->failing = error != 0;
}

/* ---- the thread -------------------------------------------------------- */

/* All that waits goes to l->taken: how many. */
static size_t
access_log_take(struct access_log *l, uint64_t *lost, bool *reopen)
{
	struct traffic_row **rows;
	size_t n;

	pthread_mutex_lock(&l->lock);
	while (l->n == 0 && !l->reopen && !l->stop) {
		l->idle = true;
		pthread_cond_wait(&l->wake, &l->lock);
	}
	l->idle = false;
	rows = l->rows;
	l->rows = l->taken;
	l->taken = rows;
	n = l->n;
	l->n = l->bytes = 0;
	*lost = l->lost;
	l->lost = 0;
	*reopen = l->reopen;
	l->reopen = false;
	pthread_mutex_unlock(&l->lock);
	return n;
}

static void
access_log_lines(struct access_log *l, size_t n)
{
	uint64_t lines = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (l->torn) {
			buf_add_text(&l->out, "\n");
			l->torn = false;
		}
		access_line_add(&l->out, l->format, l->taken[i]);
		traffic_row_unref(l->taken[i]);
		lines++;
		if (l->out.n >= ACCESS_LOG_BATCH || i + 1 == n) {
			access_log_flush(l, lines);
			lines = 0;
		}
	}
}

/* So that a busy queue is not looked at for each row; ends at once at the
 * end. */
static bool
access_log_nap(struct access_log *l)
{
	int64_t until = clock_mono_us() + ACCESS_LOG_NAP_US;
	bool stop;

	pthread_mutex_lock(&l->lock);
	if (!l->stop)
		(void)thread_wait(&l->wake, &l->lock, until);
	stop = l->stop && l->n == 0;
	pthread_mutex_unlock(&l->lock);
	return !stop;
}

static void *
access_log_thread(void *arg)
{
	struct access_log *l = arg;
	uint64_t lost, told = 0;
	size_t n;
	bool reopen;

	(void)pthread_setname_np(pthread_self(), "access-log");
	do {
		n = access_log_take(l, &lost, &reopen);
		if (reopen)
			access_log_renew(l);
		access_log_lines(l, n);
		told += lost;
		if (told > 0 && !l->failing) {
			log_warn(l->path != NULL ? l->path : "standard output",
			    "%llu lines of the access log were lost",
			    (unsigned long long)told);
			told = 0;
		}
	} while (access_log_nap(l));
	return NULL;
}

/* ---- life -------------------------------------------------------------- */

static void
access_log_free(struct access_log *l)
{
	if (l->path != NULL)
		close(l->fd);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->wake);
	buf_free(&l->out);
	free(l->rows);
	free(l->taken);
	free(l->path);
	free(l);
}

struct access_log *
access_log_open(const char *path, enum access_format format, struct err *e)
{
	struct access_log *l;
	bool file = path[0] != '-' || path[1] != '\0';
	int fd = file ? access_log_open_file(path) : STDOUT_FILENO;

	if (fd == -1) {
		err_sys(e, "option access-log: %.300s", path);
		return NULL;
	}
	l = xcalloc(1, sizeof(*l));
	l->path = file ? xstrdup(path) : NULL;
	l->format = format;
	l->fd = fd;
	l->rows = xcalloc(ACCESS_LOG_ROWS, sizeof(struct traffic_row *));
	l->taken = xcalloc(ACCESS_LOG_ROWS, sizeof(struct traffic_row *));
	pthread_mutex_init(&l->lock, NULL);
	thread_cond_init(&l->wake);
	if (thread_start(&l->thread, access_log_thread, l) == 0)
		return l;
	err_sys(e, "cannot start a thread for the access log");
	access_log_free(l);
	return NULL;
}

void
access_log_give(struct access_log *l, struct traffic_row *r)
{
	bool wake = false;

	pthread_mutex_lock(&l->lock);
	if (l->n == ACCESS_LOG_ROWS || l->bytes + r->cost > ACCESS_LOG_BYTES) {
		l->lost++;
	} else {
		l->rows[l->n++] = r;
		l->bytes += r->cost;
		wake = l->idle;
		l->idle = false;
		r = NULL;
	}
	pthread_mutex_unlock(&l->lock);
	if (wake)
		pthread_cond_signal(&l->wake);
	traffic_row_unref(r);
}

void
access_log_reopen(struct access_log *l)
{
	pthread_mutex_lock(&l->lock);
	l->reopen = true;
	pthread_mutex_unlock(&l->lock);
	pthread_cond_signal(&l->wake);
}

void
access_log_close(struct access_log *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_mutex_unlock(&l->lock);
	pthread_cond_signal(&l->wake);
	pthread_join(l->thread, NULL);
	access_log_free(l);
}
