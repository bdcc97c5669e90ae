#include "config.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "har/base64.h"
#include "har/coding.h"
#include "har/har_charset.h"
#include "har/har_form.h"
#include "har/json_write.h"

#include "har/har_body.h"

#define HAR_MOST_BASE64 (HAR_MOST_BODY / 3 * 4 + 4)

int
har_body_read_text(struct har_in *in, enum json_token t, void *slot)
{
	struct har_payload *p = slot;
	struct json_write w;
	int r;

	if (t == JSON_NULL)
		return 0;
	p->has_text = true;
	p->text.n = 0;
	if (t == JSON_STRING) {
		(void)json_flaws(in->j); /* of what was passed over */
		r = json_string(in->j, &p->text, HAR_MOST_BASE64);
		p->cut = r == 1;
		p->flaws = json_flaws(in->j);
		return r == -1 ? har_in_fail(in) : 0;
	}
	json_write_init(&w, false, NULL, NULL);
	w.out = p->text;
	r = json_write_value(&w, in->j, t);
	p->text = w.out;
	if (r == -1)
		return har_in_fail(in);
	return har_in_repair(in, "%s, expected a string", json_token_text(t));
}

/* What a body is read from and how it is called in reports. */
struct har_source {
	struct har_payload *payload;
	const char *path;
	struct str content_type;
	int64_t size; /* what the file says of the bytes; HAR_ABSENT */
};

static int
har_body_unknown(struct har_in *in, struct body *b, const char *path,
    int64_t size, const char *why)
{
	buf_free(&b->bytes);
	b->known = false;
	b->size = size > 0 ? (uint64_t)size : 0;
	return har_in_repair_at(in, path, "%s: the body is unknown", why);
}

static int
har_body_take(struct body *b, struct buf *bytes)
{
	buf_free(&b->bytes);
	b->bytes = *bytes;
	*bytes = (struct buf){ 0 };
	b->size = b->bytes.n;
	b->known = true;
	return 0;
}

/*
 * Text
 */

/* A lone surrogate is what a browser writes as U+FFFD, which is as long. */
static void
har_body_surrogates(struct buf *b)
{
	unsigned char *p = (unsigned char *)b->p;
	size_t i;

	for (i = 0; i + 2 < b->n; i++)
		if (p[i] == 0xed && p[i + 1] >= 0xa0)
			memcpy(p + i, "\xef\xbf\xbd", 3);
}

/* The text as bytes of another encoding, if that is what they were. */
static int
har_body_transcode(
    struct har_in *in, const struct har_source *s, struct buf *text)
{
	struct str charset = har_charset_of(s->content_type);
	struct buf other = { 0 };

	if ((int64_t)text->n == s->size)
		return 0; /* UTF-8 is as long as it was */
	if (!har_charset_is_utf8(charset)) {
		if (har_charset_encode(charset, buf_str(text), &other) == -1) {
			buf_free(&other);
			return har_in_repair_at(in, s->path,
			    "left in UTF-8: not possible in %.*s",
			    STR_ARGS(charset));
		}
		if (str_eq(buf_str(&other), buf_str(text))) {
			buf_free(&other);
			return 0;
		}
		buf_free(text);
		*text = other;
		return har_in_repair_at(
		    in, s->path, "put back into %.*s", STR_ARGS(charset));
	}
	if (s->size <= 0)
		return 0;
	buf_add_str(&other, buf_str(text));
	if (har_text_to_latin1(&other) == -1 || (int64_t)other.n != s->size ||
	    other.n == text->n) {
		buf_free(&other);
		return 0;
	}
	buf_free(text);
	*text = other;
	return har_in_repair_at(
	    in, s->path, "one character per byte, turned back");
}

static int
har_body_text(struct har_in *in, const struct har_source *s)
{
	struct buf *text = &s->payload->text;

	if ((s->payload->flaws & JSON_LONE_SURROGATE) != 0) {
		har_body_surrogates(text);
		if (har_in_repair_at(in, s->path,
			"a surrogate without its other half, replaced") == -1)
			return -1;
	}
	if ((s->payload->flaws & JSON_BAD_UTF8) != 0)
		return har_in_repair_at(
		    in, s->path, "bytes that are not UTF-8, left as they are");
	return har_body_transcode(in, s, text);
}

/*
 * Encodings
 */

static int
har_body_hex(struct str text, struct buf *out)
{
	size_t i, n = out->n;
	int v, half = -1;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i] | 32;

		v = c >= '0' && c <= '9'   ? c - '0'
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
					   : -1;
		if (v == -1)
			break;
		if (half != -1)
			buf_add(out, &(char){ (char)(half << 4 | v) }, 1);
		half = half == -1 ? v : -1;
	}
	if (i == text.n && half == -1)
		return 0;
	out->n = n;
	return -1;
}

static int
har_body_chunk(struct str text, bool base64, struct buf *out)
{
	unsigned odd;

	return base64 ? base64_decode(text, out, &odd)
		      : har_body_hex(text, out);
}

/* Binary bodies as a JSON array of pieces, each in hex or base64, as the
 * text itself (Polly.JS).  0, or -1 when text is not of that kind. */
static int
har_body_pieces(struct str text, bool base64, struct buf *out)
{
	struct json *j = json_open_str(text);
	struct buf piece = { 0 };
	enum json_token t;
	int r = json_next(j) == JSON_ARRAY ? 0 : -1;

	while (r == 0 && (t = json_next(j)) != JSON_ARRAY_END) {
		piece.n = 0;
		r = t != JSON_STRING ? -1
				     : json_string(j, &piece, HAR_MOST_BASE64);
		if (r == 0)
			r = har_body_chunk(buf_str(&piece), base64, out);
	}
	if (r == 0 && json_next(j) != JSON_END)
		r = -1;
	buf_free(&piece);
	json_close(j);
	return r;
}

/* Whether the text may be pieces: it says so, or its fields do. */
static bool
har_body_may_be_pieces(
    const struct har_source *s, struct str codings, bool base64)
{
	struct buf *text = &s->payload->text;

	return text->n >= 2 && text->p[0] == '[' && text->p[1] == '"' &&
	       (base64 || s->payload->binary || codings.n > 0);
}

static int
har_body_base64(struct har_in *in, const struct har_source *s, struct body *b)
{
	unsigned odd;

	if (base64_decode_in_place(&s->payload->text, &odd) == -1)
		return har_body_unknown(
		    in, b, s->path, s->size, "the text is not base64");
	har_body_take(b, &s->payload->text);
	if (odd == 0)
		return 0;
	return har_in_repair_at(in, s->path, "base64%s%s%s",
	    (odd & BASE64_URL_SAFE) != 0 ? " in the URL-safe alphabet" : "",
	    (odd & BASE64_UNPADDED) != 0 ? " without padding" : "",
	    (odd & BASE64_SPACED) != 0 ? " with white space" : "");
}

/* Text that there is, to bytes.  codings are those of the fields. */
static int
har_body_decode(struct har_in *in, const struct har_source *s,
    struct str codings, struct body *b)
{
	struct har_payload *p = s->payload;
	struct str how =
	    str_trim(p->encoding.p != NULL ? p->encoding : STR(""));
	bool base64 = str_iis(how, "base64") || str_iis(how, "base64url");
	struct buf bytes = { 0 };

	if (p->cut)
		return har_body_unknown(
		    in, b, s->path, s->size, "longer than the limit");
	if (!in->entry->own && har_body_may_be_pieces(s, codings, base64)) {
		if (har_body_pieces(buf_str(&p->text), base64, &bytes) == 0) {
			har_body_take(b, &bytes);
			return har_in_repair_at(
			    in, s->path, "pieces, put together");
		}
		buf_free(&bytes);
	}
	if (base64)
		return har_body_base64(in, s, b);
	if (str_iis(how, "hex")) {
		if (har_body_hex(buf_str(&p->text), &bytes) == -1)
			return har_body_unknown(
			    in, b, s->path, s->size, "the text is not hex");
		return har_body_take(b, &bytes);
	}
	if (how.n > 0 && !har_charset_is_utf8(how) &&
	    har_in_repair_at(in, s->path, "encoding %.*s taken for text",
		(int)(how.n < 40 ? how.n : 40), how.p) == -1)
		return -1;
	if (!in->entry->own && har_body_text(in, s) == -1)
		return -1;
	return har_body_take(b, &p->text);
}

/* Bytes in a file beside the HAR. */
static int
har_body_file(struct har_in *in, const struct har_source *s, struct body *b)
{
	struct buf bytes = { 0 };
	struct err e;

	if (in->o->side_file == NULL)
		return har_body_unknown(
		    in, b, s->path, s->size, "it is in a file beside the HAR");
	if (in->o->side_file(in->o->arg, s->payload->file, &bytes, &e) == -1) {
		buf_free(&bytes);
		return har_body_unknown(in, b, s->path, s->size, e.text);
	}
	return har_body_take(b, &bytes);
}

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
				    arena_printf(a, "%zu", m->body.bytes.n));
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
	    m->body.bytes.n == 0 || memchr(mime_type.p, '\n', mime_type.n) ||
	    memchr(mime_type.p, '\r', mime_type.n) ||
	    memchr(mime_type.p, '\0', mime_type.n) ||
	    str_is(mime_type, "x-unknown"))
		return 0;
	headers_add(&m->headers, &in->entry->x->arena, STR("Content-Type"),
	    str_trim(mime_type));
	return har_in_repair_at(
	    in, path, "no fields: Content-Type taken from mimeType");
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
		return har_body_unknown(in, b, s->path,
		    s->size > 0 ? s->size : length,
		    "it had a size, but no text");
	return 0;
}

static int
har_body_params(struct har_in *in, struct har_source *s, struct body *b)
{
	struct buf bytes = { 0 };
	int r = har_form_build(
	    s->payload->params, s->content_type, s->size, &bytes);

	if (r == -1) {
		buf_free(&bytes);
		return har_body_unknown(
		    in, b, s->path, s->size, "params do not hold all of it");
	}
	har_body_take(b, &bytes);
	return har_in_repair_at(in, s->path, "made of params");
}

/* postData without a byte in it is more than no postData: who compares bodies
 * as Playwright does compares with its empty text.  It is kept with what the
 * request has beyond its body. */
static void
har_body_keep_empty(struct har_entry *entry)
{
	struct har_payload *p = &entry->post;
	struct buf *extra = entry->extra;
	struct json_write w;

	json_write_init(&w, false, NULL, NULL);
	w.out = extra[HAR_REQUEST];
	w.empty = entry->extra_members[HAR_REQUEST]++ == 0;
	json_write_name(&w, STR("postData"));
	json_write_object(&w);
	json_write_member(
	    &w, "mimeType", p->mime_type.p != NULL ? p->mime_type : STR(""));
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
	if (p->file.n > 0 && p->text.n == 0)
		r = har_body_file(in, &s, &m->body);
	else if (p->text.n > 0)
		r = har_body_decode(in, &s, STR(""), &m->body);
	else if (p->params != NULL)
		r = har_body_params(in, &s, &m->body);
	else if (!entry->own)
		r = har_body_no_request(in, &s, &m->body);
	else
		r = 0;
	if (r == -1)
		return -1;
	if (p->present && m->body.bytes.n == 0)
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
	return har_body_unknown(in, b, s->path, s->size > 0 ? s->size : length,
	    "it had a size, but no text");
}

/* The wire bytes that _hark kept count as long as content still is what they
 * decode to; otherwise somebody edited content, which is encoded anew. */
static int
har_body_wire(struct har_in *in, struct str codings, struct message *m)
{
	struct har_entry *entry = in->entry;
	struct buf decoded = { 0 }, again = { 0 };
	bool same;

	same = coding_decode(codings, buf_str(&entry->wire), HAR_MOST_BODY,
		   &decoded) == CODING_DONE &&
	       str_eq(buf_str(&decoded), buf_str(&m->body.bytes));
	buf_free(&decoded);
	if (same)
		return har_body_take(&m->body, &entry->wire);
	if (coding_encode(codings, buf_str(&m->body.bytes), &again) == 0) {
		har_body_take(&m->body, &again);
	} else {
		buf_free(&again);
		har_body_drop_field(&m->headers, "Content-Encoding");
	}
	if (har_in_repair_at(
		in, "response/content", "edited since hark wrote it") == -1)
		return -1;
	return har_body_fix_length(in, m, "response/headers");
}

/* Content-Encoding beside a body that is decoded already is dropped. */
static int
har_body_undo_coding(struct har_in *in, struct str codings, struct message *m)
{
	struct buf decoded = { 0 };
	bool wire;

	if (codings.n == 0 || m->body.bytes.n == 0)
		return 0;
	wire = coding_decode(codings, buf_str(&m->body.bytes), HAR_MOST_BODY,
		   &decoded) == CODING_DONE &&
	       decoded.n > 0;
	buf_free(&decoded);
	if (wire)
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
		if (m->body.bytes.n == 0)
			return 0;
		buf_free(&m->body.bytes);
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
	if (p->file.n > 0 && p->text.n == 0)
		return har_body_file(in, &s, &m->body);
	if (p->text.n > 0)
		return har_body_decode(in, &s, codings, &m->body);
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
		return 0;
	}
	if (har_body_reconcile(in, codings, m) == -1)
		return -1;
	return har_body_add_type(
	    in, m, entry->content.mime_type, "response/content/mimeType");
}
