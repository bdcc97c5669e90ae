#ifndef HAR_CODING_H
#define HAR_CODING_H

/*
 * Content codings (RFC 9110 section 8.4): gzip (with several members),
 * deflate (zlib, and the raw form some servers send), br and zstd are
 * decoded with a budget, and encoded.  The only place that knows the
 * libraries behind them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct arena;
struct buf;
struct headers;
struct feed;

enum coding_result {
	CODING_DONE,
	CODING_UNKNOWN,    /* one of the codings is not known here */
	CODING_BROKEN,     /* the bytes are not what the coding says */
	CODING_TOO_BIG,    /* the result would pass the budget */
	CODING_UNREADABLE, /* of a feed only: its bytes cannot be had */
};

/* "done", ... for messages. */
const char *coding_text(enum coding_result r);

/* The values of all Content-Encoding fields as one list; "" when there is
 * none or it only says identity.  Lives in a. */
struct str coding_list(const struct headers *h, struct arena *a);

/*
 * Appends the bytes without the codings in list, which is in the order they
 * were applied, to out: at most budget bytes.  Unless CODING_DONE out is as
 * it was.
 */
enum coding_result coding_decode(
    struct str list, struct str bytes, size_t budget, struct buf *out);

/*
 * The bytes of from, at its start, without the codings in list, piece by
 * piece: at most budget of them.  from has to live as long.  NULL when one of
 * the codings is not known; what is wrong with the bytes shows when they
 * come, and is told by coding_feed_result() after a failure.
 */
struct feed *coding_feed(struct str list, struct feed *from, uint64_t budget);
enum coding_result coding_feed_result(const struct feed *s);

/* Appends the bytes with the codings of list applied to out, always the same
 * for the same bytes.  0, or -1 when one of them cannot be encoded here. */
int coding_encode(struct str list, struct str bytes, struct buf *out);

#endif
