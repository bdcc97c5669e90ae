/* The thread for what would keep the loop of the admin port waiting. */
#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/thread.h"
#include "gateway/admin_table.h"

#include "gateway/admin_priv.h"

struct admin_jobs {
	struct admin *admin;
	pthread_t thread;
	pthread_mutex_t lock; /* for all below */
	pthread_cond_t more;
	struct admin_request *queue[ADMIN_JOBS]; /* a ring */
	size_t first, n;
	bool closing;
};

/* The next one, or NULL when there will be none. */
static struct admin_request *
admin_jobs_next(struct admin_jobs *j)
{
	struct admin_request *r = NULL;

	pthread_mutex_lock(&j->lock);
	while (j->n == 0 && !j->closing)
		pthread_cond_wait(&j->more, &j->lock);
	if (!j->closing) {
		r = j->queue[j->first];
		j->first = (j->first + 1) % ADMIN_JOBS;
		j->n--;
	}
	pthread_mutex_unlock(&j->lock);
	return r;
}

static void *
admin_jobs_thread(void *arg)
{
	struct admin_jobs *j = arg;
	struct admin_request *r;

	(void)pthread_setname_np(pthread_self(), "admin-jobs");
	while ((r = admin_jobs_next(j)) != NULL) {
		r->command->handler(r);
		if (!admin_post(j->admin, admin_client_on_done, r))
			abort(); /* letters are closed after the jobs */
	}
	return NULL;
}

struct admin_jobs *
admin_jobs_new(struct admin *a, struct err *e)
{
	struct admin_jobs *j = xcalloc(1, sizeof(*j));

	j->admin = a;
	pthread_mutex_init(&j->lock, NULL);
	pthread_cond_init(&j->more, NULL);
	if (thread_start(&j->thread, admin_jobs_thread, j) == 0)
		return j;
	err_sys(e, "cannot start a thread for admin");
	pthread_cond_destroy(&j->more);
	pthread_mutex_destroy(&j->lock);
	free(j);
	return NULL;
}

void
admin_jobs_free(struct admin_jobs *j)
{
	size_t i;

	if (j == NULL)
		return;
	pthread_mutex_lock(&j->lock);
	j->closing = true;
	pthread_cond_signal(&j->more);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
	for (i = 0; i < j->n; i++)
		admin_client_on_done(
		    NULL, j->queue[(j->first + i) % ADMIN_JOBS]);
	pthread_cond_destroy(&j->more);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

bool
admin_jobs_take(struct admin_jobs *j, struct admin_request *r)
{
	bool room;

	pthread_mutex_lock(&j->lock);
	room = j->n < ADMIN_JOBS && !j->closing;
	if (room) {
		j->queue[(j->first + j->n) % ADMIN_JOBS] = r;
		j->n++;
		pthread_cond_signal(&j->more);
	}
	pthread_mutex_unlock(&j->lock);
	return room;
}
