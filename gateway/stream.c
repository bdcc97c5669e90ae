#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "gateway/stream.h"

/* The payload of a record, at most (RFC 8446 section 5.1). */
#define STREAM_RECORD 16384

static ssize_t
stream_read_plain(struct stream *s, void *p, size_t n)
{
	ssize_t got;

	do
		got = recv(s->fd, p, n, MSG_DONTWAIT);
	while (got == -1 && errno == EINTR);
	return got == -1 && errno == EAGAIN ? STREAM_LATER : got;
}

static ssize_t
stream_read_tls(struct stream *s, void *p, size_t n)
{
	int got, why;

	ERR_clear_error();
	errno = 0;
	got = SSL_read(s->ssl, p, n > (1 << 20) ? 1 << 20 : (int)n);
	s->read_wants_write = false;
	if (got > 0)
		return got;
	why = SSL_get_error(s->ssl, got);
	s->read_wants_write = why == SSL_ERROR_WANT_WRITE;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return STREAM_LATER;
	return why == SSL_ERROR_ZERO_RETURN ? STREAM_END : STREAM_BROKEN;
}

ssize_t
stream_read(struct stream *s, void *p, size_t n)
{
	ssize_t came = s->ssl != NULL ? stream_read_tls(s, p, n)
				      : stream_read_plain(s, p, n);

	if (came > 0)
		meter_more(s->came, (uint64_t)came);
	return came;
}

static bool
stream_ssl_pending(const SSL *ssl)
{
	return ssl != NULL && (SSL_has_pending(ssl) == 1 ||
				  BIO_pending(SSL_get_rbio(ssl)) > 0);
}

bool
stream_pending(const struct stream *s)
{
	return stream_ssl_pending(s->ssl) || stream_ssl_pending(s->outer);
}

static ssize_t
stream_write_plain(struct stream *s, const struct iovec *v, int n)
{
	struct msghdr m = { .msg_iov = (struct iovec *)v,
		.msg_iovlen = (size_t)n };
	ssize_t sent;

	do
		sent = sendmsg(s->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent == -1 && errno == EINTR);
	return sent == -1 && errno == EAGAIN ? STREAM_LATER : sent;
}

/* Where a record is put together; on the stack it would be cleared for each,
 * as all variables are (configure.ac). */
static _Thread_local char stream_record[STREAM_RECORD];

/* What of v fills a record, in one place unless the first piece has it all. */
static size_t
stream_gather(const struct iovec *v, int n, const char **p)
{
	size_t size = 0, more;
	int i;

	*p = v[0].iov_base;
	if (n == 1 || v[0].iov_len >= STREAM_RECORD)
		return v[0].iov_len < STREAM_RECORD ? v[0].iov_len
						    : STREAM_RECORD;
	for (i = 0; i < n && size < STREAM_RECORD; i++) {
		more = v[i].iov_len;
		if (more > STREAM_RECORD - size)
			more = STREAM_RECORD - size;
		memcpy(stream_record + size, v[i].iov_base, more);
		size += more;
	}
	*p = stream_record;
	return size;
}

/* Head and body go in one record: two small ones would wait for each other's
 * acknowledgement. */
static ssize_t
stream_write_tls(struct stream *s, const struct iovec *v, int n)
{
	const char *p;
	size_t size = stream_gather(v, n, &p);
	int sent, why;

	if (size == 0)
		return 0;
	ERR_clear_error();
	errno = 0;
	sent = SSL_write(s->ssl, p, (int)size);
	s->write_wants_read = false;
	if (sent > 0)
		return sent;
	why = SSL_get_error(s->ssl, sent);
	s->write_wants_read = why == SSL_ERROR_WANT_READ;
	if (why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_WANT_READ)
		return STREAM_LATER;
	errno = why == SSL_ERROR_SYSCALL && errno != 0 ? errno : ECONNRESET;
	return STREAM_BROKEN;
}

ssize_t
stream_write(struct stream *s, const struct iovec *v, int n)
{
	ssize_t went = s->ssl != NULL ? stream_write_tls(s, v, n)
				      : stream_write_plain(s, v, n);

	if (went > 0)
		meter_more(s->went, (uint64_t)went);
	return went;
}

void
stream_advance(struct iovec *v, int *count, size_t n)
{
	int i;

	for (i = 0; i < *count && n >= v[i].iov_len; i++)
		n -= v[i].iov_len;
	if (i < *count) {
		v[i].iov_base = (char *)v[i].iov_base + n;
		v[i].iov_len -= n;
	}
	memmove(v, v + i, (size_t)(*count - i) * sizeof(*v));
	*count -= i;
}

void
stream_enclose(struct stream *s)
{
	s->outer = s->ssl;
	s->ssl = NULL;
}

void
stream_disclose(struct stream *s)
{
	s->ssl = s->outer;
	s->outer = NULL;
}

int
stream_begin(struct stream *s, SSL *ssl)
{
	BIO *bio = s->outer != NULL ? BIO_new(BIO_f_ssl())
				    : BIO_new_socket(s->fd, BIO_NOCLOSE);

	if (bio == NULL) {
		SSL_free(ssl);
		return -1;
	}
	if (s->outer != NULL)
		BIO_set_ssl(bio, s->outer, BIO_NOCLOSE);
	SSL_set_bio(ssl, bio, bio);
	s->ssl = ssl;
	return 0;
}

static ssize_t
stream_peek_tls(SSL *ssl, unsigned char *byte)
{
	int got, why;

	ERR_clear_error();
	got = SSL_peek(ssl, byte, 1);
	if (got > 0)
		return got;
	why = SSL_get_error(ssl, got);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return STREAM_LATER;
	return why == SSL_ERROR_ZERO_RETURN ? STREAM_END : STREAM_BROKEN;
}

ssize_t
stream_peek(struct stream *s, unsigned char *byte)
{
	ssize_t n;

	if (s->outer != NULL)
		return stream_peek_tls(s->outer, byte);
	n = recv(s->fd, byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? STREAM_LATER
							 : STREAM_BROKEN;
	return n;
}

enum stream_step
stream_handshake(struct stream *s)
{
	int done;

	ERR_clear_error();
	errno = 0;
	done = SSL_do_handshake(s->ssl);
	if (done == 1)
		return STREAM_DONE;
	switch (SSL_get_error(s->ssl, done)) {
	case SSL_ERROR_WANT_READ:
		return STREAM_WANTS_READ;
	case SSL_ERROR_WANT_WRITE:
		return STREAM_WANTS_WRITE;
	default:
		return STREAM_FAILED;
	}
}

bool
stream_speaks_h2(const struct stream *s)
{
	const unsigned char *name;
	unsigned n;

	SSL_get0_alpn_selected(s->ssl, &name, &n);
	return n == 2 && memcmp(name, "h2", 2) == 0;
}

void
stream_failure(struct stream *s, char *text, size_t n)
{
	long verdict =
	    s->ssl != NULL ? SSL_get_verify_result(s->ssl) : X509_V_OK;
	unsigned long code = s->ssl != NULL ? ERR_get_error() : 0;
	const char *reason = ERR_reason_error_string(code);

	if (verdict != X509_V_OK)
		reason = X509_verify_cert_error_string(verdict);
	else if (reason == NULL)
		reason = errno != 0 ? strerror(errno) : "the connection broke";
	snprintf(text, n, "%s%s", verdict != X509_V_OK ? "certificate: " : "",
	    reason);
	ERR_clear_error();
}

void
stream_shut(struct stream *s)
{
	if (s->ssl != NULL) {
		ERR_clear_error();
		SSL_shutdown(s->ssl);
		ERR_clear_error();
	} else {
		shutdown(s->fd, SHUT_WR);
	}
}

/* Only one way: the answer to it is not waited for. */
static void
stream_say_end(SSL *ssl)
{
	ERR_clear_error();
	if (ssl != NULL && SSL_is_init_finished(ssl))
		SSL_shutdown(ssl);
}

void
stream_finish(struct stream *s)
{
	stream_say_end(s->ssl);
	stream_say_end(s->outer);
	stream_drop(s);
}

static void
stream_forget(SSL **ssl)
{
	if (*ssl == NULL)
		return;
	/* A session that was not ended in order stays good (RFC 8446 section
	 * 6.1 differs from RFC 2246 in this). */
	SSL_set_shutdown(*ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(*ssl);
	*ssl = NULL;
	ERR_clear_error();
}

void
stream_drop(struct stream *s)
{
	/* The inner one first, which reads and writes by the other and would
	 * say its goodbye, too. */
	if (s->outer != NULL)
		SSL_set_shutdown(
		    s->outer, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	stream_forget(&s->ssl);
	stream_forget(&s->outer);
}
