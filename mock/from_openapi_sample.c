/*
 * A text for a pattern: what stands in the pattern is written down, repeated
 * as often as a repetition asks for at least and some times more, and the
 * pattern itself says whether that fits.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/regex.h"

#include "mock/js_regex.h"

#include "mock/from_openapi_priv.h"

#define DEPTH 20
#define LONGEST 4096
#define SET 256
#define STEPS 1000000 /* in all tries together */

struct sampling {
	struct str pattern;
	size_t at;
	unsigned extra; /* times that each repetition is repeated more */
	unsigned nth;   /* another text for each */
	struct buf *out;
	unsigned steps;
	bool lost; /* something that is not understood */
};

static void sample_choice(struct sampling *s, unsigned depth);

static bool
sample_more(const struct sampling *s)
{
	return !s->lost && s->at < s->pattern.n;
}

/* ---- sets --------------------------------------------------------------- */

static void
sample_range(bool set[SET], unsigned from, unsigned to)
{
	for (; from <= to && from < SET; from++)
		set[from] = true;
}

/* The character of \xHH or \uHHHH, behind the letter. */
static unsigned
sample_hex(struct sampling *s, size_t digits)
{
	unsigned code = 0;
	char c;

	for (; digits > 0; digits--) {
		c = s->at < s->pattern.n ? s->pattern.p[s->at++] : '\0';
		if (c >= '0' && c <= '9')
			code = code * 16 + (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			code = code * 16 + (unsigned)((c | 32) - 'a' + 10);
		else
			s->lost = true;
	}
	return code;
}

/* Behind \p: letters pass for all properties, as the pattern will tell. */
static void
sample_property(struct sampling *s, bool set[SET])
{
	const char *p = s->pattern.p, *end;

	end = s->at < s->pattern.n && p[s->at] == '{'
		  ? memchr(p + s->at, '}', s->pattern.n - s->at)
		  : NULL;
	s->lost = s->lost || end == NULL;
	if (end != NULL)
		s->at = (size_t)(end - p) + 1;
	sample_range(set, 'a', 'z');
	sample_range(set, 'A', 'Z');
	sample_range(set, '0', '9');
}

/* Behind a backslash: a character; SET when it is several, which are added. */
static unsigned
sample_escape(struct sampling *s, bool set[SET])
{
	static const char controls[] = "n\nt\tr\rf\fv\v";
	bool of[SET] = { false };
	char c = s->at < s->pattern.n ? s->pattern.p[s->at++] : '\0';
	const char *control;
	unsigned i;

	if (c == 'x' || c == 'u')
		return sample_hex(s, c == 'x' ? 2 : 4);
	if (c == 'p') {
		sample_property(s, set);
		return SET;
	}
	if (c == '\0' || strchr("dDwWsS", c) == NULL) {
		control = c == '\0' ? NULL : strchr("ntrfv", c);
		s->lost = s->lost || strchr("bBPkc0123456789", c) != NULL;
		return control != NULL ? (unsigned char)strchr(controls, c)[1]
				       : (unsigned char)c;
	}
	if ((c | 32) != 's')
		sample_range(of, '0', '9');
	if ((c | 32) == 'w') {
		sample_range(of, 'a', 'z');
		sample_range(of, 'A', 'Z');
		of['_'] = true;
	}
	of[' '] = (c | 32) == 's';
	for (i = 0x20; i < 0x7f; i++)
		set[i] = set[i] || of[i] != (c < 'a');
	return SET;
}

/* A character of a class; SET when it is several. */
static unsigned
sample_class_one(struct sampling *s, bool set[SET])
{
	unsigned char c = (unsigned char)s->pattern.p[s->at++];

	return c == '\\' ? sample_escape(s, set) : c;
}

static void
sample_class(struct sampling *s, bool set[SET])
{
	bool of[SET] = { false }, not = false;
	unsigned c, last, i;

	if (sample_more(s) && s->pattern.p[s->at] == '^') {
		not = true;
		s->at++;
	}
	while (sample_more(s) && s->pattern.p[s->at] != ']') {
		last = c = sample_class_one(s, of);
		if (c < SET && s->at + 1 < s->pattern.n &&
		    s->pattern.p[s->at] == '-' &&
		    s->pattern.p[s->at + 1] != ']') {
			s->at++;
			last = sample_class_one(s, of);
		}
		if (c < SET)
			sample_range(of, c, last < SET ? last : c);
	}
	s->lost = s->lost || s->at >= s->pattern.n;
	s->at++;
	for (i = 0x20; i < 0x7f; i++)
		set[i] = of[i] != not ;
}

/* Another one each time, letters and digits before the rest. */
static void
sample_pick(struct sampling *s, const bool set[SET])
{
	static const char first[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char found[SET], c;
	size_t i, n = 0;

	for (i = 0; first[i] != '\0'; i++)
		if (set[(unsigned char)first[i]])
			found[n++] = first[i];
	for (i = 0; i < SET && n == 0; i++)
		if (set[i])
			found[n++] = (char)i;
	s->lost = s->lost || n == 0 || s->out->n > LONGEST;
	if (s->lost)
		return;
	c = found[(s->out->n + s->nth) % n];
	buf_add(s->out, &c, 1);
}

/* ---- the pattern -------------------------------------------------------- */

/* What stands behind "(?": false when the group adds nothing, as what only
 * looks ahead or back does. */
static bool
sample_group_kind(struct sampling *s)
{
	const char *p = s->pattern.p + s->at, *end;
	size_t n = s->pattern.n - s->at;
	bool back = n > 1 && p[0] == '<' && (p[1] == '=' || p[1] == '!');

	if (n > 0 && p[0] == ':') {
		s->at++;
		return true;
	}
	if (back || (n > 0 && (p[0] == '=' || p[0] == '!'))) {
		s->at += back ? 2 : 1;
		return false;
	}
	end = n > 0 && p[0] == '<' ? memchr(p, '>', n) : NULL;
	s->lost = s->lost || end == NULL;
	if (end != NULL)
		s->at += (size_t)(end - p) + 1;
	return true;
}

static void
sample_group(struct sampling *s, unsigned depth)
{
	size_t had = s->out->n;
	bool adds = true;

	if (s->at < s->pattern.n && s->pattern.p[s->at] == '?') {
		s->at++;
		adds = sample_group_kind(s);
	}
	sample_choice(s, depth + 1);
	if (!adds)
		s->out->n = had;
	if (s->at < s->pattern.n && s->pattern.p[s->at] == ')')
		s->at++;
	else
		s->lost = true;
}

static void
sample_atom(struct sampling *s, unsigned depth)
{
	bool set[SET] = { false };
	char c = s->pattern.p[s->at++];
	unsigned code;

	if (c == '(') {
		sample_group(s, depth);
		return;
	}
	if (c == '^' || c == '$')
		return;
	if (c == '\\') {
		code = sample_escape(s, set);
		if (code < SET)
			set[code] = true;
	} else if (c == '[')
		sample_class(s, set);
	else if (c == '.')
		sample_range(set, 0x20, 0x7e);
	else if ((unsigned char)c >= 0x80)
		buf_add(s->out, &c, 1);
	else
		set[(unsigned char)c] = true;
	if ((unsigned char)c < 0x80)
		sample_pick(s, set);
}

static unsigned
sample_digits(struct sampling *s, unsigned otherwise)
{
	unsigned v = 0;
	bool any = false;

	while (s->at < s->pattern.n && s->pattern.p[s->at] >= '0' &&
	       s->pattern.p[s->at] <= '9' && v < LONGEST) {
		v = v * 10 + (unsigned)(s->pattern.p[s->at++] - '0');
		any = true;
	}
	return any ? v : otherwise;
}

/* How often what stood in front is to be. */
static unsigned
sample_times(struct sampling *s)
{
	unsigned least = 1, most = 1;
	char c = s->at < s->pattern.n ? s->pattern.p[s->at] : '\0';

	if (c == '*' || c == '+' || c == '?') {
		least = c == '+';
		most = c == '?' ? 1 : LONGEST;
		s->at++;
	} else if (c == '{') {
		s->at++;
		most = least = sample_digits(s, 0);
		if (s->at < s->pattern.n && s->pattern.p[s->at] == ',') {
			s->at++;
			most = sample_digits(s, LONGEST);
		}
		s->lost = s->lost || s->at >= s->pattern.n ||
			  s->pattern.p[s->at++] != '}';
	} else {
		return 1;
	}
	if (s->at < s->pattern.n && strchr("?+", s->pattern.p[s->at]) != NULL)
		s->at++; /* lazy or possessive: the same texts */
	return least + s->extra < most ? least + s->extra : most;
}

static void
sample_repeat(struct sampling *s, unsigned depth)
{
	size_t from = s->at, had = s->out->n, after;
	unsigned times, i;

	sample_atom(s, depth);
	times = sample_times(s);
	after = s->at;
	if (times == 0)
		s->out->n = had;
	s->lost = s->lost || ++s->steps > STEPS;
	for (i = 1; i < times && !s->lost && s->out->n <= LONGEST; i++) {
		s->at = from;
		s->lost = ++s->steps > STEPS;
		sample_atom(s, depth);
	}
	s->at = after;
}

/* The first of the alternatives; the others are only read. */
static void
sample_choice(struct sampling *s, unsigned depth)
{
	size_t keep = 0;
	bool first = true;

	s->lost = s->lost || depth > DEPTH;
	while (sample_more(s) && s->pattern.p[s->at] != ')') {
		if (s->pattern.p[s->at] == '|') {
			keep = first ? s->out->n : keep;
			first = false;
			s->at++;
			continue;
		}
		sample_repeat(s, depth);
		if (!first)
			s->out->n = keep;
	}
}

/* Characters, not bytes. */
static size_t
sample_length(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

bool
openapi_sample(struct buf *out, struct str pattern, size_t least, size_t most,
    unsigned nth)
{
	struct sampling s = { .pattern = pattern, .out = out, .nth = nth };
	size_t had = out->n, n;
	struct regex *r;
	struct err e;
	unsigned i;
	bool found = false;

	r = js_regex_new(pattern, JS_REGEX_UNICODE, &e);
	/* Once more first: a text of nothing is rarely what is meant. */
	for (i = 0; r != NULL && i <= 1024 && !found; i++) {
		s.at = 0;
		s.lost = false;
		s.extra = i < 2 ? 1 - i : i;
		out->n = had;
		sample_choice(&s, 0);
		n = sample_length(buf_str(out));
		if (s.lost || s.at < pattern.n || (i > 1 && n > most))
			break;
		found = n >= least && n <= most &&
			regex_find(r, buf_str(out), 0, NULL) == 1;
	}
	regex_free(r);
	if (!found)
		out->n = had;
	return found;
}
