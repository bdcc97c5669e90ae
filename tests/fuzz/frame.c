#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "replay/script.h"

#include "tests/fuzz/fuzz.h"

/*
 * A recorded WebSocket, a message per line.  What must hold: a line that is
 * read is written so that it reads the same, and a script has all messages
 * that the lines have, in whatever pieces they come.
 */

struct input {
	const char *p;
	size_t n, step;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
counts(const struct frame *f)
{
	return f->opcode == FRAME_TEXT || f->opcode == FRAME_BINARY ||
	       f->opcode == FRAME_CLOSE;
}

static void
check_again(const struct frame *f)
{
	struct buf line = { 0 }, scratch = { 0 };
	struct frame again;

	frame_write(&line, f);
	must(line.n > 0 && line.p[line.n - 1] == '\n');
	must(memchr(line.p, '\n', line.n - 1) == NULL);
	must(frame_read((struct str){ line.p, line.n - 1 }, &again, &scratch) ==
	     0);
	must(again.sent == f->sent && again.opcode == f->opcode);
	must(again.size == f->size && str_eq(again.data, f->data));
	/* Microseconds of this century are whole in a double. */
	must(f->at_us > INT64_C(4000000000000000) || again.at_us == f->at_us ||
	     (f->at_us >= 0 && f->at_us < 4));
	buf_free(&line);
	buf_free(&scratch);
}

static int64_t
input_read(void *arg, uint64_t at, void *p, size_t n, struct err *e)
{
	const struct input *in = arg;

	(void)e;
	if (at >= in->n)
		return 0;
	if (n > in->n - at)
		n = in->n - (size_t)at;
	if (n > in->step)
		n = in->step;
	memcpy(p, in->p + at, n);
	return (int64_t)n;
}

static size_t
count_turns(struct input *in)
{
	struct script *s = script_new(input_read, in);
	const struct frame *f;
	enum script_turn turn;
	struct err e;
	size_t n = 0;

	while ((turn = script_turn(s, &f, &e)) == SCRIPT_SAY ||
	       turn == SCRIPT_HEAR) {
		must(f->sent == (turn == SCRIPT_HEAR) && counts(f));
		script_next(s);
		n++;
	}
	must(turn == SCRIPT_OVER);
	script_free(s);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct input in = { (const char *)bytes + 1, n - 1, 1 };
	struct str rest, line;
	struct buf scratch = { 0 };
	struct frame f;
	size_t read = 0;

	if (n < 2)
		return 0;
	in.step = 1 + bytes[0];
	rest = (struct str){ in.p, in.n };
	while (rest.n > 0 && str_cut(&rest, '\n', &line)) {
		if (frame_read(line, &f, &scratch) == -1)
			continue;
		check_again(&f);
		read += counts(&f);
	}
	buf_free(&scratch);
	must(count_turns(&in) == read);
	return 0;
}
