#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"
#include "recorder/recorder.h"
#include "recorder/redact.h"
#include "recorder/store.h"

#include "folder.h"
#include "sql.h"
#include "tap.h"

#define PATIENCE_S 60

static struct err e;

/* What the recorder's thread said, and a gate that can hold it up. */
struct watch {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int written, lost;
	int64_t last;
	int finished;
	const struct redactor *redactor; /* of what is not finished */
	int rooms, troubles, recoveries;
	char trouble[640];
	bool shut; /* on_written() waits while it is */
	bool held; /* and it does */
};

static struct watch
watching(void)
{
	struct watch w = { .last = 0 };

	pthread_mutex_init(&w.mutex, NULL);
	pthread_cond_init(&w.changed, NULL);
	return w;
}

static void
on_written(void *arg, int64_t entry)
{
	struct watch *w = arg;

	pthread_mutex_lock(&w->mutex);
	if (entry > 0)
		w->written++;
	else
		w->lost++;
	w->last = entry;
	w->held = w->shut;
	pthread_cond_broadcast(&w->changed);
	while (w->shut)
		pthread_cond_wait(&w->changed, &w->mutex);
	w->held = false;
	pthread_mutex_unlock(&w->mutex);
}

static void
on_room(void *arg)
{
	struct watch *w = arg;

	pthread_mutex_lock(&w->mutex);
	w->rooms++;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

static void
on_trouble(void *arg, const char *text)
{
	struct watch *w = arg;

	pthread_mutex_lock(&w->mutex);
	if (text != NULL) {
		w->troubles++;
		snprintf(w->trouble, sizeof(w->trouble), "%s", text);
	} else {
		w->recoveries++;
	}
	pthread_mutex_unlock(&w->mutex);
}

static void
watch_shut(struct watch *w, bool shut)
{
	pthread_mutex_lock(&w->mutex);
	w->shut = shut;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->mutex);
}

/* Until *value is at least want, or the test's patience ends. */
static bool
watch_wait(struct watch *w, const int *value, int want)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&w->mutex);
	while (*value < want && r == 0)
		r = pthread_cond_timedwait(&w->changed, &w->mutex, &until);
	pthread_mutex_unlock(&w->mutex);
	return r == 0;
}

static bool
watch_held(struct watch *w)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&w->mutex);
	while (!w->held && r == 0)
		r = pthread_cond_timedwait(&w->changed, &w->mutex, &until);
	pthread_mutex_unlock(&w->mutex);
	return r == 0;
}

static enum on_record policy; /* of the next recorder */

static struct recorder *
open_with(const char *name, enum durability d, size_t queue, struct watch *w)
{
	struct recorder_options o = {
		.path = at(name),
		.tape = "default",
		.durability = d,
		.on_record = policy,
		.queue_bytes = queue,
		.on_room = w != NULL ? on_room : NULL,
		.on_trouble = w != NULL ? on_trouble : NULL,
		.arg = w,
	};
	struct recorder *r = recorder_open(&o, &e);

	if (r == NULL)
		printf("# %s\n", e.text);
	CHECK(r != NULL);
	return r;
}

static struct exchange *
exchange(const char *target, size_t body)
{
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->target = arena_str(&x->arena, str_of(target));
	x->url = x->target;
	x->status = 200;
	if (body > 0)
		memset(buf_reserve(&x->response.body.bytes, body), 'b', body);
	x->response.body.bytes.n = x->response.body.size = body;
	return x;
}

static void
give(struct recorder *r, const char *target, size_t body, struct watch *w)
{
	recorder_give(r, exchange(target, body), NULL, NULL,
	    w != NULL ? on_written : NULL, w);
}

static struct recorder_figures
figures(struct recorder *r)
{
	struct recorder_figures f;

	recorder_figures(r, &f);
	return f;
}

static int64_t
number(const char *name, const char *sql)
{
	return sql_number(at(name), sql);
}

static void
run_sql(const char *name, const char *sql)
{
	sql_run(at(name), sql);
}

static void
what_was_given_is_in_the_store_after_a_flush(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("flush.db", DURABILITY_BATCH, 0, &w);

	recorder_flush(r);
	give(r, "/a", 10, &w);
	give(r, "/b", 10, &w);
	recorder_flush(r);
	CHECK_INT(w.written, 2);
	CHECK_INT(w.lost, 0);
	CHECK_INT(number("flush.db", "SELECT count(*) FROM entry"), 2);
	CHECK_INT(number("flush.db", "SELECT id FROM entry "
				     "WHERE target = '/b'"),
	    w.last);
	CHECK_INT(figures(r).entries, 2);
	CHECK_INT(figures(r).queued_entries, 0);
	CHECK_INT(figures(r).queued_bytes, 0);
	CHECK(figures(r).peak_queued_bytes > 0);
	CHECK_INT(w.troubles, 0);
	recorder_close(r);
}

static void
what_was_given_is_committed_without_anybody_asking(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("alone.db", DURABILITY_BATCH, 0, &w);

	give(r, "/a", 10, &w);
	CHECK(watch_wait(&w, &w.written, 1));
	give(r, "/b", 10, &w);
	CHECK(watch_wait(&w, &w.written, 2));
	CHECK_INT(number("alone.db", "SELECT count(*) FROM entry"), 2);
	recorder_close(r);
}

static void
closing_writes_what_is_queued(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("close.db", DURABILITY_BATCH, 0, &w);
	int i;

	for (i = 0; i < 3000; i++)
		give(r, "/a", 100, &w);
	recorder_close(r);
	CHECK_INT(w.written, 3000);
	CHECK_INT(number("close.db", "SELECT count(*) FROM entry"), 3000);
	CHECK(access(at("close.db-wal"), F_OK) != 0);
}

static void
many_exchanges_share_a_commit(void)
{
	struct recorder *r = open_with("group.db", DURABILITY_OFF, 0, NULL);
	int i;

	for (i = 0; i < 5000; i++)
		give(r, "/a", 100, NULL);
	recorder_flush(r);
	CHECK_INT(figures(r).entries, 5000);
	/* Groups are of 1,000 at most. */
	CHECK(figures(r).commits >= 5);
	CHECK(figures(r).commits < 500);
	recorder_close(r);
}

/* Looks at the store from within on_written(). */
struct strict {
	struct store *reader;
	int seen, missing;
};

static void
on_strict(void *arg, int64_t entry)
{
	struct strict *s = arg;
	struct exchange *x = NULL;
	struct err why;

	if (store_get(s->reader, entry, SIZE_MAX, &x, &why) == 1 &&
	    x->response.body.bytes.n == 10)
		s->seen++;
	else
		s->missing++;
	exchange_free(x);
}

static void
a_strict_exchange_is_committed_before_it_is_reported(void)
{
	struct recorder *r = open_with("strict.db", DURABILITY_STRICT, 0, NULL);
	struct strict s = {
		.reader = store_open(at("strict.db"), STORE_READ, false, &e),
	};
	int i;

	CHECK(s.reader != NULL);
	for (i = 0; i < 200; i++)
		recorder_give(r, exchange("/a", 10), NULL, NULL, on_strict, &s);
	recorder_flush(r);
	CHECK_INT(s.seen, 200);
	CHECK_INT(s.missing, 0);
	recorder_close(r);
	store_close(s.reader);
}

#define PART (BODY_PART + 4321)

/* A response of two parts and a rest; like each other for equal seeds. */
static struct recording *
record_parts(struct recorder *r, int seed)
{
	struct recording *p = recording_new(r);
	char *part = xmalloc(PART);

	memset(part, 'a' + seed, PART);
	recording_part(p, part, PART);
	memset(part, 'b' + seed, PART);
	recording_part(p, part, PART);
	free(part);
	return p;
}

static void
redact_watched(void *arg, struct exchange *x)
{
	struct watch *w = arg;

	CHECK_INT(w->written, 0);
	w->finished++;
	redact_exchange(w->redactor, x);
}

static void
give_to_redact(struct recorder *r, const struct redactor *by, struct watch *w)
{
	struct exchange *x = exchange("/a?access_token=hunter2222", 0);

	w->redactor = by;
	headers_add(&x->response.headers, &x->arena, STR("Set-Cookie"),
	    STR("session=hunter3333"));
	buf_add_text(&x->response.body.bytes, "{\"password\":\"hunter4444\"}");
	x->response.body.size = x->response.body.bytes.n;
	recorder_give_unfinished(
	    r, x, NULL, NULL, redact_watched, on_written, w);
}

static void
what_is_left_of_an_exchange_is_done_before_it_is_written(void)
{
	struct redactor *by = redactor_new(STR("a key"), NULL);
	struct watch w = watching();
	struct recorder *r = open_with("redact.db", DURABILITY_BATCH, 0, &w);
	struct exchange *x = NULL;
	struct store *s;

	give_to_redact(r, by, &w);
	recorder_close(r);
	redactor_free(by);
	CHECK_INT(w.written, 1);
	CHECK_INT(w.finished, 1);
	s = store_open(at("redact.db"), STORE_READ, false, &e);
	CHECK_INT(store_get(s, w.last, SIZE_MAX, &x, &e), 1);
	CHECK(!str_ihas(x->target, STR("hunter2222")));
	CHECK(!str_ihas(headers_get(&x->response.headers, "Set-Cookie"),
	    STR("hunter3333")));
	CHECK(!str_ihas(buf_str(&x->response.body.bytes), STR("hunter4444")));
	CHECK(str_starts(buf_str(&x->response.body.bytes), "{\"password\":\""));
	exchange_free(x);
	store_close(s);
}

/* A batch that fails is written again, one by one. */
static void
what_is_finished_once_stays_so_when_it_is_written_again(void)
{
	struct redactor *by = redactor_new(STR("a key"), NULL);
	struct watch w = watching();
	struct recorder *r = open_with("again.db", DURABILITY_BATCH, 0, &w);
	struct exchange *x = exchange("/lost", 0);

	x->method = (struct str){ NULL, SIZE_MAX / 4 }; /* too big a text */
	recorder_give(r, x, NULL, NULL, on_written, &w);
	give_to_redact(r, by, &w);
	recorder_close(r);
	redactor_free(by);
	CHECK_INT(w.written, 1);
	CHECK_INT(w.finished, 1);
	CHECK_INT(w.lost, 1);
}

/* In the middle of many: what one statement adds is added one by one then. */
static void
one_that_cannot_be_stored_takes_no_other_with_it(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("refused.db", DURABILITY_BATCH, 0, &w);
	struct exchange *x;
	char target[16];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(target, sizeof(target), "/%d", i);
		x = exchange(target, 10);
		if (i == 50) /* too big a text */
			x->method = (struct str){ NULL, SIZE_MAX / 4 };
		recorder_give(r, x, NULL, NULL, on_written, &w);
	}
	recorder_close(r);
	CHECK_INT(w.written, 99);
	CHECK_INT(w.lost, 1);
}

static void
a_body_in_parts_is_one_body(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("parts.db", DURABILITY_BATCH, 0, &w);
	struct recording *p = record_parts(r, 0);
	struct store *s;
	struct exchange *x = NULL;
	uint8_t sum[DIGEST_BYTES];

	recorder_give(r, exchange("/big", 7), NULL, p, on_written, &w);
	recorder_flush(r);
	CHECK_INT(w.written, 1);
	s = store_open(at("parts.db"), STORE_READ, false, &e);
	CHECK(s != NULL);
	CHECK_INT(store_get(s, w.last, SIZE_MAX, &x, &e), 1);
	CHECK_INT(x->response.body.size, 2 * PART + 7);
	CHECK_INT(x->response.body.bytes.n, 2 * PART + 7);
	CHECK_INT(x->response.body.bytes.p[PART - 1], 'a');
	CHECK_INT(x->response.body.bytes.p[PART], 'b');
	digest_of(x->response.body.bytes.p, x->response.body.bytes.n, sum);
	CHECK(memcmp(sum, x->response.body.sha256, DIGEST_BYTES) == 0);
	exchange_free(x);
	store_close(s);
	recorder_close(r);
}

static void
equal_bodies_in_parts_are_stored_once(void)
{
	struct recorder *r = open_with("twice.db", DURABILITY_BATCH, 0, NULL);
	struct recording *a = record_parts(r, 0), *b = record_parts(r, 0);

	recorder_give(r, exchange("/a", 7), a, NULL, NULL, NULL);
	recorder_flush(r);
	recorder_give(r, exchange("/b", 0), NULL, b, NULL, NULL);
	recorder_give(
	    r, exchange("/c", 0), NULL, record_parts(r, 0), NULL, NULL);
	recorder_close(r);
	/* a has 7 bytes of its response, but none of its request, more. */
	CHECK_INT(number("twice.db", "SELECT count(*) FROM body"), 2);
	CHECK_INT(
	    number("twice.db", "SELECT sum(length(bytes)) FROM body_part"),
	    2 * PART);
}

static void
draft(struct recording *p, struct exchange *x, const char *text,
    const struct chunk_mark *marks, size_t n)
{
	struct recording_news news = { .bytes = str_of(text),
		.marks = marks + (x == NULL),
		.nmarks = n - (x == NULL) };

	if (x == NULL)
		news.last = marks[0];
	recording_draft(p, x, &news);
}

/* Two pieces of a stream, of which only a draft is written. */
static struct recording *
record_draft(struct recorder *r, const char *target)
{
	static const struct chunk_mark marks[] = { { 0, 5 }, { 3, 90000 } };
	struct recording *p = recording_new(r);

	draft(p, exchange(target, 0), "one", marks, 1);
	draft(p, NULL, "two", marks, 2);
	return p;
}

/* A copy of the store as a killed recorder would have left it. */
static void
leave(const char *name, const char *copy)
{
	char sql[400];

	snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", at(copy));
	run_sql(name, sql);
}

static struct exchange *
read_entry(const char *name, int64_t id)
{
	struct store *s = store_open(at(name), STORE_READ, false, &e);
	struct exchange *x = NULL;

	CHECK(s != NULL);
	if (store_get(s, id, SIZE_MAX, &x, &e) == -1)
		printf("# %s\n", e.text);
	store_close(s);
	return x;
}

static void
an_abandoned_exchange_is_an_entry_of_what_came(void)
{
	struct recorder *r = open_with("left.db", DURABILITY_OFF, 0, NULL);
	struct recording *p;
	struct exchange *x;

	give(r, "/before", 3, NULL);
	p = record_draft(r, "/stream");
	recorder_flush(r);
	leave("left.db", "copy.db");
	recording_drop(p);
	recorder_close(r);
	x = read_entry("copy.db", 2);
	CHECK(x != NULL);
	CHECK(str_is(x->target, "/stream"));
	CHECK_INT(x->outcome, OUTCOME_TRUNCATED);
	CHECK(str_is(x->failure, "hark ended while it was being recorded"));
	CHECK(str_is(buf_str(&x->response.body.bytes), "onetwo"));
	CHECK_INT(x->nchunks, 2);
	CHECK_INT(x->chunks[1].offset, 3);
	CHECK_INT(x->chunks[1].at_us, 90000);
	exchange_free(x);
	CHECK_INT(number("copy.db", "SELECT count(*) FROM entry"), 2);
	CHECK_INT(number("copy.db", "SELECT count(*) FROM body_part"), 0);
}

static int
on_row(void *arg, const struct store_entry_row *row)
{
	(void)row;
	++*(int *)arg;
	return 0;
}

static void
an_exchange_that_goes_on_is_seen_by_nobody(void)
{
	struct recorder *r = open_with("goes.db", DURABILITY_OFF, 0, NULL);
	struct store *s = store_open(at("goes.db"), STORE_READ, false, &e);
	struct store_filter all = { 0 };
	struct store_extent extent;
	struct recording *p;
	int rows = 0;

	p = record_draft(r, "/stream");
	recorder_flush(r);
	CHECK_INT(number("goes.db", "SELECT count(*) FROM entry"), 1);
	CHECK_INT(store_list(s, &all, on_row, &rows, &e), 0);
	CHECK_INT(rows, 0);
	CHECK_INT(store_extent(s, STR("default"), &extent, &e), 0);
	CHECK_INT(extent.last, 0);
	CHECK_INT(number("goes.db", "SELECT count(*) FROM har"), 0);
	store_close(s);
	/* A reader that comes now leaves alone what the recorder is at. */
	s = store_open(at("goes.db"), STORE_READ, false, &e);
	CHECK_INT(
	    number("goes.db", "SELECT count(*) FROM entry WHERE id < 0"), 1);
	store_close(s);
	recorder_give(r, exchange("/stream", 6), NULL, p, NULL, NULL);
	recorder_flush(r);
	CHECK_INT(number("goes.db", "SELECT count(*) FROM entry"), 1);
	CHECK_INT(number("goes.db", "SELECT id FROM entry"), 1);
	CHECK_INT(number("goes.db", "SELECT count(*) FROM body"), 1);
	CHECK_INT(number("goes.db", "SELECT count(*) FROM body_part"), 0);
	recorder_close(r);
}

static void
a_part_takes_the_place_of_what_the_draft_had_of_it(void)
{
	struct recorder *r = open_with("taken.db", DURABILITY_OFF, 0, NULL);
	static char part[PART];
	struct recording *p = record_draft(r, "/stream");
	struct exchange *x;

	memset(part, 'p', sizeof(part));
	recorder_flush(r);
	recording_part(p, part, sizeof(part));
	recording_draft(p, NULL, &(struct recording_news){ .bytes = STR("x") });
	recorder_flush(r);
	leave("taken.db", "taken-copy.db");
	x = read_entry("taken-copy.db", 1);
	CHECK(x != NULL);
	CHECK_INT(x->response.body.bytes.n, PART + 1);
	CHECK(x->response.body.bytes.p[0] == 'p');
	CHECK(x->response.body.bytes.p[PART] == 'x');
	exchange_free(x);
	recorder_give(r, exchange("/stream", 10), NULL, p, NULL, NULL);
	recorder_close(r);
	x = read_entry("taken.db", 1);
	CHECK(x != NULL);
	CHECK_INT(x->response.body.bytes.n, PART + 10);
	CHECK(x->response.body.bytes.p[PART] == 'b');
	exchange_free(x);
	CHECK_INT(number("taken.db", "SELECT count(*) FROM body"), 1);
}

static void
what_is_not_to_be_stored_has_no_draft(void)
{
	struct recorder *r;
	struct recording *p;
	struct exchange *x = exchange("/a", 5);

	policy = ON_RECORD_KEEP_FIRST;
	r = open_with("kept.db", DURABILITY_OFF, 0, NULL);
	policy = ON_RECORD_APPEND;
	x->keyed = true;
	recorder_give(r, x, NULL, NULL, NULL, NULL);
	p = recording_new(r);
	x = exchange("/a", 0);
	x->keyed = true;
	recording_draft(p, x, &(struct recording_news){ .bytes = STR("n") });
	recording_draft(p, NULL, &(struct recording_news){ .bytes = STR("o") });
	recorder_flush(r);
	CHECK_INT(number("kept.db", "SELECT count(*) FROM entry"), 1);
	recording_drop(p);
	recorder_close(r);
	CHECK_INT(number("kept.db", "SELECT count(*) FROM body"), 1);
}

static void
a_dropped_recording_leaves_nothing(void)
{
	struct recorder *r = open_with("drop.db", DURABILITY_BATCH, 0, NULL);
	struct recording *p = record_parts(r, 0);

	recorder_flush(r);
	CHECK(number("drop.db", "SELECT count(*) FROM body_part") > 0);
	recording_drop(p);
	recording_drop(recording_new(r));
	recording_drop(record_parts(r, 3));
	recorder_flush(r);
	CHECK_INT(number("drop.db", "SELECT count(*) FROM body_part"), 0);
	CHECK_INT(number("drop.db", "SELECT count(*) FROM body"), 0);
	CHECK_INT(figures(r).queued_bytes, 0);
	recorder_close(r);
}

static void
a_queue_is_full_above_its_limit_and_has_room_below_half(void)
{
	struct watch w = watching();
	struct recorder *r =
	    open_with("full.db", DURABILITY_BATCH, 1 << 20, &w);
	int i;

	CHECK(!recorder_full(r));
	watch_shut(&w, true);
	give(r, "/first", 10, &w);
	CHECK(watch_held(&w));
	for (i = 0; i < 1000 && !recorder_full(r); i++)
		give(r, "/more", 10000, &w);
	/* Each counts for its body and something for its head. */
	CHECK(i > 50 && i < 106);
	CHECK(figures(r).queued_bytes > 1 << 20);
	CHECK_INT(w.rooms, 0);
	watch_shut(&w, false);
	CHECK(watch_wait(&w, &w.rooms, 1));
	CHECK(!recorder_full(r));
	recorder_flush(r);
	CHECK_INT(w.rooms, 1);
	CHECK_INT(w.written, i + 1);
	CHECK(figures(r).peak_queued_bytes > 1 << 20);
	recorder_close(r);
}

static void
one_that_the_store_refuses_does_not_take_others_with_it(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("refuse.db", DURABILITY_BATCH, 0, &w);

	recorder_flush(r);
	run_sql("refuse.db", "CREATE TRIGGER refuse BEFORE INSERT ON entry "
			     "WHEN NEW.target = '/bad' "
			     "BEGIN SELECT RAISE(ABORT, 'not this one'); END");
	give(r, "/a", 10, &w);
	give(r, "/bad", 20, &w);
	give(r, "/b", 30, &w);
	recorder_flush(r);
	CHECK_INT(w.written, 2);
	CHECK_INT(w.lost, 1);
	CHECK_INT(w.troubles, 1);
	CHECK(strstr(w.trouble, "not this one") != NULL);
	CHECK_INT(figures(r).lost, 1);
	CHECK_INT(figures(r).entries, 2);
	/* The lost one's body went with it. */
	CHECK_INT(number("refuse.db", "SELECT count(*) FROM body"), 2);
	give(r, "/c", 10, &w);
	recorder_flush(r);
	CHECK_INT(w.recoveries, 1);
	CHECK_INT(w.troubles, 1);
	recorder_close(r);
}

static void
a_lost_part_loses_its_exchange_and_no_other(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("part.db", DURABILITY_BATCH, 0, &w);
	struct recording *bad, *good;

	recorder_flush(r);
	run_sql("part.db", "CREATE TRIGGER refuse BEFORE INSERT ON body_part "
			   "WHEN substr(NEW.bytes, 1, 1) = CAST('z' AS BLOB) "
			   "BEGIN SELECT RAISE(ABORT, 'not this part'); END");
	bad = record_parts(r, 'y' - 'a'); /* its second is of z */
	good = record_parts(r, 0);
	recorder_flush(r);
	CHECK_INT(w.troubles, 1);
	recorder_give(r, exchange("/good", 0), NULL, good, on_written, &w);
	recorder_give(r, exchange("/bad", 0), NULL, bad, on_written, &w);
	recorder_flush(r);
	CHECK_INT(w.written, 1);
	CHECK_INT(w.lost, 1);
	CHECK_INT(number("part.db", "SELECT count(*) FROM entry"), 1);
	CHECK_INT(number("part.db", "SELECT count(*) FROM body"), 1);
	CHECK_INT(number("part.db", "SELECT sum(length(bytes)) FROM body_part"),
	    2 * PART);
	recorder_close(r);
}

/* As a disk that is full: files may not grow over so many bytes. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = bytes;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static void
a_full_disk_loses_what_it_must_and_recovers_by_itself(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("disk.db", DURABILITY_BATCH, 0, &w);
	struct recording *p;
	int i;

	for (i = 0; i < 20; i++)
		give(r, "/before", 1000, &w);
	recorder_flush(r);
	limit_files(400000);
	p = record_parts(r, 0);
	for (i = 0; i < 20; i++) {
		give(r, "/during", 500000 + (size_t)i, &w);
		if (i % 5 == 0)
			recorder_flush(r);
	}
	recorder_give(r, exchange("/big", 1), NULL, p, on_written, &w);
	recorder_flush(r);
	limit_files(RLIM_INFINITY);
	CHECK_INT(w.written, 20);
	CHECK_INT(w.lost, 21);
	CHECK_INT(w.troubles, 1);
	CHECK_INT(w.recoveries, 0);
	CHECK(strstr(w.trouble, "disk") != NULL);
	for (i = 0; i < 20; i++)
		give(r, "/after", 600000 + (size_t)i, &w);
	recorder_flush(r);
	CHECK_INT(w.written, 40);
	CHECK_INT(w.recoveries, 1);
	CHECK_INT(figures(r).lost, 21);
	CHECK_INT(figures(r).queued_bytes, 0);
	recorder_close(r);
	CHECK_INT(number("disk.db", "SELECT count(*) FROM entry"), 40);
	CHECK_INT(
	    number("disk.db", "SELECT count(*) FROM pragma_integrity_check "
			      "WHERE integrity_check = 'ok'"),
	    1);
	CHECK_INT(
	    number("disk.db", "SELECT count(*) FROM body WHERE head IS NULL"),
	    0);
}

/* Two groups, each flushed. */
static void
give_groups(struct recorder *r, struct watch *w)
{
	int i;

	for (i = 0; i < 40; i++) {
		give(r, "/held", 100 + (size_t)i, w);
		if (i % 20 == 19)
			recorder_flush(r);
	}
}

static void
a_store_that_somebody_holds_locked_does_not_hold_the_traffic(void)
{
	struct watch w = watching();
	struct recorder *r = open_with("held.db", DURABILITY_BATCH, 0, &w);
	sqlite3 *other;

	CHECK_INT(sqlite3_open(at("held.db"), &other), SQLITE_OK);
	CHECK_INT(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
	    SQLITE_OK);
	/* Were each tried alone, this would take minutes. */
	give_groups(r, &w);
	CHECK_INT(w.lost, 40);
	CHECK_INT(w.troubles, 1);
	CHECK(strstr(w.trouble, "locked") != NULL);
	sqlite3_close(other);
	give_groups(r, &w);
	CHECK_INT(w.written, 40);
	CHECK_INT(w.recoveries, 1);
	recorder_close(r);
	CHECK_INT(number("held.db", "SELECT count(*) FROM entry"), 40);
}

/* Lets name be gone, or another file, while a recorder has it. */
static void
lose_file(const char *name, bool another)
{
	struct watch w = watching();
	struct recorder *r = open_with("gone.db", DURABILITY_BATCH, 0, &w);
	char path[256], aside[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s", at(name));
	snprintf(aside, sizeof(aside), "%s", at("aside"));
	give_groups(r, &w);
	CHECK_INT(w.written, 40);
	CHECK_INT(rename(path, aside), 0);
	if (another) {
		f = fopen(path, "w");
		CHECK(f != NULL);
		fclose(f);
	}
	give_groups(r, &w);
	CHECK_INT(w.written, 40);
	CHECK_INT(w.lost, 40);
	CHECK_INT(w.troubles, 1);
	CHECK(strstr(w.trouble, path) != NULL);
	/* It comes back, and so does the recording. */
	CHECK_INT(rename(aside, path), 0);
	give_groups(r, &w);
	CHECK_INT(w.written, 80);
	CHECK_INT(w.recoveries, 1);
	recorder_close(r);
	CHECK_INT(number("gone.db", "SELECT count(*) FROM entry"), 80);
	CHECK_INT(remove(at("gone.db")), 0);
}

static void
what_is_written_to_a_file_that_is_gone_is_lost_and_said(void)
{
	static const char *const names[] = { "gone.db", "gone.db-wal",
		"gone.db-shm" };
	size_t i;

	for (i = 0; i < 3; i++) {
		lose_file(names[i], false);
		lose_file(names[i], true);
	}
}

struct giver {
	pthread_t thread;
	struct recorder *recorder;
	struct watch *watch;
};

static void *
give_many(void *arg)
{
	struct giver *g = arg;
	struct recording *p;
	int i;

	for (i = 0; i < 300; i++)
		if (!recorder_full(g->recorder) || i % 2 == 0)
			give(g->recorder, "/a", 2000, g->watch);
		else
			give(g->recorder, "/b", 1, g->watch);
	p = record_parts(g->recorder, 1);
	recorder_give(
	    g->recorder, exchange("/c", 1), NULL, p, on_written, g->watch);
	recorder_flush(g->recorder);
	return NULL;
}

/*
 * Gives exchanges under one key, a letter each: statuses 200, 302, 404 or 503
 * by its first digit, or f for one that failed.  A space flushes, so that
 * what follows is another group.  What is left, in order, as the same text.
 */
static const char *
left_of(enum on_record p, const char *given, bool in_parts)
{
	static char text[64];
	struct recorder *r;
	struct exchange *x;
	const char *s;

	text[0] = '\0';
	(void)remove(at("policy.db"));
	policy = p;
	r = open_with("policy.db", DURABILITY_BATCH, 0, NULL);
	policy = ON_RECORD_APPEND;
	for (s = given; *s != '\0'; s++) {
		if (*s == ' ') {
			recorder_flush(r);
			continue;
		}
		x = exchange("/a", 10);
		x->keyed = true;
		x->status = *s == 'f' ? 200 : 100 * (*s - '0');
		x->outcome = *s == 'f' ? OUTCOME_RESET : OUTCOME_COMPLETE;
		recorder_give(r, x, NULL,
		    in_parts ? record_parts(r, (int)(s - given)) : NULL, NULL,
		    NULL);
	}
	give(r, "/b", 1, NULL); /* has no key */
	give(r, "/b", 1, NULL);
	recorder_flush(r);
	snprintf(text, sizeof(text), "%lld",
	    (long long)number("policy.db",
		"SELECT coalesce(group_concat(CASE outcome WHEN 'complete' "
		"THEN status / 100 ELSE 9 END, ''), 0) FROM "
		"(SELECT * FROM entry WHERE target = '/a' ORDER BY id)"));
	for (s = text; *s != '\0'; s++)
		if (*s == '9')
			text[s - text] = 'f';
	CHECK_INT(number("policy.db", "SELECT count(*) FROM entry") -
		      (int64_t)strlen(text),
	    2);
	recorder_close(r);
	return text;
}

static void
what_is_recorded_again_follows_the_policy(void)
{
	static const struct {
		enum on_record policy;
		const char *given, *left;
	} rows[] = {
		{ ON_RECORD_APPEND, "23f 25", "23f25" },
		{ ON_RECORD_REPLACE, "23", "3" },
		{ ON_RECORD_REPLACE, "2 3 5", "5" },
		{ ON_RECORD_REPLACE, "2 f", "2f" },
		{ ON_RECORD_REPLACE, "f f 3", "3" },
		{ ON_RECORD_KEEP_FIRST, "23 5", "2" },
		{ ON_RECORD_KEEP_FIRST, "5 2f", "5" },
		{ ON_RECORD_KEEP_FIRST, "f f 2 3", "ff2" },
		{ ON_RECORD_REPLACE_IF_SUCCESS, "2 3", "3" },
		{ ON_RECORD_REPLACE_IF_SUCCESS, "2 5 4f", "2" },
		{ ON_RECORD_REPLACE_IF_SUCCESS, "5 4", "5" },
		{ ON_RECORD_REPLACE_IF_SUCCESS, "5 4 3", "3" },
		{ ON_RECORD_REPLACE_IF_SUCCESS, "f f 5 2", "2" },
		{ ON_RECORD_REPLACE_IF_SUCCESS, "ff5", "ff5" },
		{ ON_RECORD_FOLD, "22 2", "2" },
		{ ON_RECORD_FOLD, "225 522", "252" },
		{ ON_RECORD_FOLD, "2f f2", "2f2" },
		{ ON_RECORD_REPLACE, "fffffffffff fffffffffff2", "2" },
		{ ON_RECORD_KEEP_FIRST, "fffffffffffffffff2 3",
		    "fffffffffffffffff2" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(left_of(rows[i].policy, rows[i].given, false),
		    rows[i].left);
}

static void
what_is_dropped_or_replaced_leaves_no_body(void)
{
	static const struct {
		enum on_record policy;
		const char *given, *left;
	} rows[] = {
		{ ON_RECORD_KEEP_FIRST, "2 2", "2" },
		{ ON_RECORD_REPLACE, "22 2", "2" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_STR(
		    left_of(rows[i].policy, rows[i].given, true), rows[i].left);
		/* Of /a and of /b. */
		CHECK_INT(number("policy.db", "SELECT count(*) FROM body"), 2);
		CHECK_INT(number("policy.db",
			      "SELECT sum(length(bytes)) FROM body_part"),
		    2 * PART + 10);
	}
}

static void
what_is_not_to_be_stored_is_told_and_not_counted(void)
{
	struct watch w = watching();
	struct recorder *r;
	struct exchange *x;
	int i;

	policy = ON_RECORD_KEEP_FIRST;
	r = open_with("told.db", DURABILITY_STRICT, 0, &w);
	policy = ON_RECORD_APPEND;
	for (i = 0; i < 2; i++) {
		x = exchange("/a", 10);
		x->keyed = true;
		recorder_give(r, x, NULL, NULL, on_written, &w);
		recorder_flush(r);
	}
	CHECK_INT(w.written, 1);
	CHECK_INT(w.last, 0);
	CHECK_INT(w.troubles, 0);
	CHECK_INT(figures(r).entries, 1);
	CHECK_INT(figures(r).lost, 0);
	recorder_close(r);
}

static void
threads_may_give_at_once(void)
{
	struct watch w = watching();
	struct recorder *r =
	    open_with("threads.db", DURABILITY_BATCH, 1 << 20, &w);
	struct giver givers[4];
	int i;

	for (i = 0; i < 4; i++) {
		givers[i] = (struct giver){ .recorder = r, .watch = &w };
		CHECK_INT(pthread_create(
			      &givers[i].thread, NULL, give_many, &givers[i]),
		    0);
	}
	for (i = 0; i < 4; i++)
		pthread_join(givers[i].thread, NULL);
	CHECK_INT(figures(r).entries, 4 * 301);
	recorder_close(r);
	CHECK_INT(w.written, 4 * 301);
	CHECK_INT(w.lost, 0);
	CHECK_INT(number("threads.db", "SELECT count(*) FROM entry"), 4 * 301);
}

static void
a_second_recorder_of_a_store_is_refused(void)
{
	struct recorder *r = open_with("second.db", DURABILITY_BATCH, 0, NULL);
	struct recorder_options o = { .path = at("second.db"), .tape = "b" };

	CHECK(recorder_open(&o, &e) == NULL);
	CHECK(strstr(e.text, "another hark writes to it") != NULL);
	recorder_close(r);
	recorder_close(NULL);
}

RUN(TEST(what_was_given_is_in_the_store_after_a_flush),
    TEST(what_was_given_is_committed_without_anybody_asking),
    TEST(closing_writes_what_is_queued), TEST(many_exchanges_share_a_commit),
    TEST(a_strict_exchange_is_committed_before_it_is_reported),
    TEST(what_is_left_of_an_exchange_is_done_before_it_is_written),
    TEST(what_is_finished_once_stays_so_when_it_is_written_again),
    TEST(one_that_cannot_be_stored_takes_no_other_with_it),
    TEST(a_body_in_parts_is_one_body),
    TEST(equal_bodies_in_parts_are_stored_once),
    TEST(an_abandoned_exchange_is_an_entry_of_what_came),
    TEST(an_exchange_that_goes_on_is_seen_by_nobody),
    TEST(a_part_takes_the_place_of_what_the_draft_had_of_it),
    TEST(what_is_not_to_be_stored_has_no_draft),
    TEST(a_dropped_recording_leaves_nothing),
    TEST(a_queue_is_full_above_its_limit_and_has_room_below_half),
    TEST(one_that_the_store_refuses_does_not_take_others_with_it),
    TEST(a_lost_part_loses_its_exchange_and_no_other),
    TEST(a_full_disk_loses_what_it_must_and_recovers_by_itself),
    TEST(a_store_that_somebody_holds_locked_does_not_hold_the_traffic),
    TEST(what_is_written_to_a_file_that_is_gone_is_lost_and_said),
    TEST(what_is_recorded_again_follows_the_policy),
    TEST(what_is_dropped_or_replaced_leaves_no_body),
    TEST(what_is_not_to_be_stored_is_told_and_not_counted),
    TEST(threads_may_give_at_once),
    TEST(a_second_recorder_of_a_store_is_refused))
