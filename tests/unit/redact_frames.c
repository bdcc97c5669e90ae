#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/exchange.h"
#include "har/feed.h"
#include "har/frame.h"
#include "har/har_read.h"
#include "har/spool.h"
#include "recorder/redact_priv.h"
#include "recorder/rules.h"

#include "tap.h"

static struct err e;
static struct rules *rules;
static struct redactor *redactor;
static struct redaction redaction;

static void
begin(void)
{
	static const struct rules_request q = { { "GET", 3 }, { "", 0 },
		{ "/ws", 3 } };

	rules = rules_new();
	redactor = redactor_new(STR("a key for tests"), rules);
	redaction_begin(&redaction, redactor, &q);
}

static void
end(void)
{
	redaction_end(&redaction);
	redactor_free(redactor);
	rules_free(rules);
}

static void
say(struct buf *out, int64_t opcode, const char *text)
{
	struct str s = str_of(text);

	frame_write(
	    out, &(struct frame){
		     .opcode = opcode, .at_us = -1, .data = s, .size = s.n });
}

#define SECRET "{\"password\":\"correct horse\",\"n\":1}"

/* Three messages, of which the middle one has a secret. */
static void
talk(struct buf *out)
{
	say(out, FRAME_TEXT, "before");
	say(out, FRAME_TEXT, SECRET);
	say(out, FRAME_BINARY, "\x01\x02");
}

/* What it says, and that there are n lines without the secret. */
static void
clean(const struct body *b, int n)
{
	struct feed *f = body_feed(b);
	struct buf all = { 0 }, scratch = { 0 };
	struct str piece, rest, line;
	struct frame frame;
	int r, lines = 0;

	while ((r = feed_next(f, &piece, &e)) == 1)
		buf_add_str(&all, piece);
	CHECK_INT(r, 0);
	feed_free(f);
	CHECK_INT(all.n, b->size);
	CHECK(memmem(all.p, all.n, "correct horse", 13) == NULL);
	rest = buf_str(&all);
	while (rest.n > 0 && str_cut(&rest, '\n', &line)) {
		CHECK_INT(frame_read(line, &frame, &scratch), 0);
		CHECK_INT(frame.size, frame.data.n);
		lines++;
	}
	CHECK_INT(lines, n);
	buf_free(&scratch);
	buf_free(&all);
}

static void
a_secret_in_a_message_is_replaced_and_the_rest_stays(void)
{
	struct body b = { .known = true };
	struct buf first = { 0 };

	begin();
	say(&first, FRAME_TEXT, "before");
	talk(&b.bytes);
	b.size = b.bytes.n;
	CHECK(redact_frames(&redaction, &b));
	clean(&b, 3);
	CHECK_INT(memcmp(b.bytes.p, first.p, first.n), 0);
	body_clear(&b);
	buf_free(&first);
	end();
}

static void
a_last_line_without_its_end_is_one_and_what_is_no_line_stays(void)
{
	struct body b = { .known = true };

	begin();
	talk(&b.bytes);
	say(&b.bytes, FRAME_TEXT, SECRET);
	b.size = --b.bytes.n;
	CHECK(redact_frames(&redaction, &b));
	clean(&b, 4);
	body_clear(&b);
	b = (struct body){ .known = true };
	buf_add_text(&b.bytes, "no message");
	b.size = b.bytes.n;
	CHECK(redact_frames(&redaction, &b));
	CHECK_VIEW(buf_str(&b.bytes), "no message\n");
	body_clear(&b);
	end();
}

/* So many messages that they are in a file, before and behind. */
static void
make_long(struct body *b)
{
	struct buf some = { 0 }, words = { 0 };
	struct spool *s = spool_new(NULL, &e);

	CHECK(s != NULL);
	while (words.n < 100000)
		buf_add_text(&words, "many words ");
	talk(&some);
	say(&some, FRAME_TEXT, buf_text(&words));
	buf_free(&words);
	while (spool_size(s) <= HAR_IN_MEMORY)
		CHECK_INT(spool_add(s, some.p, some.n, &e), 0);
	*b = (struct body){ .known = true, .spool = s, .size = spool_size(s) };
	buf_free(&some);
}

static int
count_lines(const struct body *b)
{
	struct feed *f = body_feed(b);
	struct str piece;
	int n = 0;
	size_t i;

	while (feed_next(f, &piece, &e) == 1)
		for (i = 0; i < piece.n; i++)
			n += piece.p[i] == '\n';
	feed_free(f);
	return n;
}

static void
a_long_talk_goes_from_file_to_file(void)
{
	struct body b;
	int lines;

	begin();
	make_long(&b);
	lines = count_lines(&b);
	CHECK(redact_frames(&redaction, &b));
	CHECK(b.known && b.spool != NULL);
	clean(&b, lines);
	body_clear(&b);
	end();
}

static void
what_cannot_be_written_without_its_secrets_is_not_kept(void)
{
	const char *before = getenv("TMPDIR");
	char *was = before != NULL ? strdup(before) : NULL;
	struct body b;

	begin();
	make_long(&b);
	setenv("TMPDIR", "/nonexistent/folder", 1);
	CHECK(!redact_frames(&redaction, &b));
	if (was != NULL)
		setenv("TMPDIR", was, 1);
	else
		unsetenv("TMPDIR");
	CHECK(!b.known);
	CHECK_INT(body_held(&b), 0);
	body_clear(&b);
	free(was);
	end();
}

RUN(TEST(a_secret_in_a_message_is_replaced_and_the_rest_stays),
    TEST(a_last_line_without_its_end_is_one_and_what_is_no_line_stays),
    TEST(a_long_talk_goes_from_file_to_file),
    TEST(what_cannot_be_written_without_its_secrets_is_not_kept))
