/* What waits for a shared store: its file, and how it comes there. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "har/exchange.h"
#include "recorder/backlog.h"
#include "recorder/shipment.h"
#include "recorder/shipper.h"
#include "recorder/sqlite_backlog.h"
#include "recorder/store.h"

#include "folder.h"
#include "postgres.h"
#include "tap.h"

#define LONG ((1u << 20) + 12345)

static struct err e;
static struct shipment shipment;

static char *
file(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s.db", dir, name);
	return path;
}

static const char *
url(void)
{
	static char text[200];

	snprintf(
	    text, sizeof(text), "postgresql://hark@/postgres?host=%s/pg", dir);
	return text;
}

static struct backlog *
opened_for(const char *name, const char *to, uint64_t most, struct store **s)
{
	struct backlog_options o = {
		.path = file(name), .url = to, .most = most
	};

	return backlog_open(&o, s, &e);
}

static struct backlog *
opened(const char *name, struct store **s)
{
	struct backlog *b = opened_for(name, url(), 0, s);

	if (b == NULL)
		printf("# %s\n", e.text);
	CHECK(b != NULL);
	return b;
}

static void
closed(struct backlog *b, struct store *s)
{
	store_close(s);
	backlog_unref(b);
}

static struct exchange *
exchange(const char *target, size_t body)
{
	struct exchange *x = exchange_new();
	size_t i;

	x->method = STR("GET");
	x->target = arena_str(&x->arena, str_of(target));
	x->url = str_of(arena_printf(&x->arena, "http://api.test%s", target));
	x->status = 200;
	x->reason = STR("OK");
	x->started_us = 1700000000123456;
	for (i = 0; i < body; i += strlen(target))
		buf_add_text(&x->response.body.bytes, target);
	x->response.body.size = x->response.body.bytes.n;
	return x;
}

static int
stored(struct store *s, const char *target, size_t body, int64_t *id)
{
	struct exchange *x = exchange(target, body);
	int64_t tape = store_tape(s, STR("d"), true, &e);
	int r = store_put(s, tape, x, &e);

	*id = x->id;
	exchange_free(x);
	return r;
}

static int64_t
put(struct store *s, const char *target)
{
	int64_t id;

	CHECK_INT(stored(s, target, 1, &id), 0);
	return id;
}

/* ---- the file ---------------------------------------------------------- */

static void
a_file_is_its_owners_alone(void)
{
	struct store *s, *other;
	struct backlog *b = opened("own", &s);
	struct stat st;

	CHECK_INT(stat(file("own"), &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK(opened_for("own", url(), 0, &other) == NULL);
	CHECK(other == NULL);
	CHECK(strstr(e.text, "another hark writes to it") != NULL);
	closed(b, s);
}

static void
a_number_is_never_given_twice(void)
{
	struct store *s;
	struct backlog *b = opened("numbers", &s);

	CHECK_INT(put(s, "/a"), 1);
	CHECK_INT(put(s, "/b"), 2);
	CHECK_INT(backlog_forget(s, 2, &e), 0);
	closed(b, s);
	b = opened("numbers", &s);
	CHECK_INT(backlog_last(b), 2);
	CHECK_INT(backlog_shipped(b), 2);
	CHECK_INT(put(s, "/c"), 3);
	closed(b, s);
}

static void
each_start_is_a_run_and_entries_stay_in_theirs(void)
{
	uint8_t first[BACKLOG_RUN_BYTES], run[BACKLOG_RUN_BYTES];
	struct store *s;
	struct backlog *b = opened("runs", &s);
	int64_t until;

	put(s, "/a");
	put(s, "/b");
	CHECK_INT(backlog_run_of(s, 1, first, &until, &e), 0);
	CHECK(until == INT64_MAX);
	closed(b, s);
	b = opened("runs", &s);
	CHECK_INT(backlog_shipped(b), 0);
	put(s, "/c");
	CHECK_INT(backlog_run_of(s, 2, run, &until, &e), 0);
	CHECK_INT(until, 2);
	CHECK_INT(memcmp(run, first, sizeof(run)), 0);
	CHECK_INT(backlog_run_of(s, 3, run, &until, &e), 0);
	CHECK(memcmp(run, first, sizeof(run)) != 0);
	closed(b, s);
}

static void
what_waits_for_one_store_is_not_for_another(void)
{
	const char *other = "postgresql://hark@/other";
	struct store *s;
	struct backlog *b = opened("other", &s);
	struct buf to = { 0 };
	int64_t refused;

	put(s, "/a");
	CHECK_INT(backlog_look(file("other"), &refused, &to, &e), 1);
	CHECK_INT(refused, 0);
	CHECK_STR(buf_text(&to), url());
	buf_free(&to);
	closed(b, s);
	CHECK(opened_for("other", other, 0, &s) == NULL);
	CHECK(strstr(e.text, "1 entries in it wait for") != NULL);
	b = opened("other", &s);
	CHECK_INT(backlog_forget(s, 1, &e), 0);
	closed(b, s);
	b = opened_for("other", other, 0, &s);
	CHECK(b != NULL);
	closed(b, s);
}

static void
a_store_with_tapes_of_its_own_is_refused(void)
{
	struct store *s = store_open(file("tapes"), STORE_WRITE, false, &e);

	put(s, "/a");
	store_close(s);
	CHECK(opened_for("tapes", url(), 0, &s) == NULL);
	CHECK(strstr(e.text, "a store with tapes of its own") != NULL);
}

static void
a_full_file_says_so_and_has_room_again_when_all_is_shipped(void)
{
	struct store *s;
	struct backlog *b = opened_for("full", url(), 2 << 20, &s);
	struct stat st;
	char target[32];
	int64_t id, i;

	for (i = 0; i < 20; i++) {
		snprintf(target, sizeof(target), "/%lld", (long long)i);
		if (stored(s, target, 300000, &id) != 0)
			break;
	}
	CHECK(i > 2 && i < 20);
	CHECK(strstr(e.text, "the file has the 2 MiB that it may") != NULL);
	CHECK(backlog_bytes(s) <= 2 << 20);
	CHECK_INT(backlog_forget(s, i, &e), 0);
	CHECK_INT(stored(s, "/again", 300000, &id), 0);
	closed(b, s);
	CHECK_INT(stat(file("full"), &st), 0);
	CHECK(st.st_size <= 2 << 20);
}

/* How many wait in a file, and how many are put aside. */
static void
counts(const char *name, int64_t waits, int64_t aside)
{
	struct buf to = { 0 };
	int64_t refused;

	CHECK_INT(backlog_look(file(name), &refused, &to, &e), waits);
	CHECK_INT(refused, aside);
	buf_free(&to);
}

static void
what_is_put_aside_stays_and_waits_again_from_the_next_start(void)
{
	uint8_t run[BACKLOG_RUN_BYTES], before[BACKLOG_RUN_BYTES];
	struct exchange *x;
	struct store *s;
	struct backlog *b = opened("aside", &s);
	int64_t id, until;

	put(s, "/same");
	put(s, "/same");
	put(s, "/c");
	CHECK_INT(stored(s, "/long", LONG, &id), 0);
	CHECK_INT(stored(s, "/long", LONG, &id), 0);
	CHECK_INT(backlog_put_aside(s, 2, "it is refused", &e), 0);
	CHECK_INT(backlog_put_aside(s, 5, "it is refused", &e), 0);
	CHECK_INT(backlog_next_aside(s, 0, &e), 2);
	CHECK_INT(backlog_next_aside(s, 1, &e), 2);
	CHECK_INT(backlog_next_aside(s, 2, &e), 5);
	CHECK_INT(backlog_next_aside(s, 5, &e), INT64_MAX);
	CHECK_INT(backlog_forget(s, 5, &e), 0);
	counts("aside", 0, 2);
	put(s, "/d");
	CHECK_INT(backlog_run_of(s, 6, before, &until, &e), 0);
	closed(b, s);
	/* For another store it is not. */
	CHECK(opened_for("aside", "postgresql://hark@/other", 0, &s) == NULL);
	b = opened("aside", &s);
	counts("aside", 3, 0);
	CHECK_INT(backlog_shipped(b), 5);
	CHECK_INT(backlog_last(b), 10); /* 6 + 1 of what was 2, and + 3 */
	CHECK_INT(store_get(s, 7, SIZE_MAX, &x, &e), 1);
	CHECK(str_eq(buf_str(&x->response.body.bytes), STR("/same")));
	exchange_free(x);
	CHECK_INT(store_get(s, 10, SIZE_MAX, &x, &e), 1);
	CHECK(x->response.body.bytes.n >= LONG);
	exchange_free(x);
	CHECK_INT(backlog_run_of(s, 7, run, &until, &e), 0);
	CHECK(memcmp(run, before, sizeof(run)) != 0);
	CHECK_INT(put(s, "/e"), 11);
	CHECK_INT(backlog_forget(s, 11, &e), 0);
	counts("aside", 0, 0);
	closed(b, s);
}

static void
what_is_put_aside_can_wait_again_at_any_time(void)
{
	uint8_t run[BACKLOG_RUN_BYTES];
	struct store *s;
	struct backlog *b = opened("again", &s);
	int64_t last, until;

	put(s, "/a");
	put(s, "/b");
	put(s, "/c");
	CHECK_INT(backlog_retry(s, 10, &last, &e), 0);
	CHECK_INT(last, 3);
	CHECK_INT(backlog_put_aside(s, 1, "it is refused", &e), 0);
	CHECK_INT(backlog_put_aside(s, 3, "it is refused", &e), 0);
	CHECK_INT(backlog_forget(s, 3, &e), 0);
	CHECK_INT(backlog_aside(s), 2);
	CHECK_INT(backlog_retry(s, 1, &last, &e), 1);
	CHECK_INT(last, 4);
	CHECK_INT(backlog_aside(s), 1);
	CHECK_INT(backlog_next_aside(s, 0, &e), 3);
	CHECK_INT(backlog_run_of(s, 4, run, &until, &e), 0);
	CHECK_INT(put(s, "/d"), 5);
	CHECK_INT(backlog_retry(s, 10, &last, &e), 1);
	CHECK_INT(last, 6);
	CHECK_INT(backlog_aside(s), 0);
	counts("again", 3, 0);
	closed(b, s);
}

static struct backlog *
opened_to_keep(
    const char *name, uint64_t keep, const char *tape, struct store **s)
{
	struct backlog_options o = {
		.path = file(name), .url = url(), .keep = keep, .tape = tape
	};
	struct backlog *b = backlog_open(&o, s, &e);

	if (b == NULL)
		printf("# %s\n", e.text);
	CHECK(b != NULL);
	return b;
}

static void
tidied(struct backlog *b, struct store *s)
{
	do
		CHECK_INT(backlog_tidy(b, s, true, &e), 0);
	while (backlog_untidy(b));
}

/* How many are there from the first on that is. */
static int64_t
kept(struct store *s, int64_t first, int64_t last)
{
	struct exchange *x;
	int64_t n = 0;

	for (; first <= last; first++) {
		n += store_get(s, first, 0, &x, &e) == 1;
		exchange_free(x);
	}
	return n;
}

static void
what_came_is_kept_for_as_long_as_the_tape_is_the_same(void)
{
	struct store *s;
	struct backlog *b = opened_to_keep("kept", 1 << 20, "d", &s);

	CHECK(backlog_keeps(b));
	CHECK(backlog_set_epoch(b, 7));
	put(s, "/a");
	put(s, "/b");
	backlog_came(b, 2, 10);
	tidied(b, s);
	CHECK_INT(kept(s, 1, 2), 2);
	CHECK_INT(backlog_kept(b), 0);
	put(s, "/c");
	closed(b, s);
	/* It is nothing that waits. */
	counts("kept", 1, 0);
	b = opened_to_keep("kept", 1 << 20, "d", &s);
	CHECK_INT(backlog_shipped(b), 2);
	CHECK_INT(backlog_last(b), 3);
	CHECK_INT(backlog_kept(b), 0);
	CHECK(!backlog_set_epoch(b, 7));
	CHECK_INT(backlog_kept(b), 0);
	backlog_came(b, 3, 10);
	tidied(b, s);
	CHECK_INT(kept(s, 1, 3), 3);
	CHECK(backlog_set_epoch(b, 8));
	CHECK_INT(backlog_kept(b), 3);
	CHECK(backlog_untidy(b));
	tidied(b, s);
	CHECK_INT(kept(s, 1, 3), 0);
	/* That of another tape, or where nothing is to be kept, goes. */
	put(s, "/d");
	backlog_came(b, 4, 10);
	tidied(b, s);
	closed(b, s);
	b = opened_to_keep("kept", 1 << 20, "other", &s);
	CHECK_INT(kept(s, 1, 4), 0);
	CHECK_INT(backlog_kept(b), 4);
	backlog_set_epoch(b, 1);
	put(s, "/e");
	backlog_came(b, 5, 10);
	tidied(b, s);
	CHECK_INT(kept(s, 5, 5), 1);
	closed(b, s);
	b = opened_to_keep("kept", 0, "other", &s);
	CHECK(!backlog_keeps(b));
	CHECK_INT(kept(s, 5, 5), 0);
	closed(b, s);
}

static void
the_oldest_of_what_is_kept_go_first(void)
{
	struct store *s;
	struct backlog *b = opened_to_keep("oldest", 2 << 20, "d", &s);
	char target[32];
	int64_t i, id, n;

	backlog_set_epoch(b, 7);
	for (i = 1; i <= 1500; i++) {
		snprintf(target, sizeof(target), "/%lld", (long long)i);
		CHECK_INT(stored(s, target, 3000, &id), 0);
	}
	CHECK_INT(backlog_tidy(b, s, true, &e), 0);
	CHECK_INT(kept(s, 1, 1500), 1500); /* they wait */
	backlog_came(b, 1400, 10);
	tidied(b, s);
	CHECK(backlog_bytes(s) <= 2 << 20);
	n = backlog_kept(b);
	CHECK(n >= 1000 && n <= 1400);
	CHECK_INT(kept(s, 1, n), 0);
	CHECK_INT(kept(s, n + 1, 1500), 1500 - n);
	closed(b, s);
}

static void
an_entry_that_moved_is_known_by_its_old_number(void)
{
	struct store *s;
	struct backlog *b = opened("moved", &s);
	struct exchange *x = exchange("/a", 1);
	int64_t i;

	for (i = 1; i <= 20000; i++)
		backlog_move(b, x, i, 10 * i);
	CHECK_INT(backlog_moved(b, 20000), 200000);
	CHECK_INT(backlog_moved(b, 4000), 40000);
	CHECK_INT(backlog_moved(b, 1), 0); /* long ago */
	CHECK_INT(backlog_moved(b, 20001), 0);
	exchange_free(x);
	closed(b, s);
}

static void
a_store_that_came_back_is_told_from_one_that_never_left(void)
{
	struct store *s;
	struct backlog *b = opened("away", &s);

	backlog_set_away(b, false);
	CHECK_INT(backlog_returns(b), 0);
	backlog_set_away(b, true);
	backlog_set_away(b, true);
	CHECK(backlog_away(b));
	backlog_set_away(b, false);
	CHECK_INT(backlog_returns(b), 1);
	backlog_lost(b, false);
	CHECK(backlog_away(b));
	CHECK(!backlog_silent(b));
	backlog_lost(b, true);
	CHECK(backlog_silent(b));
	backlog_set_away(b, false);
	CHECK(!backlog_silent(b));
	CHECK_INT(backlog_returns(b), 2);
	closed(b, s);
}

/* ---- shipping, to an engine -------------------------------------------- */

static struct store *
engine(void)
{
	struct store *s = store_open(url(), STORE_WRITE, false, &e);

	if (s == NULL)
		printf("# %s\n", e.text);
	CHECK(s != NULL);
	return s;
}

static int
on_entry(void *arg, const struct store_entry_row *row)
{
	buf_addf(arg, "%.*s ", STR_ARGS(row->url));
	return 0;
}

static void
has(struct store *s, const char *tape, const char *want)
{
	struct store_filter f = { .tape =
				      store_tape(s, str_of(tape), false, &e) };
	struct buf b = { 0 };

	CHECK(f.tape > 0);
	CHECK_INT(store_list(s, &f, on_entry, &b, &e), 0);
	CHECK_STR(buf_text(&b), want);
	buf_free(&b);
}

static int
sent(struct store *to)
{
	return shipment_send(
	    &shipment, 0, shipment.n, to, ON_RECORD_APPEND, &e);
}

static void
ship(struct store *from, struct store *to, int64_t after)
{
	CHECK_INT(shipment_load(&shipment, from, to, after, &e), 0);
	CHECK_INT(sent(to), 0);
	shipment_clear(&shipment);
}

/* Entries of a tape that no other case has. */
static void
record(struct store *s, const char *tape, const char *target, size_t body)
{
	struct exchange *x = exchange(target, body);

	CHECK_INT(
	    store_put(s, store_tape(s, str_of(tape), true, &e), x, &e), 0);
	exchange_free(x);
}

/* Between each two steps: nothing loaded, loaded, sent, committed, deleted. */
static void
whenever_it_is_killed_nothing_is_lost_or_there_twice(void)
{
	struct store *s, *to = engine();
	struct backlog *b = opened("killed", &s);

	record(s, "killed", "/1", 1);
	record(s, "killed", "/2", LONG);
	/* Its long body is there, and nothing else. */
	CHECK_INT(shipment_load(&shipment, s, to, 0, &e), 0);
	CHECK_INT(shipment.n, 2);
	shipment_clear(&shipment);
	store_close(to);
	to = engine();
	/* It is sent, and rolled back. */
	CHECK_INT(shipment_load(&shipment, s, to, 0, &e), 0);
	CHECK_INT(store_begin(to, &e), 0);
	store_rollback(to);
	shipment_clear(&shipment);
	/* It is committed, and not deleted, nor is anything of it known. */
	ship(s, to, 0);
	has(to, "killed", "http://api.test/1 http://api.test/2 ");
	closed(b, s);
	store_close(to);
	to = engine();
	b = opened("killed", &s);
	CHECK_INT(backlog_shipped(b), 0);
	ship(s, to, 0);
	has(to, "killed", "http://api.test/1 http://api.test/2 ");
	/* A part of it is deleted, and there is more. */
	CHECK_INT(backlog_forget(s, 1, &e), 0);
	record(s, "killed", "/3", 1);
	ship(s, to, 0); /* the old run */
	ship(s, to, 2);
	ship(s, to, 2);
	has(to, "killed",
	    "http://api.test/1 http://api.test/2 http://api.test/3 ");
	closed(b, s);
	store_close(to);
}

static void
what_was_removed_since_does_not_come_again(void)
{
	struct store *s, *to = engine();
	struct backlog *b = opened("removed", &s);

	record(s, "removed", "/1", 1);
	record(s, "removed", "/2", 1);
	CHECK_INT(shipment_load(&shipment, s, to, 0, &e), 0);
	CHECK_INT(sent(to), 0);
	CHECK_INT(store_remove(to, shipment.v[0].to, &e), 1);
	shipment_clear(&shipment);
	ship(s, to, 0);
	has(to, "removed", "http://api.test/2 ");
	closed(b, s);
	store_close(to);
}

static void
what_is_put_aside_is_not_shipped(void)
{
	struct store *s, *to = engine();
	struct backlog *b = opened("set aside", &s);

	record(s, "set aside", "/1", 1);
	record(s, "set aside", "/2", 1);
	record(s, "set aside", "/3", 1);
	record(s, "set aside", "/4", 1);
	CHECK_INT(backlog_put_aside(s, 2, "it is refused", &e), 0);
	CHECK_INT(backlog_put_aside(s, 4, "it is refused", &e), 0);
	CHECK_INT(shipment_load(&shipment, s, to, 0, &e), 0);
	CHECK_INT(shipment.n, 2);
	CHECK_INT(shipment.upto, 4);
	/* In parts: one by one. */
	CHECK_INT(shipment_send(&shipment, 0, 1, to, ON_RECORD_APPEND, &e), 0);
	CHECK_INT(shipment_send(&shipment, 1, 1, to, ON_RECORD_APPEND, &e), 0);
	shipment_clear(&shipment);
	has(to, "set aside", "http://api.test/1 http://api.test/3 ");
	CHECK_INT(shipment_load(&shipment, s, to, 3, &e), 0);
	CHECK_INT(shipment.n, 0);
	CHECK_INT(shipment.upto, 4);
	closed(b, s);
	store_close(to);
}

static void
a_long_body_comes_whole_and_once(void)
{
	struct store *s, *to = engine();
	struct backlog *b = opened("long", &s);
	struct exchange *want = exchange("/long", LONG), *x = NULL;

	record(s, "long", "/long", LONG);
	CHECK_INT(shipment_load(&shipment, s, to, 0, &e), 0);
	CHECK_INT(sent(to), 0);
	CHECK_INT(store_get(to, shipment.v[0].to, SIZE_MAX, &x, &e), 1);
	CHECK_INT(x->response.body.size, want->response.body.size);
	CHECK(str_eq(buf_str(&x->response.body.bytes),
	    buf_str(&want->response.body.bytes)));
	shipment_clear(&shipment);
	exchange_free(want);
	exchange_free(x);
	closed(b, s);
	store_close(to);
}

static void
both_are_read_as_one_and_an_entry_that_moves_is_found(void)
{
	struct store *s, *to = engine(), *both;
	struct backlog *b = opened("both", &s);
	struct exchange *x = NULL;
	int64_t moved;

	record(s, "both", "/1", 1);
	ship(s, to, 0);
	backlog_set_shipped(b, 1);
	record(s, "both", "/2", LONG);
	both = store_both(b, &e);
	CHECK(both != NULL);
	has(both, "both", "http://api.test/1 http://api.test/2 ");
	CHECK_INT(store_get(both, STORE_WAITING + 2, 0, &x, &e), 1);
	CHECK_INT(shipment_load(&shipment, s, to, 1, &e), 0);
	CHECK_INT(sent(to), 0);
	moved = shipment.v[0].to;
	backlog_move(b, shipment.v[0].x, 2, moved);
	shipment_clear(&shipment);
	backlog_set_shipped(b, 2);
	has(both, "both", "http://api.test/1 http://api.test/2 ");
	CHECK_INT(backlog_forget(s, 2, &e), 0);
	/* Its body goes on where it is now, by the name that it had. */
	CHECK_INT(store_body_load(both, &x->response.body, SIZE_MAX, &e), 0);
	CHECK_INT(x->response.body.bytes.n, x->response.body.size);
	exchange_free(x);
	CHECK_INT(store_get(both, STORE_WAITING + 2, 0, &x, &e), 1);
	CHECK_INT(x->id, STORE_WAITING + 2);
	exchange_free(x);
	/* The engine says nothing: what it has is an error, not a wait. */
	backlog_lost(b, true);
	CHECK_INT(store_get(both, moved, 0, &x, &e), -1);
	CHECK(strstr(e.text, "it is away") != NULL);
	/* It refused somebody, which may be over. */
	backlog_lost(b, false);
	CHECK_INT(store_get(both, moved, 0, &x, &e), 1);
	exchange_free(x);
	store_close(both);
	closed(b, s);
	store_close(to);
}

static int64_t
found(struct store *s, const char *tape, uint8_t byte, int64_t *first)
{
	uint8_t key[EXCHANGE_KEY_BYTES];
	struct store_candidate c[4] = { { .id = 0 } };
	int64_t n;

	memset(key, byte, sizeof(key));
	n = store_find(
	    s, store_tape(s, str_of(tape), false, &e), key, false, c, 4, &e);
	*first = c[0].id;
	return n;
}

static void
what_is_kept_is_found_while_the_engine_is_away(void)
{
	struct store *s, *to = engine(), *both;
	struct backlog *b = opened_to_keep("found", 8 << 20, "found", &s);
	struct exchange *x = exchange("/1", LONG);
	int64_t id, there;

	backlog_set_epoch(b, 0);
	memset(x->key, 5, sizeof(x->key));
	x->keyed = true;
	CHECK_INT(
	    store_put(s, store_tape(s, STR("found"), true, &e), x, &e), 0);
	exchange_free(x);
	CHECK_INT(shipment_load(&shipment, s, to, 0, &e), 0);
	CHECK_INT(sent(to), 0);
	there = shipment.v[0].to;
	backlog_move(b, shipment.v[0].x, 1, there);
	shipment_clear(&shipment);
	backlog_came(b, 1, 10);
	tidied(b, s);
	both = store_both(b, &e);
	CHECK(both != NULL);
	CHECK_INT(found(both, "found", 5, &id), 1);
	CHECK_INT(id, there);
	has(both, "found", "http://api.test/1 ");
	backlog_lost(b, true);
	CHECK_INT(found(both, "found", 5, &id), 1);
	CHECK_INT(id, STORE_WAITING + 1);
	has(both, "found", "http://api.test/1 ");
	/* Also by the number that it has in the engine. */
	CHECK_INT(store_get(both, there, 0, &x, &e), 1);
	CHECK_INT(x->id, there);
	CHECK_INT(store_body_load(both, &x->response.body, SIZE_MAX, &e), 0);
	CHECK(x->response.body.bytes.n >= LONG);
	exchange_free(x);
	/* What may be another by now is not. */
	backlog_set_epoch(b, 1);
	CHECK_INT(found(both, "found", 5, &id), -1);
	CHECK_INT(store_get(both, there, 0, &x, &e), -1);
	CHECK(strstr(e.text, "it is away") != NULL);
	store_close(both);
	closed(b, s);
	store_close(to);
}

static void
sql(const char *text)
{
	char command[600];

	snprintf(command, sizeof(command),
	    "/usr/lib/postgresql/15/bin/psql -qAt -h %s/pg -U hark -d postgres "
	    "-c \"%s\"",
	    dir, text);
	CHECK_INT(system(command), 0);
}

/* As the recorder's thread, which nobody else uses here. */
static int
write_by(void *arg, int (*fn)(struct store *s, void *arg, struct err *e),
    void *fn_arg, struct err *err)
{
	return fn(arg, fn_arg, err);
}

static void
until_aside(struct shipper *p, uint64_t aside, uint64_t shipped)
{
	struct timespec t = { .tv_nsec = 1000000 };
	struct shipper_figures f;
	int i;

	for (i = 0; i < 60000; i++) {
		shipper_figures(p, &f);
		if (f.aside == aside && f.shipped == shipped && f.entries == 0)
			break;
		nanosleep(&t, NULL);
	}
	CHECK_INT(f.aside, aside);
	CHECK_INT(f.shipped, shipped);
}

static void
what_was_put_aside_is_tried_again(void)
{
	struct store *s, *to = engine();
	struct backlog *b = opened_to_keep("retried", 0, "retried", &s);
	struct shipper_options o = {
		.backlog = b, .write = write_by, .arg = s, .retry_us = 1000
	};
	struct shipper *p;

	record(s, "retried", "/1", 1);
	record(s, "retried", "/2", 1);
	record(s, "retried", "/3", 1);
	backlog_set_last(b, 3);
	sql("ALTER TABLE hark_entry ADD CONSTRAINT refusing CHECK "
	    "(position(convert_to('/2', 'SQL_ASCII') IN target) = 0) NOT "
	    "VALID");
	p = shipper_start(&o, &e);
	CHECK(p != NULL);
	until_aside(p, 1, 2);
	has(to, "retried", "http://api.test/1 http://api.test/3 ");
	sql("ALTER TABLE hark_entry DROP CONSTRAINT refusing");
	until_aside(p, 0, 3);
	has(to, "retried",
	    "http://api.test/1 http://api.test/3 http://api.test/2 ");
	shipper_stop(p);
	CHECK_INT(kept(s, 1, 100), 0);
	shipper_free(p);
	closed(b, s);
	store_close(to);
}

static void
what_was_put_aside_is_tried_when_somebody_says_so(void)
{
	struct store *s, *to = engine();
	struct backlog *b = opened_to_keep("told", 0, "told", &s);
	struct shipper_options o = {
		.backlog = b, .write = write_by, .arg = s
	};
	struct shipper *p;

	record(s, "told", "/2", 1);
	backlog_set_last(b, 1);
	sql("ALTER TABLE hark_entry ADD CONSTRAINT refusing CHECK "
	    "(position(convert_to('/2', 'SQL_ASCII') IN target) = 0) NOT "
	    "VALID");
	p = shipper_start(&o, &e);
	CHECK(p != NULL);
	until_aside(p, 1, 0);
	sql("ALTER TABLE hark_entry DROP CONSTRAINT refusing");
	shipper_retry(p);
	until_aside(p, 0, 1);
	has(to, "told", "http://api.test/2 ");
	shipper_stop(p);
	shipper_free(p);
	closed(b, s);
	store_close(to);
}

/* Those behind need an engine. */
#define ALONE 12

static const struct tap_test tests[] = { TEST(a_file_is_its_owners_alone),
	TEST(a_number_is_never_given_twice),
	TEST(each_start_is_a_run_and_entries_stay_in_theirs),
	TEST(what_waits_for_one_store_is_not_for_another),
	TEST(a_store_with_tapes_of_its_own_is_refused),
	TEST(a_full_file_says_so_and_has_room_again_when_all_is_shipped),
	TEST(what_is_put_aside_stays_and_waits_again_from_the_next_start),
	TEST(what_is_put_aside_can_wait_again_at_any_time),
	TEST(what_came_is_kept_for_as_long_as_the_tape_is_the_same),
	TEST(the_oldest_of_what_is_kept_go_first),
	TEST(an_entry_that_moved_is_known_by_its_old_number),
	TEST(a_store_that_came_back_is_told_from_one_that_never_left),
	TEST(whenever_it_is_killed_nothing_is_lost_or_there_twice),
	TEST(what_was_removed_since_does_not_come_again),
	TEST(what_is_put_aside_is_not_shipped),
	TEST(a_long_body_comes_whole_and_once),
	TEST(both_are_read_as_one_and_an_entry_that_moves_is_found),
	TEST(what_is_kept_is_found_while_the_engine_is_away),
	TEST(what_was_put_aside_is_tried_again),
	TEST(what_was_put_aside_is_tried_when_somebody_says_so) };

int
main(void)
{
	bool all = POSTGRESQL_BUILT && postgres_start();

	if (!all)
		printf("# no PostgreSQL 15: what needs it is left out\n");
	return tap_run(tests, all ? sizeof(tests) / sizeof(*tests) : ALONE);
}
