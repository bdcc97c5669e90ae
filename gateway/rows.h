#ifndef GATEWAY_ROWS_H
#define GATEWAY_ROWS_H

/*
 * Entries, a line each, on standard output: a table that fits a terminal, or
 * columns that are always the same with tabs between them, or JSON objects.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct err;
struct store;
struct store_entry_row;

struct rows {
	struct buf out;
	bool json;
	size_t columns; /* of the terminal; 0: none */
	bool colours;
	bool tapes; /* the table has a column with the tape */
};

/* one_tape: the table does without a column that is the same in all rows.
 * 0, or -1 with *e set. */
int rows_begin(
    struct rows *r, struct store *s, bool json, bool one_tape, struct err *e);

/* 0, or the exit status when standard output fails. */
int rows_add(struct rows *r, const struct store_entry_row *row);

/* Prints what is left and frees it.  The exit status. */
int rows_end(struct rows *r);

#endif
