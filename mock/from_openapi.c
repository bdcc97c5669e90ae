/* Paths and operations: what becomes a route. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"

#include "mock/document.h"
#include "mock/draft.h"
#include "mock/endpoint.h"
#include "mock/pattern.h"

#include "mock/from_openapi.h"
#include "mock/from_openapi_priv.h"

static void
openapi_on_note(void *arg, struct str where, const char *text)
{
	struct openapi *o = arg;

	draft_note(o->draft, where, "%s", text);
}

/* ---- the address -------------------------------------------------------- */

static void
openapi_servers(struct openapi *o)
{
	json_t *servers = json_object_get(o->root, "servers"), *server;
	struct buf url = { 0 }, other = { 0 };
	size_t i, had = o->where.n;

	openapi_enter(o, "servers");
	json_array_foreach(servers, i, server)
	{
		buf_clear(&other, 4096);
		openapi_server(document_text(server, "url"),
		    json_object_get(server, "variables"),
		    i == 0 ? &url : &other);
		if (i > 0 && !str_eq(openapi_path_of(buf_str(&other)),
				 openapi_path_of(buf_str(&url))))
			openapi_note(o,
			    "%.*s: its path is another than the first one's, "
			    "which all routes are given",
			    STR_ARGS(buf_str(&other)));
	}
	draft_set_prefix(o->draft, openapi_path_of(buf_str(&url)));
	o->where.n = had;
	buf_free(&url);
	buf_free(&other);
}

/* ---- routes ------------------------------------------------------------- */

/* Whether the endpoint is one; a note tells if not. */
static bool
openapi_is_endpoint(struct openapi *o, struct str endpoint)
{
	struct arena a = { 0 };
	struct pattern *p;
	struct err e;

	p = pattern_new(&a, STR(""), endpoint, &e);
	if (p == NULL)
		openapi_note(o, "left out: as the path of a route, %s", e.text);
	pattern_free(p);
	arena_fini(&a);
	return p != NULL;
}

/* What stands behind a ? or # is not part of a path. */
static struct str
openapi_only_path(struct openapi *o, struct str path)
{
	struct str rest = path, part;

	str_cut(&rest, '#', &part);
	rest = part;
	str_cut(&rest, '?', &part);
	if (part.n < path.n)
		openapi_note(o,
		    "what stands behind the path does not choose a response: "
		    "%.*s",
		    (int)(path.n - part.n), path.p + part.n);
	return part;
}

static void
openapi_route(struct openapi *o, struct str method, struct str endpoint,
    json_t *operation)
{
	struct str documentation = document_text(operation, "summary");
	json_t *route;

	if (documentation.n == 0)
		documentation = document_text(operation, "description");
	if (draft_find_route(o->draft, method, endpoint) != NULL) {
		openapi_note(o, "left out: %.*s %.*s is there already",
		    STR_ARGS(method), STR_ARGS(endpoint));
		return;
	}
	if (json_object_size(json_object_get(operation, "callbacks")) > 0)
		openapi_note(o, "callbacks are not made from a description");
	if (json_object_get(operation, "servers") != NULL)
		openapi_note(o, "servers of its own: the route has the path of "
				"all the others");
	route = draft_route(o->draft, NULL, method, endpoint, documentation);
	openapi_responses(o, operation, route);
}

/* Operations whose method has no word of its own, new in 3.2. */
static void
openapi_additional(struct openapi *o, struct str endpoint, json_t *all)
{
	size_t had = o->where.n;
	json_t *operation;
	const char *name;
	char *method;
	size_t i;

	json_object_foreach(all, name, operation)
	{
		method = xstrdup(name);
		for (i = 0; method[i] != '\0'; i++)
			if (method[i] >= 'A' && method[i] <= 'Z')
				method[i] |= 32;
		openapi_enter(o, name);
		if (str_is_token(str_of(method)))
			openapi_route(o, str_of(method), endpoint, operation);
		else
			openapi_note(o, "left out: no method");
		o->where.n = had;
		free(method);
	}
}

static bool
openapi_is_silent(const char *name)
{
	static const char *const silent[] = { "parameters", "summary",
		"description", "$ref", NULL };
	size_t i;

	for (i = 0; silent[i] != NULL; i++)
		if (strcmp(silent[i], name) == 0)
			return true;
	return strncmp(name, "x-", 2) == 0;
}

static void
openapi_item(struct openapi *o, struct str endpoint, json_t *item)
{
	size_t had = o->where.n;
	const char *name;
	json_t *v;

	json_object_foreach(item, name, v)
	{
		openapi_enter(o, name);
		if (openapi_is_method(name))
			openapi_route(o, str_of(name), endpoint, v);
		else if (strcmp(name, "additionalOperations") == 0)
			openapi_additional(o, endpoint, v);
		else if (strcmp(name, "servers") == 0)
			openapi_note(o, "not used: all routes have the path "
					"of the description's first server");
		else if (!openapi_is_silent(name))
			openapi_note(o, "left out: no method");
		o->where.n = had;
	}
}

static void
openapi_paths(struct openapi *o)
{
	json_t *paths = json_object_get(o->root, "paths"), *item;
	struct buf endpoint = { 0 };
	size_t had;
	const char *path;

	openapi_enter(o, "paths");
	had = o->where.n;
	json_object_foreach(openapi_follow(o, paths), path, item)
	{
		if (strncmp(path, "x-", 2) == 0)
			continue;
		openapi_enter(o, path);
		buf_clear(&endpoint, 4096);
		endpoint_add_braces(
		    &endpoint, openapi_only_path(o, str_of(path)));
		item = openapi_follow(o, item);
		if (openapi_is_endpoint(o, buf_str(&endpoint)))
			openapi_item(o, buf_str(&endpoint), item);
		o->where.n = had;
	}
	buf_free(&endpoint);
}

/* ---- the whole ---------------------------------------------------------- */

/* What stands at the top and is not for routes. */
static void
openapi_rest(struct openapi *o)
{
	if (json_object_size(json_object_get(o->root, "webhooks")) > 0)
		draft_note(o->draft, STR("#/webhooks"),
		    "what the API calls itself is left out");
	if (json_array_size(json_object_get(o->root, "security")) > 0)
		draft_note(o->draft, STR("#/security"),
		    "a route answers without credentials");
}

static void
openapi_build(struct openapi *o)
{
	struct str title =
	    document_text(json_object_get(o->root, "info"), "title");

	o->draft = draft_new(title.n > 0 ? title : STR("OpenAPI"), true);
	if (o->v2)
		draft_set_prefix(o->draft, document_text(o->root, "basePath"));
	else
		openapi_servers(o);
	openapi_paths(o);
	openapi_rest(o);
	draft_order(o->draft);
}

struct draft *
from_openapi_text(const char *path, struct str text, struct err *e)
{
	struct openapi o;

	if (openapi_open(&o, path, text, e) == 0) {
		o.on_note = openapi_on_note;
		o.arg = &o;
		o.made = json_array();
		openapi_build(&o);
		json_decref(o.made);
	}
	openapi_close(&o);
	return o.draft;
}

struct draft *
from_openapi(const char *path, struct err *e)
{
	struct draft *d = NULL;
	struct buf text = { 0 };

	if (document_read(path, DOCUMENT_MOST, &text, e) == 0)
		d = from_openapi_text(path, buf_str(&text), e);
	buf_free(&text);
	return d;
}
