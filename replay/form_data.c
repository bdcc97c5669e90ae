#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "har/headers.h"

#include "replay/form_data.h"

static const char *
form_data_find(struct str text, const char *part)
{
	return text.n > 0 ? memmem(text.p, text.n, part, strlen(part)) : NULL;
}

struct str
form_data_boundary(const struct headers *h)
{
	static const char name[] = "boundary=";
	struct str type = headers_get(h, "Content-Type"), b = { NULL, 0 };
	const char *at;

	if (form_data_find(type, "multipart/form-data") == NULL ||
	    (at = form_data_find(type, name)) == NULL)
		return b;
	b.p = at + sizeof(name) - 1;
	while (
	    b.p + b.n < type.p + type.n && b.p[b.n] != ' ' && b.p[b.n] != '\t')
		b.n++;
	return b;
}

static void
form_data_text(struct str bytes, struct buf *out)
{
	bool whole;
	size_t n;

	while (bytes.n > 0) {
		n = str_utf8(bytes, &whole);
		if (whole)
			buf_add(out, bytes.p, n);
		else
			buf_add(out, "\xef\xbf\xbd", 3);
		bytes.p += n;
		bytes.n -= n;
	}
}

static void
form_data_without(struct buf *text, struct str boundary)
{
	char *at = text->p, *to = at, *end, *next;

	if (text->n == 0)
		return;
	end = at + text->n;
	while ((next = memmem(
		    at, (size_t)(end - at), boundary.p, boundary.n)) != NULL) {
		memmove(to, at, (size_t)(next - at));
		to += next - at;
		at = next + boundary.n;
	}
	memmove(to, at, (size_t)(end - at));
	text->n = (size_t)(to + (end - at) - text->p);
}

bool
form_data_same(
    struct str a, struct str a_boundary, struct str b, struct str b_boundary)
{
	struct buf left = { 0 }, right = { 0 };
	bool same;

	form_data_text(a, &left);
	form_data_text(b, &right);
	form_data_without(&left, a_boundary);
	form_data_without(&right, b_boundary);
	same = str_eq(buf_str(&left), buf_str(&right));
	buf_free(&left);
	buf_free(&right);
	return same;
}
