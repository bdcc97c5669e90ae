#include "config.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/number.h"
#include "har/json.h"
#include "mock/moment.h"

#include "mock/value_json.h"

static int value_read_token(struct values *v, struct json *j, enum json_token t,
    unsigned depth, struct value *to);

static int
value_read_array(
    struct values *v, struct json *j, unsigned depth, struct value *to)
{
	enum json_token t;
	struct value item;

	*to = value_new_array(v, 0);
	while ((t = json_next(j)) != JSON_ARRAY_END) {
		if (value_read_token(v, j, t, depth, &item) == -1)
			return -1;
		value_push(v, *to, item);
	}
	return 0;
}

static int
value_read_object(
    struct values *v, struct json *j, unsigned depth, struct value *to)
{
	enum json_token t;
	struct value item;
	struct str name;

	*to = value_new_object(v);
	while ((t = json_next(j)) == JSON_NAME) {
		name = value_copy_text(v, json_text(j)).text;
		if (value_read_token(v, j, json_next(j), depth, &item) == -1)
			return -1;
		value_set(v, *to, name, item);
	}
	return t == JSON_OBJECT_END ? 0 : -1;
}

static int
value_read_string(struct values *v, struct json *j, struct value *to)
{
	struct buf text = { 0 };
	int failed = json_decode(j, &text, SIZE_MAX);

	if (failed == 0)
		*to = value_copy_text(v, buf_str(&text));
	buf_free(&text);
	return failed == 0 ? 0 : -1;
}

/* Reads the value that begins with a token. */
static int
value_read_token(struct values *v, struct json *j, enum json_token t,
    unsigned depth, struct value *to)
{
	if (depth >= VALUE_DEPTH)
		return -1;
	switch (t) {
	case JSON_OBJECT:
		return value_read_object(v, j, depth + 1, to);
	case JSON_ARRAY:
		return value_read_array(v, j, depth + 1, to);
	case JSON_STRING:
		return value_read_string(v, j, to);
	case JSON_NUMBER:
		*to = value_number(number_of(json_text(j)));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		*to = value_bool(t == JSON_TRUE);
		return 0;
	case JSON_NULL:
		*to = value_null();
		return 0;
	default:
		return -1;
	}
}

int
value_read_json(struct values *v, struct str text, struct value *to)
{
	struct json *j = json_open_str(text);
	struct value read;
	int result = value_read_token(v, j, json_next(j), 0, &read);

	if (result == 0 && (json_next(j) != JSON_END ||
			       json_flaws(j) & (JSON_BOM | JSON_PADDING)))
		result = -1;
	json_close(j);
	if (result == 0)
		*to = read;
	return result;
}

struct value_writer {
	struct values *v;
	struct buf *out;
	unsigned indent, depth;
	bool plain;
	size_t most;
};

static void value_write(struct value_writer *w, struct value value);

/* Four hexadecimal digits for what has no shorter escape. */
static void
value_write_string(struct buf *out, struct str text)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "\b\f\n\r\t", names[] = "bfnrt";
	size_t i, from = 0;
	const char *at;

	buf_add(out, "\"", 1);
	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		char escape[] = { '\\', (char)c, '0', '0', 0, 0 };

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buf_add(out, text.p + from, i - from);
		from = i + 1;
		at = c == 0 ? NULL : strchr(shorts, c);
		if (at != NULL)
			escape[1] = names[at - shorts];
		if (at != NULL || c >= ' ') {
			buf_add(out, escape, 2);
			continue;
		}
		escape[1] = 'u';
		escape[4] = hex[c >> 4];
		escape[5] = hex[c & 15];
		buf_add(out, escape, 6);
	}
	buf_add(out, text.p + from, text.n - from);
	buf_add(out, "\"", 1);
}

static void
value_write_line(struct value_writer *w)
{
	size_t n = (size_t)w->indent * w->depth;

	if (w->indent == 0)
		return;
	buf_add(w->out, "\n", 1);
	memset(buf_reserve(w->out, n), ' ', n);
	w->out->n += n;
}

/* Whether a member with such a value is left out. */
static bool
value_is_unwritten(struct value value)
{
	return value.kind == VALUE_UNDEFINED || value.kind == VALUE_OUT;
}

static void
value_write_array(struct value_writer *w, const struct value_array *a)
{
	size_t i;

	buf_add(w->out, "[", 1);
	w->depth++;
	for (i = 0; i < a->n && w->out->n < w->most; i++) {
		if (i > 0)
			buf_add(w->out, ",", 1);
		value_write_line(w);
		value_write(
		    w, value_is_unwritten(a->at[i]) ? value_null() : a->at[i]);
	}
	w->depth--;
	if (a->n > 0)
		value_write_line(w);
	buf_add(w->out, "]", 1);
}

static void
value_write_member(
    struct value_writer *w, bool first, struct str name, struct value value)
{
	if (!first)
		buf_add(w->out, ",", 1);
	value_write_line(w);
	value_write_string(w->out, name);
	buf_add_text(w->out, w->indent > 0 ? ": " : ":");
	value_write(w, value);
}

static void
value_write_object(struct value_writer *w, struct value object)
{
	const struct value_object *o = object.object;
	bool first = true;
	size_t i;

	value_order(object);
	buf_add(w->out, "{", 1);
	w->depth++;
	for (i = 0; i < o->n && w->out->n < w->most; i++) {
		if (value_is_unwritten(o->at[i].value))
			continue;
		value_write_member(w, first, o->at[i].name, o->at[i].value);
		first = false;
	}
	w->depth--;
	if (!first)
		value_write_line(w);
	buf_add(w->out, "}", 1);
}

static void
value_write_safe(struct value_writer *w, struct str text)
{
	buf_add(w->out, "{", 1);
	w->depth++;
	value_write_member(w, true, STR("string"), value_text(text));
	w->depth--;
	value_write_line(w);
	buf_add(w->out, "}", 1);
}

static void
value_write(struct value_writer *w, struct value value)
{
	char number[NUMBER_BYTES];

	if (w->depth > VALUE_DEPTH) {
		w->v->over = true;
		return;
	}
	switch (value.kind) {
	case VALUE_BOOL:
		buf_add_text(w->out, value.yes ? "true" : "false");
		break;
	case VALUE_NUMBER:
		if (isfinite(value.number))
			buf_add(w->out, number,
			    number_format(value.number, number));
		else
			buf_add_text(w->out, "null");
		break;
	case VALUE_TEXT:
		value_write_string(w->out, value.text);
		break;
	case VALUE_SAFE:
		if (w->plain)
			value_write_string(w->out, value.text);
		else
			value_write_safe(w, value.text);
		break;
	case VALUE_ARRAY:
		value_write_array(w, value.array);
		break;
	case VALUE_OBJECT:
		value_write_object(w, value);
		break;
	case VALUE_DATE:
		moment_write_json(w->out, value.number);
		break;
	case VALUE_CALL:
		buf_add_text(w->out, "{}");
		break;
	default:
		buf_add_text(w->out, "null");
	}
}

int
value_write_json(struct values *v, struct buf *out, struct value value,
    unsigned indent, bool plain)
{
	struct value_writer w = {
		.v = v,
		.out = out,
		.indent = indent,
		.plain = plain,
		.most = v->most > 0 ? out->n + v->most : SIZE_MAX,
	};

	if (value_is_unwritten(value))
		return 1;
	value_write(&w, value);
	if (out->n >= w.most)
		v->over = true;
	return 0;
}
