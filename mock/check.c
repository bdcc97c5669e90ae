#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/url.h"

#include "mock/document.h"
#include "mock/endpoint.h"
#include "mock/environment.h"
#include "mock/faker.h"
#include "mock/js_regex.h"
#include "mock/locate.h"
#include "mock/manner.h"
#include "mock/pattern.h"
#include "mock/template.h"

#include "mock/check.h"

#define LOCATED 200 /* findings whose line is looked for */

struct checking {
	const struct environment *env;
	struct str text; /* of the file */
	check_fn on_finding;
	void *arg;
	struct buf where;
	size_t found;
	struct endpoint_start *starts; /* of each route's endpoint */
};

/* ---- findings ----------------------------------------------------------- */

static void
check_tell(struct checking *c, bool wrong, struct str where, struct str text)
{
	struct check_finding f = {
		.wrong = wrong, .where = where, .text = text
	};

	if (where.n > 0 && c->found < LOCATED)
		(void)locate(c->text, where, &f.line, &f.column);
	c->found++;
	c->on_finding(c->arg, &f);
}

/* About a file that is no JSON, "LINE:COLUMN: text".  False for another. */
static bool
check_syntax(struct checking *c, struct str text)
{
	struct check_finding f = { .wrong = true };
	struct str number;
	uint64_t line, column;

	if (!str_cut(&text, ':', &number) || str_u64(number, &line) == -1 ||
	    !str_cut(&text, ':', &number) || str_u64(number, &column) == -1)
		return false;
	f.line = (size_t)line;
	f.column = (size_t)column;
	f.text = str_trim(text);
	c->found++;
	c->on_finding(c->arg, &f);
	return true;
}

static void check_found(struct checking *c, bool wrong, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* About what is at hand. */
static void
check_found(struct checking *c, bool wrong, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		abort();
	va_end(ap);
	check_tell(c, wrong, buf_str(&c->where), str_of(text));
	free(text);
}

/* Goes to a member; back by c->where.n = the length before. */
static size_t
check_enter(struct checking *c, const char *name)
{
	size_t had = c->where.n;

	buf_addf(&c->where, "%s%s", had > 0 ? "." : "", name);
	return had;
}

static size_t
check_enter_item(struct checking *c, const char *name, size_t i)
{
	size_t had = check_enter(c, name);

	buf_addf(&c->where, "[%zu]", i);
	return had;
}

/* ---- templates, files, references --------------------------------------- */

static bool
check_is_template(struct str s)
{
	return s.n > 0 && memmem(s.p, s.n, "{{", 2) != NULL;
}

/* The next text that is given to faker in an expression; false behind the
 * last. */
static bool
check_next_faker(struct str *text, struct str *method)
{
	const char *at = memmem(text->p, text->n, "faker", 5), *end;
	struct str before, rest;
	char quote;

	if (at == NULL)
		return false;
	before = (struct str){ text->p, (size_t)(at - text->p) };
	rest = str_trim(
	    (struct str){ at + 5, (size_t)(text->p + text->n - at) - 5 });
	*text = (struct str){ at + 5, (size_t)(text->p + text->n - at) - 5 };
	*method = STR("");
	quote = rest.n > 1 ? rest.p[0] : '\0';
	end = quote == '\'' || quote == '"'
		  ? memchr(rest.p + 1, quote, rest.n - 1)
		  : NULL;
	if (end != NULL && before.n > 0 &&
	    strchr("{( #", before.p[before.n - 1]) != NULL)
		*method =
		    (struct str){ rest.p + 1, (size_t)(end - rest.p) - 1 };
	return true;
}

/* Methods that faker does not have, such as those of older versions. */
static void
check_fakers(struct checking *c, const char *name, struct str text)
{
	struct str method;
	size_t had;

	while (check_next_faker(&text, &method)) {
		if (method.n == 0 || faker_has(method))
			continue;
		had = check_enter(c, name);
		check_found(c, true,
		    "template: faker has no method %.*s: when it is asked for, "
		    "the answer is 500",
		    (int)(method.n < 80 ? method.n : 80), method.p);
		c->where.n = had;
	}
}

static void
check_template(struct checking *c, const char *name, struct str text)
{
	size_t had;
	struct template *t;
	struct err e;

	if (!check_is_template(text))
		return;
	t = template_compile(text, NULL, &e);
	if (t != NULL && template_uses(t, "faker"))
		check_fakers(c, name, text);
	if (t == NULL) {
		had = check_enter(c, name);
		check_found(c, true, "template: %s", e.text);
		c->where.n = had;
	}
	template_free(t);
}

static void
check_headers(
    struct checking *c, const char *name, const struct mock_headers *h)
{
	size_t i, at, had = c->where.n;

	for (i = 0; i < h->n; i++) {
		at = check_enter_item(c, name, i);
		check_template(c, "value", h->v[i].value);
		if (h->v[i].key.n > 0 && !str_is_token(h->v[i].key)) {
			check_enter(c, "key");
			check_found(c, true, "expected the name of a field");
		}
		c->where.n = at;
	}
	c->where.n = had;
}

static void
check_path(struct checking *c, struct str path, bool needed)
{
	size_t had = check_enter(c, "filePath");
	char *text;

	if (path.n == 0)
		check_found(c, needed, "expected the path of a file");
	else if (!check_is_template(path)) {
		text = path.p[0] == '/'
			   ? xasprintf("%.*s", STR_ARGS(path))
			   : xasprintf("%.*s/%.*s", STR_ARGS(c->env->folder),
				 STR_ARGS(path));
		if (access(text, R_OK) == -1)
			check_found(
			    c, needed, "%s: no file that can be read", text);
		free(text);
	}
	c->where.n = had;
}

/* A bucket by its identifier or, when names do, too, its name. */
static bool
check_has_bucket(const struct checking *c, struct str id, bool names)
{
	size_t i;

	for (i = 0; i < c->env->nbuckets; i++)
		if (str_eq(c->env->buckets[i].id, id) ||
		    (names && str_eq(c->env->buckets[i].name, id)))
			return true;
	return false;
}

static void
check_bucket(struct checking *c, const char *name, struct str id, bool wrong)
{
	size_t had = check_enter(c, name);

	if (!check_has_bucket(c, id, false))
		check_found(
		    c, wrong, "%.*s: no data bucket has that id", STR_ARGS(id));
	c->where.n = had;
}

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

/* ---- what hark adds ----------------------------------------------------- */

/* About a member of hark, at a route, a response or the file. */
static void check_hark(struct checking *c, const char *name, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

static void
check_hark(struct checking *c, const char *name, const char *fmt, ...)
{
	size_t had = check_enter(c, "hark");
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		abort();
	va_end(ap);
	check_enter(c, name);
	check_tell(c, false, buf_str(&c->where), str_of(text));
	c->where.n = had;
	free(text);
}

static void
check_weight(struct checking *c, const struct mock_route *route,
    const struct mock_response *r)
{
	if (r->weight == MOCK_WEIGHT_NONE ||
	    route->response_mode == MOCK_MODE_RANDOM)
		return;
	if (route->response_mode != MOCK_MODE_RULES)
		check_hark(c, "weight",
		    "not looked at, as the route's responseMode asks for");
	else if (r->nrules > 0)
		check_hark(c, "weight", "not looked at: its rules decide");
	else if (r->state.n > 0)
		check_hark(c, "weight", "not looked at: its state decides");
}

/* Whether some response brings the scenario to the state. */
static bool
check_is_reached(
    const struct environment *env, struct str scenario, struct str state)
{
	const struct mock_route *route;
	size_t i, k;

	for (i = 0; i < env->nroutes; i++) {
		route = &env->routes[i];
		for (k = 0; k < route->nresponses; k++)
			if (str_eq(route->responses[k].scenario, scenario) &&
			    str_eq(route->responses[k].new_state, state))
				return true;
	}
	return str_is(state, MOCK_SCENARIO_FIRST);
}

static void
check_scenario(struct checking *c, const struct mock_response *r)
{
	if (r->scenario.n > 0 && r->state.n == 0 && r->new_state.n == 0)
		check_hark(c, "scenario",
		    "%.*s: expected a state or newState beside it",
		    STR_ARGS(r->scenario));
	if (r->state.n > 0 && !check_is_reached(c->env, r->scenario, r->state))
		check_hark(c, "state",
		    "%.*s: never true: no response has it as newState",
		    STR_ARGS(r->state));
}

/* A WebSocket has no answer that could be given in a manner. */
static void
check_manner(struct checking *c, const struct mock_manner *m)
{
	static const char none[] = "of no effect on a WebSocket";

	if (m->delay.kind != MOCK_DELAY_NONE)
		check_hark(c, "delay", none);
	if (m->dribble != NULL)
		check_hark(c, "dribble", none);
	if (m->bandwidth != 0)
		check_hark(c, "bandwidth", none);
}

static void
check_fault(struct checking *c, const struct mock_response *r)
{
	const char *first = manner_fault_words[r->fault];

	if (r->fault == MOCK_FAULT_NONE)
		return;
	if (r->manner.dribble != NULL)
		check_hark(
		    c, "dribble", "not looked at: the fault is %s", first);
	if (r->manner.bandwidth != 0)
		check_hark(
		    c, "bandwidth", "not looked at: the fault is %s", first);
	if (r->stream != NULL)
		check_hark(
		    c, "stream", "not looked at: the fault is %s", first);
}

static void
check_response_hark(struct checking *c, const struct mock_route *route,
    const struct mock_response *r)
{
	check_weight(c, route, r);
	check_scenario(c, r);
	if (route->type != MOCK_ROUTE_WS) {
		check_fault(c, r);
		return;
	}
	check_manner(c, &r->manner);
	if (r->fault != MOCK_FAULT_NONE)
		check_hark(c, "fault", "of no effect on a WebSocket");
}

static void
check_route_hark(struct checking *c, const struct mock_route *route)
{
	uint64_t whole = 0;
	size_t i, had;

	for (i = 0; i < route->nresponses; i++)
		whole += route->responses[i].weight == MOCK_WEIGHT_NONE
			     ? 1
			     : route->responses[i].weight;
	if (whole == 0) {
		had = check_enter(c, "responses");
		check_found(c, false,
		    "no response weighs anything: chance chooses none");
		c->where.n = had;
	}
	if (route->type != MOCK_ROUTE_WS)
		return;
	check_manner(c, &route->manner);
	if (route->errors != NULL)
		check_hark(c, "errors", "of no effect on a WebSocket");
}

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

static void
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

/* ---- routes ------------------------------------------------------------- */

static bool
check_pattern(struct checking *c, const struct mock_route *route)
{
	struct arena a = { 0 };
	struct pattern *p;
	struct err e;
	size_t had;

	p = pattern_new(&a, c->env->prefix, route->endpoint, &e);
	if (p == NULL) {
		had = check_enter(c, "endpoint");
		check_found(c, true, "%s", e.text);
		c->where.n = had;
	}
	pattern_free(p);
	arena_fini(&a);
	return p != NULL;
}

static void
check_streaming(struct checking *c, const struct mock_route *route)
{
	bool socket = route->type == MOCK_ROUTE_WS;
	size_t had = c->where.n;

	check_enter(c, "hark");
	check_template(c, "open", route->greeting);
	check_enter(c, "open");
	if (!socket && route->greeting.n > 0)
		check_found(c, false, "only WebSockets begin with a greeting");
	c->where.n = had;
	check_enter(c, "streamingMode");
	if (!socket && route->streaming_mode != MOCK_STREAMING_NONE)
		check_found(c, false,
		    "only WebSockets have one; see hark.stream of responses");
	c->where.n = had;
}

static void
check_route(struct checking *c, const struct mock_route *route)
{
	size_t i, had, defaults = 0;

	(void)check_pattern(c, route);
	check_streaming(c, route);
	for (i = 0; i < route->nresponses; i++) {
		had = check_enter_item(c, "responses", i);
		check_response(c, route, &route->responses[i]);
		c->where.n = had;
		defaults += route->responses[i].is_default;
	}
	if (defaults > 1) {
		had = check_enter(c, "responses");
		check_found(c, false,
		    "%zu responses are the default; the first of them is",
		    defaults);
		c->where.n = had;
	}
	check_route_hark(c, route);
}

static bool
check_method_hides(const struct mock_route *a, const struct mock_route *b)
{
	return str_is(a->method, "all") || str_eq(a->method, b->method);
}

/* A CRUD route answers five methods at its endpoint and with an id. */
static bool
check_crud_hides(const struct mock_route *a, const struct mock_route *b)
{
	static const char *const methods[] = { "get", "put", "patch", "delete",
		"post", NULL };
	struct buf one = { 0 };
	bool covers;
	size_t i;

	for (i = 0; methods[i] != NULL; i++)
		if (str_is(b->method, methods[i]))
			break;
	if (methods[i] == NULL)
		return false;
	buf_addf(&one, "%.*s/:id", STR_ARGS(a->endpoint));
	covers = endpoint_covers(a->endpoint, b->endpoint) ||
		 (i < 4 && endpoint_covers(buf_str(&one), b->endpoint));
	buf_free(&one);
	return covers;
}

static bool
check_hides(const struct checking *c, size_t one, size_t other)
{
	const struct mock_route *a = &c->env->routes[one];
	const struct mock_route *b = &c->env->routes[other];

	/* A CRUD route has more paths than its endpoint. */
	if (a->type != MOCK_ROUTE_CRUD &&
	    !endpoint_may_cover(&c->starts[one], &c->starts[other]))
		return false;
	if (a->response_mode == MOCK_MODE_FALLBACK ||
	    (a->type == MOCK_ROUTE_WS) != (b->type == MOCK_ROUTE_WS))
		return false;
	if (a->type == MOCK_ROUTE_CRUD && b->type == MOCK_ROUTE_HTTP)
		return check_crud_hides(a, b);
	if (a->type != b->type ||
	    (a->type == MOCK_ROUTE_HTTP && !check_method_hides(a, b)))
		return false;
	return endpoint_covers(a->endpoint, b->endpoint);
}

/* Whether an earlier route answers all that this one is for. */
static void
check_reach(struct checking *c, size_t at)
{
	const struct mock_route *b = &c->env->routes[at], *a;
	size_t i, had;

	for (i = 0; i < at; i++) {
		a = &c->env->routes[i];
		if (!check_hides(c, i, at))
			continue;
		had = check_enter(c, "endpoint");
		check_found(c, false,
		    "%.*s: never reached: routes[%zu] (%.*s) comes first",
		    STR_ARGS(b->endpoint), a->index, STR_ARGS(a->endpoint));
		c->where.n = had;
		return;
	}
}

static void
check_twin(struct checking *c, size_t at)
{
	const struct mock_route *b = &c->env->routes[at];
	size_t i, had;

	for (i = 0; i < at && b->uuid.n > 0; i++) {
		if (!str_eq(c->env->routes[i].uuid, b->uuid))
			continue;
		had = check_enter(c, "uuid");
		check_found(c, false, "%.*s: routes[%zu] has the same",
		    STR_ARGS(b->uuid), c->env->routes[i].index);
		c->where.n = had;
		return;
	}
}

/* ---- the whole ---------------------------------------------------------- */

static void
check_callback_uri(struct checking *c, struct str uri)
{
	size_t had = check_enter(c, "uri");
	struct url u;
	struct err e;

	if (uri.n == 0)
		check_found(c, true, "expected a URL to call");
	else if (!check_is_template(uri) && uri.p[0] != '/' &&
		 url_parse(&u, uri, &e) == -1)
		check_found(c, true,
		    "expected an absolute URL of http or https, or a path of "
		    "this server");
	c->where.n = had;
	check_template(c, "uri", uri);
}

static void
check_callback_method(struct checking *c, const struct mock_callback *callback)
{
	static const char *const no[] = { "all", "connect", "trace", "track",
		NULL };
	struct str method = callback->method;
	size_t i, had = check_enter(c, "method");

	for (i = 0; no[i] != NULL && !str_is(method, no[i]);)
		i++;
	if (no[i] != NULL || !str_is_token(method))
		check_found(c, true, "%.*s: no callback has this method",
		    STR_ARGS(method));
	else if (callback->body.n > 0 && !str_is(method, "post") &&
		 !str_is(method, "put") && !str_is(method, "patch"))
		check_found(c, false,
		    "%.*s: only post, put and patch have a body",
		    STR_ARGS(method));
	c->where.n = had;
}

static void
check_callback_body(struct checking *c, const struct mock_callback *callback)
{
	switch (callback->body_type) {
	case MOCK_BODY_INLINE:
		check_template(c, "body", callback->body);
		break;
	case MOCK_BODY_FILE:
		check_template(c, "filePath", callback->file_path);
		check_path(c, callback->file_path, true);
		break;
	case MOCK_BODY_DATABUCKET:
		check_bucket(c, "databucketID", callback->databucket, true);
		break;
	}
}

/* Another machine may have the key, or this one when it serves. */
static void
check_signing(struct checking *c, const struct mock_signing *s)
{
	size_t had = c->where.n;
	int keys = (s->key.n > 0) + (s->key_file.n > 0) + (s->key_env.n > 0);

	check_enter(c, "hark");
	check_enter(c, "sign");
	if (keys != 1)
		check_found(c, true, "expected one of key, keyFile and keyEnv");
	if (!str_is_token(s->header)) {
		check_enter(c, "header");
		check_found(c, true, "expected the name of a field");
	}
	c->where.n = had;
}

static bool
check_callback_used(const struct checking *c, struct str uuid)
{
	const struct mock_route *route;
	const struct mock_response *r;
	size_t i, k, n;

	for (i = 0; i < c->env->nroutes; i++) {
		route = &c->env->routes[i];
		for (k = 0; k < route->nresponses; k++) {
			r = &route->responses[k];
			for (n = 0; n < r->ncallbacks; n++)
				if (str_eq(r->callbacks[n].uuid, uuid))
					return true;
		}
	}
	return false;
}

static void
check_callback(struct checking *c, size_t at)
{
	const struct mock_callback *v = c->env->callbacks;
	size_t i;

	check_callback_uri(c, v[at].uri);
	check_callback_method(c, &v[at]);
	check_headers(c, "headers", &v[at].headers);
	check_callback_body(c, &v[at]);
	if (v[at].signing != NULL)
		check_signing(c, v[at].signing);
	for (i = 0; i < at; i++)
		if (str_eq(v[i].uuid, v[at].uuid))
			check_found(c, true,
			    "callbacks[%zu] has the same uuid and is the one "
			    "that is called",
			    i);
	if (!check_callback_used(c, v[at].uuid))
		check_found(c, false, "no response calls it");
}

static void
check_buckets(struct checking *c)
{
	const struct mock_bucket *v = c->env->buckets;
	size_t i, k, had;

	for (i = 0; i < c->env->nbuckets; i++) {
		had = check_enter_item(c, "data", i);
		check_template(c, "value", v[i].value);
		for (k = 0; k < i; k++)
			if (v[i].id.n > 0 && str_eq(v[k].id, v[i].id))
				check_found(
				    c, false, "data[%zu] has the same id", k);
		c->where.n = had;
	}
}

static void
check_environment(struct checking *c)
{
	const struct environment *env = c->env;
	size_t i, had;

	check_headers(c, "headers", &env->headers);
	check_headers(c, "proxyReqHeaders", &env->proxy_request_headers);
	check_headers(c, "proxyResHeaders", &env->proxy_response_headers);
	check_buckets(c);
	for (i = 0; i < env->ncallbacks; i++) {
		had = check_enter_item(c, "callbacks", i);
		check_callback(c, i);
		c->where.n = had;
	}
	c->starts = xcalloc(env->nroutes + 1, sizeof(*c->starts));
	for (i = 0; i < env->nroutes; i++) {
		c->starts[i] = endpoint_start(env->routes[i].endpoint);
		had = check_enter_item(c, "routes", env->routes[i].index);
		check_route(c, &env->routes[i]);
		check_reach(c, i);
		check_twin(c, i);
		c->where.n = had;
	}
}

/* What is behind "PATH:", taken apart into where and what. */
static void
check_line(struct checking *c, const char *path, bool wrong, struct str line)
{
	size_t n = strlen(path);
	const char *colon;
	struct str where = STR("");

	if (str_starts(line, path) && line.n > n + 1 && line.p[n] == ':') {
		line = (struct str){ line.p + n + 1, line.n - n - 1 };
		if (check_syntax(c, line))
			return;
		line = str_trim(line);
		colon = memmem(line.p, line.n, ": ", 2);
		n = colon != NULL ? (size_t)(colon - line.p) : 0;
		/* A place has no spaces in it. */
		if (n > 0 && memchr(line.p, ' ', n) == NULL) {
			where = (struct str){ line.p, n };
			line = (struct str){ colon + 2, line.n - n - 2 };
		}
	}
	check_tell(c, wrong, where, line);
}

size_t
check_file(const char *path, check_fn on_finding, void *arg)
{
	struct checking c = { .on_finding = on_finding, .arg = arg };
	struct buf text = { 0 }, remarks = { 0 };
	struct environment *env = NULL;
	struct str rest, line;
	struct err e;

	if (document_read(path, ENVIRONMENT_MOST, &text, &e) == 0) {
		c.text = buf_str(&text);
		env = environment_parse(path, c.text, &remarks, &e);
	}
	c.env = env;
	if (env == NULL)
		check_line(&c, path, true, str_of(e.text));
	rest = buf_str(&remarks);
	while (str_cut(&rest, '\n', &line))
		if (line.n > 0)
			check_line(&c, path, false, line);
	if (env != NULL)
		check_environment(&c);
	environment_free(env);
	free(c.starts);
	buf_free(&text);
	buf_free(&remarks);
	buf_free(&c.where);
	return c.found;
}

/* The place, or the nearest around it that is there. */
static bool
check_locate(struct str text, struct str where, size_t *line, size_t *column)
{
	while (where.n > 0) {
		if (locate(text, where, line, column))
			return true;
		while (where.n > 0 && where.p[--where.n] != '.' &&
		       where.p[where.n] != '[')
			;
	}
	return false;
}

void
check_place(const char *path, struct err *e)
{
	struct buf text = { 0 };
	struct str rest = str_of(e->text), where;
	size_t n = strlen(path), line, column;
	const char *colon;
	struct err other;

	if (!str_starts(rest, path) || strncmp(rest.p + n, ": ", 2) != 0)
		return;
	rest = str_of(e->text + n + 2);
	colon = memmem(rest.p, rest.n, ": ", 2);
	if (colon == NULL)
		return;
	where = (struct str){ rest.p, (size_t)(colon - rest.p) };
	if (document_read(path, ENVIRONMENT_MOST, &text, &other) == 0 &&
	    check_locate(buf_str(&text), where, &line, &column)) {
		other = *e;
		err_set(e, "%.300s:%zu:%zu: %s", path, line, column,
		    other.text + n + 2);
	}
	buf_free(&text);
}
