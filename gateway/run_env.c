#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/authority.h"
#include "gateway/gateway.h"
#include "gateway/settings.h"

#include "gateway/run_env.h"

#define RUN_ENV_MOST 16 /* variables that are set */
#define RUN_ENV_BUNDLE ((size_t)16 << 20)

struct run_env {
	char *set[RUN_ENV_MOST]; /* "NAME=value" */
	size_t nset;
	char **all;
	char *folder; /* of the files; NULL: there are none */
	char *own;    /* our certificate, behind those of NODE_EXTRA_CA_CERTS */
	char *bundle; /* it and all that the system trusts */
};

static void
run_env_set(struct run_env *r, const char *name, const char *value)
{
	r->set[r->nset++] = xasprintf("%s=%s", name, value);
}

/* ---- certificates ---------------------------------------------------- */

/* All of a file; nothing where there is none. */
static void
run_env_read(struct buf *b, const char *path)
{
	size_t from = b->n, n;
	FILE *f = path != NULL ? fopen(path, "re") : NULL;

	if (f == NULL)
		return;
	while (b->n - from < RUN_ENV_BUNDLE &&
	       (n = fread(buf_reserve(b, 65536), 1, 65536, f)) > 0)
		b->n += n;
	fclose(f);
	if (b->n > from && b->p[b->n - 1] != '\n')
		buf_add(b, "\n", 1);
}

/* What programs here trust without us. */
static void
run_env_read_system(struct buf *b)
{
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt", /* Debian, Arch */
		"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
		"/etc/ssl/ca-bundle.pem",             /* SUSE */
		"/etc/ssl/cert.pem",                  /* Alpine, BSD, macOS */
	};
	size_t i;

	run_env_read(b, getenv("SSL_CERT_FILE"));
	for (i = 0; b->n == 0 && i < sizeof(places) / sizeof(*places); i++)
		run_env_read(b, places[i]);
}

static int
run_env_write(const char *path, const struct buf *b, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int rc = 0;

	if (fd == -1 || write(fd, b->p, b->n) != (ssize_t)b->n)
		rc = err_sys(e, "%.300s", path);
	if (fd != -1)
		close(fd);
	return rc;
}

static int
run_env_make_folder(struct run_env *r, struct err *e)
{
	const char *base = getenv("TMPDIR");
	char *folder = xasprintf("%s/hark-run-XXXXXX",
	    base != NULL && base[0] != '\0' ? base : "/tmp");

	if (mkdtemp(folder) == NULL) {
		err_sys(e, "%.300s", folder);
		free(folder);
		return -1;
	}
	r->folder = folder;
	r->own = xasprintf("%s/ca.pem", folder);
	r->bundle = xasprintf("%s/bundle.pem", folder);
	return 0;
}

static int
run_env_write_files(struct run_env *r, const struct authority *a, struct err *e)
{
	struct buf own = { 0 }, bundle = { 0 };
	int rc;

	run_env_read(&own, getenv("NODE_EXTRA_CA_CERTS"));
	authority_pem(a, &own);
	run_env_read_system(&bundle);
	authority_pem(a, &bundle);
	rc = run_env_write(r->own, &own, e);
	if (rc == 0)
		rc = run_env_write(r->bundle, &bundle, e);
	buf_free(&own);
	buf_free(&bundle);
	return rc;
}

static int
run_env_trust(struct run_env *r, const struct authority *a, struct err *e)
{
	static const char *const names[] = { "SSL_CERT_FILE",
		"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
		"PIP_CERT", "AWS_CA_BUNDLE" };
	size_t i;

	if (run_env_make_folder(r, e) == -1 ||
	    run_env_write_files(r, a, e) == -1)
		return -1;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		run_env_set(r, names[i], r->bundle);
	run_env_set(r, "NODE_EXTRA_CA_CERTS", r->own);
	return 0;
}

/* ---- the proxy ------------------------------------------------------- */

/* As a URL has it in front of the @ (RFC 3986 section 3.2.1). */
static void
run_env_add_user(struct buf *b, const char *pair)
{
	for (; *pair != '\0'; pair++)
		if (str_is_tchar((unsigned char)*pair) &&
		    strchr("%#^`|", *pair) == NULL)
			buf_add(b, pair, 1);
		else
			buf_addf(b, *pair == ':' ? ":" : "%%%02X",
			    (unsigned char)*pair);
}

/* A program that names the gateway itself need not take the way round; what
 * was to go without a proxy before still does. */
static void
run_env_proxy(struct run_env *r, const struct settings *s, const char *url)
{
	const char *before = getenv("NO_PROXY");
	struct buf proxy = { 0 }, none = { 0 };

	if (before == NULL)
		before = getenv("no_proxy");
	buf_add_text(&proxy, "http://");
	if (s->proxy_auth != NULL) {
		run_env_add_user(&proxy, s->proxy_auth);
		buf_add(&proxy, "@", 1);
	}
	buf_add_text(&proxy, url + strlen("http://"));
	buf_addf(&none, "%s%s%s", url + strlen("http://"),
	    before != NULL && before[0] != '\0' ? "," : "",
	    before != NULL ? before : "");
	run_env_set(r, "HTTP_PROXY", buf_text(&proxy));
	run_env_set(r, "http_proxy", buf_text(&proxy));
	run_env_set(r, "HTTPS_PROXY", buf_text(&proxy));
	run_env_set(r, "https_proxy", buf_text(&proxy));
	run_env_set(r, "NO_PROXY", buf_text(&none));
	run_env_set(r, "no_proxy", buf_text(&none));
	buf_free(&proxy);
	buf_free(&none);
}

/* ---- all of it ------------------------------------------------------- */

static bool
run_env_sets(const struct run_env *r, const char *variable)
{
	size_t i, n = strcspn(variable, "=") + 1;

	for (i = 0; i < r->nset; i++)
		if (strncmp(r->set[i], variable, n) == 0)
			return true;
	return false;
}

static void
run_env_join(struct run_env *r)
{
	size_t n = 0, kept = 0, i;

	while (environ[n] != NULL)
		n++;
	r->all = xcalloc(n + r->nset + 1, sizeof(*r->all));
	for (i = 0; i < n; i++)
		if (!run_env_sets(r, environ[i]))
			r->all[kept++] = environ[i];
	for (i = 0; i < r->nset; i++)
		r->all[kept++] = r->set[i];
}

struct run_env *
run_env_open(const struct gateway *g, const struct settings *s, const char *url,
    struct err *e)
{
	struct run_env *r = xcalloc(1, sizeof(*r));
	const struct authority *a = gateway_authority(g);

	run_env_set(r, "HARK_URL", url);
	/* Few programs know how to speak TLS to a proxy. */
	if (settings_relays(s) && strncmp(url, "http://", 7) == 0)
		run_env_proxy(r, s, url);
	if (a != NULL && run_env_trust(r, a, e) == -1) {
		run_env_close(r);
		return NULL;
	}
	run_env_join(r);
	return r;
}

char **
run_env_variables(const struct run_env *r)
{
	return r->all;
}

void
run_env_close(struct run_env *r)
{
	if (r == NULL)
		return;
	if (r->folder != NULL) {
		unlink(r->own);
		unlink(r->bundle);
		rmdir(r->folder);
	}
	while (r->nset > 0)
		free(r->set[--r->nset]);
	free(r->all);
	free(r->folder);
	free(r->own);
	free(r->bundle);
	free(r);
}
