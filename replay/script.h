#ifndef REPLAY_SCRIPT_H
#define REPLAY_SCRIPT_H

/*
 * A recorded WebSocket as a script for its server: what it says, and what it
 * waits to hear before it goes on.  Pings and Pongs are no part of it: who
 * plays it answers those of the client there and then.
 */

#include <stddef.h>
#include <stdint.h>

#include "har/frame.h"

struct err;
struct script; /* opaque */

/* Gives up to n bytes of the recording from at on: the count, 0 at its end,
 * -1 with *e set. */
typedef int64_t (*script_read_fn)(
    void *arg, uint64_t at, void *p, size_t n, struct err *e);

struct script *script_new(script_read_fn read, void *arg);
void script_free(struct script *s); /* safe on NULL */

enum script_turn {
	SCRIPT_SAY,  /* the server's message is next */
	SCRIPT_HEAR, /* the client's */
	SCRIPT_OVER, /* nothing more is recorded */
	SCRIPT_BROKEN,
};

/* What is next: *f, until script_next().  Lines that are no messages are
 * passed over. */
enum script_turn script_turn(
    struct script *s, const struct frame **f, struct err *e);

/* It was said or heard. */
void script_next(struct script *s);

/* How many messages of the client were heard, Close included. */
uint64_t script_heard(const struct script *s);

#endif
