#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/mem.h"
#include "tests/soak/text.h"

#include "tests/soak/ends.h"

#define CHECK_SAY 10 /* wrong entries that are told */

static const char check_entries[] =
    "SELECT e.id, e.target, e.method, e.status, e.outcome,\n"
    "  e.request_body, e.request_size, e.response_body, e.response_size\n"
    "FROM entry e WHERE e.id > ? ORDER BY e.id";
static const char check_body[] =
    "SELECT bytes, 0 FROM body WHERE id = ?1 AND bytes IS NOT NULL\n"
    "UNION ALL SELECT bytes, at FROM body_part WHERE body = ?1\n"
    "ORDER BY 2";

struct check {
	sqlite3 *db;
	sqlite3_stmt *entries, *body;
	uint64_t first, next;
	unsigned char *seen; /* by number from first on */
	uint64_t found, wrong;
	int64_t last;
};

static void
check_wrong(struct check *c, const char *why)
{
	if (c->wrong++ < CHECK_SAY)
		fprintf(stderr, "soak check: entry %lld, %s: %s\n",
		    (long long)c->last,
		    (const char *)sqlite3_column_text(c->entries, 1), why);
}

/* Whether the body in that column is the text. */
static int
check_is(struct check *c, int column, const struct text *t)
{
	uint64_t offset = 0;
	int same = 1, n;

	if ((uint64_t)sqlite3_column_int64(c->entries, column + 1) != t->size)
		return 0;
	sqlite3_bind_int64(
	    c->body, 1, sqlite3_column_int64(c->entries, column));
	while (sqlite3_step(c->body) == SQLITE_ROW) {
		n = sqlite3_column_bytes(c->body, 0);
		same = same && text_is(t, offset,
				   sqlite3_column_blob(c->body, 0), (size_t)n);
		offset += (uint64_t)n;
	}
	sqlite3_reset(c->body);
	return same && offset == t->size;
}

static void
check_entry(struct check *c)
{
	const char *target = (const char *)sqlite3_column_text(c->entries, 1);
	struct item i;
	uint64_t n;

	if (strncmp(target, "/record/", 8) != 0)
		return;
	n = strtoull(target + 8, NULL, 10);
	if (n < c->first || n >= c->next)
		return;
	i = item_of(n);
	c->found++;
	if (c->seen[n - c->first]++ != 0)
		check_wrong(c, "is there twice");
	if (strcmp((const char *)sqlite3_column_text(c->entries, 2),
		i.method) != 0 ||
	    sqlite3_column_int(c->entries, 3) != 200 ||
	    strcmp((const char *)sqlite3_column_text(c->entries, 4),
		"complete") != 0)
		check_wrong(c, "another method, status or outcome");
	if (!check_is(c, 5, &i.request))
		check_wrong(c, "a wrong request body");
	if (!check_is(c, 7, &i.response))
		check_wrong(c, "a wrong response body");
}

static int
check_failed(struct check *c)
{
	fprintf(stderr, "soak check: %s\n", sqlite3_errmsg(c->db));
	return 1;
}

static int
check_run(struct check *c, const char *path)
{
	int r;

	if (sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READONLY, NULL) !=
		SQLITE_OK ||
	    sqlite3_busy_timeout(c->db, 10000) != SQLITE_OK ||
	    sqlite3_prepare_v2(c->db, check_entries, -1, &c->entries, NULL) !=
		SQLITE_OK ||
	    sqlite3_prepare_v2(c->db, check_body, -1, &c->body, NULL) !=
		SQLITE_OK)
		return check_failed(c);
	sqlite3_bind_int64(c->entries, 1, c->last);
	while ((r = sqlite3_step(c->entries)) == SQLITE_ROW) {
		c->last = sqlite3_column_int64(c->entries, 0);
		check_entry(c);
	}
	if (r != SQLITE_DONE)
		return check_failed(c);
	printf("{\"found\": %llu, \"wrong\": %llu, \"last\": %lld}\n",
	    (unsigned long long)c->found, (unsigned long long)c->wrong,
	    (long long)c->last);
	return 0;
}

int
check_main(int argc, char **argv)
{
	struct check c = { 0 };
	int r;

	if (argc != 5) {
		fprintf(stderr, "usage: soak check STORE AFTER FIRST NEXT\n");
		return 2;
	}
	c.last = strtoll(argv[2], NULL, 10);
	c.first = strtoull(argv[3], NULL, 10);
	c.next = strtoull(argv[4], NULL, 10);
	c.seen = xcalloc(c.next - c.first + 1, 1);
	r = check_run(&c, argv[1]);
	sqlite3_finalize(c.entries);
	sqlite3_finalize(c.body);
	sqlite3_close(c.db);
	free(c.seen);
	return r;
}
