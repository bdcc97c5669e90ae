#ifndef HAR_HAR_WRITE_H
#define HAR_HAR_WRITE_H

/*
 * Writes exchanges as a HAR 1.2 file, one entry after the other, one member
 * per line, the same bytes for the same exchanges.  Memory holds one entry,
 * and of bodies no more than they have in memory already.  What HAR 1.2 cannot
 * say goes into the member _hark of each entry, by which har_read() gives back
 * the exact exchange; its members are explained in hark-har(7).
 */

#include <stdint.h>

#include "har/feed.h"
#include "har/json_write.h"

struct err;
struct exchange;
struct har_write; /* opaque */

enum har_bodies {
	HAR_BODIES_EMBED,  /* as text or base64 */
	HAR_BODIES_ATTACH, /* in files of their own */
	HAR_BODIES_OMIT,   /* they are unknown to whoever reads the HAR */
};

struct har_write_options {
	const char *version; /* the program's */
	struct str log;      /* for beside the entries; see har_log.h */
	bool lines;          /* an entry per line, and nothing around them */
	bool minimal;        /* only what replay needs */
	bool playwright;     /* what failed looks as in Playwright's files */
	enum har_bodies bodies;

	/* For HAR_BODIES_ATTACH: bytes, at their start, become the payload
	 * file called name, unless there is one; equal names mean equal bytes.
	 * 0, or -1 with *e set. */
	int (*attach)(
	    void *arg, const char *name, struct feed *bytes, struct err *e);

	/* Reads what is only in the store.  NULL: such bodies are unknown to
	 * whoever reads the HAR. */
	feed_read_fn read_body;
	void *arg;
};

/* The text goes to write; see json_write.h.  o lives as long as what is
 * opened. */
struct har_write *har_write_open(
    json_write_fn write, void *arg, const struct har_write_options *o);

/* Failures, of reading bodies too, show at the end. */
void har_write_entry(struct har_write *h, const struct exchange *x);

/* Ends the file and frees h.  0, or -1 when anything could not be written. */
int har_write_close(struct har_write *h, struct err *e);

/* One entry as a value of its own, into w. */
void har_write_exchange(struct json_write *w, const struct exchange *x);

#endif
