/*
 * Bodies from schemas.  What a schema leaves free becomes a call of faker, as
 * in Mockoon's import, but within the schema's limits.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"

#include "mock/json_text.h"

#include "mock/from_openapi.h"
#include "mock/from_openapi_priv.h"

#define DEPTH 40                   /* of values in values */
#define OPEN 128                   /* references within references */
#define VALUES 20000               /* in one body */
#define ITEMS 100                  /* of one array */
#define CHOICES 200                /* of one enum */
#define LONGEST 65536              /* a text that is made up */
#define LARGEST 9007199254740991.0 /* that numbers are exact to */

/* A body that is being made.  Nothing stands for a value within itself. */
struct making {
	struct openapi *o;
	struct buf *out;
	bool plain;
	unsigned level;
	json_t *open[OPEN]; /* what references led to */
	size_t nopen;
	size_t values;
};

static int schema_value(struct making *m, json_t *schema, const char *name);

/* ---- writing ------------------------------------------------------------ */

/* A text that stands in the document, within what is being made. */
static void
schema_put_text(struct making *m, struct str s)
{
	size_t i;

	if (!m->plain) {
		json_text_add_string(m->out, s, true);
		return;
	}
	for (i = 0; i < s.n; i++) {
		/* No line ends in a header field, no template. */
		if ((unsigned char)s.p[i] < 0x20)
			continue;
		if (s.p[i] == '{' && i + 1 < s.n && s.p[i + 1] == '{')
			buf_add(m->out, "\\", 1);
		buf_add(m->out, s.p + i, 1);
	}
}

static int
schema_put(struct making *m, const json_t *v)
{
	if (json_is_string(v))
		schema_put_text(m, (struct str){ json_string_value(v),
				       json_string_length(v) });
	else if (m->plain && (json_is_object(v) || json_is_array(v)))
		return 1;
	else
		json_text_add(m->out, v, m->level, true);
	return 0;
}

/* What a call of a helper gives, as a text. */
static int
schema_call(struct making *m, const char *call)
{
	buf_addf(m->out, m->plain ? "%s" : "\"%s\"", call);
	return 0;
}

/* ---- putting schemas together ------------------------------------------- */

/* Follows references.  NULL where they lead back to what is being made. */
static json_t *
schema_open(struct making *m, json_t *schema)
{
	size_t i;

	while (json_is_string(json_object_get(schema, "$ref"))) {
		schema = openapi_step(m->o, schema);
		if (schema == NULL || m->nopen == OPEN)
			return NULL;
		for (i = 0; i < m->nopen; i++)
			if (m->open[i] == schema)
				return NULL;
		m->open[m->nopen++] = schema;
	}
	return schema;
}

static bool
schema_is_null(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type");

	return json_is_string(type) &&
	       strcmp(json_string_value(type), "null") == 0;
}

static json_t *
schema_kept(struct making *m, json_t *made)
{
	json_array_append_new(m->o->made, made);
	return made;
}

/* An object's example is one of each of its members. */
static void
schema_spread(json_t *to, const json_t *example)
{
	json_t *properties = json_object_get(to, "properties"), *v;
	const char *name;

	if (properties == NULL) {
		properties = json_object();
		json_object_set_new(to, "properties", properties);
	}
	json_object_foreach((json_t *)(uintptr_t)example, name, v)
	    json_object_set_new(
		properties, name, json_pack("{s:O}", "example", v));
}

static void
schema_add_properties(struct making *m, json_t *to, json_t *from)
{
	json_t *had = json_object_get(to, "properties"), *v, *both;
	const char *name;

	if (had == NULL) {
		json_object_set_new(to, "properties", json_copy(from));
		return;
	}
	json_object_foreach(from, name, v)
	{
		both = json_object_get(had, name);
		if (both == NULL)
			json_object_set(had, name, v);
		else if (both != v && json_object_get(both, "example") == NULL)
			json_object_set(had, name,
			    schema_kept(
				m, json_pack("{s:[O, O]}", "allOf", both, v)));
	}
}

/* Which of two limits is the narrower one. */
static int
schema_narrower(const char *name)
{
	static const char *const least[] = { "minimum", "exclusiveMinimum",
		"minLength", "minItems", "minProperties", NULL };
	static const char *const most[] = { "maximum", "exclusiveMaximum",
		"maxLength", "maxItems", "maxProperties", NULL };
	size_t i;

	for (i = 0; least[i] != NULL; i++) {
		if (strcmp(name, least[i]) == 0)
			return 1;
		if (strcmp(name, most[i]) == 0)
			return -1;
	}
	return 0;
}

static void
schema_add_member(struct making *m, json_t *to, const char *name, json_t *v)
{
	json_t *had = json_object_get(to, name);
	int narrower = schema_narrower(name);

	if (strcmp(name, "properties") == 0 && json_is_object(v))
		schema_add_properties(m, to, v);
	else if ((strcmp(name, "example") == 0 ||
		     strcmp(name, "default") == 0) &&
		 json_is_object(v))
		schema_spread(to, v);
	else if (had == NULL)
		json_object_set(to, name, v);
	else if (strcmp(name, "required") == 0 && json_is_array(had) &&
		 json_is_array(v)) {
		had = json_copy(had);
		json_array_extend(had, v);
		json_object_set_new(to, name, had);
	} else if (narrower != 0 && json_is_number(had) && json_is_number(v) &&
		   (json_number_value(v) - json_number_value(had)) * narrower >
		       0)
		json_object_set(to, name, v);
}

static void schema_add(struct making *m, json_t *to, json_t *from, int depth);

/* The first of several that can be used: not null, not open. */
static void
schema_add_one(struct making *m, json_t *to, json_t *several, int depth)
{
	json_t *one;
	size_t i;

	json_array_foreach(several, i, one)
	{
		one = schema_open(m, one);
		if (one == NULL || schema_is_null(one))
			continue;
		schema_add(m, to, one, depth);
		return;
	}
}

static void
schema_add(struct making *m, json_t *to, json_t *from, int depth)
{
	static const char *const whole[] = { "allOf", "oneOf", "anyOf", NULL };
	json_t *v, *one;
	const char *name;
	size_t i;

	if (depth > DEPTH)
		return;
	json_object_foreach(from, name, v)
	{
		for (i = 0; whole[i] != NULL && strcmp(name, whole[i]) != 0;)
			i++;
		if (whole[i] == NULL)
			schema_add_member(m, to, name, v);
	}
	json_array_foreach(json_object_get(from, "allOf"), i, one)
	{
		one = schema_open(m, one);
		if (one != NULL)
			schema_add(m, to, one, depth + 1);
	}
	for (i = 1; whole[i] != NULL; i++)
		schema_add_one(
		    m, to, json_object_get(from, whole[i]), depth + 1);
}

/* The schema without allOf, oneOf and anyOf. */
static json_t *
schema_join(struct making *m, json_t *schema)
{
	json_t *to;

	if (json_object_get(schema, "allOf") == NULL &&
	    json_object_get(schema, "oneOf") == NULL &&
	    json_object_get(schema, "anyOf") == NULL)
		return schema;
	to = schema_kept(m, json_object());
	schema_add(m, to, schema, 0);
	return to;
}

/* ---- numbers ------------------------------------------------------------ */

struct limits {
	double least, most;
	bool has_least, has_most;
	bool above, below; /* the limits themselves do not count */
	double step;       /* 0: none */
};

/* exclusiveMinimum is a flag in 3.0 and a limit of its own in 3.1. */
static void
schema_limit(const json_t *schema, const char *limit, const char *exclusive,
    double *value, bool *has, bool *without)
{
	const json_t *v = json_object_get(schema, limit);
	const json_t *x = json_object_get(schema, exclusive);

	*has = json_is_number(v);
	*value = json_number_value(v);
	*without = *has && json_is_true(x);
	if (json_is_number(x)) {
		*without = true;
		*has = true;
		*value = json_number_value(x);
	}
}

static struct limits
schema_limits(const json_t *schema)
{
	struct limits l = { 0 };

	schema_limit(schema, "minimum", "exclusiveMinimum", &l.least,
	    &l.has_least, &l.above);
	schema_limit(schema, "maximum", "exclusiveMaximum", &l.most,
	    &l.has_most, &l.below);
	l.step = json_number_value(json_object_get(schema, "multipleOf"));
	if (!(l.step > 0))
		l.step = 0;
	return l;
}

/* An argument; Handlebars knows no exponents. */
static void
schema_add_number(struct buf *out, const char *name, double v)
{
	if (fabs(v) < 1e-6)
		v = 0;
	if (fabs(v) > LARGEST)
		v = v < 0 ? -LARGEST : LARGEST;
	buf_addf(out, " %s=", name);
	json_text_add_number(out, v);
}

static void
schema_faker_number(
    struct making *m, const char *method, struct limits l, unsigned digits)
{
	buf_addf(m->out, "{{faker '%s'", method);
	schema_add_number(m->out, "min", l.least);
	schema_add_number(m->out, "max", l.most);
	if (l.step >= 1e-6)
		schema_add_number(m->out, "multipleOf", l.step);
	else if (digits > 0)
		schema_add_number(m->out, "fractionDigits", digits);
	buf_add_text(m->out, "}}");
}

static void
schema_fill_limits(struct limits *l)
{
	if (!l->has_least)
		l->least = l->has_most && l->most < 0 ? l->most - 99999 : 0;
	if (!l->has_most)
		l->most = l->least < 0 ? 99999 : l->least + 99999;
}

static int
schema_integer(struct making *m, const json_t *schema, const char *name)
{
	struct limits l = schema_limits(schema);

	if (!l.has_least && !l.has_most && l.step == 0) {
		if (!openapi_infer(m->out, str_of(name), STR("integer")))
			buf_add_text(
			    m->out, "{{faker 'number.int' max=99999}}");
		return 0;
	}
	l.least = l.above ? floor(l.least) + 1 : ceil(l.least);
	l.most = l.below ? ceil(l.most) - 1 : floor(l.most);
	schema_fill_limits(&l);
	if (l.step > 0 && l.step != floor(l.step))
		l.step = 0;
	if (l.least > l.most)
		openapi_note(m->o, "an integer between limits that have none "
				   "between them");
	if (l.least >= l.most) {
		buf_addf(m->out, "%.0f", l.least);
		return 0;
	}
	schema_faker_number(m, "number.int", l, 0);
	return 0;
}

static int
schema_number(struct making *m, const json_t *schema, const char *name)
{
	struct limits l = schema_limits(schema);
	struct str format = openapi_text(schema, "format");
	unsigned digits;
	double least;

	if (!l.has_least && !l.has_most && l.step == 0) {
		if (openapi_infer(m->out, str_of(name), STR("number")))
			return 0;
		buf_add_text(
		    m->out, str_is(format, "float") || str_is(format, "double")
				? "{{faker 'number.float'}}"
				: "{{faker 'number.int' max=99999}}");
		return 0;
	}
	schema_fill_limits(&l);
	if (l.most - l.least <= 0) {
		json_text_add_number(m->out, l.least);
		return 0;
	}
	digits = l.most - l.least >= 1 ? 2 : 6;
	least = pow(10, -(double)digits);
	l.least += l.above ? least : 0;
	l.most -= l.below ? least : 0;
	schema_faker_number(m, "number.float", l, digits);
	return 0;
}

/* ---- texts -------------------------------------------------------------- */

static const struct {
	const char *format, *call;
} schema_formats[] = {
	{ "date", "{{date '2019' (now) 'yyyy-MM-dd'}}" },
	{ "date-time", "{{dateFormat (faker 'date.recent' 365) "
		       "\"yyyy-MM-dd'T'HH:mm:ssxxx\"}}" },
	{ "time", "{{time '00:00' '23:59' 'HH:mm:ss'}}Z" },
	{ "duration", "P{{faker 'number.int' min=1 max=30}}D" },
	{ "email", "{{faker 'internet.email'}}" },
	{ "idn-email", "{{faker 'internet.email'}}" },
	{ "uuid", "{{faker 'string.uuid'}}" },
	{ "guid", "{{faker 'string.uuid'}}" },
	{ "uri", "{{{faker 'internet.url'}}}" },
	{ "url", "{{{faker 'internet.url'}}}" },
	{ "uri-reference", "{{{faker 'internet.url'}}}" },
	{ "iri", "{{{faker 'internet.url'}}}" },
	{ "iri-reference", "{{{faker 'internet.url'}}}" },
	{ "hostname", "{{faker 'internet.domainName'}}" },
	{ "idn-hostname", "{{faker 'internet.domainName'}}" },
	{ "ipv4", "{{faker 'internet.ipv4'}}" },
	{ "ipv6", "{{faker 'internet.ipv6'}}" },
	{ "byte", "{{{base64 (faker 'lorem.words')}}}" },
	{ "password", "{{faker 'string.alphanumeric' length=12}}" },
	{ "json-pointer", "/{{faker 'lorem.word'}}" },
};

/* Lengths as a schema gives them; a negative one is none. */
static size_t
schema_length(const json_t *schema, const char *name, size_t otherwise)
{
	const json_t *v = json_object_get(schema, name);

	if (!json_is_number(v) || json_number_value(v) < 0)
		return otherwise;
	return json_number_value(v) < 1e9 ? (size_t)json_number_value(v)
					  : (size_t)1e9;
}

static int
schema_letters(struct making *m, size_t least, size_t most)
{
	char call[80];
	size_t n = least > 10 ? least : most < 10 ? most : 10;

	if (least > LONGEST) {
		openapi_note(
		    m->o, "a text of %zu characters is made shorter", least);
		n = LONGEST;
	}
	if (n == 0)
		return schema_call(m, "");
	snprintf(call, sizeof(call), "{{faker 'string.alpha' length=%zu}}", n);
	return schema_call(m, call);
}

static const char *
schema_format(struct str format)
{
	size_t i;

	for (i = 0; i < sizeof(schema_formats) / sizeof(*schema_formats); i++)
		if (str_is(format, schema_formats[i].format))
			return schema_formats[i].call;
	return NULL;
}

static int
schema_string(struct making *m, const json_t *schema, const char *name)
{
	struct str pattern = openapi_text(schema, "pattern");
	size_t least = schema_length(schema, "minLength", 0);
	size_t most = schema_length(schema, "maxLength", SIZE_MAX);
	const char *call = schema_format(openapi_text(schema, "format"));
	struct buf sample = { 0 };
	bool found = false;

	if (pattern.n > 0 && call == NULL) {
		found = openapi_sample(&sample, pattern, least, most);
		if (found)
			schema_put_text(m, buf_str(&sample));
		else
			openapi_note(m->o, "no text was found that fits %.*s",
			    STR_ARGS(pattern));
	}
	buf_free(&sample);
	if (found)
		return 0;
	if (call != NULL)
		return schema_call(m, call);
	if (least > 0 || most < 20)
		return schema_letters(m, least, most);
	if (!openapi_infer(&sample, str_of(name), STR("string")))
		buf_add_text(&sample, "{{faker 'lorem.words'}}");
	(void)schema_call(m, buf_text(&sample));
	buf_free(&sample);
	return 0;
}

/* ---- choices ------------------------------------------------------------ */

/* What an argument of a helper can be without being changed. */
static bool
schema_is_argument(const json_t *v)
{
	const char *s = json_string_value(v);
	size_t i;

	if (json_is_number(v))
		return fabs(json_number_value(v)) < 1e15;
	for (i = 0; s != NULL && i < json_string_length(v); i++)
		if ((unsigned char)s[i] < 0x20 ||
		    strchr("'\"\\{}", s[i]) != NULL)
			return false;
	return !json_is_array(v) && !json_is_object(v);
}

/* {{ }} would write these as HTML. */
static bool
schema_is_html(const json_t *v)
{
	return json_is_string(v) &&
	       strpbrk(json_string_value(v), "&<>`=") != NULL;
}

static void
schema_one_of(struct making *m, const json_t *choices, bool text, bool raw)
{
	const char *quote = text && !m->plain ? "\"" : "";
	json_t *v;
	size_t i;

	buf_addf(m->out, "%s%soneOf", quote, raw ? "{{{" : "{{");
	json_array_foreach((json_t *)(uintptr_t)choices, i, v)
	{
		if (json_is_null(v))
			continue;
		buf_add(m->out, " ", 1);
		if (json_is_string(v))
			buf_addf(m->out, "'%s'", json_string_value(v));
		else
			json_text_add(m->out, v, 0, true);
	}
	buf_addf(m->out, "%s%s", raw ? "}}}" : "}}", quote);
}

static int
schema_enum(struct making *m, const json_t *choices)
{
	bool fits = true, texts = false, others = false, raw = false;
	json_t *v, *first = NULL;
	size_t i, n = 0;

	json_array_foreach((json_t *)(uintptr_t)choices, i, v)
	{
		if (json_is_null(v))
			continue;
		if (first == NULL)
			first = v;
		n++;
		texts = texts || json_is_string(v);
		others = others || !json_is_string(v);
		raw = raw || schema_is_html(v);
		fits = fits && schema_is_argument(v);
	}
	if (first == NULL)
		return schema_put(m, json_null());
	if (n == 1 || n > CHOICES || !fits || (texts && others))
		return schema_put(m, first);
	schema_one_of(m, choices, texts, raw);
	return 0;
}

/* ---- objects and arrays ------------------------------------------------- */

static bool
schema_is_required(const json_t *schema, const char *name)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, v)
	{
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), name) == 0)
			return true;
	}
	return false;
}

/* A member with a value of its schema.  Where there is none, nothing is
 * added, or null when it must be there.  How many were added. */
static size_t
schema_member(struct making *m, size_t before, const char *name, json_t *schema,
    bool required)
{
	size_t had = m->out->n;

	buf_add_text(m->out, before > 0 ? "," : "");
	json_text_line(m->out, m->level);
	json_text_add_string(m->out, str_of(name), true);
	buf_add_text(m->out, ": ");
	if (schema_value(m, schema, name) == 0)
		return 1;
	if (required)
		buf_add_text(m->out, "null");
	else
		m->out->n = had;
	return required;
}

/* Members whose names a schema leaves free. */
static size_t
schema_free_members(struct making *m, const json_t *schema, size_t n)
{
	json_t *of = json_object_get(schema, "additionalProperties");
	size_t least = schema_length(schema, "minProperties", 0);
	size_t most = schema_length(schema, "maxProperties", SIZE_MAX), i = 0;
	char name[32];

	if (least < 1 && n == 0 && json_is_object(of))
		least = 1;
	if (least > ITEMS)
		least = ITEMS;
	while (n < least && n < most && !json_is_false(of)) {
		snprintf(name, sizeof(name), "property%zu", ++i);
		n += schema_member(m, n, name,
		    json_is_object(of) ? of : json_object_get(schema, "-"),
		    true);
	}
	return n;
}

static size_t
schema_members(struct making *m, const json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties"), *of, *v;
	size_t most = schema_length(schema, "maxProperties", SIZE_MAX);
	const char *name;
	size_t n = 0, i;
	bool required;

	json_object_foreach(properties, name, of)
	{
		required = schema_is_required(schema, name);
		if (json_is_true(json_object_get(of, "writeOnly")) ||
		    (!required && n >= most))
			continue;
		n += schema_member(m, n, name, of, required);
	}
	json_array_foreach(json_object_get(schema, "required"), i, v)
	{
		name = json_string_value(v);
		if (name != NULL && json_object_get(properties, name) == NULL)
			n += schema_member(m, n, name,
			    json_object_get(schema, "additionalProperties"),
			    true);
	}
	return schema_free_members(m, schema, n);
}

static int
schema_object(struct making *m, const json_t *schema)
{
	size_t n;

	if (m->plain)
		return 1;
	buf_add(m->out, "{", 1);
	m->level++;
	n = schema_members(m, schema);
	m->level--;
	if (n > 0)
		json_text_line(m->out, m->level);
	buf_add(m->out, "}", 1);
	return 0;
}

static size_t
schema_count(struct making *m, const json_t *schema, size_t first)
{
	size_t least = schema_length(schema, "minItems", 0);
	size_t most = schema_length(schema, "maxItems", SIZE_MAX);
	size_t n = first > 0 ? first : 1;

	if (n < least)
		n = least;
	if (n > most)
		n = most;
	if (n > ITEMS) {
		openapi_note(
		    m->o, "an array of %zu items is given %d", n, ITEMS);
		n = ITEMS;
	}
	if (n > 1 && json_is_true(json_object_get(schema, "uniqueItems")))
		openapi_note(m->o, "items that must differ may be equal");
	return n;
}

static int
schema_array(struct making *m, const json_t *schema, const char *name)
{
	json_t *first = json_object_get(schema, "prefixItems");
	json_t *items = json_object_get(schema, "items"), *of;
	size_t i, n, had;

	if (m->plain)
		return items != NULL ? schema_value(m, items, name) : 1;
	n = schema_count(m, schema, json_array_size(first));
	buf_add(m->out, "[", 1);
	m->level++;
	for (i = 0; i < n; i++) {
		of = i < json_array_size(first) ? json_array_get(first, i)
						: items;
		had = m->out->n;
		buf_add_text(m->out, i > 0 ? "," : "");
		json_text_line(m->out, m->level);
		if (schema_value(m, of, name) == 0)
			continue;
		m->out->n = had;
		break;
	}
	m->level--;
	if (i > 0)
		json_text_line(m->out, m->level);
	buf_add(m->out, "]", 1);
	return 0;
}

/* ---- any value ---------------------------------------------------------- */

/* The type, or what the other members are for. */
static struct str
schema_type(const json_t *schema)
{
	static const char *const by[][2] = { { "properties", "object" },
		{ "additionalProperties", "object" }, { "required", "object" },
		{ "items", "array" }, { "prefixItems", "array" },
		{ "minimum", "number" }, { "maximum", "number" },
		{ NULL, "string" } };
	json_t *type = json_object_get(schema, "type"), *v;
	size_t i;

	json_array_foreach(type, i, v)
	{
		if (json_is_string(v) &&
		    strcmp(json_string_value(v), "null") != 0)
			return str_of(json_string_value(v));
	}
	if (json_is_array(type))
		return STR("null");
	if (json_is_string(type))
		return str_of(json_string_value(type));
	for (i = 0; by[i][0] != NULL; i++)
		if (json_object_get(schema, by[i][0]) != NULL)
			break;
	return str_of(by[i][1]);
}

/* An example or another value that stands in the schema. */
static const json_t *
schema_given(const json_t *schema)
{
	const json_t *v = json_object_get(schema, "example");

	if (v == NULL && json_is_array(json_object_get(schema, "examples")))
		v = json_array_get(json_object_get(schema, "examples"), 0);
	if (v == NULL)
		v = json_object_get(schema, "const");
	if (v == NULL && json_array_size(json_object_get(schema, "enum")) == 0)
		v = json_object_get(schema, "default");
	return v;
}

static int
schema_of_type(struct making *m, const json_t *schema, const char *name)
{
	struct str type = schema_type(schema);

	if (str_is(type, "object"))
		return schema_object(m, schema);
	if (str_is(type, "array"))
		return schema_array(m, schema, name);
	if (str_is(type, "integer"))
		return schema_integer(m, schema, name);
	if (str_is(type, "number"))
		return schema_number(m, schema, name);
	if (str_is(type, "boolean")) {
		buf_add_text(m->out, "{{faker 'datatype.boolean'}}");
		return 0;
	}
	if (str_is(type, "null")) {
		buf_add_text(m->out, "null");
		return 0;
	}
	return schema_string(m, schema, name);
}

static int
schema_write(struct making *m, json_t *schema, const char *name)
{
	static const char *const hard[] = { "not", "if", "contains",
		"patternProperties", "dependentRequired", "dependentSchemas",
		NULL };
	const json_t *given;
	size_t i;

	schema = schema_join(m, schema);
	given = schema_given(schema);
	if (given != NULL)
		return schema_put(m, given);
	if (json_array_size(json_object_get(schema, "enum")) > 0)
		return schema_enum(m, json_object_get(schema, "enum"));
	for (i = 0; hard[i] != NULL; i++)
		if (json_object_get(schema, hard[i]) != NULL)
			openapi_note(m->o,
			    "the body may not be what \"%s\" in its schema "
			    "asks for",
			    hard[i]);
	return schema_of_type(m, schema, name);
}

/* Appends a value of the schema; name is of the member it is for.  1, and
 * nothing appended, when there is none. */
static int
schema_value(struct making *m, json_t *schema, const char *name)
{
	size_t open = m->nopen, had = m->out->n;
	int r = 1;

	if (schema == NULL || json_is_boolean(schema))
		return json_is_false(schema)
			   ? 1
			   : schema_call(m, "{{faker 'lorem.word'}}");
	if (m->level < DEPTH && ++m->values <= VALUES &&
	    (schema = schema_open(m, schema)) != NULL)
		r = schema_write(m, schema, name);
	if (r != 0)
		m->out->n = had;
	m->nopen = open;
	return r;
}

void
openapi_generate(struct openapi *o, json_t *schema, bool plain, struct buf *out)
{
	struct making m = { .o = o, .out = out, .plain = plain };

	if (schema_value(&m, schema, NULL) != 0 && !plain)
		buf_add_text(out, "{}");
	if (m.values > VALUES)
		openapi_note(o, "a body of more than %d values is cut", VALUES);
	json_array_clear(o->made);
}
