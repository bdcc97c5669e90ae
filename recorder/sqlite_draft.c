/*
 * A draft is a row of entry with an id below 0 and the tape's id with its sign
 * turned: no reader asks for either, and one probe of the table tells whether
 * there is any.
 */
#include "config.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "recorder/schema.h"

#include "recorder/sqlite_priv.h"

#define DRAFT_FAILURE "hark ended while it was being recorded"

static int64_t
store_draft_id(struct store *s, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_DRAFT_LAST, "SELECT min(id) FROM entry", e);
	int64_t id = 0;

	if (q == NULL)
		return 0;
	if (sqlite3_step(q) != SQLITE_ROW)
		store_failed(s, "cannot read entries", e);
	else
		id = sqlite3_column_int64(q, 0) < 0
			 ? sqlite3_column_int64(q, 0) - 1
			 : -1;
	sqlite3_reset(q);
	return id;
}

int
sqlite_draft(struct store *s, int64_t tape, struct exchange *x, int64_t body,
    struct err *e)
{
	int64_t id = store_draft_id(s, e);

	if (id == 0)
		return -1;
	x->response.body.stored_id = body;
	x->outcome = OUTCOME_TRUNCATED;
	x->failure = STR(DRAFT_FAILURE);
	return store_put_row(s, -tape, id, x, e);
}

int
sqlite_draft_chunks(
    struct store *s, int64_t draft, struct str packed, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_DRAFT_CHUNKS,
	    "UPDATE entry SET chunks = CAST(coalesce(chunks, x'') || ?2 AS "
	    "BLOB) WHERE id = ?1",
	    e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, draft);
	store_bind_bytes(q, 2, packed);
	return store_run(s, q, "cannot store chunk marks", e);
}

bool
store_has_drafts(struct store *s)
{
	struct err e;

	return store_draft_id(s, &e) < -1;
}

/* ---- what is left of a writer that is gone ----------------------------- */

/* Names a body that is too big for one row by its content. */
static int64_t
store_draft_name_body(
    struct store *s, int64_t body, uint64_t size, struct err *e)
{
	uint8_t sha256[DIGEST_BYTES];
	char *bytes = xmalloc(BODY_PART);
	uint64_t at = 0;
	int64_t n;

	while ((n = store_body_read(s, body, at, bytes, BODY_PART, e)) > 0) {
		digest_add(s->digest, bytes, (size_t)n);
		at += (uint64_t)n;
	}
	digest_end(s->digest, sha256);
	free(bytes);
	return n == 0 ? store_body_end(s, body, size, sha256, e) : -1;
}

/* Pieces that make a body of one row become that. */
static int64_t
store_draft_join_body(
    struct store *s, int64_t body, uint64_t size, struct err *e)
{
	struct body b = { .known = true, .stored_id = body, .size = size };
	int64_t id = -1;

	if (store_body_load(s, &b, BODY_PART, e) == 0 &&
	    store_body_forget(s, body, e) == 0)
		id = store_body_put(s, &b, e);
	body_clear(&b);
	return id;
}

/* The next draft by the order in which they were begun, and its body. */
static int
store_draft_next(struct store *s, int64_t *draft, int64_t *body, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_DRAFT_NEXT,
	    "SELECT id, response_body FROM entry WHERE id < 0 "
	    "ORDER BY id DESC LIMIT 1",
	    e);
	int r;

	if (q == NULL)
		return -1;
	r = sqlite3_step(q);
	if (r == SQLITE_ROW) {
		*draft = sqlite3_column_int64(q, 0);
		*body = sqlite3_column_int64(q, 1);
		r = 1;
	} else {
		r = r == SQLITE_DONE ? 0
				     : store_failed(s, "cannot read drafts", e);
	}
	sqlite3_reset(q);
	return r;
}

/* Runs sql for the draft or the entry with that id. */
static int
store_draft_run(struct store *s, enum store_statement which, const char *sql,
    int64_t id, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, which, sql, e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, id);
	return store_run(s, q, "cannot make an entry of a draft", e);
}

static int
store_draft_set_body(
    struct store *s, int64_t entry, int64_t body, int64_t size, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_DRAFT_BODY,
	    "UPDATE entry SET response_body = ?2, response_size = ?3 "
	    "WHERE id = ?1",
	    e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	sqlite3_bind_int64(q, 3, size);
	if (size > 0)
		sqlite3_bind_int64(q, 2, body);
	else
		sqlite3_bind_null(q, 2);
	return store_run(s, q, "cannot make an entry of a draft", e);
}

/* A body that was begun and has no bytes is swept out later. */
static int
store_draft_end_body(
    struct store *s, int64_t entry, int64_t body, struct err *e)
{
	int64_t size = store_body_size(s, body, e);

	if (size > 0)
		body = (uint64_t)size > BODY_PART
			   ? store_draft_name_body(s, body, (uint64_t)size, e)
			   : store_draft_join_body(s, body, (uint64_t)size, e);
	if (size < 0 || body < 0)
		return -1;
	return store_draft_set_body(s, entry, body, size, e);
}

/* A new row, since its id has to be the next one of all entries. */
static int
store_draft_mend_one(
    struct store *s, int64_t draft, int64_t body, struct err *e)
{
	int64_t entry;

	if (store_draft_run(s, STORE_DRAFT_COPY,
		"INSERT INTO entry (" ENTRY_NAMES
		") SELECT " ENTRY_COLUMNS(ENTRY_NAME) "NULL FROM entry "
						      "WHERE id = ?",
		draft, e) != 0)
		return -1;
	entry = sqlite3_last_insert_rowid(sqlite_db(s));
	if (store_draft_run(s, STORE_DRAFT_TAPE,
		"UPDATE entry SET tape = -tape WHERE id = ?", entry, e) != 0 ||
	    store_draft_run(
		s, STORE_ENTRY_DELETE, STORE_ENTRY_DELETE_SQL, draft, e) != 0)
		return -1;
	return body == 0 ? 0 : store_draft_end_body(s, entry, body, e);
}

static int
store_draft_mend_all(struct store *s, struct err *e)
{
	int64_t draft = 0, body = 0;
	int r;

	while ((r = store_draft_next(s, &draft, &body, e)) == 1)
		if (store_draft_mend_one(s, draft, body, e) != 0)
			return -1;
	return r;
}

int
store_draft_mend(struct store *s, struct err *e)
{
	if (!store_has_drafts(s))
		return 0;
	if (store_begin(s, e) != 0)
		return -1;
	if (store_draft_mend_all(s, e) == 0 && store_commit(s, e) == 0)
		return 0;
	store_rollback(s);
	return -1;
}
