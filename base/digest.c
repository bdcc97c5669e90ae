#include "config.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/mem.h"

#include "base/digest.h"

/* libcrypto looks an algorithm up by name on every EVP_sha256() use, which
 * costs more than hashing a short key, so a digest keeps its context set. */
struct digest {
	EVP_MD_CTX *ctx;
};

static struct digest *
digest_begin(const EVP_MD *algorithm)
{
	struct digest *d = xcalloc(1, sizeof(*d));

	d->ctx = EVP_MD_CTX_new();
	if (d->ctx == NULL || EVP_DigestInit_ex(d->ctx, algorithm, NULL) != 1)
		abort();
	return d;
}

struct digest *
digest_new(void)
{
	return digest_begin(EVP_sha256());
}

struct digest *
digest_new_sha1(void)
{
	return digest_begin(EVP_sha1());
}

void
digest_add(struct digest *d, const void *p, size_t n)
{
	EVP_DigestUpdate(d->ctx, p, n);
}

void
digest_end(struct digest *d, uint8_t out[DIGEST_BYTES])
{
	EVP_DigestFinal_ex(d->ctx, out, NULL);
	EVP_DigestInit_ex(d->ctx, NULL, NULL);
}

struct digest *
digest_copy(const struct digest *d)
{
	struct digest *copy = xcalloc(1, sizeof(*copy));

	copy->ctx = EVP_MD_CTX_new();
	if (copy->ctx == NULL || EVP_MD_CTX_copy_ex(copy->ctx, d->ctx) != 1)
		abort();
	return copy;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void
digest_of(const void *p, size_t n, uint8_t out[DIGEST_BYTES])
{
	EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL);
}

void
digest_hex(const uint8_t *p, size_t n, char *out)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = hex[p[i] >> 4];
		out[2 * i + 1] = hex[p[i] & 15];
	}
	out[2 * n] = '\0';
}
