#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#include "recorder/pg_priv.h"

/* What is listed comes in pages, so that neither side holds all of it. */
#define PG_PAGE 500
#define PG_PAGE_TEXT "500"
#define PG_IDS 20000
#define PG_IDS_TEXT "20000"

#define N(number) VALUE_OF_NUMBER(number)
#define B(bytes) VALUE_OF_BYTES(bytes)

int64_t
pg_find(struct store *s, int64_t tape, const uint8_t key[EXCHANGE_KEY_BYTES],
    bool normal, struct store_candidate *out, size_t cap, struct err *e)
{
	struct pg *p = pg_of(s);
	struct str bytes = { (const char *)key, EXCHANGE_KEY_BYTES };
	PGresult *q;
	int64_t n, i;

	/* Who looks before it writes sees what others wrote before it. */
	if (pg_lock_ahead(s, e) != 0)
		return -1;
	q = pg_link_ask(&p->link, "cannot look for a key",
	    normal ? "SELECT id, outcome, status FROM hark_entry "
		     "WHERE tape = $1 AND normal_key = $2 ORDER BY id"
		   : "SELECT id, outcome, status FROM hark_entry "
		     "WHERE tape = $1 AND key = $2 ORDER BY id",
	    PG_VALUES(N(tape), B(bytes)), e);
	if (q == NULL)
		return -1;
	n = pq.ntuples(q);
	for (i = 0; i < n && (uint64_t)i < cap; i++)
		out[i] = (struct store_candidate){
			.id = pg_number(q, (int)i, 0),
			.outcome = entry_row_outcome(pg_bytes(q, (int)i, 1)),
			.status = (int)pg_number(q, (int)i, 2),
		};
	pq.clear(q);
	return n;
}

/* The columns of a row by the type of each. */
static void
read_values(const PGresult *q, struct value *v)
{
	int i;

	for (i = 0; i < ENTRY_VALUES; i++) {
		if (pg_null(q, 0, i))
			v[i] = (struct value){ .kind = VALUE_NULL };
		else if (pq.ftype(q, i) == 17)
			v[i] = B(pg_bytes(q, 0, i));
		else
			v[i] = N(pg_number(q, 0, i));
	}
}

/* With bodies that are not longer than $2, one behind the other. */
#define PG_GET_SQL \
	"SELECT e.*, " PG_BODY_NAMES("q") ", " PG_BODY_NAMES( \
	    "r") " FROM " \
		 "(SELECT " ENTRY_NAMES \
		 " FROM hark_entry WHERE id = $1) AS e " \
		 "LEFT JOIN hark_body AS q ON q.id = e.request_body AND " \
		 "e.request_size <= $2 " \
		 "LEFT JOIN hark_body AS r ON r.id = e.response_body AND " \
		 "e.response_size <= $2"

int
pg_get(struct store *s, int64_t entry, size_t most_body, struct exchange **x,
    struct err *e)
{
	struct value v[ENTRY_VALUES];
	int64_t most =
	    most_body < (size_t)INT64_MAX ? (int64_t)most_body : INT64_MAX;
	PGresult *q = pg_link_ask(&pg_of(s)->link, "cannot read an entry",
	    PG_GET_SQL, PG_VALUES(N(entry), N(most)), e);
	int r = 1;

	*x = NULL;
	if (q == NULL || pq.ntuples(q) == 0) {
		pq.clear(q);
		return q == NULL ? -1 : 0;
	}
	*x = exchange_new();
	read_values(q, v);
	if (entry_row_read(*x, v) != 0)
		r = err_set(e, "store %s: entry %lld is damaged", s->path,
		    (long long)entry);
	if (r == 1 && (pg_body_take(s, &(*x)->request.body, most_body, q,
			   ENTRY_VALUES, e) != 0 ||
			  pg_body_take(s, &(*x)->response.body, most_body, q,
			      ENTRY_VALUES + PG_BODY_COLUMNS, e) != 0))
		r = -1;
	pq.clear(q);
	if (r < 0) {
		exchange_free(*x);
		*x = NULL;
	}
	return r;
}

/* ---- lists ------------------------------------------------------------- */

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

#define PG_LIST_SQL \
	"SELECT e.id, t.name, e.started_us, e.method, e.url, e.status, " \
	"e.outcome, e.failure, e.request_size, e.response_size, " \
	"CASE WHEN coalesce(blocked_us, dns_us, connect_us, send_us, " \
	"wait_us, receive_us) IS NULL THEN -1 ELSE " \
	"coalesce(blocked_us, 0) + coalesce(dns_us, 0) + " \
	"coalesce(connect_us, 0) + coalesce(send_us, 0) + " \
	"coalesce(wait_us, 0) + coalesce(receive_us, 0) END, " \
	"e.response_head, e.tape " \
	"FROM hark_entry AS e JOIN hark_tape AS t ON t.id = e.tape " \
	"WHERE e.id BETWEEN $1 AND $2 AND ($3 = 0 OR e.tape = $3) " \
	"AND ($4 = '' OR e.method = $4) AND e.status BETWEEN $5 AND $6 " \
	"AND e.started_us >= $7 AND e.started_us < $8 " \
	"AND ($9 = 0 OR e.outcome <> 'complete') " \
	"ORDER BY e.id LIMIT " PG_PAGE_TEXT

static PGresult *
list_page(
    struct store *s, const struct store_filter *f, int64_t first, struct err *e)
{
	int low, high;

	store_filter_statuses(f, &low, &high);
	return pg_link_query(&pg_of(s)->link, "cannot list the entries",
	    PG_LIST_SQL,
	    PG_VALUES(N(first), N(f->last_id != 0 ? f->last_id : INT64_MAX),
		N(f->tape), B(f->method), N(low), N(high),
		N(f->since_us != 0 ? f->since_us : INT64_MIN),
		N(f->until_us != 0 ? f->until_us : INT64_MAX), N(f->failed)),
	    e);
}

static void
list_row(const PGresult *q, int i, struct arena *a, struct store_entry_row *row)
{
	struct headers head = { 0 };

	arena_reset(a);
	*row = (struct store_entry_row){
		.id = pg_number(q, i, LIST_ID),
		.tape_id = pg_number(q, i, LIST_TAPE_ID),
		.tape = pg_bytes(q, i, LIST_TAPE),
		.started_us = pg_number(q, i, LIST_STARTED),
		.method = pg_bytes(q, i, LIST_METHOD),
		.url = pg_bytes(q, i, LIST_URL),
		.status = (int)pg_number(q, i, LIST_STATUS),
		.outcome = entry_row_outcome(pg_bytes(q, i, LIST_OUTCOME)),
		.failure = pg_bytes(q, i, LIST_FAILURE),
		.request_size = (uint64_t)pg_number(q, i, LIST_REQUEST_SIZE),
		.response_size = (uint64_t)pg_number(q, i, LIST_RESPONSE_SIZE),
		.time_us = pg_number(q, i, LIST_TIME),
		.mime_type = STR(""),
	};
	if (headers_parse(&head, a, pg_bytes(q, i, LIST_HEAD)) == 0 &&
	    headers_get(&head, "Content-Type").p != NULL)
		row->mime_type = headers_get(&head, "Content-Type");
}

int
pg_list(struct store *s, const struct store_filter *f,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e)
{
	struct store_entry_row row;
	struct arena a = { 0 };
	int64_t first = f->first_id;
	int i, n = PG_PAGE, stop = 0;
	PGresult *q;

	while (stop == 0 && n == PG_PAGE) {
		q = list_page(s, f, first, e);
		n = q != NULL ? pq.ntuples(q) : 0;
		if (q == NULL)
			stop = -1;
		for (i = 0; stop == 0 && i < n; i++) {
			list_row(q, i, &a, &row);
			first = row.id + 1;
			if (f->url.n == 0 || str_glob(f->url, row.url))
				stop = on_entry(arg, &row);
		}
		pq.clear(q);
	}
	arena_fini(&a);
	return stop;
}

int
pg_ids(struct store *s, int64_t tape, void (*on_id)(void *arg, int64_t entry),
    void *arg, struct err *e)
{
	int64_t last = 0;
	int i, n = PG_IDS;
	PGresult *q;

	while (n == PG_IDS) {
		q = pg_link_query(&pg_of(s)->link, "cannot read the ids",
		    "SELECT id FROM hark_entry WHERE tape = $1 AND id > $2 "
		    "ORDER BY id LIMIT " PG_IDS_TEXT,
		    PG_VALUES(N(tape), N(last)), e);
		if (q == NULL)
			return -1;
		n = pq.ntuples(q);
		for (i = 0; i < n; i++) {
			last = pg_number(q, i, 0);
			on_id(arg, last);
		}
		pq.clear(q);
	}
	return 0;
}

int
pg_requests(struct store *s, int64_t after,
    void (*on_request)(void *arg, const struct store_request *), void *arg,
    struct err *e)
{
	struct store_request row;
	int i, n = PG_PAGE;
	PGresult *q;

	while (n == PG_PAGE) {
		q = pg_link_query(&pg_of(s)->link, "cannot list the requests",
		    "SELECT id, tape, method, scope, target, url, "
		    "request_head, coalesce(request_body, 0), request_size, "
		    "extra FROM hark_entry WHERE id > $1 ORDER BY id "
		    "LIMIT " PG_PAGE_TEXT,
		    PG_VALUES(N(after)), e);
		if (q == NULL)
			return -1;
		n = pq.ntuples(q);
		for (i = 0; i < n; i++) {
			row = (struct store_request){
				.id = pg_number(q, i, 0),
				.tape = pg_number(q, i, 1),
				.method = pg_bytes(q, i, 2),
				.scope = pg_bytes(q, i, 3),
				.target = pg_bytes(q, i, 4),
				.url = pg_bytes(q, i, 5),
				.head = pg_bytes(q, i, 6),
				.body = pg_number(q, i, 7),
				.size = (uint64_t)pg_number(q, i, 8),
				.extra = pg_bytes(q, i, 9),
			};
			after = row.id;
			on_request(arg, &row);
		}
		pq.clear(q);
	}
	return 0;
}

/* ---- what keys are made of --------------------------------------------- */

bool
pg_key(const PGresult *q, int row, int column, uint8_t *key)
{
	if (pq.getlength(q, row, column) != EXCHANGE_KEY_BYTES)
		return false;
	memcpy(key, pq.getvalue(q, row, column), EXCHANGE_KEY_BYTES);
	return true;
}

static int
read_request(const PGresult *q, struct exchange *x, struct err *e)
{
	struct body *b = &x->request.body;
	struct arena *a = &x->arena;

	x->id = pg_number(q, 0, 0);
	x->keyed = pg_key(q, 0, 1, x->key);
	x->normal_keyed = pg_key(q, 0, 2, x->normal_key);
	x->method = arena_str(a, pg_bytes(q, 0, 3));
	x->scope = arena_str(a, pg_bytes(q, 0, 4));
	x->target = arena_str(a, pg_bytes(q, 0, 5));
	x->url = arena_str(a, pg_bytes(q, 0, 6));
	b->known = pg_number(q, 0, 8) != 0;
	b->size = (uint64_t)pg_number(q, 0, 9);
	b->stored_id = pg_number(q, 0, 10);
	if (headers_parse(
		&x->request.headers, a, arena_str(a, pg_bytes(q, 0, 7))) == -1)
		return err_set(e,
		    "entry %lld: its request's fields are damaged",
		    (long long)x->id);
	return 1;
}

int
pg_next_request(struct store *s, int64_t tape, int64_t after, size_t most_body,
    struct exchange *x, struct err *e)
{
	PGresult *q = pg_link_query(&pg_of(s)->link, "cannot read a request",
	    "SELECT id, key, normal_key, method, scope, target, url, "
	    "request_head, request_known, request_size, "
	    "coalesce(request_body, 0) FROM hark_entry WHERE tape = $1 AND "
	    "id > $2 ORDER BY id LIMIT 1",
	    PG_VALUES(N(tape), N(after)), e);
	int r = q == NULL ? -1 : 0;

	if (r == 0 && pq.ntuples(q) > 0)
		r = read_request(q, x, e);
	pq.clear(q);
	if (r == 1 && pg_body_load(s, &x->request.body, most_body, e) == -1)
		return -1;
	return r;
}

int
pg_long_requests(struct store *s, int64_t tape,
    int (*on_entry)(void *arg, int64_t tape, int64_t entry), void *arg,
    struct err *e)
{
	PGresult *q =
	    pg_link_query(&pg_of(s)->link, "cannot look for long bodies",
		"SELECT tape, id FROM hark_entry WHERE request_size > 1048576 "
		"AND request_body IS NOT NULL AND key IS NOT NULL "
		"AND ($1 = 0 OR tape = $1) ORDER BY tape, id",
		PG_VALUES(N(tape)), e);
	int i, stop = q == NULL ? -1 : 0;

	for (i = 0; stop == 0 && i < pq.ntuples(q); i++)
		stop = on_entry(arg, pg_number(q, i, 0), pg_number(q, i, 1));
	pq.clear(q);
	return stop;
}

/* There was no other way to make them when these stores began. */
int
pg_long_keyed(struct store *s, struct err *e)
{
	(void)s;
	(void)e;
	return 1;
}

int
pg_set_long_keyed(struct store *s, struct err *e)
{
	(void)s;
	(void)e;
	return 0;
}

static bool
read_any(struct store *s, const char *sql, int64_t tape)
{
	struct err e;
	bool none = true;

	(void)pg_link_number(&pg_of(s)->link, "cannot look into the tape", sql,
	    PG_VALUES(N(tape)), &none, &e);
	return !none;
}

bool
pg_has_unknown_bodies(struct store *s, int64_t tape)
{
	return read_any(s,
	    "SELECT 1 FROM hark_entry WHERE tape = $1 AND request_known = 0 "
	    "LIMIT 1",
	    tape);
}

bool
pg_has_scopes(struct store *s, int64_t tape)
{
	return read_any(s,
	    "SELECT 1 FROM hark_entry WHERE tape = $1 AND scope <> '' LIMIT 1",
	    tape);
}
