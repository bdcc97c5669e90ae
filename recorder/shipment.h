#ifndef RECORDER_SHIPMENT_H
#define RECORDER_SHIPMENT_H

/*
 * A shipment is some entries of a backlog on their way to the shared store:
 * what goes in one transaction.  All of this is for the shipper's thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/on_record.h"
#include "recorder/sqlite_backlog.h"

struct backlog;
struct err;
struct exchange;
struct store;

#define SHIPMENT_ENTRIES 500
#define SHIPMENT_BYTES (8u << 20)

/* A body that is too long for memory: its parts in the shared store. */
struct shipped_body {
	int64_t from; /* its id in the file; 0: there is none */
	int64_t body; /* begun in the shared store */
	uint64_t size;
	uint8_t sha256[32];
};

struct shipped {
	struct exchange *x;
	int64_t from, to; /* the entry's number in the file, and there */
	int64_t tape;     /* there */
	bool aside;       /* it was refused */
	struct shipped_body bodies[2];
};

struct shipment {
	struct shipped v[SHIPMENT_ENTRIES];
	size_t n;
	size_t bytes; /* about what they take */
	int64_t upto; /* no others are in the file up to this one */

	/* When one cannot be loaded: which, and the store that failed. */
	int64_t failed;
	struct store *by;
	uint8_t run[BACKLOG_RUN_BYTES];
};

/* Takes the entries behind the one called after but those put aside, from
 * file, a reader; makes their tapes in the shared store and brings their long
 * bodies there.  0, or -1 with nothing in it. */
int shipment_load(struct shipment *s, struct store *file, struct store *engine,
    int64_t after, struct err *e);

/* Writes the n from first on in one transaction, but what came already; those
 * before them came, too, or were put aside.  0, or -1 with nothing changed. */
int shipment_send(struct shipment *s, size_t first, size_t n,
    struct store *engine, enum on_record on_record, struct err *e);

void shipment_clear(struct shipment *s);

#endif
