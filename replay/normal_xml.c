/*
 * XML without what seldom means anything.  Nothing is expanded: entities
 * stay as they were written, and a text with a document type, which could
 * define some, is not taken at all.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#include "replay/normal_priv.h"

#define XML_ATTRIBUTES 128 /* of an element */
#define XML_PATH 1024      /* bytes of a path */

struct xml_attribute {
	struct str name, value;
};

/* An element that is open. */
struct xml_level {
	struct str name;
	size_t path; /* how long the path was in front of it */
	size_t from; /* where it begins in what is written */
};

struct xml {
	const struct normal_rules *rules;
	struct str rest;
	struct buf *out;
	struct buf path;
	struct xml_level levels[NORMAL_XML_DEPTH];
	size_t depth;
	bool rooted;
};

static void
xml_pass(struct xml *x, size_t n)
{
	x->rest = (struct str){ x->rest.p + n, x->rest.n - n };
}

static bool
xml_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
xml_pass_blanks(struct xml *x)
{
	while (x->rest.n > 0 && xml_blank(x->rest.p[0]))
		xml_pass(x, 1);
}

/* Takes what stands in front of end, which is passed over.  False when there
 * is no end. */
static bool
xml_take_until(struct xml *x, const char *end, struct str *part)
{
	size_t n = strlen(end);
	const char *at = memmem(x->rest.p, x->rest.n, end, n);

	if (at == NULL)
		return false;
	*part = (struct str){ x->rest.p, (size_t)(at - x->rest.p) };
	xml_pass(x, part->n + n);
	return true;
}

static bool
xml_take_name(struct xml *x, struct str *name)
{
	size_t n = 0;

	while (n < x->rest.n && !xml_blank(x->rest.p[n]) &&
	       memchr("/>=<\"'", x->rest.p[n], 6) == NULL)
		n++;
	*name = (struct str){ x->rest.p, n };
	xml_pass(x, n);
	return n > 0;
}

static bool
xml_take_attribute(struct xml *x, struct xml_attribute *a)
{
	const char *quote;

	if (!xml_take_name(x, &a->name))
		return false;
	xml_pass_blanks(x);
	if (x->rest.n == 0 || x->rest.p[0] != '=')
		return false;
	xml_pass(x, 1);
	xml_pass_blanks(x);
	quote = str_starts(x->rest, "\"") ? "\"" : "'";
	if (!str_starts(x->rest, quote))
		return false;
	xml_pass(x, 1);
	return xml_take_until(x, quote, &a->value) &&
	       (a->value.n == 0 || memchr(a->value.p, '<', a->value.n) == NULL);
}

static int
xml_attribute_order(const void *left, const void *right)
{
	const struct xml_attribute *a = left, *b = right;
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	int r = memcmp(a->name.p, b->name.p, n);

	return r != 0 ? r : a->name.n < b->name.n ? -1 : a->name.n > b->name.n;
}

static enum normal_fate
xml_fate(const struct xml *x)
{
	return normal_fate(
	    x->rules, RULE_IGNORE_XML, RULE_REPLACE_XML, buf_str(&x->path));
}

static void
xml_write_attributes(struct xml *x, struct xml_attribute *v, size_t n)
{
	size_t i, path = x->path.n;
	enum normal_fate fate;

	qsort(v, n, sizeof(*v), xml_attribute_order);
	for (i = 0; i < n; i++) {
		buf_add_text(&x->path, "/@");
		buf_add_str(&x->path, v[i].name);
		fate = xml_fate(x);
		x->path.n = path;
		if (fate == NORMAL_IGNORED)
			continue;
		normal_text(x->out, '@', v[i].name);
		if (fate == NORMAL_ANY)
			normal_text(x->out, NORMAL_REPLACED, STR(""));
		else
			normal_text(x->out, NORMAL_TEXT, v[i].value);
	}
}

static void
xml_close(struct xml *x)
{
	struct xml_level *l = &x->levels[--x->depth];
	enum normal_fate fate = xml_fate(x);

	x->path.n = l->path;
	if (fate != NORMAL_KEPT)
		x->out->n = l->from;
	if (fate == NORMAL_ANY)
		normal_text(x->out, '<', l->name);
	if (fate == NORMAL_ANY)
		normal_text(x->out, NORMAL_REPLACED, STR(""));
	if (fate != NORMAL_IGNORED)
		buf_add_text(x->out, ">");
	normal_shorten(x->out, l->from);
}

static bool
xml_start_tag(struct xml *x)
{
	struct xml_attribute v[XML_ATTRIBUTES];
	struct xml_level l = { .path = x->path.n, .from = x->out->n };
	size_t n = 0;

	if ((x->depth == 0 && x->rooted) || x->depth == NORMAL_XML_DEPTH ||
	    !xml_take_name(x, &l.name))
		return false;
	if (x->path.n + l.name.n > XML_PATH)
		return false;
	x->rooted = true;
	for (xml_pass_blanks(x);
	     x->rest.n > 0 && x->rest.p[0] != '/' && x->rest.p[0] != '>';
	     xml_pass_blanks(x))
		if (n == XML_ATTRIBUTES || !xml_take_attribute(x, &v[n++]))
			return false;
	buf_add_text(&x->path, "/");
	buf_add_str(&x->path, l.name);
	x->levels[x->depth++] = l;
	normal_text(x->out, '<', l.name);
	xml_write_attributes(x, v, n);
	if (str_starts(x->rest, "/>")) {
		xml_pass(x, 2);
		xml_close(x);
		return true;
	}
	if (!str_starts(x->rest, ">"))
		return false;
	xml_pass(x, 1);
	return true;
}

static bool
xml_end_tag(struct xml *x)
{
	struct str name;

	if (x->depth == 0 || !xml_take_name(x, &name) ||
	    !str_eq(name, x->levels[x->depth - 1].name))
		return false;
	xml_pass_blanks(x);
	if (!str_starts(x->rest, ">"))
		return false;
	xml_pass(x, 1);
	xml_close(x);
	return true;
}

static bool
xml_text(struct xml *x, struct str text, char tag)
{
	size_t i = 0;

	while (i < text.n && xml_blank(text.p[i]))
		i++;
	if (i == text.n && tag == NORMAL_TEXT)
		return true;
	if (x->depth > 0)
		normal_text(x->out, tag, text);
	return x->depth > 0;
}

/* What begins with "<". */
static bool
xml_markup(struct xml *x)
{
	struct str part;

	if (str_starts(x->rest, "<!--")) {
		xml_pass(x, 4);
		return xml_take_until(x, "-->", &part);
	}
	if (str_starts(x->rest, "<![CDATA[")) {
		xml_pass(x, 9);
		return xml_take_until(x, "]]>", &part) &&
		       xml_text(x, part, 'c');
	}
	if (str_starts(x->rest, "<?")) {
		xml_pass(x, 2);
		return xml_take_until(x, "?>", &part);
	}
	if (str_starts(x->rest, "</")) {
		xml_pass(x, 2);
		return xml_end_tag(x);
	}
	xml_pass(x, 1);
	return xml_start_tag(x);
}

static bool
xml_all(struct xml *x)
{
	const char *at;
	struct str text;

	if (str_starts(x->rest, "\xef\xbb\xbf"))
		xml_pass(x, 3);
	while (x->rest.n > 0) {
		at = memchr(x->rest.p, '<', x->rest.n);
		text = x->rest;
		if (at != NULL)
			text.n = (size_t)(at - x->rest.p);
		xml_pass(x, text.n);
		if (!xml_text(x, text, NORMAL_TEXT) ||
		    (at != NULL && !xml_markup(x)))
			return false;
	}
	return x->rooted && x->depth == 0;
}

bool
normal_xml(const struct normal_rules *r, struct str text, struct buf *out)
{
	struct xml x = { .rules = r, .rest = text, .out = out };
	size_t from = out->n;
	bool done = xml_all(&x);

	buf_free(&x.path);
	if (!done)
		out->n = from;
	return done;
}
