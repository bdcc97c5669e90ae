#ifndef MOCK_TEMPLATE_PRIV_H
#define MOCK_TEMPLATE_PRIV_H

/*
 * The inside of a template, for mock/template*.c and mock/helper*.c only: text
 * becomes tokens (template_lex.c), these a tree (template_parse.c), which
 * loses the white space around its statements (template_space.c) and is told
 * what each name means (template_name.c).
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "mock/template.h"
#include "mock/value.h"

enum token_kind {
	TOKEN_END,
	TOKEN_INVALID,
	TOKEN_CONTENT,
	TOKEN_COMMENT,
	TOKEN_OPEN,               /* {{ {{& {{* */
	TOKEN_OPEN_UNESCAPED,     /* {{{ */
	TOKEN_OPEN_BLOCK,         /* {{# {{#* */
	TOKEN_OPEN_INVERSE,       /* {{^ */
	TOKEN_OPEN_CHAIN,         /* {{else */
	TOKEN_OPEN_END,           /* {{/ */
	TOKEN_OPEN_PARTIAL,       /* {{> */
	TOKEN_OPEN_PARTIAL_BLOCK, /* {{#> */
	TOKEN_OPEN_RAW,           /* {{{{ */
	TOKEN_INVERSE,            /* {{^}} {{else}} */
	TOKEN_CLOSE,
	TOKEN_CLOSE_UNESCAPED,
	TOKEN_CLOSE_RAW,
	TOKEN_END_RAW, /* text: the name in it */
	TOKEN_OPEN_SEXPR,
	TOKEN_CLOSE_SEXPR,
	TOKEN_OPEN_PARAMS, /* as | */
	TOKEN_CLOSE_PARAMS,
	TOKEN_ID,
	TOKEN_EQUALS,
	TOKEN_SEPARATOR,
	TOKEN_DATA, /* @ */
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_BOOLEAN,
	TOKEN_UNDEFINED,
	TOKEN_NULL,
};

struct token {
	enum token_kind kind;
	uint32_t at;     /* offset in the template */
	struct str text; /* of an ID and a STRING: as meant, without quotes */
	bool strip_open, strip_close; /* a ~ at that end */
	bool literal;                 /* an ID in brackets */
	char flag;                    /* & or * of an OPEN and OPEN_BLOCK */
};

/* All tokens of a text, the last being TOKEN_END or TOKEN_INVALID; in arena,
 * but the array is the caller's to free. */
struct token *token_all(struct str text, struct arena *arena, size_t *n);

/* A path like ../a.[b c].d or @root.x. */
struct path {
	struct str original;
	struct str *parts;
	unsigned n;
	unsigned depth; /* how many ../ */
	bool data;      /* begins with @ */
	bool scoped;    /* begins with . or has a this */
	bool is_param;  /* parts[0] is the parameter of a block: */
	unsigned param_level, param_index;
};

enum expr_kind {
	EXPR_LITERAL,
	EXPR_PATH,
	EXPR_CALL,
};

/* How a call is carried out, by what can be said of it beforehand. */
enum call_kind {
	CALL_LOOKUP,    /* a path and nothing else */
	CALL_AMBIGUOUS, /* a helper if there is one, a property otherwise */
	CALL_HELPER,    /* has arguments: a helper */
};

struct expr {
	enum expr_kind kind;
	uint32_t at;
	union {
		struct value literal;
		struct path path;
		struct call *call;
	};
};

struct call {
	struct expr head; /* EXPR_PATH, or a literal that names one */
	enum call_kind kind;
	const struct helper *helper; /* NULL: none of that name */
	struct expr *args;
	struct expr *hash;
	struct str *keys;
	unsigned n, n_hash;
	uint32_t at;
};

struct program {
	struct node *first, *last;
	unsigned n;
	struct str *params; /* of as |a b| */
	unsigned n_params;
	bool chained;  /* holds the one block of an {{else if}} */
	bool partials; /* has inline partials */
};

enum node_kind {
	NODE_CONTENT,
	NODE_COMMENT,
	NODE_MUSTACHE,
	NODE_BLOCK,
	NODE_PARTIAL,
	NODE_PARTIAL_BLOCK,
	NODE_INLINE, /* {{#*inline}} */
};

struct strip {
	bool open, close;
};

struct node {
	enum node_kind kind;
	uint32_t at;
	struct node *prev, *next;
	struct str original; /* content */
	struct str text;     /* content: what is left of it; partial: indent */
	bool left_stripped, right_stripped;
	bool unescaped;
	struct strip strip; /* of a mustache, comment, partial */
	struct strip open_strip, inverse_strip, close_strip;
	struct call call;
	struct program *program, *inverse;
};

struct template
{
	struct arena arena;
	struct str text;
	struct program *main;
	size_t nodes;
	struct used *used; /* each helper that is called, once */
};

struct used {
	const struct helper *helper;
	struct used *next;
};

struct template_limits template_limits_of(const struct template_limits *given);

/* Sets *e to "line L, column C: WHAT".  Always -1. */
int template_wrong(
    const struct template *t, uint32_t at, struct err *e, const char *what);

int template_parse(
    struct template *t, const struct template_limits *limits, struct err *e);
void template_strip(struct template *t);
/* 0, or -1 with *e set. */
int template_name(struct template *t, struct err *e);

#endif
