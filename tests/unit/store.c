#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/sqlite_priv.h"
#include "recorder/store.h"

#include "folder.h"
#include "sql.h"
#include "store_cases.h"

static bool
exists(const char *name)
{
	return access(at(name), F_OK) == 0;
}

static struct store *
writer(const char *name)
{
	struct store *s = store_open(at(name), STORE_WRITE, false, &e);

	if (s == NULL)
		printf("# %s\n", e.text);
	CHECK(s != NULL);
	return s;
}

static struct store *
reader(const char *name)
{
	struct store *s = store_open(at(name), STORE_READ, false, &e);

	if (s == NULL)
		printf("# %s\n", e.text);
	CHECK(s != NULL);
	return s;
}

static int64_t
number(const char *name, const char *sql)
{
	return sql_number(at(name), sql);
}

static int64_t
of(const char *name, const char *what, const char *table)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT %s FROM %s%s", what,
	    strcmp(table, "part") == 0 ? "body_" : "", table);
	return number(name, sql);
}

static char *
text(const char *name, const char *sql)
{
	char *copy = sql_text(at(name), sql);

	CHECK(copy != NULL);
	return copy;
}

static void
run_sql(const char *name, const char *sql)
{
	sql_run(at(name), sql);
}

static void
a_replacement_that_fails_leaves_the_entry_and_its_bodies(void)
{
	struct store *s = writer("replace-fails.db");
	int64_t a = put(s, tape(s, "d"), exchange("GET", "/a", "old"));
	struct exchange *x = exchange("GET", "/b", "new");

	/* The entry is deleted by then. */
	run_sql("replace-fails.db",
	    "CREATE TRIGGER fail BEFORE INSERT ON entry BEGIN "
	    "SELECT raise(ABORT, 'no'); END");
	x->id = a;
	CHECK_INT(store_replace(s, x, &e), -1);
	exchange_free(x);
	x = get(s, a);
	CHECK_VIEW(x->target, "/a");
	CHECK_VIEW(buf_str(&x->response.body.bytes), "old");
	exchange_free(x);
	CHECK_INT(number("replace-fails.db", "SELECT count(*) FROM body"), 1);
	store_close(s);
}

static void
finding_a_key_is_one_probe_of_an_index(void)
{
	struct store *s = writer("plan.db");
	sqlite3_stmt *q;
	const char *step;

	CHECK_INT(sqlite3_prepare_v2(sqlite_db(s),
		      "EXPLAIN QUERY PLAN " STORE_FIND_SQL, -1, &q, NULL),
	    SQLITE_OK);
	CHECK_INT(sqlite3_step(q), SQLITE_ROW);
	step = (const char *)sqlite3_column_text(q, 3);
	CHECK_STR(
	    step, "SEARCH entry USING INDEX entry_by_key (tape=? AND key=?)");
	CHECK_INT(sqlite3_step(q), SQLITE_DONE);
	sqlite3_finalize(q);
	store_close(s);
}

static int
refused(const char *name, enum store_access access)
{
	struct store *s = store_open(at(name), access, false, &e);

	store_close(s);
	return s == NULL;
}

static void
reading_what_is_not_there_says_what_to_do(void)
{
	char want[300];

	CHECK(refused("none.db", STORE_READ));
	snprintf(want, sizeof(want),
	    "store %s: no such file; record something first", at("none.db"));
	CHECK_STR(e.text, want);
	CHECK(!exists("none.db"));
}

static void
a_store_in_a_missing_folder_is_refused(void)
{
	CHECK(refused("no/such/folder.db", STORE_WRITE));
	CHECK(strstr(e.text, "No such file or directory") != NULL);
}

static void
the_database_of_another_program_is_refused_and_left_alone(void)
{
	char *mode;

	run_sql("foreign.db", "CREATE TABLE users (name)");
	CHECK(refused("foreign.db", STORE_WRITE));
	CHECK(
	    strstr(e.text,
		"is a database of another program (application id 0)") != NULL);
	CHECK(refused("foreign.db", STORE_READ));
	mode = text("foreign.db", "PRAGMA journal_mode");
	CHECK_STR(mode, "delete");
	free(mode);
	CHECK(!exists("foreign.db-lock"));
}

static void
a_file_that_is_no_database_is_refused(void)
{
	FILE *f = fopen(at("text.db"), "w");
	int i;

	for (i = 0; i < 1000; i++)
		fputs("{\"log\": {}}\n", f);
	fclose(f);
	CHECK(refused("text.db", STORE_WRITE));
	CHECK(strstr(e.text, "is not an SQLite file") != NULL);
	CHECK(refused("text.db", STORE_READ));
	CHECK(strstr(e.text, "not a database") != NULL ||
	      strstr(e.text, "is not an SQLite file") != NULL);
}

static void
an_empty_file_becomes_a_store_only_by_writing(void)
{
	fclose(fopen(at("zero.db"), "w"));
	CHECK(refused("zero.db", STORE_READ));
	CHECK(strstr(e.text, "is empty, not a store") != NULL);
	store_close(writer("zero.db"));
	store_close(reader("zero.db"));
}

static void
the_store_of_a_newer_hark_is_refused(void)
{
	store_close(writer("newer.db"));
	run_sql("newer.db", "PRAGMA user_version = 99");
	CHECK(refused("newer.db", STORE_WRITE));
	CHECK(strstr(e.text, "was made by a newer hark (schema version 99") !=
	      NULL);
	CHECK(refused("newer.db", STORE_READ));
	CHECK(strstr(e.text, "newer hark") != NULL);
}

/* What a store of the first version lacks is taken out of a current one. */
static void
make_old(const char *name)
{
	struct store *s = writer(name);

	CHECK(tape(s, "kept") > 0);
	store_close(s);
	run_sql(name, "ALTER TABLE tape DROP COLUMN extra;"
		      "DROP INDEX entry_by_normal_key;"
		      "DROP INDEX entry_by_place;"
		      "DROP INDEX entry_of_scope;"
		      "ALTER TABLE entry DROP COLUMN shape;"
		      "ALTER TABLE entry DROP COLUMN path;"
		      "ALTER TABLE entry DROP COLUMN normal_key;"
		      "ALTER TABLE entry DROP COLUMN times;"
		      "ALTER TABLE tape DROP COLUMN rules;"
		      "ALTER TABLE tape DROP COLUMN redaction;"
		      "PRAGMA user_version = 1");
}

static void
an_older_store_is_brought_up_to_date_by_writing(void)
{
	struct buf extra = { 0 };
	struct store *s;
	int64_t t;

	make_old("older.db");
	s = writer("older.db");
	t = store_tape(s, STR("kept"), false, &e);
	CHECK(t > 0);
	CHECK_INT(store_tape_extra(s, t, &extra, &e), 0);
	CHECK_INT(extra.n, 0);
	CHECK_INT(store_tape_add_extra(s, t, STR("{\"a\":1}"), &e), 0);
	store_close(s);
	s = reader("older.db");
	CHECK_INT(store_tape_extra(s, t, &extra, &e), 0);
	CHECK_STR(buf_text(&extra), "{\"a\":1}");
	store_close(s);
	store_close(writer("older.db"));
	buf_free(&extra);
}

static void
an_older_store_is_brought_up_to_date_by_reading(void)
{
	struct store *s;

	make_old("old.db");
	s = reader("old.db");
	CHECK(store_tape(s, STR("kept"), false, &e) > 0);
	CHECK_INT(number("old.db", "SELECT count(times) FROM entry"), 0);
	store_close(s);
	/* Unless somebody is at it, whom it would disturb. */
	make_old("locked.db");
	s = writer("locked.db");
	run_sql("locked.db", "PRAGMA user_version = 2");
	CHECK(refused("locked.db", STORE_READ));
	CHECK(strstr(e.text, "was made by an older hark") != NULL);
	store_close(s);
}

static void
only_one_may_write(void)
{
	struct store *s = writer("one.db"), *r;

	CHECK_INT(symlink("one.db", at("link.db")), 0);
	CHECK(refused("one.db", STORE_WRITE));
	CHECK(strstr(e.text, "another hark writes to it") != NULL);
	CHECK(refused("link.db", STORE_WRITE));
	CHECK(strstr(e.text, "another hark writes to it") != NULL);
	r = reader("one.db");
	store_close(r);
	store_close(s);
	store_close(writer("one.db"));
}

static void
a_lock_that_a_crash_left_behind_does_no_harm(void)
{
	fclose(fopen(at("stale.db-lock"), "w"));
	store_close(writer("stale.db"));
	CHECK(!exists("stale.db-lock"));
}

static void
a_closed_store_is_one_file(void)
{
	struct store *s = writer("single.db"), *r = reader("single.db");

	put(s, tape(s, "d"), exchange("GET", "/a", "body"));
	CHECK(exists("single.db-wal"));
	store_close(r);
	store_close(s);
	CHECK(exists("single.db"));
	CHECK(!exists("single.db-wal"));
	CHECK(!exists("single.db-shm"));
	CHECK(!exists("single.db-lock"));
	store_close(reader("single.db"));
	CHECK(!exists("single.db-wal"));
}

/* Whatever SQLite makes of such names in a URI. */
static void
a_path_may_have_any_characters(void)
{
	static const char *const names[] = { "a b.db", "q?mode=memory.db",
		"h#x.db", "p%41.db", "\xc3\xa9.db", ":memory:", "file:x.db" };
	struct store *s;
	size_t i;
	char *here = getcwd(NULL, 0);

	CHECK_INT(chdir(dir), 0);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		s = store_open(names[i], STORE_WRITE, false, &e);
		CHECK(s != NULL);
		store_close(s);
		CHECK(exists(names[i]));
		s = store_open(names[i], STORE_READ, false, &e);
		CHECK(s != NULL);
		store_close(s);
	}
	CHECK_INT(chdir(here), 0);
	free(here);
}

/* Runs part as a user who may not write there, in a process of its own since
 * root may write anywhere. */
static int
as_nobody(void (*part)(void))
{
	pid_t child;
	int status = -1;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		if (setjmp(tap_out) != 0)
			_exit(1);
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(1);
		part();
		fflush(stdout);
		_exit(0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	return status;
}

static void
read_media(void)
{
	struct store *s = reader("media/m.db");
	struct exchange *x = get(s, 1);

	CHECK_VIEW(buf_str(&x->response.body.bytes), "body");
	CHECK(!exists("media/m.db-wal"));
	exchange_free(x);
	store_close(s);
}

static void
read_only_media_can_be_read(void)
{
	struct store *s;

	CHECK_INT(mkdir(at("media"), 0755), 0);
	s = writer("media/m.db");
	put(s, tape(s, "d"), exchange("GET", "/a", "body"));
	store_close(s);
	CHECK_INT(chmod(at("media/m.db"), 0444), 0);
	CHECK_INT(chmod(dir, 0755), 0);
	CHECK_INT(chmod(at("media"), 0555), 0);
	CHECK_INT(as_nobody(read_media), 0);
	CHECK_INT(chmod(at("media"), 0755), 0);
}

static void
read_live_media(void)
{
	struct store *s = store_open(at("busy/m.db"), STORE_READ, false, &e);

	if (s == NULL) {
		CHECK(strstr(e.text, "m.db: is not at rest") != NULL);
		return;
	}
	exchange_free(get(s, 1));
	store_close(s);
}

/* Read as unchanging it would miss what is only in its WAL. */
static void
a_store_being_written_is_never_read_as_unchanging(void)
{
	struct store *s;

	CHECK_INT(mkdir(at("busy"), 0755), 0);
	s = writer("busy/m.db");
	put(s, tape(s, "d"), exchange("GET", "/a", "body"));
	CHECK_INT(chmod(at("busy"), 0555), 0);
	CHECK_INT(as_nobody(read_live_media), 0);
	CHECK_INT(chmod(at("busy"), 0755), 0);
	store_close(s);
}

static void
damaged(const char *name, const char *sql, const char *want)
{
	struct store *s = writer(name);
	int64_t id = put(s, tape(s, "d"), rich_exchange());
	struct exchange *x;

	store_close(s);
	run_sql(name, sql);
	s = reader(name);
	CHECK_INT(store_get(s, id, SIZE_MAX, &x, &e), -1);
	CHECK(x == NULL);
	if (strstr(e.text, want) == NULL)
		printf("# %s\n", e.text);
	CHECK(strstr(e.text, want) != NULL);
	store_close(s);
}

static void
damaged_rows_are_named_and_not_read(void)
{
	damaged(
	    "d1.db", "UPDATE entry SET chunks = x'80'", "entry 1 is damaged");
	damaged(
	    "d2.db", "UPDATE entry SET chunks = x'01'", "entry 1 is damaged");
	damaged("d3.db", "UPDATE entry SET chunks = x'ffffffffffffffffffffff'",
	    "entry 1 is damaged");
	damaged(
	    "d4.db", "UPDATE entry SET interims = 'abc'", "entry 1 is damaged");
	damaged("d5.db", "UPDATE entry SET interims = '9999' || x'0d0a0d0a'",
	    "entry 1 is damaged");
	damaged("d6.db", "UPDATE entry SET request_head = 'no colon'",
	    "entry 1 is damaged");
	damaged("d7.db", "UPDATE entry SET response_size = 5",
	    "has 70000 bytes, not 5");
	damaged("d8.db", "DELETE FROM body", "is missing");
}

/* What is at path in the HAR of the file's only entry, as text. */
static void
har_is(const char *name, const char *path, const char *want)
{
	char sql[200], *got;

	snprintf(sql, sizeof(sql),
	    "SELECT coalesce(json_extract(har, '%s'), '(nothing)') FROM har",
	    path);
	got = text(name, sql);
	if (strcmp(got, want) != 0)
		printf("# at %s\n", path);
	CHECK_STR(got, want);
	free(got);
}

static void
the_view_shows_an_entry_as_har(void)
{
	struct store *s = writer("har.db");
	struct exchange *x = rich_exchange();
	static const char *const rows[][2] = {
		{ "$.startedDateTime", "2023-11-14T22:13:20.123456Z" },
		{ "$.time", "83.516" },
		{ "$.request.method", "POST" },
		{ "$.request.url", "http://api.test/a%2fb//c?x=1&y" },
		{ "$.request.httpVersion", "h2" },
		{ "$.request.headers[0]", "{\"name\":\"HOST\","
					  "\"value\":\"api.test\"}" },
		{ "$.request.headers[2]", "{\"name\":\"X-Dup\","
					  "\"value\":\"\"}" },
		{ "$.request.headers[3]", "(nothing)" },
		{ "$.request.queryString", "[{\"name\":\"x\",\"value\":\"1\"},"
					   "{\"name\":\"y\",\"value\":\"\"}]" },
		{ "$.request.postData.text", "plain \"text\"" },
		{ "$.request.headersSize", "321" },
		{ "$.request.bodySize", "12" },
		{ "$.response.status", "201" },
		{ "$.response.content.size", "70000" },
		{ "$.response.content.mimeType", "text/plain" },
		{ "$.response.content.encoding", "hex" },
		{ "$.response.headersSize", "-1" },
		{ "$.response.redirectURL", "" },
		{ "$.timings.blocked", "0.0" },
		{ "$.timings.ssl", "1.2" },
		{ "$.timings.wait", "80.0" },
		{ "$.serverIPAddress", "192.0.2.1" },
		{ "$.connection", "c7" },
		{ "$._hark.outcome", "truncated" },
		{ "$._hark.failure", "12 bytes missing" },
		{ "$._hark.scope", "other.test" },
		{ "$._hark.requestTrailers", "[{\"name\":\"Checksum\","
					     "\"value\":\"abc\"}]" },
		{ "$._hark.extra", "{\"_x\":1}" },
	};
	size_t i;

	buf_clear(&x->request.body.bytes, 0);
	set_body(&x->request.body, "plain \"text\"", 12);
	put(s, tape(s, "d"), x);
	store_close(s);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		har_is("har.db", rows[i][0], rows[i][1]);
}

static void
the_view_is_valid_json_for_every_entry(void)
{
	struct store *s = writer("valid.db");
	int64_t t = tape(s, "d");
	struct exchange *x;

	put(s, t, rich_exchange());
	put(s, t, exchange_new());
	put(s, t, exchange("GET", "/\"quotes\"", "\x01\x02 \"controls\"\n"));
	put(s, t, exchange("GET", "/?", "\xff\xfe not utf-8"));
	x = exchange("GET", "/big", "");
	set_noise(&x->response.body, BODY_PART + 1, 5);
	x->extra = STR("not json");
	put(s, t, x);
	x = exchange("GET", "/none", "");
	x->request.body.known = false;
	put(s, t, x);
	store_close(s);
	CHECK_INT(number("valid.db",
		      "SELECT count(*) FROM har WHERE json_valid(har)"),
	    6);
	CHECK_INT(number("valid.db",
		      "SELECT json_array_length(json_object('log', "
		      "json_object('entries', json_group_array(json(har)))), "
		      "'$.log.entries') FROM har"),
	    6);
	CHECK_INT(
	    number("valid.db", "SELECT json_extract(har, '$.request.bodySize') "
			       "FROM har WHERE url LIKE '%/none'"),
	    -1);
}

static void
the_view_shows_text_as_text_and_the_rest_in_hex(void)
{
	static const struct {
		const char *body, *want;
	} rows[] = {
		{ "plain", "plain" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "caf\xe9 au lait", "636166e9206175206c616974" },
		{ "\x89PNG", "89504e47" },
		{ "\x1f\x8b\x08", "1f8b08" },
	};
	char name[16];
	struct store *s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(name, sizeof(name), "text%zu.db", i);
		s = writer(name);
		put(s, tape(s, "d"), exchange("GET", "/", rows[i].body));
		store_close(s);
		har_is(name, "$.response.content.text", rows[i].want);
	}
}

static void
a_file_has_no_shared_cursors(void)
{
	const uint8_t name[STORE_CURSOR_NAME] = { 0 };
	struct store *s = writer("cursor.db");

	CHECK_INT(store_turn(s, 1, name, 3, false, &e), -1);
	CHECK(strstr(e.text, "a file has no shared cursors") != NULL);
	store_close(s);
}

RUN(STORE_CASES, TEST(a_file_has_no_shared_cursors),
    TEST(a_replacement_that_fails_leaves_the_entry_and_its_bodies),
    TEST(finding_a_key_is_one_probe_of_an_index),
    TEST(reading_what_is_not_there_says_what_to_do),
    TEST(a_store_in_a_missing_folder_is_refused),
    TEST(the_database_of_another_program_is_refused_and_left_alone),
    TEST(a_file_that_is_no_database_is_refused),
    TEST(an_empty_file_becomes_a_store_only_by_writing),
    TEST(the_store_of_a_newer_hark_is_refused),
    TEST(an_older_store_is_brought_up_to_date_by_writing),
    TEST(an_older_store_is_brought_up_to_date_by_reading),
    TEST(only_one_may_write),
    TEST(a_lock_that_a_crash_left_behind_does_no_harm),
    TEST(a_closed_store_is_one_file), TEST(a_path_may_have_any_characters),
    TEST(read_only_media_can_be_read),
    TEST(a_store_being_written_is_never_read_as_unchanging),
    TEST(damaged_rows_are_named_and_not_read),
    TEST(the_view_shows_an_entry_as_har),
    TEST(the_view_is_valid_json_for_every_entry),
    TEST(the_view_shows_text_as_text_and_the_rest_in_hex))
