#ifndef GATEWAY_WS_FRAME_H
#define GATEWAY_WS_FRAME_H

/*
 * WebSocket frames (RFC 6455 section 5), strict and without I/O: the head of
 * a frame is read and checked, its payload unmasked; and heads are written.
 * Messages are made of them in gateway/ws_message.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ws_opcode {
	WS_CONTINUATION = 0,
	WS_TEXT = 1,
	WS_BINARY = 2,
	WS_CLOSE = 8,
	WS_PING = 9,
	WS_PONG = 10,
};

/* Whether it is of a frame that stands between those of a message. */
bool ws_opcode_is_control(unsigned opcode);

/* What is wrong with frames or messages, and the code (RFC 6455 section
 * 7.4.1) of the Close that tells the sender.  F(NAME, code, text) */
#define WS_FAULTS(F) \
	F(NONE, 0, "") \
	F(RESERVED, 1002, "a reserved bit is set") \
	F(OPCODE, 1002, "a reserved opcode") \
	F(UNMASKED, 1002, "a client's frame is not masked") \
	F(MASKED, 1002, "a server's frame is masked") \
	F(LENGTH, 1002, "a payload length that is not in its shortest form") \
	F(CONTROL_LONG, 1002, "a control frame of more than 125 bytes") \
	F(CONTROL_CUT, 1002, "a fragmented control frame") \
	F(NOTHING_BEFORE, 1002, "a continuation of no message") \
	F(NOT_ENDED, 1002, "a message begins in another one") \
	F(CLOSE_SHORT, 1002, "a Close of one byte") \
	F(CLOSE_CODE, 1002, "a close code that is not to be sent") \
	F(AFTER_CLOSE, 1002, "a frame after Close") \
	F(UTF8, 1007, "text that is not UTF-8") \
	F(DEFLATE, 1007, "compressed bytes that cannot be expanded") \
	F(TOO_BIG, 1009, "a message over the limit")

enum ws_fault {
#define F(name, code, text) WS_FAULT_##name,
	WS_FAULTS(F)
#undef F
	    WS_FAULT_COUNT
};
/* The status that a Close with it has (RFC 6455 section 7.4), and its words. */
unsigned ws_fault_code(enum ws_fault f);
const char *ws_fault_text(enum ws_fault f);

enum ws_step {
	WS_MORE, /* not whole yet */
	WS_DONE,
	WS_FAULTY, /* *fault says how */
};

struct ws_frame {
	enum ws_opcode opcode;
	bool fin;
	bool rsv1; /* of a compressed message (RFC 7692 section 6) */
	bool masked;
	uint8_t mask[4];
	uint64_t length; /* of the payload */
};

#define WS_FRAME_HEAD 14 /* bytes of a head, at most */

/* Frames of one direction being read.  All zero but the first three is the
 * start. */
struct ws_frame_reader {
	bool from_client; /* whose frames are masked, and only they */
	bool compresses;  /* permessage-deflate was agreed on: RSV1 may be */
	bool lenient;     /* what only the masking rule forbids is read */
	bool in_message;  /* private: fragments are to follow */
	uint8_t head[WS_FRAME_HEAD]; /* private */
	size_t nhead;                /* private */
	struct ws_frame frame;       /* the one that was read last */
	uint64_t left;               /* of its payload */
};

/* Takes bytes of the next head from the n at p; *used is how many.  On
 * WS_DONE r->frame is the frame and r->left its length; ws_frame_take() has to
 * bring r->left to 0 before the next one. */
enum ws_step ws_frame_read(struct ws_frame_reader *r, const char *p, size_t n,
    size_t *used, enum ws_fault *fault);

/* Takes payload from the n bytes at p and puts it, unmasked, at out: the
 * count, n or what is left. */
size_t ws_frame_take(
    struct ws_frame_reader *r, const char *p, size_t n, char *out);

/* Writes the head of f, in the shortest form, to out; its size. */
size_t ws_frame_head(const struct ws_frame *f, uint8_t out[WS_FRAME_HEAD]);

/* Masks, or unmasks, n bytes; at is their offset in the payload. */
void ws_frame_mask(char *p, size_t n, const uint8_t mask[4], uint64_t at);

#endif
