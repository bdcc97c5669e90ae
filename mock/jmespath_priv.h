#ifndef MOCK_JMESPATH_PRIV_H
#define MOCK_JMESPATH_PRIV_H

/* For jmespath*.c only. */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "mock/value.h"

enum jmes_kind {
	JMES_CURRENT,
	JMES_ROOT,
	JMES_LITERAL,
	JMES_FIELD,
	JMES_VARIABLE,
	JMES_INDEX, /* parts[0] */
	JMES_SLICE, /* parts, where has */
	JMES_CHAIN, /* right of left, even of null: [0], | */
	JMES_DOT,   /* right of left, unless that is null */
	JMES_FLATTEN,
	JMES_PROJECT,
	JMES_PROJECT_VALUES,
	JMES_FILTER, /* third is the condition */
	JMES_COMPARE,
	JMES_ARITHMETIC,
	JMES_SIGN,
	JMES_OR,
	JMES_AND,
	JMES_NOT,
	JMES_LIST,      /* children */
	JMES_OBJECT,    /* children, with names */
	JMES_CALL,      /* children */
	JMES_REFERENCE, /* &left */
	JMES_LET,       /* children are bindings, left is what they are for */
	JMES_BINDING,   /* name = left */
	JMES_TERNARY,   /* third ? left : right */
};

enum jmes_token {
	JMES_END,
	JMES_T_VARIABLE,
	JMES_T_NAME,
	JMES_T_QUOTED,
	JMES_T_RBRACKET,
	JMES_T_RPAREN,
	JMES_T_COMMA,
	JMES_T_COLON,
	JMES_T_RBRACE,
	JMES_T_NUMBER,
	JMES_T_CURRENT,
	JMES_T_REFERENCE,
	JMES_T_ROOT,
	JMES_T_LITERAL,
	JMES_T_ASSIGN,
	JMES_T_PIPE,
	JMES_T_QUESTION,
	JMES_T_OR,
	JMES_T_AND,
	JMES_T_EQ,
	JMES_T_GT,
	JMES_T_LT,
	JMES_T_GTE,
	JMES_T_LTE,
	JMES_T_NE,
	JMES_T_MINUS,
	JMES_T_PLUS,
	JMES_T_DIV,
	JMES_T_DIVIDE,
	JMES_T_MODULO,
	JMES_T_MULTIPLY,
	JMES_T_FLATTEN,
	JMES_T_STAR,
	JMES_T_FILTER,
	JMES_T_DOT,
	JMES_T_NOT,
	JMES_T_LBRACE,
	JMES_T_LBRACKET,
	JMES_T_LPAREN,
};

struct jmes_node {
	enum jmes_kind kind;
	enum jmes_token operator;
	struct str name;
	struct value literal;
	struct jmes_node *left, *right, *third;
	struct jmes_node *children, *next;
	double parts[3];
	bool has[3];
};

struct jmes_lexeme {
	enum jmes_token kind;
	struct str text;
	struct value literal;
};

/* All tokens and JMES_END, which the caller frees; NULL for what is none. */
struct jmes_lexeme *jmes_tokens(struct values *v, struct str text, size_t *n);

/* NULL when text is no expression. */
struct jmes_node *jmes_parse(struct values *v, struct str text);

struct jmes_search {
	struct values *v;
	struct value root;
	const struct jmes_scope *scope;
	unsigned depth;
};

struct jmes_scope {
	struct str name;
	struct value value;
	const struct jmes_scope *outer;
};

/* 0, or -1 when it cannot be evaluated. */
int jmes_visit(struct jmes_search *s, const struct jmes_node *n,
    struct value at, struct value *to);

/* An argument of a function: a value or a reference to an expression. */
struct jmes_arg {
	struct value value;
	const struct jmes_node *reference;
};

#define JMES_ARGS 64

/* Calls the function of that name.  0, or -1 with the search's error set. */
int jmes_call(struct jmes_search *s, struct str name,
    const struct jmes_arg *args, unsigned n, struct value *to);

/* Whether JMESPath takes it for false: null, false, and what is empty. */
bool jmes_is_false(struct value a);

/* Whether they are equal all the way down. */
bool jmes_equal(struct values *v, struct value a, struct value b);

#endif
