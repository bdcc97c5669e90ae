/* Texts as what a schema wants in their place. */

#include "config.h"

#include <string.h>

#include "base/number.h"

#include "mock/schema_priv.h"

#define COERCE_DEPTH 32   /* schemas and values within one another */
#define COERCE_WORK 10000 /* of one text that could be several things */
#define COERCE_STEPS 1000 /* schemas asked for what one of them says */

struct coerce {
	struct values *v;
	unsigned depth;
};

static struct value coerce_value(
    struct coerce *c, const struct schema_node *node, struct value value);

/* ---- what a schema says in the end --------------------------------------- */

/* A question to a schema and those it stands for, which may be many. */
struct coerce_ask {
	unsigned depth, steps;
};

static bool
coerce_enter(struct coerce_ask *a)
{
	if (a->depth == COERCE_DEPTH || a->steps == COERCE_STEPS)
		return false;
	a->depth++;
	a->steps++;
	return true;
}

static unsigned coerce_ask_types(
    struct coerce_ask *a, const struct schema_node *node);

/* Those of all of them; 0 when one takes any. */
static unsigned
coerce_alternatives(struct coerce_ask *a, const struct schema_list *list)
{
	unsigned types = 0, of;
	size_t i;

	for (i = 0; i < list->n; i++, types |= of)
		if ((of = coerce_ask_types(a, list->at[i])) == 0)
			return 0;
	return types;
}

static unsigned
coerce_said_types(struct coerce_ask *a, const struct schema_node *node)
{
	unsigned types = node->types;
	size_t i;

	if (types == 0 && node->enumeration.kind == VALUE_ARRAY)
		for (i = 0; i < node->enumeration.array->n; i++)
			types |= schema_types(node->enumeration.array->at[i]);
	if (types == 0 && node->properties.kind == VALUE_OBJECT)
		types = SCHEMA_OBJECT;
	if (types == 0 && node->ref != NULL)
		types = coerce_ask_types(a, node->ref);
	for (i = 0; types == 0 && i < node->all.n; i++)
		types = coerce_ask_types(a, node->all.at[i]);
	if (types == 0)
		types = coerce_alternatives(a, &node->any);
	return types != 0 ? types : coerce_alternatives(a, &node->one);
}

static unsigned
coerce_ask_types(struct coerce_ask *a, const struct schema_node *node)
{
	unsigned types;

	if (!coerce_enter(a))
		return 0;
	types = coerce_said_types(a, node);
	a->depth--;
	return types;
}

/* The types that a value may have, as far as they are said; 0: any. */
static unsigned
coerce_types(const struct schema_node *node)
{
	struct coerce_ask a = { 0 };

	return coerce_ask_types(&a, node);
}

typedef const struct schema_node *(*coerce_fn)(
    const struct schema_node *node, const void *of);

static const struct schema_node *coerce_ask(struct coerce_ask *a,
    const struct schema_node *node, coerce_fn find, const void *of);

static const struct schema_node *
coerce_ask_list(struct coerce_ask *a, const struct schema_list *list,
    coerce_fn find, const void *of)
{
	const struct schema_node *found = NULL;
	size_t i;

	for (i = 0; found == NULL && i < list->n; i++)
		found = coerce_ask(a, list->at[i], find, of);
	return found;
}

static const struct schema_node *
coerce_ask(struct coerce_ask *a, const struct schema_node *node, coerce_fn find,
    const void *of)
{
	const struct schema_node *found;

	if (node == NULL || !coerce_enter(a))
		return NULL;
	found = find(node, of);
	if (found == NULL)
		found = coerce_ask(a, node->ref, find, of);
	if (found == NULL)
		found = coerce_ask_list(a, &node->all, find, of);
	if (found == NULL)
		found = coerce_ask_list(a, &node->any, find, of);
	if (found == NULL)
		found = coerce_ask_list(a, &node->one, find, of);
	a->depth--;
	return found;
}

/* The first that find gives, of node or of those it stands for. */
static const struct schema_node *
coerce_find(const struct schema_node *node, coerce_fn find, const void *of)
{
	struct coerce_ask a = { 0 };

	return coerce_ask(&a, node, find, of);
}

static const struct schema_node *
coerce_item(const struct schema_node *node, const void *of)
{
	const size_t *i = of;

	if (*i < node->tuple.n)
		return node->tuple.at[*i];
	return node->tuple.n > 0 ? node->more_items : node->items;
}

static const struct schema_node *
coerce_member(const struct schema_node *node, const void *of)
{
	const struct str *name = of;
	struct value place = node->members.n == 0
				 ? VALUE_NONE
				 : value_get(node->properties, *name);

	return place.kind == VALUE_NUMBER
		   ? node->members.at[(size_t)place.number]
		   : NULL;
}

static const struct schema_node *
coerce_more(const struct schema_node *node, const void *of)
{
	(void)of;
	return node->more_members;
}

/* ---- values -------------------------------------------------------------- */

/* Where the digits that begin at i end. */
static size_t
coerce_digits(struct str text, size_t i)
{
	while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
		i++;
	return i;
}

static bool
coerce_is_number(struct str text)
{
	size_t from = text.n > 0 && text.p[0] == '-';
	size_t end = coerce_digits(text, from);

	if (end > from && end < text.n && text.p[end] == '.') {
		from = end + 1;
		end = coerce_digits(text, from);
	}
	if (end > from && end < text.n && str_lower(text.p[end]) == 'e') {
		from = end + 1;
		if (from < text.n && strchr("+-", text.p[from]) != NULL)
			from++;
		end = coerce_digits(text, from);
	}
	return end > from && end == text.n;
}

/* What text may be besides a text; VALUE_UNDEFINED: nothing. */
static struct value
coerce_read(struct str text, unsigned types)
{
	if ((types & (SCHEMA_NUMBER | SCHEMA_INTEGER)) != 0 &&
	    coerce_is_number(text))
		return value_number(number_of(text));
	if ((types & SCHEMA_BOOLEAN) != 0 &&
	    (str_is(text, "true") || str_is(text, "false")))
		return value_bool(str_is(text, "true"));
	if ((types & SCHEMA_NULL) != 0 && (text.n == 0 || str_is(text, "null")))
		return value_null();
	return VALUE_NONE;
}

static struct value
coerce_text(
    struct coerce *c, const struct schema_node *node, struct value value)
{
	struct schema_run run = { .work = COERCE_WORK };
	unsigned types = coerce_types(node);
	struct value other, array;

	if (types == 0)
		return value;
	if ((types & SCHEMA_ARRAY) != 0 && (types & SCHEMA_STRING) == 0) {
		array = value_new_array(c->v, 1);
		value_push(c->v, array, value);
		return coerce_value(c, node, array);
	}
	other = coerce_read(value.text, types);
	if (other.kind == VALUE_UNDEFINED ||
	    ((types & SCHEMA_STRING) != 0 && schema_tries(&run, node, value)))
		return value;
	return other;
}

static struct value
coerce_array(
    struct coerce *c, const struct schema_node *node, struct value array)
{
	struct value to = value_new_array(c->v, array.array->n);
	const struct schema_node *of;
	size_t i;

	for (i = 0; i < array.array->n; i++) {
		of = coerce_find(node, coerce_item, &i);
		value_push(c->v, to, coerce_value(c, of, array.array->at[i]));
	}
	return to;
}

static struct value
coerce_object(
    struct coerce *c, const struct schema_node *node, struct value object)
{
	const struct value_object *o = object.object;
	struct value to = value_new_object(c->v);
	const struct schema_node *of;
	size_t i;

	for (i = 0; i < o->n; i++) {
		of = coerce_find(node, coerce_member, &o->at[i].name);
		if (of == NULL)
			of = coerce_find(node, coerce_more, NULL);
		value_set(c->v, to, o->at[i].name,
		    coerce_value(c, of, o->at[i].value));
	}
	return to;
}

static struct value
coerce_value(
    struct coerce *c, const struct schema_node *node, struct value value)
{
	struct value to = value;

	if (node == NULL || c->depth == COERCE_DEPTH)
		return value;
	c->depth++;
	if (value.kind == VALUE_TEXT)
		to = coerce_text(c, node, value);
	else if (value.kind == VALUE_ARRAY)
		to = coerce_array(c, node, value);
	else if (value.kind == VALUE_OBJECT)
		to = coerce_object(c, node, value);
	c->depth--;
	return to;
}

struct value
schema_coerce(
    const struct schema *s, size_t number, struct values *v, struct value value)
{
	struct coerce c = { .v = v };

	return coerce_value(&c, s->list[number], value);
}

bool
schema_wants_object(const struct schema *s, size_t number)
{
	return (coerce_types(s->list[number]) & SCHEMA_OBJECT) != 0;
}

bool
schema_wants_array(const struct schema *s, size_t number)
{
	return (coerce_types(s->list[number]) & SCHEMA_ARRAY) != 0;
}

bool
schema_wants_list_of(const struct schema *s, size_t number, struct str name)
{
	const struct schema_node *of =
	    coerce_find(s->list[number], coerce_member, &name);

	return of != NULL && (coerce_types(of) & SCHEMA_ARRAY) != 0;
}

bool
schema_has_member(const struct schema *s, size_t number, struct str name)
{
	return coerce_find(s->list[number], coerce_member, &name) != NULL;
}

static const struct schema_node *
coerce_open(const struct schema_node *node, const void *of)
{
	(void)of;
	return node->more_members != NULL && !node->more_members->never
		   ? node->more_members
		   : NULL;
}

bool
schema_has_any_member(const struct schema *s, size_t number)
{
	return coerce_find(s->list[number], coerce_open, NULL) != NULL;
}
