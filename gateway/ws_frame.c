#include "config.h"

#include <string.h>

#include "gateway/ws_frame.h"

#define WS_CONTROL_MOST 125 /* RFC 6455 section 5.5 */

bool
ws_opcode_is_control(unsigned opcode)
{
	return opcode >= WS_CLOSE;
}

unsigned
ws_fault_code(enum ws_fault f)
{
	static const unsigned codes[WS_FAULT_COUNT] = {
#define F(name, code, text) [WS_FAULT_##name] = code,
		WS_FAULTS(F)
#undef F
	};

	return codes[f];
}

const char *
ws_fault_text(enum ws_fault f)
{
	static const char *const texts[WS_FAULT_COUNT] = {
#define F(name, code, text) [WS_FAULT_##name] = text,
		WS_FAULTS(F)
#undef F
	};

	return texts[f];
}

/* ---- reading --------------------------------------------------------- */

/* How many bytes a head has that begins with p[0] and p[1]. */
static size_t
ws_frame_head_size(const uint8_t *p)
{
	unsigned length = p[1] & 0x7f;

	return (size_t)2 +
	       (length == 126      ? 2
		   : length == 127 ? 8
				   : 0) +
	       (p[1] & 0x80 ? 4 : 0);
}

/* What shows in the first two bytes, so that nobody waits for more of a
 * frame that is refused anyway. */
static enum ws_fault
ws_frame_check(const struct ws_frame_reader *r, const uint8_t *p)
{
	unsigned opcode = p[0] & 0x0f, length = p[1] & 0x7f;
	bool fin = p[0] & 0x80, rsv1 = p[0] & 0x40, masked = p[1] & 0x80;
	bool control = ws_opcode_is_control(opcode);

	if (opcode > WS_PONG || (opcode > WS_BINARY && opcode < WS_CLOSE))
		return WS_FAULT_OPCODE;
	/* RFC 7692 section 6.1: only the first frame of a message has it. */
	if ((p[0] & 0x30) != 0 ||
	    (rsv1 && (!r->compresses || control || opcode == WS_CONTINUATION)))
		return WS_FAULT_RESERVED;
	if (masked != r->from_client && !r->lenient)
		return masked ? WS_FAULT_MASKED : WS_FAULT_UNMASKED;
	if (control && !fin)
		return WS_FAULT_CONTROL_CUT;
	if (control && length > WS_CONTROL_MOST)
		return WS_FAULT_CONTROL_LONG;
	if (opcode == WS_CONTINUATION && !r->in_message)
		return WS_FAULT_NOTHING_BEFORE;
	if (!control && opcode != WS_CONTINUATION && r->in_message)
		return WS_FAULT_NOT_ENDED;
	return WS_FAULT_NONE;
}

/* Takes bytes until the head has n of them. */
static bool
ws_frame_gather(struct ws_frame_reader *r, size_t want, const char *p, size_t n,
    size_t *used)
{
	while (r->nhead < want && *used < n)
		r->head[r->nhead++] = (uint8_t)p[(*used)++];
	return r->nhead >= want;
}

/* The payload length of a whole head.  False when it is not minimal or over
 * 63 bits. */
static bool
ws_frame_length(const uint8_t *p, uint64_t *length)
{
	unsigned first = p[1] & 0x7f;
	int i;

	*length = first;
	if (first == 126) {
		*length = (uint64_t)p[2] << 8 | p[3];
		return *length > 125;
	}
	if (first == 127) {
		for (*length = 0, i = 2; i < 10; i++)
			*length = *length << 8 | p[i];
		return *length > UINT16_MAX && *length <= INT64_MAX;
	}
	return true;
}

static enum ws_step
ws_frame_finish(struct ws_frame_reader *r, enum ws_fault *fault)
{
	struct ws_frame *f = &r->frame;

	f->opcode = r->head[0] & 0x0f;
	f->fin = r->head[0] & 0x80;
	f->rsv1 = r->head[0] & 0x40;
	f->masked = r->head[1] & 0x80;
	if (f->masked)
		memcpy(f->mask, r->head + r->nhead - 4, 4);
	if (!ws_frame_length(r->head, &f->length)) {
		*fault = WS_FAULT_LENGTH;
		return WS_FAULTY;
	}
	if (!ws_opcode_is_control(f->opcode))
		r->in_message = !f->fin;
	r->left = f->length;
	r->nhead = 0;
	return WS_DONE;
}

enum ws_step
ws_frame_read(struct ws_frame_reader *r, const char *p, size_t n, size_t *used,
    enum ws_fault *fault)
{
	*used = 0;
	*fault = WS_FAULT_NONE;
	if (!ws_frame_gather(r, 2, p, n, used))
		return WS_MORE;
	*fault = ws_frame_check(r, r->head);
	if (*fault != WS_FAULT_NONE)
		return WS_FAULTY;
	if (!ws_frame_gather(r, ws_frame_head_size(r->head), p, n, used))
		return WS_MORE;
	return ws_frame_finish(r, fault);
}

size_t
ws_frame_take(struct ws_frame_reader *r, const char *p, size_t n, char *out)
{
	uint64_t at = r->frame.length - r->left;

	if (n > r->left)
		n = (size_t)r->left;
	if (n == 0)
		return 0;
	memcpy(out, p, n);
	if (r->frame.masked)
		ws_frame_mask(out, n, r->frame.mask, at);
	r->left -= n;
	return n;
}

/* ---- writing --------------------------------------------------------- */

size_t
ws_frame_head(const struct ws_frame *f, uint8_t out[WS_FRAME_HEAD])
{
	size_t n = 2, wide = 0, i;

	out[0] =
	    (uint8_t)((f->fin ? 0x80 : 0) | (f->rsv1 ? 0x40 : 0) | f->opcode);
	out[1] = f->masked ? 0x80 : 0;
	if (f->length <= 125) {
		out[1] |= (uint8_t)f->length;
	} else {
		wide = f->length <= UINT16_MAX ? 2 : 8;
		out[1] |= wide == 2 ? 126 : 127;
	}
	for (i = wide; i > 0; i--)
		out[n++] = (uint8_t)(f->length >> (8 * (i - 1)));
	if (f->masked) {
		memcpy(out + n, f->mask, 4);
		n += 4;
	}
	return n;
}

void
ws_frame_mask(char *p, size_t n, const uint8_t mask[4], uint64_t at)
{
	uint8_t turned[8];
	uint64_t eight, with;
	size_t i;

	for (i = 0; i < 8; i++)
		turned[i] = mask[(at + i) & 3];
	memcpy(&with, turned, sizeof(with));
	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&eight, p, sizeof(eight));
		eight ^= with;
		memcpy(p, &eight, sizeof(eight));
	}
	for (i = 0; i < n; i++)
		p[i] = (char)(p[i] ^ turned[i]);
}
