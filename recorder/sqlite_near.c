#include "config.h"

#include <sqlite3.h>

#include "base/err.h"
#include "recorder/entry_row.h"
#include "recorder/path.h"

#include "recorder/sqlite_priv.h"

/*
 * The index of places is in generations of entries (see schema.c), the newest
 * of which are asked one after the other: a probe each, but for those that are
 * known to have nothing of the kind (sqlite_places.c).
 */
#define NEAR_GENERATIONS SQLITE_PLACES
#define NEAR_ROWS 32    /* are given at most */
#define NEAR_ALIKE 16   /* of those whose path has other ids */
#define NEAR_LEARNS 8   /* a generation in so many calls */
#define NEAR_STEPS 1024 /* probes for shapes that are only near */

#define NEAR_COLUMNS "id, method, scope, target, request_size, status, outcome"

struct near {
	struct store *s;
	int64_t tape;
	struct path_place place;
	int64_t first, end; /* of the shapes being looked for */
	int (*on_row)(void *arg, const struct store_near_row *);
	void *arg;
	struct err *e;
	int64_t newest, oldest; /* generations; -1 when the tape is empty */
	int given, most;
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
		.outcome = entry_row_outcome(store_column(q, 6)),
	};

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

static bool
near_goes_on(const struct near *n)
{
	return n->stop == 0 && n->given < n->most;
}

static void
near_path_in(struct near *n, int64_t generation)
{
	sqlite3_stmt *q = store_statement(n->s, STORE_NEAR_PATH,
	    "SELECT " NEAR_COLUMNS " FROM entry WHERE tape = ?1 AND "
	    "id >> 14 = ?2 AND shape = ?3 AND path = ?4 "
	    "ORDER BY id DESC LIMIT ?5",
	    n->e);

	if (q == NULL) {
		n->stop = -1;
		return;
	}
	sqlite3_bind_int64(q, 1, n->tape);
	sqlite3_bind_int64(q, 2, generation);
	sqlite3_bind_int64(q, 3, n->place.shape);
	sqlite3_bind_int64(q, 4, n->place.path);
	sqlite3_bind_int(q, 5, n->most - n->given);
	near_rows(n, q);
}

static void
near_same_path(struct near *n)
{
	int64_t shape = n->place.shape, path = n->place.path, g;

	for (g = n->newest; near_goes_on(n) && g >= n->oldest; g--)
		if (store_places_path(n->s, n->tape, g, shape, path))
			near_path_in(n, g);
}

/* Those that have a shape from first on, up to and without end, by
 * generation, the newest first. */
static void
near_in_shapes(struct near *n, int64_t first, int64_t end,
    void (*on_generation)(struct near *n, int64_t generation))
{
	int64_t g;

	n->first = first;
	n->end = end;
	for (g = n->newest; near_goes_on(n) && g >= n->oldest; g--)
		if (store_places_shape(n->s, n->tape, g, first, end))
			on_generation(n, g);
}

static void
near_shape_in(struct near *n, int64_t generation)
{
	sqlite3_stmt *q = store_statement(n->s, STORE_NEAR_SHAPE,
	    "SELECT " NEAR_COLUMNS " FROM entry WHERE tape = ?1 AND "
	    "id >> 14 = ?2 AND shape = ?3 LIMIT ?4",
	    n->e);

	if (q == NULL) {
		n->stop = -1;
		return;
	}
	sqlite3_bind_int64(q, 1, n->tape);
	sqlite3_bind_int64(q, 2, generation);
	sqlite3_bind_int64(q, 3, n->first);
	sqlite3_bind_int(q, 4, n->most - n->given);
	near_rows(n, q);
}

/* The first shape in the generation behind the one given, with an entry of
 * it.  1, 0 when there is none before the end, -1. */
static int
near_next_shape(
    struct near *n, int64_t generation, int64_t *shape, int64_t *entry)
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
	sqlite3_bind_int64(q, 4, n->end);
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

/* One entry of each shape that was not given yet. */
static void
near_shapes_in(struct near *n, int64_t generation)
{
	int64_t shape = n->first - 1, entry = 0;
	int r = 1;

	while (r == 1) {
		if (!near_goes_on(n) || n->steps++ == NEAR_STEPS)
			return;
		r = near_next_shape(n, generation, &shape, &entry);
		if (r == -1)
			n->stop = -1;
		if (r == 0 && shape < n->first)
			n->steps--; /* a generation without any is none */
		if (r == 1 && !near_has_seen(n, shape)) {
			n->seen[n->given] = shape;
			near_entry(n, entry);
		}
	}
}

/* One more generation now and then, so that no explanation waits for all of
 * them, and little is lost where somebody commits all the time. */
static void
near_learn(struct near *n)
{
	int64_t g;

	if (++sqlite_of(n->s)->nears % NEAR_LEARNS != 0)
		return;
	for (g = n->newest; g >= n->oldest; g--)
		if (g >= 0 && !store_places_known(n->s, n->tape, g)) {
			store_places_learn(n->s, n->tape, g);
			return;
		}
}

int
sqlite_near(struct store *s, int64_t tape, struct str target,
    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
    struct err *e)
{
	static const int bits[] = { PATH_SAME_SECOND, PATH_SAME_FIRST,
		PATH_SAME_COUNT, PATH_BITS };
	struct near n = {
		.s = s,
		.tape = tape,
		.most = NEAR_ROWS,
		.place = path_place(target),
		.on_row = on_row,
		.arg = arg,
		.e = e,
	};
	int64_t shape = n.place.shape, first;
	size_t i;

	if (near_generations(&n) == -1)
		return -1;
	store_places_check(s);
	near_same_path(&n);
	if (n.stop == 0 && n.given == 0) {
		n.most = NEAR_ALIKE;
		near_in_shapes(&n, shape, shape + 1, near_shape_in);
		n.most = NEAR_ROWS;
	}
	for (i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		first = shape >> bits[i] << bits[i];
		if (n.stop == 0 && n.given == 0)
			near_in_shapes(&n, first,
			    first + (INT64_C(1) << bits[i]), near_shapes_in);
	}
	near_learn(&n);
	return n.stop;
}
