/*
 * Settings of what is below a prefix, or of a pattern of paths: upstreams,
 * mocks, descriptions and modes.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "har/url.h"

#include "gateway/settings.h"

/* A prefix as it is compared: host in lower case, no slash at the end. */
static char *
settings_prefix(struct str prefix, struct err *e)
{
	const char *slash = prefix.n > 0 ? memchr(prefix.p, '/', prefix.n) : "";
	struct str host = prefix;
	char *copy;
	size_t i;

	for (i = 0; i < prefix.n; i++)
		if ((unsigned char)prefix.p[i] <= ' ' || prefix.p[i] == 0x7f ||
		    prefix.p[i] == '?' || prefix.p[i] == '#')
			break;
	if (slash != NULL)
		host.n = (size_t)(slash - prefix.p);
	if (prefix.n == 0 || i < prefix.n ||
	    (host.n > 0 && !url_is_authority(host))) {
		err_set(e, "expected /PATH, HOST or HOST/PATH before the =");
		return NULL;
	}
	while (prefix.n > 0 && prefix.p[prefix.n - 1] == '/')
		prefix.n--;
	copy = xmemdup0(prefix.p, prefix.n);
	for (i = 0; i < host.n; i++)
		copy[i] = (char)tolower((unsigned char)copy[i]);
	return copy;
}

int
settings_mocks(struct settings *s, const char *text, struct err *e)
{
	const char *equals = strchr(text, '='), *file = text;
	char *prefix = xstrdup(""), *path;

	if (equals != NULL && access(text, F_OK) == -1) {
		free(prefix);
		prefix = settings_prefix(
		    (struct str){ text, (size_t)(equals - text) }, e);
		file = equals + 1;
	}
	if (prefix == NULL)
		return err_wrap(e, "%.200s", text);
	if (file[0] == '\0' || strlen(file) > 4095) {
		free(prefix);
		return err_set(e, "%.200s: expected [PREFIX=]FILE", text);
	}
	path = strchrnul(prefix, '/');
	s->mocks = xrealloc(s->mocks, (s->nmocks + 1) * sizeof(*s->mocks));
	s->mocks[s->nmocks++] = (struct mocks_setting){
		.host = xmemdup0(prefix, (size_t)(path - prefix)),
		.path = xstrdup(path),
		.file = xstrdup(file),
	};
	free(prefix);
	return 0;
}

int
settings_openapi(struct settings *s, const char *text, struct err *e)
{
	const char *equals = strchr(text, '='), *file = text;
	char *prefix = NULL;

	if (text[0] == '/' && equals != NULL && access(text, F_OK) == -1) {
		prefix = settings_prefix(
		    (struct str){ text, (size_t)(equals - text) }, e);
		if (prefix == NULL)
			return err_wrap(e, "%.200s", text);
		file = equals + 1;
	}
	if (file[0] == '\0' || strlen(file) > 4095) {
		free(prefix);
		return err_set(e, "%.200s: expected [/PREFIX=]FILE", text);
	}
	s->openapi =
	    xrealloc(s->openapi, (s->nopenapi + 1) * sizeof(*s->openapi));
	s->openapi[s->nopenapi++] = (struct openapi_setting){
		.prefix = prefix,
		.file = xstrdup(file),
	};
	return 0;
}

static int
settings_check_url(const char *text, struct err *e)
{
	struct url u;

	if (url_parse(&u, str_of(text), e) == -1)
		return -1;
	if (u.userinfo.n > 0)
		return err_set(e, "a user name in it; clients send their own "
				  "Authorization");
	if (u.query.p != NULL)
		return err_set(e, "a query (?) in it");
	if (u.port == 0)
		return err_set(e, "no valid port in it");
	return 0;
}

/* Takes prefix over. */
static void
settings_add_upstream(
    struct settings *s, char *prefix, const char *url, bool keep_prefix)
{
	struct upstream_setting *u;
	size_t i;

	for (i = 0; i < s->nupstreams; i++)
		if (strcmp(s->upstreams[i].prefix, prefix) == 0)
			break;
	if (i == s->nupstreams) {
		s->upstreams =
		    xrealloc(s->upstreams, (i + 1) * sizeof(*s->upstreams));
		s->upstreams[s->nupstreams++] = (struct upstream_setting){ 0 };
	}
	u = &s->upstreams[i];
	free(u->prefix);
	free(u->url);
	*u = (struct upstream_setting){
		.prefix = prefix,
		.url = xstrdup(url),
		.keep_prefix = keep_prefix,
	};
}

int
settings_upstream(struct settings *s, const char *text, struct err *e)
{
	struct str t = str_of(text), prefix;
	const char *equals = strchr(text, '=');
	const char *url = text;
	bool keep = false;
	char *copy;

	if (str_istarts(t, "http://") || str_istarts(t, "https://")) {
		copy = xstrdup("");
	} else if (equals == NULL) {
		return err_set(e,
		    "%.200s: expected [PREFIX=]URL such as "
		    "http://localhost:3000 or /api=https://api.example.com",
		    text);
	} else {
		prefix = (struct str){ text, (size_t)(equals - text) };
		keep = prefix.n > 0 && equals[-1] == '+';
		prefix.n -= keep ? 1 : 0;
		url = equals + 1;
		copy = settings_prefix(prefix, e);
	}
	if (copy == NULL || settings_check_url(url, e) == -1) {
		free(copy);
		return err_wrap(e, "%.200s", text);
	}
	settings_add_upstream(s, copy, url, keep);
	return 0;
}

int
settings_upstream_mode(struct settings *s, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	char *prefix;
	int rc;

	prefix = equals == NULL
		     ? xstrdup("")
		     : settings_prefix(
			   (struct str){ text, (size_t)(equals - text) }, e);
	if (prefix == NULL)
		return err_wrap(e, "%.200s", text);
	rc = mode_set_upstream(
	    &s->modes, prefix, equals == NULL ? text : equals + 1, e);
	free(prefix);
	return rc;
}

int
settings_mode_for(struct settings *s, const char *text, struct err *e)
{
	const char *equals = strrchr(text, '='), *blank = strchr(text, ' ');
	char *methods, *pattern;
	int rc;

	if (equals == NULL)
		return err_set(e,
		    "%.200s: expected [METHODS ]PATTERN=MODE such as "
		    "'GET /v1/*=replay'",
		    text);
	if (blank != NULL && blank < equals) {
		methods = xmemdup0(text, (size_t)(blank - text));
		text = blank + 1;
	} else {
		methods = xstrdup("*");
	}
	pattern = xmemdup0(text, (size_t)(equals - text));
	rc = mode_set_route(&s->modes, methods, pattern, equals + 1, e);
	free(methods);
	free(pattern);
	return rc;
}

void
settings_modes(const struct settings *s, struct mode_set *m)
{
	mode_set_copy(m, &s->modes);
	m->mode = s->mode;
}
