#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "replay/hash.h"
#include "replay/home.h"
#include "replay/http_rules.h"
#include "replay/level.h"
#include "replay/normal.h"

#include "replay/variant.h"

static enum variant_kind
variant_kind_of(int status)
{
	return status == 304   ? VARIANT_CONDITIONAL
	       : status == 206 ? VARIANT_RANGE
			       : VARIANT_ANY;
}

static bool
variant_ignores(const struct variant_live *live, struct str name)
{
	return live->ignoring != NULL &&
	       normal_ignores_header(live->ignoring, live->asked, name);
}

static int
variant_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Fields that are another each time, whatever is asked: which trace a request
 * is of (W3C Trace Context). */
static bool
variant_is_trace(struct str name)
{
	return str_iis(name, "traceparent") || str_iis(name, "tracestate");
}

/* Hashes of the fields that count, ascending; at most VARIANT_FIELDS.  live is
 * NULL for a recorded request. */
static size_t
variant_fields(
    const struct headers *h, const struct variant_live *live, uint64_t *out)
{
	const struct header *f;
	size_t n = 0;

	for (f = h->v; h->n > 0 && f < h->v + h->n && n < VARIANT_FIELDS; f++) {
		if (str_iis(f->name, "Host") ||
		    str_iis(f->name, "Content-Length") ||
		    variant_is_trace(f->name) || !headers_end_to_end(h, f) ||
		    (live != NULL && variant_ignores(live, f->name)))
			continue;
		out[n] = hash_add_lower(HASH_START, f->name);
		out[n] = hash_add(hash_add_u64(out[n], f->name.n), f->value);
		n++;
	}
	qsort(out, n, sizeof(*out), variant_order);
	return n;
}

/*
 * Walks the members of the combined value of the fields called name (RFC
 * 9110 section 5.3), each trimmed: "gzip,br" and "gzip, br" and two fields
 * are the same.
 */
struct variant_walk {
	const struct headers *headers;
	struct str name;
	size_t at;
	struct str rest; /* of the field it is in; p is NULL at its end */
};

static bool
variant_walk_next(struct variant_walk *w, struct str *member)
{
	const struct header *f;

	while (w->rest.p == NULL) {
		if (w->at == w->headers->n)
			return false;
		f = &w->headers->v[w->at++];
		if (str_ieq(f->name, w->name))
			w->rest = f->value.p != NULL ? f->value : STR("");
	}
	(void)str_cut(&w->rest, ',', member);
	*member = str_trim(*member);
	return true;
}

/* Adds the members with a comma behind each to out, if there is one, and
 * counts their bytes. */
static size_t
variant_combine(const struct headers *h, struct str name, char *out)
{
	struct variant_walk w = { .headers = h, .name = name };
	struct str member;
	size_t n = 0;

	while (variant_walk_next(&w, &member)) {
		if (out != NULL) {
			if (member.n > 0)
				memcpy(out + n, member.p, member.n);
			out[n + member.n] = ',';
		}
		n += member.n + 1;
	}
	return n;
}

/* Whether the live fields combine to what was recorded. */
static bool
variant_same(const struct header *recorded, const struct headers *live)
{
	struct variant_walk w = { .headers = live, .name = recorded->name };
	struct str want = recorded->value, member, part;
	bool any = false;

	while (variant_walk_next(&w, &member)) {
		any = true;
		if (want.n == 0 || !str_cut(&want, ',', &part) ||
		    !level_same(part, member))
			return false;
	}
	return any ? want.n == 0 : recorded->value.p == NULL;
}

/* Host is left out: it names the gateway, which may listen elsewhere now; and
 * what names a trace.
 * "*" says that more than the request decides; there is nothing to compare. */
static bool
variant_names(struct variant_walk *vary, struct str *name)
{
	while (variant_walk_next(vary, name))
		if (str_is_token(*name) && !str_is(*name, "*") &&
		    !str_iis(*name, "Host") && !variant_is_trace(*name))
			return true;
	return false;
}

static size_t
variant_vary_size(const struct exchange *x, size_t *names)
{
	struct variant_walk vary = { .headers = &x->response.headers,
		.name = STR("Vary") };
	struct str name;
	size_t n = 0;

	for (*names = 0; variant_names(&vary, &name); ++*names)
		n += name.n + variant_combine(&x->request.headers, name, NULL);
	return n;
}

/* Fills v->vary, whose list is there, with text from p on. */
static void
variant_vary(struct variant *v, const struct exchange *x, char *p)
{
	struct variant_walk vary = { .headers = &x->response.headers,
		.name = STR("Vary") };
	struct str name;
	struct header *f;

	while (variant_names(&vary, &name)) {
		f = &v->vary.v[v->vary.n++];
		memcpy(p, name.p, name.n);
		f->name = (struct str){ p, name.n };
		p += name.n;
		f->value.n = variant_combine(&x->request.headers, name, p);
		f->value.p = f->value.n > 0 ? p : NULL;
		p += f->value.n;
	}
}

static uint64_t
variant_id(const struct variant *v)
{
	uint64_t id =
	    hash_add_u64(HASH_START, v->kind) + v->asks + v->secrets + v->home;
	const struct header *f;
	size_t i;

	for (f = v->vary.v; v->vary.n > 0 && f < v->vary.v + v->vary.n; f++) {
		id = hash_add_lower(id, f->name);
		id = hash_add_u64(id, f->value.n);
		id = hash_add(id, f->value);
	}
	for (i = 0; i < v->nfields; i++)
		id = hash_add_u64(id, v->fields[i]);
	return id;
}

struct variant *
variant_new(const struct exchange *x)
{
	uint64_t fields[VARIANT_FIELDS];
	size_t nfields = variant_fields(&x->request.headers, NULL, fields);
	size_t nvary, text = variant_vary_size(x, &nvary);
	size_t list = nvary * sizeof(struct header);
	size_t hashes = nfields * sizeof(*fields);
	struct variant *v = xcalloc(1, sizeof(*v) + list + hashes + text);

	v->entries = &v->first;
	v->cap = 1;
	v->kind = variant_kind_of(x->status);
	v->asks = http_rules_asks(x->method, &x->request.headers);
	v->secrets = level_hash(x->target, buf_str(&x->request.body.bytes));
	v->home = home_recorded(x);
	v->vary.v = (struct header *)(v + 1);
	v->vary.cap = nvary;
	v->fields = (uint64_t *)(v->vary.v + nvary);
	v->nfields = nfields;
	v->bytes = sizeof(*v) + list + hashes + text;
	memcpy(v->fields, fields, hashes);
	variant_vary(v, x, (char *)(v->fields + nfields));
	v->id = variant_id(v);
	return v;
}

static void
variant_drop_entries(struct variant *v)
{
	if (v->entries != &v->first)
		free(v->entries);
}

void
variant_free(struct variant *v)
{
	if (v == NULL)
		return;
	variant_drop_entries(v);
	free(v);
}

static void
variant_grow(struct variant *v)
{
	struct variant_entry *more = xcalloc(2 * v->cap, sizeof(*more));

	memcpy(more, v->entries, v->n * sizeof(*more));
	variant_drop_entries(v);
	v->entries = more;
	v->cap *= 2;
}

void
variant_add(struct variant *v, const struct variant_entry *entry)
{
	if (v->n == v->cap)
		variant_grow(v);
	v->entries[v->n++] = *entry;
}

void
variant_set(struct variant *v, struct variant_entry *entries, size_t n)
{
	variant_drop_entries(v);
	v->entries = entries;
	v->n = v->cap = n;
}

void
variant_blur(struct variant *v)
{
	v->nfields = 0;
	v->id = variant_id(v);
}

static bool
variant_asks(const struct headers *live, enum variant_kind kind)
{
	static const char *const conditions[] = { "If-None-Match",
		"If-Modified-Since", "If-Match", "If-Unmodified-Since",
		"If-Range", NULL };
	const char *const *name;

	if (kind == VARIANT_ANY)
		return true;
	if (kind == VARIANT_RANGE)
		return headers_get(live, "Range").p != NULL;
	for (name = conditions; *name != NULL; name++)
		if (headers_get(live, *name).p != NULL)
			return true;
	return false;
}

bool
variant_allows(const struct variant *v, const struct variant_live *live)
{
	size_t i;

	if (!variant_asks(live->headers, v->kind))
		return false;
	for (i = 0; i < v->vary.n; i++)
		if (!variant_same(&v->vary.v[i], live->headers) &&
		    !variant_ignores(live, v->vary.v[i].name))
			return false;
	return true;
}

size_t
variant_agreement(const struct variant *v, struct variant_live *live)
{
	size_t i, k = 0, n = 0;

	if (!live->looked) {
		live->nfields =
		    variant_fields(live->headers, live, live->fields);
		live->looked = true;
	}
	for (i = 0; i < live->nfields; i++) {
		while (k < v->nfields && v->fields[k] < live->fields[i])
			k++;
		if (k < v->nfields && v->fields[k] == live->fields[i])
			n++;
	}
	return n;
}
