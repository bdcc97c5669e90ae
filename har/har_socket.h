#ifndef HAR_HAR_SOCKET_H
#define HAR_HAR_SOCKET_H

/*
 * WebSockets in a HAR: an entry with the request that asks for one, the answer
 * 101 and what passed in _webSocketMessages, as Chrome and Playwright write
 * it.  In an exchange that is the response's body (har/frame.h).
 */

#include "har/har_in.h"

struct feed;
struct json_write;

/* Reads the member _webSocketMessages of an entry. */
int har_socket_read(struct har_in *in, enum json_token t, void *slot);

/* What was read becomes the body of x's response, as does the file in which
 * Playwright may have it, a message per line.  0, or -1 when reading the file
 * has to end. */
int har_socket_take(struct har_in *in);

/* The same for an entry that is no WebSocket: it is kept beside the entry. */
int har_socket_keep(struct har_in *in);

/* Writes the lines of the feed, at its start, as an array; NULL as none. */
void har_socket_write(struct json_write *w, struct feed *lines);

#endif
