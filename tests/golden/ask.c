#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "har/base64.h"
#include "har/headers.h"
#include "mock/asked.h"
#include "mock/value_json.h"

/*
 * Shows for asked.py how requests are seen: reads a JSON object per line and
 * writes one per line with the parts.
 *
 *	{"method": "POST", "target": "/a?b[]=1", "headers": [["Host", "c"]],
 *	 "body": "in base64"}
 *	{"path": "/a", "url": "/a?b[]=1", "query": {"b": ["1"]}, ...}
 */

static struct str
ask_text(struct value of, const char *name)
{
	struct value text = value_get(of, str_of(name));

	return text.kind == VALUE_TEXT ? text.text : STR("");
}

/* Text is UTF-8 in JSON: bytes are as in ISO 8859-1. */
static struct str
ask_bytes(struct arena *a, struct str text)
{
	char *p = arena_alloc(a, text.n);
	size_t i, n = 0;

	for (i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c >= 0x80 && i + 1 < text.n)
			c = (unsigned char)(c << 6 | (text.p[++i] & 0x3f));
		p[n++] = (char)c;
	}
	return (struct str){ p, n };
}

static struct headers
ask_headers(struct arena *a, struct value in)
{
	struct value lines = value_get(in, STR("headers")), *pair;
	struct headers headers = { 0 };
	size_t i;

	for (i = 0; lines.kind == VALUE_ARRAY && i < lines.array->n; i++) {
		pair = lines.array->at[i].array->at;
		headers_add(&headers, a, pair[0].text,
		    str_trim(ask_bytes(a, pair[1].text)));
	}
	return headers;
}

static struct value
ask(struct values *v, struct value in)
{
	static const char *const names[] = { "params", "query", "headers",
		"cookies", "body" };
	struct headers headers = ask_headers(v->arena, in);
	struct buf body = { 0 };
	struct asked_from from = {
		.method = ask_text(in, "method"),
		.target = ask_text(in, "target"),
		.authority = headers_get(&headers, "host"),
		.client_address = STR("127.0.0.1"),
		.headers = &headers,
	};
	struct value out = value_new_object(v);
	struct asked *a;
	unsigned odd;
	int part;

	if (base64_decode(ask_text(in, "body"), &body, &odd) == -1)
		exit(1);
	from.body = buf_str(&body);
	a = asked_new(v->arena, &from);
	value_set(v, out, STR("path"), value_text(asked_path(a)));
	value_set(v, out, STR("url"), value_text(asked_url(a)));
	value_set(
	    v, out, STR("hostname"), value_text(asked_template(a)->hostname));
	for (part = TEMPLATE_QUERY; part < TEMPLATE_PARTS; part++)
		value_set(v, out, str_of(names[part]),
		    value_copy(v, asked_part(a, part)));
	value_set(v, out, STR("text"), value_copy_text(v, asked_text(a)));
	value_set(v, out, STR("remark"), value_text(asked_remark(a)));
	buf_free(&body);
	return out;
}

static void
ask_line(struct str line, struct buf *out)
{
	struct arena arena = { 0 };
	struct values v = { .arena = &arena };
	struct value in;

	if (value_read_json(&v, line, &in) == -1)
		exit(1);
	(void)value_write_json(&v, out, ask(&v, in), 0, false);
	buf_add_text(out, "\n");
	arena_fini(&arena);
}

int
main(void)
{
	struct buf out = { 0 };
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		out.n = 0;
		ask_line((struct str){ line, (size_t)n - 1 }, &out);
		if (fwrite(out.p, 1, out.n, stdout) != out.n)
			return 1;
	}
	free(line);
	buf_free(&out);
	return fflush(stdout) == 0 ? 0 : 1;
}
