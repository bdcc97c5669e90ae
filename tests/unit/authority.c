#include "config.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/err.h"
#include "base/mem.h"
#include "gateway/authority.h"
#include "gateway/minted.h"
#include "gateway/named.h"
#include "gateway/origin.h"
#include "tests/unit/folder.h"
#include "tests/unit/tap.h"

#define NOW INT64_C(1793000000000000)
#define DAY_US (INT64_C(86400) * 1000000)

/* Whether x is good for host at a time, for whoever trusts a. */
static int
verdict(const struct authority *a, X509 *x, const char *host, int64_t now_us)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *c = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *p;
	int code;

	X509_STORE_add_cert(store, authority_certificate(a));
	X509_STORE_CTX_init(c, store, x, NULL);
	p = X509_STORE_CTX_get0_param(c);
	X509_VERIFY_PARAM_set_time(p, (time_t)(now_us / 1000000));
	X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_SERVER);
	if (X509_VERIFY_PARAM_set1_ip_asc(p, host) != 1)
		X509_VERIFY_PARAM_set1_host(p, host, 0);
	code =
	    X509_verify_cert(c) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(c);
	X509_STORE_CTX_free(c);
	X509_STORE_free(store);
	return code;
}

static struct authority *
made(void)
{
	struct err e = { "" };
	struct authority *a = authority_make("test", NULL, 0, NOW, &e);

	CHECK_STR(e.text, "");
	return a;
}

static void
a_minted_certificate_is_good_for_its_host_alone(void)
{
	static const char *const hosts[] = { "api.test", "127.0.0.1", "::1",
		"a-label-of-many-letters.another-label-of-many-letters."
		"and-one-more-label-of-many-letters.test" };
	struct authority *a = made();
	struct err e;
	X509 *x;
	size_t i;

	for (i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		x = authority_mint(a, str_of(hosts[i]), NOW, &e);
		CHECK(x != NULL);
		CHECK_INT(verdict(a, x, hosts[i], NOW), X509_V_OK);
		CHECK(verdict(a, x, "other.test", NOW) != X509_V_OK);
		CHECK(verdict(a, x, "127.0.0.2", NOW) != X509_V_OK);
		CHECK_INT(X509_check_private_key(x, authority_leaf_key(a)), 1);
		CHECK_INT(X509_get_signature_nid(x), NID_ecdsa_with_SHA256);
		X509_free(x);
	}
	authority_free(a);
}

static void
it_is_good_for_slow_clocks_and_at_most_397_days(void)
{
	struct authority *a = made();
	struct err e;
	X509 *x = authority_mint(a, STR("api.test"), NOW, &e);
	int days, seconds;

	CHECK_INT(verdict(a, x, "api.test", NOW - DAY_US), X509_V_OK);
	CHECK_INT(verdict(a, x, "api.test", NOW + 390 * DAY_US), X509_V_OK);
	CHECK_INT(verdict(a, x, "api.test", NOW + 398 * DAY_US),
	    X509_V_ERR_CERT_HAS_EXPIRED);
	CHECK_INT(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(x),
		      X509_get0_notAfter(x)),
	    1);
	CHECK(days < 397);
	X509_free(x);
	authority_free(a);
}

static void
none_outlives_its_authority(void)
{
	struct authority *a = made();
	int64_t late = NOW + (AUTHORITY_DAYS - 10) * DAY_US;
	struct err e;
	X509 *x = authority_mint(a, STR("api.test"), late, &e);

	CHECK_INT(ASN1_TIME_compare(X509_get0_notAfter(x),
		      X509_get0_notAfter(authority_certificate(a))),
	    0);
	X509_free(x);
	authority_free(a);
}

static void
what_is_no_name_gets_no_certificate(void)
{
	static const char *const bad[] = { "", "a b", "a/b", "a,DNS:b", "a\nb",
		"*.test", "a\"b" };
	struct authority *a = made();
	char longest[AUTHORITY_NAME_MOST + 2];
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK(authority_mint(a, str_of(bad[i]), NOW, &e) == NULL);
	memset(longest, 'a', sizeof(longest));
	CHECK(authority_mint(a, (struct str){ longest, sizeof(longest) }, NOW,
		  &e) == NULL);
	CHECK(authority_mint(a, (struct str){ "a\0b", 3 }, NOW, &e) == NULL);
	authority_free(a);
}

static void
a_limited_authority_signs_for_its_hosts_alone(void)
{
	char host[] = "example.test", *permitted[] = { host };
	struct err e = { "" };
	struct authority *a = authority_make("test", permitted, 1, NOW, &e);
	static const char *const may[] = { "example.test", "api.example.test",
		"localhost", "127.0.0.1", "::1" };
	static const char *const may_not[] = { "test", "badexample.test",
		"10.0.0.1", "fe80::1" };
	X509 *x;
	size_t i;

	CHECK_STR(e.text, "");
	for (i = 0; i < sizeof(may) / sizeof(*may); i++) {
		x = authority_mint(a, str_of(may[i]), NOW, &e);
		CHECK(x != NULL);
		CHECK_INT(verdict(a, x, may[i], NOW), X509_V_OK);
		X509_free(x);
	}
	for (i = 0; i < sizeof(may_not) / sizeof(*may_not); i++)
		CHECK_STR(authority_mint(a, str_of(may_not[i]), NOW, &e) == NULL
			      ? "refused"
			      : may_not[i],
		    "refused");
	authority_free(a);
	permitted[0][0] = ',';
	CHECK(authority_make("test", permitted, 1, NOW, &e) == NULL);
}

static void
an_authority_is_kept_in_a_folder(void)
{
	char *folder = xstrdup(at("a/b"));
	char *key = xasprintf("%s/ca-key.pem", folder);
	struct authority *a = made(), *again;
	struct err e = { "" };
	struct stat st;
	X509 *x;

	CHECK(!authority_exists(folder));
	CHECK(authority_load(folder, NOW, &e) == NULL);
	CHECK_INT(authority_save(a, folder, &e), 0);
	CHECK_INT(stat(key, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK(authority_exists(folder));
	CHECK_INT(authority_save(a, folder, &e), -1);
	again = authority_load(folder, NOW, &e);
	CHECK(again != NULL);
	x = authority_mint(again, STR("api.test"), NOW, &e);
	CHECK_INT(verdict(a, x, "api.test", NOW), X509_V_OK);
	X509_free(x);
	authority_free(again);
	CHECK(authority_load(folder, NOW + (AUTHORITY_DAYS + 1) * DAY_US, &e) ==
	      NULL);
	authority_free(a);
	free(key);
	free(folder);
}

static void
certificates_are_minted_once_and_the_oldest_forgotten(void)
{
	struct authority *a = made();
	struct minted *m = minted_new(a);
	struct err e;
	X509 *first = minted_get(m, STR("api.test"), &e);
	X509 *again = minted_get(m, STR("API.Test"), &e), *x;
	char name[32];
	int i;

	CHECK(first != NULL && first == again);
	for (i = 0; i < MINTED_MOST; i++) {
		snprintf(name, sizeof(name), "h%d.test", i);
		x = minted_get(m, str_of(name), &e);
		CHECK(x != NULL);
		X509_free(x);
	}
	x = minted_get(m, STR("api.test"), &e);
	CHECK(x != NULL && x != first);
	X509_free(x);
	X509_free(again);
	X509_free(first);
	minted_free(m);
	authority_free(a);
}

static void
named(struct named *n, bool https, const char *authority, const char *base,
    const char *scope)
{
	struct route r;

	CHECK(named_route(n, https, str_of(authority), &r));
	CHECK_STR(r.origin->base, base);
	CHECK_VIEW(r.scope, scope);
}

static void
named_origins_are_told_apart_by_scheme_host_and_port(void)
{
	struct known_origins *known = known_origins_new();
	struct named *n = named_new(known);
	struct route one, two;

	named(n, true, "API.test:443", "https://api.test", "api.test");
	named(n, true, "api.test", "https://api.test", "api.test");
	named(n, false, "api.test", "http://api.test", "api.test:80");
	named(n, false, "api.test:80", "http://api.test", "api.test:80");
	named(
	    n, true, "api.test:8443", "https://api.test:8443", "api.test:8443");
	named(n, true, "[::1]:443", "https://[::1]", "[::1]");
	CHECK(named_route(n, true, STR("api.test:443"), &one));
	CHECK(named_route(n, true, STR("API.TEST"), &two));
	CHECK(one.origin == two.origin);
	CHECK_INT(one.origin->index, 0);
	CHECK_INT(known_origins_index(known), 4);
	CHECK(!named_route(n, true, STR(""), &one));
	CHECK(!named_route(n, true, STR("a b"), &one));
	CHECK(!named_route(n, true, STR("a:99999"), &one));
	named_free(n);
	known_origins_free(known);
}

RUN(TEST(a_minted_certificate_is_good_for_its_host_alone),
    TEST(it_is_good_for_slow_clocks_and_at_most_397_days),
    TEST(none_outlives_its_authority),
    TEST(what_is_no_name_gets_no_certificate),
    TEST(a_limited_authority_signs_for_its_hosts_alone),
    TEST(an_authority_is_kept_in_a_folder),
    TEST(certificates_are_minted_once_and_the_oldest_forgotten),
    TEST(named_origins_are_told_apart_by_scheme_host_and_port))
