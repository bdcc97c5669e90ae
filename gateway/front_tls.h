#ifndef GATEWAY_FRONT_TLS_H
#define GATEWAY_FRONT_TLS_H

/*
 * TLS towards clients: TLS 1.2 or later, HTTP/2 or 1.1 by ALPN, session
 * tickets, client certificates where they are asked for.  The certificate is
 * one from files, or is signed by the local authority for the name that the
 * client asks for.  One for all workers; a reload swaps what new connections
 * get and leaves the others alone.
 */

#include <stdbool.h>

#include <openssl/ssl.h>

struct err;
struct front_tls; /* opaque */
struct minted;

struct front_tls_options {
	/* PEM with the chain and key, or PKCS #12; NULL: minted.  key may be
	 * NULL for the same file. */
	const char *cert, *key;
	const char *password_file; /* or NULL: HARK_TLS_PASSWORD, if any */
	struct minted *minted;     /* may be NULL with cert; outlives it */
	/* File or folder of authorities that clients must have a certificate
	 * of; NULL: none is asked for. */
	const char *client_ca;
	bool http2; /* is offered before HTTP/1.1 */
};

/* o's strings must outlive it.  NULL with *e set naming the file. */
struct front_tls *front_tls_new(
    const struct front_tls_options *o, struct err *e);
void front_tls_free(struct front_tls *t); /* safe on NULL */

/* Reads the files anew.  NULL with *e set on failure.  Then, from any thread
 * and of one after the other, what was read takes the place of what is there.
 */
SSL_CTX *front_tls_read(struct front_tls *t, struct err *e);
void front_tls_take(struct front_tls *t, SSL_CTX *fresh);

/* A server's connection, for stream_begin().  host is what a client that names
 * none is taken to mean; it must live until the handshake is over. */
SSL *front_tls_accept(struct front_tls *t, const char *host);

#endif
