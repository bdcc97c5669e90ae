#ifndef GATEWAY_OUTFIT_H
#define GATEWAY_OUTFIT_H

/*
 * What the modes of a gateway need beyond its sockets: recorder, library,
 * explainer, TLS to upstreams, the key of redaction, who sends callbacks.
 * Each is opened when a mode needs it first, and stays open: what it is has
 * to be known when a mode is asked for, not when its first request comes.
 * Only what is redacted may change.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateway/redacting.h"
#include "gateway/worker.h"

struct err;
struct plan;
struct store;

struct outfit {
	struct shared *shared;      /* where all find it */
	void (*on_room)(void *arg); /* of the recorder */
	void (*on_trouble)(void *arg, const char *text);
	/* Of what it ships. */
	void (*on_away)(void *arg, const char *text);
	void (*on_refused)(void *arg, const char *text);
	int (*prepare)(void *arg, struct store *s, struct err *e);
	void *arg;
	/* All that there were, since what is going on goes by an older one:
	 * a recorder that comes later may have made the key that there was
	 * none of, and rules change. */
	struct redacting **redacting;
	size_t nredacting;
	const struct redacting *now; /* one of them; NULL before the start */
};

/*
 * Opens what the plan needs and is not there yet: all of it, or nothing with
 * -1 and *e set.  Sets *readers to one for each of the n workers when these
 * have none and need one, else to NULL: an array that is the caller's to
 * free.
 */
int outfit_open(struct outfit *o, const struct plan *p, size_t n,
    struct reader ***readers, struct err *e);

/*
 * Secrets are kept out by the rules of the plan from now on.  The tape that is
 * recorded on says so before anything is.  0, or -1 with *e set and all as it
 * was.
 */
int outfit_redact(struct outfit *o, const struct plan *p, struct err *e);

/* Ends what was opened; the workers are freed. */
void outfit_close(struct outfit *o);

#endif
