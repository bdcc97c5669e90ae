#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "gateway/mode_set.h"

#define MODE_SET_TEXT 2000 /* bytes of methods, of a prefix, of a pattern */

/* ---- rows ------------------------------------------------------------ */

static void
mode_row_fini(struct mode_row *r)
{
	free(r->prefix);
	free(r->methods);
	free(r->scope);
	free(r->path);
}

void
mode_rows_clear(struct mode_rows *r)
{
	while (r->n > 0)
		mode_row_fini(&r->v[--r->n]);
	free(r->v);
	*r = (struct mode_rows){ NULL, 0 };
}

static struct mode_row *
mode_rows_add(struct mode_rows *r)
{
	r->v = xrealloc(r->v, (r->n + 1) * sizeof(*r->v));
	r->v[r->n] = (struct mode_row){ .mode = MODES };
	return &r->v[r->n++];
}

static char *
mode_row_text(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static void
mode_rows_copy(struct mode_rows *to, const struct mode_rows *from)
{
	struct mode_row *r;
	size_t i;

	*to = (struct mode_rows){ NULL, 0 };
	for (i = 0; i < from->n; i++) {
		r = mode_rows_add(to);
		*r = (struct mode_row){
			.prefix = mode_row_text(from->v[i].prefix),
			.methods = mode_row_text(from->v[i].methods),
			.scope = mode_row_text(from->v[i].scope),
			.path = mode_row_text(from->v[i].path),
			.mode = from->v[i].mode,
		};
	}
}

static bool
mode_row_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
mode_rows_equal(const struct mode_rows *a, const struct mode_rows *b)
{
	const struct mode_row *x = a->v, *y = b->v;
	size_t i;

	for (i = 0; a->n == b->n && i < a->n; i++, x++, y++)
		if (x->mode != y->mode ||
		    !mode_row_same(x->prefix, y->prefix) ||
		    !mode_row_same(x->methods, y->methods) ||
		    !mode_row_same(x->scope, y->scope) ||
		    !mode_row_same(x->path, y->path))
			break;
	return a->n == b->n && i == a->n;
}

void
mode_row_pattern(const struct mode_row *r, struct buf *out)
{
	buf_add_text(out, r->scope);
	buf_add_text(out, r->path);
}

/* ---- sets ------------------------------------------------------------ */

void
mode_set_copy(struct mode_set *to, const struct mode_set *from)
{
	to->mode = from->mode;
	mode_rows_copy(&to->upstreams, &from->upstreams);
	mode_rows_copy(&to->routes, &from->routes);
}

void
mode_set_fini(struct mode_set *m)
{
	mode_rows_clear(&m->upstreams);
	mode_rows_clear(&m->routes);
}

bool
mode_set_equal(const struct mode_set *a, const struct mode_set *b)
{
	return a->mode == b->mode &&
	       mode_rows_equal(&a->upstreams, &b->upstreams) &&
	       mode_rows_equal(&a->routes, &b->routes);
}

static int
mode_set_read(const char *name, enum mode_id *mode, struct err *e)
{
	struct buf words = { 0 };
	int i;

	*mode = mode_of(name);
	if (*mode != MODES)
		return 0;
	for (i = 0; i < MODES; i++)
		buf_addf(&words, "%s%s", i > 0 ? ", " : "", modes[i].name);
	err_set(e, "mode %.100s: expected one of %s", name, buf_text(&words));
	buf_free(&words);
	return -1;
}

int
mode_set_mode(struct mode_set *m, const char *mode, struct err *e)
{
	enum mode_id id;

	if (mode_set_read(mode, &id, e) == -1)
		return -1;
	m->mode = id;
	return 0;
}

struct mode_row *
mode_set_row(const struct mode_set *m, const char *prefix)
{
	size_t i;

	for (i = 0; i < m->upstreams.n; i++)
		if (strcmp(m->upstreams.v[i].prefix, prefix) == 0)
			return &m->upstreams.v[i];
	return NULL;
}

static void
mode_set_drop(struct mode_rows *r, struct mode_row *row)
{
	if (row == NULL)
		return;
	mode_row_fini(row);
	r->n--;
	memmove(row, row + 1, (size_t)(r->v + r->n - row) * sizeof(*row));
}

int
mode_set_upstream(
    struct mode_set *m, const char *prefix, const char *mode, struct err *e)
{
	struct mode_row *row = mode_set_row(m, prefix);
	enum mode_id id;

	if (mode == NULL) {
		mode_set_drop(&m->upstreams, row);
		return 0;
	}
	if (mode_set_read(mode, &id, e) == -1)
		return -1;
	if (row == NULL &&
	    (m->upstreams.n == MODE_SET_MOST || strlen(prefix) > MODE_SET_TEXT))
		return err_set(e, "too many modes of upstreams, or too long");
	if (row == NULL) {
		row = mode_rows_add(&m->upstreams);
		row->prefix = xstrdup(prefix);
	}
	row->mode = id;
	return 0;
}

/* Tokens with commas between, or "*". */
static bool
mode_set_is_methods(struct str text)
{
	struct str one;

	if (str_is(text, "*"))
		return true;
	while (str_cut(&text, ',', &one))
		if (!str_is_token(one))
			return false;
	return true;
}

static bool
mode_set_is_pattern(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f ||
		    text[i] == '#' || i == MODE_SET_TEXT)
			return false;
	return strchr(text, '/') != NULL || strcmp(text, "*") == 0;
}

int
mode_set_route(struct mode_set *m, const char *methods, const char *pattern,
    const char *mode, struct err *e)
{
	const char *path = strchr(pattern, '/');
	struct mode_row *row;
	enum mode_id id;
	size_t i;

	if (strlen(methods) > MODE_SET_TEXT ||
	    !mode_set_is_methods(str_of(methods)))
		return err_set(e,
		    "%.100s: expected a method such as GET, several with "
		    "commas between, or *",
		    methods);
	if (!mode_set_is_pattern(pattern))
		return err_set(e,
		    "%.200s: expected a path such as /v1/*, with a host in "
		    "front of it or without",
		    pattern);
	if (mode_set_read(mode, &id, e) == -1)
		return -1;
	if (m->routes.n == MODE_SET_MOST)
		return err_set(e, "more than %d routes", MODE_SET_MOST);
	row = mode_rows_add(&m->routes);
	row->methods = xstrdup(methods);
	row->scope = path != NULL ? xmemdup0(pattern, (size_t)(path - pattern))
				  : xstrdup("");
	for (i = 0; row->scope[i] != '\0'; i++)
		row->scope[i] = str_lower(row->scope[i]);
	row->path = xstrdup(path != NULL ? path : pattern);
	row->mode = id;
	return 0;
}

/* ---- requests -------------------------------------------------------- */

static bool
mode_row_has_method(const struct mode_row *r, struct str method)
{
	struct str rest = str_of(r->methods), one;

	if (str_is(rest, "*"))
		return true;
	while (str_cut(&rest, ',', &one))
		if (str_eq(one, method))
			return true;
	return false;
}

const struct mode *
mode_set_find(const struct mode_set *m, const struct mode_request *q)
{
	struct str path = q->target;
	const struct mode_row *r;
	const char *query;
	size_t i;

	query = path.n > 0 ? memchr(path.p, '?', path.n) : NULL;
	if (query != NULL)
		path.n = (size_t)(query - path.p);
	for (i = 0; i < m->routes.n; i++) {
		r = &m->routes.v[i];
		if (mode_row_has_method(r, q->method) &&
		    (r->scope[0] == '\0' ||
			str_glob(str_of(r->scope), q->scope)) &&
		    str_glob(str_of(r->path), path))
			return &modes[r->mode];
	}
	for (i = 0; q->prefix != NULL && i < m->upstreams.n; i++) {
		r = &m->upstreams.v[i];
		if (strcmp(r->prefix, q->prefix) == 0)
			return &modes[r->mode];
	}
	return &modes[m->mode];
}

static void
mode_sum_add(struct mode *sum, const struct mode *m)
{
	if (!sum->forwards && m->forwards)
		sum->name = m->name;
	sum->reads |= m->reads;
	sum->forwards |= m->forwards;
	sum->records |= m->records;
	sum->reads_on_failure |= m->reads_on_failure;
}

struct mode
mode_set_sum(const struct mode_set *m)
{
	struct mode sum = modes[m->mode];
	size_t i;

	for (i = 0; i < m->upstreams.n; i++)
		mode_sum_add(&sum, &modes[m->upstreams.v[i].mode]);
	for (i = 0; i < m->routes.n; i++)
		mode_sum_add(&sum, &modes[m->routes.v[i].mode]);
	return sum;
}
