#ifndef GATEWAY_RESEND_H
#define GATEWAY_RESEND_H

/* A recorded request on its way to the API once more. */

#include <stdbool.h>

#include "base/str.h"

struct buf;
struct exchange;
struct origin;
struct settings;

/* Whether sending it changes nothing there: GET, HEAD and OPTIONS. */
bool resend_is_safe(const struct exchange *x);

/* Whether it asks for a WebSocket: of one only the handshake is sent. */
bool resend_is_socket(const struct exchange *x);

/* Why x cannot be sent as it was, in words; NULL when it can. */
const char *resend_hindrance(const struct exchange *x);

/* Appends the head, with its blank line, of x's request to o: the recorded
 * end-to-end fields but for those that the settings have others for, and a
 * key of its own where it asks for a WebSocket.  The body goes out behind it as
 * it is recorded. */
void resend_head(const struct exchange *x, const struct origin *o,
    struct str target, const struct settings *s, struct buf *out);

#endif
