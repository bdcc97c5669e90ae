#include "config.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"

#include "mock/document.h"
#include "mock/endpoint.h"
#include "mock/environment.h"
#include "mock/text.h"

#include "mock/draft.h"

struct draft {
	json_t *root;
	json_t *routes, *folders, *children; /* views of root's */
	json_t *names; /* how often an identifier was made of each text */
	json_t *found; /* routes by method and endpoint */
	json_t *by_uuid;
	json_t *told; /* notes */
	struct buf notes;
};

/* Texts as JSON has them: in UTF-8. */
static json_t *
draft_text(struct str s)
{
	json_t *v = json_stringn(s.n > 0 ? s.p : "", s.n);
	struct buf out = { 0 };

	if (v != NULL)
		return v;
	text_add_decoded(&out, s);
	v = json_stringn(out.p, out.n);
	buf_free(&out);
	return v;
}

void
draft_set(json_t *object, const char *member, struct str text)
{
	json_object_set_new(object, member, draft_text(text));
}

/* ---- identifiers -------------------------------------------------------- */

#define UUID_BYTES 37

/* Version 8 of RFC 9562, section 5.8: the digest of what it names. */
static void
draft_uuid_of(struct str key, char out[UUID_BYTES])
{
	uint8_t sum[DIGEST_BYTES];
	char hex[2 * DIGEST_BYTES + 1];

	digest_of(key.p, key.n, sum);
	sum[6] = 0x80 | (sum[6] & 0x0f);
	sum[8] = 0x80 | (sum[8] & 0x3f);
	digest_hex(sum, 16, hex);
	snprintf(out, UUID_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
}

/* Gives object the identifier of kind, text and how many of that kind and text
 * came before. */
static void
draft_name(struct draft *d, json_t *object, const char *kind, struct str text)
{
	char uuid[UUID_BYTES];
	struct buf key = { 0 };
	json_int_t n;

	buf_addf(&key, "%s ", kind);
	text_add_decoded(&key, text);
	n = json_integer_value(json_object_get(d->names, buf_text(&key)));
	json_object_set_new(d->names, buf_text(&key), json_integer(n + 1));
	buf_addf(&key, " %" JSON_INTEGER_FORMAT, n);
	draft_uuid_of(buf_str(&key), uuid);
	json_object_set_new(object, "uuid", json_string(uuid));
	buf_free(&key);
}

/* ---- the whole ---------------------------------------------------------- */

static json_t *
draft_new_header(const char *key, const char *value)
{
	return json_pack("{s:s, s:s}", "key", key, "value", value);
}

static json_t *
draft_cors(void)
{
	return json_pack("[o, o, o]",
	    draft_new_header("Access-Control-Allow-Origin", "*"),
	    draft_new_header("Access-Control-Allow-Methods",
		"GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"),
	    draft_new_header("Access-Control-Allow-Headers",
		"Content-Type, Origin, Accept, Authorization, "
		"Content-Length, X-Requested-With"));
}

struct draft *
draft_new(struct str name, bool cors)
{
	struct draft *d = xcalloc(1, sizeof(*d));
	json_t *root = json_object();

	d->root = root;
	d->names = json_object();
	d->found = json_object();
	d->by_uuid = json_object();
	d->told = json_object();
	draft_name(d, root, "environment", name);
	json_object_set_new(
	    root, "lastMigration", json_integer(ENVIRONMENT_FORMAT));
	draft_set(root, "name", name);
	draft_set(root, "endpointPrefix", STR(""));
	json_object_set_new(root, "latency", json_integer(0));
	json_object_set_new(root, "port", json_integer(3000));
	draft_set(root, "hostname", STR(""));
	json_object_set_new(root, "folders", json_array());
	json_object_set_new(root, "routes", json_array());
	json_object_set_new(root, "rootChildren", json_array());
	json_object_set_new(root, "proxyMode", json_false());
	draft_set(root, "proxyHost", STR(""));
	json_object_set_new(root, "proxyRemovePrefix", json_false());
	json_object_set_new(root, "tlsOptions",
	    json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:s}", "enabled", 0,
		"type", "CERT", "pfxPath", "", "certPath", "", "keyPath", "",
		"caPath", "", "passphrase", ""));
	json_object_set_new(root, "cors", json_true());
	json_object_set_new(
	    root, "headers", cors ? draft_cors() : json_array());
	json_object_set_new(root, "proxyReqHeaders", json_array());
	json_object_set_new(root, "proxyResHeaders", json_array());
	json_object_set_new(root, "data", json_array());
	json_object_set_new(root, "callbacks", json_array());
	d->routes = json_object_get(root, "routes");
	d->folders = json_object_get(root, "folders");
	d->children = json_object_get(root, "rootChildren");
	return d;
}

void
draft_free(struct draft *d)
{
	if (d == NULL)
		return;
	json_decref(d->root);
	json_decref(d->names);
	json_decref(d->found);
	json_decref(d->by_uuid);
	json_decref(d->told);
	buf_free(&d->notes);
	free(d);
}

void
draft_set_prefix(struct draft *d, struct str prefix)
{
	struct buf out = { 0 };

	while (prefix.n > 0 && prefix.p[0] == '/') {
		prefix.p++;
		prefix.n--;
	}
	while (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	endpoint_add_literal(&out, prefix);
	draft_set(d->root, "endpointPrefix", buf_str(&out));
	buf_free(&out);
}

void
draft_set_proxy(struct draft *d, struct str url)
{
	json_object_set_new(d->root, "proxyMode", json_true());
	draft_set(d->root, "proxyHost", url);
}

void
draft_note(struct draft *d, struct str where, const char *fmt, ...)
{
	struct buf line = { 0 };
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	text_add_decoded(&line, where);
	buf_add_text(&line, ": ");
	text_add_decoded(&line, str_of(text));
	free(text);
	if (json_object_get(d->told, buf_text(&line)) == NULL) {
		json_object_set_new(d->told, buf_text(&line), json_true());
		buf_addf(&d->notes, "%s\n", buf_text(&line));
	}
	buf_free(&line);
}

struct str
draft_notes(const struct draft *d)
{
	return buf_str(&d->notes);
}

/* ---- folders and routes ------------------------------------------------- */

/* Notes a route or folder as the last in a folder. */
static void
draft_put(
    struct draft *d, json_t *folder, const char *type, const json_t *object)
{
	json_t *to =
	    folder != NULL ? json_object_get(folder, "children") : d->children;

	json_array_append_new(to, json_pack("{s:s, s:O}", "type", type, "uuid",
				      json_object_get(object, "uuid")));
}

json_t *
draft_folder(struct draft *d, json_t *parent, struct str name)
{
	json_t *folder = json_object();

	draft_name(d, folder, "folder", name);
	draft_set(folder, "name", name);
	json_object_set_new(folder, "children", json_array());
	json_array_append_new(d->folders, folder);
	draft_put(d, parent, "folder", folder);
	return folder;
}

/* What routes are found by, since letters of both cases are equal. */
static const char *
draft_key(struct buf *key, struct str method, struct str endpoint)
{
	struct buf lower = { 0 };

	text_add_lower(&lower, endpoint);
	buf_addf(key, "%.*s %.*s", STR_ARGS(method), STR_ARGS(buf_str(&lower)));
	buf_free(&lower);
	return buf_text(key);
}

static struct str
draft_without_slash(struct str endpoint)
{
	while (endpoint.n > 0 && endpoint.p[0] == '/') {
		endpoint.p++;
		endpoint.n--;
	}
	return endpoint;
}

json_t *
draft_route(struct draft *d, json_t *folder, struct str method,
    struct str endpoint, struct str documentation)
{
	json_t *route = json_object();
	struct buf key = { 0 };

	endpoint = draft_without_slash(endpoint);
	draft_key(&key, method, endpoint);
	draft_name(d, route, "route", buf_str(&key));
	if (json_object_get(d->found, buf_text(&key)) == NULL)
		json_object_set(d->found, buf_text(&key), route);
	buf_free(&key);
	draft_set(route, "type", method.n > 0 ? STR("http") : STR("crud"));
	draft_set(route, "documentation", documentation);
	draft_set(route, "method", method);
	draft_set(route, "endpoint", endpoint);
	json_object_set_new(route, "responses", json_array());
	json_object_set_new(route, "responseMode", json_null());
	json_object_set_new(route, "streamingMode", json_null());
	json_object_set_new(route, "streamingInterval", json_integer(0));
	json_array_append(d->routes, route);
	json_object_set_new(d->by_uuid,
	    json_string_value(json_object_get(route, "uuid")), route);
	draft_put(d, folder, "route", route);
	return route;
}

json_t *
draft_find_route(const struct draft *d, struct str method, struct str endpoint)
{
	struct buf key = { 0 };
	json_t *route;

	draft_key(&key, method, draft_without_slash(endpoint));
	route = json_object_get(d->found, buf_text(&key));
	buf_free(&key);
	return route;
}

size_t
draft_routes(const struct draft *d)
{
	return json_array_size(d->routes);
}

/* ---- responses ---------------------------------------------------------- */

json_t *
draft_response(json_t *route, struct str label, unsigned status)
{
	json_t *r = json_object(), *all = json_object_get(route, "responses");
	char key[UUID_BYTES + 24], uuid[UUID_BYTES];
	int n;

	/* The route's identifier and its number name a response. */
	n = snprintf(key, sizeof(key), "%s %zu",
	    json_string_value(json_object_get(route, "uuid")),
	    json_array_size(all));
	draft_uuid_of((struct str){ key, (size_t)n }, uuid);
	draft_set(r, "uuid", str_of(uuid));
	draft_set(r, "body", STR(""));
	json_object_set_new(r, "latency", json_integer(0));
	json_object_set_new(r, "statusCode", json_integer(status));
	draft_set(r, "label", label);
	json_object_set_new(r, "headers", json_array());
	draft_set(r, "bodyType", STR("INLINE"));
	draft_set(r, "filePath", STR(""));
	draft_set(r, "databucketID", STR(""));
	json_object_set_new(r, "sendFileAsBody", json_false());
	json_object_set_new(r, "rules", json_array());
	draft_set(r, "rulesOperator", STR("OR"));
	json_object_set_new(r, "disableTemplating", json_false());
	json_object_set_new(r, "fallbackTo404", json_false());
	json_object_set_new(
	    r, "default", json_boolean(json_array_size(all) == 0));
	draft_set(r, "crudKey", STR("id"));
	json_object_set_new(r, "callbacks", json_array());
	json_array_append_new(all, r);
	return r;
}

void
draft_default(json_t *route, json_t *response)
{
	json_t *r;
	size_t i;

	json_array_foreach(json_object_get(route, "responses"), i, r)
	    json_object_set_new(r, "default", json_boolean(r == response));
}

void
draft_body(json_t *response, struct str body, bool template)
{
	bool braces = false;
	size_t i;

	for (i = 0; i + 1 < body.n && !braces; i++)
		braces = body.p[i] == '{' && body.p[i + 1] == '{';
	draft_set(response, "body", body);
	json_object_set_new(
	    response, "disableTemplating", json_boolean(!template && braces));
}

void
draft_header(json_t *response, struct str key, struct str value)
{
	json_t *header = json_object();

	draft_set(header, "key", key);
	draft_set(header, "value", value);
	json_array_append_new(json_object_get(response, "headers"), header);
}

json_t *
draft_hark(json_t *response)
{
	json_t *hark = json_object_get(response, "hark");

	if (hark == NULL) {
		hark = json_object();
		json_object_set_new(response, "hark", hark);
	}
	return hark;
}

void
draft_rule(json_t *response, const char *target, struct str modifier,
    const char *operator, struct str value, bool invert)
{
	json_t *rule = json_object();

	draft_set(rule, "target", str_of(target));
	draft_set(rule, "modifier", modifier);
	draft_set(rule, "value", value);
	json_object_set_new(rule, "invert", json_boolean(invert));
	draft_set(rule, "operator", str_of(operator));
	json_array_append_new(json_object_get(response, "rules"), rule);
	draft_set(response, "rulesOperator", STR("AND"));
}

bool
draft_quote(struct buf *out, struct str text)
{
	size_t i, had = out->n;

	for (i = 0; i < text.n; i++) {
		if (i + 1 < text.n && text.p[i] == '{' &&
		    text.p[i + 1] == '{') {
			/* "\{{" is "{{", but "\\{{" is "\" and a template. */
			if (i > 0 && text.p[i - 1] == '\\') {
				out->n = had;
				return false;
			}
			buf_add_text(out, "\\{{");
			i++;
			continue;
		}
		buf_add(out, text.p + i, 1);
	}
	return true;
}

/* ---- buckets and callbacks ---------------------------------------------- */

const char *
draft_bucket(struct draft *d, struct str name, struct str value)
{
	json_t *bucket = json_object();
	const char *uuid;
	char id[5];

	draft_name(d, bucket, "bucket", name);
	uuid = json_string_value(json_object_get(bucket, "uuid"));
	snprintf(id, sizeof(id), "%.4s", uuid);
	draft_set(bucket, "id", str_of(id));
	draft_set(bucket, "name", name);
	draft_set(bucket, "documentation", STR(""));
	draft_set(bucket, "value", value);
	json_array_append_new(json_object_get(d->root, "data"), bucket);
	return json_string_value(json_object_get(bucket, "id"));
}

json_t *
draft_callback(
    struct draft *d, struct str name, struct str method, struct str uri)
{
	json_t *c = json_object();
	struct buf key = { 0 };
	const char *uuid;

	buf_addf(&key, "%.*s %.*s", STR_ARGS(method), STR_ARGS(uri));
	draft_name(d, c, "callback", buf_str(&key));
	buf_free(&key);
	uuid = json_string_value(json_object_get(c, "uuid"));
	draft_set(c, "id", (struct str){ uuid, 4 });
	draft_set(c, "name", name);
	draft_set(c, "documentation", STR(""));
	draft_set(c, "method", method);
	draft_set(c, "uri", uri);
	json_object_set_new(c, "headers", json_array());
	draft_set(c, "bodyType", STR("INLINE"));
	draft_set(c, "body", STR(""));
	draft_set(c, "filePath", STR(""));
	json_object_set_new(c, "sendFileAsBody", json_true());
	draft_set(c, "databucketID", STR(""));
	json_array_append_new(json_object_get(d->root, "callbacks"), c);
	return c;
}

void
draft_call(json_t *response, const json_t *callback, int64_t after_ms)
{
	json_array_append_new(json_object_get(response, "callbacks"),
	    json_pack("{s:O, s:I}", "uuid", json_object_get(callback, "uuid"),
		"latency", (json_int_t)after_ms));
}

/* ---- order -------------------------------------------------------------- */

static size_t
draft_child(const struct draft *d, const json_t *route)
{
	json_t *child;
	size_t i;

	json_array_foreach(d->children, i, child)
	{
		if (str_eq(document_text(child, "uuid"),
			document_text(route, "uuid")))
			break;
	}
	return i;
}

void
draft_remove(struct draft *d, json_t *route)
{
	struct buf key = { 0 };
	size_t i;
	json_t *r;

	json_object_del(
	    d->found, draft_key(&key, document_text(route, "method"),
			  document_text(route, "endpoint")));
	buf_free(&key);
	json_array_remove(d->children, draft_child(d, route));
	json_array_foreach(d->routes, i, r)
	{
		if (r == route) {
			json_array_remove(d->routes, i);
			return;
		}
	}
}

/* A child of a folder, and of the route that it stands for what order asks. */
struct place {
	json_t *child;
	bool is_route;
	struct str method, endpoint; /* views of the route's */
};

static struct place
draft_place(const struct draft *d, json_t *child)
{
	json_t *route = json_object_get(
	    d->by_uuid, json_string_value(json_object_get(child, "uuid")));

	return (struct place){
		.child = json_incref(child),
		.is_route = route != NULL,
		.method = document_text(route, "method"),
		.endpoint = document_text(route, "endpoint"),
	};
}

static bool
draft_hides(const struct place *a, const struct place *b)
{
	return a->is_route &&
	       (str_is(a->method, "all") || str_eq(a->method, b->method)) &&
	       !str_ieq(a->endpoint, b->endpoint) &&
	       endpoint_covers(a->endpoint, b->endpoint);
}

static void
draft_order_list(const struct draft *d, json_t *children)
{
	size_t n = json_array_size(children), i, k;
	struct place *places, moved;

	if (n < 2)
		return;
	places = xcalloc(n, sizeof(*places));
	for (i = 0; i < n; i++)
		places[i] = draft_place(d, json_array_get(children, i));
	for (i = 1; i < n; i++) {
		moved = places[i];
		for (k = 0; moved.is_route && k < i &&
			    !draft_hides(&places[k], &moved);
		     k++)
			;
		if (!moved.is_route || k == i)
			continue;
		memmove(&places[k + 1], &places[k], (i - k) * sizeof(*places));
		places[k] = moved;
	}
	json_array_clear(children);
	for (i = 0; i < n; i++)
		json_array_append_new(children, places[i].child);
	free(places);
}

void
draft_order(struct draft *d)
{
	json_t *folder;
	size_t i;

	draft_order_list(d, d->children);
	json_array_foreach(d->folders, i, folder)
	    draft_order_list(d, json_object_get(folder, "children"));
}

void
draft_write(const struct draft *d, struct buf *out)
{
	char *text =
	    json_dumps(d->root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));

	buf_add_text(out, text);
	buf_add_text(out, "\n");
	free(text);
}
