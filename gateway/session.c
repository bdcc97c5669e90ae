#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/client.h"
#include "har/url.h"

#include "gateway/session.h"

struct session_request {
	struct client_request r;
	char *text; /* of a field that had to be rewritten */
	struct header fields[];
};

static const struct {
	const char *way, *example;
} session_ways[SESSION_WAYS] = {
	[SESSION_HEADER] = { "header:", "header:X-Hark-Session" },
	[SESSION_COOKIE] = { "cookie:", "cookie:hark_session" },
	[SESSION_PATH] = { "path:", "path:/session" },
	[SESSION_HOST] = { "host:", "host:hark.localhost" },
};

static bool
session_is_path(struct str name)
{
	size_t i;

	if (name.n < 2 || name.p[0] != '/' || name.p[name.n - 1] == '/')
		return false;
	for (i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 0x7f ||
		    name.p[i] == '?' || name.p[i] == '#')
			return false;
	return true;
}

static bool
session_is_named(enum session_way way, struct str name)
{
	switch (way) {
	case SESSION_PATH:
		return session_is_path(name);
	case SESSION_HOST:
		return name.n > 0 && name.p[0] != '.' &&
		       url_is_authority(name) && str_eq(url_host(name), name);
	default:
		return str_is_token(name);
	}
}

int
session_parse(struct session_setting *s, const char *text, struct err *e)
{
	struct str t = str_of(text);
	size_t i, n;

	for (i = 0; i < SESSION_WAYS; i++) {
		if (!str_starts(t, session_ways[i].way))
			continue;
		n = strlen(session_ways[i].way);
		t.p += n;
		t.n -= n;
		if (t.n > SESSION_MOST ||
		    !session_is_named((enum session_way)i, t))
			return err_set(e, "%.200s: expected something like %s",
			    text, session_ways[i].example);
		s->way = (enum session_way)i;
		s->name = xmemdup0(t.p, t.n);
		return 0;
	}
	return err_set(e,
	    "%.200s: expected header:NAME, cookie:NAME, path:/PREFIX or "
	    "host:SUFFIX",
	    text);
}

const struct client_request *
session_request(const struct session_request *s)
{
	return &s->r;
}

static bool
session_is_name(struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f)
			return false;
	return name.n > 0 && name.n <= SESSION_MOST;
}

/* A copy of r without its field at place without; all of them when that is
 * behind the last.  more bytes of text go with it. */
static struct session_request *
session_copy(const struct client_request *r, size_t without, size_t more)
{
	const struct headers *h = &r->head.headers;
	size_t i, fields = h->n * sizeof(*h->v);
	struct session_request *own = xmalloc(sizeof(*own) + fields + more);
	struct headers *to = &own->r.head.headers;

	own->r = *r;
	own->text = (char *)own->fields + fields;
	*to = (struct headers){ .v = own->fields, .cap = h->n };
	for (i = 0; i < h->n; i++)
		if (i != without)
			to->v[to->n++] = h->v[i];
	return own;
}

static struct session_request *
session_by_header(
    struct str wanted, const struct client_request *r, struct str *name)
{
	const struct headers *h = &r->head.headers;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (!str_ieq(h->v[i].name, wanted))
			continue;
		*name = h->v[i].value;
		return session_copy(r, i, 0);
	}
	return NULL;
}

/* Copies what is in front of and behind the pair at the start of rest; the
 * semicolon of one of them goes with it. */
static struct session_request *
session_without_cookie(const struct client_request *r, size_t field,
    struct str pair, struct str rest)
{
	struct str all = r->head.headers.v[field].value;
	struct str front = { all.p, (size_t)(pair.p - all.p) };
	struct session_request *own;

	rest = str_trim(rest.p != NULL ? rest : STR(""));
	while (rest.n == 0 && front.n > 0 &&
	       strchr("; \t", front.p[front.n - 1]) != NULL)
		front.n--;
	if (front.n + rest.n == 0)
		return session_copy(r, field, 0);
	own = session_copy(r, r->head.headers.n, front.n + rest.n);
	memcpy(own->text, front.p, front.n);
	if (rest.n > 0)
		memcpy(own->text + front.n, rest.p, rest.n);
	own->fields[field].value = (struct str){ own->text, front.n + rest.n };
	return own;
}

static struct session_request *
session_by_cookie(
    struct str wanted, const struct client_request *r, struct str *name)
{
	const struct headers *h = &r->head.headers;
	struct str rest, pair, key;
	size_t i;

	for (i = 0; i < h->n; i++) {
		if (!str_iis(h->v[i].name, "Cookie"))
			continue;
		rest = h->v[i].value;
		while (str_cut(&rest, ';', &pair)) {
			pair = str_trim(pair);
			*name = pair;
			if (!str_cut(name, '=', &key) || name->p == NULL ||
			    !str_eq(key, wanted))
				continue;
			return session_without_cookie(r, i, pair, rest);
		}
	}
	return NULL;
}

static struct session_request *
session_by_path(
    struct str wanted, const struct client_request *r, struct str *name)
{
	struct str path = r->head.path, rest;
	struct session_request *own;
	size_t n = 0;

	if (path.n < wanted.n + 1 || memcmp(path.p, wanted.p, wanted.n) != 0 ||
	    path.p[wanted.n] != '/')
		return NULL;
	rest = (struct str){ path.p + wanted.n + 1, path.n - wanted.n - 1 };
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	*name = (struct str){ rest.p, n };
	rest = (struct str){ rest.p + n, rest.n - n };
	own = session_copy(r, r->head.headers.n, rest.n + 1);
	own->text[0] = '/';
	n = rest.n > 0 && rest.p[0] == '/' ? 0 : 1;
	memcpy(own->text + n, rest.p, rest.n);
	own->r.head.path = (struct str){ own->text, n + rest.n };
	return own;
}

static struct session_request *
session_by_host(
    struct str wanted, const struct client_request *r, struct str *name)
{
	struct str host = url_host(r->head.authority), tail;
	struct session_request *own;
	size_t i;

	if (host.n < wanted.n + 1 || host.p[host.n - wanted.n - 1] != '.')
		return NULL;
	tail = (struct str){ host.p + host.n - wanted.n, wanted.n };
	if (!str_ieq(tail, wanted))
		return NULL;
	*name = (struct str){ host.p, host.n - wanted.n - 1 };
	own = session_copy(r, r->head.headers.n, 0);
	own->r.head.authority =
	    (struct str){ tail.p, r->head.authority.n - name->n - 1 };
	for (i = 0; i < own->r.head.headers.n; i++)
		if (str_iis(own->fields[i].name, "Host"))
			own->fields[i].value = own->r.head.authority;
	return own;
}

void
session_name(const struct session_setting *ways, size_t n, struct str session,
    struct session_naming *to)
{
	const struct session_setting *best = ways;
	size_t i;

	if (n == 0 || session.n == 0)
		return;
	for (i = 1; i < n; i++)
		if (ways[i].way < best->way)
			best = &ways[i];
	switch (best->way) {
	case SESSION_HEADER:
		buf_addf(
		    &to->field, "%s: %.*s\r\n", best->name, STR_ARGS(session));
		break;
	case SESSION_COOKIE:
		buf_addf(&to->field, "Cookie: %s=%.*s\r\n", best->name,
		    STR_ARGS(session));
		break;
	case SESSION_PATH:
		buf_addf(&to->path, "%s/%.*s", best->name, STR_ARGS(session));
		break;
	case SESSION_HOST:
		buf_addf(&to->host, "%.*s.", STR_ARGS(session));
		break;
	case SESSION_WAYS:
		break;
	}
}

void
session_naming_fini(struct session_naming *s)
{
	buf_free(&s->path);
	buf_free(&s->host);
	buf_free(&s->field);
}

int
session_take(const struct session_setting *ways, size_t n,
    const struct client_request *r, struct str *name,
    struct session_request **own)
{
	static struct session_request *(*const by[SESSION_WAYS])(
	    struct str, const struct client_request *, struct str *) = {
		[SESSION_HEADER] = session_by_header,
		[SESSION_COOKIE] = session_by_cookie,
		[SESSION_PATH] = session_by_path,
		[SESSION_HOST] = session_by_host,
	};
	size_t i;

	for (i = 0; i < n; i++) {
		*own = by[ways[i].way](str_of(ways[i].name), r, name);
		if (*own == NULL)
			continue;
		if (session_is_name(*name))
			return 1;
		free(*own);
		*own = NULL;
		return -1;
	}
	return 0;
}
