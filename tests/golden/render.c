#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mock/faker.h"
#include "mock/schema.h"
#include "mock/template.h"
#include "mock/value.h"
#include "mock/value_json.h"

/*
 * Renders templates for templates.py: reads a JSON object per line, each with
 * a template and what it may see, and writes one per line with the result.
 *
 *	{"template": "{{a}}", "root": {"a": 1}}
 *	{"out": "1"}
 *
 * With a schema it says whether the result is JSON that is valid by it.
 */

struct job {
	struct arena arena;
	struct values v;
	struct value in;
	struct value request, buckets, globals, env;
	double random;
	int status;
};

static struct value
job_member(struct job *j, const char *name)
{
	return value_get(j->in, str_of(name));
}

static struct str
job_text(struct value of, const char *name)
{
	struct value text = value_get(of, str_of(name));

	return text.kind == VALUE_TEXT ? text.text : STR("");
}

static struct value
job_part(void *arg, enum template_part part)
{
	static const char *const names[] = { "params", "query", "headers",
		"cookies", "body", "baseUrl" };
	struct job *j = arg;

	return value_get(j->request, str_of(names[part]));
}

static struct value
job_get_bucket(void *arg, struct values *v, struct str name)
{
	struct job *j = arg;

	(void)v;
	return value_get(j->buckets, name);
}

static bool
job_has_bucket(void *arg, struct str name)
{
	struct job *j = arg;
	size_t i;

	for (i = 0; i < j->buckets.object->n; i++)
		if (str_eq(j->buckets.object->at[i].name, name))
			return true;
	return false;
}

static int
job_change(struct job *j, struct value all, struct str name,
    template_edit_fn edit, void *cookie)
{
	struct value now = value_copy(&j->v, value_get(all, name));

	if (edit(cookie, &j->v, &now))
		value_set(&j->v, all, value_copy_text(&j->v, name).text, now);
	return 0;
}

static int
job_change_bucket(
    void *arg, struct str name, template_edit_fn edit, void *cookie)
{
	struct job *j = arg;

	if (!job_has_bucket(j, name))
		return -1;
	return job_change(j, j->buckets, name, edit, cookie);
}

static struct value
job_get_global(void *arg, struct values *v, struct str name)
{
	struct job *j = arg;

	(void)v;
	return value_get(j->globals, name);
}

static int
job_change_global(
    void *arg, struct str name, template_edit_fn edit, void *cookie)
{
	struct job *j = arg;

	return job_change(j, j->globals, name, edit, cookie);
}

static const char *
job_env(void *arg, struct str name)
{
	struct job *j = arg;
	struct value value = value_get(j->env, name);

	if (value.kind != VALUE_TEXT)
		return NULL;
	return arena_strndup(&j->arena, value.text.p, value.text.n);
}

static double
job_random(void *arg)
{
	return ((struct job *)arg)->random;
}

/* 0 where there is none. */
static double
job_number(struct job *j, const char *name)
{
	struct value number = job_member(j, name);

	return number.kind == VALUE_NUMBER ? number.number : 0;
}

static struct value
job_object(struct job *j, const char *name)
{
	struct value object = job_member(j, name);

	return object.kind == VALUE_OBJECT ? object : value_new_object(&j->v);
}

/* A faker whose sequence begins with the seed of the job. */
static struct faker *
job_faker(struct job *j)
{
	struct value locale = job_member(j, "locale");
	struct faker *f;
	struct err e;

	f = faker_new(locale.kind == VALUE_TEXT ? locale.text : STR("en"), &e);
	if (f == NULL)
		abort();
	faker_seed(f, job_number(j, "seed"));
	faker_set_date(f, job_number(j, "now"));
	return f;
}

static int
job_render(struct job *j, struct buf *out, struct err *e)
{
	struct template_request request = { .part = job_part, .arg = j };
	struct template_store buckets = {
		.get = job_get_bucket,
		.change = job_change_bucket,
		.has = job_has_bucket,
		.arg = j,
	};
	struct template_store globals = {
		.get = job_get_global,
		.change = job_change_global,
		.arg = j,
	};
	struct template_context c = {
		.arena = &j->arena,
		.buckets = &buckets,
		.globals = &globals,
		.root = job_member(j, "root"),
		.status = &j->status,
		.random = job_random,
		.random_arg = j,
		.env = job_env,
		.env_arg = j,
		.faker = job_faker(j),
	};
	struct template *t;
	int result;

	j->request = job_member(j, "request");
	request.method = job_text(j->request, "method");
	request.hostname = job_text(j->request, "hostname");
	request.ip = job_text(j->request, "ip");
	request.body = job_text(j->request, "stringBody");
	if (j->request.kind == VALUE_OBJECT)
		c.request = &request;
	c.now_us = (int64_t)job_number(j, "now") * 1000;
	j->buckets = job_object(j, "buckets");
	j->globals = job_object(j, "globals");
	j->env = job_object(j, "env");
	j->random = job_number(j, "random");
	t = template_compile(job_text(j->in, "template"), NULL, e);
	result = t == NULL ? -1 : template_render(t, &c, out, e);
	template_free(t);
	faker_free(c.faker);
	return result;
}

/* Whether text is JSON that the job's schema allows; else why not. */
static struct value
job_valid(struct job *j, struct str text)
{
	struct value value;
	struct schema *s;
	struct err e;
	bool valid;

	if (value_read_json(&j->v, text, &value) == -1)
		return value_text(STR("not JSON"));
	s = schema_new(job_member(j, "schema"), &e);
	if (s == NULL)
		return value_copy_text(&j->v, str_of(e.text));
	valid = schema_valid(s, value);
	schema_free(s);
	return value_bool(valid);
}

static void
job_print(struct job *j, const char *name, struct str text)
{
	struct buf line = { 0 };
	struct value object = value_new_object(&j->v);

	value_set(&j->v, object, str_of(name), value_text(text));
	if (job_member(j, "schema").kind != VALUE_UNDEFINED)
		value_set(&j->v, object, STR("valid"), job_valid(j, text));
	if (j->status != 0)
		value_set(
		    &j->v, object, STR("status"), value_number(j->status));
	value_set(&j->v, object, STR("buckets"), j->buckets);
	value_set(&j->v, object, STR("globals"), j->globals);
	(void)value_write_json(&j->v, &line, object, 0, false);
	puts(buf_text(&line));
	fflush(stdout);
	buf_free(&line);
}

static int
job_run(struct str line)
{
	struct job j = { 0 };
	struct buf out = { 0 };
	struct err e;
	int result = EXIT_SUCCESS;

	j.v.arena = &j.arena;
	if (value_read_json(&j.v, line, &j.in) == -1) {
		fprintf(stderr, "not JSON: %.*s\n", STR_ARGS(line));
		result = EXIT_FAILURE;
	} else if (job_render(&j, &out, &e) == 0) {
		job_print(&j, "out", buf_str(&out));
	} else {
		job_print(&j, "error", str_of(e.text));
	}
	buf_free(&out);
	arena_fini(&j.arena);
	return result;
}

int
main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int result = EXIT_SUCCESS;

	while ((n = getline(&line, &room, stdin)) > 0) {
		if (line[n - 1] == '\n')
			n--;
		result |= job_run((struct str){ line, (size_t)n });
	}
	free(line);
	return result;
}
