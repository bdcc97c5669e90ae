#ifndef GATEWAY_OUTFIT_H
#define GATEWAY_OUTFIT_H

/*
 * What the modes of a gateway need beyond its sockets: recorder, library,
 * explainer, TLS to upstreams, the key of redaction, who sends callbacks.
 * Each is opened when a mode needs it first, and stays open: what it is has
 * to be known when a mode is asked for, not when its first request comes.
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
	int (*prepare)(void *arg, struct store *s, struct err *e);
	void *arg;
	/* The first is of the start; a recorder that comes later may have
	 * made the key that there was none of. */
	struct redacting redacting[2];
	size_t nredacting;
};

/*
 * Opens what the plan needs and is not there yet: all of it, or nothing with
 * -1 and *e set.  Sets *readers to one for each of the n workers when these
 * have none and need one, else to NULL: an array that is the caller's to
 * free.
 */
int outfit_open(struct outfit *o, const struct plan *p, size_t n,
    struct reader ***readers, struct err *e);

/* Ends what was opened; the workers are freed. */
void outfit_close(struct outfit *o);

#endif
