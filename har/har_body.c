#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "har/coding.h"
#include "har/feed.h"
#include "har/har_form.h"
#include "har/har_payload.h"
#include "har/json_write.h"

#include "har/har_body.h"

/*
 * Fields beside a body
 */

/* Sets Content-Length, where there is one, to the body's size. */
static int
har_body_fix_length(struct har_in *in, struct message *m, const char *path)
{
	struct arena *a = &in->entry->x->arena;
	bool seen = false, changed = false;
	struct str right = STR("");
	size_t i, n = 0;

	for (i = 0; i < m->headers.n; i++) {
		struct header *f = &m->headers.v[i];

		if (str_iis(f->name, "Content-Length")) {
			if (right.n == 0)
				right = str_of(
				    arena_printf(a, "%" PRIu64, m->body.size));
			changed |= seen || !str_eq(f->value, right);
			if (seen)
				continue;
			seen = true;
			f->value = right;
		}
		m->headers.v[n++] = *f;
	}
	m->headers.n = n;
	if (!changed)
		return 0;
	return har_in_repair_at(
	    in, path, "Content-Length set to %.*s", STR_ARGS(right));
}

static void
har_body_drop_field(struct headers *list, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < list->n; i++)
		if (!str_iis(list->v[i].name, name))
			list->v[n++] = list->v[i];
	list->n = n;
}

/* A file without any fields still says what the body is. */
static int
har_body_add_type(struct har_in *in, struct message *m, struct str mime_type,
    const char *path)
{
	if (in->entry->own || m->headers.n > 0 || mime_type.n == 0 ||
	    body_held(&m->body) == 0 ||
	    memchr(mime_type.p, '\n', mime_type.n) ||
	    memchr(mime_type.p, '\r', mime_type.n) ||
	    memchr(mime_type.p, '\0', mime_type.n) ||
	    str_is(mime_type, "x-unknown"))
		return 0;
	headers_add(&m->headers, &in->entry->x->arena, STR("Content-Type"),
	    str_trim(mime_type));
	return har_in_repair_at(
	    in, path, "no fields: Content-Type taken from mimeType");
}

static bool
har_body_has_text(const struct har_payload *p)
{
	return p->cut || bulk_size(&p->text) > 0;
}

/*
 * The request's body
 */

static int64_t
har_body_length_field(const struct headers *list)
{
	struct str value = headers_get(list, "Content-Length");
	uint64_t v;

	return value.p != NULL && str_u64(value, &v) == 0 ? (int64_t)v
							  : HAR_ABSENT;
}

static int
har_body_no_request(struct har_in *in, struct har_source *s, struct body *b)
{
	int64_t length = har_body_length_field(&in->entry->x->request.headers);

	if (s->size > 0 || length > 0)
		return har_payload_unknown(in, b, s->path,
		    s->size > 0 ? s->size : length,
		    "it had a size, but no text");
	return 0;
}

static int
har_body_params(struct har_in *in, struct har_source *s, struct body *b)
{
	struct bulk bytes = har_in_bulk(in);
	int r = har_form_build(
	    s->payload->params, s->content_type, s->size, &bytes.bytes);

	if (r == -1) {
		bulk_free(&bytes);
		return har_payload_unknown(
		    in, b, s->path, s->size, "params do not hold all of it");
	}
	har_payload_take(b, &bytes);
	return har_in_repair_at(in, s->path, "made of params");
}

/* postData without a byte in it is more than no postData: who compares bodies
 * as Playwright does compares with its empty text.  It is kept with what the
 * request has beyond its body. */
static void
har_body_keep_empty(struct har_entry *entry)
{
	struct har_payload *p = &entry->post;
	bool typed = p->mime_type.p != NULL && har_text_is_text(p->mime_type);
	struct buf *extra = entry->extra;
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	w.out = extra[HAR_REQUEST];
	w.empty = entry->extra_members[HAR_REQUEST]++ == 0;
	json_write_name(&w, STR("postData"));
	json_write_object(&w);
	json_write_member(&w, "mimeType", typed ? p->mime_type : STR(""));
	json_write_member(&w, "text", STR(""));
	if (extra[HAR_POST_DATA].n > 0) {
		buf_add(&w.out, ",", 1);
		buf_add_str(&w.out, buf_str(&extra[HAR_POST_DATA]));
	}
	json_write_object_end(&w);
	extra[HAR_REQUEST] = w.out;
	entry->extra_members[HAR_POST_DATA] = 0;
}

int
har_body_request(struct har_in *in)
{
	struct har_entry *entry = in->entry;
	struct message *m = &entry->x->request;
	struct str type = headers_get(&m->headers, "Content-Type");
	struct har_payload *p = &entry->post;
	struct har_source s = { p, "request/postData", type,
		entry->request_size };
	int r;

	if (s.content_type.n == 0 && p->mime_type.p != NULL)
		s.content_type = p->mime_type;
	if (p->file.n > 0 && !har_body_has_text(p))
		r = har_payload_file(in, &s, &m->body);
	else if (har_body_has_text(p))
		r = har_payload_decode(in, &s, STR(""), &m->body);
	else if (p->params != NULL)
		r = har_body_params(in, &s, &m->body);
	else if (!entry->own)
		r = har_body_no_request(in, &s, &m->body);
	else
		r = 0;
	if (r == -1)
		return -1;
	if (p->present && body_held(&m->body) == 0)
		har_body_keep_empty(entry);
	return har_body_add_type(
	    in, m, p->mime_type, "request/postData/mimeType");
}

/*
 * The response's body
 */

/* A response to which no body belongs (RFC 9110 section 6.4.1). */
static bool
har_body_none_allowed(const struct exchange *x)
{
	return str_is(x->method, "HEAD") || x->status < 200 ||
	       x->status == 204 || x->status == 304;
}

static int
har_body_no_response(
    struct har_in *in, const struct har_source *s, struct body *b)
{
	struct exchange *x = in->entry->x;
	int64_t length = har_body_length_field(&x->response.headers);

	if (s->size == 0 || !s->payload->present) {
		if (length <= 0)
			return 0;
	}
	if (s->size == HAR_ABSENT && length <= 0 &&
	    in->entry->response_size <= 0)
		return 0;
	if (x->status >= 300 && x->status < 400)
		return har_in_repair_at(
		    in, s->path, "no text, taken for empty in a redirect");
	return har_payload_unknown(in, b, s->path,
	    s->size > 0 ? s->size : length, "it had a size, but no text");
}

/* Encodes a body anew that content has decoded, unless it is so long that it
 * is in a file. */
static int
har_body_encode(struct har_in *in, struct str codings, struct message *m)
{
	struct bulk again = har_in_bulk(in);

	if (m->body.spool == NULL &&
	    coding_encode(codings, buf_str(&m->body.bytes), &again.bytes) ==
		0) {
		har_payload_take(&m->body, &again);
	} else {
		bulk_free(&again);
		har_body_drop_field(&m->headers, "Content-Encoding");
	}
	return har_body_fix_length(in, m, "response/headers");
}

/* Whether content is what the wire bytes decode to: 1, 0 or -1. */
static int
har_body_wire_fits(
    struct har_in *in, struct str codings, const struct message *m)
{
	struct feed *wire = bulk_feed(&in->entry->wire);
	struct feed *content = body_feed(&m->body);
	struct feed *decoded = coding_feed(codings, wire, HAR_MOST_DECODED);
	struct err e;
	int r = 0;

	if (decoded != NULL)
		r = feed_same(decoded, content, &e);
	if (r == -1)
		r = coding_feed_result(decoded) == CODING_DONE ||
			    coding_feed_result(decoded) == CODING_UNREADABLE
			? har_payload_failed(in, &e)
			: 0;
	feed_free(decoded);
	feed_free(content);
	feed_free(wire);
	return r;
}

/* The wire bytes that _hark kept count as long as content still is what they
 * decode to; otherwise somebody edited content, which is encoded anew. */
static int
har_body_wire(struct har_in *in, struct str codings, struct message *m)
{
	struct har_entry *entry = in->entry;
	int r = har_body_wire_fits(in, codings, m);

	if (r == -1)
		return -1;
	if (r == 1)
		return har_payload_take(&m->body, &entry->wire);
	if (har_in_repair_at(
		in, "response/content", "edited since hark wrote it") == -1)
		return -1;
	return har_body_encode(in, codings, m);
}

/* The same for wire bytes in a file. */
static int
har_body_wire_file(struct har_in *in, struct str codings, struct message *m)
{
	struct har_entry *entry = in->entry;
	struct err e;

	bulk_free(&entry->wire);
	if (har_payload_side_file(in, entry->wire_file, &entry->wire, &e) == 0)
		return har_body_wire(in, codings, m);
	if (entry->wire.failed)
		return har_payload_failed(in, &e);
	if (har_in_repair_at(
		in, "_hark/response/_file", "encoded anew: %s", e.text) == -1)
		return -1;
	return har_body_encode(in, codings, m);
}

/* Content-Encoding beside a body that is decoded already is dropped. */
static int
har_body_undo_coding(struct har_in *in, struct str codings, struct message *m)
{
	struct feed *from;
	uint64_t size;
	int r;

	if (codings.n == 0 || body_held(&m->body) == 0)
		return 0;
	from = body_feed(&m->body);
	r = har_payload_decodes(in, from, codings, &size);
	feed_free(from);
	if (r == -1)
		return -1;
	if ((r == CODING_DONE || r == CODING_TOO_BIG) && size > 0)
		return 0;
	har_body_drop_field(&m->headers, "Content-Encoding");
	return har_in_repair_at(in, "response/headers",
	    "Content-Encoding: %.*s left out, the body is decoded",
	    STR_ARGS(codings));
}

/* What a foreign file's fields say against its body. */
static int
har_body_reconcile(struct har_in *in, struct str codings, struct message *m)
{
	struct exchange *x = in->entry->x;

	if (!m->body.known)
		return 0;
	if (har_body_none_allowed(x)) {
		if (body_held(&m->body) == 0)
			return 0;
		body_clear(&m->body);
		m->body.size = 0;
		return har_in_repair_at(in, "response/content",
		    "a body that this response cannot have, left out");
	}
	if (har_body_undo_coding(in, codings, m) == -1)
		return -1;
	return har_body_fix_length(in, m, "response/headers");
}

static int
har_body_bytes(struct har_in *in, struct str codings, struct message *m)
{
	struct har_entry *entry = in->entry;
	struct har_payload *p = &entry->content;
	struct str type = headers_get(&m->headers, "Content-Type");
	struct har_source s = { p, "response/content", type, p->size };

	if (s.content_type.n == 0 && p->mime_type.p != NULL)
		s.content_type = p->mime_type;
	if (p->file.n > 0 && !har_body_has_text(p))
		return har_payload_file(in, &s, &m->body);
	if (har_body_has_text(p))
		return har_payload_decode(in, &s, codings, &m->body);
	if (!entry->own && !har_body_none_allowed(entry->x))
		return har_body_no_response(in, &s, &m->body);
	return 0;
}

int
har_body_response(struct har_in *in)
{
	struct har_entry *entry = in->entry;
	struct exchange *x = entry->x;
	struct message *m = &x->response;
	struct str codings = coding_list(&m->headers, &x->arena);

	if (har_body_bytes(in, codings, m) == -1)
		return -1;
	if (entry->own) {
		if (entry->has_wire)
			return har_body_wire(in, codings, m);
		if (entry->wire_file.n > 0 && m->body.known)
			return har_body_wire_file(in, codings, m);
		return 0;
	}
	if (har_body_reconcile(in, codings, m) == -1)
		return -1;
	return har_body_add_type(
	    in, m, entry->content.mime_type, "response/content/mimeType");
}
