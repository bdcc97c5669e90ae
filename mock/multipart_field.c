#include "config.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "har/base64.h"
#include "har/har_text.h"
#include "mock/form.h"
#include "mock/text.h"

#include "mock/multipart_field.h"

static char
multipart_at(const struct str *rest)
{
	return rest->n > 0 ? *rest->p : '\0';
}

static void
multipart_skip(struct str *rest, size_t n)
{
	rest->p += n;
	rest->n -= n;
}

static void
multipart_skip_space(struct str *rest)
{
	while (rest->n > 0 && (*rest->p == ' ' || *rest->p == '\t'))
		multipart_skip(rest, 1);
}

static struct str
multipart_token(struct str *rest)
{
	struct str token = { rest->p, 0 };

	while (rest->n > 0 && str_is_tchar((unsigned char)*rest->p)) {
		token.n++;
		multipart_skip(rest, 1);
	}
	return token;
}

/* What may stand in quotes but quotes themselves. */
static bool
multipart_is_quotable(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* Behind a quote; *value has its escapes undone. */
static bool
multipart_quoted(struct values *v, struct str *rest, struct str *value)
{
	struct buf text = { 0 };
	char c;

	while (rest->n > 0 && (c = *rest->p) != '"') {
		if (c == '\\' && rest->n > 1 &&
		    (rest->p[1] == '\\' || rest->p[1] == '"')) {
			multipart_skip(rest, 1);
			c = *rest->p;
		} else if (!multipart_is_quotable((unsigned char)c)) {
			break;
		}
		buf_add(&text, &c, 1);
		multipart_skip(rest, 1);
	}
	*value = value_copy_text(v, buf_str(&text)).text;
	buf_free(&text);
	if (multipart_at(rest) != '"')
		return false;
	multipart_skip(rest, 1);
	return true;
}

static bool
multipart_plain(struct values *v, struct str *rest, struct str *value)
{
	if (multipart_at(rest) == '"') {
		multipart_skip(rest, 1);
		return multipart_quoted(v, rest, value);
	}
	*value = multipart_token(rest);
	return value->n > 0;
}

static bool
multipart_is_charset(unsigned char c)
{
	return c == '{' || c == '}' ||
	       (str_is_tchar(c) && strchr("'*.|", c) == NULL);
}

/* RFC 8187, attr-char. */
static bool
multipart_is_attribute(unsigned char c)
{
	return str_is_tchar(c) && strchr("%'*", c) == NULL;
}

/* charset'language'percent%20encoded (RFC 8187). */
static bool
multipart_extended(struct values *v, struct str *rest, struct str *value)
{
	struct str charset = { rest->p, 0 }, part;
	struct buf bytes = { 0 }, text = { 0 };
	bool known;
	int byte;

	while (rest->n > 0 && multipart_is_charset((unsigned char)*rest->p)) {
		charset.n++;
		multipart_skip(rest, 1);
	}
	if (multipart_at(rest) != '\'')
		return false;
	multipart_skip(rest, 1);
	(void)str_cut(rest, '\'', &part);
	if (rest->p == NULL || rest->n == 0) {
		*rest = STR("");
		return false;
	}
	while (rest->n > 0) {
		byte = form_percent(rest->p, rest->n);
		if (byte != -1) {
			char c = (char)byte;

			buf_add(&bytes, &c, 1);
			multipart_skip(rest, 3);
		} else if (multipart_is_attribute((unsigned char)*rest->p)) {
			buf_add(&bytes, rest->p, 1);
			multipart_skip(rest, 1);
		} else {
			break;
		}
	}
	known = multipart_at(rest) != '%' &&
		multipart_decode(charset, buf_str(&bytes), &text);
	*value = value_copy_text(v, buf_str(&text)).text;
	buf_free(&bytes);
	buf_free(&text);
	return known;
}

static const struct {
	const char *name;
	size_t at;
} multipart_parameters[] = {
	{ "boundary", offsetof(struct multipart_field, boundary) },
	{ "charset", offsetof(struct multipart_field, charset) },
	{ "name", offsetof(struct multipart_field, name) },
	{ "filename", offsetof(struct multipart_field, filename) },
	{ "filename*", offsetof(struct multipart_field, filename_star) },
};

/* The first of a name counts. */
static void
multipart_keep(struct multipart_field *field, struct str name, struct str value)
{
	struct str *slot;
	size_t i;

	for (i = 0;
	     i < sizeof(multipart_parameters) / sizeof(*multipart_parameters);
	     i++) {
		slot = (struct str *)(void *)((char *)field +
					      multipart_parameters[i].at);
		if (str_iis(name, multipart_parameters[i].name) &&
		    slot->p == NULL)
			*slot = value;
	}
}

/* Each "; name=value"; with extended ones "name*=" is special. */
static bool
multipart_params(struct values *v, struct str rest, bool extended,
    struct multipart_field *field)
{
	struct str name, value;
	bool good;

	for (;;) {
		multipart_skip_space(&rest);
		if (rest.n == 0)
			return true;
		if (*rest.p != ';')
			return false;
		multipart_skip(&rest, 1);
		multipart_skip_space(&rest);
		name = multipart_token(&rest);
		if (multipart_at(&rest) != '=')
			return false;
		multipart_skip(&rest, 1);
		good = extended && str_ends(name, "*")
			   ? multipart_extended(v, &rest, &value)
			   : multipart_plain(v, &rest, &value);
		if (!good)
			return false;
		multipart_keep(field, name, value);
	}
}

bool
multipart_content_type(
    struct values *v, struct str text, struct multipart_field *field)
{
	*field = (struct multipart_field){ 0 };
	field->type = multipart_token(&text);
	if (field->type.n == 0 || multipart_at(&text) != '/')
		return false;
	multipart_skip(&text, 1);
	field->subtype = multipart_token(&text);
	return field->subtype.n > 0 && multipart_params(v, text, false, field);
}

bool
multipart_disposition(
    struct values *v, struct str text, struct multipart_field *field)
{
	*field = (struct multipart_field){ 0 };
	field->type = multipart_token(&text);
	return multipart_params(v, text, true, field);
}

/* UTF-16, least significant byte first; half a pair is U+FFFD. */
static void
multipart_decode_utf16(struct str bytes, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)bytes.p;
	uint32_t unit, next;
	size_t i;

	for (i = 0; i + 1 < bytes.n; i += 2) {
		unit = p[i] | (uint32_t)p[i + 1] << 8;
		next = i + 3 < bytes.n ? p[i + 2] | (uint32_t)p[i + 3] << 8 : 0;
		if ((unit & 0xfc00) == 0xd800 && (next & 0xfc00) == 0xdc00) {
			unit =
			    0x10000 + ((unit & 0x3ff) << 10 | (next & 0x3ff));
			i += 2;
		} else if ((unit & 0xf800) == 0xd800) {
			unit = 0xfffd;
		}
		text_add_point(out, unit);
	}
}

static bool
multipart_is_one_of(struct str name, const char *const *names)
{
	while (*names != NULL && !str_iis(name, *names))
		names++;
	return *names != NULL;
}

bool
multipart_decode(struct str charset, struct str bytes, struct buf *out)
{
	static const char *const utf8[] = { "utf-8", "utf8", NULL };
	static const char *const latin[] = { "latin1", "ascii", "us-ascii",
		"iso-8859-1", "iso8859-1", "iso88591", "iso_8859-1",
		"windows-1252", "iso_8859-1:1987", "cp1252", "x-cp1252", NULL };
	static const char *const utf16[] = { "utf16le", "utf-16le", "ucs2",
		"ucs-2", NULL };

	if (multipart_is_one_of(charset, utf8))
		text_add_decoded(out, bytes);
	else if (multipart_is_one_of(charset, latin))
		har_text_from_latin1(bytes, out);
	else if (multipart_is_one_of(charset, utf16))
		multipart_decode_utf16(bytes, out);
	else if (str_iis(charset, "base64"))
		base64_encode(bytes, out);
	else
		return false;
	return true;
}
