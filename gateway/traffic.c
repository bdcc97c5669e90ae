#include "config.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/traffic_flow.h"
#include "gateway/traffic_show.h"
#include "replay/library.h"

#include "gateway/traffic.h"

/* Slabs are small beside what the log may take. */
#define TRAFFIC_SLABS 1024
#define TRAFFIC_SLAB_LEAST (4u << 10)
#define TRAFFIC_SLAB_MOST (64u << 10)

/* What takes more of a slab than such a part has a block of its own. */
#define TRAFFIC_PART 4

/* References that a slab's thread gives out without asking others. */
#define TRAFFIC_CREDIT (1u << 30)

struct traffic_slab {
	atomic_uint refs; /* of what is in it, and what its thread may give */
	size_t size;
	max_align_t bytes[];
};

struct traffic {
	pthread_mutex_t lock;
	struct traffic_limits limits;
	struct traffic_row **slots; /* of number n: n % limits.rows */
	uint64_t first, last;
	uint64_t cleared, dropped;
	uint64_t changes, changed[TRAFFIC_CHANGES];
	size_t bytes;
	atomic_uint_least64_t news;
	atomic_uint readers;
};

const char *
traffic_state_text(enum traffic_state s)
{
	static const char *const texts[TRAFFIC_STATE_COUNT] = {
#define S(name, text) [TRAFFIC_##name] = text,
		TRAFFIC_STATES(S)
#undef S
	};

	return texts[s];
}

/* ---- memory ----------------------------------------------------------- */

size_t
traffic_slab_size(size_t limit)
{
	size_t size = limit / TRAFFIC_SLABS;

	return size < TRAFFIC_SLAB_LEAST  ? TRAFFIC_SLAB_LEAST
	       : size > TRAFFIC_SLAB_MOST ? TRAFFIC_SLAB_MOST
					  : size;
}

/* Takes n references away.  Whether nobody has one any more. */
static bool
traffic_slab_left(struct traffic_slab *s, unsigned n)
{
	return atomic_fetch_sub_explicit(&s->refs, n, memory_order_acq_rel) ==
	       n;
}

/* One that nobody has goes to m, which may be NULL, if that wants one. */
static void
traffic_slab_end(struct traffic_slab *s, struct traffic_memory *m)
{
	if (m != NULL && m->spare == NULL && m->size == s->size)
		m->spare = s;
	else
		free(s);
}

static void
traffic_slab_unref(struct traffic_slab *s, struct traffic_memory *m)
{
	if (traffic_slab_left(s, 1))
		traffic_slab_end(s, m);
}

/* Its thread makes nothing more in it. */
static void
traffic_memory_close(struct traffic_memory *m)
{
	struct traffic_slab *s = m->now;

	m->now = NULL;
	if (s != NULL && traffic_slab_left(s, TRAFFIC_CREDIT - m->given))
		traffic_slab_end(s, m);
}

static void
traffic_memory_renew(struct traffic_memory *m)
{
	struct traffic_slab *s;

	traffic_memory_close(m);
	s = m->spare != NULL ? m->spare : xmalloc(sizeof(*s) + m->size);
	m->spare = NULL;
	m->now = s;
	m->used = 0;
	m->given = 0;
	atomic_init(&s->refs, TRAFFIC_CREDIT);
	s->size = m->size;
}

/* n bytes and a reference to their slab; NULL: they are too many. */
static void *
traffic_memory_take(
    struct traffic_memory *m, size_t n, struct traffic_slab **slab)
{
	const size_t mask = _Alignof(max_align_t) - 1;
	char *p;

	*slab = NULL;
	n = (n + mask) & ~mask;
	if (n > m->size / TRAFFIC_PART)
		return NULL;
	if (m->now == NULL || m->now->size - m->used < n)
		traffic_memory_renew(m);
	*slab = m->now;
	p = (char *)m->now->bytes + m->used;
	m->used += n;
	m->given++;
	return p;
}

void
traffic_memory_fini(struct traffic_memory *m)
{
	traffic_memory_close(m);
	free(m->spare);
	m->spare = NULL;
}

/* ---- links ------------------------------------------------------------ */

struct traffic_link *
traffic_link_new(struct traffic_memory *m)
{
	struct traffic_slab *slab;
	struct traffic_link *l = traffic_memory_take(m, sizeof(*l), &slab);

	m->given++;
	l->slab = slab;
	atomic_init(&l->entry, 0);
	return l;
}

struct traffic_link *
traffic_link_ref(struct traffic_link *l)
{
	atomic_fetch_add_explicit(&l->slab->refs, 1, memory_order_relaxed);
	return l;
}

void
traffic_link_unref(struct traffic_link *l)
{
	if (l != NULL)
		traffic_slab_unref(l->slab, NULL);
}

/* ---- rows ------------------------------------------------------------- */

/* Bytes of its texts that are not in its block. */
static size_t
traffic_row_held(const struct traffic_row *r)
{
	return r->held != NULL ? r->text[TRAFFIC_RESPONSE_BODY].n : 0;
}

static size_t
traffic_row_size(const struct traffic_row *r)
{
	size_t i, n = sizeof(*r);

	for (i = 0; i < TRAFFIC_TEXTS; i++)
		n += r->text[i].n;
	return n - traffic_row_held(r);
}

struct traffic_row *
traffic_row_in(const struct traffic_row *of, struct traffic_memory *m)
{
	struct traffic_slab *slab = NULL;
	size_t i, room = traffic_row_size(of);
	struct traffic_row *r =
	    m != NULL ? traffic_memory_take(m, room, &slab) : NULL;
	char *p;

	if (r == NULL)
		r = xmalloc(room);
	memcpy(r, of, sizeof(*r));
	atomic_init(&r->refs, 1);
	r->slab = slab;
	r->room = room;
	r->cost += room + traffic_row_held(r);
	p = (char *)(r + 1);
	for (i = 0; i < TRAFFIC_TEXTS; i++) {
		if (of->text[i].n == 0) {
			r->text[i].p = "";
			continue;
		}
		if (i == TRAFFIC_RESPONSE_BODY && r->held != NULL)
			continue;
		memcpy(p, of->text[i].p, of->text[i].n);
		r->text[i].p = p;
		p += of->text[i].n;
	}
	if (r->flow != NULL)
		traffic_flow_ref(r->flow);
	if (r->link != NULL)
		traffic_link_ref(r->link);
	if (r->held != NULL)
		answer_ref(r->held);
	return r;
}

struct traffic_row *
traffic_row_new(const struct traffic_row *of)
{
	return traffic_row_in(of, NULL);
}

void
traffic_row_view(struct traffic_row *of, const struct traffic_row *r)
{
	size_t own = offsetof(struct traffic_row, number);

	memset(of, 0, own);
	memcpy((char *)of + own, (const char *)r + own, sizeof(*r) - own);
	of->cost -= r->room + traffic_row_held(r);
	of->held = NULL; /* a copy has all in its block */
}

struct traffic_row *
traffic_row_ref(struct traffic_row *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

/* Memory that is left of it goes to m, which may be NULL. */
static void
traffic_row_leave(struct traffic_row *r, struct traffic_memory *m)
{
	/* Who has the last one is alone. */
	if (atomic_load_explicit(&r->refs, memory_order_acquire) != 1 &&
	    atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	traffic_flow_unref(r->flow);
	if (r->link != NULL)
		traffic_slab_unref(r->link->slab, m);
	answer_unref(r->held);
	if (r->slab != NULL)
		traffic_slab_unref(r->slab, m);
	else
		free(r);
}

void
traffic_row_unref(struct traffic_row *r)
{
	if (r != NULL)
		traffic_row_leave(r, NULL);
}

int64_t
traffic_row_entry(const struct traffic_row *r)
{
	if (r->entry != 0 || r->link == NULL)
		return r->entry;
	return atomic_load(&r->link->entry);
}

struct str
traffic_field(struct str fields, const char *name)
{
	struct str line, rest = fields, key;

	while (rest.n > 0 && str_cut(&rest, '\n', &line)) {
		if (str_cut(&line, ':', &key) && line.p != NULL &&
		    str_iis(key, name)) {
			if (line.n > 0 && line.p[line.n - 1] == '\r')
				line.n--;
			return str_trim(line);
		}
	}
	return (struct str){ NULL, 0 };
}

/* ---- the ring --------------------------------------------------------- */

struct traffic *
traffic_new(const struct traffic_limits *l)
{
	struct traffic *t = xcalloc(1, sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	t->limits = *l;
	t->slots = xcalloc(l->rows, sizeof(struct traffic_row *));
	t->first = 1;
	return t;
}

static struct traffic_row **
traffic_slot(struct traffic *t, uint64_t number)
{
	return &t->slots[number % t->limits.rows];
}

/* The oldest row goes to the list; locked. */
static void
traffic_drop(struct traffic *t, struct traffic_row **list)
{
	struct traffic_row **slot = traffic_slot(t, t->first++), *r = *slot;

	*slot = NULL;
	t->bytes -= r->cost;
	r->next = *list;
	*list = r;
}

/* The rows of the list were dropped; not locked. */
static void
traffic_forget(struct traffic_row *list, struct traffic_memory *m)
{
	struct traffic_row *r;

	while ((r = list) != NULL) {
		list = r->next;
		traffic_row_leave(r, m);
	}
}

void
traffic_clear(struct traffic *t)
{
	struct traffic_row *list = NULL;

	pthread_mutex_lock(&t->lock);
	while (t->first <= t->last)
		traffic_drop(t, &list);
	t->cleared = t->last;
	t->dropped = 0;
	pthread_mutex_unlock(&t->lock);
	traffic_forget(list, NULL);
}

void
traffic_free(struct traffic *t)
{
	if (t == NULL)
		return;
	traffic_clear(t);
	pthread_mutex_destroy(&t->lock);
	free(t->slots);
	free(t);
}

/* Makes room; a row that has just come stays in any case.  Locked. */
static void
traffic_bound(struct traffic *t, struct traffic_row **list)
{
	while (t->first < t->last && t->bytes > t->limits.bytes) {
		traffic_drop(t, list);
		t->dropped++;
	}
}

static void
traffic_tell(struct traffic *t)
{
	atomic_fetch_add_explicit(&t->news, 1, memory_order_release);
}

uint64_t
traffic_add(struct traffic *t, struct traffic_row *r, struct traffic_memory *m)
{
	struct traffic_row *list = NULL;
	uint64_t number;

	pthread_mutex_lock(&t->lock);
	if (t->last + 1 - t->first == t->limits.rows) {
		traffic_drop(t, &list);
		t->dropped++;
	}
	number = r->number = ++t->last;
	t->bytes += r->cost;
	*traffic_slot(t, number) = r;
	traffic_bound(t, &list);
	pthread_mutex_unlock(&t->lock);
	traffic_tell(t);
	traffic_forget(list, m);
	return number;
}

void
traffic_replace(struct traffic *t, uint64_t number, struct traffic_row *r)
{
	struct traffic_row *list = NULL, **slot;

	r->number = number;
	r->next = NULL;
	pthread_mutex_lock(&t->lock);
	if (number < t->first) {
		list = r;
	} else {
		slot = traffic_slot(t, number);
		list = *slot;
		list->next = NULL;
		t->bytes += r->cost - list->cost;
		*slot = r;
		t->changed[t->changes++ % TRAFFIC_CHANGES] = number;
		traffic_bound(t, &list);
	}
	pthread_mutex_unlock(&t->lock);
	traffic_tell(t);
	traffic_forget(list, NULL);
}

struct traffic_row *
traffic_get(struct traffic *t, uint64_t number)
{
	struct traffic_row *r = NULL;

	pthread_mutex_lock(&t->lock);
	if (number >= t->first && number <= t->last)
		r = traffic_row_ref(*traffic_slot(t, number));
	pthread_mutex_unlock(&t->lock);
	return r != NULL ? traffic_show(r) : NULL;
}

static size_t
traffic_show_all(struct traffic_row **rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		rows[i] = traffic_show(rows[i]);
	return n;
}

size_t
traffic_before(
    struct traffic *t, uint64_t before, struct traffic_row **rows, size_t most)
{
	size_t n = 0;

	pthread_mutex_lock(&t->lock);
	if (before > t->last + 1)
		before = t->last + 1;
	while (n < most && before > t->first)
		rows[n++] = traffic_row_ref(*traffic_slot(t, --before));
	pthread_mutex_unlock(&t->lock);
	return traffic_show_all(rows, n);
}

size_t
traffic_after(
    struct traffic *t, uint64_t after, struct traffic_row **rows, size_t most)
{
	size_t n = 0;

	pthread_mutex_lock(&t->lock);
	if (after + 1 < t->first)
		after = t->first - 1;
	while (n < most && after < t->last)
		rows[n++] = traffic_row_ref(*traffic_slot(t, ++after));
	pthread_mutex_unlock(&t->lock);
	return traffic_show_all(rows, n);
}

int
traffic_changes(struct traffic *t, uint64_t *seen, uint64_t *numbers, int most)
{
	int n = 0;

	pthread_mutex_lock(&t->lock);
	if (t->changes - *seen > TRAFFIC_CHANGES) {
		*seen = t->changes;
		n = -1;
	}
	while (*seen < t->changes && n < most)
		numbers[n++] = t->changed[(*seen)++ % TRAFFIC_CHANGES];
	pthread_mutex_unlock(&t->lock);
	return n;
}

void
traffic_figures(struct traffic *t, struct traffic_figures *f)
{
	pthread_mutex_lock(&t->lock);
	*f = (struct traffic_figures){ .first = t->first,
		.last = t->last,
		.cleared = t->cleared,
		.dropped = t->dropped,
		.changes = t->changes,
		.bytes = t->bytes };
	pthread_mutex_unlock(&t->lock);
}

bool
traffic_join(struct traffic *t)
{
	if (atomic_fetch_add(&t->readers, 1) < TRAFFIC_READERS)
		return true;
	traffic_leave(t);
	return false;
}

void
traffic_leave(struct traffic *t)
{
	atomic_fetch_sub(&t->readers, 1);
}

bool
traffic_news(const struct traffic *t, uint64_t *seen)
{
	uint64_t now = atomic_load_explicit(&t->news, memory_order_acquire);
	bool news = now != *seen;

	*seen = now;
	return news;
}
