/*
 * Texts of a format, of a pattern or of a length, and choices among values that
 * a schema lists.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#include "mock/document.h"
#include "mock/js_regex.h"
#include "mock/json_text.h"

#include "mock/from_openapi_making.h"
#include "mock/from_openapi_priv.h"

#define CHOICES 200    /* of one enum */
#define LONGEST 65536  /* a text that is made up */
#define WORDS_LEAST 64 /* of a text that is padded to that */
#define WORDS_MOST 12  /* of one that is cut to that */

/* ---- texts -------------------------------------------------------------- */

/* How texts of a format are made, what stands around the number of an item
 * where all have to differ, and how long they are. */
struct form {
	const char *format, *call, *before, *after;
	size_t least, most;
	const char *like; /* one of them, or NULL */
};

#define URL \
	"{{{faker 'internet.url'}}}", NULL, NULL, 10, 64, "https://example.com/"
#define MAIL "{{faker 'internet.email'}}", NULL, NULL, 8, 64, "a.b1@example.com"
#define HOST \
	"{{faker 'internet.domainName'}}", NULL, NULL, 4, 50, "some-host.com"
#define UUID \
	"{{faker 'string.uuid'}}", NULL, NULL, 36, 36, \
	    "0a1b2c3d-4e5f-4a7b-8c9d-0e1f2a3b4c5d"
#define DATE_TIME "\"yyyy-MM-dd'T'HH:mm:ssxxx\"}}"

static const struct form strings_forms[] = {
	{ "date", "{{date '2019' (now) 'yyyy-MM-dd'}}", "{{dateTimeShift days=",
	    " format='yyyy-MM-dd'}}", 10, 10, "2024-05-17" },
	{ "date-time", "{{dateFormat (faker 'date.recent' 365) " DATE_TIME,
	    "{{dateTimeShift hours=", " format=" DATE_TIME, 25, 25,
	    "2024-05-17T10:30:00+00:00" },
	{ "time", "{{time '00:00' '23:59' 'HH:mm:ss'}}Z",
	    "{{dateTimeShift minutes=", " format='HH:mm:ss'}}Z", 9, 9,
	    "10:30:00Z" },
	{ "duration", "P{{faker 'number.int' min=1 max=30}}D", "P", "D", 3, 4,
	    "P12D" },
	{ "email", MAIL },
	{ "idn-email", MAIL },
	{ "uuid", UUID },
	{ "guid", UUID },
	{ "uri", URL },
	{ "url", URL },
	{ "uri-reference", URL },
	{ "uri-template", URL },
	{ "iri", URL },
	{ "iri-reference", URL },
	{ "hostname", HOST },
	{ "idn-hostname", HOST },
	{ "ipv4", "{{faker 'internet.ipv4'}}", NULL, NULL, 7, 15,
	    "192.0.2.17" },
	{ "ipv6", "{{faker 'internet.ipv6'}}", NULL, NULL, 39, 39, NULL },
	{ "byte", "{{{base64 (faker 'string.alpha' length=12)}}}", NULL, NULL,
	    16, 16, NULL },
	{ "json-pointer", "/{{faker 'lorem.word'}}", "/", "", 2, 20, NULL },
	{ "json-pointer-uri-fragment", "#/{{faker 'lorem.word'}}", "#/", "", 3,
	    20, NULL },
	{ "relative-json-pointer", "{{faker 'number.int' max=9}}", "", "", 1, 1,
	    NULL },
	{ "regex", "^[a-z]+$", "^[a-z]{", "}$", 8, 8, NULL },
};

size_t
making_length(const json_t *schema, const char *name, size_t otherwise)
{
	const json_t *v = json_object_get(schema, name);

	if (!json_is_number(v) || json_number_value(v) < 0)
		return otherwise;
	return json_number_value(v) < 1e9 ? (size_t)json_number_value(v)
					  : (size_t)1e9;
}

/* What a schema asks of a text. */
struct asking {
	struct str pattern, format;
	const struct form *form; /* NULL: the format asks for nothing */
	size_t least, most;
	const char *name; /* of the member it is for, or NULL */
};

static const struct form *
strings_form(struct str format)
{
	size_t i;

	for (i = 0; i < sizeof(strings_forms) / sizeof(*strings_forms); i++)
		if (str_is(format, strings_forms[i].format))
			return &strings_forms[i];
	return NULL;
}

/* The number of an item in so many letters. */
static int
strings_number(struct making *m, size_t n)
{
	char text[16] = { 0 };
	size_t of = m->nth;

	while (n > 0) {
		text[--n] = (char)('a' + of % 26);
		of /= 26;
	}
	return making_call(m, text);
}

static int
strings_letters(struct making *m, const struct asking *a)
{
	char call[80];
	size_t n = a->least > 10 ? a->least : a->most < 10 ? a->most : 10;

	if (a->least > LONGEST) {
		openapi_note(
		    m->o, "a text of %zu characters is made shorter", a->least);
		n = LONGEST;
	}
	if (n == 0)
		return making_call(m, "");
	if (m->of > 0 && n < 10)
		return strings_number(m, n);
	snprintf(call, sizeof(call), "{{faker 'string.alpha' length=%zu}}", n);
	return making_call(m, call);
}

/* A text of the pattern which is of the format, too. */
static bool
strings_sample(struct making *m, const struct asking *a, const char *before)
{
	struct buf sample = { 0 };
	bool found;

	buf_add_text(&sample, before);
	found = openapi_sample(&sample, a->pattern, a->least, a->most,
		    m->of > 0 ? (unsigned)m->nth : 0) &&
		(a->form == NULL ||
		    making_is_of_format(buf_str(&sample), a->format));
	if (found)
		making_put_text(m, buf_str(&sample));
	buf_free(&sample);
	return found;
}

/* Whether texts of the format fit the pattern, as one of them does. */
static bool
strings_is_like(const struct asking *a)
{
	struct regex *r;
	struct err e;
	bool is;

	if (a->form == NULL || a->form->like == NULL)
		return false;
	r = js_regex_new(a->pattern, JS_REGEX_UNICODE, &e);
	is = r != NULL && regex_find(r, str_of(a->form->like), 0, NULL) == 1;
	regex_free(r);
	return is;
}

/* What a pattern without ^ asks for may stand behind a host, too. */
static bool
strings_pattern(struct making *m, const struct asking *a)
{
	if (strings_sample(m, a, "") ||
	    (a->form != NULL && strings_sample(m, a, "https://example.com")))
		return true;
	openapi_note(m->o, "no text was found that fits %.*s",
	    (int)(a->pattern.n < 200 ? a->pattern.n : 200), a->pattern.p);
	return false;
}

static int
strings_formatted(struct making *m, const struct asking *a)
{
	char call[96];

	if (a->least > a->form->least || a->most < a->form->most)
		openapi_note(m->o,
		    "a text of format %.*s may be longer or shorter than its "
		    "schema asks for",
		    STR_ARGS(a->format));
	if (m->of == 0 || a->form->before == NULL)
		return making_call(m, a->form->call);
	snprintf(call, sizeof(call), "%s%zu%s", a->form->before, m->nth + 1,
	    a->form->after);
	return making_call(m, call);
}

/* A template of one call, which gives from least to most characters. */
static bool
strings_cut(struct buf *call, size_t least, size_t most)
{
	struct buf cut = { 0 };
	struct str all = buf_str(call), rest = all, in;

	if (least <= 1 && most >= LONGEST)
		return true;
	/* {{{call}}}, and nothing around it. */
	if (!str_starts(all, "{{{") || !str_cut(&rest, '}', &in) ||
	    in.n + 3 != all.n)
		return false;
	in = (struct str){ in.p + 3, in.n - 3 };
	buf_addf(&cut, "{{{substr (padEnd (%.*s) %zu 'x') 0 %zu}}}",
	    STR_ARGS(in), least, most);
	call->n = 0;
	buf_add_str(call, buf_str(&cut));
	buf_free(&cut);
	return true;
}

/* What the member's name tells, or words. */
static int
strings_words(struct making *m, const struct asking *a)
{
	struct buf call = { 0 };

	if (a->least > WORDS_LEAST || a->most < WORDS_MOST ||
	    (m->of > 0 && a->most < 2 * WORDS_MOST))
		return strings_letters(m, a);
	if (m->of > 0)
		buf_addf(&call, "{{{concat (faker 'lorem.word') '-%zu'}}}",
		    m->nth + 1);
	else if (!openapi_infer(&call, str_of(a->name), STR("string")) ||
		 !strings_cut(&call, a->least, a->most)) {
		call.n = 0;
		buf_add_text(&call, "{{{faker 'lorem.words'}}}");
	}
	if (memmem(call.p, call.n, "substr", 6) == NULL)
		(void)strings_cut(&call, a->least, a->most);
	(void)making_call(m, buf_text(&call));
	buf_free(&call);
	return 0;
}

int
making_string(struct making *m, const json_t *schema, const char *name)
{
	struct asking a = {
		.pattern = document_text(schema, "pattern"),
		.format = document_text(schema, "format"),
		.least = making_length(schema, "minLength", 0),
		.most = making_length(schema, "maxLength", SIZE_MAX),
		.name = name,
	};

	a.form = strings_form(a.format);
	if (a.pattern.n > 0 && !strings_is_like(&a) && strings_pattern(m, &a))
		return 0;
	if (a.form != NULL)
		return strings_formatted(m, &a);
	if (str_is(a.format, "password") && a.most >= 12) {
		a.least = a.least > 12 ? a.least : 12;
		return strings_letters(m, &a);
	}
	return strings_words(m, &a);
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
	size_t i, n = 0, of = json_array_size(choices);

	json_array_foreach((json_t *)(uintptr_t)choices, i, v)
	{
		if (json_is_null(v))
			continue;
		if (first == NULL || (m->of > 0 && i == m->nth % of))
			first = v;
		n++;
		texts = texts || json_is_string(v);
		others = others || !json_is_string(v);
		raw = raw || strings_is_html(v);
		fits = fits && strings_is_argument(v);
	}
	if (first == NULL)
		return making_put(m, json_null());
	if (n == 1 || n > CHOICES || !fits || (texts && others) || m->of > 0)
		return making_put(m, first);
	strings_one_of(m, choices, texts, raw);
	return 0;
}
