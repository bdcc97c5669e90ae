#include "config.h"

#include <sqlite3.h>

#include "base/err.h"
#include "recorder/path.h"
#include "recorder/store_priv.h"

#include "recorder/store.h"

/*
 * The index of places is in generations of entries (see schema.c), the newest
 * of which are asked one after the other: a probe each.
 */
#define NEAR_GENERATIONS 256
#define NEAR_ROWS 64    /* are given at most */
#define NEAR_STEPS 1024 /* probes for shapes that are only near */

#define NEAR_COLUMNS "id, method, scope, target, request_size, status, outcome"

struct near {
	struct store *s;
	int64_t tape;
	int (*on_row)(void *arg, const struct store_near_row *);
	void *arg;
	struct err *e;
	int64_t newest, oldest; /* generations; -1 when the tape is empty */
	int given;
	int steps;
	int stop;                /* what on_row said, or -1 */
	int64_t seen[NEAR_ROWS]; /* shapes that were given */
};

static void
near_give(struct near *n, sqlite3_stmt *q)
{
	struct store_near_row row = {
		.id = sqlite3_column_int64(q, 0),
		.method = store_column(q, 1),
		.scope = store_column(q, 2),
		.target = store_column(q, 3),
		.size = (uint64_t)sqlite3_column_int64(q, 4),
		.status = sqlite3_column_int(q, 5),
	};
	int outcome = outcome_of(store_column(q, 6));

	row.outcome = outcome < 0 ? OUTCOME_BAD_ANSWER : (enum outcome)outcome;
	n->given++;
	n->stop = n->on_row(n->arg, &row);
}

/* Gives the rows of a statement whose parameters are bound, and resets it. */
static void
near_rows(struct near *n, sqlite3_stmt *q)
{
	int r = SQLITE_DONE;

	while (n->stop == 0 && (r = sqlite3_step(q)) == SQLITE_ROW)
		near_give(n, q);
	if (n->stop == 0 && r != SQLITE_DONE)
		n->stop =
		    store_failed(n->s, "cannot look for neighbours", n->e);
	sqlite3_reset(q);
}

/* The generation that a statement gives, or -1 when the tape is empty. */
static int
near_generation(struct near *n, enum store_statement which, const char *sql,
    int64_t *generation)
{
	sqlite3_stmt *q = store_statement(n->s, which, sql, n->e);
	int r;

	*generation = -1;
	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, n->tape);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW)
		*generation = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	if (r != SQLITE_ROW && r != SQLITE_DONE)
		return store_failed(n->s, "cannot look for neighbours", n->e);
	return 0;
}

static int
near_generations(struct near *n)
{
	if (near_generation(n, STORE_NEAR_FIRST,
		"SELECT id >> 14 FROM entry WHERE tape = ?1 "
		"ORDER BY id >> 14 LIMIT 1",
		&n->oldest) == -1 ||
	    near_generation(n, STORE_NEAR_LAST,
		"SELECT id >> 14 FROM entry WHERE tape = ?1 "
		"ORDER BY id >> 14 DESC LIMIT 1",
		&n->newest) == -1)
		return -1;
	if (n->oldest <= n->newest - NEAR_GENERATIONS)
		n->oldest = n->newest - NEAR_GENERATIONS + 1;
	return 0;
}

static void
near_same_path(struct near *n, struct str target)
{
	struct path_place place = path_place(target);
	sqlite3_stmt *q = store_statement(n->s, STORE_NEAR_PATH,
	    "SELECT " NEAR_COLUMNS " FROM entry WHERE tape = ?1 AND "
	    "id >> 14 = ?2 AND shape = ?3 AND path = ?4 "
	    "ORDER BY id DESC LIMIT ?5",
	    n->e);
	int64_t g;

	if (q == NULL)
		n->stop = -1;
	for (g = n->newest;
	     g >= n->oldest && n->stop == 0 && n->given < NEAR_ROWS; g--) {
		sqlite3_bind_int64(q, 1, n->tape);
		sqlite3_bind_int64(q, 2, g);
		sqlite3_bind_int64(q, 3, place.shape);
		sqlite3_bind_int64(q, 4, place.path);
		sqlite3_bind_int(q, 5, NEAR_ROWS - n->given);
		near_rows(n, q);
	}
}

static void
near_same_shape(struct near *n, struct str target)
{
	struct path_place place = path_place(target);
	sqlite3_stmt *q = store_statement(n->s, STORE_NEAR_SHAPE,
	    "SELECT " NEAR_COLUMNS " FROM entry WHERE tape = ?1 AND "
	    "id >> 14 = ?2 AND shape = ?3 LIMIT ?4",
	    n->e);
	int64_t g;

	if (q == NULL)
		n->stop = -1;
	for (g = n->newest;
	     g >= n->oldest && n->stop == 0 && n->given < NEAR_ROWS; g--) {
		sqlite3_bind_int64(q, 1, n->tape);
		sqlite3_bind_int64(q, 2, g);
		sqlite3_bind_int64(q, 3, place.shape);
		sqlite3_bind_int(q, 4, NEAR_ROWS - n->given);
		near_rows(n, q);
	}
}

/* The first shape in the generation above the one given and below end, with
 * an entry of it.  1, 0 when there is none, -1. */
static int
near_next_shape(struct near *n, int64_t generation, int64_t *shape, int64_t end,
    int64_t *entry)
{
	sqlite3_stmt *q = store_statement(n->s, STORE_NEAR_NEXT,
	    "SELECT shape, id FROM entry WHERE tape = ?1 AND id >> 14 = ?2 "
	    "AND shape > ?3 AND shape < ?4 ORDER BY shape LIMIT 1",
	    n->e);
	int r;

	if (q == NULL)
		return -1;
	sqlite3_bind_int64(q, 1, n->tape);
	sqlite3_bind_int64(q, 2, generation);
	sqlite3_bind_int64(q, 3, *shape);
	sqlite3_bind_int64(q, 4, end);
	r = sqlite3_step(q);
	if (r == SQLITE_ROW) {
		*shape = sqlite3_column_int64(q, 0);
		*entry = sqlite3_column_int64(q, 1);
	}
	sqlite3_reset(q);
	if (r != SQLITE_ROW && r != SQLITE_DONE)
		return store_failed(n->s, "cannot look for neighbours", n->e);
	return r == SQLITE_ROW;
}

static void
near_entry(struct near *n, int64_t entry)
{
	sqlite3_stmt *q = store_statement(n->s, STORE_NEAR_ENTRY,
	    "SELECT " NEAR_COLUMNS " FROM entry WHERE id = ?1", n->e);

	if (q == NULL) {
		n->stop = -1;
		return;
	}
	sqlite3_bind_int64(q, 1, entry);
	near_rows(n, q);
}

static bool
near_has_seen(const struct near *n, int64_t shape)
{
	int i;

	for (i = 0; i < n->given; i++)
		if (n->seen[i] == shape)
			return true;
	return false;
}

/* One entry of each shape that is the same but for its lowest bits. */
static void
near_shapes(struct near *n, struct str target, int bits)
{
	int64_t first = path_place(target).shape >> bits << bits;
	int64_t g, shape, entry = 0;
	int r;

	for (g = n->newest; g >= n->oldest; g--) {
		shape = first - 1;
		r = 1;
		while (r == 1) {
			if (n->stop != 0 || n->given == NEAR_ROWS ||
			    n->steps++ == NEAR_STEPS)
				return;
			r = near_next_shape(
			    n, g, &shape, first + (INT64_C(1) << bits), &entry);
			if (r == -1)
				n->stop = -1;
			else if (r == 1 && !near_has_seen(n, shape)) {
				n->seen[n->given] = shape;
				near_entry(n, entry);
			}
		}
	}
}

/* A slash more or less at the end is a small mistake with another shape. */
static void
near_other_slash(struct near *n, struct str target)
{
	struct str path = path_of(target);
	struct buf other = { 0 };

	if (path.n == 0 || path.n > PATH_MOST_BYTES)
		return;
	buf_add_str(&other, path);
	if (path.p[path.n - 1] == '/')
		other.n--;
	else
		buf_add_text(&other, "/");
	near_same_path(n, buf_str(&other));
	buf_free(&other);
}

int
store_near(struct store *s, int64_t tape, struct str target,
    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
    struct err *e)
{
	static const int bits[] = { PATH_SAME_SECOND, PATH_SAME_FIRST,
		PATH_SAME_COUNT, PATH_BITS };
	struct near n = {
		.s = s,
		.tape = tape,
		.on_row = on_row,
		.arg = arg,
		.e = e,
	};
	size_t i;

	if (near_generations(&n) == -1)
		return -1;
	near_same_path(&n, target);
	if (n.stop == 0 && n.given == 0)
		near_other_slash(&n, target);
	if (n.stop == 0 && n.given == 0)
		near_same_shape(&n, target);
	for (i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (n.stop == 0 && n.given == 0)
			near_shapes(&n, target, bits[i]);
	return n.stop;
}
