#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mock/faker_priv.h"
#include "mock/text.h"

/* What Unicode says of letters; its tables are among the words. */

static bool
plain_is_ascii(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* The line of a table of Unicode that begins with point, without it; "" when
 * there is none.  The lines are in the order of their points. */
static struct str
plain_row(struct faker_node table, uint32_t point)
{
	size_t low = 0, high = faker_node_count(table), middle;
	struct str line;
	unsigned long found;
	char *behind;

	while (low < high) {
		middle = low + (high - low) / 2;
		line = faker_node_text(table, middle);
		found = strtoul(line.p, &behind, 16);
		if (found == point) {
			line.n -= (size_t)(behind - line.p);
			line.p = behind;
			return line;
		}
		if (found < point)
			low = middle + 1;
		else
			high = middle;
	}
	return STR("");
}

/* Appends the points of a row, or point itself when there is none. */
static void
plain_add_row(struct buf *b, struct str row, uint32_t point)
{
	char *at = (char *)row.p;
	const char *end = row.p + row.n;

	if (row.n == 0)
		text_add_point(b, point);
	while (at < end)
		text_add_point(b, (uint32_t)strtoul(at, &at, 16));
}

struct str
faker_lower(struct faker *f, struct str s)
{
	struct buf b = { 0 };

	if (s.n > 0)
		text_add_lower(&b, s);
	return faker_text(f, &b);
}

struct str
faker_capital(struct faker *f, struct str s)
{
	struct str rest = s;
	struct buf b = { 0 };
	uint32_t point;

	if (s.n == 0 || (point = faker_point(&rest)) >= 0x10000)
		return s;
	if (point < 0x80)
		text_add_point(&b, (uint32_t)toupper((int)point));
	else
		plain_add_row(&b,
		    plain_row(faker_words_unicode(f->words, "upper"), point),
		    point);
	buf_add_str(&b, rest);
	return faker_text(f, &b);
}

/* Hangul is taken apart by rule (Unicode 15, section 3.12). */
static void
plain_add_decomposed(struct buf *b, struct faker_node table, uint32_t point)
{
	uint32_t syllable = point - 0xac00;

	if (syllable >= 11172) {
		plain_add_row(b, plain_row(table, point), point);
		return;
	}
	text_add_point(b, 0x1100 + syllable / 588);
	text_add_point(b, 0x1161 + syllable % 588 / 28);
	if (syllable % 28 > 0)
		text_add_point(b, 0x11a7 + syllable % 28);
}

struct plain_mark {
	unsigned long rank;
	uint32_t point;
};

/* Puts a character and its combining marks in the order of their ranks. */
static void
plain_add_marks(struct buf *b, struct plain_mark *marks, size_t n)
{
	struct plain_mark moved;
	size_t i, j;

	for (i = 1; i < n; i++) {
		moved = marks[i];
		for (j = i; j > 0 && marks[j - 1].rank > moved.rank; j--)
			marks[j] = marks[j - 1];
		marks[j] = moved;
	}
	for (i = 0; i < n; i++)
		if (marks[i].point < 0x300 || marks[i].point > 0x36f)
			text_add_point(b, marks[i].point);
}

struct str
faker_plain(struct faker *f, struct str s)
{
	enum { RUN = 64 };
	struct faker_node table, ranks;
	struct plain_mark marks[RUN];
	struct buf apart = { 0 }, b = { 0 };
	size_t n = 0;

	if (plain_is_ascii(s))
		return s;
	table = faker_words_unicode(f->words, "nfkd");
	ranks = faker_words_unicode(f->words, "marks");
	while (s.n > 0)
		plain_add_decomposed(&apart, table, faker_point(&s));
	for (s = buf_str(&apart); s.n > 0;) {
		struct plain_mark mark = { 0, faker_point(&s) };

		if (mark.point >= 0x80)
			mark.rank =
			    strtoul(plain_row(ranks, mark.point).p, NULL, 16);
		if (mark.rank == 0 || n == RUN) {
			plain_add_marks(&b, marks, n);
			n = 0;
		}
		marks[n++] = mark;
	}
	plain_add_marks(&b, marks, n);
	buf_free(&apart);
	return faker_text(f, &b);
}

struct str
faker_spelled(struct faker *f, uint32_t point)
{
	struct str row =
	    plain_row(faker_words_unicode(f->words, "spelled"), point);
	struct buf b = { 0 };

	if (row.n == 0)
		return row;
	plain_add_row(&b, row, point);
	return faker_text(f, &b);
}
