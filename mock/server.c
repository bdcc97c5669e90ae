#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "har/headers.h"
#include "mock/asked.h"
#include "mock/callback.h"
#include "mock/condition.h"
#include "mock/crud.h"
#include "mock/environment.h"
#include "mock/manner.h"
#include "mock/numbers.h"
#include "mock/pattern.h"
#include "mock/router.h"
#include "mock/stream.h"
#include "mock/template.h"

#include "mock/server_priv.h"

/* Routes are numbered twice, for lists and for single items. */
#define SERVER_ITEMS 1

/* ---- making ------------------------------------------------------------- */

static void
server_remark(struct server *s, const char *where, const char *what)
{
	if (s->remarks != NULL)
		buf_addf(s->remarks, "%.*s: %s: %s\n", STR_ARGS(s->env->path),
		    where, what);
}

/* What is wrong with a template is told now and when it is served. */
static struct respond_text
server_text(struct server *s, struct str text, bool plain, const char *where)
{
	struct respond_text to = { .plain = text };
	struct err e;

	if (plain ||
	    memmem(text.p != NULL ? text.p : "", text.n, "{{", 2) == NULL)
		return to;
	to.template = template_compile(text, NULL, &e);
	s->templates = true;
	if (to.template != NULL)
		return to;
	to.wrong = arena_str(&s->env->arena, str_of(e.text));
	server_remark(s, where, e.text);
	return to;
}

static void
server_headers_free(struct respond_headers *h)
{
	while (h->n > 0)
		template_free(h->v[--h->n].value.template);
	free(h->v);
}

static void
server_headers(struct server *s, const struct mock_headers *from,
    struct respond_headers *to, const char *where)
{
	struct respond_header *h;
	size_t i;

	to->v = xcalloc(from->n + 1, sizeof(*to->v));
	for (i = 0; i < from->n; i++) {
		if (from->v[i].key.n == 0 || from->v[i].value.n == 0)
			continue;
		h = &to->v[to->n++];
		h->key = from->v[i].key;
		h->value = server_text(s, from->v[i].value, false, where);
	}
}

static void
server_callback(struct server *s, size_t i)
{
	struct callback_plan *p = &s->callbacks[i];
	char where[64];

	snprintf(where, sizeof(where), "callbacks[%zu]", i);
	p->of = &s->env->callbacks[i];
	p->uri = server_text(s, p->of->uri, false, where);
	p->body = server_text(s, p->of->body, false, where);
	p->file_path = server_text(s, p->of->file_path, false, where);
	p->bucket = state_bucket_of(s->env, p->of->databucket);
	server_headers(s, &p->of->headers, &p->headers, where);
	callback_read_key(p, s->env);
	if (p->wrong.p != NULL)
		server_remark(s, where, p->wrong.p);
}

static void
server_callbacks(struct server *s)
{
	size_t i;

	s->callbacks = xcalloc(s->env->ncallbacks + 1, sizeof(*s->callbacks));
	for (i = 0; i < s->env->ncallbacks; i++)
		server_callback(s, i);
}

static const struct callback_plan *
server_callback_called(const struct server *s, struct str uuid)
{
	size_t i;

	for (i = 0; i < s->env->ncallbacks; i++)
		if (str_eq(s->env->callbacks[i].uuid, uuid))
			return &s->callbacks[i];
	return NULL;
}

static void
server_callback_uses(
    struct server *s, struct respond_plan *p, const char *where)
{
	struct callback_use *use;
	size_t i;

	p->callbacks = xcalloc(p->of->ncallbacks + 1, sizeof(*p->callbacks));
	for (i = 0; i < p->of->ncallbacks; i++) {
		use = &p->callbacks[p->ncallbacks];
		use->plan = server_callback_called(s, p->of->callbacks[i].uuid);
		use->latency_ms = p->of->callbacks[i].latency_ms;
		if (use->plan != NULL)
			p->ncallbacks++;
		else
			server_remark(
			    s, where, "no callback has the uuid that it names");
	}
	s->called_back = s->called_back || p->ncallbacks > 0;
}

static void
server_events(struct server *s, const struct mock_stream *from,
    struct plan_event **to, const char *where)
{
	struct plan_event *at;
	size_t i;

	*to = xcalloc(from->nevents + 1, sizeof(**to));
	for (i = 0; i < from->nevents; i++) {
		at = &(*to)[i];
		at->data = server_text(s, from->events[i].data, false, where);
		at->event = server_text(s, from->events[i].event, false, where);
		at->id = server_text(s, from->events[i].id, false, where);
		at->comment =
		    server_text(s, from->events[i].comment, false, where);
	}
}

static int
server_plan(struct server *s, size_t route, size_t number, struct err *e)
{
	const struct mock_response *of =
	    &s->routes[route].of->responses[number];
	struct plan *p = &s->routes[route].plans[number];
	char where[64];

	snprintf(where, sizeof(where), "routes[%zu].responses[%zu]",
	    s->routes[route].of->index, number);
	p->respond.of = of;
	p->respond.bucket = state_bucket_of(s->env, of->databucket);
	p->respond.body =
	    server_text(s, of->body, of->disable_templating, where);
	p->respond.file_path = server_text(s, of->file_path, false, where);
	server_headers(s, &of->headers, &p->respond.headers, where);
	server_callback_uses(s, &p->respond, where);
	if (of->stream != NULL)
		server_events(s, of->stream, &p->events, where);
	if (of->close != NULL)
		p->close = server_text(s, of->close->reason, false, where);
	p->conditions = conditions_new(of, where, s->remarks, e);
	if (p->conditions == NULL)
		return err_wrap(e, "%.*s", STR_ARGS(s->env->path));
	return 0;
}

/* A path that Mockoon would not take has no route, as there. */
static void
server_pattern(struct server *s, struct str prefix, size_t i, const char *more,
    struct pattern **to)
{
	struct buf text = { 0 };
	struct err e;
	char where[64];

	buf_add_str(&text, s->routes[i].of->endpoint);
	buf_add_text(&text, more);
	*to = pattern_new(&s->env->arena, prefix, buf_str(&text), &e);
	buf_free(&text);
	if (*to == NULL) {
		snprintf(where, sizeof(where), "routes[%zu] is left out",
		    s->routes[i].of->index);
		server_remark(s, where, e.text);
		return;
	}
	router_add(
	    s->routes[i].of->type == MOCK_ROUTE_WS ? s->sockets : s->router,
	    *to, 2 * i + (more[0] != '\0'));
}

static int
server_route(struct server *s, struct str prefix, size_t i, struct err *e)
{
	struct route *r = &s->routes[i];
	char where[64];
	size_t k;

	r->of = &s->env->routes[i];
	r->plans = xcalloc(r->of->nresponses, sizeof(*r->plans));
	snprintf(where, sizeof(where), "routes[%zu].hark.open", r->of->index);
	r->greeting = server_text(s, r->of->greeting, false, where);
	s->has_sockets = s->has_sockets || r->of->type == MOCK_ROUTE_WS;
	server_pattern(s, prefix, i, "", &r->pattern);
	if (r->of->type == MOCK_ROUTE_CRUD)
		server_pattern(s, prefix, i, "/:id", &r->items);
	for (k = 0; k < r->of->nresponses; k++)
		if (server_plan(s, i, k, e) == -1)
			return -1;
	return 0;
}

static void
server_buckets(struct server *s)
{
	struct respond_text text;
	char where[64];
	size_t i;

	s->buckets = xcalloc(s->env->nbuckets + 1, sizeof(*s->buckets));
	for (i = 0; i < s->env->nbuckets; i++) {
		snprintf(where, sizeof(where), "data[%zu].value", i);
		text = server_text(s, s->env->buckets[i].value, false, where);
		s->buckets[i] = text.template;
		/* As in Mockoon, the error is the bucket. */
		if (text.wrong.p != NULL)
			s->env->buckets[i].value = text.wrong;
	}
}

static int
server_make(struct server *s, struct str prefix, struct err *e)
{
	struct buf whole = { 0 };
	size_t i;

	buf_add_str(&whole, prefix);
	buf_add_text(&whole, "/");
	buf_add_str(&whole, s->env->prefix);
	s->prefix = arena_str(&s->env->arena, buf_str(&whole));
	buf_free(&whole);
	server_headers(s, &s->env->headers, &s->headers, "headers");
	server_buckets(s);
	server_callbacks(s);
	for (i = 0; i < s->env->nroutes; i++)
		if (server_route(s, s->prefix, i, e) == -1)
			return -1;
	return 0;
}

struct server *
server_new(struct environment *env, struct str prefix,
    const struct mocks_options *o, struct buf *remarks, struct err *e)
{
	struct server *s = xcalloc(1, sizeof(*s));

	atomic_init(&s->refs, 1);
	s->env = env;
	s->options = o;
	s->remarks = remarks;
	s->router = router_new();
	s->sockets = router_new();
	s->routes = xcalloc(env->nroutes + 1, sizeof(*s->routes));
	if (server_make(s, prefix, e) == -1) {
		server_unref(s);
		return NULL;
	}
	s->remarks = NULL;
	return s;
}

bool
server_has_templates(const struct server *s)
{
	return s->templates;
}

bool
server_has_callbacks(const struct server *s)
{
	return s->called_back;
}

static void
server_callbacks_free(struct server *s)
{
	struct callback_plan *p;
	size_t i;

	for (i = 0; s->callbacks != NULL && i < s->env->ncallbacks; i++) {
		p = &s->callbacks[i];
		template_free(p->uri.template);
		template_free(p->body.template);
		template_free(p->file_path.template);
		server_headers_free(&p->headers);
	}
	free(s->callbacks);
}

bool
server_has_sockets(const struct server *s)
{
	return s->has_sockets;
}

static void
server_events_free(struct plan_event *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		template_free(v[i].data.template);
		template_free(v[i].event.template);
		template_free(v[i].id.template);
		template_free(v[i].comment.template);
	}
	free(v);
}

static void
server_plan_free(struct plan *p)
{
	template_free(p->respond.body.template);
	template_free(p->respond.file_path.template);
	server_headers_free(&p->respond.headers);
	if (p->events != NULL)
		server_events_free(p->events, p->respond.of->stream->nevents);
	template_free(p->close.template);
	free(p->respond.callbacks);
	conditions_free(p->conditions);
}

static void
server_route_free(struct route *r)
{
	size_t i;

	pattern_free(r->pattern);
	pattern_free(r->items);
	template_free(r->greeting.template);
	for (i = 0; r->plans != NULL && i < r->of->nresponses; i++)
		server_plan_free(&r->plans[i]);
	free(r->plans);
}

struct server *
server_ref(struct server *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void
server_unref(struct server *s)
{
	size_t i;

	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	for (i = 0; i < s->env->nroutes; i++)
		if (s->routes[i].of != NULL)
			server_route_free(&s->routes[i]);
	for (i = 0; s->buckets != NULL && i < s->env->nbuckets; i++)
		template_free(s->buckets[i]);
	server_headers_free(&s->headers);
	server_callbacks_free(s);
	router_free(s->router);
	router_free(s->sockets);
	free(s->buckets);
	free(s->routes);
	environment_free(s->env);
	free(s);
}

const struct environment *
server_environment(const struct server *s)
{
	return s->env;
}

size_t
server_routes(const struct server *s)
{
	return server_environment(s)->nroutes;
}

void
server_generate(
    struct server *s, struct state *state, struct template_context *c)
{
	struct state_use use;

	state_use_begin(&use, state, s->env, s->buckets, c);
	state_generate(&use);
	state_use_end(&use);
}

void
server_known(const struct server *s, struct numbers *known)
{
	const struct mock_route *r;
	size_t i, k;

	for (i = 0; i < s->env->nroutes; i++) {
		r = &s->env->routes[i];
		numbers_set(known, r->key, 1);
		for (k = 0; k < r->nresponses; k++)
			if (r->responses[k].times > 0)
				numbers_set(known, r->responses[k].key, 1);
	}
	for (i = 0; i < s->env->nbuckets; i++)
		numbers_set(known, s->env->buckets[i].key, 1);
}

/* ---- answering ---------------------------------------------------------- */

struct str
server_name(const struct mock_route *of, struct arena *a)
{
	struct str from = of->uuid.n > 0 ? of->uuid : of->endpoint;
	char *name = arena_strndup(a, from.p, from.n);
	size_t i;

	for (i = 0; i < from.n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			name[i] = '?';
	return (struct str){ name, from.n };
}

/* How an answer is given; of is NULL when it is none of the responses. */
static void
server_manner(const struct serving *v, const struct mock_response *of,
    struct mock_reply *r)
{
	const struct template_context *c = v->q->c;
	struct mock_manner manner =
	    manner_of(&v->s->routes[v->route].of->manner, &v->s->env->manner);

	if (of != NULL)
		manner = manner_of(&of->manner, &manner);
	r->latency_ms = v->s->env->latency_ms +
			(of != NULL ? of->latency_ms : 0) +
			manner_delay(&manner.delay, c->random, c->random_arg);
	r->bandwidth = manner.bandwidth;
	if (manner.dribble != NULL) {
		r->pieces = manner.dribble->pieces;
		r->over_ms = manner.dribble->over_ms;
	}
}

static void
server_reply(
    struct serving *v, size_t response, bool item, struct mock_reply *r)
{
	const struct route *route = &v->s->routes[v->route];
	const struct mock_response *of = &route->of->responses[response];
	struct responding d = {
		.env = v->s->env,
		.env_headers = &v->s->headers,
		.plan = &route->plans[response].respond,
		.use = &v->use,
		.c = v->q->c,
		.range = headers_get(v->q->from->headers, "Range"),
		.mockoon_errors = v->s->options->mockoon_errors,
		.prefix = v->s->prefix,
		.authority = v->q->from->authority,
		.depth = headers_get(
		    v->q->from->headers, "X-Mockoon-Callback-Depth"),
		.most_depth = v->s->options->most_callback_depth,
	};

	state_served(v->q->state, route->of->key);
	server_manner(v, of, r);
	r->fault = of->fault;
	r->route = server_name(route->of, &r->arena);
	r->response =
	    arena_str(&r->arena, of->label.n > 0 ? of->label : of->uuid);
	if (route->of->type == MOCK_ROUTE_CRUD &&
	    of->body_type == MOCK_BODY_DATABUCKET &&
	    d.plan->bucket < v->s->env->nbuckets)
		crud_answer(&d, item, route->of->responses[0].crud_key, r);
	else
		respond(&d, r);
	if (of->stream != NULL && of->fault == MOCK_FAULT_NONE)
		r->stream = stream_new(v, response, r);
}

/* As Mockoon answers an error that nobody has caught. */
static void
server_fail(struct serving *v, struct mock_reply *r)
{
	const struct mock_route *of = v->s->routes[v->route].of;

	r->status = 500;
	r->headers = STR("Content-Type: text/plain; charset=utf-8\r\n");
	r->route = server_name(of, &r->arena);
	buf_add_text(&r->body, v->e.text);
	buf_addf(&r->remarks, "%s\n", v->e.text);
}

/* What the share of errors asks for, with the environment's fields. */
static void
server_error(struct serving *v, struct mock_reply *r)
{
	static const struct mock_response none = { .status = 200 };
	const struct route *route = &v->s->routes[v->route];
	const struct mock_errors *errors = server_errors(v);
	struct respond_plan plan = { .of = &none };
	struct responding d = {
		.env = v->s->env,
		.env_headers = &v->s->headers,
		.plan = &plan,
		.use = &v->use,
		.c = v->q->c,
	};

	server_manner(v, NULL, r);
	r->fault = errors->fault;
	r->route = server_name(route->of, &r->arena);
	respond_json(&d,
	    STR("{\"title\":\"An error by chance\",\"detail\":"
		"\"The errors of the route ask for it.\"}"),
	    errors->status != 0 ? (int)errors->status : 503, r);
}

/* Whether a hit is of the method; CRUD routes have several. */
static bool
server_has_method(const struct mock_route *of, struct str method, bool item)
{
	if (of->type == MOCK_ROUTE_CRUD)
		return crud_has_method(method, item);
	return str_is(of->method, "all") || str_ieq(of->method, method);
}

/* A path that a route has under another method, asked about by a browser. */
static bool
server_has_preflight(const struct server *s, struct str method)
{
	return s->env->cors && str_is(method, "OPTIONS");
}

static bool
server_preflight(struct serving *v, struct mock_reply *r)
{
	static const char cors[] =
	    "Access-Control-Allow-Origin: *\r\n"
	    "Access-Control-Allow-Methods: "
	    "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS\r\n"
	    "Access-Control-Allow-Headers: Content-Type, Origin, Accept, "
	    "Authorization, Content-Length, X-Requested-With\r\n";

	if (!server_has_preflight(v->s, v->q->from->method))
		return false;
	r->status = 200;
	r->headers = STR(cors);
	r->route = STR("cors");
	r->latency_ms = v->s->env->latency_ms;
	return true;
}

bool
server_may_answer(const struct server *s, struct str method, struct str target)
{
	const struct asked_from from = { .method = method, .target = target };
	struct arena a = { 0 };
	struct pattern_match match;
	struct router_hit *hits;
	struct str path = asked_path(asked_new(&a, &from));
	size_t n = router_find(s->router, path, &a, &hits), i;
	bool may = false;

	for (i = 0; i < n && !may; i++)
		may = (server_has_preflight(s, method) ||
			  server_has_method(s->routes[hits[i].order / 2].of,
			      method, hits[i].order % 2 == SERVER_ITEMS)) &&
		      pattern_fits(
			  hits[i].pattern, hits[i].form, path, &a, &match);
	arena_fini(&a);
	return may;
}

static bool
server_try(struct serving *v, struct mock_reply *r)
{
	struct str path = asked_path(v->asked);
	struct pattern_match match;
	struct router_hit *hits;
	size_t n = router_find(v->s->router, path, &r->arena, &hits), i, k;
	bool known = false, item;
	const struct mock_route *of;

	for (i = 0; i < n; i++) {
		v->hit = &hits[i];
		v->route = hits[i].order / 2;
		item = hits[i].order % 2 == SERVER_ITEMS;
		of = v->s->routes[v->route].of;
		if (!pattern_fits(
			hits[i].pattern, hits[i].form, path, &r->arena, &match))
			continue;
		known = true;
		if (!server_has_method(of, v->q->from->method, item))
			continue;
		asked_set_match(v->asked, &match);
		k = server_choose(v, state_number(v->q->state, of->key));
		if (k == SERVER_FAILED)
			server_fail(v, r);
		else if (k == SERVER_ERROR)
			server_error(v, r);
		else if (k < of->nresponses)
			server_reply(v, k, item, r);
		else
			continue;
		return true;
	}
	return known && server_preflight(v, r);
}

void
server_begin(struct serving *v, struct server *s,
    const struct server_request *q, struct arena *a)
{
	struct asked_from from = {
		.method = q->from->method,
		.target = q->from->target,
		.authority = q->from->authority,
		.client_address = q->from->client,
		.body = q->from->body,
		.headers = q->from->headers,
		.port = q->from->port,
		.prefix = s->prefix,
		.socket = q->from->socket,
	};

	*v = (struct serving){ .s = s, .q = q };
	v->asked = asked_new(a, &from);
	q->c->request = asked_template(v->asked);
	state_use_begin(&v->use, q->state, s->env, s->buckets, q->c);
}

void
server_end(struct serving *v)
{
	state_use_end(&v->use);
}

bool
server_answer(
    struct server *s, const struct server_request *q, struct mock_reply *r)
{
	struct serving v;
	struct str remark;
	bool answered;

	server_begin(&v, s, q, &r->arena);
	answered = server_try(&v, r);
	server_end(&v);
	remark = asked_remark(v.asked);
	if (answered && remark.n > 0)
		buf_addf(&r->remarks, "%.*s\n", STR_ARGS(remark));
	return answered;
}
