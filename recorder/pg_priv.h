#ifndef RECORDER_PG_PRIV_H
#define RECORDER_PG_PRIV_H

/*
 * A store that is a PostgreSQL database, for pg.c and pg_*.c only: what they
 * have of the operations of store_ops.h.
 *
 * Any number of gateways write.  The one row of hark_state is their lock: who
 * first writes an entry in a transaction holds it until its end.  So ids,
 * which are counted there, are in the order of commits, and who has seen one
 * has seen all that are below; a reader that sees its version unchanged has
 * missed nothing.  A group of entries is one transaction, so that the lock is
 * taken some times in a second by each gateway however much it records.
 */

#include "recorder/pg_link.h"
#include "recorder/store_ops.h"
#include "recorder/sum.h"

struct pg {
	struct store store;
	struct pg_link link;
	bool writes;
	int64_t writer;             /* its number, as long as it is alive */
	int64_t drafts;             /* that it made */
	int64_t done;               /* transactions that it committed */
	bool locked;                /* the state's row is ours until the end */
	bool held;                  /* the transaction reads of one moment */
	bool careful;               /* a body may have another's number */
	uint64_t now;               /* the transaction's number here */
	struct pg_known *known;     /* bodies; of pg_body.c */
	struct pg_rows *entries;    /* of pg_write.c */
	struct pg_rows *bodies;     /* of pg_body.c */
	struct pg_touched *touched; /* tapes, by the transaction */
	size_t ntouched;
	int64_t last; /* the highest id, while locked */
	struct pg_watch *watch;
	int64_t poll_us;         /* of a watch that is begun; 0: its own */
	struct pg_news *watched; /* its news of one tape; the watch's */
	struct {                 /* the long body that was read last */
		int64_t body, parts;
	} reading;
	struct sums sums;
};

#define pg_of(s) ((struct pg *)(s))

/* What time it is for the engine, in SQL. */
#define PG_NOW_US "CAST(extract(epoch FROM now()) * 1000000 AS BIGINT)"

/* pg_schema.c: the version of the tables; 0 when there are none, or -1. */
int64_t pg_schema_version(struct pg_link *l, struct err *e);

/* As schema_check(), but that many may do it at once. */
int pg_schema_check(struct pg_link *l, bool write, struct err *e);

/* Runs fn in the transaction that is open, or in one of its own, which is
 * tried again when it met another.  Gives what fn gave, or -1. */
int pg_transact(struct store *s,
    int (*fn)(struct store *s, void *arg, struct err *e), void *arg,
    struct err *e);

/* In a transaction: takes the lock; what follows changes the store.  0, -1. */
int pg_lock(struct store *s, struct err *e);

/* As pg_lock(), for who reads: only in a transaction that may write. */
int pg_lock_ahead(struct store *s, struct err *e);

/* pg_change.c: what a transaction does that readers see: it adds entries at the
 * end of the tape, or changes anything else, removed entries among it. */
enum pg_touch { PG_ADDED, PG_CHANGED };
#define PG_ANY_TAPE 0 /* which one is not worth a question */
void pg_touch(
    struct store *s, int64_t tape, enum pg_touch how, int64_t removed);

/* Tells readers of it; before the commit.  0 or -1. */
int pg_change_commit(struct pg *p, struct err *e);

/* pg_body.c: as those of sqlite_priv.h; all in a locked transaction. */
int64_t pg_body_put(struct store *s, struct body *b, struct err *e);
int pg_body_release(struct store *s, int64_t body, struct err *e);
int64_t pg_body_size(struct store *s, int64_t body, struct err *e);

/* As pg_body_load(), of what a row has from column on: PG_BODY_NAMES() of the
 * body, all NULL when there is none. */
#define PG_BODY_NAMES(table) \
	table ".id, " table ".digest, " table ".bytes, " table ".parts"
#define PG_BODY_COLUMNS 4
int pg_body_take(struct store *s, struct body *b, uint64_t most,
    const PGresult *q, int column, struct err *e);

/* What was written may not be there: it was rolled back, or the end is near. */
void pg_body_forget_known(struct pg *p);

/* A number that nobody else has; above 0. */
int64_t pg_random(void);

/* pg_write.c: writes x as an entry with that id, or, with one below 0, as a
 * draft of the writer. */
int pg_put_row(struct store *s, int64_t tape, int64_t id, struct exchange *x,
    struct err *e);

/* pg_read.c: whether there is a key in the column; copied then. */
bool pg_key(const PGresult *q, int row, int column, uint8_t *key);

/* pg_draft.c: deletes a draft.  As store_remove(). */
int pg_draft_remove(struct store *s, int64_t draft, struct err *e);

/* Makes entries of the drafts of writers that are gone.  0 or -1. */
int pg_draft_mend(struct store *s, struct err *e);

/*
 * pg_watch.c: one thread for all readers of a store that the program has, and
 * one for each writer: it asks for the version each poll_us (0: WATCH_US), and
 * says that the writer (0 for none) is alive.  NULL when it cannot be.
 *
 * A writer's has the engine tell others that something changed
 * (pg_watch_tell()), and who hears that asks at once.  It is a hint that may
 * get lost, come late, or be refused by the engine: then it is as if there was
 * none.  Behind a pooler nobody listens, since it could not be told whose
 * connection hears.
 */
struct pg_watch *pg_watch_take(
    const char *url, int64_t writer, int64_t poll_us);
void pg_watch_tell(struct pg_watch *w); /* safe on NULL; from any thread */
void pg_watch_drop(struct pg_watch *w); /* safe on NULL */
int64_t pg_watch_version(struct pg_watch *w);

/* From now on it looks after the tape, too, which l has seen first; NULL when
 * it has enough of them.  Lives as long as the watch. */
struct pg_news *pg_watch_tape(
    struct pg_watch *w, int64_t tape, struct pg_link *l);

/*
 * pg_news.c: what changed on one tape, as the watch's thread saw it.
 * pg_news_look() reads that; *version is of the store, and the highest of those
 * that changed something.  The rest is for any thread.
 */
struct pg_news *pg_news_new(int64_t tape);
void pg_news_free(struct pg_news *n); /* safe on NULL */
int64_t pg_news_tape(const struct pg_news *n);
int pg_news_look(struct pg_news *n, struct pg_link *l, struct err *e);
enum store_news pg_news_get(struct pg_news *n, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]),
    void *arg);

/* The operations. */
void pg_close(struct store *s);
int64_t pg_body_begin(struct store *s, struct err *e);
void pg_no_sync(struct store *s);
int64_t pg_tape(struct store *s, struct str name, bool create, struct err *e);
int pg_tapes(struct store *s,
    int (*on_tape)(void *arg, const struct store_tape_row *), void *arg,
    struct err *e);
int pg_extent(
    struct store *s, struct str tape, struct store_extent *x, struct err *e);
int pg_hold(struct store *s, struct err *e);
int pg_check(struct store *s, struct buf *faults, struct err *e);
int pg_begin(struct store *s, struct err *e);
int pg_commit(struct store *s, struct err *e);
void pg_rollback(struct store *s);
int pg_body_part(
    struct store *s, int64_t body, struct str bytes, struct err *e);
int64_t pg_body_end(struct store *s, int64_t body, uint64_t size,
    const uint8_t sha256[DIGEST_BYTES], struct err *e);
int pg_body_forget(struct store *s, int64_t body, struct err *e);
int pg_draft(struct store *s, int64_t tape, struct exchange *x, int64_t body,
    struct err *e);
int pg_draft_chunks(
    struct store *s, int64_t draft, struct str packed, struct err *e);
int pg_body_cut(struct store *s, int64_t body, uint64_t offset, struct err *e);
int pg_put(struct store *s, int64_t tape, struct exchange *x, struct err *e);
int pg_replace(struct store *s, struct exchange *x, struct err *e);
int pg_count_again(struct store *s, int64_t entry, struct err *e);
int pg_remove(struct store *s, int64_t entry, struct err *e);
int64_t pg_remove_many(struct store *s, int64_t tape, const int64_t *entries,
    size_t n, struct err *e);
int64_t pg_removed(struct store *s, int64_t tape, struct err *e);
int64_t pg_weigh(struct store *s, int64_t tape, int64_t after,
    struct store_weight *out, size_t most, struct err *e);
int64_t pg_turn(struct store *s, int64_t tape,
    const uint8_t name[STORE_CURSOR_NAME], int64_t total, bool cycle,
    struct err *e);
int pg_rewind(struct store *s, int64_t tape, struct err *e);
int64_t pg_find(struct store *s, int64_t tape,
    const uint8_t key[EXCHANGE_KEY_BYTES], bool normal,
    struct store_candidate *out, size_t cap, struct err *e);
int pg_get(struct store *s, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e);
int pg_body_load(struct store *s, struct body *b, uint64_t most, struct err *e);
int64_t pg_body_read(struct store *s, int64_t body, uint64_t offset, void *out,
    size_t n, struct err *e);
int pg_list(struct store *s, const struct store_filter *f,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e);
int pg_ids(struct store *s, int64_t tape,
    void (*on_id)(void *arg, int64_t entry), void *arg, struct err *e);
int pg_requests(struct store *s, int64_t after,
    void (*on_request)(void *arg, const struct store_request *), void *arg,
    struct err *e);
int pg_near(struct store *s, int64_t tape, struct str target,
    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
    struct err *e);
int pg_next_request(struct store *s, int64_t tape, int64_t after,
    size_t most_body, struct exchange *x, struct err *e);
int pg_set_keys(struct store *s, const struct exchange *x, struct err *e);
int pg_long_requests(struct store *s, int64_t tape,
    int (*on_entry)(void *arg, int64_t tape, int64_t entry), void *arg,
    struct err *e);
int pg_long_keyed(struct store *s, struct err *e);
int pg_set_long_keyed(struct store *s, struct err *e);
void pg_patience(struct store *s, int64_t us);
void pg_poll(struct store *s, int64_t us);
void pg_hasten(struct store *s);
int64_t pg_version(struct store *s);
enum store_news pg_news(struct store *s, int64_t tape, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]),
    void *arg);
bool pg_has_unknown_bodies(struct store *s, int64_t tape);
bool pg_has_scopes(struct store *s, int64_t tape);
int pg_tape_text(struct store *s, int64_t tape, enum store_text which,
    struct buf *out, struct err *e);
int pg_tape_set_text(struct store *s, int64_t tape, enum store_text which,
    struct str text, struct err *e);
bool pg_again(struct store *s, int attempt);
bool pg_stuck(const struct store *s);
bool pg_refused(const struct store *s);

#endif
