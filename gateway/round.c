#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/mailbox.h"
#include "gateway/worker.h"

#include "gateway/round.h"

/* Counted: by who waits and by each letter that is on its way, since nobody
 * waits for one that comes too late. */
struct round {
	void (*fn)(struct worker *w, void *arg); /* NULL: nothing to do */
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t read;
	size_t unread, refs;
};

static void
round_unref(struct round *r)
{
	bool last;

	pthread_mutex_lock(&r->lock);
	last = --r->refs == 0;
	pthread_mutex_unlock(&r->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->read);
	free(r);
}

static void
round_on_letter(struct worker *w, void *arg)
{
	struct round *r = arg;

	if (w != NULL && r->fn != NULL)
		r->fn(w, r->arg);
	pthread_mutex_lock(&r->lock);
	if (--r->unread == 0)
		pthread_cond_signal(&r->read);
	pthread_mutex_unlock(&r->lock);
	round_unref(r);
}

static struct round *
round_begin(struct worker *const *workers, size_t n,
    void (*fn)(struct worker *w, void *arg), void *arg)
{
	struct round *r = xcalloc(1, sizeof(*r));
	size_t i;

	r->fn = fn;
	r->arg = arg;
	r->unread = n;
	r->refs = n + 1;
	pthread_mutex_init(&r->lock, NULL);
	thread_cond_init(&r->read);
	for (i = 0; i < n; i++)
		if (!mailbox_post(workers[i]->mailbox, round_on_letter, r))
			round_on_letter(NULL, r);
	return r;
}

void
round_all(struct worker *const *workers, size_t n,
    void (*fn)(struct worker *w, void *arg), void *arg)
{
	struct round *r = round_begin(workers, n, fn, arg);

	pthread_mutex_lock(&r->lock);
	while (r->unread > 0)
		pthread_cond_wait(&r->read, &r->lock);
	pthread_mutex_unlock(&r->lock);
	round_unref(r);
}

static size_t
round_ended(struct worker *const *workers, size_t n)
{
	size_t i, ended = 0;

	for (i = 0; i < n; i++)
		ended += atomic_load(&workers[i]->ended) ? 1 : 0;
	return ended;
}

bool
round_answers(struct worker *const *workers, size_t n, int64_t us)
{
	struct round *r = round_begin(workers, n, NULL, NULL);
	int64_t until = clock_mono_us() + us;
	bool answers;

	pthread_mutex_lock(&r->lock);
	while (r->unread > round_ended(workers, n) &&
	       thread_wait(&r->read, &r->lock, until))
		;
	answers = r->unread <= round_ended(workers, n);
	pthread_mutex_unlock(&r->lock);
	round_unref(r);
	return answers;
}
