#ifndef GATEWAY_MOCKING_H
#define GATEWAY_MOCKING_H

/*
 * The mocks files of a gateway, from settings to the version that requests
 * get.
 */

#include <stddef.h>

struct err;
struct mocking; /* opaque */
struct mocks;
struct settings;

/* Loads the files of the settings, which outlive it; own, if not NULL, is
 * there instead of them.  NULL with *e set when one cannot be used. */
struct mocking *mocking_open(
    const struct settings *s, struct mocks *own, struct err *e);
void mocking_free(struct mocking *m); /* safe on NULL */

/* Those to begin with; NULL for none. */
struct mocks *mocking_mocks(const struct mocking *m);

#endif
