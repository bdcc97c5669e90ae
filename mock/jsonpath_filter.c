#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/number.h"
#include "base/regex.h"
#include "mock/js_regex.h"
#include "mock/text.h"

#include "mock/jsonpath_filter.h"

#define FILTER_DEPTH 50 /* parentheses */

struct filter {
	struct values *v;
	const struct jsonpath_scope *scope;
	const char *p, *end;
	unsigned depth;
	bool wrong;
};

static struct value filter_or(struct filter *f);

static struct value
filter_fail(struct filter *f)
{
	f->wrong = true;
	f->p = f->end;
	return VALUE_NONE;
}

static void
filter_skip_space(struct filter *f)
{
	while (f->p < f->end && text_is_space((unsigned char)*f->p))
		f->p++;
}

static bool
filter_takes(struct filter *f, const char *mark)
{
	size_t n = strlen(mark);

	filter_skip_space(f);
	if ((size_t)(f->end - f->p) < n || memcmp(f->p, mark, n) != 0)
		return false;
	f->p += n;
	return true;
}

static bool
filter_is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

static struct str
filter_word(struct filter *f)
{
	struct str word = { f->p, 0 };

	while (f->p < f->end && filter_is_word(*f->p)) {
		f->p++;
		word.n++;
	}
	return word;
}

static struct value
filter_string(struct filter *f)
{
	char quote = *f->p++;
	struct buf text = { 0 };
	struct value made;

	for (; f->p < f->end && *f->p != quote; f->p++) {
		if (*f->p == '\\' && f->p + 1 < f->end)
			f->p++;
		buf_add(&text, f->p, 1);
	}
	made = value_copy_text(f->v, buf_str(&text));
	buf_free(&text);
	if (f->p == f->end)
		return filter_fail(f);
	f->p++;
	return made;
}

static struct value
filter_number(struct filter *f)
{
	struct str number = { f->p, 0 };

	while (f->p < f->end && (filter_is_word(*f->p) || *f->p == '.')) {
		f->p++;
		number.n++;
	}
	if (isnan(number_of(number)))
		return filter_fail(f);
	return value_number(number_of(number));
}

/* @ and the words behind it. */
static struct value
filter_scope(struct filter *f)
{
	static const struct {
		const char *name;
		size_t at;
	} words[] = {
		{ "parentProperty",
		    offsetof(struct jsonpath_scope, parent_property) },
		{ "parent", offsetof(struct jsonpath_scope, parent) },
		{ "property", offsetof(struct jsonpath_scope, property) },
		{ "root", offsetof(struct jsonpath_scope, root) },
	};
	struct str word;
	size_t i;

	f->p++;
	word = filter_word(f);
	if (word.n == 0) {
		/* Only in front of these is @ a value there. */
		if (f->p < f->end && (strchr(".)[", *f->p) != NULL ||
					 text_is_space((unsigned char)*f->p)))
			return f->scope->value;
		return filter_fail(f);
	}
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_is(word, words[i].name))
			return *(const struct value *)((const char *)f->scope +
						       words[i].at);
	return filter_fail(f);
}

static struct value
filter_name(struct filter *f)
{
	struct str word = filter_word(f);

	if (str_is(word, "true") || str_is(word, "false"))
		return value_bool(word.p[0] == 't');
	if (str_is(word, "null"))
		return value_null();
	if (str_is(word, "undefined"))
		return VALUE_NONE;
	return filter_fail(f);
}

static struct value
filter_primary(struct filter *f)
{
	struct value inner;

	filter_skip_space(f);
	if (f->p == f->end || f->depth > FILTER_DEPTH)
		return filter_fail(f);
	if (*f->p == '(') {
		f->p++;
		f->depth++;
		inner = filter_or(f);
		f->depth--;
		return filter_takes(f, ")") ? inner : filter_fail(f);
	}
	if (*f->p == '"' || *f->p == '\'')
		return filter_string(f);
	if (*f->p == '@')
		return filter_scope(f);
	if ((*f->p >= '0' && *f->p <= '9') || *f->p == '.')
		return filter_number(f);
	return filter_name(f);
}

/* /pattern/flags */
static bool
filter_regex(struct filter *f, struct buf *pattern)
{
	bool class = false;

	if (!filter_takes(f, "/"))
		return false;
	for (; f->p < f->end && (class || *f->p != '/'); f->p++) {
		if (*f->p == '\\' && f->p + 1 < f->end)
			buf_add(pattern, f->p++, 1);
		else if (*f->p == '[' || *f->p == ']')
			class = *f->p == '[';
		buf_add(pattern, f->p, 1);
	}
	if (f->p == f->end)
		return false;
	f->p++;
	return true;
}

/* text.match(/pattern/flags): whether it does. */
static struct value
filter_match(struct filter *f, struct value of)
{
	struct buf pattern = { 0 };
	struct regex *regex = NULL;
	struct str flags;
	struct err e;
	int found = -1;

	if (of.kind == VALUE_TEXT && filter_regex(f, &pattern)) {
		flags = filter_word(f);
		regex = js_regex_new(buf_str(&pattern),
		    flags.n > 0 && memchr(flags.p, 'i', flags.n) != NULL
			? JS_REGEX_IGNORE_CASE
			: 0,
		    &e);
	}
	if (regex != NULL)
		found = regex_find(regex, of.text, 0, NULL);
	regex_free(regex);
	buf_free(&pattern);
	if (found == -1 || !filter_takes(f, ")"))
		return filter_fail(f);
	return value_bool(found == 1);
}

/* What stands behind a value: .name, [expression], .match(...) */
static struct value
filter_member(struct filter *f)
{
	struct value of = filter_primary(f), key;
	struct str name;

	while (!f->wrong) {
		if (filter_takes(f, ".")) {
			name = filter_word(f);
			if (str_is(name, "match") && filter_takes(f, "(")) {
				of = filter_match(f, of);
				continue;
			}
		} else if (filter_takes(f, "[")) {
			key = filter_or(f);
			name = value_to_str(f->v, key);
			if (!filter_takes(f, "]"))
				return filter_fail(f);
		} else {
			break;
		}
		if (value_is_nothing(of))
			return filter_fail(f);
		of = value_get(of, name);
	}
	return of;
}

static struct value
filter_sum(struct filter *f)
{
	struct value sum, with;
	bool minus = filter_takes(f, "-");

	sum = filter_member(f);
	if (minus)
		sum = value_number(-value_to_number(sum));
	for (;;) {
		if (filter_takes(f, "-")) {
			with = filter_member(f);
			sum = value_number(
			    value_to_number(sum) - value_to_number(with));
		} else if (filter_takes(f, "+")) {
			with = filter_member(f);
			sum = value_number(
			    value_to_number(sum) + value_to_number(with));
		} else {
			return sum;
		}
	}
}

/* Whether a < b, as JavaScript orders them. */
static bool
filter_is_less(struct value a, struct value b)
{
	size_t n;
	int order;

	if (a.kind != VALUE_TEXT || b.kind != VALUE_TEXT)
		return value_to_number(a) < value_to_number(b);
	n = a.text.n < b.text.n ? a.text.n : b.text.n;
	order = n == 0 ? 0 : memcmp(a.text.p, b.text.p, n);
	return order < 0 || (order == 0 && a.text.n < b.text.n);
}

static bool
filter_is_ordered(struct value a, struct value b)
{
	return (a.kind == VALUE_TEXT && b.kind == VALUE_TEXT) ||
	       !isnan(value_to_number(a) + value_to_number(b));
}

static struct value
filter_order(struct filter *f)
{
	struct value a = filter_sum(f), b;

	for (;;) {
		if (filter_takes(f, "<=")) {
			b = filter_sum(f);
			a = value_bool(
			    filter_is_ordered(a, b) && !filter_is_less(b, a));
		} else if (filter_takes(f, ">=")) {
			b = filter_sum(f);
			a = value_bool(
			    filter_is_ordered(a, b) && !filter_is_less(a, b));
		} else if (filter_takes(f, "<")) {
			a = value_bool(filter_is_less(a, filter_sum(f)));
		} else if (filter_takes(f, ">")) {
			b = filter_sum(f);
			a = value_bool(filter_is_less(b, a));
		} else {
			return a;
		}
	}
}

static struct value
filter_equality(struct filter *f)
{
	struct value a = filter_order(f);

	for (;;) {
		if (filter_takes(f, "==="))
			a = value_bool(value_same(a, filter_order(f)));
		else if (filter_takes(f, "!=="))
			a = value_bool(!value_same(a, filter_order(f)));
		else if (filter_takes(f, "=="))
			a = value_bool(value_alike(a, filter_order(f)));
		else if (filter_takes(f, "!="))
			a = value_bool(!value_alike(a, filter_order(f)));
		else
			return a;
	}
}

/*
 * What stands behind && or || is read in any case, but what goes wrong in it
 * counts only when its value is wanted.
 */
static struct value
filter_second(struct filter *f, bool wanted, struct value first,
    struct value (*read)(struct filter *f))
{
	struct filter ahead = *f;
	struct value second = read(&ahead);

	if (wanted) {
		*f = ahead;
		return second;
	}
	f->p = ahead.p;
	return first;
}

static struct value
filter_and(struct filter *f)
{
	struct value a = filter_equality(f);

	while (filter_takes(f, "&&"))
		a = filter_second(f, value_is_true(a), a, filter_equality);
	return a;
}

static struct value
filter_or(struct filter *f)
{
	struct value a = filter_and(f);

	while (filter_takes(f, "||"))
		a = filter_second(f, !value_is_true(a), a, filter_and);
	return a;
}

int
jsonpath_evaluate(struct values *v, struct str expression,
    const struct jsonpath_scope *scope, struct value *result)
{
	struct filter f = {
		.v = v,
		.scope = scope,
		.p = expression.p,
		.end = expression.p + expression.n,
	};

	*result = filter_or(&f);
	filter_skip_space(&f);
	return f.wrong || f.p != f.end ? -1 : 0;
}

/* The part of a path from its first ( to its last ), without these. */
static struct str
filter_all_of(struct str path)
{
	const char *open = memchr(path.p, '(', path.n), *close;

	if (open == NULL)
		return STR("");
	close = memrchr(path.p, ')', path.n);
	return close <= open
		   ? STR("")
		   : (struct str){ open + 1, (size_t)(close - open) - 1 };
}

/* Cuts the part before the first && or || off *rest. */
static bool
filter_cut(struct str *rest, struct str *part)
{
	size_t i;

	if (rest->p == NULL)
		return false;
	for (i = 0; i + 1 < rest->n; i++)
		if (rest->p[i] == rest->p[i + 1] &&
		    (rest->p[i] == '&' || rest->p[i] == '|'))
			break;
	*part = *rest;
	if (i + 1 >= rest->n) {
		*rest = (struct str){ NULL, 0 };
		return true;
	}
	part->n = i;
	rest->p += i + 2;
	rest->n -= i + 2;
	return true;
}

bool
jsonpath_is_safe(struct str path)
{
	static const char pattern[] =
	    "\\A[(]*(@?\\.?[_a-zA-Z0-9\\-\\[\\].]*|@?\\['[_a-zA-Z0-9\\s]*'\\]|"
	    "@[a-zA-Z0-9_\\s'\\-\\[\\].]*.match\\(.*\\))\\s*"
	    "(==|!=|===|!==|<|<=|>|>=)?\\s*"
	    "(\"[^\"]*\"|'[^']*'|[0-9.]+|@?\\$?[.a-zA-Z0-9_\\[\\]\\s']*|true|"
	    "false|undefined)?[)]*\\z";
	struct str rest = filter_all_of(path), part;
	struct regex *regex;
	struct err e;
	bool safe = true;

	if (rest.n == 0)
		return true;
	regex = regex_new(STR(pattern), &e);
	if (regex == NULL)
		return false;
	while (safe && filter_cut(&rest, &part))
		safe = regex_find(regex, text_trim(part), 0, NULL) == 1;
	regex_free(regex);
	return safe;
}
