/*
 * Literal routes in a hash table by method and path.  Chains keep the order
 * of adding, and a route for any method competes with those of one method
 * by that order, too.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"

#include "mock/mocks.h"

#define BUCKETS_FIRST 64

struct route {
	struct route *next; /* in its bucket, in the order of adding */
	struct str method;  /* "*" for any */
	struct str path;
	struct mock_reply reply;
};

struct mocks {
	struct arena arena;     /* routes and their strings */
	struct route **buckets; /* by path */
	size_t nbuckets;        /* a power of two */
	size_t n;
};

/* FNV-1a: the routes are the operator's own, so nobody builds collisions. */
static uint64_t
mocks_hash(struct str path)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < path.n; i++)
		h = (h ^ (unsigned char)path.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static struct route **
mocks_bucket(const struct mocks *m, struct str path)
{
	return &m->buckets[mocks_hash(path) & (m->nbuckets - 1)];
}

struct mocks *
mocks_new(void)
{
	struct mocks *m = xcalloc(1, sizeof(*m));

	m->nbuckets = BUCKETS_FIRST;
	m->buckets = xcalloc(m->nbuckets, sizeof(*m->buckets));
	return m;
}

void
mocks_free(struct mocks *m)
{
	if (m == NULL)
		return;
	arena_fini(&m->arena);
	free(m->buckets);
	free(m);
}

static void
mocks_append(struct mocks *m, struct route *r)
{
	struct route **at = mocks_bucket(m, r->path);

	while (*at != NULL)
		at = &(*at)->next;
	r->next = NULL;
	*at = r;
}

/* Twice the buckets.  Routes of one path stay in their order, because they
 * come from one chain and are appended one by one. */
static void
mocks_grow(struct mocks *m)
{
	struct route **old = m->buckets, *r, *next;
	size_t nold = m->nbuckets, i;

	m->nbuckets *= 2;
	m->buckets = xcalloc(m->nbuckets, sizeof(*m->buckets));
	for (i = 0; i < nold; i++) {
		for (r = old[i]; r != NULL; r = next) {
			next = r->next;
			mocks_append(m, r);
		}
	}
	free(old);
}

void
mocks_add(struct mocks *m, const char *id, const char *method, const char *path,
    int status, const char *headers, const char *body)
{
	struct route *r = arena_zalloc(&m->arena, sizeof(*r));

	r->method = arena_str(&m->arena, str_of(method));
	r->path = arena_str(&m->arena, str_of(path));
	r->reply = (struct mock_reply){
		.id = arena_str(&m->arena, str_of(id)),
		.status = status,
		.headers = arena_str(&m->arena, str_of(headers)),
		.body = arena_str(&m->arena, str_of(body)),
	};
	if (++m->n > m->nbuckets)
		mocks_grow(m);
	mocks_append(m, r);
}

const struct mock_reply *
mocks_find(const struct mocks *m, struct str method, struct str path)
{
	const struct route *r;

	for (r = *mocks_bucket(m, path); r != NULL; r = r->next)
		if (str_eq(r->path, path) &&
		    (str_is(r->method, "*") || str_eq(r->method, method)))
			return &r->reply;
	return NULL;
}
