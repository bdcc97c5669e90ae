/* Keys: what they are made of, an entry's made anew, and all of a tape. */
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

/* Calls on_key for the rows of a statement that gives a key and an id. */
static int
store_keys_of(struct store *s, sqlite3_stmt *q, int64_t tape,
    int (*on_key)(void *arg, const uint8_t *key, int64_t entry), void *arg,
    struct err *e)
{
	struct str key;
	int r = SQLITE_DONE, stop = 0;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	while (stop == 0 && (r = sqlite3_step(q)) == SQLITE_ROW) {
		key = store_column(q, 0);
		if (key.n == EXCHANGE_KEY_BYTES)
			stop = on_key(arg, (const uint8_t *)key.p,
			    sqlite3_column_int64(q, 1));
	}
	if (stop == 0 && r != SQLITE_DONE)
		stop = store_failed(s, "cannot read the keys", e);
	sqlite3_reset(q);
	return stop;
}

int
sqlite_keys(struct store *s, int64_t tape,
    int (*on_key)(void *arg, const uint8_t *key, int64_t entry), void *arg,
    struct err *e)
{
	int r = store_keys_of(s,
	    store_statement(s, STORE_KEYS,
		"SELECT key, id FROM entry INDEXED BY entry_by_key "
		"WHERE tape = ? AND key IS NOT NULL",
		e),
	    tape, on_key, arg, e);

	if (r != 0)
		return r;
	return store_keys_of(s,
	    store_statement(s, STORE_NORMAL_KEYS,
		"SELECT normal_key, id FROM entry "
		"INDEXED BY entry_by_normal_key "
		"WHERE tape = ? AND normal_key IS NOT NULL",
		e),
	    tape, on_key, arg, e);
}
