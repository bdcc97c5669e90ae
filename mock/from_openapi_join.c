/*
 * One schema out of several: references are followed, what allOf asks for is
 * put together, and of oneOf and anyOf the first is taken that can be used.
 */
#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "mock/from_openapi_making.h"
#include "mock/from_openapi_priv.h"

json_t *
making_open(struct making *m, json_t *schema)
{
	size_t i;

	while (json_is_string(json_object_get(schema, "$ref"))) {
		schema = openapi_step(m->o, schema);
		if (schema == NULL || m->nopen == MAKING_OPEN)
			return NULL;
		for (i = 0; i < m->nopen; i++)
			if (m->open[i] == schema)
				return NULL;
		m->open[m->nopen++] = schema;
	}
	return schema;
}

static bool
join_is_null(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type");

	return json_is_string(type) &&
	       strcmp(json_string_value(type), "null") == 0;
}

static json_t *
join_kept(struct making *m, json_t *made)
{
	json_array_append_new(m->o->made, made);
	return made;
}

/* An object's example is one of each of its members. */
static void
join_spread(json_t *to, const json_t *example)
{
	json_t *properties = json_object_get(to, "properties"), *v;
	const char *name;

	if (properties == NULL) {
		properties = json_object();
		json_object_set_new(to, "properties", properties);
	}
	json_object_foreach((json_t *)(uintptr_t)example, name, v)
	    json_object_set_new(
		properties, name, json_pack("{s:O}", "example", v));
}

static void
join_add_properties(struct making *m, json_t *to, json_t *from)
{
	json_t *had = json_object_get(to, "properties"), *v, *both;
	const char *name;

	if (had == NULL) {
		json_object_set_new(to, "properties", json_copy(from));
		return;
	}
	json_object_foreach(from, name, v)
	{
		both = json_object_get(had, name);
		if (both == NULL)
			json_object_set(had, name, v);
		else if (both != v && json_object_get(both, "example") == NULL)
			json_object_set(had, name,
			    join_kept(
				m, json_pack("{s:[O, O]}", "allOf", both, v)));
	}
}

/* Which of two limits is the narrower one. */
static int
join_narrower(const char *name)
{
	static const char *const least[] = { "minimum", "exclusiveMinimum",
		"minLength", "minItems", "minProperties", NULL };
	static const char *const most[] = { "maximum", "exclusiveMaximum",
		"maxLength", "maxItems", "maxProperties", NULL };
	size_t i;

	for (i = 0; least[i] != NULL; i++) {
		if (strcmp(name, least[i]) == 0)
			return 1;
		if (strcmp(name, most[i]) == 0)
			return -1;
	}
	return 0;
}

static void
join_add_member(struct making *m, json_t *to, const char *name, json_t *v)
{
	json_t *had = json_object_get(to, name);
	int narrower = join_narrower(name);

	if (strcmp(name, "properties") == 0 && json_is_object(v))
		join_add_properties(m, to, v);
	else if ((strcmp(name, "example") == 0 ||
		     strcmp(name, "default") == 0) &&
		 json_is_object(v))
		join_spread(to, v);
	else if (had == NULL)
		json_object_set(to, name, v);
	else if (strcmp(name, "required") == 0 && json_is_array(had) &&
		 json_is_array(v)) {
		had = json_copy(had);
		json_array_extend(had, v);
		json_object_set_new(to, name, had);
	} else if (narrower != 0 && json_is_number(had) && json_is_number(v) &&
		   (json_number_value(v) - json_number_value(had)) * narrower >
		       0)
		json_object_set(to, name, v);
}

static void join_add(struct making *m, json_t *to, json_t *from, int depth);

/* The first of several that can be used: not null, not open. */
static void
join_add_one(struct making *m, json_t *to, json_t *several, int depth)
{
	json_t *one;
	size_t i;

	json_array_foreach(several, i, one)
	{
		one = making_open(m, one);
		if (one == NULL || join_is_null(one))
			continue;
		join_add(m, to, one, depth);
		return;
	}
}

static void
join_add(struct making *m, json_t *to, json_t *from, int depth)
{
	static const char *const whole[] = { "allOf", "oneOf", "anyOf", NULL };
	json_t *v, *one;
	const char *name;
	size_t i;

	if (depth > MAKING_DEPTH)
		return;
	json_object_foreach(from, name, v)
	{
		for (i = 0; whole[i] != NULL && strcmp(name, whole[i]) != 0;)
			i++;
		if (whole[i] == NULL)
			join_add_member(m, to, name, v);
	}
	json_array_foreach(json_object_get(from, "allOf"), i, one)
	{
		one = making_open(m, one);
		if (one != NULL)
			join_add(m, to, one, depth + 1);
	}
	for (i = 1; whole[i] != NULL; i++)
		join_add_one(m, to, json_object_get(from, whole[i]), depth + 1);
}

json_t *
making_join(struct making *m, json_t *schema)
{
	json_t *to;

	if (json_object_get(schema, "allOf") == NULL &&
	    json_object_get(schema, "oneOf") == NULL &&
	    json_object_get(schema, "anyOf") == NULL)
		return schema;
	to = join_kept(m, json_object());
	join_add(m, to, schema, 0);
	return to;
}
