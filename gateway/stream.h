#ifndef GATEWAY_STREAM_H
#define GATEWAY_STREAM_H

/*
 * Bytes in and out of a connected descriptor that does not block, plain or
 * by TLS (OpenSSL on the descriptor): the same for both legs.  TLS may be in
 * TLS, as in a tunnel through a proxy that is itself asked by TLS.  Events are
 * the caller's: where TLS has to read to be able to write or the other way
 * round, a flag says so.
 */

#include <stdbool.h>
#include <stddef.h>

#include <sys/types.h>
#include <sys/uio.h>

#include <openssl/ssl.h>

#include "gateway/meter.h"

struct stream {
	int fd;
	SSL *ssl;   /* NULL: plain */
	SSL *outer; /* what ssl is in, instead of the descriptor; or NULL */
	bool read_wants_write, write_wants_read;
	meter_sum *came, *went; /* bytes; or NULL */
};

#define STREAM_END 0 /* a clean end */
#define STREAM_BROKEN (-1)
#define STREAM_LATER (-2) /* nothing for now */

/* At most n bytes to p: their count, or one of STREAM_*.  Where bytes are
 * left that no event will tell of, stream_pending() says so. */
ssize_t stream_read(struct stream *s, void *p, size_t n);
bool stream_pending(const struct stream *s);

/* Bytes of the n pieces at v that were taken, at most one record by TLS;
 * STREAM_LATER or STREAM_BROKEN, with errno, when none were.  What is given
 * again must begin with what was not taken. */
ssize_t stream_write(struct stream *s, const struct iovec *v, int n);

/* Takes n bytes off the front of *count pieces at v. */
void stream_advance(struct iovec *v, int *count, size_t n);

/* One step of a handshake. */
enum stream_step {
	STREAM_DONE,
	STREAM_WANTS_READ,
	STREAM_WANTS_WRITE,
	STREAM_FAILED,
};
enum stream_step stream_handshake(struct stream *s);

/* Whether a handshake that is done has agreed on HTTP/2 (ALPN). */
bool stream_speaks_h2(const struct stream *s);

/* Why the last operation failed, in words, into text. */
void stream_failure(struct stream *s, char *text, size_t n);

/* What is by TLS so far becomes what the next TLS is in. */
void stream_enclose(struct stream *s);

/* No TLS came there: what is in it is as before. */
void stream_disclose(struct stream *s);

/* Takes over ssl, a TLS that is to begin.  0, or -1 and it is freed. */
int stream_begin(struct stream *s, SSL *ssl);

/* The first byte that is there, which stays: 1, or STREAM_*. */
ssize_t stream_peek(struct stream *s, unsigned char *byte);

/* Nothing more will be written; reading goes on. */
void stream_shut(struct stream *s);

/* Says by TLS that nothing more will come (close_notify) and forgets TLS: what
 * still comes is read raw.  Without TLS nothing happens.  The descriptor is
 * the caller's. */
void stream_finish(struct stream *s);

/* Forgets TLS without a word, as for an answer that is cut. */
void stream_drop(struct stream *s);

#endif
