#ifndef GATEWAY_WS_HANDSHAKE_H
#define GATEWAY_WS_HANDSHAKE_H

/* The opening handshake of WebSockets (RFC 6455 section 4), without I/O. */

#include <stdbool.h>

#include "gateway/ws_message.h"
#include "har/headers.h"

struct http1_head;

#define WS_ACCEPT_BYTES 29 /* of Sec-WebSocket-Accept, its NUL included */

/* Whether a request asks for a WebSocket (RFC 6455 section 4.2.1, points 1
 * to 4); nothing is said of the key and version then. */
bool ws_handshake_asks(const struct http1_head *h);

/* What is wrong with key and version for one who answers it; NULL: nothing.
 * *status is 400, or 426 with the version that is known here. */
const char *ws_handshake_wrong(const struct headers *h, int *status);

/* The value of Sec-WebSocket-Accept that answers a key. */
void ws_handshake_accept(struct str key, char out[WS_ACCEPT_BYTES]);

/* Whether a response with status 101 agrees to a WebSocket. */
bool ws_handshake_agrees(const struct headers *h);

/* What Sec-WebSocket-Extensions of an answer says.  False when there is an
 * extension that is not known here. */
bool ws_handshake_extensions(const struct headers *h, struct ws_deflate *d);

/*
 * What an answer says to agree to permessage-deflate with each message for
 * itself in both directions, if Sec-WebSocket-Extensions of a request offers
 * it in a way that can be agreed to; else NULL.
 */
const char *ws_handshake_deflate(const struct headers *h);

#endif
