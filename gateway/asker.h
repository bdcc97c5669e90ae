#ifndef GATEWAY_ASKER_H
#define GATEWAY_ASKER_H

/*
 * Asks upstreams for a command, several requests at a time, by the leg that a
 * gateway forwards with: pooled connections, TLS, timeouts.  A WebSocket that
 * is opened is closed at once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/upstream.h"

struct err;
struct exchange;
struct origins;
struct settings;

#define ASKER_BODY_MOST \
	(64u << 20) /* a longer one of an answer is not kept \
		     */

/* All functions are called on one thread, which is not that of
 * asker_run(). */
struct asker_job {
	/* Fills *r with the next request and *what with the caller's name for
	 * it; false when there is none.  What r views lives until on_answer. */
	bool (*next)(void *arg, struct call_request *r, void **what);
	/*
	 * The answer: response, times and outcome of x, which is the callee's
	 * to keep.  Its body is not known when it was too long.  False: ask
	 * no more.
	 */
	bool (*on_answer)(void *arg, void *what, struct exchange *x);
	void *arg;
	size_t most;     /* asked at a time, at least 1 */
	int64_t most_us; /* from a request's start to its answer's end */
};

/* Returns when all is answered.  0, or -1 when it cannot begin. */
int asker_run(const struct settings *s, const struct origins *o,
    const struct asker_job *job, struct err *e);

#endif
