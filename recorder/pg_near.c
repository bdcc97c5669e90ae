/* Entries near to a target, by the index of places. */
#include "config.h"

#include "recorder/path.h"

#include "recorder/pg_priv.h"

#define NEAR_ROWS 32  /* are given at most */
#define NEAR_ALIKE 16 /* of those whose path has other ids */

#define NEAR_COLUMNS "id, method, scope, target, request_size, status, outcome"

#define N(number) VALUE_OF_NUMBER(number)

struct near {
	struct store *s;
	int64_t tape;
	int (*on_row)(void *arg, const struct store_near_row *);
	void *arg;
	struct err *e;
	int given;
	int stop; /* what on_row said, or -1 */
};

static void
near_give(struct near *n, PGresult *q)
{
	struct store_near_row row;
	int i;

	if (q == NULL)
		n->stop = -1;
	for (i = 0; n->stop == 0 && i < pq.ntuples(q); i++) {
		row = (struct store_near_row){
			.id = pg_number(q, i, 0),
			.method = pg_bytes(q, i, 1),
			.scope = pg_bytes(q, i, 2),
			.target = pg_bytes(q, i, 3),
			.size = (uint64_t)pg_number(q, i, 4),
			.status = (int)pg_number(q, i, 5),
			.outcome = entry_row_outcome(pg_bytes(q, i, 6)),
		};
		n->given++;
		n->stop = n->on_row(n->arg, &row);
	}
	pq.clear(q);
}

static PGresult *
near_query(struct near *n, const char *sql, const struct value *v, int nv)
{
	return pg_link_query(
	    &pg_of(n->s)->link, "cannot look for neighbours", sql, v, nv, n->e);
}

/* One entry of each shape from first on, up to and without end: a probe for
 * each. */
static void
near_shapes(struct near *n, int64_t first, int64_t end)
{
	near_give(n,
	    near_query(n,
		"SELECT " NEAR_COLUMNS " FROM hark_entry WHERE tape = $1 AND "
		"id IN (WITH RECURSIVE near (shape, id, n) AS ("
		"(SELECT shape, id, 1 FROM hark_entry WHERE tape = $1 AND "
		"shape >= $2 AND shape < $3 ORDER BY shape, path, id LIMIT 1) "
		"UNION ALL "
		"SELECT e.shape, e.id, near.n + 1 FROM near CROSS JOIN LATERAL "
		"(SELECT shape, id FROM hark_entry WHERE tape = $1 AND "
		"shape > near.shape AND shape < $3 "
		"ORDER BY shape, path, id LIMIT 1) AS e WHERE near.n < $4) "
		"SELECT id FROM near) ORDER BY id DESC",
		PG_VALUES(N(n->tape), N(first), N(end), N(NEAR_ROWS))));
}

int
pg_near(struct store *s, int64_t tape, struct str target,
    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
    struct err *e)
{
	static const int bits[] = { PATH_SAME_SECOND, PATH_SAME_FIRST,
		PATH_SAME_COUNT, PATH_BITS };
	struct path_place place = path_place(target);
	struct near n = {
		.s = s, .tape = tape, .on_row = on_row, .arg = arg, .e = e
	};
	int64_t first;
	size_t i;

	near_give(&n, near_query(&n,
			  "SELECT " NEAR_COLUMNS " FROM hark_entry WHERE "
			  "tape = $1 AND shape = $2 AND path = $3 "
			  "ORDER BY id DESC LIMIT $4",
			  PG_VALUES(N(tape), N(place.shape), N(place.path),
			      N(NEAR_ROWS))));
	if (n.stop == 0 && n.given == 0)
		near_give(
		    &n, near_query(&n,
			    "SELECT " NEAR_COLUMNS " FROM hark_entry WHERE "
			    "tape = $1 AND shape = $2 "
			    "ORDER BY path, id LIMIT $3",
			    PG_VALUES(N(tape), N(place.shape), N(NEAR_ALIKE))));
	for (i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		first = place.shape >> bits[i] << bits[i];
		if (n.stop == 0 && n.given == 0)
			near_shapes(&n, first, first + (INT64_C(1) << bits[i]));
	}
	return n.stop;
}
