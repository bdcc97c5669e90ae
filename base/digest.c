#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
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

#define DIGEST_BLOCK 64 /* of SHA-256 */

/* The sums that the padded key begins with, as RFC 2104 has it. */
struct digest_key {
	struct digest *inner, *outer;
};

static struct digest *
digest_padded(const uint8_t block[DIGEST_BLOCK], uint8_t pad)
{
	struct digest *d = digest_new();
	uint8_t padded[DIGEST_BLOCK];
	size_t i;

	for (i = 0; i < sizeof(padded); i++)
		padded[i] = block[i] ^ pad;
	digest_add(d, padded, sizeof(padded));
	OPENSSL_cleanse(padded, sizeof(padded));
	return d;
}

struct digest_key *
digest_key_new(const void *key, size_t n)
{
	struct digest_key *k = xcalloc(1, sizeof(*k));
	uint8_t block[DIGEST_BLOCK] = { 0 };

	if (n > sizeof(block))
		digest_of(key, n, block);
	else if (n > 0)
		memcpy(block, key, n);
	k->inner = digest_padded(block, 0x36);
	k->outer = digest_padded(block, 0x5c);
	OPENSSL_cleanse(block, sizeof(block));
	return k;
}

void
digest_key_free(struct digest_key *k)
{
	if (k == NULL)
		return;
	digest_free(k->inner);
	digest_free(k->outer);
	free(k);
}

void
digest_hmac(const struct digest_key *k, const void *p, size_t n,
    uint8_t out[DIGEST_BYTES])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || EVP_MD_CTX_copy_ex(ctx, k->inner->ctx) != 1)
		abort();
	EVP_DigestUpdate(ctx, p, n);
	EVP_DigestFinal_ex(ctx, out, NULL);
	if (EVP_MD_CTX_copy_ex(ctx, k->outer->ctx) != 1)
		abort();
	EVP_DigestUpdate(ctx, out, DIGEST_BYTES);
	EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
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
