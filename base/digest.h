#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

/*
 * SHA-256 (FIPS 180-4), HMAC of it (RFC 2104), and SHA-1 where a name has to
 * be one, by libcrypto, whose only home below gateway/ this is.
 */

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32
#define DIGEST_SHA1_BYTES 20

struct digest; /* opaque; one running sum */

struct digest *digest_new(void);
struct digest *digest_new_sha1(void); /* gives DIGEST_SHA1_BYTES */
void digest_add(struct digest *d, const void *p, size_t n);

/* Gives the sum so far and starts anew. */
void digest_end(struct digest *d, uint8_t out[DIGEST_BYTES]);

/* A new running sum over the same bytes as d so far. */
struct digest *digest_copy(const struct digest *d);
void digest_free(struct digest *d); /* safe on NULL */

void digest_of(const void *p, size_t n, uint8_t out[DIGEST_BYTES]);

/* A key for HMACs, which any thread may use. */
struct digest_key; /* opaque */
struct digest_key *digest_key_new(const void *key, size_t n);
void digest_key_free(struct digest_key *k); /* safe on NULL */
void digest_hmac(const struct digest_key *k, const void *p, size_t n,
    uint8_t out[DIGEST_BYTES]);

/* n bytes as lower-case hexadecimal, NUL behind them: 2 * n + 1 places. */
void digest_hex(const uint8_t *p, size_t n, char *out);

#endif
