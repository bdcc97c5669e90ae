#include "config.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/regex.h"
#include "mock/schema_priv.h"
#include "mock/text.h"
#include "mock/value_json.h"

#include "mock/schema.h"

#define SCHEMA_WORK 20000000 /* values looked at, and compared */
#define SCHEMA_NESTED 1000   /* schemas asked within one another */

/* One validation. */
struct schema_run {
	uint64_t work; /* what is left */
	unsigned depth;
};

static bool schema_fits(
    struct schema_run *run, const struct schema_node *node, struct value value);

struct schema *
schema_new(struct value from, struct err *e)
{
	struct schema *s = xcalloc(1, sizeof(*s));

	if (schema_compile(s, from, e) == 0)
		return s;
	schema_free(s);
	return NULL;
}

void
schema_free(struct schema *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nregexes; i++)
		regex_free(s->regexes[i]);
	free(s->regexes);
	arena_fini(&s->arena);
	free(s);
}

static bool
schema_spend(uint64_t *work, uint64_t n)
{
	if (*work <= n) {
		*work = 0;
		return false;
	}
	*work -= n;
	return true;
}

static bool
schema_equal_arrays(
    const struct value_array *a, const struct value_array *b, uint64_t *work)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!schema_equal(a->at[i], b->at[i], work))
			return false;
	return true;
}

static bool
schema_equal_objects(struct value a, struct value b, uint64_t *work)
{
	const struct value_object *o = a.object;
	struct value other;
	size_t i;

	if (o->n != b.object->n)
		return false;
	for (i = 0; i < o->n; i++) {
		other = value_get(b, o->at[i].name);
		if (other.kind == VALUE_UNDEFINED ||
		    !schema_equal(o->at[i].value, other, work))
			return false;
	}
	return true;
}

bool
schema_equal(struct value a, struct value b, uint64_t *work)
{
	if (!schema_spend(work, 1) || a.kind != b.kind)
		return false;
	if (a.kind == VALUE_ARRAY)
		return schema_equal_arrays(a.array, b.array, work);
	if (a.kind == VALUE_OBJECT)
		return schema_equal_objects(a, b, work);
	return value_same(a, b);
}

static bool
schema_is_one_of(struct schema_run *run, const struct value_array *values,
    struct value value)
{
	size_t i;

	for (i = 0; i < values->n; i++)
		if (schema_equal(values->at[i], value, &run->work))
			return true;
	return false;
}

static unsigned
schema_types(struct value value)
{
	switch (value.kind) {
	case VALUE_NULL:
		return SCHEMA_NULL;
	case VALUE_BOOL:
		return SCHEMA_BOOLEAN;
	case VALUE_NUMBER:
		if (!isfinite(value.number))
			return 0;
		return value.number == floor(value.number)
			   ? SCHEMA_INTEGER | SCHEMA_NUMBER
			   : SCHEMA_NUMBER;
	case VALUE_TEXT:
	case VALUE_SAFE:
		return SCHEMA_STRING;
	case VALUE_ARRAY:
		return SCHEMA_ARRAY;
	default:
		return SCHEMA_OBJECT;
	}
}

static bool
schema_within(const struct schema_bounds *b, double n)
{
	return !(n < b->least) && !(n > b->most);
}

static bool
schema_fits_number(const struct schema_node *node, double n)
{
	double times = n / node->multiple;

	/* As large a number has no digits of its own for parseInt(). */
	if (!isnan(node->multiple) &&
	    (times != floor(times) || fabs(times) >= 1e21))
		return false;
	return schema_within(&node->number, n) && !isnan(n) &&
	       !(n <= node->exclusive.least) && !(n >= node->exclusive.most);
}

static double
schema_length(struct str text)
{
	double points = 0;
	size_t i;

	for (i = 0; i < text.n; i++)
		points += (text.p[i] & 0xc0) != 0x80;
	return points;
}

static bool
schema_fits_text(const struct schema_node *node, struct str text)
{
	const struct schema_bounds *b = &node->length;

	return ((isnan(b->least) && isnan(b->most)) ||
		   schema_within(b, schema_length(text))) &&
	       (node->pattern == NULL ||
		   regex_find(node->pattern, text, 0, NULL) == 1);
}

static bool
schema_is_unique(struct schema_run *run, const struct value_array *array)
{
	size_t i, k;

	for (i = 1; i < array->n; i++)
		for (k = 0; k < i; k++)
			if (schema_equal(
				array->at[i], array->at[k], &run->work) ||
			    run->work == 0)
				return false;
	return true;
}

static bool
schema_fits_item(struct schema_run *run, const struct schema_node *node,
    const struct value_array *array, size_t i)
{
	const struct schema_node *of = node->items;

	if (node->tuple.n > 0)
		of = i < node->tuple.n ? node->tuple.at[i] : node->more_items;
	return of == NULL || schema_fits(run, of, array->at[i]);
}

static bool
schema_fits_array(struct schema_run *run, const struct schema_node *node,
    const struct value_array *array)
{
	bool contains = node->contains == NULL;
	size_t i;

	if (!schema_within(&node->items_count, (double)array->n))
		return false;
	for (i = 0; i < array->n; i++) {
		if (!schema_fits_item(run, node, array, i))
			return false;
		contains =
		    contains || schema_fits(run, node->contains, array->at[i]);
	}
	return contains && (!node->unique || schema_is_unique(run, array));
}

static bool
schema_fits_member(struct schema_run *run, const struct schema_node *node,
    const struct value_member *member)
{
	struct value place = node->members.n == 0
				 ? VALUE_NONE
				 : value_get(node->properties, member->name);
	bool known = place.kind == VALUE_NUMBER;
	size_t i;

	if (known && !schema_fits(run, node->members.at[(size_t)place.number],
			 member->value))
		return false;
	for (i = 0; i < node->npatterns; i++) {
		if (!schema_spend(&run->work, 1))
			return false;
		if (regex_find(
			node->patterns[i].regex, member->name, 0, NULL) != 1)
			continue;
		known = true;
		if (!schema_fits(run, node->patterns[i].node, member->value))
			return false;
	}
	return (known || node->more_members == NULL ||
		   schema_fits(run, node->more_members, member->value)) &&
	       (node->names == NULL ||
		   schema_fits(run, node->names, value_text(member->name)));
}

/* names is an array, or VALUE_UNDEFINED. */
static bool
schema_has_all(struct schema_run *run, struct value names, struct value object)
{
	size_t i;

	for (i = 0; names.kind == VALUE_ARRAY && i < names.array->n; i++)
		if (!schema_spend(&run->work, 1) ||
		    value_get(object, names.array->at[i].text).kind ==
			VALUE_UNDEFINED)
			return false;
	return true;
}

static bool
schema_fits_dependencies(
    struct schema_run *run, const struct schema_node *node, struct value object)
{
	const struct schema_dependency *d;
	size_t i;

	for (i = 0; i < node->ndependencies; i++) {
		d = &node->dependencies[i];
		if (value_get(object, d->name).kind == VALUE_UNDEFINED)
			continue;
		if (!schema_has_all(run, d->names, object) ||
		    (d->node != NULL && !schema_fits(run, d->node, object)))
			return false;
	}
	return true;
}

static bool
schema_fits_object(
    struct schema_run *run, const struct schema_node *node, struct value object)
{
	const struct value_object *o = object.object;
	size_t i;

	if (!schema_within(&node->members_count, (double)o->n) ||
	    !schema_has_all(run, node->required, object))
		return false;
	for (i = 0; i < o->n; i++)
		if (!schema_fits_member(run, node, &o->at[i]))
			return false;
	return schema_fits_dependencies(run, node, object);
}

static bool
schema_fits_kind(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	switch (value.kind) {
	case VALUE_NUMBER:
		return schema_fits_number(node, value.number);
	case VALUE_TEXT:
	case VALUE_SAFE:
		return schema_fits_text(node, value.text);
	case VALUE_ARRAY:
		return schema_fits_array(run, node, value.array);
	case VALUE_OBJECT:
		return schema_fits_object(run, node, value);
	default:
		return true;
	}
}

/* How many of a list fit, but not beyond most. */
static size_t
schema_count(struct schema_run *run, const struct schema_list *list,
    struct value value, size_t most)
{
	size_t i, n = 0;

	for (i = 0; i < list->n && n < most; i++)
		n += schema_fits(run, list->at[i], value);
	return n;
}

static bool
schema_fits_condition(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	const struct schema_node *then;

	if (node->condition == NULL)
		return true;
	then = schema_fits(run, node->condition, value) ? node->then
							: node->otherwise;
	return then == NULL || schema_fits(run, then, value);
}

static bool
schema_fits_logic(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	size_t i;

	for (i = 0; i < node->all.n; i++)
		if (!schema_fits(run, node->all.at[i], value))
			return false;
	return (node->ref == NULL || schema_fits(run, node->ref, value)) &&
	       (node->any.n == 0 ||
		   schema_count(run, &node->any, value, 1) == 1) &&
	       (node->one.n == 0 ||
		   schema_count(run, &node->one, value, 2) == 1) &&
	       (node->negated == NULL ||
		   !schema_fits(run, node->negated, value)) &&
	       schema_fits_condition(run, node, value);
}

/* Once the work is used up nothing counts any more. */
static bool
schema_fits(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	bool fits;

	if (run->depth == SCHEMA_NESTED)
		run->work = 0;
	if (!schema_spend(&run->work, 1) || node->never)
		return false;
	run->depth++;
	fits = (node->types == 0 || (node->types & schema_types(value))) &&
	       (node->enumeration.kind == VALUE_UNDEFINED ||
		   schema_is_one_of(run, node->enumeration.array, value)) &&
	       (node->constant.kind == VALUE_UNDEFINED ||
		   schema_is_one_of(run, node->constant.array, value)) &&
	       schema_fits_kind(run, node, value) &&
	       (node->format == NULL || schema_format_fits(node->format,
					    node->format_regex, value)) &&
	       schema_fits_logic(run, node, value);
	run->depth--;
	return fits;
}

bool
schema_valid(const struct schema *s, struct value value)
{
	struct schema_run run = { .work = SCHEMA_WORK };

	return schema_fits(&run, s->root, value) && run.work > 0;
}

/* A schema with its text, as long as somebody uses it. */
struct schema_kept {
	struct schema *schema; /* NULL: the text is none */
	char *text;
	size_t n;
	unsigned users;
};

struct schema_cache {
	pthread_mutex_t lock;
	struct schema_kept *kept;
};

struct schema_cache *
schema_cache_new(void)
{
	struct schema_cache *c = xcalloc(1, sizeof(*c));

	if (pthread_mutex_init(&c->lock, NULL) != 0)
		abort();
	return c;
}

/* The caller has the lock, or is alone. */
static void
schema_kept_unref(struct schema_kept *kept)
{
	if (kept == NULL || --kept->users > 0)
		return;
	schema_free(kept->schema);
	free(kept->text);
	free(kept);
}

void
schema_cache_free(struct schema_cache *c)
{
	if (c == NULL)
		return;
	schema_kept_unref(c->kept);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* The kept one of that text, used once more; NULL when it is another's. */
static struct schema_kept *
schema_cache_get(struct schema_cache *c, struct str text)
{
	struct schema_kept *kept;

	pthread_mutex_lock(&c->lock);
	kept = c->kept;
	if (kept != NULL && !str_eq(text, (struct str){ kept->text, kept->n }))
		kept = NULL;
	if (kept != NULL)
		kept->users++;
	pthread_mutex_unlock(&c->lock);
	return kept;
}

/* Takes text and gives it back, used by the cache and by the caller. */
static struct schema_kept *
schema_cache_put(struct schema_cache *c, struct buf *text, struct value from)
{
	struct schema_kept *kept = xcalloc(1, sizeof(*kept));
	struct err e;

	kept->schema = schema_new(from, &e);
	kept->text = buf_take(text, &kept->n);
	kept->users = 2;
	pthread_mutex_lock(&c->lock);
	schema_kept_unref(c->kept);
	c->kept = kept;
	pthread_mutex_unlock(&c->lock);
	return kept;
}

bool
schema_cache_valid(struct schema_cache *c, struct values *v, struct value from,
    struct value value)
{
	struct schema_kept *kept;
	struct buf text = { 0 };
	bool valid;

	(void)value_write_json(v, &text, from, 0, true);
	if (v->over) {
		buf_free(&text);
		return false;
	}
	kept = schema_cache_get(c, buf_str(&text));
	if (kept == NULL)
		kept = schema_cache_put(c, &text, from);
	buf_free(&text);
	valid = kept->schema != NULL && schema_valid(kept->schema, value);
	pthread_mutex_lock(&c->lock);
	schema_kept_unref(kept);
	pthread_mutex_unlock(&c->lock);
	return valid;
}
