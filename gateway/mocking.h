#ifndef GATEWAY_MOCKING_H
#define GATEWAY_MOCKING_H

/*
 * The mocks files of a gateway, from settings to the version that requests
 * get.  A file that changes is read on a thread of its own; what can be used
 * goes to the workers, where requests keep the version that they began with,
 * and what cannot is told and leaves the version that there is.
 */

#include <stdbool.h>
#include <stddef.h>

struct err;
struct json_t;
struct mocking; /* opaque */
struct mocks;
struct settings;
struct worker;

/* Loads the files of the settings, which outlive it; own, if not NULL, is
 * there instead of them.  NULL with *e set when one cannot be used. */
struct mocking *mocking_open(
    const struct settings *s, struct mocks *own, struct err *e);
void mocking_free(struct mocking *m); /* safe on NULL */

/* Those that requests get; NULL for none.  For who makes versions of them. */
struct mocks *mocking_mocks(const struct mocking *m);

/* From any thread: a reference to those that requests get now; NULL for
 * none. */
struct mocks *mocking_get(struct mocking *m);

/*
 * What can be changed while it is served, by number: the files of the settings
 * and, behind them, "promoted": routes that were made of what passed.  These
 * are asked before all others, and are in the file of settings.mocks_write or
 * else in one that goes with the gateway.  0 when nothing can.  All of these
 * from any thread but a worker's, and not for long.
 */
size_t mocking_count(const struct mocking *m);
bool mocking_is_promoted(const struct mocking *m, size_t i);

/* The i-th file; for promoted it is made up if need be.  NULL with *e set when
 * there is no place for it. */
const char *mocking_file(struct mocking *m, size_t i, struct err *e);

/* What it says, a new reference; NULL with *e set. */
struct json_t *mocking_document(struct mocking *m, size_t i, struct err *e);

/*
 * Has edit change what it says, writes the file anew with all that hark does
 * not know of, and answers by it at once.  0, or -1 with *e set and nothing
 * changed: edit failed, what came out is no environment, or the file cannot be
 * written.
 */
typedef int (*mocking_edit_fn)(void *arg, struct json_t *root, struct err *e);
int mocking_edit(struct mocking *m, size_t i, mocking_edit_fn edit, void *arg,
    struct err *e);

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
