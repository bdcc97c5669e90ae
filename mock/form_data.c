#include "config.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "har/har_text.h"
#include "mock/form_data_field.h"

#include "mock/form_data.h"

#define FORM_DATA_HEADER 16384 /* bytes of a part's header */
#define FORM_DATA_PAIRS 2000   /* fields of it that count */

enum form_data_stage {
	FORM_DATA_NAME,
	FORM_DATA_SPACE, /* in front of a value */
	FORM_DATA_VALUE,
	FORM_DATA_CR,  /* has been read */
	FORM_DATA_LF,  /* has been read: a fold, a name or the end follows */
	FORM_DATA_END, /* the second CR has been read */
};

/* A part's header while it is read. */
struct form_data_header {
	bool on;
	enum form_data_stage stage;
	size_t bytes;
	unsigned pairs;
	struct buf name, value;
	bool has_disposition, has_type; /* the first of each counts */
	struct buf disposition, type;
};

struct form_data {
	struct values *v;
	struct value *to;
	struct value files; /* come behind all fields */
	struct form_data_header header;
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
form_data_latin(struct form_data *m, struct str bytes)
{
	struct buf text = { 0 };
	struct str decoded;

	har_text_from_latin1(bytes, &text);
	decoded = value_copy_text(m->v, buf_str(&text)).text;
	buf_free(&text);
	return decoded;
}

static struct value
form_data_body(struct form_data *m)
{
	if (m->to->kind == VALUE_UNDEFINED)
		*m->to = value_new_object(m->v);
	return *m->to;
}

/* Without brackets the second of a name makes an array of both. */
static void
form_data_add(struct form_data *m, struct str name, struct value item)
{
	struct value body = form_data_body(m), there, array;

	if (name.p == NULL)
		return;
	there = value_get(body, name);
	if (memchr(name.p, '[', name.n) == NULL &&
	    there.kind != VALUE_UNDEFINED && there.kind != VALUE_ARRAY) {
		array = value_new_array(m->v, 2);
		value_push(m->v, array, there);
		value_set(m->v, body, name, array);
	}
	form_data_append(m->v, body, name, item);
}

/* Behind the last slash or backslash. */
static struct str
form_data_basename(struct str path)
{
	size_t i = path.n;

	while (i > 0 && path.p[i - 1] != '/' && path.p[i - 1] != '\\')
		i--;
	path.p += i;
	path.n -= i;
	return str_is(path, ".") || str_is(path, "..") ? STR("") : path;
}

static struct str
form_data_lower(struct form_data *m, struct str text)
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
form_data_begin_file(struct form_data *m, struct str filename, struct str type)
{
	(void)form_data_body(m);
	if (m->nfiles++ >= FORM_DATA_FILES) {
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
form_data_filename(
    struct form_data *m, const struct form_data_field *disposition)
{
	if (disposition->filename_star.n > 0)
		return form_data_basename(disposition->filename_star);
	if (disposition->filename.n == 0)
		return (struct str){ NULL, 0 };
	return form_data_latin(m, form_data_basename(disposition->filename));
}

/* The type of a part; that it is no type is no matter. */
static struct str
form_data_type(struct form_data *m, const struct form_data_header *h)
{
	struct form_data_field type;
	struct str text;

	if (!h->has_type ||
	    !form_data_content_type(
		m->v, value_copy_text(m->v, buf_str(&h->type)).text, &type))
		return STR("text/plain");
	if (type.charset.p != NULL)
		m->charset = type.charset;
	text.p = type.type.p;
	text.n = type.type.n + 1 + type.subtype.n;
	return form_data_lower(m, text);
}

/* The header of a part is whole. */
static void
form_data_begin(struct form_data *m)
{
	const struct form_data_header *h = &m->header;
	struct form_data_field disposition;
	struct str filename, type;

	m->skips = true;
	m->name = (struct str){ NULL, 0 };
	m->charset = STR("utf8");
	if (!h->has_disposition ||
	    !form_data_disposition(m->v,
		value_copy_text(m->v, buf_str(&h->disposition)).text,
		&disposition) ||
	    !str_iis(disposition.type, "form-data"))
		return;
	m->skips = false;
	if (disposition.name.n > 0)
		m->name = form_data_latin(m, disposition.name);
	filename = form_data_filename(m, &disposition);
	type = form_data_type(m, h);
	if (filename.p != NULL || str_is(type, "application/octet-stream")) {
		form_data_begin_file(m, filename, type);
		return;
	}
	m->in_field = true;
	m->field.n = 0;
}

/* A part ends at a boundary. */
static void
form_data_end(struct form_data *m)
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
		(void)form_data_body(m);
		if (m->field.n == 0 ||
		    form_data_decode(m->charset, buf_str(&m->field), &text))
			item = value_copy_text(m->v, buf_str(&text));
		if (m->field.n < FORM_DATA_FIELD)
			form_data_add(m, m->name, item);
	}
	buf_free(&text);
	m->in_file = m->in_field = false;
}

static void
form_data_header_reset(struct form_data_header *h)
{
	h->stage = FORM_DATA_NAME;
	h->bytes = 0;
	h->pairs = 0;
	h->name.n = h->value.n = h->disposition.n = h->type.n = 0;
	h->has_disposition = h->has_type = false;
}

static void
form_data_header_keep(struct form_data_header *h)
{
	struct str name = buf_str(&h->name);

	if (++h->pairs >= FORM_DATA_PAIRS)
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
form_data_header_line(struct form_data_header *h, char c)
{
	if (c == ' ' || c == '\t') {
		h->stage = FORM_DATA_VALUE;
		buf_add(&h->value, &c, 1);
		return true;
	}
	form_data_header_keep(h);
	h->name.n = h->value.n = 0;
	if (c == '\r') {
		h->stage = FORM_DATA_END;
		return true;
	}
	h->stage = FORM_DATA_NAME;
	if (!str_is_tchar((unsigned char)c))
		return false;
	buf_add(&h->name, &c, 1);
	return true;
}

/* Reads one byte of a header.  False when it may not stand there. */
static bool
form_data_header_byte(struct form_data_header *h, char c)
{
	switch (h->stage) {
	case FORM_DATA_NAME:
		if (c != ':') {
			buf_add(&h->name, &c, 1);
			return str_is_tchar((unsigned char)c);
		}
		h->stage = FORM_DATA_SPACE;
		return h->name.n > 0;
	case FORM_DATA_SPACE:
		if (c == ' ' || c == '\t')
			return true;
		h->stage = FORM_DATA_VALUE;
		/* fall through */
	case FORM_DATA_VALUE:
		if (c == '\r') {
			h->stage = FORM_DATA_CR;
			return true;
		}
		buf_add(&h->value, &c, 1);
		return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
	case FORM_DATA_CR:
		h->stage = FORM_DATA_LF;
		return c == '\n';
	case FORM_DATA_LF:
		return form_data_header_line(h, c);
	default:
		return c == '\n';
	}
}

/* Takes the header off *rest.  False when there is nothing more to read in
 * it. */
static bool
form_data_read_header(struct form_data *m, struct str *rest)
{
	struct form_data_header *h = &m->header;
	bool ended = false;

	while (rest->n > 0 && !ended) {
		ended = h->stage == FORM_DATA_END && *rest->p == '\n';
		if (h->bytes++ == FORM_DATA_HEADER ||
		    !form_data_header_byte(h, *rest->p)) {
			h->on = false;
			form_data_header_reset(h);
			m->malformed = true;
			return false;
		}
		rest->p++;
		rest->n--;
	}
	if (ended) {
		h->on = false;
		form_data_begin(m);
		form_data_header_reset(h);
	}
	return rest->n > 0;
}

static void
form_data_content(struct form_data *m, struct str bytes)
{
	size_t most = m->in_file ? FORM_DATA_FILE : FORM_DATA_FIELD;
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
form_data_behind(struct form_data *m, struct str *rest)
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
form_data_bytes(struct form_data *m, struct str rest)
{
	if (rest.n == 0 || m->complete)
		return;
	if (m->header.on && !form_data_read_header(m, &rest))
		return;
	if (m->after != 0 && !form_data_behind(m, &rest))
		return;
	if (m->header.on && !form_data_read_header(m, &rest))
		return;
	form_data_content(m, rest);
}

static void
form_data_split(struct form_data *m, struct str body, struct str mark)
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
			form_data_bytes(m, body);
			return;
		}
		form_data_bytes(
		    m, (struct str){ body.p, (size_t)(at - body.p) });
		if (m->complete)
			return;
		form_data_end(m);
		m->after = 1;
		body.n -= (size_t)(at + mark.n - body.p);
		body.p = at + mark.n;
	}
}

static void
form_data_add_files(struct form_data *m)
{
	const struct value_array *files = m->files.array;
	struct value name;
	size_t i;

	for (i = 0; i < files->n && !m->v->over; i++) {
		name = files->at[i].array->at[0];
		if (name.kind == VALUE_TEXT)
			form_data_add(m, name.text, files->at[i].array->at[1]);
	}
}

static int
form_data_verdict(const struct form_data *m, struct err *e)
{
	if (m->malformed || m->header.on)
		return err_set(e, "the header of a part is malformed");
	if (!m->complete)
		return err_set(e, "it ends before its last boundary");
	return 0;
}

int
form_data_read(struct values *v, struct str type, struct str body,
    struct value *to, struct err *e)
{
	struct form_data m = { .v = v, .to = to };
	struct form_data_field field;
	struct buf mark = { 0 };

	*to = VALUE_NONE;
	if (!form_data_content_type(v, type, &field) ||
	    !str_iis(field.type, "multipart") ||
	    !str_iis(field.subtype, "form-data"))
		return err_set(e, "the content type is malformed");
	if (field.boundary.p == NULL)
		return err_set(e, "the content type has no boundary");
	m.files = value_new_array(v, 0);
	buf_add_text(&mark, "\r\n--");
	buf_add_str(&mark, field.boundary);
	form_data_split(&m, body, buf_str(&mark));
	form_data_add_files(&m);
	buf_free(&mark);
	buf_free(&m.header.name);
	buf_free(&m.header.value);
	buf_free(&m.header.disposition);
	buf_free(&m.header.type);
	buf_free(&m.field);
	return form_data_verdict(&m, e);
}
