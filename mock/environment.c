#include "config.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "mock/manner.h"
#include "mock/members.h"
#include "mock/numbers.h"

#include "mock/environment_old.h"

#include "mock/environment.h"

/*
 * One table for each kind of object in a file says which members it has, what
 * they may be and where they go (mock/members.h).
 */

#define DAY_MS (24 * 3600 * 1000)
#define RETRIES 20 /* of a callback */

static const struct member header_members[] = { TEXT("key", mock_header, key),
	TEXT("value", mock_header, value), OTHER("uuid"), END };
static const struct shape header_shape = { header_members,
	sizeof(struct mock_header), NULL };

static const char *const target_words[] = {
	[MOCK_TARGET_BODY] = "body",
	[MOCK_TARGET_QUERY] = "query",
	[MOCK_TARGET_HEADER] = "header",
	[MOCK_TARGET_COOKIE] = "cookie",
	[MOCK_TARGET_PARAMS] = "params",
	[MOCK_TARGET_PATH] = "path",
	[MOCK_TARGET_METHOD] = "method",
	[MOCK_TARGET_REQUEST_NUMBER] = "request_number",
	[MOCK_TARGET_GLOBAL_VAR] = "global_var",
	[MOCK_TARGET_DATA_BUCKET] = "data_bucket",
	[MOCK_TARGET_TEMPLATING] = "templating",
	[MOCK_TARGET_CLIENT] = "client",
	[MOCK_TARGET_GRAPHQL_OPERATION] = "graphql_operation",
	NULL,
};
static const char *const operator_words[] = {
	[MOCK_OPERATOR_EQUALS] = "equals",
	[MOCK_OPERATOR_REGEX] = "regex",
	[MOCK_OPERATOR_REGEX_I] = "regex_i",
	[MOCK_OPERATOR_NULL] = "null",
	[MOCK_OPERATOR_EMPTY_ARRAY] = "empty_array",
	[MOCK_OPERATOR_ARRAY_INCLUDES] = "array_includes",
	[MOCK_OPERATOR_JSON_SCHEMA] = "valid_json_schema",
	[MOCK_OPERATOR_LESS] = "less",
	[MOCK_OPERATOR_GREATER] = "greater",
	NULL,
};
static const struct member rule_members[] = { WORD("target", mock_rule, target,
						  target_words),
	TEXT("modifier", mock_rule, modifier), TEXT("value", mock_rule, value),
	WORD("operator", mock_rule, operator, operator_words),
	BOOL("invert", mock_rule, invert), OTHER("isRegex"), END };
static const struct shape rule_shape = { rule_members, sizeof(struct mock_rule),
	NULL };

static const struct member callback_use_members[] = {
	TEXT("uuid", mock_callback_use, uuid),
	NUMBER("latency", mock_callback_use, latency_ms, 0, DAY_MS), END
};
static const struct shape callback_use_shape = { callback_use_members,
	sizeof(struct mock_callback_use), NULL };

static const char *const body_type_words[] = { "INLINE", "FILE", "DATABUCKET",
	NULL };
static const char *const rules_operator_words[] = { "OR", "AND", NULL };

/* The enum that a bool of two words is read through. */
struct response_read {
	struct mock_response r;
	int rules_operator;
	int body_type;
};

static const struct member event_members[] = { LINE("data", mock_event, data),
	TEXT("event", mock_event, event), LINE("id", mock_event, id),
	TEXT("comment", mock_event, comment),
	NUMBER("retry", mock_event, retry_ms, 0, DAY_MS),
	NUMBER("delay", mock_event, delay_ms, 0, DAY_MS), END };

static void
event_init(void *to)
{
	struct mock_event *event = to;

	event->retry_ms = event->delay_ms = UINT64_MAX;
}

static const struct shape event_shape = { event_members,
	sizeof(struct mock_event), event_init };

static const char *const pieces_words[] = {
	[MOCK_PIECES_BY_TYPE] = "",
	[MOCK_PIECES_EVENTS] = "events",
	[MOCK_PIECES_LINES] = "lines",
	NULL,
};
static const struct member stream_members[] = { LIST("events", mock_stream,
						    events, &event_shape),
	WORD("pieces", mock_stream, pieces, pieces_words),
	NUMBER("interval", mock_stream, interval_ms, 0, DAY_MS),
	NUMBER("repeat", mock_stream, repeat, 0, UINT32_MAX), END };

static void
stream_init(void *to)
{
	struct mock_stream *stream = to;

	stream->interval_ms = ENVIRONMENT_INTERVAL_MS;
	stream->repeat = 1;
}

static const struct shape stream_shape = { stream_members,
	sizeof(struct mock_stream), stream_init };

static const struct member close_members[] = { NUMBER("code", mock_close, code,
						   1000, 4999),
	TEXT("reason", mock_close, reason), END };

static void
close_init(void *to)
{
	struct mock_close *c = to;

	c->code = 1000;
}

static const struct shape close_shape = { close_members,
	sizeof(struct mock_close), close_init };

/* What responses can beyond Mockoon. */
static const struct member response_hark_members[] = {
	OBJECT("stream", response_read, r.stream, &stream_shape),
	OBJECT("close", response_read, r.close, &close_shape),
	NUMBER("weight", response_read, r.weight, 0, UINT32_MAX),
	NUMBER("times", response_read, r.times, 1, UINT32_MAX),
	TEXT("scenario", response_read, r.scenario),
	TEXT("state", response_read, r.state),
	TEXT("newState", response_read, r.new_state),
	MANNER_MEMBERS(response_read, r.manner),
	WORD("fault", response_read, r.fault, manner_fault_words), END
};
static const struct shape response_hark_shape = { response_hark_members,
	sizeof(struct response_read), NULL };

static const struct member response_members[] = { TEXT("uuid", response_read,
						      r.uuid),
	TEXT("label", response_read, r.label),
	BODY("body", response_read, r.body),
	NUMBER("latency", response_read, r.latency_ms, 0, DAY_MS),
	NUMBER("statusCode", response_read, r.status, 100, 999),
	LIST("headers", response_read, r.headers, &header_shape),
	WORD("bodyType", response_read, body_type, body_type_words),
	TEXT("filePath", response_read, r.file_path),
	TEXT("databucketID", response_read, r.databucket),
	BOOL("sendFileAsBody", response_read, r.send_file_as_body),
	BOOL("disableTemplating", response_read, r.disable_templating),
	BOOL("fallbackTo404", response_read, r.fallback_to_404),
	BOOL("default", response_read, r.is_default),
	LIST("rules", response_read, r.rules, &rule_shape),
	WORD("rulesOperator", response_read, rules_operator,
	    rules_operator_words),
	TEXT("crudKey", response_read, r.crud_key),
	LIST("callbacks", response_read, r.callbacks, &callback_use_shape),
	GROUP("hark", &response_hark_shape), END };

static void
response_init(void *to)
{
	struct response_read *r = to;

	r->r.status = 200;
	r->r.crud_key = STR("id");
	r->r.weight = MOCK_WEIGHT_NONE;
	r->body_type = -1;
}

static const struct shape response_shape = { response_members,
	sizeof(struct response_read), response_init };

static const char *const route_type_words[] = { "http", "crud", "ws", NULL };
static const char *const response_mode_words[] = {
	[MOCK_MODE_RULES] = "",
	[MOCK_MODE_RANDOM] = "RANDOM",
	[MOCK_MODE_SEQUENTIAL] = "SEQUENTIAL",
	[MOCK_MODE_DISABLE_RULES] = "DISABLE_RULES",
	[MOCK_MODE_FALLBACK] = "FALLBACK",
	NULL,
};
static const char *const streaming_mode_words[] = { "", "UNICAST", "BROADCAST",
	NULL };

/* A route while it is read: older formats had these. */
struct route_read {
	struct mock_route r;
	bool random, sequential;
};

static const struct member route_hark_members[] = { BODY("open", route_read,
							r.greeting),
	MANNER_MEMBERS(route_read, r.manner),
	MANNER_ERRORS(route_read, r.errors), END };
static const struct shape route_hark_shape = { route_hark_members,
	sizeof(struct route_read), NULL };

static const struct member route_members[] = { TEXT("uuid", route_read, r.uuid),
	TEXT("documentation", route_read, r.documentation),
	{ .name = "method", .kind = MEMBER_LOWER, S(route_read, r.method) },
	TEXT("endpoint", route_read, r.endpoint),
	WORD("type", route_read, r.type, route_type_words),
	LIST("responses", route_read, r.responses, &response_shape),
	WORD("responseMode", route_read, r.response_mode, response_mode_words),
	WORD("streamingMode", route_read, r.streaming_mode,
	    streaming_mode_words),
	NUMBER("streamingInterval", route_read, r.streaming_ms, 0, DAY_MS),
	BOOL("enabled", route_read, r.enabled),
	BOOL("randomResponse", route_read, random),
	BOOL("sequentialResponse", route_read, sequential),
	GROUP("hark", &route_hark_shape), END };

static void
route_init(void *to)
{
	struct route_read *r = to;

	r->r.method = STR("get");
	r->r.enabled = true;
}

static const struct shape route_shape = { route_members,
	sizeof(struct route_read), route_init };

static const struct member bucket_members[] = { TEXT("uuid", mock_bucket, uuid),
	TEXT("id", mock_bucket, id), TEXT("name", mock_bucket, name),
	BODY("value", mock_bucket, value), OTHER("documentation"), END };
static const struct shape bucket_shape = { bucket_members,
	sizeof(struct mock_bucket), NULL };

static const char *const signing_words[] = {
	[MOCK_SIGNING_GITHUB] = "github",
	[MOCK_SIGNING_STRIPE] = "stripe",
	NULL,
};
static const struct member signing_members[] = { TEXT("key", mock_signing, key),
	TEXT("keyFile", mock_signing, key_file),
	TEXT("keyEnv", mock_signing, key_env),
	TEXT("header", mock_signing, header),
	WORD("format", mock_signing, form, signing_words), END };

static void
signing_init(void *to)
{
	struct mock_signing *s = to;

	s->header = STR("X-Hark-Signature");
}

static const struct shape signing_shape = { signing_members,
	sizeof(struct mock_signing), signing_init };

/* The body's type follows from other members where none says it. */
struct callback_read {
	struct mock_callback c;
	int body_type;
};

static const struct member callback_hark_members[] = {
	NUMBER("retries", callback_read, c.retry.times, 0, RETRIES),
	NUMBER("retryDelay", callback_read, c.retry.wait_ms, 1, DAY_MS),
	NUMBER("retryMaxDelay", callback_read, c.retry.most_ms, 1, DAY_MS),
	OBJECT("sign", callback_read, c.signing, &signing_shape), END
};
static const struct shape callback_hark_shape = { callback_hark_members,
	sizeof(struct callback_read), NULL };

static const struct member callback_members[] = {
	TEXT("uuid", callback_read, c.uuid), TEXT("id", callback_read, c.id),
	TEXT("name", callback_read, c.name), OTHER("documentation"),
	{ .name = "method", .kind = MEMBER_LOWER, S(callback_read, c.method) },
	TEXT("uri", callback_read, c.uri),
	LIST("headers", callback_read, c.headers, &header_shape),
	WORD("bodyType", callback_read, body_type, body_type_words),
	BODY("body", callback_read, c.body),
	TEXT("filePath", callback_read, c.file_path),
	TEXT("databucketID", callback_read, c.databucket),
	BOOL("sendFileAsBody", callback_read, c.send_file_as_body),
	GROUP("hark", &callback_hark_shape), END
};

static void
callback_init(void *to)
{
	struct callback_read *r = to;

	r->c.method = STR("post");
	r->c.send_file_as_body = true;
	r->c.retry = (struct mock_retry){ .wait_ms = 1000, .most_ms = 60000 };
	r->body_type = -1;
}

static const struct shape callback_shape = { callback_members,
	sizeof(struct callback_read), callback_init };

/* An environment with what is taken apart once all is read. */
struct environment_read {
	struct environment env;
	struct route_read *routes;
	size_t nroutes;
	struct callback_read *callbacks;
	size_t ncallbacks;
	uint64_t format;
};

static const struct member environment_hark_members[] = {
	MANNER_MEMBERS(environment_read, env.manner),
	MANNER_ERRORS(environment_read, env.errors), END
};
static const struct shape environment_hark_shape = { environment_hark_members,
	sizeof(struct environment_read), NULL };

static const struct member environment_members[] = {
	TEXT("uuid", environment_read, env.uuid),
	TEXT("name", environment_read, env.name),
	TEXT("endpointPrefix", environment_read, env.prefix),
	NUMBER("latency", environment_read, env.latency_ms, 0, DAY_MS),
	NUMBER("lastMigration", environment_read, format, 0, INT32_MAX),
	BOOL("cors", environment_read, env.cors),
	BOOL("proxyMode", environment_read, env.proxy_mode),
	BOOL("proxyRemovePrefix", environment_read, env.proxy_remove_prefix),
	TEXT("proxyHost", environment_read, env.proxy_host),
	LIST("headers", environment_read, env.headers, &header_shape),
	LIST("proxyReqHeaders", environment_read, env.proxy_request_headers,
	    &header_shape),
	LIST("proxyResHeaders", environment_read, env.proxy_response_headers,
	    &header_shape),
	LIST("routes", environment_read, routes, &route_shape),
	LIST("data", environment_read, env.buckets, &bucket_shape),
	LIST("callbacks", environment_read, callbacks, &callback_shape),
	OTHER("folders"), OTHER("rootChildren"), OTHER("port"),
	OTHER("hostname"), OTHER("tlsOptions"), OTHER("https"),
	GROUP("hark", &environment_hark_shape), END
};

/* ---- what one member does not tell ------------------------------------- */

/* What a body is made of where no bodyType says it. */
static enum mock_body_type
environment_body_type(int said, struct str file_path, struct str databucket)
{
	return said >= 0          ? (enum mock_body_type)said
	       : file_path.n > 0  ? MOCK_BODY_FILE
	       : databucket.n > 0 ? MOCK_BODY_DATABUCKET
				  : MOCK_BODY_INLINE;
}

static void
environment_fix_response(struct response_read *r, struct mock_response *to)
{
	r->r.all_rules = r->rules_operator == 1;
	r->r.body_type = environment_body_type(
	    r->body_type, r->r.file_path, r->r.databucket);
	*to = r->r;
}

static void
environment_fix_callbacks(
    const struct environment_read *from, struct environment *env)
{
	struct callback_read *r;
	size_t i;

	env->callbacks = arena_zalloc(
	    &env->arena, (from->ncallbacks + 1) * sizeof(*env->callbacks));
	env->ncallbacks = from->ncallbacks;
	for (i = 0; i < from->ncallbacks; i++) {
		r = &from->callbacks[i];
		r->c.body_type = environment_body_type(
		    r->body_type, r->c.file_path, r->c.databucket);
		env->callbacks[i] = r->c;
	}
}

/* A state is one of a scenario. */
static int
environment_check_scenario(struct reading *in, const struct mock_response *r,
    size_t route, size_t response)
{
	if (r->scenario.n > 0 || (r->state.n == 0 && r->new_state.n == 0))
		return 0;
	return err_set(in->e,
	    "%.*s: routes[%zu].responses[%zu].hark.%s: expected the name of "
	    "its scenario beside it",
	    STR_ARGS(in->path), route, response,
	    r->state.n > 0 ? "state" : "newState");
}

static int
environment_fix_route(
    struct reading *in, struct route_read *r, size_t number, json_t *from)
{
	struct response_read *read =
	    (struct response_read *)(void *)r->r.responses;
	struct mock_response *v;
	size_t i;

	if (json_object_get(from, "endpoint") == NULL)
		return err_set(in->e,
		    "%.*s: routes[%zu].endpoint: expected the path of the "
		    "route, such as users/:id",
		    STR_ARGS(in->path), number);
	if (r->r.nresponses == 0)
		return err_set(in->e,
		    "%.*s: routes[%zu].responses: expected one response or "
		    "more",
		    STR_ARGS(in->path), number);
	r->r.index = number;
	v = arena_zalloc(in->arena, r->r.nresponses * sizeof(*v));
	for (i = 0; i < r->r.nresponses; i++) {
		environment_fix_response(&read[i], &v[i]);
		if (environment_check_scenario(in, &v[i], number, i) == -1)
			return -1;
		r->r.weighted |= v[i].weight != MOCK_WEIGHT_NONE;
	}
	r->r.responses = v;
	if (json_object_get(from, "responseMode") == NULL)
		r->r.response_mode = r->sequential ? MOCK_MODE_SEQUENTIAL
				     : r->random   ? MOCK_MODE_RANDOM
						   : MOCK_MODE_RULES;
	return 0;
}

/* A rule of older formats said isRegex where there is operator now. */
static void
environment_fix_rules(struct mock_route *route, json_t *from)
{
	json_t *responses = json_object_get(from, "responses"), *rules, *rule;
	size_t i, k;

	for (i = 0; i < route->nresponses; i++) {
		rules = json_object_get(json_array_get(responses, i), "rules");
		for (k = 0; k < route->responses[i].nrules; k++) {
			rule = json_array_get(rules, k);
			if (json_is_true(json_object_get(rule, "isRegex")))
				route->responses[i].rules[k].operator=
				    MOCK_OPERATOR_REGEX;
		}
	}
}

/* ---- the order of routes ------------------------------------------------ */

#define ENVIRONMENT_DEPTH 64 /* of folders */

struct ordering {
	struct reading *in;
	struct environment *env;
	const struct environment_read *from;
	json_t *root; /* rootChildren */
	json_t *folders;
	bool *taken;  /* routes */
	bool *opened; /* folders */
};

static size_t
environment_route_called(const struct environment_read *from, const char *uuid)
{
	size_t i;

	for (i = 0; i < from->nroutes; i++)
		if (uuid != NULL && str_is(from->routes[i].r.uuid, uuid))
			break;
	return i;
}

static void
environment_take(struct ordering *o, size_t i)
{
	struct environment *env = o->env;

	if (o->taken[i])
		return;
	o->taken[i] = true;
	if (o->from->routes[i].r.enabled)
		env->routes[env->nroutes++] = o->from->routes[i].r;
}

#define ENVIRONMENT_ROOT SIZE_MAX /* rootChildren, instead of a folder's */

static void environment_walk(struct ordering *o, size_t folder, unsigned depth);

/* About the child at i. */
static void
environment_remark_child(struct ordering *o, size_t folder, size_t i,
    const char *uuid, const char *what)
{
	size_t had = o->in->where.n;
	char text[120];

	if (folder == ENVIRONMENT_ROOT)
		buf_addf(&o->in->where, "rootChildren[%zu]", i);
	else
		buf_addf(
		    &o->in->where, "folders[%zu].children[%zu]", folder, i);
	snprintf(text, sizeof(text), "%.50s: %s", uuid, what);
	members_remark(o->in, "uuid", text);
	o->in->where.n = had;
}

/* The folder with that uuid.  False when there is none that is not open. */
static bool
environment_open(struct ordering *o, const char *uuid, unsigned depth)
{
	size_t i;
	json_t *folder;
	const char *is;

	json_array_foreach(o->folders, i, folder)
	{
		is = json_string_value(json_object_get(folder, "uuid"));
		if (is == NULL || strcmp(is, uuid) != 0 || o->opened[i])
			continue;
		o->opened[i] = true;
		environment_walk(o, i, depth + 1);
		return true;
	}
	return false;
}

static void
environment_walk(struct ordering *o, size_t folder, unsigned depth)
{
	json_t *children =
		   folder == ENVIRONMENT_ROOT
		       ? o->root
		       : json_object_get(
			     json_array_get(o->folders, folder), "children"),
	       *child;
	const char *uuid, *type;
	size_t i, found;

	if (depth > ENVIRONMENT_DEPTH)
		return;
	json_array_foreach(children, i, child)
	{
		uuid = json_string_value(json_object_get(child, "uuid"));
		type = json_string_value(json_object_get(child, "type"));
		uuid = uuid != NULL ? uuid : "";
		if (type != NULL && strcmp(type, "folder") == 0) {
			if (!environment_open(o, uuid, depth))
				environment_remark_child(o, folder, i, uuid,
				    "no such folder, or it is in another "
				    "already");
			continue;
		}
		found = environment_route_called(o->from, uuid);
		if (found < o->from->nroutes)
			environment_take(o, found);
		else
			environment_remark_child(
			    o, folder, i, uuid, "no such route");
	}
}

/* Through the tree of folders; what is in none comes last. */
static void
environment_order(struct reading *in, struct environment *env,
    const struct environment_read *from, json_t *root)
{
	json_t *folders = json_object_get(root, "folders");
	struct ordering o = {
		.in = in,
		.env = env,
		.from = from,
		.root = json_object_get(root, "rootChildren"),
		.folders = folders,
	};
	size_t i;

	env->routes = arena_zalloc(
	    &env->arena, (from->nroutes + 1) * sizeof(*env->routes));
	env->nroutes = 0;
	o.taken = xcalloc(from->nroutes + 1, sizeof(*o.taken));
	o.opened = xcalloc(json_array_size(folders) + 1, sizeof(*o.opened));
	environment_walk(&o, ENVIRONMENT_ROOT, 0);
	for (i = 0; i < json_array_size(folders); i++)
		if (!o.opened[i]) {
			o.opened[i] = true;
			environment_walk(&o, i, 0);
		}
	for (i = 0; i < from->nroutes; i++)
		environment_take(&o, i);
	free(o.taken);
	free(o.opened);
}

/* ---- keys ---------------------------------------------------------------- */

static uint64_t
environment_key(struct str text)
{
	uint8_t sum[DIGEST_BYTES];
	uint64_t key;

	digest_of(text.p, text.n, sum);
	memcpy(&key, sum, sizeof(key));
	return key;
}

static void
environment_key_routes(struct route_read *routes, size_t n, json_t *from)
{
	char *text;
	size_t i;

	for (i = 0; i < n; i++) {
		text = json_dumps(json_array_get(from, i), JSON_COMPACT);
		routes[i].r.key = environment_key(str_of(text));
		free(text);
	}
}

static void
environment_key_buckets(struct environment *env)
{
	struct buf text = { 0 };
	size_t i;

	for (i = 0; i < env->nbuckets; i++) {
		text.n = 0;
		buf_addf(&text, "%zu ", env->buckets[i].id.n);
		buf_add_str(&text, env->buckets[i].id);
		buf_add_str(&text, env->buckets[i].value);
		env->buckets[i].key = environment_key(buf_str(&text));
	}
	buf_free(&text);
}

/* Who says the same as another is still somebody else. */
static void
environment_tell_apart(struct numbers *known, uint64_t *key)
{
	while (*key == 0 || numbers_find(known, *key) != NULL)
		++*key;
	numbers_set(known, *key, 1);
}

/* Responses that are counted have keys that follow from their route's. */
static void
environment_key_responses(struct numbers *known, struct mock_route *route)
{
	size_t i;

	for (i = 0; i < route->nresponses; i++) {
		if (route->responses[i].times == 0)
			continue;
		route->responses[i].key = route->key + i + 1;
		environment_tell_apart(known, &route->responses[i].key);
	}
}

static void
environment_keys(struct environment *env)
{
	struct numbers known = { 0 };
	size_t i;

	environment_key_buckets(env);
	for (i = 0; i < env->nbuckets; i++)
		environment_tell_apart(&known, &env->buckets[i].key);
	for (i = 0; i < env->nroutes; i++)
		environment_tell_apart(&known, &env->routes[i].key);
	for (i = 0; i < env->nroutes; i++)
		environment_key_responses(&known, &env->routes[i]);
	numbers_fini(&known);
}

/* ---- whole files -------------------------------------------------------- */

static int
environment_build(struct reading *in, struct environment *env,
    struct environment_read *read, json_t *root)
{
	static const struct shape shape = { environment_members,
		sizeof(struct environment_read), NULL };
	json_t *routes = json_object_get(root, "routes");
	size_t i;

	if (members_read(in, &shape, root, read) == -1)
		return -1;
	if (read->format > ENVIRONMENT_FORMAT)
		members_remark(in, "lastMigration",
		    "the file is of a newer Mockoon; what that added to the "
		    "format has no effect");
	for (i = 0; i < read->nroutes; i++) {
		if (environment_fix_route(in, &read->routes[i], i,
			json_array_get(routes, i)) == -1)
			return -1;
		environment_fix_rules(
		    &read->routes[i].r, json_array_get(routes, i));
	}
	environment_key_routes(read->routes, read->nroutes, routes);
	/* What was read goes to the environment that owns the memory. */
	read->env.arena = env->arena;
	read->env.path = env->path;
	read->env.folder = env->folder;
	*env = read->env;
	environment_fix_callbacks(read, env);
	environment_order(in, env, read, root);
	environment_keys(env);
	return 0;
}

struct environment *
environment_parse(
    const char *path, struct str text, struct buf *remarks, struct err *e)
{
	struct environment *env = xcalloc(1, sizeof(*env));
	struct environment_read read = { .env = { .cors = true },
		.format = ENVIRONMENT_FORMAT };
	struct reading in = {
		.arena = &env->arena, .remarks = remarks, .e = e
	};
	const char *slash = strrchr(path, '/');
	json_error_t why;
	json_t *file, *root = NULL;
	int r = -1;

	/* Some editors begin with a mark. */
	if (str_starts(text, "\xef\xbb\xbf"))
		text = (struct str){ text.p + 3, text.n - 3 };
	env->path = in.path = arena_str(&env->arena, str_of(path));
	env->folder = slash == NULL ? STR(".")
		      : slash == path
			  ? STR("/")
			  : (struct str){ env->path.p, (size_t)(slash - path) };
	file = json_loadb(text.p, text.n, JSON_ALLOW_NUL, &why);
	if (file == NULL)
		err_set(e, "%.300s:%d:%d: %s", path, why.line, why.column,
		    why.text);
	else
		root = environment_of(path, file, e);
	if (root != NULL)
		r = environment_build(&in, env, &read, root);
	json_decref(root);
	json_decref(file);
	buf_free(&in.where);
	if (r == 0)
		return env;
	environment_free(env);
	return NULL;
}

struct environment *
environment_load(const char *path, struct buf *remarks, struct err *e)
{
	struct environment *env = NULL;
	struct buf text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd == -1) {
		err_sys(e, "%.300s: cannot open", path);
		return NULL;
	}
	while (n > 0 && text.n <= ENVIRONMENT_MOST) {
		n = read(fd, buf_reserve(&text, 1 << 16), 1 << 16);
		text.n += n > 0 ? (size_t)n : 0;
	}
	if (n == -1)
		err_sys(e, "%.300s: cannot read", path);
	else if (text.n > ENVIRONMENT_MOST)
		err_set(e, "%.300s: longer than %u MiB", path,
		    ENVIRONMENT_MOST >> 20);
	else
		env = environment_parse(path, buf_str(&text), remarks, e);
	close(fd);
	buf_free(&text);
	return env;
}

void
environment_free(struct environment *env)
{
	if (env == NULL)
		return;
	arena_fini(&env->arena);
	free(env);
}
