/* The tokens of JMESPath. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/number.h"
#include "mock/text.h"
#include "mock/value_json.h"

#include "mock/jmespath_priv.h"

#define JMES_TOKENS 20000

struct jmes_lexer {
	struct values *v;
	struct str text;
	size_t at;
	struct jmes_lexeme *tokens;
	size_t n, room;
	bool wrong;
};

static struct jmes_lexeme *
jmes_add(struct jmes_lexer *l, enum jmes_token kind, size_t n)
{
	if (l->n == l->room) {
		l->room = l->room == 0 ? 32 : l->room * 2;
		l->tokens = xrealloc(l->tokens, l->room * sizeof(*l->tokens));
	}
	l->wrong |= l->n > JMES_TOKENS;
	l->tokens[l->n] = (struct jmes_lexeme){
		.kind = kind,
		.text = { l->text.p + l->at, n },
	};
	l->at += n;
	return &l->tokens[l->n++];
}

static char
jmes_char(const struct jmes_lexer *l, size_t at)
{
	return at < l->text.n ? l->text.p[at] : '\0';
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
jmes_word_end(const struct jmes_lexer *l, size_t at)
{
	while (jmes_is_alpha(jmes_char(l, at)) ||
	       (jmes_char(l, at) >= '0' && jmes_char(l, at) <= '9'))
		at++;
	return at;
}

/* Where what is quoted from l->at on ends, at the quote or the end. */
static size_t
jmes_quote_end(const struct jmes_lexer *l)
{
	char quote = l->text.p[l->at];
	size_t at = l->at + 1;

	while (at < l->text.n && l->text.p[at] != quote)
		at +=
		    l->text.p[at] == '\\' && (jmes_char(l, at + 1) == '\\' ||
						 jmes_char(l, at + 1) == quote)
			? 2
			: 1;
	return at < l->text.n ? at : l->text.n;
}

/* Replaces what by with, everywhere or once. */
static struct str
jmes_replaced(struct jmes_lexer *l, struct str text, const char *what,
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
	text = value_copy_text(l->v, buf_str(&out)).text;
	buf_free(&out);
	return text;
}

static void
jmes_quoted(struct jmes_lexer *l)
{
	size_t end = jmes_quote_end(l);
	struct jmes_lexeme *t = jmes_add(
	    l, JMES_T_QUOTED, (end < l->text.n ? end + 1 : end) - l->at);

	if (value_read_json(l->v, t->text, &t->literal) == -1 ||
	    t->literal.kind != VALUE_TEXT)
		l->wrong = true;
	else
		t->text = t->literal.text;
}

static void
jmes_raw(struct jmes_lexer *l)
{
	size_t end = jmes_quote_end(l);
	struct str text = { l->text.p + l->at + 1, end - l->at - 1 };

	text = jmes_replaced(l, text, "\\\\", "\\", true);
	text = jmes_replaced(l, text, "\\'", "'", true);
	jmes_add(l, JMES_T_LITERAL, (end < l->text.n ? end + 1 : end) - l->at)
	    ->literal = value_text(text);
}

static void
jmes_json(struct jmes_lexer *l)
{
	size_t end = jmes_quote_end(l);
	struct str text = { l->text.p + l->at + 1, end - l->at - 1 };
	struct jmes_lexeme *t = jmes_add(
	    l, JMES_T_LITERAL, (end < l->text.n ? end + 1 : end) - l->at);

	text = jmes_replaced(l, text, "\\`", "`", false);
	l->wrong |= value_read_json(l->v, text, &t->literal) == -1;
}

static void
jmes_number(struct jmes_lexer *l)
{
	size_t end = l->at + 1;
	struct jmes_lexeme *t;

	while (jmes_is_digit(jmes_char(l, end)))
		end++;
	t = jmes_add(l, JMES_T_NUMBER, end - l->at);
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
jmes_mark(struct jmes_lexer *l)
{
	struct str rest = { l->text.p + l->at, l->text.n - l->at };
	const struct jmes_mark *m;

	for (m = jmes_marks; m < jmes_marks + JMES_MARKS; m++)
		if (str_starts(rest, m->text)) {
			jmes_add(l, m->kind, strlen(m->text));
			return;
		}
	l->wrong = true;
}

static void
jmes_step(struct jmes_lexer *l)
{
	char c = l->text.p[l->at], next = jmes_char(l, l->at + 1);

	if (jmes_is_alpha(c)) {
		jmes_add(l, JMES_T_NAME, jmes_word_end(l, l->at) - l->at);
	} else if (c == '$' && jmes_is_alpha(next)) {
		l->at++;
		jmes_add(l, JMES_T_VARIABLE, jmes_word_end(l, l->at) - l->at);
	} else if ((c >= '0' && c <= '9') ||
		   (c == '-' && jmes_is_digit(next))) {
		jmes_number(l);
	} else if (c == '"') {
		jmes_quoted(l);
	} else if (c == '\'') {
		jmes_raw(l);
	} else if (c == '`') {
		jmes_json(l);
	} else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		l->at++;
	} else {
		jmes_mark(l);
	}
}

struct jmes_lexeme *
jmes_tokens(struct values *v, struct str text, size_t *n)
{
	struct jmes_lexer l = { .v = v, .text = text };

	while (l.at < text.n && !l.wrong)
		jmes_step(&l);
	jmes_add(&l, JMES_END, 0);
	*n = l.n;
	if (!l.wrong)
		return l.tokens;
	free(l.tokens);
	return NULL;
}
