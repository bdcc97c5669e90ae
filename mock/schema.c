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

#define SCHEMA_WORK 20000000   /* values looked at, and compared */
#define SCHEMA_NESTED 1000     /* schemas asked within one another */
#define SCHEMA_GIVEN_UP 200000 /* the work of a search that was */

/* Where in the value a run is, from the inside out. */
struct schema_place {
	const struct schema_place *up;
	struct str name; /* p is NULL for an item */
	size_t item;
};

struct schema *
schema_new(struct value from, struct err *e)
{
	struct schema *s = xcalloc(1, sizeof(*s));

	if (schema_compile(s, from, e) == 0)
		return s;
	schema_free(s);
	return NULL;
}

struct schema *
schema_new_list(struct value list, struct err *e)
{
	struct schema *s = xcalloc(1, sizeof(*s));

	if (schema_compile_list(s, list, e) == 0)
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

unsigned
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

/* ---- what does not fit --------------------------------------------------- */

static void
schema_add_place(struct buf *out, const struct schema_place *place)
{
	size_t i;

	if (place == NULL)
		return;
	schema_add_place(out, place->up);
	buf_add(out, "/", 1);
	if (place->name.p == NULL)
		buf_addf(out, "%zu", place->item);
	for (i = 0; place->name.p != NULL && i < place->name.n; i++) {
		if (place->name.p[i] == '~')
			buf_add_text(out, "~0");
		else if (place->name.p[i] == '/')
			buf_add_text(out, "~1");
		else
			buf_add(out, place->name.p + i, 1);
	}
}

static void
schema_add_types(struct buf *out, unsigned types)
{
	size_t i;

	for (i = 0; schema_type_names[i] != NULL; i++) {
		if ((types & (1u << i)) == 0)
			continue;
		if (out->n > 0)
			buf_add_text(out, " or ");
		buf_add_text(out, schema_type_names[i]);
	}
}

/* Whether there may be more to tell of this value. */
static bool
schema_goes_on(const struct schema_run *run)
{
	return run->on_fault != NULL && run->trials == 0 && run->faults > 0 &&
	       run->work > 0;
}

/* Tells that the value at hand does not fit a keyword; always false. */
static bool
schema_misfit(struct schema_run *run, const struct schema_node *node,
    const char *keyword, struct str name)
{
	struct buf at = { 0 }, types = { 0 };
	struct schema_fault f = {
		.where = node->where, .keyword = keyword, .name = name
	};

	if (!schema_goes_on(run))
		return false;
	run->faults--;
	schema_add_place(&at, run->place);
	if (strcmp(keyword, "type") == 0)
		schema_add_types(&types, node->types);
	f.at = buf_str(&at);
	f.expected = buf_str(&types);
	run->on_fault(run->arg, &f);
	buf_free(&at);
	buf_free(&types);
	return false;
}

static bool
schema_fits_keyword(struct schema_run *run, const struct schema_node *node,
    bool fits, const char *keyword)
{
	return fits || schema_misfit(run, node, keyword, STR(""));
}

/* ---- one value ----------------------------------------------------------- */

/* Whether a pattern is found; a search that was given up cost a lot. */
static bool
schema_finds(struct schema_run *run, const struct regex *regex, struct str text)
{
	int found;

	if (!schema_spend(&run->work, 1 + text.n / 16))
		return false;
	found = regex_find(regex, text, 0, NULL);
	if (found == -1)
		(void)schema_spend(&run->work, SCHEMA_GIVEN_UP);
	return found == 1;
}

static bool
schema_fits_multiple(const struct schema_node *node, double n)
{
	double times = n / node->multiple;

	/* As large a number has no digits of its own for parseInt(). */
	return isnan(node->multiple) ||
	       (times == floor(times) && fabs(times) < 1e21);
}

static bool
schema_fits_number(
    struct schema_run *run, const struct schema_node *node, double n)
{
	bool fits = true;

	fits &= schema_fits_keyword(
	    run, node, schema_fits_multiple(node, n), "multipleOf");
	fits &= schema_fits_keyword(
	    run, node, !isnan(n) && !(n < node->number.least), "minimum");
	fits &=
	    schema_fits_keyword(run, node, !(n > node->number.most), "maximum");
	fits &= schema_fits_keyword(
	    run, node, !(n <= node->exclusive.least), "exclusiveMinimum");
	return fits & schema_fits_keyword(run, node,
			  !(n >= node->exclusive.most), "exclusiveMaximum");
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

/* A count that has to be within bounds. */
static bool
schema_fits_count(struct schema_run *run, const struct schema_node *node,
    const struct schema_bounds *b, double n, const char *least,
    const char *most)
{
	bool fits = schema_fits_keyword(run, node, !(n < b->least), least);

	return schema_fits_keyword(run, node, !(n > b->most), most) && fits;
}

static bool
schema_fits_text(
    struct schema_run *run, const struct schema_node *node, struct str text)
{
	const struct schema_bounds *b = &node->length;
	bool fits = (isnan(b->least) && isnan(b->most)) ||
		    schema_fits_count(run, node, b, schema_length(text),
			"minLength", "maxLength");

	return fits & schema_fits_keyword(run, node,
			  node->pattern == NULL ||
			      schema_finds(run, node->pattern, text),
			  "pattern");
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
	const struct schema_place place = { .up = run->place, .item = i };
	const struct schema_node *of = node->items;
	bool fits;

	if (node->tuple.n > 0)
		of = i < node->tuple.n ? node->tuple.at[i] : node->more_items;
	run->place = &place;
	fits = of == NULL || schema_fits(run, of, array->at[i]);
	run->place = place.up;
	return fits;
}

static bool
schema_fits_array(struct schema_run *run, const struct schema_node *node,
    const struct value_array *array)
{
	bool contains = node->contains == NULL, fits;
	size_t i;

	fits = schema_fits_count(run, node, &node->items_count,
	    (double)array->n, "minItems", "maxItems");
	for (i = 0; i < array->n && (fits || schema_goes_on(run)); i++) {
		fits &= schema_fits_item(run, node, array, i);
		contains =
		    contains || schema_tries(run, node->contains, array->at[i]);
	}
	if (!fits)
		return false;
	return schema_fits_keyword(run, node, contains, "contains") &&
	       (!node->unique ||
		   schema_fits_keyword(
		       run, node, schema_is_unique(run, array), "uniqueItems"));
}

static bool
schema_fits_more(struct schema_run *run, const struct schema_node *node,
    const struct value_member *member)
{
	if (node->more_members == NULL)
		return true;
	if (node->more_members->never && node->more_members->barred == NULL)
		return schema_misfit(
		    run, node, "additionalProperties", member->name);
	return schema_fits(run, node->more_members, member->value);
}

/* A member's value by all that is said of it. */
static bool
schema_fits_member_value(struct schema_run *run, const struct schema_node *node,
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
		if (!schema_finds(run, node->patterns[i].regex, member->name))
			continue;
		known = true;
		if (!schema_fits(run, node->patterns[i].node, member->value))
			return false;
	}
	return known || schema_fits_more(run, node, member);
}

static bool
schema_fits_member(struct schema_run *run, const struct schema_node *node,
    const struct value_member *member)
{
	const struct schema_place place = { .up = run->place,
		.name = member->name };
	bool fits;

	run->place = &place;
	fits = schema_fits_member_value(run, node, member);
	run->place = place.up;
	return fits &&
	       (node->names == NULL ||
		   schema_tries(run, node->names, value_text(member->name)) ||
		   schema_misfit(run, node, "propertyNames", member->name));
}

/* names is an array, or VALUE_UNDEFINED. */
static bool
schema_has_all(struct schema_run *run, const struct schema_node *node,
    struct value names, const char *keyword, struct value object)
{
	bool fits = true;
	size_t i;

	for (i = 0; names.kind == VALUE_ARRAY && i < names.array->n; i++) {
		if (!schema_spend(&run->work, 1))
			return false;
		if (value_get(object, names.array->at[i].text).kind !=
		    VALUE_UNDEFINED)
			continue;
		fits =
		    schema_misfit(run, node, keyword, names.array->at[i].text);
		if (!schema_goes_on(run))
			break;
	}
	return fits;
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
		if (!schema_has_all(
			run, node, d->names, "dependencies", object) ||
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
	bool fits;
	size_t i;

	fits = schema_fits_count(run, node, &node->members_count, (double)o->n,
	    "minProperties", "maxProperties");
	fits &= schema_has_all(run, node, node->required, "required", object);
	for (i = 0; i < o->n && (fits || schema_goes_on(run)); i++)
		fits &= schema_fits_member(run, node, &o->at[i]);
	return fits && schema_fits_dependencies(run, node, object);
}

static bool
schema_fits_kind(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	switch (value.kind) {
	case VALUE_NUMBER:
		return schema_fits_number(run, node, value.number);
	case VALUE_TEXT:
	case VALUE_SAFE:
		return schema_fits_text(run, node, value.text);
	case VALUE_ARRAY:
		return schema_fits_array(run, node, value.array);
	case VALUE_OBJECT:
		return schema_fits_object(run, node, value);
	default:
		return true;
	}
}

static bool
schema_fits_format(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	if (node->format == NULL ||
	    (value.kind == VALUE_TEXT &&
		!schema_spend(&run->work, 1 + value.text.n / 16)))
		return node->format == NULL;
	return schema_fits_keyword(run, node,
	    schema_format_fits(node->format, node->format_regex, value),
	    "format");
}

bool
schema_tries(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	bool fits;

	run->trials++;
	fits = schema_fits(run, node, value);
	run->trials--;
	return fits;
}

/* How many of a list fit, but not beyond most. */
static size_t
schema_count(struct schema_run *run, const struct schema_list *list,
    struct value value, size_t most)
{
	size_t i, n = 0;

	for (i = 0; i < list->n && n < most; i++)
		n += schema_tries(run, list->at[i], value);
	return n;
}

static bool
schema_fits_condition(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	const struct schema_node *then;

	if (node->condition == NULL)
		return true;
	then = schema_tries(run, node->condition, value) ? node->then
							 : node->otherwise;
	return then == NULL || schema_fits(run, then, value);
}

/* A single alternative is told of by what of it does not fit. */
static bool
schema_fits_any(struct schema_run *run, const struct schema_node *node,
    const struct schema_list *list, size_t most, struct value value,
    const char *keyword)
{
	if (list->n == 0)
		return true;
	if (list->n == 1)
		return schema_fits(run, list->at[0], value);
	return schema_fits_keyword(
	    run, node, schema_count(run, list, value, most) == 1, keyword);
}

static bool
schema_fits_logic(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	bool fits = true;
	size_t i;

	for (i = 0; i < node->all.n && (fits || schema_goes_on(run)); i++)
		fits &= schema_fits(run, node->all.at[i], value);
	return fits &&
	       (node->ref == NULL || schema_fits(run, node->ref, value)) &&
	       schema_fits_any(run, node, &node->any, 1, value, "anyOf") &&
	       schema_fits_any(run, node, &node->one, 2, value, "oneOf") &&
	       schema_fits_keyword(run, node,
		   node->negated == NULL ||
		       !schema_tries(run, node->negated, value),
		   "not") &&
	       schema_fits_condition(run, node, value);
}

static bool
schema_fits_itself(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	if (node->types != 0 && !(node->types & schema_types(value)))
		return schema_misfit(run, node, "type", STR(""));
	if (node->enumeration.kind != VALUE_UNDEFINED &&
	    !schema_is_one_of(run, node->enumeration.array, value))
		return schema_misfit(run, node, "enum", STR(""));
	if (node->constant.kind != VALUE_UNDEFINED &&
	    !schema_is_one_of(run, node->constant.array, value))
		return schema_misfit(run, node, "const", STR(""));
	return schema_fits_kind(run, node, value) &&
	       schema_fits_format(run, node, value) &&
	       schema_fits_logic(run, node, value);
}

/* Once the work is used up nothing counts any more. */
bool
schema_fits(
    struct schema_run *run, const struct schema_node *node, struct value value)
{
	bool fits;

	if (run->depth == SCHEMA_NESTED)
		run->work = 0;
	if (!schema_spend(&run->work, 1))
		return false;
	if (node->never)
		return schema_misfit(run, node,
		    node->barred != NULL ? node->barred : "false", STR(""));
	run->depth++;
	fits = schema_fits_itself(run, node, value);
	run->depth--;
	return fits;
}

bool
schema_valid(const struct schema *s, struct value value)
{
	struct schema_run run = { .work = SCHEMA_WORK };

	return schema_fits(&run, s->root, value) && run.work > 0;
}

bool
schema_judge(const struct schema *s, size_t number, struct value value,
    uint64_t *work, unsigned most, schema_fault_fn on_fault, void *arg)
{
	struct schema_run run = {
		.work = *work, .on_fault = on_fault, .arg = arg, .faults = most
	};
	bool fits = schema_fits(&run, s->list[number], value);

	*work = run.work;
	return fits;
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
