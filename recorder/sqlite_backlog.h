#ifndef RECORDER_SQLITE_BACKLOG_H
#define RECORDER_SQLITE_BACKLOG_H

/* What the file of a backlog has beside the tables of a store. */

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct err;
struct store;

#define BACKLOG_RUN_BYTES 16

/* What is in a file. */
struct backlog_state {
	bool is;         /* it is one of a backlog */
	struct buf url;  /* that it waits for */
	int64_t entries; /* that wait */
	int64_t first;   /* the lowest of their numbers; 0: none */
	int64_t refused; /* entries that were put aside */
	int64_t last;    /* the highest number there ever was */
	int64_t came;    /* up to it they are in the shared store */
	struct buf tape; /* of those that are kept behind it */
	int64_t epoch;   /* of that tape, when they were right; or -1 */
};

void backlog_state_free(struct backlog_state *state);

/* Fills *state, the caller's to free.  0 or -1. */
int backlog_state_of(
    struct store *s, struct backlog_state *state, struct err *e);

/* Makes it one that waits for url, or takes it over, and begins a run behind
 * the entry called last, with what was put aside: it waits again.  0 or -1. */
int backlog_begin(
    struct store *s, const char *url, int64_t last, struct err *e);

/* Has fn called with each entry behind that one, in order, and the tape it is
 * on, until that gives other than 0.  What it gave, 0 or -1. */
struct backlog_next {
	int64_t entry, tape;
	struct str name; /* of the tape */
};
int backlog_next(struct store *s, int64_t after,
    int (*fn)(void *arg, const struct backlog_next *), void *arg,
    struct err *e);

/* Which run the entry is of, and the last entry that may be of it, too.  0, or
 * -1. */
int backlog_run_of(struct store *s, int64_t entry,
    uint8_t run[BACKLOG_RUN_BYTES], int64_t *until, struct err *e);

/* Those up to that one are in the shared store and kept here, as the tape is in
 * that epoch.  For the writer.  0 or -1. */
int backlog_keep(struct store *s, int64_t entry, const char *tape,
    int64_t epoch, struct err *e);

/* Deletes all entries up to that one but those put aside; or the first some
 * hundred of them, and gives the last that it deleted, 0 when there is none.
 * For the writer.  -1 on error. */
int backlog_forget(struct store *s, int64_t entry, struct err *e);
int64_t backlog_forget_some(struct store *s, int64_t entry, struct err *e);

/* Puts an entry aside, which the shared store refuses for that reason: it stays
 * and waits no more.  For the writer.  0 or -1. */
int backlog_put_aside(
    struct store *s, int64_t entry, const char *why, struct err *e);

/* Those that were put aside, at most so many, wait again, with other numbers
 * behind all others; *last is then the highest that there is.  For the writer,
 * with nobody shipping.  How many they are, or -1. */
int64_t backlog_retry(
    struct store *s, int64_t most, int64_t *last, struct err *e);

/* How many are put aside; or -1. */
int64_t backlog_aside(struct store *s);

/* The first that was, behind that one; INT64_MAX: none; or -1. */
int64_t backlog_next_aside(struct store *s, int64_t after, struct err *e);

/* How much of the file is in use, in bytes; and how much of it may be. */
int64_t backlog_bytes(struct store *s);
void backlog_limit(struct store *s, uint64_t most);

/* Gives back what it has of the disk and needs no more. */
void backlog_shrink(struct store *s);

#endif
