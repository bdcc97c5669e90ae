#include "config.h"

#include <string.h>

#include "base/buf.h"

#include "replay/normal_priv.h"

static bool
graphql_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
graphql_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
graphql_digits(struct str s, size_t i)
{
	while (i < s.n && graphql_digit(s.p[i]))
		i++;
	return i;
}

/* The bytes of what is ignored between tokens at the start of s (section
 * 2.1.7): blanks, line ends, commas, comments, byte order marks. */
static size_t
graphql_ignored(struct str s)
{
	size_t i = 0;

	for (;;) {
		if (i < s.n && memchr(" \t\r\n,", s.p[i], 5) != NULL)
			i++;
		else if (s.n - i >= 3 &&
			 memcmp(s.p + i, "\xef\xbb\xbf", 3) == 0)
			i += 3;
		else if (i < s.n && s.p[i] == '#')
			while (i < s.n && s.p[i] != '\n' && s.p[i] != '\r')
				i++;
		else
			return i;
	}
}

static size_t
graphql_name(struct str s)
{
	size_t i = 0;

	while (i < s.n && (graphql_name_start(s.p[i]) || graphql_digit(s.p[i])))
		i++;
	return i;
}

/* An IntValue or FloatValue; 0 when it is none (sections 2.9.1, 2.9.2). */
static size_t
graphql_number(struct str s)
{
	size_t i = s.p[0] == '-', from = i;

	i = graphql_digits(s, i);
	if (i == from)
		return 0;
	if (i < s.n && s.p[i] == '.') {
		from = ++i;
		i = graphql_digits(s, i);
		if (i == from)
			return 0;
	}
	if (i < s.n && (s.p[i] | 32) == 'e') {
		i++;
		i += i < s.n && (s.p[i] == '+' || s.p[i] == '-');
		from = i;
		i = graphql_digits(s, i);
		if (i == from)
			return 0;
	}
	if (i < s.n && (graphql_name_start(s.p[i]) || s.p[i] == '.'))
		return 0;
	return i;
}

/* A block string, behind its opening quotes; 0 when it does not end. */
static size_t
graphql_block(struct str s)
{
	size_t i;

	for (i = 3; s.n - i >= 3; i++) {
		if (s.n - i >= 4 && memcmp(s.p + i, "\\\"\"\"", 4) == 0)
			i += 3;
		else if (memcmp(s.p + i, "\"\"\"", 3) == 0)
			return i + 3;
	}
	return 0;
}

static size_t
graphql_string(struct str s)
{
	size_t i;

	if (str_starts(s, "\"\"\""))
		return graphql_block(s);
	for (i = 1; i < s.n; i++) {
		if (s.p[i] == '"')
			return i + 1;
		if (s.p[i] == '\n' || s.p[i] == '\r')
			return 0;
		i += s.p[i] == '\\';
	}
	return 0;
}

/* The bytes of the token at the start of s, 0 when there is none. */
static size_t
graphql_token(struct str s)
{
	if (graphql_name_start(s.p[0]))
		return graphql_name(s);
	if (s.p[0] == '-' || graphql_digit(s.p[0]))
		return graphql_number(s);
	if (s.p[0] == '"')
		return graphql_string(s);
	if (str_starts(s, "..."))
		return 3;
	return memchr("!$&():=@[]{|}", s.p[0], 13) != NULL ? 1 : 0;
}

bool
normal_graphql(struct str text, struct buf *out)
{
	size_t from = out->n, n;

	buf_add_text(out, "g");
	for (;;) {
		n = graphql_ignored(text);
		text = (struct str){ text.p + n, text.n - n };
		if (text.n == 0)
			break;
		n = graphql_token(text);
		if (n == 0) {
			out->n = from;
			return false;
		}
		normal_text(out, 't', (struct str){ text.p, n });
		text = (struct str){ text.p + n, text.n - n };
	}
	buf_add_text(out, ".");
	return true;
}
