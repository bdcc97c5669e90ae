#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "mock/state.h"

#include "mock/memory.h"

#define MEMORY_BUCKETS 1024

/* The states of a session, one of each environment; NULL until it is asked
 * for. */
struct remembered {
	struct remembered *next;          /* in its bucket */
	struct remembered *newer, *older; /* by when it was used last */
	uint64_t session;                 /* its number */
	struct state **states;
};

struct memory {
	atomic_uint refs;
	size_t most;
	void (*on_change)(void *arg);
	void *arg;
	size_t n;             /* environments */
	struct state **first; /* of requests without a session */
	pthread_mutex_t lock; /* of what follows */
	struct remembered *buckets[MEMORY_BUCKETS];
	struct remembered *newest, *oldest;
	size_t nremembered;
};

struct memory *
memory_new(size_t most_sessions, void (*on_change)(void *arg), void *arg)
{
	struct memory *m = xcalloc(1, sizeof(*m));

	atomic_init(&m->refs, 1);
	pthread_mutex_init(&m->lock, NULL);
	m->most = most_sessions;
	m->on_change = on_change;
	m->arg = arg;
	return m;
}

struct memory *
memory_ref(struct memory *m)
{
	atomic_fetch_add(&m->refs, 1);
	return m;
}

static void
memory_unlink(struct memory *m, struct remembered *x)
{
	*(x->newer != NULL ? &x->newer->older : &m->newest) = x->older;
	*(x->older != NULL ? &x->older->newer : &m->oldest) = x->newer;
}

static void
memory_link(struct memory *m, struct remembered *x)
{
	x->newer = NULL;
	x->older = m->newest;
	*(m->newest != NULL ? &m->newest->newer : &m->oldest) = x;
	m->newest = x;
}

static struct remembered **
memory_place(struct memory *m, uint64_t session)
{
	struct remembered **at = &m->buckets[session % MEMORY_BUCKETS];

	while (*at != NULL && (*at)->session != session)
		at = &(*at)->next;
	return at;
}

static void
memory_drop(struct memory *m, struct remembered *x)
{
	size_t i;

	*memory_place(m, x->session) = x->next;
	memory_unlink(m, x);
	m->nremembered--;
	for (i = 0; i < m->n; i++)
		state_unref(x->states[i]);
	free(x->states);
	free(x);
}

void
memory_unref(struct memory *m)
{
	size_t i;

	if (m == NULL || atomic_fetch_sub(&m->refs, 1) != 1)
		return;
	while (m->oldest != NULL)
		memory_drop(m, m->oldest);
	for (i = 0; i < m->n; i++)
		state_unref(m->first[i]);
	pthread_mutex_destroy(&m->lock);
	free(m->first);
	free(m);
}

size_t
memory_add(struct memory *m)
{
	m->first = xrealloc(m->first, (m->n + 1) * sizeof(*m->first));
	m->first[m->n] = state_new(NULL);
	state_on_change(m->first[m->n], m->on_change, m->arg);
	return m->n++;
}

static struct remembered *
memory_enter(struct memory *m, uint64_t session)
{
	struct remembered *x = *memory_place(m, session);

	if (x != NULL) {
		memory_unlink(m, x);
	} else {
		if (m->nremembered >= m->most && m->oldest != NULL)
			memory_drop(m, m->oldest);
		x = xcalloc(1, sizeof(*x));
		x->session = session;
		x->states = xcalloc(m->n, sizeof(struct state *));
		*memory_place(m, session) = x;
		m->nremembered++;
	}
	memory_link(m, x);
	return x;
}

struct state *
memory_state(struct memory *m, size_t environment, uint64_t session)
{
	struct state *first = m->first[environment], **at;

	if (session == 0)
		return state_ref(first);
	pthread_mutex_lock(&m->lock);
	at = &memory_enter(m, session)->states[environment];
	if (*at == NULL)
		*at = state_new(first);
	first = state_ref(*at);
	pthread_mutex_unlock(&m->lock);
	return first;
}

void
memory_forget(struct memory *m, size_t environment, const struct numbers *known)
{
	struct remembered *x;

	state_forget(m->first[environment], known);
	pthread_mutex_lock(&m->lock);
	for (x = m->newest; x != NULL; x = x->older)
		if (x->states[environment] != NULL)
			state_forget(x->states[environment], known);
	pthread_mutex_unlock(&m->lock);
}
