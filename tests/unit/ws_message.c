#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/http1.h"
#include "gateway/ws_handshake.h"
#include "gateway/ws_message.h"

#include "tests/unit/tap.h"

/*
 * Most cases are bytes in tables.  told() reads them both as a whole and byte
 * by byte and insists that the two agree, so that every case tests that it
 * does not matter how the bytes arrive.
 */

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MOST 70000

static const struct ws_deflate plain,
    shared = { .on = true },
    own = { .on = true, .client_own = true, .server_own = true };

struct reading {
	bool from_client;
	bool watches;
	size_t most;
	const struct ws_deflate *deflate;
};

static const struct reading client = { true, false, MOST, &plain },
			    server = { false, false, MOST, &plain };

/* "1:text 9:ping 8:1000:bye" and "!reason" when there is a fault. */
static void
tell(struct buf *out, const struct ws_message *m)
{
	buf_addf(out, "%s%d:", out->n > 0 ? " " : "", (int)m->opcode);
	if (m->opcode == WS_CLOSE)
		buf_addf(out, "%u:", m->code);
	if (m->payload.n > 40)
		buf_addf(out, "%c*%zu", m->payload.p[0], m->payload.n);
	else
		buf_add_str(out, m->payload);
	if (m->size != m->payload.n && m->opcode != WS_CLOSE)
		buf_addf(out, "/%llu", (unsigned long long)m->size);
}

static void
read_pieces(
    const struct reading *how, struct str bytes, size_t step, struct buf *out)
{
	struct ws_message_reader r;
	struct ws_message m;
	enum ws_fault fault = WS_FAULT_NONE;
	enum ws_step done = WS_MORE;
	size_t used, n, at;
	char *piece;

	ws_message_start(&r, how->from_client, how->most, how->deflate);
	if (how->watches)
		ws_message_watch(&r);
	for (at = 0; at < bytes.n && done != WS_FAULTY; at += n) {
		n = step == 0 || step > bytes.n - at ? bytes.n - at : step;
		piece = xmalloc(n);
		memcpy(piece, bytes.p + at, n);
		for (size_t from = 0; from < n && done != WS_FAULTY;
		     from += used) {
			done = ws_message_read(
			    &r, piece + from, n - from, &used, &m, &fault);
			if (done == WS_DONE)
				tell(out, &m);
			else if (done == WS_MORE)
				CHECK_INT(used, n - from);
		}
		free(piece);
	}
	if (done == WS_FAULTY)
		buf_addf(
		    out, "%s!%s", out->n > 0 ? " " : "", ws_fault_text(fault));
	ws_message_fini(&r);
}

static void
check_told(const struct reading *how, struct str bytes, const char *want)
{
	struct buf whole = { 0 }, cut = { 0 };

	read_pieces(how, bytes, 0, &whole);
	read_pieces(how, bytes, 1, &cut);
	CHECK_STR(buf_text(&whole), want);
	CHECK_STR(buf_text(&cut), want);
	buf_free(&whole);
	buf_free(&cut);
}

struct row {
	struct str bytes;
	const char *want;
};

static void
check_rows(const struct reading *how, const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		check_told(how, rows[i].bytes, rows[i].want);
}

/* The examples of RFC 6455 section 5.7. */
static void
the_frames_of_the_standard_are_read(void)
{
	static const struct row rows[] = {
		{ STR("\x81\x05Hello"), "1:Hello" },
		{ STR("\x01\x03Hel\x80\x02lo"), "1:Hello" },
		{ STR("\x89\x05Hello"), "9:Hello" },
		{ STR("\x81\x00"), "1:" },
		{ STR("\x88\x00"), "8:1005:" },
		{ STR("\x88\x05\x03\xe8"
		      "bye"),
		    "8:1000:bye" },
	};

	check_rows(&server, rows, COUNT(rows));
	check_told(&client, STR("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
	    "1:Hello");
}

static void
control_frames_come_between_fragments(void)
{
	check_told(&server,
	    STR("\x01\x03Hel\x89\x01p\x00\x01l\x8a\x00\x80\x01o"),
	    "9:p 10: 1:Hello");
}

static void
masks_go_on_from_piece_to_piece_and_begin_anew_in_each_frame(void)
{
	check_told(&client,
	    STR("\x02\x83\x01\x02\x03\x04"
		"``\x60"
		"\x80\x82\x10\x20\x30\x40"
		"qB"),
	    "2:abcab");
}

static void
what_the_framing_forbids_is_refused(void)
{
	static const struct row rows[] = {
		{ STR("\xc1\x00"), "!a reserved bit is set" },
		{ STR("\xa1\x00"), "!a reserved bit is set" },
		{ STR("\x91\x00"), "!a reserved bit is set" },
		{ STR("\x83\x00"), "!a reserved opcode" },
		{ STR("\x8b\x00"), "!a reserved opcode" },
		{ STR("\x81\x80"), "!a server's frame is masked" },
		{ STR("\x09\x00"), "!a fragmented control frame" },
		{ STR("\x89\x7e"), "!a control frame of more than 125 bytes" },
		{ STR("\x80\x00"), "!a continuation of no message" },
		{ STR("\x01\x01x\x81\x00"),
		    "!a message begins in another one" },
		{ STR("\x81\x7e\x00\x7d"), "!a payload length that is not in "
					   "its shortest form" },
		{ STR("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"),
		    "!a payload length that is not in its shortest form" },
		{ STR("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00"),
		    "!a payload length that is not in its shortest form" },
		{ STR("\x88\x01x"), "!a Close of one byte" },
		{ STR("\x88\x00\x81\x00"), "8:1005: !a frame after Close" },
		{ STR("\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x71"),
		    "!a message over the limit" },
		{ STR("\x81\x01"
		      "a\x80\x01"
		      "b"),
		    "1:a !a continuation of no message" },
	};

	check_rows(&server, rows, COUNT(rows));
	check_told(
	    &client, STR("\x81\x01x"), "!a client's frame is not masked");
}

static void
only_codes_that_may_be_sent_are_taken(void)
{
	static const struct {
		unsigned code;
		bool good;
	} rows[] = { { 0, false }, { 999, false }, { 1000, true },
		{ 1003, true }, { 1004, false }, { 1005, false },
		{ 1006, false }, { 1007, true }, { 1011, true }, { 1014, true },
		{ 1015, false }, { 1016, false }, { 2999, false },
		{ 3000, true }, { 4999, true }, { 5000, false },
		{ 65535, false } };
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct buf bytes = { 0 }, want = { 0 };

		ws_message_close(&bytes,
		    rows[i].code == WS_CODE_NONE ? 1006 : rows[i].code,
		    STR("x"), NULL);
		buf_addf(&want,
		    rows[i].good ? "8:%u:x"
				 : "!a close code that is not to be sent",
		    rows[i].code);
		check_told(&server, buf_str(&bytes), buf_text(&want));
		CHECK_INT(ws_message_code(rows[i].code), rows[i].good);
		buf_free(&bytes);
		buf_free(&want);
	}
}

static void
text_is_utf8_also_across_fragments(void)
{
	static const struct row rows[] = {
		{ STR("\x01\x01\xc3\x80\x01\xa9"), "1:\xc3\xa9" },
		{ STR("\x81\x02\xc0\x80"), "!text that is not UTF-8" },
		{ STR("\x81\x03\xed\xa0\x80"), "!text that is not UTF-8" },
		{ STR("\x81\x01\xc3"), "!text that is not UTF-8" },
		{ STR("\x82\x01\xc3"), "2:\xc3" },
		{ STR("\x88\x03\x03\xe8\xff"), "!text that is not UTF-8" },
	};

	check_rows(&server, rows, COUNT(rows));
}

/* The examples of RFC 7692 section 7.2.3. */
static void
compressed_messages_are_expanded(void)
{
	static const struct row rows[] = {
		{ STR("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"), "1:Hello" },
		{ STR("\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00"),
		    "1:Hello" },
		{ STR("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"
		      "\xc1\x05\xf2\x00\x11\x00\x00"),
		    "1:Hello 1:Hello" },
		{ STR("\xc1\x0b\x00\x05\x00\xfa\xffHello\x00"), "1:Hello" },
		{ STR("\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "1:Hello" },
		{ STR("\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"
		      "\xc1\x05\xf2\x00\x11\x00\x00"),
		    "1:Hello 1:Hello" },
		{ STR("\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9"
		      "\x07\x00"),
		    "1:Hello" },
		{ STR("\xc1\x01\x00"), "1:" },
		{ STR("\x81\x05Hello"), "1:Hello" },
		{ STR("\xc9\x00"), "!a reserved bit is set" },
		{ STR("\x41\x01\xf2\xc0\x00"), "!a reserved bit is set" },
		{ STR("\xc1\x02\x06\x00"),
		    "!compressed bytes that cannot be expanded" },
	};
	const struct reading how = { false, false, MOST, &shared };
	const struct reading each = { false, false, MOST, &own };

	check_rows(&how, rows, COUNT(rows));
	check_told(&each, rows[0].bytes, "1:Hello");
	check_told(&each, rows[2].bytes,
	    "1:Hello !compressed bytes that cannot be expanded");
}

/* 100 KiB of "a" in few bytes: deflated blocks of one byte and copies. */
static void
what_expands_beyond_the_limit_is_refused(void)
{
	static const char packed[] = "\x4a\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00";
	const struct reading tight = { false, false, 100, &shared };
	struct buf bytes = { 0 };
	struct ws_frame f = { .opcode = WS_TEXT,
		.fin = true,
		.rsv1 = true,
		.length = sizeof(packed) - 1 };
	uint8_t head[WS_FRAME_HEAD];

	buf_add(&bytes, head, ws_frame_head(&f, head));
	buf_add(&bytes, packed, sizeof(packed) - 1);
	check_told(&tight, buf_str(&bytes), "!a message over the limit");
	buf_free(&bytes);
}

static void
who_only_looks_on_cuts_and_forgives(void)
{
	const struct reading how = { true, true, 3, &plain };
	static const struct row rows[] = {
		{ STR("\x82\x05Hello\x82\x01x"), "2:Hel/5 2:x" },
		{ STR("\x02\x02He\x80\x03llo"), "2:Hel/5" },
		{ STR("\x81\x01\xff"), "1:\xff" },
		{ STR("\x88\x02\x03\xee"), "8:1006:" },
	};

	check_rows(&how, rows, COUNT(rows));
}

static void
lengths_are_written_in_their_shortest_form(void)
{
	static const struct {
		size_t n, head;
	} rows[] = { { 0, 2 }, { 125, 2 }, { 126, 4 }, { 65535, 4 },
		{ 65536, 10 } };
	static const uint8_t mask[4] = { 1, 2, 3, 255 };
	struct buf payload = { 0 }, bytes = { 0 }, want = { 0 };
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		payload.n = bytes.n = want.n = 0;
		memset(buf_reserve(&payload, rows[i].n + 1), 'x', rows[i].n);
		payload.n = rows[i].n;
		buf_addf(&want, rows[i].n == 0 ? "2:" : "2:x*%zu", rows[i].n);
		ws_message_write(&bytes, WS_BINARY, buf_str(&payload), NULL);
		CHECK_INT(bytes.n, rows[i].n + rows[i].head);
		check_told(&server, buf_str(&bytes), buf_text(&want));
		bytes.n = 0;
		ws_message_write(&bytes, WS_BINARY, buf_str(&payload), mask);
		CHECK_INT(bytes.n, rows[i].n + rows[i].head + 4);
		check_told(&client, buf_str(&bytes), buf_text(&want));
	}
	buf_free(&payload);
	buf_free(&bytes);
	buf_free(&want);
}

static void
reasons_are_cut_between_characters(void)
{
	struct buf reason = { 0 }, bytes = { 0 };
	int i;

	for (i = 0; i < 70; i++)
		buf_add_text(&reason, "\xc3\xa9");
	ws_message_close(&bytes, 1011, buf_str(&reason), NULL);
	CHECK_INT(bytes.n, 2 + 2 + 122);
	check_told(&server, buf_str(&bytes), "8:1011:\xc3*122");
	bytes.n = 0;
	ws_message_close(&bytes, WS_CODE_NONE, STR("unsaid"), NULL);
	check_told(&server, buf_str(&bytes), "8:1005:");
	buf_free(&reason);
	buf_free(&bytes);
}

static void
the_key_of_the_standard_has_its_answer(void)
{
	char accept[WS_ACCEPT_BYTES];

	ws_handshake_accept(STR("dGhlIHNhbXBsZSBub25jZQ=="), accept);
	CHECK_STR(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static struct http1_head
head_of(const char *text, struct arena *a)
{
	static const struct http1_limits limits = { 8192, 65536, 100 };
	struct http1_head h = { 0 };
	enum http1_fault fault;
	size_t seen = 0;

	CHECK_INT(
	    http1_request(&h, a, text, strlen(text), &seen, &limits, &fault),
	    HTTP1_DONE);
	return h;
}

static void
a_request_for_a_socket_is_told_from_others(void)
{
	static const struct {
		const char *text;
		bool asks;
	} rows[] = {
		{ "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n"
		  "Connection: keep-alive, Upgrade\r\n\r\n",
		    true },
		{ "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c, websocket\r\n"
		  "Connection: upgrade\r\n\r\n",
		    true },
		{ "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
		    false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n"
		  "Connection: upgrade\r\n\r\n",
		    false },
		{ "POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
		  "Connection: upgrade\r\n\r\n",
		    false },
		{ "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
		  "Connection: upgrade\r\nContent-Length: 1\r\n\r\n",
		    false },
	};
	struct arena a = { 0 };
	struct http1_head h;
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		h = head_of(rows[i].text, &a);
		CHECK_INT(ws_handshake_asks(&h), rows[i].asks);
	}
	arena_fini(&a);
}

static void
key_and_version_are_checked(void)
{
	static const struct {
		struct str fields;
		int status; /* 0: nothing is wrong */
	} rows[] = {
		{ STR("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		      "Sec-WebSocket-Version: 13\r\n"),
		    0 },
		{ STR("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		      "Sec-WebSocket-Version: 8\r\n"),
		    426 },
		{ STR("Sec-WebSocket-Version: 13\r\n"), 400 },
		{ STR("Sec-WebSocket-Key: dGhl\r\n"
		      "Sec-WebSocket-Version: 13\r\n"),
		    400 },
		{ STR("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n"
		      "Sec-WebSocket-Version: 13\r\n"),
		    400 },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct arena a = { 0 };
		struct headers h = { 0 };
		int status;

		CHECK_INT(headers_parse(&h, &a, rows[i].fields), 0);
		if (ws_handshake_wrong(&h, &status) == NULL)
			status = 0;
		CHECK_INT(status, rows[i].status);
		arena_fini(&a);
	}
}

static void
extensions_are_those_that_were_agreed_on(void)
{
	static const struct {
		struct str fields;
		bool known, on, client_own, server_own;
	} rows[] = {
		{ STR(""), true, false, false, false },
		{ STR("Sec-WebSocket-Extensions: permessage-deflate\r\n"), true,
		    true, false, false },
		{ STR("Sec-WebSocket-Extensions: permessage-deflate; "
		      "server_no_context_takeover; client_max_window_bits=9"
		      "\r\n"),
		    true, true, false, true },
		{ STR("Sec-WebSocket-Extensions: permessage-deflate;"
		      "client_no_context_takeover\r\n"),
		    true, true, true, false },
		{ STR("Sec-WebSocket-Extensions: x-other\r\n"), false, false,
		    false, false },
		{ STR("Sec-WebSocket-Extensions: permessage-deflate; odd\r\n"),
		    false, true, false, false },
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		struct arena a = { 0 };
		struct ws_deflate d;
		struct headers h = { 0 };

		CHECK_INT(headers_parse(&h, &a, rows[i].fields), 0);
		CHECK_INT(ws_handshake_extensions(&h, &d), rows[i].known);
		CHECK_INT(d.on, rows[i].on);
		CHECK_INT(d.client_own, rows[i].client_own);
		CHECK_INT(d.server_own, rows[i].server_own);
		arena_fini(&a);
	}
}

RUN(TEST(the_frames_of_the_standard_are_read),
    TEST(control_frames_come_between_fragments),
    TEST(masks_go_on_from_piece_to_piece_and_begin_anew_in_each_frame),
    TEST(what_the_framing_forbids_is_refused),
    TEST(only_codes_that_may_be_sent_are_taken),
    TEST(text_is_utf8_also_across_fragments),
    TEST(compressed_messages_are_expanded),
    TEST(what_expands_beyond_the_limit_is_refused),
    TEST(who_only_looks_on_cuts_and_forgives),
    TEST(lengths_are_written_in_their_shortest_form),
    TEST(reasons_are_cut_between_characters),
    TEST(the_key_of_the_standard_has_its_answer),
    TEST(a_request_for_a_socket_is_told_from_others),
    TEST(key_and_version_are_checked),
    TEST(extensions_are_those_that_were_agreed_on))
