#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#include "replay/script.h"

#define SCRIPT_WINDOW (64u << 10)
#define SCRIPT_LINE (128u << 20)

struct script {
	script_read_fn read;
	void *arg;
	uint64_t at;     /* of what is not in part yet */
	struct buf part; /* of the recording; lines before used are over */
	size_t used;
	struct frame frame;
	struct buf data; /* of frame */
	bool ready;      /* frame is next */
	bool over, broken;
	uint64_t heard;
};

struct script *
script_new(script_read_fn read, void *arg)
{
	struct script *s = xcalloc(1, sizeof(*s));

	s->read = read;
	s->arg = arg;
	return s;
}

void
script_free(struct script *s)
{
	if (s == NULL)
		return;
	buf_free(&s->part);
	buf_free(&s->data);
	free(s);
}

/* More of the recording into part: 1, 0 at its end, -1. */
static int
script_fill(struct script *s, struct err *e)
{
	int64_t n;

	buf_drop(&s->part, s->used);
	s->used = 0;
	if (s->part.n > SCRIPT_LINE)
		return err_set(e, "a line of the recording is too long");
	n = s->read(s->arg, s->at, buf_reserve(&s->part, SCRIPT_WINDOW),
	    SCRIPT_WINDOW, e);
	if (n <= 0)
		return (int)n;
	s->part.n += (size_t)n;
	s->at += (uint64_t)n;
	return 1;
}

/* The next line: 1, 0 when there is none, -1. */
static int
script_line(struct script *s, struct str *line, struct err *e)
{
	const char *end;
	int r = 1;

	do {
		line->n = s->part.n - s->used;
		end = line->n > 0 ? memchr(s->part.p + s->used, '\n', line->n)
				  : NULL;
	} while (end == NULL && (r = script_fill(s, e)) == 1);
	if (r == -1 || (end == NULL && s->part.n == 0))
		return r;
	line->p = s->part.p + s->used;
	line->n = end != NULL ? (size_t)(end - line->p) : s->part.n;
	s->used += line->n + (end != NULL);
	return 1;
}

static bool
script_counts(const struct frame *f)
{
	return f->opcode == FRAME_TEXT || f->opcode == FRAME_BINARY ||
	       f->opcode == FRAME_CLOSE;
}

enum script_turn
script_turn(struct script *s, const struct frame **f, struct err *e)
{
	struct str line;
	int r;

	while (!s->ready && !s->over && !s->broken) {
		r = script_line(s, &line, e);
		if (r == 1)
			s->ready = frame_read(line, &s->frame, &s->data) == 0 &&
				   script_counts(&s->frame);
		s->over = r == 0;
		s->broken = r == -1;
	}
	*f = &s->frame;
	if (s->broken)
		return SCRIPT_BROKEN;
	if (s->over)
		return SCRIPT_OVER;
	return s->frame.sent ? SCRIPT_HEAR : SCRIPT_SAY;
}

void
script_next(struct script *s)
{
	s->heard += s->ready && s->frame.sent;
	s->ready = false;
}

uint64_t
script_heard(const struct script *s)
{
	return s->heard;
}
