#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recorder/store.h"
#include "replay/answer.h"
#include "replay/cache.h"
#include "replay/library_priv.h"
#include "replay/playwright.h"
#include "replay/shelf.h"

#include "replay/errand.h"

struct errand *
errand_new(const struct errand_what *what)
{
	struct errand *d = xcalloc(1, sizeof(*d));

	d->what = *what;
	return d;
}

void
errand_free(struct errand *d)
{
	if (d == NULL)
		return;
	if (d->shelf != NULL)
		cache_item_unref(&d->shelf->item);
	if (d->answer != NULL)
		cache_item_unref(&d->answer->item);
	playwright_question_free(d->question);
	buf_free(&d->bytes);
	free(d);
}

void
errand_fail(struct errand *d, const char *why)
{
	d->failed = true;
	err_set(&d->e, "%s", why);
}

/* ---- on any thread ------------------------------------------------------ */

static int
errand_run_tape(struct errand *d, struct reader *r)
{
	return reader_tell(r, false, &d->e);
}

static int
errand_run_time(struct errand *d, struct reader *r)
{
	d->number = -1;
	return reader_first(r, &d->number, &d->e);
}

/* Somebody may have brought the same meanwhile. */
static int
errand_run_shelf(struct errand *d, struct reader *r)
{
	struct shelf_place place = { .tier = d->what.tier,
		.key = &d->what.key };
	uint64_t stamp;

	d->found = FOUND;
	d->shelf = (struct shelf *)cache_find(
	    r->library->cache, CACHE_SHELF, place.key, &stamp);
	if (d->shelf != NULL)
		return 0;
	d->found = FOUND_NOTHING;
	if (reader_tape(r, &d->e) == -1)
		return -1;
	if (r->tape == 0)
		return 0;
	d->found = reader_load_shelf(r, &place, stamp, &d->shelf, &d->e);
	return d->found == FOUND_ERROR ? -1 : 0;
}

static int
errand_run_answer(struct errand *d, struct reader *r)
{
	bool stored;
	int got = reader_answer(r, d->what.id, &stored, &d->answer, &d->e);

	return got == -1 ? -1 : 0;
}

static int
errand_run_turn(struct errand *d, struct reader *r)
{
	if (reader_tape(r, &d->e) == -1)
		return -1;
	if (r->tape == 0)
		return err_set(&d->e, "the tape is gone");
	d->number = store_turn(r->store, r->tape, d->what.name, d->what.total,
	    d->what.cycle, &d->e);
	return d->number == -1 ? -1 : 0;
}

static int
errand_run_body(struct errand *d, struct reader *r)
{
	int64_t n = store_body_read(r->store, d->what.id, d->what.offset,
	    buf_reserve(&d->bytes, BODY_PART), BODY_PART, &d->e);

	if (n == 0)
		return err_set(&d->e, "it ends early");
	d->bytes.n = n > 0 ? (size_t)n : 0;
	return n > 0 ? 0 : -1;
}

void
errand_run(struct errand *d, struct reader *r)
{
	static int (*const runs[])(struct errand * d, struct reader * r) = {
		[ERRAND_TAPE] = errand_run_tape,
		[ERRAND_TIME] = errand_run_time,
		[ERRAND_SHELF] = errand_run_shelf,
		[ERRAND_ANSWER] = errand_run_answer,
		[ERRAND_TURN] = errand_run_turn,
		[ERRAND_BODY] = errand_run_body,
		[ERRAND_MATCH] = playwright_run,
	};

	d->failed = runs[d->what.kind](d, r) != 0;
}

/* ---- baskets ------------------------------------------------------------ */

/* Whether both are for the same. */
static bool
errand_what_is(const struct errand_what *a, const struct errand_what *b)
{
	return a->kind == b->kind && a->tier == b->tier && a->id == b->id &&
	       memcmp(&a->key, &b->key, sizeof(a->key)) == 0 &&
	       memcmp(a->name, b->name, sizeof(a->name)) == 0;
}

static struct errand **
basket_find(const struct basket *b, const struct errand_what *what)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (errand_what_is(&b->v[i]->what, what))
			return &b->v[i];
	return NULL;
}

int
basket_ask(struct basket *b, const struct errand_what *what,
    const struct errand **d, struct err *e)
{
	struct errand **at;

	if (b == NULL)
		return err_set(e, "the store was not asked");
	at = basket_find(b, what);
	if (at == NULL) {
		errand_free(b->wanted);
		b->wanted = errand_new(what);
		return 1;
	}
	*d = *at;
	return (*d)->failed ? err_set(e, "%s", (*d)->e.text) : 0;
}

bool
basket_has_read(const struct basket *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		if (b->v[i]->what.kind == ERRAND_SHELF ||
		    b->v[i]->what.kind == ERRAND_ANSWER)
			return true;
	return false;
}

struct errand *
basket_take(struct basket *b)
{
	struct errand *d = b->wanted;

	b->given = d->what;
	b->wanted = NULL;
	return d;
}

void
basket_put(struct basket *b, struct errand *d)
{
	if ((b->n & (b->n - 1)) == 0)
		b->v = xrealloc(
		    b->v, (b->n == 0 ? 1 : 2 * b->n) * sizeof(struct errand *));
	b->v[b->n++] = d;
}

void
basket_fail(struct basket *b, const char *why)
{
	struct errand *d = errand_new(&b->given);

	errand_fail(d, why);
	basket_put(b, d);
}

void
basket_drop(struct basket *b, enum tier tier, const struct key *key)
{
	struct errand_what what = {
		.kind = ERRAND_SHELF, .tier = tier, .key = *key
	};
	struct errand **at = basket_find(b, &what);

	if (at == NULL)
		return;
	errand_free(*at);
	*at = b->v[--b->n];
}

void
basket_fini(struct basket *b)
{
	while (b->n > 0)
		errand_free(b->v[--b->n]);
	free(b->v);
	errand_free(b->wanted);
	*b = (struct basket){ 0 };
}
