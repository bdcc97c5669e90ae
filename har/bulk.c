#include "config.h"

#include "base/err.h"
#include "har/feed.h"
#include "har/spool.h"

#include "har/bulk.h"

#define BULK_PIECE (256u << 10) /* what goes to the file at a time */

struct bulk
bulk_like(const struct bulk *b)
{
	return (struct bulk){ .in_memory = b->in_memory,
		.folder = b->folder,
		.limit = b->limit };
}

void
bulk_free(struct bulk *b)
{
	buf_free(&b->bytes);
	spool_free(b->spool);
	b->spool = NULL;
}

uint64_t
bulk_size(const struct bulk *b)
{
	return b->bytes.n + (b->spool != NULL ? spool_size(b->spool) : 0);
}

static int
bulk_flush(struct bulk *b, struct err *e)
{
	if (b->spool == NULL)
		b->spool = spool_new(b->folder, e);
	if (b->spool == NULL ||
	    spool_add(b->spool, b->bytes.p, b->bytes.n, e) == -1) {
		b->failed = true;
		return -1;
	}
	buf_clear(&b->bytes, 2 * BULK_PIECE);
	return 0;
}

int
bulk_settle(struct bulk *b, struct err *e)
{
	if (bulk_size(b) > b->limit)
		return err_set(e, "longer than the limit");
	if (b->bytes.n <= (b->spool != NULL ? BULK_PIECE : b->in_memory))
		return 0;
	return bulk_flush(b, e);
}

int
bulk_add(struct bulk *b, const void *p, size_t n, struct err *e)
{
	buf_add(&b->bytes, p, n);
	return bulk_settle(b, e);
}

int
bulk_end(struct bulk *b, struct err *e)
{
	return b->spool != NULL && b->bytes.n > 0 ? bulk_flush(b, e) : 0;
}

struct feed *
bulk_feed(const struct bulk *b)
{
	return b->spool != NULL ? feed_of_spool(b->spool)
				: feed_of_str(buf_str(&b->bytes));
}
