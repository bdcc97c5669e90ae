#ifndef RECORDER_JWT_H
#define RECORDER_JWT_H

/*
 * JSON Web Tokens (RFC 7519) in the compact form of RFC 7515: three base64url
 * parts with dots between them, of which the first two are JSON objects; and
 * encrypted ones (RFC 7516), of five parts, of which the first is.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf;

#define JWT_MOST 16384 /* bytes of a token; a longer one is none */

struct jwt {
	struct str whole;
	struct str header, payload, signature; /* as they are, in base64url */
	bool encrypted;                        /* there is no payload to read */
};

/* Whether c may be in a part. */
bool jwt_is_char(char c);

/* Whether text begins with a token, which ends where no further byte could
 * be of it. */
bool jwt_parse(struct str text, struct jwt *t);

/*
 * Adds a token that looks like t to who decodes it and is good for nothing: the
 * algorithm and type of its header, of its claims those that say for whom,
 * for what and how long it is (RFC 7519 section 4.1 but jti, RFC 9068 section
 * 2.2), and another signature, which has to be of base64url.  False when t
 * cannot be decoded.
 */
bool jwt_without_secret(
    const struct jwt *t, struct str signature, struct buf *out);

#endif
