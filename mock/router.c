#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "mock/pattern.h"

#include "mock/router.h"

#define ROUTER_BUCKETS 8     /* of a node at first */
#define ROUTER_SEGMENTS 1024 /* of a path; none fits a longer one */

struct hits {
	struct router_hit *v;
	size_t n, cap;
};

struct node {
	struct node *next; /* in its bucket */
	struct str text;
	struct node **literals; /* children by text */
	size_t nliterals, nbuckets;
	struct node *some;  /* the child for a segment with names */
	struct hits here;   /* forms that end with this segment */
	struct hits behind; /* forms that go on with a name for several */
};

struct router {
	struct node root;
};

static uint64_t
router_hash(struct str text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < text.n; i++) {
		h ^= (unsigned char)(text.p[i] >= 'A' && text.p[i] <= 'Z'
					 ? text.p[i] | 32
					 : text.p[i]);
		h *= UINT64_C(0x100000001b3);
	}
	return h ^ h >> 32;
}

struct router *
router_new(void)
{
	return xcalloc(1, sizeof(struct router));
}

static void
router_clear(struct node *node)
{
	struct node *child, *next;
	size_t i;

	for (i = 0; i < node->nbuckets; i++)
		for (child = node->literals[i]; child != NULL; child = next) {
			next = child->next;
			router_clear(child);
			free(child);
		}
	if (node->some != NULL)
		router_clear(node->some);
	free(node->some);
	free(node->literals);
	free(node->here.v);
	free(node->behind.v);
}

void
router_free(struct router *r)
{
	if (r != NULL)
		router_clear(&r->root);
	free(r);
}

static struct node *
router_literal(const struct node *node, struct str text)
{
	struct node *child = NULL;

	if (node->nbuckets > 0)
		child = node->literals[router_hash(text) % node->nbuckets];
	while (child != NULL && !str_ieq(child->text, text))
		child = child->next;
	return child;
}

static void
router_grow(struct node *node)
{
	size_t n = node->nbuckets > 0 ? 2 * node->nbuckets : ROUTER_BUCKETS;
	struct node **old = node->literals, *child, *next, **at;
	size_t i;

	node->literals = xcalloc(n, sizeof(*node->literals));
	for (i = 0; i < node->nbuckets; i++)
		for (child = old[i]; child != NULL; child = next) {
			next = child->next;
			at = &node->literals[router_hash(child->text) % n];
			child->next = *at;
			*at = child;
		}
	free(old);
	node->nbuckets = n;
}

static struct node *
router_child(struct node *node, const struct pattern_segment *s)
{
	struct node *child, **at;

	if (s->kind == PATTERN_SOME) {
		if (node->some == NULL)
			node->some = xcalloc(1, sizeof(*node->some));
		return node->some;
	}
	child = router_literal(node, s->text);
	if (child != NULL)
		return child;
	if (node->nliterals == node->nbuckets)
		router_grow(node);
	child = xcalloc(1, sizeof(*child));
	child->text = s->text;
	at = &node->literals[router_hash(s->text) % node->nbuckets];
	child->next = *at;
	*at = child;
	node->nliterals++;
	return child;
}

static void
router_put(struct hits *to, const struct router_hit *hit)
{
	if (to->n == to->cap) {
		to->cap = to->cap > 0 ? 2 * to->cap : 1;
		to->v = xrealloc(to->v, to->cap * sizeof(*to->v));
	}
	to->v[to->n++] = *hit;
}

void
router_add(struct router *r, const struct pattern *p, size_t order)
{
	const struct pattern_form *form;
	const struct pattern_segment *s;
	struct router_hit hit = { .order = order, .pattern = p };
	struct node *node;

	for (; hit.form < pattern_forms(p); hit.form++) {
		form = pattern_form(p, hit.form);
		node = &r->root;
		for (s = form->segments; s < form->segments + form->n; s++) {
			if (s->kind == PATTERN_REST)
				break;
			node = router_child(node, s);
		}
		router_put(
		    s < form->segments + form->n ? &node->behind : &node->here,
		    &hit);
	}
}

/* ---- finding ----------------------------------------------------------- */

struct search {
	struct str *segments;
	size_t n;
	struct arena *arena;
	struct router_hit *v;
	size_t nv, cap;
};

static void
router_take(struct search *s, const struct hits *from)
{
	struct router_hit *more;

	if (from->n == 0)
		return;
	if (s->nv + from->n > s->cap) {
		s->cap = 2 * (s->nv + from->n);
		more = arena_alloc(s->arena, s->cap * sizeof(*more));
		if (s->nv > 0)
			memcpy(more, s->v, s->nv * sizeof(*more));
		s->v = more;
	}
	memcpy(s->v + s->nv, from->v, from->n * sizeof(*s->v));
	s->nv += from->n;
}

/* A path may have one slash more at its end than its route. */
static void
router_walk(struct search *s, const struct node *node, size_t at)
{
	const struct node *child;

	router_take(s, at < s->n ? &node->behind : &node->here);
	if (at + 1 == s->n && s->segments[at].n == 0)
		router_take(s, &node->here);
	if (at == s->n)
		return;
	child = router_literal(node, s->segments[at]);
	if (child != NULL)
		router_walk(s, child, at + 1);
	if (node->some != NULL && s->segments[at].n > 0)
		router_walk(s, node->some, at + 1);
}

static int
router_order(const void *a, const void *b)
{
	const struct router_hit *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->form < y->form ? -1 : x->form > y->form;
}

size_t
router_find(const struct router *r, struct str path, struct arena *a,
    struct router_hit **hits)
{
	struct search s = { .arena = a };
	struct str rest = path;
	size_t i, most = 1;

	if (path.n == 0 || path.p[0] != '/')
		return 0;
	for (i = 1; i < path.n; i++)
		most += path.p[i] == '/';
	if (most > ROUTER_SEGMENTS)
		return 0;
	s.segments = arena_alloc(a, most * sizeof(*s.segments));
	rest = (struct str){ path.p + 1, path.n - 1 };
	while (s.n < most && str_cut(&rest, '/', &s.segments[s.n]))
		s.n++;
	router_walk(&s, &r->root, 0);
	if (s.nv > 1)
		qsort(s.v, s.nv, sizeof(*s.v), router_order);
	*hits = s.v;
	return s.nv;
}
