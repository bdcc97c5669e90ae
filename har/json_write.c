#include "config.h"

#include <stdio.h>
#include <string.h>

#include "har/base64.h"
#include "har/feed.h"
#include "har/json.h"

#include "har/json_write.h"

#define JSON_WRITE_PIECE (64u << 10)

void
json_write_init(
    struct json_write *w, bool pretty, json_write_fn write, void *arg)
{
	*w = (struct json_write){
		.write = write,
		.arg = arg,
		.pretty = pretty,
		.empty = true,
	};
}

void
json_write_fini(struct json_write *w)
{
	buf_free(&w->out);
}

static void
json_write_flush(struct json_write *w)
{
	if (!w->failed && w->out.n > 0 &&
	    w->write(w->arg, w->out.p, w->out.n, &w->error) == -1)
		w->failed = true;
	w->out.n = 0;
}

static void
json_write_put(struct json_write *w, const void *p, size_t n)
{
	buf_add(&w->out, p, n);
	if (w->write != NULL && w->out.n >= JSON_WRITE_PIECE)
		json_write_flush(w);
}

static void
json_write_line(struct json_write *w)
{
	static const char spaces[] = "                                ";
	unsigned n = 2 * w->depth, step;

	if (!w->pretty)
		return;
	json_write_put(w, "\n", 1);
	for (; n > 0; n -= step) {
		step = n < sizeof(spaces) - 1 ? n : sizeof(spaces) - 1;
		json_write_put(w, spaces, step);
	}
}

/* In front of a name, or of a value without one. */
static void
json_write_next(struct json_write *w)
{
	if (w->named) {
		w->named = false;
		return;
	}
	if (!w->empty)
		json_write_put(w, ",", 1);
	if (w->depth > 0)
		json_write_line(w);
	w->empty = false;
}

static void
json_write_begin(struct json_write *w, char bracket)
{
	json_write_next(w);
	json_write_put(w, &bracket, 1);
	w->depth++;
	w->empty = true;
}

static void
json_write_close(struct json_write *w, char bracket)
{
	w->depth--;
	if (!w->empty)
		json_write_line(w);
	json_write_put(w, &bracket, 1);
	w->empty = false;
}

void
json_write_object(struct json_write *w)
{
	json_write_begin(w, '{');
}

void
json_write_object_end(struct json_write *w)
{
	json_write_close(w, '}');
}

void
json_write_array(struct json_write *w)
{
	json_write_begin(w, '[');
}

void
json_write_array_end(struct json_write *w)
{
	json_write_close(w, ']');
}

/* How many bytes at p are one sequence of UTF-8; 0 when none is. */
static size_t
json_write_sequence(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];
	size_t need = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (need > n || !str_is_utf8((struct str){ p, need }))
		return 0;
	return need;
}

/* The surrogate that is encoded at p as if it were a character, or 0. */
static unsigned
json_write_surrogate(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;

	if (n < 3 || u[0] != 0xed || u[1] < 0xa0 || u[1] > 0xbf ||
	    (u[2] & 0xc0) != 0x80)
		return 0;
	return 0xd000u | (u[1] & 0x3fu) << 6 | (u[2] & 0x3fu);
}

/* Two halves that came apart and stand together are one character. */
static void
json_write_pair(struct json_write *w, unsigned high, unsigned low)
{
	unsigned c = 0x10000u + ((high & 0x3ffu) << 10 | (low & 0x3ffu));
	char text[4] = { (char)(0xf0 | c >> 18),
		(char)(0x80 | (c >> 12 & 0x3f)), (char)(0x80 | (c >> 6 & 0x3f)),
		(char)(0x80 | (c & 0x3f)) };

	json_write_put(w, text, 4);
}

/* Writes the byte or sequence at p as its escape; how many bytes it was. */
static size_t
json_write_escape(struct json_write *w, const char *p, size_t n)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const unsigned char *u = (const unsigned char *)p;
	const char *at = *p != '\0' ? strchr(from, *p) : NULL;
	unsigned unit, low;
	char text[8];

	if (at != NULL) {
		snprintf(text, sizeof(text), "\\%c", to[at - from]);
		json_write_put(w, text, 2);
		return 1;
	}
	if (*u < 0x80) {
		snprintf(text, sizeof(text), "\\u%04x", *u);
		json_write_put(w, text, 6);
		return 1;
	}
	unit = json_write_surrogate(p, n);
	low =
	    unit != 0 && unit < 0xdc00 ? json_write_surrogate(p + 3, n - 3) : 0;
	if (low >= 0xdc00) {
		json_write_pair(w, unit, low);
		return 6;
	}
	if (unit != 0) {
		snprintf(text, sizeof(text), "\\u%04x", unit);
		json_write_put(w, text, 6);
		return 3;
	}
	json_write_put(w, "\xef\xbf\xbd", 3);
	return 1;
}

/* Whether more bytes could change what the last n, at p, are. */
static bool
json_write_may_go_on(const char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t need = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	if (u[0] < 0xc0)
		return false;
	if (n < need)
		return true;
	return n < JSON_WRITE_HELD && u[0] == 0xed && u[1] >= 0xa0;
}

/* Whether none of eight bytes is a control character, a quote, a backslash,
 * 0x7f or above.  It may say no of some that are plain. */
static bool
json_write_eight_are_plain(const char *p)
{
	uint64_t v, quote, backslash, low;

	memcpy(&v, p, sizeof(v));
	quote = v ^ STR_EACH('"');
	backslash = v ^ STR_EACH('\\');
	low = v - STR_EACH(0x20); /* borrows: below a space */
	return ((v | (v + STR_EACH(1)) | low | (quote - STR_EACH(1)) |
		    (backslash - STR_EACH(1))) &
		   STR_EACH(0x80)) == 0;
}

/* Writes s, but for less than JSON_WRITE_HELD bytes at its end that may go on
 * in a next piece, unless it is the last.  How many were written. */
static size_t
json_write_escaped(struct json_write *w, struct str s, bool last)
{
	size_t i = 0, from = 0, step;
	unsigned char c;

	while (i < s.n) {
		if (s.n - i >= 8 && json_write_eight_are_plain(s.p + i)) {
			i += 8;
			continue;
		}
		c = (unsigned char)s.p[i];
		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		if (!last && s.n - i < JSON_WRITE_HELD &&
		    json_write_may_go_on(s.p + i, s.n - i))
			break;
		step = c < 0x80 ? 0 : json_write_sequence(s.p + i, s.n - i);
		if (step > 0) {
			i += step;
			continue;
		}
		if (i > from)
			json_write_put(w, s.p + from, i - from);
		i += json_write_escape(w, s.p + i, s.n - i);
		from = i;
	}
	if (i > from)
		json_write_put(w, s.p + from, i - from);
	return i;
}

static void
json_write_quoted(struct json_write *w, struct str s)
{
	json_write_put(w, "\"", 1);
	(void)json_write_escaped(w, s, true); /* all of it */
	json_write_put(w, "\"", 1);
}

void
json_write_name(struct json_write *w, struct str name)
{
	json_write_next(w);
	json_write_quoted(w, name);
	json_write_put(w, ": ", w->pretty ? 2 : 1);
	w->named = true;
}

void
json_write_str(struct json_write *w, struct str s)
{
	json_write_next(w);
	json_write_quoted(w, s);
}

/*
 * Strings in pieces
 */

void
json_write_begin_str(struct json_write *w)
{
	json_write_next(w);
	json_write_put(w, "\"", 1);
	w->nheld = 0;
}

/* Keeps the bytes of piece from used on for the next one. */
static void
json_write_hold(struct json_write *w, struct str piece, size_t used)
{
	w->nheld = piece.n - used;
	memmove(w->held, piece.p + used, w->nheld);
}

void
json_write_piece(struct json_write *w, struct str piece)
{
	char joint[2 * JSON_WRITE_HELD];
	struct str both = { joint, 0 };
	size_t used;

	/* What was held goes with the start of the piece, as far as it needs,
	 * until it is written. */
	while (w->nheld > 0 && piece.n > 0) {
		both.n = w->nheld;
		memcpy(joint, w->held, both.n);
		joint[both.n++] = piece.p[0];
		piece = (struct str){ piece.p + 1, piece.n - 1 };
		used = json_write_escaped(w, both, false);
		json_write_hold(w, both, used);
	}
	if (piece.n > 0)
		json_write_hold(w, piece, json_write_escaped(w, piece, false));
}

void
json_write_end_str(struct json_write *w)
{
	(void)json_write_escaped(
	    w, (struct str){ w->held, w->nheld }, true); /* all of it */
	w->nheld = 0;
	json_write_put(w, "\"", 1);
}

void
json_write_begin_base64(struct json_write *w)
{
	json_write_begin_str(w);
}

static void
json_write_base64_part(struct json_write *w, struct str bytes)
{
	size_t n;

	while (bytes.n > 0) {
		n = bytes.n < BASE64_PIECE ? bytes.n : BASE64_PIECE;
		base64_encode((struct str){ bytes.p, n }, &w->out);
		json_write_put(w, "", 0);
		bytes.p += n;
		bytes.n -= n;
	}
}

void
json_write_base64_piece(struct json_write *w, struct str piece)
{
	size_t rest;

	while (w->nheld > 0 && piece.n > 0) {
		w->held[w->nheld++] = piece.p[0];
		piece = (struct str){ piece.p + 1, piece.n - 1 };
		if (w->nheld < 3)
			continue;
		json_write_base64_part(w, (struct str){ w->held, 3 });
		w->nheld = 0;
	}
	if (piece.n == 0)
		return;
	rest = piece.n % 3;
	json_write_base64_part(w, (struct str){ piece.p, piece.n - rest });
	json_write_hold(w, piece, piece.n - rest);
}

void
json_write_end_base64(struct json_write *w)
{
	json_write_base64_part(w, (struct str){ w->held, w->nheld });
	w->nheld = 0;
	json_write_put(w, "\"", 1);
}

static void
json_write_feed(struct json_write *w, struct feed *from,
    void (*add)(struct json_write *w, struct str piece))
{
	struct str piece;
	struct err e;
	int r = 1;

	feed_rewind(from);
	while (!w->failed && (r = feed_next(from, &piece, &e)) == 1)
		add(w, piece);
	if (r == -1) {
		w->failed = true;
		w->error = e;
	}
}

void
json_write_str_feed(struct json_write *w, struct feed *from)
{
	json_write_begin_str(w);
	json_write_feed(w, from, json_write_piece);
	json_write_end_str(w);
}

void
json_write_base64_feed(struct json_write *w, struct feed *from)
{
	json_write_begin_base64(w);
	json_write_feed(w, from, json_write_base64_piece);
	json_write_end_base64(w);
}

void
json_write_base64(struct json_write *w, struct str bytes)
{
	json_write_begin_base64(w);
	json_write_base64_part(w, bytes);
	json_write_put(w, "\"", 1);
}

void
json_write_int(struct json_write *w, int64_t v)
{
	json_write_next(w);
	if (v < 0)
		json_write_put(w, "-", 1);
	buf_add_u64(&w->out, v < 0 ? -(uint64_t)v : (uint64_t)v);
	json_write_put(w, "", 0);
}

void
json_write_raw(struct json_write *w, struct str text)
{
	json_write_next(w);
	json_write_put(w, text.p, text.n);
}

void
json_write_bool(struct json_write *w, bool v)
{
	json_write_raw(w, v ? STR("true") : STR("false"));
}

void
json_write_null(struct json_write *w)
{
	json_write_raw(w, STR("null"));
}

/* The string that was just announced, through text. */
static int
json_write_string_of(struct json_write *w, struct json *j, struct buf *text)
{
	int r;

	json_write_begin_str(w);
	do {
		text->n = 0;
		r = json_decode_some(j, text, JSON_WRITE_PIECE);
		if (r == -1)
			return -1;
		json_write_piece(w, buf_str(text));
	} while (r == 1);
	json_write_end_str(w);
	return 0;
}

static int
json_write_token(
    struct json_write *w, struct json *j, enum json_token t, struct buf *text)
{
	switch (t) {
	case JSON_OBJECT:
		json_write_object(w);
		return 0;
	case JSON_ARRAY:
		json_write_array(w);
		return 0;
	case JSON_OBJECT_END:
		json_write_object_end(w);
		return 0;
	case JSON_ARRAY_END:
		json_write_array_end(w);
		return 0;
	case JSON_NAME:
		json_write_name(w, json_text(j));
		return 0;
	case JSON_STRING:
		return json_write_string_of(w, j, text);
	case JSON_NUMBER:
		json_write_raw(w, json_text(j));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		json_write_bool(w, t == JSON_TRUE);
		return 0;
	case JSON_NULL:
		json_write_null(w);
		return 0;
	case JSON_ERROR:
	case JSON_END:
		break;
	}
	return -1;
}

int
json_write_value(struct json_write *w, struct json *j, enum json_token t)
{
	struct buf text = { 0 };
	unsigned outside = w->depth;
	int r;

	for (;;) {
		r = json_write_token(w, j, t, &text);
		if (r == -1 || w->depth == outside)
			break;
		t = json_next(j);
		if (t == JSON_NAME) {
			r = json_write_token(w, j, t, &text);
			if (r == -1)
				break;
			t = json_next(j);
		}
	}
	buf_free(&text);
	return r;
}

int
json_write_copy(struct json_write *w, struct str text)
{
	struct json *j = json_open_str(text);
	int r = json_write_value(w, j, json_next(j));

	if (r == 0 && json_next(j) != JSON_END)
		r = -1;
	json_close(j);
	return r;
}

int
json_write_members(struct json_write *w, struct str object)
{
	struct json *j = json_open_str(object);
	enum json_token t;
	int r = json_next(j) == JSON_OBJECT ? 0 : -1;

	while (r == 0 && (t = json_next(j)) != JSON_OBJECT_END) {
		if (t != JSON_NAME) {
			r = -1;
			break;
		}
		json_write_name(w, json_text(j));
		r = json_write_value(w, j, json_next(j));
	}
	json_close(j);
	return r;
}

void
json_write_member(struct json_write *w, const char *name, struct str s)
{
	json_write_name(w, str_of(name));
	json_write_str(w, s);
}

void
json_write_member_int(struct json_write *w, const char *name, int64_t v)
{
	json_write_name(w, str_of(name));
	json_write_int(w, v);
}

void
json_write_newline(struct json_write *w)
{
	json_write_put(w, "\n", 1);
	w->empty = true;
}

int
json_write_end(struct json_write *w, struct err *e)
{
	if (w->pretty)
		json_write_put(w, "\n", 1);
	if (w->write != NULL)
		json_write_flush(w);
	if (w->failed)
		*e = w->error;
	return w->failed ? -1 : 0;
}
