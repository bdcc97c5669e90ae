/* A connection that begins: by TLS, or by what its first byte says. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <openssl/err.h>

#include "base/log.h"
#include "base/mem.h"
#include "gateway/client_priv.h"
#include "gateway/front_tls.h"
#include "gateway/meter.h"
#include "gateway/worker.h"
#include "har/url.h"

#define CLIENT_TLS_HANDSHAKE 0x16 /* RFC 8446 section 5.1 */

/* Which certificates the connection gets; NULL: it is not by TLS. */
static struct front_tls *
client_front(const struct client *c)
{
	return c->tunnel != NULL ? c->w->shared->intercept
				 : c->w->shared->front;
}

/* What a client that names no host means: whom it wanted a tunnel to, or the
 * address that it has reached. */
static char *
client_meant(const struct client *c)
{
	struct str host = url_host(str_of(c->tunnel));
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);
	char text[NI_MAXHOST] = "localhost";

	if (c->tunnel == NULL) {
		if (getsockname(c->s.fd, (struct sockaddr *)&a, &n) == 0)
			(void)getnameinfo((struct sockaddr *)&a, n, text,
			    sizeof(text), NULL, 0, NI_NUMERICHOST);
		return xstrdup(text);
	}
	if (host.n > 2 && host.p[0] == '[')
		host = (struct str){ host.p + 1, host.n - 2 };
	return xmemdup0(host.p, host.n);
}

/* The first byte, which stays where it is; as stream_peek(). */
static ssize_t
client_peek(struct client *c, unsigned char *byte)
{
	if (c->in.n == 0)
		return stream_peek(&c->s, byte);
	*byte = (unsigned char)c->in.p[0];
	return 1;
}

/* What came before its time is read first. */
static bool
client_preload(struct client *c)
{
	BIO *first = BIO_new(BIO_f_buffer());
	BIO *socket = SSL_get_rbio(c->s.ssl);

	if (first == NULL ||
	    BIO_set_buffer_read_data(first, c->in.p, (long)c->in.n) != 1 ||
	    BIO_up_ref(socket) != 1) {
		BIO_free(first);
		return false;
	}
	SSL_set0_rbio(c->s.ssl, BIO_push(first, socket));
	buf_clear(&c->in, CLIENT_KEEP);
	return true;
}

static void
client_begin_plain(struct client *c)
{
	if (c->tunnel == NULL) {
		client_refuse(c, 400,
		    "this port speaks TLS: ask with https:// instead of "
		    "http://");
		return;
	}
	stream_disclose(&c->s);
	c->state = CLIENT_IDLE;
	c->deadline = c->w->now + c->w->settings->idle_timeout;
	client_listen(c);
	guard_run(c);
}

static bool
client_begin_tls(struct client *c)
{
	SSL *ssl;

	if (c->w->shared->minted != NULL)
		c->meant = client_meant(c);
	ssl = front_tls_accept(client_front(c), c->meant);
	return ssl != NULL && stream_begin(&c->s, ssl) == 0 &&
	       (c->in.n == 0 || client_preload(c));
}

/* True when there is a handshake to go on with. */
static bool
client_begin(struct client *c)
{
	unsigned char byte;
	ssize_t there = client_peek(c, &byte);

	if (there == STREAM_END || there == STREAM_BROKEN)
		client_doom(c);
	if (there != 1)
		return false;
	if (byte != CLIENT_TLS_HANDSHAKE) {
		client_begin_plain(c);
		return false;
	}
	if (client_begin_tls(c))
		return true;
	ERR_clear_error();
	client_doom(c);
	return false;
}

static void
client_secured(struct client *c)
{
	event_del(&c->wr);
	free(c->meant);
	c->meant = NULL;
	c->secure = true;
	c->state = CLIENT_IDLE;
	c->deadline = c->w->now + c->w->settings->idle_timeout;
	if (stream_speaks_h2(&c->s))
		h2_front_begin(c);
	client_listen(c);
}

/* Who refuses our certificate has something to be told; what scanners try
 * does not belong in a log. */
static void
client_insecure(struct client *c)
{
	unsigned long code = ERR_peek_error();
	const char *host =
	    SSL_get_servername(c->s.ssl, TLSEXT_NAMETYPE_host_name);
	bool refused =
	    ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    (ERR_GET_REASON(code) == SSL_R_TLSV1_ALERT_UNKNOWN_CA ||
		ERR_GET_REASON(code) == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE ||
		ERR_GET_REASON(code) == SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN);
	char how[128];

	meter_add(c->w->meter, METER_AT(tls_bad), 1);
	if (host == NULL)
		host = c->meant;
	if (refused && c->w->shared->minted != NULL)
		log_warn(c->address,
		    "the client does not trust the certificate for %.253s: "
		    "see hark ca install-help",
		    host);
	stream_failure(&c->s, how, sizeof(how));
	if (!refused)
		log_debug(c->address, "no TLS: %s", how);
	/* The reason goes out as an alert; a reset would take it away. */
	client_linger(c);
}

void
client_handshake(struct client *c)
{
	if (c->s.ssl == NULL && !client_begin(c))
		return;
	switch (stream_handshake(&c->s)) {
	case STREAM_DONE:
		client_secured(c);
		break;
	case STREAM_WANTS_READ:
		break;
	case STREAM_WANTS_WRITE:
		event_add(&c->wr, NULL);
		break;
	case STREAM_FAILED:
		client_insecure(c);
	}
}

void
client_start(struct client *c)
{
	bool by_tls = client_front(c) != NULL;

	/* In a tunnel through a connection by TLS there is another, or none. */
	if (by_tls && c->tunnel != NULL)
		stream_enclose(&c->s);
	c->secure = false;
	c->state = by_tls ? CLIENT_HANDSHAKE : CLIENT_IDLE;
	c->deadline = c->w->now + (by_tls ? c->w->settings->header_timeout
					  : c->w->settings->idle_timeout);
	if (by_tls && c->in.n > 0)
		event_active(&c->rd, EV_READ, 0);
}

void
client_intercept(struct client *c, struct str authority)
{
	if (c->state != CLIENT_BUSY)
		return;
	c->tunnel = xmemdup0(authority.p, authority.n);
	c->entering = true;
	client_done(c, true);
}

const char *
client_tunnel(const struct client *c)
{
	return c->tunnel;
}

bool
client_is_secure(const struct client *c)
{
	return c->secure;
}

bool
client_is_http2(const struct client *c)
{
	return c->request2 != NULL;
}
