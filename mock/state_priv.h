#ifndef MOCK_STATE_PRIV_H
#define MOCK_STATE_PRIV_H

/* What a state is made of; for the files state*.c only. */

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mock/numbers.h"
#include "mock/state.h"

struct snapshot {
	atomic_uint refs;
	struct arena arena;
	struct value value;
};

struct variable {
	char *name;
	struct snapshot *now;
};

/* A scenario that is not in its first state any more. */
struct scenario {
	struct buf name, state;
};

/* A bucket, and as it was generated. */
struct kept {
	uint64_t key;
	struct snapshot *now, *first;
};

struct state {
	atomic_uint refs;
	struct state *like;
	void (*on_change)(void *arg); /* or NULL */
	void *arg;
	pthread_mutex_t lock;  /* of all that follows */
	struct numbers served; /* by route, and by response if it is limited */
	struct numbers places; /* of buckets, in what follows */
	struct kept *buckets;
	size_t nbuckets;
	struct variable *globals;
	size_t nglobals;
	struct scenario *scenarios;
	size_t nscenarios;
	bool changed; /* and that was told */
};

struct snapshot *snapshot_ref(struct snapshot *s); /* of NULL NULL */
void snapshot_unref(struct snapshot *s);           /* safe on NULL */

/* Empty, to be made with *v and settled before anybody sees it. */
struct snapshot *snapshot_new(struct values *v);

/* With the lock, all of them. */
struct kept *state_kept(struct state *s, uint64_t key); /* or NULL */
struct kept *state_keep(struct state *s, uint64_t key); /* a new one */
struct variable *state_variable(struct state *s, struct str name); /* same */
struct variable *state_new_variable(struct state *s, struct str name);
void state_count(struct state *s, uint64_t key);
struct scenario *state_scenario(struct state *s, struct str name); /* or NULL */
void state_move(struct state *s, struct str scenario, struct str to);
void state_change_told(struct state *s);

#endif
