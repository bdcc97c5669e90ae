#ifndef GATEWAY_WS_MESSAGE_H
#define GATEWAY_WS_MESSAGE_H

/*
 * WebSocket messages (RFC 6455 section 5.4): fragments joined, compressed
 * ones expanded (RFC 7692), text checked to be UTF-8, Close understood; and
 * messages written as frames.  No I/O.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "gateway/ws_frame.h"

struct inflate;

/* Codes that are never sent, only told (RFC 6455 section 7.4.1). */
#define WS_CODE_NONE 1005

/* A message, or a control frame, which may come between the fragments of
 * one. */
struct ws_message {
	enum ws_opcode opcode; /* never WS_CONTINUATION */
	/* Of a Close what stands behind its code.  Until the next call. */
	struct str payload;
	uint64_t size; /* of the whole; payload may be cut */
	unsigned code; /* of a Close; WS_CODE_NONE when it has none */
	bool utf8;     /* text that is; only a lenient reader gives others */
};

/* Messages of one direction being read.  ws_message_start() to begin,
 * ws_message_fini() in the end. */
struct ws_message_reader {
	struct ws_frame_reader frames;
	size_t most;     /* bytes of a message */
	bool cuts;       /* beyond them it is cut, not refused */
	bool in_frame;   /* private, as all that follows */
	bool compressed; /* the message at hand */
	bool closed;
	enum ws_opcode opcode; /* of the message at hand */
	uint64_t size;         /* of it so far */
	struct buf message;
	struct buf packed; /* a piece of it before it is expanded */
	struct inflate *inflate;
	char control[125];
};

/* How messages are compressed, by the handshake's answer. */
struct ws_deflate {
	bool on;
	bool client_own, server_own; /* each message for itself
					("no_context_takeover") */
};

/* from_client says whose messages are read, most how many bytes one may
 * have; d may be NULL. */
void ws_message_start(struct ws_message_reader *r, bool from_client,
    size_t most, const struct ws_deflate *d);
void ws_message_fini(struct ws_message_reader *r);

/* For one who only looks on: messages over most are cut, and what both ends
 * can live with is no fault. */
void ws_message_watch(struct ws_message_reader *r);

/*
 * Takes from the n bytes at p up to the end of the next message; *used is
 * how many.  After WS_FAULTY nothing more can be read.
 */
enum ws_step ws_message_read(struct ws_message_reader *r, const char *p,
    size_t n, size_t *used, struct ws_message *m, enum ws_fault *fault);

/* Appends a message in one frame to out; mask is NULL for a server's. */
void ws_message_write(struct buf *out, enum ws_opcode opcode,
    struct str payload, const uint8_t mask[4]);

/* The same of a server's message that is compressed (har/deflate.h). */
void ws_message_write_packed(
    struct buf *out, enum ws_opcode opcode, struct str packed);

/* Appends a Close.  reason is cut, between characters, to what fits. */
void ws_message_close(
    struct buf *out, unsigned code, struct str reason, const uint8_t mask[4]);

/* Whether a Close may have that code (RFC 6455 section 7.4, and those that
 * were registered since). */
bool ws_message_code(unsigned code);

#endif
