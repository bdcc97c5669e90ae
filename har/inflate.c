#include "config.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"

#include "har/inflate.h"

#define INFLATE_WINDOW (16u << 10)
#define INFLATE_AT_ONCE (1u << 30) /* zlib counts with 32 bits */

struct inflate {
	z_stream z;
	bool own;
	bool broken;
	char window[INFLATE_WINDOW];
};

struct inflate *
inflate_new(bool own)
{
	struct inflate *i = xcalloc(1, sizeof(*i));

	i->own = own;
	/* The largest window reads what any smaller one wrote. */
	i->broken = inflateInit2(&i->z, -MAX_WBITS) != Z_OK;
	return i;
}

void
inflate_free(struct inflate *i)
{
	if (i == NULL)
		return;
	inflateEnd(&i->z);
	free(i);
}

static void
inflate_keep(const struct inflate *i, size_t n, size_t most, struct buf *out)
{
	size_t room = out->n < most ? most - out->n : 0;

	buf_add(out, i->window, n < room ? n : room);
}

/* RFC 7692 section 7.2.3.4: a message may end with a final block, behind
 * which the window goes on. */
static int
inflate_go_on(struct inflate *i)
{
	Bytef last[1 << MAX_WBITS];
	uInt n = sizeof(last);

	if (inflateGetDictionary(&i->z, last, &n) != Z_OK ||
	    inflateReset(&i->z) != Z_OK)
		return Z_DATA_ERROR;
	return inflateSetDictionary(&i->z, last, n);
}

/* 0, or -1. */
static int
inflate_bytes(struct inflate *i, struct str bytes, size_t most, uint64_t limit,
    struct buf *out, uint64_t *size)
{
	z_stream *z = &i->z;
	size_t n;
	int r;

	z->next_in = (Bytef *)bytes.p;
	z->avail_in = (uInt)bytes.n;
	do {
		z->next_out = (Bytef *)i->window;
		z->avail_out = sizeof(i->window);
		r = inflate(z, Z_SYNC_FLUSH);
		n = sizeof(i->window) - z->avail_out;
		inflate_keep(i, n, most, out);
		*size += n;
		if (*size > limit)
			return -1;
		if (r == Z_STREAM_END)
			r = inflate_go_on(i);
		if (r != Z_OK && r != Z_BUF_ERROR)
			return -1;
	} while (z->avail_out == 0 || (z->avail_in > 0 && r == Z_OK));
	return z->avail_in == 0 ? 0 : -1;
}

int
inflate_message(struct inflate *i, struct str bytes, bool end, size_t most,
    uint64_t limit, struct buf *out, uint64_t *size)
{
	struct str piece;

	for (; !i->broken && bytes.n > 0; bytes.p += piece.n) {
		piece = bytes;
		if (piece.n > INFLATE_AT_ONCE)
			piece.n = INFLATE_AT_ONCE;
		bytes.n -= piece.n;
		i->broken =
		    inflate_bytes(i, piece, most, limit, out, size) == -1;
	}
	if (end && !i->broken)
		i->broken = inflate_bytes(i, STR("\0\0\xff\xff"), most, limit,
				out, size) == -1;
	if (end && i->own && !i->broken)
		i->broken = inflateReset(&i->z) != Z_OK;
	return i->broken ? -1 : 0;
}
