#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#include "mock/environment_old.h"

#define ENVIRONMENT_FAKER_8 29 /* the lastMigration since which it is that */

/* ---- files of others ---------------------------------------------------- */

/* Members by which a file can be known, and what to do with it. */
static const struct {
	const char *member, *within; /* within may be NULL */
	const char *is, *command;
} environment_others[] = {
	{ "openapi", NULL, "an OpenAPI description", "from-openapi" },
	{ "swagger", NULL, "an OpenAPI description", "from-openapi" },
	{ "info", "_postman_id", "a Postman collection", "from-postman" },
	{ "info", "schema", "a Postman collection", "from-postman" },
	{ "log", "entries", "a HAR", "from-har" },
	{ "mappings", NULL, "a file of WireMock", "from-wiremock" },
	{ "request", NULL, "a stub of WireMock", "from-wiremock" },
};

static int
environment_is_none(const char *path, json_t *root, struct err *e)
{
	json_t *v;
	size_t i, n = sizeof(environment_others) / sizeof(*environment_others);

	for (i = 0; i < n; i++) {
		v = json_object_get(root, environment_others[i].member);
		if (v != NULL && environment_others[i].within != NULL)
			v = json_object_get(v, environment_others[i].within);
		if (v != NULL)
			return err_set(e,
			    "%.300s: expected a Mockoon environment, but it is "
			    "%s: make one with hark mock %s",
			    path, environment_others[i].is,
			    environment_others[i].command);
	}
	if (json_object_get(root, "endpoint") != NULL)
		return err_set(e,
		    "%.300s: expected a Mockoon environment, but it is a "
		    "single "
		    "route: put it into {\"routes\": [ ]}",
		    path);
	return err_set(e,
	    "%.300s: expected a Mockoon environment: an object with routes",
	    path);
}

/* ---- exports ------------------------------------------------------------ */

/* What items of an export hold, if they are of that type. */
static json_t *
environment_items(json_t *data, const char *type)
{
	json_t *found = json_array(), *item;
	const char *is;
	size_t i;

	json_array_foreach(data, i, item)
	{
		is = json_string_value(json_object_get(item, "type"));
		if (is != NULL && strcmp(is, type) == 0)
			json_array_append(found, json_object_get(item, "item"));
	}
	return found;
}

/* {"source": "mockoon:1.9.0", "data": [{"type": "environment", "item": {}}]} */
static json_t *
environment_exported(const char *path, json_t *root, struct err *e)
{
	json_t *data = json_object_get(root, "data"), *env = NULL;
	json_t *all = environment_items(data, "environment");
	json_t *routes = environment_items(data, "route");
	size_t n = json_array_size(all);

	if (n == 1 && json_is_object(json_array_get(all, 0)))
		env = json_incref(json_array_get(all, 0));
	else if (n == 0 && json_array_size(routes) > 0)
		env = json_pack("{s:O}", "routes", routes);
	else
		err_set(e,
		    "%.300s: an export of Mockoon with %zu environments: "
		    "expected one; each is the \"item\" of one in \"data\" and "
		    "can be a file of its own",
		    path, n);
	json_decref(all);
	json_decref(routes);
	return env;
}

static bool
environment_is_export(json_t *root)
{
	const char *source = json_string_value(json_object_get(root, "source"));

	return source != NULL && strncmp(source, "mockoon", 7) == 0 &&
	       json_is_array(json_object_get(root, "data"));
}

/* ---- routes before they had responses ----------------------------------- */

static void
environment_move(json_t *from, const char *name, json_t *to, const char *now)
{
	json_t *v = json_object_get(from, name);

	if (v == NULL)
		return;
	if (json_object_get(to, now) == NULL)
		json_object_set(to, now, v);
	json_object_del(from, name);
}

/* The media type had a member of its own, until 1.0. */
static void
environment_move_type(json_t *route, json_t *headers)
{
	json_t *type = json_object_get(route, "contentType"), *header;
	const char *key;
	size_t i;

	json_array_foreach(headers, i, header)
	{
		key = json_string_value(json_object_get(header, "key"));
		if (key != NULL && str_iis(str_of(key), "Content-Type"))
			break;
	}
	if (json_is_string(type) && i == json_array_size(headers))
		json_array_insert_new(headers, 0,
		    json_pack(
			"{s:s, s:O}", "key", "Content-Type", "value", type));
	json_object_del(route, "contentType");
}

static void
environment_give_response(json_t *route)
{
	static const char *const moved[] = { "statusCode", "latency",
		"filePath", "sendFileAsBody", "headers", "body", NULL };
	json_t *response = json_object(), *file;
	size_t i;

	file = json_object_get(route, "file");
	environment_move(file, "path", response, "filePath");
	environment_move(file, "sendAsBody", response, "sendFileAsBody");
	environment_move(route, "customHeaders", response, "headers");
	for (i = 0; moved[i] != NULL; i++)
		environment_move(route, moved[i], response, moved[i]);
	if (json_object_get(response, "headers") == NULL)
		json_object_set_new(response, "headers", json_array());
	environment_move_type(route, json_object_get(response, "headers"));
	json_object_del(route, "file");
	json_object_del(route, "duplicates");
	json_object_set_new(route, "responses", json_pack("[o]", response));
}

static void
environment_rename(json_t *object, const char *name)
{
	json_t *text = json_object_get(object, name);
	struct buf out = { 0 };

	if (!json_is_string(text) ||
	    strstr(json_string_value(text), "faker") == NULL)
		return;
	environment_rename_fakers(
	    (struct str){ json_string_value(text), json_string_length(text) },
	    &out);
	json_object_set_new(
	    object, name, json_stringn(out.n > 0 ? out.p : "", out.n));
	buf_free(&out);
}

/* Those of bodies and data buckets, as Mockoon has it. */
static void
environment_rename_all(json_t *env)
{
	json_t *route, *response, *bucket;
	size_t i, k;

	json_array_foreach(json_object_get(env, "data"), i, bucket)
	    environment_rename(bucket, "value");
	json_array_foreach(json_object_get(env, "routes"), i, route)
	{
		json_array_foreach(json_object_get(route, "responses"), k,
		    response) environment_rename(response, "body");
	}
}

static void
environment_modernize(json_t *env)
{
	json_t *route, *format = json_object_get(env, "lastMigration");
	size_t i;

	json_object_del(env, "duplicates");
	json_array_foreach(json_object_get(env, "routes"), i, route)
	{
		if (json_object_get(route, "responses") == NULL &&
		    json_object_get(route, "statusCode") != NULL)
			environment_give_response(route);
	}
	if (json_is_integer(format) &&
	    json_integer_value(format) < ENVIRONMENT_FAKER_8)
		environment_rename_all(env);
}

json_t *
environment_of(const char *path, json_t *root, struct err *e)
{
	json_t *env = NULL;

	if (json_is_object(root) && json_object_get(root, "routes") != NULL)
		env = json_incref(root);
	else if (environment_is_export(root))
		env = environment_exported(path, root, e);
	else
		(void)environment_is_none(path, root, e);
	if (env != NULL)
		environment_modernize(env);
	return env;
}
