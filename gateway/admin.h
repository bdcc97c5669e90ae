#ifndef GATEWAY_ADMIN_H
#define GATEWAY_ADMIN_H

/*
 * The admin port: a JSON API under /v1, and a page, to look into a gateway
 * that runs and to change it.  It has a listener of its own and two threads:
 * one with an event loop, which reads requests and writes answers, and one
 * for jobs (what reads or writes the store or files), so that the loop never
 * waits.  Workers never wait for either.
 *
 * It is no proxy, and may hold requests and answers whole; what is long goes
 * through files without a name.  Who may reach it stands in admin_guard.h,
 * what can be asked in admin_table.h.
 */

#include <stdint.h>

#include "gateway/mailbox.h"

struct admin; /* opaque */
struct err;
struct event_base;
struct gateway;
struct mocking;
struct settings;
struct shared;

/* What there is to look into; all of it outlives the admin port. */
struct admin_of {
	const struct settings *settings;
	struct gateway *gateway;
	struct shared *shared;
	struct mocking *mocking;
	int listening; /* a socket to take over instead of binding; or 0 */
};

/*
 * Binds what settings.admin says (not to be called for "off").  free_port says
 * that other listeners of the gateway take any free port; then so does this,
 * unless it was asked for.  NULL with *e set when it cannot be had.
 */
struct admin *admin_open(
    const struct admin_of *of, bool free_port, struct err *e);

/* "http://127.0.0.1:8081" or "unix:/path". */
const char *admin_address(const struct admin *a);

/* The TCP port, or 0 when it is a unix socket. */
uint16_t admin_port(const struct admin *a);

/* Starts the threads; says in the log where it is. */
int admin_start(struct admin *a, struct err *e);

/* From any thread: fn is called with NULL and arg on the loop's thread.  False
 * when that has ended: arg stays yours. */
bool admin_post(struct admin *a, letter_fn fn, void *arg);

/* For timers of handlers, which run on its thread. */
struct event_base *admin_base(struct admin *a);

/* Ends running jobs and streams, waits for the threads.  Safe on NULL. */
void admin_close(struct admin *a);

#endif
