#include "config.h"

#include <string.h>

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "har/coding_priv.h"
#include "har/headers.h"

#include "har/coding.h"

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

static const struct coding codings[] = {
	{ "gzip", &coding_decoder_gzip, coding_gzip },
	{ "x-gzip", &coding_decoder_gzip, coding_gzip },
	{ "deflate", &coding_decoder_deflate, coding_zlib },
	{ "br", &coding_decoder_brotli, coding_brotli },
	{ "zstd", &coding_decoder_zstd, coding_zstd },
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

int
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
		[CODING_UNREADABLE] = "cannot be read",
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
