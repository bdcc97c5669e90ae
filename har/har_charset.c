#include "config.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "har/har_text.h"

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

/* Browsers read all of these as windows-1252 (WHATWG Encoding). */
static bool
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

static int
har_charset_convert(const char *charset, struct str text, struct buf *out)
{
	char *in = (char *)text.p, *to;
	size_t n_in = text.n, n_out, n = out->n, r;
	iconv_t cd = iconv_open(charset, "UTF-8");

	if (cd == (iconv_t)-1)
		return -1;
	do {
		n_out = n_in + 64;
		to = buf_reserve(out, n_out);
		r = iconv(cd, &in, &n_in, &to, &n_out);
		out->n = (size_t)(to - out->p);
	} while (r == (size_t)-1 && errno == E2BIG);
	if (r == 0) {
		n_out = 64;
		to = buf_reserve(out, n_out);
		r = iconv(cd, NULL, NULL, &to, &n_out);
		out->n = (size_t)(to - out->p);
	}
	iconv_close(cd);
	if (r == 0)
		return 0;
	out->n = n;
	return -1;
}

int
har_charset_encode(struct str charset, struct str text, struct buf *out)
{
	struct buf latin1 = { 0 };
	char name[40];
	int r;

	if (charset.n == 0 || charset.n >= sizeof(name))
		return -1;
	memcpy(name, charset.p, charset.n);
	name[charset.n] = '\0';
	/* A bare "UTF-16" is little-endian on the web, without a mark. */
	if (str_iis(charset, "utf-16") || str_iis(charset, "utf16"))
		return har_charset_convert("UTF-16LE", text, out);
	if (!har_charset_is_latin1(charset))
		return har_charset_convert(name, text, out);
	if (har_charset_convert("CP1252", text, out) == 0)
		return 0;
	buf_add_str(&latin1, text);
	r = har_text_to_latin1(&latin1);
	if (r == 0)
		buf_add_str(out, buf_str(&latin1));
	buf_free(&latin1);
	return r;
}
