#include "config.h"

#include <stdlib.h>

#include "base/err.h"
#include "gateway/origin.h"
#include "gateway/proxies.h"
#include "har/url.h"
#include "tests/unit/tap.h"

static void
forget(void)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY",
		"https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
}

/* The host of the proxy that url is reached by, or "". */
static void
by(const struct proxies *p, const char *url, const char *host, int port)
{
	const struct proxy *way;
	struct origin *o;
	struct err e;
	struct url u;

	CHECK_INT(url_parse(&u, str_of(url), &e), 0);
	o = origin_alone(&u);
	way = proxies_for(p, o);
	origin_alone_free(o);
	CHECK_STR(way != NULL ? way->host : "", host);
	if (way != NULL)
		CHECK_INT(way->port, port);
}

static void
the_environment_names_proxies_by_scheme(void)
{
	struct proxies *p;

	forget();
	setenv("HTTP_PROXY", "http://one.test:8080/", 1);
	setenv("https_proxy", "two.test:3128", 1);
	p = proxies_new(NULL);
	by(p, "http://a.test", "one.test", 8080);
	by(p, "https://a.test", "two.test", 3128);
	by(p, "http://localhost:81", "", 0);
	by(p, "https://127.0.0.1", "", 0);
	by(p, "http://[::1]", "", 0);
	proxies_free(p);
	p = proxies_new("none");
	by(p, "http://a.test", "", 0);
	proxies_free(p);
	p = proxies_new("http://three.test");
	by(p, "https://a.test", "three.test", 80);
	by(p, "http://localhost:81", "three.test", 80);
	proxies_free(p);
	forget();
}

static void
no_proxy_names_hosts_and_domains(void)
{
	struct proxies *p;

	forget();
	setenv("NO_PROXY", "a.test, .b.test,c.test:8080 ,192.0.2.1,[::1]", 1);
	p = proxies_new("http://p.test:1");
	by(p, "http://a.test", "", 0);
	by(p, "http://A.test:99", "", 0);
	by(p, "http://x.a.test", "", 0);
	by(p, "http://xa.test", "p.test", 1);
	by(p, "http://b.test", "", 0);
	by(p, "http://x.b.test", "", 0);
	by(p, "http://c.test:8080", "", 0);
	by(p, "http://c.test", "p.test", 1);
	by(p, "http://192.0.2.1", "", 0);
	by(p, "http://[::1]:7", "", 0);
	proxies_free(p);
	setenv("NO_PROXY", "*", 1);
	p = proxies_new("http://p.test:1");
	by(p, "http://a.test", "", 0);
	proxies_free(p);
	forget();
}

static void
credentials_are_decoded(void)
{
	struct proxies *p = proxies_new("http://us%65r:p%40ss@p.test:1");
	const struct proxy *way;
	struct origin *o;
	struct err e;
	struct url u;

	CHECK_INT(url_parse(&u, STR("http://a.test"), &e), 0);
	o = origin_alone(&u);
	way = proxies_for(p, o);
	CHECK(way != NULL);
	CHECK_STR(way->credentials, "Basic dXNlcjpwQHNz");
	origin_alone_free(o);
	proxies_free(p);
}

static void
what_is_no_proxy_is_refused(void)
{
	static const char *const bad[] = { "https://p.test", "socks5://p:1",
		"http://", "http://p:99999", "http://p/path", "" };
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_INT(proxies_check(bad[i], &e), -1);
	CHECK_INT(proxies_check("http://p:1/", &e), 0);
	CHECK_INT(proxies_check("none", &e), 0);
	CHECK_INT(proxies_check(NULL, &e), 0);
}

RUN(TEST(the_environment_names_proxies_by_scheme),
    TEST(no_proxy_names_hosts_and_domains), TEST(credentials_are_decoded),
    TEST(what_is_no_proxy_is_refused))
