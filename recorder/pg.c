#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/mem.h"

#include "recorder/pg_priv.h"

#define PG_TRIES 8

static const struct store_ops pg_ops = {
	.close = pg_close,
	.body_begin = pg_body_begin,
	.no_sync = pg_no_sync,
	.tape = pg_tape,
	.tapes = pg_tapes,
	.extent = pg_extent,
	.hold = pg_hold,
	.check = pg_check,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.body_part = pg_body_part,
	.body_end = pg_body_end,
	.body_forget = pg_body_forget,
	.draft = pg_draft,
	.draft_chunks = pg_draft_chunks,
	.body_cut = pg_body_cut,
	.put = pg_put,
	.replace = pg_replace,
	.count_again = pg_count_again,
	.remove = pg_remove,
	.remove_many = pg_remove_many,
	.removed = pg_removed,
	.weigh = pg_weigh,
	.turn = pg_turn,
	.rewind = pg_rewind,
	.find = pg_find,
	.get = pg_get,
	.body_load = pg_body_load,
	.body_read = pg_body_read,
	.list = pg_list,
	.ids = pg_ids,
	.requests = pg_requests,
	.near = pg_near,
	.next_request = pg_next_request,
	.set_keys = pg_set_keys,
	.long_requests = pg_long_requests,
	.long_keyed = pg_long_keyed,
	.set_long_keyed = pg_set_long_keyed,
	.patience = pg_patience,
	.poll = pg_poll,
	.hasten = pg_hasten,
	.version = pg_version,
	.news = pg_news,
	.has_unknown_bodies = pg_has_unknown_bodies,
	.has_scopes = pg_has_scopes,
	.tape_text = pg_tape_text,
	.tape_set_text = pg_tape_set_text,
	.again = pg_again,
	.stuck = pg_stuck,
	.refused = pg_refused,
};

int64_t
pg_random(void)
{
	int64_t n = 0;

	while (n <= 0)
		if (getrandom(&n, sizeof(n), 0) != sizeof(n))
			abort(); /* it gives at least 256 bytes always */
		else
			n &= INT64_MAX;
	return n;
}

/* A writer is known from its beginning, so that what it leaves half done can
 * be told from what others are at. */
static int
pg_open_writer(struct pg *p, struct err *e)
{
	p->writes = true;
	p->writer = pg_random();
	if (pg_link_run(&p->link, "cannot begin to write",
		"INSERT INTO hark_writer (id, seen_us, done) VALUES "
		"($1, " PG_NOW_US ", 0)",
		PG_VALUES(VALUE_OF_NUMBER(p->writer)), e) == -1)
		return -1;
	p->watch = pg_watch_take(p->store.path, p->writer, 0);
	return pg_draft_mend(&p->store, e);
}

int
pg_name_check(const char *url, struct err *e)
{
	return pg_link_check(url, e);
}

bool
pg_exists(const char *url)
{
	struct pg_link l = { .url = NULL };
	struct err e;
	bool missing =
	    pg_link_open(&l, url, &e) == 0 && pg_schema_version(&l, &e) == 0;

	pg_link_fini(&l);
	if (missing)
		errno = ENOENT;
	return !missing;
}

struct store *
pg_open(const char *path, enum store_access access, bool durable, struct err *e)
{
	struct pg *p = xcalloc(1, sizeof(*p));

	(void)durable; /* the engine's own business */
	store_init(&p->store, &pg_ops, path);
	if (pg_link_open(&p->link, path, e) == 0 &&
	    pg_schema_check(&p->link, access == STORE_WRITE, e) == 0 &&
	    (access == STORE_READ || pg_open_writer(p, e) == 0))
		return &p->store;
	err_wrap(e, "store %.300s", p->link.url != NULL ? path : "postgresql:");
	pg_close(&p->store);
	return NULL;
}

/* What it left is for the next writer at once. */
static void
pg_leave(struct pg *p)
{
	struct err e;

	if (p->writer == 0 || p->link.conn == NULL)
		return;
	(void)pg_link_run(&p->link, "cannot end writing",
	    "DELETE FROM hark_writer WHERE id = $1",
	    PG_VALUES(VALUE_OF_NUMBER(p->writer)), &e);
}

void
pg_close(struct store *s)
{
	struct pg *p = pg_of(s);

	pg_watch_drop(p->watch);
	pg_rollback(s);
	pg_leave(p);
	pg_link_fini(&p->link);
	store_fini(s);
	sums_fini(&p->sums);
	pg_rows_free(p->entries);
	pg_rows_free(p->bodies);
	free(p->touched);
	free(p);
}

void
pg_no_sync(struct store *s)
{
	(void)s; /* a server's setting, which a pooler would spread */
}

int
pg_begin(struct store *s, struct err *e)
{
	struct pg *p = pg_of(s);

	if (!p->writes)
		return err_set(e, "the store is open for reading only");
	p->ntouched = 0;
	p->now++;
	if (pg_link_begin(&p->link, "BEGIN", e) != 0)
		return -1;
	/* A network that is gone leaves the engine with a transaction, and
	 * with its lock everybody. */
	if (pg_link_later(&p->link, "cannot begin",
		"SET LOCAL idle_in_transaction_session_timeout = 60000", NULL,
		0, e) == 0)
		return 0;
	pg_rollback(s);
	return -1;
}

int
pg_hold(struct store *s, struct err *e)
{
	struct pg *p = pg_of(s);
	int i;

	/* The first read is what it holds. */
	for (i = 0; i < 2; i++) {
		if (pg_link_begin(&p->link,
			"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
			e) != 0)
			return -1;
		if (pg_link_number(&p->link, "cannot read",
			"SELECT last FROM hark_state WHERE one = 1", NULL, 0,
			NULL, e) != -1) {
			p->held = true;
			return 0;
		}
		pg_link_rollback(&p->link);
		if (!p->link.away)
			break;
	}
	return -1;
}

/* A connection that breaks in a commit leaves open whether there was one: the
 * number of the writer's last tells. */
static int
pg_mark(struct pg *p, struct err *e)
{
	return pg_link_later(&p->link, "cannot commit",
	    "INSERT INTO hark_writer (id, seen_us, done) VALUES "
	    "($1, " PG_NOW_US ", $2) ON CONFLICT (id) DO UPDATE SET "
	    "seen_us = EXCLUDED.seen_us, done = EXCLUDED.done",
	    PG_VALUES(VALUE_OF_NUMBER(p->writer), VALUE_OF_NUMBER(p->done + 1)),
	    e);
}

/* Whether what the connection broke in was committed.  Waits for the engine to
 * say so: it may be about to, and has the row locked then. */
static bool
pg_was_done(struct pg *p)
{
	struct err e;
	int64_t done = -1;

	p->link.open = false;
	while (done == -1 && pg_link_patient(&p->link))
		done = pg_link_number(&p->link, "cannot learn of a commit",
		    "SELECT done FROM hark_writer WHERE id = $1 FOR UPDATE",
		    PG_VALUES(VALUE_OF_NUMBER(p->writer)), NULL, &e);
	p->link.again = done != -1;
	return done == p->done + 1;
}

int
pg_commit(struct store *s, struct err *e)
{
	struct pg *p = pg_of(s);

	if (pg_change_commit(p, e) != 0)
		return -1;
	if (p->link.open && pg_mark(p, e) != 0)
		return -1;
	if (pg_link_commit(&p->link, e) != 0 &&
	    (!p->link.away || !pg_was_done(p)))
		return -1;
	p->done++;
	p->careful = p->locked = false;
	if (p->ntouched > 0)
		pg_watch_tell(p->watch);
	return 0;
}

void
pg_rollback(struct store *s)
{
	struct pg *p = pg_of(s);

	p->careful = p->careful || p->link.supposed;
	p->locked = p->held = false;
	pg_body_forget_known(p);
	pg_link_rollback(&p->link);
}

int
pg_lock(struct store *s, struct err *e)
{
	struct pg *p = pg_of(s);
	int64_t last;

	if (p->locked)
		return 0;
	last = pg_link_number(&p->link, "cannot lock the store",
	    "SELECT last FROM hark_state WHERE one = 1 FOR UPDATE", NULL, 0,
	    NULL, e);
	if (last == -1)
		return -1;
	p->last = last;
	p->locked = true;
	return 0;
}

int
pg_lock_ahead(struct store *s, struct err *e)
{
	struct pg *p = pg_of(s);

	return p->writes && p->link.open && !p->held ? pg_lock(s, e) : 0;
}

int
pg_transact(struct store *s,
    int (*fn)(struct store *s, void *arg, struct err *e), void *arg,
    struct err *e)
{
	int i, r;

	if (pg_of(s)->link.open)
		return pg_of(s)->writes && !pg_of(s)->held
			   ? fn(s, arg, e)
			   : err_set(e, "the store is open for reading only");
	for (i = 0; i < PG_TRIES; i++) {
		if (pg_begin(s, e) != 0)
			return -1;
		r = fn(s, arg, e);
		if (r >= 0 && pg_commit(s, e) == 0)
			return r;
		pg_rollback(s);
		/* A connection that nobody used for long may have gone. */
		if (!pg_of(s)->link.again && (i > 0 || !pg_of(s)->link.away))
			break;
		if (pg_of(s)->link.again)
			pg_link_rest(i);
	}
	return -1;
}

bool
pg_again(struct store *s, int attempt)
{
	if (pg_of(s)->link.away)
		return pg_link_patient(&pg_of(s)->link);
	if (!pg_of(s)->link.again || attempt >= PG_TRIES)
		return false;
	pg_link_rest(attempt);
	return true;
}

bool
pg_stuck(const struct store *s)
{
	return ((const struct pg *)s)->link.away;
}

void
pg_patience(struct store *s, int64_t us)
{
	pg_of(s)->link.patience_us = us;
}

void
pg_poll(struct store *s, int64_t us)
{
	pg_of(s)->poll_us = us;
}

void
pg_hasten(struct store *s)
{
	pg_link_hasten(&pg_of(s)->link);
}

bool
pg_refused(const struct store *s)
{
	return ((const struct pg *)s)->link.refused;
}

int64_t
pg_version(struct store *s)
{
	struct pg *p = pg_of(s);

	if (p->watch == NULL)
		p->watch = pg_watch_take(s->path, 0, p->poll_us);
	return pg_watch_version(p->watch);
}

/* Of a tape that the watch does not look after: it has enough of them. */
static enum store_news
pg_news_of_all(struct pg *p, int64_t *seen)
{
	int64_t before = *seen;

	*seen = pg_watch_version(p->watch);
	return before == *seen ? STORE_SAME : STORE_OTHER;
}

enum store_news
pg_news(struct store *s, int64_t tape, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]), void *arg)
{
	struct pg *p = pg_of(s);

	if (p->watch == NULL)
		p->watch = pg_watch_take(s->path, 0, p->poll_us);
	if (p->watch == NULL)
		return STORE_SAME;
	if (p->watched == NULL || pg_news_tape(p->watched) != tape)
		p->watched = pg_watch_tape(p->watch, tape, &p->link);
	if (p->watched == NULL)
		return pg_news_of_all(p, seen);
	return pg_news_get(p->watched, seen, on_key, arg);
}

/* ---- tapes ------------------------------------------------------------- */

struct pg_tape_job {
	int64_t tape;
	struct str name;
	enum store_text which;
	struct str text;
};

static int
pg_make_tape(struct store *s, void *arg, struct err *e)
{
	struct pg_tape_job *j = arg;

	if (pg_lock(s, e) != 0)
		return -1;
	return pg_link_later(&pg_of(s)->link, "cannot make the tape",
	    "INSERT INTO hark_tape (id, name, created_us, extra, rules, "
	    "redaction) SELECT coalesce(max(id), 0) + 1, $1, " PG_NOW_US
	    ", '', '', '' FROM hark_tape ON CONFLICT (name) DO NOTHING",
	    PG_VALUES(VALUE_OF_BYTES(j->name)), e);
}

int64_t
pg_tape(struct store *s, struct str name, bool create, struct err *e)
{
	struct pg_tape_job j = { .name = name };
	int i;
	int64_t id = 0;

	for (i = 0; i < 2; i++) {
		id = pg_link_number(&pg_of(s)->link, "cannot find the tape",
		    "SELECT id FROM hark_tape WHERE name = $1",
		    PG_VALUES(VALUE_OF_BYTES(name)), NULL, e);
		if (id != 0 || !create || i == 1)
			break;
		if (pg_transact(s, pg_make_tape, &j, e) == -1)
			return -1;
	}
	return id;
}

int
pg_tapes(struct store *s,
    int (*on_tape)(void *arg, const struct store_tape_row *), void *arg,
    struct err *e)
{
	PGresult *q = pg_link_query(&pg_of(s)->link, "cannot list the tapes",
	    "SELECT id, name, created_us, (SELECT count(*) FROM hark_entry "
	    "WHERE tape = hark_tape.id) FROM hark_tape ORDER BY id",
	    NULL, 0, e);
	struct store_tape_row row;
	int i, stop = q != NULL ? 0 : -1;

	for (i = 0; stop == 0 && i < pq.ntuples(q); i++) {
		row = (struct store_tape_row){
			.id = pg_number(q, i, 0),
			.name = pg_bytes(q, i, 1),
			.created_us = pg_number(q, i, 2),
			.entries = pg_number(q, i, 3),
		};
		stop = on_tape(arg, &row);
	}
	pq.clear(q);
	return stop;
}

int
pg_extent(
    struct store *s, struct str tape, struct store_extent *x, struct err *e)
{
	PGresult *q = pg_link_query(&pg_of(s)->link, "cannot find the tape",
	    "SELECT id, created_us, (SELECT coalesce(max(id), 0) FROM "
	    "hark_entry) FROM hark_tape WHERE name = $1",
	    PG_VALUES(VALUE_OF_BYTES(tape)), e);

	*x = (struct store_extent){ 0 };
	if (q == NULL)
		return -1;
	if (pq.ntuples(q) > 0)
		*x = (struct store_extent){
			.tape = pg_number(q, 0, 0),
			.created_us = pg_number(q, 0, 1),
			.last = pg_number(q, 0, 2),
		};
	pq.clear(q);
	return 0;
}

static const char *const pg_texts[] = {
	[STORE_EXTRA] = "SELECT extra FROM hark_tape WHERE id = $1",
	[STORE_RULES] = "SELECT rules FROM hark_tape WHERE id = $1",
	[STORE_REDACTION] = "SELECT redaction FROM hark_tape WHERE id = $1",
};

static const char *const pg_set_texts[] = {
	[STORE_EXTRA] = "UPDATE hark_tape SET extra = $2 WHERE id = $1",
	[STORE_RULES] = "UPDATE hark_tape SET rules = $2 WHERE id = $1",
	[STORE_REDACTION] = "UPDATE hark_tape SET redaction = $2 WHERE id = $1",
};

int
pg_tape_text(struct store *s, int64_t tape, enum store_text which,
    struct buf *out, struct err *e)
{
	PGresult *q = pg_link_query(&pg_of(s)->link, "cannot read the tape",
	    pg_texts[which], PG_VALUES(VALUE_OF_NUMBER(tape)), e);

	if (q == NULL)
		return -1;
	if (pq.ntuples(q) > 0)
		buf_add_str(out, pg_bytes(q, 0, 0));
	pq.clear(q);
	return 0;
}

static int
pg_set_text(struct store *s, void *arg, struct err *e)
{
	struct pg_tape_job *j = arg;

	if (pg_lock(s, e) != 0)
		return -1;
	pg_touch(s, j->tape, PG_CHANGED, 0);
	return pg_link_later(&pg_of(s)->link, "cannot change the tape",
	    pg_set_texts[j->which],
	    PG_VALUES(VALUE_OF_NUMBER(j->tape), VALUE_OF_BYTES(j->text)), e);
}

int
pg_tape_set_text(struct store *s, int64_t tape, enum store_text which,
    struct str text, struct err *e)
{
	struct pg_tape_job j = { .tape = tape, .which = which, .text = text };

	return pg_transact(s, pg_set_text, &j, e);
}
