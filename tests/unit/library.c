#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/url.h"
#include "recorder/store.h"
#include "replay/errand.h"
#include "replay/home.h"
#include "replay/library.h"
#include "replay/shelf.h"

#include "folder.h"
#include "sql.h"
#include "tap.h"

static struct err e;

static enum repeat repeat;
static bool waits; /* reads only go on behind a write */

/* tests/unit/library_far.c has all of this for stores that are far away. */
#ifndef LIBRARY_FAR
#define LIBRARY_FAR false
#endif

/* The case at hand: a store, its writer, a library and one of its readers. */
static struct {
	char path[64];
	struct store *writer;
	int64_t tape;
	struct keyer *keyer;
	struct library *library;
	struct reader *reader;
} c;

static _Thread_local struct reader *far; /* runs errands */

static void
far_close(void)
{
	reader_close(far);
	far = NULL;
}

static struct reader *
far_reader(void)
{
	if (far == NULL)
		far = errand_reader(c.library, 0, &e);
	return far;
}

static struct reader *
opened(struct library *l, struct err *why)
{
	if (!LIBRARY_FAR)
		return reader_open(l, why);
	if (far == NULL)
		errand_news(far_reader());
	return reader_that_sends(l);
}

static void
end(void)
{
	reader_close(c.reader);
	far_close();
	library_close(c.library);
	store_close(c.writer);
	keyer_free(c.keyer);
	memset(&c, 0, sizeof(c));
}

/* Before main(), since RUN() has no place for it. */
__attribute__((constructor)) static void
end_last(void)
{
	atexit(end);
}

/* A new store in the test's folder; without a tape if not asked for. */
static void
begin_store(bool tape)
{
	static int n;

	end();
	snprintf(c.path, sizeof(c.path), "%s/%d.db", dir, n++);
	c.writer = store_open(c.path, STORE_WRITE, false, &e);
	CHECK(c.writer != NULL);
	c.keyer = keyer_new(NULL);
	if (tape)
		c.tape = store_tape(c.writer, STR("t"), true, &e);
}

static void
begin_library(struct library_options o)
{
	o.path = c.path;
	o.tape = "t";
	c.library = library_open(&o, &e);
	CHECK(c.library != NULL);
	c.reader = opened(c.library, &e);
	CHECK(c.reader != NULL);
}

static void
begin(void)
{
	repeat = REPEAT_HOLD;
	begin_store(true);
	begin_library((struct library_options){ 0 });
}

/* A recorded exchange: GET of target answered with body. */
static struct exchange *
exchange(const char *target, const char *body)
{
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->target = arena_str(&x->arena, str_of(target));
	x->url = arena_str(&x->arena, str_of(target));
	x->status = 200;
	x->reason = STR("OK");
	buf_add_text(&x->response.body.bytes, body);
	x->response.body.size = x->response.body.bytes.n;
	return x;
}

static void
request_field(struct exchange *x, const char *name, const char *value)
{
	headers_add(&x->request.headers, &x->arena,
	    arena_str(&x->arena, str_of(name)),
	    arena_str(&x->arena, str_of(value)));
}

/* Stores x and frees it; the id of its entry. */
static int64_t
put(struct exchange *x)
{
	int64_t id;

	key_exchange(c.keyer, x);
	CHECK_INT(store_put(c.writer, c.tape, x, &e), 0);
	id = x->id;
	exchange_free(x);
	return id;
}

static int64_t
record(const char *target, const char *body)
{
	return put(exchange(target, body));
}

static struct wanted
wanted(const char *target, const struct headers *headers, const char *session)
{
	struct key_parts p = { .method = STR("GET"),
		.scope = STR(""),
		.target = str_of(target),
		.body = STR("") };

	return (struct wanted){
		.key = key_of(c.keyer, &p),
		.headers = headers,
		.session = str_of(session),
		.repeat = repeat,
		.waits = waits,
		.scope = STR(""),
		.target = str_of(target),
	};
}

/* What others wrote, a reader that waits sees by itself. */
static void
hear(void)
{
	if (LIBRARY_FAR)
		errand_news(far_reader());
}

/* As reader_body(). */
static int64_t
piece(const struct answer *a, uint64_t at, char *out, size_t n)
{
	struct errand_what what = {
		.kind = ERRAND_BODY, .id = a->body->stored_id, .offset = at
	};
	struct errand *d;
	int64_t got = -1;

	if (!LIBRARY_FAR)
		return reader_body(c.reader, a, at, out, n, &e);
	d = errand_new(&what);
	errand_run(d, far_reader());
	if (!d->failed) {
		got = (int64_t)(d->bytes.n < n ? d->bytes.n : n);
		memcpy(out, d->bytes.p, (size_t)got);
	}
	errand_free(d);
	return got;
}

/* As library_find(); what is far is brought, by a connection of its own. */
static enum found
found(struct reader *r, struct wanted *w, struct answer **a)
{
	struct basket b = { 0 };
	struct errand *d;
	enum found is;

	if (!LIBRARY_FAR)
		return library_find(r, w, a, &e);
	reader_look(r, &b);
	while ((is = library_find(r, w, a, &e)) == FOUND_LATER) {
		d = basket_take(&b);
		if (far_reader() != NULL)
			errand_run(d, far);
		else
			errand_fail(d, e.text);
		basket_put(&b, d);
	}
	reader_look(r, NULL);
	basket_fini(&b);
	return is;
}

/* What was found, as one text: the body, or the kind of failure.  With serve
 * the answer is also told as served. */
static const char *
look(struct reader *r, struct wanted *w, bool serve)
{
	static _Thread_local char text[64];
	struct answer *a;

	switch (found(r, w, &a)) {
	case FOUND:
		snprintf(text, sizeof(text), "%.*s",
		    STR_ARGS(buf_str(&a->body->bytes)));
		if (serve)
			library_served(r, w, a);
		answer_unref(a);
		return text;
	case FOUND_NOTHING:
		return "nothing";
	case FOUND_UNUSABLE:
		return "unusable";
	case FOUND_EXHAUSTED:
		return "exhausted";
	case FOUND_ERROR:
		return "error";
	case FOUND_LATER:
		return "later";
	}
	return "?";
}

static const char *
get(const char *target)
{
	struct wanted w = wanted(target, NULL, "");

	return look(c.reader, &w, true);
}

static const char *
get_as(const char *session, const char *target)
{
	struct wanted w = wanted(target, NULL, session);

	return look(c.reader, &w, true);
}

static const char *
get_with(const char *target, const char *name, const char *value)
{
	struct arena arena = { 0 };
	struct headers h = { 0 };
	struct wanted w;
	const char *text;

	headers_add(&h, &arena, str_of(name), str_of(value));
	w = wanted(target, &h, "");
	text = look(c.reader, &w, true);
	arena_fini(&arena);
	return text;
}

static struct library_figures
figures(void)
{
	struct library_figures f;

	library_figures(c.library, &f);
	return f;
}

static void
a_recorded_answer_is_found_from_the_store_and_then_in_memory(void)
{
	struct wanted w;
	struct answer *a;
	int64_t id;

	begin();
	id = record("/a", "hello");
	w = wanted("/a", NULL, "");
	CHECK_INT(found(c.reader, &w, &a), FOUND);
	CHECK_INT(a->entry, id);
	CHECK_INT(a->status, 200);
	CHECK_VIEW(a->head, "HTTP/1.1 200 OK\r\n");
	CHECK_VIEW(buf_str(&a->body->bytes), "hello");
	answer_unref(a);
	CHECK_INT(figures().misses, 1);
	CHECK_INT(figures().hits, 0);
	CHECK_INT(figures().cached_keys, 1);
	CHECK_STR(get("/a"), "hello");
	CHECK_INT(figures().misses, 1);
	CHECK_INT(figures().hits, 1);
}

static void
what_was_not_recorded_is_not_found(void)
{
	begin();
	record("/a", "hello");
	CHECK_STR(get("/b"), "nothing");
	CHECK_STR(get("/a?"), "nothing");
	CHECK_INT(figures().cached_keys, 0);
}

static void
a_store_that_is_not_there_is_an_error(void)
{
	struct library_options o = { .path = "/nowhere/hark.db", .tape = "t" };

	CHECK(library_open(&o, &e) == NULL);
	CHECK(strstr(e.text, "/nowhere/hark.db") != NULL);
	library_close(NULL);
	reader_close(NULL);
}

static void
a_tape_may_come_later_than_its_reader(void)
{
	begin_store(false);
	begin_library((struct library_options){ 0 });
	CHECK_STR(get("/a"), "nothing");
	CHECK(LIBRARY_FAR || !reader_has_scopes(c.reader));
	c.tape = store_tape(c.writer, STR("t"), true, &e);
	record("/a", "hello");
	CHECK_STR(get("/a"), "hello");
}

static void
another_tape_is_not_searched(void)
{
	begin();
	c.tape = store_tape(c.writer, STR("other"), true, &e);
	record("/a", "hello");
	CHECK_STR(get("/a"), "nothing");
}

static void
repeats_come_in_recorded_order_and_the_last_one_stays(void)
{
	begin();
	record("/a", "1");
	record("/b", "x");
	record("/a", "2");
	record("/a", "2");
	record("/a", "3");
	CHECK_STR(get("/a"), "1");
	CHECK_STR(get("/b"), "x");
	CHECK_STR(get("/a"), "2");
	CHECK_STR(get("/a"), "2");
	CHECK_STR(get("/a"), "3");
	CHECK_STR(get("/a"), "3");
	CHECK_STR(get("/b"), "x");
}

static void
reads_wait_for_a_write_to_their_path_or_one_above_or_below(void)
{
	struct wanted w;

	begin();
	record("/todos", "none");
	record("/todos?page=2", "none 2");
	record("/todos", "still none");
	record("/todos/1", "missing");
	record("/other", "x");
	record("/todos/", "post"); /* 6 */
	record("/todos", "one");
	record("/todos/1", "there");
	record("/other", "y");
	waits = true;
	CHECK_STR(get("/todos"), "none");
	CHECK_STR(get("/todos"), "none");
	CHECK_STR(get("/todos/1"), "missing");
	w = wanted("/todos/", NULL, "");
	w.waits = false;
	w.writes = true;
	CHECK_STR(look(c.reader, &w, true), "post");
	CHECK_STR(get("/todos"), "one");
	CHECK_STR(get("/todos"), "one");
	CHECK_STR(get("/todos?page=2"), "none 2");
	CHECK_STR(get("/todos/1"), "there");
	CHECK_STR(get("/other"), "x");
	CHECK_STR(get_as("other", "/todos"), "none");
	repeat = REPEAT_FAIL;
	CHECK_STR(get("/todos"), "one");
	CHECK_STR(get("/todos?page=2"), "exhausted");
	repeat = REPEAT_HOLD;
	waits = false;
}

static void
record_times(const char *target, const char *body, uint64_t times)
{
	struct exchange *x = exchange(target, body);

	x->times = times;
	put(x);
}

static void
a_counted_recording_is_served_as_often_as_it_was_recorded(void)
{
	begin();
	record_times("/a", "wait", 3);
	record_times("/a", "done", 1);
	CHECK_STR(get("/a"), "wait");
	CHECK_STR(get("/a"), "wait");
	CHECK_STR(get_as("other", "/a"), "wait");
	CHECK_STR(get("/a"), "wait");
	CHECK_STR(get("/a"), "done");
	CHECK_STR(get("/a"), "done");
}

static void
begin_repeat(enum repeat policy)
{
	begin();
	repeat = policy;
}

/* What n requests for target get, in turn. */
static const char *
gets(const char *target, int n)
{
	static char text[256];

	for (text[0] = '\0'; n > 0; n--) {
		strcat(text, get(target));
		strcat(text, n > 1 ? " " : "");
	}
	return text;
}

static void
a_cycle_begins_again_behind_the_last(void)
{
	begin_repeat(REPEAT_CYCLE);
	record("/a", "1");
	record("/a", "2");
	record("/a", "3");
	record("/b", "x");
	CHECK_STR(gets("/a", 8), "1 2 3 1 2 3 1 2");
	CHECK_STR(get_as("other", "/a"), "1");
	CHECK_STR(gets("/b", 3), "x x x");
}

static void
a_cycle_and_fail_count_recordings_too(void)
{
	begin_repeat(REPEAT_CYCLE);
	record_times("/a", "1", 2);
	record_times("/a", "2", 1);
	CHECK_STR(gets("/a", 7), "1 1 2 1 1 2 1");
	begin_repeat(REPEAT_FAIL);
	record_times("/a", "1", 2);
	CHECK_STR(gets("/a", 3), "1 1 exhausted");
	repeat = REPEAT_HOLD;
}

static void
a_cycle_goes_over_recordings_of_different_requests(void)
{
	struct exchange *x;
	char id[8], body[2] = "1";

	begin_repeat(REPEAT_CYCLE);
	for (; body[0] <= '4'; body[0]++) {
		x = exchange("/a", body);
		snprintf(id, sizeof(id), "id %d", body[0] % 2);
		request_field(x, "X-Id", id);
		put(x);
	}
	CHECK_STR(gets("/a", 10), "1 2 3 4 1 2 3 4 1 2");
}

static void
a_cycle_takes_in_what_is_recorded_meanwhile(void)
{
	begin_repeat(REPEAT_CYCLE);
	record("/a", "1");
	record("/a", "2");
	CHECK_STR(gets("/a", 3), "1 2 1");
	record("/a", "3");
	library_reset(c.library);
	CHECK_STR(gets("/a", 4), "1 2 3 1");
}

static void
under_fail_each_recording_is_served_once(void)
{
	begin_repeat(REPEAT_FAIL);
	record("/a", "1");
	record("/a", "2");
	record("/b", "x");
	CHECK_STR(gets("/a", 4), "1 2 exhausted exhausted");
	CHECK_STR(gets("/b", 2), "x exhausted");
	CHECK_STR(get_as("other", "/b"), "x");
	CHECK_STR(get("/c"), "nothing");
	library_reset(c.library);
	CHECK_STR(gets("/b", 2), "x exhausted");
}

static void
under_fail_a_fresh_recording_is_served_once_written_or_not(void)
{
	struct exchange *x = exchange("/a", "1");
	struct library_keys keys;

	begin_repeat(REPEAT_FAIL);
	key_exchange(c.keyer, x);
	keys = library_keys(x);
	library_add(c.library, x);
	CHECK_STR(gets("/a", 2), "1 exhausted");
	library_written(c.library, &keys, put(x));
	CHECK_STR(get("/a"), "exhausted");
}

static void
first_and_latest_do_not_go_by_what_was_served(void)
{
	begin_repeat(REPEAT_FIRST);
	record("/a", "1");
	record("/a", "2");
	CHECK_STR(gets("/a", 3), "1 1 1");
	begin_repeat(REPEAT_LATEST);
	record("/a", "1");
	record("/a", "2");
	CHECK_STR(gets("/a", 3), "2 2 2");
}

static void
record_at(const char *target, const char *body, int64_t started_us)
{
	struct exchange *x = exchange(target, body);

	x->started_us = started_us;
	put(x);
}

/* What a request gets us after the first. */
static const char *
get_at(const char *target, int64_t us)
{
	struct wanted w = wanted(target, NULL, "");

	w.now_us = 5000 + us;
	return look(c.reader, &w, true);
}

static void
by_time_the_recording_that_had_begun_is_served(void)
{
	begin_repeat(REPEAT_BY_TIME);
	c.tape = store_tape(c.writer, STR("other"), true, &e);
	record_at("/", "y", 999000);
	c.tape = store_tape(c.writer, STR("t"), false, &e);
	record_at("/", "x", 1000000);
	record_at("/a", "10", 1000010);
	record_at("/a", "30", 1000030);
	record_at("/a", "20", 1000020);
	CHECK_STR(get_at("/", 0), "x");
	CHECK_STR(get_at("/a", 5), "10");
	CHECK_STR(get_at("/a", 19), "10");
	CHECK_STR(get_at("/a", 20), "20");
	CHECK_STR(get_at("/a", 29), "20");
	CHECK_STR(get_at("/a", 30), "30");
	CHECK_STR(get_at("/a", 1000), "30");
	CHECK_STR(get_at("/a", 12), "10");
	library_reset(c.library);
	reader_close(c.reader);
	c.reader = opened(c.library, &e);
	CHECK_STR(get_at("/a", 1000), "10");
	CHECK_STR(get_at("/a", 1020), "20");
}

static void
finding_moves_no_cursor_but_serving_does(void)
{
	struct wanted w;

	begin();
	record("/a", "1");
	record("/a", "2");
	w = wanted("/a", NULL, "");
	CHECK_STR(look(c.reader, &w, false), "1");
	CHECK_STR(look(c.reader, &w, true), "1");
	CHECK_STR(look(c.reader, &w, false), "2");
}

static void
every_session_begins_at_the_first(void)
{
	begin();
	record("/a", "1");
	record("/a", "2");
	record("/b", "3");
	record("/b", "4");
	CHECK_STR(get_as("s", "/a"), "1");
	CHECK_STR(get_as("s", "/a"), "2");
	CHECK_STR(get_as("t", "/a"), "1");
	CHECK_STR(get_as("s", "/b"), "3");
	CHECK_STR(get_as("", "/a"), "1");
}

static void
a_reset_begins_all_sessions_again(void)
{
	begin();
	record("/a", "1");
	record("/a", "2");
	CHECK_STR(get("/a"), "1");
	library_reset(c.library);
	CHECK_INT(figures().cached_bytes, 0);
	CHECK_STR(get("/a"), "1");
	CHECK_STR(get("/a"), "2");
}

static void
failed_exchanges_are_left_out(void)
{
	struct exchange *x;

	begin();
	x = exchange("/a", "half");
	x->outcome = OUTCOME_TRUNCATED;
	put(x);
	record("/a", "whole");
	x = exchange("/a", "");
	x->outcome = OUTCOME_REFUSED;
	x->status = 0;
	put(x);
	CHECK_STR(get("/a"), "whole");
	CHECK_STR(get("/a"), "whole");
}

static void
when_there_are_only_failed_ones_that_is_told(void)
{
	struct exchange *x;

	begin();
	x = exchange("/a", "half");
	x->outcome = OUTCOME_RESET;
	put(x);
	x = exchange("/b", "");
	x->status = 999;
	put(x);
	x = exchange("/c", "");
	x->response.body.known = false;
	put(x);
	CHECK_STR(get("/a"), "unusable");
	CHECK_STR(get("/b"), "unusable");
	CHECK_STR(get("/c"), "unusable");
	record("/a", "whole");
	CHECK_STR(get("/a"), "whole");
}

static void
an_unknown_answer_among_others_is_left_out(void)
{
	struct exchange *x;

	begin();
	x = exchange("/a", "");
	x->response.body.known = false;
	put(x);
	record("/a", "1");
	x = exchange("/a", "");
	x->response.body.known = false;
	put(x);
	record("/a", "2");
	CHECK_STR(get("/a"), "1");
	CHECK_STR(get("/a"), "2");
	CHECK_STR(get("/a"), "2");
}

static void
a_single_entry_still_has_to_fit_the_request(void)
{
	struct exchange *x;

	begin();
	x = exchange("/vary", "fr");
	request_field(x, "Accept-Language", "fr");
	headers_add(&x->response.headers, &x->arena, STR("Vary"),
	    STR("Accept-Language"));
	put(x);
	x = exchange("/304", "");
	x->status = 304;
	put(x);
	CHECK_STR(get("/vary"), "unusable");
	CHECK_STR(get_with("/vary", "Accept-Language", "fr"), "fr");
	CHECK_STR(get_with("/vary", "Accept-Language", "de"), "unusable");
	CHECK_STR(get("/304"), "unusable");
	CHECK_STR(get_with("/304", "If-None-Match", "x"), "");
}

static void
equals_are_told_apart_by_request_fields(void)
{
	static const char *const values[] = { "1", "2", "3" };
	struct exchange *x;
	size_t i;

	begin();
	for (i = 0; i < 3; i++) {
		x = exchange("/a", values[i]);
		request_field(x, "baz", values[i]);
		put(x);
	}
	CHECK_STR(get_with("/a", "baz", "3"), "3");
	CHECK_STR(get_with("/a", "baz", "2"), "2");
	CHECK_STR(get_with("/a", "baz", "3"), "3");
	CHECK_STR(get_with("/a", "baz", "4"), "1");
	CHECK_STR(get_with("/a", "baz", "4"), "3");
}

static struct wanted
wanted_post(const char *target, const char *body)
{
	struct key_parts p = { .method = STR("POST"),
		.scope = STR(""),
		.target = str_of(target),
		.body = str_of(body) };
	struct wanted w = { .session = STR(""), .has_body = *body != '\0' };

	w.key = key_of(c.keyer, &p);
	p.body = (struct str){ NULL, 0 };
	w.any_body = key_of(c.keyer, &p);
	return w;
}

static void
record_post(const char *target, const char *request, const char *response)
{
	struct exchange *x = exchange(target, response);

	x->method = STR("POST");
	if (request == NULL)
		x->request.body.known = false;
	else
		buf_add_text(&x->request.body.bytes, request);
	x->request.body.size = x->request.body.bytes.n;
	put(x);
}

static const char *
post(const char *target, const char *body)
{
	struct wanted w = wanted_post(target, body);

	return look(c.reader, &w, true);
}

static void
an_entry_whose_body_was_not_kept_answers_any_body(void)
{
	begin();
	record_post("/a", NULL, "any 1");
	record_post("/a", NULL, "any 2");
	record_post("/a", "x", "exact");
	hear();
	CHECK_STR(post("/a", "x"), "exact");
	CHECK_STR(post("/a", "y"), "any 1");
	CHECK_STR(post("/a", "z"), "any 2");
	CHECK_STR(post("/a", ""), "nothing");
	CHECK_STR(post("/b", "y"), "nothing");
}

static void
the_body_counts_when_all_were_kept(void)
{
	begin();
	record_post("/a", "1", "one");
	record_post("/a", "2", "two");
	CHECK_STR(post("/a", "2"), "two");
	CHECK_STR(post("/a", "1"), "one");
	CHECK_STR(post("/a", "3"), "nothing");
}

/* Adds an exchange that is not written yet; the caller frees it. */
static struct exchange *
fresh(const char *target, const char *body)
{
	struct exchange *x = exchange(target, body);

	key_exchange(c.keyer, x);
	library_add(c.library, x);
	return x;
}

/* Stores a fresh exchange, says so, and frees it. */
static void
written(struct exchange *x)
{
	struct library_keys keys = library_keys(x);

	library_written(c.library, &keys, put(x));
}

static void
lost(struct exchange *x)
{
	struct library_keys keys = library_keys(x);

	exchange_free(x);
	library_written(c.library, &keys, -1);
}

static void
a_fresh_recording_is_found_before_and_after_it_is_written(void)
{
	struct exchange *x;
	struct wanted w;
	struct answer *a;

	begin();
	CHECK_STR(get("/a"), "nothing");
	x = fresh("/a", "new");
	w = wanted("/a", NULL, "");
	CHECK_INT(found(c.reader, &w, &a), FOUND);
	CHECK_INT(a->entry, 0);
	CHECK_VIEW(buf_str(&a->body->bytes), "new");
	answer_unref(a);
	CHECK_STR(get("/b"), "nothing");
	written(x);
	CHECK_INT(found(c.reader, &w, &a), FOUND);
	CHECK_INT(a->entry, 1);
	CHECK_VIEW(buf_str(&a->body->bytes), "new");
	answer_unref(a);
}

static void
a_fresh_recording_that_is_lost_is_not_found_any_more(void)
{
	begin();
	lost(fresh("/a", "new"));
	CHECK_STR(get("/a"), "nothing");
}

static void
a_fresh_recording_comes_behind_the_written_ones(void)
{
	struct exchange *x, *y;

	begin();
	record("/a", "1");
	CHECK_STR(get("/a"), "1");
	x = fresh("/a", "2");
	y = fresh("/a", "3");
	CHECK_STR(get_as("s", "/a"), "1");
	CHECK_STR(get_as("s", "/a"), "2");
	CHECK_STR(get_as("s", "/a"), "3");
	CHECK_STR(get_as("s", "/a"), "3");
	written(x);
	written(y);
}

static void
what_was_served_fresh_is_not_served_again_once_written(void)
{
	struct exchange *x, *y;

	begin();
	x = fresh("/a", "1");
	y = fresh("/a", "2");
	CHECK_STR(get("/a"), "1");
	written(x);
	CHECK_STR(get("/a"), "2");
	written(y);
	record("/a", "3");
	CHECK_STR(get("/a"), "3");
	CHECK_STR(get_as("s", "/a"), "1");
}

static void
a_word_about_what_was_never_added_does_no_harm(void)
{
	struct library_keys keys = { .keyed = true };

	begin();
	record("/a", "1");
	CHECK_STR(get("/a"), "1");
	record("/a", "2");
	keys.exact = wanted("/a", NULL, "").key;
	library_written(c.library, &keys, 2);
	CHECK_STR(get("/a"), "1");
	CHECK_STR(get("/a"), "2");
}

static void
an_answer_on_its_way_when_it_is_written_moves_its_cursor_right(void)
{
	struct exchange *x, *y;
	struct wanted w;
	struct answer *a;

	begin();
	x = fresh("/a", "1");
	y = fresh("/a", "2");
	w = wanted("/a", NULL, "");
	CHECK_INT(found(c.reader, &w, &a), FOUND);
	written(x);
	library_served(c.reader, &w, a);
	answer_unref(a);
	CHECK_STR(get("/a"), "2");
	written(y);
	CHECK_STR(get("/a"), "2");
}

static void
a_recording_that_is_not_in_memory_is_found_once_written(void)
{
	struct exchange *x, *y;

	begin();
	x = exchange("/a", "end of it");
	x->response.body.size = 5000000;
	key_exchange(c.keyer, x);
	library_add(c.library, x);
	CHECK_STR(get("/a"), "nothing");
	y = fresh("/a", "2");
	x->response.body.size = x->response.body.bytes.n;
	written(x);
	CHECK_STR(get("/a"), "end of it");
	CHECK_STR(get("/a"), "2");
	written(y);
}

static void
a_fresh_recording_of_an_unknown_body_answers_any_body(void)
{
	struct exchange *x;

	begin();
	CHECK_STR(post("/a", "x"), "nothing");
	x = exchange("/a", "any");
	x->method = STR("POST");
	x->request.body.known = false;
	key_exchange(c.keyer, x);
	library_add(c.library, x);
	exchange_free(x);
	CHECK_STR(post("/a", "x"), "any");
}

static void
a_failed_fresh_recording_is_not_found(void)
{
	struct exchange *x;

	begin();
	x = exchange("/a", "half");
	x->outcome = OUTCOME_TRUNCATED;
	key_exchange(c.keyer, x);
	library_add(c.library, x);
	CHECK_STR(get("/a"), "nothing");
	written(x);
	CHECK_STR(get("/a"), "unusable");
	x = exchange("/b", "no key");
	library_add(c.library, x);
	exchange_free(x);
}

static void
what_others_write_is_seen_when_the_store_is_watched(void)
{
	struct wanted w;

	begin_store(true);
	begin_library((struct library_options){ .watch = true });
	record("/a", "1");
	w = wanted("/a", NULL, "");
	w.now_us = 1000000;
	CHECK_STR(look(c.reader, &w, true), "1");
	record("/a", "2");
	w.now_us += 249999;
	CHECK_STR(look(c.reader, &w, true), "1");
	w.now_us += 1;
	hear();
	CHECK_STR(look(c.reader, &w, true), "1");
	CHECK_STR(look(c.reader, &w, true), "2");
}

static void
the_cache_is_kept_while_nobody_writes(void)
{
	struct wanted w;

	begin_store(true);
	begin_library((struct library_options){ .watch = true });
	record("/a", "1");
	w = wanted("/a", NULL, "");
	w.now_us = 1000000;
	CHECK_STR(look(c.reader, &w, true), "1");
	CHECK_INT(figures().misses, 1);
	w.now_us += 1000000;
	CHECK_STR(look(c.reader, &w, true), "1");
	CHECK_INT(figures().misses, 1);
}

static void
an_entry_that_is_gone_is_not_chosen(void)
{
	int64_t first, second;

	begin();
	record("/a", "1");
	first = record("/a", "2");
	second = record("/b", "3");
	record("/b", "4");
	CHECK_STR(get("/a"), "1");
	CHECK_INT(store_remove(c.writer, first, &e), 1);
	CHECK_STR(get("/a"), "1");
	CHECK_STR(get("/b"), "3");
	CHECK_INT(store_remove(c.writer, second, &e), 1);
	CHECK_STR(get("/b"), "4");
}

static void
a_big_body_stays_in_the_store_and_is_read_from_there(void)
{
	struct wanted w;
	struct answer *a;
	char out[8];

	begin_store(true);
	begin_library((struct library_options){ .most_body = 9 });
	record("/a", "0123456789");
	record("/b", "012345678");
	w = wanted("/a", NULL, "");
	CHECK_INT(found(c.reader, &w, &a), FOUND);
	CHECK(a->body->stored_id > 0);
	CHECK_INT(a->body->size, 10);
	CHECK_INT(piece(a, 0, out, 8), 8);
	CHECK(memcmp(out, "01234567", 8) == 0);
	CHECK_INT(piece(a, 8, out, 8), 2);
	CHECK(memcmp(out, "89", 2) == 0);
	CHECK_INT(piece(a, 10, out, 8), LIBRARY_FAR ? -1 : 0);
	answer_unref(a);
	CHECK_STR(get("/b"), "012345678");
}

static void
a_damaged_entry_is_an_error_that_says_so(void)
{
	begin();
	record("/a", "1");
	record("/b", "1");
	record("/b", "2");
	sql_run(c.path, "UPDATE entry SET response_head = x'ff00ff'");
	e.text[0] = '\0';
	CHECK_STR(get("/a"), "error");
	CHECK(strstr(e.text, c.path) != NULL);
	CHECK(strstr(e.text, "entry 1") != NULL);
	CHECK_STR(get("/b"), "error");
	CHECK(strstr(e.text, "entry 2") != NULL);
}

static void
a_missing_body_is_an_error_that_says_so(void)
{
	begin();
	record("/a", "1");
	record("/b", "2");
	record("/b", "3");
	sql_run(c.path, "DELETE FROM body");
	e.text[0] = '\0';
	CHECK_STR(get("/a"), "error");
	CHECK(strstr(e.text, "missing") != NULL);
	CHECK_STR(get("/b"), "error");
}

static void
a_store_that_lost_its_tables_is_an_error_that_says_so(void)
{
	begin();
	record("/a", "1");
	CHECK_STR(get("/a"), "1");
	library_reset(c.library);
	sql_run(c.path, "DROP TABLE entry");
	e.text[0] = '\0';
	CHECK_STR(get("/a"), "error");
	CHECK(strstr(e.text, c.path) != NULL);
}

/* n recordings of one poll, numbered from 0; each with an id of its own, if
 * not with the same fields as the others. */
static void
record_poll(int n, bool ids)
{
	struct exchange *x;
	char text[16];
	int i;

	CHECK_INT(store_begin(c.writer, &e), 0);
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%d", i);
		x = exchange("/poll", text);
		request_field(x, "Accept", "text/plain");
		if (ids)
			request_field(x, "X-Request-Id", text);
		put(x);
	}
	CHECK_INT(store_commit(c.writer, &e), 0);
}

/* How many polls are answered in order before one that is not. */
static int
polls(int most)
{
	char text[16];
	int i;

	for (i = 0; i < most; i++) {
		snprintf(text, sizeof(text), "%d", i);
		if (strcmp(get_with("/poll", "Accept", "text/plain"), text) !=
		    0)
			break;
	}
	return i;
}

static void
thousands_of_equal_recordings_come_in_order(void)
{
	begin();
	record_poll(3000, false);
	CHECK_INT(polls(10), 10);
	CHECK(figures().cached_bytes < 200000);
	CHECK_INT(polls(1), 0);
	library_reset(c.library);
	CHECK_INT(polls(3001), 3000);
	CHECK_STR(get_with("/poll", "Accept", "text/plain"), "2999");
}

static void
few_recordings_with_ids_of_their_own_are_found_by_them(void)
{
	begin();
	record_poll(SHELF_COMPARED, true);
	CHECK_STR(get_with("/poll", "X-Request-Id", "77"), "77");
	CHECK_STR(get_with("/poll", "X-Request-Id", "255"), "255");
	CHECK_STR(get_with("/poll", "X-Request-Id", "3"), "3");
}

static void
many_recordings_with_ids_of_their_own_come_in_order(void)
{
	begin();
	record_poll(SHELF_COMPARED + 300, true);
	CHECK_INT(polls(SHELF_COMPARED + 301), SHELF_COMPARED + 300);
}

static void
the_order_goes_on_when_fields_are_not_compared_any_more(void)
{
	struct library_keys keys = { .keyed = true };

	begin();
	record_poll(SHELF_COMPARED, true);
	CHECK_INT(polls(SHELF_COMPARED), SHELF_COMPARED);
	library_reset(c.library);
	CHECK_INT(polls(20), 20);
	record_poll(1, false);
	keys.exact = wanted("/poll", NULL, "").key;
	library_written(c.library, &keys, SHELF_COMPARED + 1);
	CHECK_INT(polls(20), 20);
	CHECK_STR(get_with("/poll", "Accept", "text/plain"), "20");
}

static void
a_key_with_too_many_variants_is_cut_off(void)
{
	struct exchange *x;
	char text[16];
	int i;

	begin();
	CHECK_INT(store_begin(c.writer, &e), 0);
	for (i = 0; i < SHELF_VARIANTS + 1; i++) {
		snprintf(text, sizeof(text), "%d", i);
		x = exchange("/a", text);
		request_field(x, "Cookie", text);
		headers_add(&x->response.headers, &x->arena, STR("Vary"),
		    STR("Cookie"));
		put(x);
	}
	CHECK_INT(store_commit(c.writer, &e), 0);
	CHECK_STR(get_with("/a", "Cookie", "0"), "0");
	CHECK_STR(get_with("/a", "Cookie", "1023"), "1023");
	CHECK_STR(get_with("/a", "Cookie", "1024"), "unusable");
}

static void
the_cache_stays_in_its_bounds_and_all_is_still_found(void)
{
	char target[32];
	int i;

	begin_store(true);
	begin_library((struct library_options){ .cache_bytes = 40000 });
	CHECK_INT(store_begin(c.writer, &e), 0);
	for (i = 0; i < 500; i++) {
		snprintf(target, sizeof(target), "/%d", i);
		record(target, target);
	}
	CHECK_INT(store_commit(c.writer, &e), 0);
	for (i = 0; i < 1000; i++) {
		snprintf(target, sizeof(target), "/%d", i % 500);
		CHECK_STR(get(target), target);
		CHECK(figures().cached_bytes <= 40000);
	}
	CHECK(figures().cached_keys > 20);
}

static void
the_figures_of_closed_readers_still_count(void)
{
	begin();
	record("/a", "1");
	(void)get("/a");
	(void)get("/a");
	reader_close(c.reader);
	c.reader = opened(c.library, &e);
	(void)get("/a");
	CHECK_INT(figures().hits, 2);
	CHECK_INT(figures().misses, 1);
}

/* What the origin at url gave for "/a". */
static const char *
get_from(const char *url, enum repeat policy)
{
	struct wanted w = wanted("/a", NULL, "");
	struct url u;

	CHECK_INT(url_parse(&u, str_of(url), &e), 0);
	w.home = home_of(&u);
	w.repeat = policy;
	return look(c.reader, &w, true);
}

static void
record_from(const char *url, const char *body, enum outcome outcome)
{
	struct exchange *x = exchange("/a", body);

	x->url = arena_str(&x->arena, str_of(url));
	x->outcome = outcome;
	put(x);
}

static void
entries_of_another_home_do_not_count(void)
{
	begin();
	record_from("http://one.test/a", "1", OUTCOME_COMPLETE);
	CHECK_STR(get_from("http://two.test", REPEAT_HOLD), "nothing");
	record_from("http://two.test/a", "2", OUTCOME_COMPLETE);
	record_from("http://one.test/a", "3", OUTCOME_COMPLETE);
	record_from("http://two.test/v2/a", "4", OUTCOME_COMPLETE);
	library_reset(c.library);
	CHECK_STR(get_from("http://three.test", REPEAT_HOLD), "nothing");
	CHECK_STR(get_from("https://one.test", REPEAT_HOLD), "nothing");
	CHECK_STR(get_from("http://one.test", REPEAT_FAIL), "1");
	CHECK_STR(get_from("http://two.test", REPEAT_FAIL), "2");
	CHECK_STR(get_from("http://two.test", REPEAT_FAIL), "exhausted");
	CHECK_STR(get_from("http://one.test", REPEAT_FAIL), "3");
	CHECK_STR(get_from("http://one.test", REPEAT_FAIL), "exhausted");
	/* Whom they are of is nothing to who asks for any. */
	library_reset(c.library);
	CHECK_STR(get("/a"), "1");
	CHECK_STR(get("/a"), "2");
	CHECK_STR(get("/a"), "3");
	CHECK_STR(get("/a"), "4");
	/* Failures of who knows whom are nobody's. */
	begin();
	record_from("http://one.test/a", "", OUTCOME_TIMEOUT);
	CHECK_STR(get("/a"), "unusable");
	CHECK_STR(get_from("http://two.test", REPEAT_HOLD), "nothing");
}

static void
scopes_are_known_of_as_soon_as_there_are_some(void)
{
	struct exchange *x = exchange("/a", "1");

	begin();
	record("/a", "1");
	CHECK_STR(get("/a"), "1");
	CHECK(!reader_has_scopes(c.reader));
	x->scope = STR("api.test");
	key_exchange(c.keyer, x);
	library_add(c.library, x);
	CHECK(reader_has_scopes(c.reader));
	exchange_free(x);
}

/* Looks for what is not there until there is a map of so many keys.  Of a store
 * that is far away there is none: it cannot tell its moment. */
static void
wait_for_map(uint64_t keys)
{
	static int64_t now_us;
	struct wanted w = wanted("/not/there", NULL, "");

	do {
		/* Hours, so that no map is too soon. */
		w.now_us = now_us += INT64_C(3600000000);
		CHECK_STR(look(c.reader, &w, true), "nothing");
		(void)usleep(1000);
	} while (!LIBRARY_FAR && figures().mapped_keys != keys);
}

/* With it, all is found that was found without it. */
static void
a_map_of_the_keys_changes_no_answer(void)
{
	struct exchange *x;
	int64_t id;

	begin_store(true);
	repeat = REPEAT_HOLD;
	begin_library((struct library_options){ .watch = true });
	id = record("/a", "a");
	record("/twice", "1");
	record("/twice", "2");
	x = exchange("/failed", "x");
	x->outcome = OUTCOME_RESET;
	put(x);
	wait_for_map(4);
	CHECK_STR(get("/a"), "a");
	CHECK_STR(get("/b"), "nothing");
	CHECK_STR(get("/twice"), "1");
	CHECK_STR(get("/twice"), "2");
	CHECK_STR(get("/failed"), "unusable");
	/* What is committed is there at once. */
	record("/b", "b");
	CHECK_STR(get("/b"), "b");
	wait_for_map(5);
	library_reset(c.library);
	CHECK_STR(get("/b"), "b");
	/* Also what comes in the place of another. */
	x = exchange("/c", "c");
	x->id = id;
	key_exchange(c.keyer, x);
	CHECK_INT(store_replace(c.writer, x, &e), 1);
	exchange_free(x);
	library_reset(c.library);
	CHECK_STR(get("/a"), "nothing");
	CHECK_STR(get("/c"), "c");
	CHECK_INT(store_remove(c.writer, id, &e), 1);
	library_reset(c.library);
	CHECK_STR(get("/c"), "nothing");
	wait_for_map(4);
	CHECK_STR(get("/c"), "nothing");
	CHECK_STR(get("/b"), "b");
	CHECK_STR(get("/twice"), "1");
}

/* Whether somebody reads what is in the WAL. */
static bool
read_on(void)
{
	sqlite3 *db;
	int r;

	CHECK_INT(sqlite3_open(c.path, &db), SQLITE_OK);
	/* It learns what journal there is by looking. */
	CHECK_INT(sqlite3_exec(db, "SELECT 1 FROM tape", NULL, NULL, NULL),
	    SQLITE_OK);
	r = sqlite3_wal_checkpoint_v2(
	    db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	CHECK(r == SQLITE_OK || r == SQLITE_BUSY);
	sqlite3_close(db);
	return r == SQLITE_BUSY;
}

static void
on_asked(void *arg)
{
	++*(int *)arg;
}

static void
looks_in_a_row_are_one_until_the_reader_rests(void)
{
	int asked = 0;

	if (LIBRARY_FAR)
		return; /* nothing of it is held */
	begin_store(true);
	repeat = REPEAT_HOLD;
	begin_library((struct library_options){ .watch = true });
	record("/a", "a");
	record("/b", "b");
	record("/c", "c");
	reader_on_asked(c.reader, on_asked, &asked);
	wait_for_map(3);
	CHECK_INT(asked, 0);
	/* What is alone costs nothing more. */
	CHECK_STR(get("/a"), "a");
	CHECK_INT(asked, 1);
	CHECK_STR(get("/a"), "a");
	CHECK_STR(get("/not/there"), "nothing");
	CHECK_INT(asked, 1);
	reader_rest(c.reader);
	CHECK_STR(get("/b"), "b");
	CHECK_INT(asked, 2);
	CHECK_STR(get("/c"), "c");
	CHECK_INT(asked, 2);
	CHECK(read_on());
	reader_rest(c.reader);
	CHECK(!read_on());
}

/* A commit is seen by the next look, and a reader that looks holds nothing
 * back from then on. */
static void
a_commit_ends_what_looks_have_in_common(void)
{
	int asked = 0;

	if (LIBRARY_FAR)
		return; /* the same */
	begin_store(true);
	repeat = REPEAT_HOLD;
	begin_library((struct library_options){ .watch = true });
	record("/a", "a");
	record("/b", "b");
	reader_on_asked(c.reader, on_asked, &asked);
	wait_for_map(2);
	CHECK_STR(get("/a"), "a");
	CHECK_STR(get("/b"), "b");
	record("/c", "c");
	CHECK(read_on());
	CHECK_STR(get("/c"), "c");
	CHECK(!read_on());
	library_watch(c.library, false);
	CHECK_STR(get("/b"), "b");
	CHECK_STR(get("/d"), "nothing");
	CHECK(!read_on());
}

static void
there_is_no_map_where_hark_records(void)
{
	int i;

	begin();
	record("/a", "a");
	for (i = 0; i < 1000; i++)
		CHECK_STR(get("/b"), "nothing");
	CHECK_INT(figures().mapped_keys, 0);
}

#define THREADS 4
#define ROUNDS 400

/* Each thread has a session of its own, so it sees a sequence in order
 * whatever the others do. */
static void *
thread_run(void *arg)
{
	struct reader *r = opened(c.library, &(struct err){ { 0 } });
	struct wanted *w = arg;
	const char *got;
	size_t right = 0;
	int i, last = 0;

	for (i = 0; i < ROUNDS; i++) {
		right += strcmp(look(r, &w[0], true), "alone") == 0;
		got = look(r, &w[1], true);
		right += atoi(got) >= last;
		last = atoi(got);
		right += strcmp(look(r, &w[2], true), "nothing") == 0;
		got = look(r, &w[3], true);
		right +=
		    strcmp(got, "nothing") == 0 || strncmp(got, "new", 3) == 0;
	}
	reader_close(r);
	far_close();
	return (void *)(uintptr_t)right;
}

/* Writes what the threads look for meanwhile, as a recorder would. */
static void
thread_feed(void)
{
	struct exchange *x, *y;
	int i;

	for (i = 0; i < ROUNDS / 8; i++) {
		x = fresh("/new", "new");
		y = fresh("/new", "newer");
		written(x);
		if (i % 2 == 0)
			written(y);
		else
			lost(y);
		(void)figures();
	}
}

static void
threads_share_a_library(void)
{
	static const char *const sessions[THREADS] = { "a", "b", "c", "d" };
	struct wanted w[THREADS][4];
	pthread_t threads[THREADS];
	size_t i, right = 0;
	void *got;

	begin_store(true);
	begin_library((struct library_options){ .cache_bytes = 20000 });
	record("/alone", "alone");
	for (i = 0; i < 50; i++)
		record("/many", (char[]){ (char)('0' + i / 10),
				    (char)('0' + i % 10), '\0' });
	for (i = 0; i < THREADS; i++) {
		w[i][0] = wanted("/alone", NULL, sessions[i]);
		w[i][1] = wanted("/many", NULL, sessions[i]);
		w[i][2] = wanted("/none", NULL, sessions[i]);
		w[i][3] = wanted("/new", NULL, sessions[i]);
		CHECK_INT(
		    pthread_create(&threads[i], NULL, thread_run, w[i]), 0);
	}
	thread_feed();
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &got);
		right += (uintptr_t)got;
	}
	CHECK_INT(right, 4 * THREADS * ROUNDS);
}

RUN(TEST(a_recorded_answer_is_found_from_the_store_and_then_in_memory),
    TEST(what_was_not_recorded_is_not_found),
    TEST(a_store_that_is_not_there_is_an_error),
    TEST(a_tape_may_come_later_than_its_reader),
    TEST(another_tape_is_not_searched),
    TEST(repeats_come_in_recorded_order_and_the_last_one_stays),
    TEST(reads_wait_for_a_write_to_their_path_or_one_above_or_below),
    TEST(a_counted_recording_is_served_as_often_as_it_was_recorded),
    TEST(a_cycle_and_fail_count_recordings_too),
    TEST(a_cycle_begins_again_behind_the_last),
    TEST(a_cycle_goes_over_recordings_of_different_requests),
    TEST(a_cycle_takes_in_what_is_recorded_meanwhile),
    TEST(under_fail_each_recording_is_served_once),
    TEST(under_fail_a_fresh_recording_is_served_once_written_or_not),
    TEST(first_and_latest_do_not_go_by_what_was_served),
    TEST(by_time_the_recording_that_had_begun_is_served),
    TEST(finding_moves_no_cursor_but_serving_does),
    TEST(every_session_begins_at_the_first),
    TEST(a_reset_begins_all_sessions_again),
    TEST(failed_exchanges_are_left_out),
    TEST(when_there_are_only_failed_ones_that_is_told),
    TEST(an_unknown_answer_among_others_is_left_out),
    TEST(a_single_entry_still_has_to_fit_the_request),
    TEST(equals_are_told_apart_by_request_fields),
    TEST(an_entry_whose_body_was_not_kept_answers_any_body),
    TEST(the_body_counts_when_all_were_kept),
    TEST(a_fresh_recording_is_found_before_and_after_it_is_written),
    TEST(a_fresh_recording_that_is_lost_is_not_found_any_more),
    TEST(a_fresh_recording_comes_behind_the_written_ones),
    TEST(what_was_served_fresh_is_not_served_again_once_written),
    TEST(a_word_about_what_was_never_added_does_no_harm),
    TEST(an_answer_on_its_way_when_it_is_written_moves_its_cursor_right),
    TEST(a_recording_that_is_not_in_memory_is_found_once_written),
    TEST(a_fresh_recording_of_an_unknown_body_answers_any_body),
    TEST(a_failed_fresh_recording_is_not_found),
    TEST(what_others_write_is_seen_when_the_store_is_watched),
    TEST(the_cache_is_kept_while_nobody_writes),
    TEST(an_entry_that_is_gone_is_not_chosen),
    TEST(a_big_body_stays_in_the_store_and_is_read_from_there),
    TEST(a_damaged_entry_is_an_error_that_says_so),
    TEST(a_missing_body_is_an_error_that_says_so),
    TEST(a_store_that_lost_its_tables_is_an_error_that_says_so),
    TEST(thousands_of_equal_recordings_come_in_order),
    TEST(few_recordings_with_ids_of_their_own_are_found_by_them),
    TEST(many_recordings_with_ids_of_their_own_come_in_order),
    TEST(the_order_goes_on_when_fields_are_not_compared_any_more),
    TEST(a_key_with_too_many_variants_is_cut_off),
    TEST(the_cache_stays_in_its_bounds_and_all_is_still_found),
    TEST(the_figures_of_closed_readers_still_count),
    TEST(entries_of_another_home_do_not_count),
    TEST(scopes_are_known_of_as_soon_as_there_are_some),
    TEST(a_map_of_the_keys_changes_no_answer),
    TEST(looks_in_a_row_are_one_until_the_reader_rests),
    TEST(a_commit_ends_what_looks_have_in_common),
    TEST(there_is_no_map_where_hark_records), TEST(threads_share_a_library))
