#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#include "recorder/pg_priv.h"

/* Parts that are read at a time. */
#define PG_PARTS "8"

#define N(number) VALUE_OF_NUMBER(number)
#define B(bytes) VALUE_OF_BYTES(bytes)

static struct str
digest_str(const uint8_t sha256[DIGEST_BYTES])
{
	return (struct str){ (const char *)sha256, DIGEST_BYTES };
}

/* The id that a body with this digest has, unless another has it already. */
static int64_t
digest_id(const uint8_t sha256[DIGEST_BYTES])
{
	uint64_t head = 0;
	int i;

	for (i = 0; i < 8; i++)
		head = head << 8 | sha256[i];
	head &= INT64_MAX;
	return head > 0 ? (int64_t)head : 1;
}

/* The id of the body with this digest, or the one that it is to have: *there
 * says which; -1 on error. */
static int64_t
pg_body_find(struct store *s, const uint8_t sha256[DIGEST_BYTES], bool *there,
    struct err *e)
{
	int64_t id = digest_id(sha256);
	struct str has;
	PGresult *q;
	bool other = true;

	for (; other; id = other ? id % INT64_MAX + 1 : id) {
		q = pg_link_query(&pg_of(s)->link, "cannot look for a body",
		    "SELECT digest FROM hark_body WHERE id = $1",
		    PG_VALUES(N(id)), e);
		if (q == NULL)
			return -1;
		*there = pq.ntuples(q) > 0;
		has = *there ? pg_bytes(q, 0, 0) : STR("");
		other = *there && !str_eq(has, digest_str(sha256));
		pq.clear(q);
	}
	return id;
}

/* ---- bodies that were seen lately --------------------------------------- */

#define PG_KNOWN 1024

struct pg_known {
	int64_t id;
	uint64_t when; /* the transaction */
	uint8_t sha256[DIGEST_BYTES];
};

enum pg_known_when { PG_KNOWN_NOT, PG_KNOWN_ONCE, PG_KNOWN_NOW };

/* When the body was seen last: in this transaction, so that it is there, or in
 * another.  It is from now on. */
static enum pg_known_when
pg_known(struct pg *p, int64_t id, const uint8_t sha256[DIGEST_BYTES])
{
	struct pg_known *k;
	enum pg_known_when when = PG_KNOWN_NOT;

	if (p->known == NULL)
		p->known = xcalloc(PG_KNOWN, sizeof(*p->known));
	k = &p->known[id % PG_KNOWN];
	if (k->id == id && memcmp(k->sha256, sha256, DIGEST_BYTES) == 0)
		when = k->when == p->now ? PG_KNOWN_NOW : PG_KNOWN_ONCE;
	k->id = id;
	k->when = p->now;
	memcpy(k->sha256, sha256, DIGEST_BYTES);
	return when;
}

static void
pg_known_forget(struct pg *p, int64_t id)
{
	if (p->known != NULL && p->known[id % PG_KNOWN].id == id)
		p->known[id % PG_KNOWN].id = 0;
}

void
pg_body_forget_known(struct pg *p)
{
	free(p->known);
	p->known = NULL;
}

/* ---- writing ------------------------------------------------------------ */

struct pg_piece {
	int64_t body;
	struct str bytes;
	uint64_t offset;
};

static int
pg_piece_put(struct store *s, void *arg, struct err *e)
{
	struct pg_piece *p = arg;

	return pg_link_later(&pg_of(s)->link, "cannot store a part of a body",
	    "INSERT INTO hark_part (parts, at, bytes) VALUES ($1, "
	    "coalesce((SELECT at + octet_length(bytes) FROM hark_part "
	    "WHERE parts = $1 ORDER BY at DESC LIMIT 1), 0), $2)",
	    PG_VALUES(N(p->body), B(p->bytes)), e);
}

static int
pg_open_body(struct store *s, void *arg, struct err *e)
{
	int64_t *id = arg;

	*id = pg_random();
	return pg_link_later(&pg_of(s)->link, "cannot begin a body",
	    "INSERT INTO hark_body (id, size, parts, writer) "
	    "VALUES ($1, 0, $1, $2)",
	    PG_VALUES(N(*id), N(pg_of(s)->writer)), e);
}

int64_t
pg_body_begin(struct store *s, struct err *e)
{
	int64_t id;

	return pg_transact(s, pg_open_body, &id, e) == 0 ? id : -1;
}

int
pg_body_part(struct store *s, int64_t body, struct str bytes, struct err *e)
{
	struct pg_piece p = { .body = body };

	while (bytes.n > 0) {
		p.bytes = bytes;
		if (p.bytes.n > BODY_PART)
			p.bytes.n = BODY_PART;
		if (pg_transact(s, pg_piece_put, &p, e) != 0)
			return -1;
		bytes.p += p.bytes.n;
		bytes.n -= p.bytes.n;
	}
	return 0;
}

static int
pg_forget(struct store *s, void *arg, struct err *e)
{
	int64_t body = *(int64_t *)arg;
	struct pg_link *l = &pg_of(s)->link;

	pg_known_forget(pg_of(s), body);
	if (pg_link_later(l, "cannot delete parts of a body",
		"DELETE FROM hark_part WHERE parts = (SELECT parts FROM "
		"hark_body WHERE id = $1)",
		PG_VALUES(N(body)), e) == -1)
		return -1;
	return pg_link_later(l, "cannot delete a body",
	    "DELETE FROM hark_body WHERE id = $1", PG_VALUES(N(body)), e);
}

int
pg_body_forget(struct store *s, int64_t body, struct err *e)
{
	return pg_transact(s, pg_forget, &body, e);
}

struct pg_ended {
	int64_t body, id;
	uint64_t size;
	const uint8_t *sha256;
};

static int
pg_end_body(struct store *s, void *arg, struct err *e)
{
	struct pg_ended *b = arg;
	struct pg_link *l = &pg_of(s)->link;
	bool there;

	if (pg_lock(s, e) != 0)
		return -1;
	b->id = pg_body_find(s, b->sha256, &there, e);
	if (b->id == -1)
		return -1;
	if (there)
		return pg_forget(s, &b->body, e);
	if (pg_link_later(l, "cannot end a body",
		"INSERT INTO hark_body (id, digest, size, parts) VALUES "
		"($1, $2, $3, $4)",
		PG_VALUES(N(b->id), B(digest_str(b->sha256)),
		    N((int64_t)b->size), N(b->body)),
		e) == -1)
		return -1;
	return pg_link_later(l, "cannot end a body",
	    "DELETE FROM hark_body WHERE id = $1", PG_VALUES(N(b->body)), e);
}

int64_t
pg_body_end(struct store *s, int64_t body, uint64_t size,
    const uint8_t sha256[DIGEST_BYTES], struct err *e)
{
	struct pg_ended b = { .body = body, .size = size, .sha256 = sha256 };

	return pg_transact(s, pg_end_body, &b, e) == 0 ? b.id : -1;
}

static int
pg_cut(struct store *s, void *arg, struct err *e)
{
	struct pg_piece *p = arg;

	return pg_link_later(&pg_of(s)->link, "cannot delete parts of a body",
	    "DELETE FROM hark_part WHERE parts = $1 AND at >= $2",
	    PG_VALUES(N(p->body), N((int64_t)p->offset)), e);
}

int
pg_body_cut(struct store *s, int64_t body, uint64_t offset, struct err *e)
{
	struct pg_piece p = { .body = body, .offset = offset };

	return pg_transact(s, pg_cut, &p, e);
}

int64_t
pg_body_size(struct store *s, int64_t body, struct err *e)
{
	return pg_link_number(&pg_of(s)->link, "cannot read a body",
	    "SELECT CAST(coalesce(sum(octet_length(bytes)), 0) AS BIGINT) "
	    "FROM hark_part WHERE parts = $1",
	    PG_VALUES(N(body)), NULL, e);
}

static int
pg_put_parts(struct store *s, const struct body *b, struct err *e)
{
	int64_t parts = pg_body_begin(s, e);

	if (parts < 0 || pg_body_part(s, parts, buf_str(&b->bytes), e) != 0)
		return -1;
	return pg_body_end(s, parts, b->bytes.n, b->sha256, e) == -1 ? -1 : 0;
}

static const struct pg_rows_as body_rows = {
	.doing = "cannot store a body",
	.into = "INSERT INTO hark_body (id, digest, size, bytes)",
	.end = " ON CONFLICT (id) DO UPDATE SET size = "
	       "hark_body.size / (hark_body.size - hark_body.size) WHERE "
	       "hark_body.digest IS DISTINCT FROM EXCLUDED.digest",
	.columns = 4,
};

/* One that has the id of another of the same statement would not be compared
 * with it. */
static int
pg_put_row_of(struct pg *p, const struct body *b, int64_t id, struct err *e)
{
	if (p->bodies == NULL)
		p->bodies = pg_rows_new(&body_rows);
	if (pg_rows_has(p->bodies, id) && pg_link_put_rows(&p->link, e) != 0)
		return -1;
	return pg_link_row(&p->link, p->bodies,
	    (struct value[]){ N(id), B(digest_str(b->sha256)),
		N((int64_t)b->bytes.n), B(buf_str(&b->bytes)) },
	    e);
}

/*
 * A body that fits into one row has the id of its digest, it is supposed: the
 * statement fails when that id is another's, and then all is done again with
 * care.
 */
static int
pg_put_bytes(struct store *s, const struct body *b, int64_t id, struct err *e)
{
	struct str digest = digest_str(b->sha256);

	switch (pg_known(pg_of(s), id, b->sha256)) {
	case PG_KNOWN_NOW:
		return 0;
	case PG_KNOWN_ONCE:
		return pg_link_ahead(&pg_of(s)->link, "cannot find a body",
		    "SELECT 1 / (SELECT count(*) FROM hark_body WHERE "
		    "id = $1 AND digest = $2)",
		    PG_VALUES(N(id), B(digest)), e);
	default:
		return pg_put_row_of(pg_of(s), b, id, e);
	}
}

int64_t
pg_body_put(struct store *s, struct body *b, struct err *e)
{
	bool there = false;
	int64_t id;

	if (!b->known || b->stored_id > 0)
		return b->known ? b->stored_id : 0;
	if (b->spool != NULL)
		return store_put_spool(s, b, e);
	if (b->bytes.n == 0)
		return 0;
	if (!b->hashed) {
		digest_add(s->digest, b->bytes.p, b->bytes.n);
		digest_end(s->digest, b->sha256);
		b->hashed = true;
	}
	id = digest_id(b->sha256);
	if (pg_of(s)->careful || b->bytes.n > BODY_PART)
		id = pg_body_find(s, b->sha256, &there, e);
	if (id == -1 || there)
		return id;
	if (b->bytes.n > BODY_PART)
		return pg_put_parts(s, b, e) == 0 ? id : -1;
	return pg_put_bytes(s, b, id, e) == 0 ? id : -1;
}

/* ---- reading ----------------------------------------------------------- */

static int
pg_load_parts(struct store *s, struct body *b, int64_t parts, struct err *e)
{
	int64_t at = 0;
	PGresult *q;
	int i, n = 1;

	while (n > 0 && b->bytes.n <= b->size) {
		q = pg_link_query(&pg_of(s)->link, "cannot read a body",
		    "SELECT at, bytes FROM hark_part WHERE parts = $1 AND "
		    "at >= $2 ORDER BY at LIMIT " PG_PARTS,
		    PG_VALUES(N(parts), N(at)), e);
		if (q == NULL)
			return -1;
		n = pq.ntuples(q);
		for (i = 0; i < n; i++) {
			at = pg_number(q, i, 0) + 1;
			buf_add_str(&b->bytes, pg_bytes(q, i, 1));
		}
		pq.clear(q);
	}
	return 0;
}

int
pg_body_take(struct store *s, struct body *b, uint64_t most, const PGresult *q,
    int column, struct err *e)
{
	if (b->stored_id == 0 || b->size > most)
		return 0;
	if (pq.ntuples(q) == 0 || pg_null(q, 0, column))
		return err_set(e, "store %s: body %lld is missing", s->path,
		    (long long)b->stored_id);
	if (pq.getlength(q, 0, column + 1) == DIGEST_BYTES) {
		memcpy(b->sha256, pq.getvalue(q, 0, column + 1), DIGEST_BYTES);
		b->hashed = true;
	}
	buf_add_str(&b->bytes, pg_bytes(q, 0, column + 2));
	/* Its bytes are in the row, or in parts. */
	if (!pg_null(q, 0, column + 3) &&
	    pg_load_parts(s, b, pg_number(q, 0, column + 3), e) != 0)
		return -1;
	if (store_body_verify(s, b, e) != 0)
		return -1;
	b->stored_id = 0;
	return 0;
}

int
pg_body_load(struct store *s, struct body *b, uint64_t most, struct err *e)
{
	PGresult *q;
	int r;

	if (b->stored_id == 0 || b->size > most)
		return 0;
	q = pg_link_query(&pg_of(s)->link, "cannot read a body",
	    "SELECT " PG_BODY_NAMES("b") " FROM hark_body AS b WHERE b.id = $1",
	    PG_VALUES(N(b->stored_id)), e);
	r = q != NULL ? pg_body_take(s, b, most, q, 0, e) : -1;
	pq.clear(q);
	return r;
}

/* Which parts the body has: 0 when it is in one row; -1 on error.  From its
 * start on it is summed up, unless it has no digest yet. */
static int64_t
pg_parts_of(struct store *s, int64_t body, bool start, struct err *e)
{
	struct pg *p = pg_of(s);
	PGresult *q;
	struct str digest;

	if (p->reading.body == body && !start)
		return p->reading.parts;
	p->reading.body = 0;
	q = pg_link_ask(&p->link, "cannot open a body",
	    "SELECT coalesce(parts, 0), size, digest FROM hark_body "
	    "WHERE id = $1",
	    PG_VALUES(N(body)), e);
	if (q == NULL || pq.ntuples(q) == 0) {
		if (q != NULL)
			err_set(e, "store %s: cannot open a body: no body %lld",
			    s->path, (long long)body);
		pq.clear(q);
		return -1;
	}
	p->reading.body = body;
	p->reading.parts = pg_number(q, 0, 0);
	digest = pg_bytes(q, 0, 2);
	if (start && digest.n == DIGEST_BYTES)
		sums_begin(&p->sums, body, (uint64_t)pg_number(q, 0, 1),
		    (const uint8_t *)digest.p);
	pq.clear(q);
	return p->reading.parts;
}

static int64_t
pg_copy(PGresult *q, void *out, size_t n)
{
	struct str piece = STR("");

	if (q == NULL)
		return -1;
	if (pq.ntuples(q) > 0)
		piece = pg_bytes(q, 0, 0);
	if (piece.n < n)
		n = piece.n;
	if (n > 0)
		memcpy(out, piece.p, n);
	pq.clear(q);
	return (int64_t)n;
}

static PGresult *
pg_read_piece(struct store *s, int64_t body, int64_t parts, int64_t at,
    int64_t n, struct err *e)
{
	if (parts == 0)
		return pg_link_ask(&pg_of(s)->link, "cannot read a body",
		    "SELECT substring(bytes FROM CAST($2 + 1 AS INT) FOR "
		    "CAST($3 AS INT)) FROM hark_body WHERE id = $1 AND "
		    "size > $2",
		    PG_VALUES(N(body), N(at), N(n)), e);
	return pg_link_ask(&pg_of(s)->link, "cannot read a body",
	    "SELECT substring(bytes FROM CAST($2 - at + 1 AS INT) FOR "
	    "CAST($3 AS INT)) FROM hark_part WHERE parts = $1 AND at <= $2 AND "
	    "at + octet_length(bytes) > $2 ORDER BY at DESC LIMIT 1",
	    PG_VALUES(N(parts), N(at), N(n)), e);
}

int64_t
pg_body_read(struct store *s, int64_t body, uint64_t offset, void *out,
    size_t n, struct err *e)
{
	int64_t parts = pg_parts_of(s, body, offset == 0, e);
	int64_t at = offset > INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)offset;
	int64_t got;

	if (parts < 0)
		return -1;
	if (n > BODY_PART)
		n = BODY_PART;
	got = pg_copy(pg_read_piece(s, body, parts, at, (int64_t)n, e), out, n);
	if (got > 0 &&
	    !sums_add(&pg_of(s)->sums, body, offset, out, (size_t)got))
		return store_body_damaged(s, body, e);
	return got;
}

int
pg_body_release(struct store *s, int64_t body, struct err *e)
{
	bool none = false;

	if (body == 0)
		return 0;
	if (pg_link_number(&pg_of(s)->link, "cannot look for users of a body",
		"SELECT 1 FROM hark_entry WHERE request_body = $1 UNION ALL "
		"SELECT 1 FROM hark_entry WHERE response_body = $1 UNION ALL "
		"SELECT 1 FROM hark_draft WHERE request_body = $1 OR "
		"response_body = $1 LIMIT 1",
		PG_VALUES(N(body)), &none, e) == -1)
		return -1;
	return none ? pg_forget(s, &body, e) : 0;
}
