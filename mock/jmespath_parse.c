/* Tokens of JMESPath, and a parser by binding powers. */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "mock/text.h"
#include "mock/value_json.h"

#include "mock/jmespath_priv.h"

#define JMES_NESTED 200
#define JMES_TOKENS 20000

struct jmes_lexeme {
	enum jmes_token kind;
	struct str text;
	struct value literal;
};

struct jmes_parser {
	struct values *v;
	struct str text;
	size_t at;
	struct jmes_lexeme *tokens;
	size_t n, room, next;
	unsigned depth;
	bool wrong;
};

static struct jmes_node *jmes_expression(struct jmes_parser *p, int power);

static struct jmes_lexeme *
jmes_add(struct jmes_parser *p, enum jmes_token kind, size_t n)
{
	if (p->n == p->room) {
		p->room = p->room == 0 ? 32 : p->room * 2;
		p->tokens = xrealloc(p->tokens, p->room * sizeof(*p->tokens));
	}
	p->wrong |= p->n > JMES_TOKENS;
	p->tokens[p->n] = (struct jmes_lexeme){
		.kind = kind,
		.text = { p->text.p + p->at, n },
	};
	p->at += n;
	return &p->tokens[p->n++];
}

static char
jmes_char(const struct jmes_parser *p, size_t at)
{
	return at < p->text.n ? p->text.p[at] : '\0';
}

static bool
jmes_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
jmes_is_digit(char c)
{
	return (c >= '0' && c <= '9') || c == '-';
}

static size_t
jmes_word_end(const struct jmes_parser *p, size_t at)
{
	while (jmes_is_alpha(jmes_char(p, at)) ||
	       (jmes_char(p, at) >= '0' && jmes_char(p, at) <= '9'))
		at++;
	return at;
}

/* Where what is quoted from p->at on ends, at the quote or the end. */
static size_t
jmes_quote_end(const struct jmes_parser *p)
{
	char quote = p->text.p[p->at];
	size_t at = p->at + 1;

	while (at < p->text.n && p->text.p[at] != quote)
		at +=
		    p->text.p[at] == '\\' && (jmes_char(p, at + 1) == '\\' ||
						 jmes_char(p, at + 1) == quote)
			? 2
			: 1;
	return at < p->text.n ? at : p->text.n;
}

/* Replaces what by with, everywhere or once. */
static struct str
jmes_replaced(struct jmes_parser *p, struct str text, const char *what,
    const char *with, bool all)
{
	struct buf out = { 0 };
	size_t from = 0, at;

	do {
		at = text_find(text, str_of(what), from);
		if (at == SIZE_MAX)
			break;
		buf_add(&out, text.p + from, at - from);
		buf_add_text(&out, with);
		from = at + strlen(what);
	} while (all);
	buf_add(&out, text.p + from, text.n - from);
	text = value_copy_text(p->v, buf_str(&out)).text;
	buf_free(&out);
	return text;
}

static void
jmes_quoted(struct jmes_parser *p)
{
	size_t end = jmes_quote_end(p);
	struct jmes_lexeme *t = jmes_add(
	    p, JMES_T_QUOTED, (end < p->text.n ? end + 1 : end) - p->at);

	if (value_read_json(p->v, t->text, &t->literal) == -1 ||
	    t->literal.kind != VALUE_TEXT)
		p->wrong = true;
	else
		t->text = t->literal.text;
}

static void
jmes_raw(struct jmes_parser *p)
{
	size_t end = jmes_quote_end(p);
	/* One that is not closed loses its last character. */
	size_t last = end < p->text.n ? end : end == p->at + 1 ? end : end;
	struct str text = { p->text.p + p->at + 1, last - p->at - 1 };

	text = jmes_replaced(p, text, "\\\\", "\\", true);
	text = jmes_replaced(p, text, "\\'", "'", true);
	jmes_add(p, JMES_T_LITERAL, (end < p->text.n ? end + 1 : end) - p->at)
	    ->literal = value_text(text);
}

static void
jmes_json(struct jmes_parser *p)
{
	size_t end = jmes_quote_end(p);
	struct str text = { p->text.p + p->at + 1, end - p->at - 1 };
	struct jmes_lexeme *t = jmes_add(
	    p, JMES_T_LITERAL, (end < p->text.n ? end + 1 : end) - p->at);

	text = jmes_replaced(p, text, "\\`", "`", false);
	p->wrong |= value_read_json(p->v, text, &t->literal) == -1;
}

static void
jmes_number(struct jmes_parser *p)
{
	size_t end = p->at + 1;
	struct jmes_lexeme *t;

	while (jmes_is_digit(jmes_char(p, end)))
		end++;
	t = jmes_add(p, JMES_T_NUMBER, end - p->at);
	t->literal = value_number(number_int_of(t->text));
}

static const struct jmes_mark {
	const char *text;
	enum jmes_token kind;
} jmes_marks[] = {
	{ "!=", JMES_T_NE },
	{ "!", JMES_T_NOT },
	{ "<=", JMES_T_LTE },
	{ "<", JMES_T_LT },
	{ ">=", JMES_T_GTE },
	{ ">", JMES_T_GT },
	{ "==", JMES_T_EQ },
	{ "=", JMES_T_ASSIGN },
	{ "&&", JMES_T_AND },
	{ "&", JMES_T_REFERENCE },
	{ "||", JMES_T_OR },
	{ "|", JMES_T_PIPE },
	{ "//", JMES_T_DIV },
	{ "/", JMES_T_DIVIDE },
	{ "[?", JMES_T_FILTER },
	{ "[]", JMES_T_FLATTEN },
	{ "[", JMES_T_LBRACKET },
	{ "(", JMES_T_LPAREN },
	{ ")", JMES_T_RPAREN },
	{ "*", JMES_T_STAR },
	{ ",", JMES_T_COMMA },
	{ ".", JMES_T_DOT },
	{ ":", JMES_T_COLON },
	{ "@", JMES_T_CURRENT },
	{ "]", JMES_T_RBRACKET },
	{ "{", JMES_T_LBRACE },
	{ "}", JMES_T_RBRACE },
	{ "+", JMES_T_PLUS },
	{ "%", JMES_T_MODULO },
	{ "?", JMES_T_QUESTION },
	{ "-", JMES_T_MINUS },
	{ "$", JMES_T_ROOT },
	{ "\xe2\x88\x92", JMES_T_MINUS },
	{ "\xc3\x97", JMES_T_MULTIPLY },
	{ "\xc3\xb7", JMES_T_DIVIDE },
};

#define JMES_MARKS (sizeof(jmes_marks) / sizeof(*jmes_marks))

static void
jmes_mark(struct jmes_parser *p)
{
	struct str rest = { p->text.p + p->at, p->text.n - p->at };
	const struct jmes_mark *m;

	for (m = jmes_marks; m < jmes_marks + JMES_MARKS; m++)
		if (str_starts(rest, m->text)) {
			jmes_add(p, m->kind, strlen(m->text));
			return;
		}
	p->wrong = true;
}

static void
jmes_step(struct jmes_parser *p)
{
	char c = p->text.p[p->at], next = jmes_char(p, p->at + 1);

	if (jmes_is_alpha(c)) {
		jmes_add(p, JMES_T_NAME, jmes_word_end(p, p->at) - p->at);
	} else if (c == '$' && jmes_is_alpha(next)) {
		p->at++;
		jmes_add(p, JMES_T_VARIABLE, jmes_word_end(p, p->at) - p->at);
	} else if ((c >= '0' && c <= '9') ||
		   (c == '-' && jmes_is_digit(next))) {
		jmes_number(p);
	} else if (c == '"') {
		jmes_quoted(p);
	} else if (c == '\'') {
		jmes_raw(p);
	} else if (c == '`') {
		jmes_json(p);
	} else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		p->at++;
	} else {
		jmes_mark(p);
	}
}

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
	struct jmes_parser p = { .v = v, .text = text };
	struct jmes_node *n = NULL;

	while (p.at < text.n && !p.wrong)
		jmes_step(&p);
	jmes_add(&p, JMES_END, 0);
	if (!p.wrong)
		n = jmes_expression(&p, 0);
	if (jmes_sees(&p, 0) != JMES_END)
		p.wrong = true;
	free(p.tokens);
	return p.wrong ? NULL : n;
}
