#include "config.h"

#include <string.h>

#include "har/inflate.h"

#include "gateway/ws_message.h"

#define WS_MESSAGE_KEEP (16u << 10)            /* memory of a quiet direction */
#define WS_MESSAGE_WATCHED (UINT64_C(1) << 30) /* of a message expanded */

void
ws_message_start(struct ws_message_reader *r, bool from_client, size_t most,
    const struct ws_deflate *d)
{
	*r = (struct ws_message_reader){ .most = most };
	r->frames.from_client = from_client;
	if (d == NULL || !d->on)
		return;
	r->frames.compresses = true;
	r->inflate = inflate_new(from_client ? d->client_own : d->server_own);
}

void
ws_message_fini(struct ws_message_reader *r)
{
	inflate_free(r->inflate);
	buf_free(&r->message);
	buf_free(&r->packed);
	*r = (struct ws_message_reader){ 0 };
}

void
ws_message_watch(struct ws_message_reader *r)
{
	r->cuts = true;
	r->frames.lenient = true;
}

bool
ws_message_code(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/* ---- reading --------------------------------------------------------- */

static void
ws_message_begin_frame(struct ws_message_reader *r)
{
	const struct ws_frame *f = &r->frames.frame;

	r->in_frame = true;
	if (ws_opcode_is_control(f->opcode) || f->opcode == WS_CONTINUATION)
		return;
	r->opcode = f->opcode;
	r->compressed = f->rsv1;
	r->size = 0;
	buf_clear(&r->message, WS_MESSAGE_KEEP);
}

/* What a frame says of its length is refused before it comes. */
static bool
ws_message_too_big(const struct ws_message_reader *r)
{
	return !r->cuts && !r->compressed &&
	       !ws_opcode_is_control(r->frames.frame.opcode) &&
	       r->size + r->frames.left > r->most;
}

/* A piece of payload whose frame is uncompressed. */
static size_t
ws_message_take_plain(struct ws_message_reader *r, const char *p, size_t n)
{
	struct buf *b = &r->message;
	size_t took = ws_frame_take(&r->frames, p, n, buf_reserve(b, n));
	size_t room = b->n < r->most ? r->most - b->n : 0;

	b->n += took < room ? took : room;
	r->size += took;
	return took;
}

static size_t
ws_message_take_packed(
    struct ws_message_reader *r, const char *p, size_t n, enum ws_fault *fault)
{
	struct buf *b = &r->packed;
	uint64_t limit = r->cuts ? WS_MESSAGE_WATCHED : r->most;
	size_t took;

	b->n = 0;
	took = ws_frame_take(&r->frames, p, n, buf_reserve(b, n));
	b->n = took;
	if (inflate_message(r->inflate, buf_str(b),
		r->frames.left == 0 && r->frames.frame.fin, r->most, limit,
		&r->message, &r->size) == -1)
		*fault = r->size > limit ? WS_FAULT_TOO_BIG : WS_FAULT_DEFLATE;
	return took;
}

static size_t
ws_message_take(
    struct ws_message_reader *r, const char *p, size_t n, enum ws_fault *fault)
{
	const struct ws_frame *f = &r->frames.frame;

	if (n > r->frames.left)
		n = (size_t)r->frames.left;
	if (ws_opcode_is_control(f->opcode))
		return ws_frame_take(&r->frames, p, n,
		    r->control + (f->length - r->frames.left));
	if (!r->compressed)
		return ws_message_take_plain(r, p, n);
	return ws_message_take_packed(r, p, n, fault);
}

static enum ws_fault
ws_message_end_close(struct ws_message_reader *r, struct ws_message *m)
{
	struct str p = m->payload;

	r->closed = true;
	m->code = WS_CODE_NONE;
	if (p.n == 0)
		return WS_FAULT_NONE;
	if (p.n == 1)
		return WS_FAULT_CLOSE_SHORT;
	m->code = (unsigned)(uint8_t)p.p[0] << 8 | (uint8_t)p.p[1];
	m->payload = (struct str){ p.p + 2, p.n - 2 };
	if (!r->cuts && !ws_message_code(m->code))
		return WS_FAULT_CLOSE_CODE;
	m->utf8 = str_is_utf8(m->payload);
	return m->utf8 || r->cuts ? WS_FAULT_NONE : WS_FAULT_UTF8;
}

/* A frame is whole.  WS_MORE when its message is not. */
static enum ws_step
ws_message_end_frame(
    struct ws_message_reader *r, struct ws_message *m, enum ws_fault *fault)
{
	const struct ws_frame *f = &r->frames.frame;

	r->in_frame = false;
	if (ws_opcode_is_control(f->opcode)) {
		*m = (struct ws_message){ .opcode = f->opcode,
			.payload = { r->control, (size_t)f->length },
			.size = f->length };
		if (f->opcode == WS_CLOSE)
			*fault = ws_message_end_close(r, m);
	} else if (f->fin) {
		*m = (struct ws_message){ .opcode = r->opcode,
			.payload = buf_str(&r->message),
			.size = r->size };
		m->utf8 = r->opcode == WS_TEXT && str_is_utf8(m->payload);
		if (r->opcode == WS_TEXT && !m->utf8 && !r->cuts)
			*fault = WS_FAULT_UTF8;
	} else {
		return WS_MORE;
	}
	return *fault == WS_FAULT_NONE ? WS_DONE : WS_FAULTY;
}

/* The head of a frame.  WS_MORE also when its payload is to follow. */
static enum ws_step
ws_message_read_head(struct ws_message_reader *r, const char *p, size_t n,
    size_t *used, enum ws_fault *fault)
{
	enum ws_step step = ws_frame_read(&r->frames, p, n, used, fault);

	if (step != WS_DONE)
		return step;
	if (r->closed)
		*fault = WS_FAULT_AFTER_CLOSE;
	ws_message_begin_frame(r);
	if (ws_message_too_big(r))
		*fault = WS_FAULT_TOO_BIG;
	return *fault == WS_FAULT_NONE ? WS_MORE : WS_FAULTY;
}

/* Payload.  WS_MORE also when it is whole and its message is not. */
static enum ws_step
ws_message_read_payload(struct ws_message_reader *r, const char *p, size_t n,
    size_t *used, struct ws_message *m, enum ws_fault *fault)
{
	*used = ws_message_take(r, p, n, fault);
	if (*fault != WS_FAULT_NONE)
		return WS_FAULTY;
	return r->frames.left > 0 ? WS_MORE : ws_message_end_frame(r, m, fault);
}

enum ws_step
ws_message_read(struct ws_message_reader *r, const char *p, size_t n,
    size_t *used, struct ws_message *m, enum ws_fault *fault)
{
	enum ws_step step;
	size_t took;

	*fault = WS_FAULT_NONE;
	*used = 0;
	do {
		if (r->in_frame)
			step = ws_message_read_payload(
			    r, p + *used, n - *used, &took, m, fault);
		else
			step = ws_message_read_head(
			    r, p + *used, n - *used, &took, fault);
		*used += took;
		/* A frame without payload ends where its head does. */
	} while (step == WS_MORE &&
		 (*used < n || (r->in_frame && r->frames.left == 0)));
	return step;
}

/* ---- writing --------------------------------------------------------- */

void
ws_message_write(struct buf *out, enum ws_opcode opcode, struct str payload,
    const uint8_t mask[4])
{
	struct ws_frame f = { .opcode = opcode,
		.fin = true,
		.masked = mask != NULL,
		.length = payload.n };
	uint8_t head[WS_FRAME_HEAD];
	size_t at;

	if (mask != NULL)
		memcpy(f.mask, mask, sizeof(f.mask));
	buf_add(out, head, ws_frame_head(&f, head));
	at = out->n;
	buf_add_str(out, payload);
	if (mask != NULL && payload.n > 0)
		ws_frame_mask(out->p + at, payload.n, mask, 0);
}

void
ws_message_write_packed(
    struct buf *out, enum ws_opcode opcode, struct str packed)
{
	struct ws_frame f = {
		.opcode = opcode, .fin = true, .rsv1 = true, .length = packed.n
	};
	uint8_t head[WS_FRAME_HEAD];

	buf_add(out, head, ws_frame_head(&f, head));
	buf_add_str(out, packed);
}

void
ws_message_close(
    struct buf *out, unsigned code, struct str reason, const uint8_t mask[4])
{
	char payload[125];
	size_t n = reason.n;

	if (code == WS_CODE_NONE) {
		ws_message_write(out, WS_CLOSE, STR(""), mask);
		return;
	}
	if (n > sizeof(payload) - 2)
		n = sizeof(payload) - 2;
	while (n < reason.n && n > 0 && ((uint8_t)reason.p[n] & 0xc0) == 0x80)
		n--;
	payload[0] = (char)(code >> 8);
	payload[1] = (char)code;
	if (n > 0)
		memcpy(payload + 2, reason.p, n);
	ws_message_write(out, WS_CLOSE, (struct str){ payload, n + 2 }, mask);
}
