/*
 * An array in the protocol's binary format: how many dimensions it has, whether
 * anything in it is NULL, the type of what is in it, how many there are and
 * the number of the first; then each with its length before it.
 */
#include "config.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "recorder/pg_lib.h"

#include "recorder/pg_rows.h"

#define ROWS_MOST 250          /* in a statement */
#define ROWS_BYTES (1u << 20)  /* of it, about */
#define ROWS_KEEP (256u << 10) /* of a column's memory, between statements */

struct rows_head {
	uint32_t dimensions, nulls, type, n, first;
};

struct rows_column {
	enum value_kind kind;
	bool nulls;
	struct buf cells; /* behind a head */
};

struct pg_rows {
	const struct pg_rows_as *as;
	char *sql;
	int n;
	size_t bytes;
	struct rows_column columns[PG_ROWS_COLUMNS];
};

static char *
rows_sql(const struct pg_rows_as *as)
{
	struct buf sql = { 0 };
	char *text;
	int i;

	buf_addf(&sql, "%s SELECT ", as->into);
	for (i = 1; i <= as->columns; i++)
		buf_addf(&sql, "%sunnest($%d)", i > 1 ? ", " : "", i);
	buf_add_text(&sql, as->end);
	text = xstrdup(buf_text(&sql));
	buf_free(&sql);
	return text;
}

struct pg_rows *
pg_rows_new(const struct pg_rows_as *as)
{
	struct pg_rows *r = xcalloc(1, sizeof(*r));

	r->as = as;
	r->sql = rows_sql(as);
	pg_rows_clear(r);
	return r;
}

void
pg_rows_free(struct pg_rows *r)
{
	int i;

	if (r == NULL)
		return;
	for (i = 0; i < r->as->columns; i++)
		buf_free(&r->columns[i].cells);
	free(r->sql);
	free(r);
}

static void
rows_add_length(struct buf *cells, int32_t n)
{
	uint32_t length = htobe32((uint32_t)n);

	buf_add(cells, &length, sizeof(length));
}

static void
rows_add_cell(struct rows_column *c, const struct value *v)
{
	uint64_t number;

	switch (v->kind) {
	case VALUE_NULL:
		c->nulls = true;
		rows_add_length(&c->cells, -1);
		return;
	case VALUE_NUMBER:
		number = htobe64((uint64_t)v->number);
		rows_add_length(&c->cells, sizeof(number));
		buf_add(&c->cells, &number, sizeof(number));
		break;
	default:
		rows_add_length(&c->cells, (int32_t)v->bytes.n);
		buf_add_str(&c->cells, v->bytes);
		break;
	}
	c->kind = v->kind;
}

void
pg_rows_add(struct pg_rows *r, const struct value *v)
{
	struct rows_column *c;
	size_t before;
	int i;

	for (i = 0; i < r->as->columns; i++) {
		c = &r->columns[i];
		before = c->cells.n;
		rows_add_cell(c, &v[i]);
		r->bytes += c->cells.n - before;
	}
	r->n++;
}

int
pg_rows_count(const struct pg_rows *r)
{
	return r->n;
}

bool
pg_rows_has(const struct pg_rows *r, int64_t first)
{
	const char *cell = r->columns[0].cells.p + sizeof(struct rows_head);
	uint64_t number = htobe64((uint64_t)first);
	int i;

	for (i = 0; i < r->n; i++, cell += 4 + sizeof(number))
		if (memcmp(cell + 4, &number, sizeof(number)) == 0)
			return true;
	return false;
}

bool
pg_rows_enough(const struct pg_rows *r)
{
	return r->n >= ROWS_MOST || r->bytes >= ROWS_BYTES;
}

void
pg_rows_clear(struct pg_rows *r)
{
	static const struct rows_head none = { 0 };
	struct rows_column *c;
	int i;

	for (i = 0; i < r->as->columns; i++) {
		c = &r->columns[i];
		buf_clear(&c->cells, ROWS_KEEP);
		buf_add(&c->cells, &none, sizeof(none));
		c->nulls = false;
		c->kind = r->as->kinds[i];
	}
	r->n = 0;
	r->bytes = 0;
}

const char *
pg_rows_doing(const struct pg_rows *r)
{
	return r->as->doing;
}

const char *
pg_rows_sql(const struct pg_rows *r)
{
	return r->sql;
}

int
pg_rows_values(struct pg_rows *r, struct value v[PG_ROWS_COLUMNS])
{
	struct rows_column *c;
	struct rows_head head;
	int i;

	for (i = 0; i < r->as->columns; i++) {
		c = &r->columns[i];
		head = (struct rows_head){
			.dimensions = htobe32(1),
			.nulls = htobe32(c->nulls),
			.type = htobe32(
			    c->kind == VALUE_BYTES ? PG_BYTEA : PG_INT8),
			.n = htobe32((uint32_t)r->n),
			.first = htobe32(1),
		};
		memcpy(c->cells.p, &head, sizeof(head));
		v[i] = (struct value){
			.kind = c->kind == VALUE_BYTES ? VALUE_BYTES_ARRAY
						       : VALUE_NUMBER_ARRAY,
			.bytes = buf_str(&c->cells),
		};
	}
	return r->as->columns;
}
