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

#include "mock/contract_priv.h"

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

/* Goes to a member, to what it refers to; *had is the way back, to be freed by
 * load_leave(). */
static json_t *
load_enter(struct contract_loader *l, json_t *v, const char *name, char **had)
{
	*had = xmemdup0(l->o.where.p, l->o.where.n);
	openapi_enter(&l->o, name);
	return contract_follow(l, v);
}

static void
load_leave(struct contract_loader *l, char *had)
{
	l->o.where.n = 0;
	buf_add_text(&l->o.where, had);
	free(had);
}

static struct str
load_text(struct contract_loader *l, struct str s)
{
	return arena_str(&l->spec->arena, s);
}

static struct str
load_lower(struct contract_loader *l, struct str s)
{
	struct str copy = load_text(l, str_trim(s));
	size_t i;

	for (i = 0; i < copy.n; i++)
		((char *)(uintptr_t)copy.p)[i] = str_lower(copy.p[i]);
	return copy;
}

/* ---- parameters ---------------------------------------------------------- */

static const struct load_style {
	const char *name;
	enum contract_style style;
	bool explodes; /* unless it says otherwise */
} load_styles[] = {
	{ "form", CONTRACT_COMMAS, true },
	{ "simple", CONTRACT_COMMAS, false },
	{ "spaceDelimited", CONTRACT_SPACES, false },
	{ "pipeDelimited", CONTRACT_PIPES, false },
	{ "deepObject", CONTRACT_DEEP, true },
	/* 2.0's collectionFormat */
	{ "csv", CONTRACT_COMMAS, false },
	{ "ssv", CONTRACT_SPACES, false },
	{ "tsv", CONTRACT_TABS, false },
	{ "pipes", CONTRACT_PIPES, false },
	{ "multi", CONTRACT_COMMAS, true },
};

static void
load_style(struct contract_loader *l, struct contract_parameter *p,
    const json_t *from, const char *initial)
{
	struct str style =
	    document_text(from, l->o.v2 ? "collectionFormat" : "style");
	const json_t *explode = json_object_get(from, "explode");
	size_t i;

	if (style.n == 0)
		style = str_of(initial);
	p->style = CONTRACT_UNCHECKED;
	for (i = 0; i < sizeof(load_styles) / sizeof(*load_styles); i++) {
		if (!str_is(style, load_styles[i].name))
			continue;
		p->style = load_styles[i].style;
		p->explode = load_styles[i].explodes;
	}
	if (p->style == CONTRACT_UNCHECKED)
		contract_remark(l, "values of style %.*s are not looked at",
		    (int)(style.n < 50 ? style.n : 50), style.p);
	if (explode != NULL && !l->o.v2 && p->style != CONTRACT_DEEP)
		p->explode = json_is_true(explode);
}

/* What 2.0 has beside a type is said of the parameter itself. */
static json_t *
load_own_schema(struct contract_loader *l, json_t *from)
{
	static const char *const others[] = { "name", "in", "description",
		"required", "allowEmptyValue", "collectionFormat", NULL };
	json_t *schema = json_copy(from);
	size_t i;

	for (i = 0; others[i] != NULL; i++)
		json_object_del(schema, others[i]);
	json_array_append_new(l->o.made, schema);
	return schema;
}

/* The schema of a parameter or header, at its place. */
static void
load_value(struct contract_loader *l, struct contract_parameter *p,
    json_t *from, enum contract_side side)
{
	json_t *content = json_object_get(from, "content"), *media;
	void *first = json_object_iter(content);
	size_t had = l->o.where.n;
	const char *type;

	if (l->o.v2) {
		p->schema = contract_schema(l, load_own_schema(l, from), side);
	} else if (first != NULL) {
		type = json_object_iter_key(first);
		media = json_object_iter_value(first);
		p->json = strstr(type, "json") != NULL;
		if (!p->json)
			p->style = CONTRACT_UNCHECKED;
		openapi_enter(&l->o, "content");
		openapi_enter(&l->o, type);
		openapi_enter(&l->o, "schema");
		p->schema =
		    contract_schema(l, json_object_get(media, "schema"), side);
	} else {
		openapi_enter(&l->o, "schema");
		p->schema =
		    contract_schema(l, json_object_get(from, "schema"), side);
	}
	l->o.where.n = had;
}

static const struct load_in {
	const char *name;
	enum contract_in in;
	const char *style;
} load_ins[] = {
	{ "path", CONTRACT_IN_PATH, "simple" },
	{ "query", CONTRACT_IN_QUERY, "form" },
	{ "header", CONTRACT_IN_FIELD, "simple" },
	{ "cookie", CONTRACT_IN_COOKIE, "form" },
};

#define LOAD_INS (sizeof(load_ins) / sizeof(*load_ins))

/* In 3.x these are told elsewhere (Parameter Object, name). */
static bool
load_is_told(struct str name)
{
	return str_iis(name, "Accept") || str_iis(name, "Content-Type") ||
	       str_iis(name, "Authorization");
}

/* One, followed, unless it replaces none and is none. */
static void
load_parameter(
    struct contract_loader *l, struct contract_operation *op, json_t *from)
{
	struct str in = document_text(from, "in");
	struct contract_parameter p = { .schema = CONTRACT_NONE };
	size_t i;

	if (l->o.v2 && (str_is(in, "body") || str_is(in, "formData")))
		return;
	for (i = 0; i < LOAD_INS && !str_is(in, load_ins[i].name); i++)
		;
	p.name = load_text(l, document_text(from, "name"));
	if (i == LOAD_INS || p.name.n == 0) {
		if (str_is(in, "querystring"))
			contract_remark(
			    l, "a parameter in querystring is not looked at");
		else
			contract_wrong(l, "expected a name, and in to be path, "
					  "query, header or cookie");
		return;
	}
	p.in = load_ins[i].in;
	if (p.in == CONTRACT_IN_FIELD && load_is_told(p.name))
		return;
	p.required = p.in == CONTRACT_IN_PATH ||
		     json_is_true(json_object_get(from, "required"));
	p.may_be_empty = json_is_true(json_object_get(from, "allowEmptyValue"));
	load_style(l, &p, from, l->o.v2 ? "csv" : load_ins[i].style);
	p.where = contract_where(l);
	load_value(l, &p, from, CONTRACT_CLIENT);
	for (i = 0; i < op->nparameters; i++)
		if (op->parameters[i].in == p.in &&
		    str_eq(op->parameters[i].name, p.name))
			break;
	op->parameters[i] = p;
	op->nparameters += i == op->nparameters;
}

/* Those of the path's and of its own, in op's array, which has room. */
static void
load_parameters(
    struct contract_loader *l, struct contract_operation *op, json_t *list)
{
	size_t i, had = l->o.where.n;
	char number[24], *back;
	json_t *item;

	openapi_enter(&l->o, "parameters");
	json_array_foreach(list, i, item)
	{
		snprintf(number, sizeof(number), "%zu", i);
		item = load_enter(l, item, number, &back);
		if (item != NULL)
			load_parameter(l, op, item);
		load_leave(l, back);
	}
	l->o.where.n = had;
}

/* ---- bodies -------------------------------------------------------------- */

static struct contract_media *
load_media(
    struct contract_loader *l, struct contract_content *c, const char *type)
{
	struct contract_media *m = &c->media[c->n++];
	struct str rest = str_of(type), essence;

	(void)str_cut(&rest, ';', &essence);
	*m = (struct contract_media){ .type = load_lower(l, essence),
		.schema = CONTRACT_NONE,
		.where = contract_where(l) };
	return m;
}

/* The styles of a form's members. */
static void
load_encoding(
    struct contract_loader *l, struct contract_media *m, json_t *encoding)
{
	struct contract_parameter *p;
	const char *name;
	json_t *one;

	if (json_object_size(encoding) == 0)
		return;
	m->fields = arena_zalloc(
	    &l->spec->arena, json_object_size(encoding) * sizeof(*m->fields));
	json_object_foreach(encoding, name, one)
	{
		if (json_object_get(one, "style") == NULL &&
		    json_object_get(one, "explode") == NULL)
			continue;
		p = &m->fields[m->nfields++];
		p->name = load_text(l, str_of(name));
		load_style(l, p, one, "form");
	}
}

static void
load_content(struct contract_loader *l, struct contract_content *c,
    json_t *content, enum contract_side side)
{
	size_t n = json_object_size(content), had = l->o.where.n;
	struct contract_media *m;
	const char *type;
	json_t *media;
	char *back;

	c->where = contract_where(l);
	c->described = n > 0;
	c->media = arena_alloc(&l->spec->arena, (n + 1) * sizeof(*c->media));
	openapi_enter(&l->o, "content");
	json_object_foreach(content, type, media)
	{
		media = load_enter(l, media, type, &back);
		m = load_media(l, c, type);
		openapi_enter(&l->o, "schema");
		m->schema =
		    contract_schema(l, json_object_get(media, "schema"), side);
		load_encoding(l, m, json_object_get(media, "encoding"));
		load_leave(l, back);
	}
	l->o.where.n = had;
}

/* 2.0: the media types of an operation, or of all. */
static json_t *
load_types(struct contract_loader *l, const json_t *operation, const char *name)
{
	json_t *types = json_object_get(operation, name);

	return types != NULL ? types : json_object_get(l->o.root, name);
}

/* 2.0: one schema, at the present place, for each media type. */
static void
load_old_content(struct contract_loader *l, struct contract_content *c,
    const json_t *types, size_t schema)
{
	size_t n = json_array_size(types), i;
	const json_t *type;

	c->where = contract_where(l);
	c->described = true;
	c->media = arena_alloc(&l->spec->arena, (n + 1) * sizeof(*c->media));
	json_array_foreach(types, i, type) if (json_is_string(type))
	    load_media(l, c, json_string_value(type))
		->schema = schema;
	if (c->n == 0)
		load_media(l, c, "*/*")->schema = schema;
}

/* 2.0: the form's members as an object. */
struct load_form {
	json_t *schema, *properties, *required;
	struct contract_parameter *fields;
	size_t nfields;
};

static void
load_form_member(struct contract_loader *l, struct load_form *f, json_t *from)
{
	struct str name = document_text(from, "name");
	struct contract_parameter *p;

	if (f->schema == NULL) {
		f->schema = json_object();
		f->properties = json_object();
		f->required = json_array();
		json_object_set_new(f->schema, "type", json_string("object"));
		json_object_set_new(f->schema, "properties", f->properties);
		json_object_set_new(f->schema, "required", f->required);
		json_array_append_new(l->o.made, f->schema);
	}
	json_object_setn(
	    f->properties, name.p, name.n, load_own_schema(l, from));
	if (json_is_true(json_object_get(from, "required")))
		json_array_append_new(
		    f->required, json_stringn(name.p, name.n));
	p = &f->fields[f->nfields++];
	p->name = load_text(l, name);
	load_style(l, p, from, "csv");
}

static void
load_old_form(struct contract_loader *l, struct contract_operation *op,
    const json_t *operation, struct load_form *f)
{
	const json_t *types = load_types(l, operation, "consumes");
	size_t i;

	openapi_enter(&l->o, "parameters");
	op->body_required = json_array_size(f->required) > 0;
	load_old_content(l, &op->body, types,
	    contract_schema(l, f->schema, CONTRACT_CLIENT));
	for (i = 0; i < op->body.n; i++) {
		op->body.media[i].fields = f->fields;
		op->body.media[i].nfields = f->nfields;
	}
}

/* 2.0: a body is a parameter, or several are a form; operation is where they
 * are. */
static void
load_old_body(struct contract_loader *l, struct contract_operation *op,
    const json_t *operation, const json_t *list, struct load_form *f)
{
	json_t *item;
	size_t i, had = l->o.where.n;
	char *back, number[24];

	openapi_enter(&l->o, "parameters");
	json_array_foreach(list, i, item)
	{
		snprintf(number, sizeof(number), "%zu", i);
		item = load_enter(l, item, number, &back);
		if (str_is(document_text(item, "in"), "formData")) {
			load_form_member(l, f, item);
		} else if (str_is(document_text(item, "in"), "body")) {
			op->body_required =
			    json_is_true(json_object_get(item, "required"));
			op->body.n = 0;
			openapi_enter(&l->o, "schema");
			load_old_content(l, &op->body,
			    load_types(l, operation, "consumes"),
			    contract_schema(l, json_object_get(item, "schema"),
				CONTRACT_CLIENT));
		}
		load_leave(l, back);
	}
	l->o.where.n = had;
}

static void
load_body(
    struct contract_loader *l, struct contract_operation *op, json_t *operation)
{
	json_t *body = json_object_get(operation, "requestBody");
	char *back;

	body = load_enter(l, body, "requestBody", &back);
	if (body != NULL) {
		op->body_required =
		    json_is_true(json_object_get(body, "required"));
		load_content(l, &op->body, json_object_get(body, "content"),
		    CONTRACT_CLIENT);
		op->body.described = true;
	}
	load_leave(l, back);
}

/* ---- responses ----------------------------------------------------------- */

/* "200", "2XX" or "default".  False when text is none of them. */
static bool
load_status(const char *text, struct contract_response *r)
{
	if (strcmp(text, "default") == 0)
		return true;
	if (strlen(text) != 3 || text[0] < '1' || text[0] > '9')
		return false;
	r->from = r->to = (text[0] - '0') * 100;
	if ((text[1] | 32) == 'x' && (text[2] | 32) == 'x') {
		r->to += 99;
		return true;
	}
	if (text[1] < '0' || text[1] > '9' || text[2] < '0' || text[2] > '9')
		return false;
	r->from += (text[1] - '0') * 10 + (text[2] - '0');
	r->to = r->from;
	return true;
}

static void
load_response_fields(
    struct contract_loader *l, struct contract_response *r, json_t *fields)
{
	size_t had = l->o.where.n;
	struct contract_parameter *p;
	const char *name;
	json_t *field;
	char *back;

	r->fields = arena_zalloc(&l->spec->arena,
	    (json_object_size(fields) + 1) * sizeof(*r->fields));
	openapi_enter(&l->o, "headers");
	json_object_foreach(fields, name, field)
	{
		field = load_enter(l, field, name, &back);
		if (field != NULL && !load_is_told(str_of(name))) {
			p = &r->fields[r->nfields++];
			p->in = CONTRACT_IN_FIELD;
			p->name = load_text(l, str_of(name));
			p->required =
			    json_is_true(json_object_get(field, "required"));
			load_style(l, p, field, l->o.v2 ? "csv" : "simple");
			p->where = contract_where(l);
			load_value(l, p, field, CONTRACT_SERVER);
		}
		load_leave(l, back);
	}
	l->o.where.n = had;
}

static void
load_response(struct contract_loader *l, struct contract_response *r,
    json_t *operation, json_t *from)
{
	json_t *schema = json_object_get(from, "schema");

	r->where = contract_where(l);
	load_response_fields(l, r, json_object_get(from, "headers"));
	if (!l->o.v2) {
		load_content(l, &r->content, json_object_get(from, "content"),
		    CONTRACT_SERVER);
	} else if (schema != NULL) {
		openapi_enter(&l->o, "schema");
		load_old_content(l, &r->content,
		    load_types(l, operation, "produces"),
		    contract_schema(l, schema, CONTRACT_SERVER));
	}
}

static void
load_responses(
    struct contract_loader *l, struct contract_operation *op, json_t *operation)
{
	json_t *responses = json_object_get(operation, "responses"), *one;
	size_t had = l->o.where.n;
	struct contract_response r;
	const char *status;
	char *back;

	op->responses = arena_zalloc(&l->spec->arena,
	    (json_object_size(responses) + 1) * sizeof(*op->responses));
	openapi_enter(&l->o, "responses");
	json_object_foreach(responses, status, one)
	{
		if (strncmp(status, "x-", 2) == 0)
			continue;
		r = (struct contract_response){ 0 };
		one = load_enter(l, one, status, &back);
		if (!load_status(status, &r))
			contract_wrong(l, "expected a status such as 200, 2XX "
					  "or default");
		else if (one != NULL) {
			load_response(l, &r, operation, one);
			op->responses[op->nresponses++] = r;
		}
		load_leave(l, back);
	}
	l->o.where.n = had;
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
	struct load_form f = { .fields = NULL };

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
		load_old_body(l, op, operation, shared, &f);
	load_parameters(l, op, shared);
	load_leave(l, here);
	if (l->o.v2)
		load_old_body(l, op, operation, own, &f);
	else
		load_body(l, op, operation);
	load_parameters(l, op, own);
	if (f.nfields > 0)
		load_old_form(l, op, operation, &f);
	l->o.where.n = at;
	load_responses(l, op, operation);
	l->spec->noperations++;
}

static struct str
load_method(struct contract_loader *l, const char *name)
{
	struct str method = load_text(l, str_of(name));
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
	paths = load_enter(l, paths, "paths", &back);
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
		item = load_enter(l, item, name, &inner);
		if (path.n < strlen(name))
			contract_remark(l, "what stands behind a path does "
					   "not tell operations apart");
		if (item != NULL)
			load_item(l, load_text(l, path), item);
		load_leave(l, inner);
	}
	load_leave(l, back);
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
	    scheme) if (str_is(document_text(scheme, "in"), "query"))
	    value_set(&v, l->spec->keys,
		load_text(l, document_text(scheme, "name")), value_null());
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
