/*
 * Bodies from schemas.  What a schema leaves free becomes a call of faker, as
 * in Mockoon's import, but within the schema's limits.
 */
#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#include "mock/document.h"
#include "mock/js_regex.h"
#include "mock/json_text.h"

#include "mock/from_openapi_making.h"
#include "mock/from_openapi_priv.h"

#define ITEMS 100 /* of one array */

static int schema_value(struct making *m, json_t *schema, const char *name);

/* ---- writing ------------------------------------------------------------ */

/* A text that stands in the document, within what is being made. */
void
making_put_text(struct making *m, struct str s)
{
	size_t i;

	if (!m->plain) {
		json_text_add_string(m->out, s, true);
		return;
	}
	for (i = 0; i < s.n; i++) {
		/* No line ends in a header field, no template. */
		if ((unsigned char)s.p[i] < 0x20)
			continue;
		if (s.p[i] == '{' && i + 1 < s.n && s.p[i + 1] == '{')
			buf_add(m->out, "\\", 1);
		buf_add(m->out, s.p + i, 1);
	}
}

int
making_put(struct making *m, const json_t *v)
{
	if (json_is_string(v))
		making_put_text(m, (struct str){ json_string_value(v),
				       json_string_length(v) });
	else if (m->plain && (json_is_object(v) || json_is_array(v)))
		return 1;
	else
		json_text_add(m->out, v, m->level, true);
	return 0;
}

/* What a call of a helper gives, as a text. */
int
making_call(struct making *m, const char *call)
{
	buf_addf(m->out, m->plain ? "%s" : "\"%s\"", call);
	return 0;
}

/* ---- objects and arrays ------------------------------------------------- */

static bool
schema_has_name(const json_t *names, const char *name)
{
	json_t *v;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)names, i, v)
	{
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), name) == 0)
			return true;
	}
	return false;
}

static bool
schema_takes_null(struct making *m, json_t *schema)
{
	schema = openapi_follow(m->o, schema);
	return json_object_get(schema, "type") != NULL
		   ? making_fits(m, schema, json_null(), 0)
		   : json_is_true(json_object_get(schema, "nullable"));
}

/* A member with a value of its schema.  Where there is none, nothing is
 * added, or null when it must be there.  How many were added. */
static size_t
schema_member(struct making *m, size_t before, const char *name, json_t *schema,
    bool required)
{
	size_t had = m->out->n;

	buf_add_text(m->out, before > 0 ? "," : "");
	json_text_line(m->out, m->level);
	json_text_add_string(m->out, str_of(name), true);
	buf_add_text(m->out, ": ");
	if (schema_value(m, schema, name) == 0)
		return 1;
	if (!required) {
		m->out->n = had;
		return 0;
	}
	buf_add_text(m->out, "null");
	if (!schema_takes_null(m, schema))
		openapi_note(m->o, "%s has no value and is null", name);
	return 1;
}

/* What a member is that no property tells of. */
static json_t *
schema_other(const json_t *schema, const char *name)
{
	json_t *patterns = json_object_get(schema, "patternProperties"), *of;
	const char *pattern;
	struct regex *r;
	struct err e;
	bool fits;

	json_object_foreach(patterns, pattern, of)
	{
		r = js_regex_new(str_of(pattern), JS_REGEX_UNICODE, &e);
		fits = r != NULL && regex_find(r, str_of(name), 0, NULL) == 1;
		regex_free(r);
		if (fits)
			return of;
	}
	return json_object_get(schema, "additionalProperties");
}

/* The name of the nth member whose name a schema leaves free. */
static bool
schema_free_name(
    struct making *m, const json_t *schema, unsigned nth, struct buf *name)
{
	json_t *names =
	    openapi_follow(m->o, json_object_get(schema, "propertyNames"));
	json_t *patterns = json_object_get(schema, "patternProperties");
	json_t *choices = json_object_get(names, "enum");
	struct str pattern = document_text(names, "pattern");
	bool closed =
	    json_is_false(json_object_get(schema, "additionalProperties"));

	name->n = 0;
	if (closed && json_object_iter(patterns) != NULL)
		pattern =
		    str_of(json_object_iter_key(json_object_iter(patterns)));
	else if (closed)
		return false;
	if (json_array_size(choices) > 0) {
		buf_add_str(name,
		    str_of(json_string_value(json_array_get(choices, nth))));
		return name->n > 0;
	}
	if (pattern.n > 0)
		return openapi_sample(name, pattern,
		    making_length(names, "minLength", 1),
		    making_length(names, "maxLength", SIZE_MAX), nth);
	buf_addf(name, "property%u", nth + 1);
	return true;
}

/* Members whose names a schema leaves free. */
static size_t
schema_free_members(struct making *m, const json_t *schema, size_t n)
{
	json_t *of = json_object_get(schema, "additionalProperties");
	size_t least = making_length(schema, "minProperties", 0);
	size_t most = making_length(schema, "maxProperties", SIZE_MAX);
	struct buf name = { 0 };
	unsigned i;

	if (least < 1 && n == 0 && json_is_object(of))
		least = 1;
	if (least > ITEMS)
		least = ITEMS;
	for (i = 0; n < least && n < most && i < ITEMS; i++) {
		if (!schema_free_name(m, schema, i, &name))
			break;
		n += schema_member(m, n, buf_text(&name),
		    schema_other(schema, buf_text(&name)), true);
	}
	buf_free(&name);
	if (n < making_length(schema, "minProperties", 0))
		openapi_note(m->o, "an object has less members than its schema "
				   "asks for");
	return n;
}

/* Which members must be there: the required ones, and those that others
 * depend on. */
static json_t *
schema_required(struct making *m, const json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties"), *v;
	json_t *needs = json_object_get(schema, "dependentRequired");
	json_t *all = json_array();
	const char *name;

	json_array_extend(all, json_object_get(schema, "required"));
	json_object_foreach(needs, name, v)
	{
		if (json_object_get(properties, name) != NULL ||
		    schema_has_name(all, name))
			json_array_extend(all, v);
	}
	json_array_append_new(m->o->made, all);
	return all;
}

/* "not": {"required": [...]} is kept to without one that need not be there. */
static const char *
schema_unwanted(const json_t *schema, const json_t *required)
{
	json_t *v, *not = json_object_get(schema, "not");
	size_t i;

	json_array_foreach(json_object_get(not, "required"), i, v)
	{
		if (json_is_string(v) && json_object_size(not ) == 1 &&
		    !schema_has_name(required, json_string_value(v)))
			return json_string_value(v);
	}
	return "";
}

static size_t
schema_members(struct making *m, const json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties"), *of, *v;
	size_t most = making_length(schema, "maxProperties", SIZE_MAX);
	json_t *all = schema_required(m, schema);
	size_t n = 0, i, later = json_array_size(all);
	const char *name, *unwanted = schema_unwanted(schema, all);
	bool required;

	json_object_foreach(properties, name, of)
	{
		required = schema_has_name(all, name);
		later -= required && later > 0;
		if (json_is_true(json_object_get(
			openapi_follow(m->o, of), "writeOnly")) ||
		    strcmp(name, unwanted) == 0 ||
		    (!required && n + later >= most))
			continue;
		n += schema_member(m, n, name, of, required);
	}
	json_array_foreach(all, i, v)
	{
		name = json_string_value(v);
		if (name == NULL || json_object_get(properties, name) != NULL)
			continue;
		of = schema_other(schema, name);
		if (json_is_false(of))
			openapi_note(m->o,
			    "%s must be there and may not be there", name);
		n += schema_member(m, n, name, of, true);
	}
	return schema_free_members(m, schema, n);
}

static int
schema_object(struct making *m, const json_t *schema)
{
	size_t n;

	if (m->plain)
		return 1;
	buf_add(m->out, "{", 1);
	m->level++;
	n = schema_members(m, schema);
	m->level--;
	if (n > 0)
		json_text_line(m->out, m->level);
	buf_add(m->out, "}", 1);
	return 0;
}

static size_t
schema_count(struct making *m, const json_t *schema, size_t first)
{
	size_t least = making_length(schema, "minItems", 0);
	size_t most = making_length(schema, "maxItems", SIZE_MAX);
	size_t n = first > 0 ? first : 1;

	if (n < least)
		n = least;
	if (n > most)
		n = most;
	if (n > ITEMS) {
		openapi_note(
		    m->o, "an array of %zu items is given %d", n, ITEMS);
		n = ITEMS;
	}
	return n;
}

/* The schema of the item at i; the first one is what "contains" asks for. */
static json_t *
schema_item_of(struct making *m, const json_t *schema, size_t i)
{
	json_t *first = json_object_get(schema, "prefixItems"), *both;
	json_t *contains = json_object_get(schema, "contains");
	json_t *of = i < json_array_size(first)
			 ? json_array_get(first, i)
			 : json_object_get(schema, "items");

	if (contains == NULL || i != json_array_size(first))
		return of;
	if (!json_is_object(of))
		return contains;
	both = json_pack("{s:[O, O]}", "allOf", of, contains);
	json_array_append_new(m->o->made, both);
	return both;
}

/* Whether the text at from is that of an item before, which began where starts
 * says; what has a template in it differs by itself. */
static bool
schema_is_there(const struct making *m, const size_t *starts, size_t n,
    const size_t *ends, size_t from)
{
	struct str at = { m->out->p + from, m->out->n - from };
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(at, (struct str){ m->out->p + starts[i],
				   ends[i] - starts[i] }))
			return memmem(at.p, at.n, "{{", 2) == NULL;
	return false;
}

/* One more item at the end, which differs from those before if it has to. */
static bool
schema_item(struct making *m, json_t *of, const char *name, size_t *starts,
    size_t *ends, size_t n, bool unique)
{
	size_t had = m->out->n, tries = 0;

	for (; tries <= (unique ? ITEMS : 0); tries++) {
		m->out->n = had;
		buf_add_text(m->out, n > 0 ? "," : "");
		json_text_line(m->out, m->level);
		starts[n] = m->out->n;
		if (schema_value(m, of, name) != 0)
			break;
		ends[n] = m->out->n;
		if (!unique || !schema_is_there(m, starts, n, ends, starts[n]))
			return true;
		m->nth++;
	}
	m->out->n = had;
	return false;
}

static size_t
schema_items(struct making *m, const json_t *schema, const char *name, size_t n)
{
	bool unique = json_is_true(json_object_get(schema, "uniqueItems"));
	size_t starts[ITEMS], ends[ITEMS], i, nth = m->nth, of = m->of;

	for (i = 0; i < n; i++) {
		if (unique && n > 1) {
			m->nth = i == 0 ? 0 : m->nth + 1;
			m->of = n;
		}
		if (!schema_item(m, schema_item_of(m, schema, i), name, starts,
			ends, i, unique && n > 1))
			break;
	}
	m->nth = nth;
	m->of = of;
	if (i < making_length(schema, "minItems", 0) && i < ITEMS)
		openapi_note(
		    m->o, "an array has less items than its schema asks for");
	return i;
}

static int
schema_array(struct making *m, const json_t *schema, const char *name)
{
	json_t *items = json_object_get(schema, "items");
	size_t n;

	if (m->plain)
		return items != NULL ? schema_value(m, items, name) : 1;
	n = schema_count(
	    m, schema, json_array_size(json_object_get(schema, "prefixItems")));
	buf_add(m->out, "[", 1);
	m->level++;
	n = schema_items(m, schema, name, n);
	m->level--;
	if (n > 0)
		json_text_line(m->out, m->level);
	buf_add(m->out, "]", 1);
	return 0;
}

/* ---- any value ---------------------------------------------------------- */

struct str
making_type(const json_t *schema)
{
	static const char *const by[][2] = { { "properties", "object" },
		{ "additionalProperties", "object" }, { "required", "object" },
		{ "items", "array" }, { "prefixItems", "array" },
		{ "minimum", "number" }, { "maximum", "number" },
		{ "exclusiveMinimum", "number" },
		{ "exclusiveMaximum", "number" }, { "multipleOf", "number" },
		{ NULL, "string" } };
	json_t *type = json_object_get(schema, "type"), *v;
	size_t i;

	json_array_foreach(type, i, v)
	{
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), "null") != 0)
			return str_of(json_string_value(v));
	}
	if (json_is_array(type))
		return STR("null");
	if (json_is_string(type))
		return str_of(json_string_value(type));
	for (i = 0; by[i][0] != NULL; i++)
		if (json_object_get(schema, by[i][0]) != NULL)
			break;
	return str_of(by[i][1]);
}

static int
schema_of_type(struct making *m, const json_t *schema, const char *name)
{
	struct str type = making_type(schema);

	if (str_is(type, "object"))
		return schema_object(m, schema);
	if (str_is(type, "array"))
		return schema_array(m, schema, name);
	if (str_is(type, "integer"))
		return making_integer(m, schema, name);
	if (str_is(type, "number"))
		return making_number(m, schema, name);
	if (str_is(type, "boolean")) {
		buf_add_text(m->out, m->of == 0 ? "{{faker 'datatype.boolean'}}"
				     : m->nth % 2 == 0 ? "true"
						       : "false");
		return 0;
	}
	if (str_is(type, "null")) {
		buf_add_text(m->out, "null");
		return 0;
	}
	return making_string(m, schema, name);
}

/* Tells of what is not kept to. */
static void
schema_note_hard(struct making *m, const json_t *schema)
{
	static const char *const hard[] = { "not", "if", "dependentSchemas",
		"unevaluatedProperties", "unevaluatedItems", "minContains",
		"maxContains", NULL };
	const json_t *not = json_object_get(schema, "not");
	size_t i;

	for (i = 0; hard[i] != NULL; i++)
		if (json_object_get(schema, hard[i]) != NULL &&
		    (i > 0 || json_object_get(not, "required") == NULL))
			openapi_note(m->o,
			    "the body may not be what \"%s\" in its schema "
			    "asks for",
			    hard[i]);
}

/* The values of an enum that are of the schema's type. */
static json_t *
schema_choices(struct making *m, json_t *schema)
{
	json_t *all = json_object_get(schema, "enum"), *v;
	json_t *fit = json_array();
	size_t i;

	json_array_append_new(m->o->made, fit);
	json_array_foreach(all, i, v)
	{
		if (making_fits(m, schema, v, 0))
			json_array_append(fit, v);
	}
	return json_array_size(fit) > 0 ? fit : all;
}

static int
schema_write(struct making *m, json_t *schema, const char *name)
{
	const json_t *given;

	schema = making_join(m, schema);
	if (schema == NULL)
		return 1;
	given = making_given(m, schema);
	if (given != NULL)
		return making_put(m, given);
	if (json_array_size(json_object_get(schema, "enum")) > 0)
		return making_enum(m, schema_choices(m, schema));
	schema_note_hard(m, schema);
	return schema_of_type(m, making_spread(m, schema), name);
}

/* Appends a value of the schema; name is of the member it is for.  1, and
 * nothing appended, when there is none. */
static int
schema_value(struct making *m, json_t *schema, const char *name)
{
	size_t open = m->nopen, had = m->out->n;
	int r = 1;

	if (schema == NULL || json_is_boolean(schema))
		return json_is_false(schema)
			   ? 1
			   : making_call(m, "{{faker 'lorem.word'}}");
	if (m->level < MAKING_DEPTH && ++m->values <= MAKING_VALUES &&
	    (schema = making_open(m, schema)) != NULL)
		r = schema_write(m, schema, name);
	if (r != 0)
		m->out->n = had;
	m->nopen = open;
	return r;
}

void
openapi_generate(struct openapi *o, json_t *schema, bool plain, struct buf *out)
{
	struct making m = { .o = o, .out = out, .plain = plain };

	if (schema_value(&m, schema, NULL) != 0 && !plain)
		buf_add_text(out, "{}");
	if (m.values > MAKING_VALUES)
		openapi_note(
		    o, "a body of more than %d values is cut", MAKING_VALUES);
	json_array_clear(o->made);
}
