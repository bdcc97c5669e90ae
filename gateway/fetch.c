/* Look-ups that need something of a store that is on another machine: the
 * transaction waits for it, the worker does not. */
#include "config.h"

#include "base/clock.h"
#include "base/err.h"
#include "gateway/fetcher.h"
#include "gateway/worker.h"
#include "replay/errand.h"

#include "gateway/transaction.h"

#define FETCH_LATE "the shared store has not answered in time"
#define FETCH_FULL "too many look-ups wait for the shared store"

static void
fetch_on_done(void *arg, struct errand *d)
{
	struct transaction *t = arg;

	t->fetch = NULL;
	t->w->now = clock_mono_us();
	if (d != NULL)
		basket_put(&t->basket, d);
	else
		basket_fail(&t->basket, FETCH_LATE);
	t->fetched(t);
}

void
fetch_begin(struct transaction *t, void (*then)(struct transaction *t))
{
	struct errand *d = basket_take(&t->basket);

	t->fetched = then;
	t->fetch =
	    fetcher_ask(t->w->shared->fetcher, t->w, d, fetch_on_done, t);
	if (t->fetch != NULL)
		return;
	errand_fail(d, FETCH_FULL);
	basket_put(&t->basket, d);
	then(t);
}

/* ---- a body that stays in the store ---------------------------------------
 */

static void
fetch_on_piece(void *arg, struct errand *d)
{
	struct transaction *t = arg;

	t->fetch = NULL;
	t->w->now = clock_mono_us();
	if (d != NULL && !d->failed) {
		if (d->what.offset != t->piece_at + t->piece.n) {
			t->piece.n = 0;
			t->piece_at = d->what.offset;
		}
		buf_add_str(&t->piece, buf_str(&d->bytes));
		errand_free(d);
		t->fetched(t);
		return;
	}
	reply_break(t, d != NULL ? d->e.text : FETCH_LATE);
	errand_free(d);
}

void
fetch_piece(struct transaction *t, uint64_t at, bool gather,
    void (*then)(struct transaction *t))
{
	struct errand_what what = { .kind = ERRAND_BODY,
		.id = t->answer->body->stored_id,
		.offset = at };
	struct errand *d = errand_new(&what);

	if (!gather) {
		t->piece.n = 0;
		t->piece_at = at;
	}
	t->fetched = then;
	t->fetch =
	    fetcher_ask(t->w->shared->fetcher, t->w, d, fetch_on_piece, t);
	if (t->fetch != NULL)
		return;
	errand_free(d);
	reply_break(t, FETCH_FULL);
}

void
fetch_end(struct transaction *t)
{
	if (t->fetch != NULL)
		fetch_cancel(t->fetch);
	basket_fini(&t->basket);
	buf_free(&t->piece);
}
