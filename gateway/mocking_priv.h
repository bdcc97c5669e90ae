#ifndef GATEWAY_MOCKING_PRIV_H
#define GATEWAY_MOCKING_PRIV_H

/* For mocking.c, which has the versions, and mocking_edit.c, which changes the
 * files that they come from. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/mocking.h"

struct buf;
struct environment;
struct keeper;
struct watch;

struct mocking {
	const struct settings *settings;
	pthread_mutex_t changing; /* held by who makes a version */
	bool ending;              /* no more of them; of changing */
	struct mocks *mocks;      /* or NULL */
	struct mocks *next;       /* read, and not taken yet */
	const char **paths;       /* of the settings' files, and promoted's */
	size_t npaths;            /* of them are watched */
	char *promoted;           /* its file; NULL: it has none yet */
	char *folder;             /* of that, where nobody named a file */
	bool edits;               /* there is an environment promoted */
	struct watch *watch;      /* NULL when no file is there to change */
	struct keeper *keeper;    /* NULL when nothing is kept */
	struct worker *const *workers;
	size_t nworkers;
	pthread_mutex_t lock; /* for mocks */
};

/* Makes a version with env, which moves in, in the i-th place; NULL with *e
 * set.  Both with changing held. */
struct mocks *mocking_make(
    struct mocking *m, size_t i, struct environment *env, struct err *e);

/* That goes to all workers. */
void mocking_use(struct mocking *m, size_t i, struct mocks *next);

/* Removes the folder of promoted. */
void mocking_edit_end(struct mocking *m);

#endif
