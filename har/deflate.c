#include "config.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"

#include "har/deflate.h"

#define DEFLATE_MEMORY 8           /* zlib's own choice: 256 KiB */
#define DEFLATE_AT_ONCE (1u << 30) /* zlib counts with 32 bits */
#define DEFLATE_ROOM (16u << 10)   /* for what comes of one call */
#define DEFLATE_MARK 4             /* bytes 00 00 ff ff that are left out */

struct deflate {
	z_stream z;
};

struct deflate *
deflate_new(void)
{
	struct deflate *d = xcalloc(1, sizeof(*d));

	if (deflateInit2(&d->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS,
		DEFLATE_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* as for any other memory */
	return d;
}

void
deflate_free(struct deflate *d)
{
	if (d == NULL)
		return;
	deflateEnd(&d->z);
	free(d);
}

/* All of the piece that z has; with Z_SYNC_FLUSH all that comes of it. */
static void
deflate_run(z_stream *z, int flush, struct buf *out)
{
	do {
		z->next_out = (Bytef *)buf_reserve(out, DEFLATE_ROOM);
		z->avail_out = DEFLATE_ROOM;
		(void)deflate(z, flush); /* it cannot fail with room left */
		out->n += DEFLATE_ROOM - z->avail_out;
	} while (z->avail_out == 0);
}

void
deflate_message(struct deflate *d, struct str message, struct buf *out)
{
	z_stream *z = &d->z;
	size_t n;

	do {
		n = message.n < DEFLATE_AT_ONCE ? message.n : DEFLATE_AT_ONCE;
		z->next_in = (Bytef *)message.p;
		z->avail_in = (uInt)n;
		message.p += n;
		message.n -= n;
		deflate_run(z, message.n > 0 ? Z_NO_FLUSH : Z_SYNC_FLUSH, out);
	} while (message.n > 0);
	out->n -= DEFLATE_MARK;
	deflateReset(z);
}
