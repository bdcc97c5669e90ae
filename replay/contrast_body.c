#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "har/coding.h"
#include "har/har_text.h"
#include "har/headers.h"
#include "replay/contrast_priv.h"
#include "replay/multipart.h"

enum {
	FAR_BODY = 10, /* one is there alone, or bytes differ */
	FAR_PART = 4,
	FAR_WRITTEN = 1,
};

static struct str
contrast_count(struct contrast_run *r, uint64_t bytes)
{
	return str_of(arena_printf(&r->d->arena, "%" PRIu64 " bytes", bytes));
}

/* Bytes as they can be shown: text itself, of others how many there are. */
static struct str
contrast_bytes(struct contrast_run *r, struct str bytes)
{
	return har_text_is_text(bytes) ? bytes : contrast_count(r, bytes.n);
}

/*
 * Bytes
 */

static void
contrast_at_byte(struct contrast_run *r, struct str a, struct str b)
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
		x.recorded = contrast_count(r, a.n);
		x.live = contrast_count(r, b.n);
	}
	contrast_add_ruled(r, x, FAR_BODY, "ignore body", none);
}

/* A body that is not at hand: there is its size. */
static void
contrast_sizes(struct contrast_run *r)
{
	struct difference x = { .place = DIFFERENCE_IN_BODY };
	struct str none = { NULL, 0 };

	if (r->recorded->size == r->live->size)
		return;
	x.recorded = str_of(arena_printf(
	    &r->d->arena, "%llu bytes", (unsigned long long)r->recorded->size));
	x.live = str_of(arena_printf(
	    &r->d->arena, "%llu bytes", (unsigned long long)r->live->size));
	contrast_add_ruled(r, x, FAR_BODY, "ignore body", none);
}

/* Only one request has a body. */
static void
contrast_one_body(struct contrast_run *r)
{
	struct difference x = { .place = DIFFERENCE_IN_BODY };
	struct str none = { NULL, 0 };

	if (r->recorded->size == 0) {
		x.way = DIFFERENCE_EXTRA;
		x.live = contrast_bytes(r, r->live->body);
	} else {
		x.way = DIFFERENCE_MISSING;
		x.recorded = contrast_bytes(r, r->recorded->body);
	}
	contrast_add_ruled(r, x, FAR_BODY, "ignore body", none);
}

/*
 * Multipart
 */

static struct multipart_part *
contrast_part(struct multipart_part *v, bool *matched, size_t n,
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
contrast_of_part(struct contrast_run *r, const struct multipart_part *p,
    const struct multipart_part *other)
{
	bool head = p->body.p == NULL ||
		    (other != NULL && str_eq(p->body, other->body));

	return contrast_bytes(r, head ? p->head : p->body);
}

static void
contrast_add_part(struct contrast_run *r, const struct multipart_part *recorded,
    const struct multipart_part *live)
{
	struct difference x = {
		.place = DIFFERENCE_IN_PART,
		.way = live == NULL       ? DIFFERENCE_MISSING
		       : recorded == NULL ? DIFFERENCE_EXTRA
					  : DIFFERENCE_CHANGED,
		.name = live != NULL ? live->name : recorded->name,
	};
	uint64_t left_out = RULE_BIT(RULE_IGNORE_PART);

	if (recorded != NULL)
		x.recorded = contrast_of_part(r, recorded, live);
	if (live != NULL)
		x.live = contrast_of_part(r, live, recorded);
	if (x.way == DIFFERENCE_CHANGED)
		left_out |= RULE_BIT(RULE_REPLACE_PART);
	if (!contrast_named(r, left_out, x.name, false))
		contrast_add(
		    r, x, FAR_PART, x.name.n > 0 ? "ignore part" : NULL);
}

/* Whether a part of that name has no equal one. */
static bool
contrast_part_goes(
    const struct multipart_part *v, const bool *same, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!same[i] && str_eq(v[i].name, name))
			return true;
	return false;
}

/* Whether the parts that stay come in the same order; at[i] is where the
 * equal one of a[i] is, SIZE_MAX when there is none. */
static bool
contrast_parts_in_order(
    const struct multipart_part *a, const size_t *at, size_t na)
{
	bool same[CONTRAST_PAIRS];
	size_t i, last = 0;

	for (i = 0; i < na; i++)
		same[i] = at[i] != SIZE_MAX;
	for (i = 0; i < na; i++) {
		if (contrast_part_goes(a, same, na, a[i].name))
			continue;
		if (at[i] < last)
			return false;
		last = at[i];
	}
	return true;
}

static void
contrast_match_parts(struct contrast_run *r, struct multipart_part *a,
    size_t na, struct multipart_part *b, size_t nb)
{
	struct difference x = { .place = DIFFERENCE_IN_PART,
		.way = DIFFERENCE_ORDER };
	bool matched[CONTRAST_PAIRS] = { false };
	struct multipart_part *other;
	size_t at[CONTRAST_PAIRS], i;

	for (i = 0; i < na; i++) {
		other = contrast_part(b, matched, nb, &a[i], true);
		at[i] = other != NULL ? (size_t)(other - b) : SIZE_MAX;
	}
	for (i = 0; i < na; i++)
		if (at[i] == SIZE_MAX)
			contrast_add_part(r, &a[i],
			    contrast_part(b, matched, nb, &a[i], false));
	for (i = 0; i < nb; i++)
		if (!matched[i])
			contrast_add_part(r, NULL, &b[i]);
	if (!contrast_parts_in_order(a, at, na))
		contrast_add(r, x, FAR_WRITTEN, NULL);
}

static void
contrast_in_parts(struct contrast_run *r, struct str a, struct str b)
{
	const struct compared *sides[2] = { r->recorded, r->live };
	struct multipart_part *v[2];
	struct str boundary, bodies[2] = { a, b };
	size_t n[2], i;

	for (i = 0; i < 2; i++) {
		(void)multipart_boundary(
		    headers_get(sides[i]->headers, "Content-Type"), &boundary);
		v[i] = xcalloc(CONTRAST_PAIRS, sizeof(*v[i]));
		n[i] =
		    multipart_parts(boundary, bodies[i], v[i], CONTRAST_PAIRS);
	}
	if (n[0] <= CONTRAST_PAIRS && n[1] <= CONTRAST_PAIRS)
		contrast_match_parts(r, v[0], n[0], v[1], n[1]);
	else
		contrast_at_byte(r, a, b);
	free(v[0]);
	free(v[1]);
}

/*
 * Which of them
 */

/* As replay/normal.h takes bodies. */
enum contrast_kind {
	CONTRAST_BYTES,
	CONTRAST_JSON, /* perhaps */
	CONTRAST_FORM,
	CONTRAST_PARTS,
};

static struct str
contrast_media_type(struct str type)
{
	struct str media = STR("");

	if (type.p != NULL)
		(void)str_cut(&type, ';', &media);
	return str_trim(media);
}

static bool
contrast_ends(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && str_iis((struct str){ s.p + s.n - n, n }, with);
}

static bool
contrast_may_be_json(struct str media, struct str body)
{
	if (str_starts(body, "\xef\xbb\xbf")) {
		body.p += 3;
		body.n -= 3;
	}
	while (body.n > 0 && memchr(" \t\r\n", body.p[0], 4) != NULL) {
		body.p++;
		body.n--;
	}
	return str_starts(body, "{") || str_starts(body, "[") ||
	       contrast_ends(media, "/json") || contrast_ends(media, "+json");
}

static enum contrast_kind
contrast_kind(const struct compared *c, struct str body)
{
	struct str type = headers_get(c->headers, "Content-Type"), boundary;
	struct str media = contrast_media_type(type);

	if (contrast_may_be_json(media, body))
		return CONTRAST_JSON;
	if (str_iis(media, "application/x-www-form-urlencoded"))
		return CONTRAST_FORM;
	if (type.p != NULL && multipart_boundary(type, &boundary) &&
	    multipart_fits(boundary, body))
		return CONTRAST_PARTS;
	return CONTRAST_BYTES;
}

/* Bodies that differ in bytes. */
static void
contrast_contents(struct contrast_run *r, struct str a, struct str b)
{
	enum contrast_kind kind = contrast_kind(r->recorded, a);
	bool same = kind == contrast_kind(r->live, b);

	if (same && kind == CONTRAST_PARTS)
		contrast_in_parts(r, a, b);
	else if (same && kind == CONTRAST_FORM)
		contrast_pairs(r, DIFFERENCE_IN_FORM, a, b);
	else if (!same || kind != CONTRAST_JSON || !contrast_in_json(r, a, b))
		contrast_at_byte(r, a, b);
}

static void
contrast_decoded(struct contrast_run *r, struct str a, struct str b)
{
	struct difference x = { .place = DIFFERENCE_IN_BODY,
		.way = DIFFERENCE_WRITTEN };

	if (!str_eq(a, b))
		contrast_contents(r, a, b);
	else if (!r->by_meaning)
		contrast_add_ruled(
		    r, x, FAR_WRITTEN, "compare json", (struct str){ NULL, 0 });
}

/* The body without its content codings, or as it is when that cannot be. */
static struct str
contrast_decode(
    struct contrast_run *r, const struct compared *c, struct buf *out)
{
	struct str list = coding_list(c->headers, &r->d->arena);

	if (list.n > 0 &&
	    coding_decode(list, c->body, CONTRAST_BODY, out) == CODING_DONE)
		return out->n > 0 ? buf_str(out) : STR("");
	return c->body;
}

void
contrast_body(struct contrast_run *r)
{
	const struct compared *a = r->recorded, *b = r->live;
	struct buf decoded[2] = { { 0 } };

	if (!a->known || !b->known || (a->size == 0 && b->size == 0) ||
	    contrast_named(r, RULE_BIT(RULE_IGNORE_BODY), STR(""), false))
		return;
	if ((a->size > 0 && a->body.p == NULL) ||
	    (b->size > 0 && b->body.p == NULL))
		contrast_sizes(r);
	else if (a->size == 0 || b->size == 0)
		contrast_one_body(r);
	else if (!str_eq(a->body, b->body))
		contrast_decoded(r, contrast_decode(r, a, &decoded[0]),
		    contrast_decode(r, b, &decoded[1]));
	buf_free(&decoded[0]);
	buf_free(&decoded[1]);
}
