#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

/*
 * A running gateway: listeners, workers, recorder and library, from settings
 * to the last drained exchange.  The commands (proxy, record, ..., run,
 * demo) start one, wait, and stop it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "gateway/settings.h"

struct differences;
struct err;
struct gateway; /* opaque */
struct id_ranges;
struct mocks;
struct plan;
struct store_extent;
struct tally;
struct traffic;
struct violations;

/* Binds, opens the store and starts the workers.  The settings must outlive
 * the gateway.  mocks may be NULL.  NULL with *e set on failure. */
struct gateway *gateway_start(
    const struct settings *s, struct mocks *mocks, struct err *e);

/* {"listen":["127.0.0.1:40123"],"admin":"http://127.0.0.1:8081"}: what is
 * really bound. */
void gateway_ready(const struct gateway *g, struct buf *json);

/* "127.0.0.1:40123", the i-th listener in the order of settings, or NULL. */
const char *gateway_address(const struct gateway *g, size_t i);

/* From any thread: whether it is being stopped. */
bool gateway_stopping(const struct gateway *g);

/* From any thread: why nothing is stored, or NULL; the caller frees. */
char *gateway_trouble(struct gateway *g);

/* From any thread but a worker's: waits until its workers are done with what
 * they are at, for at most us.  Whether they are. */
bool gateway_answers(const struct gateway *g, int64_t us);

/* The traffic log, or NULL when none is kept. */
struct traffic *gateway_traffic(const struct gateway *g);

/* "http" or "https": how its clients come. */
const char *gateway_scheme(const struct gateway *g);

/* The local authority, or NULL when nothing needs one. */
const struct authority *gateway_authority(const struct gateway *g);

/* What became of reading files again. */
struct gateway_reload {
	struct buf changed; /* options, ", " between */
	struct buf stays;   /* those that wait for the next start */
};

/*
 * From any thread but a worker's: reads all files that may change again, the
 * configuration, mocks, certificates and descriptions, and takes them for
 * requests and connections to come; all of them or, with -1 and *e set, none.
 * The log tells either.  *r is the caller's to end in any case.
 */
int gateway_reload(struct gateway *g, struct gateway_reload *r, struct err *e);
void gateway_reload_fini(struct gateway_reload *r);

/* What holds for requests from now on; a reference for the caller.  From any
 * thread. */
struct plan *gateway_plan(struct gateway *g);

/*
 * From any thread but a worker's: requests that begin when this is over are
 * answered in these modes.  What they need is opened first; 0, or -1 with *e
 * set and all as it was.
 */
int gateway_set_modes(
    struct gateway *g, const struct mode_set *set, struct err *e);

/*
 * From any thread but a worker's: adds a valid rule until the gateway ends;
 * requests that begin when this is over go by it.  1, 0 when it is there, or -1
 * with *e set and all as it was.
 */
int gateway_add_rule(struct gateway *g, struct str line, struct err *e);

/* From any thread: as SIGTERM does, this ends what runs the gateway; false when
 * that ends by itself. */
bool gateway_drain(struct gateway *g);

/* Stops accepting, lets running exchanges finish (at most
 * settings.drain_timeout; a second call does not wait any longer), writes
 * what is queued. */
void gateway_stop(struct gateway *g);
void gateway_free(struct gateway *g); /* safe on NULL; after gateway_stop() */

/* Sources of replies, for the report of hark run. */
struct gateway_figures {
	uint64_t requests;
	uint64_t mocked, replayed, forwarded, missed, refused, failed;
	uint64_t sockets, messages; /* WebSockets that are over, in them */
	uint64_t recorded;          /* committed entries */
	uint64_t lost;              /* exchanges that could not be stored */
	/* Of the callbacks of mocks, after gateway_stop(). */
	uint64_t delivered, undelivered, dropped;
};
void gateway_figures(const struct gateway *g, struct gateway_figures *f);

/*
 * What a report needs, after gateway_stop() and as long as g lives: misses and
 * live calls, NULL unless settings.tally; the entries that were served; and
 * the tape as it was in the beginning, NULL when no recordings are read.
 */
const struct tally *gateway_tally(const struct gateway *g);
const struct id_ranges *gateway_served(const struct gateway *g);
const struct store_extent *gateway_extent(const struct gateway *g);

/* How live answers differed from their recordings; NULL when they were not
 * compared. */
struct differences *gateway_differences(const struct gateway *g);

/* What was not as the OpenAPI descriptions have it; NULL without them. */
const struct violations *gateway_violations(const struct gateway *g);

#endif
