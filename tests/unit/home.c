#include "config.h"

#include "base/err.h"
#include "gateway/scopes.h"
#include "har/exchange.h"
#include "har/url.h"
#include "replay/home.h"

#include "tap.h"

static uint64_t
recorded(const char *url, const char *target)
{
	struct exchange *x = exchange_new();
	uint64_t home;

	x->url = str_of(url);
	x->target = str_of(target);
	home = home_recorded(x);
	exchange_free(x);
	return home;
}

static uint64_t
asked(const char *url)
{
	struct url u;
	struct err e;

	CHECK_INT(url_parse(&u, str_of(url), &e), 0);
	return home_of(&u);
}

static void
a_home_is_scheme_host_and_port(void)
{
	static const char *const same[] = { "https://api.test/a",
		"https://api.test:443/a", "https://API.Test/a",
		"https://me:pw@api.test/a", "wss://api.test/a",
		"https://api.test/a#there" };
	static const char *const other[] = { "http://api.test/a",
		"https://api.test:444/a", "https://api.test.example/a",
		"https://pi.test/a", "https://[::1]/a" };
	uint64_t home = asked("https://api.test");
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(*same); i++)
		CHECK(recorded(same[i], "/a") == home);
	for (i = 0; i < sizeof(other) / sizeof(*other); i++) {
		CHECK(recorded(other[i], "/a") != 0);
		CHECK(recorded(other[i], "/a") != home);
	}
	CHECK(recorded("http://[::1]:80/a", "/a") == asked("http://[::1]"));
}

static void
what_was_asked_by_another_path_has_none(void)
{
	CHECK(recorded("https://api.test", "/") == asked("https://api.test"));
	CHECK(recorded("https://api.test?q", "/?q") != 0);
	CHECK(recorded("https://api.test/v1/a", "/a") == 0);
	CHECK(recorded("https://api.test/a?q", "/a") == 0);
	CHECK(recorded("https://api.test/a", "*") == 0);
	CHECK(recorded("/a", "/a") == 0);
	CHECK(recorded("", "") == 0);
}

/* The scopes to look under in the other way, a space between. */
static const char *
elsewhere(const char *route, const char *url)
{
	static char text[600];
	struct scopes s;
	struct url u;
	struct err e;
	size_t i, n = 0;

	CHECK_INT(url_parse(&u, str_of(url), &e), 0);
	scopes_elsewhere(&s, str_of(route), &u);
	text[0] = '\0';
	for (i = 0; i < s.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s",
		    i > 0 ? " " : "", STR_ARGS(s.v[i]));
	return text;
}

static void
the_other_way_has_the_scopes_of_forward_proxies_and_imports(void)
{
	char longest[400];

	CHECK_STR(elsewhere("api.test", "https://api.test"), "");
	CHECK_STR(elsewhere("", "https://API.test"), "api.test");
	CHECK_STR(elsewhere("", "https://api.test:443"), "api.test");
	CHECK_STR(elsewhere("", "https://api.test:444"), "api.test:444");
	CHECK_STR(elsewhere("", "http://api.test"), "api.test:80 api.test");
	CHECK_STR(elsewhere("", "http://api.test:443"), "api.test:443");
	CHECK_STR(elsewhere("", "http://[::1]:8080"), "[::1]:8080");
	snprintf(longest, sizeof(longest), "http://%0300d.test", 1);
	CHECK_STR(elsewhere("", longest), "");
}

RUN(TEST(a_home_is_scheme_host_and_port),
    TEST(what_was_asked_by_another_path_has_none),
    TEST(the_other_way_has_the_scopes_of_forward_proxies_and_imports))
