#ifndef RECORDER_RETAIN_H
#define RECORDER_RETAIN_H

/*
 * Retention: a tape gives up its oldest entries so that it stays within limits,
 * while it is recorded.  What it has is counted once in pages, by a reading
 * connection, and from then on by what comes and goes; what is over is removed
 * in small transactions by the writer.  Whoever else removes entries meanwhile
 * makes it count anew: nothing goes that the limits leave.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct retain; /* opaque */
struct store;
struct store_weight;

/* Of the tape; 0 for no limit. */
struct retain_limits {
	int64_t age_us;   /* since an entry started */
	uint64_t entries; /* how many */
	uint64_t bytes;   /* of their messages; see struct store_weight */
};

/* At most so much goes in one transaction, and one entry more. */
#define RETAIN_BATCH 100
#define RETAIN_BATCH_BYTES (16u << 20)

/* Reads by a connection that stays the caller's. */
struct retain *retain_new(
    struct store *reader, const char *tape, const struct retain_limits *most);
void retain_free(struct retain *r); /* safe on NULL */

enum retain_step {
	RETAIN_FAILED = -1, /* *e is set; look again later */
	RETAIN_IDLE,        /* nothing to do until something is recorded */
	RETAIN_LOOK,        /* there is more to read */
	RETAIN_WRITE,       /* retain_write() is due */
	RETAIN_STALE,       /* others removed some: it is to be counted anew */
};

/* Reads one page at most.  now_us is since 1970. */
enum retain_step retain_look(struct retain *r, int64_t now_us, struct err *e);

/* Removes what retain_look() found, in a transaction of the writer's own; for
 * recorder_call(), with the struct retain as arg.  0, or -1 and nothing was
 * removed. */
int retain_write(struct store *writer, void *retain, struct err *e);

/* What the last retain_write() removed: n of them, until the next look. */
const struct store_weight *retain_gone(const struct retain *r, size_t *n);

/* Counts all of the tape again at the next look. */
void retain_again(struct retain *r);

struct retain_figures {
	bool counted;            /* these two are known */
	uint64_t entries, bytes; /* on the tape, as far as it was read */
	uint64_t removed, removed_bytes;
};
void retain_figures(const struct retain *r, struct retain_figures *f);

#endif
