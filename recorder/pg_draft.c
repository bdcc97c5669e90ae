/*
 * Drafts are rows of their own table, under the number of the writer that
 * makes them.  A writer that goes on says so every ten seconds; what one left
 * that has not for a minute becomes truncated entries by the next that opens
 * the store for writing.
 */
#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

#include "recorder/pg_priv.h"

#define DRAFT_FAILURE "hark ended while it was being recorded"

/* Whether a writer of that number is gone. */
#define DRAFT_GONE(writer) \
	"NOT EXISTS (SELECT 1 FROM hark_writer WHERE id = " writer \
	" AND seen_us > " PG_NOW_US " - 60000000)"

#define N(number) VALUE_OF_NUMBER(number)
#define B(bytes) VALUE_OF_BYTES(bytes)

struct pg_draft {
	int64_t tape, id, body;
	struct exchange *x;
	struct str packed;
};

static int
draft_put(struct store *s, void *arg, struct err *e)
{
	struct pg_draft *d = arg;

	/* Nobody removes the body of its request meanwhile. */
	if (pg_lock(s, e) != 0)
		return -1;
	d->x->response.body.stored_id = d->body;
	d->x->outcome = OUTCOME_TRUNCATED;
	d->x->failure = STR(DRAFT_FAILURE);
	return pg_put_row(s, d->tape, d->id, d->x, e);
}

int
pg_draft(struct store *s, int64_t tape, struct exchange *x, int64_t body,
    struct err *e)
{
	struct pg_draft d = { .tape = tape, .x = x, .body = body };

	d.id = -++pg_of(s)->drafts;
	return pg_transact(s, draft_put, &d, e);
}

static int
draft_chunks(struct store *s, void *arg, struct err *e)
{
	struct pg_draft *d = arg;

	return pg_link_later(&pg_of(s)->link, "cannot store chunk marks",
	    "UPDATE hark_draft SET chunks = coalesce(chunks, '') || $3 "
	    "WHERE writer = $1 AND id = $2",
	    PG_VALUES(N(pg_of(s)->writer), N(d->id), B(d->packed)), e);
}

int
pg_draft_chunks(
    struct store *s, int64_t draft, struct str packed, struct err *e)
{
	struct pg_draft d = { .id = draft, .packed = packed };

	return pg_transact(s, draft_chunks, &d, e);
}

static int
draft_remove(struct store *s, void *arg, struct err *e)
{
	struct pg_draft *d = arg;
	int64_t bodies[2];
	PGresult *q;

	if (pg_lock(s, e) != 0)
		return -1;
	q = pg_link_query(&pg_of(s)->link, "cannot delete a draft",
	    "DELETE FROM hark_draft WHERE writer = $1 AND id = $2 RETURNING "
	    "coalesce(request_body, 0), coalesce(response_body, 0)",
	    PG_VALUES(N(pg_of(s)->writer), N(d->id)), e);
	if (q == NULL || pq.ntuples(q) == 0) {
		pq.clear(q);
		return q == NULL ? -1 : 0;
	}
	bodies[0] = pg_number(q, 0, 0);
	bodies[1] = pg_number(q, 0, 1);
	pq.clear(q);
	if (pg_body_release(s, bodies[0], e) != 0 ||
	    pg_body_release(s, bodies[1], e) != 0)
		return -1;
	return 1;
}

int
pg_draft_remove(struct store *s, int64_t draft, struct err *e)
{
	struct pg_draft d = { .id = draft };

	return pg_transact(s, draft_remove, &d, e);
}

/* ---- what is left of a writer that is gone ----------------------------- */

/* Names a body by its content: the parts that came become one that ended. */
static int64_t
draft_end_body(struct store *s, int64_t body, uint64_t size, struct err *e)
{
	struct body b = { .known = true, .stored_id = body, .size = size };
	uint8_t sha256[DIGEST_BYTES];
	char *bytes;
	uint64_t at = 0;
	int64_t n, id = -1;

	if (size <= BODY_PART) {
		if (pg_body_load(s, &b, BODY_PART, e) == 0 &&
		    pg_body_forget(s, body, e) == 0) {
			b.hashed = false;
			id = pg_body_put(s, &b, e);
		}
		body_clear(&b);
		return id;
	}
	bytes = xmalloc(BODY_PART);
	while ((n = pg_body_read(s, body, at, bytes, BODY_PART, e)) > 0) {
		digest_add(s->digest, bytes, (size_t)n);
		at += (uint64_t)n;
	}
	digest_end(s->digest, sha256);
	free(bytes);
	return n == 0 ? pg_body_end(s, body, size, sha256, e) : -1;
}

static int
draft_set_body(struct store *s, int64_t entry, int64_t body, struct err *e)
{
	struct value id = { .kind = VALUE_NULL };
	int64_t size = pg_body_size(s, body, e);

	if (size > 0)
		body = draft_end_body(s, body, (uint64_t)size, e);
	if (size < 0 || body < 0)
		return -1;
	if (size > 0)
		id = N(body);
	return pg_link_run(&pg_of(s)->link, "cannot make an entry of a draft",
		   "UPDATE hark_entry SET response_body = $2, "
		   "response_size = $3 WHERE id = $1",
		   PG_VALUES(N(entry), id, N(size)), e) == -1
		   ? -1
		   : 0;
}

static int
draft_mend_one(struct store *s, const PGresult *q, struct err *e)
{
	struct pg *p = pg_of(s);
	int64_t writer = pg_number(q, 0, 0), draft = pg_number(q, 0, 1);
	int64_t body = pg_number(q, 0, 2), entry = ++p->last;

	pg_touch(s, pg_number(q, 0, 3), PG_ADDED, 0);
	if (pg_link_run(&p->link, "cannot make an entry of a draft",
		"INSERT INTO hark_entry (" ENTRY_NAMES
		") SELECT " ENTRY_COLUMNS(ENTRY_NAME) "$3 FROM hark_draft "
						      "WHERE writer = $1 AND "
						      "id = $2",
		PG_VALUES(N(writer), N(draft), N(entry)), e) == -1 ||
	    pg_link_run(&p->link, "cannot delete a draft",
		"DELETE FROM hark_draft WHERE writer = $1 AND id = $2",
		PG_VALUES(N(writer), N(draft)), e) == -1)
		return -1;
	return body == 0 ? 0 : draft_set_body(s, entry, body, e);
}

static int
draft_mend_drafts(struct store *s, struct err *e)
{
	PGresult *q;
	int r;

	for (;;) {
		q = pg_link_query(&pg_of(s)->link, "cannot read drafts",
		    "SELECT writer, id, coalesce(response_body, 0), tape FROM "
		    "hark_draft WHERE " DRAFT_GONE(
			"writer") " ORDER BY writer, id DESC LIMIT 1",
		    NULL, 0, e);
		if (q == NULL || pq.ntuples(q) == 0) {
			pq.clear(q);
			return q == NULL ? -1 : 0;
		}
		r = draft_mend_one(s, q, e);
		pq.clear(q);
		if (r != 0)
			return -1;
	}
}

static int
draft_mend(struct store *s, void *arg, struct err *e)
{
	struct pg_link *l = &pg_of(s)->link;

	(void)arg;
	if (pg_lock(s, e) != 0 || draft_mend_drafts(s, e) != 0)
		return -1;
	if (pg_link_run(l, "cannot sweep out unfinished bodies",
		"DELETE FROM hark_part WHERE parts IN (SELECT parts FROM "
		"hark_body WHERE digest IS NULL AND " DRAFT_GONE("writer") ")",
		NULL, 0, e) == -1 ||
	    pg_link_run(l, "cannot sweep out unfinished bodies",
		"DELETE FROM hark_body WHERE digest IS NULL AND " DRAFT_GONE(
		    "writer"),
		NULL, 0, e) == -1 ||
	    pg_link_run(l, "cannot forget cursors",
		"DELETE FROM hark_cursor WHERE used_us < " PG_NOW_US
		" - 2592000000000",
		NULL, 0, e) == -1 ||
	    pg_link_run(l, "cannot forget writers",
		"DELETE FROM hark_writer AS w WHERE " DRAFT_GONE("w.id"), NULL,
		0, e) == -1)
		return -1;
	return 0;
}

int
pg_draft_mend(struct store *s, struct err *e)
{
	return pg_transact(s, draft_mend, NULL, e);
}
