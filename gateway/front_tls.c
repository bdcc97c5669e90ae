#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "gateway/authority.h"
#include "gateway/minted.h"

#include "gateway/front_tls.h"

#define FRONT_TLS_SLOT 0 /* the ex_data slot that OpenSSL leaves to us */
#define FRONT_TLS_PASSWORD 256
#define FRONT_TLS_TICKET_KEYS 80 /* of OpenSSL's own tickets, all three */

struct front_tls {
	struct front_tls_options o;
	EVP_PKEY *leaf_key; /* with o.minted */
	pthread_mutex_t lock;
	SSL_CTX *ctx; /* under lock; connections have their own reference */
};

static int
front_tls_error(struct err *e, const char *option, const char *path)
{
	char text[256];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	return err_set(e, "option %s: %.300s: %s", option, path, text);
}

/* ---- passwords ------------------------------------------------------- */

struct front_tls_password {
	char text[FRONT_TLS_PASSWORD];
	bool given;
};

static int
front_tls_read_password(
    struct front_tls_password *p, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return err_sys(e, "option tls-password-file: %.300s", path);
	p->given = fgets(p->text, sizeof(p->text), f) != NULL;
	fclose(f);
	p->text[strcspn(p->text, "\r\n")] = '\0';
	if (p->given)
		return 0;
	return err_set(e,
	    "option tls-password-file: %.300s: expected a password in its "
	    "first line",
	    path);
}

static int
front_tls_find_password(
    struct front_tls_password *p, const char *path, struct err *e)
{
	const char *text = getenv("HARK_TLS_PASSWORD");

	*p = (struct front_tls_password){ .given = false };
	if (path != NULL)
		return front_tls_read_password(p, path, e);
	if (text != NULL && strlen(text) < sizeof(p->text)) {
		memcpy(p->text, text, strlen(text) + 1);
		p->given = true;
	}
	return 0;
}

/* OpenSSL's; without one it would ask on the terminal. */
static int
front_tls_on_password(char *text, int size, int writing, void *arg)
{
	const struct front_tls_password *p = arg;
	size_t n = strlen(p->text);

	(void)writing;
	if (!p->given || n > (size_t)size)
		return -1;
	memcpy(text, p->text, n);
	return (int)n;
}

/* ---- certificates from files ----------------------------------------- */

static bool
front_tls_is_pem(const char *path)
{
	char start[4096];
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		return true; /* whoever reads it next says why not */
	n = fread(start, 1, sizeof(start) - 1, f);
	fclose(f);
	start[n] = '\0';
	return n > 0 && strstr(start, "-----BEGIN ") != NULL;
}

static int
front_tls_load_pem(SSL_CTX *ctx, const struct front_tls_options *o,
    struct front_tls_password *p, struct err *e)
{
	const char *key = o->key != NULL ? o->key : o->cert;

	SSL_CTX_set_default_passwd_cb(ctx, front_tls_on_password);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, p);
	if (SSL_CTX_use_certificate_chain_file(ctx, o->cert) != 1)
		return front_tls_error(e, "tls-cert", o->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return front_tls_error(e, "tls-key", key);
	return 0;
}

static int
front_tls_use_p12(SSL_CTX *ctx, PKCS12 *p12, const char *password)
{
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	STACK_OF(X509) *chain = NULL;
	int ok = PKCS12_parse(p12, password, &key, &cert, &chain) == 1 &&
		 cert != NULL && key != NULL &&
		 SSL_CTX_use_cert_and_key(ctx, cert, key, chain, 1) == 1;

	EVP_PKEY_free(key);
	X509_free(cert);
	sk_X509_pop_free(chain, X509_free);
	return ok ? 0 : -1;
}

static int
front_tls_load_p12(SSL_CTX *ctx, const struct front_tls_options *o,
    struct front_tls_password *p, struct err *e)
{
	FILE *f = fopen(o->cert, "re");
	PKCS12 *p12;
	int rc;

	if (f == NULL)
		return err_sys(e, "option tls-cert: %.300s", o->cert);
	p12 = d2i_PKCS12_fp(f, NULL);
	fclose(f);
	if (p12 == NULL) {
		ERR_clear_error();
		return err_set(e,
		    "option tls-cert: %.300s: neither PEM nor PKCS #12",
		    o->cert);
	}
	rc = front_tls_use_p12(ctx, p12, p->given ? p->text : "");
	PKCS12_free(p12);
	if (rc == 0)
		return 0;
	front_tls_error(e, "tls-cert", o->cert);
	return err_wrap(e,
	    "no certificate with its key can be had of the PKCS #12 file "
	    "(wrong password? very old ciphers? openssl pkcs12 -legacy "
	    "converts it)");
}

static int
front_tls_load_files(
    SSL_CTX *ctx, const struct front_tls_options *o, struct err *e)
{
	struct front_tls_password p;
	int rc = front_tls_find_password(&p, o->password_file, e);

	if (rc == 0)
		rc = front_tls_is_pem(o->cert)
			 ? front_tls_load_pem(ctx, o, &p, e)
			 : front_tls_load_p12(ctx, o, &p, e);
	OPENSSL_cleanse(&p, sizeof(p));
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, NULL);
	return rc;
}

static int
front_tls_load_client_ca(SSL_CTX *ctx, const char *path, struct err *e)
{
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();

	if (SSL_CTX_load_verify_locations(
		ctx, folder ? NULL : path, folder ? path : NULL) != 1 ||
	    names == NULL) {
		sk_X509_NAME_free(names);
		return front_tls_error(e, "tls-client-ca", path);
	}
	/* Clients choose among their certificates by these names. */
	if (folder)
		(void)SSL_add_dir_cert_subjects_to_stack(names, path);
	else
		(void)SSL_add_file_cert_subjects_to_stack(names, path);
	ERR_clear_error();
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set_verify(
	    ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return 0;
}

/* ---- in a handshake -------------------------------------------------- */

/* The certificate for the name that the client wants. */
static int
front_tls_on_name(SSL *ssl, void *arg)
{
	struct front_tls *t = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	struct err e;
	X509 *x;
	int ok;

	if (name == NULL)
		name = SSL_get_ex_data(ssl, FRONT_TLS_SLOT);
	x = minted_get(t->o.minted, str_of(name), &e);
	if (x == NULL) {
		log_warn(NULL, "no certificate for a client: %s", e.text);
		return 0;
	}
	ok = SSL_use_cert_and_key(ssl, x, t->leaf_key, NULL, 1);
	X509_free(x);
	return ok;
}

/* A client that only wants what we do not speak is told so. */
static int
front_tls_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *in, unsigned int size, void *arg)
{
	static const unsigned char ours[] = "\x02h2\x08http/1.1\x08http/1.0";
	const struct front_tls *t = arg;
	unsigned from = t->o.http2 ? 0 : 3;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, n, ours + from,
		sizeof(ours) - 1 - from, in, size) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* ---- life ------------------------------------------------------------ */

static SSL_CTX *
front_tls_context(struct front_tls *t, struct err *e)
{
	static const unsigned char id[] = "hark";
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (ctx == NULL) {
		front_tls_error(e, "tls", "OpenSSL");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	/* Tickets carry sessions; nothing is kept here.  OpenSSL would
	 * give two at once, each in a write of its own; who resumes gets the
	 * next one. */
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1);
	SSL_CTX_set_alpn_select_cb(ctx, front_tls_on_alpn, t);
	if (t->o.minted != NULL)
		SSL_CTX_set_cert_cb(ctx, front_tls_on_name, t);
	if ((t->o.cert != NULL && front_tls_load_files(ctx, &t->o, e) == -1) ||
	    (t->o.client_ca != NULL &&
		front_tls_load_client_ca(ctx, t->o.client_ca, e) == -1)) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

struct front_tls *
front_tls_new(const struct front_tls_options *o, struct err *e)
{
	struct front_tls *t = xcalloc(1, sizeof(*t));

	t->o = *o;
	if (o->minted != NULL)
		t->leaf_key = minted_key(o->minted);
	pthread_mutex_init(&t->lock, NULL);
	t->ctx = front_tls_context(t, e);
	if (t->ctx != NULL)
		return t;
	front_tls_free(t);
	return NULL;
}

void
front_tls_free(struct front_tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* Sessions of before stay good. */
static void
front_tls_keep_tickets(SSL_CTX *from, SSL_CTX *to)
{
	unsigned char keys[FRONT_TLS_TICKET_KEYS];

	if (SSL_CTX_get_tlsext_ticket_keys(from, keys, sizeof(keys)) == 1)
		SSL_CTX_set_tlsext_ticket_keys(to, keys, sizeof(keys));
	OPENSSL_cleanse(keys, sizeof(keys));
	ERR_clear_error();
}

SSL_CTX *
front_tls_read(struct front_tls *t, struct err *e)
{
	return front_tls_context(t, e);
}

void
front_tls_take(struct front_tls *t, SSL_CTX *fresh)
{
	SSL_CTX *old;

	pthread_mutex_lock(&t->lock);
	old = t->ctx;
	/* With other authorities, who was let in before is asked again. */
	if (t->o.client_ca == NULL)
		front_tls_keep_tickets(old, fresh);
	t->ctx = fresh;
	pthread_mutex_unlock(&t->lock);
	SSL_CTX_free(old);
}

SSL *
front_tls_accept(struct front_tls *t, const char *host)
{
	SSL *ssl;

	pthread_mutex_lock(&t->lock);
	ssl = SSL_new(t->ctx);
	pthread_mutex_unlock(&t->lock);
	if (ssl == NULL)
		return NULL;
	SSL_set_accept_state(ssl);
	SSL_set_ex_data(ssl, FRONT_TLS_SLOT, (void *)host);
	return ssl;
}
