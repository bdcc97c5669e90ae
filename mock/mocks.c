#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/random.h"
#include "har/url.h"
#include "mock/callback.h"
#include "mock/environment.h"
#include "mock/fakers.h"
#include "mock/memory.h"
#include "mock/numbers.h"
#include "mock/server_priv.h"
#include "mock/socket.h"
#include "mock/state.h"
#include "mock/stream.h"
#include "mock/template.h"

#include "mock/mocks_priv.h"

static struct mocks *
mocks_on(struct ground *g)
{
	struct mocks *m = xcalloc(1, sizeof(*m));

	atomic_init(&m->refs, 1);
	atomic_fetch_add(&g->refs, 1);
	m->ground = g;
	m->fakers = g->fakers;
	return m;
}

struct mocks *
mocks_new(const struct mocks_options *o)
{
	struct ground *g = xcalloc(1, sizeof(*g));

	atomic_init(&g->refs, 0);
	g->options = *o;
	g->memory = memory_new(o->most_sessions, o->on_change, o->arg);
	g->random = random_new(o->seeded, o->seed);
	return mocks_on(g);
}

struct mocks *
mocks_ref(struct mocks *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

static void
ground_unref(struct ground *g)
{
	if (atomic_fetch_sub(&g->refs, 1) != 1)
		return;
	memory_unref(g->memory);
	fakers_free(g->fakers);
	random_free(g->random);
	buf_free(&g->strange);
	free(g);
}

void
mocks_unref(struct mocks *m)
{
	size_t i;

	if (m == NULL || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	for (i = 0; i < m->n; i++)
		server_unref(m->served[i].server);
	ground_unref(m->ground);
	arena_fini(&m->arena);
	free(m->served);
	free(m);
}

/* ---- contexts ------------------------------------------------------------ */

static double
mocks_random(void *arg)
{
	return random_unit(arg);
}

/* Environment variables that templates may see have this in front. */
#define MOCKS_ENV "MOCKOON_"

static const char *
mocks_env(void *arg, struct str name)
{
	struct buf whole = { 0 };
	const char *value;

	(void)arg;
	if (!str_starts(name, MOCKS_ENV))
		buf_add_text(&whole, MOCKS_ENV);
	buf_add_str(&whole, name);
	value = getenv(buf_text(&whole));
	buf_free(&whole);
	return value;
}

void
mocks_enter(const struct mocks *m, struct arena *a, int64_t now_us,
    struct template_context *c)
{
	*c = (struct template_context){
		.arena = a,
		.root = VALUE_NONE,
		.now_us = now_us,
		.clock = clock_mono_us,
		.random = mocks_random,
		.random_arg = m->ground->random,
		.env = mocks_env,
	};
	if (m->fakers == NULL)
		return;
	c->fakers = arena_alloc(a, sizeof(*c->fakers));
	fakers_begin(c->fakers, m->fakers, now_us);
}

void
mocks_leave(struct template_context *c)
{
	if (c->fakers != NULL)
		fakers_end(c->fakers);
}

/* ---- environments ------------------------------------------------------- */

/* Fake data is there once a template may ask for it. */
static int
mocks_fakers(struct mocks *m, const struct server *s, struct err *e)
{
	struct ground *g = m->ground;

	if (g->fakers == NULL && server_has_templates(s)) {
		g->fakers = fakers_new(
		    g->options.locale, g->options.seeded, g->options.seed, e);
		if (g->fakers == NULL)
			return -1;
	}
	m->fakers = g->fakers;
	return 0;
}

static void
mocks_generate(struct mocks *m, size_t i, int64_t now_us)
{
	struct arena arena = { 0 };
	struct template_context c;
	struct state *shared = memory_state(m->ground->memory, i, 0);

	mocks_enter(m, &arena, now_us, &c);
	server_generate(m->served[i].server, shared, &c);
	mocks_leave(&c);
	state_unref(shared);
	arena_fini(&arena);
}

/* The server moves in also on failure. */
static int
mocks_put(struct mocks *m, size_t i, struct server *s, struct err *e)
{
	struct served *at = &m->served[i];

	if (s == NULL)
		return -1;
	server_unref(at->server);
	at->server = s;
	return mocks_fakers(m, s, e);
}

static struct mocks_place
mocks_place(struct mocks *m, const struct mocks_place *at)
{
	return (struct mocks_place){ arena_str(&m->arena, at->host),
		arena_str(&m->arena, at->prefix) };
}

int
mocks_add(struct mocks *m, struct environment *env,
    const struct mocks_place *at, int64_t now_us, struct buf *remarks,
    struct err *e)
{
	size_t i = m->n;
	struct server *s =
	    server_new(env, at->prefix, &m->ground->options, remarks, e);

	m->served = xrealloc(m->served, (m->n + 1) * sizeof(*m->served));
	m->served[m->n++] = (struct served){ .at = mocks_place(m, at) };
	(void)memory_add(m->ground->memory);
	if (mocks_put(m, i, s, e) == -1)
		return -1;
	mocks_generate(m, i, now_us);
	return 0;
}

void
mocks_put_ahead(struct mocks *m)
{
	m->served[m->n - 1].ahead = true;
}

struct mocks *
mocks_with(const struct mocks *old, size_t i, struct environment *env,
    int64_t now_us, struct buf *remarks, struct err *e)
{
	struct server *s = server_new(
	    env, old->served[i].at.prefix, &old->ground->options, remarks, e);
	struct mocks *m = mocks_on(old->ground);
	size_t k;

	m->n = old->n;
	m->served = xcalloc(m->n, sizeof(*m->served));
	for (k = 0; k < m->n; k++) {
		m->served[k].at = mocks_place(m, &old->served[k].at);
		m->served[k].server = server_ref(old->served[k].server);
		m->served[k].ahead = old->served[k].ahead;
	}
	if (mocks_put(m, i, s, e) == -1) {
		mocks_unref(m);
		return NULL;
	}
	mocks_generate(m, i, now_us);
	return m;
}

size_t
mocks_routes(const struct mocks *m, size_t i)
{
	return server_routes(m->served[i].server);
}

bool
mocks_empty(const struct mocks *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (server_routes(m->served[i].server) > 0)
			return false;
	return true;
}

void
mocks_forget(struct mocks *m, size_t i)
{
	struct numbers known = { 0 };

	server_known(m->served[i].server, &known);
	memory_forget(m->ground->memory, i, &known);
	numbers_fini(&known);
}

void
mocks_reset(struct mocks *m, uint64_t session, unsigned parts)
{
	struct state *s;
	size_t i;

	for (i = 0; i < m->n; i++) {
		s = memory_state(m->ground->memory, i, session);
		state_reset(s, parts & MOCKS_COUNTERS, parts & MOCKS_BUCKETS,
		    parts & MOCKS_VARIABLES);
		state_unref(s);
	}
}

/* ---- requests ------------------------------------------------------------ */

/* Who is asked, in this order. */
enum mocks_round { ROUND_AHEAD, ROUND_HOST, ROUND_ANY, ROUNDS };

static bool
mocks_is_asked(const struct served *at, const struct mock_request *q,
    enum mocks_round round)
{
	if (at->ahead)
		return round == ROUND_AHEAD && server_routes(at->server) > 0;
	if (round == ROUND_HOST)
		return at->at.host.n > 0 &&
		       url_host_covers(at->at.host, q->authority);
	return round == ROUND_ANY && at->at.host.n == 0;
}

/* Whether an environment of that round answers. */
static bool
mocks_ask(struct mocks *m, struct server_request *sq, enum mocks_round round,
    struct mock_reply *r)
{
	const struct mock_request *q = sq->from;
	const struct served *at;
	bool answered = false;
	size_t i;

	for (i = 0; i < m->n && !answered; i++) {
		at = &m->served[i];
		if (!mocks_is_asked(at, q, round))
			continue;
		sq->state =
		    memory_state(m->ground->memory, i, q->session_number);
		answered = server_answer(at->server, sq, r);
		state_unref(sq->state);
	}
	return answered;
}

bool
mocks_have_sockets(const struct mocks *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (server_has_sockets(m->served[i].server))
			return true;
	return false;
}

static struct socket *
mocks_find_socket(struct mocks *m, struct server_request *sq,
    enum mocks_round round, struct arena *a)
{
	struct socket *found = NULL;
	size_t i;

	for (i = 0; i < m->n && found == NULL; i++) {
		if (!mocks_is_asked(&m->served[i], sq->from, round))
			continue;
		sq->state = memory_state(
		    m->ground->memory, i, sq->from->session_number);
		found = socket_find(m->served[i].server, sq, a);
		state_unref(sq->state);
	}
	return found;
}

struct socket *
mocks_socket(struct mocks *m, const struct mock_request *q)
{
	struct arena arena = { 0 };
	struct template_context c;
	struct server_request sq = { .from = q, .mocks = m, .c = &c };
	struct socket *found = NULL;
	int round;

	mocks_enter(m, &arena, q->now_us, &c);
	for (round = 0; round < ROUNDS && found == NULL; round++)
		found = mocks_find_socket(m, &sq, round, &arena);
	mocks_leave(&c);
	arena_fini(&arena);
	return found;
}

bool
mocks_answer(
    struct mocks *m, const struct mock_request *q, struct mock_reply *r)
{
	struct template_context c;
	struct server_request sq = { .from = q, .mocks = m, .c = &c };
	bool answered = false;
	int round;

	mocks_enter(m, &r->arena, q->now_us, &c);
	for (round = 0; round < ROUNDS && !answered; round++)
		answered = mocks_ask(m, &sq, round, r);
	mocks_leave(&c);
	if (answered)
		r->of = mocks_ref(m);
	return answered;
}

bool
mocks_may_answer(const struct mocks *m, const struct mock_request *q)
{
	bool may = false;
	int round;
	size_t i;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < m->n && !may; i++)
			may = mocks_is_asked(&m->served[i], q, round) &&
			      server_may_answer(
				  m->served[i].server, q->method, q->target);
	return may;
}

bool
mocks_have_callbacks(const struct mocks *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (server_has_callbacks(m->served[i].server))
			return true;
	return false;
}

void
mock_reply_fini(struct mock_reply *r)
{
	stream_free(r->stream);
	arena_fini(&r->arena);
	buf_free(&r->body);
	buf_free(&r->remarks);
	callback_free_all(r->callbacks);
	mocks_unref(r->of);
}
