#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "gateway/access_log.h"
#include "gateway/traffic.h"
#include "gateway/traffic_flow.h"
#include "gateway/traffic_json.h"
#include "gateway/traffic_view.h"
#include "har/exchange.h"
#include "har/frame.h"
#include "har/json_write.h"
#include "recorder/redact.h"
#include "replay/answer.h"

#include "tests/unit/tap.h"

/* A row that counts for about n bytes. */
static struct traffic_row *
row(const char *path, size_t n)
{
	char *body = calloc(1, n + 1);
	struct traffic_row of = {
		.state = TRAFFIC_DONE,
		.source = "mock",
		.mode = "proxy",
		.minor = 1,
		.status = 200,
		.response_bytes = n,
		.wait_us = -1,
		.timings = TIMINGS_UNKNOWN,
		.text = {
		    [TRAFFIC_METHOD] = STR("GET"),
		    [TRAFFIC_PATH] = str_of(path),
		    [TRAFFIC_RESPONSE_BODY] = { body, n },
		},
	};
	struct traffic_row *r;

	r = traffic_row_new(&of);
	free(body);
	return r;
}

static struct traffic *
traffic_of(size_t rows, size_t bytes)
{
	struct traffic_limits l = { rows, bytes };

	return traffic_new(&l);
}

static void
put_back(struct traffic_row **rows, size_t n)
{
	while (n > 0)
		traffic_row_unref(rows[--n]);
}

static void
rows_have_numbers_and_the_oldest_make_room(void)
{
	struct traffic *t = traffic_of(3, 1 << 20);
	struct traffic_row *rows[TRAFFIC_BATCH], *r;
	struct traffic_figures f;
	size_t n;
	int i;

	for (i = 0; i < 5; i++)
		CHECK_INT(traffic_add(t, row("/a", 1), NULL), i + 1);
	n = traffic_before(t, UINT64_MAX, rows, TRAFFIC_BATCH);
	CHECK_INT(n, 3);
	CHECK_INT(rows[0]->number, 5);
	CHECK_INT(rows[2]->number, 3);
	put_back(rows, n);
	n = traffic_after(t, 0, rows, TRAFFIC_BATCH);
	CHECK_INT(n, 3);
	CHECK_INT(rows[0]->number, 3);
	put_back(rows, n);
	n = traffic_after(t, 4, rows, TRAFFIC_BATCH);
	CHECK_INT(n, 1);
	put_back(rows, n);
	CHECK_INT(traffic_after(t, 5, rows, TRAFFIC_BATCH), 0);
	CHECK_INT(traffic_before(t, 3, rows, TRAFFIC_BATCH), 0);
	CHECK(traffic_get(t, 2) == NULL && traffic_get(t, 6) == NULL);
	r = traffic_get(t, 4);
	CHECK_VIEW(r->text[TRAFFIC_PATH], "/a");
	traffic_figures(t, &f);
	CHECK_INT(f.first, 3);
	CHECK_INT(f.last, 5);
	CHECK_INT(f.dropped, 2);
	traffic_free(t);
	CHECK_VIEW(r->text[TRAFFIC_METHOD], "GET");
	traffic_row_unref(r);
}

static void
bytes_are_bounded_but_the_last_row_stays(void)
{
	struct traffic *t = traffic_of(100, 10000);
	struct traffic_figures f;
	int i;

	for (i = 0; i < 20; i++)
		traffic_add(t, row("/a", 2000), NULL);
	traffic_figures(t, &f);
	CHECK(f.bytes <= 10000);
	CHECK_INT(f.last, 20);
	CHECK(f.first > 15);
	CHECK_INT(f.dropped, f.first - 1);
	traffic_add(t, row("/long", 20000), NULL);
	traffic_figures(t, &f);
	CHECK_INT(f.first, 21);
	CHECK_INT(f.last, 21);
	traffic_free(t);
}

static struct traffic_row *
row_in(struct traffic_memory *m, struct str path)
{
	const struct traffic_row of = { .source = "mock",
		.mode = "proxy",
		.text = { [TRAFFIC_PATH] = path } };

	return traffic_row_in(&of, m);
}

static void
memory_of_rows_that_made_room_serves_again(void)
{
	struct traffic *t = traffic_of(2, 1 << 20);
	struct traffic_memory m = { .size = traffic_slab_size(0) };
	const struct traffic_slab *first = NULL;
	struct traffic_row *r, *held;
	int i;

	for (i = 0; m.spare == NULL; i++) {
		r = row_in(&m, STR("/a"));
		first = i == 0 ? m.now : first;
		traffic_add(t, r, &m);
	}
	CHECK((size_t)i <= 3 + m.size / sizeof(*r));
	CHECK(m.spare == first && m.now != first);
	held = traffic_get(t, (uint64_t)i - 1);
	for (; m.spare != NULL; i++)
		traffic_add(t, row_in(&m, STR("/b")), &m);
	CHECK(m.now == first);
	traffic_add(t, row_in(&m, STR("/b")), &m);
	traffic_add(t, row_in(&m, STR("/b")), &m);
	CHECK(m.spare == NULL); /* somebody has a row there */
	CHECK_VIEW(held->text[TRAFFIC_PATH], "/a");
	traffic_row_unref(held);
	traffic_memory_fini(&m);
	traffic_free(t);
}

static void
a_row_that_is_long_has_a_block_of_its_own(void)
{
	struct traffic_memory m = { .size = traffic_slab_size(0) };
	char path[4096];
	struct traffic_row *r;

	memset(path, 'a', sizeof(path));
	r = row_in(&m, (struct str){ path, sizeof(path) });
	CHECK(r->slab == NULL && m.now == NULL);
	CHECK_INT(r->text[TRAFFIC_PATH].n, sizeof(path));
	traffic_row_unref(r);
	traffic_memory_fini(&m);
}

static void
a_link_outlives_who_made_it(void)
{
	struct traffic_memory m = { .size = traffic_slab_size(0) };
	struct traffic_link *l = traffic_link_new(&m), *told = l;
	struct traffic_row of = { .source = "mock", .link = l }, *r;

	r = traffic_row_in(&of, &m);
	traffic_link_unref(l);
	traffic_memory_fini(&m);
	CHECK_INT(traffic_row_entry(r), 0);
	atomic_store(&told->entry, 7);
	traffic_link_unref(told);
	CHECK_INT(traffic_row_entry(r), 7);
	traffic_row_unref(r);
}

static void
slabs_are_small_beside_the_limit(void)
{
	CHECK_INT(traffic_slab_size(64u << 10), 4096);
	CHECK_INT(traffic_slab_size(8u << 20), 8192);
	CHECK_INT(traffic_slab_size((size_t)64 << 30), 64u << 10);
}

/* Neither by number nor in a list. */
static void
rows_are_got_without_secrets(void)
{
	struct redactor *by = redactor_new(STR("a key"), NULL);
	struct traffic *t = traffic_of(5, 1 << 20);
	struct traffic_row of = {
		.state = TRAFFIC_DONE,
		.source = "mock",
		.mode = "proxy",
		.response_bytes = 99,
		.redactor = by,
		.text = {
		    [TRAFFIC_METHOD] = STR("POST"),
		    [TRAFFIC_PATH] = STR("/a?access_token=hunter2222"),
		    [TRAFFIC_REQUEST_FIELDS] =
			STR("Authorization: Bearer hunter2222\r\n"
			    "Content-Type: application/json\r\n"),
		    [TRAFFIC_REQUEST_BODY] = STR("{\"password\":\"hunter2222\"}"),
		    [TRAFFIC_RESPONSE_FIELDS] =
			STR("Set-Cookie: session=hunter2222\r\n"),
		    [TRAFFIC_RESPONSE_BODY] = STR("{\"password\":\"hunter2222"),
		},
	};
	struct traffic_row *rows[3], *r;
	struct buf body = { 0 };
	size_t i, k;

	of.request_bytes = of.text[TRAFFIC_REQUEST_BODY].n;
	traffic_add(t, traffic_row_new(&of), NULL);
	rows[0] = traffic_get(t, 1);
	CHECK_INT(traffic_before(t, 2, &rows[1], 1), 1);
	CHECK_INT(traffic_after(t, 0, &rows[2], 1), 1);
	for (i = 0; i < 3; i++) {
		r = rows[i];
		CHECK(r->redactor == NULL);
		CHECK_INT(r->number, 1);
		CHECK(r->cost > 0 && r->cost < 4096);
		for (k = 0; k < TRAFFIC_TEXTS; k++)
			CHECK(memmem(r->text[k].p, r->text[k].n, "hunter", 6) ==
			      NULL);
		CHECK(traffic_view_body(r, TRAFFIC_OF_REQUEST, &body));
		CHECK(body.n > 0);
		buf_free(&body);
		/* The start of a body cannot be searched. */
		CHECK(!traffic_view_body(r, TRAFFIC_OF_RESPONSE, &body));
		CHECK_INT(body.n, 0);
		buf_free(&body);
	}
	put_back(rows, 3);
	traffic_free(t);
	redactor_free(by);
}

static void
cleared_rows_do_not_count_as_dropped(void)
{
	struct traffic *t = traffic_of(2, 1 << 20);
	struct traffic_figures f;
	int i;

	for (i = 0; i < 3; i++)
		traffic_add(t, row("/a", 1), NULL);
	traffic_clear(t);
	traffic_figures(t, &f);
	CHECK_INT(f.first, 4);
	CHECK_INT(f.last, 3);
	CHECK_INT(f.cleared, 3);
	CHECK_INT(f.dropped, 0);
	CHECK_INT(f.bytes, 0);
	CHECK_INT(traffic_add(t, row("/a", 1), NULL), 4);
	traffic_free(t);
}

static void
a_row_takes_the_place_of_the_open_one(void)
{
	struct traffic *t = traffic_of(2, 1 << 20);
	struct traffic_figures f;
	struct traffic_row *r;
	uint64_t seen = 0, numbers[TRAFFIC_CHANGES], news = 0, one;

	one = traffic_add(t, row("/open", 1), NULL);
	CHECK(traffic_news(t, &news));
	CHECK(!traffic_news(t, &news));
	traffic_replace(t, one, row("/done", 1));
	CHECK(traffic_news(t, &news));
	CHECK_INT(traffic_changes(t, &seen, numbers, TRAFFIC_CHANGES), 1);
	CHECK_INT(numbers[0], one);
	CHECK_INT(traffic_changes(t, &seen, numbers, TRAFFIC_CHANGES), 0);
	r = traffic_get(t, one);
	CHECK_VIEW(r->text[TRAFFIC_PATH], "/done");
	traffic_row_unref(r);
	traffic_add(t, row("/a", 1), NULL);
	traffic_add(t, row("/b", 1), NULL);
	traffic_replace(t, one, row("/too-late", 1));
	CHECK(traffic_get(t, one) == NULL);
	CHECK_INT(traffic_changes(t, &seen, numbers, TRAFFIC_CHANGES), 0);
	traffic_figures(t, &f);
	CHECK_INT(f.last - f.first, 1);
	traffic_free(t);
}

static void
more_changes_than_are_remembered_are_told(void)
{
	struct traffic *t = traffic_of(2, 1 << 20);
	uint64_t seen = 0, numbers[TRAFFIC_CHANGES], one;
	int i;

	one = traffic_add(t, row("/open", 1), NULL);
	for (i = 0; i <= TRAFFIC_CHANGES; i++)
		traffic_replace(t, one, row("/again", 1));
	CHECK_INT(traffic_changes(t, &seen, numbers, TRAFFIC_CHANGES), -1);
	CHECK_INT(traffic_changes(t, &seen, numbers, TRAFFIC_CHANGES), 0);
	traffic_free(t);
}

static void *
add_many(void *arg)
{
	struct traffic_memory m = { .size = traffic_slab_size(0) };
	int i;

	for (i = 0; i < 2000; i++)
		traffic_add(arg, row_in(&m, STR("/a")), &m);
	traffic_memory_fini(&m);
	return NULL;
}

static void
threads_add_while_others_look(void)
{
	struct traffic *t = traffic_of(64, 1 << 20);
	struct traffic_row *rows[TRAFFIC_BATCH];
	pthread_t threads[2];
	struct traffic_figures f;
	uint64_t after = 0;
	bool in_order = true;
	size_t n, i;

	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, add_many, t);
	do {
		n = traffic_after(t, after, rows, TRAFFIC_BATCH);
		for (i = 1; i < n; i++)
			in_order = in_order &&
				   rows[i]->number == rows[i - 1]->number + 1;
		if (n > 0)
			after = rows[n - 1]->number;
		put_back(rows, n);
	} while (after < 4000);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	traffic_figures(t, &f);
	CHECK(in_order);
	CHECK_INT(f.last, 4000);
	CHECK_INT(f.first, 4000 - 63);
	traffic_free(t);
}

static void
a_flow_keeps_the_latest_messages(void)
{
	struct traffic_flow *f = traffic_flow_new(true, 4096);
	struct frame m = { .opcode = FRAME_TEXT, .at_us = 1000000 };
	struct traffic_flow_seen s;
	char text[32];
	int i;

	for (i = 0; i < 1000; i++) {
		m.data = (struct str){ text,
			(size_t)snprintf(text, sizeof(text), "message %d", i) };
		m.size = m.data.n;
		traffic_flow_message(f, &m);
	}
	traffic_flow_look(f, &s);
	CHECK_INT(s.count, 1000);
	CHECK(s.dropped > 900 && s.bytes.n <= 4096);
	CHECK(str_ihas(buf_str(&s.bytes), STR("message 999\"")));
	CHECK(str_starts(buf_str(&s.bytes), "{\"type\":"));
	traffic_flow_seen_fini(&s);
	traffic_flow_unref(f);
}

static void
a_long_message_is_cut_between_characters(void)
{
	struct traffic_flow *f = traffic_flow_new(true, 4096);
	struct frame m = { .opcode = FRAME_TEXT, .at_us = 1000000 };
	struct traffic_flow_seen s;
	struct buf text = { 0 };
	int i;

	for (i = 0; i < 5000; i++)
		buf_add_text(&text, "\xc3\xa9");
	m.data = buf_str(&text);
	m.size = m.data.n;
	traffic_flow_message(f, &m);
	traffic_flow_look(f, &s);
	CHECK(str_is_utf8(buf_str(&s.bytes)));
	CHECK(!str_ihas(buf_str(&s.bytes), STR("base64")));
	CHECK(str_ihas(buf_str(&s.bytes), STR("\"_size\":10000")));
	CHECK(s.bytes.n < 1024);
	traffic_flow_seen_fini(&s);
	traffic_flow_unref(f);
	buf_free(&text);
}

static void
events_are_read_from_the_pieces_of_a_stream(void)
{
	static const char body[] = ": hello\n\nevent: tick\nid: 7\r\n"
				   "data: a\ndata:b\n\ndata\n\ndata: cut";
	struct traffic_flow *f = traffic_flow_new(false, 4096);
	struct traffic_flow_seen s;
	struct traffic_event e = { .at_us = -1 };
	size_t at = 0;

	traffic_flow_piece(f, (struct str){ body, 20 }, 100);
	traffic_flow_piece(f, str_of(body + 20), 200);
	traffic_flow_look(f, &s);
	CHECK_INT(s.count, 2);
	CHECK(traffic_view_event(&s, &at, &e));
	CHECK_VIEW(buf_str(&e.type), "tick");
	CHECK_VIEW(buf_str(&e.id), "7");
	CHECK_VIEW(buf_str(&e.data), "a\nb");
	CHECK_INT(e.at_us, 200);
	CHECK(traffic_view_event(&s, &at, &e));
	CHECK_INT(e.data.n, 0);
	CHECK(!traffic_view_event(&s, &at, &e));
	traffic_view_event_fini(&e);
	traffic_flow_seen_fini(&s);
	traffic_flow_unref(f);
}

static void
a_body_that_is_cut_says_so(void)
{
	struct traffic_row of = { .source = "mock",
		.mode = "proxy",
		.request_bytes = 3,
		.response_bytes = 10,
		.text = {
		    [TRAFFIC_REQUEST_BODY] = STR("abc"),
		    [TRAFFIC_RESPONSE_BODY] = STR("abc"),
		} };
	struct traffic_row *r = traffic_row_new(&of);
	struct exchange *x;
	struct buf out = { 0 };

	CHECK(traffic_view_body(r, TRAFFIC_OF_REQUEST, &out));
	CHECK(!traffic_view_body(r, TRAFFIC_OF_RESPONSE, &out));
	CHECK_VIEW(buf_str(&out), "abcabc");
	buf_free(&out);
	x = traffic_view_exchange(r);
	CHECK(x->request.body.known && !x->response.body.known);
	CHECK_INT(x->response.body.size, 10);
	exchange_free(x);
	traffic_row_unref(r);
}

static void
a_row_holds_the_answer_that_has_its_body(void)
{
	struct exchange *x = exchange_new();
	struct traffic_row *r, *copy, of = { .source = "replay" };
	struct answer *a;
	const char *body;

	x->status = 200;
	buf_add_text(&x->response.body.bytes, "recorded");
	x->response.body.known = true;
	x->response.body.size = 8;
	a = &answer_new(x, &x->response.body.bytes)->answer;
	exchange_free(x);
	body = a->body->bytes.p;
	of.held = a;
	of.text[TRAFFIC_RESPONSE_BODY] = buf_str(&a->body->bytes);
	r = traffic_row_new(&of);
	answer_unref(a);
	CHECK(r->text[TRAFFIC_RESPONSE_BODY].p == body);
	CHECK_INT(r->cost, r->room + 8);
	traffic_row_view(&of, r);
	copy = traffic_row_new(&of);
	traffic_row_unref(r);
	CHECK_VIEW(copy->text[TRAFFIC_RESPONSE_BODY], "recorded");
	CHECK(copy->held == NULL);
	CHECK_INT(copy->cost, copy->room);
	traffic_row_unref(copy);
}

static void
the_id_of_a_recording_comes_later(void)
{
	struct traffic_memory m = { .size = traffic_slab_size(0) };
	struct traffic_link *l = traffic_link_new(&m);
	struct traffic_row of = { .link = l }, *r = traffic_row_new(&of);

	CHECK_INT(traffic_row_entry(r), 0);
	traffic_link_unref(traffic_link_ref(l));
	traffic_link_unref(l);
	atomic_store(&l->entry, 12);
	traffic_link_unref(l);
	CHECK_INT(traffic_row_entry(r), 12);
	traffic_row_unref(r);
	traffic_memory_fini(&m);
}

static void
fields_are_found_whatever_their_case(void)
{
	struct str f = STR("A: 1\r\nContent-Type:text/html \r\nEmpty:\r\n");

	CHECK_VIEW(traffic_field(f, "content-type"), "text/html");
	CHECK_VIEW(traffic_field(f, "a"), "1");
	CHECK_INT(traffic_field(f, "empty").n, 0);
	CHECK(traffic_field(f, "b").p == NULL);
}

static const struct traffic_row odd = {
	.number = 7,
	.state = TRAFFIC_DONE,
	.started_us = INT64_C(1795288200000000),
	.wait_us = -1,
	.source = "upstream",
	.mode = "proxy",
	.minor = 1,
	.status = 200,
	.response_bytes = 12,
	.text = {
	    [TRAFFIC_CLIENT] = { "[::1]:4711", 10 },
	    [TRAFFIC_METHOD] = { "GET", 3 },
	    [TRAFFIC_PATH] = { "/\"a\\\n\xc3\xa9", 7 },
	    [TRAFFIC_REQUEST_FIELDS] = { "Referer: http://x/\r\n", 20 },
	},
};

static void
a_combined_line_has_nothing_that_could_end_it(void)
{
	struct buf out = { 0 };

	access_line_add(&out, ACCESS_COMBINED, &odd);
	CHECK_STR(buf_text(&out),
	    "[::1] - - [21/Nov/2026:19:10:00 +0000] "
	    "\"GET /\\x22a\\x5C\\x0A\\xC3\\xA9 HTTP/1.1\" 200 12 "
	    "\"http://x/\" \"-\"\n");
	buf_free(&out);
}

static void
a_json_line_has_all_of_the_summary(void)
{
	struct buf out = { 0 };

	access_line_add(&out, ACCESS_NDJSON, &odd);
	CHECK(str_starts(buf_str(&out),
	    "{\"id\":7,\"time\":\"2026-11-21T19:10:00.000Z\","
	    "\"state\":\"done\",\"client\":\"[::1]:4711\""));
	CHECK(str_ends(buf_str(&out), "\"miss\":null,\"note\":null}\n"));
	buf_free(&out);
}

RUN(TEST(rows_have_numbers_and_the_oldest_make_room),
    TEST(bytes_are_bounded_but_the_last_row_stays),
    TEST(memory_of_rows_that_made_room_serves_again),
    TEST(a_row_that_is_long_has_a_block_of_its_own),
    TEST(a_link_outlives_who_made_it), TEST(slabs_are_small_beside_the_limit),
    TEST(rows_are_got_without_secrets),
    TEST(cleared_rows_do_not_count_as_dropped),
    TEST(a_row_takes_the_place_of_the_open_one),
    TEST(more_changes_than_are_remembered_are_told),
    TEST(threads_add_while_others_look), TEST(a_flow_keeps_the_latest_messages),
    TEST(a_long_message_is_cut_between_characters),
    TEST(events_are_read_from_the_pieces_of_a_stream),
    TEST(a_body_that_is_cut_says_so),
    TEST(a_row_holds_the_answer_that_has_its_body),
    TEST(the_id_of_a_recording_comes_later),
    TEST(fields_are_found_whatever_their_case),
    TEST(a_combined_line_has_nothing_that_could_end_it),
    TEST(a_json_line_has_all_of_the_summary))
