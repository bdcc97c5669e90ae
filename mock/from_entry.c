#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "har/har_text.h"

#include "mock/draft.h"
#include "mock/endpoint.h"

#include "mock/from_entry.h"
#include "mock/from_entry_priv.h"

/* ---- answers ------------------------------------------------------------ */

/* Fields that the server sets for what it sends. */
static bool
from_entry_is_own(const struct header *h)
{
	static const char *const own[] = { "content-length", "content-encoding",
		"transfer-encoding", "date", "trailer", NULL };
	size_t i;

	for (i = 0; own[i] != NULL; i++)
		if (str_iis(h->name, own[i]))
			return true;
	return false;
}

static void
from_entry_fields(
    struct from_entry *f, const struct from_entry_source *s, json_t *response)
{
	const struct header *h;
	struct buf value = { 0 };
	size_t i;

	for (i = 0; i < s->fields.n; i++) {
		h = &s->fields.v[i];
		if (from_entry_is_own(h) || !headers_end_to_end(&s->fields, h))
			continue;
		buf_clear(&value, 4096);
		if (h->value.n == 0 || !str_is_utf8(h->value) ||
		    !draft_quote(&value, h->value))
			draft_note(f->draft, s->where,
			    "the field %.*s is left out: a route cannot have "
			    "its value",
			    STR_ARGS(h->name));
		else
			draft_header(response, h->name, buf_str(&value));
	}
	buf_free(&value);
}

static const char *
from_entry_extension(struct str type)
{
	static const char *const known[][2] = { { "image/png", "png" },
		{ "image/jpeg", "jpg" }, { "image/gif", "gif" },
		{ "image/webp", "webp" }, { "application/pdf", "pdf" },
		{ "application/zip", "zip" }, { "font/woff2", "woff2" },
		{ "text/html", "html" }, { "text/plain", "txt" } };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_istarts(type, known[i][0]))
			return known[i][1];
	return "bin";
}

/* Bytes that are no text lie beside the mocks file. */
static int
from_entry_file(struct from_entry *f, const struct from_entry_source *s,
    json_t *response, struct err *e)
{
	uint8_t sum[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1], *name;
	int r;

	if (f->options.on_file == NULL) {
		draft_note(f->draft, s->where,
		    "the body is left out: it is no text, and without -o FILE "
		    "there is no place for it");
		return 0;
	}
	digest_of(s->body.p, s->body.n, sum);
	digest_hex(sum, 8, hex);
	name = xasprintf("%.*s-%s.%s", STR_ARGS(f->options.prefix), hex,
	    from_entry_extension(headers_get(&s->fields, "Content-Type")));
	r = f->options.on_file(f->options.arg, name, s->body, e);
	draft_set(response, "bodyType", STR("FILE"));
	draft_set(response, "filePath", str_of(name));
	json_object_set_new(response, "sendFileAsBody", json_true());
	free(name);
	return r;
}

static int
from_entry_answer(struct from_entry *f, const struct from_entry_source *s,
    json_t *response, struct err *e)
{
	from_entry_fields(f, s, response);
	json_object_set_new(response, "disableTemplating", json_true());
	if (s->body.p == NULL)
		draft_note(f->draft, s->where,
		    "the body is left out: it was not kept, or cannot be "
		    "decoded");
	else if (!har_text_is_text(s->body))
		return from_entry_file(f, s, response, e);
	else
		draft_set(response, "body", s->body);
	return 0;
}

/* ---- requests ----------------------------------------------------------- */

/* Why there can be no route; NULL if there can. */
static const char *
from_entry_unfit(const struct from_entry_source *s)
{
	if (s->status == 0 || (s->status < 200 && !s->socket) ||
	    s->status > 999)
		return "there is no answer";
	if (s->status == 206 || s->status == 304)
		return "the answer is for a range or a condition only";
	if (str_is(s->method, "CONNECT") || !str_is_token(s->method))
		return "no route has that method";
	if (s->target.n == 0 || s->target.p[0] != '/')
		return "the target has no path";
	return NULL;
}

/* The same response is kept once. */
static void
from_entry_drop_same(json_t *responses)
{
	static const char *const members[] = { "statusCode", "body", "filePath",
		"headers", "rules" };
	size_t n = json_array_size(responses), i, k;
	json_t *last = json_array_get(responses, n - 1), *other;

	for (i = 0; i + 1 < n; i++) {
		other = json_array_get(responses, i);
		for (k = 0; k < sizeof(members) / sizeof(members[0]); k++)
			if (!json_equal(json_object_get(last, members[k]),
				json_object_get(other, members[k])))
				break;
		if (k == sizeof(members) / sizeof(members[0])) {
			json_array_remove(responses, n - 1);
			return;
		}
	}
}

static json_t *
from_entry_route(
    struct from_entry *f, const struct from_entry_source *s, struct str path)
{
	struct buf method = { 0 }, endpoint = { 0 };
	json_t *route;
	size_t i;

	buf_add_str(&method, s->method);
	for (i = 0; i < method.n; i++)
		if (method.p[i] >= 'A' && method.p[i] <= 'Z')
			method.p[i] |= 32;
	endpoint_add_literal(&endpoint, path);
	route =
	    draft_find_route(f->draft, buf_str(&method), buf_str(&endpoint));
	if (route == NULL)
		route = draft_route(f->draft, NULL, buf_str(&method),
		    buf_str(&endpoint), STR(""));
	buf_free(&method);
	buf_free(&endpoint);
	return route;
}

/* For what all entries together tell. */
static void
from_entry_remember(struct from_entry *f, const struct from_entry_source *s,
    struct str path, json_t *route, const json_t *response)
{
	json_t *body = s->body.p == NULL
			   ? NULL
			   : json_loadb(s->body.p, s->body.n, 0, NULL);
	json_t *one = json_object();

	draft_set(one, "method", s->method);
	draft_set(one, "path", path);
	json_object_set_new(one, "status", json_integer(s->status));
	json_object_set_new(one, "plain",
	    json_boolean(
		json_array_size(json_object_get(response, "rules")) == 0));
	json_object_set_new(one, "body", body != NULL ? body : json_null());
	json_object_set(one, "route", route);
	json_array_append_new(f->seen, one);
}

int
from_entry_add(
    struct from_entry *f, const struct from_entry_source *s, struct err *e)
{
	struct str query = s->target, path;
	const char *unfit = from_entry_unfit(s);
	json_t *route, *response;
	int r;

	if (unfit != NULL) {
		draft_note(f->draft, s->where, "left out: %s", unfit);
		return 0;
	}
	str_cut(&query, '?', &path);
	if (s->socket) {
		from_entry_socket(f, s, path);
		return 0;
	}
	route = from_entry_route(f, s, path);
	response = draft_response(route, s->where, s->status);
	from_entry_pairs(f->draft, response, "query", s->where, query);
	if (s->request_body.n > 0)
		from_entry_body(f->draft, response, s->where,
		    headers_get(&s->request_fields, "Content-Type"),
		    s->request_body);
	r = from_entry_answer(f, s, response, e);
	from_entry_remember(f, s, path, route, response);
	from_entry_drop_same(json_object_get(route, "responses"));
	return r;
}

/* ---- all entries -------------------------------------------------------- */

static size_t
from_entry_rules(const json_t *response)
{
	return json_array_size(json_object_get(response, "rules"));
}

/* Those that ask for more come first; what came first stays so. */
static void
from_entry_sort(json_t *responses)
{
	size_t n = json_array_size(responses), i, k;
	json_t *r;

	for (i = 1; i < n; i++) {
		r = json_incref(json_array_get(responses, i));
		for (k = i; k > 0; k--)
			if (from_entry_rules(json_array_get(
				responses, k - 1)) >= from_entry_rules(r))
				break;
		if (k == i) {
			json_decref(r);
			continue;
		}
		json_array_remove(responses, i);
		json_array_insert_new(responses, k, r);
	}
}

static void
from_entry_settle(struct from_entry *f, json_t *route)
{
	json_t *responses = json_object_get(route, "responses"), *r;
	json_t *first = NULL, *last = NULL;
	size_t i, plain = 0, n = json_array_size(responses);

	from_entry_sort(responses);
	json_array_foreach(responses, i, r)
	{
		if (from_entry_rules(r) == 0 && plain++ == 0)
			first = r;
		if (from_entry_rules(r) > 0 && last != NULL &&
		    json_equal(json_object_get(r, "rules"),
			json_object_get(last, "rules")))
			draft_note(f->draft,
			    str_of(
				json_string_value(json_object_get(r, "label"))),
			    "answers only when it is asked for by name: the "
			    "same request has another answer already");
		last = r;
	}
	draft_default(route, first != NULL ? first : last);
	if (first == NULL)
		draft_set(route, "responseMode", STR("FALLBACK"));
	else if (plain == n && n > 1)
		draft_set(route, "responseMode", STR("SEQUENTIAL"));
}

void
from_entry_end(struct from_entry *f)
{
	json_t *one, *route;
	size_t i;

	json_array_foreach(f->seen, i, one)
	{
		route = json_object_get(one, "route");
		if (json_is_null(json_object_get(route, "responseMode")))
			from_entry_settle(f, route);
	}
	from_entry_buckets(f);
}

struct from_entry *
from_entry_new(struct draft *d, const struct from_entry_options *o)
{
	struct from_entry *f = xcalloc(1, sizeof(*f));

	f->draft = d;
	f->options = *o;
	f->seen = json_array();
	return f;
}

void
from_entry_free(struct from_entry *f)
{
	if (f == NULL)
		return;
	json_decref(f->seen);
	free(f);
}
