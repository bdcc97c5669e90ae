#include "config.h"

#include <stdlib.h>

#include "gateway/h2_head.h"

#include "tests/unit/tap.h"

static const struct http1_limits limits = {
	.line = 1000,
	.head = 300,
	.fields = 6,
};

/* "name=value" each, NULL at the end; gives the fault, *text is what became of
 * it. */
static enum h2_head_fault
request(const char *const *fields, bool empty, struct buf *text)
{
	struct h2_head h = { 0 };
	enum h2_head_fault fault;
	const char *cut;

	h2_head_begin(&h, &limits, H2_REQUEST);
	for (; *fields != NULL; fields++) {
		cut = strchr(*fields, '=');
		h2_head_add(&h,
		    (struct str){ *fields, (size_t)(cut - *fields) },
		    str_of(cut + 1));
	}
	text->n = 0;
	fault = h2_head_request(&h, empty, text);
	h2_head_fini(&h);
	return fault;
}

#define PSEUDO ":method=GET", ":scheme=https", ":authority=a.test", ":path=/b"

static void
a_section_is_the_head_of_a_request_in_HTTP_1(void)
{
	static const struct {
		const char *fields[9];
		bool empty;
		const char *text;
	} rows[] = {
		{ { PSEUDO, "x-a=1", "te=trailers" }, true,
		    "GET /b HTTP/1.1\r\nhost: a.test\r\nx-a: 1\r\n"
		    "te: trailers\r\n\r\n" },
		{ { PSEUDO, "cookie=a=1", "x=y", "cookie=b=2" }, true,
		    "GET /b HTTP/1.1\r\nhost: a.test\r\nx: y\r\n"
		    "cookie: a=1; b=2\r\n\r\n" },
		{ { ":method=PUT", ":path=/", ":scheme=https", "host=h" },
		    false,
		    "PUT / HTTP/1.1\r\nhost: h\r\n"
		    "transfer-encoding: chunked\r\n\r\n" },
		{ { PSEUDO, "host=A.test", "content-length=3" }, false,
		    "GET /b HTTP/1.1\r\nhost: a.test\r\n"
		    "content-length: 3\r\n\r\n" },
		{ { ":method=GET", ":scheme=http", ":authority=o.test",
		      ":path=/p" },
		    true,
		    "GET http://o.test/p HTTP/1.1\r\nhost: o.test\r\n\r\n" },
		{ { ":method=OPTIONS", ":scheme=https", ":authority=a",
		      ":path=*" },
		    true, "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n" },
	};
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_INT(request(rows[i].fields, rows[i].empty, &text),
		    H2_HEAD_NONE);
		CHECK_STR(buf_text(&text), rows[i].text);
	}
	buf_free(&text);
}

static void
what_another_reader_could_see_otherwise_is_refused(void)
{
	static const struct {
		const char *fields[12];
		enum h2_head_fault fault;
	} rows[] = {
		{ { PSEUDO, "X-A=1" }, H2_HEAD_NAME },
		{ { PSEUDO, "x a=1" }, H2_HEAD_NAME },
		{ { PSEUDO, "x:=1" }, H2_HEAD_NAME },
		{ { PSEUDO, "=1" }, H2_HEAD_NAME },
		{ { PSEUDO, "x=a\r\nb: c" }, H2_HEAD_VALUE },
		{ { PSEUDO, "x=a\nb" }, H2_HEAD_VALUE },
		{ { PSEUDO, "x=a\x7f" }, H2_HEAD_VALUE },
		{ { PSEUDO, "x= a" }, H2_HEAD_VALUE },
		{ { PSEUDO, "x=a\t" }, H2_HEAD_VALUE },
		{ { PSEUDO, "connection=close" }, H2_HEAD_CONNECTION },
		{ { PSEUDO, "transfer-encoding=chunked" }, H2_HEAD_CONNECTION },
		{ { PSEUDO, "upgrade=h2c" }, H2_HEAD_CONNECTION },
		{ { PSEUDO, "keep-alive=1" }, H2_HEAD_CONNECTION },
		{ { PSEUDO, "te=gzip" }, H2_HEAD_CONNECTION },
		{ { PSEUDO, "host=b.test" }, H2_HEAD_AUTHORITY },
		{ { ":method=GET", ":scheme=https", ":path=/", "host=a",
		      "host=a" },
		    H2_HEAD_AUTHORITY },
		{ { PSEUDO, ":path=/c" }, H2_HEAD_PSEUDO },
		{ { PSEUDO, ":protocol=websocket" }, H2_HEAD_PSEUDO },
		{ { PSEUDO, ":status=200" }, H2_HEAD_PSEUDO },
		{ { ":method=GET", "x=y", ":scheme=https", ":path=/" },
		    H2_HEAD_PSEUDO },
		{ { ":method=GET", "cookie=y", ":scheme=https", ":path=/" },
		    H2_HEAD_PSEUDO },
		{ { ":method=GET /x", ":scheme=https", ":path=/" },
		    H2_HEAD_PSEUDO },
		{ { ":method=GET", ":scheme=https", ":path=/ HTTP/1.0" },
		    H2_HEAD_PSEUDO },
		{ { ":method=GET", ":scheme=https", ":path=b" },
		    H2_HEAD_PSEUDO },
		{ { ":method=GET", ":scheme=https", ":path=" },
		    H2_HEAD_PSEUDO },
		{ { ":method=GET", ":scheme=https" }, H2_HEAD_MISSING },
		{ { ":method=GET", ":path=/" }, H2_HEAD_MISSING },
		{ { ":method=", ":scheme=https", ":path=/" }, H2_HEAD_MISSING },
		{ { ":method=GET", ":scheme=ftp", ":path=/" }, H2_HEAD_SCHEME },
		{ { PSEUDO, "a=1", "b=1", "c=1", "d=1", "e=1", "f=1", "g=1" },
		    H2_HEAD_NONE },
	};
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_INT(request(rows[i].fields, true, &text), rows[i].fault);
		if (rows[i].fault != H2_HEAD_NONE)
			CHECK_INT(text.n, 0);
	}
	buf_free(&text);
}

static void
fields_are_limited_in_number_and_length(void)
{
	struct h2_head h = { 0 };
	struct buf text = { 0 };
	char value[200];
	int i;

	memset(value, 'v', sizeof(value));
	h2_head_begin(&h, &limits, H2_REQUEST);
	for (i = 0; i < 100000; i++)
		h2_head_add(&h, STR("a"), STR(""));
	CHECK_INT(h2_head_request(&h, true, &text), H2_HEAD_MANY);
	CHECK(h.lines.cap < 1000);
	h2_head_begin(&h, &limits, H2_REQUEST);
	for (i = 0; i < 2; i++)
		h2_head_add(&h, STR("a"), (struct str){ value, sizeof(value) });
	CHECK_INT(h2_head_request(&h, true, &text), H2_HEAD_LONG);
	CHECK_INT(h2_head_status(H2_HEAD_LONG), 431);
	h2_head_fini(&h);
	buf_free(&text);
}

static void
trailers_have_no_pseudo_header_fields(void)
{
	struct h2_head h = { 0 };
	struct buf lines = { 0 };

	h2_head_begin(&h, &limits, H2_TRAILERS);
	h2_head_add(&h, STR("x-sum"), STR("1"));
	h2_head_add(&h, STR("cookie"), STR("a"));
	CHECK_INT(h2_head_trailers(&h, &lines), H2_HEAD_NONE);
	CHECK_STR(buf_text(&lines), "x-sum: 1\r\ncookie: a\r\n");
	h2_head_begin(&h, &limits, H2_TRAILERS);
	h2_head_add(&h, STR(":path"), STR("/"));
	CHECK_INT(h2_head_trailers(&h, &lines), H2_HEAD_PSEUDO);
	h2_head_fini(&h);
	buf_free(&lines);
}

static void
a_status_is_three_digits(void)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = { { "200", 200 }, { "103", 103 }, { "099", -1 },
		{ "600", -1 }, { "20", -1 }, { "2000", -1 }, { "2x0", -1 } };
	struct h2_head h = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		h2_head_begin(&h, &limits, H2_REQUEST);
		h2_head_add(&h, STR(":status"), str_of(rows[i].text));
		CHECK_INT(h2_head_code(&h), rows[i].code);
	}
	h2_head_fini(&h);
}

static void
connection_specific_fields_have_no_place(void)
{
	static const struct {
		const char *name, *value;
		bool keeps;
	} rows[] = { { "Connection", "X-Hop", false },
		{ "Transfer-Encoding", "chunked", false },
		{ "Keep-Alive", "1", false }, { "Upgrade", "h2c", false },
		{ "Host", "a", false }, { "TE", "gzip", false },
		{ "X-Hop", "1", false }, { "TE", "trailers", true },
		{ "X-A", "1", true }, { "Content-Length", "1", true },
		{ "Proxy-Authenticate", "Basic", true } };
	struct arena a = { 0 };
	struct headers all = { 0 };
	char name[8];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		headers_add(
		    &all, &a, str_of(rows[i].name), str_of(rows[i].value));
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_INT(h2_head_keeps(&all, &all.v[i]), rows[i].keeps);
	CHECK(str_is(h2_head_name(name, STR("X-AbZ1")), "x-abz1"));
	arena_fini(&a);
}

RUN(TEST(a_section_is_the_head_of_a_request_in_HTTP_1),
    TEST(what_another_reader_could_see_otherwise_is_refused),
    TEST(fields_are_limited_in_number_and_length),
    TEST(trailers_have_no_pseudo_header_fields), TEST(a_status_is_three_digits),
    TEST(connection_specific_fields_have_no_place))
