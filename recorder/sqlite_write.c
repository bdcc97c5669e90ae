#include "config.h"

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/entry_row.h"

#include "recorder/sqlite_priv.h"

#define ENTRY_PLACE(name) "?,"
#define ENTRY_BEHIND(name) ", " #name
#define ENTRY_PLACE_BEHIND(name) ",?"

/* The values of x's row but its id, and its bodies in the store.  0 or -1. */
static int
store_row(struct store *s, int64_t tape, struct exchange *x,
    struct row_scratch *scratch, struct value v[ENTRY_VALUES], struct err *e)
{
	int64_t request = store_body_put(s, &x->request.body, e);
	int64_t response =
	    request < 0 ? -1 : store_body_put(s, &x->response.body, e);

	if (response < 0)
		return -1;
	entry_row_fill(scratch, x, v);
	v[ENTRY_tape] = VALUE_OF_NUMBER(tape);
	entry_row_body(&v[ENTRY_request_body], request);
	entry_row_body(&v[ENTRY_response_body], response);
	return 0;
}

int
store_put_row(struct store *s, int64_t tape, int64_t id, struct exchange *x,
    struct err *e)
{
	struct value v[ENTRY_VALUES];
	sqlite3_stmt *q;

	if (store_row(s, tape, x, &s->scratch, v, e) != 0)
		return -1;
	q = store_statement(s, STORE_PUT,
	    "INSERT INTO entry (" ENTRY_NAMES
	    ") VALUES (" ENTRY_COLUMNS(ENTRY_PLACE) "?)",
	    e);
	if (q == NULL)
		return -1;
	if (id != 0)
		v[ENTRY_id] = VALUE_OF_NUMBER(id);
	store_bind_row(q, 0, v, ENTRY_VALUES);
	if (store_run(s, q, "cannot store an entry", e) != 0)
		return -1;
	x->id = sqlite3_last_insert_rowid(sqlite_db(s));
	return 0;
}

/* The columns in the order of the table, which saves SQLite a copy of each. */
static sqlite3_stmt *
store_many_statement(struct store *s, struct err *e)
{
	struct buf sql = { 0 };
	sqlite3_stmt *q;
	int i;

	if (sqlite_of(s)->statement[STORE_PUT_MANY] != NULL)
		return sqlite_of(s)->statement[STORE_PUT_MANY];
	buf_add_text(&sql,
	    "INSERT INTO entry (id" ENTRY_COLUMNS(ENTRY_BEHIND) ") VALUES ");
	for (i = 0; i < STORE_MANY; i++)
		buf_addf(&sql, "%s(NULL" ENTRY_COLUMNS(ENTRY_PLACE_BEHIND) ")",
		    i > 0 ? "," : "");
	q = store_statement(s, STORE_PUT_MANY, buf_text(&sql), e);
	buf_free(&sql);
	return q;
}

/* STORE_MANY of them.  A statement costs cursors on the table, its indexes and
 * the count of its ids, which are opened for each, and closed. */
static int
store_put_many(
    struct store *s, int64_t tape, struct exchange *const *x, struct err *e)
{
	sqlite3_stmt *q = store_many_statement(s, e);
	struct row_scratch **scratch = &sqlite_of(s)->many;
	struct value v[ENTRY_VALUES];
	int64_t last;
	int i;

	if (q == NULL)
		return -1;
	if (*scratch == NULL)
		*scratch = xcalloc(STORE_MANY, sizeof(**scratch));
	for (i = 0; i < STORE_MANY; i++) {
		if (store_row(s, tape, x[i], *scratch + i, v, e) != 0)
			return -1;
		store_bind_row(q, i * ENTRY_id, v, ENTRY_id);
	}
	if (store_run(s, q, "cannot store entries", e) != 0)
		return -1;
	last = sqlite3_last_insert_rowid(sqlite_db(s));
	for (i = 0; i < STORE_MANY; i++)
		x[i]->id = last - (STORE_MANY - 1) + i;
	return 0;
}

int
sqlite_put_all(struct store *s, int64_t tape, struct exchange *const *x,
    size_t n, struct err *e)
{
	for (; n >= STORE_MANY; n -= STORE_MANY, x += STORE_MANY)
		if (store_put_many(s, tape, x, e) != 0)
			return -1;
	for (; n > 0; n--, x++)
		if (store_put_row(s, tape, 0, *x, e) != 0)
			return -1;
	return 0;
}

/* Runs in the caller's transaction, or in its own when there is none, so
 * that nothing half done stays. */
int
sqlite_put(struct store *s, int64_t tape, struct exchange *x, struct err *e)
{
	if (!sqlite3_get_autocommit(sqlite_db(s)))
		return store_put_row(s, tape, 0, x, e);
	if (store_begin(s, e) != 0)
		return -1;
	if (store_put_row(s, tape, 0, x, e) == 0 && store_commit(s, e) == 0)
		return 0;
	store_rollback(s);
	return -1;
}

/* What an entry that goes leaves behind. */
struct left {
	int64_t tape;
	int64_t bodies[2];
};

/* 1, 0 when there is no such entry, -1. */
static int
left_by(struct store *s, int64_t entry, struct left *l, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_BODIES_OF,
	    "SELECT tape, request_body, response_body FROM entry WHERE id = ?",
	    e);
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW) {
		l->tape = sqlite3_column_int64(q, 0);
		l->bodies[0] = sqlite3_column_int64(q, 1);
		l->bodies[1] = sqlite3_column_int64(q, 2);
		r = 1;
	} else {
		r = r == SQLITE_DONE
			? 0
			: store_failed(s, "cannot read an entry", e);
	}
	sqlite3_reset(q);
	return r;
}

static int
left_release(struct store *s, const struct left *l, struct err *e)
{
	if (store_body_release(s, l->bodies[0], e) != 0)
		return -1;
	return l->bodies[1] == l->bodies[0]
		   ? 0
		   : store_body_release(s, l->bodies[1], e);
}

static int
store_delete_row(struct store *s, int64_t entry, struct err *e)
{
	sqlite3_stmt *q =
	    store_statement(s, STORE_ENTRY_DELETE, STORE_ENTRY_DELETE_SQL, e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	return store_run(s, q, "cannot delete an entry", e);
}

/* With x, it comes in the place of the entry.  1, 0 or -1. */
static int
store_remove_parts(
    struct store *s, int64_t entry, struct exchange *x, struct err *e)
{
	struct left l = { 0 };
	int r = left_by(s, entry, &l, e);

	if (r <= 0)
		return r;
	if (store_delete_row(s, entry, e) != 0)
		return -1;
	sqlite_of(s)->removed++;
	if (x != NULL && store_put_row(s, l.tape, entry, x, e) != 0)
		return -1;
	return left_release(s, &l, e) == 0 ? 1 : -1;
}

static int
store_remove_or_replace(
    struct store *s, int64_t entry, struct exchange *x, struct err *e)
{
	int r;

	if (!sqlite3_get_autocommit(sqlite_db(s)))
		return store_remove_parts(s, entry, x, e);
	if (store_begin(s, e) != 0)
		return -1;
	r = store_remove_parts(s, entry, x, e);
	if (r >= 0 && store_commit(s, e) == 0)
		return r;
	store_rollback(s);
	return -1;
}

int
sqlite_replace(struct store *s, struct exchange *x, struct err *e)
{
	return store_remove_or_replace(s, x->id, x, e);
}

int
sqlite_remove(struct store *s, int64_t entry, struct err *e)
{
	return store_remove_or_replace(s, entry, NULL, e);
}

int
sqlite_count_again(struct store *s, int64_t entry, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_AGAIN,
	    "UPDATE entry SET times = times + 1 WHERE id = ?", e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	return store_run(s, q, "cannot count an entry", e);
}
