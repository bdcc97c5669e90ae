#include "config.h"

#include <stdatomic.h>
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
#include "mock/value_json.h"

#include "mock/mocks_priv.h"

/* What all versions share. */
struct ground {
	atomic_uint refs;
	struct mocks_options options;
	struct memory *memory;
	struct fakers *fakers; /* NULL until there is a template */
	struct random *random;
	struct buf strange; /* state of environments that are not there */
};

struct served {
	struct server *server;
	struct mocks_place at; /* in the arena */
};

struct mocks {
	atomic_uint refs;
	struct ground *ground;
	struct fakers *fakers; /* the ground's, or NULL */
	struct arena arena;
	struct served *served;
	size_t n;
};

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
	if (m->fakers != NULL)
		c->faker = fakers_take(m->fakers, now_us);
}

void
mocks_leave(const struct mocks *m, struct template_context *c)
{
	if (c->faker != NULL)
		fakers_give(m->fakers, c->faker);
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
	mocks_leave(m, &c);
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
	return server_environment(m->served[i].server)->nroutes;
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

/* ---- state as text ------------------------------------------------------- */

#define MOCKS_STATE_VERSION 1

static void
mocks_write_line(struct value line, struct arena *a, struct buf *out)
{
	struct values v = { .arena = a };

	(void)value_write_json(&v, out, line, 0, true); /* never undefined */
	buf_add_text(out, "\n");
	arena_reset(a);
}

/* The prefix as --mocks has it. */
static struct str
mocks_prefix(const struct mocks_place *at, struct arena *a)
{
	return str_of(arena_printf(
	    a, "%.*s%.*s", STR_ARGS(at->host), STR_ARGS(at->prefix)));
}

static void
mocks_write_environment(struct mocks *m, size_t i, struct buf *out)
{
	const struct environment *env = server_environment(m->served[i].server);
	struct state *s = memory_state(m->ground->memory, i, 0);
	struct arena a = { 0 };
	struct values v = { .arena = &a };
	struct value line = value_new_object(&v);

	value_set(&v, line, STR("file"), value_text(env->path));
	value_set(&v, line, STR("prefix"),
	    value_text(mocks_prefix(&m->served[i].at, &a)));
	mocks_write_line(line, &a, out);
	state_write(s, env, out);
	state_unref(s);
	arena_fini(&a);
}

void
mocks_write_state(struct mocks *m, struct buf *out)
{
	size_t i;

	buf_addf(out, "{\"hark\":\"mock-state\",\"version\":%d}\n",
	    MOCKS_STATE_VERSION);
	for (i = 0; i < m->n; i++)
		mocks_write_environment(m, i, out);
	buf_add_str(out, buf_str(&m->ground->strange));
	buf_add_text(out, "{\"end\":true}\n");
}

/* The reading of it, line by line. */
struct mocks_reading {
	struct mocks *m;
	struct buf *remarks;
	size_t number;        /* of the line */
	size_t at;            /* the environment; m->n for a strange one,
			       * SIZE_MAX before the first */
	bool *read;           /* environments */
	struct numbers known; /* of the environment */
	bool began, ended;
};

static int
mocks_read_head(struct mocks_reading *r, struct value line, struct err *e)
{
	struct value what = value_get(line, STR("hark")),
		     version = value_get(line, STR("version"));

	if (what.kind != VALUE_TEXT || !str_is(what.text, "mock-state"))
		return err_set(e, "expected a file that hark has written");
	if (version.kind != VALUE_NUMBER ||
	    version.number != MOCKS_STATE_VERSION)
		return err_set(e, "expected version %d, which this hark writes",
		    MOCKS_STATE_VERSION);
	r->began = true;
	return 0;
}

static int
mocks_read_file(struct mocks_reading *r, struct value line, struct err *e)
{
	struct value file = value_get(line, STR("file")),
		     prefix = value_get(line, STR("prefix"));
	struct arena a = { 0 };
	const struct served *s;

	if (file.kind != VALUE_TEXT || prefix.kind != VALUE_TEXT)
		return err_set(e, "expected file and prefix");
	for (r->at = 0; r->at < r->m->n; r->at++) {
		s = &r->m->served[r->at];
		if (!r->read[r->at] &&
		    str_eq(server_environment(s->server)->path, file.text) &&
		    str_eq(mocks_prefix(&s->at, &a), prefix.text))
			break;
	}
	arena_fini(&a);
	numbers_fini(&r->known);
	if (r->at < r->m->n) {
		r->read[r->at] = true;
		server_known(r->m->served[r->at].server, &r->known);
	} else {
		buf_addf(r->remarks,
		    "line %zu: %.*s%s%.*s is not among the mocks; what is "
		    "here of it stays here\n",
		    r->number, STR_ARGS(prefix.text),
		    prefix.text.n > 0 ? "=" : "", STR_ARGS(file.text));
	}
	return 0;
}

static int
mocks_read_state_of(struct mocks_reading *r, struct value line, struct err *e)
{
	struct state *s = memory_state(r->m->ground->memory, r->at, 0);
	int rc = state_read(s, server_environment(r->m->served[r->at].server),
	    &r->known, line, e);

	if (rc == 1)
		buf_addf(r->remarks, "line %zu: %s\n", r->number, e->text);
	state_unref(s);
	return rc == -1 ? -1 : 0;
}

static int
mocks_read_line(struct mocks_reading *r, struct str text, struct err *e)
{
	struct arena a = { 0 };
	struct values v = { .arena = &a };
	struct value line;
	int rc = 0;

	if (value_read_json(&v, text, &line) == -1 || line.kind != VALUE_OBJECT)
		rc = err_set(e, "expected a JSON object");
	else if (!r->began)
		rc = mocks_read_head(r, line, e);
	else if (r->ended)
		rc = err_set(e, "expected nothing behind the end");
	else if (value_has(line, STR("end")))
		r->ended = true;
	else if (value_has(line, STR("file")))
		rc = mocks_read_file(r, line, e);
	else if (r->at < r->m->n)
		rc = mocks_read_state_of(r, line, e);
	else if (r->at > r->m->n)
		rc = err_set(e, "expected the file that this is of");
	if (rc == 0 && r->at == r->m->n && !r->ended) {
		buf_add_str(&r->m->ground->strange, text);
		buf_add_text(&r->m->ground->strange, "\n");
	}
	arena_fini(&a);
	return rc;
}

int
mocks_read_state(
    struct mocks *m, struct str text, struct buf *remarks, struct err *e)
{
	struct mocks_reading r = { .m = m, .remarks = remarks, .at = SIZE_MAX };
	struct str line;
	int rc = 0;

	r.read = xcalloc(m->n + 1, sizeof(*r.read));
	while (rc == 0 && str_cut(&text, '\n', &line)) {
		r.number++;
		if (line.n > 0 || text.p != NULL)
			rc = mocks_read_line(&r, line, e);
		if (rc == -1)
			err_wrap(e, "line %zu", r.number);
	}
	if (rc == 0 && !r.ended)
		rc = err_set(e, "line %zu: the file is cut off here", r.number);
	numbers_fini(&r.known);
	free(r.read);
	return rc;
}

/* ---- requests ------------------------------------------------------------ */

/* In one round those for the host that the client named are asked, in another
 * one those for any host. */
static bool
mocks_is_asked(
    const struct served *at, const struct mock_request *q, bool any_host)
{
	return any_host == (at->at.host.n == 0) &&
	       (any_host || url_host_covers(at->at.host, q->authority));
}

/* Whether an environment for the host of the request answers, or, for
 * any_host, one that is for any. */
static bool
mocks_ask(struct mocks *m, struct server_request *sq, bool any_host,
    struct mock_reply *r)
{
	const struct mock_request *q = sq->from;
	const struct served *at;
	bool answered = false;
	size_t i;

	for (i = 0; i < m->n && !answered; i++) {
		at = &m->served[i];
		if (!mocks_is_asked(at, q, any_host))
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
mocks_find_socket(
    struct mocks *m, struct server_request *sq, bool any_host, struct arena *a)
{
	struct socket *found = NULL;
	size_t i;

	for (i = 0; i < m->n && found == NULL; i++) {
		if (!mocks_is_asked(&m->served[i], sq->from, any_host))
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
	struct socket *found;

	mocks_enter(m, &arena, q->now_us, &c);
	found = mocks_find_socket(m, &sq, false, &arena);
	if (found == NULL)
		found = mocks_find_socket(m, &sq, true, &arena);
	mocks_leave(m, &c);
	arena_fini(&arena);
	return found;
}

bool
mocks_answer(
    struct mocks *m, const struct mock_request *q, struct mock_reply *r)
{
	struct template_context c;
	struct server_request sq = { .from = q, .mocks = m, .c = &c };
	bool answered;

	mocks_enter(m, &r->arena, q->now_us, &c);
	answered = mocks_ask(m, &sq, false, r) || mocks_ask(m, &sq, true, r);
	mocks_leave(m, &c);
	if (answered)
		r->of = mocks_ref(m);
	return answered;
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
