#ifndef BASE_THREAD_H
#define BASE_THREAD_H

/* Threads of the program's own, and waits by the clock that nobody sets. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts one.  Signals are for the program's other threads, but for that by
 * which the kernel says that a sandbox refuses a call.  0, or -1 with errno
 * set. */
int thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg);

/* Makes one that thread_wait() can wait for; pthread_cond_destroy() ends it. */
void thread_cond_init(pthread_cond_t *c);

/* Waits to be woken, with m held, but no longer than until_us
 * (clock_mono_us()): false when it was as long. */
bool thread_wait(pthread_cond_t *c, pthread_mutex_t *m, int64_t until_us);

#endif
