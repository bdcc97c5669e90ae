#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "base/arena.h"

#define ARENA_BLOCK 4000 /* with malloc's own word it stays in one page */

struct arena_block {
	struct arena_block *next;
	size_t size;
	max_align_t bytes[];
};

static void
arena_grow(struct arena *a, size_t n)
{
	size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;
	struct arena_block *b = xmalloc(sizeof(*b) + size);

	b->size = size;
	b->next = a->block;
	a->block = b;
	a->at = (char *)b->bytes;
	a->end = a->at + size;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	const size_t mask = _Alignof(max_align_t) - 1;
	char *p;

	n = (n + mask) & ~mask;
	if (a->at == NULL || (size_t)(a->end - a->at) < n)
		arena_grow(a, n);
	p = a->at;
	a->at += n;
	return p;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

char *
arena_strndup(struct arena *a, const char *p, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

struct str
arena_str(struct arena *a, struct str s)
{
	return (struct str){ arena_strndup(a, s.p, s.n), s.n };
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b;

	while (a->block != NULL && a->block->next != NULL) {
		b = a->block;
		a->block = b->next;
		free(b);
	}
	if (a->block != NULL) {
		a->at = (char *)a->block->bytes;
		a->end = a->at + a->block->size;
	}
}

void
arena_fini(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->block) != NULL) {
		a->block = b->next;
		free(b);
	}
	*a = (struct arena){ 0 };
}
