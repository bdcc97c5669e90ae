#ifndef GATEWAY_MOCKING_H
#define GATEWAY_MOCKING_H

/*
 * The mocks files of a gateway, from settings to the version that requests
 * get.  A file that changes is read on a thread of its own; what can be used
 * goes to the workers, where requests keep the version that they began with,
 * and what cannot is told and leaves the version that there is.
 */

#include <stddef.h>

struct err;
struct mocking; /* opaque */
struct mocks;
struct settings;
struct worker;

/* Loads the files of the settings, which outlive it; own, if not NULL, is
 * there instead of them.  NULL with *e set when one cannot be used. */
struct mocking *mocking_open(
    const struct settings *s, struct mocks *own, struct err *e);
void mocking_free(struct mocking *m); /* safe on NULL */

/* Those to begin with; NULL for none. */
struct mocks *mocking_mocks(const struct mocking *m);

/* From any thread: a reference to those that requests get now; NULL for
 * none. */
struct mocks *mocking_get(struct mocking *m);

/* From now on files are watched, if they are to be, for the n workers, which
 * run until mocking_stop(). */
int mocking_start(
    struct mocking *m, struct worker *const *workers, size_t n, struct err *e);
void mocking_stop(struct mocking *m); /* safe on NULL, and without a start */

/* When the workers have ended: writes what is to be kept.  Safe on NULL. */
void mocking_finish(struct mocking *m);

/*
 * From any thread: reads all files again, and keeps what was read until it is
 * taken (all workers have it when that is over) or dropped by the same thread.
 * 0, or -1 with *e set and nothing to drop.
 */
int mocking_read(struct mocking *m, struct err *e);
void mocking_take(struct mocking *m);
void mocking_drop(struct mocking *m);

#endif
