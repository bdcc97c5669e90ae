#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/number.h"
#include "mock/text.h"
#include "mock/xml_entity.h"

#include "mock/xml.h"

/* What is read next. */
enum xml_state {
	XML_CONTENT,
	XML_DOCTYPE,
	XML_DTD, /* within the brackets of a document type */
};

struct xml_open {
	struct value element;
	struct str name;
};

struct xml {
	struct values *v;
	struct str text, rest;
	enum xml_state state;
	struct xml_open open[XML_DEPTH + 1]; /* the document is the first */
	unsigned depth;
	bool root_closed, doctype_closed, root_seen;
	struct buf content; /* text that is not an element's yet */
	struct buf doctype;
	struct buf attribute;
	struct err *e;
};

/* What reading a piece may come to. */
enum {
	XML_READ = 0,
	XML_ENDED = 1, /* the document ends within it */
	XML_FAILED = -1,
};

static int
xml_fail(struct xml *x, const char *why)
{
	size_t line = 1;
	const char *p;

	for (p = x->text.p; p < x->rest.p; p++)
		line += *p == '\n';
	return err_set(x->e, "line %zu: %s", line, why);
}

static void
xml_skip(struct xml *x, size_t n)
{
	x->rest.p += n;
	x->rest.n -= n;
}

/* Takes what is in front of the next mark, and the mark. */
static bool
xml_take(struct xml *x, const char *mark, struct str *part)
{
	size_t n = strlen(mark);
	const char *at = memmem(x->rest.p, x->rest.n, mark, n);

	if (at == NULL)
		return false;
	*part = (struct str){ x->rest.p, (size_t)(at - x->rest.p) };
	xml_skip(x, part->n + n);
	return true;
}

static bool
xml_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void
xml_skip_space(struct xml *x)
{
	while (x->rest.n > 0 && xml_is_space(*x->rest.p))
		xml_skip(x, 1);
}

/* XML 1.0, section 2.3, up to U+FFFD. */
static bool
xml_begins_name(uint32_t c)
{
	static const uint16_t ranges[][2] = { { 0xc0, 0xd6 }, { 0xd8, 0xf6 },
		{ 0xf8, 0x2ff }, { 0x370, 0x37d }, { 0x37f, 0x1fff },
		{ 0x200c, 0x200d }, { 0x2070, 0x218f }, { 0x2c00, 0x2fef },
		{ 0x3001, 0xd7ff }, { 0xf900, 0xfdcf }, { 0xfdf0, 0xfffd } };
	size_t i;

	if (c < 0x80)
		return c == ':' || c == '_' ||
		       ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

static bool
xml_goes_on_name(uint32_t c)
{
	return xml_begins_name(c) || c == '-' || c == '.' ||
	       (c >= '0' && c <= '9') || c == 0xb7 ||
	       (c >= 0x300 && c <= 0x36f) || c == 0x203f || c == 0x2040;
}

/* A name, empty when there is none. */
static struct str
xml_name(struct xml *x)
{
	struct str name = { x->rest.p, 0 };
	uint32_t c;
	size_t n;

	while (x->rest.n > 0) {
		c = text_point(x->rest, &n);
		if (name.n == 0 ? !xml_begins_name(c) : !xml_goes_on_name(c))
			break;
		name.n += n;
		xml_skip(x, n);
	}
	return name;
}

static struct value
xml_now(const struct xml *x)
{
	return x->open[x->depth].element;
}

/* A second one of a name makes an array of both. */
static void
xml_add(struct xml *x, struct str name, struct value item)
{
	struct value now = xml_now(x), there = value_get(now, name), array;

	if (there.kind == VALUE_UNDEFINED) {
		value_set(x->v, now, name, item);
		return;
	}
	if (there.kind != VALUE_ARRAY) {
		array = value_new_array(x->v, 2);
		value_push(x->v, array, there);
		value_set(x->v, now, name, array);
		there = array;
	}
	value_push(x->v, there, item);
}

/* What was between two tags becomes text when it is more than space. */
static void
xml_flush(struct xml *x)
{
	struct str text = buf_str(&x->content);

	if (text_trim(text).n > 0)
		xml_add(x, STR("_text"), value_copy_text(x->v, text));
	x->content.n = 0;
}

/* The character of "#10" or "#xa"; 0 when XML has none of that number. */
static uint32_t
xml_reference(struct str text)
{
	unsigned base = 10, digit;
	uint32_t c = 0;
	size_t i = 1;

	if (text.n > 1 && (text.p[1] | 0x20) == 'x') {
		base = 16;
		i++;
	}
	if (i == text.n)
		return 0;
	for (; i < text.n; i++) {
		char d = text.p[i];

		if (d >= '0' && d <= '9')
			digit = (unsigned)(d - '0');
		else if (base == 16 && (d | 0x20) >= 'a' && (d | 0x20) <= 'f')
			digit = (unsigned)((d | 0x20) - 'a') + 10;
		else
			return 0;
		c = c * base + digit;
		if (c > 0x10ffff)
			return 0;
	}
	if (c < ' '
		? c != '\t' && c != '\n' && c != '\r'
		: (c >= 0xd800 && c <= 0xdfff) || c == 0xfffe || c == 0xffff)
		return 0;
	return c;
}

/* Entities may be written in capitals, too. */
static uint32_t
xml_named(struct str name)
{
	uint32_t point = xml_entity_point(name);
	char lower[16];
	size_t i;

	if (point != 0 || name.n > sizeof(lower))
		return point;
	for (i = 0; i < name.n; i++)
		lower[i] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z'
				      ? name.p[i] | 0x20
				      : name.p[i]);
	return xml_entity_point((struct str){ lower, name.n });
}

/* Behind an ampersand. */
static int
xml_entity(struct xml *x, struct buf *out)
{
	const char *end = memchr(x->rest.p, ';', x->rest.n);
	struct str name = { x->rest.p, x->rest.n };
	uint32_t c;
	size_t n, at;

	if (end != NULL)
		name.n = (size_t)(end - name.p);
	for (at = 0; at < name.n; at += n) {
		c = text_point((struct str){ name.p + at, name.n - at }, &n);
		if (c != '#' &&
		    (at == 0 ? !xml_begins_name(c) : !xml_goes_on_name(c)))
			return xml_fail(x, "a reference (\"&...;\") has a "
					   "character that is not of a name");
	}
	if (end == NULL)
		return XML_ENDED;
	c = name.n > 0 && name.p[0] == '#' ? xml_reference(name)
					   : xml_named(name);
	if (c == 0)
		return xml_fail(
		    x, "a reference (\"&...;\") to no known character");
	text_add_point(out, c);
	xml_skip(x, name.n + 1);
	return XML_READ;
}

static int
xml_value(struct xml *x)
{
	char quote;
	int got;

	if (x->rest.n == 0)
		return XML_ENDED;
	quote = *x->rest.p;
	if (quote != '"' && quote != '\'')
		return xml_fail(x, "an attribute's value has no quotes");
	xml_skip(x, 1);
	x->attribute.n = 0;
	while (x->rest.n > 0 && *x->rest.p != quote) {
		if (*x->rest.p != '&') {
			buf_add(&x->attribute, x->rest.p, 1);
			xml_skip(x, 1);
			continue;
		}
		xml_skip(x, 1);
		got = xml_entity(x, &x->attribute);
		if (got != XML_READ)
			return got;
	}
	if (x->rest.n == 0)
		return XML_ENDED;
	xml_skip(x, 1);
	return XML_READ;
}

/* The first one of a name counts. */
static int
xml_attribute(struct xml *x, struct value attributes)
{
	struct str name = xml_name(x);
	int got;

	if (name.n == 0)
		return xml_fail(x, "a tag has a character that begins no name");
	xml_skip_space(x);
	if (x->rest.n == 0)
		return XML_ENDED;
	if (*x->rest.p != '=')
		return xml_fail(x, "an attribute has no value");
	xml_skip(x, 1);
	xml_skip_space(x);
	got = xml_value(x);
	if (got != XML_READ)
		return got;
	if (value_get(attributes, name).kind == VALUE_UNDEFINED)
		value_set(x->v, attributes, name,
		    value_copy_text(x->v, buf_str(&x->attribute)));
	if (x->rest.n > 0 && !xml_is_space(*x->rest.p) && *x->rest.p != '>' &&
	    *x->rest.p != '/')
		return xml_fail(x, "no space between two attributes");
	return XML_READ;
}

static void
xml_close(struct xml *x)
{
	if (--x->depth == 0)
		x->root_closed = true;
	x->state = XML_CONTENT;
}

/* An element begins; its tag has been read but for "/>" or ">". */
static int
xml_begin(struct xml *x, struct str name, struct value attributes)
{
	struct value element = value_new_object(x->v);
	bool closed = *x->rest.p == '/';

	xml_skip(x, 1);
	if (closed && x->rest.n == 0)
		return XML_ENDED;
	if (closed && *x->rest.p != '>')
		return xml_fail(x, "a tag goes on behind its slash");
	xml_skip(x, closed ? 1 : 0);
	if (x->depth == XML_DEPTH)
		return xml_fail(x, "elements nest too deep");
	if (attributes.object->n > 0)
		value_set(x->v, element, STR("_attributes"), attributes);
	xml_add(x, name, element);
	x->open[++x->depth] = (struct xml_open){ element, name };
	x->root_seen = true;
	x->state = XML_CONTENT;
	if (closed)
		xml_close(x);
	return XML_READ;
}

static int
xml_start_tag(struct xml *x)
{
	struct str name = xml_name(x);
	struct value attributes;
	int got;

	if (x->rest.n == 0)
		return XML_ENDED;
	xml_flush(x);
	attributes = value_new_object(x->v);
	if (!xml_is_space(*x->rest.p) && *x->rest.p != '>' && *x->rest.p != '/')
		return xml_fail(x, "a tag's name has an odd character");
	for (;;) {
		xml_skip_space(x);
		if (x->rest.n == 0)
			return XML_ENDED;
		if (*x->rest.p == '>' || *x->rest.p == '/')
			return xml_begin(x, name, attributes);
		got = xml_attribute(x, attributes);
		if (got != XML_READ)
			return got;
	}
}

static int
xml_end_tag(struct xml *x)
{
	struct str name;

	xml_skip_space(x);
	if (x->rest.n == 0)
		return XML_ENDED;
	name = xml_name(x);
	if (name.n == 0)
		return xml_fail(x, "a closing tag without a name");
	xml_skip_space(x);
	if (x->rest.n == 0)
		return XML_ENDED;
	if (*x->rest.p != '>')
		return xml_fail(x, "a closing tag has an odd character");
	if (x->depth == 0 || !str_eq(name, x->open[x->depth].name))
		return xml_fail(x, "a tag is closed that is not open here");
	xml_skip(x, 1);
	xml_flush(x);
	xml_close(x);
	return XML_READ;
}

/* [\w:-] */
static bool
xml_is_word(char c, bool more)
{
	return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (c >= '0' && c <= '9') || c == '_' ||
	       (more && (c == ':' || c == '-'));
}

/* Cuts name="value" off what is behind "<?xml"; false at its end. */
static bool
xml_declared(struct str *rest, struct str *name, struct value *value)
{
	const char *p = rest->p, *end = p + rest->n, *from;

	while (p < end) {
		while (p < end && !xml_is_word(*p, true))
			p++;
		name->p = p;
		while (p < end && xml_is_word(*p, true))
			p++;
		name->n = (size_t)(p - name->p);
		*rest = (struct str){ p, (size_t)(end - p) };
		for (; p < end && xml_is_space(*p); p++)
			;
		if (p == end || *p++ != '=') {
			p = rest->p;
			continue;
		}
		for (; p < end && xml_is_space(*p); p++)
			;
		from = p;
		if (p < end && (*p == '"' || *p == '\''))
			p = memchr(p + 1, *p, (size_t)(end - p - 1));
		else
			for (; p < end && xml_is_word(*p, false); p++)
				;
		if (p == NULL || p == from) {
			p = rest->p;
			continue;
		}
		if (*from == '"' || *from == '\'') {
			from++;
			*rest = (struct str){ p + 1, (size_t)(end - p - 1) };
		} else {
			*rest = (struct str){ p, (size_t)(end - p) };
		}
		*value =
		    p == from
			? VALUE_NONE
			: value_text((struct str){ from, (size_t)(p - from) });
		return true;
	}
	return false;
}

static void
xml_declaration(struct xml *x, struct str body)
{
	struct value declaration = value_new_object(x->v),
		     attributes = value_new_object(x->v), value;
	struct str name;

	while (xml_declared(&body, &name, &value))
		value_set(x->v, attributes, name, value);
	if (attributes.object->n > 0)
		value_set(x->v, declaration, STR("_attributes"), attributes);
	value_set(x->v, xml_now(x), STR("_declaration"), declaration);
}

/* Behind "<?".  A question mark takes the next character with it. */
static int
xml_instruction(struct xml *x)
{
	struct str name = { x->rest.p, 0 }, body;
	struct value instruction;

	while (
	    x->rest.n > 0 && !xml_is_space(*x->rest.p) && *x->rest.p != '?') {
		name.n++;
		xml_skip(x, 1);
	}
	xml_skip_space(x);
	body = (struct str){ x->rest.p, 0 };
	while (x->rest.n > 1 && !(x->rest.p[0] == '?' && x->rest.p[1] == '>'))
		xml_skip(x, x->rest.p[0] == '?' ? 2 : 1);
	if (x->rest.n < 2)
		return XML_ENDED;
	body.n = (size_t)(x->rest.p - body.p);
	xml_skip(x, 2);
	xml_flush(x);
	x->state = XML_CONTENT;
	if (str_iis(name, "xml")) {
		xml_declaration(x, body);
		return XML_READ;
	}
	instruction = value_new_object(x->v);
	value_set(x->v, instruction, name, value_text(body));
	xml_add(x, STR("_instruction"), instruction);
	return XML_READ;
}

/* Behind "<!--". */
static int
xml_comment(struct xml *x)
{
	struct str comment;

	if (!xml_take(x, "--", &comment))
		return XML_ENDED;
	if (comment.n > 0) {
		xml_flush(x);
		xml_add(x, STR("_comment"), value_text(comment));
	}
	if (x->rest.n == 0)
		return XML_ENDED;
	if (*x->rest.p != '>')
		return xml_fail(x, "a comment has -- in it");
	xml_skip(x, 1);
	x->state = x->doctype.n > 0 ? XML_DTD : XML_CONTENT;
	return XML_READ;
}

/* Behind "<![CDATA[". */
static int
xml_cdata(struct xml *x)
{
	struct str cdata;

	xml_flush(x);
	if (!xml_take(x, "]]>", &cdata))
		return XML_ENDED;
	if (cdata.n > 0)
		xml_add(x, STR("_cdata"), value_text(cdata));
	x->state = XML_CONTENT;
	return XML_READ;
}

/* Any other "<!...>" says nothing. */
static int
xml_other(struct xml *x)
{
	while (x->rest.n > 0 && *x->rest.p != '>') {
		/* Quotes that are never closed, as there. */
		if (*x->rest.p == '"' || *x->rest.p == '\'')
			return XML_ENDED;
		xml_skip(x, 1);
	}
	if (x->rest.n == 0)
		return XML_ENDED;
	xml_skip(x, 1);
	xml_flush(x);
	x->state = XML_CONTENT;
	return XML_READ;
}

/* Behind "<!". */
static int
xml_exclamation(struct xml *x)
{
	if (str_starts(x->rest, "--")) {
		xml_skip(x, 2);
		return xml_comment(x);
	}
	if (x->doctype.n > 0 && x->rest.n > 1 && *x->rest.p != '>') {
		buf_add_text(&x->doctype, "<!");
		buf_add(&x->doctype, x->rest.p, 2);
		xml_skip(x, 2);
		x->state = XML_DTD;
		return XML_READ;
	}
	if (str_istarts(x->rest, "[CDATA[")) {
		xml_skip(x, 7);
		return xml_cdata(x);
	}
	if (!str_istarts(x->rest, "DOCTYPE"))
		return xml_other(x);
	if (x->doctype_closed || x->root_seen)
		return xml_fail(x, "a document type where none may be");
	xml_skip(x, 7);
	x->state = XML_DOCTYPE;
	return XML_READ;
}

/* Behind "<". */
static int
xml_markup(struct xml *x)
{
	uint32_t c;
	size_t n;

	xml_skip_space(x);
	if (x->rest.n == 0)
		return XML_ENDED;
	c = text_point(x->rest, &n);
	if (xml_begins_name(c))
		return xml_start_tag(x);
	xml_skip(x, n);
	if (c == '/')
		return xml_end_tag(x);
	if (c == '?')
		return xml_instruction(x);
	if (c == '!')
		return xml_exclamation(x);
	return xml_fail(x, "a < that begins no tag");
}

static int
xml_content(struct xml *x)
{
	const char *from = x->rest.p;

	if (*from == '<') {
		xml_skip(x, 1);
		return xml_markup(x);
	}
	if (x->root_closed || !x->root_seen) {
		if (!xml_is_space(*from))
			return xml_fail(x, "text outside of the root element");
		xml_skip(x, 1);
		return XML_READ;
	}
	if (*from == '&') {
		xml_skip(x, 1);
		return xml_entity(x, &x->content);
	}
	while (x->rest.n > 0 && *x->rest.p != '<' && *x->rest.p != '&')
		xml_skip(x, 1);
	buf_add(&x->content, from, (size_t)(x->rest.p - from));
	return XML_READ;
}

/* One character of a document type, or a quoted text. */
static int
xml_doctype(struct xml *x)
{
	char c = *x->rest.p;
	const char *end = x->rest.p;

	if (x->state == XML_DTD && c == '<') {
		xml_skip(x, 1);
		return xml_markup(x);
	}
	if (x->state == XML_DOCTYPE && c == '>') {
		struct str type = buf_str(&x->doctype);

		if (str_starts(type, " ")) {
			type.p++;
			type.n--;
		}
		xml_skip(x, 1);
		xml_flush(x);
		xml_add(x, STR("_doctype"), value_copy_text(x->v, type));
		x->doctype.n = 0;
		x->doctype_closed = true;
		x->state = XML_CONTENT;
		return XML_READ;
	}
	if (c == '"' || c == '\'') {
		end = memchr(end + 1, c, x->rest.n - 1);
		if (end == NULL)
			return XML_ENDED;
	}
	buf_add(&x->doctype, x->rest.p, (size_t)(end + 1 - x->rest.p));
	xml_skip(x, (size_t)(end + 1 - x->rest.p));
	if (x->state == XML_DOCTYPE && c == '[')
		x->state = XML_DTD;
	else if (x->state == XML_DTD && c == ']')
		x->state = XML_DOCTYPE;
	return XML_READ;
}

int
xml_read(struct values *v, struct str text, struct value *to, struct err *e)
{
	struct xml x = { .v = v, .text = text, .rest = text, .e = e };
	int got = XML_READ;

	x.open[0].element = value_new_object(v);
	if (str_starts(text, "\xef\xbb\xbf"))
		xml_skip(&x, 3);
	while (x.rest.n > 0 && got == XML_READ && !v->over)
		got =
		    x.state == XML_CONTENT ? xml_content(&x) : xml_doctype(&x);
	if (got != XML_FAILED) {
		xml_flush(&x);
		*to = x.open[0].element;
	}
	buf_free(&x.content);
	buf_free(&x.doctype);
	buf_free(&x.attribute);
	return got == XML_FAILED ? -1 : 0;
}
