#include "config.h"

#include <sqlite3.h>

#include "base/err.h"
#include "recorder/entry_row.h"

#include "recorder/sqlite_priv.h"

int64_t
sqlite_find(struct store *s, int64_t tape,
    const uint8_t key[EXCHANGE_KEY_BYTES], bool normal,
    struct store_candidate *out, size_t cap, struct err *e)
{
	sqlite3_stmt *q =
	    store_statement(s, normal ? STORE_FIND_NORMAL : STORE_FIND,
		normal ? STORE_FIND_NORMAL_SQL : STORE_FIND_SQL, e);
	int64_t n = 0;
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	sqlite3_bind_blob(q, 2, key, EXCHANGE_KEY_BYTES, SQLITE_STATIC);
	for (; (r = sqlite3_step(q)) == SQLITE_ROW; n++)
		if ((uint64_t)n < cap)
			out[n] = (struct store_candidate){
				.id = sqlite3_column_int64(q, 0),
				.outcome =
				    entry_row_outcome(store_column(q, 1)),
				.status = sqlite3_column_int(q, 2),
			};
	if (r != SQLITE_DONE)
		n = store_failed(s, "cannot look for a key", e);
	sqlite3_reset(q);
	return n;
}

/* The statement stays open while the bodies are read: the row and they are
 * of the same moment. */
static int
store_read(struct store *s, sqlite3_stmt *q, size_t most_body,
    struct exchange *x, struct err *e)
{
	struct value v[ENTRY_VALUES];

	store_read_row(q, v);
	if (entry_row_read(x, v) != 0)
		return err_set(e, "store %s: entry %lld is damaged", s->path,
		    (long long)x->id);
	if (store_body_load(s, &x->request.body, most_body, e) != 0)
		return -1;
	return store_body_load(s, &x->response.body, most_body, e);
}

int
store_get_by(struct store *s, sqlite3_stmt *q, store_read_fn *read,
    size_t most_body, struct exchange **x, struct err *e)
{
	int r = sqlite3_step(q);

	*x = NULL;
	if (r == SQLITE_ROW) {
		*x = exchange_new();
		r = read(s, q, most_body, *x, e) == 0 ? 1 : -1;
	} else {
		r = r == SQLITE_DONE
			? 0
			: store_failed(s, "cannot read an entry", e);
	}
	sqlite3_reset(q);
	if (r < 0) {
		exchange_free(*x);
		*x = NULL;
	}
	return r;
}

int
sqlite_get(struct store *s, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e)
{
	sqlite3_stmt *q = store_statement(
	    s, STORE_GET, "SELECT " ENTRY_NAMES " FROM entry WHERE id = ?", e);

	*x = NULL;
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, entry);
	return store_get_by(s, q, store_read, most_body, x, e);
}

/* The columns of STORE_LIST_SQL. */
enum list_column {
	LIST_ID,
	LIST_TAPE,
	LIST_STARTED,
	LIST_METHOD,
	LIST_URL,
	LIST_STATUS,
	LIST_OUTCOME,
	LIST_FAILURE,
	LIST_REQUEST_SIZE,
	LIST_RESPONSE_SIZE,
	LIST_TIME,
	LIST_HEAD,
	LIST_TAPE_ID,
};

#define STORE_LIST_SQL \
	"SELECT e.id, t.name, e.started_us, e.method, e.url, e.status, " \
	"e.outcome, e.failure, e.request_size, e.response_size, " \
	"CASE WHEN coalesce(blocked_us, dns_us, connect_us, send_us, " \
	"wait_us, receive_us) IS NULL THEN -1 ELSE " \
	"coalesce(blocked_us, 0) + coalesce(dns_us, 0) + " \
	"coalesce(connect_us, 0) + coalesce(send_us, 0) + " \
	"coalesce(wait_us, 0) + coalesce(receive_us, 0) END, " \
	"e.response_head, e.tape " \
	"FROM entry AS e CROSS JOIN tape AS t ON t.id = e.tape " \
	"WHERE e.id BETWEEN ?1 AND ?2 AND (?3 = 0 OR e.tape = ?3) " \
	"AND (?4 = '' OR e.method = ?4) AND e.status BETWEEN ?5 AND ?6 " \
	"AND e.started_us >= ?7 AND e.started_us < ?8 " \
	"AND (?9 = 0 OR e.outcome <> 'complete') ORDER BY e.id"

static void
bind_filter(sqlite3_stmt *q, const struct store_filter *f)
{
	int low, high;

	store_filter_statuses(f, &low, &high);
	sqlite3_bind_int64(q, 1, f->first_id);
	sqlite3_bind_int64(q, 2, f->last_id != 0 ? f->last_id : INT64_MAX);
	sqlite3_bind_int64(q, 3, f->tape);
	store_bind(q, 4, f->method);
	sqlite3_bind_int(q, 5, low);
	sqlite3_bind_int(q, 6, high);
	sqlite3_bind_int64(q, 7, f->since_us != 0 ? f->since_us : INT64_MIN);
	sqlite3_bind_int64(q, 8, f->until_us != 0 ? f->until_us : INT64_MAX);
	sqlite3_bind_int(q, 9, f->failed);
}

static void
read_row(sqlite3_stmt *q, struct arena *a, struct store_entry_row *row)
{
	struct headers head = { 0 };

	arena_reset(a);
	*row = (struct store_entry_row){
		.id = sqlite3_column_int64(q, LIST_ID),
		.tape_id = sqlite3_column_int64(q, LIST_TAPE_ID),
		.tape = store_column(q, LIST_TAPE),
		.started_us = sqlite3_column_int64(q, LIST_STARTED),
		.method = store_column(q, LIST_METHOD),
		.url = store_column(q, LIST_URL),
		.status = sqlite3_column_int(q, LIST_STATUS),
		.outcome = entry_row_outcome(store_column(q, LIST_OUTCOME)),
		.failure = store_column(q, LIST_FAILURE),
		.request_size =
		    (uint64_t)sqlite3_column_int64(q, LIST_REQUEST_SIZE),
		.response_size =
		    (uint64_t)sqlite3_column_int64(q, LIST_RESPONSE_SIZE),
		.time_us = sqlite3_column_int64(q, LIST_TIME),
		.mime_type = STR(""),
	};
	if (headers_parse(&head, a, store_column(q, LIST_HEAD)) == 0 &&
	    headers_get(&head, "Content-Type").p != NULL)
		row->mime_type = headers_get(&head, "Content-Type");
}

int
sqlite_list(struct store *s, const struct store_filter *f,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_LIST, STORE_LIST_SQL, e);
	struct arena a = { 0 };
	struct store_entry_row row;
	int r = SQLITE_DONE, stop = 0;

	if (q == NULL)
		return -1;
	bind_filter(q, f);
	while (stop == 0 && (r = sqlite3_step(q)) == SQLITE_ROW) {
		read_row(q, &a, &row);
		if (f->url.n == 0 || str_glob(f->url, row.url))
			stop = on_entry(arg, &row);
	}
	if (stop == 0 && r != SQLITE_DONE)
		stop = store_failed(s, "cannot list the entries", e);
	sqlite3_reset(q);
	arena_fini(&a);
	return stop;
}

int
sqlite_ids(struct store *s, int64_t tape,
    void (*on_id)(void *arg, int64_t entry), void *arg, struct err *e)
{
	sqlite3_stmt *q = store_statement(s, STORE_IDS,
	    "SELECT id FROM entry INDEXED BY entry_by_key WHERE tape = ?", e);
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, tape);
	while ((r = sqlite3_step(q)) == SQLITE_ROW)
		on_id(arg, sqlite3_column_int64(q, 0));
	r = r == SQLITE_DONE ? 0 : store_failed(s, "cannot read the ids", e);
	sqlite3_reset(q);
	return r;
}

static bool
store_has(
    struct store *s, int64_t tape, enum store_statement which, const char *sql)
{
	struct err e;
	sqlite3_stmt *q = store_statement(s, which, sql, &e);
	bool found;

	if (q == NULL)
		return false;
	sqlite3_bind_int64(q, 1, tape);
	found = sqlite3_step(q) == SQLITE_ROW;
	sqlite3_reset(q);
	return found;
}

bool
sqlite_has_unknown_bodies(struct store *s, int64_t tape)
{
	return store_has(s, tape, STORE_UNKNOWN,
	    "SELECT 1 FROM entry WHERE tape = ? AND request_known = 0 LIMIT 1");
}

bool
sqlite_has_scopes(struct store *s, int64_t tape)
{
	return store_has(s, tape, STORE_SCOPED,
	    "SELECT 1 FROM entry WHERE tape = ? AND scope <> '' LIMIT 1");
}
