#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

#include "mock/faker_priv.h"

/*
 * helpers.fromRegExp(), which is no generator for regular expressions but a
 * row of replacements until none of them applies, each of the first place
 * where it does.  What they do not know stays as it is; where they are odd,
 * so is this.
 */

/* Where something was found, and what. */
struct regexp_match {
	size_t at, end; /* of the whole */
	struct str one; /* the character or class that is repeated */
	char symbol;    /* ?, * or +; or 0 */
	double low;     /* or -1 */
	double high;    /* or -1 */
};

/* Longer patterns are refused, and what becomes longer on the way: it is
 * looked at again and again. */
enum { PATTERN_MAX = 4096, REPEATED_MAX = 1 << 20 };

static bool
regexp_digits(struct str s, size_t *at, double *v)
{
	size_t from = *at;

	for (*v = 0; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; ++*at)
		*v = *v * 10 + (s.p[*at] - '0');
	return *at > from;
}

/* {low} or {low,high} at m->end, behind which it moves. */
static bool
regexp_braces(struct str s, struct regexp_match *m)
{
	size_t at = m->end;

	m->low = m->high = -1;
	m->symbol = 0;
	if (at == s.n || s.p[at++] != '{' || !regexp_digits(s, &at, &m->low))
		return false;
	if (at < s.n && s.p[at] == ',') {
		at++;
		if (!regexp_digits(s, &at, &m->high))
			return false;
	}
	if (at == s.n || s.p[at] != '}')
		return false;
	m->end = at + 1;
	return true;
}

/* Braces or one of ?, *, + at m->end. */
static bool
regexp_quantifier(struct str s, struct regexp_match *m)
{
	if (regexp_braces(s, m))
		return true;
	m->low = m->high = -1;
	if (m->end == s.n || s.p[m->end] == '\0' ||
	    strchr("?*+", s.p[m->end]) == NULL)
		return false;
	m->symbol = s.p[m->end++];
	return true;
}

/* For each place of s, and its end, whether a bracket or brace is closed from
 * there on before one is opened. */
static void
regexp_insides(struct str s, struct buf *insides)
{
	bool bracket = false, brace = false;
	size_t i = s.n;

	insides->n = 0;
	buf_reserve(insides, s.n + 1)[s.n] = false;
	while (i-- > 0) {
		if (s.p[i] == '[' || s.p[i] == ']')
			bracket = s.p[i] == ']';
		else if (s.p[i] == '{' || s.p[i] == '}')
			brace = s.p[i] == '}';
		insides->p[i] = bracket || brace;
	}
}

static bool
regexp_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* A letter, a digit or a dot with a quantifier, outside of brackets. */
static bool
regexp_find_single(struct str s, struct buf *insides, struct regexp_match *m)
{
	regexp_insides(s, insides);
	for (m->at = 0; m->at < s.n; m->at++) {
		if (!regexp_is_letter(s.p[m->at]) && s.p[m->at] != '.')
			continue;
		m->end = m->at + 1;
		m->one = (struct str){ s.p + m->at, 1 };
		if (regexp_quantifier(s, m) && !insides->p[m->end])
			return true;
	}
	return false;
}

/* Any character with braces: with two numbers in them or with one. */
static bool
regexp_find_any(struct str s, bool two, struct regexp_match *m)
{
	struct str rest = s;

	while (rest.n > 0) {
		m->one.p = rest.p;
		m->at = (size_t)(rest.p - s.p);
		if (faker_point(&rest) == '\n')
			continue;
		m->end = (size_t)(rest.p - s.p);
		m->one.n = m->end - m->at;
		if (regexp_braces(s, m) && (m->high >= 0) == two)
			return true;
	}
	return false;
}

/* s with the place of m filled by n times what was repeated there. */
static struct str
regexp_fill(
    struct faker *f, struct str s, const struct regexp_match *m, struct str by)
{
	struct buf b = { 0 };

	if (s.n + by.n > REPEATED_MAX)
		faker_fail(f, "gives more than %d bytes", REPEATED_MAX);
	faker_add(f, &b, (struct str){ s.p, m->at });
	faker_add(f, &b, by);
	faker_add(f, &b, (struct str){ s.p + m->end, s.n - m->end });
	return faker_text(f, &b);
}

static struct str
regexp_repeat(struct faker *f, struct str one, double n)
{
	size_t left = faker_count(f, n, REPEATED_MAX);
	struct buf b = { 0 };

	for (; left > 0 && faker_ok(f); left--)
		faker_add(f, &b, one);
	return faker_text(f, &b);
}

/* How many there shall be. */
static double
regexp_times(struct faker *f, const struct regexp_match *m)
{
	double most = 1;

	if (m->symbol == '?')
		return faker_boolean(f, 0.5) ? 0 : 1;
	if (m->symbol != 0) {
		while (faker_boolean(f, 0.5))
			most *= 2;
		return faker_int(f, m->symbol == '+', most);
	}
	if (m->high >= 0)
		return faker_int(f, m->low, m->high);
	return m->low >= 0 ? m->low : 1;
}

static struct str
regexp_singles(struct faker *f, struct str s)
{
	struct buf insides = { 0 };
	struct regexp_match m;
	double n;

	while (faker_ok(f) && regexp_find_single(s, &insides, &m)) {
		faker_spend(f);
		n = regexp_times(f, &m);
		s = regexp_fill(f, s, &m,
		    m.one.p[0] == '.'
			? faker_string_alphanumeric(f, n, STR("mixed"), "")
			: regexp_repeat(f, m.one, n));
	}
	buf_free(&insides);
	return s;
}

struct regexp_class {
	struct regexp_match m;
	bool negated;
	bool dash; /* begins with one */
	struct str inside;
};

/* [...] from at with or without a leading ^ and - as what they mean. */
static bool
regexp_class_at(
    struct str s, size_t at, bool negated, bool dash, struct regexp_class *c)
{
	size_t from = at + 1, i;

	if (negated && (from == s.n || s.p[from++] != '^'))
		return false;
	if (dash && (from >= s.n || s.p[from++] != '-'))
		return false;
	for (i = from; i < s.n && s.p[i] != '\n'; i++) {
		if (i == from || s.p[i] != ']')
			continue;
		c->m.at = at;
		c->m.end = i + 1;
		c->negated = negated;
		c->dash = dash;
		c->inside = (struct str){ s.p + from, i - from };
		if (!regexp_quantifier(s, &c->m))
			c->m.symbol = 0;
		return true;
	}
	return false;
}

static bool
regexp_find_class(struct str s, struct regexp_class *c)
{
	static const bool negated[] = { true, true, false, false };
	static const bool dash[] = { true, false, true, false };
	size_t at, i;

	for (at = 0; at < s.n; at++) {
		if (s.p[at] != '[')
			continue;
		for (i = 0; i < 4; i++)
			if (regexp_class_at(s, at, negated[i], dash[i], c))
				return true;
		/* Nor does any other end in this line. */
		while (at + 1 < s.n && s.p[at + 1] != '\n')
			at++;
	}
	return false;
}

static bool
regexp_is_word(char c)
{
	return regexp_is_letter(c) || c == '_';
}

/* How long the first part of a class that faker knows is, and where. */
static size_t
regexp_part(struct str s, size_t *at)
{
	static const char others[] = "-!@#$&()`.+,/\"";
	size_t i;

	for (i = 0; i < s.n; i++) {
		*at = i;
		if (i + 2 < s.n && s.p[i + 1] == '-' &&
		    regexp_is_word(s.p[i]) && regexp_is_word(s.p[i + 2]))
			return 3;
		if (regexp_is_word(s.p[i]) ||
		    (s.p[i] != '\0' && strchr(others, s.p[i]) != NULL))
			return 1;
	}
	return 0;
}

/* The characters of a class in the order, and as often, as faker has them. */
static void
regexp_list(struct faker *f, const struct regexp_class *c, struct buf *chars)
{
	struct str rest = c->inside;
	size_t at, n;
	char low, high, each;

	if (c->dash)
		buf_add_text(chars, "-");
	while (faker_ok(f) && (n = regexp_part(rest, &at)) > 0) {
		low = rest.p[at];
		high = rest.p[at + n - 1];
		if (low > high)
			faker_refuse(
			    f, "Character range provided is out of order.");
		for (each = low; each <= high && (n == 3 || low != '-'); each++)
			buf_add(chars, &each, 1);
		for (; n > 0; n--) /* off the front, wherever it was found */
			(void)faker_point(&rest);
	}
}

/* What is in chars goes out of, what is not comes into the letters and digits
 * that a negated class gives. */
static void
regexp_negate(struct buf *chars)
{
	static const char all[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz";
	const char *c;
	char *found;

	for (c = all; *c != '\0'; c++) {
		found = chars->n > 0 ? memchr(chars->p, *c, chars->n) : NULL;
		if (found == NULL) {
			buf_add(chars, c, 1);
			continue;
		}
		memmove(found, found + 1,
		    chars->n - (size_t)(found - chars->p) - 1);
		chars->n--;
	}
}

static struct str
regexp_classes(struct faker *f, struct str s)
{
	struct regexp_class c;
	struct buf chars = { 0 };
	double n;

	while (faker_ok(f) && regexp_find_class(s, &c)) {
		faker_spend(f);
		chars.n = 0;
		regexp_list(f, &c, &chars);
		n = regexp_times(f, &c.m);
		if (c.negated)
			regexp_negate(&chars);
		if (chars.n == 0 && n >= 1)
			(void)faker_pick(f, 0);
		s = regexp_fill(
		    f, s, &c.m, faker_string_of(f, buf_str(&chars), n));
	}
	buf_free(&chars);
	return s;
}

struct str
faker_from_regexp(struct faker *f, struct str s)
{
	struct regexp_match m;
	double n;

	if (s.n > PATTERN_MAX)
		faker_fail(f, "a pattern of more than %d bytes", PATTERN_MAX);
	s = regexp_singles(f, s);
	s = regexp_classes(f, s);
	while (faker_ok(f) && regexp_find_any(s, true, &m)) {
		faker_spend(f);
		if (m.low > m.high)
			faker_refuse(
			    f, "Numbers out of order in {} quantifier.");
		n = faker_int(f, m.low, m.high);
		s = regexp_fill(f, s, &m, regexp_repeat(f, m.one, n));
	}
	while (faker_ok(f) && regexp_find_any(s, false, &m)) {
		faker_spend(f);
		s = regexp_fill(f, s, &m, regexp_repeat(f, m.one, m.low));
	}
	return s;
}

/* [low-high] */
static bool
regexp_find_range(struct str s, struct regexp_match *m)
{
	for (m->at = 0; m->at < s.n; m->at++) {
		m->end = m->at + 1;
		if (s.p[m->at] == '[' && regexp_digits(s, &m->end, &m->low) &&
		    m->end < s.n && s.p[m->end++] == '-' &&
		    regexp_digits(s, &m->end, &m->high) && m->end < s.n &&
		    s.p[m->end++] == ']')
			return true;
	}
	return false;
}

struct str
faker_expand_ranges(struct faker *f, struct str s)
{
	struct regexp_match m;
	char number[NUMBER_BYTES];
	double n;

	if (s.n > PATTERN_MAX)
		faker_fail(f, "a pattern of more than %d bytes", PATTERN_MAX);
	while (faker_ok(f) && regexp_find_any(s, true, &m)) {
		faker_spend(f);
		n = faker_int(f, fmin(m.low, m.high), fmax(m.low, m.high));
		s = regexp_fill(f, s, &m, regexp_repeat(f, m.one, n));
	}
	while (faker_ok(f) && regexp_find_any(s, false, &m)) {
		faker_spend(f);
		s = regexp_fill(f, s, &m, regexp_repeat(f, m.one, m.low));
	}
	while (faker_ok(f) && regexp_find_range(s, &m)) {
		faker_spend(f);
		n = faker_int(f, fmin(m.low, m.high), fmax(m.low, m.high));
		number_format(n, number);
		s = regexp_fill(f, s, &m, str_of(number));
	}
	return s;
}
