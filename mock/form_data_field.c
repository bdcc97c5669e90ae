#include "config.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "har/base64.h"
#include "har/har_text.h"
#include "mock/form.h"
#include "mock/text.h"

#include "mock/form_data_field.h"

static char
form_data_at(const struct str *rest)
{
	return rest->n > 0 ? *rest->p : '\0';
}

static void
form_data_skip(struct str *rest, size_t n)
{
	rest->p += n;
	rest->n -= n;
}

static void
form_data_skip_space(struct str *rest)
{
	while (rest->n > 0 && (*rest->p == ' ' || *rest->p == '\t'))
		form_data_skip(rest, 1);
}

static struct str
form_data_token(struct str *rest)
{
	struct str token = { rest->p, 0 };

	while (rest->n > 0 && str_is_tchar((unsigned char)*rest->p)) {
		token.n++;
		form_data_skip(rest, 1);
	}
	return token;
}

/* What may stand in quotes but quotes themselves. */
static bool
form_data_is_quotable(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

/* Behind a quote; *value has its escapes undone. */
static bool
form_data_quoted(struct values *v, struct str *rest, struct str *value)
{
	struct buf text = { 0 };
	char c;

	while (rest->n > 0 && (c = *rest->p) != '"') {
		if (c == '\\' && rest->n > 1 &&
		    (rest->p[1] == '\\' || rest->p[1] == '"')) {
			form_data_skip(rest, 1);
			c = *rest->p;
		} else if (!form_data_is_quotable((unsigned char)c)) {
			break;
		}
		buf_add(&text, &c, 1);
		form_data_skip(rest, 1);
	}
	*value = value_copy_text(v, buf_str(&text)).text;
	buf_free(&text);
	if (form_data_at(rest) != '"')
		return false;
	form_data_skip(rest, 1);
	return true;
}

static bool
form_data_plain(struct values *v, struct str *rest, struct str *value)
{
	if (form_data_at(rest) == '"') {
		form_data_skip(rest, 1);
		return form_data_quoted(v, rest, value);
	}
	*value = form_data_token(rest);
	return value->n > 0;
}

static bool
form_data_is_charset(unsigned char c)
{
	return c == '{' || c == '}' ||
	       (str_is_tchar(c) && strchr("'*.|", c) == NULL);
}

/* RFC 8187, attr-char. */
static bool
form_data_is_attribute(unsigned char c)
{
	return str_is_tchar(c) && strchr("%'*", c) == NULL;
}

/* charset'language'percent%20encoded (RFC 8187). */
static bool
form_data_extended(struct values *v, struct str *rest, struct str *value)
{
	struct str charset = { rest->p, 0 }, part;
	struct buf bytes = { 0 }, text = { 0 };
	bool known;
	int byte;

	while (rest->n > 0 && form_data_is_charset((unsigned char)*rest->p)) {
		charset.n++;
		form_data_skip(rest, 1);
	}
	if (form_data_at(rest) != '\'')
		return false;
	form_data_skip(rest, 1);
	(void)str_cut(rest, '\'', &part);
	if (rest->p == NULL || rest->n == 0) {
		*rest = STR("");
		return false;
	}
	while (rest->n > 0) {
		byte = str_percent(*rest);
		if (byte != -1) {
			char c = (char)byte;

			buf_add(&bytes, &c, 1);
			form_data_skip(rest, 3);
		} else if (form_data_is_attribute((unsigned char)*rest->p)) {
			buf_add(&bytes, rest->p, 1);
			form_data_skip(rest, 1);
		} else {
			break;
		}
	}
	known = form_data_at(rest) != '%' &&
		form_data_decode(charset, buf_str(&bytes), &text);
	*value = value_copy_text(v, buf_str(&text)).text;
	buf_free(&bytes);
	buf_free(&text);
	return known;
}

static const struct {
	const char *name;
	size_t at;
} form_data_parameters[] = {
	{ "boundary", offsetof(struct form_data_field, boundary) },
	{ "charset", offsetof(struct form_data_field, charset) },
	{ "name", offsetof(struct form_data_field, name) },
	{ "filename", offsetof(struct form_data_field, filename) },
	{ "filename*", offsetof(struct form_data_field, filename_star) },
};

/* The first of a name counts. */
static void
form_data_keep(struct form_data_field *field, struct str name, struct str value)
{
	struct str *slot;
	size_t i;

	for (i = 0;
	     i < sizeof(form_data_parameters) / sizeof(*form_data_parameters);
	     i++) {
		slot = (struct str *)(void *)((char *)field +
					      form_data_parameters[i].at);
		if (str_iis(name, form_data_parameters[i].name) &&
		    slot->p == NULL)
			*slot = value;
	}
}

/* Each "; name=value"; with extended ones "name*=" is special. */
static bool
form_data_params(struct values *v, struct str rest, bool extended,
    struct form_data_field *field)
{
	struct str name, value;
	bool good;

	for (;;) {
		form_data_skip_space(&rest);
		if (rest.n == 0)
			return true;
		if (*rest.p != ';')
			return false;
		form_data_skip(&rest, 1);
		form_data_skip_space(&rest);
		name = form_data_token(&rest);
		if (form_data_at(&rest) != '=')
			return false;
		form_data_skip(&rest, 1);
		good = extended && str_ends(name, "*")
			   ? form_data_extended(v, &rest, &value)
			   : form_data_plain(v, &rest, &value);
		if (!good)
			return false;
		form_data_keep(field, name, value);
	}
}

bool
form_data_content_type(
    struct values *v, struct str text, struct form_data_field *field)
{
	*field = (struct form_data_field){ 0 };
	field->type = form_data_token(&text);
	if (field->type.n == 0 || form_data_at(&text) != '/')
		return false;
	form_data_skip(&text, 1);
	field->subtype = form_data_token(&text);
	return field->subtype.n > 0 && form_data_params(v, text, false, field);
}

bool
form_data_disposition(
    struct values *v, struct str text, struct form_data_field *field)
{
	*field = (struct form_data_field){ 0 };
	field->type = form_data_token(&text);
	return form_data_params(v, text, true, field);
}

/* UTF-16, least significant byte first; half a pair is U+FFFD. */
static void
form_data_decode_utf16(struct str bytes, struct buf *out)
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
form_data_is_one_of(struct str name, const char *const *names)
{
	while (*names != NULL && !str_iis(name, *names))
		names++;
	return *names != NULL;
}

bool
form_data_decode(struct str charset, struct str bytes, struct buf *out)
{
	static const char *const utf8[] = { "utf-8", "utf8", NULL };
	static const char *const latin[] = { "latin1", "ascii", "us-ascii",
		"iso-8859-1", "iso8859-1", "iso88591", "iso_8859-1",
		"windows-1252", "iso_8859-1:1987", "cp1252", "x-cp1252", NULL };
	static const char *const utf16[] = { "utf16le", "utf-16le", "ucs2",
		"ucs-2", NULL };

	if (form_data_is_one_of(charset, utf8))
		text_add_decoded(out, bytes);
	else if (form_data_is_one_of(charset, latin))
		har_text_from_latin1(bytes, out);
	else if (form_data_is_one_of(charset, utf16))
		form_data_decode_utf16(bytes, out);
	else if (str_iis(charset, "base64"))
		base64_encode(bytes, out);
	else
		return false;
	return true;
}
