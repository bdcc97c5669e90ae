#ifndef BASE_THREAD_H
#define BASE_THREAD_H

/* Threads of the program's own, and waits by the clock that nobody sets. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts one, which pthread_join() ends.  Signals are for the program's other
 * threads, but for those that say what the thread itself did: faults, and a
 * call that a sandbox refuses.  0, or -1 with errno set. */
int thread_start(pthread_t *thread, void *(*fn)(void *arg), void *arg);

/* As thread_start(), with so many bytes of stack; nobody waits for its end. */
int thread_start_alone(size_t stack, void *(*fn)(void *arg), void *arg);

/* Makes one that thread_wait() can wait for; pthread_cond_destroy() ends it. */
void thread_cond_init(pthread_cond_t *c);

/* Waits to be woken, with m held, but no longer than until_us
 * (clock_mono_us()): false when it was as long. */
bool thread_wait(pthread_cond_t *c, pthread_mutex_t *m, int64_t until_us);

#endif
