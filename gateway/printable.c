#include "config.h"

#include <string.h>

#include "gateway/printable.h"

/* The UTF-8 sequence that s begins with: its bytes, or 0 if it is none or
 * stands for a control character. */
static size_t
printable_sequence(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n;

	if (c < 0x80)
		return c >= ' ' && c != 0x7f ? 1 : 0;
	if (c == 0xc2 && s.n > 1 && (unsigned char)s.p[1] < 0xa0)
		return 0; /* U+0080 to U+009F: C1 controls */
	n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	return s.n >= n && str_is_utf8((struct str){ s.p, n }) ? n : 0;
}

void
printable_add(struct buf *out, struct str s, bool lines)
{
	size_t n;

	while (s.n > 0) {
		n = printable_sequence(s);
		if (n == 0 && lines && (*s.p == '\n' || *s.p == '\t'))
			n = 1;
		if (n > 0)
			buf_add(out, s.p, n);
		else
			buf_addf(out, "\\x%02x", (unsigned char)*s.p);
		s.p += n > 0 ? n : 1;
		s.n -= n > 0 ? n : 1;
	}
}

bool
printable_is_text(struct str s)
{
	size_t n;

	while (s.n > 0) {
		n = printable_sequence(s);
		if (n == 0 && memchr("\n\t\r", *s.p, 3) == NULL)
			return false;
		s.p += n > 0 ? n : 1;
		s.n -= n > 0 ? n : 1;
	}
	return true;
}

void
printable_dump(struct buf *out, struct str s)
{
	size_t at, i;

	for (at = 0; at < s.n; at += 16) {
		buf_addf(out, "%08zx ", at);
		for (i = at; i < at + 16; i++) {
			if (i < s.n)
				buf_addf(out, " %02x", (unsigned char)s.p[i]);
			else
				buf_add_text(out, "   ");
		}
		buf_add_text(out, "  |");
		for (i = at; i < at + 16 && i < s.n; i++)
			buf_addf(out, "%c",
			    s.p[i] >= ' ' && s.p[i] < 0x7f ? s.p[i] : '.');
		buf_add_text(out, "|\n");
	}
}

struct str
printable_cut(struct str s, size_t columns)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) == 0x80)
			continue; /* inside a sequence */
		if (columns-- == 0)
			break;
	}
	return (struct str){ s.p, i };
}
