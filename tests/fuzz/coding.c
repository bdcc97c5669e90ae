#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/base64.h"
#include "har/coding.h"
#include "har/feed.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte says which coding the rest is in, and how it is cut.  What
 * must hold: the budget, that nothing is left behind by a failure, and that it
 * is all the same in pieces.
 */

#define BUDGET 100000

/* Bytes in pieces. */
struct steps {
	struct feed feed;
	struct str bytes, rest;
	size_t step;
};

static int
steps_next(struct feed *feed, struct str *piece, struct err *e)
{
	struct steps *s = (struct steps *)feed;

	(void)e;
	*piece = s->rest;
	if (piece->n > s->step)
		piece->n = s->step;
	s->rest = (struct str){ s->rest.p + piece->n, s->rest.n - piece->n };
	return piece->n > 0;
}

static void
steps_rewind(struct feed *feed)
{
	struct steps *s = (struct steps *)feed;

	s->rest = s->bytes;
}

static const struct feed_kind steps_kind = { steps_next, steps_rewind, NULL };

/* whole is what came of it in one piece. */
static void
compare_codings(const char *list, struct str bytes, size_t step,
    enum coding_result result, struct str whole)
{
	struct steps s = { { &steps_kind }, bytes, bytes, step };
	struct feed *f = coding_feed(str_of(list), &s.feed, BUDGET);
	struct buf out = { 0 };
	struct str piece;
	struct err e;

	while (feed_next(f, &piece, &e) == 1)
		buf_add_str(&out, piece);
	if (coding_feed_result(f) != result ||
	    (result == CODING_DONE && !str_eq(buf_str(&out), whole)))
		abort();
	feed_free(f);
	buf_free(&out);
}

static void
compare_base64(struct str text, size_t step)
{
	struct base64_in in = { 0 };
	struct buf whole = { 0 }, out = { 0 };
	unsigned odd;
	struct str piece;
	int r = base64_decode(text, &whole, &odd), cut = 0;

	for (; cut == 0 && text.n > 0; text.p += piece.n, text.n -= piece.n) {
		piece = (struct str){ text.p, text.n < step ? text.n : step };
		cut = base64_piece(&in, piece, &out);
	}
	if (cut == 0)
		cut = base64_end(&in, &out);
	if (cut != r || (r == -1 && whole.n > 0) ||
	    (r == 0 && (odd != in.oddities ||
			   !str_eq(buf_str(&whole), buf_str(&out)))))
		abort();
	buf_free(&whole);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const lists[] = { "gzip", "deflate", "br", "zstd",
		"deflate, gzip", "br, zstd" };
	struct str rest = { (const char *)bytes + 1, n - 1 };
	enum coding_result result;
	struct buf out = { 0 };
	const char *list;
	size_t step;

	if (n == 0)
		return 0;
	list = lists[bytes[0] % 6];
	step = bytes[0] / 6 + 1u;
	result = coding_decode(str_of(list), rest, BUDGET, &out);
	if (result == CODING_DONE ? out.n > BUDGET : out.n > 0)
		abort();
	compare_codings(list, rest, step, result, buf_str(&out));
	compare_base64(rest, step);
	buf_free(&out);
	return 0;
}
