#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/err.h"

#include "recorder/sqlite_priv.h"

#define CHECK_FAULTS 10 /* of a kind are told */

struct check {
	struct store *store;
	struct buf *faults;
	struct buf piece;
	unsigned n; /* of a kind, so far */
};

static void
check_tell(struct check *c, const char *text)
{
	if (c->n++ < CHECK_FAULTS)
		buf_addf(c->faults, "%s%s", c->faults->n > 0 ? "; " : "", text);
}

/* Calls on_row for each row; what SQLite cannot read is a fault, too. */
static int
check_rows(struct check *c, const char *sql,
    void (*on_row)(struct check *c, sqlite3_stmt *q), struct err *e)
{
	sqlite3_stmt *q;
	int rc;

	c->n = 0;
	rc = sqlite3_prepare_v2(sqlite_db(c->store), sql, -1, &q, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(q);
		if (rc == SQLITE_ROW)
			on_row(c, q);
	}
	/* SQLITE_ERROR: the schema is not what it should be. */
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_ERROR) {
		check_tell(c, sqlite3_errmsg(sqlite_db(c->store)));
		rc = SQLITE_DONE;
	}
	if (rc != SQLITE_DONE)
		store_failed(c->store, "cannot check it", e);
	sqlite3_finalize(q);
	return rc == SQLITE_DONE ? 0 : -1;
}

static void
check_on_pages(struct check *c, sqlite3_stmt *q)
{
	const char *text = (const char *)sqlite3_column_text(q, 0);

	if (text != NULL && strcmp(text, "ok") != 0)
		check_tell(c, text);
}

static void
check_on_missing(struct check *c, sqlite3_stmt *q)
{
	char text[80];

	snprintf(text, sizeof(text), "entry %lld: its body is missing",
	    (long long)sqlite3_column_int64(q, 0));
	check_tell(c, text);
}

/* Whether the parts of a body are what its digest says: store_body_read()
 * refuses the last one otherwise. */
static bool
check_parts(struct check *c, int64_t body, uint64_t size)
{
	char *to = buf_reserve(&c->piece, BODY_PART);
	uint64_t at = 0;
	struct err e;
	int64_t n;

	while ((n = store_body_read(c->store, body, at, to, BODY_PART, &e)) > 0)
		at += (uint64_t)n;
	return n == 0 && at == size;
}

static void
check_on_body(struct check *c, sqlite3_stmt *q)
{
	int64_t id = sqlite3_column_int64(q, 0);
	uint64_t size = (uint64_t)sqlite3_column_int64(q, 1);
	struct str digest = store_column(q, 2), bytes = store_column(q, 3);
	uint8_t sum[DIGEST_BYTES];
	char text[80];
	bool same;

	if (sqlite3_column_type(q, 3) == SQLITE_NULL) {
		same = check_parts(c, id, size);
	} else {
		digest_of(bytes.p, bytes.n, sum);
		same = bytes.n == size && digest.n == sizeof(sum) &&
		       memcmp(sum, digest.p, sizeof(sum)) == 0;
	}
	if (same)
		return;
	snprintf(text, sizeof(text),
	    "body %lld: its bytes are not those of its digest", (long long)id);
	check_tell(c, text);
}

/* All of an entry but its bodies. */
static void
check_on_entry(struct check *c, sqlite3_stmt *q)
{
	struct exchange *x;
	struct err e;

	if (store_get(c->store, sqlite3_column_int64(q, 0), 0, &x, &e) == -1)
		check_tell(c, e.text);
	exchange_free(x);
}

static int
check_on_near(void *arg, const struct store_near_row *row)
{
	(void)arg;
	(void)row;
	return 0;
}

static void
check_on_id(void *arg, int64_t entry)
{
	(void)arg;
	(void)entry;
}

static void
check_on_request(void *arg, const struct store_request *q)
{
	(void)arg;
	(void)q;
}

/* What is looked for by indexes: whether they are those that they should be. */
static void
check_ways(struct check *c)
{
	static const uint8_t key[EXCHANGE_KEY_BYTES];
	struct store *s = c->store;
	struct err e;

	c->n = 0;
	if (store_find(s, 0, key, false, NULL, 0, &e) == -1 ||
	    store_find(s, 0, key, true, NULL, 0, &e) == -1 ||
	    store_near(s, 0, STR("/"), check_on_near, NULL, &e) == -1 ||
	    store_ids(s, 0, check_on_id, NULL, &e) == -1 ||
	    store_requests(s, INT64_MAX, check_on_request, NULL, &e) == -1)
		check_tell(c, e.text);
}

static const struct {
	const char *sql;
	void (*on_row)(struct check *c, sqlite3_stmt *q);
} checks[] = {
	{ "PRAGMA integrity_check(10)", check_on_pages },
	{ "SELECT id FROM entry WHERE "
	  "(request_body IS NOT NULL AND "
	  "request_body NOT IN (SELECT id FROM body)) OR "
	  "(response_body IS NOT NULL AND "
	  "response_body NOT IN (SELECT id FROM body))",
	    check_on_missing },
	{ "SELECT id FROM entry WHERE id > 0", check_on_entry },
	{ "SELECT id, size, digest, bytes FROM body WHERE head IS NOT NULL",
	    check_on_body },
};

int
sqlite_check(struct store *s, struct buf *faults, struct err *e)
{
	struct check c = { .store = s, .faults = faults };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(checks) / sizeof(*checks); i++)
		r = check_rows(&c, checks[i].sql, checks[i].on_row, e);
	if (r == 0)
		check_ways(&c);
	buf_free(&c.piece);
	return r;
}
