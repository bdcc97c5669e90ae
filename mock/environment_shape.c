/*
 * One table for each kind of object in a file says which members it has, what
 * they may be and where they go (mock/members.h).
 */
#include "config.h"

#include <stdint.h>

#include "mock/manner.h"

#include "mock/environment_read.h"

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

const struct shape environment_shape = { environment_members,
	sizeof(struct environment_read), NULL };
