#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/coding.h"
#include "har/exchange.h"
#include "har/har_read.h"
#include "har/har_write.h"

#include "tests/unit/tap.h"

static void
body_set(struct body *b, struct str bytes)
{
	buf_add_str(&b->bytes, bytes);
	b->size = bytes.n;
}

/* An exchange with as little as there can be. */
static struct exchange *
plain(void)
{
	struct exchange *x = exchange_new();

	x->method = STR("GET");
	x->url = STR("http://a.test/x?y=1&z");
	x->target = STR("/x?y=1&z");
	x->status = 200;
	x->reason = STR("OK");
	x->started_us = 1767323045000000LL;
	x->response.framing = FRAMING_LENGTH;
	return x;
}

static void
field(struct message *m, struct exchange *x, const char *name, struct str value)
{
	headers_add(&m->headers, &x->arena, str_of(name), value);
}

/* An exchange with everything that HAR cannot say. */
static struct exchange *
rich(void)
{
	static struct chunk_mark marks[] = { { 0, 5 }, { 7, 1234567 } };
	static struct interim hints = { .status = 103 };
	struct exchange *x = plain();

	x->method = STR("POST");
	x->url = STR("http://a.test/base/x<\xe9>");
	x->target = STR("/x<\xe9>");
	x->scope = STR("a.test");
	x->reason = STR("caf\xe9");
	x->started_us += 7;
	x->timings = (struct timings){ 1, 20, 3000, 2500, -1, 123456, -1 };
	x->request.version = STR("HTTP/1.0");
	x->request.minor = 0;
	x->request.head_bytes = 77;
	x->request.framing = FRAMING_CHUNKED;
	field(&x->request, x, "X-Latin", STR("\xe9\xff"));
	field(&x->request, x, "Cookie", STR("a=1; b=\"2\""));
	headers_add(&x->request.trailers, &x->arena, STR("T"), STR("1"));
	body_set(&x->request.body, STR("\x1f\0\xff"));
	field(&x->response, x, "Set-Cookie",
	    STR("s=1; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax"));
	field(&x->response, x, "Content-Encoding", STR("gzip"));
	field(&x->response, x, "Content-Type", STR("text/plain"));
	coding_encode(STR("gzip"), STR("hello hello hello hello hello"),
	    &x->response.body.bytes);
	x->response.body.size = x->response.body.bytes.n;
	x->response.framing = FRAMING_CLOSE;
	headers_add(&x->response.trailers, &x->arena, STR("Sum"), STR("x"));
	x->interims = &hints;
	x->chunks = marks;
	x->nchunks = 2;
	x->outcome = OUTCOME_TRUNCATED;
	x->failure = STR("cut \xff off");
	x->server_addr = STR("[2001:db8::1]:443");
	x->client_addr = STR("127.0.0.1:5");
	x->connection = STR("17");
	x->session = STR("s");
	x->mode = STR("record");
	x->comment = STR("note");
	x->extra =
	    STR("{\"entry\":{\"_a\":[1.50]},\"response\":{\"_b\":\"\"}}");
	return x;
}

static struct buf
written(const struct exchange *x)
{
	struct json_write w;
	struct err e;

	json_write_init(&w, true, NULL, NULL);
	har_write_exchange(&w, x);
	CHECK_INT(json_write_end(&w, &e), 0);
	return w.out;
}

/* Whether x is written with text, and frees it. */
static bool
writes(struct exchange *x, const char *text)
{
	struct buf b = written(x);
	bool yes = strstr(buf_text(&b), text) != NULL;

	if (!yes)
		printf("# in %s\n", buf_text(&b));
	buf_free(&b);
	exchange_free(x);
	return yes;
}

static int
write_to(void *arg, const void *p, size_t n, struct err *e)
{
	(void)e;
	buf_add(arg, p, n);
	return 0;
}

static struct buf
file_of(struct exchange *const *list, size_t n)
{
	static const struct har_write_options options = { .version = "9" };
	struct buf out = { 0 };
	struct har_write *h = har_write_open(write_to, &out, &options);
	struct err e;
	size_t i;

	for (i = 0; i < n; i++)
		har_write_entry(h, list[i]);
	CHECK_INT(har_write_close(h, &e), 0);
	return out;
}

static int64_t
read_text(void *arg, void *p, size_t n, struct err *e)
{
	struct str *s = arg;

	(void)e;
	if (n > s->n)
		n = s->n;
	memcpy(p, s->p, n);
	s->p += n;
	s->n -= n;
	return (int64_t)n;
}

struct back {
	struct exchange *list[4];
	size_t n;
	unsigned notes;
	char note[256];
};

static int
take(void *arg, struct exchange *x, bool own, struct err *e)
{
	struct back *b = arg;

	(void)e;
	CHECK(own);
	b->list[b->n++] = x;
	return 0;
}

static void
note(void *arg, const struct har_note *n)
{
	struct back *b = arg;

	b->notes++;
	snprintf(b->note, sizeof(b->note), "%s: %s", n->path, n->text);
}

static struct back
read_back(struct str text)
{
	struct back b = { .n = 0 };
	const struct har_read_options o = {
		.read = read_text,
		.read_arg = &text,
		.on_exchange = take,
		.on_note = note,
		.arg = &b,
	};
	struct har_figures f;
	struct err e;

	CHECK_INT(har_read(&o, &f, &e), 0);
	return b;
}

static void
back_free(struct back *b)
{
	while (b->n > 0)
		exchange_free(b->list[--b->n]);
}

static void
an_empty_tape_is_a_har_too(void)
{
	struct buf b = file_of(NULL, 0);

	CHECK_VIEW(buf_str(&b), "{\n"
				"  \"log\": {\n"
				"    \"version\": \"1.2\",\n"
				"    \"creator\": {\n"
				"      \"name\": \"hark\",\n"
				"      \"version\": \"9\"\n"
				"    },\n"
				"    \"entries\": []\n"
				"  }\n"
				"}\n");
	buf_free(&b);
}

static void
what_is_read_back_is_written_the_same(void)
{
	struct exchange *list[] = { plain(), rich() };
	struct buf once = file_of(list, 2), twice;
	struct back b = read_back(buf_str(&once));

	CHECK_INT(b.notes, 0);
	CHECK_INT(b.n, 2);
	twice = file_of(b.list, 2);
	CHECK_VIEW(buf_str(&twice), buf_text(&once));
	buf_free(&once);
	buf_free(&twice);
	back_free(&b);
	exchange_free(list[0]);
	exchange_free(list[1]);
}

static void
everything_comes_back_exactly(void)
{
	struct exchange *list[] = { rich() }, *x = list[0], *y;
	struct buf once = file_of(list, 1);
	struct back b = read_back(buf_str(&once));

	y = b.list[0];
	CHECK(str_eq(y->url, x->url));
	CHECK(str_eq(y->target, x->target));
	CHECK(str_eq(y->scope, x->scope));
	CHECK(str_eq(y->reason, x->reason));
	CHECK(str_eq(y->failure, x->failure));
	CHECK_INT(y->outcome, OUTCOME_TRUNCATED);
	CHECK_INT(y->started_us, x->started_us);
	CHECK(memcmp(&y->timings, &x->timings, sizeof(x->timings)) == 0);
	CHECK_VIEW(headers_get(&y->request.headers, "X-Latin"), "\xe9\xff");
	CHECK_VIEW(headers_get(&y->request.trailers, "T"), "1");
	CHECK_VIEW(headers_get(&y->response.trailers, "Sum"), "x");
	CHECK(str_eq(
	    buf_str(&y->request.body.bytes), buf_str(&x->request.body.bytes)));
	CHECK(str_eq(buf_str(&y->response.body.bytes),
	    buf_str(&x->response.body.bytes)));
	CHECK_INT(y->request.minor, 0);
	CHECK_INT(y->request.framing, FRAMING_CHUNKED);
	CHECK_INT(y->response.framing, FRAMING_CLOSE);
	CHECK_INT(y->nchunks, 2);
	CHECK_INT(y->chunks[1].offset, 7);
	CHECK_INT(y->chunks[1].at_us, 1234567);
	CHECK_INT(y->interims->status, 103);
	CHECK_VIEW(y->server_addr, "[2001:db8::1]:443");
	CHECK_VIEW(y->client_addr, "127.0.0.1:5");
	CHECK_VIEW(y->connection, "17");
	CHECK_VIEW(y->session, "s");
	CHECK_VIEW(y->mode, "record");
	CHECK(str_eq(y->extra, x->extra));
	buf_free(&once);
	back_free(&b);
	exchange_free(x);
}

static void
sizes_tell_wire_from_content(void)
{
	struct exchange *x = plain();
	size_t wire;
	char text[200];

	field(&x->response, x, "Content-Encoding", STR("gzip"));
	coding_encode(STR("gzip"), STR("hello hello hello hello hello"),
	    &x->response.body.bytes);
	wire = x->response.body.size = x->response.body.bytes.n;
	snprintf(text, sizeof(text),
	    "\"size\": 29,\n      \"compression\": %d,\n      \"mimeType\": "
	    "\"\",\n      \"text\": \"hello hello hello hello hello\"",
	    29 - (int)wire);
	CHECK(writes(x, text));
}

static void
a_broken_coding_is_kept_as_it_is(void)
{
	struct exchange *x = plain();

	field(&x->response, x, "Content-Encoding", STR("gzip"));
	body_set(&x->response.body, STR("no gzip"));
	CHECK(writes(x, "\"size\": 7,\n      \"mimeType\": \"\",\n      "
			"\"text\": \"no gzip\"\n"));
}

static void
bytes_decide_between_text_and_base64(void)
{
	static const struct {
		struct str bytes;
		const char *text;
	} rows[] = {
		{ { "caf\xc3\xa9", 5 }, "\"text\": \"caf\xc3\xa9\"\n" },
		{ { "a\0b", 3 },
		    "\"text\": \"YQBi\",\n      \"encoding\": \"base64\"\n" },
		{ { "foo\xff\xff", 5 }, "\"text\": \"Zm9v//8=\"" },
		{ { "\xed\xa0\x80", 3 }, "\"text\": \"7aCA\"" },
		{ { "", 0 }, "\"text\": \"\"\n" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct exchange *x = plain();

		body_set(&x->response.body, rows[i].bytes);
		CHECK(writes(x, rows[i].text));
	}
}

static void
unknown_is_minus_one_and_never_negative_where_har_forbids(void)
{
	struct exchange *x = plain();

	CHECK(
	    writes(x, "\"timings\": {\n    \"blocked\": -1,\n    \"dns\": -1,"
		      "\n    \"connect\": -1,\n    \"ssl\": -1,\n    "
		      "\"send\": 0,\n    \"wait\": 0,\n    \"receive\": 0\n"));
}

static void
time_is_the_sum_without_ssl(void)
{
	struct exchange *x = plain();

	x->timings = (struct timings){ -1, 1000, 2000, 1500, 100, 30, 4 };
	CHECK(writes(x, "\"time\": 3.134,"));
}

static void
the_query_mirrors_the_url(void)
{
	struct exchange *x = plain();

	x->url = STR("http://a.test/?a=1&a=2&b=&c&%20=%2B+x&&%zz");
	CHECK(writes(x,
	    "\"queryString\": [\n"
	    "      {\n        \"name\": \"a\",\n        \"value\": \"1\"\n"
	    "      },\n"
	    "      {\n        \"name\": \"a\",\n        \"value\": \"2\"\n"
	    "      },\n"
	    "      {\n        \"name\": \"b\",\n        \"value\": \"\"\n"
	    "      },\n"
	    "      {\n        \"name\": \"c\",\n        \"value\": \"\"\n"
	    "      },\n"
	    "      {\n        \"name\": \" \",\n        \"value\": \"+ x\"\n"
	    "      },\n"
	    "      {\n        \"name\": \"%zz\",\n        \"value\": \"\"\n"
	    "      }\n"));
}

static void
cookies_are_listed_with_their_attributes(void)
{
	struct exchange *x = plain();

	field(&x->response, x, "set-cookie",
	    STR("n=\"v,1\"; path=/p; DOMAIN=d.test; secure; HttpOnly; "
		"SameSite=None; Expires=Fri, 02 Jan 2026 03:04:06 GMT"));
	CHECK(writes(x, "\"name\": \"n\",\n        \"value\": \"\\\"v,1\\\"\","
			"\n        \"path\": \"/p\",\n        \"domain\": "
			"\"d.test\",\n        \"expires\": "
			"\"2026-01-02T03:04:06.000Z\",\n        \"httpOnly\": "
			"true,\n        \"secure\": true,\n        "
			"\"sameSite\": \"None\"\n"));
	x = plain();
	field(&x->response, x, "Set-Cookie",
	    STR("a=b=c; Expires=Sat Sep 14 01:02:27 CET 2024"));
	CHECK(writes(x, "\"value\": \"b=c\",\n        \"httpOnly\": false"));
	x = plain();
	field(&x->response, x, "Set-Cookie", STR("a=b; Max-Age=60"));
	CHECK(writes(x, "\"expires\": \"2026-01-02T03:05:05.000Z\""));
}

static void
the_server_is_an_address_without_port(void)
{
	struct exchange *x = plain();

	x->server_addr = STR("192.0.2.1:80");
	CHECK(writes(x, "\"serverIPAddress\": \"192.0.2.1\""));
	x = plain();
	x->server_addr = STR("[::1]:80");
	CHECK(writes(x, "\"serverIPAddress\": \"::1\""));
	x = plain();
	x->server_addr = STR("::1");
	CHECK(writes(x, "\"serverIPAddress\": \"::1\""));
	x = plain();
	x->server_addr = STR("somewhere:80");
	CHECK(writes(x, "},\n  \"_hark\": {")); /* no such member */
}

static void
a_failed_exchange_has_status_zero_and_its_error(void)
{
	struct exchange *x = plain();

	x->status = 0;
	x->reason = STR("");
	x->outcome = OUTCOME_REFUSED;
	x->failure = STR("connect: refused");
	CHECK(writes(x, "\"bodySize\": -1,\n    \"_error\": \"connect: "
			"refused\"\n"));
}

static void
an_unknown_body_has_no_text(void)
{
	struct exchange *x = plain();

	x->response.body.known = false;
	x->response.body.size = 5;
	CHECK(writes(x, "\"content\": {\n      \"size\": 5,\n      "
			"\"mimeType\": \"\"\n    }"));
}

static void
a_redirect_names_its_target(void)
{
	struct exchange *x = plain();

	x->status = 302;
	field(&x->response, x, "Location", STR("/there"));
	CHECK(writes(x, "\"redirectURL\": \"/there\""));
}

/* Fixtures are edited by hand: what is seen counts, not its wire bytes. */
static void
an_edited_text_is_encoded_anew(void)
{
	struct exchange *list[] = { rich() };
	struct buf file = file_of(list, 1), out = { 0 };
	char *at = strstr(buf_text(&file), "hello hello");
	struct back b;

	CHECK(at != NULL);
	memcpy(at, "HELLO", 5);
	b = read_back(buf_str(&file));
	CHECK_INT(b.notes, 1);
	CHECK_STR(b.note, "/log/entries/0/response/content: edited since hark "
			  "wrote it");
	CHECK_INT(coding_decode(STR("gzip"),
		      buf_str(&b.list[0]->response.body.bytes), 1000, &out),
	    CODING_DONE);
	CHECK_VIEW(buf_str(&out), "HELLO hello hello hello hello");
	buf_free(&file);
	buf_free(&out);
	back_free(&b);
	exchange_free(list[0]);
}

/*
 * Bodies that are only in the store
 */

#define LONG_BODY 700000u

static int64_t
read_stored(
    void *arg, int64_t id, uint64_t at, void *p, size_t n, struct err *e)
{
	const struct buf *kept = arg;
	struct str bytes = buf_str(&kept[id]);

	(void)e;
	if (n > bytes.n - at)
		n = bytes.n - at;
	memcpy(p, bytes.p + at, n);
	return (int64_t)n;
}

/* x as a HAR, its bodies read from kept where they have an id. */
static struct buf
file_with(const struct exchange *x, struct buf *kept)
{
	struct har_write_options options = {
		.version = "9", .read_body = read_stored, .arg = kept
	};
	struct buf out = { 0 };
	struct har_write *h = har_write_open(write_to, &out, &options);
	struct err e;

	har_write_entry(h, x);
	CHECK_INT(har_write_close(h, &e), 0);
	return out;
}

static void
move_to_store(struct body *b, struct buf *kept, int64_t id)
{
	kept[id] = b->bytes;
	b->bytes = (struct buf){ 0 };
	b->stored_id = id;
}

/* A body of LONG_BODY bytes: text or not, and in that coding. */
static struct exchange *
with_long_bodies(bool binary, const char *coding)
{
	struct exchange *x = plain();
	struct buf bytes = { 0 };
	uint32_t i;

	for (i = 0; bytes.n < LONG_BODY; i++)
		buf_addf(&bytes, "%u \xe2\x82\xac\"\n", i * 2654435761u);
	if (binary)
		buf_add(&bytes, "", 1);
	body_set(&x->request.body, buf_str(&bytes));
	if (coding[0] != '\0')
		field(&x->response, x, "Content-Encoding", str_of(coding));
	coding_encode(str_of(coding), buf_str(&bytes), &x->response.body.bytes);
	x->response.body.size = x->response.body.bytes.n;
	buf_free(&bytes);
	return x;
}

static void
a_stored_body_is_written_as_one_in_memory(void)
{
	static const char *const codings[] = { "", "gzip", "br", "zstd, gzip",
		"foo" };
	struct buf memory, stored, kept[3] = { { 0 } };
	struct exchange *x;
	size_t i;

	for (i = 0; i < 10; i++) {
		const char *coding = codings[i / 2];

		x = with_long_bodies(
		    i % 2 == 1, strcmp(coding, "foo") == 0 ? "" : coding);
		if (strcmp(coding, "foo") == 0)
			field(&x->response, x, "Content-Encoding", STR("foo"));
		memory = file_with(x, NULL);
		move_to_store(&x->request.body, kept, 1);
		move_to_store(&x->response.body, kept, 2);
		stored = file_with(x, kept);
		CHECK(str_eq(buf_str(&stored), buf_str(&memory)));
		CHECK(strstr(buf_text(&stored), "\"known\"") == NULL);
		exchange_free(x);
		buf_free(&kept[1]);
		buf_free(&kept[2]);
		buf_free(&memory);
		buf_free(&stored);
	}
}

static void
a_short_body_may_decode_to_more_than_memory_holds(void)
{
	struct exchange *x = plain();
	struct buf zeros = { 0 }, har, again;
	struct back b;

	buf_reserve(&zeros, HAR_IN_MEMORY + 1);
	memset(zeros.p, '0', HAR_IN_MEMORY + 1);
	zeros.n = HAR_IN_MEMORY + 1;
	field(&x->response, x, "Content-Encoding", STR("gzip"));
	coding_encode(STR("gzip"), buf_str(&zeros), &x->response.body.bytes);
	x->response.body.size = x->response.body.bytes.n;
	har = file_with(x, NULL);
	CHECK(strstr(buf_text(&har), "\"size\": 8388609,") != NULL);
	b = read_back(buf_str(&har));
	CHECK_INT(b.notes, 0);
	CHECK_INT(b.n, 1);
	CHECK(str_eq(buf_str(&b.list[0]->response.body.bytes),
	    buf_str(&x->response.body.bytes)));
	again = file_with(b.list[0], NULL);
	CHECK(str_eq(buf_str(&har), buf_str(&again)));
	exchange_free(b.list[0]);
	exchange_free(x);
	buf_free(&zeros);
	buf_free(&har);
	buf_free(&again);
}

static void
a_stored_body_that_nobody_reads_is_unknown(void)
{
	struct exchange *x = plain();

	x->response.body.stored_id = 5;
	x->response.body.size = 77;
	CHECK(writes(x, "\"known\": false,\n      \"size\": 77"));
}

RUN(TEST(an_empty_tape_is_a_har_too),
    TEST(what_is_read_back_is_written_the_same),
    TEST(everything_comes_back_exactly), TEST(sizes_tell_wire_from_content),
    TEST(a_broken_coding_is_kept_as_it_is),
    TEST(bytes_decide_between_text_and_base64),
    TEST(unknown_is_minus_one_and_never_negative_where_har_forbids),
    TEST(time_is_the_sum_without_ssl), TEST(the_query_mirrors_the_url),
    TEST(cookies_are_listed_with_their_attributes),
    TEST(the_server_is_an_address_without_port),
    TEST(a_failed_exchange_has_status_zero_and_its_error),
    TEST(an_unknown_body_has_no_text), TEST(a_redirect_names_its_target),
    TEST(an_edited_text_is_encoded_anew),
    TEST(a_stored_body_is_written_as_one_in_memory),
    TEST(a_short_body_may_decode_to_more_than_memory_holds),
    TEST(a_stored_body_that_nobody_reads_is_unknown))
