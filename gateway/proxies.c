#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/origin.h"
#include "har/url.h"

#include "gateway/proxies.h"

#define PROXIES_PAIR 512 /* bytes of "user:password" */

struct proxies {
	struct proxy http, https; /* host is NULL where there is none */
	char *except;             /* as no_proxy has it; NULL: nothing */
	bool by_setting;
};

/* ---- one proxy ------------------------------------------------------- */

/* RFC 7617. */
static char *
proxies_credentials(struct str userinfo)
{
	char pair[PROXIES_PAIR + 1];
	unsigned char text[PROXIES_PAIR * 2];
	size_t n = str_decode(userinfo, false, pair);

	if (memchr(pair, ':', n) == NULL)
		pair[n++] = ':';
	EVP_EncodeBlock(text, (unsigned char *)pair, (int)n);
	return xasprintf("Basic %s", (char *)text);
}

/* "http://[user[:password]@]host[:port][/]", or without the scheme. */
static int
proxies_parse(struct proxy *p, const char *text, struct err *e)
{
	char *full = strstr(text, "://") != NULL ? xstrdup(text)
						 : xasprintf("http://%s", text);
	struct url u;
	int rc = url_parse(&u, str_of(full), e);

	if (rc == 0 && (u.https || u.port == 0 || u.host.n == 0 ||
			   u.userinfo.n > PROXIES_PAIR || u.path.n > 1))
		rc = err_set(e, "expected http://[USER:PASS@]HOST:PORT");
	if (rc == 0) {
		*p = (struct proxy){ .host = xmemdup0(u.host.p, u.host.n),
			.port = u.port };
		if (u.userinfo.n > 0)
			p->credentials = proxies_credentials(u.userinfo);
	}
	free(full);
	return rc;
}

static void
proxies_forget(struct proxy *p)
{
	free(p->host);
	free(p->credentials);
}

/* ---- all of them ----------------------------------------------------- */

static const char *
proxies_variable(const char *lower, const char *upper)
{
	const char *value = getenv(lower);

	if (value == NULL || value[0] == '\0')
		value = getenv(upper);
	return value != NULL && value[0] != '\0' ? value : NULL;
}

struct proxies *
proxies_new(const char *option)
{
	struct proxies *p = xcalloc(1, sizeof(*p));
	const char *http = option, *https = option, *except;
	struct err e;

	p->by_setting = option != NULL;
	if (option != NULL && strcmp(option, "none") == 0)
		return p;
	if (option == NULL) {
		http = proxies_variable("http_proxy", "HTTP_PROXY");
		https = proxies_variable("https_proxy", "HTTPS_PROXY");
	}
	except = proxies_variable("no_proxy", "NO_PROXY");
	if (except != NULL)
		p->except = xstrdup(except);
	if (http != NULL)
		(void)proxies_parse(&p->http, http, &e);
	if (https != NULL)
		(void)proxies_parse(&p->https, https, &e);
	return p;
}

void
proxies_free(struct proxies *p)
{
	if (p == NULL)
		return;
	proxies_forget(&p->http);
	proxies_forget(&p->https);
	free(p->except);
	free(p);
}

int
proxies_check(const char *option, struct err *e)
{
	struct proxy p = { .host = NULL };

	if (option == NULL || strcmp(option, "none") == 0)
		return 0;
	if (proxies_parse(&p, option, e) == -1)
		/* Not the text: there may be a password in it. */
		return err_set(e, "option upstream-proxy: expected "
				  "http://[USER:PASS@]HOST:PORT or none");
	proxies_forget(&p);
	return 0;
}

/* ---- which way ------------------------------------------------------- */

/* One of no_proxy: a host, a domain with or without a dot in front, with or
 * without a port, or *. */
static bool
proxies_excepts(struct str one, const struct origin *o)
{
	struct str host = str_of(o->host), tail;
	char port[8];

	if (str_is(one, "*"))
		return true;
	snprintf(port, sizeof(port), ":%u", o->url.port);
	if (str_ends(one, port) && one.n > strlen(port))
		one.n -= strlen(port);
	if (one.n > 2 && one.p[0] == '[' && one.p[one.n - 1] == ']')
		one = (struct str){ one.p + 1, one.n - 2 };
	if (one.n > 0 && one.p[0] == '.')
		one = (struct str){ one.p + 1, one.n - 1 };
	if (one.n == 0 || one.n > host.n)
		return false;
	tail = (struct str){ host.p + host.n - one.n, one.n };
	return str_ieq(tail, one) &&
	       (tail.n == host.n || (!o->literal && tail.p[-1] == '.'));
}

static bool
proxies_is_here(const struct origin *o)
{
	return strcasecmp(o->host, "localhost") == 0 ||
	       (o->literal && (strncmp(o->host, "127.", 4) == 0 ||
				  strcmp(o->host, "::1") == 0));
}

const struct proxy *
proxies_for(const struct proxies *p, const struct origin *o)
{
	const struct proxy *way = o->url.https ? &p->https : &p->http;
	struct str rest = str_of(p->except), one;

	if (way->host == NULL || (!p->by_setting && proxies_is_here(o)))
		return NULL;
	while (str_cut(&rest, ',', &one))
		if (proxies_excepts(str_trim(one), o))
			return NULL;
	return way;
}
