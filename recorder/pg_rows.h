#ifndef RECORDER_PG_ROWS_H
#define RECORDER_PG_ROWS_H

/*
 * Rows that one statement inserts: what a statement costs the engine beside
 * its rows is more than a row of a tape.  Each column goes as one parameter,
 * an array, which unnest() makes rows of again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/entry_row.h"

#define PG_ROWS_COLUMNS 64

struct pg_rows_as {
	const char *doing; /* for errors */
	const char *into;  /* INSERT INTO table (...) */
	const char *end;   /* of the statement, or "" */
	int columns;
	/* Of each column, what it has where it is not NULL; that of a column
	 * which is never NULL may be VALUE_NULL. */
	enum value_kind kinds[PG_ROWS_COLUMNS];
};

struct pg_rows; /* opaque */

/* as lives as long as they do. */
struct pg_rows *pg_rows_new(const struct pg_rows_as *as);
void pg_rows_free(struct pg_rows *r); /* safe on NULL */

/* Copies a row. */
void pg_rows_add(struct pg_rows *r, const struct value *v);
int pg_rows_count(const struct pg_rows *r);
/* Whether one begins with that number, as all of them do with one. */
bool pg_rows_has(const struct pg_rows *r, int64_t first);
bool pg_rows_enough(const struct pg_rows *r); /* for one statement */
void pg_rows_clear(struct pg_rows *r);

/* The statement, and its parameters: as many as columns, valid until the next
 * row is added. */
const char *pg_rows_doing(const struct pg_rows *r);
const char *pg_rows_sql(const struct pg_rows *r);
int pg_rows_values(struct pg_rows *r, struct value v[PG_ROWS_COLUMNS]);

#endif
