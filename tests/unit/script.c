#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "replay/script.h"

#include "tests/unit/tap.h"

/* A recording that is read some bytes at a time, and fails behind its end
 * when it is cut. */
struct recording {
	struct str text;
	size_t step;
	bool fails;
};

static int64_t
recording_read(void *arg, uint64_t at, void *p, size_t n, struct err *e)
{
	const struct recording *r = arg;

	if (at >= r->text.n)
		return r->fails ? err_set(e, "it is gone") : 0;
	if (n > r->text.n - at)
		n = r->text.n - (size_t)at;
	if (n > r->step)
		n = r->step;
	memcpy(p, r->text.p + at, n);
	return (int64_t)n;
}

/* "<said >heard ." for all of it, "!why" when it breaks. */
static void
check_played(struct recording r, const char *want)
{
	struct buf out = { 0 };
	const struct frame *f;
	enum script_turn turn;
	struct script *s = script_new(recording_read, &r);
	struct err e;

	do {
		turn = script_turn(s, &f, &e);
		CHECK_INT(script_turn(s, &f, &e), turn);
		if (turn == SCRIPT_OVER)
			buf_addf(&out, ". %d", (int)script_heard(s));
		else if (turn == SCRIPT_BROKEN)
			buf_addf(&out, "!%s", e.text);
		else
			buf_addf(&out, "%c%d:%.*s ",
			    turn == SCRIPT_SAY ? '<' : '>', (int)f->opcode,
			    STR_ARGS(f->data));
		script_next(s);
	} while (turn == SCRIPT_SAY || turn == SCRIPT_HEAR);
	script_free(s);
	CHECK_STR(buf_text(&out), want);
	buf_free(&out);
}

static void
check_script(const char *text, const char *want)
{
	check_played((struct recording){ str_of(text), 1, false }, want);
	check_played((struct recording){ str_of(text), 99999, false }, want);
}

static void
what_was_said_and_heard_comes_in_order(void)
{
	check_script("{\"type\":\"receive\",\"opcode\":1,\"data\":\"hello\"}\n"
		     "{\"type\":\"send\",\"opcode\":2,\"data\":\"YQ==\"}\n"
		     "{\"type\":\"send\",\"opcode\":8,\"data\":\"\"}\n",
	    "<1:hello >2:a >8: . 2");
	check_script("", ". 0");
	check_script("{\"type\":\"receive\",\"data\":\"no line feed\"}",
	    "<1:no line feed . 0");
}

static void
pings_and_lines_that_are_no_messages_are_passed_over(void)
{
	check_script("{\"type\":\"send\",\"opcode\":9,\"data\":\"YQ==\"}\n"
		     "\n"
		     "what is this\n"
		     "{\"type\":\"receive\",\"opcode\":10,\"data\":\"\"}\n"
		     "{\"type\":\"receive\",\"opcode\":1,\"data\":\"x\"}\n",
	    "<1:x . 0");
}

static void
a_recording_that_cannot_be_read_is_told_from_its_end(void)
{
	check_played((struct recording){ STR("{\"type\":\"receive\","
					     "\"data\":\"x\"}\n{\"ty"),
			 3, true },
	    "<1:x !it is gone");
}

RUN(TEST(what_was_said_and_heard_comes_in_order),
    TEST(pings_and_lines_that_are_no_messages_are_passed_over),
    TEST(a_recording_that_cannot_be_read_is_told_from_its_end))
