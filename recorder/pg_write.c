#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "recorder/pg_priv.h"

#define N(number) VALUE_OF_NUMBER(number)
#define B(bytes) VALUE_OF_BYTES(bytes)

static const struct pg_rows_as write_entries = {
	.doing = "cannot store an entry",
	.into = "INSERT INTO hark_entry (" ENTRY_NAMES ")",
	.end = "",
	.columns = ENTRY_VALUES,
	.kinds = {
		[ENTRY_key] = VALUE_BYTES,
		[ENTRY_request_trailers] = VALUE_BYTES,
		[ENTRY_response_trailers] = VALUE_BYTES,
		[ENTRY_interims] = VALUE_BYTES,
		[ENTRY_chunks] = VALUE_BYTES,
		[ENTRY_normal_key] = VALUE_BYTES,
	},
};

static int
write_entry(struct pg *p, const struct value *v, struct err *e)
{
	if (p->entries == NULL)
		p->entries = pg_rows_new(&write_entries);
	return pg_link_row(&p->link, p->entries, v, e);
}

/* The draft's writer is behind its other columns. */
static int
write_draft(struct pg *p, const struct value *v, struct err *e)
{
	struct buf sql = { 0 };
	int i, r;

	buf_add_text(
	    &sql, "INSERT INTO hark_draft (" ENTRY_NAMES ", writer) VALUES (");
	for (i = 1; i <= ENTRY_VALUES + 1; i++)
		buf_addf(&sql, "%s$%d", i > 1 ? "," : "", i);
	buf_add_text(&sql, ")");
	r = pg_link_later(&p->link, "cannot store a draft", buf_text(&sql), v,
	    ENTRY_VALUES + 1, e);
	buf_free(&sql);
	return r;
}

int
pg_put_row(struct store *s, int64_t tape, int64_t id, struct exchange *x,
    struct err *e)
{
	struct pg *p = pg_of(s);
	int64_t request = pg_body_put(s, &x->request.body, e);
	int64_t response =
	    request < 0 ? -1 : pg_body_put(s, &x->response.body, e);
	struct value v[ENTRY_VALUES + 1];
	int r;

	if (response < 0)
		return -1;
	entry_row_fill(&s->scratch, x, v);
	v[ENTRY_tape] = N(tape);
	v[ENTRY_id] = N(id);
	v[ENTRY_VALUES] = N(p->writer);
	entry_row_body(&v[ENTRY_request_body], request);
	entry_row_body(&v[ENTRY_response_body], response);
	if (id < 0) {
		r = write_draft(p, v, e);
	} else {
		r = write_entry(p, v, e);
		pg_touch(s, tape, PG_ADDED, 0);
	}
	if (r == 0)
		x->id = id;
	return r;
}

struct pg_write {
	int64_t tape, entry;
	struct exchange *x;
	const struct exchange *keys;
};

static int
write_put(struct store *s, void *arg, struct err *e)
{
	struct pg_write *w = arg;

	if (pg_lock(s, e) != 0)
		return -1;
	return pg_put_row(s, w->tape, ++pg_of(s)->last, w->x, e);
}

int
pg_put(struct store *s, int64_t tape, struct exchange *x, struct err *e)
{
	struct pg_write w = { .tape = tape, .x = x };

	return pg_transact(s, write_put, &w, e);
}

/* With x, it comes in the place of the entry.  1, 0 or -1. */
static int
write_remove(struct store *s, void *arg, struct err *e)
{
	struct pg_write *w = arg;
	int64_t tape, bodies[2];
	PGresult *q;

	if (pg_lock(s, e) != 0)
		return -1;
	q = pg_link_query(&pg_of(s)->link, "cannot read an entry",
	    "SELECT tape, coalesce(request_body, 0), "
	    "coalesce(response_body, 0) FROM hark_entry WHERE id = $1",
	    PG_VALUES(N(w->entry)), e);
	if (q == NULL || pq.ntuples(q) == 0) {
		pq.clear(q);
		return q == NULL ? -1 : 0;
	}
	tape = pg_number(q, 0, 0);
	bodies[0] = pg_number(q, 0, 1);
	bodies[1] = pg_number(q, 0, 2);
	pq.clear(q);
	if (pg_link_later(&pg_of(s)->link, "cannot delete an entry",
		"DELETE FROM hark_entry WHERE tape = $1 AND id = $2",
		PG_VALUES(N(tape), N(w->entry)), e) == -1)
		return -1;
	pg_touch(s, tape, PG_CHANGED, 1);
	if (w->x != NULL && pg_put_row(s, tape, w->entry, w->x, e) != 0)
		return -1;
	if (pg_body_release(s, bodies[0], e) != 0)
		return -1;
	if (bodies[1] != bodies[0] && pg_body_release(s, bodies[1], e) != 0)
		return -1;
	return 1;
}

int
pg_replace(struct store *s, struct exchange *x, struct err *e)
{
	struct pg_write w = { .entry = x->id, .x = x };

	return pg_transact(s, write_remove, &w, e);
}

int
pg_remove(struct store *s, int64_t entry, struct err *e)
{
	struct pg_write w = { .entry = entry };

	if (entry < 0)
		return pg_draft_remove(s, entry, e);
	return pg_transact(s, write_remove, &w, e);
}

static int
write_again(struct store *s, void *arg, struct err *e)
{
	struct pg_write *w = arg;
	int64_t tape;

	if (pg_lock(s, e) != 0)
		return -1;
	tape = pg_link_number(&pg_of(s)->link, "cannot count an entry",
	    "UPDATE hark_entry SET times = times + 1 WHERE id = $1 "
	    "RETURNING tape",
	    PG_VALUES(N(w->entry)), NULL, e);
	if (tape > 0)
		pg_touch(s, tape, PG_CHANGED, 0);
	return tape == -1 ? -1 : 0;
}

int
pg_count_again(struct store *s, int64_t entry, struct err *e)
{
	struct pg_write w = { .entry = entry };

	return pg_transact(s, write_again, &w, e);
}

static struct value
write_key(const uint8_t *key, bool keyed)
{
	struct value none = { .kind = VALUE_NULL };

	return keyed
		   ? B(((struct str){ (const char *)key, EXCHANGE_KEY_BYTES }))
		   : none;
}

static int
write_keys(struct store *s, void *arg, struct err *e)
{
	const struct exchange *x = ((struct pg_write *)arg)->keys;

	if (pg_lock(s, e) != 0)
		return -1;
	pg_touch(s, PG_ANY_TAPE, PG_CHANGED, 0);
	return pg_link_later(&pg_of(s)->link,
	    "cannot change the keys of an entry",
	    "UPDATE hark_entry SET key = $2, normal_key = $3 WHERE id = $1",
	    PG_VALUES(N(x->id), write_key(x->key, x->keyed),
		write_key(x->normal_key, x->normal_keyed)),
	    e);
}

int
pg_set_keys(struct store *s, const struct exchange *x, struct err *e)
{
	struct pg_write w = { .keys = x };

	return pg_transact(s, write_keys, &w, e);
}
