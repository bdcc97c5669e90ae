#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "gateway/worker.h"

#include "gateway/mailbox.h"

struct letter {
	letter_fn fn;
	void *arg;
};

struct mailbox {
	atomic_int refs;
	struct worker *w;
	int fd;
	struct event *ready;
	pthread_mutex_t lock; /* for all below */
	struct letter *letters;
	size_t n, cap;
	bool closed;
};

/* Takes the letters out under the lock and reads them without it. */
static void
mailbox_read(struct mailbox *m, bool close)
{
	struct letter *letters;
	size_t i, n;

	pthread_mutex_lock(&m->lock);
	letters = m->letters;
	n = m->n;
	m->letters = NULL;
	m->n = m->cap = 0;
	m->closed = close;
	pthread_mutex_unlock(&m->lock);
	for (i = 0; i < n; i++)
		letters[i].fn(m->w, letters[i].arg);
	free(letters);
}

static void
mailbox_on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct mailbox *m = arg;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) == -1 && errno != EAGAIN)
		abort(); /* only on misuse of an eventfd */
	if (m->w != NULL)
		m->w->now = clock_mono_us();
	mailbox_read(m, false);
}

struct mailbox *
mailbox_new(struct worker *w, struct event_base *base)
{
	struct mailbox *m = xcalloc(1, sizeof(*m));

	m->w = w;
	atomic_init(&m->refs, 1);
	pthread_mutex_init(&m->lock, NULL);
	m->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->fd != -1)
		m->ready = event_new(
		    base, m->fd, EV_READ | EV_PERSIST, mailbox_on_ready, m);
	if (m->ready == NULL || event_add(m->ready, NULL) == -1) {
		mailbox_close(m);
		return NULL;
	}
	return m;
}

struct mailbox *
mailbox_ref(struct mailbox *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

void
mailbox_unref(struct mailbox *m)
{
	if (atomic_fetch_sub(&m->refs, 1) > 1)
		return;
	if (m->fd != -1)
		close(m->fd);
	pthread_mutex_destroy(&m->lock);
	free(m->letters);
	free(m);
}

bool
mailbox_post(struct mailbox *m, letter_fn fn, void *arg)
{
	uint64_t one = 1;
	bool first = false, closed;

	pthread_mutex_lock(&m->lock);
	closed = m->closed;
	if (!closed) {
		if (m->n == m->cap) {
			m->cap = m->cap == 0 ? 16 : 2 * m->cap;
			m->letters =
			    xrealloc(m->letters, m->cap * sizeof(*m->letters));
		}
		first = m->n == 0;
		m->letters[m->n++] = (struct letter){ fn, arg };
	}
	pthread_mutex_unlock(&m->lock);
	if (first && write(m->fd, &one, sizeof(one)) == -1)
		abort(); /* an eventfd takes a 1 unless it is misused */
	return !closed;
}

void
mailbox_close(struct mailbox *m)
{
	if (m == NULL)
		return;
	if (m->ready != NULL)
		event_free(m->ready);
	m->ready = NULL;
	mailbox_read(m, true);
	mailbox_unref(m);
}
