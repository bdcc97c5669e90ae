/* What is wrong in a database, in the words of any store: of one moment, which
 * others may go on writing behind. */
#include "config.h"

#include "base/err.h"
#include "recorder/integrity.h"

#include "recorder/pg_priv.h"

#define N(number) VALUE_OF_NUMBER(number)

static void
check_on_missing(struct integrity *c, const PGresult *q, int row)
{
	integrity_missing(c, pg_number(q, row, 0));
}

static void
check_on_size(struct integrity *c, const PGresult *q, int row)
{
	integrity_size(c, pg_number(q, row, 0));
}

static void
check_on_entry(struct integrity *c, const PGresult *q, int row)
{
	integrity_entry(c, pg_number(q, row, 0));
}

static void
check_on_body(struct integrity *c, const PGresult *q, int row)
{
	struct str bytes = pg_bytes(q, row, 3);

	if (pg_null(q, row, 3))
		bytes.p = NULL;
	integrity_body(c, pg_number(q, row, 0), (uint64_t)pg_number(q, row, 1),
	    pg_bytes(q, row, 2), bytes);
}

/* Rows that are read at a time, each with its number first, above $1; of
 * bodies few, since they may have a MiB each. */
static const struct {
	const char *sql;
	int page; /* its LIMIT */
	void (*on_row)(struct integrity *c, const PGresult *q, int row);
} checks[] = {
	{ "SELECT id FROM hark_entry WHERE id > $1 AND "
	  "((request_body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hark_body "
	  "WHERE hark_body.id = request_body)) OR "
	  "(response_body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hark_body "
	  "WHERE hark_body.id = response_body))) ORDER BY id LIMIT 500",
	    500, check_on_missing },
	{ "SELECT e.id FROM hark_entry e "
	  "LEFT JOIN hark_body q ON q.id = e.request_body "
	  "LEFT JOIN hark_body r ON r.id = e.response_body "
	  "WHERE e.id > $1 AND (e.request_size <> q.size OR "
	  "e.response_size <> r.size) ORDER BY e.id LIMIT 500",
	    500, check_on_size },
	{ "SELECT id FROM hark_entry WHERE id > $1 ORDER BY id LIMIT 500", 500,
	    check_on_entry },
	{ "SELECT id, size, digest, bytes FROM hark_body WHERE id > $1 AND "
	  "digest IS NOT NULL ORDER BY id LIMIT 8",
	    8, check_on_body },
};

static int
check_rows(struct integrity *c, size_t which, struct err *e)
{
	int64_t last = 0;
	int i, n = checks[which].page;
	PGresult *q;

	c->n = 0;
	while (n == checks[which].page) {
		q = pg_link_query(&pg_of(c->store)->link, "cannot check it",
		    checks[which].sql, PG_VALUES(N(last)), e);
		if (q == NULL)
			return -1;
		n = pq.ntuples(q);
		for (i = 0; i < n; i++) {
			last = pg_number(q, i, 0);
			checks[which].on_row(c, q, i);
		}
		pq.clear(q);
	}
	return 0;
}

int
pg_check(struct store *s, struct buf *faults, struct err *e)
{
	struct integrity c = { .store = s, .faults = faults };
	size_t i;
	int r;

	if (pg_schema_check(&pg_of(s)->link, false, e) != 0 ||
	    pg_hold(s, e) != 0)
		return -1;
	r = 0;
	for (i = 0; r == 0 && i < sizeof(checks) / sizeof(*checks); i++)
		r = check_rows(&c, i, e);
	if (r == 0)
		integrity_ways(&c);
	pg_rollback(s);
	buf_free(&c.piece);
	return r;
}
