#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "base/buf.h"

char *
buf_reserve(struct buf *b, size_t more)
{
	size_t want = b->n + more;

	if (want > b->cap || b->p == NULL) {
		b->cap = want < 2 * b->cap ? 2 * b->cap : want;
		if (b->cap < 64)
			b->cap = 64;
		b->p = xrealloc(b->p, b->cap);
	}
	return b->p + b->n;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), p, n);
	b->n += n;
}

void
buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void
buf_add_decoded(struct buf *b, struct str s, bool plus)
{
	if (s.n > 0)
		b->n += str_decode(s, plus, buf_reserve(b, s.n));
}

void
buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_add_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_add(b, digits + n, sizeof(digits) - n);
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(
	    b->cap > b->n ? b->p + b->n : NULL, b->cap - b->n, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n >= b->cap - b->n) {
		buf_reserve(b, (size_t)n + 1);
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
	}
	if (n > 0)
		b->n += (size_t)n;
	va_end(again);
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){ b->n > 0 ? b->p : "", b->n };
}

const char *
buf_text(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return b->p;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void
buf_clear(struct buf *b, size_t keep)
{
	if (b->cap > keep)
		buf_free(b);
	b->n = 0;
}

char *
buf_take(struct buf *b, size_t *n)
{
	char *p = b->p;

	if (n != NULL)
		*n = b->n;
	*b = (struct buf){ 0 };
	return p;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}
