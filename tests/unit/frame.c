#include "config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "har/exchange.h"
#include "har/frame.h"

#include "tests/unit/tap.h"

static const char *
line_of(const struct frame *f)
{
	static struct buf out;

	out.n = 0;
	frame_write(&out, f);
	return buf_text(&out);
}

static void
text_stands_as_it_is_and_the_rest_in_base64(void)
{
	static const struct {
		struct frame f;
		const char *line;
	} rows[] = {
		{ { true, FRAME_TEXT, 1767323045000001, STR("h\"i\n"), 4 },
		    "{\"type\":\"send\",\"time\":1767323045.000001,"
		    "\"opcode\":1,\"data\":\"h\\\"i\\n\"}\n" },
		{ { false, FRAME_BINARY, -1, STR("\0\1\xff"), 3 },
		    "{\"type\":\"receive\",\"time\":-1,\"opcode\":2,"
		    "\"data\":\"AAH/\"}\n" },
		{ { false, FRAME_TEXT, 0, STR("\xff"), 1 },
		    "{\"type\":\"receive\",\"time\":0.000000,\"opcode\":1,"
		    "\"data\":\"/w==\",\"_encoding\":\"base64\"}\n" },
		{ { false, FRAME_TEXT, 0, STR("abc"), 10 },
		    "{\"type\":\"receive\",\"time\":0.000000,\"opcode\":1,"
		    "\"data\":\"abc\",\"_size\":10}\n" },
	};
	struct buf scratch = { 0 };
	struct frame f;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_STR(line_of(&rows[i].f), rows[i].line);
		CHECK_INT(frame_read(str_of(rows[i].line), &f, &scratch), 0);
		CHECK_INT(f.sent, rows[i].f.sent);
		CHECK_INT(f.opcode, rows[i].f.opcode);
		CHECK_INT(f.at_us, rows[i].f.at_us);
		CHECK_INT(f.size, rows[i].f.size);
		CHECK(str_eq(f.data, rows[i].f.data));
	}
	buf_free(&scratch);
}

static void
lines_of_other_producers_are_read(void)
{
	static const struct {
		const char *line;
		int64_t at_us;
		const char *data; /* NULL: it is no message */
	} rows[] = {
		{ "{\"type\":\"send\",\"time\":1795200527639.134,\"opcode\":1,"
		  "\"data\":\"x\"}",
		    1795200527639134, "x" },
		{ "{\"data\":\"x\",\"more\":{\"a\":[1]},\"type\":\"receive\"}",
		    -1, "x" },
		{ "{\"type\":\"send\",\"time\":1e400,\"data\":\"\"}", -1, "" },
		{ "{\"type\":\"error\",\"data\":\"x\"}", 0, NULL },
		{ "{\"type\":\"send\",\"opcode\":2,\"data\":\"?\"}", 0, NULL },
		{ "{\"type\":\"send\",", 0, NULL },
		{ "[]", 0, NULL },
		{ "", 0, NULL },
	};
	struct buf scratch = { 0 };
	struct frame f;
	size_t i;
	int r;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		r = frame_read(str_of(rows[i].line), &f, &scratch);
		CHECK_INT(r, rows[i].data != NULL ? 0 : -1);
		if (r == -1)
			continue;
		CHECK_VIEW(f.data, rows[i].data);
		CHECK_INT(f.at_us, rows[i].at_us);
	}
	buf_free(&scratch);
}

static void
a_socket_is_told_by_its_url_or_its_fields(void)
{
	static const struct {
		int status;
		const char *url, *upgrade;
		bool asked, socket;
	} rows[] = {
		{ 101, "ws://a/", NULL, true, true },
		{ 101, "wss://a/", NULL, true, true },
		{ 101, "http://a/", "websocket", true, true },
		{ 403, "http://a/", "WebSocket", true, false },
		{ 101, "http://a/", "h2c", false, false },
		{ 101, "http://a/", NULL, false, false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct exchange *x = exchange_new();

		x->method = STR("GET");
		x->status = rows[i].status;
		x->url = str_of(rows[i].url);
		headers_add(&x->request.headers, &x->arena, STR("Connection"),
		    STR("keep-alive, Upgrade"));
		if (rows[i].upgrade != NULL)
			headers_add(&x->request.headers, &x->arena,
			    STR("Upgrade"), str_of(rows[i].upgrade));
		CHECK_INT(frame_asked(x), rows[i].asked);
		CHECK_INT(frame_socket(x), rows[i].socket);
		exchange_free(x);
	}
}

RUN(TEST(text_stands_as_it_is_and_the_rest_in_base64),
    TEST(lines_of_other_producers_are_read),
    TEST(a_socket_is_told_by_its_url_or_its_fields))
