#include "config.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "mock/draft.h"
#include "mock/environment.h"
#include "mock/from_openapi.h"
#include "mock/pattern.h"
#include "mock/template.h"

#include "tests/fuzz/fuzz.h"

/*
 * What must hold: a description either has an error or becomes a file of
 * mocks in which each path is one and each body a template, twice the same.
 * There is no file below its folder.
 */

#define PATH "/dev/null/openapi.yaml"

static void
check_route(const struct environment *env, const struct mock_route *route)
{
	struct template *t;
	struct arena a = { 0 };
	struct pattern *p;
	struct err e;
	size_t i;

	p = pattern_new(&a, env->prefix, route->endpoint, &e);
	if (p == NULL)
		abort();
	pattern_free(p);
	arena_fini(&a);
	for (i = 0; i < route->nresponses; i++) {
		if (route->responses[i].disable_templating)
			continue;
		t = template_compile(route->responses[i].body, NULL, &e);
		if (t == NULL)
			abort();
		template_free(t);
	}
}

static void
check_draft(const struct draft *d, struct buf *text)
{
	struct environment *env;
	struct err e;
	size_t i;

	draft_write(d, text);
	env = environment_parse("mocks.json", buf_str(text), NULL, &e);
	if (env == NULL || env->nroutes != draft_routes(d))
		abort();
	for (i = 0; i < env->nroutes; i++)
		check_route(env, &env->routes[i]);
	environment_free(env);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = { (const char *)bytes, n };
	struct buf out[2] = { { 0 }, { 0 } };
	struct draft *d;
	struct err e;
	int i;

	for (i = 0; i < 2; i++) {
		d = from_openapi_text(PATH, text, &e);
		if (d != NULL)
			check_draft(d, &out[i]);
		draft_free(d);
	}
	if (!str_eq(buf_str(&out[0]), buf_str(&out[1])))
		abort();
	buf_free(&out[0]);
	buf_free(&out[1]);
	return 0;
}
