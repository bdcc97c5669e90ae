#include "config.h"

#include <string.h>

#include "base/err.h"
#include "har/exchange.h"
#include "recorder/store.h"
#include "replay/home.h"
#include "replay/shown.h"

#include "replay/nearest.h"

/* So many candidates are read whole. */
#define NEAREST_READ 4

/* Larger request bodies are compared by their size. */
#define NEAREST_BODY (1u << 20)

/* Bodies of other sizes may be less different than they look. */
#define NEAREST_UNSEEN 10

/* A recording that failed is a worse neighbour. */
#define NEAREST_FAILED 3

struct nearest_candidate {
	int64_t id;
	unsigned distance;
};

/* What is known of the candidates at a glance; the best are kept, in order. */
struct nearest_search {
	const struct nearest_to *to;
	struct nearest_candidate v[NEAREST_READ];
	size_t n;
};

static struct str
nearest_scope(const struct nearest_to *to, struct str scope)
{
	size_t i;

	for (i = 0; i < to->nscopes; i++)
		if (str_eq(scope, to->scopes[i]))
			return to->live->scope;
	return scope;
}

/* The same for an entry that may be of the home where others are. */
static struct str
nearest_scope_at(const struct nearest_to *to, struct str scope, bool at_home)
{
	size_t i;

	for (i = 0; i < to->nelsewhere && at_home; i++)
		if (str_eq(scope, to->elsewhere[i]))
			return to->live->scope;
	return nearest_scope(to, scope);
}

static void
nearest_keep(struct nearest_search *s, int64_t id, unsigned distance)
{
	size_t at = s->n;

	/* Of those that are as near, the newest comes first. */
	while (at > 0 &&
	       (distance < s->v[at - 1].distance ||
		   (distance == s->v[at - 1].distance && id > s->v[at - 1].id)))
		at--;
	if (at == NEAREST_READ)
		return;
	if (s->n < NEAREST_READ)
		s->n++;
	memmove(s->v + at + 1, s->v + at, (s->n - at - 1) * sizeof(*s->v));
	s->v[at] = (struct nearest_candidate){ id, distance };
}

/* The head and the sizes of the bodies say which ones to look into. */
static int
nearest_on_row(void *arg, const struct store_near_row *row)
{
	struct nearest_search *s = arg;
	struct compared recorded = {
		.method = row->method,
		.scope = nearest_scope_at(s->to, row->scope, true),
		.target = row->target,
		.size = row->size,
		.known = true,
	};
	struct compared live = *s->to->live;
	struct contrast_by by = { .rules = s->to->rules,
		.distance_only = true };
	struct contrast d = { 0 };

	live.headers = NULL;
	live.body.p = NULL;
	contrast_find(&d, &recorded, &live, &by);
	nearest_keep(s, row->id,
	    d.distance +
		(row->outcome != OUTCOME_COMPLETE ? NEAREST_FAILED : 0));
	contrast_fini(&d);
	return 0;
}

/* Puts what is known of x where it belongs in n. */
static void
nearest_place(struct nearest *n, const struct exchange *x, struct contrast *d)
{
	struct nearest_entry new = {
		.id = x->id,
		.method =
		    arena_str(&n->arena, shown_value(&n->arena, x->method)),
		.url = arena_str(&n->arena, shown_target(&n->arena, x->url)),
		.distance = d->distance,
	};
	size_t at = n->n;

	while (at > 0 && new.distance < n->v[at - 1].distance)
		at--;
	if (at == 0) {
		contrast_fini(&n->differences);
		n->differences = *d;
		*d = (struct contrast){ 0 };
	}
	if (at == NEAREST_MOST)
		return;
	if (n->n < NEAREST_MOST)
		n->n++;
	memmove(n->v + at + 1, n->v + at, (n->n - at - 1) * sizeof(*n->v));
	n->v[at] = new;
}

static void
nearest_compare(
    struct nearest *n, const struct nearest_to *to, const struct exchange *x)
{
	const struct body *b = &x->request.body;
	struct compared recorded = {
		.method = x->method,
		.scope = nearest_scope_at(
		    to, x->scope, home_recorded(x) == to->home),
		.target = x->target,
		.headers = &x->request.headers,
		.body = buf_str(&b->bytes),
		.size = b->size,
		.known = b->known,
	};
	struct contrast_by by = {
		.answer = &x->response.headers,
		.rules = to->rules,
		.lines = to->lines,
	};
	struct contrast d = { 0 };

	if (b->bytes.n < b->size)
		recorded.body.p = NULL;
	contrast_find(&d, &recorded, to->live, &by);
	if (x->outcome != OUTCOME_COMPLETE)
		d.distance += NEAREST_FAILED;
	nearest_place(n, x, &d);
	contrast_fini(&d);
}

/* 0, also when it is gone, or -1. */
static int
nearest_look(
    struct nearest *n, const struct nearest_to *to, int64_t id, struct err *e)
{
	struct exchange *x;
	int r = store_get(to->store, id, 0, &x, e);

	if (r != 1)
		return r;
	r = store_body_load(to->store, &x->request.body, NEAREST_BODY, e);
	if (r == 0)
		nearest_compare(n, to, x);
	exchange_free(x);
	return r;
}

int
nearest_among(struct nearest *n, const struct nearest_to *to,
    const int64_t *ids, size_t nids, struct err *e)
{
	size_t i;

	for (i = 0; i < nids && i < NEAREST_READ; i++)
		if (nearest_look(n, to, ids[i], e) == -1)
			return -1;
	return 0;
}

int
nearest_find(struct nearest *n, const struct nearest_to *to, struct err *e)
{
	struct nearest_search s = { .to = to };
	size_t i;

	if (store_near(to->store, to->tape, to->live->target, nearest_on_row,
		&s, e) == -1)
		return -1;
	for (i = 0; i < s.n; i++) {
		if (n->n > 0 &&
		    s.v[i].distance > n->v[0].distance + NEAREST_UNSEEN)
			break;
		if (nearest_look(n, to, s.v[i].id, e) == -1)
			return -1;
	}
	return 0;
}

void
nearest_fini(struct nearest *n)
{
	contrast_fini(&n->differences);
	arena_fini(&n->arena);
	*n = (struct nearest){ 0 };
}
