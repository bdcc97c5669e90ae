/*
 * Texts of a format, of a pattern or of a length, and choices among values that
 * a schema lists.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"

#include "mock/json_text.h"

#include "mock/from_openapi_making.h"
#include "mock/from_openapi_priv.h"

#define CHOICES 200   /* of one enum */
#define LONGEST 65536 /* a text that is made up */

/* ---- texts -------------------------------------------------------------- */

static const struct {
	const char *format, *call;
} strings_formats[] = {
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
size_t
making_length(const json_t *schema, const char *name, size_t otherwise)
{
	const json_t *v = json_object_get(schema, name);

	if (!json_is_number(v) || json_number_value(v) < 0)
		return otherwise;
	return json_number_value(v) < 1e9 ? (size_t)json_number_value(v)
					  : (size_t)1e9;
}

static int
strings_letters(struct making *m, size_t least, size_t most)
{
	char call[80];
	size_t n = least > 10 ? least : most < 10 ? most : 10;

	if (least > LONGEST) {
		openapi_note(
		    m->o, "a text of %zu characters is made shorter", least);
		n = LONGEST;
	}
	if (n == 0)
		return making_call(m, "");
	snprintf(call, sizeof(call), "{{faker 'string.alpha' length=%zu}}", n);
	return making_call(m, call);
}

static const char *
strings_format(struct str format)
{
	size_t i;

	for (i = 0; i < sizeof(strings_formats) / sizeof(*strings_formats); i++)
		if (str_is(format, strings_formats[i].format))
			return strings_formats[i].call;
	return NULL;
}

int
making_string(struct making *m, const json_t *schema, const char *name)
{
	struct str pattern = openapi_text(schema, "pattern");
	size_t least = making_length(schema, "minLength", 0);
	size_t most = making_length(schema, "maxLength", SIZE_MAX);
	const char *call = strings_format(openapi_text(schema, "format"));
	struct buf sample = { 0 };
	bool found = false;

	if (pattern.n > 0 && call == NULL) {
		found = openapi_sample(&sample, pattern, least, most);
		if (found)
			making_put_text(m, buf_str(&sample));
		else
			openapi_note(m->o, "no text was found that fits %.*s",
			    STR_ARGS(pattern));
	}
	buf_free(&sample);
	if (found)
		return 0;
	if (call != NULL)
		return making_call(m, call);
	if (least > 0 || most < 20)
		return strings_letters(m, least, most);
	if (!openapi_infer(&sample, str_of(name), STR("string")))
		buf_add_text(&sample, "{{faker 'lorem.words'}}");
	(void)making_call(m, buf_text(&sample));
	buf_free(&sample);
	return 0;
}

/* ---- choices ------------------------------------------------------------ */

/* What an argument of a helper can be without being changed. */
static bool
strings_is_argument(const json_t *v)
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
strings_is_html(const json_t *v)
{
	return json_is_string(v) &&
	       strpbrk(json_string_value(v), "&<>`=") != NULL;
}

static void
strings_one_of(struct making *m, const json_t *choices, bool text, bool raw)
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

int
making_enum(struct making *m, const json_t *choices)
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
		raw = raw || strings_is_html(v);
		fits = fits && strings_is_argument(v);
	}
	if (first == NULL)
		return making_put(m, json_null());
	if (n == 1 || n > CHOICES || !fits || (texts && others))
		return making_put(m, first);
	strings_one_of(m, choices, texts, raw);
	return 0;
}
