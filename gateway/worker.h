#ifndef GATEWAY_WORKER_H
#define GATEWAY_WORKER_H

/*
 * A worker is one thread with one event loop; a request lives and dies on
 * one worker, so that nothing here needs a lock.  The mailbox is the one way
 * in from other threads.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/uio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "gateway/settings.h"
#include "gateway/traffic.h"

struct admin;
struct channels;
struct client_side;
struct contract;
struct deflate;
struct differences;
struct err;
struct event;
struct event_base;
struct evhttp;
struct explainer;
struct fetcher;
struct front_tls;
struct keyer;
struct origins;
struct playwright;
struct random;
struct reader;
struct recorder;
struct redactor;
struct library;
struct sessions;
struct mailbox;
struct messenger;
struct meter;
struct meters;
struct minted;
struct mocks;
struct named;
struct plan;
struct plan_lease;
struct pool;
struct tally;
struct traffic_note;
struct traffic_sink;
struct transaction;
struct upstream_tls;
struct violations;

#define WORKER_SCRATCH (64u * 1024)
#define WORKER_PIECES 64

/* What a worker has done.  Only it writes there, by meter_more(), and no other
 * writes into the same line of the cache. */
struct worker_counts {
	atomic_uint_least64_t requests, mocked, replayed, forwarded, missed,
	    refused, failed;
	atomic_uint_least64_t sockets, messages; /* that are over, of them */
	char apart[128 - 9 * sizeof(uint64_t)];
};

/*
 * What all workers share; read-only but for the counters, and for what is
 * opened when a mode needs it first: NULL before, and the same from then on
 * until the workers have ended; what redacts may be another by then.
 */
struct shared {
	const struct settings *settings; /* of the start */
	struct named *named;   /* NULL unless this is a forward proxy */
	const uint16_t *ports; /* that the gateway itself listens on */
	size_t nports;
	struct admin *admin;                 /* NULL: no admin port */
	struct messenger *_Atomic messenger; /* for callbacks */
	struct recorder *_Atomic recorder;
	struct retention *_Atomic retention;     /* of its tape, if any */
	const struct redactor *_Atomic redactor; /* NULL: secrets stay */
	struct library *_Atomic library;
	struct explainer *_Atomic explainer; /* with the library */
	struct fetcher *_Atomic fetcher;     /* the same; NULL: nobody waits */
	struct playwright *_Atomic playwright; /* that way to match */
	struct upstream_tls *_Atomic tls;      /* to forward */
	struct front_tls *front;     /* of clients; NULL: they come plain */
	struct front_tls *intercept; /* in tunnels; NULL: none is opened up */
	struct minted *minted;       /* certificates for these two, or NULL */
	struct differences *differences; /* NULL unless live is compared */
	struct violations *violations;   /* NULL when nothing is watched */
	struct sessions *sessions;
	struct channels *channels; /* broadcasts of mocked WebSockets */
	size_t nworkers;
	int64_t began_us;      /* wall clock */
	int64_t began_mono_us; /* which nobody sets */

	struct worker_counts *counts; /* one a worker */
	uint64_t body_room;    /* for request bodies, by the process's limits */
	uint64_t cache_room;   /* for answers where the settings say no size */
	struct tally *tally;   /* NULL when nobody will read it */
	struct meters *meters; /* one a worker; NULL: nothing is */
	struct random *traces; /* NULL: no trace is begun here */
	struct traffic_sink *traffic;

	/* What all write takes the line of the cache that it lies in from one
	 * CPU to the other. */
	char apart[64];
	atomic_uint_least64_t clients; /* ids given out */
	atomic_size_t body_bytes; /* request bodies held, all connections */
	atomic_uint_least64_t spooled_bytes; /* in files instead */
};

struct worker {
	struct shared *shared;
	size_t index;
	struct event_base *base;
	struct evhttp *http;         /* only client.c touches it */
	struct client_side *clients; /* only client.c */
	struct pool *pool;     /* only upstream.c; NULL when nothing forwards */
	struct reader *reader; /* NULL when nothing is replayed */
	struct event *rest;    /* of the reader, at the end of a turn */
	struct plan_lease *lease; /* of the plan that new requests get; NULL
				   * outside gateways */
	const struct settings *settings; /* of it, or those of the start */
	struct keyer *keyer;
	unsigned keyers;     /* there were before it */
	struct mocks *mocks; /* the version that new requests get; or NULL */
	struct transaction *starved; /* waiting for room in the recorder */
	struct transaction *drafts;  /* recorded while they go on */
	struct event *draft_tick; /* of them; NULL when nothing is recorded */
	bool draining;            /* no new requests; replies say close */
	int64_t now; /* monotonic µs, fresh in each callback that came by I/O */
	struct deflate *deflate; /* of ws_replay.c; NULL: not used yet */
	char *scratch;           /* WORKER_SCRATCH bytes for one read */
	struct arena batch;      /* forgotten after each batch of writes */
	struct buf head;         /* a head being rendered */
	struct buf note;         /* what it will say of its source */
	struct iovec pieces[WORKER_PIECES]; /* for one write */
	int npieces;
	struct meter *meter;          /* or NULL */
	struct worker_counts *counts; /* NULL where there are no clients */
	struct traffic_note *notes;   /* only traffic_note.c */
	size_t nnotes;
	struct traffic_memory rows; /* the same */
	uint64_t transactions;      /* begun */
	struct mailbox *mailbox;    /* calls from other threads */
	struct event *deadline;     /* of draining */
	pthread_t thread;
	bool started;
	atomic_bool ended; /* its loop */
};

/*
 * An event loop for one thread; NULL on failure.  Without libevent's change
 * list: it would act on a descriptor that was closed meanwhile and may be
 * another thread's by then, and our read events stay on anyway.
 */
struct event_base *worker_base(void);

/* Opens what the worker needs; the thread is not started yet.  fds are
 * listening sockets, which become the worker's. */
struct worker *worker_new(
    struct shared *g, size_t index, const int *fds, size_t nfds, struct err *e);
int worker_start(struct worker *w, struct err *e);

/* Gives the worker its own reference to the mocks: before its thread starts,
 * or from then on on that.  NULL: none. */
void worker_set_mocks(struct worker *w, struct mocks *mocks);

/* The same with a plan. */
void worker_set_plan(struct worker *w, struct plan *plan);

/* On the worker's thread, or before it starts: what a mode needs that no mode
 * before did.  The reader becomes the worker's; NULL: none, or it has one. */
void worker_equip(struct worker *w, struct reader *reader);

/* From any thread: stop accepting and finish what runs, for at most us. */
void worker_drain(struct worker *w, int64_t us);

/* On the worker's thread, when its last client is gone. */
void worker_idle(struct worker *w);

/* Waits for the thread's end. */
void worker_join(struct worker *w);
void worker_free(struct worker *w); /* safe on NULL */

/* What all have done so far.  From any thread, while *g lives. */
void workers_sum(const struct shared *g, struct worker_counts *sum);

#endif
