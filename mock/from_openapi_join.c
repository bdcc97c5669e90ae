/*
 * One schema out of several: references are followed, what allOf asks for is
 * put together, and of oneOf and anyOf the first is taken that can be used.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"

#include "mock/document.h"
#include "mock/from_openapi_making.h"
#include "mock/from_openapi_priv.h"

static json_t *
join_kept(struct making *m, json_t *made)
{
	json_array_append_new(m->o->made, made);
	return made;
}

/* What stands beside a $ref counts, too, since 3.1. */
static json_t *
join_siblings(struct making *m, json_t *from, json_t *referred)
{
	static const char *const silent[] = { "$ref", "description", "summary",
		"title", "deprecated", "$comment", NULL };
	struct str version = document_text(m->o->root, "openapi");
	json_t *rest;
	size_t i;

	if (m->o->v2 || str_starts(version, "3.0"))
		return referred;
	rest = json_copy(from);
	for (i = 0; silent[i] != NULL; i++)
		json_object_del(rest, silent[i]);
	rest = join_kept(m, rest);
	if (json_object_size(rest) == 0 || !json_is_object(referred))
		return referred;
	return join_kept(m, json_pack("{s:[O, O]}", "allOf", rest, referred));
}

json_t *
making_open(struct making *m, json_t *schema)
{
	json_t *from;
	size_t i;

	m->looped = false;
	while (json_is_string(json_object_get(schema, "$ref"))) {
		from = schema;
		schema = openapi_step(m->o, from);
		if (schema == NULL)
			return NULL;
		for (i = 0; i < m->nopen && m->open[i] != schema;)
			i++;
		m->looped = i < m->nopen || m->nopen == MAKING_OPEN;
		if (m->looped)
			return NULL;
		m->open[m->nopen++] = schema;
		schema = join_siblings(m, from, schema);
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

static void
join_add_property(
    struct making *m, json_t *properties, const char *name, json_t *v)
{
	json_t *had = json_object_get(properties, name);

	if (had != NULL && had != v)
		v = join_kept(m, json_pack("{s:[O, O]}", "allOf", had, v));
	json_object_set(properties, name, v);
}

static void
join_add_properties(struct making *m, json_t *to, json_t *from)
{
	json_t *had = json_object_get(to, "properties"), *v;
	const char *name;

	if (had == NULL) {
		json_object_set_new(to, "properties", json_copy(from));
		return;
	}
	json_object_foreach(from, name, v) join_add_property(m, had, name, v);
}

/* An object's example is one of each of its members. */
static void
join_spread(struct making *m, json_t *to, const json_t *example)
{
	json_t *properties = json_object_get(to, "properties"), *v;
	json_t *others = json_object_get(to, "additionalProperties");
	const char *name;

	properties = properties == NULL ? json_object() : json_copy(properties);
	json_object_set_new(to, "properties", properties);
	json_object_foreach((json_t *)(uintptr_t)example, name, v)
	{
		if (json_is_object(others) &&
		    json_object_get(properties, name) == NULL)
			json_object_set(properties, name, others);
		join_add_property(m, properties, name,
		    join_kept(m, json_pack("{s:O}", "example", v)));
	}
}

json_t *
making_spread(struct making *m, json_t *schema)
{
	json_t *example = json_object_get(schema, "example"), *to;

	if (!json_is_object(example) ||
	    json_object_get(schema, "properties") == NULL)
		return schema;
	to = join_kept(m, json_copy(schema));
	join_spread(m, to, example);
	return to;
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

/* What both lists have. */
static void
join_intersect(
    struct making *m, json_t *to, const char *name, json_t *had, json_t *v)
{
	json_t *both = json_array(), *a, *b;
	size_t i, k;

	json_array_foreach(had, i, a)
	{
		json_array_foreach(v, k, b)
		{
			if (json_equal(a, b))
				json_array_append(both, a);
		}
	}
	if (json_array_size(both) == 0)
		openapi_note(m->o, "no %s is in all of what allOf asks for",
		    strcmp(name, "enum") == 0 ? "value of enum" : name);
	json_object_set_new(to, name, both);
}

/* Types as a list, in which an integer is a number, too. */
static json_t *
join_type_list(json_t *type)
{
	json_t *list =
	    json_is_array(type) ? json_copy(type) : json_pack("[O]", type);
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), "number") == 0) {
			json_array_append_new(list, json_string("integer"));
			break;
		}
	}
	return list;
}

static void
join_types(struct making *m, json_t *to, const char *name, json_t *v)
{
	json_t *had = join_type_list(json_object_get(to, name));

	v = join_type_list(v);
	join_intersect(m, to, name, had, v);
	json_decref(had);
	json_decref(v);
}

static void
join_enums(struct making *m, json_t *to, const char *name, json_t *v)
{
	join_intersect(m, to, name, json_object_get(to, name), v);
}

static void
join_unite(struct making *m, json_t *to, const char *name, json_t *v)
{
	json_t *both = json_copy(json_object_get(to, name));

	(void)m;
	json_array_extend(both, v);
	json_object_set_new(to, name, both);
}

/* Both have to hold. */
static void
join_both(struct making *m, json_t *to, const char *name, json_t *v)
{
	json_t *had = json_object_get(to, name);

	if (json_is_false(had) || json_is_true(v) || had == v)
		return;
	if (json_is_object(had) && json_is_object(v))
		v = join_kept(m, json_pack("{s:[O, O]}", "allOf", had, v));
	json_object_set(to, name, v);
}

static void
join_either(struct making *m, json_t *to, const char *name, json_t *v)
{
	(void)m;
	if (json_is_true(v))
		json_object_set(to, name, v);
}

/* The least number that is a multiple of both, of whole ones. */
static void
join_multiples(struct making *m, json_t *to, const char *name, json_t *v)
{
	double a = json_number_value(json_object_get(to, name));
	double b = json_number_value(v), x = a, y = b, rest;

	if (!(a >= 1) || !(b >= 1) || a != floor(a) || b != floor(b)) {
		if (a != b)
			openapi_note(m->o, "of two multipleOf one counts");
		return;
	}
	for (; y >= 1; y = rest) {
		rest = fmod(x, y);
		x = y;
	}
	if (a / x * b < 1e15)
		json_object_set_new(
		    to, name, json_integer((json_int_t)(a / x * b)));
}

static void
join_patterns(struct making *m, json_t *to, const char *name, json_t *v)
{
	if (!json_equal(json_object_get(to, name), v))
		openapi_note(m->o, "of two patterns one counts");
}

/* What becomes of a member that two schemas have; of others the first is
 * kept. */
static const struct {
	const char *name;
	void (*join)(struct making *m, json_t *to, const char *name, json_t *v);
	bool lists;
} join_members[] = {
	{ "type", join_types, false },
	{ "enum", join_enums, true },
	{ "required", join_unite, true },
	{ "items", join_both, false },
	{ "additionalProperties", join_both, false },
	{ "contains", join_both, false },
	{ "uniqueItems", join_either, false },
	{ "multipleOf", join_multiples, false },
	{ "pattern", join_patterns, false },
};

static void
join_again(struct making *m, json_t *to, const char *name, json_t *v)
{
	json_t *had = json_object_get(to, name);
	int narrower = join_narrower(name);
	size_t i;

	for (i = 0; i < sizeof(join_members) / sizeof(*join_members); i++)
		if (strcmp(name, join_members[i].name) == 0 &&
		    (!join_members[i].lists ||
			(json_is_array(had) && json_is_array(v)))) {
			join_members[i].join(m, to, name, v);
			return;
		}
	if (narrower != 0 && json_is_number(had) && json_is_number(v) &&
	    (json_number_value(v) - json_number_value(had)) * narrower > 0)
		json_object_set(to, name, v);
}

static void
join_add_member(struct making *m, json_t *to, const char *name, json_t *v)
{
	if (strcmp(name, "properties") == 0 && json_is_object(v))
		join_add_properties(m, to, v);
	else if ((strcmp(name, "example") == 0 ||
		     strcmp(name, "default") == 0) &&
		 json_is_object(v))
		join_spread(m, to, v);
	else if (json_object_get(to, name) == NULL)
		json_object_set(to, name, v);
	else
		join_again(m, to, name, v);
}

/* ---- choosing ----------------------------------------------------------- */

/* Whether it says nothing but a type that a's values have, too. */
static bool
join_covers(const json_t *one, const json_t *a)
{
	static const char *const silent[] = { "type", "title", "description",
		"format", "example", "examples", "default", NULL };
	json_t *type = json_object_get(one, "type"), *v;
	struct str of = document_text(a, "type");
	const char *name;
	size_t i;

	if (one == NULL)
		return false;
	json_object_foreach((json_t *)(uintptr_t)one, name, v)
	{
		for (i = 0; silent[i] != NULL && strcmp(name, silent[i]) != 0;)
			i++;
		if (silent[i] == NULL)
			return false;
	}
	if (!json_is_string(type) || of.n == 0)
		return type == NULL;
	/* An integer that is made of a number may be one by chance. */
	return str_is(of, json_string_value(type)) ||
	       (str_is(of, "integer") &&
		   strcmp(json_string_value(type), "number") == 0) ||
	       (str_is(of, "number") &&
		   strcmp(json_string_value(type), "integer") == 0);
}

/* Whether another one of several that only one may fit fits its values. */
static bool
join_is_covered(struct openapi *o, json_t *several, size_t at)
{
	json_t *a = openapi_follow(o, json_array_get(several, at)), *one;
	size_t i;

	json_array_foreach(several, i, one)
	{
		if (i != at && join_covers(openapi_follow(o, one), a))
			return true;
	}
	return false;
}

static int join_add(struct making *m, json_t *to, json_t *from, int depth);

/* One of several.  False when it cannot be used. */
static bool
join_try(struct making *m, json_t *to, json_t *one, int depth)
{
	json_t *joined = join_kept(m, json_object()), *v;
	size_t open = m->nopen;
	const char *name;

	one = making_open(m, one);
	if (one == NULL || join_is_null(one) ||
	    join_add(m, joined, one, depth) == -1) {
		m->nopen = open;
		return false;
	}
	json_object_foreach(joined, name, v) join_add_member(m, to, name, v);
	return true;
}

static bool
join_has_null(struct openapi *o, json_t *several)
{
	json_t *one;
	size_t i;

	json_array_foreach(several, i, one)
	{
		if (join_is_null(openapi_follow(o, one)))
			return true;
	}
	return false;
}

/* The first of several that can be used, where only one may fit one that does
 * so alone, and null where there is no other.  -1 when there is none at all. */
static int
join_add_one(
    struct making *m, json_t *to, json_t *several, bool alone, int depth)
{
	size_t i, n = json_array_size(several);

	for (i = 0; alone && i < n; i++)
		if (!join_is_covered(m->o, several, i) &&
		    join_try(m, to, json_array_get(several, i), depth))
			return 0;
	for (i = 0; i < n; i++)
		if (join_try(m, to, json_array_get(several, i), depth))
			return 0;
	if (!join_has_null(m->o, several))
		return n == 0 ? 0 : -1;
	json_object_clear(to);
	json_object_set_new(to, "type", json_string("null"));
	return 0;
}

/* 0, or -1 when from asks for what is being made. */
static int
join_add(struct making *m, json_t *to, json_t *from, int depth)
{
	static const char *const whole[] = { "allOf", "oneOf", "anyOf", NULL };
	json_t *v, *one;
	const char *name;
	size_t i;

	if (depth > MAKING_DEPTH)
		return -1;
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
		if (one == NULL ? m->looped
				: join_add(m, to, one, depth + 1) != 0)
			return -1;
	}
	if (join_add_one(
		m, to, json_object_get(from, "oneOf"), true, depth + 1) == -1)
		return -1;
	return join_add_one(
	    m, to, json_object_get(from, "anyOf"), false, depth + 1);
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
	return join_add(m, to, schema, 0) == 0 ? to : NULL;
}
