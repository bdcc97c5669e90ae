/* URLs of collections: texts with variables, or objects of their parts. */
#include "config.h"

#include <string.h>

#include "mock/document.h"
#include "mock/endpoint.h"

#include "mock/from_postman_priv.h"

#define FILLS 8 /* variables in the values of variables */

struct str
postman_variable(const struct postman *p, struct str name)
{
	const char *key;
	json_t *v;

	json_object_foreach(p->variables, key, v)
	{
		if (str_is(name, key))
			return (struct str){ json_string_value(v),
				json_string_length(v) };
	}
	return (struct str){ NULL, 0 };
}

/* The next {{name}} in s.  False when there is none. */
static bool
postman_next(
    struct str s, struct str *before, struct str *name, struct str *after)
{
	const char *open = s.n > 0 ? memmem(s.p, s.n, "{{", 2) : NULL, *close;

	if (open == NULL)
		return false;
	close = memmem(open, s.n - (size_t)(open - s.p), "}}", 2);
	if (close == NULL)
		return false;
	*before = (struct str){ s.p, (size_t)(open - s.p) };
	*name = str_trim((struct str){ open + 2, (size_t)(close - open) - 2 });
	*after = (struct str){ close + 2, s.n - (size_t)(close + 2 - s.p) };
	return true;
}

static void
postman_fill_some(
    const struct postman *p, struct str s, unsigned depth, struct buf *out)
{
	struct str before, name, after, value;

	while (postman_next(s, &before, &name, &after)) {
		buf_add_str(out, before);
		value = postman_variable(p, name);
		if (value.p != NULL && depth < FILLS)
			postman_fill_some(p, value, depth + 1, out);
		else
			buf_addf(out, "{{%.*s}}", STR_ARGS(name));
		s = after;
	}
	buf_add_str(out, s);
}

void
postman_fill(const struct postman *p, struct str s, struct buf *out)
{
	postman_fill_some(p, s, 0, out);
}

/* ---- endpoints ---------------------------------------------------------- */

/* ":id" and "{{id}}" are names, the rest is as it is. */
static void
postman_segment(struct str s, struct buf *out)
{
	struct str before, name, after;

	if (s.n > 1 && s.p[0] == ':') {
		endpoint_add_name(
		    out, (struct str){ s.p + 1, s.n - 1 }, STR(""));
		return;
	}
	while (postman_next(s, &before, &name, &after)) {
		endpoint_add_literal(out, before);
		endpoint_add_name(out, name, after);
		s = after;
	}
	endpoint_add_literal(out, s);
}

static void
postman_segments(struct str path, struct buf *out)
{
	struct str part;

	while (path.p != NULL && str_cut(&path, '/', &part)) {
		if (part.n == 0 && path.p != NULL)
			continue;
		buf_add(out, "/", 1);
		postman_segment(part, out);
	}
}

/* The path of a URL as text, without query and fragment. */
static struct str
postman_path(struct str url)
{
	const char *at = url.n > 0 ? memmem(url.p, url.n, "://", 3) : NULL;
	struct str path;

	str_cut(&url, '#', &path);
	url = path;
	str_cut(&url, '?', &path);
	if (at != NULL && (size_t)(at - path.p) < path.n) {
		path.n -= (size_t)(at + 3 - path.p);
		path.p = at + 3;
	} else if (path.n > 0 && path.p[0] == '/') {
		return path;
	}
	/* What is in front of the first slash is the host, or a variable that
	 * has it. */
	at = path.n > 0 ? memchr(path.p, '/', path.n) : NULL;
	if (at == NULL)
		return STR("");
	return (struct str){ at, path.n - (size_t)(at - path.p) };
}

/* The parts of a list, or a text, joined. */
static void
postman_join(const json_t *v, const char *between, struct buf *out)
{
	json_t *part;
	size_t i;

	if (json_is_string(v))
		buf_add(out, json_string_value(v), json_string_length(v));
	json_array_foreach((json_t *)(uintptr_t)v, i, part)
	{
		if (i > 0)
			buf_add_text(out, between);
		if (json_is_string(part))
			buf_add(out, json_string_value(part),
			    json_string_length(part));
		else
			buf_add_str(out, document_text(part, "value"));
	}
}

void
postman_endpoint(const struct postman *p, const json_t *url, struct buf *out)
{
	const json_t *path = json_object_get(url, "path");
	struct buf raw = { 0 }, filled = { 0 };

	if (path != NULL) {
		/* The host may be a variable with a path of its own. */
		postman_join(json_object_get(url, "host"), ".", &raw);
		if (!json_is_string(path) || json_string_value(path)[0] != '/')
			buf_add(&raw, "/", 1);
		postman_join(path, "/", &raw);
	} else if (json_is_string(url)) {
		buf_add(&raw, json_string_value(url), json_string_length(url));
	} else {
		buf_add_str(&raw, document_text(url, "raw"));
	}
	postman_fill(p, buf_str(&raw), &filled);
	postman_segments(postman_path(buf_str(&filled)), out);
	if (out->n == 0)
		buf_add(out, "/", 1);
	buf_free(&raw);
	buf_free(&filled);
}

/* ---- queries ------------------------------------------------------------ */

static void
postman_add_pair(const struct postman *p, const json_t *pair, struct buf *out)
{
	struct buf value = { 0 };
	size_t i, had = out->n;

	if (json_is_true(json_object_get(pair, "disabled")) ||
	    !json_is_string(json_object_get(pair, "key")))
		return;
	buf_addf(out, "%s%.*s=", had > 0 ? "&" : "",
	    STR_ARGS(document_text(pair, "key")));
	postman_fill(p, document_text(pair, "value"), &value);
	if (value.n > 0 && memmem(value.p, value.n, "{{", 2) != NULL)
		out->n = had; /* anything may stand there */
	for (i = 0; i < value.n && out->n > had; i++)
		if (value.p[i] == '&' || value.p[i] == '+')
			buf_addf(out, "%%%02X", (unsigned)value.p[i]);
		else
			buf_add(out, value.p + i, 1);
	buf_free(&value);
}

void
postman_query(const struct postman *p, const json_t *url, struct buf *out)
{
	const json_t *query = json_object_get(url, "query");
	struct str rest = json_is_string(url)
			      ? (struct str){ json_string_value(url),
					json_string_length(url) }
			      : document_text(url, "raw"),
		   part;
	json_t *pair;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)query, i, pair)
	    postman_add_pair(p, pair, out);
	if (json_is_array(query))
		return;
	str_cut(&rest, '#', &part);
	rest = part;
	str_cut(&rest, '?', &part);
	if (rest.n > 0 && memmem(rest.p, rest.n, "{{", 2) == NULL)
		buf_add_str(out, rest);
}
