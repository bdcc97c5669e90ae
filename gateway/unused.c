#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/store.h"
#include "recorder/used.h"

#include "gateway/unused.h"

struct unused_tape {
	int64_t tape;
	const struct used_run *run;
};

struct unused {
	struct used used;
	int64_t wanted;        /* a tape; 0: all */
	struct unused_tape *v; /* those that were replayed, by number */
	size_t n;
};

static int
unused_on_tape(void *arg, const struct store_tape_row *row)
{
	struct unused *u = arg;
	const struct used_run *run =
	    used_find(&u->used, row->id, row->created_us);

	if (run == NULL || (u->wanted != 0 && u->wanted != row->id))
		return 0;
	u->v = xrealloc(u->v, (u->n + 1) * sizeof(*u->v));
	u->v[u->n++] = (struct unused_tape){ row->id, run };
	return 0;
}

static int
unused_load_tapes(
    struct unused *u, struct store *s, const char *path, struct err *e)
{
	if (used_read(path, &u->used, e) == -1 ||
	    store_tapes(s, unused_on_tape, u, e) != 0)
		return -1;
	if (u->n > 0)
		return 0;
	return err_set(e,
	    "store %.300s: no replay of %s has noted what it served, and "
	    "everything would count as unused",
	    path, u->wanted != 0 ? "this tape" : "any of its tapes");
}

struct unused *
unused_load(struct store *s, const char *path, int64_t tape, struct err *e)
{
	struct unused *u = xcalloc(1, sizeof(*u));

	u->wanted = tape;
	if (unused_load_tapes(u, s, path, e) == 0)
		return u;
	unused_free(u);
	return NULL;
}

void
unused_free(struct unused *u)
{
	if (u == NULL)
		return;
	used_fini(&u->used);
	free(u->v);
	free(u);
}

static int
unused_order(const void *a, const void *b)
{
	const struct unused_tape *x = a, *y = b;

	return (x->tape > y->tape) - (x->tape < y->tape);
}

bool
unused_is(const struct unused *u, const struct store_entry_row *row)
{
	struct unused_tape wanted = { .tape = row->tape_id };
	const struct unused_tape *t =
	    bsearch(&wanted, u->v, u->n, sizeof(*u->v), unused_order);

	return t != NULL && used_missed(t->run, row->id);
}
