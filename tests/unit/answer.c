#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "har/exchange.h"
#include "replay/answer.h"

#include "tap.h"

/* The case at hand: its exchange, and the answer made from it. */
static struct exchange *x;
static struct answer_kept *kept;

/* What begins is freed by the next one, and at the end. */
static void
end(void)
{
	if (kept != NULL)
		cache_item_unref(&kept->item);
	exchange_free(x);
	kept = NULL;
	x = NULL;
}

static void
begin(const char *method, int status, const char *body)
{
	end();
	x = exchange_new();
	x->id = 12;
	x->method = str_of(method);
	x->status = status;
	x->reason = STR("Reason");
	buf_add_text(&x->response.body.bytes, body);
	x->response.body.size = x->response.body.bytes.n;
}

static void
field(struct str name, struct str value)
{
	headers_add(&x->response.headers, &x->arena, name, value);
}

static const struct answer *
made(void)
{
	kept = answer_new(x, &x->response.body.bytes);
	return &kept->answer;
}

static void
the_times_of_the_first_byte_are_kept_if_they_are_known(void)
{
	static const struct {
		struct timings t;
		int64_t wait, head;
	} rows[] = {
		{ { -1, -1, -1, -1, -1, -1, -1 }, -1, -1 },
		{ { 1, 2, 3, 2, 4, 50, 600 }, 50, 60 },
		{ { -1, -1, -1, -1, 1, 0, 9 }, 0, 1 },
		{ { INT64_MAX, 1, 1, 1, 1, 5, 9 }, 5, 8 },
		{ { 1, 1, 1, 1, 1, -1, 9 }, -1, -1 },
	};
	const struct answer *a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin("GET", 200, "hello");
		x->timings = rows[i].t;
		a = made();
		CHECK_INT(a->wait_us, rows[i].wait);
		CHECK_INT(a->head_us, rows[i].head);
	}
}

static void
an_answer_is_what_was_recorded(void)
{
	const struct answer *a;

	begin("GET", 203, "hello");
	field(STR("Content-Type"), STR("text/plain"));
	field(STR("set-cookie"), STR("a=1"));
	field(STR("Content-Length"), STR("5"));
	field(STR("Set-Cookie"), STR("b=2"));
	a = made();
	CHECK_VIEW(a->head,
	    "HTTP/1.1 203 Reason\r\nContent-Type: text/plain\r\n"
	    "set-cookie: a=1\r\nContent-Length: 5\r\nSet-Cookie: b=2\r\n");
	CHECK(a->head_has_length);
	CHECK(!a->had_chunked);
	CHECK_INT(a->entry, 12);
	CHECK_INT(a->status, 203);
	CHECK_VIEW(a->reason, "Reason");
	CHECK_VIEW(buf_str(&a->body->bytes), "hello");
	CHECK_INT(a->body->size, 5);
	CHECK_INT(a->headers.n, 4);
}

static void
an_answer_outlives_its_exchange(void)
{
	struct chunk_mark marks[] = { { 0, 10 }, { 3, 20 } };
	const struct answer *a;

	begin("GET", 200, "hello");
	field(STR("A"), STR("b"));
	headers_add(
	    &x->response.trailers, &x->arena, STR("T"), STR("trailing"));
	x->chunks = marks;
	x->nchunks = 2;
	a = made();
	exchange_free(x);
	x = NULL;
	CHECK_VIEW(headers_get(&a->headers, "a"), "b");
	CHECK_VIEW(headers_get(&a->trailers, "t"), "trailing");
	CHECK_INT(a->nchunks, 2);
	CHECK_INT(a->chunks[1].offset, 3);
	CHECK_VIEW(buf_str(&a->body->bytes), "hello");
}

/* Short ones lie in the answer's own memory, others in theirs. */
static void
a_body_of_any_length_outlives_its_exchange(void)
{
	static const size_t lengths[] = { 0, 1, ANSWER_NEAR - 1, ANSWER_NEAR,
		ANSWER_NEAR + 1, 10 * ANSWER_NEAR };
	const struct answer *a;
	struct str body;
	size_t i, n, at;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		n = lengths[i];
		begin("GET", 200, "");
		memset(buf_reserve(&x->response.body.bytes, n), 'b', n);
		x->response.body.size = x->response.body.bytes.n = n;
		a = made();
		exchange_free(x);
		x = NULL;
		body = buf_str(&a->body->bytes);
		CHECK_INT(body.n, n);
		CHECK_INT(a->body->size, n);
		CHECK(kept->item.cost >= sizeof(*kept) + n);
		for (at = 0; at < n; at++)
			CHECK_INT(body.p[at], 'b');
	}
}

static void
hop_by_hop_fields_stay_out_of_the_head(void)
{
	const struct answer *a;

	begin("GET", 200, "hello");
	field(STR("Transfer-Encoding"), STR("chunked"));
	field(STR("Connection"), STR("close, X-Hop"));
	field(STR("X-Hop"), STR("1"));
	field(STR("X-End"), STR("2"));
	field(STR("Keep-Alive"), STR("timeout=5"));
	a = made();
	CHECK_VIEW(a->head, "HTTP/1.1 200 Reason\r\nX-End: 2\r\n");
	CHECK(a->had_chunked);
	CHECK(!a->head_has_length);
	CHECK_INT(a->headers.n, 5);
}

static void
imported_text_never_splits_the_head(void)
{
	begin("GET", 200, "");
	x->reason = STR("OK\r\nEvil: 1");
	field(STR(":status"), STR("200"));
	field(STR(""), STR("no name"));
	field(STR("A b"), STR("no token"));
	field(STR("A"), STR("x\r\nEvil: 1"));
	field(STR("B"), STR("x\nEvil: 1"));
	field(STR("C"), STR("x\0y"));
	field(STR("D\r\nEvil"), STR("1"));
	field(STR("E"), STR("fine \001"));
	CHECK_VIEW(made()->head, "HTTP/1.1 200 \r\nE: fine \001\r\n");
}

/* The head of a GET's 200 with five bytes, from the status line on. */
static struct str
head_with_length(const char *first, const char *second)
{
	struct str head;

	begin("GET", 200, "hello");
	field(STR("Content-Length"), str_of(first));
	if (second != NULL)
		field(STR("content-length"), str_of(second));
	head = made()->head;
	head.p += 21;
	head.n -= 21;
	return head;
}

static void
a_wrong_content_length_is_corrected(void)
{
	CHECK_VIEW(head_with_length("5", NULL), "Content-Length: 5\r\n");
	CHECK_VIEW(head_with_length("17", NULL), "Content-Length: 5\r\n");
	CHECK_VIEW(head_with_length("", NULL), "Content-Length: 5\r\n");
	CHECK_VIEW(head_with_length("-1", NULL), "Content-Length: 5\r\n");
	CHECK_VIEW(head_with_length("5, 5", NULL), "Content-Length: 5\r\n");
	CHECK_VIEW(head_with_length("4", "5"), "Content-Length: 5\r\n");
}

static void
the_length_of_what_is_not_sent_stays(void)
{
	const struct answer *a;

	begin("HEAD", 200, "");
	field(STR("Content-Length"), STR("1234"));
	a = made();
	CHECK_VIEW(a->head, "HTTP/1.1 200 Reason\r\nContent-Length: 1234\r\n");
	CHECK(a->head_has_length);
	begin("GET", 304, "");
	field(STR("Content-Length"), STR("1234"));
	CHECK_VIEW(
	    made()->head, "HTTP/1.1 304 Reason\r\nContent-Length: 1234\r\n");
	begin("HEAD", 200, "");
	field(STR("Content-Length"), STR("many"));
	a = made();
	CHECK_VIEW(a->head, "HTTP/1.1 200 Reason\r\n");
	CHECK(!a->head_has_length);
}

static void
an_answer_that_has_no_body_gets_none(void)
{
	begin("HEAD", 200, "imported");
	CHECK_INT(made()->body->size, 0);
	begin("GET", 304, "imported");
	CHECK_INT(made()->body->bytes.n, 0);
	begin("GET", 204, "imported");
	field(STR("Content-Length"), STR("8"));
	CHECK_VIEW(
	    made()->head, "HTTP/1.1 204 Reason\r\nContent-Length: 0\r\n");
	CHECK_INT(kept->body.size, 0);
}

static void
a_body_in_the_store_stays_there(void)
{
	const struct answer *a;

	begin("GET", 200, "");
	x->response.body.stored_id = 9;
	x->response.body.size = 5000000000;
	field(STR("Content-Length"), STR("5"));
	a = made();
	CHECK_INT(a->body->stored_id, 9);
	CHECK_INT(a->body->size, 5000000000);
	CHECK_VIEW(
	    a->head, "HTTP/1.1 200 Reason\r\nContent-Length: 5000000000\r\n");
}

static void
only_what_is_complete_and_known_can_be_replayed(void)
{
	begin("GET", 200, "");
	CHECK(answer_usable(x));
	x->outcome = OUTCOME_TRUNCATED;
	CHECK(!answer_usable(x));
	begin("GET", 200, "");
	x->response.body.known = false;
	CHECK(!answer_usable(x));
	begin("HEAD", 200, "");
	x->response.body.known = false;
	CHECK(answer_usable(x));
	CHECK(made()->body->known);
}

static void
only_a_final_status_can_be_replayed(void)
{
	static const struct {
		int status;
		bool usable;
	} rows[] = { { -1, false }, { 0, false }, { 101, false },
		{ 199, false }, { 200, true }, { 599, true }, { 600, false },
		{ 999, false } };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin("GET", rows[i].status, "");
		CHECK_INT(answer_usable(x), rows[i].usable);
	}
}

static void
references_are_counted(void)
{
	struct answer *a;

	begin("GET", 200, "hello");
	(void)made();
	a = answer_ref(&kept->answer);
	cache_item_unref(&kept->item);
	kept = NULL;
	CHECK_VIEW(buf_str(&a->body->bytes), "hello");
	answer_unref(a);
	answer_unref(NULL);
	end();
}

RUN(TEST(an_answer_is_what_was_recorded),
    TEST(the_times_of_the_first_byte_are_kept_if_they_are_known),
    TEST(an_answer_outlives_its_exchange),
    TEST(a_body_of_any_length_outlives_its_exchange),
    TEST(hop_by_hop_fields_stay_out_of_the_head),
    TEST(imported_text_never_splits_the_head),
    TEST(a_wrong_content_length_is_corrected),
    TEST(the_length_of_what_is_not_sent_stays),
    TEST(an_answer_that_has_no_body_gets_none),
    TEST(a_body_in_the_store_stays_there),
    TEST(only_what_is_complete_and_known_can_be_replayed),
    TEST(only_a_final_status_can_be_replayed), TEST(references_are_counted))
