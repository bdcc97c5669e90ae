/* A shared store and what waits to come to it, read as one. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "recorder/backlog.h"
#include "recorder/shipment.h"
#include "recorder/store.h"

#include "folder.h"
#include "postgres.h"
#include "tap.h"

#define LONG (2 * BODY_PART + 12345)
#define MANY 70 /* under one key: more than are read at once */

static struct err e;
static struct backlog *waits; /* of the case, with what follows */
static struct store *file, *both, *engine;

/* The server's, or that of a folder where none is. */
static const char *
url(bool served)
{
	static char text[200];

	snprintf(text, sizeof(text), "postgresql://hark@/postgres?host=%s/%s",
	    dir, served ? "pg" : "nobody");
	return text;
}

static void
begin(const char *name, bool served)
{
	struct backlog_options o = { .path = at(name), .url = url(served) };

	engine = NULL;
	waits = backlog_open(&o, &file, &e);
	CHECK(waits != NULL);
	if (served)
		engine = store_open(url(true), STORE_WRITE, false, &e);
	CHECK((engine != NULL) == served);
	both = store_both(waits, &e);
	CHECK(both != NULL);
}

static void
end(void)
{
	store_close(both);
	store_close(engine);
	store_close(file);
	backlog_unref(waits);
}

/* Its key is the letter behind the slash; its body says its target again and
 * again. */
static struct exchange *
exchange(const char *target, size_t size)
{
	struct exchange *x = exchange_new();
	struct body *b = &x->response.body;

	x->method = STR("GET");
	x->target = arena_str(&x->arena, str_of(target));
	x->url = str_of(arena_printf(&x->arena, "http://api.test%s", target));
	x->status = 200;
	x->reason = STR("OK");
	x->started_us = 1700000000123456;
	memset(x->key, target[1], sizeof(x->key));
	x->keyed = true;
	while (b->bytes.n < size)
		buf_add_text(&b->bytes, target);
	b->size = b->bytes.n;
	return x;
}

static void
put(struct store *s, const char *tape, struct exchange *x)
{
	int r = store_put(s, store_tape(s, str_of(tape), true, &e), x, &e);

	exchange_free(x);
	CHECK_INT(r, 0);
}

static void
record(struct store *s, const char *tape, const char *target)
{
	put(s, tape, exchange(target, 1));
}

/* What is under a key, as the ends of targets. */
static void
found(char key, size_t cap, int64_t count, const char *want)
{
	struct store_candidate *v = calloc(MANY, sizeof(*v));
	uint8_t bytes[EXCHANGE_KEY_BYTES];
	struct buf got = { 0 };
	int64_t n, i;
	struct exchange *x;

	memset(bytes, key, sizeof(bytes));
	n = store_find(both, 1, bytes, false, v, cap, &e);
	for (i = 0; i < n && i < (int64_t)cap; i++) {
		x = NULL;
		if (store_get(both, v[i].id, 0, &x, &e) == 1)
			buf_addf(&got, "%.*s ", STR_ARGS(x->target));
		exchange_free(x);
	}
	free(v);
	CHECK_INT(n, count);
	CHECK_STR(buf_text(&got), want);
	buf_free(&got);
}

static int
on_entry(void *arg, const struct store_entry_row *row)
{
	buf_addf(arg, "%.*s ", STR_ARGS(row->url));
	return 0;
}

static int
on_first(void *arg, const struct store_entry_row *row)
{
	on_entry(arg, row);
	return 7;
}

static int
on_near(void *arg, const struct store_near_row *row)
{
	buf_addf(arg, "%.*s ", STR_ARGS(row->target));
	return 0;
}

static void
listed(const char *want)
{
	struct store_filter f = { .tape = 1 };
	struct buf b = { 0 };

	CHECK_INT(store_list(both, &f, on_entry, &b, &e), 0);
	CHECK_STR(buf_text(&b), want);
	buf_free(&b);
}

static void
near(const char *target, const char *want)
{
	struct buf b = { 0 };

	CHECK_INT(store_near(both, 1, str_of(target), on_near, &b, &e), 0);
	CHECK_STR(buf_text(&b), want);
	buf_free(&b);
}

static void
on_request(void *arg, const struct store_request *row)
{
	if (row->tape == 1)
		buf_addf(arg, "%s%.*s ",
		    row->id > STORE_WAITING ? "waiting" : "",
		    STR_ARGS(row->target));
}

/* What was asked for behind an entry of the shared store. */
static void
asked(int64_t after, int result, const char *want)
{
	struct buf b = { 0 };

	CHECK_INT(store_requests(both, after, on_request, &b, &e), result);
	CHECK_STR(buf_text(&b), want);
	buf_free(&b);
}

static void
text(int (*of)(struct store *s, int64_t tape, struct buf *out, struct err *),
    const char *want)
{
	struct buf b = { 0 };

	CHECK_INT(of(both, 1, &b, &e), 0);
	CHECK_STR(buf_text(&b), want);
	buf_free(&b);
}

/* ---- nobody serves the shared store ------------------------------------ */

static void
what_waits_is_read_while_the_shared_store_is_away(void)
{
	struct store_extent x = { .tape = 7 };
	uint8_t other[EXCHANGE_KEY_BYTES] = { 0 };
	uint8_t cursor[STORE_CURSOR_NAME] = { 0 };
	struct store_candidate v;
	struct exchange *none = NULL;

	begin("away", false);
	record(file, "d", "/a/1");
	record(file, "d", "/b/1");
	CHECK_INT(store_tape(both, STR("d"), false, &e), 1);
	found('a', 1, 1, "/a/1 ");
	listed("http://api.test/a/1 http://api.test/b/1 ");
	near("/b/1", "/b/1 ");
	asked(0, -1, "waiting/a/1 waiting/b/1 ");
	CHECK(store_stuck(both));
	/* What is not there may be in the shared store. */
	CHECK_INT(store_find(both, 1, other, false, &v, 1, &e), -1);
	CHECK_INT(store_get(both, 1, 0, &none, &e), -1);
	CHECK_INT(store_turn(both, 1, cursor, 3, false, &e), -1);
	CHECK_INT(store_tape(both, STR("other"), false, &e), 1);
	/* That there is none of that number is known. */
	CHECK_INT(store_get(both, STORE_WAITING + 99, 0, &none, &e), 0);
	CHECK(none == NULL);
	CHECK_INT(store_extent(both, STR("d"), &x, &e), 0);
	CHECK_INT(x.tape, 0);
	end();
}

static void
more_than_are_read_at_once_are_found(void)
{
	char target[20], want[MANY * 8] = "", *p = want;
	int i;

	begin("many", false);
	for (i = 0; i < MANY; i++) {
		snprintf(target, sizeof(target), "/a/%d", i);
		record(file, "d", target);
		p += sprintf(p, "%s ", target);
	}
	CHECK_INT(store_tape(both, STR("d"), false, &e), 1);
	found('a', MANY, MANY, want);
	found('a', 3, MANY, "/a/0 /a/1 /a/2 ");
	end();
}

static void
what_came_to_the_shared_store_is_nothing_in_the_file(void)
{
	begin("came", false);
	record(file, "d", "/a/1");
	record(file, "d", "/a/2");
	record(file, "d", "/a/3");
	CHECK_INT(store_tape(both, STR("d"), false, &e), 1);
	near("/a/2", "/a/2 ");
	backlog_set_shipped(waits, 2);
	found('a', 3, 1, "/a/3 ");
	listed("http://api.test/a/3 ");
	near("/a/2", "");
	asked(7, -1, "waiting/a/3 ");
	end();
}

static void
a_long_body_that_waits_is_read_in_parts(void)
{
	struct exchange *want = exchange("/long", LONG), *x = NULL;
	struct str bytes = buf_str(&want->response.body.bytes);
	struct body *b;
	char part[1000];
	int64_t n;

	begin("long", false);
	put(file, "d", exchange("/long", LONG));
	CHECK_INT(store_tape(both, STR("d"), false, &e), 1);
	CHECK_INT(store_get(both, STORE_WAITING + 1, 0, &x, &e), 1);
	b = &x->response.body;
	CHECK(b->stored_id > 0);
	CHECK_INT(b->size, bytes.n);
	n = store_body_read(
	    both, b->stored_id, BODY_PART - 1, part, sizeof(part), &e);
	CHECK(n > 0);
	CHECK_INT(memcmp(part, bytes.p + BODY_PART - 1, (size_t)n), 0);
	CHECK_INT(store_body_read(both, b->stored_id, bytes.n, part, 1, &e), 0);
	CHECK_INT(store_body_load(both, b, LONG / 2, &e), 0);
	CHECK(b->stored_id > 0 && b->bytes.n == 0);
	/* It goes, and where it is now cannot be known. */
	CHECK_INT(backlog_forget(file, 1, &e), 0);
	CHECK_INT(store_body_read(both, b->stored_id, 0, part, 1, &e), -1);
	exchange_free(x);
	exchange_free(want);
	end();
}

static void
what_is_held_of_the_file_does_not_change(void)
{
	begin("held", false);
	record(file, "d", "/a/1");
	CHECK_INT(store_tape(both, STR("d"), false, &e), 1);
	CHECK_INT(store_hold(both, &e), 0);
	found('a', 2, 1, "/a/1 ");
	record(file, "d", "/a/2");
	found('a', 2, 1, "/a/1 ");
	store_rollback(both);
	found('a', 2, 2, "/a/1 /a/2 ");
	end();
}

static void
what_the_file_says_of_the_tape_holds_alone(void)
{
	struct exchange *x = exchange("/a", 1);
	int64_t tape, seen = -1;

	begin("texts", false);
	record(file, "d", "/a/1");
	CHECK_INT(store_tape(both, STR("d"), false, &e), 1);
	CHECK(!store_has_scopes(both, 1));
	CHECK(!store_has_unknown_bodies(both, 1));
	x->scope = STR("http://other.test");
	x->request.body.known = false;
	put(file, "d", x);
	tape = store_tape(file, STR("d"), false, &e);
	CHECK_INT(store_tape_set_rules(file, tape, STR("rules"), &e), 0);
	CHECK_INT(store_tape_add_redaction(file, tape, STR(":off 1\n"), &e), 0);
	CHECK(store_has_scopes(both, 1));
	CHECK(store_has_unknown_bodies(both, 1));
	text(store_tape_rules, "rules");
	text(store_tape_redaction, ":off 1\n");
	CHECK_INT(store_news(both, 1, &seen, NULL, NULL), STORE_SAME);
	CHECK_INT(store_version(both), store_version(both));
	end();
}

/* ---- there is one ------------------------------------------------------ */

static void
the_shared_stores_come_first_and_what_waits_behind(void)
{
	struct store_filter f = { .tape = 1 };
	struct buf b = { 0 };

	begin("order", true);
	record(file, "order", "/a/2");
	record(engine, "order", "/a/1");
	record(engine, "order", "/b/1");
	CHECK_INT(store_tape(both, STR("order"), false, &e), 1);
	found('a', 2, 2, "/a/1 /a/2 ");
	found('a', 1, 2, "/a/1 ");
	found('b', 2, 1, "/b/1 ");
	found('c', 2, 0, "");
	listed("http://api.test/a/1 http://api.test/b/1 http://api.test/a/2 ");
	/* Of each what is nearest there. */
	near("/a/2", "/a/1 /a/2 ");
	asked(0, 0, "/a/1 /b/1 waiting/a/2 ");
	asked(STORE_WAITING - 1, 0, "waiting/a/2 ");
	/* Who has seen enough sees no more. */
	CHECK_INT(store_list(both, &f, on_first, &b, &e), 7);
	CHECK_STR(buf_text(&b), "http://api.test/a/1 ");
	buf_free(&b);
	end();
}

static void
what_both_say_of_the_tape_is_joined(void)
{
	struct store_extent x;
	int64_t shared, tape;

	begin("joined", true);
	record(file, "joined", "/a/1");
	CHECK_INT(store_tape(both, STR("joined"), false, &e), 1);
	CHECK_INT(store_extent(both, STR("joined"), &x, &e), 0);
	CHECK_INT(x.tape, 0);
	shared = store_tape(engine, STR("joined"), true, &e);
	tape = store_tape(file, STR("joined"), false, &e);
	CHECK_INT(store_tape_set_rules(file, tape, STR("mine"), &e), 0);
	text(store_tape_rules, "mine");
	CHECK_INT(store_tape_set_rules(engine, shared, STR("all's"), &e), 0);
	text(store_tape_rules, "all's");
	CHECK_INT(
	    store_tape_add_redaction(engine, shared, STR(":off 1\n"), &e), 0);
	CHECK_INT(
	    store_tape_add_redaction(file, tape, STR(":off 1\n:on 1 f\n"), &e),
	    0);
	text(store_tape_redaction, ":off 1\n:on 1 f\n");
	CHECK_INT(store_extent(both, STR("joined"), &x, &e), 0);
	CHECK_INT(x.tape, shared);
	end();
}

static void
turns_are_the_shared_stores(void)
{
	uint8_t name[STORE_CURSOR_NAME] = "turns";

	begin("turns", true);
	record(file, "turns", "/a/1");
	CHECK_INT(store_tape(both, STR("turns"), false, &e), 1);
	CHECK_INT(store_turn(both, 1, name, 2, false, &e), -1);
	CHECK(strstr(e.text, "before the first recording came") != NULL);
	record(engine, "turns", "/a/1");
	CHECK_INT(store_turn(both, 1, name, 2, false, &e), 0);
	CHECK_INT(store_turn(both, 1, name, 2, false, &e), 1);
	CHECK_INT(store_turn(both, 1, name, 2, false, &e), 2);
	end();
}

static void
what_is_held_of_both_does_not_change(void)
{
	begin("both held", true);
	record(engine, "held", "/a/1");
	CHECK_INT(store_tape(both, STR("held"), false, &e), 1);
	CHECK_INT(store_hold(both, &e), 0);
	found('a', 3, 1, "/a/1 ");
	record(engine, "held", "/a/2");
	record(file, "held", "/a/3");
	found('a', 3, 1, "/a/1 ");
	store_rollback(both);
	found('a', 3, 3, "/a/1 /a/2 /a/3 ");
	end();
}

/* The number of the only entry under a key. */
static int64_t
only(char key)
{
	struct store_candidate c;
	uint8_t bytes[EXCHANGE_KEY_BYTES];

	memset(bytes, key, sizeof(bytes));
	CHECK_INT(store_find(both, 1, bytes, false, &c, 1, &e), 1);
	return c.id;
}

static void
has_the_bytes(struct body *b, const struct exchange *want)
{
	CHECK(b->stored_id > 0);
	CHECK_INT(store_body_load(both, b, SIZE_MAX, &e), 0);
	CHECK(str_eq(buf_str(&b->bytes), buf_str(&want->response.body.bytes)));
}

static void
a_long_body_is_read_where_it_is_and_goes_on_where_it_came(void)
{
	struct exchange *want = exchange("/long", LONG), *x = NULL, *y = NULL;
	struct shipment all = { 0 };

	begin("where", true);
	put(file, "where", exchange("/long", LONG));
	CHECK_INT(store_tape(both, STR("where"), false, &e), 1);
	CHECK_INT(store_get(both, only('l'), 0, &x, &e), 1);
	CHECK_INT(shipment_load(&all, file, engine, 0, &e), 0);
	CHECK_INT(
	    shipment_send(&all, 0, all.n, engine, ON_RECORD_APPEND, &e), 0);
	backlog_move(waits, all.v[0].x, 1, all.v[0].to);
	shipment_clear(&all);
	backlog_set_shipped(waits, 1);
	CHECK_INT(backlog_forget(file, 1, &e), 0);
	has_the_bytes(&x->response.body, want);
	CHECK(only('l') < STORE_WAITING);
	CHECK_INT(store_get(both, only('l'), 0, &y, &e), 1);
	has_the_bytes(&y->response.body, want);
	exchange_free(x);
	exchange_free(y);
	exchange_free(want);
	end();
}

static void
on_key(void *arg, const uint8_t *key)
{
	(void)key;
	++*(int *)arg;
}

/* News of the tape, when there are any. */
static enum store_news
news(int64_t *seen, int *keys)
{
	enum store_news is;
	int i;

	for (i = 0; i < 3000; i++) {
		is = store_news(both, 1, seen, on_key, keys);
		if (is != STORE_SAME)
			return is;
		(void)usleep(10000);
	}
	return STORE_SAME;
}

static void
news_are_those_of_the_shared_store(void)
{
	int64_t seen = -1;
	int keys = 0;

	begin("news", true);
	record(engine, "news", "/a/1");
	CHECK_INT(store_tape(both, STR("news"), false, &e), 1);
	CHECK_INT(store_news(both, 1, &seen, on_key, &keys), STORE_SAME);
	record(file, "news", "/b/1");
	record(engine, "news", "/c/1");
	CHECK(news(&seen, &keys) != STORE_SAME);
	/* It was away, and what came meanwhile need not have been told. */
	backlog_set_away(waits, true);
	backlog_set_away(waits, false);
	CHECK_INT(news(&seen, &keys), STORE_OTHER);
	end();
}

static void
an_engine_that_dies_leaves_what_waits_and_is_found_again(void)
{
	uint8_t key[EXCHANGE_KEY_BYTES];
	struct store_candidate v;
	struct buf b = { 0 };

	begin("dies", true);
	record(file, "dies", "/a/2");
	record(engine, "dies", "/a/1");
	record(engine, "dies", "/b/1");
	CHECK_INT(store_tape(both, STR("dies"), false, &e), 1);
	found('a', 2, 2, "/a/1 /a/2 ");
	CHECK_INT(store_hold(both, &e), 0);
	CHECK_INT(postgres_tell("crash"), 0);
	/* What reads on is told, whatever it reads first. */
	memset(key, 'b', sizeof(key));
	CHECK_INT(store_find(both, 1, key, false, &v, 1, &e), -1);
	CHECK(store_stuck(both));
	store_rollback(both);
	found('a', 2, 1, "/a/2 ");
	listed("http://api.test/a/2 ");
	near("/a/2", "/a/2 ");
	CHECK_INT(store_tape_rules(both, 1, &b, &e), 0);
	CHECK_INT(store_hold(both, &e), 0);
	store_rollback(both);
	CHECK_INT(postgres_tell("again"), 0);
	backlog_set_away(waits, false);
	found('a', 2, 2, "/a/1 /a/2 ");
	CHECK(!store_stuck(both));
	buf_free(&b);
	end();
}

/* Those behind need an engine. */
#define ALONE 6

static const struct tap_test tests[] = {
	TEST(what_waits_is_read_while_the_shared_store_is_away),
	TEST(more_than_are_read_at_once_are_found),
	TEST(what_came_to_the_shared_store_is_nothing_in_the_file),
	TEST(a_long_body_that_waits_is_read_in_parts),
	TEST(what_is_held_of_the_file_does_not_change),
	TEST(what_the_file_says_of_the_tape_holds_alone),
	TEST(the_shared_stores_come_first_and_what_waits_behind),
	TEST(what_both_say_of_the_tape_is_joined),
	TEST(turns_are_the_shared_stores),
	TEST(what_is_held_of_both_does_not_change),
	TEST(a_long_body_is_read_where_it_is_and_goes_on_where_it_came),
	TEST(news_are_those_of_the_shared_store),
	TEST(an_engine_that_dies_leaves_what_waits_and_is_found_again)
};

int
main(void)
{
	bool all = postgres_start();

	if (!all)
		printf("# no PostgreSQL 15: what needs it is left out\n");
	return tap_run(tests, all ? sizeof(tests) / sizeof(*tests) : ALONE);
}
