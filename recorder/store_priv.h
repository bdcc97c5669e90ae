#ifndef RECORDER_STORE_PRIV_H
#define RECORDER_STORE_PRIV_H

/*
 * The inside of a store, for store.c and store_*.c only.  Statements are
 * prepared at their first use and kept.
 */

#include <sqlite3.h>

#include "base/buf.h"
#include "recorder/lock.h"
#include "recorder/repeats.h"

#include "recorder/store.h"

enum store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_TAPE_FIND,
	STORE_TAPE_MAKE,
	STORE_TAPES,
	STORE_EXTENT,
	STORE_HOLD,
	STORE_TAPE_EXTRA,
	STORE_TAPE_SET,
	STORE_TAPE_RULES,
	STORE_TAPE_SET_RULES,
	STORE_REDACTION,
	STORE_REDACTION_SET,
	STORE_BODY_FIND,
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
	STORE_PUT,
	STORE_AGAIN,
	STORE_BODIES_OF,
	STORE_ENTRY_DELETE,
	STORE_FIND,
	STORE_FIND_NORMAL,
	STORE_GET,
	STORE_LIST,
	STORE_IDS,
	STORE_NEAR_FIRST,
	STORE_NEAR_LAST,
	STORE_NEAR_PATHS,
	STORE_NEAR_PATH,
	STORE_NEAR_SHAPES,
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
	STORE_STATEMENTS
};

struct store {
	sqlite3 *db;
	char *path;
	struct lock lock; /* of a writer */
	bool writes;
	sqlite3_stmt *statement[STORE_STATEMENTS];
	struct digest *digest;
	struct repeats repeats;
	struct buf heads[2], trailers[2], interims, chunks; /* for store_put */
};

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

/* Adds the one text that sql selects of a tape (?1) to out; sets it (?2).
 * Both 0 or -1. */
int store_tape_text(struct store *s, enum store_statement which,
    const char *sql, int64_t tape, struct buf *out, struct err *e);
int store_tape_set(struct store *s, enum store_statement which, const char *sql,
    int64_t tape, struct str text, struct err *e);

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

/* store_body.c: the id of the body with these bytes, 0 for none or empty or
 * unknown ones, -1 on error. */
int64_t store_body_put(struct store *s, struct body *b, struct err *e);

/* Deletes a body that no entry uses any more.  0 or -1. */
int store_body_release(struct store *s, int64_t body, struct err *e);

/* Deletes the bodies that a crash left without an end.  0 or -1. */
int store_body_sweep(struct store *s, struct err *e);

/* How many bytes the parts of a body are that is not ended; -1 on error. */
int64_t store_body_size(struct store *s, int64_t body, struct err *e);

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

#endif
