#ifndef GATEWAY_AUTHORITY_PRIV_H
#define GATEWAY_AUTHORITY_PRIV_H

/* What authority.c and authority_file.c share; nobody else includes it. */

#include "gateway/authority.h"

struct authority {
	EVP_PKEY *key;
	EVP_PKEY *leaf_key;
	X509 *certificate;
};

/* What OpenSSL's newest error says.  Always -1. */
int authority_error(struct err *e, const char *what);

#endif
