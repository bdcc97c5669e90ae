#ifndef GATEWAY_TRAFFIC_H
#define GATEWAY_TRAFFIC_H

/*
 * The traffic log: the last exchanges that the gateway had with its clients,
 * whoever answered, bounded in number and in bytes; the oldest make room.
 * Each has a number, from 1 on and without holes.
 *
 * A row does not change once it is added, and is counted: a worker gives one
 * to the log when a transaction is over, and whoever looks at the log has it
 * for as long as he wants.  A transaction that lasts (a WebSocket, a stream of
 * events) gets its row when it begins; another takes its place at the end,
 * and both have the flow, into which what passes meanwhile is put.
 *
 * Rows are given as they came and got without their secrets
 * (gateway/traffic_show.h): what is searched is what somebody looks at.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "har/exchange.h"

struct buf;
struct redactor;
struct traffic; /* opaque; safe for any thread */

/* The texts are for JSON. */
#define TRAFFIC_STATES(S) \
	S(OPEN, "open")        /* it goes on */ \
	S(DONE, "done")        /* the client has got all of the reply */ \
	S(GONE, "client-gone") /* the client left before that */ \
	S(CUT, "cut")          /* the gateway ended the connection */

enum traffic_state {
#define S(name, text) TRAFFIC_##name,
	TRAFFIC_STATES(S)
#undef S
	    TRAFFIC_STATE_COUNT
};

/* As the API calls it. */
const char *traffic_state_text(enum traffic_state s);

/* The texts of a row, "" for what there is not.  Fields are "Name: value"
 * lines with CRLF. */
enum traffic_text {
	TRAFFIC_CLIENT,  /* "127.0.0.1:4711" */
	TRAFFIC_SESSION, /* its name */
	TRAFFIC_METHOD,
	TRAFFIC_HOST,
	TRAFFIC_PATH,  /* with query */
	TRAFFIC_SCOPE, /* of its upstream, for rules */
	TRAFFIC_REQUEST_FIELDS,
	TRAFFIC_REQUEST_BODY, /* its start */
	TRAFFIC_REASON,       /* phrase of the status */
	TRAFFIC_RESPONSE_FIELDS,
	TRAFFIC_RESPONSE_BODY, /* its start */
	TRAFFIC_UPSTREAM,      /* that was asked: its URL */
	TRAFFIC_ROUTE,         /* of the mock: its uuid or endpoint */
	TRAFFIC_NOTE,          /* what went wrong */
	TRAFFIC_MISS,          /* why nothing answered: sentences */
	TRAFFIC_RULES, /* that would have let the nearest answer: lines */
	TRAFFIC_TEXTS
};

/*
 * Memory for the rows and links of one thread, a slab of them at a time: what
 * is made one behind the other is forgotten so, too.  A slab goes when nobody
 * has anything in it any more; what the log was full of serves again.
 */
struct traffic_slab; /* opaque */
struct traffic_memory {
	size_t size; /* bytes of a slab: traffic_slab_size() */
	struct traffic_slab *now, *spare;
	size_t used;    /* bytes of now */
	unsigned given; /* references to now */
};

/* Of which a thread has two at most beside what the limit allows for. */
size_t traffic_slab_size(size_t limit);

/* Rows and links stay as long as they are referred to. */
void traffic_memory_fini(struct traffic_memory *m);

/* The id of the entry that an exchange is recorded as, known some time after
 * its end. */
struct traffic_link {
	struct traffic_slab *slab;
	_Atomic int64_t entry; /* 0: not known, or never recorded */
};

/* What has to be looked at when it goes is in front. */
struct traffic_row {
	atomic_uint refs;
	struct traffic_row *next;  /* of those that make room */
	struct traffic_slab *slab; /* NULL: it has a block of its own */
	size_t room;               /* bytes that it takes there */
	uint64_t number;
	size_t cost;               /* bytes that it counts for */
	struct traffic_flow *flow; /* or NULL */
	struct traffic_link *link; /* of what was recorded, or NULL */
	struct answer *held;       /* has the body of the response, or NULL */
	enum traffic_state state;
	int64_t started_us;  /* wall clock, when the head was there */
	int64_t duration_us; /* until the last byte was given to the socket */
	int64_t wait_us;     /* until the head of the reply; -1: none */
	struct timings timings;
	bool secure;        /* the client came by TLS */
	int minor;          /* of its HTTP/1 */
	int status;         /* 0: there was no head of a reply */
	const char *source; /* these three are constants */
	const char *mode;
	const char *tier;    /* of the key of a recording, or NULL */
	const char *derived; /* how from a recording, or NULL */
	const char *reason;  /* of a miss, or NULL */
	bool refused;        /* it did not become a request */
	int64_t entry;       /* that answered; 0: none */
	int64_t nearest;     /* entry to a miss; 0: none */
	uint64_t request_bytes, response_bytes; /* of the whole bodies */
	bool request_changed, response_changed; /* all is there without secrets,
						   so that its size differs */
	struct str text[TRAFFIC_TEXTS];
	/* That keeps its secrets, which lives as long as the log is looked at;
	 * NULL: they are not there any more, or may be seen. */
	const struct redactor *redactor;
};

/* A copy of *of in one block, with references to its flow, link and held
 * answer of its own.  The reference is the caller's. */
struct traffic_row *traffic_row_new(const struct traffic_row *of);

/* The same for who adds rows all the time. */
struct traffic_row *traffic_row_in(
    const struct traffic_row *of, struct traffic_memory *m);

/* Makes of what traffic_row_new() copies of r, which others may have, too. */
void traffic_row_view(struct traffic_row *of, const struct traffic_row *r);
struct traffic_row *traffic_row_ref(struct traffic_row *r);
void traffic_row_unref(struct traffic_row *r); /* safe on NULL */

/* The entry that answered or that it was recorded as, or 0. */
int64_t traffic_row_entry(const struct traffic_row *r);

/* A field of the request or the response; p is NULL when there is none. */
struct str traffic_field(struct str fields, const char *name);

/* With two references: what two threads count costs more than the link. */
/* A counted place where the recorder tells the entry that was made; of the
 * memory of its worker. */
struct traffic_link *traffic_link_new(struct traffic_memory *m);
struct traffic_link *traffic_link_ref(struct traffic_link *l);
void traffic_link_unref(struct traffic_link *l); /* safe on NULL */

struct traffic_limits {
	size_t rows;  /* at least 1 */
	size_t bytes; /* of all rows together; one is always kept */
};

struct traffic *traffic_new(const struct traffic_limits *l);
void traffic_free(struct traffic *t); /* safe on NULL */

/* Adds r, whose reference moves in, and gives it the next number.  Memory of
 * rows that made room becomes m's, which may be NULL. */
uint64_t traffic_add(
    struct traffic *t, struct traffic_row *r, struct traffic_memory *m);

/* Puts r, whose reference moves in, in the place of the one with that number,
 * if there still is one. */
void traffic_replace(struct traffic *t, uint64_t number, struct traffic_row *r);

/* The row with that number, or NULL. */
struct traffic_row *traffic_get(struct traffic *t, uint64_t number);

#define TRAFFIC_BATCH 256 /* rows taken at a time: workers wait meanwhile */

/*
 * Up to most rows (TRAFFIC_BATCH), references of the caller's, with numbers
 * below before, the highest first, or above after, the lowest first.  How many.
 */
size_t traffic_before(
    struct traffic *t, uint64_t before, struct traffic_row **rows, size_t most);
size_t traffic_after(
    struct traffic *t, uint64_t after, struct traffic_row **rows, size_t most);

#define TRAFFIC_CHANGES 1024 /* that are remembered */

/*
 * The numbers of rows that others took the place of since *seen, which moves
 * along; begin with that of traffic_figures().  How many there are in numbers,
 * most of them at most; -1 when there were more than TRAFFIC_CHANGES.
 */
int traffic_changes(
    struct traffic *t, uint64_t *seen, uint64_t *numbers, int most);

/* Forgets all rows; numbers go on. */
void traffic_clear(struct traffic *t);

struct traffic_figures {
	uint64_t first;   /* number of the oldest row; last + 1 when empty */
	uint64_t last;    /* number that was given out last */
	uint64_t cleared; /* number of the last row that was cleared away */
	uint64_t dropped; /* since then, for want of room */
	uint64_t changes; /* for traffic_changes() */
	size_t bytes;
};
void traffic_figures(struct traffic *t, struct traffic_figures *f);

#define TRAFFIC_READERS 32 /* that look at it as it grows */

/* Whether there is room for one more of them; then it has to leave. */
bool traffic_join(struct traffic *t);
void traffic_leave(struct traffic *t);

/* Whether anything was added or changed since *seen, a value of this
 * function's, 0 to begin with.  Takes no lock. */
bool traffic_news(const struct traffic *t, uint64_t *seen);

#endif
