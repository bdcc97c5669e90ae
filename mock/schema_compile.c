/* From a schema's JSON to nodes, with the faults that ajv finds. */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/form.h"
#include "mock/js_regex.h"

#include "mock/schema_priv.h"

#define SCHEMA_NODES 20000
#define SCHEMA_LIST_NODES 400000
#define SCHEMA_DEPTH 100          /* schemas within one another */
#define SCHEMA_MEMORY (64u << 20) /* bytes */
#define SCHEMA_LIST_MEMORY (512u << 20)
#define SCHEMA_COMPARISONS 5000000 /* of values of one enum */
#define SCHEMA_ITSELF "http://json-schema.org/draft-07/schema"

struct schema_maker {
	struct schema *s;
	struct value root;
	struct value nodes; /* by the address of their object: their places */
	const struct schema_node **made;
	size_t nmade, room;
	struct value ids; /* schemas by the URIs of their $id */
	struct str base;  /* URI of the schema being read */
	unsigned depth;
	bool listed;      /* it is schema_new_list() */
	struct buf path;  /* where it is */
	struct str where; /* the same as a list's $comment says it; or "" */
	struct err *e;
};

static const struct schema_node *schema_make(
    struct schema_maker *m, struct value from);

static int
schema_fail(struct schema_maker *m, const char *keyword, const char *why)
{
	if (m->where.n > 0)
		return err_set(m->e, "%.*s/%s: %s",
		    (int)(m->where.n < 300 ? m->where.n : 300), m->where.p,
		    keyword, why);
	return err_set(m->e, "%.200s/%s: %s", buf_text(&m->path), keyword, why);
}

/* The schema within the present one, at a keyword and maybe a name there. */
static const struct schema_node *
schema_inner(struct schema_maker *m, const char *keyword, struct str name,
    struct value from)
{
	const struct schema_node *node;
	size_t n = m->path.n;

	buf_addf(&m->path, "/%s", keyword);
	if (name.p != NULL)
		buf_addf(&m->path, "/%.*s", STR_ARGS(name));
	node = schema_make(m, from);
	m->path.n = n;
	return node;
}

/* Keywords: what each makes of its value.  0, or -1 with an error set. */
struct schema_keyword {
	const char *name;
	int (*make)(struct schema_maker *m, struct schema_node *node,
	    const struct schema_keyword *k, struct value value);
	size_t slot; /* where in the node it goes */
};

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

static const struct schema_keyword *
schema_keyword(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (str_is(name, keywords[i].name))
			return &keywords[i];
	return NULL;
}

/* Whether a property is one of a pattern that says something, too. */
static bool
schema_is_twofold(const struct schema_node *node)
{
	const struct value_object *names;
	bool says = false;
	size_t i, k;

	for (i = 0; i < node->npatterns; i++)
		says |= node->patterns[i].node->says;
	if (node->properties.kind != VALUE_OBJECT || !says)
		return false;
	names = node->properties.object;
	for (i = 0; i < names->n; i++)
		for (k = 0; k < node->npatterns; k++)
			if (regex_find(node->patterns[k].regex,
				names->at[i].name, 0, NULL) == 1)
				return true;
	return false;
}

/* What ajv, being strict, does not take. */
static int
schema_check(
    struct schema_maker *m, const struct schema_node *node, struct value from)
{
	bool nullable = value_is_true(value_get(from, STR("nullable")));

	if (nullable && node->types == 0)
		return schema_fail(m, "nullable", "expected a type beside it");
	if (node->condition == NULL &&
	    (node->then != NULL || node->otherwise != NULL))
		return schema_fail(
		    m, "then", "then and else need an if beside them");
	if (node->condition != NULL && node->then == NULL &&
	    node->otherwise == NULL)
		return schema_fail(
		    m, "if", "expected a then or an else beside it");
	if (node->more_items != NULL && node->tuple.n == 0)
		return schema_fail(m, "additionalItems",
		    "expected items beside it that are an array");
	if (schema_is_twofold(node))
		return schema_fail(m, "patternProperties",
		    "a pattern fits a name of properties");
	return 0;
}

static int
schema_fill(struct schema_maker *m, struct schema_node *node, struct value from)
{
	const struct value_object *o = from.object;
	const struct schema_keyword *k;
	struct value id = value_get(from, STR("$id"));
	size_t i;

	if (id.kind == VALUE_TEXT)
		m->base = schema_uri(&m->s->arena, m->base, id.text);
	for (i = 0; i < o->n; i++) {
		k = schema_keyword(o->at[i].name);
		if (k == NULL)
			return err_set(m->e, "%.200s/%.*s: an unknown keyword",
			    buf_text(&m->path),
			    (int)(o->at[i].name.n < 100 ? o->at[i].name.n
							: 100),
			    o->at[i].name.p);
		node->says |= k->slot > 0;
		if (k->make != NULL &&
		    k->make(m, node, k, o->at[i].value) == -1)
			return -1;
	}
	if (!m->listed && schema_check(m, node, from) == -1)
		return -1;
	if (value_is_true(value_get(from, STR("nullable"))))
		node->types |= SCHEMA_NULL;
	return 0;
}

static struct schema_node *
schema_new_node(struct schema_maker *m)
{
	static const struct schema_bounds none = { NAN, NAN };
	struct schema_node *node = arena_zalloc(&m->s->arena, sizeof(*node));

	node->number = node->exclusive = node->length = node->items_count =
	    node->members_count = none;
	node->multiple = NAN;
	return node;
}

/* Remembers the node of an object, for who refers to it. */
static int
schema_remember(struct schema_maker *m, const struct schema_node *node,
    const struct value_object *from)
{
	struct str address = arena_str(
	    &m->s->arena, (struct str){ (const char *)&from, sizeof(from) });

	if (m->nmade == (m->listed ? SCHEMA_LIST_NODES : SCHEMA_NODES) ||
	    m->s->v.over)
		return err_set(m->e, "the schema is too long");
	if (m->listed) { /* nobody refers to it by its place */
		m->nmade++;
		return 0;
	}
	if (m->nmade == m->room) {
		m->room = m->room == 0 ? 64 : 2 * m->room;
		m->made = reallocarray(m->made, m->room, sizeof(*m->made));
		if (m->made == NULL)
			abort();
	}
	value_set(&m->s->v, m->nodes, address, value_number((double)m->nmade));
	m->made[m->nmade++] = node;
	return 0;
}

/* The node of a schema, which may still be being made; NULL with an error
 * set. */
static const struct schema_node *
schema_make(struct schema_maker *m, struct value from)
{
	const struct value_object *address = from.object;
	struct schema_node *node;
	struct str base = m->base, where = m->where;
	struct value place;
	int failed;

	if (from.kind == VALUE_BOOL) {
		node = schema_new_node(m);
		node->never = node->says = !from.yes;
		node->where = m->where;
		return node;
	}
	if (from.kind != VALUE_OBJECT) {
		err_set(m->e,
		    "%.200s: expected a schema: an object, true or "
		    "false",
		    buf_text(&m->path));
		return NULL;
	}
	place = value_get(
	    m->nodes, (struct str){ (const char *)&address, sizeof(address) });
	if (place.kind == VALUE_NUMBER)
		return m->made[(size_t)place.number];
	node = schema_new_node(m);
	if (schema_remember(m, node, address) == -1)
		return NULL;
	if (m->depth == SCHEMA_DEPTH) {
		err_set(m->e, "%.200s: nests too deep", buf_text(&m->path));
		return NULL;
	}
	m->depth++;
	failed = schema_fill(m, node, from);
	m->depth--;
	m->base = base;
	m->where = where;
	return failed == 0 ? node : NULL;
}

/* Finds all $id, wherever a schema may be. */
static void
schema_collect(
    struct schema_maker *m, struct value at, struct str base, unsigned depth)
{
	struct value id;
	struct str uri;
	size_t i;

	if (depth > 2 * SCHEMA_DEPTH)
		return;
	if (at.kind == VALUE_ARRAY) {
		for (i = 0; i < at.array->n; i++)
			schema_collect(m, at.array->at[i], base, depth + 1);
		return;
	}
	if (at.kind != VALUE_OBJECT)
		return;
	id = value_get(at, STR("$id"));
	if (id.kind == VALUE_TEXT) {
		uri = schema_uri(&m->s->arena, base, id.text);
		if (str_ends(uri, "#"))
			uri.n--;
		value_set(&m->s->v, m->ids, uri, at);
		if (memchr(uri.p, '#', uri.n) == NULL)
			base = uri;
	}
	for (i = 0; i < at.object->n; i++)
		if (!str_is(at.object->at[i].name, "enum") &&
		    !str_is(at.object->at[i].name, "const"))
			schema_collect(
			    m, at.object->at[i].value, base, depth + 1);
}

int
schema_compile(struct schema *s, struct value from, struct err *e)
{
	struct schema_maker m = { .s = s, .root = from, .e = e };

	s->v = (struct values){ .arena = &s->arena, .most = SCHEMA_MEMORY };
	m.base = STR("");
	m.nodes = value_new_object(&s->v);
	m.ids = value_new_object(&s->v);
	value_set(&s->v, m.ids, STR(""), from);
	schema_collect(&m, from, STR(""), 0);
	s->root = schema_make(&m, from);
	if (s->root != NULL && s->v.over) {
		(void)err_set(e, "the schema needs too much memory");
		s->root = NULL;
	}
	free(m.made);
	buf_free(&m.path);
	return s->root == NULL ? -1 : 0;
}

int
schema_compile_list(struct schema *s, struct value list, struct err *e)
{
	struct schema_maker m = { .s = s, .listed = true, .e = e };
	const struct schema_node *made = NULL;
	size_t i;

	s->v =
	    (struct values){ .arena = &s->arena, .most = SCHEMA_LIST_MEMORY };
	m.base = m.where = STR("");
	m.nodes = value_new_object(&s->v);
	s->nlist = list.array->n;
	s->list = arena_alloc(&s->arena, (s->nlist + 1) * sizeof(*s->list));
	for (i = 0; i < s->nlist; i++)
		s->list[i] = schema_new_node(&m);
	for (i = 0; i < s->nlist; i++) {
		made = schema_make(&m, list.array->at[i]);
		if (made == NULL)
			break;
		*s->list[i] = *made;
	}
	buf_free(&m.path);
	if (i < s->nlist)
		return -1;
	return s->v.over ? err_set(e, "the schemas need too much memory") : 0;
}
