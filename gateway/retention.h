#ifndef GATEWAY_RETENTION_H
#define GATEWAY_RETENTION_H

/*
 * Keeps the tape that a gateway records on within --retain-age,
 * --retain-entries and --retain-bytes (recorder/retain.h).  One thread reads by
 * a connection of its own, by which it also removes what is over from a shared
 * store; from a file it has the recorder do it, a batch at a time.  It rests
 * longer than it works, so that recording has most of that time.
 */

#include <stdbool.h>
#include <stdint.h>

struct err;
struct recorder;
struct retention; /* opaque */
struct settings;
struct shared;

/* Whether there are limits. */
bool retention_wanted(const struct settings *s);

/* NULL with *e set on failure.  g is asked for its library, for as long as
 * this lives. */
struct retention *retention_open(const struct settings *s, struct shared *g,
    struct recorder *recorder, struct err *e);

/* Ends it; before the recorder.  Safe on NULL. */
void retention_close(struct retention *r);

struct retention_figures {
	uint64_t entries, bytes; /* on the tape; 0 before they are counted */
	uint64_t removed, removed_bytes;
	uint64_t failures;
	uint64_t busy_us; /* that the recorder was held for */
};
void retention_figures(struct retention *r, struct retention_figures *f);

#endif
