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

#include "mock/from_openapi_priv.h"

#define DEPTH 20
#define LONGEST 4096
#define SET 256
#define STEPS 1000000 /* in all tries together */

struct sampling {
	struct str pattern;
	size_t at;
	unsigned extra; /* times that each repetition is repeated more */
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

/* What \d and the like stand for; anything else stands for itself. */
static void
sample_escape(struct sampling *s, bool set[SET])
{
	bool of[SET] = { false };
	char c = '\0';
	unsigned i;

	if (s->at < s->pattern.n)
		c = s->pattern.p[s->at++];
	if (strchr("dD", c) != NULL)
		sample_range(of, '0', '9');
	if (strchr("wW", c) != NULL) {
		sample_range(of, '0', '9');
		sample_range(of, 'a', 'z');
		sample_range(of, 'A', 'Z');
		of['_'] = true;
	}
	if (strchr("sS", c) != NULL)
		of[' '] = true;
	if (strchr("dws", c) == NULL && strchr("DWS", c) == NULL) {
		s->lost = s->lost || strchr("bBpPukxc0123456789", c) != NULL;
		of[c == 'n'    ? '\n'
		    : c == 't' ? '\t'
		    : c == 'r' ? '\r'
			       : (unsigned char)c] = true;
	}
	for (i = 0x20; i < 0x7f; i++)
		if (of[i] != (strchr("DWS", c) != NULL))
			set[i] = true;
	for (i = 0; i < 0x20; i++)
		set[i] = set[i] || of[i];
}

static void
sample_class(struct sampling *s, bool set[SET])
{
	bool of[SET] = { false }, not = false;
	unsigned char c, last;
	unsigned i;

	if (sample_more(s) && s->pattern.p[s->at] == '^') {
		not = true;
		s->at++;
	}
	while (sample_more(s) && s->pattern.p[s->at] != ']') {
		c = (unsigned char)s->pattern.p[s->at++];
		if (c == '\\') {
			sample_escape(s, of);
			continue;
		}
		last = c;
		if (s->at + 1 < s->pattern.n && s->pattern.p[s->at] == '-' &&
		    s->pattern.p[s->at + 1] != ']') {
			last = (unsigned char)s->pattern.p[s->at + 1];
			s->at += 2;
		}
		sample_range(of, c, last);
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
	c = found[s->out->n % n];
	buf_add(s->out, &c, 1);
}

/* ---- the pattern -------------------------------------------------------- */

static void
sample_group(struct sampling *s, unsigned depth)
{
	if (s->at < s->pattern.n && s->pattern.p[s->at] == '?') {
		s->at++;
		if (s->at < s->pattern.n && s->pattern.p[s->at] == ':')
			s->at++;
		else
			s->lost = true; /* what stands around, names */
	}
	sample_choice(s, depth + 1);
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

	if (c == '(') {
		sample_group(s, depth);
		return;
	}
	if (c == '^' || c == '$')
		return;
	if (c == '\\')
		sample_escape(s, set);
	else if (c == '[')
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
openapi_sample(struct buf *out, struct str pattern, size_t least, size_t most)
{
	struct sampling s = { .pattern = pattern, .out = out };
	size_t had = out->n, n;
	struct regex *r;
	struct str text;
	struct err e;
	unsigned i;
	bool found = false;

	r = regex_new(pattern, &e);
	/* Once more first: a text of nothing is rarely what is meant. */
	for (i = 0; r != NULL && i <= 1024 && !found; i++) {
		s.at = 0;
		s.lost = false;
		s.extra = i < 2 ? 1 - i : i;
		out->n = had;
		sample_choice(&s, 0);
		text = (struct str){ out->p + had, out->n - had };
		n = sample_length(text);
		if (s.lost || s.at < pattern.n || (i > 1 && n > most))
			break;
		found = n >= least && n <= most &&
			regex_find(r, text, 0, NULL) == 1;
	}
	regex_free(r);
	if (!found)
		out->n = had;
	return found;
}
