#include "config.h"

#include <string.h>

#include "base/err.h"
#include "har/base64.h"
#include "har/bulk.h"
#include "har/feed.h"
#include "har/har_charset.h"
#include "har/json.h"

#include "har/har_turn.h"

#define HAR_TURN_PIECE (64u << 10)

/* Appends what a piece of text stands for to out.  0, or -1 when it is not of
 * the kind. */
typedef int (*har_turn_fn)(
    void *state, struct str text, bool last, struct buf *out);

static int
har_turn_all(struct feed *from, har_turn_fn turn, void *state, struct bulk *out,
    struct err *e)
{
	struct str text;
	int r;

	while ((r = feed_next(from, &text, e)) == 1) {
		if (turn(state, text, false, &out->bytes) == -1)
			return 1;
		if (bulk_settle(out, e) == -1)
			return -1;
	}
	if (r == -1)
		return -1;
	if (turn(state, STR(""), true, &out->bytes) == -1)
		return 1;
	return bulk_settle(out, e) == -1 ? -1 : bulk_end(out, e);
}

/* out, which is empty, stays so unless this gives 0. */
static int
har_turn_into(const struct bulk *b, har_turn_fn turn, void *state,
    struct bulk *out, struct err *e)
{
	struct feed *from = bulk_feed(b);
	int r = har_turn_all(from, turn, state, out, e);

	feed_free(from);
	if (r != 0)
		bulk_free(out);
	return r;
}

static int
har_turn(struct bulk *b, har_turn_fn turn, void *state, struct err *e)
{
	struct bulk out = bulk_like(b);
	int r = har_turn_into(b, turn, state, &out, e);

	if (r == 0) {
		bulk_free(b);
		*b = out;
	}
	return r;
}

/*
 * Base64 and hex
 */

static int
har_turn_base64_piece(void *state, struct str text, bool last, struct buf *out)
{
	if (base64_piece(state, text, out) == -1)
		return -1;
	return last ? base64_end(state, out) : 0;
}

int
har_turn_base64(struct bulk *b, unsigned *odd, struct err *e)
{
	struct base64_in in = { 0 };
	int r;

	if (b->spool == NULL)
		return base64_decode_in_place(&b->bytes, odd) == 0 ? 0 : 1;
	r = har_turn(b, har_turn_base64_piece, &in, e);
	*odd = in.oddities;
	return r;
}

/* state is an int: the digit whose other half is to come, or -1. */
static int
har_turn_hex_piece(void *state, struct str text, bool last, struct buf *out)
{
	int *half = state, v;
	size_t i;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i] | 32;

		v = c >= '0' && c <= '9'   ? c - '0'
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
					   : -1;
		if (v == -1)
			return -1;
		if (*half != -1)
			buf_add(out, &(char){ (char)(*half << 4 | v) }, 1);
		*half = *half == -1 ? v : -1;
	}
	return last && *half != -1 ? -1 : 0;
}

int
har_turn_hex(struct bulk *b, struct err *e)
{
	int half = -1;

	return har_turn(b, har_turn_hex_piece, &half, e);
}

/*
 * Pieces
 */

struct har_turn_reader {
	struct feed *from;
	struct str rest;
	bool failed;
};

static int64_t
har_turn_read(void *arg, void *p, size_t n, struct err *e)
{
	struct har_turn_reader *r = arg;
	int got = 1;

	if (r->rest.n == 0)
		got = feed_next(r->from, &r->rest, e);
	r->failed = got == -1;
	if (got <= 0)
		return got;
	if (n > r->rest.n)
		n = r->rest.n;
	memcpy(p, r->rest.p, n);
	r->rest = (struct str){ r->rest.p + n, r->rest.n - n };
	return (int64_t)n;
}

/* One string.  0, 1 or -1 as all of them. */
static int
har_turn_string(struct json *j, bool base64, struct buf *text, struct bulk *out,
    struct err *e)
{
	struct base64_in in = { 0 };
	int half = -1, more;
	void *state = base64 ? (void *)&in : &half;
	har_turn_fn turn = base64 ? har_turn_base64_piece : har_turn_hex_piece;

	do {
		text->n = 0;
		more = json_decode_some(j, text, HAR_TURN_PIECE);
		if (more == -1 ||
		    turn(state, buf_str(text), more == 0, &out->bytes) == -1)
			return 1;
		if (bulk_settle(out, e) == -1)
			return -1;
	} while (more == 1);
	return 0;
}

static int
har_turn_strings(struct json *j, bool base64, struct bulk *out, struct err *e)
{
	struct buf text = { 0 };
	enum json_token t;
	int r = json_next(j) == JSON_ARRAY ? 0 : 1;

	while (r == 0 && (t = json_next(j)) != JSON_ARRAY_END)
		r = t == JSON_STRING ? har_turn_string(j, base64, &text, out, e)
				     : 1;
	if (r == 0 && json_next(j) != JSON_END)
		r = 1;
	buf_free(&text);
	return r == 0 ? bulk_end(out, e) : r;
}

int
har_turn_pieces(
    const struct bulk *b, bool base64, struct bulk *out, struct err *e)
{
	struct har_turn_reader reader = { .from = bulk_feed(b) };
	struct json *j = json_open(har_turn_read, &reader);
	int r = har_turn_strings(j, base64, out, e);

	if (reader.failed)
		r = json_error(j, e);
	json_close(j);
	feed_free(reader.from);
	if (r != 0)
		bulk_free(out);
	return r;
}

/*
 * Encodings of characters
 */

/* The end of a piece that may go on as a surrogate. */
struct har_turn_held {
	char p[2];
	size_t n;
};

static int
har_turn_surrogates_piece(
    void *state, struct str text, bool last, struct buf *out)
{
	struct har_turn_held *held = state;
	unsigned char *p;
	size_t from = out->n, i, n;

	buf_add(out, held->p, held->n);
	buf_add_str(out, text);
	p = (unsigned char *)out->p + from;
	n = out->n - from;
	for (i = 0; i + 2 < n; i++)
		if (p[i] == 0xed && p[i + 1] >= 0xa0)
			memcpy(p + i, "\xef\xbf\xbd", 3);
	held->n = last                        ? 0
		  : n > 1 && p[n - 2] == 0xed ? 2
		  : n > 0 && p[n - 1] == 0xed ? 1
					      : 0;
	out->n -= held->n;
	if (held->n > 0)
		memcpy(held->p, out->p + out->n, held->n);
	return 0;
}

int
har_turn_surrogates(struct bulk *b, struct err *e)
{
	struct har_turn_held held = { .n = 0 };

	return har_turn(b, har_turn_surrogates_piece, &held, e);
}

static int
har_turn_charset_piece(void *state, struct str text, bool last, struct buf *out)
{
	return har_charset_piece(state, text, last, out);
}

int
har_turn_latin1(const struct bulk *b, struct bulk *out, struct err *e)
{
	struct har_charset c;

	har_charset_open_latin1(&c);
	return har_turn_into(b, har_turn_charset_piece, &c, out, e);
}

int
har_turn_charset(
    const struct bulk *b, struct str charset, struct bulk *out, struct err *e)
{
	struct har_charset c;
	int r;

	if (har_charset_open(&c, charset) == -1)
		return 1;
	r = har_turn_into(b, har_turn_charset_piece, &c, out, e);
	har_charset_close(&c);
	if (r == 1 && har_charset_is_latin1(charset))
		r = har_turn_latin1(b, out, e);
	return r;
}
