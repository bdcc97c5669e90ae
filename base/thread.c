#include "config.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "base/thread.h"

static int
thread_create(pthread_t *thread, const pthread_attr_t *how,
    void *(*fn)(void *arg), void *arg)
{
	static const int own[] = { SIGSYS, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	sigset_t others, before;
	size_t i;

	sigfillset(&others);
	for (i = 0; i < sizeof(own) / sizeof(*own); i++)
		sigdelset(&others, own[i]);
	pthread_sigmask(SIG_BLOCK, &others, &before);
	errno = pthread_create(thread, how, fn, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errno == 0 ? 0 : -1;
}

int
thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg)
{
	return thread_create(thread, NULL, fn, arg);
}

int
thread_start_alone(size_t stack, void *(*fn)(void *arg), void *arg)
{
	pthread_attr_t how;
	pthread_t thread;
	int rc;

	pthread_attr_init(&how);
	pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&how, stack);
	rc = thread_create(&thread, &how, fn, arg);
	pthread_attr_destroy(&how);
	return rc;
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
