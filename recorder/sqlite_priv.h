#ifndef RECORDER_SQLITE_PRIV_H
#define RECORDER_SQLITE_PRIV_H

/*
 * A store that is an SQLite file, for sqlite.c and sqlite_*.c only: what they
 * have of the operations of store_ops.h.  Statements are prepared at their
 * first use and kept.
 */

#include <sys/types.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "recorder/lock.h"
#include "recorder/store_ops.h"
#include "recorder/sum.h"

struct value;

enum store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_TAPE_FIND,
	STORE_TAPE_MAKE,
	STORE_TAPES,
	STORE_EXTENT,
	STORE_HOLD,
	STORE_TAPE_TEXT,
	STORE_TAPE_SET_TEXT = STORE_TAPE_TEXT + STORE_TEXTS,
	STORE_BODY_FIND = STORE_TAPE_SET_TEXT + STORE_TEXTS,
	STORE_BODY_PUT,
	STORE_BODY_OPEN,
	STORE_BODY_NAME,
	STORE_BODY_DELETE,
	STORE_BODY_USED,
	STORE_BODY_GET,
	STORE_PART_PUT,
	STORE_PART_AT,
	STORE_PARTS_GET,
	STORE_PARTS_DELETE,
	STORE_PARTS_CUT,
	STORE_PARTS_SIZE,
	STORE_BODY_SUM,
	STORE_PUT,
	STORE_PUT_MANY,
	STORE_AGAIN,
	STORE_BODIES_OF,
	STORE_ENTRY_DELETE,
	STORE_WEIGH,
	STORE_FIND,
	STORE_FIND_NORMAL,
	STORE_GET,
	STORE_GET_ANSWER,
	STORE_LIST,
	STORE_IDS,
	STORE_KEYS,
	STORE_NORMAL_KEYS,
	STORE_NEAR_FIRST,
	STORE_NEAR_LAST,
	STORE_NEAR_PATH,
	STORE_NEAR_PLACES,
	STORE_NEAR_SHAPE,
	STORE_NEAR_NEXT,
	STORE_NEAR_ENTRY,
	STORE_VERSION,
	STORE_UNKNOWN,
	STORE_SCOPED,
	STORE_REQUESTS,
	STORE_NEXT_REQUEST,
	STORE_SET_KEYS,
	STORE_LONG_REQUESTS,
	STORE_MARKED,
	STORE_DRAFT_LAST,
	STORE_DRAFT_NEXT,
	STORE_DRAFT_CHUNKS,
	STORE_DRAFT_COPY,
	STORE_DRAFT_TAPE,
	STORE_DRAFT_BODY,
	STORE_BACKLOG_RUN,
	STORE_BACKLOG_SOME,
	STORE_BACKLOG_PARTS,
	STORE_BACKLOG_BODIES,
	STORE_BACKLOG_ENTRIES,
	STORE_BACKLOG_ASIDE,
	STORE_BACKLOG_NEXT_ASIDE,
	STORE_BACKLOG_KEEP,
	STORE_BACKLOG_NEXT,
	STORE_STATEMENTS
};

/* Entries that one statement adds. */
#define STORE_MANY 32

/* Which file a path meant when the store was opened. */
#define SQLITE_FILES 3 /* the database, its WAL and the WAL's index */
struct sqlite_file {
	char *path; /* NULL: none to look after */
	dev_t device;
	ino_t number;
};

/* Generations of the index of places that are asked. */
#define SQLITE_PLACES 256

struct sqlite {
	struct store store;
	sqlite3 *db;
	struct lock lock; /* of a writer */
	bool writes;
	struct sums sums;
	struct sqlite_file files[SQLITE_FILES];
	int failure;   /* SQLite's code of the last one; 0: not its */
	uint64_t most; /* bytes that the file may have; 0: any */
	bool hasty;    /* somebody else held the lock for too long */
	bool fixed;    /* read as a file that nobody changes */
	const volatile uint8_t *moment; /* in SQLite's memory; NULL: unasked */
	struct places *places[SQLITE_PLACES]; /* sqlite_places.c */
	int64_t places_version;
	unsigned nears;  /* how often neighbours were looked for */
	int64_t removed; /* entries that this writer removed or replaced */
	struct row_scratch *many; /* STORE_MANY; NULL: not needed yet */
	sqlite3_stmt *statement[STORE_STATEMENTS];
};

#define sqlite_of(s) ((struct sqlite *)(s))
#define sqlite_db(s) (sqlite_of(s)->db)

/* One probe of entry_by_key, whose rows are in the order of their ids. */
#define STORE_FIND_SQL \
	"SELECT id, outcome, status FROM entry " \
	"WHERE tape = ?1 AND key = ?2 ORDER BY id"
#define STORE_FIND_NORMAL_SQL \
	"SELECT id, outcome, status FROM entry " \
	"WHERE tape = ?1 AND normal_key = ?2 ORDER BY id"

#define STORE_ENTRY_DELETE_SQL "DELETE FROM entry WHERE id = ?"

/* The statement, ready for its parameters.  NULL with *e set on failure. */
sqlite3_stmt *store_statement(struct store *s, enum store_statement which,
    const char *sql, struct err *e);

/* Runs a statement that gives no rows, and resets it.  0 or -1. */
int store_run(
    struct store *s, sqlite3_stmt *q, const char *doing, struct err *e);

/* Says in *e what SQLite's last error was.  Always -1. */
int store_failed(struct store *s, const char *doing, struct err *e);

/* The bytes must live until the statement has run. */
void store_bind(sqlite3_stmt *q, int at, struct str text);
void store_bind_bytes(sqlite3_stmt *q, int at, struct str bytes);
void store_bind_key(sqlite3_stmt *q, int at, const uint8_t *key, bool keyed);
struct str store_column(sqlite3_stmt *q, int column);

/* Whether there is a key in the column; copied then. */
bool store_column_key(sqlite3_stmt *q, int column, uint8_t *key);

/* sqlite_row.c: the first n columns of an entry, in their order, behind before
 * other parameters. */
void store_bind_row(sqlite3_stmt *q, int before, const struct value *v, int n);
void store_read_row(sqlite3_stmt *q, struct value *v);

/* The same of one, which is an enum entry_column: its value is v[which]. */
void store_read_value(sqlite3_stmt *q, int at, int which, struct value *v);

/* sqlite_read.c: the entry that q finds, which has its parameters, as
 * store_get() gives it; read fills x from q's row, 0 or -1. */
typedef int store_read_fn(struct store *s, sqlite3_stmt *q, size_t most_body,
    struct exchange *x, struct err *e);
int store_get_by(struct store *s, sqlite3_stmt *q, store_read_fn *read,
    size_t most_body, struct exchange **x, struct err *e);

/* sqlite_body.c: what was read of a body is held against its size and digest;
 * all of it is in b then.  0 or -1. */
int store_body_check(struct store *s, struct body *b, struct err *e);

/* store_body.c: the id of the body with these bytes, 0 for none or empty or
 * unknown ones, -1 on error. */
int64_t store_body_put(struct store *s, struct body *b, struct err *e);

/* Deletes a body that no entry uses any more.  0 or -1. */
int store_body_release(struct store *s, int64_t body, struct err *e);

/* Deletes the bodies that a crash left without an end.  0 or -1. */
int store_body_sweep(struct store *s, struct err *e);

/* How many bytes the parts of a body are that is not ended; -1 on error. */
int64_t store_body_size(struct store *s, int64_t body, struct err *e);

/*
 * sqlite_sum.c: the n bytes at offset at of body were read.  When they are the
 * last of one that was read from its start on, in order, its digest must be
 * theirs.  0, or -1: nobody may have them.
 */
int store_sum(struct store *s, int64_t body, uint64_t at, const void *p,
    size_t n, struct err *e);

/*
 * sqlite_places.c: what is known of generations of entries (id >> 14).
 * store_places_check() forgets it when somebody else has committed;
 * store_places_learn() reads one, unless s writes itself.  Whether there may
 * be an entry with a path, or with a shape from first on, up to and without
 * end: false is certain.
 */
void store_places_check(struct store *s);
void store_places_learn(struct store *s, int64_t tape, int64_t generation);
bool store_places_known(struct store *s, int64_t tape, int64_t generation);
bool store_places_path(struct store *s, int64_t tape, int64_t generation,
    int64_t shape, int64_t path);
bool store_places_shape(struct store *s, int64_t tape, int64_t generation,
    int64_t first, int64_t end);
void store_places_fini(struct store *s);

/* sqlite_files.c: remembers which files the writer's are; whether they are
 * still there, under their names (0 or -1). */
void store_files_begin(struct store *s);
int store_files_check(struct store *s, struct err *e);
void store_files_fini(struct store *s);

/* store_write.c: writes x as a row with that id; with 0, the next one.  In the
 * caller's transaction.  0 or -1. */
int store_put_row(struct store *s, int64_t tape, int64_t id, struct exchange *x,
    struct err *e);

/* store_long.c: what has no long request bodies has no old keys of them; says
 * so in the store.  0 or -1. */
int store_long_begin(struct store *s, struct err *e);

/* store_draft.c: whether there are drafts. */
bool store_has_drafts(struct store *s);

/* Makes entries of all drafts, for a writer that has written none.  0, -1. */
int store_draft_mend(struct store *s, struct err *e);

/* The operations. */
void sqlite_close(struct store *s);
int64_t sqlite_body_begin(struct store *s, struct err *e);
void sqlite_no_sync(struct store *s);
int64_t sqlite_tape(
    struct store *s, struct str name, bool create, struct err *e);
int sqlite_tapes(struct store *s,
    int (*on_tape)(void *arg, const struct store_tape_row *), void *arg,
    struct err *e);
int sqlite_extent(
    struct store *s, struct str tape, struct store_extent *x, struct err *e);
int sqlite_hold(struct store *s, struct err *e);
int sqlite_hold_next(struct store *s, struct err *e);
int sqlite_check(struct store *s, struct buf *faults, struct err *e);
int sqlite_begin(struct store *s, struct err *e);
int sqlite_commit(struct store *s, struct err *e);
void sqlite_rollback(struct store *s);
bool sqlite_stuck(const struct store *s);
bool sqlite_refused(const struct store *s);
int sqlite_body_part(
    struct store *s, int64_t body, struct str bytes, struct err *e);
int64_t sqlite_body_end(struct store *s, int64_t body, uint64_t size,
    const uint8_t sha256[DIGEST_BYTES], struct err *e);
int sqlite_body_forget(struct store *s, int64_t body, struct err *e);
int sqlite_draft(struct store *s, int64_t tape, struct exchange *x,
    int64_t body, struct err *e);
int sqlite_draft_chunks(
    struct store *s, int64_t draft, struct str packed, struct err *e);
int sqlite_body_cut(
    struct store *s, int64_t body, uint64_t offset, struct err *e);
int sqlite_put(
    struct store *s, int64_t tape, struct exchange *x, struct err *e);
int sqlite_put_all(struct store *s, int64_t tape, struct exchange *const *x,
    size_t n, struct err *e);
int sqlite_replace(struct store *s, struct exchange *x, struct err *e);
int sqlite_count_again(struct store *s, int64_t entry, struct err *e);
int sqlite_remove(struct store *s, int64_t entry, struct err *e);
int64_t sqlite_remove_many(struct store *s, int64_t tape,
    const int64_t *entries, size_t n, struct err *e);
int64_t sqlite_removed(struct store *s, int64_t tape, struct err *e);
int64_t sqlite_weigh(struct store *s, int64_t tape, int64_t after,
    struct store_weight *out, size_t most, struct err *e);
int64_t sqlite_turn(struct store *s, int64_t tape,
    const uint8_t name[STORE_CURSOR_NAME], int64_t total, bool cycle,
    struct err *e);
int sqlite_rewind(struct store *s, int64_t tape, struct err *e);
int64_t sqlite_find(struct store *s, int64_t tape,
    const uint8_t key[EXCHANGE_KEY_BYTES], bool normal,
    struct store_candidate *out, size_t cap, struct err *e);
int sqlite_get(struct store *s, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e);
int sqlite_get_answer(struct store *s, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e);
int sqlite_body_load(
    struct store *s, struct body *b, uint64_t most, struct err *e);
int64_t sqlite_body_read(struct store *s, int64_t body, uint64_t offset,
    void *out, size_t n, struct err *e);
int sqlite_list(struct store *s, const struct store_filter *f,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e);
int sqlite_ids(struct store *s, int64_t tape,
    void (*on_id)(void *arg, int64_t entry), void *arg, struct err *e);
int sqlite_keys(struct store *s, int64_t tape,
    int (*on_key)(void *arg, const uint8_t *key, int64_t entry), void *arg,
    struct err *e);
bool sqlite_moment(struct store *s, struct store_moment *m);
int sqlite_requests(struct store *s, int64_t after,
    void (*on_request)(void *arg, const struct store_request *), void *arg,
    struct err *e);
int sqlite_near(struct store *s, int64_t tape, struct str target,
    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
    struct err *e);
int sqlite_next_request(struct store *s, int64_t tape, int64_t after,
    size_t most_body, struct exchange *x, struct err *e);
int sqlite_set_keys(struct store *s, const struct exchange *x, struct err *e);
int sqlite_long_requests(struct store *s, int64_t tape,
    int (*on_entry)(void *arg, int64_t tape, int64_t entry), void *arg,
    struct err *e);
int sqlite_long_keyed(struct store *s, struct err *e);
int sqlite_set_long_keyed(struct store *s, struct err *e);
int64_t sqlite_version(struct store *s);
enum store_news sqlite_news(struct store *s, int64_t tape, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]),
    void *arg);
bool sqlite_has_unknown_bodies(struct store *s, int64_t tape);
bool sqlite_has_scopes(struct store *s, int64_t tape);
int sqlite_tape_text(struct store *s, int64_t tape, enum store_text which,
    struct buf *out, struct err *e);
int sqlite_tape_set_text(struct store *s, int64_t tape, enum store_text which,
    struct str text, struct err *e);

#endif
