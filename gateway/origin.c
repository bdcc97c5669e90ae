#include "config.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/settings.h"

#include "gateway/origin.h"

struct rule {
	char *host; /* lower case, with or without port; "" for any */
	char *path; /* prefix without a trailing slash; "" for all */
	bool keep_prefix;
	char *prefix; /* as the setting has it */
	struct origin *origin;
};

struct origins {
	struct known_origins *known; /* whose the origins are */
	bool owns_known;
	size_t n;
	struct rule *rules; /* one per upstream, same order */
};

struct known_origins {
	struct origin **v;
	size_t n;
	atomic_size_t next; /* index */
};

#define KNOWN_MOST 65536

static struct str
origin_unslashed(struct str s)
{
	while (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

/* What follows from o->url. */
static void
origin_complete(struct origin *o)
{
	unsigned char address[sizeof(struct in6_addr)];

	o->host = xmemdup0(o->url.host.p, o->url.host.n);
	o->authority = xmemdup0(o->url.authority.p, o->url.authority.n);
	o->base =
	    xasprintf("%s://%s", o->url.https ? "https" : "http", o->authority);
	o->literal = o->url.ipv6 || inet_pton(AF_INET, o->host, address) == 1;
}

static int
origin_open(struct origin *o, const char *text, struct err *e)
{
	struct str trimmed = origin_unslashed(str_of(text));

	o->text = xmemdup0(trimmed.p, trimmed.n);
	if (url_parse(&o->url, str_of(o->text), e) == -1)
		return err_wrap(e, "upstream %s", text);
	if (o->url.userinfo.n > 0)
		return err_set(e,
		    "upstream %s: expected no user name or password in it",
		    text);
	if (o->url.query.p != NULL)
		return err_set(e, "upstream %s: expected no query in it", text);
	o->base_path = origin_unslashed(o->url.path);
	origin_complete(o);
	return 0;
}

static void
origin_close(struct origin *o)
{
	free(o->text);
	free(o->host);
	free(o->authority);
	free(o->base);
	free(o);
}

/* ---- known ones ------------------------------------------------------ */

struct known_origins *
known_origins_new(void)
{
	struct known_origins *k = xcalloc(1, sizeof(*k));

	atomic_init(&k->next, 0);
	return k;
}

void
known_origins_free(struct known_origins *k)
{
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < k->n; i++)
		origin_close(k->v[i]);
	free(k->v);
	free(k);
}

size_t
known_origins_index(struct known_origins *k)
{
	return atomic_fetch_add(&k->next, 1);
}

static struct origin *
known_find(const struct known_origins *k, const char *text)
{
	struct str wanted = origin_unslashed(str_of(text));
	size_t i;

	for (i = 0; i < k->n; i++)
		if (str_is(wanted, k->v[i]->text))
			return k->v[i];
	return NULL;
}

static struct origin *
known_open(struct known_origins *k, const char *text, struct err *e)
{
	struct origin *o = known_find(k, text);

	if (o != NULL)
		return o;
	if (k->n == KNOWN_MOST) {
		err_set(e,
		    "upstream %s: more than %d since the start; start anew",
		    text, KNOWN_MOST);
		return NULL;
	}
	o = xcalloc(1, sizeof(*o));
	if (origin_open(o, text, e) == -1) {
		origin_close(o);
		return NULL;
	}
	o->index = known_origins_index(k);
	k->v = xrealloc(k->v, (k->n + 1) * sizeof(struct origin *));
	k->v[k->n++] = o;
	return o;
}

/* ---- those of settings ----------------------------------------------- */

static void
rule_open(struct rule *r, const struct upstream_setting *s)
{
	const char *slash = strchr(s->prefix, '/');
	struct str path = str_of(slash);
	char *p;

	r->host = slash != NULL
		      ? xmemdup0(s->prefix, (size_t)(slash - s->prefix))
		      : xstrdup(s->prefix);
	for (p = r->host; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	path = origin_unslashed(path);
	r->path = xmemdup0(path.p, path.n);
	r->keep_prefix = s->keep_prefix;
	r->prefix = xstrdup(s->prefix);
}

struct origins *
origins_new(
    const struct settings *s, struct known_origins *known, struct err *e)
{
	struct origins *o = xcalloc(1, sizeof(*o));
	struct rule *r;

	o->owns_known = known == NULL;
	o->known = known != NULL ? known : known_origins_new();
	o->rules = xcalloc(s->nupstreams, sizeof(*o->rules));
	for (; o->n < s->nupstreams; o->n++) {
		r = &o->rules[o->n];
		r->origin = known_open(o->known, s->upstreams[o->n].url, e);
		if (r->origin == NULL) {
			origins_free(o);
			return NULL;
		}
		rule_open(r, &s->upstreams[o->n]);
	}
	return o;
}

struct origin *
origin_alone(const struct url *u)
{
	struct origin *o = xcalloc(1, sizeof(*o));
	struct err e;

	o->index = ORIGIN_ALONE;
	o->text = xasprintf(
	    "%s://%.*s", u->https ? "https" : "http", STR_ARGS(u->authority));
	/* The authority was one already. */
	(void)url_parse(&o->url, str_of(o->text), &e);
	o->base_path = STR("");
	origin_complete(o);
	return o;
}

void
origin_alone_free(struct origin *o)
{
	if (o == NULL)
		return;
	origin_close(o);
}

void
origins_free(struct origins *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < o->n; i++) {
		free(o->rules[i].host);
		free(o->rules[i].path);
		free(o->rules[i].prefix);
	}
	if (o->owns_known)
		known_origins_free(o->known);
	free(o->rules);
	free(o);
}

size_t
origins_count(const struct origins *o)
{
	return o->n;
}

static bool
rule_covers(const struct rule *r, struct str authority, struct str path)
{
	size_t n = strlen(r->path);

	if (r->host[0] != '\0' && !url_host_covers(str_of(r->host), authority))
		return false;
	return str_starts(path, r->path) &&
	       (n == 0 || path.n == n || path.p[n] == '/' || path.p[n] == '?');
}

/* A rule with a host beats one without, one with a port, too, beats it; then
 * the longer path wins. */
static size_t
rule_weight(const struct rule *r)
{
	return (strlen(r->host) << 32) + strlen(r->path) + 1;
}

bool
origins_route(const struct origins *o, struct str authority, struct str path,
    struct route *r)
{
	const struct rule *best = NULL;
	size_t i;

	for (i = 0; i < o->n; i++)
		if (rule_covers(&o->rules[i], authority, path) &&
		    (best == NULL ||
			rule_weight(&o->rules[i]) > rule_weight(best)))
			best = &o->rules[i];
	if (best == NULL)
		return false;
	r->origin = best->origin;
	r->scope = str_of(best->host);
	r->strip = str_of(best->keep_prefix ? "" : best->path);
	r->prefix = best->prefix;
	return true;
}

const struct url *
route_same_path(const struct route *r)
{
	return r->origin->base_path.n == 0 && r->strip.n == 0 ? &r->origin->url
							      : NULL;
}

void
route_target(const struct route *r, struct str path, struct buf *out)
{
	size_t from = out->n;

	buf_add_str(out, r->origin->base_path);
	path.p += r->strip.n;
	path.n -= r->strip.n;
	if ((path.n == 0 && out->n == from) ||
	    (path.n > 0 && path.p[0] != '/' && path.p[0] != '*' &&
		out->n == from))
		buf_add(out, "/", 1);
	buf_add_str(out, path);
}
