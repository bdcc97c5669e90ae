#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/json.h"
#include "har/json_write.h"

#include "tests/fuzz/fuzz.h"

/*
 * The first byte says how the text is cut.  What must hold: the tokens do not
 * depend on the cuts, nor do strings that are read or written in pieces, and a
 * text that is accepted, written again, is accepted and written the same.
 */

struct cuts {
	struct str text;
	size_t step;
};

static int64_t
read_cut(void *arg, void *p, size_t n, struct err *e)
{
	struct cuts *c = arg;

	(void)e;
	if (n > c->step)
		n = c->step;
	if (n > c->text.n)
		n = c->text.n;
	if (n > 0)
		memcpy(p, c->text.p, n);
	c->text.p += n;
	c->text.n -= n;
	return (int64_t)n;
}

/* All tokens with their texts, and the error if there is one. */
static void
list_tokens(struct json *j, struct buf *out)
{
	enum json_token t;
	struct err e;

	do {
		t = json_next(j);
		buf_addf(out, "%d ", t);
		if (t == JSON_NAME || t == JSON_NUMBER)
			buf_add_str(out, json_text(j));
		else if (t == JSON_STRING && json_decode(j, out, 100) == -1)
			t = JSON_ERROR;
		json_path(j, out);
	} while (t != JSON_ERROR && t != JSON_END);
	if (t == JSON_ERROR) {
		json_error(j, &e);
		buf_add_text(out, e.text);
	}
}

static void
compare_cuts(struct str text, size_t step)
{
	struct cuts cuts = { text, step };
	struct buf whole = { 0 }, pieces = { 0 };
	struct json *j = json_open_str(text);

	list_tokens(j, &whole);
	json_close(j);
	j = json_open(read_cut, &cuts);
	list_tokens(j, &pieces);
	json_close(j);
	if (!str_eq(buf_str(&whole), buf_str(&pieces)))
		abort();
	buf_free(&whole);
	buf_free(&pieces);
}

static void
write_again(struct str text)
{
	struct json_write once, twice;

	json_write_init(&once, false, NULL, NULL);
	json_write_init(&twice, false, NULL, NULL);
	if (json_write_copy(&once, text) == 0) {
		if (json_write_copy(&twice, buf_str(&once.out)) == -1 ||
		    !str_eq(buf_str(&once.out), buf_str(&twice.out)))
			abort();
	}
	json_write_fini(&once);
	json_write_fini(&twice);
}

/* The string just announced: as far as it is one, in pieces of step bytes (0 is
 * whole). */
static int
take_string(struct json *j, struct buf *out, size_t step)
{
	size_t was;
	int r = 1;

	if (step == 0)
		return json_decode(j, out, SIZE_MAX / 2);
	while (r == 1) {
		was = out->n;
		r = json_decode_some(j, out, step);
		if (out->n - was > step || (r == 1 && out->n == was))
			abort();
	}
	return r;
}

static void
list_strings(struct str text, struct buf *out, size_t step)
{
	struct json *j = json_open_str(text);
	enum json_token t;

	while ((t = json_next(j)) != JSON_ERROR && t != JSON_END) {
		if (t == JSON_STRING && take_string(j, out, step) == -1)
			break;
		buf_addf(out, "%u\n", json_flaws(j));
	}
	json_close(j);
}

static void
write_pieces(struct str text, struct json_write *w, size_t step)
{
	struct str piece = text;

	json_write_init(w, false, NULL, NULL);
	json_write_begin_str(w);
	for (; text.n > 0; text.p += piece.n, text.n -= piece.n) {
		piece = (struct str){ text.p, text.n < step ? text.n : step };
		json_write_piece(w, piece);
	}
	json_write_end_str(w);
}

static void
compare_pieces(struct str text, size_t step)
{
	struct buf whole = { 0 }, pieces = { 0 };
	struct json_write once, cut;
	size_t n;

	list_strings(text, &whole, 0);
	list_strings(text, &pieces, step + 4);
	/* What stands in front of an error may be cut off elsewhere. */
	n = whole.n < pieces.n ? whole.n : pieces.n;
	if (n > 0 && memcmp(whole.p, pieces.p, n) != 0)
		abort();
	buf_free(&whole);
	buf_free(&pieces);
	json_write_init(&once, false, NULL, NULL);
	json_write_str(&once, text);
	write_pieces(text, &cut, step);
	if (!str_eq(buf_str(&once.out), buf_str(&cut.out)))
		abort();
	json_write_fini(&once);
	json_write_fini(&cut);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = { (const char *)bytes + 1, n - 1 };

	if (n == 0)
		return 0;
	compare_cuts(text, (size_t)bytes[0] % 16 + 1);
	compare_pieces(text, (size_t)bytes[0] / 16 + 1);
	write_again(text);
	return 0;
}
