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
#include "recorder/path.h"
#include "replay/endpoint.h"
#include "replay/hash.h"

#include "replay/shape.h"

#define FACTS_MOST (1u << 20)
#define BYTES_MOST (256u << 20)
#define NUMBER_MOST 3  /* digits behind a name that do not make it an id */
#define PATH_MOST 1024 /* a place in JSON further down is left out */

struct shape {
	enum shape_grain grain;
	struct arena arena; /* of the texts */
	struct shape_fact *facts;
	uint64_t *hashes; /* beside facts */
	size_t n, cap;
	uint32_t *slots; /* open addressing: 1 + the place in facts, or 0 */
	size_t mask;
	size_t bytes;        /* of the texts */
	uint32_t answers;    /* that were added */
	bool sorted;         /* the slots find nothing any more */
	struct buf endpoint; /* the one at hand */
	struct str interned; /* its text in the arena; p is NULL when new */
	struct buf path;
	struct buf stack; /* of struct shape_level */
	struct buf word;
};

/* An object or array being walked. */
struct shape_level {
	size_t path; /* length of the place of what is in it */
};

struct shape *
shape_new(enum shape_grain grain)
{
	struct shape *s = xcalloc(1, sizeof(*s));

	s->grain = grain;
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
	buf_free(&s->word);
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

/* Marks the fact of the endpoint at hand as seen by a side.  It stays where it
 * is until the next one is noted; NULL with *e set when it is one too many. */
static struct shape_fact *
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
		if (s->n == FACTS_MOST || s->bytes > BYTES_MOST) {
			err_set(e,
			    "there are too many different things to compare");
			return NULL;
		}
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
	f->times[side]++;
	return f;
}

/*
 * The endpoint
 */

static void
shape_set_endpoint(struct shape *s, const struct exchange *x)
{
	bool general = s->grain == SHAPE_GENERAL;

	s->interned = (struct str){ NULL, 0 };
	buf_clear(&s->endpoint, PATH_MOST);
	endpoint_add(&s->endpoint, x->method, x->url, general);
	if (general)
		buf_addf(&s->endpoint, " %d", x->status);
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

static void
shape_add_word(struct shape *s, struct shape_fact *f, struct str word)
{
	struct shape_words *w = f->words;
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (str_eq(w->v[i], word))
			return;
	if (w->n == SHAPE_WORDS) {
		w->many = true;
		return;
	}
	w->v[w->n++] = arena_str(&s->arena, word);
	s->bytes += word.n;
}

/* j is at a string.  One that cannot be decoded is an error of j, which tells
 * of it when asked for what comes next. */
static void
shape_note_word(struct shape *s, struct shape_fact *f, struct json *j)
{
	if (f->words == NULL) {
		f->words = arena_zalloc(&s->arena, sizeof(*f->words));
		s->bytes += sizeof(*f->words);
	}
	f->words->times++;
	s->word.n = 0;
	if (json_decode(j, &s->word, SHAPE_WORD_BYTES) == 0)
		shape_add_word(s, f, buf_str(&s->word));
	else
		f->words->many = true;
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

/* Whether a member is named by an id.  A short number at the end makes none:
 * "line_2" is no "line_1". */
static bool
shape_is_id(struct str name)
{
	size_t n = 0;

	while (n < NUMBER_MOST && n < name.n && name.p[name.n - 1 - n] >= '0' &&
	       name.p[name.n - 1 - n] <= '9')
		n++;
	if (n == name.n || (name.p[0] >= '0' && name.p[0] <= '9'))
		return path_is_id(name);
	name.n -= n;
	if (n > 0 && (name.p[name.n - 1] == '_' || name.p[name.n - 1] == '-'))
		name.n--;
	return path_is_id(name);
}

/* The name of a member: where its value is. */
static void
shape_enter(struct shape *s, struct str name)
{
	shape_top(s);
	if (s->path.n > PATH_MOST)
		return;
	if (s->grain == SHAPE_GENERAL && shape_is_id(name))
		buf_add_text(&s->path, ".*");
	else
		shape_add_name(&s->path, name);
}

static int
shape_add_token(
    struct shape *s, int side, struct json *j, enum json_token t, struct err *e)
{
	bool shallow = s->path.n <= PATH_MOST;
	struct shape_fact *f;

	if (t == JSON_OBJECT_END || t == JSON_ARRAY_END) {
		s->stack.n -= sizeof(struct shape_level);
		shape_top(s);
		return 0;
	}
	if (t == JSON_NAME) {
		shape_enter(s, json_text(j));
		return 0;
	}
	if (shallow) {
		f = shape_note(s, side, SHAPE_JSON, buf_str(&s->path),
		    shape_type_of(t), e);
		if (f == NULL)
			return -1;
		f->holders[side] += t == JSON_OBJECT;
		if (t == JSON_STRING && s->grain == SHAPE_GENERAL)
			shape_note_word(s, f, j);
	}
	if (t == JSON_ARRAY && shallow)
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
	struct shape_fact *f;
	size_t i;

	buf_clear(b, PATH_MOST);
	buf_add_str(b, name);
	for (i = 0; i < b->n; i++)
		if (b->p[i] >= 'A' && b->p[i] <= 'Z')
			b->p[i] |= 32;
	f = shape_note(s, side, kind, buf_str(b), 1, e);
	if (f == NULL)
		return -1;
	f->times[side] -= f->answer == s->answers; /* counted already */
	f->answer = s->answers;
	return 0;
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
	return shape_note(s, side, SHAPE_STATUS, buf_str(b), 1, e) != NULL ? 0
									   : -1;
}

static int
shape_add_headers(
    struct shape *s, int side, const struct headers *h, struct err *e)
{
	struct str type = headers_get(h, "Content-Type"), essence;
	size_t i;

	for (i = 0; i < h->n; i++)
		if (headers_end_to_end(h, &h->v[i]) &&
		    shape_note_lower(s, side, SHAPE_HEADER, h->v[i].name, e) ==
			-1)
			return -1;
	if (!str_cut(&type, ';', &essence) || str_trim(essence).n == 0)
		return 0;
	return shape_note_lower(s, side, SHAPE_MEDIA, str_trim(essence), e);
}

int
shape_add(struct shape *s, int side, const struct exchange *x, struct str body,
    struct err *e)
{
	struct shape_fact *f;

	assert(!s->sorted);
	s->answers++;
	shape_set_endpoint(s, x);
	f = shape_note(s, side, SHAPE_ENDPOINT, STR(""), 1, e);
	if (f == NULL)
		return -1;
	f->holders[side] += body.p != NULL;
	if (shape_add_status(s, side, x, e) == -1 ||
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

int
shape_order(const struct shape_fact *a, const struct shape_fact *b)
{
	int r = str_order(a->endpoint, b->endpoint);

	if (r != 0)
		return r;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->kind == SHAPE_JSON ? shape_order_places(a->name, b->name)
				     : str_order(a->name, b->name);
}

static int
shape_order_facts(const void *a, const void *b)
{
	return shape_order(a, b);
}

const struct shape_fact *
shape_facts(struct shape *s, size_t *n)
{
	if (s->n > 0 && !s->sorted)
		qsort(s->facts, s->n, sizeof(*s->facts), shape_order_facts);
	s->sorted = true;
	*n = s->n;
	return s->facts;
}

const struct shape_fact *
shape_facts_of(struct shape *s, struct str endpoint, size_t *n)
{
	struct shape_fact first = {
		.endpoint = endpoint, .kind = SHAPE_ENDPOINT, .name = STR("")
	};
	size_t total, from = 0, to, middle;
	const struct shape_fact *f = shape_facts(s, &total);

	to = total;
	while (from < to) {
		middle = from + (to - from) / 2;
		if (shape_order(&f[middle], &first) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	while (to < total && str_eq(f[to].endpoint, endpoint))
		to++;
	*n = to - from;
	return f + from;
}
