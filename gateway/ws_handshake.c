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

#define WS_DEFLATE \
	"permessage-deflate; server_no_context_takeover; " \
	"client_no_context_takeover"

/* The value of a parameter, which may be quoted (RFC 7692 section 5.1). */
static struct str
ws_handshake_value(struct str parameter)
{
	struct str name, value = parameter;

	(void)str_cut(&value, '=', &name);
	if (value.p == NULL)
		return STR("");
	value = str_trim(value);
	if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = (struct str){ value.p + 1, value.n - 2 };
	return value;
}

/* What a parameter asks of a server (RFC 7692 section 7.1): false for what
 * cannot be agreed to, as a smaller window of its own.  *window: it has to be
 * repeated. */
static bool
ws_handshake_can(struct str parameter, bool *window)
{
	struct str rest = parameter, name;
	uint64_t bits;

	if (!str_cut(&rest, '=', &name))
		return false;
	name = str_trim(name);
	if (str_iis(name, "server_max_window_bits")) {
		*window = true;
		return str_is(ws_handshake_value(parameter), "15");
	}
	if (str_iis(name, "client_max_window_bits"))
		return rest.p == NULL ||
		       (str_u64(ws_handshake_value(parameter), &bits) == 0 &&
			   bits >= 8 && bits <= 15);
	return rest.p == NULL &&
	       (str_iis(name, "server_no_context_takeover") ||
		   str_iis(name, "client_no_context_takeover"));
}

static const char *
ws_handshake_offer(struct str offer)
{
	bool window = false;
	struct str part;

	if (!str_cut(&offer, ';', &part) ||
	    !str_iis(str_trim(part), "permessage-deflate"))
		return NULL;
	while (str_cut(&offer, ';', &part))
		if (!ws_handshake_can(str_trim(part), &window))
			return NULL;
	return window ? WS_DEFLATE "; server_max_window_bits=15" : WS_DEFLATE;
}

const char *
ws_handshake_deflate(const struct headers *h)
{
	const char *answer = NULL;
	const struct header *f;
	struct str rest, part;
	size_t at = 0;

	while (answer == NULL &&
	       (f = headers_next(h, "Sec-WebSocket-Extensions", &at)) != NULL)
		for (rest = f->value;
		     answer == NULL && str_cut(&rest, ',', &part);)
			answer = ws_handshake_offer(str_trim(part));
	return answer;
}
