#ifndef MOCK_MOCKS_PRIV_H
#define MOCK_MOCKS_PRIV_H

/* What all environments are made of, for mocks*.c, and what those need of them
 * who answer one request several times. */

#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mock/mocks.h"

struct fakers;
struct memory;
struct random;
struct server;
struct template_context;

/* What all versions share. */
struct ground {
	atomic_uint refs;
	struct mocks_options options;
	struct memory *memory;
	struct fakers *fakers; /* NULL until there is a template */
	struct random *random;
	struct buf strange; /* state of environments that are not there */
};

struct served {
	struct server *server;
	struct mocks_place at; /* in the arena */
	bool ahead;            /* of all others, whatever the host */
};

struct mocks {
	atomic_uint refs;
	struct ground *ground;
	struct fakers *fakers; /* the ground's, or NULL */
	struct arena arena;
	struct served *served;
	size_t n;
};

/* Makes *c the context of one answer, without request and stores; what is made
 * on the way goes to a.  With a seed, others wait until mocks_leave(). */
void mocks_enter(const struct mocks *m, struct arena *a, int64_t now_us,
    struct template_context *c);
void mocks_leave(struct template_context *c);

#endif
