#ifndef GATEWAY_GATEWAY_PRIV_H
#define GATEWAY_GATEWAY_PRIV_H

/*
 * A gateway from inside.
 *
 *	gateway.c		from settings to the last drained exchange
 *	gateway_change.c	other modes, files read again
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

#endif
