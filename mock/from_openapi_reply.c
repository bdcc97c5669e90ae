/* Responses: which there are, and their fields, examples and bodies. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#include "mock/document.h"
#include "mock/draft.h"
#include "mock/json_text.h"

#include "mock/from_openapi.h"
#include "mock/from_openapi_priv.h"

/* A response of the description while it becomes one or more of a route. */
struct reply {
	struct openapi *o;
	json_t *route;
	json_t *from;
	unsigned status;
	struct str label;
	struct str type; /* of the body; "" without one */
	bool json;
	const json_t *media; /* 3.x: what stands below the type */
};

/* ---- media types -------------------------------------------------------- */

static struct str
reply_essence(struct str type)
{
	struct str essence;

	str_cut(&type, ';', &essence);
	return str_trim(essence);
}

static bool
reply_is_json(struct str type)
{
	type = reply_essence(type);
	return str_iis(type, "application/json") || str_iis(type, "*/*") ||
	       str_iis(type, "application/*") || str_iis(type, "text/json") ||
	       (type.n > 5 &&
		   str_iis((struct str){ type.p + type.n - 5, 5 }, "+json"));
}

/* What a range of types stands for; "" when there is none to choose. */
static struct str
reply_type_of(struct str range)
{
	if (memchr(range.p, '*', range.n) == NULL)
		return range;
	if (reply_is_json(range))
		return STR("application/json");
	return str_iis(range, "text/*") ? STR("text/plain") : STR("");
}

static void
reply_choose(struct reply *r, struct str type, const json_t *media)
{
	if (r->type.p != NULL && (r->json || !reply_is_json(type)))
		return;
	r->json = reply_is_json(type);
	r->type = type;
	r->media = media;
}

/* 3.x: the first JSON type, or else the first. */
static void
reply_content(struct reply *r)
{
	json_t *content = json_object_get(r->from, "content"), *media;
	const char *type;
	struct buf others = { 0 };

	json_object_foreach(content, type, media)
	    reply_choose(r, str_of(type), openapi_follow(r->o, media));
	json_object_foreach(content, type, media)
	{
		if (type != r->type.p)
			buf_addf(&others, " %s", type);
	}
	if (others.n > 0)
		openapi_note(r->o, "answers %.*s; left out:%s",
		    STR_ARGS(r->type), buf_text(&others));
	buf_free(&others);
}

/* 2.0: the same of what an operation produces. */
static void
reply_produces(struct reply *r, const json_t *operation)
{
	json_t *produces = json_object_get(operation, "produces"), *type;
	size_t i;

	if (json_object_get(r->from, "schema") == NULL &&
	    json_object_size(json_object_get(r->from, "examples")) == 0)
		return;
	if (produces == NULL)
		produces = json_object_get(r->o->root, "produces");
	json_array_foreach(produces, i, type)
	{
		if (json_is_string(type))
			reply_choose(
			    r, str_of(json_string_value(type)), r->from);
	}
	if (r->type.p == NULL)
		reply_choose(r, STR("application/json"), r->from);
}

/* ---- header fields ------------------------------------------------------ */

/* Those that frame a message are the server's. */
static bool
reply_is_own_field(const char *name)
{
	static const char *const own[] = { "content-type", "content-length",
		"transfer-encoding", "connection", "content-encoding",
		"trailer", "upgrade", NULL };
	size_t i;

	for (i = 0; own[i] != NULL; i++)
		if (str_iis(str_of(name), own[i]))
			return true;
	return false;
}

static json_t *
reply_first_value(struct openapi *o, json_t *examples)
{
	json_t *example;
	const char *name;

	json_object_foreach(examples, name, example) return json_object_get(
	    openapi_follow(o, example), "value");
	return NULL;
}

/* A field's value, from its example or its schema. */
static void
reply_field(struct openapi *o, json_t *header, struct buf *out)
{
	json_t *v = json_object_get(header, "example");
	json_t *schema = json_object_get(header, "schema"), *given;

	if (v == NULL)
		v = reply_first_value(o, json_object_get(header, "examples"));
	if (v == NULL) {
		openapi_generate(
		    o, schema != NULL ? schema : header, true, out);
		return;
	}
	/* An example is a schema that allows nothing else. */
	given = json_pack("{s:O}", "const", v);
	openapi_generate(o, given, true, out);
	json_decref(given);
}

static void
reply_fields(struct reply *r, json_t *response)
{
	json_t *headers =
	    openapi_follow(r->o, json_object_get(r->from, "headers"));
	struct buf value = { 0 };
	size_t had = r->o->where.n;
	const char *name;
	json_t *header;

	if (r->type.n > 0 && reply_type_of(r->type).n > 0)
		draft_header(
		    response, STR("Content-Type"), reply_type_of(r->type));
	openapi_enter(r->o, "headers");
	json_object_foreach(headers, name, header)
	{
		openapi_enter(r->o, name);
		header = openapi_follow(r->o, header);
		buf_clear(&value, 4096);
		if (reply_is_own_field(name) || !str_is_token(str_of(name))) {
			openapi_note(r->o, "left out: not a field that a mock "
					   "sets");
		} else if (header != NULL) {
			reply_field(r->o, header, &value);
			draft_header(response, str_of(name), buf_str(&value));
		}
		r->o->where.n = had + sizeof("/headers") - 1;
	}
	r->o->where.n = had;
	buf_free(&value);
}

/* ---- bodies ------------------------------------------------------------- */

/* Whether a text is an object or a list written as JSON, as some write their
 * examples. */
static bool
reply_is_written(const json_t *v)
{
	const char *s = json_string_value(v);
	json_t *read;

	if (s == NULL)
		return false;
	read = json_loads(s, 0, NULL);
	json_decref(read);
	return read != NULL;
}

/* An example is sent as it is. */
static void
reply_example(struct reply *r, json_t *response, const json_t *v)
{
	struct buf body = { 0 };

	if (json_is_string(v) && (!r->json || reply_is_written(v)))
		buf_add(&body, json_string_value(v), json_string_length(v));
	else
		json_text_add(&body, v, 0, false);
	draft_body(response, buf_str(&body), false);
	buf_free(&body);
}

static void
reply_generate(struct reply *r, json_t *response)
{
	json_t *schema = json_object_get(r->media, "schema");
	struct buf body = { 0 };

	if (schema == NULL)
		return;
	openapi_generate(r->o, schema, !r->json, &body);
	if (!r->json && body.n == 0)
		openapi_note(r->o,
		    "no body: of type %.*s none is made from a schema",
		    STR_ARGS(r->type));
	draft_body(response, buf_str(&body), true);
	buf_free(&body);
}

static json_t *
reply_response(struct reply *r, struct str label)
{
	json_t *response = draft_response(r->route, label, r->status);

	reply_fields(r, response);
	return response;
}

/* What an Example Object has, of 3.2 also. */
static json_t *
reply_value(struct reply *r, json_t *example)
{
	static const char *const members[] = { "value", "dataValue",
		"serializedValue", NULL };
	json_t *v = NULL;
	size_t i;

	example = openapi_follow(r->o, example);
	for (i = 0; members[i] != NULL && v == NULL; i++)
		v = json_object_get(example, members[i]);
	if (v == NULL && example != NULL)
		openapi_note(
		    r->o, "left out: an example whose value is elsewhere");
	return v;
}

/* The response proper: an example where there is one. */
static void
reply_main(struct reply *r, json_t *examples)
{
	json_t *response = reply_response(r, r->label), *v, *example;
	const char *name;

	v = r->o->v2 ? NULL : json_object_get(r->media, "example");
	json_object_foreach(examples, name, example)
	{
		if (v != NULL)
			break;
		if (r->o->v2)
			v = r->type.p != NULL &&
				    str_iis(reply_essence(r->type), name)
				? example
				: NULL;
		else
			v = reply_value(r, example);
	}
	if (v != NULL)
		reply_example(r, response, v);
	else
		reply_generate(r, response);
}

/* One more of each example that has a name; in 2.0 that is its type. */
static void
reply_named(struct reply *r, json_t *examples)
{
	json_t *example, *v;
	const char *name;

	json_object_foreach(examples, name, example)
	{
		if (r->o->v2) {
			r->type = str_of(name);
			r->json = reply_is_json(r->type);
		}
		v = r->o->v2 ? example : reply_value(r, example);
		if (v != NULL)
			reply_example(r, reply_response(r, str_of(name)), v);
	}
}

static void
reply_add(struct openapi *o, json_t *operation, json_t *route, unsigned status,
    json_t *from)
{
	struct reply r = { .o = o, .route = route, .status = status };
	json_t *examples;

	r.from = openapi_follow(o, from);
	r.label = document_text(r.from, "description");
	if (o->v2)
		reply_produces(&r, operation);
	else
		reply_content(&r);
	examples = openapi_follow(o, json_object_get(r.media, "examples"));
	reply_main(&r, examples);
	reply_named(&r, examples);
}

/* ---- statuses ----------------------------------------------------------- */

static bool
reply_is_class(const char *text)
{
	return text[0] >= '1' && text[0] <= '5' && (text[1] | 32) == 'x' &&
	       (text[2] | 32) == 'x' && text[3] == '\0';
}

static bool
reply_has_success(const json_t *responses)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)responses, name, v)
	{
		if (name[0] == '2')
			return true;
	}
	return false;
}

/* The status that stands for a key of responses; 0: it is none. */
static unsigned
reply_status(const json_t *responses, const char *key)
{
	uint64_t status;
	char first[4];

	if (strcmp(key, "default") == 0)
		return reply_has_success(responses) ? 500 : 200;
	if (reply_is_class(key)) {
		snprintf(first, sizeof(first), "%c00", key[0]);
		if (json_object_get(responses, first) != NULL)
			return 0;
		return (unsigned)(key[0] - '0') * 100;
	}
	if (str_u64(str_of(key), &status) == -1 || status < 100 || status > 999)
		return 0;
	return (unsigned)status;
}

/* Those that succeed come first: the first is what a route answers. */
static void
reply_all(struct openapi *o, json_t *operation, json_t *route, bool successes)
{
	json_t *responses =
	    openapi_follow(o, json_object_get(operation, "responses"));
	size_t had = o->where.n;
	unsigned status;
	const char *key;
	json_t *v;

	openapi_enter(o, "responses");
	json_object_foreach(responses, key, v)
	{
		status = reply_status(responses, key);
		if (strncmp(key, "x-", 2) == 0 ||
		    successes != (status >= 200 && status < 300))
			continue;
		openapi_enter(o, key);
		if (status == 0)
			openapi_note(o, "left out: not a status of its own");
		else
			reply_add(o, operation, route, status, v);
		o->where.n = had + sizeof("/responses") - 1;
	}
	o->where.n = had;
}

void
openapi_responses(struct openapi *o, json_t *operation, json_t *route)
{
	reply_all(o, operation, route, true);
	reply_all(o, operation, route, false);
	if (json_array_size(json_object_get(route, "responses")) == 0)
		(void)draft_response(route, STR(""), 200);
}
