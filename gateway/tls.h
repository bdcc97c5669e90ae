#ifndef GATEWAY_TLS_H
#define GATEWAY_TLS_H

/*
 * TLS towards upstreams (OpenSSL on the descriptor): TLS 1.2 or later, the
 * certificate and the host name verified unless told otherwise, SNI,
 * sessions resumed.  One for all workers.
 */

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

struct err;
struct origin;
struct settings;
struct upstream_tls; /* opaque */

/* Loads the certificates, but those of the system when they are needed first.
 * NULL with *e set naming the file. */
struct upstream_tls *tls_new(
    const struct settings *s, size_t norigins, struct err *e);
void tls_free(struct upstream_tls *t); /* safe on NULL */

/* A client connection to o on fd, not yet connected; with http2 that is
 * offered, and HTTP/1.1 in any case. */
SSL *tls_connect(
    struct upstream_tls *t, const struct origin *o, int fd, bool http2);

#endif
