#ifndef GATEWAY_MESSENGER_H
#define GATEWAY_MESSENGER_H

/*
 * Sends the callbacks of mocks (mock/callback.h): on a thread of its own, by
 * the leg that a gateway forwards with.  Each has a connection for itself, so
 * many at a time; a redirect is an answer and not followed.  What waits for
 * its time, for its turn or for its next attempt is bounded in number and
 * bytes, and what goes beyond is dropped and told.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct callback;
struct err;
struct messenger; /* opaque */
struct meter;
struct redactor;
struct settings;
struct upstream_tls;

#define MESSENGER_AT_A_TIME 32
#define MESSENGER_BYTES (64u << 20) /* of bodies that are held */
#define MESSENGER_ANSWER (1u << 20) /* bytes of an answer that are read */

struct messenger_of {
	const struct settings *settings;
	struct upstream_tls *tls; /* the same; NULL: it has none */
	/* Of the log; it may change.  NULL there: secrets stay. */
	const struct redactor *_Atomic *redactor;
	const char *scheme;  /* that the gateway is reached by: http or https */
	const char *own;     /* "127.0.0.1:8080": paths are asked for there */
	struct meter *meter; /* for its thread; or NULL */
};

/* All of o must live until messenger_close().  NULL with *e set on failure. */
struct messenger *messenger_open(const struct messenger_of *o, struct err *e);

/* From any thread: takes the list over; each is due when its latency is
 * over.  Those to the gateway itself stay in the session, "" for none. */
void messenger_take(
    struct messenger *m, struct callback *list, struct str session);

/* From any thread: nothing is sent any more, and what is due is dropped; or it
 * is again. */
void messenger_mute(struct messenger *m, bool on);

struct messenger_figures {
	uint64_t delivered; /* answered with a status below 400 */
	uint64_t failed;    /* not so, in the last attempt */
	uint64_t dropped;   /* there was no room, or no time at the end */
};

/* How things stand; from any thread. */
void messenger_figures(const struct messenger *m, struct messenger_figures *f);

/* Gives what is due within us so long, drops the rest, and ends; nobody calls
 * messenger_take() any more.  Safe on NULL. */
void messenger_close(
    struct messenger *m, int64_t us, struct messenger_figures *f);

#endif
