#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "tests/soak/writer.h"

/* What a chunk's frame takes at most. */
#define WRITER_FRAME 16

static void
writer_add_chunk(struct writer *w, size_t n)
{
	unsigned char *at = w->bytes + w->end;

	at += sprintf((char *)at, "%zx\r\n", n);
	text_fill(&w->body, w->offset, at, n);
	at += n;
	*at++ = '\r';
	*at++ = '\n';
	w->end = (size_t)(at - w->bytes);
}

/* As much of the body as there is room for. */
static void
writer_fill(struct writer *w)
{
	uint64_t left = w->body.size - w->offset;
	size_t room, n;

	if (w->begin == w->end)
		w->begin = w->end = 0;
	if (w->end + 4 * WRITER_FRAME > WRITER_ROOM)
		return;
	room = WRITER_ROOM - w->end - 2 * WRITER_FRAME;
	n = left < room ? (size_t)left : room;
	if (n > 0 && w->chunked) {
		writer_add_chunk(w, n);
	} else if (n > 0) {
		text_fill(&w->body, w->offset, w->bytes + w->end, n);
		w->end += n;
	}
	w->offset += n;
	if (w->offset == w->body.size && w->chunked && !w->last) {
		w->end +=
		    (size_t)sprintf((char *)w->bytes + w->end, "0\r\n\r\n");
		w->last = 1;
	}
}

void
writer_begin(struct writer *w, const char *start, const struct text *body,
    int chunked, int bodyless)
{
	int n;

	w->begin = 0;
	w->offset = 0;
	w->body = *body;
	w->chunked = chunked;
	w->last = !chunked;
	if (chunked)
		n = snprintf((char *)w->bytes, WRITER_ROOM,
		    "%sTransfer-Encoding: chunked\r\n\r\n", start);
	else if (bodyless && body->size == 0)
		n = snprintf((char *)w->bytes, WRITER_ROOM, "%s\r\n", start);
	else
		n = snprintf((char *)w->bytes, WRITER_ROOM,
		    "%sContent-Length: %llu\r\n\r\n", start,
		    (unsigned long long)body->size);
	w->end = (size_t)n;
	writer_fill(w);
}

int
writer_flush(struct writer *w, int fd)
{
	ssize_t n;

	for (;;) {
		if (w->begin == w->end)
			writer_fill(w);
		if (w->begin == w->end)
			return 1;
		n = send(
		    fd, w->bytes + w->begin, w->end - w->begin, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		w->begin += (size_t)n;
	}
}
