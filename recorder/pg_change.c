/*
 * What changes on a tape stands in its row of hark_change: the store's version
 * when something did, and when it was something else than entries at the end,
 * which who has seen all up to an id can read behind it.  A transaction writes
 * these rows at its end, while it holds the lock.
 */
#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

#include "recorder/pg_priv.h"

#define N(number) VALUE_OF_NUMBER(number)

struct pg_touched {
	int64_t tape;
	bool other; /* than entries at its end */
	int64_t removed;
};

static struct pg_touched *
change_find(struct pg *p, int64_t tape)
{
	size_t i;

	for (i = 0; i < p->ntouched; i++)
		if (p->touched[i].tape == tape)
			return &p->touched[i];
	if ((p->ntouched & (p->ntouched - 1)) == 0)
		p->touched = xrealloc(
		    p->touched, (p->ntouched > 0 ? 2 * p->ntouched : 1) *
				    sizeof(*p->touched));
	p->touched[p->ntouched] = (struct pg_touched){ .tape = tape };
	return &p->touched[p->ntouched++];
}

void
pg_touch(struct store *s, int64_t tape, enum pg_touch how, int64_t removed)
{
	struct pg_touched *t = change_find(pg_of(s), tape);

	t->other = t->other || how == PG_CHANGED;
	t->removed += removed;
}

/* The version that hark_state has by now is that of this transaction. */
static int
change_put(struct pg *p, const struct pg_touched *t, struct err *e)
{
	if (t->tape == PG_ANY_TAPE)
		return pg_link_later(&p->link, "cannot commit",
		    "UPDATE hark_change SET version = s.version, "
		    "epoch = s.version FROM hark_state AS s WHERE s.one = $1",
		    PG_VALUES(N(1)), e);
	return pg_link_later(&p->link, "cannot commit",
	    "INSERT INTO hark_change (tape, version, epoch, removed) "
	    "SELECT $1, version, $2 * version, $3 FROM hark_state "
	    "WHERE one = 1 ON CONFLICT (tape) DO UPDATE SET "
	    "version = EXCLUDED.version, epoch = CASE $2 WHEN 0 THEN "
	    "hark_change.epoch ELSE EXCLUDED.epoch END, "
	    "removed = hark_change.removed + EXCLUDED.removed",
	    PG_VALUES(N(t->tape), N(t->other), N(t->removed)), e);
}

int
pg_change_commit(struct pg *p, struct err *e)
{
	size_t i;

	if (p->ntouched == 0)
		return 0;
	if (pg_link_later(&p->link, "cannot commit",
		"UPDATE hark_state SET last = $1, version = version + 1 "
		"WHERE one = 1",
		PG_VALUES(N(p->last)), e) == -1)
		return -1;
	for (i = 0; i < p->ntouched; i++)
		if (change_put(p, &p->touched[i], e) != 0)
			return -1;
	return 0;
}
