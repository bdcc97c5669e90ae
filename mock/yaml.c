#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/number.h"

#include "mock/yaml.h"

/* What an alias may stand for, and what it costs to look at. */
struct yaml_anchor {
	char *name;
	json_t *value; /* NULL while it is being read */
	size_t nodes, bytes;
};

struct yaml {
	yaml_parser_t parser;
	yaml_event_t event; /* the one being looked at */
	struct yaml_anchor *anchors;
	size_t nanchors;
	size_t nodes, bytes; /* so far */
	size_t expanded;     /* bytes of those that came from aliases */
	unsigned depth;
	struct err *e;
};

static json_t *yaml_value(struct yaml *y);

static void
yaml_wrong(struct yaml *y, yaml_mark_t at, const char *what)
{
	err_set(
	    y->e, "line %zu, column %zu: %s", at.line + 1, at.column + 1, what);
}

/* The next event; the one before is gone.  0 or -1. */
static int
yaml_next(struct yaml *y)
{
	const char *problem;

	yaml_event_delete(&y->event);
	if (yaml_parser_parse(&y->parser, &y->event))
		return 0;
	memset(&y->event, 0, sizeof(y->event));
	problem = y->parser.problem != NULL ? y->parser.problem : "not YAML";
	if (y->parser.error == YAML_READER_ERROR)
		err_set(
		    y->e, "byte %zu: %s", y->parser.problem_offset, problem);
	else
		yaml_wrong(y, y->parser.problem_mark, problem);
	return -1;
}

/* ---- scalars ------------------------------------------------------------ */

static size_t
yaml_digits(struct str s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
		n++;
	return n;
}

static bool
yaml_is_word(struct str s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (str_is(s, *words))
			return true;
	return false;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool
yaml_is_float(struct str s)
{
	size_t at = 0, whole, part = 0;

	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
		at++;
	whole = yaml_digits(s, at);
	at += whole;
	if (at < s.n && s.p[at] == '.') {
		part = yaml_digits(s, at + 1);
		at += 1 + part;
	}
	if (whole + part == 0)
		return false;
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		at++;
		if (at < s.n && (s.p[at] == '-' || s.p[at] == '+'))
			at++;
		part = yaml_digits(s, at);
		if (part == 0)
			return false;
		at += part;
	}
	return at == s.n;
}

/* 0o17 and 0x1F; NULL when s is neither. */
static json_t *
yaml_based(struct str s)
{
	unsigned base = str_starts(s, "0o") ? 8 : 16, digit;
	double v = 0;
	size_t i;

	if (s.n < 3 || (base == 16 && !str_starts(s, "0x")))
		return NULL;
	for (i = 2; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digit = (unsigned)(s.p[i] - '0');
		else if ((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'f')
			digit = (unsigned)((s.p[i] | 32) - 'a' + 10);
		else
			return NULL;
		if (digit >= base)
			return NULL;
		v = v * base + digit;
	}
	if (v < 9007199254740992.0)
		return json_integer((json_int_t)v);
	return json_real(v);
}

static json_t *
yaml_number(struct str s)
{
	size_t sign = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'), digits;
	struct str plain = s;
	uint64_t v;

	if (str_starts(s, "0o") || str_starts(s, "0x"))
		return yaml_based(s);
	if (!yaml_is_float(s))
		return NULL;
	digits = yaml_digits(s, sign);
	if (digits + sign == s.n &&
	    str_u64((struct str){ s.p + sign, digits }, &v) == 0)
		return json_integer(
		    s.p[0] == '-' ? -(json_int_t)v : (json_int_t)v);
	if (s.p[0] == '+')
		plain = (struct str){ s.p + 1, s.n - 1 };
	return json_real(number_of(plain));
}

/* What a plain scalar means; NULL: a text. */
static json_t *
yaml_plain(struct str s)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL",
		NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };

	if (yaml_is_word(s, nulls))
		return json_null();
	if (yaml_is_word(s, trues))
		return json_true();
	if (yaml_is_word(s, falses))
		return json_false();
	return yaml_number(s);
}

static json_t *
yaml_scalar(struct yaml *y)
{
	const char *tag = (const char *)y->event.data.scalar.tag;
	struct str s = { (const char *)y->event.data.scalar.value,
		y->event.data.scalar.length };
	json_t *v = NULL;

	y->bytes += s.n;
	if (tag != NULL
		? strcmp(tag, YAML_STR_TAG) != 0 && strcmp(tag, "!") != 0
		: y->event.data.scalar.plain_implicit)
		v = yaml_plain(s);
	/* json_real() refuses what is beyond its range. */
	if (v == NULL)
		v = json_stringn(s.p, s.n);
	if (v == NULL)
		yaml_wrong(y, y->event.start_mark, "expected UTF-8");
	return v;
}

/* ---- anchors ------------------------------------------------------------ */

/* Names the value that begins.  Its place in the list; SIZE_MAX: it has no
 * name. */
static size_t
yaml_name(struct yaml *y, const yaml_char_t *name)
{
	if (name == NULL)
		return SIZE_MAX;
	if ((y->nanchors & (y->nanchors - 1)) == 0) {
		y->anchors = xrealloc(
		    y->anchors, (y->nanchors > 0 ? y->nanchors * 2 : 1) *
				    sizeof(*y->anchors));
	}
	y->anchors[y->nanchors] =
	    (struct yaml_anchor){ .name = xstrdup((const char *)name),
		    .nodes = y->nodes,
		    .bytes = y->bytes };
	return y->nanchors++;
}

static json_t *
yaml_named(struct yaml *y, size_t anchor, json_t *v)
{
	struct yaml_anchor *a;

	if (anchor == SIZE_MAX || v == NULL)
		return v;
	a = &y->anchors[anchor];
	a->value = json_incref(v);
	a->nodes = y->nodes - a->nodes;
	a->bytes = y->bytes - a->bytes;
	return v;
}

static json_t *
yaml_alias(struct yaml *y)
{
	const char *name = (const char *)y->event.data.alias.anchor;
	struct yaml_anchor *a = NULL;
	size_t i;

	/* The last one of that name counts. */
	for (i = y->nanchors; i > 0 && a == NULL; i--)
		if (strcmp(y->anchors[i - 1].name, name) == 0)
			a = &y->anchors[i - 1];
	if (a == NULL || a->value == NULL) {
		yaml_wrong(y, y->event.start_mark,
		    a == NULL ? "an alias for what has not been named"
			      : "an alias within what it stands for");
		return NULL;
	}
	y->nodes += a->nodes;
	y->bytes += a->bytes;
	y->expanded += a->bytes;
	if (y->expanded > YAML_EXPANDED) {
		yaml_wrong(y, y->event.start_mark,
		    "aliases stand for more than 10 MiB of text");
		return NULL;
	}
	return json_incref(a->value);
}

/* ---- collections -------------------------------------------------------- */

static json_t *
yaml_list(struct yaml *y)
{
	json_t *list = json_array(), *v;

	while (yaml_next(y) == 0) {
		if (y->event.type == YAML_SEQUENCE_END_EVENT)
			return list;
		v = yaml_value(y);
		if (v == NULL)
			break;
		json_array_append_new(list, v);
	}
	json_decref(list);
	return NULL;
}

/* The name of a member, which the caller frees; NULL with the error set. */
static char *
yaml_member_name(struct yaml *y)
{
	if (y->event.type != YAML_SCALAR_EVENT ||
	    memchr(y->event.data.scalar.value, '\0',
		y->event.data.scalar.length) != NULL) {
		yaml_wrong(y, y->event.start_mark,
		    "the name of a member: expected a text");
		return NULL;
	}
	y->bytes += y->event.data.scalar.length;
	return xstrdup((const char *)y->event.data.scalar.value);
}

static int
yaml_member(struct yaml *y, json_t *object)
{
	yaml_mark_t at = y->event.start_mark;
	char *name = yaml_member_name(y);
	json_t *v = NULL;
	int r = -1;

	if (name == NULL)
		return -1;
	if (json_object_get(object, name) != NULL)
		yaml_wrong(y, at, "a member of that name is there already");
	else if (yaml_next(y) == 0)
		v = yaml_value(y);
	if (v != NULL && (r = json_object_set_new(object, name, v)) == -1)
		yaml_wrong(y, at, "expected UTF-8");
	free(name);
	return r;
}

static json_t *
yaml_object(struct yaml *y)
{
	json_t *object = json_object();

	while (yaml_next(y) == 0) {
		if (y->event.type == YAML_MAPPING_END_EVENT)
			return object;
		if (yaml_member(y, object) == -1)
			break;
	}
	json_decref(object);
	return NULL;
}

/* The value that begins with the event at hand. */
static json_t *
yaml_value(struct yaml *y)
{
	json_t *v = NULL;
	size_t anchor;

	if (++y->nodes > YAML_NODES || y->depth >= YAML_DEPTH) {
		yaml_wrong(y, y->event.start_mark,
		    y->depth >= YAML_DEPTH ? "nested deeper than 128 levels"
					   : "more than 1,000,000 values");
		return NULL;
	}
	y->depth++;
	if (y->event.type == YAML_SCALAR_EVENT) {
		anchor = yaml_name(y, y->event.data.scalar.anchor);
		v = yaml_named(y, anchor, yaml_scalar(y));
	} else if (y->event.type == YAML_SEQUENCE_START_EVENT) {
		anchor = yaml_name(y, y->event.data.sequence_start.anchor);
		v = yaml_named(y, anchor, yaml_list(y));
	} else if (y->event.type == YAML_MAPPING_START_EVENT) {
		anchor = yaml_name(y, y->event.data.mapping_start.anchor);
		v = yaml_named(y, anchor, yaml_object(y));
	} else if (y->event.type == YAML_ALIAS_EVENT) {
		v = yaml_alias(y);
	}
	y->depth--;
	return v;
}

/* ---- documents ---------------------------------------------------------- */

static json_t *
yaml_document(struct yaml *y)
{
	json_t *v;

	/* The stream, the document, its value. */
	if (yaml_next(y) == -1 || yaml_next(y) == -1)
		return NULL;
	if (y->event.type == YAML_STREAM_END_EVENT) {
		yaml_wrong(y, y->event.start_mark, "expected a document");
		return NULL;
	}
	if (yaml_next(y) == -1)
		return NULL;
	v = yaml_value(y);
	if (v == NULL)
		return NULL;
	if (yaml_next(y) == 0 && yaml_next(y) == 0) {
		if (y->event.type == YAML_STREAM_END_EVENT)
			return v;
		yaml_wrong(y, y->event.start_mark, "expected one document");
	}
	json_decref(v);
	return NULL;
}

json_t *
yaml_parse(struct str text, struct err *e)
{
	struct yaml y = { .e = e };
	json_t *v;
	size_t i;

	if (!yaml_parser_initialize(&y.parser))
		abort();
	yaml_parser_set_input_string(
	    &y.parser, (const unsigned char *)text.p, text.n);
	v = yaml_document(&y);
	for (i = 0; i < y.nanchors; i++) {
		free(y.anchors[i].name);
		json_decref(y.anchors[i].value);
	}
	free(y.anchors);
	yaml_event_delete(&y.event);
	yaml_parser_delete(&y.parser);
	return v;
}
