#include "config.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/err.h"

#include "har/url.h"

static bool
url_host_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c >= 0x80 ||
	       (c != '\0' && strchr("-._~!$&'()*+,;=%", c) != NULL);
}

static bool
url_is_ipv6(struct str s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (s.n == 0 || s.n >= sizeof(text))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* Cuts host and port text out of an authority without userinfo. */
static int
url_split(struct str s, struct str *host, struct str *port, bool *ipv6)
{
	const char *end;
	size_t i;

	*port = (struct str){ NULL, 0 };
	*ipv6 = s.n > 0 && s.p[0] == '[';
	if (*ipv6) {
		end = memchr(s.p, ']', s.n);
		if (end == NULL)
			return -1;
		*host = (struct str){ s.p + 1, (size_t)(end - s.p) - 1 };
		if (!url_is_ipv6(*host))
			return -1;
		i = host->n + 2;
	} else {
		for (i = 0; i < s.n && url_host_char((unsigned char)s.p[i]);)
			i++;
		*host = (struct str){ s.p, i };
	}
	if (i < s.n && s.p[i] != ':')
		return -1;
	if (i < s.n)
		*port = (struct str){ s.p + i + 1, s.n - i - 1 };
	return host->n > 0 ? 0 : -1;
}

static int
url_port(struct str text, uint16_t *port)
{
	uint64_t v;

	if (str_u64(text, &v) == -1 || v > 65535)
		return -1;
	*port = (uint16_t)v;
	return 0;
}

/* Takes what is behind the scheme apart. */
static int
url_parse_rest(struct url *u, struct str rest, struct err *e)
{
	struct str port;
	const char *at;
	size_t i;

	for (i = 0; i < rest.n; i++)
		if ((unsigned char)rest.p[i] <= ' ' || rest.p[i] == 0x7f)
			return err_set(e, "a space or control character in it");
	for (i = 0; i < rest.n && strchr("/?#", rest.p[i]) == NULL;)
		i++;
	u->authority = (struct str){ rest.p, i };
	u->target = (struct str){ rest.p + i, rest.n - i };
	at = u->authority.n > 0 ? memrchr(rest.p, '@', u->authority.n) : NULL;
	if (at != NULL) {
		u->userinfo = (struct str){ rest.p, (size_t)(at - rest.p) };
		u->authority.p = at + 1;
		u->authority.n -= u->userinfo.n + 1;
	}
	if (url_split(u->authority, &u->host, &port, &u->ipv6) == -1)
		return err_set(e, "no valid host in it");
	u->port = u->https ? 443 : 80;
	u->has_port = port.n > 0;
	if (u->has_port && url_port(port, &u->port) == -1)
		return err_set(e, "no valid port in it");
	if (u->target.n > 0 && memchr(u->target.p, '#', u->target.n) != NULL)
		return err_set(e, "a fragment (#) in it");
	u->path = u->target;
	at = u->target.n > 0 ? memchr(u->target.p, '?', u->target.n) : NULL;
	if (at != NULL) {
		u->path.n = (size_t)(at - u->target.p);
		u->query = (struct str){ at + 1, u->target.n - u->path.n - 1 };
	}
	return 0;
}

int
url_parse(struct url *u, struct str text, struct err *e)
{
	size_t scheme;

	*u = (struct url){ .userinfo = STR("") };
	if (str_istarts(text, "https://"))
		u->https = true;
	else if (!str_istarts(text, "http://"))
		return err_set(e, "expected http:// or https:// at its start");
	scheme = u->https ? 8 : 7;
	return url_parse_rest(
	    u, (struct str){ text.p + scheme, text.n - scheme }, e);
}

bool
url_is_socket(struct str text)
{
	return str_istarts(text, "ws://") || str_istarts(text, "wss://");
}

int
url_parse_any(struct url *u, struct str text, struct err *e)
{
	size_t scheme;

	if (!url_is_socket(text))
		return url_parse(u, text, e);
	*u = (struct url){ .https = str_istarts(text, "wss://"),
		.userinfo = STR("") };
	scheme = u->https ? 6 : 5;
	return url_parse_rest(
	    u, (struct str){ text.p + scheme, text.n - scheme }, e);
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port &&
	       str_ieq(a->host, b->host);
}

struct str
url_host(struct str authority)
{
	const char *colon =
	    authority.n > 0 ? memrchr(authority.p, ':', authority.n) : NULL;

	if (colon != NULL && authority.p[authority.n - 1] != ']')
		authority.n = (size_t)(colon - authority.p);
	return authority;
}

bool
url_host_covers(struct str host, struct str authority)
{
	return str_ieq(host, url_host(authority)) || str_ieq(host, authority);
}

bool
url_is_authority(struct str s)
{
	struct str host, port;
	uint16_t number;
	bool ipv6;

	if (url_split(s, &host, &port, &ipv6) == -1)
		return false;
	return port.n == 0 || url_port(port, &number) == 0;
}
