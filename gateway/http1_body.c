#include "config.h"

#include <stdint.h>
#include <string.h>

#include "gateway/http1_scan.h"

/*
 * Bodies: the chunked coding (RFC 9112 section 7.1) as a machine that can
 * stop at any byte.  It stops after each run of data, so that what it gives
 * is always one view of the input.
 */

#define CHUNK_ZEROS 32    /* leading zeros of a size */
#define CHUNK_LINE 4096   /* bytes of a size with its extensions */
#define TRAILER_KEEP 4096 /* memory kept from one body to the next */

enum {
	CHUNK_SIZE,  /* digits counts the line's bytes, left is the size */
	CHUNK_SPACE, /* behind the size: only ; may follow */
	CHUNK_EXTENSION,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	TRAILER_START, /* where a trailer line or the end begins */
	TRAILER_LINE,  /* left is where this line begins in b->line */
	TRAILER_LF,
};

void
http1_body_start(struct http1_body *b, enum framing framing, uint64_t length,
    size_t trailer_limit)
{
	buf_clear(&b->line, TRAILER_KEEP);
	b->framing = framing;
	b->state = CHUNK_SIZE;
	b->left = framing == FRAMING_LENGTH ? length : 0;
	b->digits = 0;
	b->trailer_limit = trailer_limit;
	b->ended = framing == FRAMING_NONE ||
		   (framing == FRAMING_LENGTH && length == 0);
}

static int
http1_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of a chunk's size line, up to its LF; 0, or -1 if it cannot
 * stand there. */
static int
http1_chunk_size(struct http1_body *b, char c)
{
	int digit = http1_hex(c);

	if (digit != -1) {
		if (b->left >> 56 != 0 ||
		    (b->left == 0 && b->digits > CHUNK_ZEROS))
			return -1;
		b->left = b->left << 4 | (unsigned)digit;
		b->digits++;
		return 0;
	}
	if (b->digits == 0)
		return -1;
	b->digits++;
	if (c == '\r')
		b->state = CHUNK_SIZE_LF;
	else if (c == ';')
		b->state = CHUNK_EXTENSION;
	else if (c == ' ' || c == '\t')
		b->state = CHUNK_SPACE;
	else
		return -1;
	return 0;
}

static int
http1_chunk_space(struct http1_body *b, char c)
{
	if (c == ';')
		b->state = CHUNK_EXTENSION;
	else if (c != ' ' && c != '\t')
		return -1;
	return ++b->digits <= CHUNK_LINE ? 0 : -1;
}

/* Passes over what it can of an extension, up to its CR. */
static const char *
http1_chunk_extension(struct http1_body *b, const char *p, const char *end)
{
	const char *stop = http1_scan_text(p, end);

	if ((size_t)(stop - p) > CHUNK_LINE - b->digits)
		return NULL;
	b->digits += (unsigned)(stop - p);
	if (stop == end)
		return end;
	b->state = CHUNK_SIZE_LF;
	return *stop == '\r' ? stop + 1 : NULL;
}

/* Keeps what it can of a trailer line; judges it when it is whole. */
static const char *
http1_trailer_line(struct http1_body *b, const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));
	const char *stop = lf != NULL ? lf + 1 : end;
	enum http1_fault fault;
	struct header f;

	if ((size_t)(stop - p) > b->trailer_limit - b->line.n)
		return NULL;
	buf_add(&b->line, p, (size_t)(stop - p));
	if (lf == NULL)
		return end;
	if (http1_scan_field(
		b->line.p + b->left, b->line.p + b->line.n, &f, &fault) == NULL)
		return NULL;
	b->left = b->line.n;
	b->state = TRAILER_START;
	return stop;
}

/* Everything but the chunk's data: moves over some of the at least one byte
 * at p, NULL when they are malformed. */
static const char *
http1_chunk_step(struct http1_body *b, const char *p, const char *end)
{
	switch (b->state) {
	case CHUNK_SIZE:
		return http1_chunk_size(b, *p) == 0 ? p + 1 : NULL;
	case CHUNK_SPACE:
		return http1_chunk_space(b, *p) == 0 ? p + 1 : NULL;
	case CHUNK_EXTENSION:
		return http1_chunk_extension(b, p, end);
	case CHUNK_SIZE_LF:
		b->state = b->left > 0 ? CHUNK_DATA : TRAILER_START;
		return *p == '\n' ? p + 1 : NULL;
	case CHUNK_DATA_CR:
		b->state = CHUNK_DATA_LF;
		return *p == '\r' ? p + 1 : NULL;
	case CHUNK_DATA_LF:
		b->state = CHUNK_SIZE;
		b->digits = 0;
		return *p == '\n' ? p + 1 : NULL;
	case TRAILER_START:
		b->state = *p == '\r' ? TRAILER_LF : TRAILER_LINE;
		return *p == '\r' ? p + 1 : p;
	case TRAILER_LINE:
		return http1_trailer_line(b, p, end);
	default:
		b->ended = true;
		return *p == '\n' ? p + 1 : NULL;
	}
}

/* Takes what is left of this length or chunk, as far as it has come. */
static const char *
http1_body_data(
    struct http1_body *b, const char *p, const char *end, struct str *data)
{
	size_t n = (size_t)(end - p);

	if (n > b->left)
		n = (size_t)b->left;
	*data = (struct str){ p, n };
	b->left -= n;
	return p + n;
}

static enum http1_step
http1_body_chunks(struct http1_body *b, const char *p, size_t n, size_t *used,
    struct str *data, enum http1_fault *fault)
{
	const char *at = p, *end = p + n, *next;
	bool trailer;

	while (at < end && !b->ended) {
		if (b->state == CHUNK_DATA) {
			if (data->n > 0)
				break;
			at = http1_body_data(b, at, end, data);
			if (b->left == 0)
				b->state = CHUNK_DATA_CR;
			continue;
		}
		trailer = b->state >= TRAILER_START;
		next = http1_chunk_step(b, at, end);
		if (next == NULL) {
			*used = (size_t)(at - p);
			*fault = trailer ? HTTP1_TRAILER : HTTP1_CHUNK;
			return HTTP1_FAULT;
		}
		at = next;
	}
	*used = (size_t)(at - p);
	return b->ended ? HTTP1_DONE : HTTP1_MORE;
}

enum http1_step
http1_body_read(struct http1_body *b, const char *p, size_t n, size_t *used,
    struct str *data, enum http1_fault *fault)
{
	*used = 0;
	*data = STR("");
	*fault = HTTP1_NONE;
	if (b->ended)
		return HTTP1_DONE;
	if (n == 0)
		return HTTP1_MORE;
	if (b->framing == FRAMING_CHUNKED)
		return http1_body_chunks(b, p, n, used, data, fault);
	if (b->framing == FRAMING_CLOSE) {
		*data = (struct str){ p, n };
		*used = n;
		return HTTP1_MORE;
	}
	*used = (size_t)(http1_body_data(b, p, p + n, data) - p);
	b->ended = b->left == 0;
	return b->ended ? HTTP1_DONE : HTTP1_MORE;
}

int
http1_body_trailers(
    struct http1_body *b, struct headers *trailers, struct arena *a)
{
	struct str block = buf_str(&b->line);
	const char *at, *end;
	enum http1_fault fault;
	struct header f;

	*trailers = (struct headers){ 0 };
	if (!b->ended)
		return -1;
	if (block.n == 0)
		return 0;
	at = arena_str(a, block).p;
	for (end = at + block.n; at < end;) {
		at = http1_scan_field(at, end, &f, &fault);
		if (at == NULL)
			return -1;
		headers_add(trailers, a, f.name, f.value);
	}
	return 0;
}

void
http1_body_fini(struct http1_body *b)
{
	buf_free(&b->line);
	*b = (struct http1_body){ .ended = true };
}

size_t
http1_chunk_head(char out[HTTP1_CHUNK_HEAD], uint64_t n)
{
	size_t digits = 1, i;
	uint64_t rest;

	for (rest = n >> 4; rest > 0; rest >>= 4)
		digits++;
	for (i = digits; i > 0; n >>= 4)
		out[--i] = "0123456789abcdef"[n & 15];
	out[digits] = '\r';
	out[digits + 1] = '\n';
	return digits + 2;
}

/* Who joins trailers to the head would be misled about the message's end or
 * its way (RFC 9110 section 6.5.1). */
bool
http1_trails(const struct headers *trailers, const struct header *f)
{
	return headers_end_to_end(trailers, f) &&
	       !str_iis(f->name, "Content-Length") && !str_iis(f->name, "Host");
}

void
http1_add_last_chunk(struct buf *out, const struct headers *trailers)
{
	struct header *f;
	size_t i;

	buf_add(out, "0\r\n", 3);
	for (i = 0; i < trailers->n; i++) {
		f = &trailers->v[i];
		if (!http1_trails(trailers, f))
			continue;
		buf_add_str(out, f->name);
		buf_add(out, ": ", 2);
		buf_add_str(out, f->value);
		buf_add(out, "\r\n", 2);
	}
	buf_add(out, "\r\n", 2);
}
