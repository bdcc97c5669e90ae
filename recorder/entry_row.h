#ifndef RECORDER_ENTRY_ROW_H
#define RECORDER_ENTRY_ROW_H

/*
 * An exchange as the values of a row, one for each of ENTRY_COLUMNS.
 */

#include "base/buf.h"
#include "har/exchange.h"
#include "recorder/schema.h"

/* Arrays are in a database's own format (pg_rows.h), in bytes. */
enum value_kind {
	VALUE_NULL,
	VALUE_NUMBER,
	VALUE_BYTES,
	VALUE_NUMBER_ARRAY,
	VALUE_BYTES_ARRAY,
};

struct value {
	enum value_kind kind;
	int64_t number;
	struct str bytes;
};

#define VALUE_OF_NUMBER(n) \
	(struct value) \
	{ \
		.kind = VALUE_NUMBER, .number = (n) \
	}
#define VALUE_OF_BYTES(s) \
	(struct value) \
	{ \
		.kind = VALUE_BYTES, .bytes = (s) \
	}

#define ENTRY_VALUES (ENTRY_id + 1)

/* What is made for a row of what an exchange has in other forms; {0} to begin
 * with. */
struct row_scratch {
	struct buf heads[2], trailers[2], interims, chunks;
};
void row_scratch_fini(struct row_scratch *s);

/* Everything but id, tape and the ids of the bodies, which are the caller's.
 * What v refers to is x's or in *s. */
void entry_row_fill(struct row_scratch *s, const struct exchange *x,
    struct value v[ENTRY_VALUES]);

/* The id of a body: NULL for none, which is 0. */
void entry_row_body(struct value *v, int64_t id);

/* Fills x, a blank one, by the values; its bodies stay in the store.  0, or -1
 * when they are damaged. */
int entry_row_read(struct exchange *x, const struct value v[ENTRY_VALUES]);

/* The outcome of that name; a newer hark may know more ways to fail, of which
 * none is complete. */
enum outcome entry_row_outcome(struct str name);

#endif
