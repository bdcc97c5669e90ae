/* What keys are made of, and the keys of an entry made anew. */
#include "config.h"

#include <sqlite3.h>

#include "base/err.h"
#include "har/exchange.h"

#include "recorder/sqlite_priv.h"

/* By id: an index that begins with the tape would have to be sorted. */
#define STORE_NEXT_REQUEST_SQL \
	"SELECT id, key, normal_key, method, scope, target, url, " \
	"request_head, request_known, request_size, request_body FROM entry " \
	"NOT INDEXED WHERE tape = ?1 AND id > ?2 ORDER BY id LIMIT 1"

static int
store_read_request(sqlite3_stmt *q, struct exchange *x, struct err *e)
{
	struct body *b = &x->request.body;
	struct arena *a = &x->arena;

	x->id = sqlite3_column_int64(q, 0);
	x->keyed = store_column_key(q, 1, x->key);
	x->normal_keyed = store_column_key(q, 2, x->normal_key);
	x->method = arena_str(a, store_column(q, 3));
	x->scope = arena_str(a, store_column(q, 4));
	x->target = arena_str(a, store_column(q, 5));
	x->url = arena_str(a, store_column(q, 6));
	b->known = sqlite3_column_int(q, 8) != 0;
	b->size = (uint64_t)sqlite3_column_int64(q, 9);
	b->stored_id = sqlite3_column_int64(q, 10);
	if (headers_parse(
		&x->request.headers, a, arena_str(a, store_column(q, 7))) == -1)
		return err_set(e,
		    "entry %lld: its request's fields are damaged",
		    (long long)x->id);
	return 1;
}

int
sqlite_next_request(struct store *s, int64_t tape, int64_t after,
    size_t most_body, struct exchange *x, struct err *e)
{
	sqlite3_stmt *q =
	    store_statement(s, STORE_NEXT_REQUEST, STORE_NEXT_REQUEST_SQL, e);
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	sqlite3_bind_int64(q, 2, after);
	r = sqlite3_step(q);
	r = r == SQLITE_ROW    ? store_read_request(q, x, e)
	    : r == SQLITE_DONE ? 0
			       : store_failed(s, "cannot read a request", e);
	sqlite3_reset(q);
	if (r == 1 && store_body_load(s, &x->request.body, most_body, e) == -1)
		return -1;
	return r;
}

int
sqlite_set_keys(struct store *s, const struct exchange *x, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_SET_KEYS,
	    "UPDATE entry SET key = ?2, normal_key = ?3 WHERE id = ?1", e);

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, x->id);
	store_bind_key(q, 2, x->key, x->keyed);
	store_bind_key(q, 3, x->normal_key, x->normal_keyed);
	return store_run(s, q, "cannot change the keys of an entry", e);
}
