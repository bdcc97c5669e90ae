/* The text of a path with names, as it is written, to tokens. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/regex.h"

#include "mock/pattern_priv.h"

/* ---- Express 4 to path-to-regexp 8 ------------------------------------- */

/*
 * The rewriting is Mockoon's, one replacement behind the other.  The first
 * gives the wildcards without a name one.
 */
static const struct {
	const char *from, *to;
} pattern_rewriting[] = {
	{ "(^|/)\\*(?![A-Za-z0-9_\"])", NULL },
	{ "(?<!\\\\)\\(([^)]+)\\)\\?", "{$1}" },
	{ "(?<!\\\\)\\(([^)]+)\\)", "{$1}" },
	{ "([/.~-]):([A-Za-z_$][A-Za-z0-9_$]*)\\?", "{$1:$2}" },
	{ ":([A-Za-z_$][A-Za-z0-9_$]*)\\+", "*$1" },
	{ "/:([A-Za-z_$][A-Za-z0-9_$]*)\\*", "{/*$1}" },
	{ "(?<!\\\\)([a-zA-Z0-9_])\\?", "{$1}" },
	{ "(?<!\\\\)([a-zA-Z0-9_])\\+", "$1{$1}" },
};

static void
pattern_name_wildcards(const struct regex *r, struct str text, struct buf *out)
{
	struct regex_match m;
	size_t from = 0, count = 0;

	while (regex_find(r, text, from, &m) == 1) {
		buf_add(
		    out, text.p + from, (size_t)(m.group[0].p - text.p) - from);
		buf_add_str(out, m.group[1]);
		buf_addf(out, "*wildcard%zu", count++);
		from = (size_t)(m.group[0].p - text.p) + m.group[0].n;
	}
	buf_add(out, text.p + from, text.n - from);
}

void
pattern_rewrite(struct buf *text)
{
	struct buf out = { 0 };
	struct regex *r;
	struct err e;
	size_t i;

	if (strpbrk(buf_text(text), "*?+(") == NULL)
		return;
	for (i = 0; i < sizeof(pattern_rewriting) / sizeof(*pattern_rewriting);
	     i++) {
		r = regex_new(str_of(pattern_rewriting[i].from), &e);
		if (r == NULL)
			abort(); /* they are ours */
		out.n = 0;
		if (pattern_rewriting[i].to == NULL)
			pattern_name_wildcards(r, buf_str(text), &out);
		else
			(void)regex_replace(r, buf_str(text),
			    str_of(pattern_rewriting[i].to), &out);
		regex_free(r);
		text->n = 0;
		buf_add_str(text, buf_str(&out));
	}
	buf_free(&out);
}

void
pattern_prepare(struct str prefix, struct str endpoint, struct buf *out)
{
	size_t i;

	buf_add(out, "/", 1);
	for (i = 0; i < prefix.n; i++)
		if (prefix.p[i] != '/' || out->p[out->n - 1] != '/')
			buf_add(out, prefix.p + i, 1);
	if (out->p[out->n - 1] != '/')
		buf_add(out, "/", 1);
	for (i = 0; i < endpoint.n; i++)
		if (endpoint.p[i] == ' ')
			buf_add(out, "%20", 3);
		else if (endpoint.p[i] != '/' || out->p[out->n - 1] != '/')
			buf_add(out, endpoint.p + i, 1);
}

/* ---- parsing ----------------------------------------------------------- */

/* Any character beyond ASCII passes for a letter. */
static bool
pattern_begins_name(char c)
{
	return c == '$' || c == '_' || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static int
pattern_name(struct pattern_parse *p, struct str *name, struct err *e)
{
	struct buf quoted = { 0 };
	size_t from = p->at;

	*name = (struct str){ p->text.p + from, 0 };
	if (p->at < p->text.n && p->text.p[p->at] == '"') {
		while (++p->at < p->text.n && p->text.p[p->at] != '"') {
			p->at +=
			    p->text.p[p->at] == '\\' && p->at + 1 < p->text.n;
			buf_add(&quoted, p->text.p + p->at, 1);
		}
		*name = arena_str(p->arena, buf_str(&quoted));
		buf_free(&quoted);
		if (p->at++ >= p->text.n)
			return err_set(e, "a quoted name does not end");
	} else if (p->at < p->text.n && pattern_begins_name(p->text.p[p->at])) {
		while (
		    p->at < p->text.n &&
		    (pattern_begins_name(p->text.p[p->at]) ||
			(p->text.p[p->at] >= '0' && p->text.p[p->at] <= '9')))
			p->at++;
		name->n = p->at - from;
	}
	if (name->n == 0)
		return err_set(e, "expected a name behind : or * at %zu", from);
	return 0;
}

static struct pattern_token *
pattern_add(struct pattern_parse *p, struct pattern_token ***end,
    enum pattern_token_kind kind, struct str text)
{
	struct pattern_token *t = arena_zalloc(p->arena, sizeof(*t));

	t->kind = kind;
	t->text = text;
	**end = t;
	*end = &t->next;
	return t;
}

static void
pattern_flush(
    struct pattern_parse *p, struct pattern_token ***end, struct buf *text)
{
	if (text->n > 0)
		pattern_add(p, end, PATTERN_TOKEN_TEXT,
		    arena_str(p->arena, buf_str(text)));
	text->n = 0;
}

static int
pattern_parse_special(struct pattern_parse *p, char c,
    struct pattern_token ***end, struct buf *text, struct err *e)
{
	struct str name = STR("");
	struct pattern_token *in;

	pattern_flush(p, end, text);
	if (c == '{') {
		if (pattern_parse(p, true, &in, e) == -1)
			return -1;
		pattern_add(p, end, PATTERN_TOKEN_GROUP, name)->in = in;
		return 0;
	}
	if (pattern_name(p, &name, e) == -1)
		return -1;
	pattern_add(p, end,
	    c == ':' ? PATTERN_TOKEN_NAME : PATTERN_TOKEN_SEVERAL, name);
	return 0;
}

static int
pattern_parse_into(struct pattern_parse *p, bool group,
    struct pattern_token ***end, struct buf *text, struct err *e)
{
	char c;

	while (p->at < p->text.n) {
		c = p->text.p[p->at++];
		if (c == '}' && group)
			return 0;
		if (c == '\\') {
			if (p->at == p->text.n)
				return err_set(e, "nothing behind the last \\");
			buf_add(text, p->text.p + p->at++, 1);
		} else if (c == ':' || c == '*' || c == '{') {
			if (pattern_parse_special(p, c, end, text, e) == -1)
				return -1;
		} else if (strchr("}()[]+?!", c) != NULL) {
			return err_set(e, "unexpected %c at %zu", c, p->at - 1);
		} else {
			buf_add(text, &c, 1);
		}
	}
	return group ? err_set(e, "a { does not end") : 0;
}

int
pattern_parse(struct pattern_parse *p, bool group, struct pattern_token **list,
    struct err *e)
{
	struct pattern_token **last = list, ***end = &last;
	struct buf text = { 0 };
	int r;

	*list = NULL;
	if (++p->depth > 32)
		return err_set(e, "{ } are nested too deep");
	r = pattern_parse_into(p, group, end, &text, e);
	if (r == 0)
		pattern_flush(p, end, &text);
	buf_free(&text);
	p->depth--;
	return r;
}
