#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/har_text.h"
#include "mock/multipart_field.h"

#include "mock/multipart.h"

#define MULTIPART_HEADER 16384 /* bytes of a part's header */
#define MULTIPART_PAIRS 2000   /* fields of it that count */

enum multipart_stage {
	MULTIPART_NAME,
	MULTIPART_SPACE, /* in front of a value */
	MULTIPART_VALUE,
	MULTIPART_CR,  /* has been read */
	MULTIPART_LF,  /* has been read: a fold, a name or the end follows */
	MULTIPART_END, /* the second CR has been read */
};

/* A part's header while it is read. */
struct multipart_header {
	bool on;
	enum multipart_stage stage;
	size_t bytes;
	unsigned pairs;
	struct buf name, value;
	bool has_disposition, has_type; /* the first of each counts */
	struct buf disposition, type;
};

struct multipart {
	struct values *v;
	struct value *to;
	struct value files; /* come behind all fields */
	struct multipart_header header;
	unsigned after; /* bytes of "--" or CR LF read behind a boundary: 1; 2
			 * behind a dash, 3 behind CR */
	unsigned nfiles;
	bool complete, skips, in_field, in_file, malformed;
	struct str name; /* of the part; p NULL: none */
	struct str charset;
	struct value file;
	struct buf field;
	size_t size;
};

static struct str
multipart_latin(struct multipart *m, struct str bytes)
{
	struct buf text = { 0 };
	struct str decoded;

	har_text_from_latin1(bytes, &text);
	decoded = value_copy_text(m->v, buf_str(&text)).text;
	buf_free(&text);
	return decoded;
}

static struct value
multipart_body(struct multipart *m)
{
	if (m->to->kind == VALUE_UNDEFINED)
		*m->to = value_new_object(m->v);
	return *m->to;
}

/* Without brackets the second of a name makes an array of both. */
static void
multipart_add(struct multipart *m, struct str name, struct value item)
{
	struct value body = multipart_body(m), there, array;

	if (name.p == NULL)
		return;
	there = value_get(body, name);
	if (memchr(name.p, '[', name.n) == NULL &&
	    there.kind != VALUE_UNDEFINED && there.kind != VALUE_ARRAY) {
		array = value_new_array(m->v, 2);
		value_push(m->v, array, there);
		value_set(m->v, body, name, array);
	}
	multipart_append(m->v, body, name, item);
}

/* Behind the last slash or backslash. */
static struct str
multipart_basename(struct str path)
{
	size_t i = path.n;

	while (i > 0 && path.p[i - 1] != '/' && path.p[i - 1] != '\\')
		i--;
	path.p += i;
	path.n -= i;
	return str_is(path, ".") || str_is(path, "..") ? STR("") : path;
}

static struct str
multipart_lower(struct multipart *m, struct str text)
{
	struct str copy = value_copy_text(m->v, text).text;
	char *p = (char *)(uintptr_t)copy.p;
	size_t i;

	for (i = 0; i < copy.n; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
	return copy;
}

static void
multipart_begin_file(struct multipart *m, struct str filename, struct str type)
{
	(void)multipart_body(m);
	if (m->nfiles++ >= MULTIPART_FILES) {
		m->skips = true;
		return;
	}
	m->in_file = true;
	m->size = 0;
	m->file = value_new_object(m->v);
	value_set(m->v, m->file, STR("filename"),
	    filename.p == NULL ? VALUE_NONE : value_text(filename));
	value_set(m->v, m->file, STR("mimetype"), value_text(type));
}

static struct str
multipart_filename(
    struct multipart *m, const struct multipart_field *disposition)
{
	if (disposition->filename_star.n > 0)
		return multipart_basename(disposition->filename_star);
	if (disposition->filename.n == 0)
		return (struct str){ NULL, 0 };
	return multipart_latin(m, multipart_basename(disposition->filename));
}

/* The type of a part; that it is no type is no matter. */
static struct str
multipart_type(struct multipart *m, const struct multipart_header *h)
{
	struct multipart_field type;
	struct str text;

	if (!h->has_type ||
	    !multipart_content_type(
		m->v, value_copy_text(m->v, buf_str(&h->type)).text, &type))
		return STR("text/plain");
	if (type.charset.p != NULL)
		m->charset = type.charset;
	text.p = type.type.p;
	text.n = type.type.n + 1 + type.subtype.n;
	return multipart_lower(m, text);
}

/* The header of a part is whole. */
static void
multipart_begin(struct multipart *m)
{
	const struct multipart_header *h = &m->header;
	struct multipart_field disposition;
	struct str filename, type;

	m->skips = true;
	m->name = (struct str){ NULL, 0 };
	m->charset = STR("utf8");
	if (!h->has_disposition ||
	    !multipart_disposition(m->v,
		value_copy_text(m->v, buf_str(&h->disposition)).text,
		&disposition) ||
	    !str_iis(disposition.type, "form-data"))
		return;
	m->skips = false;
	if (disposition.name.n > 0)
		m->name = multipart_latin(m, disposition.name);
	filename = multipart_filename(m, &disposition);
	type = multipart_type(m, h);
	if (filename.p != NULL || str_is(type, "application/octet-stream")) {
		multipart_begin_file(m, filename, type);
		return;
	}
	m->in_field = true;
	m->field.n = 0;
}

/* A part ends at a boundary. */
static void
multipart_end(struct multipart *m)
{
	struct buf text = { 0 };
	struct value item = VALUE_NONE;

	if (m->in_file) {
		value_set(
		    m->v, m->file, STR("size"), value_number((double)m->size));
		item = value_new_array(m->v, 2);
		value_push(m->v, item,
		    m->name.p == NULL ? VALUE_NONE : value_text(m->name));
		value_push(m->v, item, m->file);
		value_push(m->v, m->files, item);
	} else if (m->in_field) {
		(void)multipart_body(m);
		if (m->field.n == 0 ||
		    multipart_decode(m->charset, buf_str(&m->field), &text))
			item = value_copy_text(m->v, buf_str(&text));
		if (m->field.n < MULTIPART_FIELD)
			multipart_add(m, m->name, item);
	}
	buf_free(&text);
	m->in_file = m->in_field = false;
}

static void
multipart_header_reset(struct multipart_header *h)
{
	h->stage = MULTIPART_NAME;
	h->bytes = 0;
	h->pairs = 0;
	h->name.n = h->value.n = h->disposition.n = h->type.n = 0;
	h->has_disposition = h->has_type = false;
}

static void
multipart_header_keep(struct multipart_header *h)
{
	struct str name = buf_str(&h->name);

	if (++h->pairs >= MULTIPART_PAIRS)
		return;
	if (str_iis(name, "content-disposition") && !h->has_disposition) {
		h->has_disposition = true;
		buf_add_str(&h->disposition, buf_str(&h->value));
	} else if (str_iis(name, "content-type") && !h->has_type) {
		h->has_type = true;
		buf_add_str(&h->type, buf_str(&h->value));
	}
}

/* Behind CR LF. */
static bool
multipart_header_line(struct multipart_header *h, char c)
{
	if (c == ' ' || c == '\t') {
		h->stage = MULTIPART_VALUE;
		buf_add(&h->value, &c, 1);
		return true;
	}
	multipart_header_keep(h);
	h->name.n = h->value.n = 0;
	if (c == '\r') {
		h->stage = MULTIPART_END;
		return true;
	}
	h->stage = MULTIPART_NAME;
	if (!str_is_tchar((unsigned char)c))
		return false;
	buf_add(&h->name, &c, 1);
	return true;
}

/* Reads one byte of a header.  False when it may not stand there. */
static bool
multipart_header_byte(struct multipart_header *h, char c)
{
	switch (h->stage) {
	case MULTIPART_NAME:
		if (c != ':') {
			buf_add(&h->name, &c, 1);
			return str_is_tchar((unsigned char)c);
		}
		h->stage = MULTIPART_SPACE;
		return h->name.n > 0;
	case MULTIPART_SPACE:
		if (c == ' ' || c == '\t')
			return true;
		h->stage = MULTIPART_VALUE;
		/* fall through */
	case MULTIPART_VALUE:
		if (c == '\r') {
			h->stage = MULTIPART_CR;
			return true;
		}
		buf_add(&h->value, &c, 1);
		return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
	case MULTIPART_CR:
		h->stage = MULTIPART_LF;
		return c == '\n';
	case MULTIPART_LF:
		return multipart_header_line(h, c);
	default:
		return c == '\n';
	}
}

/* Takes the header off *rest.  False when there is nothing more to read in
 * it. */
static bool
multipart_read_header(struct multipart *m, struct str *rest)
{
	struct multipart_header *h = &m->header;
	bool ended = false;

	while (rest->n > 0 && !ended) {
		ended = h->stage == MULTIPART_END && *rest->p == '\n';
		if (h->bytes++ == MULTIPART_HEADER ||
		    !multipart_header_byte(h, *rest->p)) {
			h->on = false;
			multipart_header_reset(h);
			m->malformed = true;
			return false;
		}
		rest->p++;
		rest->n--;
	}
	if (ended) {
		h->on = false;
		multipart_begin(m);
		multipart_header_reset(h);
	}
	return rest->n > 0;
}

static void
multipart_content(struct multipart *m, struct str bytes)
{
	size_t most = m->in_file ? MULTIPART_FILE : MULTIPART_FIELD;
	size_t have = m->in_file ? m->size : m->field.n;

	if (m->skips || !(m->in_file || m->in_field))
		return;
	if (bytes.n > most - have)
		bytes.n = most - have;
	if (m->in_file)
		m->size += bytes.n;
	else
		buf_add_str(&m->field, bytes);
}

/* Behind a boundary comes "--" or the next header.  False when there is
 * nothing more to read in rest. */
static bool
multipart_behind(struct multipart *m, struct str *rest)
{
	if (m->after == 1) {
		m->after = *rest->p == '-' ? 2 : *rest->p == '\r' ? 3 : 0;
		if (m->after == 0)
			return true;
		rest->p++;
		rest->n--;
		if (rest->n == 0)
			return false;
	}
	if (m->after == 2 && *rest->p == '-') {
		m->complete = true;
		return false;
	}
	if (m->after == 3 && *rest->p == '\n') {
		rest->p++;
		rest->n--;
		m->header.on = true;
	}
	m->after = 0;
	return rest->n > 0;
}

/* What is between two boundaries. */
static void
multipart_bytes(struct multipart *m, struct str rest)
{
	if (rest.n == 0 || m->complete)
		return;
	if (m->header.on && !multipart_read_header(m, &rest))
		return;
	if (m->after != 0 && !multipart_behind(m, &rest))
		return;
	if (m->header.on && !multipart_read_header(m, &rest))
		return;
	multipart_content(m, rest);
}

static void
multipart_split(struct multipart *m, struct str body, struct str mark)
{
	/* The first boundary needs no line in front of it. */
	struct str first = { mark.p + 2, mark.n - 2 };
	const char *at;

	if (body.n >= first.n && memcmp(body.p, first.p, first.n) == 0) {
		m->after = 1;
		body.p += first.n;
		body.n -= first.n;
	}
	while (body.n > 0 && !m->complete && !m->v->over) {
		at = memmem(body.p, body.n, mark.p, mark.n);
		if (at == NULL) {
			multipart_bytes(m, body);
			return;
		}
		multipart_bytes(
		    m, (struct str){ body.p, (size_t)(at - body.p) });
		if (m->complete)
			return;
		multipart_end(m);
		m->after = 1;
		body.n -= (size_t)(at + mark.n - body.p);
		body.p = at + mark.n;
	}
}

static void
multipart_add_files(struct multipart *m)
{
	const struct value_array *files = m->files.array;
	struct value name;
	size_t i;

	for (i = 0; i < files->n && !m->v->over; i++) {
		name = files->at[i].array->at[0];
		if (name.kind == VALUE_TEXT)
			multipart_add(m, name.text, files->at[i].array->at[1]);
	}
}

static int
multipart_verdict(const struct multipart *m, struct err *e)
{
	if (m->malformed || m->header.on)
		return err_set(e, "the header of a part is malformed");
	if (!m->complete)
		return err_set(e, "it ends before its last boundary");
	return 0;
}

int
multipart_read(struct values *v, struct str type, struct str body,
    struct value *to, struct err *e)
{
	struct multipart m = { .v = v, .to = to };
	struct multipart_field field;
	struct buf mark = { 0 };

	*to = VALUE_NONE;
	if (!multipart_content_type(v, type, &field) ||
	    !str_iis(field.type, "multipart") ||
	    !str_iis(field.subtype, "form-data"))
		return err_set(e, "the content type is malformed");
	if (field.boundary.p == NULL)
		return err_set(e, "the content type has no boundary");
	m.files = value_new_array(v, 0);
	buf_add_text(&mark, "\r\n--");
	buf_add_str(&mark, field.boundary);
	multipart_split(&m, body, buf_str(&mark));
	multipart_add_files(&m);
	buf_free(&mark);
	buf_free(&m.header.name);
	buf_free(&m.header.value);
	buf_free(&m.header.disposition);
	buf_free(&m.header.type);
	buf_free(&m.field);
	return multipart_verdict(&m, e);
}
