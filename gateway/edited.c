#include "config.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "har/exchange.h"
#include "har/url.h"

#include "gateway/edited.h"

static bool
edited_same_fields(const struct headers *a, const struct headers *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!str_eq(a->v[i].name, b->v[i].name) ||
		    !str_eq(a->v[i].value, b->v[i].value))
			return false;
	return true;
}

/* One Content-Length, where the first one was or at the end. */
static void
edited_set_length(struct message *m, struct arena *a)
{
	struct str value = str_of(arena_printf(a, "%zu", m->body.bytes.n));
	bool seen = false;
	size_t i, n = 0;

	for (i = 0; i < m->headers.n; i++) {
		struct header f = m->headers.v[i];

		if (str_iis(f.name, "Content-Length")) {
			if (seen)
				continue;
			seen = true;
			f.value = value;
		}
		m->headers.v[n++] = f;
	}
	m->headers.n = n;
	if (!seen)
		headers_add(&m->headers, a, STR("Content-Length"), value);
	m->framing = FRAMING_LENGTH;
}

/* Whether the body is another one. */
static bool
edited_body(struct message *m, const struct message *was, struct arena *a)
{
	bool same = m->body.known == was->body.known &&
		    str_eq(buf_str(&m->body.bytes), buf_str(&was->body.bytes));

	if (!same && m->body.known && m->framing != FRAMING_CHUNKED &&
	    m->framing != FRAMING_CLOSE)
		edited_set_length(m, a);
	if (!same || !edited_same_fields(&m->headers, &was->headers))
		m->head_bytes = -1;
	return !same;
}

/* Where the target of u is not below the base that was's was below, all of
 * it is the new target. */
static void
edited_target(struct exchange *x, const struct exchange *was)
{
	struct url u, old;
	struct err e;
	struct str base, target;

	if (url_parse_any(&u, x->url, &e) == -1)
		return; /* har_read() has let it pass: never */
	target = u.target;
	if (url_parse_any(&old, was->url, &e) == 0 &&
	    old.target.n >= was->target.n) {
		base =
		    (struct str){ old.target.p, old.target.n - was->target.n };
		if (str_eq((struct str){ base.p + base.n, was->target.n },
			was->target) &&
		    target.n > base.n && target.p[base.n] == '/' &&
		    str_eq((struct str){ target.p, base.n }, base))
			target = (struct str){ target.p + base.n,
				target.n - base.n };
	}
	if (target.n == 0 || target.p[0] != '/')
		target =
		    str_of(arena_printf(&x->arena, "/%.*s", STR_ARGS(target)));
	x->target = target;
}

void
edited_settle(struct exchange *x, const struct exchange *was, bool own)
{
	struct arena *a = &x->arena;

	x->id = was->id;
	if (!own) {
		x->target = arena_str(a, was->target);
		x->scope = arena_str(a, was->scope);
		x->client_addr = arena_str(a, was->client_addr);
		x->session = arena_str(a, was->session);
		x->mode = arena_str(a, was->mode);
	}
	if (!str_eq(x->url, was->url) && str_eq(x->target, was->target))
		edited_target(x, was);
	(void)edited_body(&x->request, &was->request, a);
	if (edited_body(&x->response, &was->response, a)) {
		x->chunks = NULL;
		x->nchunks = 0;
	}
}
