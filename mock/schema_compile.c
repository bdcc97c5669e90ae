/* From a schema's JSON to nodes, with the faults that ajv finds. */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/regex.h"

#include "mock/schema_maker.h"

#define SCHEMA_NODES 20000
#define SCHEMA_LIST_NODES 400000
#define SCHEMA_DEPTH 100          /* schemas within one another */
#define SCHEMA_MEMORY (64u << 20) /* bytes */
#define SCHEMA_LIST_MEMORY (512u << 20)

static const struct schema_node *schema_make(
    struct schema_maker *m, struct value from);

int
schema_fail(struct schema_maker *m, const char *keyword, const char *why)
{
	if (m->where.n > 0)
		return err_set(m->e, "%.*s/%s: %s",
		    (int)(m->where.n < 300 ? m->where.n : 300), m->where.p,
		    keyword, why);
	return err_set(m->e, "%.200s/%s: %s", buf_text(&m->path), keyword, why);
}

const struct schema_node *
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
		k = schema_keyword_find(o->at[i].name);
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
