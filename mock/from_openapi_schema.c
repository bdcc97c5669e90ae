/*
 * Bodies from schemas.  What a schema leaves free becomes a call of faker, as
 * in Mockoon's import, but within the schema's limits.
 */
#include "config.h"

#include <string.h>

#include "base/buf.h"

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
schema_is_required(const json_t *schema, const char *name)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, v)
	{
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), name) == 0)
			return true;
	}
	return false;
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
	if (required)
		buf_add_text(m->out, "null");
	else
		m->out->n = had;
	return required;
}

/* Members whose names a schema leaves free. */
static size_t
schema_free_members(struct making *m, const json_t *schema, size_t n)
{
	json_t *of = json_object_get(schema, "additionalProperties");
	size_t least = making_length(schema, "minProperties", 0);
	size_t most = making_length(schema, "maxProperties", SIZE_MAX), i = 0;
	char name[32];

	if (least < 1 && n == 0 && json_is_object(of))
		least = 1;
	if (least > ITEMS)
		least = ITEMS;
	while (n < least && n < most && !json_is_false(of)) {
		snprintf(name, sizeof(name), "property%zu", ++i);
		n += schema_member(m, n, name,
		    json_is_object(of) ? of : json_object_get(schema, "-"),
		    true);
	}
	return n;
}

static size_t
schema_members(struct making *m, const json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties"), *of, *v;
	size_t most = making_length(schema, "maxProperties", SIZE_MAX);
	const char *name;
	size_t n = 0, i;
	bool required;

	json_object_foreach(properties, name, of)
	{
		required = schema_is_required(schema, name);
		if (json_is_true(json_object_get(of, "writeOnly")) ||
		    (!required && n >= most))
			continue;
		n += schema_member(m, n, name, of, required);
	}
	json_array_foreach(json_object_get(schema, "required"), i, v)
	{
		name = json_string_value(v);
		if (name != NULL && json_object_get(properties, name) == NULL)
			n += schema_member(m, n, name,
			    json_object_get(schema, "additionalProperties"),
			    true);
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
	if (n > 1 && json_is_true(json_object_get(schema, "uniqueItems")))
		openapi_note(m->o, "items that must differ may be equal");
	return n;
}

static int
schema_array(struct making *m, const json_t *schema, const char *name)
{
	json_t *first = json_object_get(schema, "prefixItems");
	json_t *items = json_object_get(schema, "items"), *of;
	size_t i, n, had;

	if (m->plain)
		return items != NULL ? schema_value(m, items, name) : 1;
	n = schema_count(m, schema, json_array_size(first));
	buf_add(m->out, "[", 1);
	m->level++;
	for (i = 0; i < n; i++) {
		of = i < json_array_size(first) ? json_array_get(first, i)
						: items;
		had = m->out->n;
		buf_add_text(m->out, i > 0 ? "," : "");
		json_text_line(m->out, m->level);
		if (schema_value(m, of, name) == 0)
			continue;
		m->out->n = had;
		break;
	}
	m->level--;
	if (i > 0)
		json_text_line(m->out, m->level);
	buf_add(m->out, "]", 1);
	return 0;
}

/* ---- any value ---------------------------------------------------------- */

/* The type, or what the other members are for. */
static struct str
schema_type(const json_t *schema)
{
	static const char *const by[][2] = { { "properties", "object" },
		{ "additionalProperties", "object" }, { "required", "object" },
		{ "items", "array" }, { "prefixItems", "array" },
		{ "minimum", "number" }, { "maximum", "number" },
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

/* An example or another value that stands in the schema. */
static const json_t *
schema_given(const json_t *schema)
{
	const json_t *v = json_object_get(schema, "example");

	if (v == NULL && json_is_array(json_object_get(schema, "examples")))
		v = json_array_get(json_object_get(schema, "examples"), 0);
	if (v == NULL)
		v = json_object_get(schema, "const");
	if (v == NULL && json_array_size(json_object_get(schema, "enum")) == 0)
		v = json_object_get(schema, "default");
	return v;
}

static int
schema_of_type(struct making *m, const json_t *schema, const char *name)
{
	struct str type = schema_type(schema);

	if (str_is(type, "object"))
		return schema_object(m, schema);
	if (str_is(type, "array"))
		return schema_array(m, schema, name);
	if (str_is(type, "integer"))
		return making_integer(m, schema, name);
	if (str_is(type, "number"))
		return making_number(m, schema, name);
	if (str_is(type, "boolean")) {
		buf_add_text(m->out, "{{faker 'datatype.boolean'}}");
		return 0;
	}
	if (str_is(type, "null")) {
		buf_add_text(m->out, "null");
		return 0;
	}
	return making_string(m, schema, name);
}

static int
schema_write(struct making *m, json_t *schema, const char *name)
{
	static const char *const hard[] = { "not", "if", "contains",
		"patternProperties", "dependentRequired", "dependentSchemas",
		NULL };
	const json_t *given;
	size_t i;

	schema = making_join(m, schema);
	given = schema_given(schema);
	if (given != NULL)
		return making_put(m, given);
	if (json_array_size(json_object_get(schema, "enum")) > 0)
		return making_enum(m, json_object_get(schema, "enum"));
	for (i = 0; hard[i] != NULL; i++)
		if (json_object_get(schema, hard[i]) != NULL)
			openapi_note(m->o,
			    "the body may not be what \"%s\" in its schema "
			    "asks for",
			    hard[i]);
	return schema_of_type(m, schema, name);
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
