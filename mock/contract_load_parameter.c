/* Parameters and fields of a description. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "mock/document.h"

#include "mock/contract_load_priv.h"

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

void
contract_load_style(struct contract_loader *l, struct contract_parameter *p,
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

json_t *
contract_load_own_schema(struct contract_loader *l, json_t *from)
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

void
contract_load_value(struct contract_loader *l, struct contract_parameter *p,
    json_t *from, enum contract_side side)
{
	json_t *content = json_object_get(from, "content"), *media;
	void *first = json_object_iter(content);
	size_t had = l->o.where.n;
	const char *type;

	if (l->o.v2) {
		p->schema =
		    contract_schema(l, contract_load_own_schema(l, from), side);
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

bool
contract_load_is_told(struct str name)
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
	p.name = contract_load_text(l, document_text(from, "name"));
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
	if (p.in == CONTRACT_IN_FIELD && contract_load_is_told(p.name))
		return;
	p.required = p.in == CONTRACT_IN_PATH ||
		     json_is_true(json_object_get(from, "required"));
	p.may_be_empty = json_is_true(json_object_get(from, "allowEmptyValue"));
	contract_load_style(l, &p, from, l->o.v2 ? "csv" : load_ins[i].style);
	p.where = contract_where(l);
	contract_load_value(l, &p, from, CONTRACT_CLIENT);
	for (i = 0; i < op->nparameters; i++)
		if (op->parameters[i].in == p.in &&
		    str_eq(op->parameters[i].name, p.name))
			break;
	op->parameters[i] = p;
	op->nparameters += i == op->nparameters;
}

void
contract_load_parameters(
    struct contract_loader *l, struct contract_operation *op, json_t *list)
{
	size_t i, had = l->o.where.n;
	char number[24], *back;
	json_t *item;

	openapi_enter(&l->o, "parameters");
	json_array_foreach(list, i, item)
	{
		snprintf(number, sizeof(number), "%zu", i);
		item = contract_load_enter(l, item, number, &back);
		if (item != NULL)
			load_parameter(l, op, item);
		contract_load_leave(l, back);
	}
	l->o.where.n = had;
}
