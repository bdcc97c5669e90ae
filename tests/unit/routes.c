#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "mock/pattern.h"
#include "mock/router.h"

#include "tap.h"

static struct arena arena;
static struct err e;

/* What a pattern gives for a path: "name=value" each, or "no". */
static const char *
match(const char *prefix, const char *endpoint, const char *path)
{
	static char text[512];
	struct pattern *p =
	    pattern_new(&arena, str_of(prefix), str_of(endpoint), &e);
	struct pattern_match m;
	size_t form, i, k, n = 0;

	if (p == NULL)
		return "bad";
	snprintf(text, sizeof(text), "no");
	for (form = 0; form < pattern_forms(p); form++) {
		if (!pattern_fits(p, form, str_of(path), &arena, &m))
			continue;
		text[0] = '\0';
		for (i = 0; i < m.n; i++) {
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%.*s=", i > 0 ? " " : "",
			    STR_ARGS(m.values[i].name));
			for (k = 0; k < m.values[i].n; k++)
				n +=
				    (size_t)snprintf(text + n, sizeof(text) - n,
					"%s%.*s", k > 0 ? "," : "",
					STR_ARGS(m.values[i].parts[k]));
			if (m.values[i].several)
				n += (size_t)snprintf(
				    text + n, sizeof(text) - n, "[]");
		}
		break;
	}
	pattern_free(p);
	return text;
}

/* As they came from @mockoon/commons 9.9.0's pathMatch(preparePath()). */
static void
patterns_mean_what_they_mean_in_mockoon(void)
{
	static const struct {
		const char *endpoint, *path, *want;
	} rows[] = {
		{ "users/:id", "/users/1", "id=1" },
		{ "users/:id", "/users/1/", "id=1" },
		{ "users/:id", "/USERS/A", "id=A" },
		{ "users/:id", "/users/a%2Fb", "id=a/b" },
		{ "users/:id", "/users/a/b", "no" },
		{ "users/:id", "/users/", "no" },
		{ "users/:id", "/users/%zz", "no" },
		{ "users/:id?", "/users", "" },
		{ "users/:id?", "/users/", "" },
		{ "users/:id?", "/users/1", "id=1" },
		{ "file/:n.:ext?", "/file/a.txt", "n=a ext=txt" },
		{ "file/:n.:ext?", "/file/a", "n=a" },
		{ "f/:p+", "/f/a/b", "p=a,b[]" },
		{ "f/:p+", "/f", "no" },
		{ "f/:p*", "/f", "" },
		{ "f/:p*", "/f/a/b", "p=a,b[]" },
		{ "*", "/a/b", "wildcard0=a,b[]" },
		{ "*", "/", "no" },
		{ "a/*/b", "/a/x/y/b", "wildcard0=x,y[]" },
		{ "a/*/b/*", "/a/x/b/c/d", "wildcard0=x[] wildcard1=c,d[]" },
		{ "ab?cd", "/acd", "" },
		{ "ab?cd", "/abcd", "" },
		{ "ab+cd", "/abbcd", "" },
		{ "ab+cd", "/abbbcd", "no" },
		{ "pattern(s)?", "/patterns", "" },
		{ "pattern(s)?", "/pattern", "" },
		{ "v:ver/x", "/v1/x", "ver=1" },
		{ "a-:b-:c", "/a-1-2", "b=1 c=2" },
		{ "test\\(data\\)", "/test(data)", "" },
		{ "u/:id(\\d+)", "/u/1", "bad" },
		{ "re/[ab]", "/re/a", "bad" },
		{ "with space", "/with%20space", "" },
		{ "", "/", "" },
		{ "a//b", "/a/b", "" },
		{ "end/", "/end/", "" },
		{ "end/", "/end", "no" },
		{ "a.b", "/axb", "no" },
		{ ":a:b", "/x", "bad" },
		{ "x-*-:y", "/x-a-b", "bad" },
		{ "file/:n.:ext?", "/file/a.b.c", "n=a.b ext=c" },
		{ "x/:a-:b", "/x/1--2", "a=1- b=2" },
		{ "x/*/:y", "/x/a/b/c", "wildcard0=a,b[] y=c" },
		{ "x/:y/*", "/x/a/b/c", "y=a wildcard0=b,c[]" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_STR(
		    match("", rows[i].endpoint, rows[i].path), rows[i].want);
	}
	CHECK_STR(match("api/v1", "x/:y", "/api/v1/x/z"), "y=z");
	CHECK_STR(match("/api/", "/x", "/api/x"), "");
}

static const char *
routed(const struct router *r, const char *path)
{
	static char text[256];
	struct router_hit *hits;
	struct pattern_match m;
	size_t i, n = router_find(r, str_of(path), &arena, &hits), at = 0;

	text[0] = '\0';
	for (i = 0; i < n; i++)
		if (pattern_fits(hits[i].pattern, hits[i].form, str_of(path),
			&arena, &m))
			at += (size_t)snprintf(text + at, sizeof(text) - at,
			    "%s%zu", at > 0 ? " " : "", hits[i].order);
	return text;
}

static void
routes_are_found_in_their_order(void)
{
	static const char *const endpoints[] = { "users/:id", "users/me", "*",
		"users/:id/posts/:post?", "users/:id.json", "", "USERS",
		"a/*/b", ":x/me" };
	struct pattern *p[9];
	struct router *r = router_new();
	size_t i;

	for (i = 0; i < 9; i++) {
		p[i] = pattern_new(&arena, STR(""), str_of(endpoints[i]), &e);
		CHECK(p[i] != NULL);
		router_add(r, p[i], i);
	}
	CHECK_STR(routed(r, "/users/me"), "0 1 2 8");
	CHECK_STR(routed(r, "/Users/Me/"), "0 1 2 8");
	CHECK_STR(routed(r, "/users/1.json"), "0 2 4");
	CHECK_STR(routed(r, "/users/1/posts"), "2 3");
	CHECK_STR(routed(r, "/users/1/posts/2"), "2 3");
	CHECK_STR(routed(r, "/"), "5");
	CHECK_STR(routed(r, "/users"), "2 6");
	CHECK_STR(routed(r, "/a/x/y/b"), "2 7");
	CHECK_STR(routed(r, "*"), "");
	CHECK_STR(routed(r, ""), "");
	router_free(r);
	for (i = 0; i < 9; i++)
		pattern_free(p[i]);
	arena_fini(&arena);
}

static void
many_routes_are_told_apart(void)
{
	enum { MANY = 10000 };
	struct pattern **p = calloc(MANY, sizeof(*p));
	struct router *r = router_new();
	struct router_hit *hits;
	char text[64];
	size_t i;

	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), ":tenant/things%zu/:id", i);
		p[i] = pattern_new(&arena, STR(""), str_of(text), &e);
		CHECK(p[i] != NULL);
		router_add(r, p[i], i);
	}
	CHECK_INT(router_find(r, STR("/a/things777/1"), &arena, &hits), 1);
	CHECK_INT(hits[0].order, 777);
	CHECK_INT(router_find(r, STR("/a/things/1"), &arena, &hits), 0);
	router_free(r);
	for (i = 0; i < MANY; i++)
		pattern_free(p[i]);
	free(p);
	arena_fini(&arena);
}

RUN(TEST(patterns_mean_what_they_mean_in_mockoon),
    TEST(routes_are_found_in_their_order), TEST(many_routes_are_told_apart))
