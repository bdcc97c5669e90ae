/*
 * The tokens of Handlebars 4.7.  The rules are tried in the order of its
 * lexer, and the first that fits wins, however short it is: templates depend
 * on it ("}}}" ends {{{ and is an error behind {{).
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mock/text.h"

#include "mock/template_priv.h"

struct lexer {
	struct str text;
	size_t at;
	struct arena *arena;
	struct token *tokens;
	size_t n, room;
	unsigned raw; /* how many {{{{ are open */
	bool inside;  /* between {{ and }} */
	bool escaped; /* behind a backslash: the next {{ is text */
};

static struct token *
lexer_add(struct lexer *l, enum token_kind kind, size_t from, size_t n)
{
	if (l->n == l->room) {
		l->room = l->room == 0 ? 64 : l->room * 2;
		l->tokens = xrealloc(l->tokens, l->room * sizeof(*l->tokens));
	}
	l->tokens[l->n] = (struct token){
		.kind = kind,
		.at = (uint32_t)from,
		.text = { l->text.p + from, n },
	};
	return &l->tokens[l->n++];
}

static char
lexer_char(const struct lexer *l, size_t at)
{
	return at < l->text.n ? l->text.p[at] : '\0';
}

static bool
lexer_sees(const struct lexer *l, size_t at, const char *word)
{
	size_t n = strlen(word);

	return at <= l->text.n && l->text.n - at >= n &&
	       memcmp(l->text.p + at, word, n) == 0;
}

/* Where word next is, or the end of the text. */
static size_t
lexer_find(const struct lexer *l, size_t at, const char *word)
{
	size_t found = text_find(l->text, str_of(word), at);

	return found == SIZE_MAX ? l->text.n : found;
}

static size_t
lexer_skip_space(const struct lexer *l, size_t at)
{
	size_t n;

	while (at < l->text.n &&
	       text_is_space(text_point(
		   (struct str){ l->text.p + at, l->text.n - at }, &n)))
		at += n;
	return at;
}

static bool
lexer_is_space(const struct lexer *l, size_t at)
{
	return lexer_skip_space(l, at) > at;
}

/* Text up to the next {{; a backslash in front of it makes it text, two are
 * one backslash. */
static bool
lexer_outside(struct lexer *l)
{
	size_t end = lexer_find(l, l->at, "{{"), n = end - l->at;
	const char *p = l->text.p + l->at;

	if (memchr(p, '\0', n) != NULL)
		return false;
	if (end < l->text.n) {
		l->inside = true;
		if (n > 0 && p[n - 1] == '\\') {
			n--;
			l->inside = n > 0 && p[n - 1] == '\\';
			l->escaped = !l->inside;
		}
	}
	if (n > 0)
		lexer_add(l, TOKEN_CONTENT, l->at, n);
	l->at = end;
	return true;
}

/* The text that begins with an escaped {{, up to the next one that may be. */
static bool
lexer_behind_backslash(struct lexer *l)
{
	size_t end = lexer_find(l, l->at + 2, "{{");

	if (end < l->text.n && end > l->at + 2 && l->text.p[end - 1] == '\\') {
		end--;
		if (end > l->at + 2 && l->text.p[end - 1] == '\\')
			end--;
	}
	if (memchr(l->text.p + l->at, '\0', end - l->at) != NULL)
		return false;
	lexer_add(l, TOKEN_CONTENT, l->at, end - l->at);
	l->at = end;
	l->escaped = false;
	return true;
}

/* Which characters a bare name cannot have. */
static bool
lexer_ends_name(unsigned char c)
{
	return c == '\0' ? false : strchr("!\"#%&'()*+,./;<=>@[\\]^`{|}~", c);
}

static size_t
lexer_name_end(const struct lexer *l, size_t at)
{
	while (at < l->text.n &&
	       !lexer_ends_name((unsigned char)l->text.p[at]) &&
	       !lexer_is_space(l, at))
		at++;
	return at;
}

/* Whether what stands there may follow a name, or a literal. */
static bool
lexer_may_follow(const struct lexer *l, size_t at, const char *set)
{
	char c = lexer_char(l, at);

	return at < l->text.n &&
	       ((c != '\0' && strchr(set, c) != NULL) || lexer_is_space(l, at));
}

/* {{{{/name}}}} at l->at: the length of name, 0 if it is none. */
static size_t
lexer_raw_end(const struct lexer *l)
{
	size_t from = l->at + 5, end;

	if (!lexer_sees(l, l->at, "{{{{/"))
		return 0;
	end = lexer_name_end(l, from);
	return end > from && lexer_sees(l, end, "}}}}") ? end - from : 0;
}

/* The text between {{{{x}}}} and {{{{/x}}}}, with inner ones as text. */
static bool
lexer_raw(struct lexer *l)
{
	size_t n = lexer_raw_end(l), end;

	if (n > 0 && --l->raw == 0) {
		lexer_add(l, TOKEN_END_RAW, l->at, n + 9)->text =
		    (struct str){ l->text.p + l->at + 5, n };
		l->at += n + 9;
		return true;
	}
	if (n > 0) {
		lexer_add(l, TOKEN_CONTENT, l->at, n + 9);
		l->at += n + 9;
		return true;
	}
	if (lexer_sees(l, l->at, "{{{{") && lexer_char(l, l->at + 4) != '/' &&
	    l->at + 4 < l->text.n) {
		l->raw++;
		lexer_add(l, TOKEN_CONTENT, l->at, 4);
		l->at += 4;
		return true;
	}
	if (l->at == l->text.n)
		return false;
	end = lexer_find(l, l->at + 1, "{{{{");
	if (end == l->text.n ||
	    memchr(l->text.p + l->at, '\0', end - l->at) != NULL)
		return false;
	lexer_add(l, TOKEN_CONTENT, l->at, end - l->at);
	l->at = end;
	return true;
}

/* A comment; those with dashes may hold }}. */
static bool
lexer_comment(struct lexer *l, size_t body)
{
	bool dashed = lexer_sees(l, body, "!--"), strip = false;
	size_t end = body;
	struct token *t;

	for (;;) {
		end = lexer_find(l, end, dashed ? "--" : "}}");
		if (end >= l->text.n)
			return false;
		if (!dashed)
			break;
		/* The dashes that open may be those that close. */
		strip = lexer_char(l, end + 2) == '~';
		if (lexer_sees(l, end + 2 + strip, "}}")) {
			end += 2 + strip;
			break;
		}
		end++;
	}
	end += 2;
	t = lexer_add(l, TOKEN_COMMENT, l->at, end - l->at);
	t->strip_open = lexer_char(l, l->at + 2) == '~';
	t->strip_close = lexer_char(l, end - 3) == '~';
	l->at = end;
	l->inside = false;
	return true;
}

/* The end of {{else}} or {{^}}, whose word ends at at; 0 if it is none. */
static size_t
lexer_inverse_end(const struct lexer *l, size_t at)
{
	at = lexer_skip_space(l, at);
	if (lexer_char(l, at) == '~')
		at++;
	return lexer_sees(l, at, "}}") ? at + 2 : 0;
}

static bool
lexer_is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_';
}

/* {{else}}, {{^}}, {{else name, {{^name. */
static bool
lexer_else(struct lexer *l, size_t body)
{
	size_t word = lexer_skip_space(l, body), end;
	bool caret = lexer_char(l, body) == '^';
	struct token *t;

	if (caret)
		word = body + 1;
	else if (lexer_sees(l, word, "else"))
		word += 4;
	else
		return false;
	end = lexer_inverse_end(l, word);
	if (end == 0 && !caret && lexer_is_word(lexer_char(l, word)))
		return false;
	t = lexer_add(l,
	    end > 0 ? TOKEN_INVERSE
	    : caret ? TOKEN_OPEN_INVERSE
		    : TOKEN_OPEN_CHAIN,
	    l->at, (end > 0 ? end : word) - l->at);
	t->strip_open = lexer_char(l, l->at + 2) == '~';
	t->strip_close = end > 0 && lexer_char(l, end - 3) == '~';
	l->inside = end == 0;
	l->at += t->text.n;
	return true;
}

static bool
lexer_open(struct lexer *l)
{
	static const struct {
		const char *mark;
		enum token_kind kind;
		char flag;
	} opens[] = {
		{ ">", TOKEN_OPEN_PARTIAL, 0 },
		{ "#>", TOKEN_OPEN_PARTIAL_BLOCK, 0 },
		{ "#*", TOKEN_OPEN_BLOCK, '*' },
		{ "#", TOKEN_OPEN_BLOCK, 0 },
		{ "/", TOKEN_OPEN_END, 0 },
		{ "{", TOKEN_OPEN_UNESCAPED, 0 },
		{ "&", TOKEN_OPEN, '&' },
		{ "*", TOKEN_OPEN, '*' },
		{ "", TOKEN_OPEN, 0 },
	};
	bool strip = lexer_char(l, l->at + 2) == '~';
	size_t body = l->at + 2 + strip, i;
	struct token *t;

	if (lexer_sees(l, l->at, "{{{{")) {
		lexer_add(l, TOKEN_OPEN_RAW, l->at, 4);
		l->at += 4;
		return true;
	}
	if (lexer_else(l, body))
		return true;
	if (lexer_char(l, body) == '!')
		return lexer_comment(l, body);
	for (i = 0; !lexer_sees(l, body, opens[i].mark); i++)
		continue;
	t = lexer_add(
	    l, opens[i].kind, l->at, body - l->at + strlen(opens[i].mark));
	t->strip_open = strip;
	t->flag = opens[i].flag;
	l->at += t->text.n;
	return true;
}

static bool
lexer_close(struct lexer *l)
{
	static const struct {
		const char *mark;
		enum token_kind kind;
		bool strip;
	} closes[] = {
		{ "}}}}", TOKEN_CLOSE_RAW, false },
		{ "}}}", TOKEN_CLOSE_UNESCAPED, false },
		{ "}~}}", TOKEN_CLOSE_UNESCAPED, true },
		{ "}}", TOKEN_CLOSE, false },
		{ "~}}", TOKEN_CLOSE, true },
	};
	struct token *t;
	size_t i;

	for (i = 0; i < sizeof(closes) / sizeof(*closes); i++) {
		if (!lexer_sees(l, l->at, closes[i].mark))
			continue;
		t = lexer_add(l, closes[i].kind, l->at, strlen(closes[i].mark));
		t->strip_close = closes[i].strip;
		l->at += t->text.n;
		l->inside = false;
		if (t->kind == TOKEN_CLOSE_RAW)
			l->raw = 1;
		return true;
	}
	return false;
}

/*
 * Where a quoted text that begins at l->at ends: at the first quote without a
 * backslash or, when all have one, at the last.  0 when there is none.
 */
static size_t
lexer_quote_end(const struct lexer *l, char quote)
{
	size_t at, last = 0;

	for (at = l->at + 1; at < l->text.n; at++) {
		if (l->text.p[at] != quote)
			continue;
		if (at == l->at + 1 || l->text.p[at - 1] != '\\')
			return at;
		last = at;
	}
	return last;
}

/* A copy of text without the backslashes that stand before one of set. */
static struct str
lexer_unescape(struct lexer *l, struct str text, const char *set)
{
	char *copy;
	size_t i, n = 0;

	if (text.n == 0 || memchr(text.p, '\\', text.n) == NULL)
		return text;
	copy = arena_alloc(l->arena, text.n);
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '\\' && i + 1 < text.n &&
		    text.p[i + 1] != '\0' && strchr(set, text.p[i + 1]))
			i++;
		copy[n++] = text.p[i];
	}
	return (struct str){ copy, n };
}

static bool
lexer_string(struct lexer *l, char quote)
{
	char set[] = { quote, '\0' };
	size_t end = lexer_quote_end(l, quote);
	struct str text = { l->text.p + l->at + 1, end - l->at - 1 };

	if (end == 0)
		return false;
	lexer_add(l, TOKEN_STRING, l->at, 0)->text =
	    lexer_unescape(l, text, set);
	l->at = end + 1;
	return true;
}

/* A [name]; over a line end the brackets belong to the name. */
static bool
lexer_segment(struct lexer *l)
{
	size_t end = lexer_quote_end(l, ']');
	struct str text = { l->text.p + l->at + 1, end - l->at - 1 };
	struct token *t;

	if (end == 0)
		return false;
	t = lexer_add(l, TOKEN_ID, l->at, end + 1 - l->at);
	t->literal = memchr(text.p, '\n', text.n) == NULL &&
		     memchr(text.p, '\r', text.n) == NULL;
	if (t->literal)
		t->text = text;
	t->text = lexer_unescape(l, t->text, "\\]");
	l->at = end + 1;
	return true;
}

static size_t
lexer_number_end(const struct lexer *l)
{
	size_t at = l->at + (lexer_char(l, l->at) == '-'), from = at;

	while (lexer_char(l, at) >= '0' && lexer_char(l, at) <= '9')
		at++;
	if (at == from)
		return 0;
	if (lexer_char(l, at) != '.' || lexer_char(l, at + 1) < '0' ||
	    lexer_char(l, at + 1) > '9')
		return at;
	do
		at++;
	while (lexer_char(l, at) >= '0' && lexer_char(l, at) <= '9');
	return at;
}

/* Words and numbers that are literals when nothing follows them. */
static bool
lexer_literal(struct lexer *l)
{
	static const struct {
		const char *word;
		enum token_kind kind;
	} words[] = {
		{ "true", TOKEN_BOOLEAN },
		{ "false", TOKEN_BOOLEAN },
		{ "undefined", TOKEN_UNDEFINED },
		{ "null", TOKEN_NULL },
	};
	enum token_kind kind = TOKEN_NUMBER;
	size_t end = lexer_number_end(l), i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!lexer_sees(l, l->at, words[i].word))
			continue;
		kind = words[i].kind;
		end = l->at + strlen(words[i].word);
	}
	if (end == 0 || !lexer_may_follow(l, end, "~})"))
		return false;
	lexer_add(l, kind, l->at, end - l->at);
	l->at = end;
	return true;
}

static bool
lexer_block_params(struct lexer *l)
{
	size_t bar;

	if (!lexer_sees(l, l->at, "as") || !lexer_is_space(l, l->at + 2))
		return false;
	bar = lexer_skip_space(l, l->at + 2);
	if (lexer_char(l, bar) != '|')
		return false;
	lexer_add(l, TOKEN_OPEN_PARAMS, l->at, bar + 1 - l->at);
	l->at = bar + 1;
	return true;
}

static bool
lexer_name(struct lexer *l)
{
	size_t end = lexer_name_end(l, l->at);

	/* At the end of the text it is the end that is to be complained of. */
	if (end == l->at ||
	    (end < l->text.n && !lexer_may_follow(l, end, "=~}/.)|")))
		return false;
	lexer_add(l, TOKEN_ID, l->at, end - l->at);
	l->at = end;
	return true;
}

static bool
lexer_mark(struct lexer *l, enum token_kind kind, size_t n)
{
	lexer_add(l, kind, l->at, n);
	l->at += n;
	return true;
}

static bool
lexer_dot(struct lexer *l)
{
	if (lexer_char(l, l->at + 1) == '.')
		return lexer_mark(l, TOKEN_ID, 2);
	if (lexer_may_follow(l, l->at + 1, "=~}/.)|"))
		return lexer_mark(l, TOKEN_ID, 1);
	return lexer_mark(l, TOKEN_SEPARATOR, 1);
}

/* One token between {{ and }}. */
static bool
lexer_inside(struct lexer *l)
{
	if (lexer_sees(l, l->at, "{{"))
		return lexer_open(l);
	if (lexer_close(l))
		return true;
	switch (lexer_char(l, l->at)) {
	case '(':
		return lexer_mark(l, TOKEN_OPEN_SEXPR, 1);
	case ')':
		return lexer_mark(l, TOKEN_CLOSE_SEXPR, 1);
	case '=':
		return lexer_mark(l, TOKEN_EQUALS, 1);
	case '/':
		return lexer_mark(l, TOKEN_SEPARATOR, 1);
	case '@':
		return lexer_mark(l, TOKEN_DATA, 1);
	case '|':
		return lexer_mark(l, TOKEN_CLOSE_PARAMS, 1);
	case '.':
		return lexer_dot(l);
	case '"':
	case '\'':
		return lexer_string(l, l->text.p[l->at]);
	case '[':
		return lexer_segment(l);
	default:
		return lexer_literal(l) || lexer_block_params(l) ||
		       lexer_name(l);
	}
}

static bool
lexer_step(struct lexer *l)
{
	if (l->inside) {
		l->at = lexer_skip_space(l, l->at);
		return l->at < l->text.n && lexer_inside(l);
	}
	if (l->raw > 0)
		return lexer_raw(l);
	return l->escaped ? lexer_behind_backslash(l) : lexer_outside(l);
}

struct token *
token_all(struct str text, struct arena *arena, size_t *n)
{
	struct lexer l = { .text = text, .arena = arena };
	bool fine = true;

	while (fine && (l.at < text.n || l.inside || l.raw > 0))
		fine = lexer_step(&l);
	lexer_add(&l, l.at < text.n ? TOKEN_INVALID : TOKEN_END, l.at, 0);
	*n = l.n;
	return l.tokens;
}
