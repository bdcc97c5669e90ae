#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/exchange.h"
#include "har/json.h"
#include "har/url.h"
#include "replay/hash.h"

#include "replay/shape.h"

#define FACTS_MOST (1u << 20)
#define BYTES_MOST (256u << 20)
#define PATH_MOST 1024 /* a place in JSON further down is left out */

struct shape {
	struct arena arena; /* of the texts */
	struct shape_fact *facts;
	uint64_t *hashes; /* beside facts */
	size_t n, cap;
	uint32_t *slots; /* open addressing: 1 + the place in facts, or 0 */
	size_t mask;
	size_t bytes;        /* of the texts */
	bool sorted;         /* the slots find nothing any more */
	struct buf endpoint; /* the one at hand */
	struct str interned; /* its text in the arena; p is NULL when new */
	struct buf path;
	struct buf stack; /* of struct shape_level */
};

/* An object or array being walked. */
struct shape_level {
	size_t path; /* length of the place of what is in it */
};

struct shape *
shape_new(void)
{
	struct shape *s = xcalloc(1, sizeof(*s));

	s->mask = 1023;
	s->slots = xcalloc(s->mask + 1, sizeof(*s->slots));
	return s;
}

void
shape_free(struct shape *s)
{
	if (s == NULL)
		return;
	arena_fini(&s->arena);
	free(s->facts);
	free(s->hashes);
	free(s->slots);
	buf_free(&s->endpoint);
	buf_free(&s->path);
	buf_free(&s->stack);
	free(s);
}

/*
 * The table
 */

static void
shape_grow(struct shape *s)
{
	size_t i, at;

	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 512;
		s->facts = xrealloc(s->facts, s->cap * sizeof(*s->facts));
		s->hashes = xrealloc(s->hashes, s->cap * sizeof(*s->hashes));
	}
	if (s->n * 2 < s->mask)
		return;
	free(s->slots);
	s->mask = 2 * s->mask + 1;
	s->slots = xcalloc(s->mask + 1, sizeof(*s->slots));
	for (i = 0; i < s->n; i++) {
		at = s->hashes[i] & s->mask;
		while (s->slots[at] != 0)
			at = (at + 1) & s->mask;
		s->slots[at] = (uint32_t)(i + 1);
	}
}

/* The fact of the endpoint at hand, or NULL when it is new; *at is its slot
 * either way. */
static struct shape_fact *
shape_find(struct shape *s, uint64_t hash, enum shape_kind kind,
    struct str name, size_t *at)
{
	struct shape_fact *f;

	for (*at = hash & s->mask; s->slots[*at] != 0;
	     *at = (*at + 1) & s->mask) {
		f = &s->facts[s->slots[*at] - 1];
		if (s->hashes[s->slots[*at] - 1] == hash && f->kind == kind &&
		    str_eq(f->name, name) &&
		    str_eq(f->endpoint, buf_str(&s->endpoint)))
			return f;
	}
	return NULL;
}

static void
shape_intern(struct shape *s)
{
	if (s->interned.p != NULL)
		return;
	s->interned = arena_str(&s->arena, buf_str(&s->endpoint));
	s->bytes += s->interned.n;
}

/* Marks the fact of the endpoint at hand as seen by a side.  0 or -1. */
static int
shape_note(struct shape *s, int side, enum shape_kind kind, struct str name,
    unsigned what, struct err *e)
{
	uint64_t hash = hash_add(HASH_START, buf_str(&s->endpoint));
	struct shape_fact *f;
	size_t at;

	hash = hash_mix(hash_add(hash_add_u64(hash, kind), name));
	f = shape_find(s, hash, kind, name, &at);
	if (f == NULL) {
		s->bytes += name.n;
		if (s->n == FACTS_MOST || s->bytes > BYTES_MOST)
			return err_set(e,
			    "there are too many different things to compare");
		shape_grow(s);
		shape_intern(s);
		(void)shape_find(s, hash, kind, name, &at); /* its slot */
		f = &s->facts[s->n];
		*f = (struct shape_fact){
			.endpoint = s->interned,
			.kind = kind,
			.name = arena_str(&s->arena, name),
		};
		s->hashes[s->n] = hash;
		s->slots[at] = (uint32_t)++s->n;
	}
	s->interned = f->endpoint;
	f->seen[side] |= what;
	return 0;
}

/*
 * The endpoint
 */

static int
shape_order_str(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (r != 0)
		return r;
	return a.n < b.n ? -1 : a.n > b.n;
}

static int
shape_order_names(const void *a, const void *b)
{
	return shape_order_str(*(const struct str *)a, *(const struct str *)b);
}

/* "?a&b": the names, each once and in order. */
static void
shape_add_query(struct shape *s, struct str query)
{
	struct buf names = { 0 };
	struct str pair, name, *v;
	size_t i, n;

	while (str_cut(&query, '&', &pair))
		if (pair.n > 0 && str_cut(&pair, '=', &name))
			buf_add(&names, &name, sizeof(name));
	n = names.n / sizeof(*v);
	v = (struct str *)(void *)names.p;
	if (n > 0)
		qsort(v, n, sizeof(*v), shape_order_names);
	for (i = 0; i < n; i++) {
		if (i > 0 && str_eq(v[i], v[i - 1]))
			continue;
		buf_add_text(&s->endpoint, i == 0 ? "?" : "&");
		buf_add_str(&s->endpoint, v[i]);
	}
	buf_free(&names);
}

static void
shape_set_endpoint(struct shape *s, const struct exchange *x)
{
	struct str rest = x->url, path;
	struct url u;
	struct err e;

	s->interned = (struct str){ NULL, 0 };
	buf_clear(&s->endpoint, PATH_MOST);
	buf_add_str(&s->endpoint, x->method);
	buf_add_text(&s->endpoint, " ");
	if (url_parse(&u, x->url, &e) == 0) {
		path = u.path.n > 0 ? u.path : STR("/");
		rest = u.query;
	} else {
		(void)str_cut(&rest, '?', &path); /* its p is not NULL */
	}
	buf_add_str(&s->endpoint, path);
	shape_add_query(s, rest);
}

/*
 * The body
 */

static bool
shape_is_json(struct str text)
{
	struct json *j = json_open_str(text);
	enum json_token t = json_next(j);
	bool is = (t == JSON_OBJECT || t == JSON_ARRAY) &&
		  json_skip(j, t) == 0 && json_next(j) == JSON_END;

	json_close(j);
	return is;
}

/* ".name", or ["a name"] where that would be read as something else. */
static void
shape_add_name(struct buf *path, struct str name)
{
	bool plain = name.n > 0;
	size_t i;

	for (i = 0; i < name.n; i++)
		plain &= name.p[i] == '_' || name.p[i] == '-' ||
			 (name.p[i] >= '0' && name.p[i] <= '9') ||
			 (name.p[i] >= 'a' && name.p[i] <= 'z') ||
			 (name.p[i] >= 'A' && name.p[i] <= 'Z');
	buf_add_text(path, plain ? "." : "[\"");
	buf_add_str(path, name);
	if (!plain)
		buf_add_text(path, "\"]");
}

static void
shape_push(struct shape *s)
{
	struct shape_level level = { s->path.n };

	buf_add(&s->stack, &level, sizeof(level));
}

/* Back to the place of what is around. */
static void
shape_top(struct shape *s)
{
	struct shape_level level;

	if (s->stack.n == 0)
		return;
	memcpy(&level, s->stack.p + s->stack.n - sizeof(level), sizeof(level));
	s->path.n = level.path;
}

static unsigned
shape_type_of(enum json_token t)
{
	switch (t) {
	case JSON_OBJECT:
		return SHAPE_OBJECT;
	case JSON_ARRAY:
		return SHAPE_ARRAY;
	case JSON_STRING:
		return SHAPE_STRING;
	case JSON_NUMBER:
		return SHAPE_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE:
		return SHAPE_BOOLEAN;
	case JSON_NULL:
		return SHAPE_NULL;
	default:
		return 0;
	}
}

static int
shape_add_token(
    struct shape *s, int side, struct json *j, enum json_token t, struct err *e)
{
	unsigned type = shape_type_of(t);

	if (t == JSON_OBJECT_END || t == JSON_ARRAY_END) {
		s->stack.n -= sizeof(struct shape_level);
		shape_top(s);
		return 0;
	}
	if (t == JSON_NAME) {
		shape_top(s);
		if (s->path.n <= PATH_MOST)
			shape_add_name(&s->path, json_text(j));
		return 0;
	}
	if (s->path.n <= PATH_MOST &&
	    shape_note(s, side, SHAPE_JSON, buf_str(&s->path), type, e) == -1)
		return -1;
	if (t == JSON_ARRAY && s->path.n <= PATH_MOST)
		buf_add_text(&s->path, "[]");
	if (t == JSON_OBJECT || t == JSON_ARRAY)
		shape_push(s);
	return 0;
}

/* text is JSON. */
static int
shape_add_json(struct shape *s, int side, struct str text, struct err *e)
{
	struct json *j = json_open_str(text);
	enum json_token t;
	int r = 0;

	buf_clear(&s->stack, PATH_MOST);
	buf_clear(&s->path, PATH_MOST);
	buf_add_text(&s->path, "$");
	while (r == 0 && (t = json_next(j)) != JSON_END && t != JSON_ERROR)
		r = shape_add_token(s, side, j, t, e);
	json_close(j);
	return r;
}

/*
 * The rest
 */

static int
shape_note_lower(struct shape *s, int side, enum shape_kind kind,
    struct str name, struct err *e)
{
	struct buf *b = &s->path;
	size_t i;

	buf_clear(b, PATH_MOST);
	buf_add_str(b, name);
	for (i = 0; i < b->n; i++)
		if (b->p[i] >= 'A' && b->p[i] <= 'Z')
			b->p[i] |= 32;
	return shape_note(s, side, kind, buf_str(b), 1, e);
}

static int
shape_add_status(
    struct shape *s, int side, const struct exchange *x, struct err *e)
{
	struct buf *b = &s->path;

	buf_clear(b, PATH_MOST);
	if (x->outcome == OUTCOME_COMPLETE)
		buf_addf(b, "%d", x->status);
	else
		buf_add_text(b, outcome_text(x->outcome));
	return shape_note(s, side, SHAPE_STATUS, buf_str(b), 1, e);
}

static int
shape_add_headers(
    struct shape *s, int side, const struct headers *h, struct err *e)
{
	struct str type = headers_get(h, "Content-Type"), essence;
	const struct header *f;

	for (f = h->v; f < h->v + h->n; f++)
		if (headers_end_to_end(h, f) &&
		    shape_note_lower(s, side, SHAPE_HEADER, f->name, e) == -1)
			return -1;
	if (!str_cut(&type, ';', &essence) || str_trim(essence).n == 0)
		return 0;
	return shape_note_lower(s, side, SHAPE_MEDIA, str_trim(essence), e);
}

int
shape_add(struct shape *s, int side, const struct exchange *x, struct str body,
    struct err *e)
{
	assert(!s->sorted);
	shape_set_endpoint(s, x);
	if (shape_note(s, side, SHAPE_ENDPOINT, STR(""), 1, e) == -1 ||
	    shape_add_status(s, side, x, e) == -1 ||
	    shape_add_headers(s, side, &x->response.headers, e) == -1)
		return -1;
	if (body.n == 0 || !shape_is_json(body))
		return 0;
	return shape_add_json(s, side, body, e);
}

/* What is below a place comes right behind it: nothing sorts before the
 * bytes that lead there. */
static int
shape_order_places(struct str a, struct str b)
{
	static const char below[] = ".[";
	size_t n = a.n < b.n ? a.n : b.n, i = 0;
	const char *x, *y;

	while (i < n && a.p[i] == b.p[i])
		i++;
	if (i == n)
		return a.n < b.n ? -1 : a.n > b.n;
	x = a.p[i] != '\0' ? strchr(below, a.p[i]) : NULL;
	y = b.p[i] != '\0' ? strchr(below, b.p[i]) : NULL;
	if (x != NULL || y != NULL)
		return y == NULL || (x != NULL && x < y) ? -1 : 1;
	return (unsigned char)a.p[i] < (unsigned char)b.p[i] ? -1 : 1;
}

static int
shape_order_facts(const void *left, const void *right)
{
	const struct shape_fact *a = left, *b = right;
	int r = shape_order_str(a->endpoint, b->endpoint);

	if (r != 0)
		return r;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->kind == SHAPE_JSON ? shape_order_places(a->name, b->name)
				     : shape_order_str(a->name, b->name);
}

const struct shape_fact *
shape_facts(struct shape *s, size_t *n)
{
	s->sorted = true;
	if (s->n > 0)
		qsort(s->facts, s->n, sizeof(*s->facts), shape_order_facts);
	*n = s->n;
	return s->facts;
}
