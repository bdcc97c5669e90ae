/* Parameters and fields: texts as the values that their schemas are for. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "har/headers.h"
#include "mock/form_data.h"
#include "mock/schema.h"
#include "mock/value_json.h"

#include "mock/contract_priv.h"

#define TEXT_PAIRS 1000 /* of a query or a form; others are not looked at */
#define TEXT_ITEMS 10000

/* ---- names and values ---------------------------------------------------- */

struct contract_pairs
contract_split(struct arena *a, struct str query)
{
	struct contract_pairs p = { NULL, 0 };
	struct str rest = query, value, name;
	size_t n = 1, i;

	for (i = 0; i < query.n; i++)
		n += query.p[i] == '&';
	n = n < TEXT_PAIRS ? n : TEXT_PAIRS;
	p.at = arena_alloc(a, n * sizeof(*p.at));
	while (p.n < n && str_cut(&rest, '&', &value)) {
		if (value.n == 0)
			continue;
		(void)str_cut(&value, '=', &name);
		p.at[p.n++] = (struct contract_pair){
			.name = contract_decode(a, name, true),
			.value = value.p != NULL ? value : STR(""),
		};
	}
	return p;
}

static struct contract_pairs
text_cookies(struct contract_check *k)
{
	struct contract_pairs p = { NULL, 0 };
	struct str rest = headers_get(k->message->headers, "Cookie"), value,
		   name;

	p.at = arena_alloc(k->v.arena, TEXT_PAIRS * sizeof(*p.at));
	while (p.n < TEXT_PAIRS && str_cut(&rest, ';', &value)) {
		(void)str_cut(&value, '=', &name);
		p.at[p.n++] = (struct contract_pair){
			.name = str_trim(name),
			.value = value.p != NULL ? value : STR(""),
		};
	}
	return p;
}

/* How the texts of a place are written. */
struct text_source {
	bool encoded; /* with percent signs */
	bool plus;    /* and with + for a space */
};

static const struct text_source text_sources[] = {
	[CONTRACT_IN_PATH] = { false, false }, /* is decoded already */
	[CONTRACT_IN_QUERY] = { true, true },
	[CONTRACT_IN_FIELD] = { false, false },
	[CONTRACT_IN_COOKIE] = { true, false },
};

static struct value
text_value(struct contract_check *k, enum contract_in in, struct str raw)
{
	const struct text_source *s = &text_sources[in];

	if (s->encoded)
		raw = contract_decode(k->v.arena, raw, s->plus);
	return value_text(raw);
}

/* ---- lists and objects --------------------------------------------------- */

/* What stands between items; the second form is of encoded texts. */
static const struct text_separator {
	const char *plain, *encoded, *other;
} text_separators[] = {
	[CONTRACT_COMMAS] = { ",", ",", "," },
	[CONTRACT_SPACES] = { " ", "%20", "+" },
	[CONTRACT_PIPES] = { "|", "%7C", "%7c" },
	[CONTRACT_TABS] = { "\t", "%09", "\t" },
};

/* The length of a separator with which text begins, or 0. */
static size_t
text_separates(const struct text_separator *s, struct str text)
{
	if (str_starts(text, s->plain))
		return strlen(s->plain);
	if (str_starts(text, s->encoded))
		return strlen(s->encoded);
	return str_starts(text, s->other) ? strlen(s->other) : 0;
}

/* Cuts the next item off. */
static struct str
text_item(const struct contract_parameter *p, struct str *rest)
{
	const struct text_separator *s = &text_separators[p->style];
	struct str item = { rest->p, 0 };
	size_t n = 0;

	for (; item.n < rest->n; item.n++) {
		n = text_separates(
		    s, (struct str){ rest->p + item.n, rest->n - item.n });
		if (n > 0)
			break;
	}
	*rest =
	    n == 0 ? (struct str){ NULL, 0 }
		   : (struct str){ rest->p + item.n + n, rest->n - item.n - n };
	return p->in == CONTRACT_IN_FIELD ? str_trim(item) : item;
}

static struct value
text_list(struct contract_check *k, const struct contract_parameter *p,
    struct str raw)
{
	struct value to = value_new_array(&k->v, 0);
	size_t i;

	for (i = 0; raw.p != NULL && raw.n > 0 && i < TEXT_ITEMS; i++)
		value_push(&k->v, to, text_value(k, p->in, text_item(p, &raw)));
	return to;
}

/* "a,1,b,2", or "a=1,b=2" when it explodes. */
static struct value
text_object(struct contract_check *k, const struct contract_parameter *p,
    struct str raw)
{
	struct value to = value_new_object(&k->v);
	struct str name, value;
	size_t i;

	for (i = 0; raw.p != NULL && raw.n > 0 && i < TEXT_ITEMS; i++) {
		value = text_item(p, &raw);
		if (p->explode)
			(void)str_cut(&value, '=', &name);
		else {
			name = value;
			value = raw.p != NULL ? text_item(p, &raw) : STR("");
		}
		value_set(&k->v, to, text_value(k, p->in, name).text,
		    text_value(k, p->in, value));
	}
	return to;
}

/* One text as what the parameter's schema wants. */
static struct value
text_read(struct contract_check *k, const struct contract_parameter *p,
    struct str raw)
{
	const struct schema *s = k->operation->spec->schemas;
	struct value to;

	if (p->json) {
		to = text_value(k, p->in, raw);
		return value_read_json(&k->v, to.text, &to) == 0 ? to
								 : VALUE_NONE;
	}
	if (schema_wants_array(s, p->schema))
		return text_list(k, p, raw);
	if (schema_wants_object(s, p->schema))
		return text_object(k, p, raw);
	return text_value(k, p->in, raw);
}

/* ---- queries ------------------------------------------------------------- */

/* name[a]=1&name[b]=2 */
static bool
text_deep(struct contract_check *k, const struct contract_parameter *p,
    struct contract_pairs *pairs, struct value *to)
{
	struct value object = value_new_object(&k->v);
	struct contract_pair *pair;
	bool any = false;

	for (pair = pairs->at; pair < pairs->at + pairs->n; pair++) {
		if (pair->name.n <= p->name.n ||
		    pair->name.p[p->name.n] != '[' ||
		    memcmp(pair->name.p, p->name.p, p->name.n) != 0)
			continue;
		pair->known = any = true;
		form_data_append(&k->v, object, pair->name,
		    text_value(k, p->in, pair->value));
	}
	*to = value_get(object, p->name);
	return any && to->kind != VALUE_UNDEFINED;
}

/* The members of an object are parameters of their own. */
static bool
text_exploded(struct contract_check *k, const struct contract_parameter *p,
    struct contract_pairs *pairs, struct value *to)
{
	const struct schema *s = k->operation->spec->schemas;
	bool open = schema_has_any_member(s, p->schema);
	struct contract_pair *pair;

	*to = value_new_object(&k->v);
	for (pair = pairs->at; pair < pairs->at + pairs->n; pair++) {
		if (schema_has_member(s, p->schema, pair->name))
			value_set(&k->v, *to, pair->name,
			    text_value(k, p->in, pair->value));
		else if (!open)
			continue;
		pair->known = true;
	}
	return to->object->n > 0;
}

static bool
text_named(struct contract_check *k, const struct contract_parameter *p,
    struct contract_pairs *pairs, struct value *to)
{
	const struct schema *s = k->operation->spec->schemas;
	struct value all = value_new_array(&k->v, 0);
	struct contract_pair *pair, *first = NULL;

	for (pair = pairs->at; pair < pairs->at + pairs->n; pair++) {
		if (!str_eq(pair->name, p->name))
			continue;
		pair->known = true;
		first = first == NULL ? pair : first;
		value_push(&k->v, all, text_value(k, p->in, pair->value));
	}
	if (first == NULL)
		return false;
	*to = value_text(STR(""));
	if (first->value.n == 0 && p->may_be_empty)
		*to = VALUE_NONE;
	else if (all.array->n > 1 ||
		 (p->explode && !p->json && p->schema != CONTRACT_NONE &&
		     schema_wants_array(s, p->schema)))
		*to = all;
	else if (p->schema != CONTRACT_NONE && p->style != CONTRACT_UNCHECKED)
		*to = text_read(k, p, first->value);
	return true;
}

/* Whether the parameter is there; *to is what it is. */
static bool
text_query(struct contract_check *k, const struct contract_parameter *p,
    struct contract_pairs *pairs, struct value *to)
{
	const struct schema *s = k->operation->spec->schemas;

	if (p->style == CONTRACT_DEEP)
		return text_deep(k, p, pairs, to);
	if (p->explode && !p->json && p->schema != CONTRACT_NONE &&
	    p->style != CONTRACT_UNCHECKED &&
	    schema_wants_object(s, p->schema) &&
	    !schema_wants_array(s, p->schema))
		return text_exploded(k, p, pairs, to);
	return text_named(k, p, pairs, to);
}

/* ---- paths and fields ---------------------------------------------------- */

static bool
text_path(struct contract_check *k, const struct contract_parameter *p,
    const struct contract_found *found, struct value *to)
{
	size_t i;

	for (i = 0; i < found->n; i++) {
		if (!str_eq(found->captures[i].name, p->name))
			continue;
		*to = VALUE_NONE;
		if (p->schema != CONTRACT_NONE &&
		    p->style != CONTRACT_UNCHECKED)
			*to = text_read(k, p, found->captures[i].value);
		return true;
	}
	return false;
}

/* All fields of that name as one list (RFC 9110, section 5.3). */
static bool
text_field(struct contract_check *k, const struct contract_parameter *p,
    struct value *to)
{
	const char *name = arena_strndup(k->v.arena, p->name.p, p->name.n);
	const struct header *h;
	struct buf all = { 0 };
	struct str text;
	size_t at = 0, n = 0;

	while ((h = headers_next(k->message->headers, name, &at)) != NULL) {
		if (n++ > 0)
			buf_add_text(&all, ",");
		buf_add_str(&all, h->value);
	}
	text = arena_str(k->v.arena, buf_str(&all));
	buf_free(&all);
	*to = VALUE_NONE;
	if (n > 0 && p->schema != CONTRACT_NONE &&
	    p->style != CONTRACT_UNCHECKED)
		*to = text_read(k, p, text);
	return n > 0;
}

/* ---- all of them --------------------------------------------------------- */

static const char *const text_places[] = {
	[CONTRACT_IN_PATH] = "path",
	[CONTRACT_IN_QUERY] = "query",
	[CONTRACT_IN_FIELD] = "header",
	[CONTRACT_IN_COOKIE] = "cookie",
};

static void
text_check(struct contract_check *k, const struct contract_parameter *p,
    bool there, struct value value)
{
	struct str at = str_of(arena_printf(
	    k->v.arena, "%s %.*s", text_places[p->in], STR_ARGS(p->name)));
	enum contract_kind wrong =
	    k->answer ? CONTRACT_FIELD : CONTRACT_PARAMETER;

	if (!there) {
		if (p->required)
			contract_found(k,
			    k->answer ? CONTRACT_FIELD_MISSING
				      : CONTRACT_PARAMETER_MISSING,
			    p->where, at, NULL);
		return;
	}
	if (p->schema == CONTRACT_NONE || p->style == CONTRACT_UNCHECKED)
		return;
	if (value.kind == VALUE_UNDEFINED && p->json)
		contract_found(k, wrong, p->where, at, "it is no JSON");
	if (value.kind == VALUE_UNDEFINED)
		return;
	if (!p->json)
		value = schema_coerce(
		    k->operation->spec->schemas, p->schema, &k->v, value);
	contract_judge(k, p->schema, value, wrong, at);
}

static void
text_undocumented(struct contract_check *k, const struct contract_pairs *pairs)
{
	const struct contract_operation *o = k->operation;
	const struct contract_pair *pair;

	for (pair = pairs->at; pair < pairs->at + pairs->n; pair++)
		if (!pair->known && !value_has(o->spec->keys, pair->name))
			contract_found(k, CONTRACT_QUERY, o->where,
			    str_of(arena_printf(k->v.arena, "query %.*s",
				(int)(pair->name.n < 100 ? pair->name.n : 100),
				pair->name.p)),
			    NULL);
}

void
contract_parameters(struct contract_check *k,
    const struct contract_found *found, struct str query)
{
	struct contract_pairs pairs = contract_split(k->v.arena, query);
	struct contract_pairs cookies = text_cookies(k);
	const struct contract_operation *o = k->operation;
	const struct contract_parameter *p;
	struct value value;
	bool there;

	for (p = o->parameters; p < o->parameters + o->nparameters; p++) {
		value = VALUE_NONE;
		if (p->in == CONTRACT_IN_PATH)
			there = text_path(k, p, found, &value);
		else if (p->in == CONTRACT_IN_FIELD)
			there = text_field(k, p, &value);
		else
			there = text_query(k, p,
			    p->in == CONTRACT_IN_QUERY ? &pairs : &cookies,
			    &value);
		text_check(k, p, there, value);
	}
	text_undocumented(k, &pairs);
}

void
contract_fields(
    struct contract_check *k, const struct contract_response *response)
{
	const struct contract_parameter *p = response->fields;
	struct value value;
	bool there;

	for (; p < response->fields + response->nfields; p++) {
		there = text_field(k, p, &value);
		text_check(k, p, there, value);
	}
}

/* ---- forms --------------------------------------------------------------- */

/* The style that is said of a member, if any is. */
static const struct contract_parameter *
text_style(const struct contract_media *media, struct str name)
{
	size_t i;

	for (i = 0; i < media->nfields; i++)
		if (str_eq(media->fields[i].name, name))
			return &media->fields[i];
	return NULL;
}

static struct value
text_member(struct contract_check *k, const struct contract_media *media,
    const struct contract_pair *pair)
{
	const struct contract_parameter *style = text_style(media, pair->name);
	struct contract_parameter p;

	if (style == NULL || style->explode ||
	    style->style == CONTRACT_UNCHECKED || style->style == CONTRACT_DEEP)
		return text_value(k, CONTRACT_IN_QUERY, pair->value);
	p = *style;
	p.in = CONTRACT_IN_QUERY;
	if (!schema_wants_list_of(
		k->operation->spec->schemas, media->schema, pair->name))
		return text_value(k, CONTRACT_IN_QUERY, pair->value);
	return text_list(k, &p, pair->value);
}

struct value
contract_form(struct contract_check *k, const struct contract_media *media,
    struct str body)
{
	struct contract_pairs pairs = contract_split(k->v.arena, body);
	struct value object = value_new_object(&k->v);
	const struct contract_pair *pair;

	for (pair = pairs.at; pair < pairs.at + pairs.n; pair++)
		form_data_append(
		    &k->v, object, pair->name, text_member(k, media, pair));
	return schema_coerce(
	    k->operation->spec->schemas, media->schema, &k->v, object);
}
