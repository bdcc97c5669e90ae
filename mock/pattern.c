#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/regex.h"

#include "mock/pattern_priv.h"

_Static_assert(PATTERN_NAMES < REGEX_GROUPS, "a group for each name");

struct form {
	struct pattern_form segments;
	struct str source;
	struct regex *regex; /* NULL when segments alone tell */
	struct str names[PATTERN_NAMES];
	bool several[PATTERN_NAMES];
	size_t n;
};

struct pattern {
	struct str text;
	struct form *forms;
	size_t n, cap;
};

/* ---- one form ---------------------------------------------------------- */

/* The flat tokens of a form, while it is made. */
struct flat {
	const struct pattern_token **v;
	size_t n;
};

/* Whether all names are segments of their own, so that segments alone tell
 * what fits. */
static bool
pattern_is_plain(const struct flat *f)
{
	struct str before, behind;
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->v[i]->kind == PATTERN_TOKEN_TEXT)
			continue;
		if (f->v[i]->kind != PATTERN_TOKEN_NAME || i == 0)
			return false;
		before = f->v[i - 1]->text;
		behind = i + 1 < f->n ? f->v[i + 1]->text : STR("/");
		if (f->v[i - 1]->kind != PATTERN_TOKEN_TEXT ||
		    before.p[before.n - 1] != '/' || behind.p[0] != '/')
			return false;
	}
	return true;
}

static void
pattern_escape(struct str text, struct buf *out)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		if (strchr(".+*?^${}()[]|/\\", text.p[i]) != NULL &&
		    text.p[i] != '\0')
			buf_add(out, "\\", 1);
		buf_add(out, text.p + i, 1);
	}
}

/* Anything but what begins with a or b; see path-to-regexp's negate(). */
static void
pattern_negate(struct str a, struct str b, struct buf *out)
{
	struct str swap;

	if (b.n > a.n) {
		swap = a;
		a = b;
		b = swap;
	}
	if (str_eq(a, b))
		b = STR("");
	if (b.n > 1 || a.n > 1) {
		buf_add_text(out, "(?:(?!");
		pattern_escape(a, out);
		if (b.n > 1) {
			buf_add_text(out, "|");
			pattern_escape(b, out);
		}
		buf_add_text(out, b.n == 1 ? ")[^" : ")[\\s\\S");
		if (b.n == 1)
			pattern_escape(b, out);
		buf_add_text(out, "])");
		return;
	}
	if (a.n + b.n == 0) {
		buf_add_text(out, "[\\s\\S]");
		return;
	}
	buf_add_text(out, "[^");
	pattern_escape(a, out);
	pattern_escape(b, out);
	buf_add_text(out, "]");
}

static bool
pattern_has_slash(struct str text)
{
	return text.n > 0 && memchr(text.p, '/', text.n) != NULL;
}

/* Whether a name for several comes later in the segment. */
static bool
pattern_several_follows(const struct flat *f, size_t i)
{
	for (; i < f->n; i++) {
		if (f->v[i]->kind == PATTERN_TOKEN_SEVERAL)
			return true;
		if (f->v[i]->kind == PATTERN_TOKEN_TEXT &&
		    pattern_has_slash(f->v[i]->text))
			break;
	}
	return false;
}

/* What is remembered on the way through a form. */
struct source {
	struct buf text;
	struct buf since;         /* text behind the last name */
	struct buf since_several; /* behind the last name for several */
	bool any, several_last;   /* names so far */
	bool some_in, several_in; /* in this segment */
};

static void
pattern_source_name(struct source *s, const struct flat *f, size_t i)
{
	struct str since = buf_str(&s->since);
	struct str slash = STR("/"), none = STR("");
	struct buf next = { 0 };

	buf_add_text(&s->text, "(");
	if (s->several_in) {
		pattern_negate(slash, since, &s->text);
	} else if (pattern_several_follows(f, i + 1)) {
		for (i++; i < f->n && f->v[i]->kind == PATTERN_TOKEN_TEXT; i++)
			buf_add_str(&next, f->v[i]->text);
		pattern_negate(slash, buf_str(&next), &s->text);
		buf_free(&next);
	} else if (s->some_in) {
		pattern_negate(slash, since, &s->text);
		buf_add_text(&s->text, "+|");
		pattern_escape(since, &s->text);
		buf_add_text(&s->text, ")");
		return;
	} else {
		pattern_negate(slash, none, &s->text);
	}
	buf_add_text(&s->text, "+)");
}

static void
pattern_source_several(struct source *s)
{
	struct str since = buf_str(&s->since), none = STR("");
	struct str several = buf_str(&s->since_several);

	buf_add_text(&s->text, "(");
	if (s->several_in) {
		pattern_negate(since, none, &s->text);
	} else if (several.n > 0) {
		pattern_negate(several, none, &s->text);
		buf_add_text(&s->text, "+|");
		pattern_negate(STR("/"), none, &s->text);
	} else {
		buf_add_text(&s->text, "[\\s\\S]");
	}
	buf_add_text(&s->text, "+)");
}

static int
pattern_source_add(struct source *s, struct form *form, const struct flat *f,
    size_t i, struct err *e)
{
	const struct pattern_token *t = f->v[i];

	if (t->kind == PATTERN_TOKEN_TEXT) {
		pattern_escape(t->text, &s->text);
		buf_add_str(&s->since, t->text);
		if (s->several_last)
			buf_add_str(&s->since_several, t->text);
		if (pattern_has_slash(t->text))
			s->some_in = s->several_in = false;
		return 0;
	}
	if (s->any && s->since.n == 0)
		return err_set(
		    e, "expected text in front of \"%.*s\"", STR_ARGS(t->text));
	if (form->n == PATTERN_NAMES)
		return err_set(e, "expected at most %d names", PATTERN_NAMES);
	form->names[form->n] = t->text;
	form->several[form->n++] = t->kind == PATTERN_TOKEN_SEVERAL;
	if (t->kind == PATTERN_TOKEN_NAME) {
		pattern_source_name(s, f, i);
		s->some_in = true;
		s->several_last = false;
	} else {
		pattern_source_several(s);
		s->since_several.n = 0;
		s->several_in = s->several_last = true;
	}
	s->any = true;
	s->since.n = 0;
	return 0;
}

static int
pattern_source(struct form *form, const struct flat *f, struct err *e)
{
	struct source s = { 0 };
	size_t i;
	int r = 0;

	buf_add_text(&s.text, "(?i)^(?:");
	for (i = 0; r == 0 && i < f->n; i++)
		r = pattern_source_add(&s, form, f, i, e);
	buf_add_text(&s.text, ")(?:/$)?$");
	if (r == 0 && !pattern_is_plain(f)) {
		form->regex = regex_new(buf_str(&s.text), e);
		r = form->regex != NULL ? 0 : -1;
	}
	buf_free(&s.text);
	buf_free(&s.since);
	buf_free(&s.since_several);
	return r;
}

static struct str
pattern_lower(struct arena *a, struct str text)
{
	char *copy = arena_alloc(a, text.n + 1);
	size_t i;

	for (i = 0; i < text.n; i++)
		copy[i] = text.p[i] >= 'A' && text.p[i] <= 'Z'
			      ? (char)(text.p[i] | 32)
			      : text.p[i];
	return (struct str){ copy, text.n };
}

/* Ends the segment that text has gathered. */
static void
pattern_segment_end(struct arena *a, struct pattern_form *to,
    enum pattern_segment_kind kind, struct buf *text)
{
	struct pattern_segment *s = &to->segments[to->n++];

	s->kind = kind;
	s->text =
	    kind == PATTERN_LITERAL ? pattern_lower(a, buf_str(text)) : STR("");
	text->n = 0;
}

static void
pattern_segments(struct arena *a, struct pattern_form *to, const struct flat *f)
{
	enum pattern_segment_kind kind = PATTERN_LITERAL;
	struct buf text = { 0 };
	bool begun = false;
	size_t i, k, most = 1;

	for (i = 0; i < f->n; i++)
		for (k = 0; k < f->v[i]->text.n; k++)
			most += f->v[i]->text.p[k] == '/';
	to->segments = arena_zalloc(a, most * sizeof(*to->segments));
	for (i = 0; i < f->n && kind != PATTERN_REST; i++) {
		if (f->v[i]->kind != PATTERN_TOKEN_TEXT) {
			kind = f->v[i]->kind == PATTERN_TOKEN_SEVERAL
				   ? PATTERN_REST
				   : PATTERN_SOME;
			continue;
		}
		for (k = 0; k < f->v[i]->text.n; k++) {
			if (f->v[i]->text.p[k] != '/') {
				buf_add(&text, f->v[i]->text.p + k, 1);
				continue;
			}
			if (begun)
				pattern_segment_end(a, to, kind, &text);
			text.n = 0;
			begun = true;
			kind = PATTERN_LITERAL;
		}
	}
	pattern_segment_end(a, to, kind, &text);
	buf_free(&text);
}

/* ---- all forms --------------------------------------------------------- */

/* What comes behind a group, when its inside is through. */
struct behind {
	const struct pattern_token *list;
	const struct behind *next;
};

static int
pattern_take_form(
    struct pattern *p, struct arena *a, const struct flat *f, struct err *e)
{
	struct form *form;

	if (p->n == PATTERN_FORMS)
		return err_set(
		    e, "expected at most %d ways through { }", PATTERN_FORMS);
	if (p->n == p->cap) {
		p->cap = p->cap > 0 ? 2 * p->cap : 2;
		p->forms = xrealloc(p->forms, p->cap * sizeof(*p->forms));
	}
	form = &p->forms[p->n++];
	*form = (struct form){ .n = 0 };
	if (pattern_source(form, f, e) == -1)
		return -1;
	pattern_segments(a, &form->segments, f);
	return 0;
}

/* With each group first, then without it, as path-to-regexp does. */
static int
pattern_flatten(struct pattern *p, struct arena *a,
    const struct pattern_token *t, const struct behind *behind, struct flat *f,
    struct err *e)
{
	struct behind here;
	size_t n = f->n;
	int r;

	for (; t != NULL || behind != NULL; t = t->next) {
		while (t == NULL && behind != NULL) {
			t = behind->list;
			behind = behind->next;
		}
		if (t == NULL)
			break;
		if (t->kind == PATTERN_TOKEN_GROUP) {
			here = (struct behind){ t->next, behind };
			r = pattern_flatten(p, a, t->in, &here, f, e);
			if (r == -1)
				return -1;
			f->n = n;
			continue;
		}
		f->v[f->n++] = t;
		n = f->n;
	}
	return pattern_take_form(p, a, f, e);
}

static size_t
pattern_count(const struct pattern_token *t)
{
	size_t n = 0;

	for (; t != NULL; t = t->next)
		n += 1 + pattern_count(t->in);
	return n;
}

struct pattern *
pattern_new(
    struct arena *a, struct str prefix, struct str endpoint, struct err *e)
{
	struct pattern *p = arena_zalloc(a, sizeof(*p));
	struct buf text = { 0 };
	struct pattern_parse parse = { .arena = a };
	struct flat flat = { 0 };
	struct pattern_token *list;
	int r;

	pattern_prepare(prefix, endpoint, &text);
	p->text = arena_str(a, buf_str(&text));
	pattern_rewrite(&text);
	parse.text = arena_str(a, buf_str(&text));
	buf_free(&text);
	r = pattern_parse(&parse, false, &list, e);
	if (r == 0) {
		flat.v = xcalloc(pattern_count(list) + 1, sizeof(*flat.v));
		r = pattern_flatten(p, a, list, NULL, &flat, e);
		free(flat.v);
	}
	if (r == 0)
		return p;
	err_wrap(e, "%.*s", STR_ARGS(p->text));
	pattern_free(p);
	return NULL;
}

void
pattern_free(struct pattern *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n; i++)
		regex_free(p->forms[i].regex);
	free(p->forms);
}

struct str
pattern_text(const struct pattern *p)
{
	return p->text;
}

size_t
pattern_forms(const struct pattern *p)
{
	return p->n;
}

const struct pattern_form *
pattern_form(const struct pattern *p, size_t i)
{
	return &p->forms[i].segments;
}

/* ---- matching ---------------------------------------------------------- */

/* decodeURIComponent(), which throws where this gives false. */
static bool
pattern_decode(struct str text, struct arena *a, struct str *out)
{
	char *p = arena_alloc(a, text.n + 1);
	size_t i, n = 0;
	int byte;

	for (i = 0; i < text.n; i++) {
		p[n++] = text.p[i];
		if (text.p[i] != '%')
			continue;
		byte = str_percent((struct str){ text.p + i, text.n - i });
		if (byte == -1)
			return false;
		p[n - 1] = (char)byte;
		i += 2;
	}
	*out = (struct str){ p, n };
	return str_is_utf8(*out);
}

static bool
pattern_take_value(
    struct pattern_value *v, struct str text, bool several, struct arena *a)
{
	struct str rest = text, part;
	size_t i, most = 1;

	for (i = 0; several && i < text.n; i++)
		most += text.p[i] == '/';
	v->parts = arena_alloc(a, most * sizeof(*v->parts));
	v->several = several;
	v->n = 0;
	if (!several)
		return pattern_decode(text, a, &v->parts[v->n++]);
	while (str_cut(&rest, '/', &part))
		if (!pattern_decode(part, a, &v->parts[v->n++]))
			return false;
	return true;
}

/* By segments, letter case apart; *m is set to those that have a name. */
static bool
pattern_fits_plainly(const struct form *form, struct str path, struct arena *a,
    struct pattern_match *m)
{
	const struct pattern_form *f = &form->segments;
	struct str segment;
	size_t i;

	if (path.n == 0 || path.p[0] != '/')
		return false;
	path = (struct str){ path.p + 1, path.n - 1 };
	for (i = 0; i < f->n; i++) {
		if (!str_cut(&path, '/', &segment))
			return false;
		if (f->segments[i].kind == PATTERN_LITERAL) {
			if (!str_ieq(segment, f->segments[i].text))
				return false;
			continue;
		}
		m->values[m->n].name = form->names[m->n];
		if (segment.n == 0 ||
		    !pattern_take_value(&m->values[m->n], segment, false, a))
			return false;
		m->n++;
	}
	return path.p == NULL || path.n == 0;
}

bool
pattern_fits(const struct pattern *p, size_t form, struct str path,
    struct arena *a, struct pattern_match *m)
{
	const struct form *f = &p->forms[form];
	struct regex_match found;
	size_t i;

	m->n = 0;
	if (f->regex == NULL)
		return pattern_fits_plainly(f, path, a, m);
	if (regex_find(f->regex, path, 0, &found) != 1)
		return false;
	for (i = 0; i < f->n; i++) {
		m->values[i].name = f->names[i];
		if (!pattern_take_value(
			&m->values[i], found.group[i + 1], f->several[i], a))
			return false;
	}
	m->n = f->n;
	return true;
}
