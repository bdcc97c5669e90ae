#ifndef GATEWAY_FETCHER_H
#define GATEWAY_FETCHER_H

/*
 * The fetcher runs errands (replay/errand.h): what look-ups need of a store
 * that is on another machine, on FETCHER_THREADS threads that have a
 * connection each from their first errand on, so that no worker waits.
 * FETCHER_QUEUE errands wait for them at most.  One more thread looks for what
 * others did to the tape (errand_news()).
 */

#include <stdint.h>

#define FETCHER_THREADS 8
#define FETCHER_QUEUE 1024

struct err;
struct errand;
struct fetch;   /* opaque */
struct fetcher; /* opaque; one per process */
struct library;
struct reader;
struct worker;

/* Who asks waits patience_us at most.  NULL with *e set on failure. */
struct fetcher *fetcher_open(
    struct library *l, int64_t patience_us, struct err *e);

/* The threads of all workers have ended, the workers are still there.  Safe
 * on NULL. */
void fetcher_close(struct fetcher *f);

/*
 * Has d run, which becomes the fetcher's.  on_done(arg, d) is called on the
 * worker's thread, never from inside, and d is the callee's; with NULL when it
 * was not run in time.  Not at all after fetch_cancel().  NULL, and d stays
 * the caller's, when there are too many already.
 */
typedef void (*fetched_fn)(void *arg, struct errand *d);
struct fetch *fetcher_ask(struct fetcher *f, struct worker *w, struct errand *d,
    fetched_fn on_done, void *arg);
void fetch_cancel(struct fetch *q);

/* A worker's reader of l: one that sends errands, or with a store of its own
 * when f is NULL.  NULL with *e set on failure. */
struct reader *fetcher_reader(
    struct fetcher *f, struct library *l, struct err *e);

/* From any thread. */
struct fetcher_figures {
	uint64_t asked, waiting, late, refused;
};
void fetcher_figures(struct fetcher *f, struct fetcher_figures *figures);

#endif
