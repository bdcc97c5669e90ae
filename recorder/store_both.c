/*
 * A shared store and what waits to come to it, read as one: first what is in
 * the shared store, then what is in the file and has not come yet.  What moves
 * while somebody has its old number is found by it nevertheless.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "recorder/backlog.h"
#include "recorder/redact_mark.h"

#include "recorder/store_ops.h"

#define BOTH_TRIES 3 /* while entries move */
#define BOTH_FEW 64

/* Numbers of bodies in the file, by the entry that has them, since the file
 * gives a body's number to another one when it is gone.  A body of the shared
 * store that has such a number by chance is read when there is no such entry.
 */
#define BOTH_BODY (INT64_MAX - (INT64_C(1) << 40))

struct both {
	struct store store;
	struct backlog *backlog;
	struct store *file;
	struct store *engine; /* NULL: not there since the start */
	struct buf tape;      /* that was asked for */
	int64_t tapes[2];     /* in the shared store and in the file; 0: none */
	int64_t returns;      /* of the shared store, when news was told */
	int64_t patience_us;  /* with the engine; 0: its own */
	int64_t poll_us;      /* the same */
	int64_t began_us;     /* when the engine was asked last; monotonic */
	bool away;            /* what was asked of it last failed for that */
	bool held;
};

enum { BOTH_ENGINE, BOTH_FILE };

#define both_of(s) ((struct both *)(s))

/* ---- the shared store -------------------------------------------------- */

/* It failed since the shared store is away. */
static void
both_lose(struct both *b)
{
	int64_t silent = BACKLOG_SILENT_US;

	if (b->patience_us > 0 && b->patience_us < silent)
		silent = b->patience_us;
	b->away = true;
	backlog_lost(b->backlog, clock_mono_us() - b->began_us >= silent);
}

static struct store *
both_open(struct both *b, struct err *e)
{
	b->engine = store_open(backlog_url(b->backlog), STORE_READ, false, e);
	if (b->engine == NULL)
		both_lose(b);
	if (b->engine != NULL && b->patience_us > 0)
		store_patience(b->engine, b->patience_us);
	if (b->engine != NULL && b->poll_us > 0)
		store_poll(b->engine, b->poll_us);
	return b->engine;
}

/* The shared store, or NULL with *e set.  Only the shipper waits for one that
 * says nothing; what it hears is for all. */
static struct store *
both_engine(struct both *b, struct err *e)
{
	b->away = backlog_silent(b->backlog);
	if (b->away) {
		err_set(e, "store %.300s: it is away", backlog_url(b->backlog));
		return NULL;
	}
	b->began_us = clock_mono_us();
	if (b->engine == NULL)
		return both_open(b, e);
	store_hasten(b->engine);
	return b->engine;
}

/* Gives r, the end of an operation of the shared store's. */
static int64_t
both_ended(struct both *b, int64_t r)
{
	if (r == -1 && store_stuck(b->engine))
		both_lose(b);
	return r;
}

/* ---- tapes ------------------------------------------------------------- */

/* 1, 0 when there is none, or -1. */
static int
both_find_tape(struct both *b, int which, struct err *e)
{
	struct store *s = which == BOTH_FILE ? b->file : both_engine(b, e);
	int64_t id;

	if (b->tapes[which] > 0)
		return 1;
	if (s == NULL)
		return -1;
	id = store_tape(s, buf_str(&b->tape), false, e);
	if (which == BOTH_ENGINE)
		id = both_ended(b, id);
	if (id > 0)
		b->tapes[which] = id;
	return id > 0 ? 1 : (int)id;
}

static int64_t
both_tape(struct store *s, struct str name, bool create, struct err *e)
{
	struct both *b = both_of(s);
	int engine, file;

	(void)create; /* it only reads */
	buf_clear(&b->tape, 0);
	buf_add_str(&b->tape, name);
	b->tapes[BOTH_ENGINE] = b->tapes[BOTH_FILE] = 0;
	engine = both_find_tape(b, BOTH_ENGINE, e);
	file = both_find_tape(b, BOTH_FILE, e);
	if (file == -1)
		return -1;
	return engine != 0 || file == 1; /* who is away may have it */
}

static int
both_extent(
    struct store *s, struct str tape, struct store_extent *x, struct err *e)
{
	struct both *b = both_of(s);
	struct store *engine = both_engine(b, e);

	*x = (struct store_extent){ 0 };
	if (engine != NULL &&
	    both_ended(b, store_extent(engine, tape, x, e)) == -1 && !b->away)
		return -1;
	return 0;
}

static int
both_tape_text(struct store *s, int64_t tape, enum store_text which,
    struct buf *out, struct err *e)
{
	struct both *b = both_of(s);
	struct buf more = { 0 };
	struct err away;
	int r = 0, engine = both_find_tape(b, BOTH_ENGINE, &away);

	(void)tape;
	if (engine == 1 && both_engine(b, &away) != NULL)
		r = (int)both_ended(
		    b, b->engine->ops->tape_text(
			   b->engine, b->tapes[BOTH_ENGINE], which, out, e));
	if (r == -1 && !b->away)
		return -1;
	r = both_find_tape(b, BOTH_FILE, e);
	if (r == 1)
		r = b->file->ops->tape_text(
		    b->file, b->tapes[BOTH_FILE], which, &more, e);
	if (r == 0 && which == STORE_REDACTION)
		(void)redact_mark_merge(out, buf_str(&more));
	else if (r == 0 && out->n == 0)
		buf_add_str(out, buf_str(&more));
	buf_free(&more);
	return r == -1 ? -1 : 0;
}

/* ---- entries ----------------------------------------------------------- */

/* Up to which entry the file has nothing for who has read the shared store,
 * when those up to shipped had come there; r is what it gave. */
static int64_t
both_after(const struct both *b, int64_t shipped, int64_t r)
{
	return r == -1 && b->away ? backlog_kept(b->backlog) : shipped;
}

/* Those of the file behind after, and behind the n that out has already.  How
 * many there are in all, or -1. */
static int64_t
both_find_in_file(struct both *b, const uint8_t *key, bool normal,
    int64_t after, struct store_candidate *out, size_t n, size_t cap,
    struct err *e)
{
	struct store_candidate few[BOTH_FEW], *all = few;
	int64_t i, found;
	int r = both_find_tape(b, BOTH_FILE, e);

	if (r != 1)
		return r;
	found = store_find(
	    b->file, b->tapes[BOTH_FILE], key, normal, few, BOTH_FEW, e);
	if (found > BOTH_FEW) {
		all = xcalloc((size_t)found, sizeof(*all));
		found = store_find(b->file, b->tapes[BOTH_FILE], key, normal,
		    all, (size_t)found, e);
	}
	r = 0;
	for (i = 0; i < found; i++) {
		if (all[i].id <= after)
			continue;
		if (n + (size_t)r < cap) {
			out[n + (size_t)r] = all[i];
			out[n + (size_t)r].id += STORE_WAITING;
		}
		r++;
	}
	if (all != few)
		free(all);
	return found == -1 ? -1 : r;
}

static int64_t
both_find_in_engine(struct both *b, const uint8_t *key, bool normal,
    struct store_candidate *out, size_t cap, struct err *e)
{
	int r = both_find_tape(b, BOTH_ENGINE, e);

	if (r != 1)
		return r;
	if (both_engine(b, e) == NULL)
		return -1;
	return both_ended(b, store_find(b->engine, b->tapes[BOTH_ENGINE], key,
				 normal, out, cap, e));
}

/* An entry that comes between the two look-ups is in neither or in both. */
static int64_t
both_find(struct store *s, int64_t tape, const uint8_t key[EXCHANGE_KEY_BYTES],
    bool normal, struct store_candidate *out, size_t cap, struct err *e)
{
	struct both *b = both_of(s);
	int64_t shipped, engine, file, i;
	struct err away;

	(void)tape;
	for (i = 0; i < BOTH_TRIES; i++) {
		shipped = backlog_shipped(b->backlog);
		engine = both_find_in_engine(b, key, normal, out, cap, &away);
		file = both_find_in_file(b, key, normal,
		    both_after(b, shipped, engine), out,
		    engine > 0 ? (size_t)engine : 0, cap, e);
		if (file == -1)
			return -1;
		if (shipped == backlog_shipped(b->backlog))
			break;
	}
	if (engine == -1 && file == 0)
		return err_set(e, "%s", away.text);
	return (engine > 0 ? engine : 0) + file;
}

static int
both_get_of_file(struct both *b, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e)
{
	/* What it has may go while it is read. */
	bool hold = !b->held && store_hold(b->file, e) == 0;
	int r = store_get(b->file, entry, most_body, x, e);

	if (hold)
		store_rollback(b->file);
	if (r != 1)
		return r;
	if ((*x)->request.body.stored_id > 0)
		(*x)->request.body.stored_id = BOTH_BODY + 2 * entry;
	if ((*x)->response.body.stored_id > 0)
		(*x)->response.body.stored_id = BOTH_BODY + 2 * entry + 1;
	return 1;
}

static int
both_get_of_engine(struct both *b, int64_t entry, size_t most_body,
    struct exchange **x, struct err *e)
{
	struct store *engine = both_engine(b, e);

	return engine == NULL ? -1
			      : (int)both_ended(b,
				    store_get(engine, entry, most_body, x, e));
}

static int
both_get(struct store *s, int64_t entry, size_t most_body, struct exchange **x,
    struct err *e)
{
	struct both *b = both_of(s);
	int64_t in_file = entry - STORE_WAITING;
	int r;

	if (in_file <= 0) {
		r = both_get_of_engine(b, entry, most_body, x, e);
		if (r != -1 || !b->away ||
		    (in_file = backlog_was(b->backlog, entry)) == 0)
			return r;
		r = both_get_of_file(b, in_file, most_body, x, e);
	} else {
		r = both_get_of_file(b, in_file, most_body, x, e);
		if (r == 0 &&
		    (in_file = backlog_moved(b->backlog, in_file)) > 0)
			r = both_get_of_engine(b, in_file, most_body, x, e);
	}
	if (r == 1)
		(*x)->id = entry;
	return r;
}

/* ---- bodies ------------------------------------------------------------ */

static const struct body *
both_body_of(const struct exchange *x, int64_t body)
{
	return (body - BOTH_BODY) % 2 == 0 ? &x->request.body
					   : &x->response.body;
}

/* Which body of the shared store one of the file has become: body itself when
 * it is none of the file. */
static int64_t
both_body_moved(struct both *b, int64_t body, struct err *e)
{
	int64_t entry = body > BOTH_BODY
			    ? backlog_moved(b->backlog, (body - BOTH_BODY) / 2)
			    : 0;
	struct exchange *x = NULL;
	int r;

	if (entry == 0)
		return body;
	r = both_get_of_engine(b, entry, 0, &x, e);
	if (r == 1)
		body = both_body_of(x, body)->stored_id;
	exchange_free(x);
	return r == 1 ? body : -1;
}

/* As store_body_read(); 0 with *is not set when the file does not have it. */
static int64_t
both_read_file(struct both *b, int64_t body, uint64_t offset, void *out,
    size_t n, bool *is, struct err *e)
{
	struct exchange *x = NULL;
	int64_t got = -1;
	bool hold;
	int r;

	if (body <= BOTH_BODY)
		return 0;
	hold = !b->held && store_hold(b->file, e) == 0;
	r = store_get(b->file, (body - BOTH_BODY) / 2, 0, &x, e);
	*is = r == 1 && both_body_of(x, body)->stored_id > 0;
	if (*is)
		got = store_body_read(b->file, both_body_of(x, body)->stored_id,
		    offset, out, n, e);
	else if (r != -1)
		got = 0;
	if (hold)
		store_rollback(b->file);
	exchange_free(x);
	return got;
}

static int64_t
both_body_read(struct store *s, int64_t body, uint64_t offset, void *out,
    size_t n, struct err *e)
{
	struct both *b = both_of(s);
	bool is = false;
	int64_t got = both_read_file(b, body, offset, out, n, &is, e);

	if (is || got == -1)
		return got;
	body = both_body_moved(b, body, e);
	if (body == -1 || both_engine(b, e) == NULL)
		return -1;
	return both_ended(
	    b, store_body_read(b->engine, body, offset, out, n, e));
}

static int
both_body_load(struct store *s, struct body *body, uint64_t most, struct err *e)
{
	int64_t n;

	if (body->stored_id == 0 || body->size > most)
		return 0;
	while (body->bytes.n < body->size) {
		n = both_body_read(s, body->stored_id, body->bytes.n,
		    buf_reserve(&body->bytes, BODY_PART), BODY_PART, e);
		if (n <= 0)
			break;
		body->bytes.n += (size_t)n;
	}
	if (store_body_verify(s, body, e) != 0)
		return -1;
	body->stored_id = 0;
	return 0;
}

/* ---- lists ------------------------------------------------------------- */

struct both_list {
	int64_t after; /* those up to it are nothing; in the file */
	int (*on_entry)(void *arg, const struct store_entry_row *);
	int (*on_near)(void *arg, const struct store_near_row *);
	void *arg;
};

static int
both_on_entry(void *arg, const struct store_entry_row *of_file)
{
	struct both_list *l = arg;
	struct store_entry_row row = *of_file;

	if (row.id <= l->after)
		return 0;
	row.id += STORE_WAITING;
	row.tape_id = 1;
	return l->on_entry(l->arg, &row);
}

static int
both_on_near(void *arg, const struct store_near_row *of_file)
{
	struct both_list *l = arg;
	struct store_near_row row = *of_file;

	if (row.id <= l->after)
		return 0;
	row.id += STORE_WAITING;
	return l->on_near(l->arg, &row);
}

/* Whether to go on with the file: what the shared store gave, or that it is
 * away, is not the end. */
static bool
both_go_on(const struct both *b, int r)
{
	return r == 0 || (r == -1 && b->away);
}

static int
both_list(struct store *s, const struct store_filter *f,
    int (*on_entry)(void *arg, const struct store_entry_row *), void *arg,
    struct err *e)
{
	struct both *b = both_of(s);
	struct both_list l = { .after = backlog_shipped(b->backlog),
		.on_entry = on_entry,
		.arg = arg };
	struct store_filter of = *f;
	int r = both_find_tape(b, BOTH_ENGINE, e);

	of.tape = b->tapes[BOTH_ENGINE];
	if (r == 1)
		r = both_engine(b, e) == NULL
			? -1
			: (int)both_ended(
			      b, store_list(b->engine, &of, on_entry, arg, e));
	if (!both_go_on(b, r))
		return r;
	l.after = both_after(b, l.after, r);
	if (of.first_id <= l.after)
		of.first_id = l.after + 1;
	r = both_find_tape(b, BOTH_FILE, e);
	of.tape = b->tapes[BOTH_FILE];
	return r == 1 ? store_list(b->file, &of, both_on_entry, &l, e) : r;
}

static int
both_near(struct store *s, int64_t tape, struct str target,
    int (*on_row)(void *arg, const struct store_near_row *), void *arg,
    struct err *e)
{
	struct both *b = both_of(s);
	struct both_list l = { .after = backlog_shipped(b->backlog),
		.on_near = on_row,
		.arg = arg };
	int r = both_find_tape(b, BOTH_ENGINE, e);

	(void)tape;
	if (r == 1)
		r = both_engine(b, e) == NULL
			? -1
			: (int)both_ended(
			      b, store_near(b->engine, b->tapes[BOTH_ENGINE],
				     target, on_row, arg, e));
	if (!both_go_on(b, r))
		return r;
	l.after = both_after(b, l.after, r);
	r = both_find_tape(b, BOTH_FILE, e);
	return r == 1 ? store_near(b->file, b->tapes[BOTH_FILE], target,
			    both_on_near, &l, e)
		      : r;
}

struct both_requests {
	struct both *both;
	int64_t last;  /* of the shared store, that was told */
	int64_t after; /* those up to it are nothing; in the file */
	void (*on_request)(void *arg, const struct store_request *);
	void *arg;
};

static void
both_on_request(void *arg, const struct store_request *of_engine)
{
	struct both_requests *l = arg;
	struct store_request row = *of_engine;

	l->last = row.id;
	row.tape = row.tape == l->both->tapes[BOTH_ENGINE];
	l->on_request(l->arg, &row);
}

static void
both_on_waiting(void *arg, const struct store_request *of_file)
{
	struct both_requests *l = arg;
	struct store_request row = *of_file;

	row.id += STORE_WAITING;
	row.tape = row.tape == l->both->tapes[BOTH_FILE];
	l->on_request(l->arg, &row);
}

static int
both_requests_of_engine(struct both *b, struct both_requests *l, struct err *e)
{
	int r = both_find_tape(b, BOTH_ENGINE, e);
	struct store *engine;

	if (r != 1)
		return r;
	engine = both_engine(b, e);
	return engine == NULL
		   ? -1
		   : (int)both_ended(b, store_requests(engine, l->last,
					    both_on_request, l, e));
}

/* What comes there while both are read is in neither, and told at the end. */
static int
both_requests(struct store *s, int64_t after,
    void (*on_request)(void *arg, const struct store_request *), void *arg,
    struct err *e)
{
	struct both *b = both_of(s);
	int64_t shipped = backlog_shipped(b->backlog);
	struct both_requests l = { b, after, shipped, on_request, arg };
	struct err away;
	int engine = both_requests_of_engine(b, &l, &away), file;

	if (!both_go_on(b, engine))
		return err_set(e, "%s", away.text);
	l.after = both_after(b, shipped, engine);
	file = both_find_tape(b, BOTH_FILE, e);
	if (file == 1)
		file = store_requests(b->file, l.after, both_on_waiting, &l, e);
	if (file == -1)
		return -1;
	if (engine == 0 && shipped != backlog_shipped(b->backlog))
		engine = both_requests_of_engine(b, &l, &away);
	return engine == -1 ? err_set(e, "%s", away.text) : 0;
}

static bool
both_has(struct both *b, bool (*has)(struct store *s, int64_t tape))
{
	struct err e;

	if (both_find_tape(b, BOTH_FILE, &e) == 1 &&
	    has(b->file, b->tapes[BOTH_FILE]))
		return true;
	return both_find_tape(b, BOTH_ENGINE, &e) == 1 &&
	       both_engine(b, &e) != NULL &&
	       has(b->engine, b->tapes[BOTH_ENGINE]);
}

static bool
both_has_unknown_bodies(struct store *s, int64_t tape)
{
	(void)tape;
	return both_has(both_of(s), store_has_unknown_bodies);
}

static bool
both_has_scopes(struct store *s, int64_t tape)
{
	(void)tape;
	return both_has(both_of(s), store_has_scopes);
}

/* ---- the store itself -------------------------------------------------- */

/* What is in the file is the program's own doing.  What was found while the
 * shared store was away may not be all. */
static int64_t
both_version(struct store *s)
{
	struct both *b = both_of(s);
	int64_t returns = backlog_returns(b->backlog);
	struct err e;

	if (b->engine == NULL && both_engine(b, &e) == NULL)
		return returns << 40;
	return (returns << 40) + store_version(b->engine);
}

static enum store_news
both_news(struct store *s, int64_t tape, int64_t *seen,
    void (*on_key)(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES]), void *arg)
{
	struct both *b = both_of(s);
	int64_t returns = backlog_returns(b->backlog), before = *seen;
	struct err e;

	(void)tape;
	if (both_find_tape(b, BOTH_ENGINE, &e) != 1 ||
	    both_engine(b, &e) == NULL)
		return STORE_SAME;
	if (returns == b->returns || before == -1) {
		b->returns = returns;
		return store_news(
		    b->engine, b->tapes[BOTH_ENGINE], seen, on_key, arg);
	}
	b->returns = returns;
	*seen = -1;
	(void)store_news(b->engine, b->tapes[BOTH_ENGINE], seen, on_key, arg);
	return STORE_OTHER;
}

/* Those of the shared store, whatever waits in the file. */
static int64_t
both_turn(struct store *s, int64_t tape, const uint8_t name[STORE_CURSOR_NAME],
    int64_t total, bool cycle, struct err *e)
{
	struct both *b = both_of(s);
	int there = both_find_tape(b, BOTH_ENGINE, e);

	(void)tape;
	if (there == 0)
		return err_set(e,
		    "store %.300s: it has no cursors of the tape before the "
		    "first recording came there",
		    backlog_url(b->backlog));
	if (there == -1 || both_engine(b, e) == NULL)
		return -1;
	return both_ended(b, store_turn(b->engine, b->tapes[BOTH_ENGINE], name,
				 total, cycle, e));
}

static int
both_hold(struct store *s, struct err *e)
{
	struct both *b = both_of(s);
	struct store *engine;

	if (store_hold(b->file, e) == -1)
		return -1;
	b->held = true;
	engine = both_engine(b, e);
	if (engine == NULL || both_ended(b, store_hold(engine, e)) == 0 ||
	    b->away)
		return 0;
	store_rollback(s);
	return -1;
}

static void
both_rollback(struct store *s)
{
	struct both *b = both_of(s);

	store_rollback(b->file);
	b->held = false;
	if (b->engine != NULL)
		store_rollback(b->engine);
}

static bool
both_stuck(const struct store *s)
{
	return backlog_away(((const struct both *)s)->backlog);
}

static void
both_close(struct store *s)
{
	struct both *b = both_of(s);

	store_close(b->engine);
	store_close(b->file);
	backlog_unref(b->backlog);
	buf_free(&b->tape);
	store_fini(s);
	free(b);
}

static void
both_patience(struct store *s, int64_t us)
{
	struct both *b = both_of(s);

	b->patience_us = us;
	if (b->engine != NULL)
		store_patience(b->engine, us);
}

/* Before the engine is asked for changes. */
static void
both_poll(struct store *s, int64_t us)
{
	struct both *b = both_of(s);

	b->poll_us = us;
	if (b->engine != NULL)
		store_poll(b->engine, us);
}

/* What a library's readers ask for. */
static const struct store_ops both_ops = {
	.close = both_close,
	.tape = both_tape,
	.extent = both_extent,
	.hold = both_hold,
	.rollback = both_rollback,
	.stuck = both_stuck,
	.find = both_find,
	.get = both_get,
	.body_load = both_body_load,
	.body_read = both_body_read,
	.list = both_list,
	.near = both_near,
	.requests = both_requests,
	.patience = both_patience,
	.poll = both_poll,
	.version = both_version,
	.news = both_news,
	.turn = both_turn,
	.has_unknown_bodies = both_has_unknown_bodies,
	.has_scopes = both_has_scopes,
	.tape_text = both_tape_text,
};

struct store *
store_both(struct backlog *b, struct err *e)
{
	struct both *s = xcalloc(1, sizeof(*s));

	store_init(&s->store, &both_ops, backlog_url(b));
	s->backlog = backlog_ref(b);
	s->returns = backlog_returns(b);
	s->file = store_open(backlog_path(b), STORE_READ, false, e);
	if (s->file != NULL)
		return &s->store;
	store_close(&s->store);
	return NULL;
}
