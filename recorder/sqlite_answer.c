/*
 * What is read for each answer that is not in memory: an entry and its
 * response's body in one statement, without the columns and without the
 * request's body that no answer is made of.
 */
#include "config.h"

#include <string.h>

#include <sqlite3.h>

#include "base/err.h"
#include "recorder/entry_row.h"

#include "recorder/sqlite_priv.h"

#define ANSWER_COLUMNS(C) \
	C(key) \
	C(started_us) \
	C(method) \
	C(target) \
	C(url) \
	C(status) \
	C(outcome) \
	C(blocked_us) \
	C(dns_us) \
	C(connect_us) \
	C(send_us) \
	C(wait_us) \
	C(request_known) \
	C(request_size) \
	C(request_body) \
	C(request_head) \
	C(reason) \
	C(response_known) \
	C(response_size) \
	C(response_body) \
	C(response_head) \
	C(response_trailers) \
	C(chunks) \
	C(normal_key) \
	C(times)

static const uint8_t answer_columns[] = { ANSWER_COLUMNS(ENTRY_ENUM) ENTRY_id };

#define ANSWER_VALUES (int)sizeof(answer_columns)

/* What of the body comes behind them. */
enum answer_body {
	ANSWER_BODY = ANSWER_VALUES,
	ANSWER_DIGEST,
	ANSWER_BYTES,
};

#define ANSWER_NAME(name) "e." #name ", "
#define ANSWER_FROM \
	"e.id, b.id, b.digest, b.bytes FROM entry AS e LEFT JOIN body AS b " \
	"ON b.id = CASE WHEN e.response_size <= ?2 THEN e.response_body END " \
	"WHERE e.id = ?1"
#define ANSWER_SQL "SELECT " ANSWER_COLUMNS(ANSWER_NAME) ANSWER_FROM

/* The body that the statement found.  One in parts is read by its own. */
static int
answer_read_body(struct store *s, sqlite3_stmt *q, struct body *b,
    uint64_t most, struct err *e)
{
	struct str digest;

	if (b->stored_id == 0 || b->size > most)
		return 0;
	if (sqlite3_column_type(q, ANSWER_BODY) == SQLITE_NULL ||
	    sqlite3_column_type(q, ANSWER_BYTES) == SQLITE_NULL)
		return sqlite_body_load(s, b, most, e);
	digest = store_column(q, ANSWER_DIGEST);
	if (digest.n == DIGEST_BYTES) {
		memcpy(b->sha256, digest.p, digest.n);
		b->hashed = true;
	}
	buf_add_str(&b->bytes, store_column(q, ANSWER_BYTES));
	return store_body_check(s, b, e);
}

static int
answer_read(struct store *s, sqlite3_stmt *q, size_t most, struct exchange *x,
    struct err *e)
{
	struct value v[ENTRY_VALUES] = { 0 };
	int i;

	for (i = 0; i < ANSWER_VALUES; i++)
		store_read_value(q, i, answer_columns[i], v);
	if (entry_row_read(x, v) != 0)
		return err_set(e, "store %s: entry %lld is damaged", s->path,
		    (long long)x->id);
	return answer_read_body(s, q, &x->response.body, most, e);
}

int
sqlite_get_answer(struct store *s, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_GET_ANSWER, ANSWER_SQL, e);

	*x = NULL;
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	sqlite3_bind_int64(
	    q, 2, most_body > INT64_MAX ? INT64_MAX : (int64_t)most_body);
	return store_get_by(s, q, answer_read, most_body, x, e);
}
