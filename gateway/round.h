#ifndef GATEWAY_ROUND_H
#define GATEWAY_ROUND_H

/* Letters to all workers, from a thread that is none of theirs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worker;

/* Calls fn(worker, arg) on the thread of each and waits until all have done
 * so.  The workers run meanwhile, and their loops do not end. */
void round_all(struct worker *const *workers, size_t n,
    void (*fn)(struct worker *w, void *arg), void *arg);

/* Whether the loops of all that have not ended come to read a letter within
 * us microseconds. */
bool round_answers(struct worker *const *workers, size_t n, int64_t us);

#endif
