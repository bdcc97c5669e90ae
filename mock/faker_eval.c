#include "config.h"

#include <string.h>

#include "mock/faker_priv.h"
#include "mock/value_json.h"

/*
 * Patterns such as "{{person.firstName}} {{location.street_name}}".  What
 * stands between the braces is looked up, part by part, from two sides at
 * once, as faker does: among the methods and among the words.  A list that is
 * come by gives one of its items there and then, on either side, whether it
 * is needed in the end or not, so that as many numbers are drawn.
 */

enum eval_kind {
	EVAL_NOTHING,
	EVAL_FAKER,  /* the outermost, with all modules */
	EVAL_WORDS,  /* all words */
	EVAL_MODULE, /* the methods of a module */
	EVAL_PART,   /* the words of a module; name says which */
	EVAL_METHOD,
	EVAL_NODE,
	EVAL_VALUE,
};

struct eval_candidate {
	enum eval_kind kind;
	bool strict; /* words that are missing are an error */
	const struct faker_method *method;
	struct str name;
	struct faker_node node;
	struct value value;
};

/* One item of a list in its place. */
static void
eval_settle(struct faker *f, struct eval_candidate *c)
{
	enum faker_node_type type = faker_node_type(c->node);

	if (c->kind == EVAL_VALUE && c->value.kind == VALUE_ARRAY) {
		c->value = faker_pick_item(f, c->value);
	} else if (c->kind == EVAL_NODE && type != FAKER_NODE_OBJECT) {
		c->kind = EVAL_VALUE;
		if (type == FAKER_NODE_TABLE)
			c->value = faker_row_value(f, c->node,
			    faker_pick(f, faker_node_count(c->node)));
		else if (type == FAKER_NODE_TEXT)
			c->value = value_text(faker_node_text(c->node, 0));
		else
			c->value = value_text(faker_pick_text(f, c->node));
	}
	if (c->kind == EVAL_VALUE && value_is_nothing(c->value))
		c->kind = EVAL_NOTHING;
}

static void
eval_node(struct eval_candidate *c, struct faker_node n)
{
	enum faker_node_type type = faker_node_type(n);

	c->node = n;
	c->kind = type == FAKER_NODE_MISSING || type == FAKER_NODE_NULL
		      ? EVAL_NOTHING
		      : EVAL_NODE;
}

static void
eval_member_of_faker(struct eval_candidate *c, struct str name)
{
	c->method = faker_module(name);
	if (c->method != NULL)
		c->kind = EVAL_MODULE;
	else if (str_is(name, "definitions") || str_is(name, "rawDefinitions"))
		c->kind = EVAL_WORDS;
	else
		c->kind = EVAL_NOTHING;
	c->strict = str_is(name, "definitions");
}

static void
eval_member(struct faker *f, struct eval_candidate *c, struct str name)
{
	if (c->kind == EVAL_METHOD)
		c->kind = faker_try(f, c->method, NULL, 0, &c->value)
			      ? EVAL_VALUE
			      : EVAL_NOTHING;
	switch (c->kind) {
	case EVAL_FAKER:
		eval_member_of_faker(c, name);
		break;
	case EVAL_WORDS:
		c->name = name;
		if (c->strict || faker_words_has_module(f->words, name))
			c->kind = EVAL_PART;
		else
			c->kind = EVAL_NOTHING;
		break;
	case EVAL_MODULE:
		c->method = faker_find(c->method, name);
		c->kind = c->method != NULL ? EVAL_METHOD : EVAL_NOTHING;
		break;
	case EVAL_PART:
		name = faker_textf(
		    f, "%.*s.%.*s", STR_ARGS(c->name), STR_ARGS(name));
		eval_node(c, c->strict ? faker_words(f, name.p)
				       : faker_words_find(f->words, name));
		break;
	case EVAL_NODE:
		eval_node(c, faker_node_member(c->node, name));
		break;
	case EVAL_VALUE:
		/* Nothing is looked for in a text. */
		c->value = c->value.kind == VALUE_OBJECT
			       ? value_get(c->value, name)
			       : VALUE_NONE;
		break;
	default:
		break;
	}
}

/* The arguments in text: JSON without the brackets, or a bare text. */
static bool
eval_read_arguments(struct faker *f, struct str text, struct value *args)
{
	if (value_read_json(&f->values,
		faker_textf(f, "[%.*s]", STR_ARGS(text)), args) == 0)
		return true;
	return memchr(text.p, '\'', text.n) == NULL &&
	       memchr(text.p, '"', text.n) == NULL &&
	       value_read_json(&f->values,
		   faker_textf(f, "[\"%.*s\"]", STR_ARGS(text)), args) == 0;
}

/* Reads "(...)" at the start of *rest and moves behind it.  The arguments end
 * at the first ")" that makes them arguments, else at the last. */
static struct value
eval_parse_call(struct faker *f, struct str *rest)
{
	const char *p = rest->p + 1, *end = rest->p + rest->n, *close = p;
	const char *last = NULL;
	struct value args = VALUE_NONE;

	while (faker_ok(f) &&
	       (close = memchr(close, ')', (size_t)(end - close))) != NULL) {
		last = close;
		if (eval_read_arguments(
			f, (struct str){ p, (size_t)(close++ - p) }, &args))
			break;
	}
	if (last == NULL) {
		faker_refuse(f, "Missing closing parenthesis in '%.*s'",
		    STR_ARGS(*rest));
		return value_new_array(&f->values, 0);
	}
	if (!faker_is_given(args)) {
		args = value_new_array(&f->values, 1);
		value_push(&f->values, args,
		    value_text((struct str){ p, (size_t)(last - p) }));
	}
	rest->p = last + 1;
	rest->n = (size_t)(end - rest->p);
	return args;
}

static void
eval_call(struct faker *f, struct eval_candidate *two, struct str *rest)
{
	struct value args = eval_parse_call(f, rest);
	size_t i;

	if (rest->n > 0 && rest->p[0] != '.' && rest->p[0] != '(')
		faker_refuse(f,
		    "Expected dot ('.'), open parenthesis ('('), or nothing "
		    "after function call but got '%c'",
		    rest->p[0]);
	else if (rest->n > 0 && rest->p[0] == '.')
		rest->p++, rest->n--;
	for (i = 0; i < 2 && faker_ok(f); i++)
		if (two[i].kind == EVAL_METHOD) {
			two[i].value = faker_run(
			    f, two[i].method, args.array->at, args.array->n);
			two[i].kind = EVAL_VALUE;
		}
}

static void
eval_name(struct faker *f, struct eval_candidate *two, struct str *rest)
{
	struct str name = *rest;
	size_t i;

	for (i = 0; i < rest->n && strchr(".(", rest->p[i]) == NULL; i++)
		;
	name.n = i;
	if (i == 0)
		faker_refuse(f, "Expression parts cannot be empty in '%.*s'",
		    STR_ARGS(*rest));
	if (i < rest->n && rest->p[i] == '.' &&
	    (i + 1 == rest->n || strchr(".(", rest->p[i + 1]) != NULL))
		faker_refuse(f, "Found dot without property name in '%.*s'",
		    STR_ARGS(*rest));
	i += i < rest->n && rest->p[i] == '.';
	rest->p += i;
	rest->n -= i;
	for (i = 0; i < 2 && faker_ok(f); i++)
		eval_member(f, &two[i], name);
}

static struct str
eval_text(struct faker *f, struct eval_candidate *c)
{
	if (c->kind == EVAL_METHOD)
		c->value = faker_run(f, c->method, NULL, 0);
	else if (c->kind != EVAL_VALUE)
		return STR("[object Object]");
	return value_to_str(&f->values, c->value);
}

struct str
faker_eval(struct faker *f, struct str expression)
{
	struct eval_candidate two[2] = { { .kind = EVAL_FAKER },
		{ .kind = EVAL_WORDS } };
	struct str rest = expression;
	size_t i;

	if (rest.n == 0)
		faker_refuse(f, "Eval expression cannot be empty.");
	while (rest.n > 0 && faker_ok(f) &&
	       (two[0].kind != EVAL_NOTHING || two[1].kind != EVAL_NOTHING)) {
		if (rest.p[0] == '(')
			eval_call(f, two, &rest);
		else
			eval_name(f, two, &rest);
		for (i = 0; i < 2 && faker_ok(f); i++)
			eval_settle(f, &two[i]);
	}
	for (i = 0; i < 2 && faker_ok(f); i++)
		if (two[i].kind != EVAL_NOTHING)
			return eval_text(f, &two[i]);
	faker_refuse(
	    f, "Cannot resolve expression '%.*s'", STR_ARGS(expression));
	return STR("");
}

/* Where the first "{{" before a small letter is at or behind from. */
static size_t
fake_find(struct str s, size_t from)
{
	for (; from + 2 < s.n; from++)
		if (s.p[from] == '{' && s.p[from + 1] == '{' &&
		    s.p[from + 2] >= 'a' && s.p[from + 2] <= 'z')
			return from;
	return s.n;
}

/* What is to be evaluated of what stands between the braces. */
static struct str
fake_inner(struct faker *f, struct str s)
{
	const char *open = memmem(s.p, s.n, "{{", 2);
	size_t before;

	if (open == NULL)
		return s;
	before = (size_t)(open - s.p);
	return faker_textf(
	    f, "%.*s%.*s", (int)before, s.p, (int)(s.n - before - 2), open + 2);
}

struct str
faker_fake(struct faker *f, struct str s)
{
	size_t at = 0;
	const char *close;
	struct str text, rest;
	struct buf b;

	while (faker_ok(f) && (at = fake_find(s, at)) < s.n) {
		close = memmem(s.p + at, s.n - at, "}}", 2);
		if (close == NULL)
			break;
		rest.p = close + 2;
		rest.n = s.n - (size_t)(rest.p - s.p);
		text.p = s.p + at + 2;
		text.n = (size_t)(close - text.p);
		text = faker_eval(f, fake_inner(f, text));
		b = (struct buf){ 0 };
		faker_add(f, &b, (struct str){ s.p, at });
		faker_add(f, &b, text);
		faker_add(f, &b, rest);
		s = faker_text(f, &b);
		at = at > 1 ? at - 2 : 0;
		faker_spend(f);
	}
	return s;
}

struct str
faker_fake_node(struct faker *f, struct faker_node n)
{
	struct str pattern;

	if (!faker_ok(f))
		return STR("");
	pattern = faker_node_type(n) == FAKER_NODE_TEXT ? faker_node_text(n, 0)
							: faker_pick_text(f, n);
	return faker_fake(f, pattern);
}
