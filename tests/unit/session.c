#include "config.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "gateway/client.h"
#include "gateway/session.h"

#include "tap.h"

static struct err e;
static struct arena arena;
static struct session_request *own;
static char seen[512];

/* What a request is taken for by one way: its name, path, host and fields. */
static const char *
taken(const char *way, const char *path, const char *host, const char *fields)
{
	struct client_request r = { .head = { .path = str_of(path),
					.authority = str_of(host) } };
	struct str rest = str_of(fields), line, name, session = STR("");
	struct session_setting s;
	const struct headers *h;
	int found;
	size_t i;

	if (session_parse(&s, way, &e) == -1)
		return "no way";
	while (rest.n > 0 && str_cut(&rest, '|', &line))
		if (str_cut(&line, ':', &name))
			headers_add(&r.head.headers, &arena, name, line);
	free(own);
	own = NULL;
	found = session_take(&s, 1, &r, &session, &own);
	free(s.name);
	if (found != 1)
		return found == 0 ? "none" : "bad";
	h = &session_request(own)->head.headers;
	snprintf(seen, sizeof(seen), "%.*s %.*s %.*s", STR_ARGS(session),
	    STR_ARGS(session_request(own)->head.path),
	    STR_ARGS(session_request(own)->head.authority));
	for (i = 0; i < h->n; i++)
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
		    "|%.*s:%.*s", STR_ARGS(h->v[i].name),
		    STR_ARGS(h->v[i].value));
	return seen;
}

static void
a_field_names_it_and_goes(void)
{
	CHECK_STR(taken("header:X-S", "/a", "h", "A:1|x-s:bob|B:2"),
	    "bob /a h|A:1|B:2");
	CHECK_STR(taken("header:X-S", "/a", "h", "A:1"), "none");
	CHECK_STR(taken("header:X-S", "/a", "h", "X-S:"), "bad");
	CHECK_STR(taken("header:X-S", "/a", "h", "X-S:a\001"), "bad");
}

static void
a_cookie_names_it_and_goes_alone(void)
{
	const char *way = "cookie:s";

	CHECK_STR(taken(way, "/", "h", "Cookie:s=bob"), "bob / h");
	CHECK_STR(
	    taken(way, "/", "h", "Cookie:s=bob; a=1"), "bob / h|Cookie:a=1");
	CHECK_STR(
	    taken(way, "/", "h", "Cookie:a=1; s=bob"), "bob / h|Cookie:a=1");
	CHECK_STR(taken(way, "/", "h", "A:1|cookie:x=s=; s=bob;b=2; c=3"),
	    "bob / h|A:1|cookie:x=s=; b=2; c=3");
	CHECK_STR(taken(way, "/", "h", "Cookie:s; ss=x;S=y"), "none");
	CHECK_STR(taken(way, "/", "h", "Cookie:s="), "bad");
}

static void
a_path_segment_names_it_and_goes(void)
{
	const char *way = "path:/with";

	CHECK_STR(taken(way, "/with/bob/a/b?c", "h", ""), "bob /a/b?c h");
	CHECK_STR(taken(way, "/with/bob", "h", ""), "bob / h");
	CHECK_STR(taken(way, "/with/bob?x=/y", "h", ""), "bob /?x=/y h");
	CHECK_STR(taken(way, "/with/bob/", "h", ""), "bob / h");
	CHECK_STR(taken(way, "/without/bob/", "h", ""), "none");
	CHECK_STR(taken(way, "/with", "h", ""), "none");
	CHECK_STR(taken(way, "/with//a", "h", ""), "bad");
}

static void
a_host_names_it_and_goes(void)
{
	const char *way = "host:hark.test";

	CHECK_STR(taken(way, "/", "bob.Hark.test:81", "Host:bob.Hark.test:81"),
	    "bob / Hark.test:81|Host:Hark.test:81");
	CHECK_STR(taken(way, "/", "a.b.hark.test", ""), "a.b / hark.test");
	CHECK_STR(taken(way, "/", "hark.test", ""), "none");
	CHECK_STR(taken(way, "/", "bobhark.test", ""), "none");
	CHECK_STR(taken(way, "/", ".hark.test", ""), "bad");
	CHECK_STR(taken(way, "/", "", ""), "none");
}

static void
a_name_has_a_bound(void)
{
	char field[SESSION_MOST + 8] = "X:";

	memset(field + 2, 'a', SESSION_MOST);
	CHECK(strncmp(taken("header:X", "/", "h", field), "aaa", 3) == 0);
	memset(field + 2, 'a', SESSION_MOST + 1);
	CHECK_STR(taken("header:X", "/", "h", field), "bad");
}

/* "path host field" by the ways in their order. */
static const char *
named(const char *first, const char *second, const char *session)
{
	static char text[256];
	struct session_setting ways[2];
	struct session_naming to = { 0 };
	size_t n = 0;

	CHECK_INT(session_parse(&ways[n++], first, &e), 0);
	if (second != NULL)
		CHECK_INT(session_parse(&ways[n++], second, &e), 0);
	session_name(ways, n, str_of(session), &to);
	snprintf(text, sizeof(text), "%s|%s|%s", buf_text(&to.path),
	    buf_text(&to.host), buf_text(&to.field));
	session_naming_fini(&to);
	while (n > 0)
		free(ways[--n].name);
	return text;
}

static void
a_request_to_oneself_names_it_by_the_way_that_takes_any_name(void)
{
	CHECK_STR(named("header:X-S", NULL, "a b"), "||X-S: a b\r\n");
	CHECK_STR(named("cookie:s", NULL, "a"), "||Cookie: s=a\r\n");
	CHECK_STR(named("path:/s", NULL, "a"), "/s/a||");
	CHECK_STR(named("host:h.test", NULL, "a"), "|a.|");
	CHECK_STR(named("host:h.test", "header:X", "a"), "||X: a\r\n");
	CHECK_STR(named("cookie:c", "path:/s", "a"), "||Cookie: c=a\r\n");
	CHECK_STR(named("header:X-S", NULL, ""), "||");
}

static void
what_is_no_way_is_refused(void)
{
	static const char *const bad[] = { "", "X-S", "header:", "header:a b",
		"cookie:a;b", "path:", "path:/", "path:x", "path:/x/",
		"path:/a?b", "host:", "host:.a", "host:a:80", "host:a/b" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e.text[0] = '\0';
		CHECK_STR(taken(bad[i], "/", "h", ""), "no way");
		CHECK(strstr(e.text, ": expected ") != NULL);
	}
	free(own);
	own = NULL;
	arena_fini(&arena);
}

RUN(TEST(a_field_names_it_and_goes), TEST(a_cookie_names_it_and_goes_alone),
    TEST(a_path_segment_names_it_and_goes), TEST(a_host_names_it_and_goes),
    TEST(a_name_has_a_bound),
    TEST(a_request_to_oneself_names_it_by_the_way_that_takes_any_name),
    TEST(what_is_no_way_is_refused))
