#ifndef HAR_SPOOL_H
#define HAR_SPOOL_H

/*
 * Bytes that are too many for memory, in a file without a name that is gone
 * when the spool is, or the program.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct err;
struct spool; /* opaque */

/* In folder; NULL is TMPDIR or, as /tmp often is memory itself, /var/tmp.
 * NULL with *e set on failure. */
struct spool *spool_new(const char *folder, struct err *e);
void spool_free(struct spool *s); /* safe on NULL */

/* Adds n bytes at the end: call it with many.  0 or -1. */
int spool_add(struct spool *s, const void *p, size_t n, struct err *e);

uint64_t spool_size(const struct spool *s);

/* A descriptor of its own to read it from the beginning.  -1 with *e set. */
int spool_open(const struct spool *s, struct err *e);

/* Up to n bytes from offset at on: the count, 0 at the end, -1. */
int64_t spool_read(
    struct spool *s, uint64_t at, void *p, size_t n, struct err *e);

/* All of its bytes, in the address space only; not while it still grows.  0 or
 * -1.  The pages of the file count as the program's, but the system takes them
 * back when it needs to. */
int spool_map(struct spool *s, struct str *bytes, struct err *e);
void spool_unmap(struct spool *s, struct str bytes);

#endif
