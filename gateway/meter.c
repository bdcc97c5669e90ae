#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "replay/hash.h"

#include "gateway/meter.h"

#define METER_CELLS (sizeof(struct meter_figures) / sizeof(uint64_t))
#define METER_PLACES (2 * METER_ROUTES) /* of a table of them */

_Static_assert(sizeof(struct meter_figures) % sizeof(uint64_t) == 0,
    "figures are nothing but sums");

const uint64_t meter_bounds[METER_BOUNDS] = { 50, 100, 250, 500, 1000, 2500,
	5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
	10000000, 60000000 };

static const char *const meter_methods[METER_METHOD_COUNT] = {
#define M(name) [METER_##name] = #name,
	METER_METHODS(M)
#undef M
	    [METER_OTHER] = "other",
};

/* A name is written before the count of places says that it is there, and
 * stays as it is then. */
struct meter_place {
	char name[METER_ROUTE_NAME];
	size_t length;
	meter_sum n;
};

struct meter {
	meter_sum cells[METER_CELLS];
	meter_sum beyond; /* routes without a place */
	atomic_size_t nplaces;
	struct meter_place places[METER_ROUTES];
	uint16_t table[METER_PLACES]; /* by hash: a place + 1; the writer's */
	char apart[64];               /* from the next worker's */
};

struct meters {
	size_t n;
	atomic_uint_least64_t well, badly;
	atomic_int_least64_t last_well_us;
	atomic_bool last_bad;
	struct meter v[];
};

const char *
meter_method_text(enum meter_method m)
{
	return meter_methods[m];
}

/* One thread writes, so that what it read is still there. */
void
meter_more(meter_sum *sum, uint64_t n)
{
	if (sum != NULL)
		atomic_store_explicit(sum,
		    atomic_load_explicit(sum, memory_order_relaxed) + n,
		    memory_order_relaxed);
}

meter_sum *
meter_of(struct meter *m, size_t at)
{
	return m != NULL ? &m->cells[at] : NULL;
}

void
meter_add(struct meter *m, size_t at, uint64_t n)
{
	meter_more(meter_of(m, at), n);
}

/* ---- requests -------------------------------------------------------- */

static enum meter_method
meter_method(struct str method)
{
	int i;

	for (i = 0; i < METER_OTHER; i++)
		if (str_is(method, meter_methods[i]))
			break;
	return (enum meter_method)i;
}

static size_t
meter_class(int status)
{
	return status >= 100 && status < 600 ? (size_t)status / 100 : 0;
}

static size_t
meter_bound(int64_t us)
{
	size_t i = 0;

	while (i < METER_BOUNDS && (uint64_t)us > meter_bounds[i])
		i++;
	return i;
}

/* NULL when there are too many. */
static struct meter_place *
meter_place(struct meter *m, struct str name)
{
	size_t at = hash_mix(hash_add(HASH_START, name)) % METER_PLACES;
	size_t n = atomic_load_explicit(&m->nplaces, memory_order_relaxed);
	struct meter_place *p;

	for (; m->table[at] != 0; at = (at + 1) % METER_PLACES) {
		p = &m->places[m->table[at] - 1];
		if (p->length == name.n && memcmp(p->name, name.p, name.n) == 0)
			return p;
	}
	if (n == METER_ROUTES)
		return NULL;
	p = &m->places[n];
	memcpy(p->name, name.p, name.n);
	p->length = name.n;
	m->table[at] = (uint16_t)(n + 1);
	atomic_store_explicit(&m->nplaces, n + 1, memory_order_release);
	return p;
}

void
meter_route(struct meter *m, struct str name)
{
	struct meter_place *p;

	if (m == NULL)
		return;
	if (name.n >= METER_ROUTE_NAME)
		name.n = METER_ROUTE_NAME - 1;
	p = meter_place(m, name);
	meter_more(p != NULL ? &p->n : &m->beyond, 1);
}

void
meter_request(struct meter *m, const struct meter_request *r)
{
	size_t class = meter_class(r->status), s = r->source;
	enum meter_method method = meter_method(r->method);

	if (m == NULL)
		return;
	meter_add(m, METER_AT(requests[s][r->mode][method][class]), 1);
	if (class != 0)
		meter_add(m, METER_AT(codes[s][r->status - 100]), 1);
	if (r->us >= 0) {
		meter_add(m, METER_AT(latency[s][meter_bound(r->us)]), 1);
		meter_add(m, METER_AT(latency_us[s]), (uint64_t)r->us);
	}
	if (r->route.n > 0)
		meter_route(m, r->route);
}

/* ---- all of them ----------------------------------------------------- */

struct meters *
meters_new(size_t n)
{
	struct meters *ms = xcalloc(1, sizeof(*ms) + n * sizeof(ms->v[0]));

	ms->n = n;
	return ms;
}

void
meters_free(struct meters *ms)
{
	free(ms);
}

struct meter *
meters_get(struct meters *ms, size_t i)
{
	return &ms->v[i];
}

void
meters_sum(const struct meters *ms, struct meter_figures *f)
{
	uint64_t cells[METER_CELLS] = { 0 };
	size_t i, c;

	for (i = 0; i < ms->n; i++)
		for (c = 0; c < METER_CELLS; c++)
			cells[c] += atomic_load_explicit(
			    &ms->v[i].cells[c], memory_order_relaxed);
	memcpy(f, cells, sizeof(*f));
}

static int
meter_route_order(const void *a, const void *b)
{
	const struct meter_route *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* All that were counted, each worker's for itself. */
static struct meter_route *
meters_gather(const struct meters *ms, size_t *n, uint64_t *beyond)
{
	struct meter_route *v = xcalloc(ms->n * METER_ROUTES + 1, sizeof(*v));
	const struct meter_place *p;
	size_t i, k, places;

	*n = 0;
	*beyond = 0;
	for (i = 0; i < ms->n; i++) {
		places = atomic_load_explicit(
		    &ms->v[i].nplaces, memory_order_acquire);
		for (k = 0; k < places; k++) {
			p = &ms->v[i].places[k];
			memcpy(v[*n].name, p->name, p->length);
			v[*n].n =
			    atomic_load_explicit(&p->n, memory_order_relaxed);
			++*n;
		}
		*beyond += atomic_load_explicit(
		    &ms->v[i].beyond, memory_order_relaxed);
	}
	return v;
}

struct meter_route *
meters_routes(const struct meters *ms, size_t *n)
{
	uint64_t beyond;
	struct meter_route *v = meters_gather(ms, n, &beyond);
	size_t i, out = 0;

	qsort(v, *n, sizeof(*v), meter_route_order);
	for (i = 0; i < *n; i++) {
		if (out > 0 && strcmp(v[out - 1].name, v[i].name) == 0)
			v[out - 1].n += v[i].n;
		else
			v[out++] = v[i];
	}
	/* Workers may have met different ones. */
	for (; out > METER_ROUTES; out--)
		beyond += v[out - 1].n;
	if (beyond > 0) {
		v[out] = (struct meter_route){ "other", beyond };
		out++;
	}
	*n = out;
	return v;
}

void
meters_reloaded(struct meters *ms, bool well, int64_t now_us)
{
	if (ms == NULL)
		return;
	atomic_fetch_add(well ? &ms->well : &ms->badly, 1);
	atomic_store(&ms->last_bad, !well);
	if (well)
		atomic_store(&ms->last_well_us, now_us);
}

void
meters_reloads(const struct meters *ms, struct meter_reloads *r)
{
	*r = (struct meter_reloads){
		.well = atomic_load(&ms->well),
		.badly = atomic_load(&ms->badly),
		.last_well_us = atomic_load(&ms->last_well_us),
		.last = !atomic_load(&ms->last_bad),
	};
}
