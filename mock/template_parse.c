/*
 * The grammar of Handlebars 4.7, by recursive descent.  A call is written the
 * same way everywhere: a name, arguments, then key=value pairs.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#include "mock/template_priv.h"

struct parser {
	struct template *t;
	const struct template_limits *limits;
	struct token *tokens, *at;
	unsigned depth;
	struct err *e;
};

static int parser_program(struct parser *p, struct program **to);
static int parser_call(struct parser *p, struct call *call, bool *dynamic);

static int
parser_wrong(struct parser *p, const char *what)
{
	return template_wrong(p->t, p->at->at, p->e, what);
}

static const char *
parser_token_text(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_END:
		return "the end of the template";
	case TOKEN_INVALID:
		return "what means nothing here";
	case TOKEN_CLOSE:
		return "}}";
	case TOKEN_CLOSE_UNESCAPED:
		return "}}}";
	case TOKEN_CLOSE_RAW:
		return "}}}}";
	case TOKEN_CLOSE_SEXPR:
		return ")";
	case TOKEN_OPEN_END:
		return "{{/";
	case TOKEN_INVERSE:
	case TOKEN_OPEN_CHAIN:
		return "{{else";
	case TOKEN_EQUALS:
		return "=";
	case TOKEN_CLOSE_PARAMS:
		return "|";
	default:
		return NULL;
	}
}

/* "expected }}, found )" */
static int
parser_expected(struct parser *p, const char *what)
{
	const char *found = parser_token_text(p->at->kind);
	struct err e;

	if (found != NULL)
		err_set(&e, "expected %s, found %s", what, found);
	else
		err_set(&e, "expected %s", what);
	return parser_wrong(p, e.text);
}

static bool
parser_sees(const struct parser *p, enum token_kind kind)
{
	return p->at->kind == kind;
}

static int
parser_take(struct parser *p, enum token_kind kind, struct token *taken)
{
	if (!parser_sees(p, kind))
		return parser_expected(p, parser_token_text(kind));
	*taken = *p->at++;
	return 0;
}

static void *
parser_alloc(struct parser *p, size_t n)
{
	return arena_zalloc(&p->t->arena, n);
}

/* Counts a statement or an expression. */
static int
parser_count(struct parser *p)
{
	if (++p->t->nodes > p->limits->nodes)
		return parser_wrong(p, "the template is too long");
	return 0;
}

static int
parser_deeper(struct parser *p)
{
	if (++p->depth > p->limits->depth)
		return parser_wrong(p, "nested too deep");
	return 0;
}

static struct str
parser_join(struct parser *p, struct str a, struct str b, struct str c)
{
	size_t n = a.n + b.n + c.n;
	char *joined = arena_alloc(&p->t->arena, n + 1), *to = joined;

	to = mempcpy(to, a.p, a.n);
	to = mempcpy(to, b.p, b.n);
	memcpy(to, c.p, c.n);
	return (struct str){ joined, n };
}

/* Whether a path is scoped: /^\.|this\b/ fits it. */
static bool
parser_is_scoped(struct str original)
{
	const char *at = original.p, *end = original.p + original.n;

	if (original.n > 0 && original.p[0] == '.')
		return true;
	while ((at = memmem(at, (size_t)(end - at), "this", 4)) != NULL) {
		at += 4;
		if (at == end || !((*at >= '0' && *at <= '9') ||
				     (*at >= 'a' && *at <= 'z') ||
				     (*at >= 'A' && *at <= 'Z') || *at == '_'))
			return true;
	}
	return false;
}

static bool
parser_is_relative(const struct token *t)
{
	return !t->literal && (str_is(t->text, "..") || str_is(t->text, ".") ||
				  str_is(t->text, "this"));
}

/* One part of a path, which has n of them so far. */
static int
parser_part(struct parser *p, struct path *path, const struct token *t)
{
	if (!parser_is_relative(t)) {
		path->parts[path->n++] = t->text;
		return 0;
	}
	if (path->n > 0) {
		p->at = (struct token *)t;
		return parser_wrong(p, "a path goes up at its beginning only");
	}
	path->depth += str_is(t->text, "..");
	return 0;
}

static int
parser_path(struct parser *p, struct path *path)
{
	struct token *first = p->at, *t;
	struct str none = STR("");
	unsigned n = 1;

	if (!parser_sees(p, TOKEN_ID))
		return parser_expected(p, "a name");
	for (t = first; t[1].kind == TOKEN_SEPARATOR && t[2].kind == TOKEN_ID;
	     t += 2)
		n++;
	path->parts = parser_alloc(p, n * sizeof(*path->parts));
	path->original = path->data ? STR("@") : none;
	for (t = first; n > 0; t += 2, n--) {
		path->original = parser_join(
		    p, path->original, t == first ? none : t[-1].text, t->text);
		if (parser_part(p, path, t) == -1)
			return -1;
		p->at = t + 1;
	}
	path->scoped = parser_is_scoped(path->original);
	return 0;
}

static struct value
parser_literal(const struct token *t)
{
	switch (t->kind) {
	case TOKEN_STRING:
		return value_text(t->text);
	case TOKEN_NUMBER:
		return value_number(number_of(t->text));
	case TOKEN_BOOLEAN:
		return value_bool(t->text.p[0] == 't');
	case TOKEN_NULL:
		return value_null();
	default:
		return VALUE_NONE;
	}
}

/* A name: a path, @ and a path, or a literal. */
static int
parser_name(struct parser *p, struct expr *to)
{
	to->at = p->at->at;
	if (parser_count(p) == -1)
		return -1;
	switch (p->at->kind) {
	case TOKEN_DATA:
		p->at++;
		to->path.data = true;
		/* fall through */
	case TOKEN_ID:
		to->kind = EXPR_PATH;
		return parser_path(p, &to->path);
	case TOKEN_STRING:
	case TOKEN_NUMBER:
	case TOKEN_BOOLEAN:
	case TOKEN_UNDEFINED:
	case TOKEN_NULL:
		to->kind = EXPR_LITERAL;
		to->literal = parser_literal(p->at++);
		return 0;
	default:
		return parser_expected(p, "a name or a value");
	}
}

static int
parser_sexpr(struct parser *p, struct expr *to)
{
	struct token close = { 0 };

	to->kind = EXPR_CALL;
	to->at = p->at->at;
	to->call = parser_alloc(p, sizeof(*to->call));
	to->call->kind = CALL_HELPER;
	p->at++;
	if (parser_deeper(p) == -1 || parser_call(p, to->call, NULL) == -1)
		return -1;
	p->depth--;
	return parser_take(p, TOKEN_CLOSE_SEXPR, &close);
}

static int
parser_param(struct parser *p, struct expr *to)
{
	if (parser_sees(p, TOKEN_OPEN_SEXPR))
		return parser_sexpr(p, to);
	return parser_name(p, to);
}

static bool
parser_at_hash(const struct parser *p)
{
	return p->at[0].kind == TOKEN_ID && p->at[1].kind == TOKEN_EQUALS;
}

static bool
parser_at_param(const struct parser *p)
{
	switch (p->at->kind) {
	case TOKEN_ID:
		return !parser_at_hash(p);
	case TOKEN_DATA:
	case TOKEN_STRING:
	case TOKEN_NUMBER:
	case TOKEN_BOOLEAN:
	case TOKEN_UNDEFINED:
	case TOKEN_NULL:
	case TOKEN_OPEN_SEXPR:
		return true;
	default:
		return false;
	}
}

/* Makes room for one more in a list that grows by doubling. */
static void *
parser_grow(struct parser *p, void *list, unsigned n, size_t size)
{
	void *bigger;

	if (n != 0 && (n & (n - 1)) != 0)
		return list;
	bigger = parser_alloc(p, (n == 0 ? 1 : 2 * (size_t)n) * size);
	if (n > 0)
		memcpy(bigger, list, n * size);
	return bigger;
}

static int
parser_args(struct parser *p, struct call *call)
{
	while (parser_at_param(p)) {
		call->args =
		    parser_grow(p, call->args, call->n, sizeof(*call->args));
		if (parser_param(p, &call->args[call->n++]) == -1)
			return -1;
	}
	while (parser_at_hash(p)) {
		call->keys = parser_grow(
		    p, call->keys, call->n_hash, sizeof(*call->keys));
		call->hash = parser_grow(
		    p, call->hash, call->n_hash, sizeof(*call->hash));
		call->keys[call->n_hash] = p->at->text;
		p->at += 2;
		if (parser_param(p, &call->hash[call->n_hash++]) == -1)
			return -1;
	}
	return 0;
}

/* A name (or, where dynamic is asked for, a subexpression) and what it is
 * called with. */
static int
parser_call(struct parser *p, struct call *call, bool *dynamic)
{
	call->at = p->at->at;
	if (dynamic != NULL && parser_sees(p, TOKEN_OPEN_SEXPR)) {
		*dynamic = true;
		if (parser_sexpr(p, &call->head) == -1)
			return -1;
	} else if (parser_name(p, &call->head) == -1) {
		return -1;
	}
	return parser_args(p, call);
}

static int
parser_block_params(struct parser *p, struct program *program)
{
	struct token close = { 0 };

	if (!parser_sees(p, TOKEN_OPEN_PARAMS))
		return 0;
	p->at++;
	do {
		if (!parser_sees(p, TOKEN_ID))
			return parser_expected(p, "the name of a parameter");
		program->params = parser_grow(p, program->params,
		    program->n_params, sizeof(*program->params));
		program->params[program->n_params++] = p->at++->text;
	} while (!parser_sees(p, TOKEN_CLOSE_PARAMS));
	return parser_take(p, TOKEN_CLOSE_PARAMS, &close);
}

static struct node *
parser_new_node(struct parser *p, enum node_kind kind)
{
	struct node *n = parser_alloc(p, sizeof(*n));

	n->kind = kind;
	n->at = p->at->at;
	return n;
}

static void
parser_append(struct program *program, struct node *n)
{
	n->prev = program->last;
	if (program->last != NULL)
		program->last->next = n;
	else
		program->first = n;
	program->last = n;
	program->n++;
}

static void
parser_content(struct parser *p, struct program *program)
{
	struct node *n = parser_new_node(p, NODE_CONTENT);

	n->original = n->text = p->at++->text;
	parser_append(program, n);
}

static struct str
parser_head_text(const struct expr *head)
{
	return head->kind == EXPR_PATH            ? head->path.original
	       : head->literal.kind == VALUE_TEXT ? head->literal.text
						  : STR("");
}

/* Whether {{/close}} is that of a block that began with open. */
static bool
parser_closes(const struct expr *open, const struct expr *close)
{
	bool texts =
	    (open->kind == EXPR_PATH || open->literal.kind == VALUE_TEXT) &&
	    (close->kind == EXPR_PATH || close->literal.kind == VALUE_TEXT);

	if (texts)
		return str_eq(parser_head_text(open), parser_head_text(close));
	return open->kind == close->kind &&
	       value_same(open->literal, close->literal);
}

/* {{/name}}, where open is what it has to name. */
static int
parser_close(struct parser *p, const struct expr *open, struct strip *strip)
{
	struct expr name = { 0 };
	struct token from = *p->at, to = { 0 };
	struct err e;

	if (!parser_sees(p, TOKEN_OPEN_END))
		return parser_expected(p, "{{/ and the name of the block");
	p->at++;
	if (parser_name(p, &name) == -1 ||
	    parser_take(p, TOKEN_CLOSE, &to) == -1)
		return -1;
	*strip = (struct strip){ from.strip_open, to.strip_close };
	if (parser_closes(open, &name))
		return 0;
	err_set(&e, "%.*s doesn't match %.*s",
	    (int)(parser_head_text(open).n > 100 ? 100
						 : parser_head_text(open).n),
	    parser_head_text(open).p,
	    (int)(parser_head_text(&name).n > 100 ? 100
						  : parser_head_text(&name).n),
	    parser_head_text(&name).p);
	return template_wrong(p->t, open->at, p->e, e.text);
}

/* What stands between {{# and }}, and the program behind it. */
static int
parser_open(struct parser *p, struct node *n, struct program **to)
{
	struct program params = { 0 };
	struct token open = *p->at++, close = { 0 };

	if (parser_call(p, &n->call, NULL) == -1 ||
	    parser_block_params(p, &params) == -1 ||
	    parser_take(p, TOKEN_CLOSE, &close) == -1)
		return -1;
	n->open_strip = (struct strip){ open.strip_open, close.strip_close };
	if (parser_program(p, to) == -1)
		return -1;
	(*to)->params = params.params;
	(*to)->n_params = params.n_params;
	return 0;
}

/* {{else}} and what follows. */
static int
parser_inverse(struct parser *p, struct node *n, struct program **to)
{
	n->inverse_strip =
	    (struct strip){ p->at->strip_open, p->at->strip_close };
	p->at++;
	return parser_program(p, to);
}

/* The block of an {{else if}} ends where the one it belongs to does. */
static void
parser_close_chain(struct node *outer)
{
	if (outer->inverse != NULL && outer->inverse->chained)
		outer->inverse->first->close_strip = outer->close_strip;
}

/*
 * {{else}} or {{else name ...}} of a block; the latter is a block within the
 * inverse program, and closes where the outermost one does.
 */
static int
parser_inverse_chain(struct parser *p, struct node *outer)
{
	struct node *n;

	if (parser_sees(p, TOKEN_INVERSE))
		return parser_inverse(p, outer, &outer->inverse);
	if (!parser_sees(p, TOKEN_OPEN_CHAIN))
		return 0;
	if (parser_deeper(p) == -1 || parser_count(p) == -1)
		return -1;
	n = parser_new_node(p, NODE_BLOCK);
	if (parser_open(p, n, &n->program) == -1 ||
	    parser_inverse_chain(p, n) == -1)
		return -1;
	p->depth--;
	n->close_strip = n->inverse_strip;
	parser_close_chain(n);
	outer->inverse = parser_alloc(p, sizeof(*outer->inverse));
	outer->inverse->chained = true;
	parser_append(outer->inverse, n);
	outer->inverse_strip = n->open_strip;
	return 0;
}

static int
parser_block(struct parser *p, struct program *program)
{
	struct node *n = parser_new_node(p, NODE_BLOCK);
	char flag = p->at->flag;

	parser_append(program, n);
	if (parser_open(p, n, &n->program) == -1)
		return -1;
	if (flag == '*') {
		n->kind = NODE_INLINE;
		program->partials = true;
		if (parser_sees(p, TOKEN_INVERSE) ||
		    parser_sees(p, TOKEN_OPEN_CHAIN))
			return parser_wrong(
			    p, "an inline partial has no {{else}}");
	} else if (parser_inverse_chain(p, n) == -1) {
		return -1;
	}
	if (parser_close(p, &n->call.head, &n->close_strip) == -1)
		return -1;
	parser_close_chain(n);
	return 0;
}

/* {{^name}}...{{else}}...{{/name}} */
static int
parser_inverted(struct parser *p, struct program *program)
{
	struct node *n = parser_new_node(p, NODE_BLOCK);

	parser_append(program, n);
	if (parser_open(p, n, &n->inverse) == -1)
		return -1;
	if (parser_sees(p, TOKEN_INVERSE) &&
	    parser_inverse(p, n, &n->program) == -1)
		return -1;
	return parser_close(p, &n->call.head, &n->close_strip);
}

static int
parser_mustache(struct parser *p, struct program *program)
{
	struct node *n = parser_new_node(p, NODE_MUSTACHE);
	struct token open = *p->at++, close = { 0 };
	bool triple = open.kind == TOKEN_OPEN_UNESCAPED;

	n->unescaped = triple || open.flag == '&';
	parser_append(program, n);
	if (parser_call(p, &n->call, NULL) == -1 ||
	    parser_take(
		p, triple ? TOKEN_CLOSE_UNESCAPED : TOKEN_CLOSE, &close) == -1)
		return -1;
	n->strip = (struct strip){ open.strip_open, close.strip_close };
	if (open.flag == '*')
		return template_wrong(
		    p->t, n->at, p->e, "there is no such decorator");
	return 0;
}

static int
parser_partial(struct parser *p, struct program *program)
{
	bool block = p->at->kind == TOKEN_OPEN_PARTIAL_BLOCK, dynamic = false;
	struct node *n =
	    parser_new_node(p, block ? NODE_PARTIAL_BLOCK : NODE_PARTIAL);
	struct token open = *p->at++, close = { 0 };

	parser_append(program, n);
	if (parser_call(p, &n->call, &dynamic) == -1 ||
	    parser_take(p, TOKEN_CLOSE, &close) == -1)
		return -1;
	if (n->call.n > 1)
		return template_wrong(
		    p->t, n->at, p->e, "a partial takes one argument at most");
	n->strip = n->open_strip =
	    (struct strip){ open.strip_open, close.strip_close };
	if (!block)
		return 0;
	if (parser_program(p, &n->program) == -1)
		return -1;
	return parser_close(p, &n->call.head, &n->close_strip);
}

/* {{{{name}}}} ... {{{{/name}}}} */
static int
parser_raw(struct parser *p, struct program *program)
{
	struct node *n = parser_new_node(p, NODE_BLOCK);
	struct token close = { 0 };

	p->at++;
	parser_append(program, n);
	n->program = parser_alloc(p, sizeof(*n->program));
	if (parser_call(p, &n->call, NULL) == -1 ||
	    parser_take(p, TOKEN_CLOSE_RAW, &close) == -1)
		return -1;
	while (parser_sees(p, TOKEN_CONTENT))
		parser_content(p, n->program);
	if (!parser_sees(p, TOKEN_END_RAW))
		return parser_expected(p, "{{{{/ and the name of the block");
	if (!str_eq(p->at->text, parser_head_text(&n->call.head)))
		return parser_wrong(p, "the name is not that of the block");
	p->at++;
	return 0;
}

static void
parser_comment(struct parser *p, struct program *program)
{
	struct node *n = parser_new_node(p, NODE_COMMENT);

	n->strip = (struct strip){ p->at->strip_open, p->at->strip_close };
	p->at++;
	parser_append(program, n);
}

/* One statement.  1 when there is none. */
static int
parser_statement(struct parser *p, struct program *program)
{
	switch (p->at->kind) {
	case TOKEN_CONTENT:
		parser_content(p, program);
		return 0;
	case TOKEN_COMMENT:
		parser_comment(p, program);
		return 0;
	case TOKEN_OPEN:
	case TOKEN_OPEN_UNESCAPED:
		return parser_mustache(p, program);
	case TOKEN_OPEN_BLOCK:
		return parser_block(p, program);
	case TOKEN_OPEN_INVERSE:
		return parser_inverted(p, program);
	case TOKEN_OPEN_PARTIAL:
	case TOKEN_OPEN_PARTIAL_BLOCK:
		return parser_partial(p, program);
	case TOKEN_OPEN_RAW:
		return parser_raw(p, program);
	default:
		return 1;
	}
}

static int
parser_program(struct parser *p, struct program **to)
{
	struct program *program = parser_alloc(p, sizeof(*program));
	int result;

	*to = program;
	if (parser_deeper(p) == -1)
		return -1;
	do {
		if (parser_count(p) == -1)
			return -1;
		result = parser_statement(p, program);
	} while (result == 0);
	p->depth--;
	return result == -1 ? -1 : 0;
}

int
template_parse(
    struct template *t, const struct template_limits *limits, struct err *e)
{
	struct parser p = { .t = t, .limits = limits, .e = e };
	size_t n;
	int result;

	p.tokens = p.at = token_all(t->text, &t->arena, &n);
	result = parser_program(&p, &t->main);
	if (result == 0 && !parser_sees(&p, TOKEN_END))
		result =
		    parser_wrong(&p, parser_token_text(p.at->kind) == NULL
					 ? "this cannot stand here"
					 : "this closes nothing that is open");
	free(p.tokens);
	return result;
}
