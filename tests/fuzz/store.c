#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "recorder/store.h"

#include "tests/fuzz/fuzz.h"

/*
 * Rows of a store that somebody else wrote: a small store with an entry, a
 * body and a draft has values put in the place of its own.  The input says
 * which, again and again: a byte for the column of all that there are, one for
 * the type (a number, a text, bytes, NULL), one for the length, and the value.
 *
 * What must hold: whoever opens, reads or mends the store gets what is there
 * or an error.
 */

#define MOST_COLUMNS 128

static char path[64], blank[64];
static char *updates[MOST_COLUMNS];
static size_t nupdates;

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the small store -------------------------------------------------- */

static struct exchange *
exchange(void)
{
	static const struct chunk_mark marks[] = { { 0, 10 }, { 2, 500 } };
	struct exchange *x = exchange_new();

	x->method = STR("POST");
	x->scope = STR("a.test");
	x->target = STR("/v1/users/7?q=1");
	x->url = STR("http://a.test/v1/users/7?q=1");
	headers_add(&x->request.headers, &x->arena, STR("Host"), STR("a.test"));
	x->status = 200;
	x->reason = STR("OK");
	headers_add(&x->response.headers, &x->arena, STR("Content-Type"),
	    STR("application/json"));
	buf_add_text(&x->request.body.bytes, "a=1");
	x->request.body.size = 3;
	buf_add_text(&x->response.body.bytes, "{\"a\":1}");
	x->response.body.size = 7;
	x->chunks = (struct chunk_mark *)marks;
	x->nchunks = 2;
	return x;
}

static void
fill(struct store *s)
{
	struct exchange *x = exchange();
	struct err e;
	int64_t tape = store_tape(s, STR("default"), true, &e), body;

	must(tape > 0 && store_begin(s, &e) == 0);
	must(store_put(s, tape, x, &e) == 0);
	body = store_body_begin(s, &e);
	must(body > 0 && store_body_part(s, body, STR("part"), &e) == 0);
	must(store_draft(s, tape, x, body, &e) == 0);
	must(store_commit(s, &e) == 0);
	x->chunks = NULL;
	x->nchunks = 0;
	exchange_free(x);
}

/* An UPDATE for each column of each table. */
static void
learn(sqlite3 *db)
{
	sqlite3_stmt *q;

	must(sqlite3_prepare_v2(db,
		 "SELECT 'UPDATE \"' || m.name || '\" SET \"' || p.name || "
		 "'\" = ?' FROM sqlite_master m, pragma_table_info(m.name) p "
		 "WHERE m.type = 'table' ORDER BY m.name, p.cid",
		 -1, &q, NULL) == SQLITE_OK);
	while (sqlite3_step(q) == SQLITE_ROW && nupdates < MOST_COLUMNS)
		updates[nupdates++] =
		    xstrdup((const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	must(nupdates > 0);
}

static void
forget(void)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-lock" };
	const char *of[] = { path, blank };
	char name[128];
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
			snprintf(name, sizeof(name), "%s%s", of[i], ends[k]);
			(void)unlink(name);
		}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	/* In memory, where there is such a folder. */
	const char *folder =
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	struct store *s;
	sqlite3 *db;
	struct err e;

	(void)argc;
	(void)argv;
	snprintf(blank, sizeof(blank), "%s/hark-fuzz-blank-%ld.db", folder,
	    (long)getpid());
	snprintf(path, sizeof(path), "%s/hark-fuzz-store-%ld.db", folder,
	    (long)getpid());
	(void)atexit(forget);
	s = store_open(blank, STORE_WRITE, false, &e);
	must(s != NULL);
	store_no_sync(s);
	fill(s);
	store_close(s);
	must(sqlite3_open(blank, &db) == SQLITE_OK);
	learn(db);
	must(sqlite3_close(db) == SQLITE_OK);
	return 0;
}

/* ---- what the input makes of it --------------------------------------- */

static void
put(sqlite3 *db, const char *update, unsigned type, const uint8_t *p, size_t n)
{
	uint64_t number = 0;
	sqlite3_stmt *q;
	size_t i;

	if (sqlite3_prepare_v2(db, update, -1, &q, NULL) != SQLITE_OK)
		return;
	for (i = 0; i < n && i < 8; i++)
		number = number << 8 | p[i];
	if (type % 4 == 0)
		sqlite3_bind_int64(q, 1, (int64_t)number);
	else if (type % 4 == 1)
		sqlite3_bind_text(
		    q, 1, (const char *)p, (int)n, SQLITE_TRANSIENT);
	else if (type % 4 == 2)
		sqlite3_bind_blob(q, 1, p, (int)n, SQLITE_TRANSIENT);
	(void)sqlite3_step(q);
	sqlite3_finalize(q);
}

static void
spoil(const uint8_t *p, size_t n)
{
	sqlite3 *db;
	size_t length;

	must(sqlite3_open(path, &db) == SQLITE_OK);
	sqlite3_exec(db, "PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL);
	while (n > 3) {
		length = p[2] < n - 3 ? p[2] : n - 3;
		put(db, updates[p[0] % nupdates], p[1], p + 3, length);
		p += 3 + length;
		n -= 3 + length;
	}
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	must(sqlite3_close(db) == SQLITE_OK);
}

static void
copy(void)
{
	static char *bytes;
	static size_t n;
	FILE *f;

	if (bytes == NULL) {
		f = fopen(blank, "rb");
		must(f != NULL);
		bytes = xmalloc(1u << 20);
		n = fread(bytes, 1, 1u << 20, f);
		fclose(f);
	}
	f = fopen(path, "wb");
	must(f != NULL && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
}

/* ---- reading it ------------------------------------------------------- */

static int
on_tape(void *arg, const struct store_tape_row *row)
{
	*(int64_t *)arg = row->id;
	return 0;
}

struct listed {
	int64_t ids[8];
	size_t n;
};

static int
on_entry(void *arg, const struct store_entry_row *row)
{
	struct listed *l = arg;

	if (l->n < 8)
		l->ids[l->n++] = row->id;
	return 0;
}

static void
on_request(void *arg, const struct store_request *r)
{
	*(uint64_t *)arg += r->head.n + r->target.n;
}

static int
on_near(void *arg, const struct store_near_row *row)
{
	*(uint64_t *)arg += row->target.n;
	return 0;
}

static void
read_entry(struct store *s, int64_t id)
{
	struct exchange *x = NULL;
	struct err e;

	if (store_get(s, id, 1u << 20, &x, &e) != 1)
		return;
	(void)store_body_load(s, &x->request.body, 1u << 20, &e);
	(void)store_body_load(s, &x->response.body, 1u << 20, &e);
	exchange_free(x);
}

static void
read_all(struct store *s)
{
	struct listed l = { .n = 0 };
	struct exchange *x = exchange_new();
	struct buf text = { 0 };
	uint64_t sum = 0;
	int64_t tape = 1;
	struct err e;
	size_t i;

	(void)store_tapes(s, on_tape, &tape, &e);
	(void)store_tape_extra(s, tape, &text, &e);
	(void)store_tape_rules(s, tape, &text, &e);
	(void)store_tape_redaction(s, tape, &text, &e);
	(void)store_list(s, &(struct store_filter){ 0 }, on_entry, &l, &e);
	for (i = 0; i < l.n; i++)
		read_entry(s, l.ids[i]);
	(void)store_requests(s, 0, on_request, &sum, &e);
	(void)store_near(s, tape, STR("/v1/users/8"), on_near, &sum, &e);
	(void)store_next_request(s, tape, 0, 1u << 20, x, &e);
	(void)store_has_unknown_bodies(s, tape);
	exchange_free(x);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const enum store_access ways[] = { STORE_READ, STORE_WRITE };
	struct store *s;
	struct err e;
	size_t i;

	copy();
	spoil(bytes, n);
	for (i = 0; i < 2; i++) {
		e.text[0] = '\0';
		s = store_open(path, ways[i], false, &e);
		must(s != NULL || e.text[0] != '\0');
		if (s == NULL)
			continue;
		store_no_sync(s);
		read_all(s);
		store_close(s);
	}
	return 0;
}
