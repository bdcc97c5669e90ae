#include "config.h"

#include "base/buf.h"
#include "base/err.h"
#include "gateway/options.h"
#include "gateway/origin.h"
#include "tests/unit/tap.h"

/* Origins of --upstream rows; NULL ends them. */
static struct origins *
made(struct settings *s, const char *const *rows)
{
	struct origins *o;
	struct err e = { "" };

	for (; *rows != NULL; rows++)
		CHECK_INT(option_set(s, "upstream", *rows, &e), 0);
	o = origins_new(s, NULL, &e);
	CHECK_STR(e.text, "");
	return o;
}

static void
to(const struct origins *o, const char *host, const char *path,
    const char *base, const char *scope, const char *target)
{
	struct buf b = { 0 };
	struct route r;

	CHECK(origins_route(o, str_of(host), str_of(path), &r));
	CHECK_STR(r.origin->base, base);
	CHECK_VIEW(r.scope, scope);
	route_target(&r, str_of(path), &b);
	CHECK_STR(buf_text(&b), target);
	buf_free(&b);
}

static void
the_longest_prefix_wins_and_a_host_before_it(void)
{
	static const char *const rows[] = { "/a=http://one/",
		"/a/b=http://two/base/", "api.test=http://three",
		"api.test/a+=http://four/root", "api.test:81=http://five",
		"[::1]=http://six", NULL };
	struct settings *s = settings_new();
	struct origins *o = made(s, rows);
	struct route r;

	to(o, "h", "/a", "http://one", "", "/");
	to(o, "h", "/a?q", "http://one", "", "/?q");
	to(o, "h", "/a/x?q=%2f", "http://one", "", "/x?q=%2f");
	to(o, "h", "/a/b/c", "http://two", "", "/base/c");
	to(o, "h", "/a/b", "http://two", "", "/base");
	to(o, "API.test:8080", "/x", "http://three", "api.test", "/x");
	to(o, "api.test", "/a/y", "http://four", "api.test", "/root/a/y");
	to(o, "api.test:81", "/x", "http://five", "api.test:81", "/x");
	to(o, "[::1]:80", "/x", "http://six", "[::1]", "/x");
	CHECK(!origins_route(o, STR("h"), STR("/ab"), &r));
	origins_free(o);
	settings_free(s);
}

static void
an_upstream_that_is_no_origin_is_refused(void)
{
	static const struct {
		const char *row, *names;
	} rows[] = {
		{ "/a=http://u:p@h/", "user" },
		{ "/a=http://h/?q", "query" },
	};
	struct settings *s;
	struct origins *o;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		s = settings_new();
		e.text[0] = '\0';
		o = NULL;
		if (option_set(s, "upstream", rows[i].row, &e) == 0)
			o = origins_new(s, NULL, &e);
		CHECK(o == NULL);
		CHECK(strstr(e.text, rows[i].names) != NULL);
		settings_free(s);
	}
}

static void
an_origin_of_any_url_stands_alone(void)
{
	struct origin *o;
	struct url u;
	struct err e;

	CHECK_INT(url_parse(&u, STR("https://[::1]:8443/a/b?q"), &e), 0);
	o = origin_alone(&u);
	CHECK(o->index == ORIGIN_ALONE);
	CHECK_STR(o->base, "https://[::1]:8443");
	CHECK_STR(o->host, "::1");
	CHECK_STR(o->authority, "[::1]:8443");
	CHECK(o->literal && o->url.https && o->base_path.n == 0);
	CHECK_INT(o->url.port, 8443);
	origin_alone_free(o);
	CHECK_INT(url_parse(&u, STR("http://u:p@Host/"), &e), 0);
	o = origin_alone(&u);
	CHECK_STR(o->authority, "Host");
	CHECK(!o->literal);
	CHECK_INT(o->url.port, 80);
	origin_alone_free(o);
	origin_alone_free(NULL);
}

RUN(TEST(the_longest_prefix_wins_and_a_host_before_it),
    TEST(an_upstream_that_is_no_origin_is_refused),
    TEST(an_origin_of_any_url_stands_alone))
