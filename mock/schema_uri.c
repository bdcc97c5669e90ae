#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "mock/schema_priv.h"

/* Up to its colon, or 0 when there is no scheme. */
static size_t
schema_uri_scheme(struct str uri)
{
	size_t i;

	for (i = 0; i < uri.n; i++)
		if (uri.p[i] == ':')
			return i > 0 ? i + 1 : 0;
		else if (strchr("/?#", uri.p[i]) != NULL)
			break;
	return 0;
}

/* Where the path of a URI begins. */
static size_t
schema_uri_path(struct str uri)
{
	size_t at = schema_uri_scheme(uri);

	if (uri.n - at < 2 || memcmp(uri.p + at, "//", 2) != 0)
		return at;
	for (at += 2; at < uri.n && strchr("/?#", uri.p[at]) == NULL;)
		at++;
	return at;
}

/* RFC 3986, section 5.2.4, of a path with what is behind it. */
static void
schema_uri_dots(struct buf *out, size_t from, struct str path)
{
	struct str part;
	size_t n;

	while (path.n > 0) {
		for (n = 1; n < path.n && path.p[n] != '/'; n++)
			;
		part = (struct str){ path.p, n };
		path.p += n;
		path.n -= n;
		if (str_is(part, "/..") || str_is(part, "/.")) {
			while (part.n == 3 && out->n > from &&
			       out->p[--out->n] != '/')
				;
			if (path.n == 0)
				buf_add_text(out, "/");
		} else {
			buf_add_str(out, part);
		}
	}
}

struct str
schema_uri(struct arena *a, struct str base, struct str ref)
{
	struct buf uri = { 0 };
	struct str rest, made;
	size_t path;

	if (schema_uri_scheme(ref) > 0)
		return ref;
	(void)str_cut(&base, '#', &rest);
	base = rest;
	path = schema_uri_path(base);
	if (ref.n == 0 || *ref.p == '#' || base.n == 0) {
		buf_add_str(&uri, base);
		buf_add_str(&uri, ref);
	} else if (str_starts(ref, "//")) {
		buf_add(&uri, base.p, schema_uri_scheme(base));
		buf_add_str(&uri, ref);
	} else if (*ref.p == '/') {
		buf_add(&uri, base.p, path);
		schema_uri_dots(&uri, uri.n, ref);
	} else {
		struct buf merged = { 0 };

		while (base.n > path && base.p[base.n - 1] != '/')
			base.n--;
		buf_add(&uri, base.p, path);
		buf_add(&merged, base.p + path, base.n - path);
		if (merged.n == 0 && path > 0)
			buf_add_text(&merged, "/");
		buf_add_str(&merged, ref);
		schema_uri_dots(&uri, uri.n, buf_str(&merged));
		buf_free(&merged);
	}
	made = arena_str(a, buf_str(&uri));
	buf_free(&uri);
	return made;
}
