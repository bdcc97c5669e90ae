#include "config.h"

#include <sqlite3.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "recorder/sqlite_priv.h"
#include "recorder/store.h"

#include "folder.h"
#include "tap.h"

static struct err e;
static struct store *store;
static int64_t here, elsewhere;

static void
put(int64_t tape, const char *method, const char *target)
{
	struct exchange *x = exchange_new();
	int r;

	x->method = str_of(method);
	x->target = str_of(target);
	x->url = x->target;
	r = store_put(store, tape, x, &e);
	exchange_free(x);
	CHECK_INT(r, 0);
}

static void
begin(const char *name)
{
	store_close(store);
	store = store_open(at(name), STORE_WRITE, false, &e);
	CHECK(store != NULL);
	here = store_tape(store, STR("here"), true, &e);
	elsewhere = store_tape(store, STR("elsewhere"), true, &e);
}

static int
add_row(void *arg, const struct store_near_row *row)
{
	struct buf *out = arg;

	buf_addf(out, "%s%.*s %.*s", out->n > 0 ? ", " : "",
	    STR_ARGS(row->method), STR_ARGS(row->target));
	return 0;
}

static const char *
near_in(struct store *s, const char *target)
{
	static struct buf out;

	buf_clear(&out, 0);
	CHECK_INT(store_near(s, here, str_of(target), add_row, &out, &e), 0);
	return buf_text(&out);
}

static const char *
near(const char *target)
{
	return near_in(store, target);
}

static void
entries_of_the_same_path_come_newest_first(void)
{
	begin("path.db");
	put(here, "GET", "/users/1?a=1");
	put(here, "POST", "/users/1");
	put(here, "GET", "/users/2");
	put(elsewhere, "GET", "/users/1");
	CHECK_STR(near("/users/1?b=2"), "POST /users/1, GET /users/1?a=1");
	CHECK_STR(near("/users/1/"), "POST /users/1, GET /users/1?a=1");
}

static void
else_those_whose_path_has_other_ids(void)
{
	begin("shape.db");
	put(here, "GET", "/users/1/posts");
	put(here, "GET", "/users/1/likes");
	put(elsewhere, "GET", "/users/2/posts");
	CHECK_STR(near("/users/2/posts"), "GET /users/1/posts");
}

static void
else_one_of_each_shape_that_begins_alike(void)
{
	begin("begin.db");
	put(here, "GET", "/api/v1/users");
	put(here, "GET", "/api/v1/users");
	put(here, "GET", "/api/v2/users");
	put(here, "GET", "/x/y/z");
	put(here, "GET", "/");
	CHECK_STR(near("/api/v1/usres"), "GET /api/v1/users");
	CHECK(strstr(near("/api/v3/users"), "/api/v1/") != NULL);
	CHECK(strstr(near("/api/v3/users"), "/api/v2/") != NULL);
	CHECK(strstr(near("/api/v3/users"), "/x/y") == NULL);
	CHECK(strstr(near("/ipa/v1/users"), "/x/y") != NULL);
	CHECK(strstr(near("/ipa/v1/users"), "GET /,") == NULL);
	CHECK(strstr(near("/a/b/c/d/e"), "GET /") != NULL);
	CHECK(strstr(near("/a/b/c/d/e"), "/x/y") != NULL);
}

static void
an_empty_tape_has_none(void)
{
	begin("empty.db");
	put(elsewhere, "GET", "/a");
	CHECK_STR(near("/a"), "");
	CHECK_STR(near(""), "");
}

static int
count_row(void *arg, const struct store_near_row *row)
{
	int *left = arg;

	(void)row;
	return --*left == 0 ? 7 : 0;
}

static void
a_row_can_be_the_last(void)
{
	int left = 2;

	begin("stop.db");
	put(here, "GET", "/b");
	put(here, "GET", "/b");
	put(here, "GET", "/b");
	CHECK_INT(store_near(store, here, STR("/b"), count_row, &left, &e), 7);
	CHECK_INT(left, 0);
}

/* Generations of entries behind each other, most of which are not this
 * tape's. */
static void
make_many(void)
{
	char target[32];
	int i;

	CHECK_INT(store_begin(store, &e), 0);
	put(here, "GET", "/old/1");
	put(here, "GET", "/aged/1");
	for (i = 0; i < 40000; i++) {
		snprintf(target, sizeof(target), "/items/%d", i);
		put(i % 2 == 0 ? here : elsewhere, "GET", target);
	}
	CHECK_INT(store_commit(store, &e), 0);
}

static void
an_old_entry_is_found_behind_many_others(void)
{
	int left = 1000;

	begin("many.db");
	make_many();
	CHECK_STR(near("/old/1"), "GET /old/1");
	CHECK_STR(near("/aged/2"), "GET /aged/1");
	CHECK_STR(near("/items/0"), "GET /items/0");
	CHECK_INT(
	    store_near(store, here, STR("/items/1"), count_row, &left, &e), 0);
	CHECK(left > 800); /* of 20,000 */
}

static void
what_is_known_of_generations_changes_no_answer(void)
{
	static const char *const targets[] = { "/old/1", "/aged/2", "/items/0",
		"/items/1", "/items/39998", "/itmes/7", "/old/1/more" };
	const size_t n = sizeof(targets) / sizeof(*targets);
	struct store *r = store_open(at("many.db"), STORE_READ, false, &e);
	size_t i;

	CHECK(r != NULL);
	for (i = 0; i < 40; i++)
		(void)near_in(r, "/items/x");
	for (i = 0; i < 3; i++) {
		CHECK(store_places_known(r, here, (int64_t)i));
		CHECK(!store_places_known(store, here, (int64_t)i));
	}
	CHECK(!store_places_shape(r, here, 1, 0, 1));
	CHECK_STR(near_in(r, "/old/1"), "GET /old/1");
	CHECK_STR(near_in(r, "/aged/2"), "GET /aged/1");
	for (i = 0; i < n; i++) {
		struct buf known = { 0 };

		buf_add_text(&known, near_in(r, targets[i]));
		CHECK_STR(buf_text(&known), near(targets[i]));
		buf_free(&known);
	}
	/* It is forgotten when somebody commits. */
	put(here, "GET", "/new/kind/1");
	CHECK_STR(near_in(r, "/new/kind/2"), "GET /new/kind/1");
	CHECK(!store_places_known(r, here, 0));
	store_close(r);
}

static void
near_entries_are_probes_of_an_index(void)
{
	static const enum store_statement probes[] = { STORE_NEAR_FIRST,
		STORE_NEAR_LAST, STORE_NEAR_PATH, STORE_NEAR_SHAPE,
		STORE_NEAR_NEXT };
	struct buf sql = { 0 };
	sqlite3_stmt *q;
	size_t i;

	CHECK(near("/nothing/like/it") != NULL);
	for (i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		buf_clear(&sql, 0);
		buf_addf(&sql, "EXPLAIN QUERY PLAN %s",
		    sqlite3_sql(sqlite_of(store)->statement[probes[i]]));
		CHECK_INT(sqlite3_prepare_v2(
			      sqlite_db(store), buf_text(&sql), -1, &q, NULL),
		    SQLITE_OK);
		CHECK_INT(sqlite3_step(q), SQLITE_ROW);
		CHECK(strstr((const char *)sqlite3_column_text(q, 3),
			  "INDEX entry_by_place (tape=?") != NULL);
		if (i > 1)
			CHECK(strstr((const char *)sqlite3_column_text(q, 3),
				  "<expr>=? AND shape") != NULL);
		CHECK_INT(sqlite3_step(q), SQLITE_DONE);
		sqlite3_finalize(q);
	}
	buf_free(&sql);
	store_close(store);
}

RUN(TEST(entries_of_the_same_path_come_newest_first),
    TEST(else_those_whose_path_has_other_ids),
    TEST(else_one_of_each_shape_that_begins_alike),
    TEST(an_empty_tape_has_none), TEST(a_row_can_be_the_last),
    TEST(an_old_entry_is_found_behind_many_others),
    TEST(what_is_known_of_generations_changes_no_answer),
    TEST(near_entries_are_probes_of_an_index))
