#include "config.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

#include "har/har_charset.h"

struct str
har_charset_of(struct str content_type)
{
	struct str rest = content_type, part, name;

	while (str_cut(&rest, ';', &part)) {
		if (!str_cut(&part, '=', &name) || part.p == NULL ||
		    !str_iis(str_trim(name), "charset"))
			continue;
		part = str_trim(part);
		if (part.n >= 2 && (part.p[0] == '"' || part.p[0] == '\'')) {
			part.p++;
			part.n -= 2;
		}
		return part;
	}
	return STR("");
}

bool
har_charset_is_utf8(struct str charset)
{
	return charset.n == 0 || str_iis(charset, "utf-8") ||
	       str_iis(charset, "utf8") || str_iis(charset, "utf8mb4") ||
	       str_iis(charset, "unicode-1-1-utf-8");
}

/* WHATWG Encoding. */
bool
har_charset_is_latin1(struct str charset)
{
	static const char *const names[] = { "iso-8859-1", "iso8859-1",
		"iso_8859-1", "latin1", "latin-1", "us-ascii", "ascii",
		"windows-1252", "cp1252", "x-cp1252", NULL };
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		if (str_iis(charset, names[i]))
			return true;
	return false;
}

void
har_charset_open_latin1(struct har_charset *c)
{
	*c = (struct har_charset){ 0 };
}

int
har_charset_open(struct har_charset *c, struct str charset)
{
	char name[40];
	iconv_t cd;

	if (charset.n == 0 || charset.n >= sizeof(name))
		return -1;
	memcpy(name, charset.p, charset.n);
	name[charset.n] = '\0';
	/* A bare "UTF-16" is little-endian on the web, without a mark. */
	if (str_iis(charset, "utf-16") || str_iis(charset, "utf16"))
		cd = iconv_open("UTF-16LE", "UTF-8");
	else if (har_charset_is_latin1(charset))
		cd = iconv_open("CP1252", "UTF-8");
	else
		cd = iconv_open(name, "UTF-8");
	if (cd == (iconv_t)-1)
		return -1;
	*c = (struct har_charset){ .iconv = cd };
	return 0;
}

void
har_charset_close(struct har_charset *c)
{
	if (c->iconv != NULL)
		iconv_close(c->iconv);
}

/* What is used of text but for the start of a character at its end; -1 when
 * something cannot be said. */
static int64_t
har_charset_iconv(struct har_charset *c, struct str text, struct buf *out)
{
	char *in = (char *)text.p, *to;
	size_t left = text.n, room, r;

	do {
		room = left + 64;
		to = buf_reserve(out, room);
		r = iconv(c->iconv, &in, &left, &to, &room);
		out->n = (size_t)(to - out->p);
	} while (r == (size_t)-1 && errno == E2BIG);
	if (r == (size_t)-1 && errno != EINVAL)
		return -1;
	return r > 0 && r != (size_t)-1 ? -1 : (int64_t)(text.n - left);
}

static int64_t
har_charset_latin1(struct str text, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)text.p;
	char *to = buf_reserve(out, text.n);
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (p[i] < 0x80) {
			*to++ = (char)p[i];
			continue;
		}
		if (p[i] < 0xc2 || p[i] > 0xc3)
			return -1;
		if (i + 1 == text.n)
			break;
		if ((p[i + 1] & 0xc0) != 0x80)
			return -1;
		*to++ = (char)(p[i] << 6 | (p[i + 1] & 0x3f));
		i++;
	}
	out->n = (size_t)(to - out->p);
	return (int64_t)i;
}

/* Takes text, keeping what it cannot use yet.  0 or -1. */
static int
har_charset_add(struct har_charset *c, struct str text, struct buf *out)
{
	int64_t used = c->iconv != NULL ? har_charset_iconv(c, text, out)
					: har_charset_latin1(text, out);

	if (used == -1 || text.n - (size_t)used >= sizeof(c->held))
		return -1;
	c->nheld = text.n - (size_t)used;
	memmove(c->held, text.p + used, c->nheld);
	return 0;
}

/* The end of a text whose encoding has states. */
static int
har_charset_end(struct har_charset *c, struct buf *out)
{
	char *to = buf_reserve(out, 64);
	size_t room = 64;

	if (c->nheld > 0)
		return -1;
	if (c->iconv == NULL)
		return 0;
	if (iconv(c->iconv, NULL, NULL, &to, &room) == (size_t)-1)
		return -1;
	out->n = (size_t)(to - out->p);
	return 0;
}

int
har_charset_piece(
    struct har_charset *c, struct str text, bool last, struct buf *out)
{
	while (c->nheld > 0 && text.n > 0) {
		c->held[c->nheld++] = text.p[0];
		text = (struct str){ text.p + 1, text.n - 1 };
		if (har_charset_add(
			c, (struct str){ c->held, c->nheld }, out) == -1)
			return -1;
	}
	if (text.n > 0 && har_charset_add(c, text, out) == -1)
		return -1;
	return last ? har_charset_end(c, out) : 0;
}
