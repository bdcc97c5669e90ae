#include "config.h"

#include <string.h>

#include "recorder/pack.h"

static const char *const pack_framings[] = {
	[FRAMING_NONE] = "none",
	[FRAMING_LENGTH] = "length",
	[FRAMING_CHUNKED] = "chunked",
	[FRAMING_CLOSE] = "close",
};

#define PACK_FRAMINGS (sizeof(pack_framings) / sizeof(*pack_framings))

const char *
pack_framing(enum framing f)
{
	return pack_framings[f];
}

enum framing
unpack_framing(struct str text)
{
	size_t i;

	for (i = 0; i < PACK_FRAMINGS; i++)
		if (str_is(text, pack_framings[i]))
			return (enum framing)i;
	return FRAMING_NONE;
}

/* LEB128: seven bits a byte, the lowest first, the top bit when more follow. */
static void
pack_number(struct buf *out, uint64_t v)
{
	char bytes[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (char)(v | 0x80);
	bytes[n++] = (char)v;
	buf_add(out, bytes, n);
}

static int
unpack_number(struct str *in, uint64_t *v)
{
	unsigned shift;
	uint8_t byte;

	*v = 0;
	for (shift = 0; shift < 64 && in->n > 0; shift += 7) {
		byte = (uint8_t)*in->p;
		in->p++;
		in->n--;
		*v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return 0;
	}
	return -1;
}

/* Small numbers for small steps either way. */
static uint64_t
zigzag(uint64_t step)
{
	return (step << 1) ^ (step >> 63 ? UINT64_MAX : 0);
}

static uint64_t
unzigzag(uint64_t v)
{
	return (v >> 1) ^ (v & 1 ? UINT64_MAX : 0);
}

void
pack_marks(struct chunk_mark last, const struct chunk_mark *marks, size_t n,
    struct buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		pack_number(out, marks[i].offset - last.offset);
		pack_number(out,
		    zigzag((uint64_t)marks[i].at_us - (uint64_t)last.at_us));
		last = marks[i];
	}
}

void
pack_chunks(const struct exchange *x, struct buf *out)
{
	static const struct chunk_mark none;

	pack_marks(none, x->chunks, x->nchunks, out);
}

int
unpack_chunks(struct exchange *x, struct str bytes)
{
	uint64_t offset = 0, at = 0, step;
	size_t i, ends = 0;

	for (i = 0; i < bytes.n; i++)
		ends += (uint8_t)bytes.p[i] < 0x80;
	if (ends == 0)
		return bytes.n == 0 ? 0 : -1;
	x->chunks = arena_alloc(&x->arena, (ends / 2 + 1) * sizeof(*x->chunks));
	for (i = 0; bytes.n > 0; i++) {
		if (unpack_number(&bytes, &step) != 0)
			return -1;
		offset += step;
		if (unpack_number(&bytes, &step) != 0)
			return -1;
		at += unzigzag(step);
		x->chunks[i] = (struct chunk_mark){ offset, (int64_t)at };
	}
	x->nchunks = i;
	return 0;
}

void
pack_interims(const struct exchange *x, struct buf *out)
{
	const struct interim *i;

	for (i = x->interims; i != NULL; i = i->next) {
		buf_addf(out, "%d\r\n", i->status);
		headers_render(&i->headers, out);
		buf_add(out, "\r\n", 2);
	}
}

/* The status line's number and the fields up to the empty line. */
static int
unpack_interim(struct exchange *x, struct interim *i, struct str *in)
{
	const char *line, *end;
	struct str status;
	uint64_t number;

	line = memmem(in->p, in->n, "\r\n", 2);
	end = memmem(in->p, in->n, "\r\n\r\n", 4);
	if (line == NULL || end == NULL)
		return -1;
	status = (struct str){ in->p, (size_t)(line - in->p) };
	if (str_u64(status, &number) != 0 || number > 999)
		return -1;
	i->status = (int)number;
	if (end > line &&
	    headers_parse(&i->headers, &x->arena,
		(struct str){ line + 2, (size_t)(end - line) }) != 0)
		return -1;
	in->n -= (size_t)(end + 4 - in->p);
	in->p = end + 4;
	return 0;
}

int
unpack_interims(struct exchange *x, struct str bytes)
{
	struct interim **last = &x->interims;

	bytes = arena_str(&x->arena, bytes);
	while (bytes.n > 0) {
		*last = arena_zalloc(&x->arena, sizeof(**last));
		if (unpack_interim(x, *last, &bytes) != 0)
			return -1;
		last = &(*last)->next;
	}
	return 0;
}
