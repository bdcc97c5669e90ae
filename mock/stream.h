#ifndef MOCK_STREAM_H
#define MOCK_STREAM_H

/*
 * A body that comes in pieces (not Mockoon's): the events of an event stream,
 * each rendered when its time has come, or the response's own body cut into
 * events or lines; once, several times or until the client leaves.
 *
 * With a content type of its own instead of text/event-stream, each event is
 * a line: its data.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct mock_reply;
struct serving;
struct stream; /* opaque; one thread at a time */

#define STREAM_LEAST_MS 10 /* between the pieces of an endless one */

/* Of the response that r was made from; what r has of a body moves to the
 * stream. */
struct stream *stream_new(
    const struct serving *v, size_t response, struct mock_reply *r);
void stream_free(struct stream *s); /* safe on NULL */

/* Whether there is another piece; *ms is how long to wait in front of it. */
bool stream_more(const struct stream *s, uint64_t *ms);

/* Appends that piece to out, and to remarks what the log should have.  -1 with
 * *e set when it cannot be made. */
int stream_take(struct stream *s, int64_t now_us, struct buf *out,
    struct buf *remarks, struct err *e);

#endif
