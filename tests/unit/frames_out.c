#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "gateway/frames_out.h"
#include "har/frame.h"

#include "tests/unit/tap.h"

#define BEGAN_US 1000000000

static const char *
shown(const struct frame *f)
{
	static struct buf lines, out;

	lines.n = out.n = 0;
	frame_write(&lines, f);
	frames_out_add(&out, buf_str(&lines), BEGAN_US);
	return buf_text(&out);
}

static void
each_kind_of_message_is_a_line(void)
{
	static const struct {
		struct frame f;
		const char *line;
	} rows[] = {
		{ { true, FRAME_TEXT, BEGAN_US + 1234567, STR("hi\33"), 3 },
		    "   1.234 s > hi\\x1b\n" },
		{ { false, FRAME_TEXT, -1, STR("hi"), 2 },
		    "           < hi\n" },
		{ { false, FRAME_TEXT, BEGAN_US - 1, STR("hi"), 2 },
		    "           < hi\n" },
		{ { false, FRAME_TEXT, BEGAN_US, STR("abc"), 10 },
		    "   0.000 s < abc (of 10 bytes)\n" },
		{ { false, FRAME_BINARY, BEGAN_US, STR("\0\1\xff"), 3 },
		    "   0.000 s < (3 bytes) 00 01 ff\n" },
		{ { true, FRAME_BINARY, BEGAN_US,
		      STR("aaaaaaaaaaaaaaaaaaaaaaaab"), 25 },
		    "   0.000 s > (25 bytes) 61 61 61 61 61 61 61 61 61 61 61 "
		    "61 61 61 61 61 61 61 61 61 61 61 61 61 ...\n" },
		{ { true, FRAME_PING, BEGAN_US, STR("x"), 1 },
		    "   0.000 s > Ping\n" },
		{ { false, FRAME_PONG, BEGAN_US, STR("x"), 1 },
		    "   0.000 s < Pong\n" },
		{ { true, FRAME_CLOSE, BEGAN_US, STR("\3\350bye"), 5 },
		    "   0.000 s > Close 1000 bye\n" },
		{ { true, FRAME_CLOSE, BEGAN_US, STR(""), 0 },
		    "   0.000 s > Close\n" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_STR(shown(&rows[i].f), rows[i].line);
}

static void
a_long_text_is_cut_between_letters(void)
{
	struct buf text = { 0 };
	struct frame f = { true, FRAME_TEXT, BEGAN_US, { 0 }, 0 };
	const char *line;
	int i;

	for (i = 0; i < 399; i++)
		buf_add_text(&text, "a");
	buf_add_text(&text, "\xc3\xa9 and so on");
	f.data = buf_str(&text);
	f.size = f.data.n;
	line = shown(&f);
	CHECK(strstr(line, "aa ... and 12 bytes more\n") != NULL);
	CHECK(strstr(line, "\xc3") == NULL);
	buf_free(&text);
}

static void
a_thousand_are_shown_and_what_is_none_is_left_out(void)
{
	struct frame f = { true, FRAME_TEXT, BEGAN_US, STR("one"), 3 };
	struct buf lines = { 0 }, out = { 0 };
	struct str rest, line;
	int i, n = 0;

	buf_add_text(&lines, "no line of a message\n");
	for (i = 0; i < 1003; i++)
		frame_write(&lines, &f);
	frames_out_add(&out, buf_str(&lines), BEGAN_US);
	for (rest = buf_str(&out); str_cut(&rest, '\n', &line) && rest.n > 0;)
		n++;
	CHECK_INT(n, 1000);
	CHECK(strstr(buf_text(&out), "\n... and 3 messages more\n") != NULL);
	buf_free(&lines);
	buf_free(&out);
}

RUN(TEST(each_kind_of_message_is_a_line),
    TEST(a_long_text_is_cut_between_letters),
    TEST(a_thousand_are_shown_and_what_is_none_is_left_out))
