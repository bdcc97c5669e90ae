#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "mock/endpoint.h"

static bool
endpoint_is_letter(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

void
endpoint_add_literal(struct buf *out, struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] != '\0' &&
		    strchr(":*?+!(){}[]\\\"", text.p[i]) != NULL)
			buf_add(out, "\\", 1);
		buf_add(out, text.p + i, 1);
	}
}

void
endpoint_add_name(struct buf *out, struct str name, struct str next)
{
	bool quoted = next.n > 0 && endpoint_is_letter(next.p[0]);
	size_t i, had;

	buf_add_text(out, quoted ? ":\"" : ":");
	had = out->n;
	for (i = 0; i < name.n; i++) {
		if (!endpoint_is_letter(name.p[i]))
			continue;
		if (out->n == had && name.p[i] >= '0' && name.p[i] <= '9')
			buf_add(out, "p", 1);
		buf_add(out, name.p + i, 1);
	}
	if (out->n == had)
		buf_add(out, "p", 1);
	if (quoted)
		buf_add(out, "\"", 1);
}

void
endpoint_add_braces(struct buf *out, struct str path)
{
	struct str rest = path, part;
	const char *open, *close;

	while (rest.n > 0) {
		open = memchr(rest.p, '{', rest.n);
		close = open == NULL ? NULL
				     : memchr(open, '}',
					   rest.n - (size_t)(open - rest.p));
		if (close == NULL) {
			endpoint_add_literal(out, rest);
			return;
		}
		part = (struct str){ rest.p, (size_t)(open - rest.p) };
		endpoint_add_literal(out, part);
		part = (struct str){ open + 1, (size_t)(close - open) - 1 };
		rest.n -= (size_t)(close + 1 - rest.p);
		rest.p = close + 1;
		endpoint_add_name(out, part, rest);
	}
}

/* ---- what one covers ---------------------------------------------------- */

enum endpoint_part {
	ENDPOINT_LITERAL,
	ENDPOINT_NAME,  /* a name for the whole segment */
	ENDPOINT_REST,  /* the wildcard */
	ENDPOINT_MIXED, /* anything else */
};

static enum endpoint_part
endpoint_part_of(struct str s)
{
	size_t i = s.n > 0 && s.p[0] == ':' ? 1 : 0;

	if (str_is(s, "*"))
		return ENDPOINT_REST;
	if (i == 1) {
		while (i < s.n && endpoint_is_letter(s.p[i]))
			i++;
		return i == s.n && s.n > 1 ? ENDPOINT_NAME : ENDPOINT_MIXED;
	}
	for (i = 0; i < s.n; i++)
		if (strchr(":*?+!(){}[]\\\"", s.p[i]) != NULL)
			return ENDPOINT_MIXED;
	return ENDPOINT_LITERAL;
}

/* Whether a part may be missing, or several. */
static bool
endpoint_is_single(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (strchr("*?+!(){}[]", s.p[i]) != NULL)
			return false;
	}
	return true;
}

static bool
endpoint_part_covers(struct str a, struct str b)
{
	enum endpoint_part of = endpoint_part_of(a);

	if (str_ieq(a, b))
		return true;
	return of == ENDPOINT_NAME && b.n > 0 && endpoint_is_single(b);
}

static struct str
endpoint_trim(struct str s)
{
	while (s.n > 0 && s.p[0] == '/') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

bool
endpoint_covers(struct str a, struct str b)
{
	struct str x, y;

	a = endpoint_trim(a);
	b = endpoint_trim(b);
	while (a.p != NULL && b.p != NULL) {
		str_cut(&a, '/', &x);
		str_cut(&b, '/', &y);
		if (endpoint_part_of(x) == ENDPOINT_REST)
			return a.p == NULL && y.n > 0 &&
			       (endpoint_is_single(y) || str_is(y, "*"));
		if (!endpoint_part_covers(x, y))
			return false;
	}
	return a.p == NULL && b.p == NULL;
}

/* 0 is what may be anything, 1 the end of the path. */
struct endpoint_start
endpoint_start(struct str endpoint)
{
	struct endpoint_start start = { { 0 } };
	struct str segment;
	uint32_t hash;
	size_t n = 0, i;

	while (n < 4 && str_cut(&endpoint, '/', &segment)) {
		if (segment.n == 0)
			continue;
		for (i = 0, hash = 2166136261u; i < segment.n; i++) {
			if (strchr(":*?+(){}[]\\\"", segment.p[i]) != NULL)
				return start;
			hash ^= (unsigned char)str_lower(segment.p[i]);
			hash *= 16777619u;
		}
		start.at[n++] = hash < 2 ? 2 : hash;
	}
	if (n < 4)
		start.at[n] = 1;
	return start;
}

bool
endpoint_may_cover(
    const struct endpoint_start *a, const struct endpoint_start *b)
{
	size_t i;

	for (i = 0; i < 4; i++)
		if (a->at[i] != 0 && b->at[i] != 0 && a->at[i] != b->at[i])
			return false;
	return true;
}
