/* Certificates are made here, and checked against what their authority may
 * sign; files are in authority_file.c. */
#include "config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "gateway/authority_priv.h"

#define AUTHORITY_EARLY_DAYS 2 /* a leaf is good before now */
#define AUTHORITY_SERIAL 16    /* bytes; RFC 5280 section 4.1.2.2 allows 20 */

int
authority_error(struct err *e, const char *what)
{
	char text[256];

	ERR_error_string_n(ERR_get_error(), text, sizeof(text));
	ERR_clear_error();
	return err_set(e, "%.300s: %s", what, text);
}

bool
authority_is_name(struct str name)
{
	size_t i;

	if (name.n == 0 || name.n > AUTHORITY_NAME_MOST)
		return false;
	for (i = 0; i < name.n; i++)
		if (strchr("-._:", name.p[i]) == NULL &&
		    !((name.p[i] | 32) >= 'a' && (name.p[i] | 32) <= 'z') &&
		    !(name.p[i] >= '0' && name.p[i] <= '9'))
			return false;
	return memchr(name.p, '\0', name.n) == NULL;
}

/* ---- parts of a certificate ------------------------------------------ */

static int
authority_set_serial(X509 *x)
{
	unsigned char bytes[AUTHORITY_SERIAL];
	BIGNUM *n;
	int ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return -1;
	bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = n != NULL &&
	     BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
	BN_free(n);
	return ok ? 0 : -1;
}

static int
authority_set_times(X509 *x, int64_t now_us, int early_days, int late_days)
{
	time_t now = (time_t)(now_us / 1000000);

	return X509_time_adj_ex(X509_getm_notBefore(x), -early_days, 0, &now) !=
			   NULL &&
		       X509_time_adj_ex(
			   X509_getm_notAfter(x), late_days, 0, &now) != NULL
		   ? 0
		   : -1;
}

static int
authority_add_name(X509_NAME *n, const char *field, struct str text)
{
	return X509_NAME_add_entry_by_txt(n, field, MBSTRING_UTF8,
		   (const unsigned char *)text.p, (int)text.n, -1, 0) == 1
		   ? 0
		   : -1;
}

static int
authority_add(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	int ok;

	X509V3_set_ctx(&context, issuer, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	ok = extension != NULL && X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok ? 0 : -1;
}

/* Of all addresses it may sign for this machine's own only: constraints on
 * host names alone would leave addresses free. */
static void
authority_constraints(struct buf *b, char *const *permitted, size_t n)
{
	size_t i;

	buf_add_text(b, "critical,permitted;DNS:localhost,"
			"permitted;IP:127.0.0.0/255.0.0.0,permitted;IP:"
			"0:0:0:0:0:0:0:1/"
			"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	for (i = 0; i < n; i++)
		buf_addf(b, ",permitted;DNS:%s", permitted[i]);
}

/* ---- the authority's own --------------------------------------------- */

static int
authority_extend(struct authority *a, char *const *permitted, size_t npermitted)
{
	X509 *x = a->certificate;
	struct buf b = { 0 };
	int rc;

	rc = authority_add(
	    x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	if (rc == 0)
		rc = authority_add(
		    x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
	if (rc == 0)
		rc = authority_add(x, x, NID_subject_key_identifier, "hash");
	if (rc == 0 && npermitted > 0) {
		authority_constraints(&b, permitted, npermitted);
		rc = authority_add(x, x, NID_name_constraints, buf_text(&b));
	}
	buf_free(&b);
	return rc;
}

static int
authority_describe(struct authority *a, const char *text)
{
	X509 *x = a->certificate;
	X509_NAME *name = X509_get_subject_name(x);

	if (X509_set_version(x, X509_VERSION_3) != 1 ||
	    authority_set_serial(x) == -1 ||
	    authority_add_name(name, "O", STR("hark local authority")) == -1 ||
	    authority_add_name(name, "CN", str_of(text)) == -1 ||
	    X509_set_issuer_name(x, name) != 1 ||
	    X509_set_pubkey(x, a->key) != 1)
		return -1;
	return 0;
}

struct authority *
authority_make(const char *text, char *const *permitted, size_t npermitted,
    int64_t now_us, struct err *e)
{
	struct authority *a = xcalloc(1, sizeof(*a));
	size_t i;

	for (i = 0; i < npermitted; i++) {
		if (authority_is_name(str_of(permitted[i])))
			continue;
		err_set(e, "%.200s: expected the name of a host", permitted[i]);
		goto fail;
	}
	a->key = EVP_EC_gen("P-256");
	a->leaf_key = EVP_EC_gen("P-256");
	a->certificate = X509_new();
	if (a->key == NULL || a->leaf_key == NULL || a->certificate == NULL ||
	    authority_describe(a, text) == -1 ||
	    authority_set_times(a->certificate, now_us,
		AUTHORITY_EARLY_DAYS + 1, AUTHORITY_DAYS) == -1 ||
	    authority_extend(a, permitted, npermitted) == -1 ||
	    X509_sign(a->certificate, a->key, EVP_sha256()) == 0) {
		authority_error(e, "cannot make an authority");
		goto fail;
	}
	return a;
fail:
	authority_free(a);
	return NULL;
}

void
authority_free(struct authority *a)
{
	if (a == NULL)
		return;
	EVP_PKEY_free(a->key);
	EVP_PKEY_free(a->leaf_key);
	X509_free(a->certificate);
	free(a);
}

X509 *
authority_certificate(const struct authority *a)
{
	return a->certificate;
}

EVP_PKEY *
authority_leaf_key(const struct authority *a)
{
	return a->leaf_key;
}

void
authority_pem(const struct authority *a, struct buf *out)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	long n;

	if (b != NULL && PEM_write_bio_X509(b, a->certificate) == 1) {
		n = BIO_get_mem_data(b, &p);
		buf_add(out, p, (size_t)n);
	}
	BIO_free(b);
}

/* ---- leaves ---------------------------------------------------------- */

/* The bytes of an IPv4 or IPv6 address: 4, 16, or 0 for a host name. */
static int
authority_address(struct str name, unsigned char bytes[16])
{
	char text[AUTHORITY_NAME_MOST + 1];

	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

static bool
authority_is_address(struct str name)
{
	unsigned char bytes[16];

	return authority_address(name, bytes) != 0;
}

static GENERAL_NAME *
authority_general_name(struct str name)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	unsigned char bytes[16];
	int n = authority_address(name, bytes);
	ASN1_STRING *s = n > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (g == NULL || s == NULL ||
	    ASN1_STRING_set(s, n > 0 ? (const void *)bytes : name.p,
		n > 0 ? n : (int)name.n) != 1) {
		GENERAL_NAME_free(g);
		ASN1_STRING_free(s);
		return NULL;
	}
	GENERAL_NAME_set0_value(g, n > 0 ? GEN_IPADD : GEN_DNS, s);
	return g;
}

static int
authority_add_host(X509 *x, struct str name)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	GENERAL_NAME *g = authority_general_name(name);
	int ok = all != NULL && g != NULL && sk_GENERAL_NAME_push(all, g) > 0;

	if (ok)
		g = NULL;
	ok = ok && X509_add1_ext_i2d(x, NID_subject_alt_name, all, 0, 0) == 1;
	GENERAL_NAME_free(g);
	GENERAL_NAMES_free(all);
	return ok ? 0 : -1;
}

/* A common name is for the eyes alone, of 64 bytes at most (RFC 5280 appendix
 * A.1), and no address: limits on host names would be held against it. */
static int
authority_describe_leaf(
    const struct authority *a, X509 *x, struct str name, int64_t now_us)
{
	struct str shown = authority_is_address(name) ? STR("an address")
			   : name.n > 64 ? STR("a host with a long name")
					 : name;

	if (X509_set_version(x, X509_VERSION_3) != 1 ||
	    authority_set_serial(x) == -1 ||
	    authority_set_times(
		x, now_us, AUTHORITY_EARLY_DAYS, AUTHORITY_LEAF_DAYS) == -1 ||
	    authority_add_name(X509_get_subject_name(x), "CN", shown) == -1 ||
	    X509_set_issuer_name(x, X509_get_subject_name(a->certificate)) !=
		1 ||
	    X509_set_pubkey(x, a->leaf_key) != 1)
		return -1;
	/* None outlives its authority. */
	if (ASN1_TIME_compare(X509_get0_notAfter(x),
		X509_get0_notAfter(a->certificate)) > 0 &&
	    X509_set1_notAfter(x, X509_get0_notAfter(a->certificate)) != 1)
		return -1;
	return 0;
}

static int
authority_extend_leaf(const struct authority *a, X509 *x, struct str name)
{
	static const struct {
		int nid;
		const char *value;
	} extensions[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid" },
	};
	size_t i;

	for (i = 0; i < sizeof(extensions) / sizeof(*extensions); i++)
		if (authority_add(x, a->certificate, extensions[i].nid,
			extensions[i].value) == -1)
			return -1;
	return authority_add_host(x, name);
}

/* Clients would refuse it otherwise, with less of a reason.  A copy is looked
 * at as they would see it: what OpenSSL knows of the original is of before it
 * was whole. */
static bool
authority_may(const struct authority *a, X509 *leaf)
{
	NAME_CONSTRAINTS *limits =
	    X509_get_ext_d2i(a->certificate, NID_name_constraints, NULL, NULL);
	X509 *seen = limits != NULL ? X509_dup(leaf) : NULL;
	bool may = limits == NULL ||
		   (seen != NULL && X509_check_purpose(seen, -1, 0) == 1 &&
		       NAME_CONSTRAINTS_check(seen, limits) == X509_V_OK);

	X509_free(seen);
	NAME_CONSTRAINTS_free(limits);
	return may;
}

X509 *
authority_mint(
    const struct authority *a, struct str name, int64_t now_us, struct err *e)
{
	X509 *x;

	if (!authority_is_name(name)) {
		err_set(e, "%.*s: no name for a certificate",
		    (int)(name.n < 300 ? name.n : 300), name.p);
		return NULL;
	}
	x = X509_new();
	if (x == NULL || authority_describe_leaf(a, x, name, now_us) == -1 ||
	    authority_extend_leaf(a, x, name) == -1 ||
	    X509_sign(x, a->key, EVP_sha256()) == 0) {
		authority_error(e, "cannot make a certificate");
		goto fail;
	}
	if (authority_may(a, x))
		return x;
	err_set(
	    e, "%.*s: the local authority may not sign for it", STR_ARGS(name));
fail:
	X509_free(x);
	return NULL;
}
