/*
 * OpenAPI's dialects of JSON Schema as the one that mock/schema.h takes: a list
 * of schemas, in which each reference is a number.  What a schema refers to is
 * made once for requests and once for answers, since a member may be for one
 * of them only.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/regex.h"
#include "mock/js_regex.h"
#include "mock/schema.h"

#include "mock/contract_priv.h"

#define SCHEMA_DEPTH 100   /* of schemas and values within one another */
#define SCHEMA_MOST 100000 /* of a list */

/* A schema while it is translated. */
struct translation {
	struct contract_loader *l;
	enum contract_side side;
	json_t *from;
	struct value to;
	unsigned depth;
};

static struct value contract_translate(struct contract_loader *l, json_t *from,
    enum contract_side side, unsigned depth);

/* JSON as it is. */
static struct value
contract_value(struct values *v, const json_t *from, unsigned depth)
{
	struct value to;
	const char *name;
	json_t *member;
	size_t i;

	if (depth == SCHEMA_DEPTH) {
		v->over = true;
		return value_null();
	}
	switch (json_typeof(from)) {
	case JSON_OBJECT:
		to = value_new_object(v);
		json_object_foreach((json_t *)(uintptr_t)from, name, member)
		    value_set(v, to, str_of(name),
			contract_value(v, member, depth + 1));
		return to;
	case JSON_ARRAY:
		to = value_new_array(v, json_array_size(from));
		json_array_foreach(from, i, member)
		    value_push(v, to, contract_value(v, member, depth + 1));
		return to;
	case JSON_STRING:
		return value_text((struct str){
		    json_string_value(from), json_string_length(from) });
	case JSON_INTEGER:
	case JSON_REAL:
		return value_number(json_number_value(from));
	case JSON_TRUE:
	case JSON_FALSE:
		return value_bool(json_is_true(from));
	default:
		return value_null();
	}
}

static void
translation_set(struct translation *t, const char *name, struct value v)
{
	value_set(&t->l->v, t->to, str_of(name), v);
}

/* ---- references ---------------------------------------------------------- */

/* The number of what v refers to at l->o.where, to be made later. */
static size_t
contract_number(struct contract_loader *l, json_t *v, enum contract_side side)
{
	struct {
		const json_t *v;
		uintptr_t side;
	} key = { v, side };
	struct str bytes = { (const char *)&key, sizeof(key) };
	struct value had = value_get(l->numbers, bytes);
	size_t n = l->ntargets;

	if (had.kind == VALUE_NUMBER)
		return (size_t)had.number;
	if (n == SCHEMA_MOST) {
		contract_wrong(l, "more than %d schemas", SCHEMA_MOST);
		return 0;
	}
	if ((n & (n - 1)) == 0) {
		l->targets = reallocarray(
		    l->targets, n == 0 ? 1 : 2 * n, sizeof(*l->targets));
		l->wheres = reallocarray(
		    l->wheres, n == 0 ? 1 : 2 * n, sizeof(*l->wheres));
		if (l->targets == NULL || l->wheres == NULL)
			abort();
	}
	value_set(&l->v, l->numbers, arena_str(l->v.arena, bytes),
	    value_number((double)n));
	value_push(&l->v, l->schemas,
	    side == CONTRACT_SERVER ? value_bool(true) : value_bool(false));
	l->targets[n] = v;
	l->wheres[n] = xmemdup0(l->o.where.p, l->o.where.n);
	l->ntargets++;
	return n;
}

/* A name within the present place, and back. */
static size_t
contract_enter(struct contract_loader *l, const char *keyword, const char *name)
{
	size_t had = l->o.where.n;

	if (keyword != NULL)
		openapi_enter(&l->o, keyword);
	if (name != NULL)
		openapi_enter(&l->o, name);
	return had;
}

static size_t
contract_reference(
    struct contract_loader *l, json_t *from, enum contract_side side)
{
	char *where = xmemdup0(l->o.where.p, l->o.where.n);
	json_t *to = contract_follow(l, from);
	size_t number = CONTRACT_NONE;

	if (to != NULL)
		number = contract_number(l, to, side);
	l->o.where.n = 0;
	buf_add_text(&l->o.where, where);
	free(where);
	return number;
}

/* ---- keywords ------------------------------------------------------------ */

struct translation_row {
	const char *name;
	void (*make)(struct translation *t, const struct translation_row *row,
	    json_t *from);
};

static void
translate_copy(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	translation_set(t, row->name, contract_value(&t->l->v, from, 0));
}

static struct value
translate_inner(
    struct translation *t, const char *keyword, const char *name, json_t *from)
{
	size_t had = contract_enter(t->l, keyword, name);
	struct value to = contract_translate(t->l, from, t->side, t->depth + 1);

	t->l->o.where.n = had;
	return to;
}

static void
translate_schema(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	translation_set(
	    t, row->name, translate_inner(t, row->name, NULL, from));
}

static void
translate_list_as(struct translation *t, const struct translation_row *row,
    json_t *from, const char *as)
{
	struct value to = value_new_array(&t->l->v, json_array_size(from));
	char number[24];
	json_t *item;
	size_t i;

	json_array_foreach(from, i, item)
	{
		snprintf(number, sizeof(number), "%zu", i);
		value_push(
		    &t->l->v, to, translate_inner(t, row->name, number, item));
	}
	translation_set(t, as, to);
}

static void
translate_list(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	translate_list_as(t, row, from, row->name);
}

/* Whether a member with that schema is not for this side. */
static const char *
translate_barred(struct translation *t, json_t *schema)
{
	const char *word =
	    t->side == CONTRACT_CLIENT ? "readOnly" : "writeOnly";
	struct buf *where = &t->l->o.where;
	char *had;
	json_t *v = schema;
	bool barred = json_is_true(json_object_get(v, word));

	if (!barred && json_is_string(json_object_get(v, "$ref"))) {
		had = xmemdup0(where->p, where->n);
		v = contract_follow(t->l, v);
		barred = json_is_true(json_object_get(v, word));
		where->n = 0;
		buf_add_text(where, had);
		free(had);
	}
	return barred ? word : NULL;
}

static void
translate_properties(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	struct value to = value_new_object(&t->l->v), item;
	struct values *v = &t->l->v;
	const char *name, *barred;
	json_t *member;
	size_t had;

	json_object_foreach(from, name, member)
	{
		barred = translate_barred(t, member);
		if (barred == NULL) {
			item = translate_inner(t, row->name, name, member);
		} else {
			had = contract_enter(t->l, row->name, name);
			item = value_new_object(v);
			value_set(v, item, STR("$comment"),
			    value_text(contract_where(t->l)));
			value_set(v, item, str_of(barred), value_bool(true));
			t->l->o.where.n = had;
		}
		value_set(v, to, str_of(name), item);
	}
	translation_set(t, row->name, to);
}

/* Names, each once, but for those that are not for this side. */
static struct value
translate_names(struct translation *t, const json_t *from)
{
	json_t *properties = json_object_get(t->from, "properties"), *item;
	struct value to = value_new_array(&t->l->v, 0);
	struct value seen = value_new_object(&t->l->v);
	const char *name;
	size_t i;

	json_array_foreach(from, i, item)
	{
		name = json_string_value(item);
		if (name == NULL) {
			contract_wrong(t->l, "required: expected names");
			break;
		}
		if (value_has(seen, str_of(name)) ||
		    translate_barred(t, json_object_get(properties, name)) !=
			NULL)
			continue;
		value_set(&t->l->v, seen, str_of(name), value_null());
		value_push(&t->l->v, to, value_text(str_of(name)));
	}
	return to;
}

static void
translate_required(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	if (json_is_array(from))
		translation_set(t, row->name, translate_names(t, from));
	else
		contract_remark(
		    t->l, "required that is no list of names is not looked at");
}

static void
translate_type(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	const char *null = t->l->o.v2 ? "x-nullable" : "nullable";
	struct values *v = &t->l->v;
	struct value to;

	if (t->l->o.v2 && json_is_string(from) &&
	    strcmp(json_string_value(from), "file") == 0)
		return;
	to = contract_value(v, from, 0);
	if (!t->l->v31 && json_is_true(json_object_get(t->from, null)) &&
	    to.kind == VALUE_TEXT) {
		to = value_new_array(v, 2);
		value_push(v, to, contract_value(v, from, 0));
		value_push(v, to, value_text(STR("null")));
	}
	translation_set(t, row->name, to);
}

/* In 2.0 and 3.0 a truth value that makes minimum one that does not fit. */
static void
translate_exclusive(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	const char *inclusive =
	    strcmp(row->name, "exclusiveMinimum") == 0 ? "minimum" : "maximum";
	json_t *bound = json_object_get(t->from, inclusive);

	if (!json_is_boolean(from))
		translate_copy(t, row, from);
	else if (json_is_true(from) && bound != NULL)
		translation_set(
		    t, row->name, contract_value(&t->l->v, bound, 0));
}

static bool
translate_is_pattern(struct translation *t, struct str pattern)
{
	struct err e;
	struct regex *r = js_regex_new(pattern, JS_REGEX_UNICODE, &e);

	if (r == NULL)
		contract_remark(t->l, "the pattern %.*s is not looked at: %s",
		    (int)(pattern.n < 100 ? pattern.n : 100), pattern.p,
		    e.text);
	regex_free(r);
	return r != NULL;
}

static void
translate_pattern(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	if (!json_is_string(from))
		translate_copy(t, row, from);
	else if (translate_is_pattern(t, (struct str){ json_string_value(from),
					     json_string_length(from) }))
		translate_copy(t, row, from);
}

static void
translate_patterns(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	struct value to = value_new_object(&t->l->v);
	const char *name;
	json_t *item;

	json_object_foreach(from, name,
	    item) if (translate_is_pattern(t, str_of(name))) value_set(&t->l->v,
	    to, str_of(name), translate_inner(t, row->name, name, item));
	translation_set(t, row->name, to);
}

/* Others than these may be whatever a description means by them. */
static void
translate_format(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	if (json_is_string(from) &&
	    schema_knows_format(str_of(json_string_value(from))))
		translate_copy(t, row, from);
}

/* With prefixItems, items are those behind. */
static void
translate_items(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	bool behind = json_is_array(json_object_get(t->from, "prefixItems"));

	if (json_is_array(from))
		translate_list(t, row, from);
	else
		translation_set(t, behind ? "additionalItems" : row->name,
		    translate_inner(t, row->name, NULL, from));
}

static void
translate_tuple(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	if (json_array_size(from) > 0)
		translate_list_as(t, row, from, "items");
}

static void
translate_contains(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	if (json_object_get(t->from, "minContains") == NULL &&
	    json_object_get(t->from, "maxContains") == NULL)
		translate_schema(t, row, from);
}

static void
translate_dependencies(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	struct value to = value_new_object(&t->l->v);
	const char *name;
	json_t *item;

	json_object_foreach(from, name, item) value_set(&t->l->v, to,
	    str_of(name),
	    json_is_array(item) ? contract_value(&t->l->v, item, 0)
				: translate_inner(t, row->name, name, item));
	/* dependentRequired and dependentSchemas are both. */
	if (value_has(t->to, STR("dependencies"))) {
		contract_remark(
		    t->l, "%s beside another one is not looked at", row->name);
		return;
	}
	translation_set(t, "dependencies", to);
}

static void
translate_not(
    struct translation *t, const struct translation_row *row, json_t *from)
{
	(void)from;
	contract_remark(t->l, "%s is not looked at", row->name);
}

static const struct translation_row translation_rows[] = {
	{ "type", translate_type },
	{ "enum", translate_copy },
	{ "const", translate_copy },
	{ "multipleOf", translate_copy },
	{ "minimum", translate_copy },
	{ "maximum", translate_copy },
	{ "exclusiveMinimum", translate_exclusive },
	{ "exclusiveMaximum", translate_exclusive },
	{ "minLength", translate_copy },
	{ "maxLength", translate_copy },
	{ "pattern", translate_pattern },
	{ "format", translate_format },
	{ "minItems", translate_copy },
	{ "maxItems", translate_copy },
	{ "uniqueItems", translate_copy },
	{ "minProperties", translate_copy },
	{ "maxProperties", translate_copy },
	{ "required", translate_required },
	{ "properties", translate_properties },
	{ "patternProperties", translate_patterns },
	{ "additionalProperties", translate_schema },
	{ "propertyNames", translate_schema },
	{ "dependencies", translate_dependencies },
	{ "dependentRequired", translate_dependencies },
	{ "dependentSchemas", translate_dependencies },
	{ "prefixItems", translate_tuple },
	{ "items", translate_items },
	{ "additionalItems", translate_schema },
	{ "contains", translate_contains },
	{ "allOf", translate_list },
	{ "anyOf", translate_list },
	{ "oneOf", translate_list },
	{ "not", translate_schema },
	{ "if", translate_schema },
	{ "then", translate_schema },
	{ "else", translate_schema },
	{ "minContains", translate_not },
	{ "maxContains", translate_not },
	{ "unevaluatedItems", translate_not },
	{ "unevaluatedProperties", translate_not },
	{ "$dynamicRef", translate_not },
	{ "$recursiveRef", translate_not },
};

static void
contract_translate_keywords(struct translation *t)
{
	const struct translation_row *row;
	json_t *v;
	size_t i;

	for (i = 0; i < sizeof(translation_rows) / sizeof(*translation_rows);
	     i++) {
		row = &translation_rows[i];
		v = json_object_get(t->from, row->name);
		if (v != NULL)
			row->make(t, row, v);
	}
}

static struct value
contract_translate(struct contract_loader *l, json_t *from,
    enum contract_side side, unsigned depth)
{
	struct translation t = { l, side, from, VALUE_NONE, depth };
	const json_t *ref = json_object_get(from, "$ref");
	size_t number;

	if (json_is_boolean(from))
		return value_bool(json_is_true(from));
	if (!json_is_object(from) || depth == SCHEMA_DEPTH) {
		contract_wrong(l, depth == SCHEMA_DEPTH
				      ? "the schema nests too deep"
				      : "expected a schema");
		return value_bool(true);
	}
	t.to = value_new_object(&l->v);
	translation_set(&t, "$comment", value_text(contract_where(l)));
	if (json_is_string(ref)) {
		number = contract_reference(l, from, side);
		if (number != CONTRACT_NONE)
			translation_set(
			    &t, "$ref", value_number((double)number));
		/* Before 3.1 nothing beside a reference counts. */
		if (!l->v31)
			return t.to;
	}
	contract_translate_keywords(&t);
	return t.to;
}

size_t
contract_schema(
    struct contract_loader *l, json_t *schema, enum contract_side side)
{
	if (schema == NULL)
		return CONTRACT_NONE;
	if (json_is_string(json_object_get(schema, "$ref")) && !l->v31)
		return contract_reference(l, schema, side);
	return contract_number(l, schema, side);
}

int
contract_schemas(struct contract_loader *l)
{
	enum contract_side side;
	struct value made;
	struct err e;
	size_t i;

	/* Each may have others behind it. */
	for (i = 0; i < l->ntargets && !l->failed; i++) {
		side = l->schemas.array->at[i].yes ? CONTRACT_SERVER
						   : CONTRACT_CLIENT;
		l->o.where.n = 0;
		buf_add_text(&l->o.where, l->wheres[i]);
		made = contract_translate(l, l->targets[i], side, 0);
		l->schemas.array->at[i] = made; /* has moved meanwhile */
	}
	if (l->failed)
		return -1;
	if (l->v.over)
		return err_set(l->e, "%.*s: needs too much memory",
		    STR_ARGS(l->spec->name));
	l->spec->schemas = schema_new_list(l->schemas, &e);
	if (l->spec->schemas == NULL)
		return err_set(
		    l->e, "%.*s: %s", STR_ARGS(l->spec->name), e.text);
	return 0;
}
