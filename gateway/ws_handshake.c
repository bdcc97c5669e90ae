#include "config.h"

#include <string.h>

#include "base/digest.h"
#include "gateway/http1.h"
#include "har/base64.h"
#include "har/frame.h"

#include "gateway/ws_handshake.h"

bool
ws_handshake_asks(const struct http1_head *h)
{
	return h->upgrade && h->framing == FRAMING_NONE &&
	       frame_asks(h->method, &h->headers);
}

const char *
ws_handshake_wrong(const struct headers *h, int *status)
{
	struct str key = headers_get(h, "Sec-WebSocket-Key");
	struct buf bytes = { 0 };
	unsigned odd = 0;
	bool good = key.p != NULL && base64_decode(key, &bytes, &odd) == 0 &&
		    bytes.n == 16 && odd == 0;

	buf_free(&bytes);
	*status = 400;
	if (!good)
		return "Sec-WebSocket-Key is not 16 bytes in base64";
	*status = 426;
	if (!str_is(headers_get(h, "Sec-WebSocket-Version"), "13"))
		return "Sec-WebSocket-Version is not 13";
	return NULL;
}

void
ws_handshake_accept(struct str key, char out[WS_ACCEPT_BYTES])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	struct digest *d = digest_new_sha1();
	uint8_t sum[DIGEST_BYTES];
	struct buf text = { 0 };

	digest_add(d, key.p, key.n);
	digest_add(d, guid, sizeof(guid) - 1);
	digest_end(d, sum);
	digest_free(d);
	base64_encode(
	    (struct str){ (const char *)sum, DIGEST_SHA1_BYTES }, &text);
	memcpy(out, buf_text(&text), WS_ACCEPT_BYTES);
	buf_free(&text);
}

bool
ws_handshake_agrees(const struct headers *h)
{
	return headers_have_token(h, "Upgrade", "websocket") &&
	       headers_have_token(h, "Connection", "upgrade");
}

/* One extension with its parameters, as agreed on (RFC 7692 section 7). */
static bool
ws_handshake_extension(struct str text, struct ws_deflate *d)
{
	struct str part;

	if (!str_cut(&text, ';', &part) ||
	    !str_iis(str_trim(part), "permessage-deflate") || d->on)
		return false;
	d->on = true;
	while (str_cut(&text, ';', &part)) {
		part = str_trim(part);
		if (str_iis(part, "client_no_context_takeover"))
			d->client_own = true;
		else if (str_iis(part, "server_no_context_takeover"))
			d->server_own = true;
		else if (!str_istarts(part, "client_max_window_bits") &&
			 !str_istarts(part, "server_max_window_bits"))
			return false;
	}
	return true;
}

bool
ws_handshake_extensions(const struct headers *h, struct ws_deflate *d)
{
	const struct header *f;
	struct str rest, part;
	size_t at = 0;

	*d = (struct ws_deflate){ 0 };
	while ((f = headers_next(h, "Sec-WebSocket-Extensions", &at)) != NULL)
		for (rest = f->value; str_cut(&rest, ',', &part);)
			if (str_trim(part).n > 0 &&
			    !ws_handshake_extension(str_trim(part), d))
				return false;
	return true;
}
