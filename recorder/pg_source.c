/*
 * What a shared store remembers of those that ship to it: how far it got with
 * each run, changed with the entries themselves.  So a batch whose commit was
 * lost is not stored again, whatever became of its entries since.
 */
#include "config.h"

#include "base/err.h"

#include "recorder/pg_priv.h"

#define SOURCE_KEPT_US "CAST(30 * 86400000000 AS BIGINT)"

int
pg_source_last(struct store *s, struct str run, int64_t *last, struct err *e)
{
	/* Who has it knows what all others have committed. */
	if (pg_lock(s, e) != 0)
		return -1;
	*last = pg_link_number(&pg_of(s)->link, "cannot read what came",
	    "SELECT last FROM hark_source WHERE id = $1",
	    PG_VALUES(VALUE_OF_BYTES(run)), NULL, e);
	return *last == -1 ? -1 : 0;
}

int
pg_source_set(struct store *s, struct str run, int64_t last, struct err *e)
{
	return pg_link_later(&pg_of(s)->link, "cannot note what came",
	    "INSERT INTO hark_source (id, last, seen_us) VALUES "
	    "($1, $2, " PG_NOW_US ") ON CONFLICT (id) DO UPDATE SET "
	    "last = EXCLUDED.last, seen_us = EXCLUDED.seen_us",
	    PG_VALUES(VALUE_OF_BYTES(run), VALUE_OF_NUMBER(last)), e);
}

int
pg_source_epoch(struct store *s, struct str tape, int64_t *epoch, struct err *e)
{
	*epoch = pg_link_number(&pg_of(s)->link, "cannot read what changed",
	    "SELECT epoch FROM hark_change WHERE tape = "
	    "(SELECT id FROM hark_tape WHERE name = $1)",
	    PG_VALUES(VALUE_OF_BYTES(tape)), NULL, e);
	return *epoch == -1 ? -1 : 0;
}

int
pg_source_sweep(struct store *s, struct err *e)
{
	return pg_link_run(&pg_of(s)->link, "cannot forget what came",
		   "DELETE FROM hark_source WHERE seen_us < " PG_NOW_US
		   " - " SOURCE_KEPT_US,
		   NULL, 0, e) == -1
		   ? -1
		   : 0;
}
