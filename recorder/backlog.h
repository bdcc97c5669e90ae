#ifndef RECORDER_BACKLOG_H
#define RECORDER_BACKLOG_H

/*
 * A backlog is what a gateway has recorded and a shared store has not got
 * yet: an SQLite file, which is a store like any other, and how far the
 * shipper (shipper.h) has come with it.  The recorder's thread adds to it, the
 * shipper takes away, workers look into it (store_both()).
 *
 * What was shipped is kept for a while, the newest of it, to be found while the
 * shared store is away.  It is what the shared store has for as long as the
 * tape's epoch there is the same; then it is nothing any more.
 *
 * Each run of a gateway has a random number of 128 bits.  Entries are counted
 * up in the file and never get a number twice, so that a run and a number are
 * an entry's name for ever, and a shared store that remembers how far it got
 * with a run knows what it has (pg_source_last()).  A copy of the file is
 * another run from its first new entry on.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct exchange;
struct backlog; /* opaque; counted, for any thread */
struct store;

struct backlog_options {
	const char *path; /* of the file; NULL: the first of BACKLOG_FILES in
			     the folder that hark runs in that nobody has,
			     but rather one that has entries for url */
	const char *url;  /* of the shared store */
	uint64_t most;    /* bytes that the file may have; 0: any */
	uint64_t keep;    /* bytes up to which what was shipped stays in it */
	const char *tape; /* that is recorded; what is kept is of it */
};

#define BACKLOG_FILES 16 /* gateways that may run in one folder */

/* Opens the file for writing, with mode 0600 when it is made, and begins a
 * run.  *s is the store that it is, which is the caller's.  NULL with *e set,
 * also when somebody else has it or it waits for another shared store. */
struct backlog *backlog_open(
    const struct backlog_options *o, struct store **s, struct err *e);
struct backlog *backlog_ref(struct backlog *b);
void backlog_unref(struct backlog *b); /* safe on NULL */

/* The path of the file; of the i-th, or NULL behind the last. */
const char *backlog_path(const struct backlog *b);
char *backlog_file(int i); /* the caller frees it */
const char *backlog_url(const struct backlog *b);
const char *backlog_tape(const struct backlog *b);

/* How many entries a file has that wait, 0 when it is none; how many that were
 * put aside; and where they are for is appended to url.  -1 on error. */
struct buf;
int64_t backlog_look(
    const char *path, int64_t *refused, struct buf *url, struct err *e);

/* Entries up to last are in the file; up to shipped in the shared store, too,
 * so that those in the file are nothing any more. */
int64_t backlog_last(const struct backlog *b);
int64_t backlog_shipped(const struct backlog *b);
void backlog_set_last(struct backlog *b, int64_t last);
void backlog_set_shipped(struct backlog *b, int64_t shipped);

/* As backlog_set_shipped(), of entries that take so many bytes of the file. */
void backlog_came(struct backlog *b, int64_t shipped, size_t bytes);

/* Deletes of what was shipped what is not to be kept, all of it or when it is
 * much; for the writer of the file.  0 or -1. */
int backlog_tidy(struct backlog *b, struct store *s, bool all, struct err *e);

/* Whether there is more of it: it is deleted some at a time. */
bool backlog_untidy(const struct backlog *b);

/* Of the entries up to shipped those behind this one are kept; readers have
 * them for as long as the shared store is away. */
int64_t backlog_kept(const struct backlog *b);
bool backlog_keeps(const struct backlog *b); /* whether any are to be */

/* The epoch of the tape in the shared store, where all up to shipped are: with
 * another than before, nothing is kept of them.  Whether it was another. */
bool backlog_set_epoch(struct backlog *b, int64_t epoch);

/*
 * Whether the shared store is away, as far as anybody knows.  Who finds out
 * that it is says so and how long that took; the shipper looks when it is
 * back.  An engine that refuses connections costs nobody time and is tried by
 * every look-up, so that the first one finds it that can.  One that says
 * nothing for BACKLOG_SILENT_US is waited for by the shipper alone.
 */
#define BACKLOG_SILENT_US 1000000
bool backlog_away(const struct backlog *b);
bool backlog_silent(const struct backlog *b);
void backlog_set_away(struct backlog *b, bool away);
void backlog_lost(struct backlog *b, bool silent);
int64_t backlog_returns(const struct backlog *b); /* how often it came back */

/*
 * An entry of the file came to the shared store and has another number there
 * (0: it was not to be stored).  The last some thousand are remembered, for
 * who still reads the old one: backlog_moved() gives the new number or 0; and
 * backlog_was() the old one of those that are kept.
 */
void backlog_move(
    struct backlog *b, const struct exchange *x, int64_t from, int64_t to);
int64_t backlog_moved(struct backlog *b, int64_t from);
int64_t backlog_was(struct backlog *b, int64_t to);

/* Has fn called with each entry that moves, on the shipper's thread; NULL:
 * not any more, and it is not being called either. */
typedef void (*backlog_fn)(
    void *arg, const struct exchange *x, int64_t from, int64_t to);
void backlog_listen(struct backlog *b, backlog_fn fn, void *arg);

/* A reader of the shared store that b is for and of what waits in b, as one:
 * entries of the file have numbers from STORE_WAITING on.  While the shared
 * store is away, it gives what is in the file, kept entries among it, and fails
 * where that is not enough.  For one tape at a time, that asked for last, whose
 * id is 1. */
struct store *store_both(struct backlog *b, struct err *e);

#endif
