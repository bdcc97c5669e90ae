#ifndef GATEWAY_AUTHORITY_H
#define GATEWAY_AUTHORITY_H

/*
 * A certificate authority of the user's own: a P-256 key and a certificate
 * that clients are told to trust, and the certificates that it signs for
 * hosts.  These have one P-256 key in common, which never leaves the process.
 * Immutable once made, so that threads share it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "base/str.h"

struct authority; /* opaque */
struct buf;
struct err;

#define AUTHORITY_NAME_MOST 253 /* bytes of a host (RFC 1035) */
#define AUTHORITY_DAYS 3650
#define AUTHORITY_LEAF_DAYS 394 /* and two before, for clocks that are late */

/*
 * A new one, named as text for people.  With names in permitted it can sign
 * for these hosts, for those below them and for this machine alone (RFC 5280
 * section 4.2.1.10).  NULL with *e set.
 */
struct authority *authority_make(const char *text, char *const *permitted,
    size_t npermitted, int64_t now_us, struct err *e);

/* ca.pem and ca-key.pem in folder: written, never over others, the key for
 * the owner's eyes only; and read.  -1 or NULL with *e set. */
int authority_save(
    const struct authority *a, const char *folder, struct err *e);
struct authority *authority_load(
    const char *folder, int64_t now_us, struct err *e);
bool authority_exists(const char *folder);
void authority_free(struct authority *a); /* safe on NULL */

/* Where a user's authority is: folder if not NULL, else below XDG_DATA_HOME
 * or HOME.  The caller frees; NULL with *e set when neither is there. */
char *authority_folder(const char *folder, struct err *e);

X509 *authority_certificate(const struct authority *a); /* a's own */
EVP_PKEY *authority_leaf_key(const struct authority *a);

/* The certificate as PEM. */
void authority_pem(const struct authority *a, struct buf *out);

/* Whether a certificate can be for name: a host name or an address, IPv6
 * without brackets. */
bool authority_is_name(struct str name);

/* A certificate for name, with authority_leaf_key().  The caller frees; NULL
 * with *e set, as when a may not sign for name. */
X509 *authority_mint(
    const struct authority *a, struct str name, int64_t now_us, struct err *e);

#endif
