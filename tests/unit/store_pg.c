/* The same store on PostgreSQL, straight and behind pgbouncer, and what is
 * only so when it is shared. */
#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "recorder/pg_priv.h"

#include "folder.h"
#include "postgres.h"
#include "store_cases.h"

static bool pooled;
static char made[100]; /* whose tables there are */

static const char *
url(void)
{
	static char text[300];

	snprintf(text, sizeof(text),
	    "postgresql://hark@/postgres?host=%s/pg%s&port=%d", dir,
	    pooled ? "/pool" : "", pooled ? 6432 : 5432);
	return text;
}

static void
sql(const char *text)
{
	PGconn *c = PQconnectdb(url());
	PGresult *q = PQexec(c, text);

	if (PQresultStatus(q) != PGRES_COMMAND_OK)
		printf("# %s\n", PQerrorMessage(c));
	CHECK_INT(PQresultStatus(q), PGRES_COMMAND_OK);
	PQclear(q);
	PQfinish(c);
}

static void
clean(void)
{
	sql("SET client_min_messages = warning; DROP TABLE IF EXISTS "
	    "hark_schema, hark_state, hark_tape, "
	    "hark_body, hark_part, hark_entry, hark_draft, hark_writer, "
	    "hark_source, hark_change, hark_cursor");
}

static struct store *
opened(enum store_access access)
{
	struct store *s = store_open(url(), access, false, &e);

	if (s == NULL)
		printf("# %s\n", e.text);
	CHECK(s != NULL);
	return s;
}

static struct store *
writer(const char *name)
{
	if (strcmp(made, name) != 0)
		clean();
	snprintf(made, sizeof(made), "%s", name);
	return opened(STORE_WRITE);
}

static struct store *
reader(const char *name)
{
	CHECK_STR(made, name);
	return opened(STORE_READ);
}

static int64_t
of(const char *name, const char *what, const char *table)
{
	PGconn *c = PQconnectdb(url());
	PGresult *q;
	int64_t n = -1;
	char text[200];

	CHECK_STR(made, name);
	snprintf(text, sizeof(text), "SELECT %s FROM hark_%s", what, table);
	q = PQexec(c, text);
	if (PQresultStatus(q) == PGRES_TUPLES_OK && PQntuples(q) == 1)
		n = strtoll(PQgetvalue(q, 0, 0), NULL, 10);
	else
		printf("# %s\n", PQerrorMessage(c));
	PQclear(q);
	PQfinish(c);
	return n;
}

static int64_t
add(struct store *s, const char *target)
{
	return put(s, tape(s, "d"), exchange("GET", target, target));
}

static void
many_write_and_ids_are_in_the_order_of_commits(void)
{
	struct store *a = writer("many"), *b = opened(STORE_WRITE);
	int64_t first = add(a, "/a"), second = add(b, "/b");

	CHECK_INT(second, first + 1);
	CHECK_INT(add(a, "/c"), second + 1);
	/* What was rolled back took nothing. */
	CHECK_INT(store_begin(a, &e), 0);
	CHECK_INT(add(a, "/d"), second + 2);
	store_rollback(a);
	CHECK_INT(add(b, "/e"), second + 2);
	store_close(a);
	store_close(b);
}

/* In one transaction, so that many go in one statement: bodies that are there
 * already, in the same one and in others, are not sent again. */
static void
many_entries_go_at_once_and_each_has_its_body(void)
{
	struct store *s = writer("rows");
	struct exchange *x;
	char target[40];
	int64_t first = 0, id;
	int i;

	CHECK_INT(store_begin(s, &e), 0);
	for (i = 0; i < 700; i++) {
		snprintf(target, sizeof(target), "/%d", i % 200);
		id = add(s, target);
		first = i == 0 ? id : first;
	}
	CHECK_INT(store_commit(s, &e), 0);
	CHECK_INT(of("rows", "count(*)", "entry"), 700);
	CHECK_INT(of("rows", "count(*)", "body"), 200);
	for (i = 0; i < 700; i += 99) {
		snprintf(target, sizeof(target), "/%d", i % 200);
		x = get(s, first + i);
		CHECK_VIEW(x->target, target);
		CHECK_VIEW(buf_str(&x->response.body.bytes), target);
		exchange_free(x);
	}
	store_close(s);
}

/* Also when others are of the same statement; what is read in between sees
 * what was written. */
static void
a_body_whose_number_is_taken_in_a_group_has_the_next(void)
{
	struct store *s = writer("taken together");
	struct exchange *x;
	int64_t id = add(s, "/a"), again;

	sql("UPDATE hark_body SET digest = sha256('other')");
	CHECK_INT(store_begin(s, &e), 0);
	add(s, "/b");
	add(s, "/a");
	/* The statement fails where it is waited for, and with care it is
	 * another number. */
	CHECK_INT(store_commit(s, &e), -1);
	store_rollback(s);
	CHECK(store_again(s, 0));
	CHECK_INT(store_begin(s, &e), 0);
	add(s, "/b");
	again = add(s, "/a");
	CHECK_INT(store_commit(s, &e), 0);
	CHECK(again > id);
	x = get(s, again);
	CHECK_VIEW(buf_str(&x->response.body.bytes), "/a");
	exchange_free(x);
	CHECK_INT(of("taken together", "count(*)", "body"), 3);
	store_close(s);
}

/* A refusal is told from what is the engine's own trouble. */
static void
what_is_refused_for_what_it_is_is_told_apart(void)
{
	static const struct {
		const char *make, *undo;
		bool refused;
	} cases[] = {
		{ "ALTER TABLE hark_entry ADD CONSTRAINT c CHECK (status > 0)",
		    "ALTER TABLE hark_entry DROP CONSTRAINT c", true },
		{ "CREATE UNIQUE INDEX c ON hark_entry (target)",
		    "DROP INDEX c", true },
		{ "ALTER TABLE hark_entry ADD COLUMN c BIGINT NOT NULL DEFAULT "
		  "1; ALTER TABLE hark_entry ALTER c DROP DEFAULT",
		    "ALTER TABLE hark_entry DROP c", true },
		{ "ALTER TABLE hark_entry RENAME status TO c",
		    "ALTER TABLE hark_entry RENAME c TO status", false },
		{ "ALTER TABLE hark_entry RENAME TO hark_c",
		    "ALTER TABLE hark_c RENAME TO hark_entry", false },
	};
	struct store *s = writer("refused");
	int64_t d = tape(s, "d");
	struct exchange *x;
	size_t i;

	add(s, "/a");
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sql(cases[i].make);
		x = exchange("GET", "/a", "/a");
		x->status = 0;
		CHECK_INT(store_put(s, d, x, &e), -1);
		CHECK_INT(store_refused(s), cases[i].refused);
		CHECK(!store_stuck(s));
		exchange_free(x);
		sql(cases[i].undo);
	}
	store_close(s);
}

/* What reads of one moment takes no lock, and leaves none behind. */
static void
a_store_that_is_written_can_be_checked(void)
{
	struct store *s = writer("checked"), *other = opened(STORE_WRITE);
	struct buf faults = { 0 };
	int64_t d = tape(s, "d"), id;
	struct exchange *x = exchange("GET", "/b", "/b");

	add(s, "/a");
	CHECK_INT(store_check(s, &faults, &e), 0);
	CHECK_STR(buf_text(&faults), "");
	/* Behind one that was given up, too. */
	CHECK_INT(store_begin(s, &e), 0);
	id = put(s, d, exchange("GET", "/b", "/b"));
	store_rollback(s);
	CHECK_INT(store_check(s, &faults, &e), 0);
	CHECK_STR(buf_text(&faults), "");
	CHECK_INT(store_hold(s, &e), 0);
	CHECK_INT(store_put(s, d, x, &e), -1);
	CHECK(strstr(e.text, "open for reading only") != NULL);
	store_rollback(s);
	/* Others have the number meanwhile. */
	CHECK_INT(add(other, "/c"), id);
	CHECK_INT(store_put(s, d, x, &e), 0);
	CHECK_INT(x->id, id + 1);
	exchange_free(x);
	buf_free(&faults);
	store_close(other);
	store_close(s);
}

static void
what_was_changed_in_the_database_is_not_served(void)
{
	struct store *s = writer("bits");
	int64_t id = add(s, "/a");
	struct exchange *x = NULL;

	exchange_free(get(s, id));
	sql("UPDATE hark_body SET bytes = overlay(bytes PLACING 'X' FROM 1)");
	CHECK_INT(store_get(s, id, SIZE_MAX, &x, &e), -1);
	CHECK(strstr(e.text, "not those of its digest") != NULL);
	store_close(s);
}

/* Puts n entries; for a process of its own. */
static void
put_some(int n)
{
	struct store *s;
	int i;

	if (setjmp(tap_out) != 0) {
		fflush(stdout);
		_exit(1);
	}
	s = opened(STORE_WRITE);
	for (i = 0; i < n; i++)
		add(s, "/same");
	store_close(s);
	_exit(0);
}

static void
stores_that_begin_at_once_make_the_tables_once(void)
{
	pid_t children[4];
	int i, status, failed = 0;

	clean();
	snprintf(made, sizeof(made), "at once");
	fflush(stdout);
	for (i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i] == 0)
			put_some(5);
	}
	for (i = 0; i < 4; i++) {
		CHECK_INT(waitpid(children[i], &status, 0), children[i]);
		failed += status != 0;
	}
	CHECK_INT(failed, 0);
	CHECK_INT(of("at once", "count(*)", "entry"), 20);
	CHECK_INT(of("at once", "max(id)", "entry"), 20);
	CHECK_INT(of("at once", "count(*)", "tape"), 1);
	CHECK_INT(of("at once", "count(*)", "body"), 1);
	CHECK_INT(of("at once", "count(*)", "schema"), 1);
}

/* Leaves a draft as a program that is killed does. */
static void
leave_draft(void)
{
	struct store *s;
	struct exchange *x;
	int64_t t, body;

	if (setjmp(tap_out) != 0)
		_exit(1);
	s = writer("drafts");
	t = tape(s, "d");
	x = exchange("GET", "/draft", "");
	CHECK_INT(store_begin(s, &e), 0);
	body = store_body_begin(s, &e);
	CHECK(body > 0);
	CHECK_INT(store_body_part(s, body, STR("so far"), &e), 0);
	CHECK_INT(store_draft(s, t, x, body, &e), 0);
	CHECK(x->id < 0);
	CHECK_INT(store_commit(s, &e), 0);
	exchange_free(x);
	_exit(0);
}

static void
a_draft_becomes_an_entry_when_its_writer_is_gone(void)
{
	struct exchange *x;
	struct store *s;
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		leave_draft();
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
	snprintf(made, sizeof(made), "drafts");
	/* It may be alive. */
	store_close(opened(STORE_WRITE));
	CHECK_INT(of("drafts", "count(*)", "entry"), 0);
	/* Nothing was heard of it for long. */
	sql("UPDATE hark_writer SET seen_us = 1");
	s = opened(STORE_WRITE);
	CHECK_INT(of("drafts", "count(*)", "draft"), 0);
	x = get(s, 1);
	CHECK_INT(x->outcome, OUTCOME_TRUNCATED);
	CHECK_VIEW(x->target, "/draft");
	CHECK_VIEW(buf_str(&x->response.body.bytes), "so far");
	exchange_free(x);
	store_close(s);
}

/* As leave_draft(), with a body that has parts. */
static void
leave_long_draft(void)
{
	struct body b = { .known = true };
	struct exchange *x;
	struct store *s;
	struct str rest;
	int64_t t, body;

	if (setjmp(tap_out) != 0)
		_exit(1);
	s = writer("long draft");
	t = tape(s, "d");
	set_noise(&b, 3 * BODY_PART / 2, 5);
	rest = (struct str){ b.bytes.p + BODY_PART, BODY_PART / 2 };
	b.bytes.n = BODY_PART;
	CHECK_INT(store_begin(s, &e), 0);
	body = store_body_begin(s, &e);
	CHECK_INT(store_body_part(s, body, buf_str(&b.bytes), &e), 0);
	CHECK_INT(store_body_part(s, body, rest, &e), 0);
	x = exchange("GET", "/long", "");
	CHECK_INT(store_draft(s, t, x, body, &e), 0);
	CHECK_INT(store_commit(s, &e), 0);
	exchange_free(x);
	buf_free(&b.bytes);
	_exit(0);
}

static void
a_long_draft_becomes_an_entry_with_all_there_was(void)
{
	struct body b = { .known = true };
	struct exchange *x;
	struct store *s;
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		leave_long_draft();
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
	snprintf(made, sizeof(made), "long draft");
	sql("UPDATE hark_writer SET seen_us = 1");
	s = opened(STORE_WRITE);
	CHECK_INT(of("long draft", "count(*)", "draft"), 0);
	x = get(s, 1);
	set_noise(&b, 3 * BODY_PART / 2, 5);
	CHECK_INT(x->outcome, OUTCOME_TRUNCATED);
	CHECK(str_eq(buf_str(&x->response.body.bytes), buf_str(&b.bytes)));
	buf_free(&b.bytes);
	exchange_free(x);
	store_close(s);
}

static void
a_draft_that_is_gone_is_none_to_remove(void)
{
	struct store *s = writer("no draft");

	CHECK_INT(store_remove(s, -77, &e), 0);
	store_close(s);
}

static void
a_removed_draft_takes_its_body_with_it(void)
{
	struct store *s = writer("undraft");
	struct exchange *x = exchange("GET", "/draft", "");
	int64_t t = tape(s, "d"), body = store_body_begin(s, &e);

	CHECK_INT(store_body_part(s, body, STR("so far"), &e), 0);
	CHECK_INT(store_draft(s, t, x, body, &e), 0);
	CHECK_INT(store_draft_chunks(s, x->id, STR("\x01\x02"), &e), 0);
	CHECK_INT(store_remove(s, x->id, &e), 1);
	CHECK_INT(of("undraft", "count(*)", "draft"), 0);
	CHECK_INT(of("undraft", "count(*)", "body"), 0);
	CHECK_INT(of("undraft", "count(*)", "part"), 0);
	exchange_free(x);
	store_close(s);
}

static void
a_body_that_only_a_draft_has_stays(void)
{
	struct store *s = writer("draft body");
	struct exchange *x = exchange("GET", "/draft", "");
	int64_t t = tape(s, "d"), entry = add(s, "/shared");

	set_body(&x->request.body, "/shared", 7);
	CHECK_INT(store_draft(s, t, x, 0, &e), 0);
	CHECK_INT(store_remove(s, entry, &e), 1);
	CHECK_INT(of("draft body", "count(*)", "body"), 1);
	CHECK_INT(store_remove(s, x->id, &e), 1);
	CHECK_INT(of("draft body", "count(*)", "body"), 0);
	exchange_free(x);
	store_close(s);
}

/* Two bodies whose digests begin alike are two. */
static void
a_body_whose_number_is_taken_has_the_next(void)
{
	struct store *s = writer("number");
	int64_t id;
	struct exchange *x;

	add(s, "/a");
	sql("UPDATE hark_body SET digest = 'another'");
	id = add(s, "/a");
	CHECK_INT(of("number", "count(*)", "body"), 2);
	x = get(s, id);
	CHECK_VIEW(buf_str(&x->response.body.bytes), "/a");
	exchange_free(x);
	store_close(s);
}

static int
near_one(void *arg, const struct store_near_row *row)
{
	struct buf *b = arg;

	buf_addf(b, "%.*s ", STR_ARGS(row->target));
	return 0;
}

static void
nears(struct store *s, const char *target, const char *want)
{
	struct buf b = { 0 };

	CHECK_INT(
	    store_near(s, tape(s, "d"), str_of(target), near_one, &b, &e), 0);
	CHECK_STR(buf_text(&b), want);
	buf_free(&b);
}

static void
neighbours_are_those_of_the_path_else_of_its_shape(void)
{
	struct store *s = writer("near");

	nears(s, "/none", "");
	add(s, "/users/1?a");
	add(s, "/users/1?b");
	add(s, "/users/2");
	add(s, "/orders/1/lines");
	nears(s, "/users/1?c", "/users/1?b /users/1?a ");
	nears(s, "/users/77", "/users/2 /users/1?a /users/1?b ");
	nears(s, "/orders/1/other", "/orders/1/lines ");
	store_close(s);
}

static void
a_list_goes_on_behind_its_first_page(void)
{
	struct store *s = writer("pages");
	struct store_filter all = { 0 };
	struct seen seen = { 0 };
	int64_t ids = 0;
	int i;

	CHECK_INT(store_begin(s, &e), 0);
	for (i = 0; i < 1001; i++)
		ids = add(s, "/");
	CHECK_INT(store_commit(s, &e), 0);
	all.first_id = 999;
	CHECK_INT(store_list(s, &all, on_entry, &seen, &e), 0);
	CHECK_INT(seen.n, 3);
	CHECK_INT(seen.ids[2], ids);
	store_close(s);
}

static void
what_is_held_does_not_change(void)
{
	struct store *s = writer("hold"), *r = reader("hold");
	struct seen seen;

	add(s, "/a");
	CHECK_INT(store_hold(r, &e), 0);
	add(s, "/b");
	CHECK_INT(listed(r, (struct store_filter){ 0 }, &seen), 1);
	store_rollback(r);
	CHECK_INT(listed(r, (struct store_filter){ 0 }, &seen), 2);
	store_close(r);
	store_close(s);
}

static void
texts_of_a_tape_are_kept(void)
{
	struct store *s = writer("texts");
	struct buf b = { 0 };
	int64_t t = tape(s, "d");

	CHECK_INT(store_tape_set_rules(s, t, STR("some rules"), &e), 0);
	CHECK_INT(store_tape_rules(s, t, &b, &e), 0);
	CHECK_STR(buf_text(&b), "some rules");
	buf_clear(&b, 0);
	CHECK_INT(store_tape_extra(s, t, &b, &e), 0);
	CHECK_INT(b.n, 0);
	CHECK_INT(store_tape_add_extra(s, t, STR("{\"a\":1}"), &e), 0);
	CHECK_INT(store_tape_extra(s, t, &b, &e), 0);
	CHECK_STR(buf_text(&b), "{\"a\":1}");
	buf_free(&b);
	store_close(s);
}

/* ---- what others change ------------------------------------------------ */

struct heard {
	int n;
	uint8_t last;
};

static void
on_key(void *arg, const uint8_t key[EXCHANGE_KEY_BYTES])
{
	struct heard *h = arg;

	h->n++;
	h->last = key[0];
}

/* The next news of the tape, which there have to be. */
static enum store_news
heard(struct store *r, int64_t t, int64_t *seen, struct heard *h)
{
	struct timespec rest = { .tv_nsec = 10000000 };
	enum store_news news = STORE_SAME;
	int i;

	*h = (struct heard){ 0 };
	for (i = 0; i < 6000 && news == STORE_SAME; i++) {
		news = store_news(r, t, seen, on_key, h);
		if (news == STORE_SAME)
			nanosleep(&rest, NULL);
	}
	CHECK(news != STORE_SAME);
	return news;
}

static int64_t
put_keyed(struct store *s, int64_t t, int key)
{
	struct exchange *x = exchange("GET", "/keyed", "");

	memset(x->key, key, sizeof(x->key));
	return put(s, t, x);
}

static void
news_of_a_tape_are_the_keys_that_came_to_its_end(void)
{
	struct store *s = writer("news"), *r = reader("news");
	int64_t t = tape(s, "d"), other = tape(s, "other"), seen = -1, id;
	struct heard h;

	put_keyed(s, t, 'a');
	CHECK_INT(store_news(r, t, &seen, on_key, &h), STORE_SAME);
	id = put_keyed(s, t, 'b');
	CHECK_INT(heard(r, t, &seen, &h), STORE_MORE);
	CHECK_INT(h.n, 1);
	CHECK_INT(h.last, 'b');
	/* The other's commits are before this one: they are no news. */
	put_keyed(s, other, 'x');
	CHECK_INT(store_remove(s, put_keyed(s, other, 'y'), &e), 1);
	put_keyed(s, t, 'c');
	CHECK_INT(heard(r, t, &seen, &h), STORE_MORE);
	CHECK_INT(h.n, 1);
	CHECK_INT(h.last, 'c');
	CHECK_INT(store_remove(s, id, &e), 1);
	CHECK_INT(heard(r, t, &seen, &h), STORE_OTHER);
	CHECK_INT(h.n, 0);
	store_close(r);
	store_close(s);
}

static void
more_news_than_are_kept_are_told_at_once(void)
{
	struct store *s = writer("much"), *r = reader("much");
	int64_t t = tape(s, "d"), seen = -1;
	struct heard h;
	int i;

	CHECK_INT(store_news(r, t, &seen, on_key, &h), STORE_SAME);
	CHECK_INT(store_begin(s, &e), 0);
	for (i = 0; i < 600; i++)
		put_keyed(s, t, i);
	CHECK_INT(store_commit(s, &e), 0);
	CHECK_INT(heard(r, t, &seen, &h), STORE_OTHER);
	store_close(r);
	store_close(s);
}

/* ---- shared cursors ---------------------------------------------------- */

static int64_t
turn(struct store *s, int name, int64_t total, bool cycle)
{
	uint8_t bytes[STORE_CURSOR_NAME];

	memset(bytes, name, sizeof(bytes));
	return store_turn(s, 1, bytes, total, cycle, &e);
}

static void
turns_go_on_over_connections_to_the_end(void)
{
	struct store *s = writer("turns"), *a = reader("turns"),
		     *b = reader("turns");

	CHECK_INT(turn(a, 1, 3, false), 0);
	CHECK_INT(turn(b, 1, 3, false), 1);
	CHECK_INT(turn(a, 2, 3, false), 0);
	CHECK_INT(turn(a, 1, 3, false), 2);
	CHECK_INT(turn(b, 1, 3, false), 3);
	CHECK_INT(turn(a, 1, 3, false), 3);
	/* One more was recorded. */
	CHECK_INT(turn(a, 1, 4, false), 3);
	CHECK_INT(turn(b, 1, 4, false), 4);
	CHECK_INT(turn(b, 1, 4, true), 0);
	CHECK_INT(turn(a, 1, 4, true), 1);
	CHECK_INT(store_rewind(b, 2, &e), 0);
	CHECK_INT(turn(a, 1, 4, true), 2);
	CHECK_INT(store_rewind(b, 1, &e), 0);
	CHECK_INT(turn(a, 1, 4, true), 0);
	store_close(a);
	store_close(b);
	store_close(s);
}

#define TURNS 40

struct taker {
	pthread_t thread;
	struct store *store;
	int64_t places[TURNS];
};

static void *
take_turns(void *arg)
{
	uint8_t name[STORE_CURSOR_NAME] = { 9 };
	struct taker *t = arg;
	struct err mine;
	int i;

	for (i = 0; t->store != NULL && i < TURNS; i++)
		t->places[i] =
		    store_turn(t->store, 1, name, 2 * TURNS, false, &mine);
	return NULL;
}

/* Two connections take all turns there are. */
static void
take_all(struct taker takers[2])
{
	int i, failed = 0;

	for (i = 0; i < 2; i++)
		takers[i].store = store_open(url(), STORE_READ, false, &e);
	for (i = 0; i < 2; i++)
		failed += pthread_create(
		    &takers[i].thread, NULL, take_turns, &takers[i]);
	for (i = 0; i < 2 && failed == 0; i++)
		pthread_join(takers[i].thread, NULL);
	for (i = 0; i < 2; i++)
		store_close(takers[i].store);
}

static void
each_was_taken_once(const struct taker takers[2])
{
	int taken[2 * TURNS] = { 0 }, i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; k < TURNS; k++) {
			CHECK(takers[i].places[k] >= 0 &&
			      takers[i].places[k] < 2 * TURNS);
			CHECK(k == 0 ||
			      takers[i].places[k] > takers[i].places[k - 1]);
			taken[takers[i].places[k]]++;
		}
	for (i = 0; i < 2 * TURNS; i++)
		CHECK_INT(taken[i], 1);
}

static void
turns_at_once_are_each_taken_once(void)
{
	struct taker takers[2] = { 0 };

	store_close(writer("at the same time"));
	take_all(takers);
	each_was_taken_once(takers);
}

/* Those that meet are told to try again. */
static void
turns_are_taken_once_where_the_engine_serializes(void)
{
	struct taker takers[2] = { 0 };

	store_close(writer("serialized"));
	setenv("PGOPTIONS", "-c default_transaction_isolation=serializable", 1);
	take_all(takers);
	unsetenv("PGOPTIONS");
	each_was_taken_once(takers);
}

static void
a_broken_connection_is_made_anew(void)
{
	struct store *s = writer("broken");

	add(s, "/a");
	sql("DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM "
	    "pg_stat_activity WHERE pid <> pg_backend_pid() AND "
	    "backend_type = 'client backend'; END $$");
	CHECK_INT(add(s, "/b"), 2);
	store_close(s);
}

/* What the engine says of n, asked as what is said again and again. */
static int64_t
doubled(struct pg_link *l, int64_t n)
{
	PGresult *q = pg_link_ask(l, "cannot double", "SELECT 2 * $1",
	    PG_VALUES(VALUE_OF_NUMBER(n)), &e);
	int64_t is = q != NULL ? pg_number(q, 0, 0) : -1;

	PQclear(q);
	return is;
}

static int64_t
names_known(struct pg_link *l)
{
	return pg_link_number(l, "cannot count",
	    "SELECT count(*) FROM pg_prepared_statements "
	    "WHERE name LIKE 'hark%'",
	    NULL, 0, NULL, &e);
}

/* On the connection itself, as who shares it by a pooler does. */
static void
says(struct pg_link *l, const char *text)
{
	CHECK(pg_link_run(l, "cannot say it", text, NULL, 0, &e) != -1);
}

static void
what_is_said_again_has_a_name_until_somebody_takes_it(void)
{
	struct pg_link l = { 0 }, other = { 0 };
	char text[100];

	CHECK_INT(pg_link_open(&l, url(), &e), 0);
	CHECK_INT(pg_link_open(&other, url(), &e), 0);
	CHECK_INT(doubled(&l, 4), 8);
	CHECK_INT(doubled(&l, 5), 10);
	CHECK_INT(names_known(&l), 1);
	CHECK(!l.nameless);
	says(&l, "DEALLOCATE ALL");
	CHECK_INT(doubled(&l, 6), 12);
	CHECK(l.nameless);
	CHECK_INT(doubled(&l, 7), 14);
	CHECK_INT(names_known(&l), 0);
	/* Another has it there already. */
	snprintf(text, sizeof(text), "PREPARE %s AS SELECT 1", l.names[0].text);
	says(&other, text);
	CHECK_INT(doubled(&other, 8), 16);
	CHECK(other.nameless);
	pg_link_fini(&l);
	pg_link_fini(&other);
}

static void
a_name_is_told_anew_to_a_new_connection(void)
{
	struct pg_link l = { 0 };

	CHECK_INT(pg_link_open(&l, url(), &e), 0);
	CHECK_INT(doubled(&l, 4), 8);
	sql("DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM "
	    "pg_stat_activity WHERE pid <> pg_backend_pid() AND "
	    "backend_type = 'client backend'; END $$");
	CHECK_INT(doubled(&l, 5), 10);
	CHECK_INT(names_known(&l), 1);
	CHECK(!l.nameless);
	pg_link_fini(&l);
}

static void
tables_that_are_not_there_are_none_to_read(void)
{
	clean();
	made[0] = '\0';
	CHECK(store_open(url(), STORE_READ, false, &e) == NULL);
	CHECK(strstr(e.text, "has no tapes; record something first") != NULL);
}

/* Nor is anything left of those that came before. */
static void
tables_that_cannot_be_made_are_an_error(void)
{
	clean();
	made[0] = '\0';
	sql("CREATE VIEW hark_body AS SELECT 1 AS id");
	CHECK(store_open(url(), STORE_WRITE, false, &e) == NULL);
	CHECK(strstr(e.text, "cannot make the tables: ") != NULL);
	sql("DROP VIEW hark_body");
	CHECK(store_open(url(), STORE_READ, false, &e) == NULL);
	CHECK(strstr(e.text, "has no tapes; record something first") != NULL);
	store_close(writer("made after all"));
}

static void
the_tables_of_a_newer_hark_are_refused(void)
{
	store_close(writer("newer"));
	sql("UPDATE hark_schema SET version = 99");
	CHECK(store_open(url(), STORE_WRITE, false, &e) == NULL);
	CHECK(
	    strstr(e.text, "made by a newer hark (schema version 99") != NULL);
	CHECK(store_open(url(), STORE_READ, false, &e) == NULL);
	made[0] = '\0';
}

/* ---- tables that are gone ---------------------------------------------- */

/* A store with something in each table, one of which goes. */
struct ruin {
	struct store *s;
	int64_t tape, entry, body, draft;
};

static int
ruin_put(struct ruin *r)
{
	struct exchange *x = exchange("PUT", "/put", "");
	int n;

	set_noise(&x->response.body, 2 * BODY_PART, 8);
	n = store_put(r->s, r->tape, x, &e);
	exchange_free(x);
	return n;
}

static int
ruin_replaced(struct ruin *r)
{
	struct exchange *x = exchange("PUT", "/replaced", "new");
	int n;

	x->id = r->entry;
	n = store_replace(r->s, x, &e);
	exchange_free(x);
	return n;
}

static int
ruin_keyed(struct ruin *r)
{
	struct exchange *x = exchange("GET", "/keyed", "");
	int n;

	x->id = r->entry;
	n = store_set_keys(r->s, x, &e);
	exchange_free(x);
	return n;
}

static int
ruin_read(struct ruin *r)
{
	struct exchange *x = exchange_new();
	int n = store_next_request(r->s, r->tape, 0, BODY_PART, x, &e);

	exchange_free(x);
	return n;
}

static int
ruin_got(struct ruin *r)
{
	struct exchange *x = NULL;
	int n = store_get(r->s, r->entry, SIZE_MAX, &x, &e);

	exchange_free(x);
	return n;
}

static int
ruin_drafted(struct ruin *r)
{
	struct exchange *x = exchange("GET", "/draft", "");
	int n = store_draft(r->s, r->tape, x, 0, &e);

	exchange_free(x);
	return n;
}

static int
ruin_in_parts(struct ruin *r)
{
	uint8_t sum[DIGEST_BYTES];
	int64_t body = store_body_begin(r->s, &e);

	if (body < 0 || store_body_part(r->s, body, STR("part"), &e) != 0)
		return -1;
	digest_of("part", 4, sum);
	return store_body_end(r->s, body, 4, sum, &e) > 0 ? 0 : -1;
}

static int
ruin_cut(struct ruin *r)
{
	return store_body_cut(r->s, r->body, 0, &e);
}

static int
ruin_chunks(struct ruin *r)
{
	return store_draft_chunks(r->s, r->draft, STR("\x01\x02"), &e);
}

static int
ruin_counted(struct ruin *r)
{
	return store_count_again(r->s, r->entry, &e);
}

static int
ruin_weighed(struct ruin *r)
{
	struct store_weight w;

	return (int)store_weigh(r->s, r->tape, 0, &w, 1, &e);
}

static int
ruin_found(struct ruin *r)
{
	uint8_t key[EXCHANGE_KEY_BYTES] = { 0 };

	return (int)store_find(r->s, r->tape, key, false, NULL, 0, &e);
}

static int
ruin_listed(struct ruin *r)
{
	struct store_filter f = { .tape = r->tape };
	struct seen seen = { 0 };

	return store_list(r->s, &f, on_entry, &seen, &e);
}

static int
ruin_ids(struct ruin *r)
{
	int64_t sum = 0;

	return store_ids(r->s, r->tape, add_id, &sum, &e);
}

static int
ruin_requests(struct ruin *r)
{
	struct buf b = { 0 };
	int n = store_requests(r->s, 0, add_request, &b, &e);

	buf_free(&b);
	return n;
}

static int
ruin_long(struct ruin *r)
{
	struct longs l = { 0 };

	return store_long_requests(r->s, r->tape, on_long, &l, &e);
}

static int
ruin_near(struct ruin *r)
{
	struct buf b = { 0 };
	int n = store_near(r->s, r->tape, STR("/a/5"), near_one, &b, &e);

	buf_free(&b);
	return n;
}

static int
ruin_tape(struct ruin *r)
{
	return store_tape(r->s, STR("another"), true, &e) > 0 ? 0 : -1;
}

static int
ruin_tapes(struct ruin *r)
{
	struct buf b = { 0 };
	int n = store_tapes(r->s, on_tape, &b, &e);

	buf_free(&b);
	return n;
}

static int
ruin_extent(struct ruin *r)
{
	struct store_extent x;

	return store_extent(r->s, STR("d"), &x, &e);
}

static int
ruin_texts(struct ruin *r)
{
	return store_tape_add_redaction(r->s, r->tape, STR("default"), &e);
}

static int
ruin_turned(struct ruin *r)
{
	uint8_t name[STORE_CURSOR_NAME] = { 4 };

	return (int)store_turn(r->s, r->tape, name, 9, false, &e);
}

static int
ruin_rewound(struct ruin *r)
{
	return store_rewind(r->s, r->tape, &e);
}

/* A fault that is told is as good as an error. */
static int
ruin_checked(struct ruin *r)
{
	struct buf faults = { 0 };
	int n = store_check(r->s, &faults, &e);

	if (n == 0 && faults.n > 0)
		n = err_set(&e, "%s", buf_text(&faults));
	buf_free(&faults);
	return n;
}

static int
ruin_draft_removed(struct ruin *r)
{
	return store_remove(r->s, r->draft, &e);
}

static int
ruin_forgotten(struct ruin *r)
{
	return store_body_forget(r->s, r->body, &e);
}

static int
ruin_removed(struct ruin *r)
{
	return store_remove(r->s, r->entry, &e);
}

static int
ruin_many(struct ruin *r)
{
	int n = store_begin(r->s, &e);

	if (n == 0)
		n = (int)store_remove_many(r->s, r->tape, &r->entry, 1, &e);
	if (n >= 0)
		n = store_commit(r->s, &e);
	store_rollback(r->s);
	return n;
}

/* What takes something away comes last. */
static int (*const ruins[])(struct ruin *r) = { ruin_put, ruin_replaced,
	ruin_keyed, ruin_read, ruin_got, ruin_drafted, ruin_in_parts,
	ruin_chunks, ruin_counted, ruin_weighed, ruin_found, ruin_listed,
	ruin_ids, ruin_requests, ruin_long, ruin_near, ruin_tape, ruin_tapes,
	ruin_extent, ruin_texts, ruin_turned, ruin_rewound, ruin_checked,
	ruin_cut, ruin_draft_removed, ruin_forgotten, ruin_removed, ruin_many };

#define RUINS (sizeof(ruins) / sizeof(*ruins))

static void
ruin_begin(struct ruin *r, const char *table)
{
	struct exchange *x = exchange("POST", "/a/1", "whole");

	r->s = writer(table);
	r->tape = tape(r->s, "d");
	set_noise(&x->request.body, BODY_PART + 1, 3);
	r->entry = put(r->s, r->tape, x);
	r->body = store_body_begin(r->s, &e);
	CHECK_INT(store_body_part(r->s, r->body, STR("half"), &e), 0);
	x = exchange("GET", "/draft", "");
	CHECK_INT(store_draft(r->s, r->tape, x, 0, &e), 0);
	r->draft = x->id;
	exchange_free(x);
}

/* How many fail; each of them names what is gone. */
static int
ruin_try(struct ruin *r, const char *table)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < RUINS; i++) {
		e.text[0] = '\0';
		if (ruins[i](r) >= 0)
			continue;
		if (strstr(e.text, table) == NULL)
			printf("# %zu: %s\n", i, e.text);
		CHECK(strstr(e.text, table) != NULL);
		failed++;
	}
	return failed;
}

static void
a_table_that_is_gone_is_named_and_nothing_is_half_done(void)
{
	static const char *const tables[] = { "hark_entry", "hark_body",
		"hark_part", "hark_draft", "hark_tape", "hark_state",
		"hark_change", "hark_cursor" };
	char text[100];
	struct ruin r;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		ruin_begin(&r, tables[i]);
		snprintf(text, sizeof(text), "ALTER TABLE %s RENAME TO gone",
		    tables[i]);
		sql(text);
		CHECK(ruin_try(&r, tables[i]) > 0);
		snprintf(text, sizeof(text), "ALTER TABLE gone RENAME TO %s",
		    tables[i]);
		sql(text);
		put(r.s, r.tape, exchange("GET", "/after", "it"));
		store_close(r.s);
		r.s = reader(tables[i]);
		if (ruin_checked(&r) != 0)
			printf("# without %s: %s\n", tables[i], e.text);
		CHECK_INT(ruin_checked(&r), 0);
		store_close(r.s);
	}
}

static void
a_password_in_a_url_is_refused_and_not_told(void)
{
	static const char *const urls[] = {
		"postgresql://u:SeCrEt@127.0.0.1:1/db",
		"postgres://127.0.0.1:1/db?password=SeCrEt",
		"postgresql://u:SeCrEt@[broken",
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		CHECK_INT(store_name_check(urls[i], &e), -1);
		CHECK(strstr(e.text, "SeCrEt") == NULL);
		CHECK(store_open(urls[i], STORE_WRITE, false, &e) == NULL);
		CHECK(strstr(e.text, "SeCrEt") == NULL);
	}
	CHECK_INT(store_name_check("hark.db", &e), 0);
	CHECK_INT(store_name_check("postgresql://u@127.0.0.1/db", &e), 0);
}

static void
a_database_that_is_away_is_an_error(void)
{
	CHECK(store_open("postgresql:///x?host=/nowhere", STORE_READ, false,
		  &e) == NULL);
	CHECK(strstr(e.text, "cannot connect") != NULL);
}

static void
what_follows_is_behind_a_pooler(void)
{
	clean();
	made[0] = '\0';
	CHECK_INT(postgres_tell("pool"), 0);
	pooled = true;
}

/* Who is refused is told from who meets nobody. */
static void
an_engine_that_refuses_is_none_that_is_away(void)
{
	static const struct {
		const char *who, *where; /* of the folder with the server */
		bool answers;
	} cases[] = {
		{ "hark@/postgres", "/pg", true },
		{ "hark@/none", "/pg", true },
		{ "nobody@/postgres", "/pg", true },
		{ "guest@/closed", "/pg", true },
		{ "hark@/postgres", "/none", false },
		{ "hark@/none", "/none", false },
	};
	char text[400];
	size_t i;

	sql("CREATE ROLE guest LOGIN");
	sql("CREATE DATABASE closed");
	sql("REVOKE CONNECT ON DATABASE closed FROM PUBLIC");
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "postgresql://%s?host=%s%s",
		    cases[i].who, dir, cases[i].where);
		CHECK_INT(store_answers(text), cases[i].answers);
	}
	/* Of several hosts one that is away may let it in. */
	snprintf(text, sizeof(text),
	    "postgresql://hark@/none?host=%s/none,%s/pg", dir, dir);
	CHECK(!store_answers(text));
	CHECK(!store_answers("postgresql://a:b@/none"));
	sql("ALTER DATABASE closed CONNECTION LIMIT 0");
	snprintf(
	    text, sizeof(text), "postgresql://guest@/closed?host=%s/pg", dir);
	sql("GRANT CONNECT ON DATABASE closed TO PUBLIC");
	CHECK(!store_answers(text)); /* it is full, and may not be soon */
	sql("DROP DATABASE closed");
	sql("DROP ROLE guest");
}

#define SHARED_CASES \
	TEST(many_write_and_ids_are_in_the_order_of_commits), \
	    TEST(many_entries_go_at_once_and_each_has_its_body), \
	    TEST(a_body_whose_number_is_taken_in_a_group_has_the_next), \
	    TEST(what_is_refused_for_what_it_is_is_told_apart), \
	    TEST(a_store_that_is_written_can_be_checked), \
	    TEST(what_was_changed_in_the_database_is_not_served), \
	    TEST(stores_that_begin_at_once_make_the_tables_once), \
	    TEST(a_draft_becomes_an_entry_when_its_writer_is_gone), \
	    TEST(a_long_draft_becomes_an_entry_with_all_there_was), \
	    TEST(a_draft_that_is_gone_is_none_to_remove), \
	    TEST(a_removed_draft_takes_its_body_with_it), \
	    TEST(a_body_that_only_a_draft_has_stays), \
	    TEST(a_body_whose_number_is_taken_has_the_next), \
	    TEST(neighbours_are_those_of_the_path_else_of_its_shape), \
	    TEST(a_list_goes_on_behind_its_first_page), \
	    TEST(what_is_held_does_not_change), \
	    TEST(texts_of_a_tape_are_kept), \
	    TEST(news_of_a_tape_are_the_keys_that_came_to_its_end), \
	    TEST(more_news_than_are_kept_are_told_at_once), \
	    TEST(turns_go_on_over_connections_to_the_end), \
	    TEST(turns_at_once_are_each_taken_once)

static const struct tap_test tests[] = { STORE_CASES, SHARED_CASES,
	TEST(turns_are_taken_once_where_the_engine_serializes),
	TEST(a_broken_connection_is_made_anew),
	TEST(what_is_said_again_has_a_name_until_somebody_takes_it),
	TEST(a_name_is_told_anew_to_a_new_connection),
	TEST(tables_that_are_not_there_are_none_to_read),
	TEST(tables_that_cannot_be_made_are_an_error),
	TEST(the_tables_of_a_newer_hark_are_refused),
	TEST(a_table_that_is_gone_is_named_and_nothing_is_half_done),
	TEST(a_password_in_a_url_is_refused_and_not_told),
	TEST(a_database_that_is_away_is_an_error),
	TEST(an_engine_that_refuses_is_none_that_is_away),
	TEST(what_follows_is_behind_a_pooler), STORE_CASES, SHARED_CASES };

int
main(void)
{
	if (!postgres_start()) {
		printf("1..0 # SKIP no PostgreSQL 15 can be started\n");
		return 0;
	}
	return tap_run(tests, sizeof(tests) / sizeof(*tests));
}
