/* Secrets in bodies of several parts (RFC 2046 section 5.1, RFC 7578). */
#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "recorder/secrets_priv.h"

#define BOUNDARY_MOST 200

/* The value of name="value" or name=value in a list of parameters. */
static struct str
parts_parameter(struct str list, const char *name)
{
	size_t n = strlen(name), end;
	struct str rest, value;

	while (str_cut(&list, ';', &rest)) {
		rest = str_trim(rest);
		if (!str_istarts(rest, name) || rest.n <= n || rest.p[n] != '=')
			continue;
		value = (struct str){ rest.p + n + 1, rest.n - n - 1 };
		if (value.n == 0 || value.p[0] != '"')
			return value;
		value = (struct str){ value.p + 1, value.n - 1 };
		for (end = 0; end < value.n && value.p[end] != '"';)
			end++;
		value.n = end;
		return value;
	}
	return STR("");
}

/* What a part's head calls it. */
static struct str
parts_name(struct str head)
{
	struct str line, name;

	while (str_cut(&head, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (!str_cut(&line, ':', &name) || line.p == NULL ||
		    !str_iis(str_trim(name), "Content-Disposition"))
			continue;
		return parts_parameter(line, "name");
	}
	return STR("");
}

/* One part: a head, an empty line and a body. */
static void
parts_look(const struct secrets_in *in, struct str text, size_t from, size_t to)
{
	struct str part = { text.p + from, to - from };
	const char *gap = memmem(part.p, part.n, "\r\n\r\n", 4);
	struct secret s = { .kind = "field" };
	enum secret_class class;
	bool kept;

	if (gap == NULL)
		return;
	s.at = (size_t)(gap - text.p) + 4;
	s.n = to - s.at;
	s.name = parts_name((struct str){ part.p, (size_t)(gap - part.p) });
	class = secrets_class(in, SECRET_OF_EITHER, s.name, &kept);
	if (kept || secrets_take(in, text, class, s))
		return;
	if (secrets_are_possible(STR(""), (struct str){ text.p + s.at, s.n }))
		secrets_look(in, (struct str){ text.p, to }, s.at);
}

void
secrets_in_parts(
    const struct secrets_in *in, struct str content_type, struct str body)
{
	struct str boundary = parts_parameter(content_type, "boundary");
	struct buf line = { 0 };
	const char *at, *next, *end = body.p + body.n;

	if (boundary.n == 0 || boundary.n > BOUNDARY_MOST || body.n == 0) {
		secrets_look(in, body, 0);
		return;
	}
	buf_add(&line, "--", 2);
	buf_add_str(&line, boundary);
	at = memmem(body.p, body.n, line.p, line.n);
	while (at != NULL) {
		at += line.n;
		next = memmem(at, (size_t)(end - at), line.p, line.n);
		/* One that was cut off has no CRLF behind it. */
		if (next == NULL)
			parts_look(in, body, (size_t)(at - body.p), body.n);
		else if (next - at > 2)
			parts_look(in, body, (size_t)(at - body.p),
			    (size_t)(next - body.p) - 2);
		at = next;
	}
	buf_free(&line);
}
