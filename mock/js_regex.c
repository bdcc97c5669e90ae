#include "config.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/text.h"

#include "mock/js_regex.h"

struct js_regex {
	struct str rest;
	struct buf out;
	unsigned groups; /* in the whole */
	bool named;      /* one of them has a name */
	bool unicode;
	bool in_class, class_begins;
	bool in_set;    /* behind \d or the like within a class */
	bool fixed;     /* behind what may not be repeated */
	unsigned depth; /* of groups; a bit of those that may not be repeated */
	uint64_t assertions;
	struct err *e;
};

static int
js_regex_fail(struct js_regex *r, const char *why)
{
	return err_set(r->e, "%s", why);
}

static bool
js_regex_next_is(const struct js_regex *r, char c)
{
	return r->rest.n > 0 && *r->rest.p == c;
}

static void
js_regex_skip(struct js_regex *r, size_t n)
{
	r->rest.p += n;
	r->rest.n -= n;
}

/* A character that stands for itself. */
static void
js_regex_literal(struct js_regex *r, uint32_t c)
{
	if (c < 0x80 && c > ' ' && strchr("\\^$.|?*+()[]{}-/", (int)c) != NULL)
		buf_add_text(&r->out, "\\");
	text_add_point(&r->out, c);
}

static int
js_regex_hex(const char *p, size_t n)
{
	int value = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		char c = p[i];

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + ((c | 0x20) - 'a') + 10;
		else
			return -1;
	}
	return value;
}

/* "{1F600}" behind \u. */
static int
js_regex_point(struct js_regex *r)
{
	const char *end = memchr(r->rest.p, '}', r->rest.n);
	size_t n = end == NULL ? 0 : (size_t)(end - r->rest.p) - 1;
	int c = n > 0 && n <= 6 ? js_regex_hex(r->rest.p + 1, n) : -1;

	if (c == -1 || c > 0x10ffff)
		return js_regex_fail(r, "an invalid Unicode escape");
	js_regex_skip(r, n + 2);
	js_regex_literal(r, c >= 0xd800 && c <= 0xdfff ? 0xfffd : (uint32_t)c);
	return 0;
}

/* Behind \x or \u; the letter itself without its digits. */
static int
js_regex_code(struct js_regex *r, char letter)
{
	size_t n = letter == 'x' ? 2 : 4;
	int c = r->rest.n >= n ? js_regex_hex(r->rest.p, n) : -1, low;

	if (r->unicode && letter == 'u' && js_regex_next_is(r, '{'))
		return js_regex_point(r);
	if (c == -1) {
		if (r->unicode)
			return js_regex_fail(r, "an invalid escape");
		js_regex_literal(r, (unsigned char)letter);
		return 0;
	}
	js_regex_skip(r, n);
	if (c >= 0xd800 && c <= 0xdbff && r->rest.n >= 6 &&
	    str_starts(r->rest, "\\u")) {
		low = js_regex_hex(r->rest.p + 2, 4);
		if (low >= 0xdc00 && low <= 0xdfff) {
			c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
			js_regex_skip(r, 6);
		}
	}
	/* Half a pair stands alone in no text. */
	if (c >= 0xd800 && c <= 0xdfff)
		c = 0xfffd;
	js_regex_literal(r, (uint32_t)c);
	return 0;
}

static bool
js_regex_is_octal(const struct js_regex *r)
{
	return r->rest.n > 0 && *r->rest.p >= '0' && *r->rest.p <= '7';
}

/* A backslash and a digit: a group if there are as many, else a character in
 * octal, else the digit. */
static int
js_regex_digit(struct js_regex *r, char first)
{
	unsigned value = (unsigned)(first - '0'), code = 0, digits;
	size_t i;

	for (i = 0; first != '0' && i < r->rest.n && i < 4; i++) {
		if (r->rest.p[i] < '0' || r->rest.p[i] > '9')
			break;
		value = value * 10 + (unsigned)(r->rest.p[i] - '0');
	}
	if (!r->in_class && value > 0 && value <= r->groups) {
		buf_addf(&r->out, "\\g{%u}", value);
		js_regex_skip(r, i);
		return 0;
	}
	if (r->unicode &&
	    (first != '0' ||
		(r->rest.n > 0 && *r->rest.p >= '0' && *r->rest.p <= '9')))
		return js_regex_fail(r, "an invalid escape");
	if (first > '7') {
		js_regex_literal(r, (unsigned char)first);
		return 0;
	}
	code = (unsigned)(first - '0');
	for (digits = 1; digits < 3 && js_regex_is_octal(r) && code < 32;
	     digits++) {
		code = code * 8 + (unsigned)(*r->rest.p - '0');
		js_regex_skip(r, 1);
	}
	js_regex_literal(r, code);
	return 0;
}

/* "{L}" behind \p: what Unicode calls it, in PCRE2's words. */
static int
js_regex_property(struct js_regex *r, char letter)
{
	static const char *const words[][2] = { { "Letter", "L" },
		{ "Number", "N" }, { "Punctuation", "P" }, { "Symbol", "S" },
		{ "Separator", "Z" }, { "Mark", "M" }, { "Other", "C" },
		{ "Uppercase_Letter", "Lu" }, { "Lowercase_Letter", "Ll" },
		{ "Decimal_Number", "Nd" } };
	struct str name;
	size_t i;

	if (!js_regex_next_is(r, '{'))
		return js_regex_fail(r, "an invalid property");
	js_regex_skip(r, 1);
	(void)str_cut(&r->rest, '}', &name);
	if (r->rest.p == NULL)
		return js_regex_fail(r, "an invalid property");
	if (memchr(name.p, '=', name.n) != NULL) {
		struct str rest = name;

		(void)str_cut(&rest, '=', &name);
		name = rest;
	}
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_is(name, words[i][0]))
			name = str_of(words[i][1]);
	buf_addf(&r->out, "\\%c{%.*s}", letter, STR_ARGS(name));
	return 0;
}

/* Any other character behind a backslash. */
static int
js_regex_identity(struct js_regex *r, uint32_t c)
{
	if (r->unicode && (c >= 0x80 || c == 0 ||
			      (strchr("^$\\.*+?()[]{}|/", (int)c) == NULL &&
				  !(c == '-' && r->in_class))))
		return js_regex_fail(r, "an invalid escape");
	js_regex_literal(r, c);
	return 0;
}

static int
js_regex_escape(struct js_regex *r)
{
	static const char spaces[] = "\\x{feff}\\s\\p{Z}";
	uint32_t c;
	size_t n;

	if (r->rest.n == 0)
		return js_regex_fail(r, "\\ at the end");
	c = text_point(r->rest, &n);
	js_regex_skip(r, n);
	if (c >= '0' && c <= '9')
		return js_regex_digit(r, (char)c);
	switch (c) {
	case 'x':
	case 'u':
		return js_regex_code(r, (char)c);
	case 'p':
	case 'P':
		return r->unicode ? js_regex_property(r, (char)c)
				  : js_regex_identity(r, c);
	case 'v':
		js_regex_literal(r, '\v');
		return 0;
	case 's':
		buf_addf(&r->out, r->in_class ? "%s" : "[%s]", spaces);
		return 0;
	case 'S':
		if (r->in_class)
			buf_add_text(&r->out, "\\S");
		else
			buf_addf(&r->out, "[^%s]", spaces);
		return 0;
	case 'c':
		if (r->rest.n > 0 && (*r->rest.p | 0x20) >= 'a' &&
		    (*r->rest.p | 0x20) <= 'z') {
			js_regex_literal(r, *r->rest.p & 0x1f);
			js_regex_skip(r, 1);
			return 0;
		}
		if (r->unicode)
			return js_regex_fail(r, "an invalid escape");
		buf_add_text(&r->out, "\\\\c");
		return 0;
	case 'k':
		if (r->unicode && (!r->named || r->in_class))
			return js_regex_fail(r, "an invalid escape");
		buf_add_text(&r->out, r->named && !r->in_class ? "\\k" : "k");
		return 0;
	case 'B':
		buf_add_text(&r->out, r->in_class ? "B" : "\\B");
		return 0;
	default:
		if (c == 0 || c >= 0x80 || strchr("bdDfnrtwW", (int)c) == NULL)
			return js_regex_identity(r, c);
		buf_addf(&r->out, "\\%c", (char)c);
		return 0;
	}
}

/* Whether \d or the like is next. */
static bool
js_regex_is_set(const struct js_regex *r)
{
	return r->rest.n > 1 && r->rest.p[0] == '\\' && r->rest.p[1] != '\0' &&
	       strchr("dDsSwW", r->rest.p[1]) != NULL;
}

/* Behind the bracket that opens a class, or within one. */
static int
js_regex_class(struct js_regex *r)
{
	bool was_set = r->in_set, first = r->class_begins;
	char c = *r->rest.p;

	r->in_set = js_regex_is_set(r);
	r->class_begins = false;
	js_regex_skip(r, 1);
	if (c == '\\')
		return js_regex_escape(r);
	/* A set begins and ends no range. */
	if (c == '-' && (was_set || (!first && js_regex_is_set(r)))) {
		if (r->unicode && !js_regex_next_is(r, ']'))
			return js_regex_fail(r, "an invalid range");
		buf_add_text(&r->out, "\\");
	}
	if (c == '[')
		buf_add_text(&r->out, "\\");
	buf_add(&r->out, &c, 1);
	r->in_class = c != ']';
	return 0;
}

static int
js_regex_group(struct js_regex *r)
{
	static const char *const kinds[] = { ":", "=", "!", "<=", "<!", NULL };
	const char *const *kind = kinds;
	struct str rest;

	buf_add_text(&r->out, "(");
	r->fixed = true;
	if (++r->depth >= 64)
		return js_regex_fail(r, "groups nest too deep");
	r->assertions &= ~((uint64_t)1 << r->depth);
	if (!js_regex_next_is(r, '?'))
		return 0;
	js_regex_skip(r, 1);
	buf_add_text(&r->out, "?");
	rest = r->rest;
	while (*kind != NULL && !str_starts(rest, *kind))
		kind++;
	if (*kind == NULL && (rest.n < 2 || *rest.p != '<'))
		return js_regex_fail(r, "an invalid group");
	if (*kind != NULL && (**kind == '<' || (**kind != ':' && r->unicode)))
		r->assertions |= (uint64_t)1 << r->depth;
	/* Its signs are none to repeat. */
	js_regex_skip(r, *kind == NULL ? 1 : strlen(*kind));
	buf_add_text(&r->out, *kind == NULL ? "<" : *kind);
	return 0;
}

/* Whether rest, behind {, is "1}", "1,}" or "1,2}". */
static bool
js_regex_is_count(struct str rest)
{
	size_t i = 0, digits;

	for (digits = 0; i < rest.n && rest.p[i] >= '0' && rest.p[i] <= '9';
	     i++)
		digits++;
	if (digits > 0 && i < rest.n && rest.p[i] == ',')
		for (i++; i < rest.n && rest.p[i] >= '0' && rest.p[i] <= '9';)
			i++;
	return digits > 0 && i < rest.n && rest.p[i] == '}';
}

static int
js_regex_quantifier(struct js_regex *r, char c)
{
	struct str part;

	if (r->fixed)
		return js_regex_fail(r, "nothing to repeat");
	buf_add(&r->out, &c, 1);
	if (c == '{') {
		(void)str_cut(&r->rest, '}', &part);
		buf_add_str(&r->out, part);
		buf_add_text(&r->out, "}");
		if (r->rest.p == NULL)
			r->rest = STR("");
	}
	if (js_regex_next_is(r, '?')) {
		buf_add_text(&r->out, "?");
		js_regex_skip(r, 1);
	}
	r->fixed = true;
	return 0;
}

static int
js_regex_outside(struct js_regex *r)
{
	char c = *r->rest.p;

	js_regex_skip(r, 1);
	if (c == '*' || c == '+' || c == '?' ||
	    (c == '{' && js_regex_is_count(r->rest)))
		return js_regex_quantifier(r, c);
	r->fixed = c == '^' || c == '$' || c == '|';
	switch (c) {
	case '\\':
		r->fixed = js_regex_next_is(r, 'b') || js_regex_next_is(r, 'B');
		return js_regex_escape(r);
	case ')':
		buf_add_text(&r->out, ")");
		if (r->depth == 0)
			return js_regex_fail(r, "an unmatched )");
		r->fixed = (r->assertions >> r->depth-- & 1) != 0;
		return 0;
	case '.':
		buf_add_text(&r->out, "[^\\n\\r\\x{2028}\\x{2029}]");
		return 0;
	case '(':
		return js_regex_group(r);
	case '[':
		buf_add_text(&r->out, "[");
		r->in_class = true;
		r->in_set = false;
		r->class_begins = true;
		if (js_regex_next_is(r, '^')) {
			buf_add_text(&r->out, "^");
			js_regex_skip(r, 1);
		}
		return 0;
	case '{':
	case '}':
	case ']':
		if (r->unicode)
			return js_regex_fail(r, "a lone bracket");
		js_regex_literal(r, (unsigned char)c);
		return 0;
	default:
		buf_add(&r->out, &c, 1);
		return 0;
	}
}

static void
js_regex_count_groups(struct js_regex *r, struct str pattern)
{
	bool in_class = false, named;
	size_t i;

	for (i = 0; i < pattern.n; i++) {
		switch (pattern.p[i]) {
		case '\\':
			i++;
			break;
		case '[':
			in_class = true;
			break;
		case ']':
			in_class = false;
			break;
		case '(':
			named = i + 3 < pattern.n && pattern.p[i + 1] == '?' &&
				pattern.p[i + 2] == '<' &&
				pattern.p[i + 3] != '=' &&
				pattern.p[i + 3] != '!';
			r->named |= named && !in_class;
			r->groups +=
			    !in_class && (named || i + 1 == pattern.n ||
					     pattern.p[i + 1] != '?');
			break;
		default:
			break;
		}
	}
}

struct regex *
js_regex_new(struct str pattern, unsigned flags, struct err *e)
{
	struct regex *regex = NULL;
	struct err why;
	struct js_regex r = {
		.rest = pattern,
		.fixed = true,
		.unicode = (flags & JS_REGEX_UNICODE) != 0,
		.e = &why,
	};
	int failed = 0;

	js_regex_count_groups(&r, pattern);
	while (failed == 0 && r.rest.n > 0 && pattern.n <= REGEX_MOST)
		failed = r.in_class ? js_regex_class(&r) : js_regex_outside(&r);
	if (pattern.n > REGEX_MOST)
		(void)err_set(&why, "it is longer than %d bytes", REGEX_MOST);
	else if (failed == 0)
		regex = regex_new_ecma(
		    buf_str(&r.out), (flags & JS_REGEX_IGNORE_CASE) != 0, &why);
	buf_free(&r.out);
	if (regex == NULL)
		(void)err_set(e,
		    "no regular expression of JavaScript: "
		    "/%.*s/: %s",
		    (int)(pattern.n < 100 ? pattern.n : 100), pattern.p,
		    why.text);
	return regex;
}
