#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "har/json.h"
#include "har/json_write.h"
#include "replay/hash.h"

#include "replay/leaves.h"

#define LEAVES_STRING (4u << 20) /* bytes of a string that are hashed */
#define LEAVES_EXPONENT 9        /* digits of one; others are another text */

struct leaves_reader {
	struct leaves *l;
	struct json *j;
	struct buf scratch;
	uint32_t open[LEAVES_DEPTH];
	size_t depth;
	struct str name; /* of the member that comes */
};

/*
 * Numbers
 */

/* The value of sign, digits and exponent of ten as text; digits have no zeros
 * at their ends. */
static uint64_t
leaves_hash_decimal(bool negative, struct str digits, int64_t exponent)
{
	uint64_t h = hash_add_u64(HASH_START, LEAF_NUMBER);

	if (digits.n == 0)
		return h;
	h = hash_add_u64(h, negative);
	return hash_add_u64(hash_add(h, digits), (uint64_t)exponent);
}

/* Reads "e+12"; false when it is too large to count with. */
static bool
leaves_exponent(struct str s, int64_t *exponent)
{
	bool negative;
	uint64_t v;

	*exponent = 0;
	if (s.n == 0)
		return true;
	s.p++;
	s.n--;
	negative = s.n > 0 && s.p[0] == '-';
	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+')) {
		s.p++;
		s.n--;
	}
	if (s.n > LEAVES_EXPONENT || str_u64(s, &v) == -1)
		return false;
	*exponent = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

/* Equal for equal decimal values: 1.50, 1.5 and 15e-1. */
static uint64_t
leaves_hash_number(struct str s, struct buf *digits)
{
	bool negative = s.p[0] == '-', point = false;
	int64_t exponent, places = 0;
	size_t i;
	char c;

	digits->n = 0;
	for (i = negative; i < s.n; i++) {
		c = s.p[i];
		if (c == 'e' || c == 'E')
			break;
		if (c == '.') {
			point = true;
			continue;
		}
		places += point;
		if (digits->n > 0 || c != '0')
			buf_add(digits, &c, 1);
	}
	if (!leaves_exponent((struct str){ s.p + i, s.n - i }, &exponent))
		return hash_add(hash_add_u64(HASH_START, LEAF_NUMBER), s);
	exponent -= places;
	while (digits->n > 0 && digits->p[digits->n - 1] == '0') {
		digits->n--;
		exponent++;
	}
	return leaves_hash_decimal(negative, buf_str(digits), exponent);
}

/*
 * Reading
 */

static int
leaves_add(struct leaves_reader *r, enum leaf_type type, uint64_t value)
{
	struct leaves *l = r->l;
	struct leaf *parent, leaf = {
		.type = type,
		.value = value,
		.as_set = value,
	};

	if (l->n == LEAVES_MOST)
		return -1;
	if (r->depth > 0) {
		leaf.parent = r->open[r->depth - 1];
		parent = &l->v[leaf.parent];
		leaf.index = parent->items++;
		if (parent->type == LEAF_OBJECT)
			leaf.name = r->name;
	}
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 64 : 2 * l->cap;
		l->v = xrealloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = leaf;
	return 0;
}

static int
leaves_add_string(struct leaves_reader *r)
{
	struct str s;

	r->scratch.n = 0;
	if (json_decode(r->j, &r->scratch, LEAVES_STRING) != 0)
		return -1;
	s = buf_str(&r->scratch);
	if (leaves_add(r, LEAF_STRING,
		hash_add(hash_add_u64(HASH_START, LEAF_STRING), s)) == -1)
		return -1;
	if (s.n > LEAVES_TEXT)
		s.n = LEAVES_TEXT;
	r->l->v[r->l->n - 1].text = arena_str(&r->l->arena, s);
	return 0;
}

static int
leaves_add_number(struct leaves_reader *r)
{
	struct str s = json_text(r->j);

	if (leaves_add(r, LEAF_NUMBER, leaves_hash_number(s, &r->scratch)) ==
	    -1)
		return -1;
	r->l->v[r->l->n - 1].text = arena_str(&r->l->arena, s);
	return 0;
}

static int
leaves_open(struct leaves_reader *r, enum leaf_type type)
{
	if (r->depth == LEAVES_DEPTH ||
	    leaves_add(r, type, hash_add_u64(HASH_START, type)) == -1)
		return -1;
	r->open[r->depth++] = (uint32_t)(r->l->n - 1);
	return 0;
}

static int
leaves_by_name(const void *a, const void *b)
{
	return str_order(*(const struct str *)a, *(const struct str *)b);
}

/* Whether two members of the object v[i] have one name: no two readers agree
 * on what that means. */
static bool
leaves_repeat(const struct leaves *l, size_t i)
{
	size_t at, n = 0, items = l->v[i].items;
	struct str *names;
	bool repeat = false;

	if (l->v[i].type != LEAF_OBJECT || items < 2)
		return false;
	names = xcalloc(items, sizeof(*names));
	for (at = i + 1; at < l->n; at = leaves_next(l, at))
		names[n++] = l->v[at].name;
	qsort(names, n, sizeof(*names), leaves_by_name);
	for (at = 1; at < n; at++)
		repeat |= str_eq(names[at], names[at - 1]);
	free(names);
	return repeat;
}

static int
leaves_shut(struct leaves_reader *r)
{
	struct leaf *l = &r->l->v[r->open[--r->depth]];

	l->within = (uint32_t)(r->l->n - 1) - r->open[r->depth];
	l->value = hash_mix(hash_add_u64(l->value, l->items));
	l->as_set = hash_mix(hash_add_u64(l->as_set, l->items));
	return leaves_repeat(r->l, r->open[r->depth]) ? -1 : 0;
}

/* Makes the value that is whole now, v[i], count in what it lies in. */
static void
leaves_count(struct leaves *l, size_t i)
{
	struct leaf *leaf = &l->v[i], *in = &l->v[leaf->parent];
	uint64_t name;

	if (i == 0)
		return;
	if (in->type == LEAF_OBJECT) {
		name = hash_add(HASH_START, leaf->name);
		in->value += hash_mix(hash_add_u64(name, leaf->value));
		in->as_set += hash_mix(hash_add_u64(name, leaf->as_set));
	} else {
		in->value = hash_mix(hash_add_u64(in->value, leaf->value));
		in->as_set += hash_mix(leaf->as_set);
	}
}

static int
leaves_value(struct leaves_reader *r, enum json_token t)
{
	switch (t) {
	case JSON_OBJECT:
		return leaves_open(r, LEAF_OBJECT);
	case JSON_ARRAY:
		return leaves_open(r, LEAF_ARRAY);
	case JSON_STRING:
		return leaves_add_string(r);
	case JSON_NUMBER:
		return leaves_add_number(r);
	case JSON_TRUE:
		return leaves_add(r, LEAF_TRUE, LEAF_TRUE);
	case JSON_FALSE:
		return leaves_add(r, LEAF_FALSE, LEAF_FALSE);
	case JSON_NULL:
		return leaves_add(r, LEAF_NULL, LEAF_NULL);
	default:
		return -1;
	}
}

static int
leaves_token(struct leaves_reader *r, enum json_token t)
{
	size_t done;

	if (t == JSON_NAME) {
		r->name = arena_str(&r->l->arena, json_text(r->j));
		return 0;
	}
	if (t == JSON_OBJECT_END || t == JSON_ARRAY_END) {
		done = r->open[r->depth - 1];
		if (leaves_shut(r) == -1)
			return -1;
	} else {
		if (leaves_value(r, t) == -1)
			return -1;
		if (t == JSON_OBJECT || t == JSON_ARRAY)
			return 0;
		done = r->l->n - 1;
	}
	leaves_count(r->l, done);
	return 0;
}

int
leaves_read(struct leaves *l, struct str json)
{
	struct leaves_reader r = { .l = l, .j = json_open_str(json) };
	enum json_token t;
	int rc = 0;

	while (rc == 0 && (t = json_next(r.j)) != JSON_END)
		rc = t == JSON_ERROR ? -1 : leaves_token(&r, t);
	if (json_flaws(r.j) & JSON_PADDING)
		rc = -1; /* JSONP is no JSON to those who compare it */
	json_close(r.j);
	buf_free(&r.scratch);
	return rc == 0 && l->n > 0 ? 0 : -1;
}

void
leaves_free(struct leaves *l)
{
	free(l->v);
	arena_fini(&l->arena);
	*l = (struct leaves){ 0 };
}

/*
 * Showing
 */

static void
leaves_add_token(struct buf *out, struct str name)
{
	size_t i;

	buf_add_text(out, "/");
	for (i = 0; i < name.n; i++)
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_add_text(out, name.p[i] == '~' ? "~0" : "~1");
		else
			buf_add(out, name.p + i, 1);
}

void
leaves_pointer(const struct leaves *l, size_t i, bool any, struct buf *out)
{
	size_t way[LEAVES_DEPTH + 1], n = 0;
	const struct leaf *leaf;

	for (; i != 0; i = l->v[i].parent)
		way[n++] = i;
	while (n > 0) {
		leaf = &l->v[way[--n]];
		if (l->v[leaf->parent].type == LEAF_OBJECT)
			leaves_add_token(out, leaf->name);
		else if (any)
			buf_add_text(out, "/*");
		else
			buf_addf(out, "/%u", leaf->index);
	}
}

void
leaves_text(const struct leaves *l, size_t i, struct buf *out)
{
	const struct leaf *leaf = &l->v[i];
	struct json_write w;

	switch (leaf->type) {
	case LEAF_OBJECT:
		buf_add_text(out, leaf->items > 0 ? "{...}" : "{}");
		break;
	case LEAF_ARRAY:
		buf_add_text(out, leaf->items > 0 ? "[...]" : "[]");
		break;
	case LEAF_STRING:
		json_write_init(&w, false, NULL, NULL);
		json_write_str(&w, leaf->text);
		buf_add_str(out, buf_str(&w.out));
		json_write_fini(&w);
		break;
	case LEAF_NUMBER:
		buf_add_str(out, leaf->text);
		break;
	case LEAF_TRUE:
		buf_add_text(out, "true");
		break;
	case LEAF_FALSE:
		buf_add_text(out, "false");
		break;
	case LEAF_NULL:
		buf_add_text(out, "null");
		break;
	}
}
