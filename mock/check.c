#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "mock/document.h"
#include "mock/endpoint.h"
#include "mock/locate.h"

#include "mock/check_priv.h"

#define LOCATED 200 /* findings whose line is looked for */

/* ---- findings ----------------------------------------------------------- */

void
check_tell(struct checking *c, bool wrong, struct str where, struct str text)
{
	struct check_finding f = {
		.wrong = wrong, .where = where, .text = text
	};

	if (where.n > 0 && c->found < LOCATED)
		(void)locate(c->text, where, &f.line, &f.column);
	c->found++;
	c->on_finding(c->arg, &f);
}

/* About a file that is no JSON, "LINE:COLUMN: text".  False for another. */
static bool
check_syntax(struct checking *c, struct str text)
{
	struct check_finding f = { .wrong = true };
	struct str number;
	uint64_t line, column;

	if (!str_cut(&text, ':', &number) || str_u64(number, &line) == -1 ||
	    !str_cut(&text, ':', &number) || str_u64(number, &column) == -1)
		return false;
	f.line = (size_t)line;
	f.column = (size_t)column;
	f.text = str_trim(text);
	c->found++;
	c->on_finding(c->arg, &f);
	return true;
}

void
check_found(struct checking *c, bool wrong, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	check_tell(c, wrong, buf_str(&c->where), str_of(text));
	free(text);
}

size_t
check_enter(struct checking *c, const char *name)
{
	size_t had = c->where.n;

	buf_addf(&c->where, "%s%s", had > 0 ? "." : "", name);
	return had;
}

size_t
check_enter_item(struct checking *c, const char *name, size_t i)
{
	size_t had = check_enter(c, name);

	buf_addf(&c->where, "[%zu]", i);
	return had;
}

/* ---- the whole ---------------------------------------------------------- */

static void
check_buckets(struct checking *c)
{
	const struct mock_bucket *v = c->env->buckets;
	size_t i, k, had;

	for (i = 0; i < c->env->nbuckets; i++) {
		had = check_enter_item(c, "data", i);
		check_template(c, "value", v[i].value);
		for (k = 0; k < i; k++)
			if (v[i].id.n > 0 && str_eq(v[k].id, v[i].id))
				check_found(
				    c, false, "data[%zu] has the same id", k);
		c->where.n = had;
	}
}

static void
check_environment(struct checking *c)
{
	const struct environment *env = c->env;
	size_t i, had;

	check_headers(c, "headers", &env->headers);
	check_headers(c, "proxyReqHeaders", &env->proxy_request_headers);
	check_headers(c, "proxyResHeaders", &env->proxy_response_headers);
	check_buckets(c);
	for (i = 0; i < env->ncallbacks; i++) {
		had = check_enter_item(c, "callbacks", i);
		check_callback(c, i);
		c->where.n = had;
	}
	c->starts = xcalloc(env->nroutes + 1, sizeof(*c->starts));
	for (i = 0; i < env->nroutes; i++) {
		c->starts[i] = endpoint_start(env->routes[i].endpoint);
		had = check_enter_item(c, "routes", env->routes[i].index);
		check_route(c, i);
		c->where.n = had;
	}
}

/* What is behind "PATH:", taken apart into where and what. */
static void
check_line(struct checking *c, const char *path, bool wrong, struct str line)
{
	size_t n = strlen(path);
	const char *colon;
	struct str where = STR("");

	if (str_starts(line, path) && line.n > n + 1 && line.p[n] == ':') {
		line = (struct str){ line.p + n + 1, line.n - n - 1 };
		if (check_syntax(c, line))
			return;
		line = str_trim(line);
		colon = memmem(line.p, line.n, ": ", 2);
		n = colon != NULL ? (size_t)(colon - line.p) : 0;
		/* A place has no spaces in it. */
		if (n > 0 && memchr(line.p, ' ', n) == NULL) {
			where = (struct str){ line.p, n };
			line = (struct str){ colon + 2, line.n - n - 2 };
		}
	}
	check_tell(c, wrong, where, line);
}

size_t
check_file(const char *path, check_fn on_finding, void *arg)
{
	struct checking c = { .on_finding = on_finding, .arg = arg };
	struct buf text = { 0 }, remarks = { 0 };
	struct environment *env = NULL;
	struct str rest, line;
	struct err e;

	if (document_read(path, ENVIRONMENT_MOST, &text, &e) == 0) {
		c.text = buf_str(&text);
		env = environment_parse(path, c.text, &remarks, &e);
	}
	c.env = env;
	if (env == NULL)
		check_line(&c, path, true, str_of(e.text));
	rest = buf_str(&remarks);
	while (str_cut(&rest, '\n', &line))
		if (line.n > 0)
			check_line(&c, path, false, line);
	if (env != NULL)
		check_environment(&c);
	environment_free(env);
	free(c.starts);
	buf_free(&text);
	buf_free(&remarks);
	buf_free(&c.where);
	return c.found;
}

/* The place, or the nearest around it that is there. */
static bool
check_locate(struct str text, struct str where, size_t *line, size_t *column)
{
	while (where.n > 0) {
		if (locate(text, where, line, column))
			return true;
		while (where.n > 0 && where.p[--where.n] != '.' &&
		       where.p[where.n] != '[')
			;
	}
	return false;
}

void
check_place(const char *path, struct err *e)
{
	struct buf text = { 0 };
	struct str rest = str_of(e->text), where;
	size_t n = strlen(path), line, column;
	const char *colon;
	struct err other;

	if (!str_starts(rest, path) || strncmp(rest.p + n, ": ", 2) != 0)
		return;
	rest = str_of(e->text + n + 2);
	colon = memmem(rest.p, rest.n, ": ", 2);
	if (colon == NULL)
		return;
	where = (struct str){ rest.p, (size_t)(colon - rest.p) };
	if (document_read(path, ENVIRONMENT_MOST, &text, &other) == 0 &&
	    check_locate(buf_str(&text), where, &line, &column)) {
		other = *e;
		err_set(e, "%.300s:%zu:%zu: %s", path, line, column,
		    other.text + n + 2);
	}
	buf_free(&text);
}
