#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "har/har_in.h"

#include "har/har_form.h"

/* What application/x-www-form-urlencoded leaves as it is (WHATWG URL). */
static bool
har_form_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("*-._", c) != NULL);
}

static void
har_form_escape(struct str s, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (har_form_plain(c))
			buf_add(out, &c, 1);
		else if (c == ' ')
			buf_add(out, "+", 1);
		else
			buf_addf(out, "%%%02X", c);
	}
}

static void
har_form_join(const struct har_param *p, bool escape, struct buf *out)
{
	const struct har_param *first = p;

	for (; p != NULL; p = p->next) {
		if (p != first)
			buf_add(out, "&", 1);
		if (escape)
			har_form_escape(p->name, out);
		else
			buf_add_str(out, p->name);
		if (p->value.p == NULL)
			continue;
		buf_add(out, "=", 1);
		if (escape)
			har_form_escape(p->value, out);
		else
			buf_add_str(out, p->value);
	}
}

/* Whether s can only be escaped text: an escape, and nothing in the clear
 * that would have been escaped. */
static bool
har_form_is_escaped(struct str s)
{
	bool escapes = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c >= 0x7f || c == '&' || c == '=')
			return false;
		escapes |= c == '%' || c == '+';
	}
	return escapes;
}

static void
har_form_urlencoded(
    const struct har_param *params, int64_t size, struct buf *out)
{
	const struct har_param *p;
	struct buf plain = { 0 };
	bool escaped = false, clear = false;

	for (p = params; p != NULL; p = p->next) {
		escaped |= har_form_is_escaped(p->value);
		clear |= !har_form_is_escaped(p->value) &&
			 memchr(p->value.p != NULL ? p->value.p : "", ' ',
			     p->value.n) != NULL;
	}
	har_form_join(params, false, &plain);
	har_form_join(params, true, out);
	if ((int64_t)out->n != size &&
	    ((int64_t)plain.n == size || (escaped && !clear))) {
		out->n = 0;
		buf_add_str(out, buf_str(&plain));
	}
	buf_free(&plain);
}

static struct str
har_form_boundary(struct str content_type)
{
	struct str rest = content_type, part, name;

	while (str_cut(&rest, ';', &part)) {
		if (!str_cut(&part, '=', &name) || part.p == NULL ||
		    !str_iis(str_trim(name), "boundary"))
			continue;
		part = str_trim(part);
		if (part.n >= 2 && part.p[0] == '"') {
			part.p++;
			part.n -= 2;
		}
		return part;
	}
	return STR("");
}

static int
har_form_multipart(
    const struct har_param *p, struct str boundary, struct buf *out)
{
	if (boundary.n == 0)
		return -1;
	for (; p != NULL; p = p->next) {
		if (p->value.p == NULL || (p->file.n > 0 && p->value.n == 0))
			return -1;
		buf_addf(out, "--%.*s\r\n", STR_ARGS(boundary));
		buf_addf(out, "Content-Disposition: form-data; name=\"%.*s\"",
		    STR_ARGS(p->name));
		if (p->file.p != NULL)
			buf_addf(out, "; filename=\"%.*s\"", STR_ARGS(p->file));
		buf_add(out, "\r\n", 2);
		if (p->type.n > 0)
			buf_addf(
			    out, "Content-Type: %.*s\r\n", STR_ARGS(p->type));
		buf_add(out, "\r\n", 2);
		buf_add_str(out, p->value);
		buf_add(out, "\r\n", 2);
	}
	buf_addf(out, "--%.*s--\r\n", STR_ARGS(boundary));
	return 0;
}

int
har_form_build(const struct har_param *params, struct str content_type,
    int64_t size, struct buf *out)
{
	if (str_istarts(content_type, "multipart/"))
		return har_form_multipart(
		    params, har_form_boundary(content_type), out);
	har_form_urlencoded(params, size, out);
	return 0;
}
