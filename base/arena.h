#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Memory that is freed all at once.  One per exchange: what belongs to an
 * exchange lives in its arena and is never freed one by one.  All zero is an
 * empty arena.
 */

#include <stddef.h>

#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *block; /* the one being filled; others behind it */
	char *at;
	char *end;
};

/* n bytes, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);

/* A copy with a NUL behind it. */
char *arena_strndup(struct arena *a, const char *p, size_t n);
struct str arena_str(struct arena *a, struct str s);
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Forgets everything and keeps the first block for what comes next. */
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

#endif
