#include "config.h"

#include <string.h>

#include <sqlite3.h>

#include "base/err.h"

#include "recorder/sqlite_priv.h"

/* What body_by_head has of a digest. */
static int64_t
digest_head(const uint8_t sha256[DIGEST_BYTES])
{
	uint64_t head = 0;
	int i;

	for (i = 0; i < 8; i++)
		head = head << 8 | sha256[i];
	return (int64_t)head;
}

static void
bind_digest(sqlite3_stmt *q, const uint8_t sha256[DIGEST_BYTES])
{
	sqlite3_bind_int64(q, 1, digest_head(sha256));
	sqlite3_bind_blob(q, 2, sha256, DIGEST_BYTES, SQLITE_STATIC);
}

/* The id of the body with this digest, 0 when there is none, or -1. */
static int64_t
store_body_find(
    struct store *s, const uint8_t sha256[DIGEST_BYTES], struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BODY_FIND,
	    "SELECT id FROM body WHERE head = ? AND digest = ?", e);
	int64_t id = 0;
	int r;

	if (q == NULL)
		return -1;
	bind_digest(q, sha256);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW)
		id = sqlite3_column_int64(q, 0);
	else if (r != SQLITE_DONE)
		id = store_failed(s, "cannot look for a body", e);
	sqlite3_reset(q);
	return id;
}

int64_t
sqlite_body_begin(struct store *s, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_BODY_OPEN, "INSERT INTO body (size) VALUES (0)", e);

	if (store_run(s, q, "cannot begin a body", e) != 0)
		return -1;
	return sqlite3_last_insert_rowid(sqlite_db(s));
}

static int
store_body_piece(struct store *s, int64_t body, struct str bytes, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_PART_PUT,
	    "INSERT INTO body_part (body, at, bytes) VALUES (?1, coalesce("
	    "(SELECT at + length(bytes) FROM body_part WHERE body = ?1 "
	    "ORDER BY at DESC LIMIT 1), 0), ?2)",
	    e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, body);
	store_bind_bytes(q, 2, bytes);
	return store_run(s, q, "cannot store a part of a body", e);
}

int
sqlite_body_part(struct store *s, int64_t body, struct str bytes, struct err *e)
{
	struct str piece;

	while (bytes.n > 0) {
		piece = bytes;
		if (piece.n > BODY_PART)
			piece.n = BODY_PART;
		if (store_body_piece(s, body, piece, e) != 0)
			return -1;
		bytes.p += piece.n;
		bytes.n -= piece.n;
	}
	return 0;
}

int
sqlite_body_forget(struct store *s, int64_t body, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_PARTS_DELETE, "DELETE FROM body_part WHERE body = ?", e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, body);
	if (store_run(s, q, "cannot delete parts of a body", e) != 0)
		return -1;
	q = store_statement(
	    s, STORE_BODY_DELETE, "DELETE FROM body WHERE id = ?", e);
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, body);
	return store_run(s, q, "cannot delete a body", e);
}

int64_t
sqlite_body_end(struct store *s, int64_t body, uint64_t size,
    const uint8_t sha256[DIGEST_BYTES], struct err *e)
{
	int64_t same = store_body_find(s, sha256, e);
	sqlite3_stmt *q;

	if (same < 0)
		return -1;
	if (same > 0)
		return store_body_forget(s, body, e) == 0 ? same : -1;
	q = store_statement(s, STORE_BODY_NAME,
	    "UPDATE body SET head = ?, digest = ?, size = ? WHERE id = ?", e);
	if (q == NULL)
		return -1;
	bind_digest(q, sha256);
	sqlite3_bind_int64(q, 3, (int64_t)size);
	sqlite3_bind_int64(q, 4, body);
	return store_run(s, q, "cannot end a body", e) == 0 ? body : -1;
}

static int64_t
store_body_put_row(struct store *s, const struct body *b, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BODY_PUT,
	    "INSERT INTO body (head, digest, size, bytes) "
	    "VALUES (?, ?, ?, ?)",
	    e);

	if (q == NULL)
		return -1;
	bind_digest(q, b->sha256);
	sqlite3_bind_int64(q, 3, (int64_t)b->bytes.n);
	store_bind_bytes(q, 4, buf_str(&b->bytes));
	if (store_run(s, q, "cannot store a body", e) != 0)
		return -1;
	return sqlite3_last_insert_rowid(sqlite_db(s));
}

/* A body in memory that is too big for one row. */
static int64_t
store_body_put_parts(struct store *s, const struct body *b, struct err *e)
{
	int64_t id = store_body_begin(s, e);

	if (id < 0 || store_body_part(s, id, buf_str(&b->bytes), e) != 0)
		return -1;
	return store_body_end(s, id, b->bytes.n, b->sha256, e);
}

/* Whether its digest was known, so that it was not made again. */
static bool
store_body_hash(struct store *s, struct body *b)
{
	b->hashed = true;
	if (repeats_find(&s->repeats, buf_str(&b->bytes), b->sha256))
		return true;
	digest_add(s->digest, b->bytes.p, b->bytes.n);
	digest_end(s->digest, b->sha256);
	return false;
}

int64_t
store_body_put(struct store *s, struct body *b, struct err *e)
{
	bool repeated;
	int64_t id;

	if (!b->known || b->stored_id > 0)
		return b->known ? b->stored_id : 0;
	if (b->spool != NULL)
		return store_put_spool(s, b, e);
	if (b->bytes.n == 0)
		return 0;
	repeated = b->hashed || store_body_hash(s, b);
	id = store_body_find(s, b->sha256, e);
	if (id > 0 && !repeated)
		repeats_add(&s->repeats, buf_str(&b->bytes), b->sha256);
	if (id != 0)
		return id;
	return b->bytes.n > BODY_PART ? store_body_put_parts(s, b, e)
				      : store_body_put_row(s, b, e);
}

static int
store_body_load_parts(struct store *s, struct body *b, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_PARTS_GET,
	    "SELECT bytes FROM body_part WHERE body = ? ORDER BY at", e);
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, b->stored_id);
	while ((r = sqlite3_step(q)) == SQLITE_ROW && b->bytes.n <= b->size)
		buf_add_str(&b->bytes, store_column(q, 0));
	r = r == SQLITE_DONE || r == SQLITE_ROW
		? 0
		: store_failed(s, "cannot read a body", e);
	sqlite3_reset(q);
	return r;
}

/* The row itself; its bytes when they are there. */
static int
store_body_load_row(struct store *s, struct body *b, bool *parts, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BODY_GET,
	    "SELECT digest, bytes FROM body WHERE id = ?", e);
	struct str digest;
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, b->stored_id);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW) {
		digest = store_column(q, 0);
		if (digest.n == DIGEST_BYTES) {
			memcpy(b->sha256, digest.p, digest.n);
			b->hashed = true;
		}
		*parts = sqlite3_column_type(q, 1) == SQLITE_NULL;
		buf_add_str(&b->bytes, store_column(q, 1));
		r = 0;
	} else if (r == SQLITE_DONE) {
		r = err_set(e, "store %s: body %lld is missing", s->path,
		    (long long)b->stored_id);
	} else {
		r = store_failed(s, "cannot read a body", e);
	}
	sqlite3_reset(q);
	return r;
}

int
store_body_check(struct store *s, struct body *b, struct err *e)
{
	if (store_body_verify(s, b, e) != 0) {
		sqlite_of(s)->failure = SQLITE_CORRUPT;
		return -1;
	}
	b->stored_id = 0;
	return 0;
}

int
sqlite_body_load(struct store *s, struct body *b, uint64_t most, struct err *e)
{
	bool parts = false;

	if (b->stored_id == 0 || b->size > most)
		return 0;
	if (store_body_load_row(s, b, &parts, e) != 0)
		return -1;
	if (parts && store_body_load_parts(s, b, e) != 0)
		return -1;
	return store_body_check(s, b, e);
}

/* A part of one blob.  Opened anew each time: an open blob would hold back
 * the writer's checkpoints. */
static int64_t
store_blob_read(struct store *s, const char *table, int64_t row, uint64_t at,
    void *out, size_t n, struct err *e)
{
	sqlite3_blob *blob = NULL;
	uint64_t size;
	int64_t got = 0;

	if (sqlite3_blob_open(sqlite_db(s), "main", table, "bytes", row, 0,
		&blob) != SQLITE_OK)
		return store_failed(s, "cannot open a body", e);
	size = (uint64_t)sqlite3_blob_bytes(blob);
	if (at < size) {
		if (n > size - at)
			n = (size_t)(size - at);
		got = sqlite3_blob_read(blob, out, (int)n, (int)at) == SQLITE_OK
			  ? (int64_t)n
			  : store_failed(s, "cannot read a body", e);
	}
	sqlite3_blob_close(blob);
	return got;
}

/* The part that holds the byte at offset: its row, 0 when there is none, or
 * -1; *at is where it begins. */
static int64_t
store_part_at(
    struct store *s, int64_t body, uint64_t offset, uint64_t *at, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_PART_AT,
	    "SELECT id, at FROM body_part WHERE body = ? AND at <= ? "
	    "ORDER BY at DESC LIMIT 1",
	    e);
	int64_t row = 0;
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, body);
	sqlite3_bind_int64(
	    q, 2, offset > INT64_MAX ? INT64_MAX : (int64_t)offset);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW) {
		row = sqlite3_column_int64(q, 0);
		*at = (uint64_t)sqlite3_column_int64(q, 1);
	} else if (r != SQLITE_DONE) {
		row = store_failed(s, "cannot read a body", e);
	}
	sqlite3_reset(q);
	return row;
}

int64_t
sqlite_body_read(struct store *s, int64_t body, uint64_t offset, void *out,
    size_t n, struct err *e)
{
	uint64_t at = 0;
	int64_t part = store_part_at(s, body, offset, &at, e), got;

	if (part < 0)
		return -1;
	if (n > BODY_PART)
		n = BODY_PART;
	got = part > 0 ? store_blob_read(
			     s, "body_part", part, offset - at, out, n, e)
		       : store_blob_read(s, "body", body, offset, out, n, e);
	if (got > 0 && store_sum(s, body, offset, out, (size_t)got, e) != 0)
		return -1;
	return got;
}

int
store_body_release(struct store *s, int64_t body, struct err *e)
{
	sqlite3_stmt *q;
	int r;

	if (body == 0)
		return 0;
	q = store_statement(s, STORE_BODY_USED,
	    "SELECT 1 FROM entry WHERE request_body = ?1 UNION ALL "
	    "SELECT 1 FROM entry WHERE response_body = ?1 LIMIT 1",
	    e);
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, body);
	r = sqlite3_step(q);
	if (r != SQLITE_ROW && r != SQLITE_DONE)
		store_failed(s, "cannot look for users of a body", e);
	sqlite3_reset(q);
	if (r == SQLITE_ROW)
		return 0;
	return r == SQLITE_DONE ? store_body_forget(s, body, e) : -1;
}

int
sqlite_body_cut(struct store *s, int64_t body, uint64_t offset, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_PARTS_CUT,
	    "DELETE FROM body_part WHERE body = ? AND at >= ?", e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, body);
	sqlite3_bind_int64(q, 2, (int64_t)offset);
	return store_run(s, q, "cannot delete parts of a body", e);
}

int64_t
store_body_size(struct store *s, int64_t body, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_PARTS_SIZE,
	    "SELECT coalesce(sum(length(bytes)), 0) FROM body_part "
	    "WHERE body = ?",
	    e);
	int64_t size;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, body);
	size = sqlite3_step(q) == SQLITE_ROW
		   ? sqlite3_column_int64(q, 0)
		   : store_failed(s, "cannot read a body", e);
	sqlite3_reset(q);
	return size;
}

int
store_body_sweep(struct store *s, struct err *e)
{
	if (sqlite3_exec(sqlite_db(s),
		"BEGIN IMMEDIATE;"
		"DELETE FROM body_part WHERE body IN "
		"(SELECT id FROM body WHERE head IS NULL);"
		"DELETE FROM body WHERE head IS NULL;"
		"COMMIT",
		NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	store_failed(s, "cannot sweep out unfinished bodies", e);
	store_rollback(s);
	return -1;
}
