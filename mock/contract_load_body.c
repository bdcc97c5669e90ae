/* Bodies of a description: what is sent, and what is answered. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "mock/document.h"

#include "mock/contract_load_priv.h"

/* ---- bodies -------------------------------------------------------------- */

static struct str
load_lower(struct contract_loader *l, struct str s)
{
	struct str copy = contract_load_text(l, str_trim(s));
	size_t i;

	for (i = 0; i < copy.n; i++)
		((char *)(uintptr_t)copy.p)[i] = str_lower(copy.p[i]);
	return copy;
}

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
		p->name = contract_load_text(l, str_of(name));
		contract_load_style(l, p, one, "form");
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
		media = contract_load_enter(l, media, type, &back);
		m = load_media(l, c, type);
		openapi_enter(&l->o, "schema");
		m->schema =
		    contract_schema(l, json_object_get(media, "schema"), side);
		load_encoding(l, m, json_object_get(media, "encoding"));
		contract_load_leave(l, back);
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

static void
load_form_member(
    struct contract_loader *l, struct contract_load_form *f, json_t *from)
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
	    f->properties, name.p, name.n, contract_load_own_schema(l, from));
	if (json_is_true(json_object_get(from, "required")))
		json_array_append_new(
		    f->required, json_stringn(name.p, name.n));
	p = &f->fields[f->nfields++];
	p->name = contract_load_text(l, name);
	contract_load_style(l, p, from, "csv");
}

void
contract_load_old_form(struct contract_loader *l, struct contract_operation *op,
    const json_t *operation, struct contract_load_form *f)
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

void
contract_load_old_body(struct contract_loader *l, struct contract_operation *op,
    const json_t *operation, const json_t *list, struct contract_load_form *f)
{
	json_t *item;
	size_t i, had = l->o.where.n;
	char *back, number[24];

	openapi_enter(&l->o, "parameters");
	json_array_foreach(list, i, item)
	{
		snprintf(number, sizeof(number), "%zu", i);
		item = contract_load_enter(l, item, number, &back);
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
		contract_load_leave(l, back);
	}
	l->o.where.n = had;
}

void
contract_load_body(
    struct contract_loader *l, struct contract_operation *op, json_t *operation)
{
	json_t *body = json_object_get(operation, "requestBody");
	char *back;

	body = contract_load_enter(l, body, "requestBody", &back);
	if (body != NULL) {
		op->body_required =
		    json_is_true(json_object_get(body, "required"));
		load_content(l, &op->body, json_object_get(body, "content"),
		    CONTRACT_CLIENT);
		op->body.described = true;
	}
	contract_load_leave(l, back);
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
		field = contract_load_enter(l, field, name, &back);
		if (field != NULL && !contract_load_is_told(str_of(name))) {
			p = &r->fields[r->nfields++];
			p->in = CONTRACT_IN_FIELD;
			p->name = contract_load_text(l, str_of(name));
			p->required =
			    json_is_true(json_object_get(field, "required"));
			contract_load_style(
			    l, p, field, l->o.v2 ? "csv" : "simple");
			p->where = contract_where(l);
			contract_load_value(l, p, field, CONTRACT_SERVER);
		}
		contract_load_leave(l, back);
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

void
contract_load_responses(
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
		one = contract_load_enter(l, one, status, &back);
		if (!load_status(status, &r))
			contract_wrong(l, "expected a status such as 200, 2XX "
					  "or default");
		else if (one != NULL) {
			load_response(l, &r, operation, one);
			op->responses[op->nresponses++] = r;
		}
		contract_load_leave(l, back);
	}
	l->o.where.n = had;
}
