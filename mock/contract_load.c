/* From a description to operations. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "mock/document.h"
#include "mock/schema.h"

#include "mock/contract_load_priv.h"

#define LOAD_STEPS 32   /* of references to references */
#define LOAD_SERVERS 64 /* paths of servers of one operation */
#define LOAD_MEMORY (512u << 20)
#define LOAD_REMARKS 50 /* of one description */

/* ---- what is said -------------------------------------------------------- */

void
contract_wrong(struct contract_loader *l, const char *fmt, ...)
{
	struct str where = buf_str(&l->o.where);
	char text[300];
	va_list ap;

	if (l->failed)
		return;
	l->failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)err_set(l->e, "%.*s: %.*s: %s",
	    (int)(l->spec->name.n < 150 ? l->spec->name.n : 150),
	    l->spec->name.p, (int)(where.n < 180 ? where.n : 180), where.p,
	    text);
}

void
contract_remark(struct contract_loader *l, const char *fmt, ...)
{
	char text[400];
	struct str said;
	va_list ap;
	size_t i, n = l->said.object->n;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = 0; text[i] != '\0'; i++)
		if ((unsigned char)text[i] < ' ')
			text[i] = ' ';
	if (l->remarks == NULL || n > LOAD_REMARKS ||
	    value_has(l->said, str_of(text)))
		return;
	said = value_copy_text(&l->v, str_of(text)).text;
	value_set(&l->v, l->said, said, value_null());
	if (n == LOAD_REMARKS)
		buf_addf(
		    l->remarks, "%.*s: and more\n", STR_ARGS(l->spec->name));
	else
		buf_addf(l->remarks, "%.*s: %.*s: %s\n",
		    STR_ARGS(l->spec->name),
		    (int)(l->o.where.n < 200 ? l->o.where.n : 200),
		    l->o.where.p, text);
}

static void
load_on_note(void *arg, struct str where, const char *text)
{
	(void)where;
	contract_wrong(arg, "%s", text);
}

struct str
contract_where(struct contract_loader *l)
{
	return arena_str(&l->spec->arena, buf_str(&l->o.where));
}

json_t *
contract_follow(struct contract_loader *l, json_t *v)
{
	const char *ref;
	int i;

	for (i = 0; v != NULL && i < LOAD_STEPS; i++) {
		ref = json_string_value(json_object_get(v, "$ref"));
		if (ref == NULL)
			return v;
		if (strstr(ref, "://") != NULL ||
		    (ref[0] == '#' && ref[1] != '\0' && ref[1] != '/')) {
			contract_remark(l, "$ref: %.200s is not looked at: %s",
			    ref,
			    ref[0] == '#' ? "it is no JSON pointer"
					  : "nothing is fetched");
			return NULL;
		}
		v = openapi_step(&l->o, v);
		if (v == NULL)
			contract_wrong(l, "$ref: %.200s leads to nothing", ref);
		l->o.where.n = 0;
		buf_add_text(&l->o.where, ref);
	}
	if (v != NULL)
		contract_wrong(l, "references that lead round and round");
	return NULL;
}

json_t *
contract_load_enter(
    struct contract_loader *l, json_t *v, const char *name, char **had)
{
	*had = xmemdup0(l->o.where.p, l->o.where.n);
	openapi_enter(&l->o, name);
	return contract_follow(l, v);
}

void
contract_load_leave(struct contract_loader *l, char *had)
{
	l->o.where.n = 0;
	buf_add_text(&l->o.where, had);
	free(had);
}

struct str
contract_load_text(struct contract_loader *l, struct str s)
{
	return arena_str(&l->spec->arena, s);
}

/* ---- paths --------------------------------------------------------------- */

/* Paths of servers, in the order of the description, each once. */
struct load_bases {
	char *at[LOAD_SERVERS];
	size_t n;
};

static void
load_bases_free(struct load_bases *b)
{
	while (b->n > 0)
		free(b->at[--b->n]);
}

static void
load_add_base(struct load_bases *b, struct str path)
{
	size_t i;

	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	for (i = 0; i < b->n; i++)
		if (str_is(path, b->at[i]))
			return;
	if (b->n < LOAD_SERVERS)
		b->at[b->n++] = xasprintf("%s%.*s",
		    path.n > 0 && path.p[0] != '/' ? "/" : "", STR_ARGS(path));
}

/* A server with its variables' initial values, and each of the others that one
 * of them may have. */
static void
load_server(struct load_bases *b, const json_t *server)
{
	json_t *variables =
	    json_deep_copy(json_object_get(server, "variables"));
	struct buf url = { 0 };
	json_t *variable, *values, *value, *initial;
	const char *name;
	size_t i;

	openapi_server(document_text(server, "url"), variables, &url);
	load_add_base(b, openapi_path_of(buf_str(&url)));
	json_object_foreach(variables, name, variable)
	{
		values = json_object_get(variable, "enum");
		initial = json_incref(json_object_get(variable, "default"));
		json_array_foreach(values, i, value)
		{
			url.n = 0;
			json_object_set(variable, "default", value);
			openapi_server(
			    document_text(server, "url"), variables, &url);
			load_add_base(b, openapi_path_of(buf_str(&url)));
		}
		if (initial != NULL)
			json_object_set_new(variable, "default", initial);
	}
	json_decref(variables);
	buf_free(&url);
}

/* Those of the innermost that has some. */
static void
load_servers(struct contract_loader *l, struct load_bases *b,
    const json_t *operation, const json_t *item)
{
	const json_t *const from[] = { operation, item, l->o.root };
	json_t *server;
	size_t i, k;

	if (l->spec->prefix.p != NULL)
		load_add_base(b, l->spec->prefix);
	else if (l->o.v2)
		load_add_base(b, document_text(l->o.root, "basePath"));
	for (i = 0; b->n == 0 && i < 3; i++)
		json_array_foreach(json_object_get(from[i], "servers"), k,
		    server) load_server(b, server);
	if (b->n == 0)
		load_add_base(b, STR(""));
}

static void
load_place(struct contract_loader *l, const char *base, struct str path,
    const struct contract_item *item)
{
	char *whole =
	    arena_printf(&l->spec->arena, "%s%.*s", base, STR_ARGS(path));

	if (!contract_path_add(
		&l->spec->arena, &l->spec->paths, str_of(whole), item))
		contract_wrong(l, "expected braces in pairs in a path, and up "
				  "to 16 in a segment");
}

static void
load_operation(struct contract_loader *l, struct contract_operation *op,
    struct str path, json_t *item, json_t *operation)
{
	json_t *shared = json_object_get(item, "parameters");
	json_t *own = json_object_get(operation, "parameters");
	size_t n = json_array_size(shared) + json_array_size(own);
	size_t at = l->o.where.n;
	char *here;
	struct contract_load_form f = { .fields = NULL };

	op->spec = l->spec;
	op->where = contract_where(l);
	op->text = str_of(arena_printf(&l->spec->arena, "%.*s %.*s",
	    STR_ARGS(op->method), STR_ARGS(path)));
	op->parameters =
	    arena_zalloc(&l->spec->arena, (n + 1) * sizeof(*op->parameters));
	f.fields = arena_zalloc(&l->spec->arena, (n + 1) * sizeof(*f.fields));
	here = xmemdup0(l->o.where.p, at);
	l->o.where.n -= strlen(strrchr(here, '/'));
	if (l->o.v2)
		contract_load_old_body(l, op, operation, shared, &f);
	contract_load_parameters(l, op, shared);
	contract_load_leave(l, here);
	if (l->o.v2)
		contract_load_old_body(l, op, operation, own, &f);
	else
		contract_load_body(l, op, operation);
	contract_load_parameters(l, op, own);
	if (f.nfields > 0)
		contract_load_old_form(l, op, operation, &f);
	l->o.where.n = at;
	contract_load_responses(l, op, operation);
	l->spec->noperations++;
}

static struct str
load_method(struct contract_loader *l, const char *name)
{
	struct str method = contract_load_text(l, str_of(name));
	size_t i;

	for (i = 0; i < method.n; i++)
		if (method.p[i] >= 'a' && method.p[i] <= 'z')
			((char *)(uintptr_t)method.p)[i] ^= 32;
	return method;
}

/* An operation has servers of its own: it stands alone where they are. */
static void
load_one(struct contract_loader *l, struct contract_item *item, struct str path,
    json_t *from, const char *name, json_t *operation)
{
	struct contract_item *own = arena_zalloc(&l->spec->arena, sizeof(*own));
	struct load_bases bases = { .n = 0 };
	size_t i, had = l->o.where.n;

	if (!json_is_object(operation)) {
		contract_wrong(l, "%.50s: expected an operation", name);
		return;
	}
	openapi_enter(&l->o, name);
	own->operations =
	    arena_zalloc(&l->spec->arena, sizeof(*own->operations));
	own->operations->method = load_method(l, name);
	own->where = item->where;
	own->n = 1;
	load_operation(l, own->operations, path, from, operation);
	l->o.where.n = had;
	if (json_array_size(json_object_get(operation, "servers")) == 0) {
		item->operations[item->n++] = *own->operations;
		return;
	}
	load_servers(l, &bases, operation, from);
	for (i = 0; i < bases.n; i++)
		load_place(l, bases.at[i], path, own);
	load_bases_free(&bases);
}

static void
load_item(struct contract_loader *l, struct str path, json_t *from)
{
	struct contract_item *item =
	    arena_zalloc(&l->spec->arena, sizeof(*item));
	json_t *additional = json_object_get(from, "additionalOperations");
	size_t n = json_object_size(from) + json_object_size(additional), i;
	struct load_bases bases = { .n = 0 };
	const char *name;
	json_t *operation;

	item->where = contract_where(l);
	item->operations =
	    arena_zalloc(&l->spec->arena, (n + 1) * sizeof(*item->operations));
	json_object_foreach(from, name, operation) if (openapi_is_method(name))
	    load_one(l, item, path, from, name, operation);
	json_object_foreach(additional, name, operation)
	    load_one(l, item, path, from, name, operation);
	load_servers(l, &bases, NULL, from);
	for (i = 0; i < bases.n; i++)
		load_place(l, bases.at[i], path, item);
	load_bases_free(&bases);
}

static void
load_paths(struct contract_loader *l)
{
	json_t *paths = json_object_get(l->o.root, "paths"), *item;
	struct str rest, path;
	const char *name;
	char *back, *inner;

	if (paths == NULL && l->v31) /* webhooks alone are fine there */
		return;
	paths = contract_load_enter(l, paths, "paths", &back);
	if (!json_is_object(paths))
		contract_wrong(l, "expected paths");
	json_object_foreach(paths, name, item)
	{
		if (name[0] != '/')
			continue;
		rest = str_of(name);
		(void)str_cut(&rest, '#', &path);
		rest = path;
		(void)str_cut(&rest, '?', &path);
		item = contract_load_enter(l, item, name, &inner);
		if (path.n < strlen(name))
			contract_remark(l, "what stands behind a path does "
					   "not tell operations apart");
		if (item != NULL)
			load_item(l, contract_load_text(l, path), item);
		contract_load_leave(l, inner);
	}
	contract_load_leave(l, back);
}

/* Credentials in a query are described, too. */
static void
load_keys(struct contract_loader *l)
{
	json_t *schemes = json_object_get(
	    l->o.v2 ? l->o.root : json_object_get(l->o.root, "components"),
	    l->o.v2 ? "securityDefinitions" : "securitySchemes");
	struct values v = { .arena = &l->spec->arena };
	const char *name;
	json_t *scheme;

	l->spec->keys = value_new_object(&v);
	json_object_foreach(schemes, name,
	    scheme) if (str_is(document_text(scheme, "in"),
			    "query")) value_set(&v, l->spec->keys,
	    contract_load_text(l, document_text(scheme, "name")), value_null());
}

static void
load_all(struct contract_loader *l)
{
	struct str version = document_text(l->o.root, "openapi");

	l->v31 = !l->o.v2 && !str_starts(version, "3.0");
	l->o.on_note = load_on_note;
	l->o.arg = l;
	l->o.made = json_array();
	l->v = (struct values){ .arena = &l->arena, .most = LOAD_MEMORY };
	l->schemas = value_new_array(&l->v, 0);
	l->numbers = value_new_object(&l->v);
	l->said = value_new_object(&l->v);
	load_keys(l);
	load_paths(l);
	if (contract_schemas(l) == -1)
		l->failed = true;
	json_decref(l->o.made);
}

static void
contract_spec_free(struct contract_spec *s)
{
	schema_free(s->schemas);
	arena_fini(&s->arena);
	free(s);
}

int
contract_add_text(struct contract *c, const char *path, struct str prefix,
    struct str text, struct buf *remarks, struct err *e)
{
	struct contract_spec *s = xcalloc(1, sizeof(*s));
	struct contract_loader l = { .spec = s, .remarks = remarks, .e = e };

	s->name = arena_str(&s->arena, str_of(path));
	s->prefix = prefix.p != NULL ? arena_str(&s->arena, prefix) : prefix;
	if (openapi_open(&l.o, path, text, e) == -1)
		l.failed = true;
	else
		load_all(&l);
	while (l.ntargets > 0)
		free(l.wheres[--l.ntargets]);
	free(l.wheres);
	free(l.targets);
	openapi_close(&l.o);
	arena_fini(&l.arena);
	if (l.failed) {
		contract_spec_free(s);
		return -1;
	}
	c->specs = xrealloc(c->specs, (c->n + 1) * sizeof(*c->specs));
	c->specs[c->n++] = s;
	return 0;
}

int
contract_add(struct contract *c, const char *path, struct str prefix,
    struct buf *remarks, struct err *e)
{
	struct buf text = { 0 };
	int r = document_read(path, DOCUMENT_MOST, &text, e);

	if (r == 0)
		r = contract_add_text(
		    c, path, prefix, buf_str(&text), remarks, e);
	buf_free(&text);
	return r;
}

struct contract *
contract_new(const struct contract_options *o)
{
	struct contract *c = xcalloc(1, sizeof(*c));

	c->options = *o;
	return c;
}

void
contract_free(struct contract *c)
{
	if (c == NULL)
		return;
	while (c->n > 0)
		contract_spec_free(c->specs[--c->n]);
	free(c->specs);
	free(c);
}

size_t
contract_operations(const struct contract *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		n += c->specs[i]->noperations;
	return n;
}
