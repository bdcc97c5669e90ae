#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "har/headers.h"
#include "mock/callback.h"
#include "mock/file.h"
#include "mock/mime.h"
#include "mock/mocks.h"
#include "mock/state.h"
#include "mock/value_json.h"

#include "mock/respond.h"

#define RESPOND_HEADER_ERROR \
	"-- Header parsing error, see logs for more details --"

/* A reply while it is made. */
struct making {
	const struct responding *d;
	struct mock_reply *r;
	struct headers fields;
	bool
	    own_type; /* the response has a Content-Type, not the environment */
	bool failed;  /* the body tells what went wrong */
};

static void
respond_remark(struct making *m, const char *what, const char *why)
{
	buf_addf(&m->r->remarks, "%s: %s\n", what, why);
}

/* ---- fields ------------------------------------------------------------ */

static struct header *
respond_find_in(struct headers *h, struct str name)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (str_ieq(h->v[i].name, name))
			return &h->v[i];
	return NULL;
}

static struct header *
respond_find(struct making *m, struct str name)
{
	return respond_find_in(&m->fields, name);
}

void
respond_set_field(
    struct headers *h, struct arena *a, struct str name, struct str value)
{
	struct header *f =
	    str_iis(name, "Set-Cookie") ? NULL : respond_find_in(h, name);

	value = arena_str(a, value);
	if (f != NULL)
		f->value = value;
	else
		headers_add(h, a, arena_str(a, name), value);
}

static void
respond_set(struct making *m, struct str name, struct str value)
{
	respond_set_field(&m->fields, &m->r->arena, name, value);
}

int
respond_text(const struct respond_text *text, const struct template_context *c,
    struct buf *out, struct err *e)
{
	if (text->wrong.p != NULL)
		return err_set(e, "%.*s", STR_ARGS(text->wrong));
	if (text->template != NULL)
		return template_render(text->template, c, out, e);
	buf_add_str(out, text->plain);
	return 0;
}

void
respond_fields(const struct respond_headers *from,
    const struct template_context *c, struct headers *to, struct arena *a,
    struct buf *remarks)
{
	const struct respond_header *h;
	struct buf value = { 0 };
	struct err e;
	size_t i;

	for (i = 0; i < from->n; i++) {
		h = &from->v[i];
		value.n = 0;
		if (respond_text(&h->value, c, &value, &e) == -1) {
			buf_addf(remarks, "a header's template: %s\n", e.text);
			buf_add_text(&value, RESPOND_HEADER_ERROR);
		}
		/* Node refuses such a field, and Mockoon goes on without. */
		if (str_is_token(h->key) &&
		    str_is_field_value(str_trim(buf_str(&value))))
			respond_set_field(
			    to, a, h->key, str_trim(buf_str(&value)));
		else
			buf_add_text(remarks,
			    "a header: has what no field may have and is not "
			    "sent\n");
	}
	buf_free(&value);
}

/* "type; charset=x" with that charset. */
static void
respond_charset(struct making *m)
{
	struct header *f = respond_find(m, STR("Content-Type"));
	struct str rest, part, name;
	struct buf type = { 0 };

	if (f == NULL) {
		respond_set(
		    m, STR("Content-Type"), STR("text/html; charset=utf-8"));
		return;
	}
	rest = f->value;
	str_cut(&rest, ';', &part);
	buf_add_str(&type, str_trim(part));
	while (rest.p != NULL && str_cut(&rest, ';', &part)) {
		name = str_trim(part);
		if (str_istarts(name, "charset")) {
			buf_free(&type);
			return; /* it is the author's */
		}
		if (name.n > 0) {
			buf_add_text(&type, "; ");
			buf_add_str(&type, name);
		}
	}
	buf_add_text(&type, "; charset=utf-8");
	f->value = arena_str(&m->r->arena, buf_str(&type));
	buf_free(&type);
}

/* ---- bodies ------------------------------------------------------------ */

/* What the author's charset makes of UTF-8; see getBufferEncoding(). */
enum respond_encoding {
	ENCODING_UTF8,
	ENCODING_LATIN1, /* ASCII, too: the low byte of each character */
	ENCODING_UTF16,
};

static enum respond_encoding
respond_encoding(struct making *m)
{
	static const struct {
		const char *name;
		enum respond_encoding encoding;
	} names[] = {
		{ "iso-8859-1", ENCODING_LATIN1 },
		{ "latin1", ENCODING_LATIN1 },
		{ "binary", ENCODING_LATIN1 },
		{ "windows-1252", ENCODING_LATIN1 },
		{ "iso88591", ENCODING_LATIN1 },
		{ "iso_8859_1", ENCODING_LATIN1 },
		{ "iso_8859-1", ENCODING_LATIN1 },
		{ "ascii", ENCODING_LATIN1 },
		{ "us-ascii", ENCODING_LATIN1 },
		{ "utf-16le", ENCODING_UTF16 },
		{ "utf16le", ENCODING_UTF16 },
		{ "ucs-2", ENCODING_UTF16 },
		{ "ucs2", ENCODING_UTF16 },
		{ "utf-16", ENCODING_UTF16 },
		{ "utf16", ENCODING_UTF16 },
	};
	struct header *f = respond_find(m, STR("Content-Type"));
	struct str rest = f != NULL ? f->value : STR(""), part, name;
	size_t i;

	while (str_cut(&rest, ';', &part)) {
		if (!str_cut(&part, '=', &name) || part.p == NULL ||
		    !str_iis(str_trim(name), "charset"))
			continue;
		part = str_trim(part);
		if (part.n >= 2 && part.p[0] == '"')
			part = (struct str){ part.p + 1, part.n - 2 };
		for (i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (str_iis(part, names[i].name))
				return names[i].encoding;
	}
	return ENCODING_UTF8;
}

/* The character at the start of *text, which moves behind it. */
static uint32_t
respond_character(struct str *text)
{
	const unsigned char *p = (const unsigned char *)text->p;
	bool whole;
	size_t n = str_utf8(*text, &whole), i;
	uint32_t c = 0xfffd;

	if (whole) {
		c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
		for (i = 1; i < n; i++)
			c = c << 6 | (p[i] & 0x3f);
	}
	text->p += n;
	text->n -= n;
	return c;
}

static void
respond_utf16(struct buf *out, uint32_t unit)
{
	char bytes[2] = { (char)(unit & 0xff), (char)(unit >> 8 & 0xff) };

	buf_add(out, bytes, 2);
}

static void
respond_encode(struct making *m)
{
	enum respond_encoding encoding = respond_encoding(m);
	struct str text = buf_str(&m->r->body);
	struct buf out = { 0 };
	uint32_t c;
	char low;

	if (encoding == ENCODING_UTF8)
		return;
	while (text.n > 0) {
		c = respond_character(&text);
		if (encoding == ENCODING_UTF16 && c >= 0x10000) {
			respond_utf16(&out, 0xd800 + ((c - 0x10000) >> 10));
			respond_utf16(&out, 0xdc00 + ((c - 0x10000) & 0x3ff));
		} else if (encoding == ENCODING_UTF16) {
			respond_utf16(&out, c);
		} else {
			low = (char)(c & 0xff);
			buf_add(&out, &low, 1);
		}
	}
	buf_free(&m->r->body);
	m->r->body = out;
}

static void
respond_as_text(struct making *m)
{
	respond_encode(m);
	respond_charset(m);
}

/* A plain text about what went wrong. */
static void
respond_failed(struct making *m, const char *doing, const char *why, int status)
{
	respond_remark(m, doing, why);
	m->failed = true;
	m->r->body.n = 0;
	buf_addf(
	    &m->r->body, "%s%s%s", doing, doing[0] != '\0' ? ": " : "", why);
	respond_set(m, STR("Content-Type"), STR("text/plain; charset=utf-8"));
	if (status != 0)
		m->r->status = status;
}

static void
respond_template_failed(struct making *m, const char *doing, const char *why)
{
	respond_failed(m, doing, why, m->d->mockoon_errors ? 0 : 500);
}

static void
respond_render(struct making *m)
{
	struct err e;

	if (respond_text(&m->d->plan->body, m->d->c, &m->r->body, &e) == -1)
		respond_template_failed(
		    m, "Error while serving the content", e.text);
	else
		respond_as_text(m);
}

void
respond_bucket_text(
    const struct responding *d, size_t bucket, struct arena *a, struct buf *out)
{
	struct values v = { .arena = a };
	struct value value = state_bucket(d->use, bucket);

	if (value.kind == VALUE_TEXT || value.kind == VALUE_SAFE)
		buf_add_str(out, value.text);
	else
		(void)value_write_json(&v, out, value, 0, false);
}

static void
respond_bucket(struct making *m)
{
	respond_bucket_text(
	    m->d, m->d->plan->bucket, &m->r->arena, &m->r->body);
	respond_as_text(m);
}

/* ---- files -------------------------------------------------------------- */

/* The first range of "bytes=a-b", cut out: 1; 0 when the header asks for
 * nothing; -1 when it is out of the file; -2 when it is no range. */
static int
respond_first_range(
    struct str header, uint64_t size, uint64_t *from, uint64_t *to)
{
	struct str first, start;
	uint64_t a = 0, b = 0;
	bool open, tail;

	if (!str_starts(header, "bytes="))
		return memchr(header.p, '=', header.n) != NULL ? 0 : -2;
	header = (struct str){ header.p + 6, header.n - 6 };
	while (str_cut(&header, ',', &first)) {
		first = str_trim(first);
		if (!str_cut(&first, '-', &start) || first.p == NULL)
			continue;
		tail = str_u64(start, &a) == -1;
		open = str_u64(first, &b) == -1;
		if ((tail && (start.n > 0 || open)) || (open && first.n > 0))
			continue;
		if (tail) {
			a = b < size ? size - b : 0;
			b = size - 1;
		} else if (open || b >= size) {
			b = size - 1;
		}
		if (size == 0 || a > b || a >= size)
			continue;
		*from = a;
		*to = b;
		return 1;
	}
	return -1;
}

static void
respond_range(struct making *m, struct str type)
{
	uint64_t from, to, size = m->r->body.n;
	char text[96];

	switch (respond_first_range(m->d->range, size, &from, &to)) {
	case -2:
		respond_failed(m, "", "Malformed range header", 400);
		return;
	case -1:
		respond_failed(m, "", "Requested range not satisfiable", 416);
		return;
	case 0:
		return;
	}
	snprintf(text, sizeof(text), "bytes %llu-%llu/%llu",
	    (unsigned long long)from, (unsigned long long)to,
	    (unsigned long long)size);
	respond_set(m, STR("Content-Range"), str_of(text));
	respond_set(m, STR("Accept-Ranges"), STR("bytes"));
	if (type.n > 0)
		respond_set(m, STR("Content-Type"), type);
	m->r->body.n = (size_t)to + 1;
	buf_drop(&m->r->body, (size_t)from);
	m->r->status = 206;
}

/* The name as encodeURIComponent() writes it. */
static void
respond_disposition(struct making *m, struct str path)
{
	static const char plain[] = "-_.!~*'()";
	struct buf value = { 0 };
	size_t i, from = path.n;
	unsigned char c;

	while (from > 0 && path.p[from - 1] != '/')
		from--;
	buf_add_text(&value, "attachment; filename=\"");
	for (i = from; i < path.n; i++) {
		c = (unsigned char)path.p[i];
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') ||
		    (c != '\0' && strchr(plain, c) != NULL))
			buf_add(&value, path.p + i, 1);
		else
			buf_addf(&value, "%%%02X", c);
	}
	buf_add_text(&value, "\"");
	respond_set(m, STR("Content-Disposition"), buf_str(&value));
	buf_free(&value);
}

static void
respond_missing(struct making *m, const char *why)
{
	if (!m->d->plan->of->fallback_to_404) {
		respond_failed(
		    m, "Error while serving the file content", why, 0);
		return;
	}
	m->r->status = 404;
	m->r->body.n = 0;
	respond_render(m);
}

static void
respond_file_template(struct making *m)
{
	struct buf text = m->r->body;
	struct template *t;
	struct err e;

	m->r->body = (struct buf){ 0 };
	t = template_compile(buf_str(&text), NULL, &e);
	if (t == NULL || template_render(t, m->d->c, &m->r->body, &e) == -1)
		respond_template_failed(
		    m, "Error while serving the file content", e.text);
	else
		respond_as_text(m);
	template_free(t);
	buf_free(&text);
}

static void
respond_file_at(struct making *m, struct buf *path)
{
	struct str type = mime_of(buf_str(path));
	struct err e;

	if (!m->own_type && type.n > 0)
		respond_set(m, STR("Content-Type"), type);
	if (!m->d->plan->of->send_file_as_body)
		respond_disposition(m, buf_str(path));
	if (file_read(buf_text(path), &m->r->body, &e) == -1)
		respond_missing(m, e.text);
	else if (mime_is_template(type, buf_str(path)) &&
		 !m->d->plan->of->disable_templating)
		respond_file_template(m);
	else if (m->d->range.p != NULL)
		respond_range(m, type);
}

static void
respond_file(struct making *m)
{
	const struct mock_response *of = m->d->plan->of;
	struct buf rendered = { 0 }, path = { 0 };
	struct err e;
	int r = respond_text(&m->d->plan->file_path, m->d->c, &rendered, &e);

	if (r == 0)
		r = file_resolve(m->d->env->folder, of->file_path,
		    buf_str(&rendered), &path, &e);
	if (r == 0)
		respond_file_at(m, &path);
	else
		respond_template_failed(
		    m, "Error while serving the content", e.text);
	buf_free(&rendered);
	buf_free(&path);
}

/* ---- all of it ---------------------------------------------------------- */

static void
respond_own_fields(struct making *m, const struct respond_headers *from)
{
	respond_fields(from, m->d->c, &m->fields, &m->r->arena, &m->r->remarks);
}

static void
respond_begin(struct making *m)
{
	size_t i;

	m->r->status = (int)m->d->plan->of->status;
	respond_own_fields(m, m->d->env_headers);
	respond_own_fields(m, &m->d->plan->headers);
	for (i = 0; i < m->d->plan->headers.n; i++)
		if (str_iis(m->d->plan->headers.v[i].key, "Content-Type"))
			m->own_type = true;
}

bool
respond_is_framing(struct str name)
{
	return str_iis(name, "Content-Length") ||
	       str_iis(name, "Transfer-Encoding") ||
	       str_iis(name, "Connection") || str_iis(name, "Keep-Alive");
}

static void
respond_end(struct making *m)
{
	bool none = m->r->status == 204 || m->r->status == 304;
	struct buf text = { 0 };
	struct header *f;

	/* The gateway frames the message by itself, and some have no body. */
	if (none || m->r->status == 205)
		m->r->body.n = 0;
	for (f = m->fields.v; m->fields.n > 0 && f < m->fields.v + m->fields.n;
	     f++) {
		if (respond_is_framing(f->name) ||
		    (none && str_iis(f->name, "Content-Type")))
			continue;
		buf_add_str(&text, f->name);
		buf_add_text(&text, ": ");
		buf_add_str(&text, f->value);
		buf_add_text(&text, "\r\n");
	}
	m->r->headers = arena_str(&m->r->arena, buf_str(&text));
	buf_free(&text);
}

/* Of a stream of events only the head is made now. */
static void
respond_events(struct making *m)
{
	if (!m->own_type)
		respond_set(m, STR("Content-Type"), STR("text/event-stream"));
	if (respond_find(m, STR("Cache-Control")) == NULL)
		respond_set(m, STR("Cache-Control"), STR("no-cache"));
}

void
respond(const struct responding *d, struct mock_reply *r)
{
	struct making m = { .d = d, .r = r };
	const struct mock_response *of = d->plan->of;
	int status = 0;

	d->c->status = &status;
	respond_begin(&m);
	if (of->stream != NULL && of->stream->nevents > 0)
		respond_events(&m);
	else if (of->body_type == MOCK_BODY_FILE && of->file_path.n > 0)
		respond_file(&m);
	else if (of->body_type == MOCK_BODY_DATABUCKET &&
		 d->plan->bucket < d->env->nbuckets)
		respond_bucket(&m);
	else
		respond_render(&m);
	if (status >= 100 && status <= 999)
		r->status = status;
	d->c->status = NULL;
	if (!m.failed)
		callback_make_all(d, r);
	respond_end(&m);
}

void
respond_json(const struct responding *d, struct str json, int status,
    struct mock_reply *r)
{
	struct making m = { .d = d, .r = r };

	respond_begin(&m);
	if (status != 0)
		r->status = status;
	respond_set(
	    &m, STR("Content-Type"), STR("application/json; charset=utf-8"));
	buf_add_str(&r->body, json);
	callback_make_all(d, r);
	respond_end(&m);
}
