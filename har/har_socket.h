#ifndef HAR_HAR_SOCKET_H
#define HAR_HAR_SOCKET_H

/*
 * WebSockets: an entry with the request that asks for one, the answer 101
 * and the frames in _webSocketMessages, as Chrome and Playwright write it.
 * It is kept as it is; a recording of it is never an answer.
 */

#include "har/har_in.h"

/* Playwright may have the frames in a file, one JSON value per line; they
 * become _webSocketMessages.  0, or -1 when reading the file has to end. */
int har_socket_frames(struct har_in *in);

#endif
