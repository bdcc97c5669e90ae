#include "config.h"

#include <inttypes.h>

#include "gateway/printable.h"
#include "har/frame.h"

#include "gateway/frames_out.h"

#define FRAMES_OUT_MOST 1000 /* messages */
#define FRAMES_OUT_TEXT 400  /* bytes of one */
#define FRAMES_OUT_BYTES 24  /* of a binary one */

static void
frames_out_text(struct buf *out, struct str text)
{
	struct str shown = text;
	bool whole;

	if (shown.n > FRAMES_OUT_TEXT) {
		shown.n = FRAMES_OUT_TEXT;
		while (shown.n > 0 &&
		       ((unsigned char)text.p[shown.n] & 0xc0) == 0x80)
			shown.n--;
	}
	whole = shown.n == text.n;
	printable_add(out, shown, false);
	if (!whole)
		buf_addf(out, " ... and %zu bytes more", text.n - shown.n);
}

static void
frames_out_binary(struct buf *out, struct str bytes)
{
	size_t i;

	buf_addf(out, "(%zu bytes)", bytes.n);
	for (i = 0; i < bytes.n && i < FRAMES_OUT_BYTES; i++)
		buf_addf(out, " %02x", (unsigned char)bytes.p[i]);
	if (i < bytes.n)
		buf_add_text(out, " ...");
}

static void
frames_out_close(struct buf *out, struct str payload)
{
	buf_add_text(out, "Close");
	if (payload.n < 2)
		return;
	buf_addf(out, " %u ",
	    (unsigned)(uint8_t)payload.p[0] << 8 | (uint8_t)payload.p[1]);
	frames_out_text(out, (struct str){ payload.p + 2, payload.n - 2 });
}

static void
frames_out_one(struct buf *out, const struct frame *f, int64_t began_us)
{
	int64_t us = f->at_us - began_us;

	if (f->at_us < 0 || us < 0) /* not known, or not to be believed */
		buf_add_text(out, "           ");
	else
		buf_addf(out, "%4" PRId64 ".%03d s ", us / 1000000,
		    (int)(us % 1000000 / 1000));
	buf_add_text(out, f->sent ? "> " : "< ");
	if (f->opcode == FRAME_TEXT)
		frames_out_text(out, f->data);
	else if (f->opcode == FRAME_CLOSE)
		frames_out_close(out, f->data);
	else if (f->opcode == FRAME_PING || f->opcode == FRAME_PONG)
		buf_add_text(out, f->opcode == FRAME_PING ? "Ping" : "Pong");
	else
		frames_out_binary(out, f->data);
	if (f->size > f->data.n)
		buf_addf(out, " (of %" PRIu64 " bytes)", f->size);
	buf_add_text(out, "\n");
}

void
frames_out_add(struct buf *out, struct str lines, int64_t began_us)
{
	struct buf scratch = { 0 };
	struct frame f;
	struct str line;
	size_t n = 0;

	while (lines.n > 0 && str_cut(&lines, '\n', &line)) {
		if (frame_read(line, &f, &scratch) == -1)
			continue;
		if (n++ < FRAMES_OUT_MOST)
			frames_out_one(out, &f, began_us);
	}
	if (n > FRAMES_OUT_MOST)
		buf_addf(
		    out, "... and %zu messages more\n", n - FRAMES_OUT_MOST);
	buf_free(&scratch);
}
