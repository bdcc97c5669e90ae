#ifndef HAR_CODING_PRIV_H
#define HAR_CODING_PRIV_H

/* The inside of content codings, for coding.c and coding_feed.c only. */

#include <stdbool.h>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "har/coding.h"

struct buf;

#define CODING_MOST 4 /* codings in one list */

enum coding_step { CODING_MORE, CODING_END, CODING_WRONG };

/* One coding being taken off. */
struct coding_stage {
	const struct coding_decoder *how;
	struct str in; /* read, but not used yet */
	bool in_over;  /* nothing comes behind it */
	bool over;     /* nothing comes out any more */
	uint64_t left; /* of the budget */
	char *window;  /* where the stage below writes to; or NULL */
	bool begun;    /* deflate: its form is known; zstd: a frame came */
	unsigned char held[4]; /* to be used before in */
	size_t nheld;
	bool between; /* two members of gzip, or frames of zstd */
	union {
		z_stream z;
		BrotliDecoderState *brotli;
		ZSTD_DStream *zstd;
	} with;
};

/* step uses some of in and writes up to *n bytes to p; *n is how many it
 * were.  It is also asked when in is empty, once that is over. */
struct coding_decoder {
	bool (*open)(struct coding_stage *s);
	enum coding_step (*step)(struct coding_stage *s, char *p, size_t *n);
	void (*close)(struct coding_stage *s);
};

/* coding_feed.c */
extern const struct coding_decoder coding_decoder_gzip, coding_decoder_deflate,
    coding_decoder_brotli, coding_decoder_zstd;

struct coding {
	const char *name;
	const struct coding_decoder *decoder;
	int (*encode)(struct str bytes, struct buf *out);
};

/* coding.c: the codings of list in order; how many, or -1. */
int coding_parse(struct str list, const struct coding *found[CODING_MOST]);

#endif
