#include "config.h"

#include <stdlib.h>

#include "base/mem.h"
#include "mock/asked.h"
#include "mock/environment.h"
#include "mock/mocks_priv.h"
#include "mock/router.h"

#include "mock/visit.h"

static void
visit_copy(struct visit *v, const struct mock_request *from)
{
	struct arena *a = &v->arena;

	v->headers = headers_copy(from->headers, a);
	v->from = *from;
	v->from.method = arena_str(a, from->method);
	v->from.target = arena_str(a, from->target);
	v->from.authority = arena_str(a, from->authority);
	v->from.client = arena_str(a, from->client);
	v->from.body = arena_str(a, from->body);
	v->from.session = arena_str(a, from->session);
	v->from.headers = &v->headers;
}

struct visit *
visit_new(const struct serving *v, const struct router_hit *hit)
{
	struct visit *of = xcalloc(1, sizeof(*of));
	struct str path = arena_str(&of->arena, asked_path(v->asked));

	visit_copy(of, v->q->from);
	of->mocks = mocks_ref(v->q->mocks);
	of->server = v->s;
	of->state = state_ref(v->q->state);
	of->route = v->route;
	(void)pattern_fits(
	    hit->pattern, hit->form, path, &of->arena, &of->match);
	return of;
}

void
visit_free(struct visit *v)
{
	if (v == NULL)
		return;
	state_unref(v->state);
	mocks_unref(v->mocks);
	arena_fini(&v->scratch);
	arena_fini(&v->arena);
	free(v);
}

void
visit_begin(
    struct visit_turn *t, struct visit *v, struct str body, int64_t now_us)
{
	*t = (struct visit_turn){ .of = v, .from = v->from };
	t->from.body = body;
	t->from.now_us = now_us;
	arena_reset(&v->scratch);
	mocks_enter(v->mocks, &v->scratch, now_us, &t->c);
	t->q = (struct server_request){ .from = &t->from,
		.mocks = v->mocks,
		.state = v->state,
		.c = &t->c };
	server_begin(&t->serving, v->server, &t->q, &v->scratch);
	t->serving.route = v->route;
	asked_set_match(t->serving.asked, &v->match);
}

void
visit_end(struct visit_turn *t)
{
	server_end(&t->serving);
	mocks_leave(&t->c);
}
