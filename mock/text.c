#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "mock/text.h"

#define TEXT_REPLACEMENT 0xfffd

uint32_t
text_point(struct str text, size_t *n)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *p = (const unsigned char *)text.p;
	uint32_t point;
	bool whole;
	size_t i;

	*n = 1;
	if (p[0] < 0x80)
		return p[0];
	*n = str_utf8(text, &whole);
	if (!whole) {
		*n = 1;
		return TEXT_REPLACEMENT;
	}
	point = p[0] & first_bits[*n];
	for (i = 1; i < *n; i++)
		point = point << 6 | (p[i] & 0x3f);
	return point;
}

void
text_add_point(struct buf *out, uint32_t point)
{
	unsigned char bytes[4];
	size_t n, i;

	if (point < 0x80) {
		bytes[0] = (unsigned char)point;
		buf_add(out, bytes, 1);
		return;
	}
	n = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	for (i = n - 1; i > 0; i--) {
		bytes[i] = (unsigned char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	bytes[0] = (unsigned char)(0xf0 << (4 - n) | point);
	buf_add(out, bytes, n);
}

void
text_add_decoded(struct buf *out, struct str bytes)
{
	struct str rest = bytes;
	bool whole;
	size_t n;

	while (rest.n > 0) {
		n = str_utf8(rest, &whole);
		if (whole)
			buf_add(out, rest.p, n);
		else
			text_add_point(out, TEXT_REPLACEMENT);
		rest.p += n;
		rest.n -= n;
	}
}

bool
text_is_space(uint32_t c)
{
	if (c <= ' ')
		return c == ' ' || (c >= '\t' && c <= '\r');
	return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	       c == 0x3000 || c == 0xfeff;
}

struct str
text_trim_end(struct str text)
{
	size_t from, n;

	while (text.n > 0) {
		from = text.n - 1;
		while (from > 0 && text.n - from < 3 &&
		       (text.p[from] & 0xc0) == 0x80)
			from--;
		if (!text_is_space(text_point(
			(struct str){ text.p + from, text.n - from }, &n)) ||
		    n != text.n - from)
			break;
		text.n = from;
	}
	return text;
}

struct str
text_trim(struct str text)
{
	size_t n;

	while (text.n > 0 && text_is_space(text_point(text, &n))) {
		text.p += n;
		text.n -= n;
	}
	return text_trim_end(text);
}

size_t
text_units(struct str text)
{
	size_t at, n, units = 0;

	for (at = 0; at < text.n; at += n) {
		struct str rest = { text.p + at, text.n - at };

		units += text_point(rest, &n) > 0xffff ? 2 : 1;
	}
	return units;
}

size_t
text_offset(struct str text, size_t unit, bool *split)
{
	size_t at, n, wide;

	*split = false;
	for (at = 0; at < text.n && unit > 0; at += n) {
		struct str rest = { text.p + at, text.n - at };

		wide = text_point(rest, &n) > 0xffff ? 2 : 1;
		if (wide > unit) {
			*split = true;
			return at;
		}
		unit -= wide;
	}
	return at;
}

void
text_add_slice(struct buf *out, struct str text, size_t from, size_t to)
{
	bool half_first, half_last;
	size_t begin = text_offset(text, from, &half_first), end, n;
	struct str rest = { text.p + begin, text.n - begin };

	if (half_first) {
		text_add_point(out, TEXT_REPLACEMENT);
		(void)text_point(rest, &n);
		rest.p += n;
		rest.n -= n;
		from++;
	}
	end = text_offset(rest, to - from, &half_last);
	buf_add(out, rest.p, end);
	if (half_last)
		text_add_point(out, TEXT_REPLACEMENT);
}

size_t
text_find(struct str text, struct str part, size_t from)
{
	const char *at;

	if (from > text.n || part.n > text.n - from)
		return SIZE_MAX;
	if (part.n == 0)
		return from;
	at = memmem(text.p + from, text.n - from, part.p, part.n);
	return at == NULL ? SIZE_MAX : (size_t)(at - text.p);
}

/*
 * Letters that have a partner, for the scripts that have cases and are
 * written today.  With a delta the capitals are that far below the small
 * letters, which are first to last; without one capitals and small letters
 * take turns, first being a capital.
 */
static const struct text_case {
	uint32_t first, last;
	int32_t delta;
} text_cases[] = {
	{ 'a', 'z', 32 },
	{ 0xe0, 0xf6, 32 },
	{ 0xf8, 0xfe, 32 },
	{ 0xff, 0xff, 0xff - 0x178 },
	{ 0x100, 0x12f, 0 },
	{ 0x132, 0x137, 0 },
	{ 0x139, 0x148, 0 },
	{ 0x14a, 0x177, 0 },
	{ 0x179, 0x17e, 0 },
	{ 0x1a0, 0x1a5, 0 },
	{ 0x1af, 0x1b0, 0 },
	{ 0x1cd, 0x1dc, 0 },
	{ 0x1de, 0x1ef, 0 },
	{ 0x1f8, 0x21f, 0 },
	{ 0x222, 0x233, 0 },
	{ 0x3ac, 0x3ac, 0x3ac - 0x386 },
	{ 0x3ad, 0x3af, 0x3ad - 0x388 },
	{ 0x3b1, 0x3c1, 32 },
	{ 0x3c3, 0x3cb, 32 },
	{ 0x3cc, 0x3cc, 0x3cc - 0x38c },
	{ 0x3cd, 0x3ce, 0x3cd - 0x38e },
	{ 0x430, 0x44f, 32 },
	{ 0x450, 0x45f, 80 },
	{ 0x460, 0x481, 0 },
	{ 0x48a, 0x4bf, 0 },
	{ 0x4c1, 0x4ce, 0 },
	{ 0x4d0, 0x52f, 0 },
	{ 0x561, 0x586, 48 },
	{ 0x1e00, 0x1e95, 0 },
	{ 0x1ea0, 0x1eff, 0 },
	{ 0x2170, 0x217f, 16 },
	{ 0x24d0, 0x24e9, 26 },
	{ 0xff41, 0xff5a, 32 },
	{ 0x10428, 0x1044f, 40 },
};

#define TEXT_CASES (sizeof(text_cases) / sizeof(*text_cases))

/* Letters of two, which come in three: both capitals, the first, none. */
static bool
text_is_double(uint32_t c, uint32_t *first)
{
	*first = c >= 0x1f1 ? 0x1f1 : 0x1c4 + (c - 0x1c4) / 3 * 3;
	return (c >= 0x1c4 && c <= 0x1cc) || (c >= 0x1f1 && c <= 0x1f3);
}

static uint32_t
text_lower_of(uint32_t c)
{
	const struct text_case *t;
	uint32_t first;

	if (c == 0x1e9e)
		return 0xdf;
	if (text_is_double(c, &first))
		return first + 2;

	for (t = text_cases; t < text_cases + TEXT_CASES; t++) {
		if (t->delta != 0 && c >= t->first - (uint32_t)t->delta &&
		    c <= t->last - (uint32_t)t->delta)
			return c + (uint32_t)t->delta;
		if (t->delta == 0 && c >= t->first && c <= t->last)
			return (c - t->first) % 2 == 0 ? c + 1 : c;
	}
	return c;
}

static uint32_t
text_upper_of(uint32_t c)
{
	const struct text_case *t;
	uint32_t first;

	if (c == 0xb5) /* the micro sign is a mu */
		return 0x39c;
	if (text_is_double(c, &first))
		return first;
	if (c == 0x3c2) /* a sigma at the end of a word */
		return 0x3a3;
	for (t = text_cases; t < text_cases + TEXT_CASES; t++) {
		if (c < t->first || c > t->last)
			continue;
		if (t->delta != 0)
			return c - (uint32_t)t->delta;
		return (c - t->first) % 2 == 1 ? c - 1 : c;
	}
	return c;
}

static void
text_add_cased(struct buf *out, struct str text, bool upper)
{
	struct str rest = text;
	uint32_t c;
	size_t n;

	for (; rest.n > 0; rest.p += n, rest.n -= n) {
		c = text_point(rest, &n);
		if (upper && c == 0xdf)
			buf_add_text(out, "SS");
		else if (upper && c == 0x149)
			buf_add_text(out, "\xca\xbcN");
		else
			text_add_point(
			    out, upper ? text_upper_of(c) : text_lower_of(c));
	}
}

void
text_add_lower(struct buf *out, struct str text)
{
	text_add_cased(out, text, false);
}

void
text_add_upper(struct buf *out, struct str text)
{
	text_add_cased(out, text, true);
}

/* Which letters the small letters U+00E0 to U+017F stand beside, in pairs
 * from U+0100 on; a space where a letter stands for itself. */
static const char text_latin1[] = "aaaaaaaceeeeiiiidnooooo ouuuuy y";
static const char text_latin_a[] =
    "aaaaaacccccccc"
    "ddddeeeeeeeeee"
    "gggggggghhhhiiiiiiiii iijjkk llllllllll"
    "nnnnnn   oooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/* Where a character stands in English order, and what else tells it from one
 * at the same place: the accent in the upper bits, a capital in the lowest. */
static uint32_t
text_weight(uint32_t c, uint32_t *lesser)
{
	static const char marks[] =
	    "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
	uint32_t small = text_lower_of(c), letter = small;
	const char *mark;

	if (c < 0x80 && (mark = c == 0 ? NULL : strchr(marks, (int)c))) {
		*lesser = 0;
		return (uint32_t)(mark - marks) + 1;
	}
	if (small >= 0xe0 && small <= 0xff)
		letter = (unsigned char)text_latin1[small - 0xe0];
	else if (small >= 0x100 && small <= 0x17f)
		letter = (unsigned char)text_latin_a[small - 0x100];
	if (letter == ' ')
		letter = small;
	*lesser = (small == letter ? 0 : small) << 1 | (c != small);
	return letter + 0x100;
}

/* The next character that counts, 0 at the end: controls are passed over. */
static uint32_t
text_next_weight(struct str *rest, uint32_t *lesser)
{
	uint32_t c;
	size_t n;

	while (rest->n > 0) {
		c = text_point(*rest, &n);
		rest->p += n;
		rest->n -= n;
		if (c >= ' ' || text_is_space(c))
			return text_weight(c, lesser);
	}
	*lesser = 0;
	return 0;
}

int
text_compare(struct str a, struct str b)
{
	uint32_t x, y, less_x, less_y;
	int accent = 0, capital = 0;

	do {
		x = text_next_weight(&a, &less_x);
		y = text_next_weight(&b, &less_y);
		if (x != y)
			return x < y ? -1 : 1;
		if (accent == 0 && less_x >> 1 != less_y >> 1)
			accent = less_x >> 1 < less_y >> 1 ? -1 : 1;
		if (capital == 0 && (less_x & 1) != (less_y & 1))
			capital = (less_x & 1) < (less_y & 1) ? -1 : 1;
	} while (x != 0);
	return accent != 0 ? accent : capital;
}
