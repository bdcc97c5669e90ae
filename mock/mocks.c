#include "config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/random.h"
#include "mock/environment.h"
#include "mock/fakers.h"
#include "mock/server.h"
#include "mock/state.h"
#include "mock/template.h"

#include "mock/mocks.h"

#define MOCKS_BUCKETS 1024

/* The states of a session, one of each environment. */
struct remembered {
	struct remembered *next;          /* in its bucket */
	struct remembered *newer, *older; /* by when it was used last */
	uint64_t session;                 /* its number; 0 for none */
	struct state **states;
};

struct mocks {
	struct mocks_options options;
	struct server **servers;
	size_t n;
	struct fakers *fakers; /* NULL until there is a template */
	struct random *random;
	pthread_mutex_t lock; /* of what follows */
	struct remembered *buckets[MOCKS_BUCKETS];
	struct remembered *newest, *oldest;
	size_t nremembered;
	struct state **first; /* of requests without a session */
};

struct mocks *
mocks_new(const struct mocks_options *o)
{
	struct mocks *m = xcalloc(1, sizeof(*m));

	m->options = *o;
	m->random = random_new(o->seeded, o->seed);
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

/* ---- what sessions remember --------------------------------------------- */

static void
mocks_unlink(struct mocks *m, struct remembered *x)
{
	*(x->newer != NULL ? &x->newer->older : &m->newest) = x->older;
	*(x->older != NULL ? &x->older->newer : &m->oldest) = x->newer;
}

static void
mocks_link(struct mocks *m, struct remembered *x)
{
	x->newer = NULL;
	x->older = m->newest;
	*(m->newest != NULL ? &m->newest->newer : &m->oldest) = x;
	m->newest = x;
}

static struct remembered **
mocks_place(struct mocks *m, uint64_t session)
{
	struct remembered **at = &m->buckets[session % MOCKS_BUCKETS];

	while (*at != NULL && (*at)->session != session)
		at = &(*at)->next;
	return at;
}

static void
mocks_forget(struct mocks *m, struct remembered *x)
{
	size_t i;

	*mocks_place(m, x->session) = x->next;
	mocks_unlink(m, x);
	m->nremembered--;
	for (i = 0; i < m->n; i++)
		state_unref(x->states[i]);
	free(x->states);
	free(x);
}

static struct remembered *
mocks_remember(struct mocks *m, uint64_t session)
{
	struct remembered *x = xcalloc(1, sizeof(*x)), **at;
	size_t i;

	if (m->nremembered >= m->options.most_sessions && m->oldest != NULL)
		mocks_forget(m, m->oldest);
	x->session = session;
	x->states = xcalloc(m->n, sizeof(struct state *));
	for (i = 0; i < m->n; i++)
		x->states[i] = server_state(m->servers[i], m->first[i], NULL);
	at = mocks_place(m, session);
	*at = x;
	mocks_link(m, x);
	m->nremembered++;
	return x;
}

/* The caller's references, one of each environment. */
static struct state **
mocks_states(struct mocks *m, uint64_t session)
{
	struct state **states = xcalloc(m->n, sizeof(struct state *));
	struct remembered *x;
	size_t i;

	pthread_mutex_lock(&m->lock);
	if (session == 0) {
		for (i = 0; i < m->n; i++)
			states[i] = state_ref(m->first[i]);
		pthread_mutex_unlock(&m->lock);
		return states;
	}
	x = *mocks_place(m, session);
	if (x == NULL) {
		x = mocks_remember(m, session);
	} else {
		mocks_unlink(m, x);
		mocks_link(m, x);
	}
	for (i = 0; i < m->n; i++)
		states[i] = state_ref(x->states[i]);
	pthread_mutex_unlock(&m->lock);
	return states;
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

static struct template_context
mocks_context(struct mocks *m, struct arena *a, int64_t now_us)
{
	return (struct template_context){
		.arena = a,
		.root = VALUE_NONE,
		.now_us = now_us,
		.clock = clock_mono_us,
		.random = mocks_random,
		.random_arg = m->random,
		.env = mocks_env,
	};
}

/* ---- environments ---------------------------------------------------------
 */

int
mocks_add(struct mocks *m, struct environment *env, struct str prefix,
    int64_t now_us, struct buf *remarks, struct err *e)
{
	struct server *s = server_new(env, prefix, &m->options, remarks, e);
	struct arena arena = { 0 };
	struct template_context c;

	if (s == NULL)
		return -1;
	if (m->fakers == NULL && server_has_templates(s)) {
		m->fakers = fakers_new(
		    m->options.locale, m->options.seeded, m->options.seed, e);
		if (m->fakers == NULL) {
			server_free(s);
			return -1;
		}
	}
	c = mocks_context(m, &arena, now_us);
	if (m->fakers != NULL)
		c.faker = fakers_take(m->fakers, now_us);
	m->servers = xrealloc(m->servers, (m->n + 1) * sizeof(*m->servers));
	m->first = xrealloc(m->first, (m->n + 1) * sizeof(*m->first));
	m->servers[m->n] = s;
	m->first[m->n] = server_state(s, NULL, &c);
	m->n++;
	if (c.faker != NULL)
		fakers_give(m->fakers, c.faker);
	arena_fini(&arena);
	return 0;
}

void
mocks_free(struct mocks *m)
{
	size_t i;

	if (m == NULL)
		return;
	while (m->oldest != NULL)
		mocks_forget(m, m->oldest);
	for (i = 0; i < m->n; i++) {
		state_unref(m->first[i]);
		server_free(m->servers[i]);
	}
	pthread_mutex_destroy(&m->lock);
	fakers_free(m->fakers);
	random_free(m->random);
	free(m->servers);
	free(m->first);
	free(m);
}

bool
mocks_answer(
    struct mocks *m, const struct mock_request *q, struct mock_reply *r)
{
	struct template_context c = mocks_context(m, &r->arena, q->now_us);
	struct state **states = mocks_states(m, q->session_number);
	struct server_request sq = { .from = q, .c = &c };
	bool answered = false;
	size_t i;

	if (m->fakers != NULL)
		c.faker = fakers_take(m->fakers, q->now_us);
	for (i = 0; i < m->n && !answered; i++) {
		sq.state = states[i];
		answered = server_answer(m->servers[i], &sq, r);
	}
	for (i = 0; i < m->n; i++)
		state_unref(states[i]);
	free(states);
	if (c.faker != NULL)
		fakers_give(m->fakers, c.faker);
	return answered;
}

void
mock_reply_fini(struct mock_reply *r)
{
	arena_fini(&r->arena);
	buf_free(&r->body);
	buf_free(&r->remarks);
}
