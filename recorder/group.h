#ifndef RECORDER_GROUP_H
#define RECORDER_GROUP_H

/*
 * A group is what the recorder writes in one transaction: a list of items in
 * the order in which they were given.  All of this is for recorder.c, on the
 * recorder's thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "har/exchange.h"
#include "recorder/on_record.h"

struct err;
struct recorder;
struct store;

enum item_kind { ITEM_EXCHANGE, ITEM_PART, ITEM_DRAFT, ITEM_DROP };

/* One thing to write.  It stays until its group is committed or given up; that
 * of an exchange lies in the exchange's arena, since memory that one thread
 * takes and another gives back costs both a lock. */
struct item {
	struct item *next;
	enum item_kind kind;
	size_t bytes;  /* what it counts in the queue */
	bool lost;     /* could not be stored */
	bool declined; /* was not to be */

	struct exchange *x;
	void (*finish)(void *arg, struct exchange *x); /* or NULL: it is done */
	struct recording *request, *response; /* of its bodies, or NULL */
	void (*on_written)(void *arg, int64_t entry);
	void *arg;

	struct recording *recording; /* of a part, a draft or a drop */
	struct buf part;
	struct buf chunks; /* packed marks; of a draft */
	bool summed;       /* the part is in the recording's digest */
};

/* A body that comes in parts.  The recorder's thread alone looks inside; all
 * others only pass it on. */
struct recording {
	struct recorder *recorder;
	int64_t body;             /* in the store; 0: not begun */
	int64_t draft;            /* of its exchange; 0: none */
	int64_t kept, kept_draft; /* both as of the last commit */
	bool parted;    /* there were parts; else it is only a draft's */
	bool drafted;   /* behind its parts there may be a draft's pieces */
	bool undrafted; /* no more of a draft */
	bool failed;    /* a part is lost, so the whole is */
	struct digest *digest;
	uint64_t size;
	bool ended; /* size and sha256 are final */
	uint8_t sha256[DIGEST_BYTES];
};

struct group_target {
	struct store *store;
	int64_t tape;
	enum on_record on_record;
};

/*
 * Writes the items in one transaction; when that fails each on its own, so
 * that one that the store refuses does not take the others with it.  Marks
 * those that are lost; *failed says whether there are any, *e why.  Gives
 * the number of commits.
 */
uint64_t group_write(const struct group_target *to, struct item *first,
    bool *failed, struct err *e);

/* Tells the owners of the group's exchanges how it went, gives the exchanges
 * to done (arg) and frees the rest. */
void group_end(
    struct item *first, void (*done)(void *arg, struct exchange *x), void *arg);

#endif
