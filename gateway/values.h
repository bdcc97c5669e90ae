#ifndef GATEWAY_VALUES_H
#define GATEWAY_VALUES_H

/* Sizes, times and counts as people write them in options. */

#include <stdint.h>

#include "base/buf.h"

enum value_kind {
	VALUE_COUNT, /* 20000 */
	VALUE_SIZE,  /* 64k, 16m, 1g; bytes without a unit */
	VALUE_TIME,  /* 300ms, 10s, 2m; never without a unit */
	VALUE_AGE,   /* 12h, 30d, 4w; the same, in microseconds, too */
};

/* Reads all of text; times come in microseconds.  0, or -1 when text is not
 * of that form or is beyond all measure. */
int value_parse(enum value_kind kind, const char *text, uint64_t *v);

/* Reads a factor such as x2 or x0.125, in thousandths, up to x1000.  0, or -1
 * when text is none. */
int value_factor(const char *text, uint64_t *permille);

/* The reverse, in the largest unit that divides v. */
void value_render(enum value_kind kind, uint64_t v, struct buf *out);

/* "a size such as 64k", for "expected ..." */
const char *value_example(enum value_kind kind);

#endif
