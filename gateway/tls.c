#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/origin.h"
#include "gateway/settings.h"

#include "gateway/tls.h"

#define TLS_SLOT 0 /* the ex_data slot that OpenSSL leaves to applications */

struct upstream_tls {
	SSL_CTX *ctx;
	const struct cert_setting *certs; /* of the settings */
	SSL_CTX **of_certs;               /* with these certificates */
	size_t ncerts;
	pthread_mutex_t lock;   /* for sessions, and what is deferred */
	bool deferred;          /* the system's certificates are not read yet */
	SSL_SESSION **sessions; /* the newest of each origin, by its index */
	size_t n;
};

static int
tls_error(struct err *e, const char *what, const char *path)
{
	char text[256];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	return err_set(e, "%s %s: %s", what, path, text);
}

/*
 * To read the certificates of the system takes ten times as long as all else
 * that is done at the start, so that the first connection does it, unless who
 * serves then may not be who may read them.
 */
static bool
tls_defers(const struct settings *s)
{
	return s->upstream_ca == NULL && s->user == NULL;
}

/* Without them no certificate is good, which connections say. */
static void
tls_trust_system(struct upstream_tls *t)
{
	size_t i;

	pthread_mutex_lock(&t->lock);
	if (t->deferred) {
		for (i = 0; i < t->ncerts; i++)
			SSL_CTX_set_default_verify_paths(t->of_certs[i]);
		SSL_CTX_set_default_verify_paths(t->ctx);
		ERR_clear_error();
	}
	t->deferred = false;
	pthread_mutex_unlock(&t->lock);
}

static int
tls_load_ca(SSL_CTX *ctx, const char *path, struct err *e)
{
	struct stat st;
	bool folder;

	if (path == NULL)
		return SSL_CTX_set_default_verify_paths(ctx) == 1
			   ? 0
			   : tls_error(e, "system", "certificates");
	folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (SSL_CTX_load_verify_locations(
		ctx, folder ? NULL : path, folder ? path : NULL) != 1)
		return tls_error(e, "upstream-ca", path);
	return 0;
}

static int
tls_load_pair(SSL_CTX *ctx, const char *cert, const char *key, struct err *e)
{
	if (cert == NULL)
		return 0;
	if (key == NULL)
		key = cert;
	if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		return tls_error(e, "upstream-cert", cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return tls_error(e, "upstream-key", key);
	return 0;
}

static void
tls_make_room(struct upstream_tls *t, size_t n)
{
	t->sessions = xrealloc(t->sessions, n * sizeof(SSL_SESSION *));
	memset(t->sessions + t->n, 0, (n - t->n) * sizeof(SSL_SESSION *));
	t->n = n;
}

/* Keeps the newest session of an origin (TLS 1.3 brings them late). */
static int
tls_on_session(SSL *ssl, SSL_SESSION *session)
{
	struct upstream_tls *t =
	    SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), TLS_SLOT);
	size_t index = (size_t)(uintptr_t)SSL_get_ex_data(ssl, TLS_SLOT);
	SSL_SESSION *old;

	if (index == 0)
		return 0;
	pthread_mutex_lock(&t->lock);
	if (index > t->n)
		tls_make_room(t, index + index / 2);
	old = t->sessions[index - 1];
	t->sessions[index - 1] = session;
	pthread_mutex_unlock(&t->lock);
	SSL_SESSION_free(old);
	return 1; /* the reference is ours now */
}

static SSL_CTX *
tls_context(struct upstream_tls *t, const struct settings *s, const char *cert,
    const char *key, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL) {
		tls_error(e, "TLS", "library");
		return NULL;
	}
	SSL_CTX_set_ex_data(ctx, TLS_SLOT, t);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(ctx,
	    s->upstream_insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(
	    ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(ctx, tls_on_session);
	if ((t->deferred || tls_load_ca(ctx, s->upstream_ca, e) == 0) &&
	    tls_load_pair(ctx, cert, key, e) == 0)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static int
tls_open(struct upstream_tls *t, const struct settings *s, struct err *e)
{
	const struct cert_setting *c = s->certs;

	t->certs = s->certs;
	t->of_certs = xcalloc(s->ncerts, sizeof(SSL_CTX *));
	for (; t->ncerts < s->ncerts; t->ncerts++, c++)
		if ((t->of_certs[t->ncerts] =
			    tls_context(t, s, c->cert, c->key, e)) == NULL)
			return -1;
	t->ctx = tls_context(t, s, s->upstream_cert, s->upstream_key, e);
	return t->ctx != NULL ? 0 : -1;
}

struct upstream_tls *
tls_new(const struct settings *s, size_t norigins, struct err *e)
{
	struct upstream_tls *t = xcalloc(1, sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	t->sessions = xcalloc(norigins, sizeof(SSL_SESSION *));
	t->n = norigins;
	t->deferred = tls_defers(s);
	if (tls_open(t, s, e) == 0)
		return t;
	tls_free(t);
	return NULL;
}

void
tls_free(struct upstream_tls *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		SSL_SESSION_free(t->sessions[i]);
	SSL_CTX_free(t->ctx);
	for (i = 0; i < t->ncerts; i++)
		SSL_CTX_free(t->of_certs[i]);
	free(t->of_certs);
	pthread_mutex_destroy(&t->lock);
	free(t->sessions);
	free(t);
}

/* The one with o's client certificate. */
static SSL_CTX *
tls_context_for(const struct upstream_tls *t, const struct origin *o)
{
	size_t i;

	for (i = 0; i < t->ncerts; i++)
		if (url_host_covers(
			str_of(t->certs[i].host), str_of(o->authority)))
			return t->of_certs[i];
	return t->ctx;
}

SSL *
tls_connect(struct upstream_tls *t, const struct origin *o, int fd, bool http2)
{
	static const unsigned char ours[] = "\x02h2\x08http/1.1";
	unsigned from = http2 ? 0 : 3;
	SSL *ssl;

	tls_trust_system(t);
	ssl = SSL_new(tls_context_for(t, o));
	if (ssl == NULL)
		return NULL;
	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	if (SSL_set_alpn_protos(ssl, ours + from, sizeof(ours) - 1 - from) != 0)
		goto fail;
	SSL_set_ex_data(ssl, TLS_SLOT, (void *)(uintptr_t)(o->index + 1));
	if (o->oneself)
		SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
	if (o->literal)
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), o->host);
	else if (SSL_set_tlsext_host_name(ssl, o->host) != 1 ||
		 SSL_set1_host(ssl, o->host) != 1)
		goto fail;
	pthread_mutex_lock(&t->lock);
	if (o->index < t->n && t->sessions[o->index] != NULL)
		SSL_set_session(ssl, t->sessions[o->index]);
	pthread_mutex_unlock(&t->lock);
	return ssl;
fail:
	SSL_free(ssl);
	return NULL;
}
