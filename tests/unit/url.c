#include "config.h"

#include "base/err.h"
#include "har/url.h"
#include "tests/unit/tap.h"

static void
a_url_comes_apart_without_being_changed(void)
{
	struct err e = { "" };
	struct url u;

	CHECK_INT(
	    url_parse(&u, STR("HTTPS://u:p@Api.Test:8443/a%2Fb//?x=1?"), &e),
	    0);
	CHECK(u.https);
	CHECK_VIEW(u.userinfo, "u:p");
	CHECK_VIEW(u.host, "Api.Test");
	CHECK_INT(u.port, 8443);
	CHECK_VIEW(u.authority, "Api.Test:8443");
	CHECK_VIEW(u.path, "/a%2Fb//");
	CHECK_VIEW(u.query, "x=1?");
	CHECK_VIEW(u.target, "/a%2Fb//?x=1?");
}

static void
what_is_not_there_is_empty_or_the_default(void)
{
	struct err e = { "" };
	struct url u;

	CHECK_INT(url_parse(&u, STR("http://[::1]"), &e), 0);
	CHECK(u.ipv6 && !u.has_port);
	CHECK_VIEW(u.host, "::1");
	CHECK_INT(u.port, 80);
	CHECK_VIEW(u.path, "");
	CHECK(u.query.p == NULL);
	CHECK_INT(url_parse(&u, STR("https://h?"), &e), 0);
	CHECK_INT(u.port, 443);
	CHECK(u.query.p != NULL && u.query.n == 0);
	CHECK_VIEW(u.target, "?");
}

static void
a_bad_url_says_what_is_wrong_with_it(void)
{
	static const struct {
		const char *url, *error;
	} rows[] = {
		{ "ftp://h/", "expected http:// or https:// at its start" },
		{ "h/", "expected http:// or https:// at its start" },
		{ "http:///a", "no valid host in it" },
		{ "http://[::1/a", "no valid host in it" },
		{ "http://[zz]/a", "no valid host in it" },
		{ "http://h:99999/", "no valid port in it" },
		{ "http://h:8x/", "no valid port in it" },
		{ "http://h/a#b", "a fragment (#) in it" },
		{ "http://h/a b", "a space or control character in it" },
	};
	struct err e;
	struct url u;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_INT(url_parse(&u, str_of(rows[i].url), &e), -1);
		CHECK_STR(e.text, rows[i].error);
	}
}

static void
origins_are_scheme_host_and_port(void)
{
	struct err e;
	struct url a, b;

	CHECK_INT(url_parse(&a, STR("http://Api.test/x"), &e), 0);
	CHECK_INT(url_parse(&b, STR("http://api.test:80/y"), &e), 0);
	CHECK(url_same_origin(&a, &b));
	CHECK_INT(url_parse(&b, STR("https://api.test:80/"), &e), 0);
	CHECK(!url_same_origin(&a, &b));
}

static void
the_host_of_an_authority_keeps_its_brackets(void)
{
	CHECK_VIEW(url_host(STR("api.test")), "api.test");
	CHECK_VIEW(url_host(STR("api.test:80")), "api.test");
	CHECK_VIEW(url_host(STR("[::1]:80")), "[::1]");
	CHECK_VIEW(url_host(STR("[::1]")), "[::1]");
	CHECK_VIEW(url_host(STR("")), "");
}

static void
an_authority_is_a_host_with_or_without_port(void)
{
	CHECK(url_is_authority(STR("api.test")));
	CHECK(url_is_authority(STR("api.test:8080")));
	CHECK(url_is_authority(STR("[::1]:80")));
	CHECK(url_is_authority(STR("a%20b")));
	CHECK(!url_is_authority(STR("")));
	CHECK(!url_is_authority(STR(":80")));
	CHECK(!url_is_authority(STR("a b")));
	CHECK(!url_is_authority(STR("a/b")));
	CHECK(!url_is_authority(STR("u@h")));
	CHECK(!url_is_authority(STR("h:80:90")));
	CHECK(!url_is_authority(STR("[::1")));
	CHECK(!url_is_authority(STR("[::1]x")));
}

RUN(TEST(a_url_comes_apart_without_being_changed),
    TEST(what_is_not_there_is_empty_or_the_default),
    TEST(a_bad_url_says_what_is_wrong_with_it),
    TEST(origins_are_scheme_host_and_port),
    TEST(the_host_of_an_authority_keeps_its_brackets),
    TEST(an_authority_is_a_host_with_or_without_port))
