#include "config.h"

#include <string.h>

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "har/headers.h"

#include "har/coding.h"

#define CODING_MOST 4 /* codings in one list */
#define CODING_STEP (64u << 10)

/* What a decoder of a stream may still write. */
struct coding_out {
	struct buf *buf;
	size_t left;
};

/* Room for the next piece, or NULL when the budget is spent. */
static char *
coding_room(struct coding_out *o, size_t *n)
{
	size_t step = CODING_STEP;

	if (o->buf->n > step)
		step = o->buf->n / 2;
	*n = step < o->left ? step : o->left;
	return *n == 0 ? NULL : buf_reserve(o->buf, *n);
}

static void
coding_used(struct coding_out *o, size_t n)
{
	o->buf->n += n;
	o->left -= n;
}

/*
 * zlib's two formats
 */

/* One stream from z on.  More budget than output tells TOO_BIG apart from an
 * output that fits exactly: one byte is kept back for that. */
static enum coding_result
coding_inflate_one(z_stream *z, struct coding_out *o)
{
	char spare, *p;
	size_t n;
	int r;

	do {
		p = coding_room(o, &n);
		if (p == NULL) {
			p = &spare;
			n = 1;
		}
		if (n > UINT32_MAX / 2)
			n = UINT32_MAX / 2;
		z->next_out = (Bytef *)p;
		z->avail_out = (uInt)n;
		r = inflate(z, Z_NO_FLUSH);
		n -= z->avail_out;
		if (p == &spare && n > 0)
			return CODING_TOO_BIG;
		if (p != &spare)
			coding_used(o, n);
	} while (r == Z_OK || (r == Z_BUF_ERROR && z->avail_out == 0));
	return r == Z_STREAM_END ? CODING_DONE : CODING_BROKEN;
}

static enum coding_result
coding_inflate(struct str bytes, int window, struct coding_out *o)
{
	z_stream z = { .next_in = (Bytef *)bytes.p };
	enum coding_result r;

	if (bytes.n > UINT32_MAX)
		return CODING_TOO_BIG;
	z.avail_in = (uInt)bytes.n;
	if (inflateInit2(&z, window) != Z_OK)
		return CODING_BROKEN;
	do {
		r = coding_inflate_one(&z, o);
		/* gzip's next member; anything else behind the end is what
		 * clients ignore. */
	} while (r == CODING_DONE && window > 15 && z.avail_in > 2 &&
		 z.next_in[0] == 0x1f && z.next_in[1] == 0x8b &&
		 inflateReset(&z) == Z_OK);
	inflateEnd(&z);
	return r;
}

static enum coding_result
coding_gunzip(struct str bytes, struct coding_out *o)
{
	return coding_inflate(bytes, 16 + MAX_WBITS, o);
}

static enum coding_result
coding_undeflate(struct str bytes, struct coding_out *o)
{
	struct coding_out begin = *o;
	size_t n = o->buf->n;
	enum coding_result r = coding_inflate(bytes, MAX_WBITS, o);

	if (r != CODING_BROKEN)
		return r;
	*o = begin;
	o->buf->n = n;
	return coding_inflate(bytes, -MAX_WBITS, o);
}

static int
coding_deflate(struct str bytes, int window, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)bytes.p };
	size_t most;
	int r;

	if (bytes.n > UINT32_MAX / 2)
		return -1;
	if (deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return -1;
	most = deflateBound(&z, (uLong)bytes.n);
	z.avail_in = (uInt)bytes.n;
	z.next_out = (Bytef *)buf_reserve(out, most);
	z.avail_out = (uInt)most;
	r = deflate(&z, Z_FINISH);
	out->n += most - z.avail_out;
	deflateEnd(&z);
	return r == Z_STREAM_END ? 0 : -1;
}

static int
coding_gzip(struct str bytes, struct buf *out)
{
	return coding_deflate(bytes, 16 + MAX_WBITS, out);
}

static int
coding_zlib(struct str bytes, struct buf *out)
{
	return coding_deflate(bytes, MAX_WBITS, out);
}

/*
 * The others
 */

static enum coding_result
coding_unbrotli(struct str bytes, struct coding_out *o)
{
	BrotliDecoderState *d = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	const uint8_t *in = (const uint8_t *)bytes.p;
	enum coding_result r = CODING_BROKEN;
	size_t n_in = bytes.n, n, room;
	BrotliDecoderResult got;
	uint8_t *out;

	if (d == NULL)
		return CODING_BROKEN;
	do {
		out = (uint8_t *)coding_room(o, &room);
		if (out == NULL) {
			n = 0;
			got = BrotliDecoderDecompressStream(
			    d, &n_in, &in, &n, NULL, NULL);
			if (got == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)
				r = CODING_TOO_BIG;
			break;
		}
		n = room;
		got = BrotliDecoderDecompressStream(
		    d, &n_in, &in, &n, &out, NULL);
		coding_used(o, room - n);
	} while (got == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
	if (got == BROTLI_DECODER_RESULT_SUCCESS)
		r = CODING_DONE;
	BrotliDecoderDestroyInstance(d);
	return r;
}

static enum coding_result
coding_unzstd(struct str bytes, struct coding_out *o)
{
	ZSTD_inBuffer in = { bytes.p, bytes.n, 0 };
	enum coding_result r = CODING_BROKEN;
	ZSTD_DStream *d = ZSTD_createDStream();
	size_t left = 1, room, was;
	ZSTD_outBuffer out;
	char spare;

	if (d == NULL)
		return CODING_BROKEN;
	do {
		out.dst = coding_room(o, &room);
		if (out.dst == NULL) {
			out.dst = &spare;
			room = 1;
		}
		out.size = room;
		out.pos = 0;
		was = in.pos;
		left = ZSTD_decompressStream(d, &out, &in);
		if (ZSTD_isError(left))
			break;
		if (out.dst == &spare && out.pos > 0) {
			r = CODING_TOO_BIG;
			break;
		}
		if (out.dst != &spare)
			coding_used(o, out.pos);
	} while (in.pos < in.size || (left != 0 && out.pos == out.size) ||
		 (left != 0 && in.pos > was));
	if (r != CODING_TOO_BIG && left == 0 && in.pos == in.size)
		r = CODING_DONE;
	ZSTD_freeDStream(d);
	return r;
}

/*
 * What is edited by hand is small: the result may be in memory as a whole.
 */

#define CODING_BROTLI_QUALITY 5
#define CODING_ZSTD_LEVEL 3

static int
coding_brotli(struct str bytes, struct buf *out)
{
	size_t n = BrotliEncoderMaxCompressedSize(bytes.n);
	uint8_t *p;

	if (n == 0)
		return -1;
	p = (uint8_t *)buf_reserve(out, n);
	if (!BrotliEncoderCompress(CODING_BROTLI_QUALITY, BROTLI_DEFAULT_WINDOW,
		BROTLI_DEFAULT_MODE, bytes.n, (const uint8_t *)bytes.p, &n, p))
		return -1;
	out->n += n;
	return 0;
}

static int
coding_zstd(struct str bytes, struct buf *out)
{
	size_t n = ZSTD_compressBound(bytes.n);

	if (ZSTD_isError(n))
		return -1;
	n = ZSTD_compress(
	    buf_reserve(out, n), n, bytes.p, bytes.n, CODING_ZSTD_LEVEL);
	if (ZSTD_isError(n))
		return -1;
	out->n += n;
	return 0;
}

static const struct coding {
	const char *name;
	enum coding_result (*decode)(struct str bytes, struct coding_out *o);
	int (*encode)(struct str bytes, struct buf *out);
} codings[] = {
	{ "gzip", coding_gunzip, coding_gzip },
	{ "x-gzip", coding_gunzip, coding_gzip },
	{ "deflate", coding_undeflate, coding_zlib },
	{ "br", coding_unbrotli, coding_brotli },
	{ "zstd", coding_unzstd, coding_zstd },
};

#define NCODINGS (sizeof(codings) / sizeof(*codings))

static const struct coding *
coding_find(struct str name)
{
	size_t i;

	for (i = 0; i < NCODINGS; i++)
		if (str_iis(name, codings[i].name))
			return &codings[i];
	return NULL;
}

/* The codings of list in order; how many, or -1. */
static int
coding_parse(struct str list, const struct coding *found[CODING_MOST])
{
	struct str part;
	int n = 0;

	while (str_cut(&list, ',', &part)) {
		part = str_trim(part);
		if (part.n == 0 || str_iis(part, "identity"))
			continue;
		if (n == CODING_MOST)
			return -1;
		found[n] = coding_find(part);
		if (found[n++] == NULL)
			return -1;
	}
	return n;
}

const char *
coding_text(enum coding_result r)
{
	static const char *const texts[] = {
		[CODING_DONE] = "done",
		[CODING_UNKNOWN] = "unknown content coding",
		[CODING_BROKEN] = "broken content coding",
		[CODING_TOO_BIG] = "too big when decoded",
	};

	return texts[r];
}

struct str
coding_list(const struct headers *h, struct arena *a)
{
	struct str rest, part, all = STR("");
	const struct header *f;
	size_t at = 0;

	while ((f = headers_next(h, "Content-Encoding", &at)) != NULL) {
		rest = f->value;
		while (str_cut(&rest, ',', &part)) {
			part = str_trim(part);
			if (part.n == 0 || str_iis(part, "identity"))
				continue;
			all =
			    str_of(arena_printf(a, "%.*s%s%.*s", STR_ARGS(all),
				all.n > 0 ? ", " : "", STR_ARGS(part)));
		}
	}
	return all;
}

enum coding_result
coding_decode(struct str list, struct str bytes, size_t budget, struct buf *out)
{
	const struct coding *found[CODING_MOST];
	struct buf from = { 0 }, to = { 0 };
	enum coding_result r = CODING_DONE;
	int n = coding_parse(list, found);

	if (n == -1)
		return CODING_UNKNOWN;
	while (n-- > 0 && r == CODING_DONE) {
		struct coding_out o = { &to, budget };

		r = found[n]->decode(bytes, &o);
		buf_free(&from);
		from = to;
		to = (struct buf){ 0 };
		bytes = buf_str(&from);
	}
	if (r == CODING_DONE && out->n == 0 && from.p != NULL) {
		buf_free(out);
		*out = from;
		return r;
	}
	if (r == CODING_DONE)
		buf_add_str(out, bytes);
	buf_free(&from);
	return r;
}

int
coding_encode(struct str list, struct str bytes, struct buf *out)
{
	const struct coding *found[CODING_MOST];
	struct buf from = { 0 }, to = { 0 };
	int i, n = coding_parse(list, found), r = n == -1 ? -1 : 0;

	for (i = 0; i < n && r == 0; i++) {
		r = found[i]->encode(bytes, &to);
		buf_free(&from);
		from = to;
		to = (struct buf){ 0 };
		bytes = buf_str(&from);
	}
	if (r == 0)
		buf_add_str(out, bytes);
	buf_free(&from);
	return r;
}
