#ifndef GATEWAY_EXPLAINER_H
#define GATEWAY_EXPLAINER_H

/*
 * The explainer says why requests were not answered from recordings
 * (replay/explain.h) on a thread of its own, with a connection of its own to
 * the store, so that no worker waits for it.  It takes EXPLAINER_BURST
 * questions at once and EXPLAINER_RATE a second; who asks when there are more
 * gets no explanation, so that a flood of misses is served as fast as hits.
 */

#include <stddef.h>

#define EXPLAINER_BURST 200
#define EXPLAINER_RATE 500

struct err;
struct explain_request;
struct explainer; /* opaque; one per process */
struct explanation;
struct library;
struct plan;
struct question; /* opaque */
struct worker;

/* NULL with *e set on failure. */
struct explainer *explainer_open(struct library *l, struct err *e);

/* The threads of all workers have ended, the workers are still there.  Safe
 * on NULL. */
void explainer_close(struct explainer *x);

/*
 * Asks; r is copied, but for the rules, which are those of the plan.
 * on_done(arg, explanation) is called on the worker's thread, never from
 * inside, within a quarter of a second; with NULL when there is no explanation
 * by then.  Not at all after question_cancel().  NULL when there are too many
 * questions.
 */
typedef void (*explained_fn)(void *arg, const struct explanation *x);
struct question *explainer_ask(struct explainer *x, struct worker *w,
    struct plan *plan, const struct explain_request *r, explained_fn on_done,
    void *arg);
void question_cancel(struct question *q);

/* How many wait to be explained; from any thread. */
size_t explainer_waiting(struct explainer *x);

#endif
