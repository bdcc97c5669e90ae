#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "har/base64.h"
#include "har/headers.h"
#include "mock/asked.h"
#include "mock/condition.h"
#include "mock/environment.h"
#include "mock/js_regex.h"
#include "mock/pattern.h"
#include "mock/schema.h"
#include "mock/value_json.h"

/*
 * Shows for asked.py how requests are seen, and what rules, schemas and regular
 * expressions say: reads a JSON object per line and writes one per line.
 *
 *	{"method": "POST", "target": "/a?b[]=1", "headers": [["Host", "c"]],
 *	 "body": "in base64"}
 *	{"path": "/a", "url": "/a?b[]=1", "query": {"b": ["1"]}, ...}
 *
 * With "environment", the text of a mocks file: {"holds": true} when the rules
 * of its first response do.
 *
 *	{"schema": {"type": "null"}, "values": [null, 1]}
 *	{"valid": [true, false]}
 *
 *	{"pattern": "a.", "flags": "i", "texts": ["AB", "a\n"]}
 *	{"found": [true, false]}
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

/* What an asking needs to live. */
struct ask {
	struct values *v;
	struct value in;
	struct headers headers;
	struct buf body;
	struct pattern_match match;
	struct asked *asked;
};

/* Parameters are texts, or arrays of them. */
static void
ask_params(struct ask *ask)
{
	struct value params = value_get(ask->in, STR("params")), *item;
	struct pattern_value *p;
	size_t i, k;

	for (i = 0; params.kind == VALUE_OBJECT && i < params.object->n; i++) {
		item = &params.object->at[i].value;
		p = &ask->match.values[ask->match.n++];
		p->name = params.object->at[i].name;
		p->several = item->kind == VALUE_ARRAY;
		p->n = p->several ? item->array->n : 1;
		p->parts =
		    arena_alloc(ask->v->arena, (p->n + 1) * sizeof(*p->parts));
		for (k = 0; k < p->n; k++)
			p->parts[k] =
			    p->several ? item->array->at[k].text : item->text;
	}
	asked_set_match(ask->asked, &ask->match);
}

static void
ask_begin(struct ask *ask)
{
	struct asked_from from = {
		.method = ask_text(ask->in, "method"),
		.target = ask_text(ask->in, "target"),
		.client_address = STR("127.0.0.1"),
		.headers = &ask->headers,
	};
	unsigned odd;

	ask->headers = ask_headers(ask->v->arena, ask->in);
	from.authority = headers_get(&ask->headers, "host");
	if (base64_decode(ask_text(ask->in, "body"), &ask->body, &odd) == -1)
		exit(1);
	from.body = buf_str(&ask->body);
	ask->asked = asked_new(ask->v->arena, &from);
	ask_params(ask);
}

static struct value
ask_parts(struct values *v, struct value in)
{
	static const char *const names[] = { "params", "query", "headers",
		"cookies", "body" };
	struct ask ask = { .v = v, .in = in };
	struct value out = value_new_object(v);
	struct asked *a;
	int part;

	ask_begin(&ask);
	a = ask.asked;
	value_set(v, out, STR("path"), value_text(asked_path(a)));
	value_set(v, out, STR("url"), value_text(asked_url(a)));
	value_set(
	    v, out, STR("hostname"), value_text(asked_template(a)->hostname));
	for (part = TEMPLATE_QUERY; part <= TEMPLATE_BODY; part++)
		value_set(v, out, str_of(names[part]),
		    value_copy(v, asked_part(a, part)));
	value_set(v, out, STR("text"), value_copy_text(v, asked_text(a)));
	value_set(v, out, STR("remark"), value_text(asked_remark(a)));
	buf_free(&ask.body);
	return out;
}

static struct value
ask_stored(void *arg, struct values *v, struct str name)
{
	(void)v;
	return value_get(*(const struct value *)arg, name);
}

static struct value
ask_holds(struct ask *ask, const struct environment *env, struct err *e)
{
	struct value buckets = value_get(ask->in, STR("buckets"));
	struct value globals = value_get(ask->in, STR("globals"));
	struct template_store bucket_store = { .get = ask_stored,
		.arg = &buckets };
	struct template_store global_store = { .get = ask_stored,
		.arg = &globals };
	struct template_context context = {
		.arena = ask->v->arena,
		.request = asked_template(ask->asked),
		.buckets = &bucket_store,
		.globals = &global_store,
	};
	struct conditions_of of = {
		.asked = ask->asked,
		.context = &context,
		.environment = env,
		.number = 3,
	};
	struct conditions *c =
	    conditions_new(&env->routes[0].responses[0], "response", NULL, e);
	int holds = c == NULL ? -1 : conditions_hold(c, &of, e);

	conditions_free(c);
	return holds == -1 ? VALUE_NONE : value_bool(holds == 1);
}

static struct value
ask_rules(struct values *v, struct value in)
{
	struct ask ask = { .v = v, .in = in };
	struct value out = value_new_object(v), holds;
	struct environment *env;
	struct err e;

	env = environment_parse(
	    "mocks.json", ask_text(in, "environment"), NULL, &e);
	if (env == NULL) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	ask_begin(&ask);
	holds = ask_holds(&ask, env, &e);
	value_set(v, out, STR("holds"), holds);
	if (holds.kind == VALUE_UNDEFINED)
		value_set(
		    v, out, STR("error"), value_copy_text(v, str_of(e.text)));
	environment_free(env);
	buf_free(&ask.body);
	return out;
}

static struct value
ask_schema(struct values *v, struct value in)
{
	struct value values = value_get(in, STR("values"));
	struct value out = value_new_object(v), valid = value_new_array(v, 0);
	struct err e;
	struct schema *s = schema_new(value_get(in, STR("schema")), &e);
	size_t i;

	if (s == NULL) {
		value_set(
		    v, out, STR("error"), value_copy_text(v, str_of(e.text)));
		return out;
	}
	for (i = 0; i < values.array->n; i++)
		value_push(
		    v, valid, value_bool(schema_valid(s, values.array->at[i])));
	value_set(v, out, STR("valid"), valid);
	schema_free(s);
	return out;
}

static struct value
ask_regex(struct values *v, struct value in)
{
	struct value texts = value_get(in, STR("texts"));
	struct value out = value_new_object(v), found = value_new_array(v, 0);
	struct str flags = ask_text(in, "flags");
	struct err e;
	struct regex *r = js_regex_new(ask_text(in, "pattern"),
	    (str_ends(flags, "i") ? JS_REGEX_IGNORE_CASE : 0) |
		(str_starts(flags, "u") ? JS_REGEX_UNICODE : 0),
	    &e);
	size_t i;

	if (r == NULL) {
		value_set(
		    v, out, STR("error"), value_copy_text(v, str_of(e.text)));
		return out;
	}
	for (i = 0; i < texts.array->n; i++)
		value_push(v, found,
		    value_bool(
			regex_find(r, texts.array->at[i].text, 0, NULL) == 1));
	value_set(v, out, STR("found"), found);
	regex_free(r);
	return out;
}

static struct value
ask(struct values *v, struct value in)
{
	if (value_get(in, STR("environment")).kind == VALUE_TEXT)
		return ask_rules(v, in);
	if (value_get(in, STR("values")).kind == VALUE_ARRAY)
		return ask_schema(v, in);
	if (value_get(in, STR("pattern")).kind == VALUE_TEXT)
		return ask_regex(v, in);
	return ask_parts(v, in);
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
