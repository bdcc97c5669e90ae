/* Bodies by their media type. */
#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/coding.h"
#include "har/headers.h"
#include "mock/form_data.h"
#include "mock/schema.h"
#include "mock/value_json.h"

#include "mock/contract_priv.h"

struct str
contract_type(struct arena *a, struct str field)
{
	struct str rest = field, type;
	char *p;
	size_t i;

	(void)str_cut(&rest, ';', &type);
	type = str_trim(type);
	p = arena_strndup(a, type.p, type.n);
	for (i = 0; i < type.n; i++)
		p[i] = str_lower(p[i]);
	return (struct str){ p, type.n };
}

/* How well type fits a range: 0 not at all, 3 exactly. */
static int
contract_fits(struct str range, struct str type)
{
	if (str_eq(range, type))
		return 3;
	if (str_is(range, "*/*") || str_is(range, "*"))
		return 1;
	if (str_ends(range, "/*") && type.n >= range.n - 1 &&
	    memcmp(range.p, type.p, range.n - 1) == 0)
		return 2;
	return 0;
}

const struct contract_media *
contract_media_find(const struct contract_content *content, struct str type)
{
	const struct contract_media *best = NULL;
	int fits = 0, one;
	size_t i;

	for (i = 0; i < content->n; i++) {
		one = contract_fits(content->media[i].type, type);
		if (one > fits) {
			fits = one;
			best = &content->media[i];
		}
	}
	return best;
}

static struct str
contract_field(const struct contract_check *k)
{
	return headers_get(k->message->headers, "Content-Type");
}

static struct str
contract_expected(struct contract_check *k, const struct contract_content *c)
{
	struct buf text = { 0 };
	struct str made;
	size_t i;

	for (i = 0; i < c->n && text.n < 150; i++)
		buf_addf(&text, "%s%.*s", i > 0 ? " or " : "",
		    STR_ARGS(c->media[i].type));
	made = arena_str(k->v.arena, buf_str(&text));
	buf_free(&text);
	return made;
}

bool
contract_content_type(struct contract_check *k,
    const struct contract_content *content, bool whole)
{
	struct str field = contract_field(k), expected;

	if (!content->described) {
		contract_found(k, CONTRACT_BODY_EXTRA, k->operation->where,
		    STR("body"), NULL);
		return false;
	}
	if (content->n == 0 || (field.p == NULL && !whole))
		return true;
	if (field.p != NULL && contract_media_find(content,
				   contract_type(k->v.arena, field)) != NULL)
		return true;
	expected = contract_expected(k, content);
	if (field.p == NULL)
		contract_found(k, CONTRACT_TYPE, content->where,
		    STR("header Content-Type"), "it is missing; expected %.*s",
		    STR_ARGS(expected));
	else
		contract_found(k, CONTRACT_TYPE, content->where,
		    STR("header Content-Type"), "%.*s; expected %.*s",
		    (int)(field.n < 80 ? field.n : 80), field.p,
		    STR_ARGS(expected));
	return false;
}

/* ---- what is in a body --------------------------------------------------- */

static void
contract_json(struct contract_check *k, const struct contract_media *media,
    struct str body)
{
	struct value value;

	if (value_read_json(&k->v, body, &value) == -1 && !k->v.over)
		contract_found(k, CONTRACT_BODY, media->where, STR("body"),
		    "it is no JSON");
	else if (k->v.over)
		k->findings->unchecked = "it needs too much memory";
	else
		contract_judge(
		    k, media->schema, value, CONTRACT_BODY, STR("body"));
}

static void
contract_urlencoded(struct contract_check *k,
    const struct contract_media *media, struct str body)
{
	if (media->schema != CONTRACT_NONE)
		contract_judge(k, media->schema, contract_form(k, media, body),
		    CONTRACT_BODY, STR("body"));
}

/* Whether the parts are there that have to be. */
static void
contract_parts(struct contract_check *k, const struct contract_media *media,
    struct str body)
{
	struct value parts = VALUE_NONE;
	struct err e;

	if (form_data_read(&k->v, contract_field(k), body, &parts, &e) == -1) {
		contract_found(
		    k, CONTRACT_BODY, media->where, STR("body"), "%s", e.text);
		return;
	}
	if (parts.kind == VALUE_UNDEFINED)
		parts = value_new_object(&k->v);
	contract_judge_presence(k, media->schema, parts, STR("body"));
}

static void
contract_plain(struct contract_check *k, const struct contract_media *media,
    struct str body)
{
	if (media->schema != CONTRACT_NONE)
		contract_judge(k, media->schema,
		    schema_coerce(k->operation->spec->schemas, media->schema,
			&k->v, value_text(body)),
		    CONTRACT_BODY, STR("body"));
}

/* Of other types only the name counts. */
static const struct contract_reader {
	const char *type;
	void (*read)(struct contract_check *k,
	    const struct contract_media *media, struct str body);
} contract_readers[] = {
	{ "*/json", contract_json },
	{ "*+json", contract_json },
	{ "application/x-www-form-urlencoded", contract_urlencoded },
	{ "multipart/form-data", contract_parts },
	{ "text/plain", contract_plain },
};

static void
contract_read(struct contract_check *k, const struct contract_media *media,
    struct str type, struct str body)
{
	size_t i;

	for (i = 0; i < sizeof(contract_readers) / sizeof(*contract_readers);
	     i++)
		if (str_glob(str_of(contract_readers[i].type), type)) {
			contract_readers[i].read(k, media, body);
			return;
		}
}

static const char *
contract_undecoded(enum coding_result r)
{
	return r == CODING_TOO_BIG   ? "it is too long without its coding"
	       : r == CODING_UNKNOWN ? "its content coding is not known"
				     : "its content coding is broken";
}

void
contract_content(
    struct contract_check *k, const struct contract_content *content)
{
	const struct contract_message *m = k->message;
	size_t most = k->contract->options.most_body;
	struct str field = contract_field(k), type, list, body = m->body;
	const struct contract_media *media;
	enum coding_result r = CODING_DONE;
	struct buf plain = { 0 };

	/* RFC 9110, section 8.3: it may be found out without the field. */
	type = field.p != NULL  ? contract_type(k->v.arena, field)
	       : content->n > 0 ? content->media[0].type
				: STR("");
	media = contract_media_find(content, type);
	if (media == NULL)
		return;
	list = coding_list(m->headers, k->v.arena);
	if (body.n <= most && list.n > 0) {
		r = coding_decode(list, body, most, &plain);
		body = buf_str(&plain);
	}
	if (body.n > most)
		k->findings->unchecked = "it is too long";
	else if (r != CODING_DONE)
		k->findings->unchecked = contract_undecoded(r);
	else
		contract_read(k, media, type, body);
	buf_free(&plain);
}
