#ifndef GATEWAY_WS_TAP_H
#define GATEWAY_WS_TAP_H

/*
 * Looks on while bytes of a WebSocket pass and tells of its messages.  It
 * never holds anything up: where it does not understand a side any more, it
 * says nothing of it from there on.
 */

#include <stdbool.h>
#include <stdint.h>

#include "har/frame.h"

struct headers;
struct ws_tap; /* opaque */

/* A message came; at_us is left to who knows the time. */
typedef void (*ws_tap_fn)(void *arg, struct frame *f);

/* For what follows a 101 with the fields answer. */
struct ws_tap *ws_tap_new(
    const struct headers *answer, ws_tap_fn on_frame, void *arg);
void ws_tap_free(struct ws_tap *p); /* safe on NULL */

/* Bytes that have passed, in the order of each side; on_frame is called for
 * what is whole with them. */
void ws_tap_take(struct ws_tap *p, bool from_client, struct str bytes);

/* Whether one of the ends has said Close. */
bool ws_tap_closed(const struct ws_tap *p);

/* Whether both have, so that nothing more comes. */
bool ws_tap_over(const struct ws_tap *p);

/* Why not all was told, or "". */
const char *ws_tap_trouble(const struct ws_tap *p);

#endif
