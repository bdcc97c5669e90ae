#include "config.h"

#include "base/err.h"
#include "har/url.h"

#include "mock/check_priv.h"

static void
check_callback_uri(struct checking *c, struct str uri)
{
	size_t had = check_enter(c, "uri");
	struct url u;
	struct err e;

	if (uri.n == 0)
		check_found(c, true, "expected a URL to call");
	else if (!check_is_template(uri) && uri.p[0] != '/' &&
		 url_parse(&u, uri, &e) == -1)
		check_found(c, true,
		    "expected an absolute URL of http or https, or a path of "
		    "this server");
	c->where.n = had;
	check_template(c, "uri", uri);
}

static void
check_callback_method(struct checking *c, const struct mock_callback *callback)
{
	static const char *const no[] = { "all", "connect", "trace", "track",
		NULL };
	struct str method = callback->method;
	size_t i, had = check_enter(c, "method");

	for (i = 0; no[i] != NULL && !str_is(method, no[i]);)
		i++;
	if (no[i] != NULL || !str_is_token(method))
		check_found(c, true, "%.*s: no callback has this method",
		    STR_ARGS(method));
	else if (callback->body.n > 0 && !str_is(method, "post") &&
		 !str_is(method, "put") && !str_is(method, "patch"))
		check_found(c, false,
		    "%.*s: only post, put and patch have a body",
		    STR_ARGS(method));
	c->where.n = had;
}

static void
check_callback_body(struct checking *c, const struct mock_callback *callback)
{
	switch (callback->body_type) {
	case MOCK_BODY_INLINE:
		check_template(c, "body", callback->body);
		break;
	case MOCK_BODY_FILE:
		check_template(c, "filePath", callback->file_path);
		check_path(c, callback->file_path, true);
		break;
	case MOCK_BODY_DATABUCKET:
		check_bucket(c, "databucketID", callback->databucket, true);
		break;
	}
}

/* Another machine may have the key, or this one when it serves. */
static void
check_signing(struct checking *c, const struct mock_signing *s)
{
	size_t had = c->where.n;
	int keys = (s->key.n > 0) + (s->key_file.n > 0) + (s->key_env.n > 0);

	check_enter(c, "hark");
	check_enter(c, "sign");
	if (keys != 1)
		check_found(c, true, "expected one of key, keyFile and keyEnv");
	if (!str_is_token(s->header)) {
		check_enter(c, "header");
		check_found(c, true, "expected the name of a field");
	}
	c->where.n = had;
}

static bool
check_callback_used(const struct checking *c, struct str uuid)
{
	const struct mock_route *route;
	const struct mock_response *r;
	size_t i, k, n;

	for (i = 0; i < c->env->nroutes; i++) {
		route = &c->env->routes[i];
		for (k = 0; k < route->nresponses; k++) {
			r = &route->responses[k];
			for (n = 0; n < r->ncallbacks; n++)
				if (str_eq(r->callbacks[n].uuid, uuid))
					return true;
		}
	}
	return false;
}

void
check_callback(struct checking *c, size_t at)
{
	const struct mock_callback *v = c->env->callbacks;
	size_t i;

	check_callback_uri(c, v[at].uri);
	check_callback_method(c, &v[at]);
	check_headers(c, "headers", &v[at].headers);
	check_callback_body(c, &v[at]);
	if (v[at].signing != NULL)
		check_signing(c, v[at].signing);
	for (i = 0; i < at; i++)
		if (str_eq(v[i].uuid, v[at].uuid))
			check_found(c, true,
			    "callbacks[%zu] has the same uuid and is the one "
			    "that is called",
			    i);
	if (!check_callback_used(c, v[at].uuid))
		check_found(c, false, "no response calls it");
}
