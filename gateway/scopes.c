#include "config.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "har/url.h"

#include "gateway/scopes.h"

bool
scopes_is_address(struct str host)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr a;

	if (host.n > 0 && host.p[0] == '[')
		return true;
	if (host.n >= sizeof(text))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	return inet_pton(AF_INET, text, &a) == 1;
}

/* Whether a client may have meant a recorded origin by this host whatever the
 * port, rather than the gateway itself. */
static bool
scopes_names_origin(struct str host)
{
	return host.n > 0 && !scopes_is_address(host) &&
	       !str_iis(host, "localhost");
}

void
scopes_of(struct scopes *s, struct str route, struct str authority)
{
	struct str host;
	size_t i;

	s->v[0] = route;
	s->n = 1;
	/* Named by http itself; what was imported has no such port. */
	if (str_ends(route, ":80") && route.n > 3)
		s->v[s->n++] = (struct str){ route.p, route.n - 3 };
	if (route.n > 0 || authority.n == 0 || authority.n >= sizeof(s->text))
		return;
	for (i = 0; i < authority.n; i++)
		s->text[i] = authority.p[i] >= 'A' && authority.p[i] <= 'Z'
				 ? (char)(authority.p[i] | 32)
				 : authority.p[i];
	authority.p = s->text;
	host = url_host(authority);
	s->v[s->n++] = authority;
	if (host.n < authority.n && scopes_names_origin(host))
		s->v[s->n++] = host;
}

void
scopes_elsewhere(struct scopes *s, struct str route, const struct url *origin)
{
	struct str host = url_host(origin->authority);
	size_t i;
	int n;

	s->v[0] = STR("");
	s->n = 1;
	if (route.n > 0)
		return;
	n = snprintf(
	    s->text, sizeof(s->text), "%.*s:%u", STR_ARGS(host), origin->port);
	if (n < 0 || (size_t)n >= sizeof(s->text)) {
		s->n = 0;
		return;
	}
	for (i = 0; i < host.n; i++)
		s->text[i] = str_lower(s->text[i]);
	s->v[0] = (struct str){ s->text, (size_t)n };
	if (origin->port == (origin->https ? 443 : 80))
		s->v[s->n++] = (struct str){ s->text, host.n };
	/* Nobody names port 443 of https. */
	if (origin->https && s->n == 2)
		s->v[0] = s->v[--s->n];
}
