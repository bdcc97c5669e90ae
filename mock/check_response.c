#include "config.h"

#include "base/err.h"
#include "base/regex.h"
#include "mock/js_regex.h"

#include "mock/check_priv.h"

/* ---- rules -------------------------------------------------------------- */

static void
check_regex(struct checking *c, struct str value)
{
	struct regex *r;
	struct err e;

	if (check_is_template(value))
		return;
	r = js_regex_new(value, 0, &e);
	if (r == NULL)
		check_found(c, true, "%s", e.text);
	regex_free(r);
}

/* "bucket.path" and "$.bucket.path" begin with a bucket. */
static void
check_bucket_path(struct checking *c, struct str path)
{
	struct str first;

	if (check_is_template(path) || str_starts(path, "$["))
		return;
	if (str_starts(path, "$."))
		path = (struct str){ path.p + 2, path.n - 2 };
	str_cut(&path, '.', &first);
	if (!check_has_bucket(c, first, true))
		check_found(c, false,
		    "%.*s: no data bucket has that id or name: never true",
		    STR_ARGS(first));
}

static void
check_rule(struct checking *c, const struct mock_rule *rule)
{
	bool named = rule->target == MOCK_TARGET_PARAMS ||
		     rule->target == MOCK_TARGET_HEADER ||
		     rule->target == MOCK_TARGET_COOKIE ||
		     rule->target == MOCK_TARGET_GLOBAL_VAR ||
		     rule->target == MOCK_TARGET_DATA_BUCKET;
	size_t had = c->where.n;

	check_template(c, "modifier", rule->modifier);
	check_template(c, "value", rule->value);
	if (named && rule->modifier.n == 0) {
		check_enter(c, "modifier");
		check_found(c, false, "expected a name: never true");
		c->where.n = had;
	}
	if (rule->target == MOCK_TARGET_DATA_BUCKET && rule->modifier.n > 0) {
		check_enter(c, "modifier");
		check_bucket_path(c, rule->modifier);
		c->where.n = had;
	}
	check_enter(c, "value");
	if (rule->operator== MOCK_OPERATOR_REGEX || rule->operator==
	    MOCK_OPERATOR_REGEX_I)
		check_regex(c, rule->value);
	if (rule->operator== MOCK_OPERATOR_JSON_SCHEMA)
		check_bucket_path(c, rule->value);
	c->where.n = had;
}

/* ---- responses ---------------------------------------------------------- */

static void
check_response_body(struct checking *c, const struct mock_response *r)
{
	switch (r->body_type) {
	case MOCK_BODY_INLINE:
		if (!r->disable_templating)
			check_template(c, "body", r->body);
		break;
	case MOCK_BODY_FILE:
		check_template(c, "filePath", r->file_path);
		check_path(c, r->file_path, !r->fallback_to_404);
		break;
	case MOCK_BODY_DATABUCKET:
		check_bucket(c, "databucketID", r->databucket, true);
		break;
	}
}

static void
check_callback_uses(struct checking *c, const struct mock_response *r)
{
	size_t i, k, had;

	for (i = 0; i < r->ncallbacks; i++) {
		for (k = 0; k < c->env->ncallbacks; k++)
			if (str_eq(c->env->callbacks[k].uuid,
				r->callbacks[i].uuid))
				break;
		if (k < c->env->ncallbacks)
			continue;
		had = check_enter_item(c, "callbacks", i);
		check_found(c, true, "%.*s: no callback has that uuid",
		    STR_ARGS(r->callbacks[i].uuid));
		c->where.n = had;
	}
}

/* ---- the whole ---------------------------------------------------------- */

static void
check_events(struct checking *c, const struct mock_stream *stream)
{
	const struct mock_event *event;
	size_t i, had;

	for (i = 0; i < stream->nevents; i++) {
		event = &stream->events[i];
		had = check_enter_item(c, "events", i);
		check_template(c, "data", event->data);
		check_template(c, "event", event->event);
		check_template(c, "id", event->id);
		check_template(c, "comment", event->comment);
		c->where.n = had;
	}
}

/* Codes that a Close never has (RFC 6455 section 7.4). */
static bool
check_is_told_only(uint64_t code)
{
	return (code >= 1004 && code <= 1006) || (code >= 1015 && code <= 2999);
}

/* What only HTTP, or only WebSockets, have. */
static void
check_of_its_type(struct checking *c, const struct mock_route *route,
    const struct mock_response *r)
{
	bool socket = route->type == MOCK_ROUTE_WS;
	size_t had = c->where.n;

	if (socket && r->headers.n > 0)
		check_found(c, false, "headers are not sent on a WebSocket");
	if (socket && r->ncallbacks > 0)
		check_found(c, false, "a WebSocket has no callbacks");
	check_enter(c, "hark");
	if (r->stream != NULL) {
		check_enter(c, "stream");
		check_events(c, r->stream);
		if (socket)
			check_found(c, false,
			    "not looked at: a WebSocket streams by the "
			    "route's streamingMode");
	} else if (r->close != NULL) {
		check_enter(c, "close");
		check_template(c, "reason", r->close->reason);
		if (!socket)
			check_found(c, false,
			    "not looked at: only WebSockets are closed");
		check_enter(c, "code");
		if (check_is_told_only(r->close->code))
			check_found(c, true, "%llu is never sent",
			    (unsigned long long)r->close->code);
	}
	c->where.n = had;
}

void
check_response(struct checking *c, const struct mock_route *route,
    const struct mock_response *r)
{
	bool rules = route->response_mode == MOCK_MODE_RULES ||
		     route->response_mode == MOCK_MODE_FALLBACK;
	size_t i, had;

	check_response_body(c, r);
	check_headers(c, "headers", &r->headers);
	check_callback_uses(c, r);
	check_of_its_type(c, route, r);
	for (i = 0; i < r->nrules; i++) {
		had = check_enter_item(c, "rules", i);
		check_rule(c, &r->rules[i]);
		c->where.n = had;
	}
	if (!rules && r->nrules > 0) {
		had = check_enter(c, "rules");
		check_found(c, false,
		    "not looked at, as the route's responseMode asks for");
		c->where.n = had;
	}
	check_response_hark(c, route, r);
}
