/* Files, folders and the order of stubs. */
#include "config.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "mock/document.h"
#include "mock/draft.h"

#include "mock/from_wiremock.h"
#include "mock/from_wiremock_priv.h"

#define DEPTH 16 /* of folders */
#define PRIORITY 5

void
wiremock_note(struct wiremock *w, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	draft_note(w->draft, buf_str(&w->where), "%s", text);
	free(text);
}

/* ---- stubs -------------------------------------------------------------- */

struct stub {
	json_t *mapping;
	char *where;
	json_int_t priority;
	size_t number; /* in the order of reading */
};

struct stubs {
	struct wiremock *w;
	struct stub *v;
	size_t n, cap;
	size_t files;
};

static void
wiremock_add(struct stubs *s, json_t *mapping, const char *where, size_t i)
{
	const json_t *priority = json_object_get(mapping, "priority");

	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 64;
		s->v = xrealloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n] = (struct stub){
		.mapping = json_incref(mapping),
		.where = i == SIZE_MAX
			     ? xstrdup(where)
			     : xasprintf("%s: mappings[%zu]", where, i),
		.priority = json_is_integer(priority)
				? json_integer_value(priority)
				: PRIORITY,
		.number = s->n,
	};
	s->n++;
}

/* Lower numbers first; of equal ones, the one that was added last. */
static int
wiremock_order(const void *a, const void *b)
{
	const struct stub *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->number > y->number ? -1 : x->number < y->number;
}

static void
wiremock_take(struct stubs *s, json_t *file, const char *where)
{
	json_t *several = json_object_get(file, "mappings"), *mapping;
	size_t i;

	if (json_is_array(file))
		several = file;
	json_array_foreach(several, i, mapping)
	    wiremock_add(s, mapping, where, i);
	if (several == NULL)
		wiremock_add(s, file, where, SIZE_MAX);
}

static int
wiremock_read(struct stubs *s, const char *path, struct err *e)
{
	json_t *file;

	if (++s->files > FROM_WIREMOCK_FILES)
		return err_set(e, "more than %d files", FROM_WIREMOCK_FILES);
	file = document_load_json(path, e);
	if (file == NULL)
		return -1;
	wiremock_take(s, file, path);
	json_decref(file);
	return 0;
}

static int
wiremock_folder(
    struct stubs *s, const char *path, unsigned depth, struct err *e)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort), i, r = 0;
	struct stat st;
	char *file;

	if (n == -1)
		return err_sys(e, "%.300s", path);
	for (i = 0; i < n; i++) {
		file = xasprintf("%s/%s", path, names[i]->d_name);
		if (r == 0 && names[i]->d_name[0] != '.' &&
		    strcmp(names[i]->d_name, "__files") != 0 &&
		    stat(file, &st) == 0) {
			if (S_ISDIR(st.st_mode) && depth < DEPTH)
				r = wiremock_folder(s, file, depth + 1, e);
			else if (str_ends(str_of(file), ".json"))
				r = wiremock_read(s, file, e);
		}
		free(file);
		free(names[i]);
	}
	free(names);
	return r;
}

/* ---- routes ------------------------------------------------------------- */

static bool
wiremock_same_route(const json_t *route, struct str method, struct str endpoint)
{
	while (endpoint.n > 0 && endpoint.p[0] == '/') {
		endpoint.p++;
		endpoint.n--;
	}
	return route != NULL &&
	       str_eq(document_text(route, "method"), method) &&
	       str_ieq(document_text(route, "endpoint"), endpoint);
}

static unsigned
wiremock_status(struct wiremock *w, const json_t *stub)
{
	const json_t *v =
	    json_object_get(json_object_get(stub, "response"), "status");
	json_int_t status = json_integer_value(v);

	if (v == NULL)
		return 200;
	if (status >= 100 && status <= 999)
		return (unsigned)status;
	wiremock_note(w, "response.status is none; 200 is answered");
	return 200;
}

static void
wiremock_method(struct wiremock *w, const json_t *stub, struct buf *out)
{
	const json_t *v =
	    json_object_get(json_object_get(stub, "request"), "method");
	struct str text = { json_is_string(v) ? json_string_value(v) : "",
		json_string_length(v) };
	size_t i;

	if (v != NULL && !str_is_token(text))
		wiremock_note(w, "request.method: any method is answered");
	if (!str_is_token(text) || str_iis(text, "ANY"))
		text = STR("all");
	for (i = 0; i < text.n; i++)
		buf_addf(out, "%c",
		    text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] | 32
							 : text.p[i]);
}

/* A stub joins the one before when both are for the same path.  *route is
 * that, and what it is then. */
static void
wiremock_stub(struct wiremock *w, const struct stub *s, json_t **route)
{
	const json_t *stub = s->mapping;
	struct buf method = { 0 }, endpoint = { 0 };
	json_t *response;
	struct str name = document_text(stub, "name");

	wiremock_method(w, stub, &method);
	wiremock_endpoint(w, json_object_get(stub, "request"), &endpoint);
	if (!wiremock_same_route(
		*route, buf_str(&method), buf_str(&endpoint)) ||
	    json_is_null(json_object_get(*route, "responseMode")))
		*route = draft_route(
		    w->draft, NULL, buf_str(&method), buf_str(&endpoint), name);
	response = draft_response(*route, name, wiremock_status(w, stub));
	wiremock_rules(w, stub, response);
	wiremock_answer(w, stub, response);
	if (json_array_size(json_object_get(response, "rules")) > 0 ||
	    json_object_get(json_object_get(response, "hark"), "state") !=
		NULL) {
		draft_set(*route, "responseMode", STR("FALLBACK"));
	} else {
		json_object_set_new(*route, "responseMode", json_null());
		draft_default(*route, response);
	}
	buf_free(&method);
	buf_free(&endpoint);
}

static void
wiremock_all(struct stubs *s)
{
	struct wiremock *w = s->w;
	json_t *route = NULL;
	size_t i;

	if (s->n > 0)
		qsort(s->v, s->n, sizeof(*s->v), wiremock_order);
	for (i = 0; i < s->n; i++) {
		w->where.n = 0;
		buf_add_text(&w->where, s->v[i].where);
		if (json_is_object(
			json_object_get(s->v[i].mapping, "request")) ||
		    json_is_object(
			json_object_get(s->v[i].mapping, "response")))
			wiremock_stub(w, &s->v[i], &route);
		else
			wiremock_note(w, "left out: no stub for HTTP");
	}
}

/* ---- the source --------------------------------------------------------- */

static bool
wiremock_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder of bodies is beside that of the mappings. */
static char *
wiremock_files(const char *path)
{
	static const char *const up[] = { "", "../", "../../" };
	const char *slash = strrchr(path, '/');
	char *folder, *files = NULL;
	size_t i;

	if (wiremock_is_folder(path))
		folder = xstrdup(path);
	else
		folder = slash != NULL ? xmemdup0(path, (size_t)(slash - path))
				       : xstrdup(".");
	for (i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
		files = xasprintf("%s/%s__files", folder, up[i]);
		if (wiremock_is_folder(files))
			break;
		free(files);
		files = NULL;
	}
	free(folder);
	return files;
}

struct draft *
from_wiremock(const char *path, struct err *e)
{
	struct wiremock w = { 0 };
	struct stubs s = { .w = &w };
	char *mappings = xasprintf("%s/mappings", path);
	size_t i;
	int r;

	if (wiremock_is_folder(mappings))
		r = wiremock_folder(&s, mappings, 0, e);
	else if (wiremock_is_folder(path))
		r = wiremock_folder(&s, path, 0, e);
	else
		r = wiremock_read(&s, path, e);
	if (r == 0) {
		w.draft = draft_new(STR("WireMock"), false);
		w.files = wiremock_files(path);
		wiremock_all(&s);
	}
	for (i = 0; i < s.n; i++) {
		json_decref(s.v[i].mapping);
		free(s.v[i].where);
	}
	free(s.v);
	free(mappings);
	free(w.files);
	buf_free(&w.where);
	return w.draft;
}
