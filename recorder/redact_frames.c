/* Messages of a WebSocket without secrets: each is searched as a body would
 * be, in what it says and not in how its line says it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "har/bulk.h"
#include "har/feed.h"
#include "har/frame.h"
#include "har/har_read.h"
#include "har/spool.h"

#include "recorder/redact_priv.h"

/* Adds the line, whose line feed is left out. */
static int
redact_frames_line(
    struct redaction *d, struct str line, struct bulk *out, struct err *e)
{
	static const struct headers none;
	struct buf data = { 0 }, changed = { 0 }, text = { 0 };
	struct frame f;

	if (frame_read(line, &f, &data) == 0 && f.opcode == FRAME_TEXT &&
	    redact_body(d, &none, f.data, &changed) == REDACT_CHANGED) {
		f.size = f.size - f.data.n + changed.n;
		f.data = buf_str(&changed);
		frame_write(&text, &f);
	} else {
		buf_add_str(&text, line);
		buf_add(&text, "\n", 1);
	}
	buf_free(&data);
	buf_free(&changed);
	if (bulk_add(out, text.p, text.n, e) == -1) {
		buf_free(&text);
		return -1;
	}
	buf_free(&text);
	return 0;
}

/* All whole lines of part; the rest stays. */
static int
redact_frames_lines(
    struct redaction *d, struct buf *part, struct bulk *out, struct err *e)
{
	const char *end = memrchr(part->p, '\n', part->n);
	struct str rest = buf_str(part), line;

	if (end == NULL)
		return 0;
	rest.n = (size_t)(end + 1 - rest.p);
	while (rest.n > 0 && str_cut(&rest, '\n', &line))
		if (redact_frames_line(d, line, out, e) == -1)
			return -1;
	buf_drop(part, (size_t)(end + 1 - part->p));
	return 0;
}

bool
redact_frames(struct redaction *d, struct body *b)
{
	struct bulk out = { .in_memory = HAR_IN_MEMORY,
		.limit = HAR_MOST_BODY };
	struct feed *lines;
	struct buf part = { 0 };
	struct str piece;
	struct err e;
	int r;

	if (!b->known || b->stored_id > 0 || body_held(b) == 0)
		return true;
	lines = body_feed(b);
	while ((r = feed_next(lines, &piece, &e)) == 1) {
		buf_add_str(&part, piece);
		if (redact_frames_lines(d, &part, &out, &e) == -1) {
			r = -1;
			break;
		}
	}
	feed_free(lines);
	if (r == 0 && part.n > 0)
		r = redact_frames_line(d, buf_str(&part), &out, &e);
	buf_free(&part);
	if (r == 0)
		r = bulk_end(&out, &e);
	body_clear(b);
	b->hashed = false;
	b->known = r == 0;
	if (r == 0) {
		b->size = bulk_size(&out);
		b->bytes = out.bytes;
		b->spool = out.spool;
	} else {
		bulk_free(&out);
	}
	return r == 0;
}
