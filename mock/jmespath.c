#include "config.h"

#include <math.h>

#include "base/buf.h"
#include "mock/jmespath_priv.h"
#include "mock/text.h"

#include "mock/jmespath.h"

#define JMES_DEPTH 1000

bool
jmes_is_false(struct value a)
{
	switch (a.kind) {
	case VALUE_UNDEFINED:
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return !a.yes;
	case VALUE_TEXT:
		return a.text.n == 0;
	case VALUE_ARRAY:
		return a.array->n == 0;
	case VALUE_OBJECT:
		return a.object->n == 0;
	default:
		return false;
	}
}

static bool
jmes_equal_at(struct values *v, struct value a, struct value b, unsigned depth)
{
	const struct value_member *m;
	size_t i;

	if (value_same(a, b))
		return true;
	if (a.kind != b.kind || depth > VALUE_DEPTH || !value_work(v))
		return false;
	if (a.kind == VALUE_ARRAY) {
		for (i = 0; i < a.array->n && a.array->n == b.array->n; i++)
			if (!jmes_equal_at(
				v, a.array->at[i], b.array->at[i], depth + 1))
				return false;
		return a.array->n == b.array->n;
	}
	if (a.kind != VALUE_OBJECT || a.object->n != b.object->n)
		return false;
	for (i = 0; i < a.object->n; i++) {
		m = &a.object->at[i];
		if (!value_has(b, m->name) ||
		    !jmes_equal_at(
			v, m->value, value_get(b, m->name), depth + 1))
			return false;
	}
	return true;
}

bool
jmes_equal(struct values *v, struct value a, struct value b)
{
	return jmes_equal_at(v, a, b, 0);
}

static struct value
jmes_or_null(struct value a)
{
	return a.kind == VALUE_UNDEFINED ? value_null() : a;
}

static struct value
jmes_index_of(struct value of, double at)
{
	if (of.kind != VALUE_ARRAY)
		return value_null();
	if (at < 0)
		at += (double)of.array->n;
	return at >= 0 && at < (double)of.array->n
		   ? jmes_or_null(of.array->at[(size_t)at])
		   : value_null();
}

static double
jmes_bound(double length, double at, double step)
{
	if (at < 0) {
		at += length;
		return at < 0 ? (step < 0 ? -1 : 0) : at;
	}
	return at >= length ? (step < 0 ? length - 1 : length) : at;
}

/* The characters of a text as an array of texts. */
static struct value
jmes_characters(struct values *v, struct str text)
{
	struct value all = value_new_array(v, 0);
	size_t n;

	for (; text.n > 0 && !v->over; text.p += n, text.n -= n) {
		(void)text_point(text, &n);
		value_push(v, all, value_text((struct str){ text.p, n }));
	}
	return all;
}

static struct value
jmes_joined(struct values *v, struct value texts)
{
	struct buf out = { 0 };
	struct value joined;
	size_t i;

	for (i = 0; i < texts.array->n; i++)
		if (texts.array->at[i].kind == VALUE_TEXT)
			buf_add_str(&out, texts.array->at[i].text);
	joined = value_copy_text(v, buf_str(&out));
	buf_free(&out);
	return joined;
}

static int
jmes_slice_of(struct jmes_search *s, const struct jmes_node *n, struct value of,
    struct value *to)
{
	double step = n->has[2] ? n->parts[2] : 1, length, i, end;
	bool text = of.kind == VALUE_TEXT;

	*to = value_null();
	if (step == 0)
		return -1;
	if (text) {
		length = (double)text_units(of.text);
		of = jmes_characters(s->v, of.text);
	} else if (of.kind == VALUE_ARRAY) {
		length = (double)of.array->n;
	} else {
		return 0;
	}
	i = n->has[0] ? jmes_bound(length, n->parts[0], step)
		      : (step < 0 ? length - 1 : 0);
	end = n->has[1] ? jmes_bound(length, n->parts[1], step)
			: (step < 0 ? -1 : length);
	*to = value_new_array(s->v, 0);
	for (; step > 0 ? i < end : i > end; i += step)
		if (i < (double)of.array->n)
			value_push(s->v, *to, of.array->at[(size_t)i]);
	if (text)
		*to = jmes_joined(s->v, *to);
	return 0;
}

/* Adds what the projection makes of an item, unless it is null. */
static int
jmes_project_item(struct jmes_search *s, const struct jmes_node *n,
    struct value item, struct value all)
{
	struct value made;

	if (n->kind == JMES_FILTER) {
		if (jmes_visit(s, n->third, item, &made) == -1)
			return -1;
		if (jmes_is_false(made))
			return 0;
	}
	if (jmes_visit(s, n->right, item, &made) == -1)
		return -1;
	if (made.kind != VALUE_NULL)
		value_push(s->v, all, made);
	return 0;
}

static int
jmes_project(struct jmes_search *s, const struct jmes_node *n, struct value at,
    struct value *to)
{
	bool values = n->kind == JMES_PROJECT_VALUES;
	struct value base;
	size_t i;

	if (jmes_visit(s, n->left, at, &base) == -1)
		return -1;
	*to = value_null();
	if (n->kind == JMES_PROJECT && base.kind == VALUE_TEXT &&
	    n->left->kind == JMES_CHAIN && n->left->right->kind == JMES_SLICE)
		return jmes_visit(s, n->right, base, to);
	if (base.kind != (values ? VALUE_OBJECT : VALUE_ARRAY))
		return 0;
	*to = value_new_array(s->v, 0);
	if (values)
		value_order(base);
	for (i = 0; i < (values ? base.object->n : base.array->n); i++)
		if (jmes_project_item(s, n,
			values ? base.object->at[i].value : base.array->at[i],
			*to) == -1)
			return -1;
	return 0;
}

static int
jmes_flat(struct jmes_search *s, const struct jmes_node *n, struct value at,
    struct value *to)
{
	struct value of;
	size_t i, j;

	if (jmes_visit(s, n->left, at, &of) == -1)
		return -1;
	*to = value_null();
	if (of.kind != VALUE_ARRAY)
		return 0;
	*to = value_new_array(s->v, 0);
	for (i = 0; i < of.array->n; i++) {
		if (of.array->at[i].kind != VALUE_ARRAY) {
			value_push(s->v, *to, of.array->at[i]);
			continue;
		}
		for (j = 0; j < of.array->at[i].array->n; j++)
			value_push(s->v, *to, of.array->at[i].array->at[j]);
	}
	return 0;
}

static int
jmes_compare(struct jmes_search *s, const struct jmes_node *n, struct value at,
    struct value *to)
{
	struct value a, b;

	if (jmes_visit(s, n->left, at, &a) == -1 ||
	    jmes_visit(s, n->right, at, &b) == -1)
		return -1;
	if (n->operator== JMES_T_EQ || n->operator== JMES_T_NE) {
		*to = value_bool(
		    jmes_equal(s->v, a, b) == (n->operator== JMES_T_EQ));
		return 0;
	}
	*to = value_null();
	if (a.kind != VALUE_NUMBER || b.kind != VALUE_NUMBER)
		return 0;
	if (n->operator== JMES_T_GT)
		*to = value_bool(a.number > b.number);
	else if (n->operator== JMES_T_GTE)
		*to = value_bool(a.number >= b.number);
	else if (n->operator== JMES_T_LT)
		*to = value_bool(a.number < b.number);
	else
		*to = value_bool(a.number <= b.number);
	return 0;
}

static int
jmes_arithmetic(struct jmes_search *s, const struct jmes_node *n,
    struct value at, struct value *to)
{
	struct value a, b;
	bool divides = n->operator== JMES_T_DIV || n->operator== JMES_T_DIVIDE;

	if (jmes_visit(s, n->left, at, &a) == -1 ||
	    jmes_visit(s, n->right, at, &b) == -1 || a.kind != VALUE_NUMBER ||
	    b.kind != VALUE_NUMBER ||
	    (divides && (b.number == 0 || isnan(b.number))))
		return -1;
	*to = value_number(
	    n->operator== JMES_T_PLUS     ? a.number + b.number
	    : n->operator== JMES_T_MINUS  ? a.number - b.number
	    : n->operator== JMES_T_DIVIDE ? a.number / b.number
	    : n->operator== JMES_T_DIV    ? floor(a.number / b.number)
	    : n->operator== JMES_T_MODULO ? fmod(a.number, b.number)
					  : a.number * b.number);
	return 0;
}

static int
jmes_multiselect(struct jmes_search *s, const struct jmes_node *n,
    struct value at, struct value *to)
{
	const struct jmes_node *child;
	struct value made;

	*to = n->kind == JMES_LIST ? value_new_array(s->v, 0)
				   : value_new_object(s->v);
	for (child = n->children; child != NULL; child = child->next) {
		bool list = n->kind == JMES_LIST;

		if (jmes_visit(s, list ? child : child->left, at, &made) == -1)
			return -1;
		if (list)
			value_push(s->v, *to, made);
		else
			value_set(s->v, *to, child->name, made);
	}
	return 0;
}

static int
jmes_function(struct jmes_search *s, const struct jmes_node *n, struct value at,
    struct value *to)
{
	struct jmes_arg args[JMES_ARGS];
	const struct jmes_node *child;
	unsigned count = 0;

	for (child = n->children; child != NULL; child = child->next) {
		if (count == JMES_ARGS)
			return -1;
		args[count] = (struct jmes_arg){ .value = VALUE_NONE };
		if (child->kind == JMES_REFERENCE)
			args[count].reference = child->left;
		else if (jmes_visit(s, child, at, &args[count].value) == -1)
			return -1;
		count++;
	}
	return jmes_call(s, n->name, args, count, to);
}

/* let $a = x, $b = y in expression; the bindings do not see each other. */
static int
jmes_let_in(struct jmes_search *s, const struct jmes_node *n,
    const struct jmes_node *binding, const struct jmes_scope *all,
    struct value at, struct value *to)
{
	struct jmes_scope scope = { .outer = all };
	const struct jmes_scope *outer = s->scope;
	int result;

	if (binding == NULL) {
		s->scope = all;
		result = jmes_visit(s, n->left, at, to);
		s->scope = outer;
		return result;
	}
	scope.name = binding->name;
	if (s->depth > JMES_DEPTH ||
	    jmes_visit(s, binding->left, at, &scope.value) == -1)
		return -1;
	return jmes_let_in(s, n, binding->next, &scope, at, to);
}

static int
jmes_variable(
    struct jmes_search *s, const struct jmes_node *n, struct value *to)
{
	const struct jmes_scope *scope;

	for (scope = s->scope; scope != NULL; scope = scope->outer)
		if (str_eq(scope->name, n->name)) {
			*to = scope->value;
			return 0;
		}
	return -1;
}

/* Those that evaluate their left side first. */
static int
jmes_of_left(struct jmes_search *s, const struct jmes_node *n, struct value at,
    struct value *to)
{
	struct value left;

	if (jmes_visit(s, n->left, at, &left) == -1)
		return -1;
	*to = left;
	switch (n->kind) {
	case JMES_CHAIN:
		return jmes_visit(s, n->right, left, to);
	case JMES_DOT:
		*to = value_null();
		if (value_is_nothing(left))
			return 0;
		if (jmes_visit(s, n->right, left, to) == -1)
			return -1;
		*to = jmes_or_null(*to);
		return 0;
	case JMES_OR:
		return jmes_is_false(left) ? jmes_visit(s, n->right, at, to)
					   : 0;
	case JMES_AND:
		return jmes_is_false(left) ? 0
					   : jmes_visit(s, n->right, at, to);
	case JMES_NOT:
		*to = value_bool(jmes_is_false(left));
		return 0;
	default: /* JMES_SIGN */
		if (left.kind != VALUE_NUMBER)
			return -1;
		if (n->operator== JMES_T_MINUS)
			to->number = -left.number;
		return 0;
	}
}

static int
jmes_field(const struct jmes_node *n, struct value at, struct value *to)
{
	*to = value_null();
	if (value_is_object(at) && at.kind != VALUE_ARRAY)
		*to = jmes_or_null(value_get(at, n->name));
	return 0;
}

static int
jmes_choose(struct jmes_search *s, const struct jmes_node *n, struct value at,
    struct value *to)
{
	struct value condition;

	if (jmes_visit(s, n->third, at, &condition) == -1)
		return -1;
	return jmes_visit(
	    s, jmes_is_false(condition) ? n->right : n->left, at, to);
}

static int
jmes_visit_kind(struct jmes_search *s, const struct jmes_node *n,
    struct value at, struct value *to)
{
	*to = at;
	switch (n->kind) {
	case JMES_CURRENT:
		return 0;
	case JMES_ROOT:
		*to = s->root;
		return 0;
	case JMES_LITERAL:
		*to = n->literal;
		return 0;
	case JMES_FIELD:
		return jmes_field(n, at, to);
	case JMES_VARIABLE:
		return jmes_variable(s, n, to);
	case JMES_INDEX:
		*to = jmes_index_of(at, n->parts[0]);
		return 0;
	case JMES_SLICE:
		return jmes_slice_of(s, n, at, to);
	case JMES_FLATTEN:
		return jmes_flat(s, n, at, to);
	case JMES_PROJECT:
	case JMES_PROJECT_VALUES:
	case JMES_FILTER:
		return jmes_project(s, n, at, to);
	case JMES_COMPARE:
		return jmes_compare(s, n, at, to);
	case JMES_ARITHMETIC:
		return jmes_arithmetic(s, n, at, to);
	case JMES_LIST:
	case JMES_OBJECT:
		return jmes_multiselect(s, n, at, to);
	case JMES_CALL:
		return jmes_function(s, n, at, to);
	case JMES_LET:
		return jmes_let_in(s, n, n->children, s->scope, at, to);
	case JMES_TERNARY:
		return jmes_choose(s, n, at, to);
	case JMES_REFERENCE:
	case JMES_BINDING:
		return -1; /* they have no value of their own */
	default:
		return jmes_of_left(s, n, at, to);
	}
}

int
jmes_visit(struct jmes_search *s, const struct jmes_node *n, struct value at,
    struct value *to)
{
	int result;

	if (s->depth > JMES_DEPTH || !value_work(s->v))
		return -1;
	s->depth++;
	result = jmes_visit_kind(s, n, at, to);
	s->depth--;
	return result;
}

int
jmespath_find(struct values *v, struct value data, struct str expression,
    struct value *found)
{
	struct jmes_search s = { .v = v, .root = data };
	const struct jmes_node *n = jmes_parse(v, expression);

	*found = value_null();
	return n == NULL ? -1 : jmes_visit(&s, n, data, found);
}
