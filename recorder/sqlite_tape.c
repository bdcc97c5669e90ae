#include "config.h"

#include <sqlite3.h>

#include "base/buf.h"
#include "base/err.h"

#include "recorder/sqlite_priv.h"

static int
store_make_tape(struct store *s, struct str name, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_TAPE_MAKE,
	    "INSERT INTO tape (name, created_us) VALUES (?, CAST("
	    "(julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000)",
	    e);

	if (q == NULL)
		return -1;
	store_bind(q, 1, name);
	return store_run(s, q, "cannot make the tape", e);
}

int64_t
sqlite_tape(struct store *s, struct str name, bool create, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_TAPE_FIND, "SELECT id FROM tape WHERE name = ?", e);
	int64_t id = 0;
	int r;

	if (q == NULL)
		return -1;
	store_bind(q, 1, name);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW)
		id = sqlite3_column_int64(q, 0);
	else if (r != SQLITE_DONE)
		id = store_failed(s, "cannot find the tape", e);
	sqlite3_reset(q);
	if (id != 0 || !create)
		return id;
	if (store_make_tape(s, name, e) != 0)
		return -1;
	return sqlite3_last_insert_rowid(sqlite_db(s));
}

int
sqlite_tapes(struct store *s,
    int (*on_tape)(void *arg, const struct store_tape_row *), void *arg,
    struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_TAPES,
	    "SELECT id, name, created_us, "
	    "(SELECT count(*) FROM entry WHERE tape = tape.id) "
	    "FROM tape ORDER BY id",
	    e);
	struct store_tape_row row;
	int r, stop = 0;

	if (q == NULL)
		return -1;
	while (stop == 0 && (r = sqlite3_step(q)) == SQLITE_ROW) {
		row = (struct store_tape_row){
			.id = sqlite3_column_int64(q, 0),
			.name = store_column(q, 1),
			.created_us = sqlite3_column_int64(q, 2),
			.entries = sqlite3_column_int64(q, 3),
		};
		stop = on_tape(arg, &row);
	}
	if (stop == 0 && r != SQLITE_DONE)
		stop = store_failed(s, "cannot list the tapes", e);
	sqlite3_reset(q);
	return stop;
}

int
sqlite_extent(
    struct store *s, struct str tape, struct store_extent *x, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_EXTENT,
	    "SELECT id, created_us, (SELECT coalesce(max(id), 0) FROM entry "
	    "WHERE id > 0) "
	    "FROM tape WHERE name = ?",
	    e);
	int r;

	*x = (struct store_extent){ 0 };
	if (q == NULL)
		return -1;
	store_bind(q, 1, tape);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW)
		*x = (struct store_extent){
			.tape = sqlite3_column_int64(q, 0),
			.created_us = sqlite3_column_int64(q, 1),
			.last = sqlite3_column_int64(q, 2),
		};
	r = r == SQLITE_ROW || r == SQLITE_DONE
		? 0
		: store_failed(s, "cannot find the tape", e);
	sqlite3_reset(q);
	return r;
}

static const char *const tape_texts[] = {
	[STORE_EXTRA] = "SELECT extra FROM tape WHERE id = ?",
	[STORE_RULES] = "SELECT rules FROM tape WHERE id = ?",
	[STORE_REDACTION] = "SELECT redaction FROM tape WHERE id = ?",
};

static const char *const tape_set_texts[] = {
	[STORE_EXTRA] = "UPDATE tape SET extra = ?2 WHERE id = ?1",
	[STORE_RULES] = "UPDATE tape SET rules = ?2 WHERE id = ?1",
	[STORE_REDACTION] = "UPDATE tape SET redaction = ?2 WHERE id = ?1",
};

int
sqlite_tape_text(struct store *s, int64_t tape, enum store_text which,
    struct buf *out, struct err *e)
{
	sqlite3_stmt *q =
	    store_statement(s, STORE_TAPE_TEXT + which, tape_texts[which], e);
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW)
		buf_add_str(out, store_column(q, 0));
	r = r == SQLITE_ROW || r == SQLITE_DONE
		? 0
		: store_failed(s, "cannot read the tape", e);
	sqlite3_reset(q);
	return r;
}

int
sqlite_tape_set_text(struct store *s, int64_t tape, enum store_text which,
    struct str text, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_TAPE_SET_TEXT + which, tape_set_texts[which], e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	store_bind(q, 2, text);
	return store_run(s, q, "cannot change the tape", e);
}
