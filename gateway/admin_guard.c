#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/admin_table.h"
#include "har/url.h"

#include "gateway/admin_guard.h"

#define ADMIN_TOKEN_BYTES 16

/* "127.0.0.1", "::1", "localhost" and what is below it (RFC 6761 section
 * 6.3): they lead nowhere else. */
static bool
admin_guard_is_loopback(struct str host)
{
	struct in_addr a;
	char text[INET_ADDRSTRLEN];

	if (str_iis(host, "localhost") || str_is(host, "[::1]"))
		return true;
	if (host.n > strlen(".localhost") &&
	    str_iis((struct str){ host.p + host.n - strlen(".localhost"),
			strlen(".localhost") },
		".localhost"))
		return true;
	if (host.n == 0 || host.n >= sizeof(text))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	return inet_pton(AF_INET, text, &a) == 1 &&
	       ntohl(a.s_addr) >> 24 == IN_LOOPBACKNET;
}

int
admin_guard_host(const struct admin_guard *g, const struct http1_head *h,
    const char *own, struct err *e)
{
	struct str host = url_host(h->authority);
	size_t i;

	if (g->local || admin_guard_is_loopback(host) ||
	    str_ieq(host, url_host(str_of(own))))
		return 0;
	for (i = 0; i < g->nnames; i++)
		if (str_iis(host, g->names[i]))
			return 0;
	err_set(e,
	    "%.*s is no name of this listener; --admin-host NAME allows one",
	    (int)(host.n < 200 ? host.n : 200), host.p);
	return 421;
}

/* "http://" and what the request names as its host. */
static bool
admin_guard_is_own(struct str origin, struct str authority)
{
	if (!str_istarts(origin, "http://"))
		return false;
	origin.p += strlen("http://");
	origin.n -= strlen("http://");
	return str_ieq(origin, authority);
}

/* A person followed a link to the page: there is nothing to be gained by a
 * stranger, who cannot read it. */
static bool
admin_guard_is_visit(const struct http1_head *h, const struct admin_command *c)
{
	return c != NULL && c->open && strcmp(c->method, "GET") == 0 &&
	       str_is(headers_get(&h->headers, "Sec-Fetch-Mode"), "navigate") &&
	       str_is(headers_get(&h->headers, "Sec-Fetch-Dest"), "document");
}

int
admin_guard_origin(const struct admin_guard *g, const struct http1_head *h,
    const struct admin_command *c, struct err *e)
{
	struct str site = headers_get(&h->headers, "Sec-Fetch-Site");
	const struct header *f;
	size_t at = 0;

	if (g->local)
		return 0;
	while ((f = headers_next(&h->headers, "Origin", &at)) != NULL) {
		if (admin_guard_is_own(f->value, h->authority))
			continue;
		err_set(e, "Origin is not that of the admin port");
		return 403;
	}
	if (site.p == NULL || str_is(site, "same-origin") ||
	    str_is(site, "none") || admin_guard_is_visit(h, c))
		return 0;
	err_set(e, "a page of another site made this request");
	return 403;
}

/* In the same time whatever is wrong with it: digests are compared. */
static bool
admin_guard_same(struct str given, const char *token)
{
	uint8_t a[DIGEST_BYTES], b[DIGEST_BYTES];

	digest_of(given.p, given.n, a);
	digest_of(token, strlen(token), b);
	return CRYPTO_memcmp(a, b, sizeof(a)) == 0;
}

int
admin_guard_token(const struct admin_guard *g, const struct http1_head *h,
    const struct admin_command *c, struct err *e)
{
	struct str given = headers_get(&h->headers, "Authorization");

	if (g->token == NULL || (c != NULL && c->open))
		return 0;
	if (!str_istarts(given, "Bearer ")) {
		err_set(e, "expected Authorization: Bearer TOKEN");
		return 401;
	}
	given.p += strlen("Bearer ");
	given.n -= strlen("Bearer ");
	if (admin_guard_same(str_trim(given), g->token))
		return 0;
	err_set(e, "the token is another");
	return 401;
}

static bool
admin_guard_is_json(struct str type)
{
	struct str rest = type, media;

	if (type.p == NULL || !str_cut(&rest, ';', &media))
		return false;
	media = str_trim(media);
	return str_iis(media, "application/json") ||
	       (str_istarts(media, "application/") && media.n > 5 &&
		   str_iis((struct str){ media.p + media.n - 5, 5 }, "+json"));
}

/* What a form or a script can send to another origin without asking it first
 * (Fetch Standard, "CORS-safelisted request-header"). */
static bool
admin_guard_is_simple(struct str type)
{
	struct str rest = type, media;

	if (type.p == NULL || !str_cut(&rest, ';', &media))
		return true;
	media = str_trim(media);
	return media.n == 0 || str_iis(media, "text/plain") ||
	       str_iis(media, "multipart/form-data") ||
	       str_iis(media, "application/x-www-form-urlencoded");
}

int
admin_guard_type(
    const struct http1_head *h, const struct admin_command *c, struct err *e)
{
	struct str type = headers_get(&h->headers, "Content-Type");

	if (strcmp(c->method, "GET") == 0)
		return 0;
	/* A page cannot make others ask for these without our consent. */
	if (h->framing == FRAMING_NONE && strcmp(c->method, "POST") != 0)
		return 0;
	if (c->takes == ADMIN_BYTES ? !admin_guard_is_simple(type)
				    : admin_guard_is_json(type))
		return 0;
	err_set(e,
	    "expected a Content-Type: %s; also where there is no body, so that "
	    "no page of a stranger can send this",
	    c->takes == ADMIN_BYTES ? "application/json or that of the file"
				    : "application/json");
	return 415;
}

char *
admin_guard_make_token(void)
{
	unsigned char bytes[ADMIN_TOKEN_BYTES];
	char text[2 * ADMIN_TOKEN_BYTES + 1];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		abort(); /* nothing to guess must not become something */
	digest_hex(bytes, sizeof(bytes), text);
	return xstrdup(text);
}
