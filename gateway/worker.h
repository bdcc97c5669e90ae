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

struct admin;
struct channels;
struct client_side;
struct contract;
struct differences;
struct err;
struct event;
struct event_base;
struct evhttp;
struct explainer;
struct front_tls;
struct keyer;
struct origins;
struct playwright;
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
struct pool;
struct tally;
struct transaction;
struct upstream_tls;
struct violations;

#define WORKER_SCRATCH (64u * 1024)
#define WORKER_PIECES 64

/* What all workers share; read-only but for the counters. */
struct shared {
	const struct settings *settings;
	const struct mode *mode;
	const struct origins *origins;
	struct named *named;   /* NULL unless this is a forward proxy */
	const uint16_t *ports; /* that the gateway itself listens on */
	size_t nports;
	struct admin *admin;             /* NULL: no admin port */
	struct messenger *messenger;     /* NULL: no callbacks are sent */
	struct recorder *recorder;       /* NULL when nothing is recorded */
	const struct redactor *redactor; /* NULL: secrets stay */
	struct library *library;         /* NULL when nothing is replayed */
	struct explainer *explainer;     /* with the library */
	struct playwright *playwright;   /* NULL unless that way to match */
	struct upstream_tls *tls;        /* NULL when nothing is forwarded */
	struct front_tls *front;         /* of clients; NULL: they come plain */
	struct front_tls *intercept; /* in tunnels; NULL: none is opened up */
	struct minted *minted;       /* certificates for these two, or NULL */
	struct differences *differences; /* NULL unless live is compared */
	struct contract *contract;       /* NULL when nothing is watched */
	struct violations *violations;   /* of it */
	struct sessions *sessions;
	struct channels *channels; /* broadcasts of mocked WebSockets */
	size_t nworkers;
	int64_t began_us; /* wall clock */

	atomic_uint_least64_t clients; /* ids given out */
	atomic_uint_least64_t requests, mocked, replayed, forwarded, missed,
	    refused, failed;
	atomic_size_t body_bytes; /* request bodies held, all connections */
	struct tally *tally;      /* NULL when nobody will read it */
	struct meters *meters;    /* one a worker; NULL: nothing is */
};

struct worker {
	struct shared *shared;
	size_t index;
	struct event_base *base;
	struct evhttp *http;         /* only client.c touches it */
	struct client_side *clients; /* only client.c */
	struct pool *pool;     /* only upstream.c; NULL when nothing forwards */
	struct reader *reader; /* NULL when nothing is replayed */
	struct keyer *keyer;
	struct mocks *mocks; /* the version that new requests get; or NULL */
	struct transaction *starved; /* waiting for room in the recorder */
	struct transaction *drafts;  /* recorded while they go on */
	struct event *draft_tick; /* of them; NULL when nothing is recorded */
	bool draining;            /* no new requests; replies say close */
	int64_t now; /* monotonic µs, fresh in each callback that came by I/O */
	char *scratch;      /* WORKER_SCRATCH bytes for one read */
	struct arena batch; /* forgotten after each batch of writes */
	struct buf head;    /* a head being rendered */
	struct buf note;    /* what it will say of its source */
	struct iovec pieces[WORKER_PIECES]; /* for one write */
	int npieces;
	struct meter *meter;     /* or NULL */
	struct mailbox *mailbox; /* calls from other threads */
	struct event *deadline;  /* of draining */
	pthread_t thread;
	bool started;
};

/* Opens what the worker needs; the thread is not started yet.  fds are
 * listening sockets, which become the worker's. */
struct worker *worker_new(
    struct shared *g, size_t index, const int *fds, size_t nfds, struct err *e);
int worker_start(struct worker *w, struct err *e);

/* Gives the worker its own reference to the mocks: before its thread starts,
 * or from then on on that.  NULL: none. */
void worker_set_mocks(struct worker *w, struct mocks *mocks);

/* From any thread: stop accepting and finish what runs, for at most us. */
void worker_drain(struct worker *w, int64_t us);

/* On the worker's thread, when its last client is gone. */
void worker_idle(struct worker *w);

/* Waits for the thread's end. */
void worker_join(struct worker *w);
void worker_free(struct worker *w); /* safe on NULL */

#endif
