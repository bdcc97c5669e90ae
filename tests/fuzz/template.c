#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "mock/faker.h"
#include "mock/template.h"
#include "mock/value_json.h"

#include "tests/fuzz/fuzz.h"

/*
 * The bytes are a template.  What must hold: it ends within its limits, and
 * rendered again, with chance and time the same, it gives the same.
 */

static const char fuzz_root[] =
    "{\"a\":\"A<b>\",\"n\":1.5,\"t\":true,\"nul\":null,\"arr\":[3,1,2],"
    "\"o\":{\"k\":\"v\",\"2\":\"x\",\"b\":{\"c\":[{\"d\":1},{\"d\":2}]}},"
    "\"s\":\"h\\u00e9llo \\ud83d\\ude00\"}";

struct world {
	struct values v;
	struct value root, buckets;
};

static struct value
world_part(void *arg, enum template_part part)
{
	struct world *w = arg;

	(void)part;
	return w->root;
}

static struct value
world_get(void *arg, struct values *v, struct str name)
{
	struct world *w = arg;

	(void)v;
	return value_get(w->buckets, name);
}

static bool
world_has(void *arg, struct str name)
{
	struct world *w = arg;

	return value_has(w->buckets, name);
}

static int
world_change(void *arg, struct str name, template_edit_fn edit, void *cookie)
{
	struct world *w = arg;
	struct value now = value_copy(&w->v, value_get(w->buckets, name));

	if (edit(cookie, &w->v, &now)) {
		value_settle(now);
		value_set(
		    &w->v, w->buckets, value_copy_text(&w->v, name).text, now);
	}
	return 0;
}

static double
world_random(void *arg)
{
	(void)arg;
	return 0.5;
}

static int
fuzz_render(const struct template *t, const struct template_limits *l,
    struct faker *faker, struct buf *out)
{
	struct arena arena = { 0 };
	struct world w = { .v = { .arena = &arena, .most = 1u << 20 } };
	struct template_request request = {
		.method = STR("GET"),
		.hostname = STR("h"),
		.ip = STR("::1"),
		.body = STR(fuzz_root),
		.part = world_part,
		.arg = &w,
	};
	struct template_store store = {
		.get = world_get,
		.change = world_change,
		.has = world_has,
		.arg = &w,
	};
	int status = 0, result;
	struct template_context c = {
		.arena = &arena,
		.limits = l,
		.request = &request,
		.buckets = &store,
		.globals = &store,
		.status = &status,
		.random = world_random,
		.faker = faker,
		.now_us = 1795173909007000,
	};
	struct err e;

	if (value_read_json(&w.v, STR(fuzz_root), &w.root) == -1 ||
	    value_read_json(&w.v, STR(fuzz_root), &w.buckets) == -1)
		abort();
	c.root = w.root;
	faker_seed(faker, 1);
	faker_set_date(faker, 0);
	result = template_render(t, &c, out, &e);
	if (status != 0 && (status < 100 || status > 999))
		abort();
	arena_fini(&arena);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct template_limits l = {
		.depth = 50,
		.steps = 5000,
		.memory = 1u << 20,
		.output = 1u << 18,
	};
	struct buf first = { 0 }, second = { 0 };
	static struct faker *faker; /* its words are unpacked but once */
	struct template *t;
	struct err e;

	t = template_compile((struct str){ (const char *)bytes, n }, &l, &e);
	if (t == NULL)
		return 0;
	if (faker == NULL)
		faker = faker_new(STR("en"), &e);
	if (faker == NULL)
		abort();
	if (fuzz_render(t, &l, faker, &first) !=
		fuzz_render(t, &l, faker, &second) ||
	    !str_eq(buf_str(&first), buf_str(&second)) || first.n > l.output)
		abort();
	buf_free(&first);
	buf_free(&second);
	template_free(t);
	return 0;
}
