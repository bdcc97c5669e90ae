/*
 * Cursors in the engine: a row says how many answers of a sequence were served
 * by all gateways, and whether the last request came behind its end.
 */
#include "config.h"

#include "base/err.h"

#include "recorder/pg_priv.h"

#define TURN_TRIES 30 /* in which all who meet have had theirs */

#define N(number) VALUE_OF_NUMBER(number)
#define B(bytes) VALUE_OF_BYTES(bytes)

/* The row is locked by the statement alone, for as long as it takes. */
#define TURN_SQL \
	"INSERT INTO hark_cursor (tape, name, served, over, used_us) " \
	"VALUES ($1, $2, 1, 0, " PG_NOW_US ") " \
	"ON CONFLICT (tape, name) DO UPDATE SET served = CASE " \
	"WHEN hark_cursor.served < $3 THEN hark_cursor.served + 1 " \
	"WHEN $4 = 1 THEN 1 ELSE hark_cursor.served END, " \
	"over = CASE WHEN hark_cursor.served < $3 OR $4 = 1 THEN 0 ELSE 1 " \
	"END, used_us = EXCLUDED.used_us " \
	"RETURNING CASE over WHEN 0 THEN served - 1 ELSE $3 END"

int64_t
pg_turn(struct store *s, int64_t tape, const uint8_t name[STORE_CURSOR_NAME],
    int64_t total, bool cycle, struct err *e)
{
	struct str bytes = { (const char *)name, STORE_CURSOR_NAME };
	struct pg_link *l = &pg_of(s)->link;
	int64_t place = -1;
	int i;

	for (i = 0; i < TURN_TRIES; i++) {
		place = pg_link_number(l, "cannot move a shared cursor",
		    TURN_SQL, PG_VALUES(N(tape), B(bytes), N(total), N(cycle)),
		    NULL, e);
		if (place != -1 || !l->again)
			break;
		pg_link_rest(i);
	}
	return place;
}

int
pg_rewind(struct store *s, int64_t tape, struct err *e)
{
	return pg_link_run(&pg_of(s)->link, "cannot reset the shared cursors",
		   "DELETE FROM hark_cursor WHERE tape = $1",
		   PG_VALUES(N(tape)), e) == -1
		   ? -1
		   : 0;
}
