#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "har/exchange.h"
#include "har/frame.h"

#include "gateway/traffic_flow.h"

#define TRAFFIC_FLOW_SHARE 8  /* no message takes more of what is kept */
#define TRAFFIC_FLOW_LINE 256 /* of it beside the payload, at most */

struct traffic_flow {
	atomic_uint refs;
	pthread_mutex_t lock;
	bool messages;
	size_t most;
	struct buf bytes;
	size_t gone; /* of bytes: lines that are dropped */
	uint64_t count, dropped, size;
	struct chunk_mark *marks;
	size_t nmarks;
};

struct traffic_flow *
traffic_flow_new(bool messages, size_t most)
{
	struct traffic_flow *f = xcalloc(1, sizeof(*f));

	atomic_init(&f->refs, 1);
	pthread_mutex_init(&f->lock, NULL);
	f->messages = messages;
	f->most = most;
	return f;
}

struct traffic_flow *
traffic_flow_ref(struct traffic_flow *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

void
traffic_flow_unref(struct traffic_flow *f)
{
	if (f == NULL || atomic_fetch_sub(&f->refs, 1) != 1)
		return;
	pthread_mutex_destroy(&f->lock);
	buf_free(&f->bytes);
	free(f->marks);
	free(f);
}

/* The oldest lines make room for n bytes; they move when half is gone. */
static void
traffic_flow_room(struct traffic_flow *f, size_t n)
{
	struct str rest, line;

	while (f->gone < f->bytes.n && f->bytes.n - f->gone + n > f->most) {
		rest =
		    (struct str){ f->bytes.p + f->gone, f->bytes.n - f->gone };
		(void)str_cut(&rest, '\n', &line);
		f->gone += line.n + 1;
		f->dropped++;
	}
	if (f->gone >= f->most / 2) {
		buf_drop(&f->bytes, f->gone);
		f->gone = 0;
	}
}

/* The most of a payload that fits: what is no text grows by a third, and an
 * escape takes six bytes. */
static size_t
traffic_flow_fits(const struct traffic_flow *f)
{
	size_t share = f->most / TRAFFIC_FLOW_SHARE;

	return share > TRAFFIC_FLOW_LINE ? (share - TRAFFIC_FLOW_LINE) / 6 : 0;
}

/* Cut between two characters. */
static struct str
traffic_flow_cut(struct str text, size_t most)
{
	if (text.n <= most)
		return text;
	while (most > 0 && ((unsigned char)text.p[most] & 0xc0) == 0x80)
		most--;
	return (struct str){ text.p, most };
}

void
traffic_flow_message(struct traffic_flow *f, const struct frame *m)
{
	struct frame cut = *m;
	struct buf line = { 0 };

	cut.data = traffic_flow_cut(m->data, traffic_flow_fits(f));
	frame_write(&line, &cut);
	pthread_mutex_lock(&f->lock);
	f->count++;
	traffic_flow_room(f, line.n);
	if (line.n <= f->most)
		buf_add_str(&f->bytes, buf_str(&line));
	else
		f->dropped++;
	pthread_mutex_unlock(&f->lock);
	buf_free(&line);
}

/* Where the piece begins, if it is one of the first ones. */
static void
traffic_flow_mark(struct traffic_flow *f, int64_t at_us)
{
	if (f->size >= f->most || f->nmarks == TRAFFIC_FLOW_MARKS)
		return;
	if ((f->nmarks & (f->nmarks - 1)) == 0)
		f->marks =
		    xrealloc(f->marks, 2 * (f->nmarks + 1) * sizeof(*f->marks));
	f->marks[f->nmarks++] = (struct chunk_mark){ f->size, at_us };
}

void
traffic_flow_piece(struct traffic_flow *f, struct str bytes, int64_t at_us)
{
	size_t room;

	pthread_mutex_lock(&f->lock);
	room = f->most - f->bytes.n;
	traffic_flow_mark(f, at_us);
	f->count++;
	f->size += bytes.n;
	buf_add(&f->bytes, bytes.p, bytes.n < room ? bytes.n : room);
	pthread_mutex_unlock(&f->lock);
}

void
traffic_flow_look(struct traffic_flow *f, struct traffic_flow_seen *s)
{
	*s = (struct traffic_flow_seen){ .messages = f->messages };
	pthread_mutex_lock(&f->lock);
	s->count = f->count;
	s->dropped = f->dropped;
	s->size = f->size;
	if (f->bytes.n > f->gone)
		buf_add(&s->bytes, f->bytes.p + f->gone, f->bytes.n - f->gone);
	s->nmarks = f->nmarks;
	if (f->nmarks > 0) {
		s->marks = xmalloc(f->nmarks * sizeof(*s->marks));
		memcpy(s->marks, f->marks, f->nmarks * sizeof(*s->marks));
	}
	pthread_mutex_unlock(&f->lock);
}

void
traffic_flow_seen_fini(struct traffic_flow_seen *s)
{
	buf_free(&s->bytes);
	free(s->marks);
}
