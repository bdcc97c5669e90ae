#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/spool.h"

#include "har/feed.h"

int
feed_next(struct feed *s, struct str *piece, struct err *e)
{
	return s->kind->next(s, piece, e);
}

void
feed_rewind(struct feed *s)
{
	s->kind->rewind(s);
}

void
feed_free(struct feed *s)
{
	if (s != NULL)
		s->kind->free(s);
}

/*
 * Memory: one piece
 */

struct feed_memory {
	struct feed feed;
	struct str bytes;
	bool over;
};

static int
feed_memory_next(struct feed *s, struct str *piece, struct err *e)
{
	struct feed_memory *m = (struct feed_memory *)s;

	(void)e; /* memory does not fail */
	if (m->over || m->bytes.n == 0)
		return 0;
	*piece = m->bytes;
	m->over = true;
	return 1;
}

static void
feed_memory_rewind(struct feed *s)
{
	((struct feed_memory *)s)->over = false;
}

static void
feed_memory_free(struct feed *s)
{
	free(s);
}

static const struct feed_kind feed_memory_kind = {
	.next = feed_memory_next,
	.rewind = feed_memory_rewind,
	.free = feed_memory_free,
};

struct feed *
feed_of_str(struct str bytes)
{
	struct feed_memory *m = xcalloc(1, sizeof(*m));

	m->feed.kind = &feed_memory_kind;
	m->bytes = bytes;
	return &m->feed;
}

/*
 * Whatever can be read at an offset
 */

struct feed_reader {
	struct feed feed;
	feed_read_fn read;
	void *arg;
	int64_t id;
	uint64_t size, at;
	char window[FEED_WINDOW];
};

static int
feed_reader_next(struct feed *s, struct str *piece, struct err *e)
{
	struct feed_reader *r = (struct feed_reader *)s;
	uint64_t left = r->size - r->at;
	size_t n = left < FEED_WINDOW ? (size_t)left : FEED_WINDOW, have;
	int64_t got;

	for (have = 0; have < n; have += (size_t)got) {
		got = r->read(
		    r->arg, r->id, r->at + have, r->window + have, n - have, e);
		if (got == -1)
			return -1;
		if (got == 0)
			return err_set(e,
			    "a body ends after %llu bytes, not %llu",
			    (unsigned long long)(r->at + have),
			    (unsigned long long)r->size);
	}
	r->at += n;
	*piece = (struct str){ r->window, n };
	return n > 0;
}

static void
feed_reader_rewind(struct feed *s)
{
	((struct feed_reader *)s)->at = 0;
}

static void
feed_reader_free(struct feed *s)
{
	free(s);
}

static const struct feed_kind feed_reader_kind = {
	.next = feed_reader_next,
	.rewind = feed_reader_rewind,
	.free = feed_reader_free,
};

struct feed *
feed_of_reader(feed_read_fn read, void *arg, int64_t id, uint64_t size)
{
	struct feed_reader *r = xmalloc(sizeof(*r));

	r->feed.kind = &feed_reader_kind;
	r->read = read;
	r->arg = arg;
	r->id = id;
	r->size = size;
	r->at = 0;
	return &r->feed;
}

static int64_t
feed_read_spool(
    void *arg, int64_t id, uint64_t at, void *p, size_t n, struct err *e)
{
	(void)id; /* there is one */
	return spool_read(arg, at, p, n, e);
}

struct feed *
feed_of_spool(struct spool *s)
{
	return feed_of_reader(feed_read_spool, s, 0, spool_size(s));
}

/*
 * Comparing
 */

int
feed_same(struct feed *a, struct feed *b, struct err *e)
{
	struct str x = { NULL, 0 }, y = { NULL, 0 };
	size_t n;
	int r;

	feed_rewind(a);
	feed_rewind(b);
	for (;;) {
		if (x.n == 0 && (r = feed_next(a, &x, e)) <= 0) {
			if (r == -1 || y.n > 0)
				return r;
			r = feed_next(b, &y, e);
			return r == -1 ? -1 : r == 0;
		}
		if (y.n == 0 && (r = feed_next(b, &y, e)) <= 0)
			return r;
		n = x.n < y.n ? x.n : y.n;
		if (memcmp(x.p, y.p, n) != 0)
			return 0;
		x = (struct str){ x.p + n, x.n - n };
		y = (struct str){ y.p + n, y.n - n };
	}
}
