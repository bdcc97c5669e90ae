#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/url.h"
#include "recorder/path.h"

#include "replay/endpoint.h"

static int
endpoint_order(const void *a, const void *b)
{
	return str_order(*(const struct str *)a, *(const struct str *)b);
}

/* "?a&b" */
static void
endpoint_add_query(struct buf *out, struct str query)
{
	struct buf names = { 0 };
	struct str pair, name, *v;
	size_t i, n;

	while (str_cut(&query, '&', &pair))
		if (pair.n > 0 && str_cut(&pair, '=', &name))
			buf_add(&names, &name, sizeof(name));
	n = names.n / sizeof(*v);
	v = (struct str *)(void *)names.p;
	if (n > 0)
		qsort(v, n, sizeof(*v), endpoint_order);
	for (i = 0; i < n; i++) {
		if (i > 0 && str_eq(v[i], v[i - 1]))
			continue;
		buf_add_text(out, i == 0 ? "?" : "&");
		buf_add_str(out, v[i]);
	}
	buf_free(&names);
}

/* "/users/17" is "/users/X", X being the asterisk. */
static void
endpoint_add_general(struct buf *out, struct str path)
{
	struct str segment;

	while (path_cut(&path, &segment)) {
		buf_add_text(out, "/");
		buf_add_str(out, path_is_id(segment) ? STR("*") : segment);
	}
}

void
endpoint_add(struct buf *out, struct str method, struct str url, bool general)
{
	struct str rest = url, path;
	struct url u;
	struct err e;

	buf_add_str(out, method);
	buf_add_text(out, " ");
	if (url_parse(&u, url, &e) == 0) {
		path = u.path.n > 0 ? u.path : STR("/");
		rest = u.query;
	} else {
		(void)str_cut(&rest, '?', &path); /* its p is not NULL */
	}
	if (general)
		endpoint_add_general(out, path);
	else
		buf_add_str(out, path);
	endpoint_add_query(out, rest);
}
