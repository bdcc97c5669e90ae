#include "config.h"

#include <string.h>

#include "har/coding.h"
#include "recorder/pseudonym.h"

#include "replay/level.h"

#define LEVEL_DECODED (16u << 20) /* bytes of a body without its coding */
#define LEVEL_SCRATCH (64u << 10)

void
level_fini(struct level *l)
{
	buf_free(&l->target);
	buf_free(&l->body);
	buf_free(&l->decoded);
	buf_free(&l->value);
	arena_fini(&l->arena);
}

static struct str
level_text(struct str text, struct buf *scratch)
{
	buf_clear(scratch, LEVEL_SCRATCH);
	return text.n > 0 && pseudonym_level(text, scratch) ? buf_str(scratch)
							    : text;
}

/* The same fields without Content-Encoding. */
static const struct headers *
level_decoded_fields(struct level *l, const struct headers *h)
{
	struct headers *copy = arena_zalloc(&l->arena, sizeof(*copy));
	size_t i;

	for (i = 0; i < h->n; i++)
		if (!str_iis(h->v[i].name, "Content-Encoding"))
			headers_add(
			    copy, &l->arena, h->v[i].name, h->v[i].value);
	return copy;
}

/* A body in a content coding is what it is unless there is a pseudonym below
 * the coding. */
static void
level_coded_body(struct level *l, struct key_parts *p)
{
	struct str list = coding_list(p->headers, &l->arena), plain;

	buf_clear(&l->decoded, LEVEL_SCRATCH);
	if (list.n == 0 || p->body.n > LEVEL_DECODED) {
		p->body = level_text(p->body, &l->body);
		return;
	}
	if (coding_decode(list, p->body, LEVEL_DECODED, &l->decoded) !=
	    CODING_DONE)
		return;
	plain = level_text(buf_str(&l->decoded), &l->body);
	if (plain.p == l->decoded.p)
		return;
	p->body = plain;
	p->headers = level_decoded_fields(l, p->headers);
}

static const struct headers *
level_fields(struct level *l, const struct headers *h)
{
	struct headers *copy = NULL;
	struct str value;
	size_t i;

	for (i = 0; i < h->n; i++) {
		value = level_text(h->v[i].value, &l->value);
		if (value.p == h->v[i].value.p)
			continue;
		if (copy == NULL) {
			copy = arena_alloc(&l->arena, sizeof(*copy));
			*copy = headers_copy(h, &l->arena);
		}
		copy->v[i].value = arena_str(&l->arena, value);
	}
	return copy != NULL ? copy : h;
}

struct key_parts
level_parts(struct level *l, const struct key_parts *p, bool fields)
{
	struct key_parts parts = *p;

	arena_reset(&l->arena);
	parts.target = level_text(p->target, &l->target);
	if (p->body.n > 0 && p->headers != NULL &&
	    headers_get(p->headers, "Content-Encoding").p != NULL)
		level_coded_body(l, &parts);
	else if (p->body.n > 0)
		parts.body = level_text(p->body, &l->body);
	if (fields && parts.headers != NULL)
		parts.headers = level_fields(l, parts.headers);
	return parts;
}

bool
level_same(struct str a, struct str b)
{
	struct buf x = { 0 }, y = { 0 };
	bool same = str_eq(a, b);

	if (!same && a.n > 0 && b.n > 0)
		same = str_eq(level_text(a, &x), level_text(b, &y));
	buf_free(&x);
	buf_free(&y);
	return same;
}

uint64_t
level_hash(struct str target, struct str body)
{
	uint64_t h = pseudonym_hash(0, target);

	return body.n > 0 && body.n <= LEVEL_BODY ? pseudonym_hash(h, body) : h;
}
