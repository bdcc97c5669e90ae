#include "config.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/number.h"

#include "mock/form.h"

#define FORM_DEPTH 10 /* the most of any rules */

struct form_rules {
	unsigned depth;  /* brackets followed; the others stay text */
	size_t most;     /* items of an array */
	bool prototypes; /* names such as toString are taken */
};

enum form_kind {
	FORM_TEXT,
	FORM_ARRAY,
	FORM_OBJECT,
};

/*
 * While a form is read, arrays may have gaps, and objects remember whether
 * they have been arrays that grew too long; they go on counting then.
 */
struct form_node {
	enum form_kind kind;
	bool counts; /* an object that was an array */
	double last; /* its greatest index */
	struct str text;
	struct form_item *at; /* of an array, ascending */
	size_t n, room, length;
	struct value names; /* of an object: the place in at of each member */
};

struct form_item {
	size_t index;
	struct form_node *node;
};

struct form {
	const struct form_rules *rules;
	struct values *v;    /* of texts and of what is made in the end */
	struct arena arena;  /* of nodes */
	struct values names; /* of their members, in it */
};

/* A piece of a name: "a", "[b]" or "[]". */
struct form_step {
	struct str name;
	bool bracketed;
};

struct form_steps {
	struct form_step at[FORM_DEPTH + 2];
	unsigned n;
};

static struct form_node *
form_new(struct form *f, enum form_kind kind)
{
	struct form_node *node = arena_zalloc(&f->arena, sizeof(*node));

	node->kind = kind;
	if (kind == FORM_OBJECT)
		node->names = value_new_object(&f->names);
	return node;
}

static struct form_node *
form_new_text(struct form *f, struct str text)
{
	struct form_node *node = form_new(f, FORM_TEXT);

	node->text = text;
	return node;
}

/* Makes a gap in front of the item at a place. */
static struct form_item *
form_insert(struct form *f, struct form_node *node, size_t place)
{
	struct form_item *at = node->at;

	if (node->n == node->room) {
		node->room = node->room == 0 ? 4 : 2 * node->room;
		node->at =
		    arena_alloc(&f->arena, node->room * sizeof(*node->at));
		if (node->n > 0)
			memcpy(node->at, at, node->n * sizeof(*at));
	}
	at = node->at + place;
	memmove(at + 1, at, (node->n - place) * sizeof(*at));
	node->n++;
	return at;
}

/* Where an item with that index is, or would be. */
static size_t
form_place(const struct form_node *array, size_t index)
{
	size_t low = 0, high = array->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (array->at[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct form_node **
form_item(const struct form_node *array, size_t index)
{
	size_t place = form_place(array, index);

	return place < array->n && array->at[place].index == index
		   ? &array->at[place].node
		   : NULL;
}

/* There is none with that index yet. */
static void
form_put(struct form *f, struct form_node *array, size_t index,
    struct form_node *item)
{
	*form_insert(f, array, form_place(array, index)) =
	    (struct form_item){ index, item };
	if (index >= array->length)
		array->length = index + 1;
}

static struct form_node **
form_member(const struct form_node *object, struct str name)
{
	struct value place = value_get(object->names, name);

	return place.kind == VALUE_NUMBER
		   ? &object->at[(size_t)place.number].node
		   : NULL;
}

static void
form_set(struct form *f, struct form_node *object, struct str name,
    struct form_node *item)
{
	struct form_node **member = form_member(object, name);

	if (member != NULL) {
		*member = item;
		return;
	}
	value_set(
	    &f->names, object->names, name, value_number((double)object->n));
	*form_insert(f, object, object->n) = (struct form_item){ 0, item };
}

/* Sets the member whose name is a number. */
static void
form_set_index(struct form *f, struct form_node *object, double index,
    struct form_node *item)
{
	char text[NUMBER_BYTES];
	struct str name = { text, number_format(index, text) };

	form_set(f, object, value_copy_text(f->v, name).text, item);
}

/* Whether name is a number as JavaScript would print it. */
static bool
form_is_index(struct str name, double *index)
{
	char text[NUMBER_BYTES];
	size_t i;

	if (name.n == 0 || name.n > 21)
		return false;
	for (i = 0; i < name.n; i++)
		if (name.p[i] < '0' || name.p[i] > '9')
			return false;
	*index = number_of(name);
	return str_eq(name, (struct str){ text, number_format(*index, text) });
}

/* The object with the items of an array. */
static struct form_node *
form_unlist(struct form *f, const struct form_node *array)
{
	struct form_node *object = form_new(f, FORM_OBJECT);
	size_t i;

	for (i = 0; i < array->n; i++)
		form_set_index(
		    f, object, (double)array->at[i].index, array->at[i].node);
	return object;
}

/* An array that may have grown too long. */
static struct form_node *
form_bounded(struct form *f, struct form_node *array)
{
	struct form_node *object;

	if (array->length <= f->rules->most)
		return array;
	object = form_unlist(f, array);
	object->counts = true;
	object->last = (double)array->length - 1;
	return object;
}

/* Adds the items of an array, or what is none, behind those of another. */
static void
form_concat(struct form *f, struct form_node *array, struct form_node *more)
{
	size_t i, from = array->length;

	if (more->kind != FORM_ARRAY) {
		form_put(f, array, from, more);
		return;
	}
	for (i = 0; i < more->n; i++)
		form_put(f, array, from + more->at[i].index, more->at[i].node);
	array->length = from + more->length;
}

static void
form_count(struct form *f, struct form_node *object, struct form_node *item)
{
	form_set_index(f, object, ++object->last, item);
}

/* Two values of one name. */
static struct form_node *
form_combine(struct form *f, struct form_node *a, struct form_node *b)
{
	struct form_node *array;

	if (a->counts) {
		form_count(f, a, b);
		return a;
	}
	if (a->kind == FORM_ARRAY) {
		form_concat(f, a, b);
		return form_bounded(f, a);
	}
	array = form_new(f, FORM_ARRAY);
	form_concat(f, array, a);
	form_concat(f, array, b);
	return form_bounded(f, array);
}

static struct form_node *form_merge(
    struct form *f, struct form_node *target, struct form_node *source);

/* A text comes to what is there; an empty one does not. */
static struct form_node *
form_merge_text(
    struct form *f, struct form_node *target, struct form_node *text)
{
	struct form_node *both;

	if (text->text.n == 0)
		return target;
	if (target->counts) {
		form_count(f, target, text);
		return target;
	}
	if (target->kind == FORM_ARRAY) {
		form_concat(f, target, text);
		return form_bounded(f, target);
	}
	both = form_new(f, FORM_ARRAY);
	form_concat(f, both, target);
	form_concat(f, both, text);
	return both;
}

/* Something comes to a text, which goes in front. */
static struct form_node *
form_merge_into_text(
    struct form *f, struct form_node *text, struct form_node *source)
{
	const struct value_object *names;
	struct form_node *moved;
	double index;
	size_t i;

	if (!source->counts)
		return form_combine(f, text, source);
	moved = form_new(f, FORM_OBJECT);
	moved->counts = true;
	moved->last = source->last + 1;
	form_set_index(f, moved, 0, text);
	names = source->names.object;
	for (i = 0; i < names->n; i++) {
		index = number_int_of(names->at[i].name);
		form_set_index(f, moved, index + 1,
		    source->at[(size_t)names->at[i].value.number].node);
	}
	return moved;
}

static struct form_node *
form_merge_arrays(
    struct form *f, struct form_node *target, struct form_node *source)
{
	struct form_node **there, *item;
	size_t i;

	for (i = 0; i < source->n; i++) {
		item = source->at[i].node;
		there = form_item(target, source->at[i].index);
		if (there == NULL)
			form_put(f, target, source->at[i].index, item);
		else if ((*there)->kind != FORM_TEXT && item->kind != FORM_TEXT)
			*there = form_merge(f, *there, item);
		else
			form_put(f, target, target->length, item);
	}
	return form_bounded(f, target);
}

static void
form_merge_member(struct form *f, struct form_node *target, struct str name,
    struct form_node *item, const struct form_node *source)
{
	struct form_node **there = form_member(target, name);
	double index;

	if (there != NULL)
		*there = form_merge(f, *there, item);
	else
		form_set(f, target, name, item);
	if (source->counts && !target->counts) {
		target->counts = true;
		target->last = source->last;
	}
	if (target->counts && form_is_index(name, &index) &&
	    index > target->last)
		target->last = index;
}

static struct form_node *
form_merge_objects(
    struct form *f, struct form_node *target, struct form_node *source)
{
	const struct value_object *names;
	size_t i;

	if (target->kind == FORM_ARRAY)
		target = form_unlist(f, target);
	if (source->kind == FORM_ARRAY)
		source = form_unlist(f, source);
	names = source->names.object;
	for (i = 0; i < names->n; i++)
		form_merge_member(f, target, names->at[i].name,
		    source->at[(size_t)names->at[i].value.number].node, source);
	return target;
}

/* What both are together; they may be in it and must not be used any more. */
static struct form_node *
form_merge(struct form *f, struct form_node *target, struct form_node *source)
{
	if (source->kind == FORM_TEXT)
		return form_merge_text(f, target, source);
	if (target->kind == FORM_TEXT)
		return form_merge_into_text(f, target, source);
	if (target->kind == FORM_ARRAY && source->kind == FORM_ARRAY)
		return form_merge_arrays(f, target, source);
	return form_merge_objects(f, target, source);
}

/* Names that every JavaScript object has from its prototype. */
static bool
form_is_prototype(struct str name)
{
	static const char *const names[] = { "__defineGetter__",
		"__defineSetter__", "__lookupGetter__", "__lookupSetter__",
		"__proto__", "constructor", "hasOwnProperty", "isPrototypeOf",
		"propertyIsEnumerable", "toLocaleString", "toString",
		"valueOf" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_is(name, names[i]))
			return true;
	return false;
}

static bool
form_step(
    struct form *f, struct form_steps *steps, struct str name, bool bracketed)
{
	if (!f->rules->prototypes && form_is_prototype(name))
		return false;
	steps->at[steps->n++] = (struct form_step){ name, bracketed };
	return true;
}

/* The bracket that closes the one at open, or SIZE_MAX. */
static size_t
form_close(struct str key, size_t open)
{
	unsigned level = 0;
	size_t i;

	for (i = open; i < key.n; i++) {
		level += key.p[i] == '[';
		if (key.p[i] == ']' && --level == 0)
			return i;
	}
	return SIZE_MAX;
}

static size_t
form_open(struct str key, size_t from)
{
	const char *p =
	    from < key.n ? memchr(key.p + from, '[', key.n - from) : NULL;

	return p == NULL ? SIZE_MAX : (size_t)(p - key.p);
}

/* Cuts "a[b][c]" into its steps; what is not closed or too deep is one.  False
 * for a name that is not taken. */
static bool
form_cut(struct form *f, struct str key, struct form_steps *steps)
{
	size_t open = form_open(key, 0), close;
	unsigned depth;

	steps->n = 0;
	if (open != 0 &&
	    !form_step(f, steps,
		(struct str){ key.p, open < key.n ? open : key.n }, false))
		return false;
	for (depth = 0; open < key.n && depth < f->rules->depth; depth++) {
		close = form_close(key, open);
		if (close == SIZE_MAX)
			break;
		if (!form_step(f, steps,
			(struct str){ key.p + open + 1, close - open - 1 },
			true))
			return false;
		open = form_open(key, close + 1);
	}
	if (open < key.n)
		steps->at[steps->n++] = (struct form_step){
			{ key.p + open, key.n - open },
			true,
		};
	return true;
}

/* What a step holds when leaf is behind it. */
static struct form_node *
form_wrap(struct form *f, const struct form_step *step, struct form_node *leaf)
{
	struct form_node *node;
	double index;

	if (step->bracketed && step->name.n == 0) {
		if (leaf->counts || leaf->kind == FORM_ARRAY)
			return leaf;
		node = form_new(f, FORM_ARRAY);
		form_put(f, node, 0, leaf);
		return node;
	}
	if (!step->bracketed || !form_is_index(step->name, &index)) {
		node = form_new(f, FORM_OBJECT);
		if (!str_is(step->name, "__proto__"))
			form_set(f, node, step->name, leaf);
		return node;
	}
	if (index < (double)f->rules->most) {
		node = form_new(f, FORM_ARRAY);
		form_put(f, node, (size_t)index, leaf);
		return node;
	}
	node = form_new(f, FORM_OBJECT);
	form_set(f, node, step->name, leaf);
	node->counts = true;
	node->last = index;
	return node;
}

/* The bytes of the one character that %XX%XX... at p stands for, 0 when it is
 * none. */
static size_t
form_percents(const char *p, size_t n, char bytes[4])
{
	size_t have = 0, want;
	bool whole;
	int byte;

	do {
		byte = str_percent((struct str){ p + 3 * have, n - 3 * have });
		if (byte == -1)
			return 0;
		bytes[have++] = (char)byte;
		want = str_utf8((struct str){ bytes, have }, &whole);
		if (want != have)
			return 0;
	} while (!whole && have < 4);
	return whole ? have : 0;
}

bool
form_decode(char *p, size_t *n)
{
	size_t i, out = 0, bytes;
	char decoded[4];

	for (i = 0; i < *n; i++)
		if (p[i] == '%') {
			bytes = form_percents(p + i, *n - i, decoded);
			if (bytes == 0)
				return false;
			i += 3 * bytes - 1;
		}
	for (i = 0; i < *n; i++) {
		if (p[i] != '%') {
			p[out++] = p[i];
			continue;
		}
		bytes = form_percents(p + i, *n - i, decoded);
		memcpy(p + out, decoded, bytes);
		out += bytes;
		i += 3 * bytes - 1;
	}
	*n = out;
	return true;
}

/* A name or a value; one that cannot be decoded stays as it is. */
static struct str
form_text(char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == '+')
			p[i] = ' ';
	(void)form_decode(p, &n);
	return (struct str){ p, n };
}

/* Takes one "name=value" into all, the object of what was given. */
static void
form_take(struct form *f, struct form_node *all, char *p, size_t n)
{
	char *end = memmem(p, n, "]=", 2);
	char *equals = end != NULL ? end + 1 : memchr(p, '=', n);
	struct str name, text = STR("");
	struct form_node **there, *node;

	if (equals == NULL)
		equals = p + n;
	else
		text = form_text(equals + 1, (size_t)(p + n - (equals + 1)));
	name = form_text(p, (size_t)(equals - p));
	if (name.n == 0)
		return;
	node = form_new_text(f, text);
	there = form_member(all, name);
	if (there == NULL)
		form_set(f, all, name, node);
	else
		*there = form_combine(f, *there, node);
}

/* Cuts text at its ampersands. */
static struct form_node *
form_split(struct form *f, char *text, size_t n)
{
	struct form_node *all = form_new(f, FORM_OBJECT);
	char *end = text + n, *stop;
	unsigned fields;

	for (fields = 0; fields < FORM_FIELDS; fields++) {
		stop = memchr(text, '&', (size_t)(end - text));
		form_take(
		    f, all, text, (size_t)((stop != NULL ? stop : end) - text));
		if (stop == NULL)
			break;
		text = stop + 1;
	}
	return all;
}

/* What was given by name, put where the names say. */
static struct form_node *
form_nest(struct form *f, const struct form_node *all)
{
	struct form_node *root = form_new(f, FORM_OBJECT), *leaf;
	const struct value_object *names = all->names.object;
	struct form_steps steps;
	size_t i;

	value_order(all->names);
	for (i = 0; i < names->n; i++) {
		if (!form_cut(f, names->at[i].name, &steps))
			continue;
		leaf = all->at[(size_t)names->at[i].value.number].node;
		while (steps.n > 0)
			leaf = form_wrap(f, &steps.at[--steps.n], leaf);
		root = form_merge(f, root, leaf);
	}
	return root;
}

static struct value
form_value(struct values *v, const struct form_node *node)
{
	const struct value_object *names;
	struct value value;
	size_t i, place;

	if (node->kind == FORM_TEXT)
		return value_text(node->text);
	if (node->kind == FORM_ARRAY) {
		value = value_new_array(v, node->n);
		for (i = 0; i < node->n; i++)
			value_push(v, value, form_value(v, node->at[i].node));
		return value;
	}
	value = value_new_object(v);
	names = node->names.object;
	for (i = 0; i < names->n; i++) {
		place = (size_t)names->at[i].value.number;
		value_set(v, value, names->at[i].name,
		    form_value(v, node->at[place].node));
	}
	return value;
}

/* Brackets may come encoded, even those of values. */
static size_t
form_unbracket(char *p, size_t n)
{
	size_t i, out = 0;
	int byte;

	for (i = 0; i < n; i++) {
		byte = str_percent((struct str){ p + i, n - i });
		if (byte == '[' || byte == ']') {
			p[out++] = (char)byte;
			i += 2;
		} else {
			p[out++] = p[i];
		}
	}
	return out;
}

static struct value
form_read(struct values *v, struct str text, const struct form_rules *rules)
{
	struct form f = { .rules = rules, .v = v };
	struct str copy;
	struct value value;
	char *p;

	if (text.n == 0)
		return value_new_object(v);
	f.names.arena = &f.arena;
	copy = value_copy_text(v, text).text;
	p = (char *)(uintptr_t)copy.p;
	value = form_value(
	    v, form_nest(&f, form_split(&f, p, form_unbracket(p, copy.n))));
	arena_fini(&f.arena);
	return value;
}

struct value
form_read_query(struct values *v, struct str text)
{
	static const struct form_rules rules = { 5, 1000, true };

	return form_read(v, text, &rules);
}

struct value
form_read_body(struct values *v, struct str text)
{
	static const struct form_rules rules = { FORM_DEPTH, 20, false };

	return form_read(v, text, &rules);
}
