#include "config.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/thread.h"

int
thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg)
{
	sigset_t all, before;

	sigfillset(&all);
	sigdelset(&all, SIGSYS);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	errno = pthread_create(thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errno == 0 ? 0 : -1;
}

void
thread_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(c, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

bool
thread_wait(pthread_cond_t *c, pthread_mutex_t *m, int64_t until_us)
{
	struct timespec at = { .tv_sec = (time_t)(until_us / 1000000),
		.tv_nsec = (long)(until_us % 1000000 * 1000) };

	return pthread_cond_timedwait(c, m, &at) != ETIMEDOUT;
}
