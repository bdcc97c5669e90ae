#ifndef RECORDER_RECORDER_H
#define RECORDER_RECORDER_H

/*
 * The recorder takes finished exchanges from any thread and writes them to a
 * tape on its own thread, which owns the store's only write connection and
 * commits in groups (DESIGN 6).  Its queue is bounded in bytes: a worker
 * asks recorder_full() before it reads more from an upstream and is told
 * when there is room again, so that a slow store slows the traffic down and
 * nothing is lost or grows.  When the store fails (disk full) the traffic
 * goes on, what could not be written is counted and reported.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "har/exchange.h"
#include "recorder/on_record.h"

struct backlog;
struct err;
struct shipper_figures;
struct store;
struct recorder; /* opaque */

enum durability {
	DURABILITY_BATCH,  /* at most 100 ms or 1,000 entries behind */
	DURABILITY_STRICT, /* committed and synced before on_written */
	DURABILITY_OFF,    /* as batch, without any sync */
};

struct recorder_options {
	const char *path;
	const char *tape;
	enum durability durability;
	enum on_record on_record;
	struct str redaction; /* how what is given was redacted: a mark */
	size_t queue_bytes;   /* full above this; 0 means 16 MiB */

	/* Called on the recorder's thread when a full queue has room again,
	 * and when storing fails or works again (text is NULL when it does). */
	void (*on_room)(void *arg);
	void (*on_trouble)(void *arg, const char *text);
	void *arg;

	/*
	 * With a shared store, unless each exchange is to be durable: it is
	 * written to a backlog (recorder/backlog.h) first, in this file (NULL:
	 * one of those that need no name) of at most so many bytes, and
	 * shipped from there.  prepare makes a store ready for what is
	 * recorded: the file when it is opened, the shared store whenever
	 * there is a new connection.  on_away is told why what is recorded has
	 * to wait, and then (NULL) that it has not any more.  Both are called
	 * on a thread of their own, but by recorder_open() at first.
	 */
	bool buffered;
	const char *buffer;
	uint64_t buffer_bytes;
	uint64_t buffer_keep; /* as keep of backlog.h */
	int (*prepare)(void *arg, struct store *s, struct err *e);
	void (*on_away)(void *arg, const char *text);
	/* The shared store refuses an entry, which the file keeps. */
	void (*on_refused)(void *arg, const char *text);
};

/* Opens the store and starts the thread.  NULL with *e set on failure. */
struct recorder *recorder_open(const struct recorder_options *o, struct err *e);

/*
 * A body that is too big for memory goes in parts, in order: recording_new()
 * when the first part is there, recording_part() for each, and then the
 * exchange with recorder_give(), whose body is what was left behind the last
 * part.  recording_drop() instead when the exchange will not be given.
 * Parts are copied; send at least BODY_PART bytes at once.
 */
struct recording;
struct recording *recording_new(struct recorder *r);
void recording_part(struct recording *p, const void *bytes, size_t n);
void recording_drop(struct recording *p);

/*
 * What there is so far of an exchange that goes on, so that it is not lost
 * with the program (store_draft()).  x, taken over, is what it is of the first
 * time and NULL later.  bytes of its response's body and the chunk marks
 * behind last are those that came since the call before, or since the last
 * part, which takes the place of what it has again.  A draft that cannot be
 * stored is no loss.
 */
struct recording_news {
	struct str bytes;
	const struct chunk_mark *marks;
	size_t nmarks;
	struct chunk_mark last;
};
void recording_draft(
    struct recording *p, struct exchange *x, const struct recording_news *news);

/*
 * Takes x over.  response and request are the recordings of its bodies that
 * were begun, or NULL; they are taken over, too.  on_written (may be NULL)
 * is called on the recorder's thread once the exchange is committed, with
 * the entry's id, with -1 when it could not be stored, or with 0 when it was
 * not to be (on_record).  The id is from STORE_WAITING on while the entry is
 * in a backlog.
 */
void recorder_give(struct recorder *r, struct exchange *x,
    struct recording *request, struct recording *response,
    void (*on_written)(void *arg, int64_t entry), void *arg);

/* The same with what is left to do to x: finish (may be NULL) is called on the
 * recorder's thread, once, before anything of x is written. */
void recorder_give_unfinished(struct recorder *r, struct exchange *x,
    struct recording *request, struct recording *response,
    void (*finish)(void *arg, struct exchange *x),
    void (*on_written)(void *arg, int64_t entry), void *arg);

/* An empty exchange to be filled and given (or freed with exchange_free());
 * one that was written before serves again. */
struct exchange *recorder_exchange(struct recorder *r);

/* Whether the queue holds more than it should. */
bool recorder_full(struct recorder *r);

/* How things stand. */
struct recorder_figures {
	uint64_t entries; /* committed */
	uint64_t commits;
	uint64_t commit_us;     /* that these took */
	uint64_t written_bytes; /* heads and bodies of entries */
	uint64_t lost;          /* exchanges that could not be stored */
	uint64_t queued_entries;
	uint64_t queued_bytes;
	uint64_t peak_queued_bytes;
};
void recorder_figures(struct recorder *r, struct recorder_figures *f);

/*
 * Has fn called with the store, which belongs to the recorder's thread, on
 * that thread between two groups, so that it may begin a transaction and has
 * to end it; waits for it.  What was given before is written by then.  Gives
 * what fn gave.
 */
int recorder_call(struct recorder *r,
    int (*fn)(struct store *s, void *arg, struct err *e), void *arg,
    struct err *e);

/* What it writes to first, which lives as long as who takes a reference; NULL
 * when it writes to the store itself.  Nothing is shipped between hold and
 * release, so that the file and the shared store can be changed alike. */
struct backlog *recorder_backlog(const struct recorder *r);
void recorder_hold(struct recorder *r);
void recorder_release(struct recorder *r);

/* How it goes with shipping.  False when there is none. */
bool recorder_shipping(struct recorder *r, struct shipper_figures *f);

/* What the shared store refused is tried again. */
void recorder_retry(struct recorder *r);

/* Waits until all that was given before is committed or lost. */
void recorder_flush(struct recorder *r);

/* Writes what is queued and ships it as far as that goes; nothing is given
 * from then on.  How it went can still be asked. */
void recorder_finish(struct recorder *r);

/* Writes what is queued, ships it as far as that goes, ends the threads and
 * closes the store.  Safe on NULL. */
void recorder_close(struct recorder *r);

#endif
