#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include <openssl/rand.h>

#include "base/buf.h"
#include "base/err.h"
#include "gateway/origin.h"
#include "gateway/settings.h"
#include "har/base64.h"
#include "har/exchange.h"

#include "gateway/resend.h"

#define RESEND_KEY_BYTES 16 /* of Sec-WebSocket-Key */

bool
resend_is_safe(const struct exchange *x)
{
	return str_is(x->method, "GET") || str_is(x->method, "HEAD") ||
	       str_is(x->method, "OPTIONS");
}

/* Whether s can stand in a head: no byte ends the line, or with blanks the
 * word. */
static bool
resend_is_clean(struct str s, bool blanks)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c == 0x7f || (c < ' ' && (c != '\t' || !blanks)) ||
		    (c == ' ' && !blanks))
			return false;
	}
	return true;
}

bool
resend_is_socket(const struct exchange *x)
{
	return x->status == 101 || url_is_socket(x->url);
}

const char *
resend_hindrance(const struct exchange *x)
{
	const struct body *b = &x->request.body;
	struct url u;
	struct err e;

	if (!str_is_token(x->method) || str_is(x->method, "CONNECT"))
		return "its method is not for an API";
	if (url_parse_any(&u, x->url, &e) == -1 || u.port == 0 ||
	    !resend_is_clean(x->url, false) ||
	    !resend_is_clean(x->target, false))
		return "its URL is not one of HTTP";
	if (!b->known)
		return "its body was not recorded";
	if (b->stored_id > 0)
		return "its body is too large";
	return NULL;
}

static void
resend_add_field(struct buf *out, struct str name, struct str value)
{
	buf_add_str(out, name);
	buf_add_text(out, ": ");
	buf_add_str(out, value);
	buf_add_text(out, "\r\n");
}

static bool
resend_has_other(const struct settings *s, struct str name)
{
	size_t i;

	for (i = 0; i < s->nfields; i++)
		if (str_iis(name, s->fields[i].name))
			return true;
	return false;
}

static bool
resend_keeps(
    const struct exchange *x, const struct header *f, const struct settings *s)
{
	return headers_end_to_end(&x->request.headers, f) &&
	       !str_iis(f->name, "Host") && !str_iis(f->name, "Expect") &&
	       !str_iis(f->name, "Content-Length") &&
	       !str_iis(f->name, "Sec-WebSocket-Key") &&
	       !resend_has_other(s, f->name) && str_is_token(f->name) &&
	       resend_is_clean(f->value, true);
}

/* Whether the head says how long the body is; for these methods also when
 * there is none (RFC 9110 section 8.6). */
static bool
resend_has_length(const struct exchange *x)
{
	return x->request.body.bytes.n > 0 || str_is(x->method, "POST") ||
	       str_is(x->method, "PUT") || str_is(x->method, "PATCH");
}

/* The end-to-end fields are there; no two may have the same key (RFC 6455
 * section 4.1). */
static void
resend_add_handshake(const struct exchange *x, struct buf *out)
{
	uint8_t key[RESEND_KEY_BYTES];

	if (RAND_bytes(key, sizeof(key)) != 1)
		abort(); /* there is no chance: nor would TLS work */
	buf_add_text(out, "Connection: Upgrade\r\nUpgrade: websocket\r\n"
			  "Sec-WebSocket-Key: ");
	base64_encode((struct str){ (const char *)key, sizeof(key) }, out);
	buf_add_text(out, "\r\n");
	if (headers_get(&x->request.headers, "Sec-WebSocket-Version").p == NULL)
		resend_add_field(out, STR("Sec-WebSocket-Version"), STR("13"));
}

void
resend_head(const struct exchange *x, const struct origin *o, struct str target,
    const struct settings *s, struct buf *out)
{
	const struct headers *h = &x->request.headers;
	size_t i;

	buf_add_str(out, x->method);
	buf_add_text(out, " ");
	buf_add_str(out, target);
	buf_add_text(out, " HTTP/1.1\r\n");
	if (!resend_has_other(s, STR("Host")))
		resend_add_field(out, STR("Host"), str_of(o->authority));
	for (i = 0; i < h->n; i++)
		if (resend_keeps(x, &h->v[i], s))
			resend_add_field(out, h->v[i].name, h->v[i].value);
	for (i = 0; i < s->nfields; i++)
		resend_add_field(
		    out, str_of(s->fields[i].name), str_of(s->fields[i].value));
	if (resend_is_socket(x))
		resend_add_handshake(x, out);
	else if (resend_has_length(x))
		buf_addf(
		    out, "Content-Length: %zu\r\n", x->request.body.bytes.n);
	buf_add_text(out, "\r\n");
}
