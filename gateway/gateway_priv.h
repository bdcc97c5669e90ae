#ifndef GATEWAY_GATEWAY_PRIV_H
#define GATEWAY_GATEWAY_PRIV_H

/*
 * A gateway from inside.
 *
 *	gateway.c		from settings to the last drained exchange
 *	gateway_change.c	other modes, files read again
 *	gateway_rules.c		other rules
 */

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/front.h"
#include "gateway/listeners.h"
#include "gateway/messenger.h"
#include "gateway/outfit.h"
#include "gateway/traffic_sink.h"
#include "gateway/worker.h"
#include "recorder/id_ranges.h"
#include "recorder/recorder.h"

#include "gateway/gateway.h"

struct known_origins;
struct mocking;
struct named;
struct plan;
struct reindex;
struct rules;
struct watch;

struct gateway {
	struct shared shared;
	struct outfit outfit;
	struct known_origins *known;
	struct named *named;
	struct front front;
	struct listeners listeners;
	uint16_t *ports;          /* of these, and the admin port */
	pthread_mutex_t changing; /* held by who makes another plan */
	struct plan *plan;        /* the newest */
	struct buf added;         /* rules since the start, a line each */
	struct worker **workers;
	struct recorder_figures recorded; /* after gateway_stop() */
	struct id_ranges served;          /* the same */
	struct messenger_figures called;  /* the same */
	struct traffic_sink traffic;
	bool stopped;
	struct mocking *mocking;
	bool mocks;           /* there are some */
	struct watch *watch;  /* of other files; NULL: none can change */
	const char **watched; /* their paths */
	atomic_bool stopping;
	pthread_mutex_t lock; /* for the plan, and for trouble */
	char *trouble;        /* why nothing is stored; NULL: it is */
};

/* Opens who sends callbacks if the plan has some sent.  0 or -1. */
int gateway_open_messenger(
    struct gateway *g, const struct plan *p, struct err *e);

/* Watches the files that are not mocks', if they are to be.  0 or -1. */
int gateway_watch(struct gateway *g, struct err *e);

/* Takes the next plan over once all that it needs is there; changing is held.
 * 0, or -1 with all as it was. */
int gateway_take_plan(struct gateway *g, struct plan *next, struct err *e);

/* The next plan, which is used up, with the rules that were added.  NULL with
 * *e set. */
struct plan *gateway_keep_rules(
    struct gateway *g, struct plan *next, struct err *e);

/*
 * The tape's keys go by the rules: when these change, all are made anew, by
 * the recorder's thread if there is one, a transaction at a time, while
 * requests go on.  Of what has no new keys yet, a request that needs them
 * misses.
 */
struct rekeying {
	const struct shared *shared;
	bool needed;
	struct store *own; /* where nothing records to the store itself */
	struct recorder *recorder; /* where something records */
	const struct rules *rules;
	struct reindex *reindex; /* NULL: not begun */
};

/* From the rules of the plan as it is to those of the next, once all is open
 * that it needs: whether that can be done at all. */
int rekeying_open(struct rekeying *k, struct gateway *g,
    const struct plan *next, struct err *e);

/* All workers have the plan. */
int rekeying_run(struct rekeying *k, const struct plan *p, struct err *e);
void rekeying_close(struct rekeying *k);

#endif
