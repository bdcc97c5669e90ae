/*
 * Content codings taken off as bytes come: each coding of a list is a stage
 * that pulls from the one below it, the lowest from the feed.  Memory is
 * what the decoders themselves need and a window per stage.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "har/coding_priv.h"
#include "har/feed.h"

#include "har/coding.h"

#define CODING_WINDOW (64u << 10)
#define CODING_ZLIB_MOST (1u << 30) /* it counts with 32 bits */
#define CODING_IDLE 8 /* steps without progress before that is an error */

struct coding_feed {
	struct feed feed;
	struct feed *from;
	struct coding_stage stage[CODING_MOST]; /* the lowest first */
	int n;
	uint64_t budget;
	enum coding_result result;
	char window[FEED_WINDOW];
};

/*
 * zlib's two formats
 */

static bool
coding_gzip_open(struct coding_stage *s)
{
	return inflateInit2(&s->with.z, 16 + MAX_WBITS) == Z_OK;
}

static void
coding_zlib_close(struct coding_stage *s)
{
	inflateEnd(&s->with.z);
}

static enum coding_step
coding_inflate(struct coding_stage *s, char *p, size_t *n)
{
	z_stream *z = &s->with.z;
	bool held = s->nheld > 0;
	size_t in = held ? s->nheld : s->in.n, room = *n, used;
	int r;

	if (in > CODING_ZLIB_MOST)
		in = CODING_ZLIB_MOST;
	if (room > CODING_ZLIB_MOST)
		room = CODING_ZLIB_MOST;
	z->next_in = held ? s->held : (Bytef *)s->in.p;
	z->avail_in = (uInt)in;
	z->next_out = (Bytef *)p;
	z->avail_out = (uInt)room;
	r = inflate(z, Z_NO_FLUSH);
	used = in - z->avail_in;
	*n = room - z->avail_out;
	if (held) {
		s->nheld -= used;
		memmove(s->held, s->held + used, s->nheld);
	} else if (used > 0) {
		s->in = (struct str){ s->in.p + used, s->in.n - used };
	}
	if (r == Z_STREAM_END)
		return CODING_END;
	return r == Z_OK || r == Z_BUF_ERROR ? CODING_MORE : CODING_WRONG;
}

/* Moves bytes from in to held until there are n. */
static bool
coding_hold(struct coding_stage *s, size_t n)
{
	while (s->nheld < n && s->in.n > 0) {
		s->held[s->nheld++] = (unsigned char)s->in.p[0];
		s->in = (struct str){ s->in.p + 1, s->in.n - 1 };
	}
	return s->nheld == n;
}

/* Behind a member of a gzip file: another one may follow; anything else there
 * is what clients ignore. */
static enum coding_step
coding_gzip_between(struct coding_stage *s)
{
	bool whole = coding_hold(s, 2);

	if ((s->nheld > 0 && s->held[0] != 0x1f) ||
	    (s->nheld > 1 && s->held[1] != 0x8b))
		return CODING_END;
	if (!whole || s->in.n == 0)
		return s->in_over ? CODING_END : CODING_MORE;
	s->between = false;
	return inflateReset(&s->with.z) == Z_OK ? CODING_MORE : CODING_WRONG;
}

static enum coding_step
coding_gzip_step(struct coding_stage *s, char *p, size_t *n)
{
	enum coding_step step;

	if (s->between) {
		*n = 0;
		return coding_gzip_between(s);
	}
	step = coding_inflate(s, p, n);
	if (step != CODING_END)
		return step;
	s->between = true;
	return CODING_MORE;
}

const struct coding_decoder coding_decoder_gzip = {
	.open = coding_gzip_open,
	.step = coding_gzip_step,
	.close = coding_zlib_close,
};

static bool
coding_deflate_open(struct coding_stage *s)
{
	(void)s; /* in which of its forms shows by its first bytes */
	return true;
}

/* RFC 1950 section 2.2.  No encoder begins the raw form like this: it would
 * be a stored block with bits set in its padding. */
static bool
coding_deflate_is_zlib(const unsigned char p[2])
{
	return (p[0] & 15) == 8 && p[0] >> 4 <= 7 &&
	       (p[0] << 8 | p[1]) % 31 == 0;
}

static enum coding_step
coding_deflate_step(struct coding_stage *s, char *p, size_t *n)
{
	int window;

	if (!s->begun) {
		if (!coding_hold(s, 2)) {
			*n = 0;
			return CODING_MORE;
		}
		window =
		    coding_deflate_is_zlib(s->held) ? MAX_WBITS : -MAX_WBITS;
		s->begun = inflateInit2(&s->with.z, window) == Z_OK;
		if (!s->begun)
			return CODING_WRONG;
	}
	return coding_inflate(s, p, n);
}

static void
coding_deflate_close(struct coding_stage *s)
{
	if (s->begun)
		coding_zlib_close(s);
	s->begun = false;
}

const struct coding_decoder coding_decoder_deflate = {
	.open = coding_deflate_open,
	.step = coding_deflate_step,
	.close = coding_deflate_close,
};

/*
 * The others
 */

static bool
coding_brotli_open(struct coding_stage *s)
{
	s->with.brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	return s->with.brotli != NULL;
}

static enum coding_step
coding_brotli_step(struct coding_stage *s, char *p, size_t *n)
{
	const uint8_t *in = (const uint8_t *)s->in.p;
	size_t room = *n;
	uint8_t *out = (uint8_t *)p;
	BrotliDecoderResult r = BrotliDecoderDecompressStream(
	    s->with.brotli, &s->in.n, &in, &room, &out, NULL);

	s->in.p = (const char *)in;
	*n -= room;
	if (r == BROTLI_DECODER_RESULT_ERROR)
		return CODING_WRONG;
	return r == BROTLI_DECODER_RESULT_SUCCESS ? CODING_END : CODING_MORE;
}

static void
coding_brotli_close(struct coding_stage *s)
{
	BrotliDecoderDestroyInstance(s->with.brotli);
}

const struct coding_decoder coding_decoder_brotli = {
	.open = coding_brotli_open,
	.step = coding_brotli_step,
	.close = coding_brotli_close,
};

static bool
coding_zstd_open(struct coding_stage *s)
{
	s->with.zstd = ZSTD_createDStream();
	s->between = true;
	return s->with.zstd != NULL;
}

/* RFC 8878 section 3.1: a frame, or one to be skipped.  What zstd was before
 * is no content coding, and the library knows it only when it comes in one
 * piece. */
static bool
coding_zstd_is_frame(const unsigned char p[4])
{
	return memcmp(p, "\x28\xb5\x2f\xfd", 4) == 0 ||
	       (p[0] >> 4 == 5 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0);
}

/* Whether what follows a frame is another one; begun: there was one. */
static enum coding_step
coding_zstd_between(struct coding_stage *s)
{
	if (!coding_hold(s, 4)) {
		if (!s->in_over)
			return CODING_MORE;
		return s->begun && s->nheld == 0 ? CODING_END : CODING_WRONG;
	}
	s->between = false;
	s->begun = true;
	return coding_zstd_is_frame(s->held) ? CODING_MORE : CODING_WRONG;
}

/* Frame after frame, up to the end of the bytes. */
static enum coding_step
coding_zstd_step(struct coding_stage *s, char *p, size_t *n)
{
	ZSTD_outBuffer out = { p, *n, 0 };
	ZSTD_inBuffer in = { s->in.p, s->in.n, 0 };
	bool held = s->nheld > 0;
	size_t r;

	*n = 0;
	if (s->between)
		return coding_zstd_between(s);
	if (held)
		in = (ZSTD_inBuffer){ s->held, s->nheld, 0 };
	r = ZSTD_decompressStream(s->with.zstd, &out, &in);
	if (ZSTD_isError(r))
		return CODING_WRONG;
	*n = out.pos;
	if (held) {
		s->nheld -= in.pos;
		memmove(s->held, s->held + in.pos, s->nheld);
	} else {
		s->in = (struct str){ s->in.p + in.pos, s->in.n - in.pos };
	}
	s->between = r == 0;
	return s->between && s->in.n == 0 && s->in_over ? CODING_END
							: CODING_MORE;
}

static void
coding_zstd_close(struct coding_stage *s)
{
	ZSTD_freeDStream(s->with.zstd);
}

const struct coding_decoder coding_decoder_zstd = {
	.open = coding_zstd_open,
	.step = coding_zstd_step,
	.close = coding_zstd_close,
};

/*
 * Stages
 */

static int
coding_fail(struct coding_feed *c, enum coding_result why, struct err *e)
{
	c->result = why;
	return err_set(e, "%s", coding_text(why));
}

static int64_t coding_read(
    struct coding_feed *c, int k, char *p, size_t n, struct err *e);

/* More to work on for stage k, or the news that there is none. */
static int
coding_pull(struct coding_feed *c, int k, struct err *e)
{
	struct coding_stage *s = &c->stage[k];
	int64_t got;
	int r;

	if (k > 0) {
		got = coding_read(c, k - 1, s->window, CODING_WINDOW, e);
		if (got == -1)
			return -1;
		s->in = (struct str){ s->window, (size_t)got };
		s->in_over = got == 0;
		return 0;
	}
	r = feed_next(c->from, &s->in, e);
	if (r == -1)
		c->result = CODING_UNREADABLE;
	if (r == 0)
		s->in = STR("");
	s->in_over = r == 0;
	return r == -1 ? -1 : 0;
}

/* Whatever a stage that is over leaves, the one below has to come to its end
 * in order. */
static int
coding_drain(struct coding_feed *c, int k, struct err *e)
{
	int64_t got = 1;

	while (got > 0)
		got =
		    coding_read(c, k, c->stage[k + 1].window, CODING_WINDOW, e);
	return (int)got;
}

/* One step.  What came out of it, or -1; one byte beyond the budget tells a
 * result that is too big from one that just fits. */
static int64_t
coding_step_once(struct coding_feed *c, int k, char *p, size_t n, struct err *e)
{
	struct coding_stage *s = &c->stage[k];
	bool spent = s->left == 0;
	enum coding_step step;
	char spare;

	if (n > s->left)
		n = spent ? 1 : (size_t)s->left;
	step = s->how->step(s, spent ? &spare : p, &n);
	if (spent && n > 0)
		return coding_fail(c, CODING_TOO_BIG, e);
	if (step == CODING_WRONG)
		return coding_fail(c, CODING_BROKEN, e);
	s->left -= n;
	s->over = step == CODING_END;
	if (s->over && k > 0 && coding_drain(c, k - 1, e) == -1)
		return -1;
	return (int64_t)n;
}

/* Up to n bytes out of stage k: the count, 0 at the end, -1. */
static int64_t
coding_read(struct coding_feed *c, int k, char *p, size_t n, struct err *e)
{
	struct coding_stage *s = &c->stage[k];
	int64_t got;
	int idle;

	for (idle = 0; !s->over; idle++) {
		size_t before;

		if (s->in.n == 0 && !s->in_over && coding_pull(c, k, e) == -1)
			return -1;
		before = s->in.n;
		got = coding_step_once(c, k, p, n, e);
		if (got != 0)
			return got;
		if (s->in.n < before)
			idle = 0;
		if (!s->over && ((s->in_over && s->in.n == 0 && before == 0) ||
				    idle == CODING_IDLE))
			return coding_fail(c, CODING_BROKEN, e);
	}
	return 0;
}

/*
 * The feed
 */

static void
coding_close(struct coding_feed *c)
{
	int k;

	for (k = 0; k < c->n; k++) {
		c->stage[k].how->close(&c->stage[k]);
		free(c->stage[k].window);
	}
}

/* Opens all stages anew, with the bytes of from at their start. */
static bool
coding_open(struct coding_feed *c, const struct coding_decoder *const *how)
{
	struct coding_stage *s;
	int k;

	for (k = 0; k < c->n; k++) {
		s = &c->stage[k];
		*s = (struct coding_stage){
			.how = how[k], .left = c->budget, .in = STR("")
		};
		if (!s->how->open(s))
			break;
		if (k > 0)
			s->window = xmalloc(CODING_WINDOW);
	}
	if (k == c->n)
		return true;
	c->n = k;
	coding_close(c);
	c->n = 0;
	return false;
}

static int
coding_feed_next(struct feed *feed, struct str *piece, struct err *e)
{
	struct coding_feed *c = (struct coding_feed *)feed;
	int64_t got;

	if (c->result != CODING_DONE)
		return coding_fail(c, c->result, e);
	if (c->n == 0)
		return feed_next(c->from, piece, e);
	got = coding_read(c, c->n - 1, c->window, sizeof(c->window), e);
	*piece = (struct str){ c->window, got > 0 ? (size_t)got : 0 };
	return got > 0 ? 1 : (int)got;
}

static void
coding_feed_rewind(struct feed *feed)
{
	struct coding_feed *c = (struct coding_feed *)feed;
	const struct coding_decoder *how[CODING_MOST];
	int k;

	feed_rewind(c->from);
	coding_close(c);
	for (k = 0; k < c->n; k++)
		how[k] = c->stage[k].how;
	c->result = coding_open(c, how) ? CODING_DONE : CODING_BROKEN;
}

static void
coding_feed_free(struct feed *feed)
{
	struct coding_feed *c = (struct coding_feed *)feed;

	coding_close(c);
	free(c);
}

static const struct feed_kind coding_feed_kind = {
	.next = coding_feed_next,
	.rewind = coding_feed_rewind,
	.free = coding_feed_free,
};

struct feed *
coding_feed(struct str list, struct feed *from, uint64_t budget)
{
	const struct coding_decoder *how[CODING_MOST];
	const struct coding *found[CODING_MOST];
	struct coding_feed *c;
	int n = coding_parse(list, found), k;

	if (n == -1)
		return NULL;
	/* The last one applied comes off first. */
	for (k = 0; k < n; k++)
		how[k] = found[n - 1 - k]->decoder;
	c = xmalloc(sizeof(*c));
	memset(c, 0, offsetof(struct coding_feed, window));
	c->feed.kind = &coding_feed_kind;
	c->from = from;
	c->n = n;
	c->budget = budget;
	c->result = coding_open(c, how) ? CODING_DONE : CODING_BROKEN;
	return &c->feed;
}

enum coding_result
coding_feed_result(const struct feed *s)
{
	return ((const struct coding_feed *)s)->result;
}

enum coding_result
coding_decode(struct str list, struct str bytes, size_t budget, struct buf *out)
{
	struct feed *from = feed_of_str(bytes);
	struct feed *s = coding_feed(list, from, budget);
	enum coding_result r = CODING_UNKNOWN;
	size_t n = out->n, step = CODING_WINDOW;
	struct coding_feed *c = (struct coding_feed *)s;
	int64_t got = 1;
	struct err e;

	if (s != NULL && c->n == 0) {
		buf_add_str(out, bytes);
	} else if (s != NULL) {
		while (c->result == CODING_DONE && got > 0) {
			step = out->n - n > step ? (out->n - n) / 2 : step;
			got = coding_read(
			    c, c->n - 1, buf_reserve(out, step), step, &e);
			out->n += got > 0 ? (size_t)got : 0;
		}
	}
	if (s != NULL)
		r = c->result;
	if (r != CODING_DONE)
		out->n = n;
	feed_free(s);
	feed_free(from);
	return r;
}
