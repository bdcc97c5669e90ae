#ifndef HAR_FRAME_H
#define HAR_FRAME_H

/*
 * What passed on a WebSocket.  The exchange of its handshake has it as the body
 * of the response: a line of JSON for each message, as they are in HARs of
 * Chrome and Playwright (_webSocketMessages), in order:
 *
 *	{"type":"send","time":1767323045.1,"opcode":1,"data":"hello"}
 *
 * Text is in data as it is, anything else in base64.  Where that differs or
 * says too little there are "_encoding":"base64" (of text that is no UTF-8)
 * and "_size" (of a message of which data is the start).
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct buf;
struct exchange;
struct headers;

enum frame_opcode {
	FRAME_TEXT = 1,
	FRAME_BINARY = 2,
	FRAME_CLOSE = 8, /* data is code and reason (RFC 6455 section 5.5.1) */
	FRAME_PING = 9,
	FRAME_PONG = 10,
};

struct frame {
	bool sent; /* by the client */
	int64_t opcode;
	int64_t at_us;   /* since 1970-01-01 UTC; -1 unknown */
	struct str data; /* the bytes of its payload */
	uint64_t size;   /* of the whole payload */
};

/* Whether a request with that method and those fields asks for a WebSocket
 * (RFC 6455 section 4.1). */
bool frame_asks(struct str method, const struct headers *h);

/* Whether x is a WebSocket: a handshake that was agreed to. */
bool frame_socket(const struct exchange *x);

/* Whether x asked for one, whatever came of it. */
bool frame_asked(const struct exchange *x);

/* Appends the line of f, with its line feed. */
void frame_write(struct buf *out, const struct frame *f);

/* Reads a line; f->data lives in scratch or line.  0, or -1 when it is not
 * one. */
int frame_read(struct str line, struct frame *f, struct buf *scratch);

#endif
