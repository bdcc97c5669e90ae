/* What retention (retain.h) asks of a database: many entries go by a few
 * statements, since others wait for the lock meanwhile. */
#include "config.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/err.h"

#include "recorder/pg_priv.h"

#define N(number) VALUE_OF_NUMBER(number)

/* Of the bodies in a list, those that nobody has. */
#define PG_UNUSED \
	" AND NOT EXISTS (SELECT 1 FROM hark_entry AS q WHERE " \
	"q.request_body = hark_body.id) AND NOT EXISTS (SELECT 1 FROM " \
	"hark_entry AS p WHERE p.response_body = hark_body.id) AND NOT " \
	"EXISTS (SELECT 1 FROM hark_draft AS d WHERE d.request_body = " \
	"hark_body.id OR d.response_body = hark_body.id)"

static void
retain_add_id(struct buf *list, int64_t id)
{
	buf_addf(list, "%s%" PRId64, list->n > 0 ? "," : "", id);
}

static int
retain_delete_bodies(struct store *s, const char *from, const struct buf *ids,
    const char *end, struct err *e)
{
	struct buf sql = { 0 };
	int64_t n;

	buf_addf(&sql, "DELETE FROM %s id IN (", from);
	buf_add_str(&sql, buf_str(ids));
	buf_addf(&sql, ")" PG_UNUSED "%s", end);
	n = pg_link_run(&pg_of(s)->link, "cannot delete bodies", buf_text(&sql),
	    NULL, 0, e);
	buf_free(&sql);
	return n == -1 ? -1 : 0;
}

static int
retain_release(struct store *s, const struct buf *bodies, struct err *e)
{
	if (bodies->n == 0)
		return 0;
	if (retain_delete_bodies(s,
		"hark_part WHERE parts IN (SELECT parts FROM hark_body WHERE "
		"parts IS NOT NULL AND",
		bodies, ")", e) != 0)
		return -1;
	return retain_delete_bodies(s, "hark_body WHERE", bodies, "", e);
}

struct pg_many {
	int64_t tape;
	const int64_t *entries;
	size_t n;
};

static PGresult *
retain_delete(struct store *s, const struct pg_many *m, struct err *e)
{
	struct buf sql = { 0 }, ids = { 0 };
	PGresult *q;
	size_t i;

	for (i = 0; i < m->n; i++)
		retain_add_id(&ids, m->entries[i]);
	buf_addf(&sql,
	    "DELETE FROM hark_entry WHERE tape = $1 AND id IN (%s) RETURNING "
	    "coalesce(request_body, 0), coalesce(response_body, 0)",
	    buf_text(&ids));
	q = pg_link_query(&pg_of(s)->link, "cannot delete entries",
	    buf_text(&sql), PG_VALUES(N(m->tape)), e);
	buf_free(&ids);
	buf_free(&sql);
	return q;
}

static int
retain_remove(struct store *s, void *arg, struct err *e)
{
	const struct pg_many *m = arg;
	struct buf bodies = { 0 };
	PGresult *q;
	int64_t body;
	int i, column, n, r;

	if (pg_lock(s, e) != 0)
		return -1;
	q = retain_delete(s, m, e);
	if (q == NULL)
		return -1;
	n = pq.ntuples(q);
	for (i = 0; i < n; i++)
		for (column = 0; column < 2; column++) {
			body = pg_number(q, i, column);
			if (body != 0)
				retain_add_id(&bodies, body);
		}
	pq.clear(q);
	if (n > 0)
		pg_touch(s, m->tape, PG_CHANGED, n);
	pg_body_forget_known(pg_of(s));
	r = retain_release(s, &bodies, e);
	buf_free(&bodies);
	return r == 0 ? n : -1;
}

int64_t
pg_remove_many(struct store *s, int64_t tape, const int64_t *entries, size_t n,
    struct err *e)
{
	struct pg_many m = { tape, entries, n };

	return pg_transact(s, retain_remove, &m, e);
}

int64_t
pg_removed(struct store *s, int64_t tape, struct err *e)
{
	/* Nobody removes more before the transaction is over. */
	if (pg_lock_ahead(s, e) != 0)
		return -1;
	return pg_link_number(&pg_of(s)->link, "cannot read the tape",
	    "SELECT removed FROM hark_change WHERE tape = $1",
	    PG_VALUES(N(tape)), NULL, e);
}

int64_t
pg_weigh(struct store *s, int64_t tape, int64_t after, struct store_weight *out,
    size_t most, struct err *e)
{
	PGresult *q = pg_link_query(&pg_of(s)->link, "cannot weigh the tape",
	    "SELECT id, started_us, request_size + response_size + "
	    "coalesce(request_head_bytes, 0) + "
	    "coalesce(response_head_bytes, 0), key, normal_key "
	    "FROM hark_entry WHERE tape = $1 AND id > $2 ORDER BY id LIMIT $3",
	    PG_VALUES(N(tape), N(after), N((int64_t)most)), e);
	int i, n;

	if (q == NULL)
		return -1;
	n = pq.ntuples(q);
	for (i = 0; i < n; i++) {
		out[i] = (struct store_weight){
			.id = pg_number(q, i, 0),
			.started_us = pg_number(q, i, 1),
			.bytes = (uint64_t)pg_number(q, i, 2),
		};
		out[i].keyed = pg_key(q, i, 3, out[i].key);
		out[i].normal_keyed = pg_key(q, i, 4, out[i].normal_key);
	}
	pq.clear(q);
	return n;
}
