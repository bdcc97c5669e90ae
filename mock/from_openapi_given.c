/*
 * Values that stand in a schema: they are taken where they are what the schema
 * asks for, or can be written so ("7" for a number).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include "mock/document.h"
#include "mock/js_regex.h"
#include "mock/schema.h"
#include "mock/value.h"

#include "mock/from_openapi_making.h"
#include "mock/from_openapi_priv.h"

/* ---- whether a value fits ----------------------------------------------- */

static bool
given_is_type(struct str type, const json_t *v)
{
	double n = json_number_value(v);

	if (str_is(type, "integer"))
		return json_is_number(v) && n == (double)(json_int_t)n;
	return str_is(type, "string")    ? json_is_string(v)
	       : str_is(type, "number")  ? json_is_number(v)
	       : str_is(type, "boolean") ? json_is_boolean(v)
	       : str_is(type, "object")  ? json_is_object(v)
	       : str_is(type, "array")   ? json_is_array(v)
	       : str_is(type, "null")    ? json_is_null(v)
					 : true;
}

static bool
given_fits_type(const json_t *schema, const json_t *v)
{
	json_t *type = json_object_get(schema, "type"), *one;
	size_t i;

	if (json_is_null(v) &&
	    json_is_true(json_object_get(schema, "nullable")))
		return true;
	if (json_is_string(type))
		return given_is_type(str_of(json_string_value(type)), v);
	json_array_foreach(type, i, one)
	{
		if (json_is_string(one) &&
		    given_is_type(str_of(json_string_value(one)), v))
			return true;
	}
	return json_array_size(type) == 0;
}

static bool
given_fits_enum(const json_t *schema, const json_t *v)
{
	json_t *choices = json_object_get(schema, "enum"), *one;
	size_t i;

	json_array_foreach(choices, i, one)
	{
		if (json_equal(one, v))
			return true;
	}
	return json_array_size(choices) == 0;
}

static bool
given_fits_number(const json_t *schema, double v)
{
	struct making_limits l = making_limits(schema);

	return !(l.has_least && (l.above ? v <= l.least : v < l.least)) &&
	       !(l.has_most && (l.below ? v >= l.most : v > l.most));
}

bool
making_is_of_format(struct str text, struct str format)
{
	struct arena a = { 0 };
	struct values v = { .arena = &a };
	struct value from = value_new_object(&v);
	struct schema *s;
	struct err e;
	bool is;

	value_set(&v, from, STR("format"), value_text(format));
	s = schema_new(from, &e);
	is = s == NULL || schema_valid(s, value_text(text));
	schema_free(s);
	arena_fini(&a);
	return is;
}

static bool
given_fits_text(const json_t *schema, const json_t *v)
{
	struct str text = { json_string_value(v), json_string_length(v) };
	struct str pattern = document_text(schema, "pattern");
	size_t n = 0, i;
	struct regex *r;
	struct err e;
	bool fits = true;

	for (i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	if (n < making_length(schema, "minLength", 0) ||
	    n > making_length(schema, "maxLength", SIZE_MAX) ||
	    !making_is_of_format(text, document_text(schema, "format")))
		return false;
	r = pattern.n > 0 ? js_regex_new(pattern, JS_REGEX_UNICODE, &e) : NULL;
	if (r != NULL)
		fits = regex_find(r, text, 0, NULL) == 1;
	regex_free(r);
	return fits;
}

static bool
given_fits_items(
    struct making *m, const json_t *schema, const json_t *v, unsigned depth)
{
	json_t *items = json_object_get(schema, "items"), *item;
	size_t i;

	if (json_array_size(v) < making_length(schema, "minItems", 0) ||
	    json_array_size(v) > making_length(schema, "maxItems", SIZE_MAX))
		return false;
	json_array_foreach((json_t *)(uintptr_t)v, i, item)
	{
		if (!making_fits(m, items, item, depth + 1))
			return false;
	}
	return true;
}

static bool
given_fits_members(
    struct making *m, const json_t *schema, const json_t *v, unsigned depth)
{
	json_t *properties = json_object_get(schema, "properties"), *of, *one;
	json_t *others = json_object_get(schema, "additionalProperties");
	const char *name;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, one)
	{
		name = json_string_value(one);
		of = name != NULL ? json_object_get(properties, name) : NULL;
		of = openapi_follow(m->o, of);
		if (name != NULL && json_object_get(v, name) == NULL &&
		    !json_is_true(json_object_get(of, "writeOnly")))
			return false;
	}
	json_object_foreach((json_t *)(uintptr_t)v, name, one)
	{
		of = json_object_get(properties, name);
		if (of == NULL)
			of = others;
		if (json_is_false(of) || !making_fits(m, of, one, depth + 1))
			return false;
	}
	return true;
}

bool
making_fits(struct making *m, json_t *schema, const json_t *v, unsigned depth)
{
	schema = openapi_follow(m->o, schema);
	if (!json_is_object(schema) || depth > MAKING_DEPTH)
		return true;
	if (!given_fits_type(schema, v) || !given_fits_enum(schema, v))
		return false;
	if (json_is_number(v))
		return given_fits_number(schema, json_number_value(v));
	if (json_is_string(v))
		return given_fits_text(schema, v);
	if (json_is_array(v))
		return given_fits_items(m, schema, v, depth);
	return !json_is_object(v) || given_fits_members(m, schema, v, depth);
}

/* ---- values that stand there -------------------------------------------- */

/* The same value as a text, or the value that a text is; NULL for none. */
static json_t *
given_rewritten(const json_t *schema, const json_t *v)
{
	bool text = str_is(making_type(schema), "string");
	json_t *to = NULL;
	char *is;

	if (text && (json_is_number(v) || json_is_boolean(v))) {
		is = json_dumps(v, JSON_ENCODE_ANY);
		to = json_string(is);
		free(is);
	} else if (!text && json_is_string(v)) {
		to = json_loads(json_string_value(v), JSON_DECODE_ANY, NULL);
	}
	return to;
}

static const json_t *
given_used(struct making *m, json_t *schema, const json_t *v)
{
	json_t *other;

	if (v == NULL || making_fits(m, schema, v, 0))
		return v;
	other = given_rewritten(schema, v);
	if (other != NULL) {
		json_array_append_new(m->o->made, other);
		if (making_fits(m, schema, other, 0))
			return other;
	}
	/* Many write a default of null that means none. */
	if (!json_is_null(v))
		openapi_note(m->o,
		    "an example or default is not what its schema asks for");
	return NULL;
}

const json_t *
making_given(struct making *m, json_t *schema)
{
	const json_t *v = json_object_get(schema, "const");

	/* Items that have to differ are no examples. */
	if (v != NULL || m->of > 0)
		return v;
	v = given_used(m, schema, json_object_get(schema, "example"));
	if (v == NULL)
		v = given_used(m, schema,
		    json_array_get(json_object_get(schema, "examples"), 0));
	if (v == NULL && json_array_size(json_object_get(schema, "enum")) == 0)
		v = given_used(m, schema, json_object_get(schema, "default"));
	return v;
}
