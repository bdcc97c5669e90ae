#include "config.h"

#include <sqlite3.h>

#include "base/err.h"
#include "recorder/pack.h"
#include "recorder/path.h"
#include "recorder/schema.h"

#include "recorder/sqlite_priv.h"

#define BIND(name) (ENTRY_##name + 1)
#define ENTRY_PLACE(name) "?,"

/* Scratch memory above this is given back after each entry. */
#define STORE_SCRATCH (64u << 10)

static void
bind_time(sqlite3_stmt *q, int at, int64_t us)
{
	if (us < 0)
		sqlite3_bind_null(q, at);
	else
		sqlite3_bind_int64(q, at, us);
}

/* What pack_*() or headers_render() gave; NULL instead of nothing. */
static void
bind_packed(sqlite3_stmt *q, int at, const struct buf *bytes)
{
	if (bytes->n == 0)
		sqlite3_bind_null(q, at);
	else
		store_bind_bytes(q, at, buf_str(bytes));
}

static void
bind_fields(sqlite3_stmt *q, int at, const struct headers *h, struct buf *b)
{
	buf_clear(b, STORE_SCRATCH);
	headers_render(h, b);
	store_bind_bytes(q, at, buf_str(b));
}

static void
bind_trailers(sqlite3_stmt *q, int at, const struct headers *h, struct buf *b)
{
	buf_clear(b, STORE_SCRATCH);
	headers_render(h, b);
	bind_packed(q, at, b);
}

static void
bind_body(sqlite3_stmt *q, int at, int64_t id)
{
	if (id == 0)
		sqlite3_bind_null(q, at);
	else
		sqlite3_bind_int64(q, at, id);
}

static void
bind_timings(sqlite3_stmt *q, const struct timings *t)
{
	bind_time(q, BIND(blocked_us), t->blocked);
	bind_time(q, BIND(dns_us), t->dns);
	bind_time(q, BIND(connect_us), t->connect);
	bind_time(q, BIND(tls_us), t->tls);
	bind_time(q, BIND(send_us), t->send);
	bind_time(q, BIND(wait_us), t->wait);
	bind_time(q, BIND(receive_us), t->receive);
}

static uint64_t
stored_size(const struct body *b)
{
	return b->stored_id > 0 || !b->known ? b->size : body_held(b);
}

static void
bind_request(struct store *s, sqlite3_stmt *q, const struct exchange *x)
{
	const struct message *m = &x->request;

	store_bind(q, BIND(request_version), m->version);
	sqlite3_bind_int(q, BIND(request_minor), m->minor);
	store_bind(q, BIND(request_framing), str_of(pack_framing(m->framing)));
	bind_time(q, BIND(request_head_bytes), m->head_bytes);
	sqlite3_bind_int(q, BIND(request_known), m->body.known);
	sqlite3_bind_int64(
	    q, BIND(request_size), (int64_t)stored_size(&m->body));
	bind_fields(q, BIND(request_head), &m->headers, &s->heads[0]);
	bind_trailers(q, BIND(request_trailers), &m->trailers, &s->trailers[0]);
}

static void
bind_response(struct store *s, sqlite3_stmt *q, const struct exchange *x)
{
	const struct message *m = &x->response;

	store_bind(q, BIND(reason), x->reason);
	store_bind(q, BIND(response_version), m->version);
	sqlite3_bind_int(q, BIND(response_minor), m->minor);
	store_bind(q, BIND(response_framing), str_of(pack_framing(m->framing)));
	bind_time(q, BIND(response_head_bytes), m->head_bytes);
	sqlite3_bind_int(q, BIND(response_known), m->body.known);
	sqlite3_bind_int64(
	    q, BIND(response_size), (int64_t)stored_size(&m->body));
	bind_fields(q, BIND(response_head), &m->headers, &s->heads[1]);
	bind_trailers(
	    q, BIND(response_trailers), &m->trailers, &s->trailers[1]);
	buf_clear(&s->interims, STORE_SCRATCH);
	pack_interims(x, &s->interims);
	bind_packed(q, BIND(interims), &s->interims);
	buf_clear(&s->chunks, STORE_SCRATCH);
	pack_chunks(x, &s->chunks);
	bind_packed(q, BIND(chunks), &s->chunks);
}

static void
bind_place(sqlite3_stmt *q, const struct exchange *x)
{
	struct path_place place = path_place(x->target);

	sqlite3_bind_int64(q, BIND(shape), place.shape);
	sqlite3_bind_int64(q, BIND(path), place.path);
}

static void
bind_exchange(sqlite3_stmt *q, const struct exchange *x)
{
	store_bind_key(q, BIND(key), x->key, x->keyed);
	store_bind_key(q, BIND(normal_key), x->normal_key, x->normal_keyed);
	sqlite3_bind_int64(q, BIND(times), (int64_t)x->times);
	sqlite3_bind_int64(q, BIND(started_us), x->started_us);
	store_bind(q, BIND(method), x->method);
	store_bind(q, BIND(scope), x->scope);
	store_bind(q, BIND(target), x->target);
	bind_place(q, x);
	store_bind(q, BIND(url), x->url);
	sqlite3_bind_int(q, BIND(status), x->status);
	store_bind(q, BIND(outcome), str_of(outcome_text(x->outcome)));
	store_bind(q, BIND(failure), x->failure);
	bind_timings(q, &x->timings);
	store_bind(q, BIND(server_addr), x->server_addr);
	store_bind(q, BIND(client_addr), x->client_addr);
	store_bind(q, BIND(connection), x->connection);
	store_bind(q, BIND(session), x->session);
	store_bind(q, BIND(mode), x->mode);
	store_bind(q, BIND(comment), x->comment);
	store_bind(q, BIND(extra), x->extra);
}

int
store_put_row(struct store *s, int64_t tape, int64_t id, struct exchange *x,
    struct err *e)
{
	int64_t request = store_body_put(s, &x->request.body, e);
	int64_t response =
	    request < 0 ? -1 : store_body_put(s, &x->response.body, e);
	sqlite3_stmt *q;

	if (response < 0)
		return -1;
	q = store_statement(s, STORE_PUT,
	    "INSERT INTO entry (" ENTRY_NAMES
	    ") VALUES (" ENTRY_COLUMNS(ENTRY_PLACE) "?)",
	    e);
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, BIND(tape), tape);
	bind_exchange(q, x);
	bind_request(s, q, x);
	bind_response(s, q, x);
	bind_body(q, BIND(request_body), request);
	bind_body(q, BIND(response_body), response);
	bind_body(q, BIND(id), id);
	if (store_run(s, q, "cannot store an entry", e) != 0)
		return -1;
	x->id = sqlite3_last_insert_rowid(sqlite_db(s));
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
