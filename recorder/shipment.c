#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/exchange.h"
#include "recorder/store_ops.h"

#include "recorder/shipment.h"

/* ---- loading ----------------------------------------------------------- */

/* Which entries are next, and the tapes they are on. */
struct shipment_list {
	struct store *file, *engine;
	struct shipment *s;
	int64_t until;
	int64_t aside; /* the next that was put aside, or one before */
	int64_t tape_from, tape_to; /* the last tape, in both */
	struct err *e;
};

/* The tape's secrets and keys are in the one store as in the other. */
static int
shipment_tape_texts(struct shipment_list *l, struct str name, int64_t from,
    int64_t to, bool made, struct err *e)
{
	struct buf marks = { 0 }, has = { 0 }, wants = { 0 };
	int r = store_tape_redaction(l->file, from, &marks, e);

	if (r == 0 && marks.n > 0)
		r = store_tape_add_redaction(l->engine, to, buf_str(&marks), e);
	if (r == 0)
		r = store_tape_rules(l->engine, to, &has, e);
	if (r == 0)
		r = store_tape_rules(l->file, from, &wants, e);
	if (r == 0 && made && has.n == 0 && wants.n > 0)
		r = store_tape_set_rules(l->engine, to, buf_str(&wants), e);
	else if (r == 0 && !str_eq(buf_str(&has), buf_str(&wants)))
		r = err_set(e,
		    "entries for the tape %.*s were recorded by other rules "
		    "than it has: start hark with that tape and its rules",
		    (int)(name.n < 100 ? name.n : 100), name.p);
	buf_free(&marks);
	buf_free(&has);
	buf_free(&wants);
	return r;
}

static int
shipment_tape(
    struct shipment_list *l, const struct backlog_next *row, struct err *e)
{
	int64_t to;
	bool made;

	if (l->tape_from == row->tape)
		return 0;
	to = store_tape(l->engine, row->name, false, e);
	made = to == 0;
	if (made)
		to = store_tape(l->engine, row->name, true, e);
	if (to <= 0 ||
	    shipment_tape_texts(l, row->name, row->tape, to, made, e) == -1)
		return -1;
	l->tape_from = row->tape;
	l->tape_to = to;
	return 0;
}

/* Whether it was put aside, which few are; or -1. */
static int
shipment_is_aside(struct shipment_list *l, int64_t id)
{
	if (l->aside < id)
		l->aside = backlog_next_aside(l->file, id - 1, l->e);
	return l->aside == -1 ? -1 : l->aside == id;
}

static int
shipment_on_entry(void *arg, const struct backlog_next *row)
{
	struct shipment_list *l = arg;
	struct shipment *s = l->s;
	int aside = shipment_is_aside(l, row->entry);

	if (aside != 0) {
		s->upto = aside == 1 ? row->entry : s->upto;
		return aside == 1 ? 0 : -1;
	}
	if (s->n == 0 &&
	    backlog_run_of(l->file, row->entry, s->run, &l->until, l->e) == -1)
		return -1;
	if (row->entry > l->until)
		return 1;
	if (shipment_tape(l, row, l->e) == -1)
		return -1;
	s->upto = row->entry;
	s->v[s->n++] =
	    (struct shipped){ .from = row->entry, .tape = l->tape_to };
	return s->n == SHIPMENT_ENTRIES;
}

/* The parts of a long body; the shared store keeps them for as long as its
 * writer lives, and sweeps them out behind it.  NULL, or the store that
 * failed. */
static struct store *
shipment_copy(struct shipped_body *b, struct store *file, struct store *engine,
    struct err *e)
{
	struct digest *digest = digest_new();
	char *bytes = xmalloc(BODY_PART);
	struct store *failed = NULL;
	int64_t n = 1;

	b->size = 0;
	b->body = store_body_begin(engine, e);
	if (b->body <= 0)
		failed = engine;
	while (failed == NULL && n > 0) {
		n = store_body_read(
		    file, b->from, b->size, bytes, BODY_PART, e);
		if (n == -1)
			failed = file;
		if (n <= 0)
			break;
		digest_add(digest, bytes, (size_t)n);
		b->size += (uint64_t)n;
		if (store_body_part(engine, b->body,
			(struct str){ bytes, (size_t)n }, e) == -1)
			failed = engine;
	}
	digest_end(digest, b->sha256);
	digest_free(digest);
	free(bytes);
	return failed;
}

static int
shipment_load_one(struct shipment *s, struct shipped *p, struct store *file,
    struct store *engine, struct err *e)
{
	struct body *bodies[2];
	size_t i;
	int got;

	s->failed = p->from;
	s->by = file;
	got = store_get(file, p->from, BODY_PART, &p->x, e);
	if (got != 1)
		return got;
	bodies[0] = &p->x->request.body;
	bodies[1] = &p->x->response.body;
	for (i = 0; i < 2; i++) {
		p->bodies[i].from = bodies[i]->stored_id;
		if (p->bodies[i].from == 0)
			continue;
		/* It takes long, and what is held cannot be tidied up. */
		store_rollback(file);
		s->by = shipment_copy(&p->bodies[i], file, engine, e);
		if (s->by != NULL)
			return -1;
	}
	s->failed = 0;
	return 1;
}

/* Whether it goes with those that are there; whatever is long goes alone. */
static bool
shipment_room(const struct shipped *p, size_t *bytes)
{
	*bytes +=
	    p->x->request.body.bytes.n + p->x->response.body.bytes.n + 4096;
	return *bytes < SHIPMENT_BYTES && p->bodies[0].from == 0 &&
	       p->bodies[1].from == 0;
}

/* The exchanges; what does not fit is for the next. */
static int
shipment_fill(
    struct shipment *s, struct store *file, struct store *engine, struct err *e)
{
	size_t i, n = 0, all = s->n;
	bool room = true;
	int got = 0;

	for (i = 0; i < all && room; i++) {
		struct shipped p = s->v[i];

		got = shipment_load_one(s, &p, file, engine, e);
		if (got == -1) {
			exchange_free(p.x);
			break;
		}
		if (got == 0)
			continue; /* replaced meanwhile */
		room = shipment_room(&p, &s->bytes);
		s->v[n++] = p;
	}
	s->n = n;
	if (i < all)
		s->upto = n > 0 ? s->v[n - 1].from : 0;
	/* Those before it go first. */
	return got == -1 && n == 0 ? -1 : 0;
}

int
shipment_load(struct shipment *s, struct store *file, struct store *engine,
    int64_t after, struct err *e)
{
	struct shipment_list l = {
		.file = file, .engine = engine, .s = s, .e = e
	};
	int r;

	s->n = s->bytes = 0;
	s->upto = after;
	s->failed = 0;
	r = backlog_next(file, after, shipment_on_entry, &l, e);
	if (r != -1)
		r = store_hold(file, e);
	if (r != -1)
		r = shipment_fill(s, file, engine, e);
	store_rollback(file);
	if (r == -1)
		shipment_clear(s);
	return r == -1 ? -1 : 0;
}

void
shipment_clear(struct shipment *s)
{
	while (s->n > 0)
		exchange_free(s->v[--s->n].x);
}

/* ---- sending ----------------------------------------------------------- */

static int
shipment_end_body(struct shipped_body *b, struct body *of, struct store *engine,
    struct err *e)
{
	if (b->from == 0)
		return 0;
	of->stored_id = store_body_end(engine, b->body, b->size, b->sha256, e);
	of->size = b->size;
	return of->stored_id > 0 ? 0 : -1;
}

static int
shipment_drop_bodies(struct shipped *p, struct store *engine, struct err *e)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (p->bodies[i].from > 0 &&
		    store_body_forget(engine, p->bodies[i].body, e) == -1)
			return -1;
	return 0;
}

static int
shipment_write(struct shipped *p, struct store *engine,
    enum on_record on_record, struct err *e)
{
	int apply = on_record_apply(on_record, engine, p->tape, p->x, e);

	p->to = 0;
	if (apply == 0)
		return shipment_drop_bodies(p, engine, e);
	if (apply == -1 ||
	    shipment_end_body(&p->bodies[0], &p->x->request.body, engine, e) ==
		-1 ||
	    shipment_end_body(&p->bodies[1], &p->x->response.body, engine, e) ==
		-1 ||
	    store_put(engine, p->tape, p->x, e) == -1)
		return -1;
	p->to = p->x->id;
	return 0;
}

static int
shipment_write_some(struct shipment *s, struct shipped *p, size_t n,
    struct store *engine, enum on_record on_record, struct err *e)
{
	struct str run = { (const char *)s->run, sizeof(s->run) };
	int64_t came;
	size_t i;
	int r = pg_source_last(engine, run, &came, e);

	for (i = 0; r == 0 && i < n; i++)
		r = p[i].from <= came
			? shipment_drop_bodies(&p[i], engine, e)
			: shipment_write(&p[i], engine, on_record, e);
	if (r == 0 && p[n - 1].from > came)
		r = pg_source_set(engine, run, p[n - 1].from, e);
	return r;
}

/* What a transaction that failed said of the bodies is not so. */
static void
shipment_reset(struct shipped *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		p[i].to = 0;
		p[i].x->request.body.stored_id = p[i].bodies[0].from;
		p[i].x->response.body.stored_id = p[i].bodies[1].from;
	}
}

int
shipment_send(struct shipment *s, size_t first, size_t n, struct store *engine,
    enum on_record on_record, struct err *e)
{
	struct shipped *p = s->v + first;

	if (store_begin(engine, e) != 0)
		return -1;
	if (shipment_write_some(s, p, n, engine, on_record, e) == 0 &&
	    store_commit(engine, e) == 0)
		return 0;
	store_rollback(engine);
	shipment_reset(p, n);
	return -1;
}
