/* The keywords of schemas: what each makes of its value. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "mock/form.h"
#include "mock/js_regex.h"

#include "mock/schema_maker.h"

#define SCHEMA_COMPARISONS 5000000 /* of values of one enum */
#define SCHEMA_ITSELF "http://json-schema.org/draft-07/schema"

static void *
schema_slot(struct schema_node *node, const struct schema_keyword *k)
{
	return (char *)node + k->slot;
}

static int
schema_make_node(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	const struct schema_node **slot = schema_slot(node, k);

	*slot = schema_inner(m, k->name, (struct str){ NULL, 0 }, value);
	return *slot == NULL ? -1 : 0;
}

static int
schema_make_list(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	struct schema_list *slot = schema_slot(node, k);

	if (value.kind != VALUE_ARRAY || value.array->n == 0)
		return schema_fail(
		    m, k->name, "expected an array of schemas, not empty");
	slot->at =
	    arena_alloc(&m->s->arena, value.array->n * sizeof(*slot->at));
	for (; slot->n < value.array->n; slot->n++) {
		slot->at[slot->n] = schema_inner(m, k->name,
		    (struct str){ NULL, 0 }, value.array->at[slot->n]);
		if (slot->at[slot->n] == NULL)
			return -1;
	}
	return 0;
}

static int
schema_make_items(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	static const struct schema_keyword tuple = { "items", NULL,
		offsetof(struct schema_node, tuple) };

	return value.kind == VALUE_ARRAY
		   ? schema_make_list(m, node, &tuple, value)
		   : schema_make_node(m, node, k, value);
}

static int
schema_make_number(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	double *slot = schema_slot(node, k);

	if (value.kind != VALUE_NUMBER)
		return schema_fail(m, k->name, "expected a number");
	if (slot == &node->multiple && value.number <= 0)
		return schema_fail(m, k->name, "expected more than 0");
	*slot = value.number;
	return 0;
}

static int
schema_make_size(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	double *slot = schema_slot(node, k);

	if (value.kind != VALUE_NUMBER || value.number < 0 ||
	    value.number != floor(value.number))
		return schema_fail(m, k->name,
		    "expected a whole number, 0 or "
		    "more");
	*slot = value.number;
	return 0;
}

static int
schema_make_bool(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	bool *slot = schema_slot(node, k);

	if (value.kind != VALUE_BOOL)
		return schema_fail(m, k->name, "expected true or false");
	*slot = value.yes;
	return 0;
}

const char *const schema_type_names[] = { "null", "boolean", "integer",
	"number", "string", "array", "object", NULL };

static unsigned
schema_type(struct value name)
{
	unsigned i;

	for (i = 0; schema_type_names[i] != NULL; i++)
		if (name.kind == VALUE_TEXT &&
		    str_is(name.text, schema_type_names[i]))
			return 1u << i;
	return 0;
}

static int
schema_make_type(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	static const char why[] = "expected a type or several, each once";
	unsigned type;
	size_t i;

	if (value.kind != VALUE_ARRAY) {
		node->types |= type = schema_type(value);
		return type == 0 ? schema_fail(m, k->name, why) : 0;
	}
	for (i = 0; i < value.array->n; i++) {
		type = schema_type(value.array->at[i]);
		if (type == 0 || (node->types & type))
			return schema_fail(m, k->name, why);
		node->types |= type;
	}
	return i == 0 ? schema_fail(m, k->name, why) : 0;
}

static int
schema_make_nullable(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	(void)node;
	return value.kind == VALUE_BOOL
		   ? 0
		   : schema_fail(m, k->name, "expected true or false");
}

static bool
schema_differ(const struct value_array *values)
{
	uint64_t work = SCHEMA_COMPARISONS;
	size_t i, k;

	for (i = 1; i < values->n; i++)
		for (k = 0; k < i; k++)
			if (schema_equal(values->at[i], values->at[k], &work) ||
			    work == 0)
				return false;
	return true;
}

static int
schema_make_enum(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	if (value.kind != VALUE_ARRAY || value.array->n == 0 ||
	    (!m->listed && !schema_differ(value.array)))
		return schema_fail(m, k->name,
		    "expected an array of values that differ, not empty");
	node->enumeration = value_copy(&m->s->v, value);
	return 0;
}

static int
schema_make_const(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	(void)k;
	node->constant = value_new_array(&m->s->v, 1);
	value_push(&m->s->v, node->constant, value_copy(&m->s->v, value));
	return 0;
}

static struct regex *
schema_regex(struct schema_maker *m, struct str pattern, unsigned flags)
{
	struct schema *s = m->s;
	struct err e;
	struct regex *regex = js_regex_new(pattern, flags, &e), **more;

	if (regex == NULL)
		return NULL;
	more = reallocarray(s->regexes, s->nregexes + 1, sizeof(*s->regexes));
	if (more == NULL)
		abort();
	s->regexes = more;
	return s->regexes[s->nregexes++] = regex;
}

static int
schema_make_pattern(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	if (value.kind == VALUE_TEXT)
		node->pattern = schema_regex(m, value.text, JS_REGEX_UNICODE);
	return node->pattern == NULL
		   ? schema_fail(m, k->name, "expected a regular expression")
		   : 0;
}

static int
schema_make_format(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	const struct schema_format *f =
	    value.kind == VALUE_TEXT ? schema_format_find(value.text) : NULL;

	if (f == NULL)
		return schema_fail(m, k->name, "a format nobody knows");
	node->format = f;
	if (f->pattern != NULL)
		node->format_regex =
		    schema_regex(m, str_of(f->pattern), f->flags);
	return f->pattern != NULL && node->format_regex == NULL
		   ? schema_fail(m, k->name, "cannot be compiled")
		   : 0;
}

/* An array of texts that differ. */
static bool
schema_is_names(struct schema_maker *m, struct value value)
{
	struct value seen = value_new_object(&m->s->v);
	size_t i;

	if (value.kind != VALUE_ARRAY)
		return false;
	for (i = 0; i < value.array->n; i++) {
		if (value.array->at[i].kind != VALUE_TEXT)
			return false;
		value_set(
		    &m->s->v, seen, value.array->at[i].text, value_null());
	}
	return seen.object->n == i;
}

static int
schema_make_required(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	if (!schema_is_names(m, value))
		return schema_fail(m, k->name, "expected an array of names");
	node->required = value_copy(&m->s->v, value);
	return 0;
}

static int
schema_make_properties(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	const struct value_object *o = value.object;
	const struct schema_node **at;
	size_t i;

	if (value.kind != VALUE_OBJECT)
		return schema_fail(m, k->name, "expected an object");
	node->properties = value_new_object(&m->s->v);
	node->members.at = at = arena_alloc(&m->s->arena, o->n * sizeof(*at));
	for (i = 0; i < o->n; i++) {
		at[i] = schema_inner(m, k->name, o->at[i].name, o->at[i].value);
		if (at[i] == NULL)
			return -1;
		value_set(&m->s->v, node->properties,
		    value_copy_text(&m->s->v, o->at[i].name).text,
		    value_number((double)i));
	}
	node->members.n = o->n;
	return 0;
}

static int
schema_make_patterns(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	const struct value_object *o = value.object;
	struct schema_pattern *p;
	size_t i;

	if (value.kind != VALUE_OBJECT)
		return schema_fail(m, k->name, "expected an object");
	node->patterns = p = arena_alloc(&m->s->arena, o->n * sizeof(*p));
	for (i = 0; i < o->n; i++) {
		p[i].regex = schema_regex(m, o->at[i].name, JS_REGEX_UNICODE);
		if (p[i].regex == NULL)
			return schema_fail(
			    m, k->name, "expected regular expressions");
		p[i].node =
		    schema_inner(m, k->name, o->at[i].name, o->at[i].value);
		if (p[i].node == NULL)
			return -1;
	}
	node->npatterns = o->n;
	return 0;
}

static int
schema_make_dependencies(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	const struct value_object *o = value.object;
	struct schema_dependency *d;
	size_t i;

	if (value.kind != VALUE_OBJECT)
		return schema_fail(m, k->name, "expected an object");
	node->dependencies = d = arena_zalloc(&m->s->arena, o->n * sizeof(*d));
	for (i = 0; i < o->n; i++) {
		d[i].name = value_copy_text(&m->s->v, o->at[i].name).text;
		if (schema_is_names(m, o->at[i].value)) {
			d[i].names = value_copy(&m->s->v, o->at[i].value);
			continue;
		}
		d[i].node =
		    schema_inner(m, k->name, o->at[i].name, o->at[i].value);
		if (d[i].node == NULL)
			return -1;
	}
	node->ndependencies = o->n;
	return 0;
}

/* The place that a JSON pointer (RFC 6901) in a fragment leads to; the base of
 * URIs follows. */
static struct value
schema_point(struct schema_maker *m, struct value at, struct str fragment)
{
	struct value id, text = value_copy_text(&m->s->v, fragment);
	struct str rest, part;
	char *p = (char *)(uintptr_t)text.text.p;
	size_t i, n = text.text.n;

	if (!form_decode(p, &n))
		return VALUE_NONE;
	rest = (struct str){ p, n };
	(void)str_cut(&rest, '/', &part);
	while (str_cut(&rest, '/', &part)) {
		p = (char *)(uintptr_t)part.p;
		for (i = n = 0; i < part.n; i++, n++) {
			p[n] = part.p[i];
			if (part.p[i] == '~' && i + 1 < part.n)
				p[n] = part.p[++i] == '1' ? '/' : '~';
		}
		if (at.kind == VALUE_OBJECT) {
			id = value_get(at, STR("$id"));
			if (id.kind == VALUE_TEXT)
				m->base =
				    schema_uri(&m->s->arena, m->base, id.text);
		}
		at = value_get(at, (struct str){ p, n });
	}
	return at;
}

/* What a URI names within the schema; the base of URIs follows. */
static struct value
schema_find(struct schema_maker *m, struct str uri)
{
	struct value found = value_get(m->ids, uri);
	struct str fragment = uri, document;

	if (found.kind != VALUE_UNDEFINED) {
		(void)str_cut(&fragment, '#', &m->base);
		return found;
	}
	(void)str_cut(&fragment, '#', &document);
	m->base = document;
	found = value_get(m->ids, document);
	if (found.kind == VALUE_UNDEFINED || fragment.n == 0)
		return found;
	return *fragment.p == '/' ? schema_point(m, found, fragment)
				  : VALUE_NONE;
}

static int
schema_make_ref(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	struct str base = m->base;
	struct value found = VALUE_NONE;

	if (m->listed) {
		if (value.kind != VALUE_NUMBER ||
		    value.number >= (double)m->s->nlist)
			return schema_fail(m, k->name, "leads to no schema");
		node->ref = m->s->list[(size_t)value.number];
		return 0;
	}
	if (value.kind == VALUE_TEXT)
		found =
		    schema_find(m, schema_uri(&m->s->arena, base, value.text));
	if (found.kind != VALUE_OBJECT && found.kind != VALUE_BOOL) {
		m->base = base;
		return schema_fail(m, k->name, "leads to no schema");
	}
	node->ref = schema_inner(m, k->name, (struct str){ NULL, 0 }, found);
	m->base = base;
	return node->ref == NULL ? -1 : 0;
}

static int
schema_make_text(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	(void)node;
	return value.kind == VALUE_TEXT
		   ? 0
		   : schema_fail(m, k->name, "expected a text");
}

static int
schema_make_comment(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	if (m->listed && value.kind == VALUE_TEXT)
		m->where = node->where =
		    value_copy_text(&m->s->v, value.text).text;
	return schema_make_text(m, node, k, value);
}

/* Of a list: what only one side of an exchange may have. */
static int
schema_make_barred(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	if (m->listed && value_is_true(value)) {
		node->never = true;
		node->barred = k->name;
	}
	return 0;
}

static int
schema_make_draft(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	(void)node;
	return value.kind == VALUE_TEXT &&
		       (str_is(value.text, SCHEMA_ITSELF) ||
			   str_is(value.text, SCHEMA_ITSELF "#"))
		   ? 0
		   : schema_fail(m, k->name, "expected " SCHEMA_ITSELF "#");
}

static int
schema_make_old_id(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	(void)node;
	(void)value;
	return schema_fail(m, k->name, "the keyword is $id");
}

static int
schema_make_object(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	(void)node;
	return value.kind == VALUE_OBJECT
		   ? 0
		   : schema_fail(m, k->name, "expected an object");
}

static int
schema_make_array(struct schema_maker *m, struct schema_node *node,
    const struct schema_keyword *k, struct value value)
{
	(void)node;
	return value.kind == VALUE_ARRAY
		   ? 0
		   : schema_fail(m, k->name, "expected an array");
}

#define SLOT(member) offsetof(struct schema_node, member)

/* Without make they say nothing of values, and may hold anything. */
static const struct schema_keyword keywords[] = {
	{ "$ref", schema_make_ref, SLOT(ref) },
	{ "$id", schema_make_text, 0 },
	{ "$schema", schema_make_draft, 0 },
	{ "$comment", schema_make_comment, 0 },
	{ "$defs", NULL, 0 },
	{ "$vocabulary", NULL, 0 },
	{ "$async", NULL, 0 },
	{ "definitions", schema_make_object, 0 },
	{ "id", schema_make_old_id, 0 },
	{ "type", schema_make_type, SLOT(types) },
	{ "nullable", schema_make_nullable, SLOT(types) },
	{ "enum", schema_make_enum, SLOT(enumeration) },
	{ "const", schema_make_const, SLOT(constant) },
	{ "minimum", schema_make_number, SLOT(number.least) },
	{ "maximum", schema_make_number, SLOT(number.most) },
	{ "exclusiveMinimum", schema_make_number, SLOT(exclusive.least) },
	{ "exclusiveMaximum", schema_make_number, SLOT(exclusive.most) },
	{ "multipleOf", schema_make_number, SLOT(multiple) },
	{ "minLength", schema_make_size, SLOT(length.least) },
	{ "maxLength", schema_make_size, SLOT(length.most) },
	{ "pattern", schema_make_pattern, SLOT(pattern) },
	{ "format", schema_make_format, SLOT(format) },
	{ "minItems", schema_make_size, SLOT(items_count.least) },
	{ "maxItems", schema_make_size, SLOT(items_count.most) },
	{ "uniqueItems", schema_make_bool, SLOT(unique) },
	{ "items", schema_make_items, SLOT(items) },
	{ "additionalItems", schema_make_node, SLOT(more_items) },
	{ "contains", schema_make_node, SLOT(contains) },
	{ "minProperties", schema_make_size, SLOT(members_count.least) },
	{ "maxProperties", schema_make_size, SLOT(members_count.most) },
	{ "required", schema_make_required, SLOT(required) },
	{ "properties", schema_make_properties, SLOT(properties) },
	{ "patternProperties", schema_make_patterns, SLOT(patterns) },
	{ "additionalProperties", schema_make_node, SLOT(more_members) },
	{ "propertyNames", schema_make_node, SLOT(names) },
	{ "dependencies", schema_make_dependencies, SLOT(dependencies) },
	{ "allOf", schema_make_list, SLOT(all) },
	{ "anyOf", schema_make_list, SLOT(any) },
	{ "oneOf", schema_make_list, SLOT(one) },
	{ "not", schema_make_node, SLOT(negated) },
	{ "if", schema_make_node, SLOT(condition) },
	{ "then", schema_make_node, SLOT(then) },
	{ "else", schema_make_node, SLOT(otherwise) },
	{ "title", schema_make_text, 0 },
	{ "description", schema_make_text, 0 },
	{ "default", NULL, 0 },
	{ "examples", schema_make_array, 0 },
	{ "readOnly", schema_make_barred, 0 },
	{ "writeOnly", schema_make_barred, 0 },
	{ "deprecated", NULL, 0 },
	{ "contentMediaType", schema_make_text, 0 },
	{ "contentEncoding", schema_make_text, 0 },
	{ "contentSchema", NULL, 0 },
};

const struct schema_keyword *
schema_keyword_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (str_is(name, keywords[i].name))
			return &keywords[i];
	return NULL;
}
