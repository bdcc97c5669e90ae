#ifndef BASE_BUF_H
#define BASE_BUF_H

/*
 * A growing run of bytes.  All zero is an empty buf.  After buf_text() there
 * is a NUL behind the bytes that does not count.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
};

/* Makes room for more bytes and gives the place where they go. */
char *buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_text(struct buf *b, const char *text);
void buf_add_u64(struct buf *b, uint64_t v); /* in decimal */
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds s as str_decode() has it. */
void buf_add_decoded(struct buf *b, struct str s, bool plus);

struct str buf_str(const struct buf *b);
const char *buf_text(struct buf *b);

/* Drops the first n bytes. */
void buf_drop(struct buf *b, size_t n);

/* Empties b and keeps its memory; frees it when it is over keep bytes. */
void buf_clear(struct buf *b, size_t keep);

/* The bytes move to the caller, who frees them; b is empty afterwards. */
char *buf_take(struct buf *b, size_t *n);
void buf_free(struct buf *b);

#endif
