/* The grammar of JMESPath, by binding powers. */

#include "config.h"

#include <stdlib.h>

#include "base/arena.h"

#include "mock/jmespath_priv.h"

#define JMES_NESTED 200

struct jmes_parser {
	struct values *v;
	struct jmes_lexeme *tokens;
	size_t n, next;
	unsigned depth;
	bool wrong;
};

static struct jmes_node *jmes_expression(struct jmes_parser *p, int power);

static int
jmes_power(enum jmes_token kind)
{
	static const int powers[] = {
		[JMES_T_ASSIGN] = 1,
		[JMES_T_PIPE] = 1,
		[JMES_T_QUESTION] = 2,
		[JMES_T_OR] = 3,
		[JMES_T_AND] = 4,
		[JMES_T_EQ] = 5,
		[JMES_T_GT] = 5,
		[JMES_T_LT] = 5,
		[JMES_T_GTE] = 5,
		[JMES_T_LTE] = 5,
		[JMES_T_NE] = 5,
		[JMES_T_MINUS] = 6,
		[JMES_T_PLUS] = 6,
		[JMES_T_DIV] = 7,
		[JMES_T_DIVIDE] = 7,
		[JMES_T_MODULO] = 7,
		[JMES_T_MULTIPLY] = 7,
		[JMES_T_FLATTEN] = 9,
		[JMES_T_STAR] = 20,
		[JMES_T_FILTER] = 21,
		[JMES_T_DOT] = 40,
		[JMES_T_NOT] = 45,
		[JMES_T_LBRACE] = 50,
		[JMES_T_LBRACKET] = 55,
		[JMES_T_LPAREN] = 60,
	};

	return powers[kind];
}

static enum jmes_token
jmes_sees(const struct jmes_parser *p, size_t ahead)
{
	size_t at = p->next + ahead;

	return p->wrong || at >= p->n ? JMES_END : p->tokens[at].kind;
}

static struct jmes_lexeme *
jmes_take(struct jmes_parser *p)
{
	size_t at = p->next < p->n ? p->next : p->n - 1;

	p->next++;
	return &p->tokens[at];
}

static void
jmes_match(struct jmes_parser *p, enum jmes_token kind)
{
	if (jmes_sees(p, 0) != kind)
		p->wrong = true;
	else
		p->next++;
}

static struct jmes_node *
jmes_node(struct jmes_parser *p, enum jmes_kind kind, struct jmes_node *left,
    struct jmes_node *right)
{
	struct jmes_node *n = arena_zalloc(p->v->arena, sizeof(*n));

	n->kind = kind;
	n->left = left;
	n->right = right;
	return n;
}

static struct jmes_node *
jmes_fail(struct jmes_parser *p)
{
	p->wrong = true;
	return jmes_node(p, JMES_CURRENT, NULL, NULL);
}

static struct jmes_node *
jmes_identity(struct jmes_parser *p)
{
	return jmes_node(p, JMES_CURRENT, NULL, NULL);
}

/* Expressions with commas between them, or without, up to end; or up to the
 * word in. */
static struct jmes_node *
jmes_children(struct jmes_parser *p, enum jmes_token end)
{
	struct jmes_node *first = NULL, **last = &first;

	while (!p->wrong && jmes_sees(p, 0) != JMES_END) {
		if (jmes_sees(p, 0) == end &&
		    (end != JMES_T_NAME ||
			str_is(p->tokens[p->next].text, "in")))
			break;
		*last = jmes_expression(p, 0);
		last = &(*last)->next;
		if (jmes_sees(p, 0) == JMES_T_COMMA)
			p->next++;
	}
	jmes_match(p, end);
	return first;
}

static struct jmes_node *
jmes_list(struct jmes_parser *p)
{
	struct jmes_node *n = jmes_node(p, JMES_LIST, NULL, NULL);
	struct jmes_node **last = &n->children;

	while (!p->wrong && jmes_sees(p, 0) != JMES_T_RBRACKET) {
		*last = jmes_expression(p, 0);
		last = &(*last)->next;
		if (jmes_sees(p, 0) != JMES_T_COMMA)
			continue;
		p->next++;
		if (jmes_sees(p, 0) == JMES_T_RBRACKET)
			return jmes_fail(p);
	}
	jmes_match(p, JMES_T_RBRACKET);
	return n;
}

static struct jmes_node *
jmes_hash(struct jmes_parser *p)
{
	struct jmes_node *n = jmes_node(p, JMES_OBJECT, NULL, NULL), *pair;
	struct jmes_node **last = &n->children;

	while (!p->wrong) {
		if (jmes_sees(p, 0) != JMES_T_NAME &&
		    jmes_sees(p, 0) != JMES_T_QUOTED)
			return jmes_fail(p);
		pair = jmes_node(p, JMES_BINDING, NULL, NULL);
		pair->name = jmes_take(p)->text;
		jmes_match(p, JMES_T_COLON);
		pair->left = jmes_expression(p, 0);
		*last = pair;
		last = &pair->next;
		if (jmes_sees(p, 0) == JMES_T_COMMA) {
			p->next++;
		} else if (jmes_sees(p, 0) == JMES_T_RBRACE) {
			p->next++;
			break;
		}
	}
	return n;
}

static struct jmes_node *
jmes_behind_dot(struct jmes_parser *p, int power)
{
	switch (jmes_sees(p, 0)) {
	case JMES_T_NAME:
	case JMES_T_QUOTED:
	case JMES_T_STAR:
		return jmes_expression(p, power);
	case JMES_T_LBRACKET:
		p->next++;
		return jmes_list(p);
	case JMES_T_LBRACE:
		p->next++;
		return jmes_hash(p);
	default:
		return jmes_fail(p);
	}
}

/* What is done with each item of a projection. */
static struct jmes_node *
jmes_projected(struct jmes_parser *p, int power)
{
	enum jmes_token kind = jmes_sees(p, 0);

	if (p->wrong || jmes_power(kind) < 10)
		return jmes_identity(p);
	if (kind == JMES_T_LBRACKET || kind == JMES_T_FILTER)
		return jmes_expression(p, power);
	if (kind != JMES_T_DOT)
		return jmes_fail(p);
	p->next++;
	return jmes_behind_dot(p, power);
}

static struct jmes_node *
jmes_slice(struct jmes_parser *p)
{
	struct jmes_node *n = jmes_node(p, JMES_SLICE, NULL, NULL);
	int part = 0;

	while (!p->wrong && jmes_sees(p, 0) != JMES_T_RBRACKET) {
		if (jmes_sees(p, 0) == JMES_T_COLON && part < 2) {
			p->next++;
			part++;
		} else if (jmes_sees(p, 0) == JMES_T_NUMBER) {
			n->parts[part] = jmes_take(p)->literal.number;
			n->has[part] = true;
		} else {
			return jmes_fail(p);
		}
	}
	jmes_match(p, JMES_T_RBRACKET);
	return n;
}

/* [n] or [a:b:c] of left. */
static struct jmes_node *
jmes_index(struct jmes_parser *p, struct jmes_node *left)
{
	struct jmes_node *n;

	if (jmes_sees(p, 0) == JMES_T_COLON ||
	    jmes_sees(p, 1) == JMES_T_COLON) {
		n = jmes_node(p, JMES_CHAIN, left, jmes_slice(p));
		return jmes_node(p, JMES_PROJECT, n,
		    jmes_projected(p, jmes_power(JMES_T_STAR)));
	}
	n = jmes_node(p, JMES_INDEX, NULL, NULL);
	n->parts[0] = jmes_take(p)->literal.number;
	jmes_match(p, JMES_T_RBRACKET);
	return jmes_node(p, JMES_CHAIN, left, n);
}

static struct jmes_node *
jmes_flatten(struct jmes_parser *p, struct jmes_node *left)
{
	left = jmes_node(p, JMES_FLATTEN, left, NULL);
	return jmes_node(p, JMES_PROJECT, left,
	    jmes_projected(p, jmes_power(JMES_T_FLATTEN)));
}

static struct jmes_node *
jmes_filter(struct jmes_parser *p, struct jmes_node *left)
{
	struct jmes_node *n = jmes_node(p, JMES_FILTER, left, NULL);

	n->third = jmes_expression(p, 0);
	jmes_match(p, JMES_T_RBRACKET);
	n->right = jmes_sees(p, 0) == JMES_T_FLATTEN
		       ? jmes_identity(p)
		       : jmes_projected(p, jmes_power(JMES_T_FILTER));
	return n;
}

static struct jmes_node *
jmes_bracket_first(struct jmes_parser *p)
{
	if (jmes_sees(p, 0) == JMES_T_NUMBER || jmes_sees(p, 0) == JMES_T_COLON)
		return jmes_index(p, jmes_identity(p));
	if (jmes_sees(p, 0) != JMES_T_STAR ||
	    jmes_sees(p, 1) != JMES_T_RBRACKET)
		return jmes_list(p);
	p->next += 2;
	return jmes_node(p, JMES_PROJECT, jmes_identity(p),
	    jmes_projected(p, jmes_power(JMES_T_STAR)));
}

static struct jmes_node *
jmes_named(struct jmes_parser *p, enum jmes_kind kind, struct str name)
{
	struct jmes_node *n = jmes_node(p, kind, NULL, NULL);

	n->name = name;
	return n;
}

static struct jmes_node *
jmes_let(struct jmes_parser *p)
{
	struct jmes_node *n = jmes_node(p, JMES_LET, NULL, NULL), *b;

	n->children = jmes_children(p, JMES_T_NAME);
	for (b = n->children; b != NULL; b = b->next)
		p->wrong |= b->kind != JMES_BINDING;
	n->left = jmes_expression(p, 0);
	return n;
}

static struct jmes_node *
jmes_sign(struct jmes_parser *p, enum jmes_token sign)
{
	struct jmes_node *n =
	    jmes_node(p, JMES_SIGN, jmes_expression(p, jmes_power(sign)), NULL);

	n->operator= sign;
	return n;
}

/* A token that an expression begins with. */
static struct jmes_node *
jmes_first(struct jmes_parser *p)
{
	const struct jmes_lexeme *t = jmes_take(p);
	struct jmes_node *n;

	switch (t->kind) {
	case JMES_T_VARIABLE:
		return jmes_named(p, JMES_VARIABLE, t->text);
	case JMES_T_LITERAL:
		n = jmes_node(p, JMES_LITERAL, NULL, NULL);
		n->literal = t->literal;
		return n;
	case JMES_T_NAME:
		if (str_is(t->text, "let") &&
		    jmes_sees(p, 0) == JMES_T_VARIABLE)
			return jmes_let(p);
		return jmes_named(p, JMES_FIELD, t->text);
	case JMES_T_QUOTED:
		if (jmes_sees(p, 0) == JMES_T_LPAREN)
			return jmes_fail(p);
		return jmes_named(p, JMES_FIELD, t->text);
	case JMES_T_NOT:
		return jmes_node(p, JMES_NOT,
		    jmes_expression(p, jmes_power(JMES_T_NOT)), NULL);
	case JMES_T_MINUS:
	case JMES_T_PLUS:
		return jmes_sign(p, t->kind);
	case JMES_T_STAR:
		return jmes_node(p, JMES_PROJECT_VALUES, jmes_identity(p),
		    jmes_projected(p, jmes_power(JMES_T_STAR)));
	case JMES_T_FILTER:
		return jmes_filter(p, jmes_identity(p));
	case JMES_T_LBRACE:
		return jmes_hash(p);
	case JMES_T_FLATTEN:
		return jmes_flatten(p, jmes_identity(p));
	case JMES_T_LBRACKET:
		return jmes_bracket_first(p);
	case JMES_T_CURRENT:
		return jmes_identity(p);
	case JMES_T_ROOT:
		return jmes_node(p, JMES_ROOT, NULL, NULL);
	case JMES_T_REFERENCE:
		return jmes_node(
		    p, JMES_REFERENCE, jmes_expression(p, 0), NULL);
	case JMES_T_LPAREN:
		n = jmes_expression(p, 0);
		jmes_match(p, JMES_T_RPAREN);
		return n;
	default:
		return jmes_fail(p);
	}
}

static struct jmes_node *
jmes_call_of(struct jmes_parser *p, struct jmes_node *left)
{
	struct jmes_node *n;

	if (left->kind != JMES_FIELD)
		return jmes_fail(p);
	n = jmes_named(p, JMES_CALL, left->name);
	n->children = jmes_children(p, JMES_T_RPAREN);
	return n;
}

static struct jmes_node *
jmes_binary(struct jmes_parser *p, enum jmes_kind kind,
    enum jmes_token operator, struct jmes_node * left)
{
	struct jmes_node *n =
	    jmes_node(p, kind, left, jmes_expression(p, jmes_power(operator)));

	n->operator= operator;
	return n;
}

static struct jmes_node *
jmes_ternary(struct jmes_parser *p, struct jmes_node *condition)
{
	struct jmes_node *n = jmes_node(p, JMES_TERNARY, NULL, NULL);

	n->third = condition;
	n->left = jmes_expression(p, 0);
	jmes_match(p, JMES_T_COLON);
	n->right = jmes_expression(p, 0);
	return n;
}

static struct jmes_node *
jmes_dot(struct jmes_parser *p, struct jmes_node *left)
{
	int power = jmes_power(JMES_T_DOT);

	if (jmes_sees(p, 0) != JMES_T_STAR)
		return jmes_node(p, JMES_DOT, left, jmes_behind_dot(p, power));
	p->next++;
	return jmes_node(
	    p, JMES_PROJECT_VALUES, left, jmes_projected(p, power));
}

static struct jmes_node *
jmes_bracket(struct jmes_parser *p, struct jmes_node *left)
{
	if (jmes_sees(p, 0) == JMES_T_NUMBER || jmes_sees(p, 0) == JMES_T_COLON)
		return jmes_index(p, left);
	jmes_match(p, JMES_T_STAR);
	jmes_match(p, JMES_T_RBRACKET);
	return jmes_node(
	    p, JMES_PROJECT, left, jmes_projected(p, jmes_power(JMES_T_STAR)));
}

/* What a token makes of what stands left of it. */
static struct jmes_node *
jmes_behind(struct jmes_parser *p, struct jmes_node *left)
{
	enum jmes_token kind = jmes_take(p)->kind;
	struct jmes_node *n;

	switch (kind) {
	case JMES_T_QUESTION:
		return jmes_ternary(p, left);
	case JMES_T_DOT:
		return jmes_dot(p, left);
	case JMES_T_PIPE:
		return jmes_binary(p, JMES_CHAIN, kind, left);
	case JMES_T_OR:
		return jmes_binary(p, JMES_OR, kind, left);
	case JMES_T_AND:
		return jmes_binary(p, JMES_AND, kind, left);
	case JMES_T_LPAREN:
		return jmes_call_of(p, left);
	case JMES_T_FILTER:
		return jmes_filter(p, left);
	case JMES_T_FLATTEN:
		return jmes_flatten(p, left);
	case JMES_T_ASSIGN:
		n = jmes_named(p, JMES_BINDING, left->name);
		n->left = jmes_expression(p, 0);
		return n;
	case JMES_T_LBRACKET:
		return jmes_bracket(p, left);
	case JMES_T_NOT:
	case JMES_T_LBRACE:
		return jmes_fail(p);
	default:
		return jmes_binary(p,
		    kind <= JMES_T_NE ? JMES_COMPARE : JMES_ARITHMETIC, kind,
		    left);
	}
}

static struct jmes_node *
jmes_expression(struct jmes_parser *p, int power)
{
	struct jmes_node *left;

	if (p->wrong || p->depth >= JMES_NESTED)
		return jmes_fail(p);
	p->depth++;
	left = jmes_first(p);
	while (!p->wrong && power < jmes_power(jmes_sees(p, 0)))
		left = jmes_behind(p, left);
	p->depth--;
	return left;
}

struct jmes_node *
jmes_parse(struct values *v, struct str text)
{
	struct jmes_parser p = { .v = v };
	struct jmes_node *n;

	p.tokens = jmes_tokens(v, text, &p.n);
	if (p.tokens == NULL)
		return NULL;
	n = jmes_expression(&p, 0);
	if (jmes_sees(&p, 0) != JMES_END)
		p.wrong = true;
	free(p.tokens);
	return p.wrong ? NULL : n;
}
