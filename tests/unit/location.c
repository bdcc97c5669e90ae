#include "config.h"

#include "base/buf.h"
#include "replay/location.h"

#include "tap.h"

struct row {
	const char *location, *url; /* NULL: there is no such URL */
};

static void
check(const char *base, const struct row *row)
{
	struct buf url = { 0 };
	int r;

	for (; row->location != NULL; row++) {
		r = location_resolve(str_of(base), str_of(row->location), &url);
		if (r != (row->url == NULL ? -1 : 0) ||
		    (r == 0 && !str_is(buf_str(&url), row->url)))
			printf("# %s: \"%s\"\n", base, row->location);
		CHECK_INT(r, row->url == NULL ? -1 : 0);
		if (r == 0)
			CHECK_STR(buf_text(&url), row->url);
	}
	buf_free(&url);
}

#define ROWS(...) ((const struct row[]){ __VA_ARGS__, { NULL, NULL } })

static void
paths_are_seen_from_the_base(void)
{
	check("http://h/a/b?c",
	    ROWS({ "/r2", "http://h/r2" }, { "r2", "http://h/a/r2" },
		{ "../r2", "http://h/r2" }, { "./", "http://h/a/" },
		{ "?d", "http://h/a/b?d" }, { "", "http://h/a/b?c" },
		{ "#f", "http://h/a/b?c#f" }, { "/x#f", "http://h/x#f" },
		{ "/%2e%2E/./x/..", "http://h/" },
		{ "../../../x", "http://h/x" }, { "\\x\\y", "http://h/x/y" },
		{ "http:r2", "http://h/a/r2" }));
}

static void
absolute_locations_take_the_place_of_the_base(void)
{
	check("http://h/a?b#c",
	    ROWS({ "https://x.test/y?z", "https://x.test/y?z" },
		{ "//x.test/y", "http://x.test/y" },
		{ "HTTP://X.Test:80", "http://x.test/" },
		{ "https://x:443/", "https://x/" },
		{ "https://x:80/", "https://x:80/" },
		{ "http://u:p@x/", "http://u:p@x/" },
		{ "http:///x/y", "http://x/y" },
		{ "http://[::1]:080/", "http://[::1]/" },
		{ "mailto:a@b", "mailto:a@b" }));
}

static void
the_base_is_normal_afterwards(void)
{
	check("HTTP://H.Test:80/a/../b?c",
	    ROWS({ "", "http://h.test/b?c" }, { "x", "http://h.test/x" }));
	check("https://u@h:8443", ROWS({ "x", "https://u@h:8443/x" }));
}

static void
what_a_url_cannot_hold_is_escaped(void)
{
	check("http://h/",
	    ROWS({ " /a\tb\n ", "http://h/ab" }, { "/a b", "http://h/a%20b" },
		{ "/caf\xc3\xa9", "http://h/caf%C3%A9" },
		{ "/{a}?{b}#{c}", "http://h/%7Ba%7D?{b}#{c}" },
		{ "/<'\">?<'\">#<'\">",
		    "http://h/%3C'%22%3E?%3C%27%22%3E#%3C'%22%3E" },
		{ "/%zz%", "http://h/%zz%" },
		{ "http://u@v:w:x@h/", "http://u%40v:w%3Ax@h/" }));
}

static void
what_is_no_url_is_refused(void)
{
	check("http://h/",
	    ROWS({ "http://", NULL }, { "http://a b/", NULL },
		{ "http://a:x/", NULL }, { "http://a:65536/", NULL },
		{ "http://a%2fb/", NULL }, { "//[::1/", NULL },
		{ "http://u@/", NULL }));
	check("ftp://h/", ROWS({ "/x", NULL }));
	check("/a", ROWS({ "/x", NULL }));
}

RUN(TEST(paths_are_seen_from_the_base),
    TEST(absolute_locations_take_the_place_of_the_base),
    TEST(the_base_is_normal_afterwards),
    TEST(what_a_url_cannot_hold_is_escaped), TEST(what_is_no_url_is_refused))
