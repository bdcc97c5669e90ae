#ifndef RECORDER_SHIPPER_H
#define RECORDER_SHIPPER_H

/*
 * The shipper moves what waits in a backlog to the shared store, in its order
 * and in groups that are small enough not to keep other gateways from writing
 * for long.  With each goes how far it is then, so that none comes twice; what
 * came is deleted from the file only then, so that none is lost.  While the
 * shared store is away it looks once in a second whether it is back.
 *
 * An entry that the shared store refuses for what it is (a constraint, a size)
 * is put aside: it stays in the file and others go on.  Some hundred of them
 * are tried again after a minute, and then after twice as long each time that
 * all of them are refused, up to an hour; all are at the next start, and when
 * somebody says so.
 */

#include <stdbool.h>
#include <stdint.h>

#include "recorder/on_record.h"

struct backlog;
struct err;
struct shipper; /* opaque */
struct store;

struct shipper_options {
	struct backlog *backlog; /* the shipper takes a reference of its own */
	enum on_record on_record;

	/* Has fn called with the store that the file is, by its writer. */
	int (*write)(void *arg,
	    int (*fn)(struct store *s, void *arg, struct err *e), void *fn_arg,
	    struct err *e);
	void *arg;

	/* Makes the shared store ready for entries, whenever it is there
	 * anew; may be NULL.  0 or -1. */
	int (*prepare)(void *arg, struct store *s, struct err *e);
	/* It cannot have what waits; again it can (NULL).  On any thread. */
	void (*on_trouble)(void *arg, const char *text);
	/* It refuses an entry, which was put aside.  On the shipper's thread;
	 * may be NULL. */
	void (*on_refused)(void *arg, const char *text);
	void *owner; /* arg of these */

	int64_t retry_us; /* until what was put aside is tried; 0: a minute */
};

/* Starts it.  A shared store that is away now may be later; one that refuses
 * is an error.  NULL with *e set on failure. */
struct shipper *shipper_start(const struct shipper_options *o, struct err *e);

/* There is more. */
void shipper_wake(struct shipper *s);

/* What was put aside is tried again. */
void shipper_retry(struct shipper *s);

/* Between the two nothing is shipped. */
void shipper_hold(struct shipper *s);
void shipper_release(struct shipper *s);

/* Ships what there is as long as that goes well, and ends its thread, if it
 * has not yet.  The writer of the file still works. */
void shipper_stop(struct shipper *s);
void shipper_free(struct shipper *s); /* behind it; safe on NULL */

/* How things stand. */
struct shipper_figures {
	uint64_t entries;  /* that wait */
	uint64_t bytes;    /* of the file that are in use */
	uint64_t shipped;  /* entries, since the start */
	uint64_t failures; /* attempts to ship that failed */
	uint64_t refused;  /* times that one was put aside, since the start */
	uint64_t aside;    /* entries that are */
	int64_t since_us;  /* when the oldest that waits was recorded; 0 */
	bool away;         /* the shared store is */
	char error[640];   /* why they wait; "" */
};
void shipper_figures(struct shipper *s, struct shipper_figures *f);

#endif
