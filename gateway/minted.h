#ifndef GATEWAY_MINTED_H
#define GATEWAY_MINTED_H

/*
 * Certificates of the local authority for hosts that clients name, made when
 * they are needed and kept for the next time: the newest MINTED_MOST names.
 * All workers share one.
 */

#include <openssl/x509.h>

#include "base/str.h"

struct authority;
struct err;
struct minted; /* opaque */

#define MINTED_MOST 1024

/* The authority must outlive it. */
struct minted *minted_new(const struct authority *a);
void minted_free(struct minted *m); /* safe on NULL */

/* One for name, whatever the case of its letters.  The caller frees; NULL
 * with *e set. */
X509 *minted_get(struct minted *m, struct str name, struct err *e);

/* The key of all of them; m's. */
EVP_PKEY *minted_key(const struct minted *m);

#endif
