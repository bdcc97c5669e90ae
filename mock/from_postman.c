#include "config.h"

#include <string.h>

#include "base/err.h"

#include "mock/document.h"
#include "mock/draft.h"
#include "mock/from_entry_priv.h"

#include "mock/from_postman.h"
#include "mock/from_postman_priv.h"

#define DEPTH 64 /* of folders */

/* An item and what it is asked with. */
struct asking {
	struct postman *p;
	json_t *folder;
	struct str name;
	const json_t *request; /* of the item or of the example */
	struct str description;
};

/* ---- bodies with variables ---------------------------------------------- */

/* Postman's own variables; the others are random words and numbers. */
static const char *const postman_dynamic[][2] = {
	{ "$guid", "{{faker 'string.uuid'}}" },
	{ "$randomUUID", "{{faker 'string.uuid'}}" },
	{ "$timestamp", "{{now 't'}}" },
	{ "$isoTimestamp", "{{now}}" },
	{ "$randomInt", "{{faker 'number.int' max=1000}}" },
	{ "$randomBoolean", "{{faker 'datatype.boolean'}}" },
	{ "$randomAlphaNumeric", "{{faker 'string.alphanumeric'}}" },
	{ "$randomFirstName", "{{{faker 'person.firstName'}}}" },
	{ "$randomLastName", "{{{faker 'person.lastName'}}}" },
	{ "$randomFullName", "{{{faker 'person.fullName'}}}" },
	{ "$randomUserName", "{{{faker 'internet.username'}}}" },
	{ "$randomEmail", "{{{faker 'internet.email'}}}" },
	{ "$randomUrl", "{{{faker 'internet.url'}}}" },
	{ "$randomIP", "{{faker 'internet.ipv4'}}" },
	{ "$randomPhoneNumber", "{{faker 'phone.number'}}" },
	{ "$randomCity", "{{{faker 'location.city'}}}" },
	{ "$randomCountry", "{{{faker 'location.country'}}}" },
	{ "$randomCountryCode", "{{faker 'location.countryCode'}}" },
	{ "$randomStreetAddress", "{{{faker 'location.streetAddress'}}}" },
	{ "$randomCompanyName", "{{{faker 'company.name'}}}" },
	{ "$randomJobTitle", "{{{faker 'person.jobTitle'}}}" },
	{ "$randomProductName", "{{{faker 'commerce.productName'}}}" },
	{ "$randomPrice", "{{faker 'commerce.price'}}" },
	{ "$randomWord", "{{{faker 'lorem.word'}}}" },
	{ "$randomWords", "{{{faker 'lorem.words'}}}" },
	{ "$randomLoremSentence", "{{{faker 'lorem.sentence'}}}" },
	{ "$randomDatePast", "{{faker 'date.past'}}" },
	{ "$randomDateFuture", "{{faker 'date.future'}}" },
	{ "$randomDateRecent", "{{faker 'date.recent'}}" },
	{ "$randomColor", "{{{faker 'color.human'}}}" },
};

static const char *
postman_call(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(postman_dynamic) / sizeof(postman_dynamic[0]);
	     i++)
		if (str_is(name, postman_dynamic[i][0]))
			return postman_dynamic[i][1];
	return NULL;
}

/* Whether the route's endpoint has a part of that name. */
static bool
postman_has_name(const json_t *route, struct str name)
{
	struct buf part = { 0 };
	const char *endpoint =
	    json_string_value(json_object_get(route, "endpoint"));
	bool found;

	buf_addf(&part, ":%.*s", STR_ARGS(name));
	found = name.n > 0 && strstr(endpoint, buf_text(&part)) != NULL;
	buf_free(&part);
	return found;
}

/* A body as a template, when there is a variable in it. */
static void
postman_body(const struct asking *a, const json_t *route, json_t *response,
    struct str text)
{
	struct buf filled = { 0 }, out = { 0 };
	struct str rest, name;
	const char *open, *close, *call;
	bool template = false;

	postman_fill(a->p, text, &filled);
	rest = buf_str(&filled);
	while (rest.n > 0 && (open = memmem(rest.p, rest.n, "{{", 2)) != NULL &&
	       (close = memmem(
		    open, rest.n - (size_t)(open - rest.p), "}}", 2)) != NULL) {
		buf_add(&out, rest.p, (size_t)(open - rest.p));
		name = str_trim(
		    (struct str){ open + 2, (size_t)(close - open) - 2 });
		call = postman_call(name);
		if (call != NULL)
			buf_add_text(&out, call);
		else if (postman_has_name(route, name))
			buf_addf(&out, "{{urlParam '%.*s'}}", STR_ARGS(name));
		else
			buf_addf(&out, "\\{{%.*s}}", STR_ARGS(name));
		if (call == NULL && !postman_has_name(route, name))
			draft_note(a->p->draft, buf_str(&a->p->where),
			    "{{%.*s}} stays as it is: the collection has no "
			    "such variable",
			    STR_ARGS(name));
		else
			template = true;
		rest.n -= (size_t)(close + 2 - rest.p);
		rest.p = close + 2;
	}
	buf_add_str(&out, rest);
	draft_body(
	    response, template ? buf_str(&out) : buf_str(&filled), template);
	buf_free(&filled);
	buf_free(&out);
}

/* ---- rules -------------------------------------------------------------- */

/* The value of a field of a request or an answer. */
static struct str
postman_field(const json_t *fields, const char *name)
{
	json_t *field;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)fields, i, field)
	{
		if (str_iis(document_text(field, "key"), name))
			return document_text(field, "value");
	}
	return STR("");
}

/* Pairs of a form as a form. */
static void
postman_form(const struct asking *a, json_t *response, const json_t *pairs)
{
	json_t *url = json_pack("{s:O}", "query", (json_t *)(uintptr_t)pairs);
	struct buf form = { 0 };

	postman_query(a->p, url, &form);
	from_entry_pairs(a->p->draft, response, "body", buf_str(&a->p->where),
	    buf_str(&form));
	buf_free(&form);
	json_decref(url);
}

static void
postman_body_rules(const struct asking *a, json_t *response)
{
	const json_t *body = json_object_get(a->request, "body"), *graphql;
	struct str mode = document_text(body, "mode"), type;
	struct buf raw = { 0 };

	type = postman_field(
	    json_object_get(a->request, "header"), "Content-Type");
	if (json_is_true(json_object_get(body, "disabled")))
		return;
	if (str_is(mode, "urlencoded"))
		postman_form(a, response, json_object_get(body, "urlencoded"));
	if (str_is(mode, "formdata"))
		postman_form(a, response, json_object_get(body, "formdata"));
	graphql = json_object_get(body, "graphql");
	if (str_is(mode, "graphql") && document_text(graphql, "query").n > 0 &&
	    draft_quote(&raw, document_text(graphql, "query")))
		draft_rule(response, "body", STR("query"), "equals",
		    buf_str(&raw), false);
	buf_clear(&raw, 4096);
	if (str_is(mode, "raw"))
		postman_fill(a->p, document_text(body, "raw"), &raw);
	if (type.n == 0 &&
	    str_is(document_text(
		       json_object_get(json_object_get(body, "options"), "raw"),
		       "language"),
		"json"))
		type = STR("application/json");
	if (raw.n > 0 && memmem(raw.p, raw.n, "{{", 2) == NULL)
		from_entry_body(a->p->draft, response, buf_str(&a->p->where),
		    type, buf_str(&raw));
	buf_free(&raw);
}

/* What :id was in an example. */
static void
postman_path_rules(const struct asking *a, json_t *response)
{
	const json_t *url = json_object_get(a->request, "url");
	struct buf value = { 0 };
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(url, "variable"), i, v)
	{
		buf_clear(&value, 4096);
		postman_fill(a->p, document_text(v, "value"), &value);
		if (value.n > 0 && document_text(v, "key").n > 0 &&
		    memmem(value.p, value.n, "{{", 2) == NULL)
			draft_rule(response, "params", document_text(v, "key"),
			    "equals", buf_str(&value), false);
	}
	buf_free(&value);
}

static void
postman_rules(const struct asking *a, json_t *response)
{
	const json_t *url = json_is_object(a->request)
				? json_object_get(a->request, "url")
				: a->request;
	struct buf query = { 0 };

	postman_query(a->p, url, &query);
	from_entry_pairs(a->p->draft, response, "query", buf_str(&a->p->where),
	    buf_str(&query));
	buf_free(&query);
	postman_path_rules(a, response);
	postman_body_rules(a, response);
}

/* ---- examples ----------------------------------------------------------- */

static bool
postman_is_own_field(struct str name)
{
	static const char *const own[] = { "content-length", "content-encoding",
		"transfer-encoding", "connection", "date", "keep-alive",
		"trailer", NULL };
	size_t i;

	for (i = 0; own[i] != NULL; i++)
		if (str_iis(name, own[i]))
			return true;
	return !str_is_token(name);
}

static void
postman_fields(const struct asking *a, json_t *response, const json_t *fields)
{
	struct buf filled = { 0 }, value = { 0 };
	json_t *field;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)fields, i, field)
	{
		if (postman_is_own_field(document_text(field, "key")) ||
		    json_is_true(json_object_get(field, "disabled")))
			continue;
		buf_clear(&filled, 4096);
		buf_clear(&value, 4096);
		postman_fill(a->p, document_text(field, "value"), &filled);
		if (draft_quote(&value, buf_str(&filled)))
			draft_header(response, document_text(field, "key"),
			    buf_str(&value));
	}
	buf_free(&filled);
	buf_free(&value);
}

/* The route that is asked for, in the item's folder. */
static json_t *
postman_route(const struct asking *a)
{
	const json_t *url = json_is_object(a->request)
				? json_object_get(a->request, "url")
				: a->request;
	struct str text = document_text(a->request, "method");
	struct buf endpoint = { 0 }, method = { 0 };
	json_t *route;
	size_t i;

	buf_add_str(&method, str_is_token(text) ? text : STR("get"));
	for (i = 0; i < method.n; i++)
		if (method.p[i] >= 'A' && method.p[i] <= 'Z')
			method.p[i] |= 32;
	postman_endpoint(a->p, url, &endpoint);
	route =
	    draft_find_route(a->p->draft, buf_str(&method), buf_str(&endpoint));
	if (route == NULL)
		route = draft_route(a->p->draft, a->folder, buf_str(&method),
		    buf_str(&endpoint), a->name);
	buf_free(&endpoint);
	buf_free(&method);
	return route;
}

static void
postman_example(struct asking a, const json_t *example)
{
	const json_t *original = json_object_get(example, "originalRequest");
	const json_t *code = json_object_get(example, "code");
	json_int_t status =
	    json_is_integer(code) ? json_integer_value(code) : 200;
	json_t *route, *response, *first;

	if (json_is_object(original) || json_is_string(original))
		a.request = original;
	if (status < 100 || status > 999) {
		draft_note(a.p->draft, buf_str(&a.p->where),
		    "the status of \"%.*s\" is none; 200 is answered",
		    STR_ARGS(document_text(example, "name")));
		status = 200;
	}
	route = postman_route(&a);
	response = draft_response(
	    route, document_text(example, "name"), (unsigned)status);
	postman_rules(&a, response);
	postman_fields(&a, response, json_object_get(example, "header"));
	postman_body(&a, route, response, document_text(example, "body"));
	/* The first success is what is answered when no rule holds. */
	first = json_array_get(json_object_get(route, "responses"), 0);
	if (status >= 200 && status < 300 &&
	    json_integer_value(json_object_get(first, "statusCode")) >= 300 &&
	    json_is_true(json_object_get(first, "default")))
		draft_default(route, response);
}

/* ---- items -------------------------------------------------------------- */

static void
postman_request(struct postman *p, json_t *folder, const json_t *item)
{
	struct asking a = { .p = p,
		.folder = folder,
		.name = document_text(item, "name"),
		.request = json_object_get(item, "request") };
	json_t *examples = json_object_get(item, "response"), *example, *route;
	size_t i, n = 0;

	json_array_foreach(examples, i, example)
	{
		if (!json_is_object(example))
			continue;
		postman_example(a, example);
		n++;
	}
	if (n > 0)
		return;
	route = postman_route(&a);
	if (json_array_size(json_object_get(route, "responses")) > 0)
		return;
	(void)draft_response(route, a.name, 200);
	draft_note(p->draft, buf_str(&p->where),
	    "\"%.*s\" has no example: its route answers 200 without a body",
	    STR_ARGS(a.name));
}

static void
postman_items(
    struct postman *p, json_t *folder, const json_t *items, unsigned depth)
{
	size_t i, had = p->where.n;
	json_t *item;

	json_array_foreach((json_t *)(uintptr_t)items, i, item)
	{
		buf_addf(&p->where, "%sitem[%zu]", had > 0 ? "." : "", i);
		if (json_object_get(item, "event") != NULL)
			draft_note(p->draft, buf_str(&p->where),
			    "scripts are left out");
		if (depth > DEPTH)
			draft_note(p->draft, buf_str(&p->where),
			    "left out: folders are too deep");
		else if (json_object_get(item, "item") != NULL)
			postman_items(p,
			    draft_folder(
				p->draft, folder, document_text(item, "name")),
			    json_object_get(item, "item"), depth + 1);
		else if (json_object_get(item, "request") != NULL)
			postman_request(p, folder, item);
		else
			draft_note(p->draft, buf_str(&p->where),
			    "left out: neither a request nor a folder");
		p->where.n = had;
	}
}

static void
postman_variables(struct postman *p, const json_t *collection)
{
	json_t *variables = json_object_get(collection, "variable"), *v, *value;
	struct str name;
	size_t i;

	json_array_foreach(variables, i, v)
	{
		name = document_text(v, "key");
		if (name.n == 0)
			name = document_text(v, "id");
		value = json_object_get(v, "value");
		if (name.n > 0 && json_is_string(value) &&
		    !json_is_true(json_object_get(v, "disabled")))
			json_object_set(p->variables, name.p, value);
	}
}

struct draft *
from_postman(const char *path, struct err *e)
{
	struct postman p = { 0 };
	json_t *file = document_load_json(path, e), *collection;
	struct str name;

	if (file == NULL)
		return NULL;
	collection = json_object_get(file, "collection");
	if (!json_is_object(collection))
		collection = file;
	if (!json_is_array(json_object_get(collection, "item"))) {
		err_set(e,
		    "%.300s: expected a Postman collection of format 2.0 or "
		    "2.1: an object with info and item%s",
		    path,
		    json_is_array(json_object_get(collection, "requests"))
			? "; this is one of format 1, which Postman takes "
			  "and exports as 2.1"
			: "");
		json_decref(file);
		return NULL;
	}
	name = document_text(json_object_get(collection, "info"), "name");
	p.draft = draft_new(name.n > 0 ? name : STR("Postman"), true);
	p.variables = json_object();
	postman_variables(&p, collection);
	postman_items(&p, NULL, json_object_get(collection, "item"), 0);
	draft_order(p.draft);
	json_decref(p.variables);
	json_decref(file);
	buf_free(&p.where);
	return p.draft;
}
