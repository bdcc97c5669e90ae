#ifndef RECORDER_STORE_H
#define RECORDER_STORE_H

/*
 * A store keeps tapes: named, ordered sets of entries, in one SQLite file.
 * A struct store is one connection to it and belongs to one thread.  Only
 * one connection, in one process, may write (SQLite 3.40 can corrupt a WAL
 * that two connections reset): opening for writing takes a lock on
 * PATH-lock and fails while somebody else holds it.  Any number may read
 * while it grows.  recorder/schema.c is the schema and its explanation.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "har/exchange.h"

struct err;
struct store; /* opaque */

/* Numbers of entries from here on: what waits to come to a shared store
 * (recorder/backlog.h) and has no number there yet. */
#define STORE_WAITING (INT64_C(1) << 50)

enum store_access {
	STORE_READ,  /* the file must exist; works on read-only media, too,
			unless an older hark made it */
	STORE_WRITE, /* created or migrated as needed; takes the lock */
};

/*
 * A store is shared when path is a URL (postgresql://...): tables in a
 * PostgreSQL database, to which many write at once, none of them with a lock
 * that the others meet for longer than a commit.  Its password is none of the
 * URL's.
 */
bool store_is_shared(const char *path);

/* Whether there is such a store, which opening for writing would make; where
 * that cannot be known it says yes.  errno is set when it says no. */
bool store_exists(const char *path);

/* Whether the engine of a shared store is there now: it lets us in, or says
 * that it will not, for want of such a database, role, password or right. */
bool store_answers(const char *url);

/* What files that belong to a store are named after, PATH-key for one; the
 * caller frees it.  A shared store's are in the folder that hark runs in. */
char *store_beside(const char *path);

/* Whether a store may be named so: 0, or -1 with *e set, whose text has
 * nothing of path. */
int store_name_check(const char *path, struct err *e);

/* durable: each commit is on disk when store_commit() returns (synchronous
 * FULL); otherwise a power cut, but no crash, may lose the last commits. */
struct store *store_open(
    const char *path, enum store_access access, bool durable, struct err *e);
void store_close(struct store *s); /* safe on NULL; checkpoints a writer */

/* From now on nothing is synced: a crash of the machine may damage the file,
 * one of the program never does. */
void store_no_sync(struct store *s);

/* The id of the tape called name; with create it is made if need be.  0 when
 * there is none, -1 on error. */
int64_t store_tape(
    struct store *s, struct str name, bool create, struct err *e);

/* Calls on_tape for each tape in the order of their making. */
struct store_tape_row {
	int64_t id;
	struct str name;
	int64_t entries;
	int64_t created_us;
};
int store_tapes(struct store *s,
    int (*on_tape)(void *arg, const struct store_tape_row *), void *arg,
    struct err *e);

/*
 * What HARs imported to the tape had beside their entries: the text of one
 * JSON object, or nothing; see har/har_log.h.  Appended to out; merged with
 * another such object.  Both 0 or -1.
 */
int store_tape_extra(
    struct store *s, int64_t tape, struct buf *out, struct err *e);
int store_tape_add_extra(
    struct store *s, int64_t tape, struct str object, struct err *e);

/*
 * What made the keys of the tape's entries (key_made_by() in replay/key.h);
 * '' for no rules.  Appended to out; replaced.  Both 0 or -1.
 */
int store_tape_rules(
    struct store *s, int64_t tape, struct buf *out, struct err *e);
int store_tape_set_rules(
    struct store *s, int64_t tape, struct str rules, struct err *e);

/* How far a tape went at one moment. */
struct store_extent {
	int64_t tape; /* its id; 0: there was none */
	int64_t created_us;
	int64_t last; /* the highest id of the store's entries; 0: none */
};
int store_extent(
    struct store *s, struct str tape, struct store_extent *x, struct err *e);

/* From now on this reader sees the store as it is now, until it is closed or
 * store_rollback(). */
int store_hold(struct store *s, struct err *e);

/* The same as it is at the next look into it; only of a store that has a
 * store_moment(). */
int store_hold_next(struct store *s, struct err *e);

/* How secrets are kept out of the tape (recorder/redact_mark.h): appended to
 * out; and more ways, but for those that are there already.  Both 0 or -1. */
int store_tape_redaction(
    struct store *s, int64_t tape, struct buf *out, struct err *e);
int store_tape_add_redaction(
    struct store *s, int64_t tape, struct str marks, struct err *e);

/* What is wrong in the file, as text added to faults; nothing when all is
 * well: what SQLite finds (PRAGMA integrity_check), bodies that entries have
 * and the store has not, and bodies whose bytes are not those of their digest.
 * Reads all of it.  0 or -1. */
int store_check(struct store *s, struct buf *faults, struct err *e);

/* Beginning and committing fail while a file of the store is not the one that
 * was opened: somebody removed or replaced it. */
int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);

/* Whether the last failure since store_begin() was one of the store, so that
 * it takes nothing else either: locked, read-only, replaced. */
bool store_stuck(const struct store *s);

/* Whether the last failure was for what the entry or body is that the store was
 * to take or give: another may succeed, and this one will not. */
bool store_refused(const struct store *s);

/* After a transaction that failed and was rolled back: whether it may succeed
 * when all of it is done again, since it only met another gateway's.  It has
 * waited then; attempt counts from 0. */
bool store_again(struct store *s, int attempt);

/*
 * A body over BODY_PART bytes is written in parts while it arrives, inside
 * whatever transactions are open.  store_body_begin() gives its id (-1 on
 * error); store_body_end() names its content and gives the id to use from
 * then on, which is an older one when the store already had the same bytes.
 * A body that never ended (crash) is swept out when the store is opened for
 * writing.
 */
#define BODY_PART (1u << 20)
int64_t store_body_begin(struct store *s, struct err *e);
int store_body_part(
    struct store *s, int64_t body, struct str bytes, struct err *e);
int64_t store_body_end(struct store *s, int64_t body, uint64_t size,
    const uint8_t sha256[DIGEST_BYTES], struct err *e);
int store_body_forget(struct store *s, int64_t body, struct err *e);

/*
 * A draft is what there is of an exchange that goes on: an entry that nobody
 * finds, lists or reads, so that little is lost when the program is killed.
 * Opening a store whose writer is gone makes truncated entries of its drafts.
 *
 * store_draft() writes x as one, with x->id set (below 0); body is its
 * response's, begun and not ended, or 0.  store_draft_chunks() adds to its
 * chunk marks what pack_marks() made.  store_remove() deletes it, and the
 * body unless an entry has it by then.  Both 0 or -1.
 */
int store_draft(struct store *s, int64_t tape, struct exchange *x, int64_t body,
    struct err *e);
int store_draft_chunks(
    struct store *s, int64_t draft, struct str packed, struct err *e);

/* Deletes what a body that is not ended has from offset on, which is where a
 * part began.  0 or -1. */
int store_body_cut(
    struct store *s, int64_t body, uint64_t offset, struct err *e);

/* Writes x as an entry at the end of the tape: x->id is set.  Bodies in
 * memory are hashed if need be and stored once.  0 or -1; that a shared store
 * refuses it may be told by what is called next in the transaction, the commit
 * at the latest. */
int store_put(struct store *s, int64_t tape, struct exchange *x, struct err *e);

/* The same with n of them, in order, which is cheaper.  In a transaction, which
 * is rolled back when it fails. */
int store_put_all(struct store *s, int64_t tape, struct exchange *const *x,
    size_t n, struct err *e);

/* Puts x, with x->id, in the place of the entry that has this id: on the same
 * tape, in the same order.  1 if there was one, 0 if not, -1 on error. */
int store_replace(struct store *s, struct exchange *x, struct err *e);

/* The entry was recorded once more, the same as before.  0 or -1. */
int store_count_again(struct store *s, int64_t entry, struct err *e);

/* Deletes an entry, and its bodies if nobody else uses them.  1 if there was
 * one, 0 if not, -1 on error. */
int store_remove(struct store *s, int64_t entry, struct err *e);

/*
 * Deletes those of the n entries, all of the tape, that are there, as
 * store_remove() does, in the transaction that is open.  How many there were,
 * or -1.
 */
int64_t store_remove_many(struct store *s, int64_t tape, const int64_t *entries,
    size_t n, struct err *e);

/*
 * How many entries of the tape were removed or replaced so far, by any writer
 * that may have been there, as it is in the transaction of this one; only
 * differences say something.  -1 on error.
 */
int64_t store_removed(struct store *s, int64_t tape, struct err *e);

/* What keeping an entry costs, and what it is found by. */
struct store_weight {
	int64_t id, started_us;
	uint64_t bytes; /* of heads and bodies, as on the wire; equal bodies
			   that the store keeps once are counted each time */
	bool keyed, normal_keyed;
	uint8_t key[EXCHANGE_KEY_BYTES], normal_key[EXCHANGE_KEY_BYTES];
};

/* The entries of the tape behind the one with id after, in recorded order, at
 * most most of them.  How many, or -1. */
int64_t store_weigh(struct store *s, int64_t tape, int64_t after,
    struct store_weight *out, size_t most, struct err *e);

/*
 * Cursors that all gateways of a shared store have in common: each says how
 * many of total answers were served.  store_turn() takes the next place of the
 * one called name, in one statement: 0 to total - 1; behind the last 0 again
 * with cycle, else total.  -1 on error, as from a file.  store_rewind() begins
 * all of the tape anew.  0 or -1.
 */
#define STORE_CURSOR_NAME 40
int64_t store_turn(struct store *s, int64_t tape,
    const uint8_t name[STORE_CURSOR_NAME], int64_t total, bool cycle,
    struct err *e);
int store_rewind(struct store *s, int64_t tape, struct err *e);

/* What finding and choosing needs to know of an entry. */
struct store_candidate {
	int64_t id;
	enum outcome outcome;
	int status;
};

/* The entries of the tape under key (with normal, under it as their normal
 * key), oldest first, at most cap of them (the oldest); gives how many there
 * are, or -1. */
int64_t store_find(struct store *s, int64_t tape,
    const uint8_t key[EXCHANGE_KEY_BYTES], bool normal,
    struct store_candidate *out, size_t cap, struct err *e);

/*
 * The entry, whole but for bodies over most_body bytes, which stay in the
 * store (body.stored_id).  *x is the caller's.  1, 0 if there is none, -1.
 */
int store_get(struct store *s, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e);

/*
 * The same with no more than replaying needs: what the request is found and
 * chosen by and what the answer is made of.  The request's body may stay in
 * the store whatever its size.
 */
int store_get_answer(struct store *s, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e);

/* Fills b, a body that store_get() left in the store, with its bytes unless
 * there are more than most.  They are what its digest says.  0 or -1. */
int store_body_load(
    struct store *s, struct body *b, uint64_t most, struct err *e);

/* Up to n bytes of a stored body from offset on.  The count (0 at its end),
 * or -1; also for the last piece of a body that was read from its start on and
 * is not what its digest says. */
int64_t store_body_read(struct store *s, int64_t body, uint64_t offset,
    void *out, size_t n, struct err *e);

/* Which entries; a zero member does not filter. */
struct store_filter {
	int64_t tape;
	int64_t first_id, last_id;
	struct str method;          /* exact */
	struct str url;             /* glob */
	int status;                 /* 200, or 2 for 2xx */
	int64_t since_us, until_us; /* started_us in [since, until) */
	bool failed;                /* only exchanges that did */
};

/* One line about an entry; the strings live until the callback returns. */
struct store_entry_row {
	int64_t id;
	int64_t tape_id;
	struct str tape;
	int64_t started_us;
	struct str method, url;
	int status; /* 0: no response */
	enum outcome outcome;
	struct str failure;
	struct str mime_type; /* the response's Content-Type, or "" */
	uint64_t request_size, response_size;
	int64_t time_us; /* sum of the timings, -1 unknown */
};

/* Calls on_entry for each entry that fits, in recorded order.  A return
 * other than 0 stops and is given back. */
int store_list(struct store *s, const struct store_filter *f,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e);

/* Calls on_id for each entry of the tape, in no order.  Cheaper than
 * store_list() by far.  0 or -1. */
int store_ids(struct store *s, int64_t tape,
    void (*on_id)(void *arg, int64_t entry), void *arg, struct err *e);

/* Calls on_key for each key, of EXCHANGE_KEY_BYTES, exact and normalized, of
 * each entry of the tape, in the order of an index.  A return other than 0
 * stops and is given back.  Not for every kind of store: where there is no
 * store_moment() it fails. */
int store_keys(struct store *s, int64_t tape,
    int (*on_key)(void *arg, const uint8_t *key, int64_t entry), void *arg,
    struct err *e);

/* What was asked for, as it is recorded; the strings live until the callback
 * returns. */
struct store_request {
	int64_t id, tape;
	struct str method, scope, target, url;
	struct str head; /* the field lines */
	int64_t body;    /* its id, 0 for none; equal bodies have one id */
	uint64_t size;   /* of the body */
	struct str extra;
};

/* Calls on_request for each entry of any tape behind the one with id after,
 * in recorded order, and for all that wait to come to a shared store
 * (STORE_WAITING), whatever after is, even when it is away.  0 or -1. */
int store_requests(struct store *s, int64_t after,
    void (*on_request)(void *arg, const struct store_request *), void *arg,
    struct err *e);

/* What can be told of a near entry at a glance; the strings live until the
 * callback returns. */
struct store_near_row {
	int64_t id;
	struct str method, scope, target;
	uint64_t size; /* of the request's body */
	int status;
	enum outcome outcome;
};

/*
 * Calls on_row for a bounded number of entries of the tape that are near to a
 * target: those with its path, the newest first; if there are none, some with
 * the same shape of path (see path.h); else one of each shape that begins
 * like it.  A return other
 * than 0 stops and is given back.  Does not scan the tape.
 */
int store_near(struct store *s, int64_t tape, struct str target,
    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
    struct err *e);

/*
 * Reads what the keys of the first entry of the tape behind the one with id
 * after are made of, into x, a blank one: id, both keys, method, scope,
 * target, url, header fields and body of the request.  A body over most_body
 * bytes stays in the store.  1, 0 when there is none, -1.
 */
int store_next_request(struct store *s, int64_t tape, int64_t after,
    size_t most_body, struct exchange *x, struct err *e);

/* Gives the entry x->id the keys of x.  0 or -1. */
int store_set_keys(struct store *s, const struct exchange *x, struct err *e);

/*
 * Calls on_entry for each entry of the tape, of any tape for 0, that has a key
 * and a request body over BODY_PART bytes, tape by tape in recorded order.  A
 * return other than 0 stops and is given back; -1 on error.  Reads no entries
 * but those.
 */
int store_long_requests(struct store *s, int64_t tape,
    int (*on_entry)(void *arg, int64_t tape, int64_t entry), void *arg,
    struct err *e);

/*
 * Whether the keys of those entries are made of digests of their bodies, as
 * they were not once: the store has a mark for it.  One in which there are no
 * such entries gets it when it is opened for writing.  1, 0 or -1; 0 or -1.
 */
int store_long_keyed(struct store *s, struct err *e);
int store_set_long_keyed(struct store *s, struct err *e);

/* How long a statement may take before its connection is given up, where it is
 * one to another machine; a minute in the beginning. */
void store_patience(struct store *s, int64_t us);

/* How often changes of others are looked for where the store is on another
 * machine, unless the program looks already. */
void store_poll(struct store *s, int64_t us);

/* It has been heard that the engine is there: what is asked next tries it,
 * however the last attempt to connect went. */
void store_hasten(struct store *s);

/* Changes whenever somebody else's commit became visible (PRAGMA
 * data_version); cheap. */
int64_t store_version(struct store *s);

/*
 * What tells one state of the store from another, at the cost of copying it:
 * while it stays as it is nothing was committed by anybody.  False when there
 * is no such thing.
 */
#define STORE_MOMENT_BYTES 96
struct store_moment {
	uint8_t bytes[STORE_MOMENT_BYTES];
};
bool store_moment(struct store *s, struct store_moment *m);

/*
 * What others' commits did to the tape since *seen, which is set to now; -1 in
 * the beginning, when there is no news.  What was read before the call for
 * which *seen was set may be outdated by what the next call tells.  MORE: there
 * are entries more at its end, and on_key was called for each key that they
 * have.  OTHER: anything may be different.  Cheap; never asks a database.
 */
enum store_news { STORE_SAME, STORE_MORE, STORE_OTHER };
enum store_news store_news(struct store *s, int64_t tape, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]),
    void *arg);

/* Whether some entry of the tape has a request body that is not known, so
 * that a look-up without body is worth a probe. */
bool store_has_unknown_bodies(struct store *s, int64_t tape);

/* Whether some entry of the tape has a scope. */
bool store_has_scopes(struct store *s, int64_t tape);

#endif
