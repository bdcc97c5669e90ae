#include "config.h"

#include <string.h>

#include "gateway/h2_head.h"

#include "gateway/h2_session.h"

#define H2_PATIENCE 1000       /* at once */
#define H2_PATIENCE_PER_S 200  /* and again in a second */
#define H2_TURN (1024u * 1024) /* sent before others have their turn */

/* ---- fields ---------------------------------------------------------- */

void
h2_list_add(
    struct h2_list *l, struct arena *a, struct str name, struct str value)
{
	nghttp2_nv *old = l->v;

	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->v = arena_alloc(a, l->cap * sizeof(*l->v));
		if (l->n > 0)
			memcpy(l->v, old, l->n * sizeof(*l->v));
	}
	l->v[l->n++] = (nghttp2_nv){
		.name = (uint8_t *)name.p,
		.namelen = name.n,
		.value = (uint8_t *)value.p,
		.valuelen = value.n,
	};
}

static struct str
h2_list_name(struct arena *a, struct str name)
{
	char *p = arena_alloc(a, name.n + 1);

	return h2_head_name(p, name);
}

void
h2_list_add_headers(struct h2_list *l, struct arena *a, const struct headers *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (h2_head_keeps(h, &h->v[i]))
			h2_list_add(
			    l, a, h2_list_name(a, h->v[i].name), h->v[i].value);
}

/* ---- patience -------------------------------------------------------- */

static bool
h2_patience_costs(const nghttp2_frame_hd *hd)
{
	switch (hd->type) {
	case NGHTTP2_DATA:
		return hd->length == 0 &&
		       (hd->flags & NGHTTP2_FLAG_END_STREAM) == 0;
	case NGHTTP2_HEADERS:
	case NGHTTP2_WINDOW_UPDATE:
		return false;
	default:
		return true;
	}
}

bool
h2_patience_bears(
    struct h2_patience *p, const nghttp2_frame_hd *hd, int64_t now)
{
	if (p->at == 0)
		p->left = H2_PATIENCE * 1000;
	else if (now > p->at)
		p->left += (now - p->at) * H2_PATIENCE_PER_S / 1000;
	p->at = now;
	if (p->left > H2_PATIENCE * 1000)
		p->left = H2_PATIENCE * 1000;
	if (h2_patience_costs(hd))
		p->left -= 1000;
	return p->left > 0;
}

/* ---- sessions -------------------------------------------------------- */

static nghttp2_session *
h2_session_new(const nghttp2_session_callbacks *cb, void *arg,
    int (*make)(nghttp2_session **, const nghttp2_session_callbacks *, void *,
	const nghttp2_option *))
{
	nghttp2_session *session = NULL;
	nghttp2_option *option;

	if (nghttp2_option_new(&option) != 0)
		return NULL;
	nghttp2_option_set_no_auto_window_update(option, 1);
	nghttp2_option_set_no_closed_streams(option, 1);
	/* Who sends a head has had its own limits. */
	nghttp2_option_set_max_send_header_block_length(option, 1 << 25);
	if (make(&session, cb, arg, option) != 0)
		session = NULL;
	nghttp2_option_del(option);
	return session;
}

nghttp2_session *
h2_session_server(const nghttp2_session_callbacks *cb, void *arg)
{
	return h2_session_new(cb, arg, nghttp2_session_server_new2);
}

nghttp2_session *
h2_session_client(const nghttp2_session_callbacks *cb, void *arg)
{
	return h2_session_new(cb, arg, nghttp2_session_client_new2);
}

/* ---- out ------------------------------------------------------------- */

size_t
h2_out_waiting(const struct h2_out *o)
{
	return o->b.n - o->at;
}

/* False when the session cannot go on. */
static bool
h2_out_fill(struct h2_out *o, nghttp2_session *session)
{
	const uint8_t *p;
	ssize_t n = 0;

	o->b.n = o->at = 0;
	while (o->b.n < H2_MOST_QUEUED &&
	       (n = nghttp2_session_mem_send(session, &p)) > 0)
		buf_add(&o->b, p, (size_t)n);
	return n >= 0;
}

enum h2_sent
h2_out_send(
    struct h2_out *o, nghttp2_session *session, struct stream *s, bool *moved)
{
	size_t total = 0;
	struct iovec v;
	ssize_t sent;

	while (total < H2_TURN) {
		if (h2_out_waiting(o) == 0 && !h2_out_fill(o, session))
			return H2_SENT_BROKEN;
		if (h2_out_waiting(o) == 0)
			return H2_SENT_ALL;
		v = (struct iovec){ o->b.p + o->at, h2_out_waiting(o) };
		sent = stream_write(s, &v, 1);
		if (sent == STREAM_BROKEN)
			return H2_SENT_BROKEN;
		if (sent == STREAM_LATER)
			return H2_SENT_LATER;
		*moved = true;
		o->at += (size_t)sent;
		total += (size_t)sent;
	}
	return H2_SENT_TURN;
}
