#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "har/coding.h"
#include "har/har_text.h"
#include "har/headers.h"
#include "replay/differences_priv.h"
#include "replay/leaves.h"
#include "replay/multipart.h"
#include "replay/rule_line.h"

enum {
	FAR_BODY = 10, /* one is there alone, or bytes differ */
	FAR_PART = 4,
	FAR_JSON = 2,
	FAR_WRITTEN = 1,
};

/* Adds x with a rule whose argument is not its name; argument.p may be NULL. */
static void
differences_add_ruled(struct differences_run *r, struct difference x,
    unsigned distance, const char *what, struct str argument)
{
	struct buf rule = { 0 };

	if (rule_line(&rule, &r->q, what, argument))
		x.rule = buf_str(&rule);
	differences_add(r, x, distance, NULL);
	buf_free(&rule);
}

static struct str
differences_count(struct differences_run *r, uint64_t bytes)
{
	return str_of(arena_printf(&r->d->arena, "%" PRIu64 " bytes", bytes));
}

/* Bytes as they can be shown: text itself, of others how many there are. */
static struct str
differences_bytes(struct differences_run *r, struct str bytes)
{
	return har_text_is_text(bytes) ? bytes : differences_count(r, bytes.n);
}

/*
 * Bytes
 */

static void
differences_at_byte(struct differences_run *r, struct str a, struct str b)
{
	struct difference x = { .place = DIFFERENCE_IN_BODY };
	struct str none = { NULL, 0 };
	size_t at = 0, n = a.n < b.n ? a.n : b.n;
	bool text = har_text_is_text(a) && har_text_is_text(b);
	char name[32];

	while (at < n && a.p[at] == b.p[at])
		at++;
	/* Not in the middle of a character. */
	while (text && at > 0 && at < n && (a.p[at] & 0xc0) == 0x80)
		at--;
	snprintf(name, sizeof(name), "byte %zu", at);
	x.name = str_of(name);
	if (text) {
		x.recorded = (struct str){ a.p + at, a.n - at };
		x.live = (struct str){ b.p + at, b.n - at };
	} else {
		x.recorded = differences_count(r, a.n);
		x.live = differences_count(r, b.n);
	}
	differences_add_ruled(r, x, FAR_BODY, "ignore body", none);
}

/* A body that is not at hand: there is its size. */
static void
differences_sizes(struct differences_run *r)
{
	struct difference x = { .place = DIFFERENCE_IN_BODY };
	struct str none = { NULL, 0 };

	if (r->recorded->size == r->live->size)
		return;
	x.recorded = str_of(arena_printf(
	    &r->d->arena, "%llu bytes", (unsigned long long)r->recorded->size));
	x.live = str_of(arena_printf(
	    &r->d->arena, "%llu bytes", (unsigned long long)r->live->size));
	differences_add_ruled(r, x, FAR_BODY, "ignore body", none);
}

/* Only one request has a body. */
static void
differences_one_body(struct differences_run *r)
{
	struct difference x = { .place = DIFFERENCE_IN_BODY };
	struct str none = { NULL, 0 };

	if (r->recorded->size == 0) {
		x.way = DIFFERENCE_EXTRA;
		x.live = differences_bytes(r, r->live->body);
	} else {
		x.way = DIFFERENCE_MISSING;
		x.recorded = differences_bytes(r, r->recorded->body);
	}
	differences_add_ruled(r, x, FAR_BODY, "ignore body", none);
}

/*
 * JSON
 */

struct differences_json {
	struct differences_run *r;
	struct leaves a, b; /* recorded, live */
};

static struct str
differences_pointer(const struct leaves *l, size_t i, bool any, struct buf *out)
{
	out->n = 0;
	leaves_pointer(l, i, any, out);
	return out->n > 0 ? buf_str(out) : any ? STR("$") : STR("");
}

/* Either place may be NULL. */
static void
differences_add_json(struct differences_json *j, enum difference_way way,
    const size_t *a, const size_t *b)
{
	const struct leaves *l = b != NULL ? &j->b : &j->a;
	size_t i = b != NULL ? *b : *a;
	struct difference x = { .place = DIFFERENCE_IN_JSON, .way = way };
	struct buf name = { 0 }, place = { 0 }, texts[2] = { { 0 } };
	struct str none = { NULL, 0 };

	x.name = differences_pointer(l, i, false, &name);
	if (a != NULL) {
		leaves_text(&j->a, *a, &texts[0]);
		x.recorded = buf_str(&texts[0]);
	}
	if (b != NULL) {
		leaves_text(&j->b, *b, &texts[1]);
		x.live = buf_str(&texts[1]);
	}
	if (way == DIFFERENCE_ORDER)
		differences_add_ruled(j->r, x, FAR_WRITTEN,
		    "compare json-as-set",
		    differences_pointer(l, i, true, &place));
	else if (i == 0)
		differences_add_ruled(j->r, x, FAR_BODY, "ignore body", none);
	else
		differences_add_ruled(j->r, x, FAR_JSON, "ignore json",
		    differences_pointer(l, i, true, &place));
	buf_free(&texts[0]);
	buf_free(&texts[1]);
	buf_free(&place);
	buf_free(&name);
}

static void differences_value(struct differences_json *j, size_t a, size_t b);

struct differences_member {
	struct str name;
	size_t at;
};

static int
differences_by_name(const void *a, const void *b)
{
	const struct differences_member *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int r = n > 0 ? memcmp(x->name.p, y->name.p, n) : 0;

	if (r == 0 && x->name.n != y->name.n)
		r = x->name.n < y->name.n ? -1 : 1;
	return r != 0 ? r : x->at < y->at ? -1 : x->at > y->at;
}

/* What is in v[i], in the order of the text. */
static struct differences_member *
differences_members(const struct leaves *l, size_t i)
{
	struct differences_member *m = xcalloc(l->v[i].items + 1, sizeof(*m));
	size_t at, n = 0;

	for (at = i + 1; n < l->v[i].items; at = leaves_next(l, at))
		m[n++] = (struct differences_member){ l->v[at].name, at };
	return m;
}

static int
differences_order(const struct differences_member *a, size_t na,
    const struct differences_member *b, size_t nb)
{
	struct differences_member x, y;

	if (na == 0 || nb == 0)
		return na == 0 ? 1 : -1;
	x = (struct differences_member){ a->name, 0 };
	y = (struct differences_member){ b->name, 0 };
	return differences_by_name(&x, &y);
}

static void
differences_objects(struct differences_json *j, size_t a, size_t b)
{
	struct differences_member *ma = differences_members(&j->a, a);
	struct differences_member *mb = differences_members(&j->b, b);
	size_t na = j->a.v[a].items, nb = j->b.v[b].items, i = 0, k = 0;
	int order;

	qsort(ma, na, sizeof(*ma), differences_by_name);
	qsort(mb, nb, sizeof(*mb), differences_by_name);
	while (i < na || k < nb) {
		order = differences_order(ma + i, na - i, mb + k, nb - k);
		if (order < 0)
			differences_add_json(
			    j, DIFFERENCE_MISSING, &ma[i].at, NULL);
		else if (order > 0)
			differences_add_json(
			    j, DIFFERENCE_EXTRA, NULL, &mb[k].at);
		else
			differences_value(j, ma[i].at, mb[k].at);
		i += order <= 0;
		k += order >= 0;
	}
	free(ma);
	free(mb);
}

/* Whether two arrays with as many items have the same ones, some of them in
 * another place. */
static bool
differences_reordered(struct differences_json *j, size_t a, size_t b,
    const struct differences_member *ma, const struct differences_member *mb)
{
	size_t i;

	if (j->a.v[a].as_set != j->b.v[b].as_set)
		return false;
	for (i = 0; i < j->a.v[a].items; i++)
		if (j->a.v[ma[i].at].as_set != j->b.v[mb[i].at].as_set)
			return true;
	return false; /* it is in an item that the order differs */
}

/* Items that are equal at both ends tell which ones came or went. */
static void
differences_items(struct differences_json *j,
    const struct differences_member *ma, size_t na,
    const struct differences_member *mb, size_t nb)
{
	size_t i;

	for (; na > 0 && nb > 0 && j->a.v[ma->at].value == j->b.v[mb->at].value;
	     na--, nb--) {
		ma++;
		mb++;
	}
	for (; na > 0 && nb > 0 && na != nb &&
	       j->a.v[ma[na - 1].at].value == j->b.v[mb[nb - 1].at].value;
	     na--, nb--)
		;
	for (i = 0; i < na || i < nb; i++)
		if (i >= nb)
			differences_add_json(
			    j, DIFFERENCE_MISSING, &ma[i].at, NULL);
		else if (i >= na)
			differences_add_json(
			    j, DIFFERENCE_EXTRA, NULL, &mb[i].at);
		else
			differences_value(j, ma[i].at, mb[i].at);
}

static void
differences_arrays(struct differences_json *j, size_t a, size_t b)
{
	struct differences_member *ma = differences_members(&j->a, a);
	struct differences_member *mb = differences_members(&j->b, b);
	size_t na = j->a.v[a].items, nb = j->b.v[b].items;

	if (na == nb && differences_reordered(j, a, b, ma, mb))
		differences_add_json(j, DIFFERENCE_ORDER, &a, &b);
	else
		differences_items(j, ma, na, mb, nb);
	free(ma);
	free(mb);
}

/* As deep as LEAVES_DEPTH. */
static void
differences_value(struct differences_json *j, size_t a, size_t b)
{
	const struct leaf *x = &j->a.v[a], *y = &j->b.v[b];

	if (x->value == y->value)
		return;
	if (x->type == LEAF_OBJECT && y->type == LEAF_OBJECT)
		differences_objects(j, a, b);
	else if (x->type == LEAF_ARRAY && y->type == LEAF_ARRAY)
		differences_arrays(j, a, b);
	else
		differences_add_json(j, DIFFERENCE_CHANGED, &a, &b);
}

static bool
differences_in_json(struct differences_run *r, struct str a, struct str b)
{
	struct differences_json j = { .r = r };
	struct difference x = { .place = DIFFERENCE_IN_JSON,
		.way = DIFFERENCE_WRITTEN,
		.recorded = a,
		.live = b };
	struct str none = { NULL, 0 };
	bool both = leaves_read(&j.a, a) == 0 && leaves_read(&j.b, b) == 0;

	if (both && j.a.v[0].value == j.b.v[0].value)
		differences_add_ruled(r, x, FAR_WRITTEN, "compare json", none);
	else if (both)
		differences_value(&j, 0, 0);
	leaves_free(&j.a);
	leaves_free(&j.b);
	return both;
}

/*
 * Multipart
 */

static struct multipart_part *
differences_part(struct multipart_part *v, bool *matched, size_t n,
    const struct multipart_part *like, bool same)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (matched[i] || !str_eq(v[i].name, like->name) ||
		    (same && (!str_eq(v[i].head, like->head) ||
				 !str_eq(v[i].body, like->body))))
			continue;
		matched[i] = true;
		return &v[i];
	}
	return NULL;
}

/* The bytes of a part, or its head when that is what differs. */
static struct str
differences_of_part(struct differences_run *r, const struct multipart_part *p,
    const struct multipart_part *other)
{
	bool head = p->body.p == NULL ||
		    (other != NULL && str_eq(p->body, other->body));

	return differences_bytes(r, head ? p->head : p->body);
}

static void
differences_add_part(struct differences_run *r,
    const struct multipart_part *recorded, const struct multipart_part *live)
{
	struct difference x = {
		.place = DIFFERENCE_IN_PART,
		.way = live == NULL       ? DIFFERENCE_MISSING
		       : recorded == NULL ? DIFFERENCE_EXTRA
					  : DIFFERENCE_CHANGED,
		.name = live != NULL ? live->name : recorded->name,
	};

	if (recorded != NULL)
		x.recorded = differences_of_part(r, recorded, live);
	if (live != NULL)
		x.live = differences_of_part(r, live, recorded);
	differences_add(r, x, FAR_PART, x.name.n > 0 ? "ignore part" : NULL);
}

static void
differences_match_parts(struct differences_run *r, struct multipart_part *a,
    size_t na, struct multipart_part *b, size_t nb)
{
	bool matched[2][DIFFERENCES_PAIRS] = { { false } };
	const unsigned before = r->d->distance;
	struct difference x = { .place = DIFFERENCE_IN_PART,
		.way = DIFFERENCE_ORDER };
	struct multipart_part *other;
	bool moved = false;
	size_t i;

	for (i = 0; i < na; i++) {
		other = differences_part(b, matched[1], nb, &a[i], true);
		matched[0][i] = other != NULL;
		moved |= other != NULL && other != &b[i];
	}
	for (i = 0; i < na; i++)
		if (!matched[0][i])
			differences_add_part(r, &a[i],
			    differences_part(b, matched[1], nb, &a[i], false));
	for (i = 0; i < nb; i++)
		if (!matched[1][i])
			differences_add_part(r, NULL, &b[i]);
	if (moved && r->d->distance == before)
		differences_add(r, x, FAR_WRITTEN, NULL);
}

static bool
differences_in_parts(struct differences_run *r, struct str a, struct str b)
{
	struct str types[2], boundary[2], bodies[2] = { a, b };
	const struct compared *sides[2] = { r->recorded, r->live };
	struct multipart_part *v[2] = { NULL, NULL };
	size_t n[2], i;

	for (i = 0; i < 2; i++) {
		types[i] = headers_get(sides[i]->headers, "Content-Type");
		if (types[i].p == NULL ||
		    !multipart_boundary(types[i], &boundary[i]) ||
		    !multipart_fits(boundary[i], bodies[i]))
			return false;
	}
	for (i = 0; i < 2; i++) {
		v[i] = xcalloc(DIFFERENCES_PAIRS, sizeof(*v[i]));
		n[i] = multipart_parts(
		    boundary[i], bodies[i], v[i], DIFFERENCES_PAIRS);
	}
	if (n[0] <= DIFFERENCES_PAIRS && n[1] <= DIFFERENCES_PAIRS)
		differences_match_parts(r, v[0], n[0], v[1], n[1]);
	else
		differences_at_byte(r, a, b);
	free(v[0]);
	free(v[1]);
	return true;
}

/*
 * Which of them
 */

static bool
differences_is_form(const struct compared *c)
{
	struct str type = headers_get(c->headers, "Content-Type");

	return type.p != NULL &&
	       str_istarts(str_trim(type), "application/x-www-form-urlencoded");
}

static bool
differences_may_be_json(struct str s)
{
	while (s.n > 0 && strchr(" \t\r\n\xef\xbb\xbf", s.p[0]) != NULL) {
		s.p++;
		s.n--;
	}
	return s.n > 0 && strchr("{[\"-0123456789tfn", s.p[0]) != NULL;
}

static void
differences_decoded(struct differences_run *r, struct str a, struct str b)
{
	struct difference x = { .place = DIFFERENCE_IN_BODY,
		.way = DIFFERENCE_WRITTEN };

	if (str_eq(a, b))
		differences_add(r, x, FAR_WRITTEN, NULL);
	else if (differences_is_form(r->live) &&
		 differences_is_form(r->recorded) && har_text_is_text(a) &&
		 har_text_is_text(b))
		differences_pairs(r, DIFFERENCE_IN_FORM, a, b);
	else if (!differences_may_be_json(a) || !differences_may_be_json(b) ||
		 !differences_in_json(r, a, b))
		differences_at_byte(r, a, b);
}

/* The body without its content codings, or as it is when that cannot be. */
static struct str
differences_decode(
    struct differences_run *r, const struct compared *c, struct buf *out)
{
	struct str list = coding_list(c->headers, &r->d->arena);

	if (list.n > 0 &&
	    coding_decode(list, c->body, DIFFERENCES_BODY, out) == CODING_DONE)
		return out->n > 0 ? buf_str(out) : STR("");
	return c->body;
}

void
differences_body(struct differences_run *r)
{
	const struct compared *a = r->recorded, *b = r->live;
	struct buf decoded[2] = { { 0 } };

	if (!a->known || !b->known || (a->size == 0 && b->size == 0))
		return;
	if ((a->size > 0 && a->body.p == NULL) ||
	    (b->size > 0 && b->body.p == NULL))
		differences_sizes(r);
	else if (a->size == 0 || b->size == 0)
		differences_one_body(r);
	else if (!str_eq(a->body, b->body) &&
		 !differences_in_parts(r, a->body, b->body))
		differences_decoded(r, differences_decode(r, a, &decoded[0]),
		    differences_decode(r, b, &decoded[1]));
	buf_free(&decoded[0]);
	buf_free(&decoded[1]);
}
